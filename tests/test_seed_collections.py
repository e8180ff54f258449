"""Collections of a module's types, and looking without rooting: S9 to S12."""

from __future__ import annotations

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, unique
from typereg.testing import wasm
from typereg.testing.events import EventRecorder

PAIR = wasm.types(
    wasm.func([wasm.I32]),
    wasm.rec(wasm.struct(wasm.field(wasm.ref(2))), wasm.struct(wasm.field(wasm.ref(1)))),
    wasm.func([wasm.ref(1)], [wasm.ref(0)]),
)
"""A function; two structs that refer to each other; a function of the first two."""


def test_s09_groups_are_registered_in_order(engine: tr.Engine) -> None:
    with engine.register(PAIR) as types:
        assert [index.bits for index in types.as_module_map()] == [0, 1, 2, 3]
        plain, left, right, last = types.as_module_map()
        assert types[1].type == tr.SubType(holder(right))
        assert types[2].type == tr.SubType(holder(left))
        assert types[3].type == tr.SubType(tr.FuncType([tr.RefType(left)], [tr.RefType(plain)]))
        assert [handle.position for handle in types] == [0, 0, 1, 0]
        assert types.shared_type(3) == last


def test_s09_constructor_and_method_are_the_same(engine: tr.Engine) -> None:
    module = tr.Module(PAIR)
    first = tr.TypeCollection.new_for_module(engine, module)
    second = engine.register(module)
    assert type(first) is type(second) is tr.TypeCollection
    assert first.as_module_map() == second.as_module_map()
    assert engine.registry.stats().misses == 3
    assert engine.registry.stats().hits == 3


def test_s09_register_takes_what_a_module_takes(engine: tr.Engine) -> None:
    with (
        engine.register(PAIR) as from_bytes,
        engine.register(tr.Module(PAIR)) as from_module,
        engine.register("(module (type (func (param i32))))") as from_text,
    ):
        assert from_bytes.as_module_map() == from_module.as_module_map()
        assert from_text.as_module_map() == from_bytes.as_module_map()[:1]


def test_s09_the_same_module_twice_adds_no_type(hashed_engine: tr.Engine) -> None:
    first = hashed_engine.register(PAIR)
    before = live(hashed_engine)
    second = hashed_engine.register(PAIR)
    assert live(hashed_engine) == before == [0, 1, 2, 3]
    assert first.as_module_map() == second.as_module_map()
    first.close()
    assert live(hashed_engine) == before
    second.close()
    assert live(hashed_engine) == []


def test_s09_references_reach_reused_slots(engine: tr.Engine) -> None:
    padding = [tr.RegisteredType(engine, unique(i)) for i in range(6)]
    for freed in (4, 0, 2, 5):
        padding[freed].close()
    with engine.register(PAIR) as types:
        assert [int(i) for i in types.as_module_map()] == [5, 2, 0, 4]
        plain, left, right, _ = types.as_module_map()
        assert types[1].type == tr.SubType(holder(right))
        assert types[3].type == tr.SubType(tr.FuncType([tr.RefType(left)], [tr.RefType(plain)]))


def test_s10_module_map_there_and_back(engine: tr.Engine) -> None:
    tr.RegisteredType(engine, unique(7)).close()
    keep = tr.RegisteredType(engine, unique(8))
    with engine.register(PAIR) as types:
        shared = types.as_module_map()
        assert isinstance(shared, tuple)
        assert len(shared) == len(types) == 4
        for number, index in enumerate(shared):
            assert types.shared_type(number) == index
            assert types.module_local_type(index) == tr.ModuleTypeIndex(number)
            assert types[number].index == index
        assert types.shared_type(4) is None
        assert types.module_local_type(keep.index) is None


def test_s10_of_duplicates_the_last_declared_comes_back(engine: tr.Engine) -> None:
    module = wasm.types(wasm.func(), wasm.struct(), wasm.func(), wasm.struct(), wasm.func([]))
    with engine.register(module) as types:
        shared = types.as_module_map()
        assert [int(index) for index in shared] == [0, 1, 0, 1, 0]
        assert types.module_local_type(shared[0]) == tr.ModuleTypeIndex(4)
        assert types.module_local_type(shared[1]) == tr.ModuleTypeIndex(3)


