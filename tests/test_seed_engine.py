"""Engines, indices and canonical types: S1 to S4."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, slots, unique
from typereg.testing import wasm


def test_s01_copies_of_an_engine_share_its_registry(engine: tr.Engine) -> None:
    twin = copy.copy(engine)
    handle = tr.RegisteredType(engine, unique(1))
    assert handle.index in twin.registry
    again = tr.RegisteredType(twin, unique(1))
    assert again == handle
    assert handle.registrations == 2
    assert len(twin.registry) == len(engine.registry) == 1


def test_s01_engines_are_the_same_only_by_identity(engine: tr.Engine, other: tr.Engine) -> None:
    twin = copy.copy(engine)
    assert engine == twin
    assert hash(engine) == hash(twin)
    assert engine != other
    assert engine != tr.Engine()
    assert tr.RegisteredType(engine, unique(1)).engine == engine
    assert tr.RegisteredType(twin, unique(2)).engine == engine


def test_s01_registries_of_two_engines_are_apart(engine: tr.Engine, other: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    assert len(engine.registry) == 1
    assert len(other.registry) == 0
    assert tr.RegisteredType(other, unique(2)).index.bits == handle.index.bits == 0


def test_s01_a_handle_keeps_its_engine() -> None:
    handle = tr.RegisteredType(tr.Engine(), unique(1))
    assert handle.index in handle.engine.registry
    assert handle.type == tr.SubType(unique(1))


def test_s01_a_registry_keeps_its_engine() -> None:
    registry = tr.Engine().registry
    assert len(registry) == 0
    assert registry.stats().groups == 0


def test_s02_an_equal_type_is_the_live_one(hashed_engine: tr.Engine) -> None:
    first = tr.RegisteredType(hashed_engine, unique(1))
    assert first.registrations == 1
    second = tr.RegisteredType(hashed_engine, tr.SubType(unique(1), supertype=None, final=True))
    assert second.index == first.index
    assert first.registrations == second.registrations == 2
    assert len(hashed_engine.registry) == 1


def test_s02_an_unequal_type_is_another(hashed_engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(hashed_engine, unique(i)) for i in range(40)]
    assert slots(handles) == list(range(40))
    assert len(set(handles)) == 40
    assert [handle.registrations for handle in handles] == [1] * 40


NEAR_TWINS: list[tr.SubType | tr.FuncType | tr.StructType | tr.ArrayType] = [
    tr.FuncType([tr.I32], []),
    tr.FuncType([], [tr.I32]),
    tr.FuncType([tr.RefType(tr.ANY)], []),
    tr.FuncType([tr.RefType(tr.ANY, nullable=False)], []),
    tr.FuncType([tr.RefType(tr.EQ)], []),
    tr.FuncType([tr.RefType(tr.FUNC)], []),
    tr.StructType([tr.FieldType(tr.I32)]),
    tr.StructType([tr.FieldType(tr.I32, mutable=True)]),
    tr.StructType([tr.FieldType(tr.I8)]),
    tr.StructType([tr.FieldType(tr.I16)]),
    tr.StructType([tr.FieldType(tr.I32), tr.FieldType(tr.I32)]),
    tr.ArrayType(tr.FieldType(tr.I32)),
    tr.ArrayType(tr.FieldType(tr.I32, mutable=True)),
    tr.SubType(tr.ArrayType(tr.FieldType(tr.I32)), final=False),
    tr.StructType([]),
    OPEN,
    tr.FuncType([], []),
]


def test_s02_near_twins_are_apart(hashed_engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(hashed_engine, sub) for sub in NEAR_TWINS]
    assert slots(handles) == list(range(len(NEAR_TWINS)))
    for sub, handle in zip(NEAR_TWINS, handles, strict=True):
        assert tr.RegisteredType(hashed_engine, sub) == handle
        assert handle.registrations == 1


def test_s02_modules_and_handles_meet_in_one_entry(hashed_engine: tr.Engine) -> None:
    handle = tr.RegisteredType(hashed_engine, tr.FuncType([tr.I32], [tr.I64]))
    with hashed_engine.register(wasm.types(wasm.func([wasm.I32], [wasm.I64]))) as types:
        assert types.shared_type(0) == handle.index
        assert handle.registrations == 2
    assert handle.registrations == 1


def test_s03_slots_are_dense_from_zero(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(5)]
    assert slots(handles) == [0, 1, 2, 3, 4]
    assert [int(handle.index) for handle in handles] == [0, 1, 2, 3, 4]
    assert live(engine) == [0, 1, 2, 3, 4]


def test_s03_the_slot_freed_last_is_reused_first(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(6)]
    for freed in (1, 4, 2):
        handles[freed].close()
    fresh = [tr.RegisteredType(engine, unique(100 + i)) for i in range(5)]
    assert slots(fresh) == [2, 4, 1, 6, 7]


def test_s03_a_reused_slot_does_not_revive_an_index(engine: tr.Engine) -> None:
    first = tr.RegisteredType(engine, unique(1))
    stale = first.index
    first.close()
    second = tr.RegisteredType(engine, unique(2))
    assert second.index.bits == stale.bits == 0
    assert second.index != stale
    assert stale not in engine.registry
    assert second.index in engine.registry


def test_s03_an_equal_type_created_again_has_another_index(engine: tr.Engine) -> None:
    stale = []
    for _ in range(100):
        with tr.RegisteredType(engine, unique(1)) as handle:
            assert handle.index.bits == 0
            stale.append(handle.index)
    assert len(set(stale)) == 100
    assert not any(index in engine.registry for index in stale)


def test_s03_members_of_a_group_have_indices_of_their_own(engine: tr.Engine) -> None:
    first, second = engine.register_group(tr.RecGroup([OPEN, OPEN]))
    assert first.index != second.index
    assert (first.index.bits, second.index.bits) == (0, 1)


def test_s03_an_index_is_equal_by_value(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    again = tr.RegisteredType(engine, unique(1))
    assert handle.index == again.index
    assert hash(handle.index) == hash(again.index)
    assert {handle.index, again.index, next(iter(engine.registry))} == {handle.index}
    assert handle.index.engine == engine


def test_s03_an_index_is_not_a_number(engine: tr.Engine) -> None:
    index = tr.RegisteredType(engine, unique(1)).index
    assert index != 0
    assert index != tr.ModuleTypeIndex(0)
    assert index != tr.RecIndex(0)
    assert not isinstance(index, int)
    assert ["first"][index] == "first"


def test_s03_indices_of_two_engines_differ(engine: tr.Engine, other: tr.Engine) -> None:
    mine = tr.RegisteredType(engine, unique(1))
    foreign = tr.RegisteredType(other, unique(1))
    assert mine.index.bits == foreign.index.bits
    assert mine.index != foreign.index


def test_s03_an_index_roots_nothing(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    index = handle.index
    value = tr.RefType(index)
    assert handle.registrations == 1
    handle.close()
    assert len(engine.registry) == 0
    assert value.heap == index


def test_s03_an_index_cannot_be_made(engine: tr.Engine) -> None:
    constructor: Callable[..., object] = tr.SharedTypeIndex
    for arguments in ((), (0,), (engine, 0), (engine, 0, 0)):
        with pytest.raises(TypeError):
            constructor(*arguments)
    assert len(engine.registry) == 0


def test_s04_references_are_engine_indices(engine: tr.Engine) -> None:
    pad = tr.RegisteredType(engine, unique(1))
    module = wasm.types(
        wasm.struct(),
        wasm.rec(
            wasm.struct(wasm.field(wasm.ref(0)), wasm.field(wasm.ref(2))),
            wasm.func([wasm.ref(1, nullable=False)], [wasm.ref(0)]),
        ),
        wasm.array(wasm.field(wasm.ref(2), mutable=True)),
    )
    with engine.register(module) as types:
        empty, pair, function, array = types.as_module_map()
        assert [int(i) for i in (pad.index, empty, pair, function, array)] == [0, 1, 2, 3, 4]
        assert types[0].type == tr.SubType(tr.StructType([]))
        assert types[1].type == tr.SubType(holder(empty, function))
        assert types[2].type == tr.SubType(
            tr.FuncType([tr.RefType(pair, nullable=False)], [tr.RefType(empty)])
        )
        assert types[3].type == tr.SubType(
            tr.ArrayType(tr.FieldType(tr.RefType(function), mutable=True))
        )


def test_s04_a_supertype_is_an_engine_index(engine: tr.Engine) -> None:
    module = wasm.types(
        wasm.sub(wasm.struct()),
        wasm.rec(wasm.sub(wasm.struct(), 0), wasm.sub(wasm.struct(), 1, final=True)),
    )
    with engine.register(module) as types:
        base, middle, leaf = types.as_module_map()
        assert types[1].type == tr.SubType(tr.StructType([]), supertype=base, final=False)
        assert types[2].type == tr.SubType(tr.StructType([]), supertype=middle, final=True)
        assert types.shared_type(2) == leaf


def test_s04_a_new_entry_keeps_what_it_refers_to(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, unique(1))
    index = inner.index
    outer = tr.RegisteredType(engine, holder(index))
    assert inner.registrations == 2
    inner.close()
    assert index in engine.registry
    assert live(engine) == [0, 1]
    outer.close()
    assert index not in engine.registry
    assert live(engine) == []
