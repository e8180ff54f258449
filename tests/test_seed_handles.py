"""Registered types: what they accept, root, keep and answer. S5 to S8."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, unchanged, unique
from typereg.testing import wasm

Reference = tr.RecIndex | tr.ModuleTypeIndex | tr.SharedTypeIndex

REFERRING: dict[str, Callable[[Reference], tr.SubType | tr.FuncType]] = {
    "param": lambda index: tr.FuncType([tr.I32, tr.RefType(index)], []),
    "result": lambda index: tr.FuncType([], [tr.RefType(index, nullable=False)]),
    "field": lambda index: tr.SubType(
        tr.StructType([tr.FieldType(tr.I8), tr.FieldType(tr.RefType(index), mutable=True)])
    ),
    "element": lambda index: tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(index)))),
    "supertype": lambda index: tr.SubType(tr.StructType([]), supertype=index, final=False),
    "second": lambda index: tr.FuncType([tr.RefType(tr.ANY), tr.RefType(index)], [tr.I32]),
}
"""A type with one reference, in each place where one may stand."""

referring = pytest.mark.parametrize("make", REFERRING.values(), ids=REFERRING)


@referring
@pytest.mark.parametrize(
    "index",
    [tr.ModuleTypeIndex(0), tr.RecIndex(0), tr.RecIndex(1)],
    ids=["module", "own", "beyond"],
)
def test_s05_a_type_that_is_not_canonical_is_refused(
    engine: tr.Engine, make: Callable[[Reference], tr.SubType], index: Reference
) -> None:
    base = tr.RegisteredType(engine, OPEN)
    with unchanged(engine), pytest.raises(tr.NotCanonicalError):
        tr.RegisteredType(engine, make(index))
    assert base.registrations == 1


@referring
def test_s05_a_stale_reference_is_refused(
    engine: tr.Engine, make: Callable[[Reference], tr.SubType]
) -> None:
    dead = tr.RegisteredType(engine, OPEN)
    dead.close()
    with unchanged(engine), pytest.raises(tr.StaleIndexError):
        tr.RegisteredType(engine, make(dead.index))


@referring
def test_s05_a_stale_reference_whose_slot_is_reused_is_refused(
    engine: tr.Engine, make: Callable[[Reference], tr.SubType]
) -> None:
    dead = tr.RegisteredType(engine, OPEN)
    dead.close()
    reborn = tr.RegisteredType(engine, OPEN)
    assert reborn.index.bits == dead.index.bits
    with unchanged(engine), pytest.raises(tr.StaleIndexError):
        tr.RegisteredType(engine, make(dead.index))
    assert reborn.registrations == 1


@referring
def test_s05_a_foreign_reference_is_refused(
    engine: tr.Engine, other: tr.Engine, make: Callable[[Reference], tr.SubType]
) -> None:
    mine = tr.RegisteredType(engine, OPEN)
    foreign = tr.RegisteredType(other, OPEN)
    assert mine.index.bits == foreign.index.bits
    with unchanged(engine), unchanged(other), pytest.raises(tr.ForeignEngineError):
        tr.RegisteredType(engine, make(foreign.index))


@referring
def test_s05_a_live_reference_is_accepted(
    engine: tr.Engine, make: Callable[[Reference], tr.SubType]
) -> None:
    base = tr.RegisteredType(engine, OPEN)
    handle = tr.RegisteredType(engine, make(base.index))
    assert handle.index.bits == 1
    assert base.registrations == 2


def test_s05_a_composite_stands_for_a_final_type(engine: tr.Engine) -> None:
    composites: list[tr.FuncType | tr.StructType | tr.ArrayType] = [
        tr.FuncType([tr.I32], []),
        tr.StructType([tr.FieldType(tr.I16)]),
        tr.ArrayType(tr.FieldType(tr.V128)),
    ]
    for composite in composites:
        bare = tr.RegisteredType(engine, composite)
        assert bare.type == tr.SubType(composite, supertype=None, final=True)
        assert tr.RegisteredType(engine, tr.SubType(composite)) == bare
        assert tr.RegisteredType(engine, tr.SubType(composite, final=False)) != bare


def test_s06_root_of_a_live_index(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    root = tr.RegisteredType.root(engine, handle.index)
    assert root is not None
    assert root == handle
    assert root is not handle
    assert handle.registrations == 2
    handle.close()
    assert root.registrations == 1
    assert root.index in engine.registry


def test_s06_root_of_a_stale_index_is_none(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    handle.close()
    assert tr.RegisteredType.root(engine, handle.index) is None
    assert handle.index not in engine.registry


def test_s06_root_of_a_stale_index_whose_slot_is_reused_is_none(engine: tr.Engine) -> None:
    stale = tr.RegisteredType(engine, unique(1))
    stale.close()
    equal = tr.RegisteredType(engine, unique(1))
    assert equal.index.bits == stale.index.bits
    assert tr.RegisteredType.root(engine, stale.index) is None
    assert equal.registrations == 1


def test_s06_root_of_a_type_that_only_edges_keep(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, unique(1))
    outer = tr.RegisteredType(engine, holder(inner.index))
    inner.close()
    root = tr.RegisteredType.root(engine, inner.index)
    assert root is not None
    assert root.registrations == 2
    outer.close()
    assert root.registrations == 1


def test_s06_root_of_a_foreign_index_is_refused(engine: tr.Engine, other: tr.Engine) -> None:
    foreign = tr.RegisteredType(other, unique(1))
    tr.RegisteredType(engine, unique(1))
    with unchanged(engine), unchanged(other), pytest.raises(tr.ForeignEngineError):
        tr.RegisteredType.root(engine, foreign.index)
    assert foreign.index not in engine.registry


def test_s06_root_of_a_stale_foreign_index_is_refused(engine: tr.Engine, other: tr.Engine) -> None:
    foreign = tr.RegisteredType(other, unique(1))
    foreign.close()
    with pytest.raises(tr.ForeignEngineError):
        tr.RegisteredType.root(engine, foreign.index)
    assert foreign.index not in engine.registry


def test_s07_a_handle_keeps_its_type(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    twin = copy.copy(handle)
    assert handle.registrations == twin.registrations == 2
    handle.close()
    assert twin.registrations == 1
    assert len(engine.registry) == 1
    twin.close()
    assert len(engine.registry) == 0


def test_s07_dropping_the_last_handle_unregisters(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    twin = copy.copy(handle)
    del handle
    assert twin.registrations == 1
    index = twin.index
    del twin
    assert index not in engine.registry
    assert len(engine.registry) == 0


def test_s07_a_handle_keeps_its_whole_group(engine: tr.Engine) -> None:
    first, second = engine.register_group(tr.RecGroup([OPEN, OPEN]))
    gone = first.index
    first.close()
    assert gone in engine.registry
    assert second.registrations == 1
    second.close()
    assert live(engine) == []


def test_s08_a_handle_tells_type_index_and_engine(engine: tr.Engine) -> None:
    tr.RegisteredType(engine, unique(9)).close()
    handle = tr.RegisteredType(engine, tr.FuncType([tr.I32], [tr.V128]))
    assert handle.type == tr.SubType(tr.FuncType([tr.I32], [tr.V128]))
    assert handle.index.bits == 0
    assert handle.engine == engine
    assert handle.position == 0


def test_s08_equality_is_identity_of_the_registered_type(hashed_engine: tr.Engine) -> None:
    handle = tr.RegisteredType(hashed_engine, unique(1))
    same = [
        copy.copy(handle),
        tr.RegisteredType(hashed_engine, unique(1)),
        tr.RegisteredType.root(hashed_engine, handle.index),
    ]
    assert all(each == handle and hash(each) == hash(handle) for each in same)
    assert len({handle, *same}) == 1
    different = tr.RegisteredType(hashed_engine, unique(2))
    assert handle != different
    assert handle != handle.index
    assert handle != handle.type


def test_s08_members_of_one_group_are_unequal(hashed_engine: tr.Engine) -> None:
    first, second = hashed_engine.register_group(tr.RecGroup([OPEN, OPEN]))
    assert first != second
    assert (first.position, second.position) == (0, 1)
    assert len({first, second}) == 2


def test_s08_equal_types_of_two_engines_are_unequal(engine: tr.Engine, other: tr.Engine) -> None:
    mine = tr.RegisteredType(engine, unique(1))
    foreign = tr.RegisteredType(other, unique(1))
    assert mine.type == foreign.type
    assert mine != foreign
    assert len({mine, foreign}) == 2


def test_s08_a_type_created_again_is_another(engine: tr.Engine) -> None:
    old = tr.RegisteredType(engine, unique(1))
    again = old
    old.close()
    new = tr.RegisteredType(engine, unique(1))
    assert old != new
    assert old == again
    assert old.index.bits == new.index.bits


def test_s08_handles_of_modules_equal_handles_by_hand(hashed_engine: tr.Engine) -> None:
    module = wasm.types(wasm.rec(wasm.struct(wasm.field(wasm.ref(0)))))
    node = tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(0)))]))
    with hashed_engine.register(module) as types:
        (by_hand,) = hashed_engine.register_group(tr.RecGroup([node]))
        assert by_hand == types[0]