def test_s10_a_stale_or_foreign_index_has_no_module_type(
    engine: tr.Engine, other: tr.Engine
) -> None:
    stale = tr.RegisteredType(engine, tr.FuncType([tr.I32], []))
    stale.close()
    foreign = tr.RegisteredType(other, tr.FuncType([tr.I32], []))
    with engine.register(PAIR) as types:
        shared = types.shared_type(0)
        assert shared is not None
        assert shared.bits == stale.index.bits == foreign.index.bits
        assert types.module_local_type(stale.index) is None
        with pytest.raises(tr.ForeignEngineError):
            types.module_local_type(foreign.index)


def test_s10_looking_changes_no_count(engine: tr.Engine, events: EventRecorder) -> None:
    with engine.register(PAIR) as types:
        events.take()
        before = numbers(engine)
        for number, index in enumerate(types.as_module_map()):
            types.shared_type(number)
            types.module_local_type(index)
        assert numbers(engine) == before
        assert events.take() == []


def test_s11_closing_a_collection_takes_its_registrations_back(engine: tr.Engine) -> None:
    keep = tr.RegisteredType(engine, tr.FuncType([tr.I32], []))
    types = engine.register(PAIR)
    assert keep.registrations == 3  # the handle, the occurrence, the last type's result
    types.close()
    assert keep.registrations == 1
    assert live(engine) == [0]


def test_s11_dropping_a_collection_closes_it(engine: tr.Engine) -> None:
    types = engine.register(PAIR)
    assert len(engine.registry) == 4
    del types
    assert len(engine.registry) == 0


def test_s11_handles_outlive_their_collection(engine: tr.Engine) -> None:
    types = engine.register(PAIR)
    handle = types[3]
    types.close()
    assert live(engine) == [0, 1, 2, 3]
    assert handle.registrations == 1
    handle.close()
    assert live(engine) == []


@pytest.mark.parametrize(
    "module",
    [wasm.module(), wasm.types(), wasm.types(wasm.rec(), wasm.rec())],
    ids=["no section", "no types", "no members"],
)
def test_s11_an_empty_collection_touches_nothing(
    engine: tr.Engine, events: EventRecorder, module: bytes
) -> None:
    types = engine.register(module)
    assert len(types) == 0
    assert types.as_module_map() == ()
    assert types.shared_type(0) is None
    types.close()
    assert events.take() == []
    stats = engine.registry.stats()
    assert (stats.hits, stats.misses, stats.groups) == (0, 0, 0)


def test_s12_borrow_looks_without_rooting(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, OPEN)
    sub = tr.SubType(holder(inner.index), supertype=inner.index, final=False)
    handle = tr.RegisteredType(engine, sub)
    borrowed = engine.registry.borrow(handle.index)
    assert borrowed == sub
    assert handle.registrations == 1
    assert inner.registrations == 3


def test_s12_what_was_borrowed_stays_readable(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, OPEN)
    handle = tr.RegisteredType(engine, holder(inner.index))
    borrowed = engine.registry.borrow(handle.index)
    index = handle.index
    handle.close()
    inner.close()
    assert len(engine.registry) == 0
    assert engine.registry.borrow(index) is None
    assert borrowed == tr.SubType(holder(inner.index))
    assert isinstance(borrowed.composite, tr.StructType)
    assert str(borrowed)


def test_s12_borrow_of_a_stale_index_is_none(engine: tr.Engine) -> None:
    stale = tr.RegisteredType(engine, unique(1))
    stale.close()
    assert engine.registry.borrow(stale.index) is None
    again = tr.RegisteredType(engine, unique(1))
    assert again.index.bits == stale.index.bits
    assert engine.registry.borrow(stale.index) is None
    assert engine.registry.borrow(again.index) == tr.SubType(unique(1))


def test_s12_borrow_of_a_foreign_index_is_refused(engine: tr.Engine, other: tr.Engine) -> None:
    foreign = tr.RegisteredType(other, unique(1))
    tr.RegisteredType(engine, unique(1))
    with pytest.raises(tr.ForeignEngineError):
        engine.registry.borrow(foreign.index)
