"""Subtyping of handles and matching of everything that can be matched: G5."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, slots, unique
from typereg.testing import wasm

DEPTH = 63

LimitsMaker = Callable[[int, int | None], tr.TableType | tr.MemoryType]


def ladder(engine: tr.Engine, depth: int) -> list[tr.RegisteredType]:
    """An open struct and its subtypes down to a depth, each of one field more."""
    handles = [tr.RegisteredType(engine, OPEN)]
    for level in range(1, depth + 1):
        fields = [tr.FieldType(tr.I32)] * level
        parent = handles[-1].index
        sub = tr.SubType(tr.StructType(fields), supertype=parent, final=False)
        handles.append(tr.RegisteredType(engine, sub))
    return handles


def test_g05_every_rung_is_a_subtype_of_those_above(hashed_engine: tr.Engine) -> None:
    rungs = ladder(hashed_engine, DEPTH)
    for (low, lower), (high, higher) in product(enumerate(rungs), repeat=2):
        assert lower.is_subtype_of(higher) is (low >= high)
        assert hashed_engine.matches(lower.index, higher.index) is (low >= high)


def test_g05_supertypes_come_nearest_first(engine: tr.Engine) -> None:
    rungs = ladder(engine, DEPTH)
    chain = rungs[-1].supertypes
    assert chain == tuple(reversed(rungs[:-1]))
    assert rungs[0].supertype is None
    assert rungs[0].supertypes == ()
    assert rungs[5].supertype == rungs[4]


def test_g05_a_live_type_keeps_its_ancestors(engine: tr.Engine) -> None:
    rungs = ladder(engine, 20)
    leaf = rungs.pop()
    for rung in rungs:
        rung.close()
    assert len(engine.registry) == 21
    assert slots(leaf.supertypes) == list(range(19, -1, -1))
    root = leaf.supertypes[-1]
    assert leaf.is_subtype_of(root)
    assert not root.is_subtype_of(leaf)


def test_g05_siblings_are_no_subtypes(hashed_engine: tr.Engine) -> None:
    base = tr.RegisteredType(hashed_engine, OPEN)
    first, second = (
        tr.RegisteredType(
            hashed_engine,
            tr.SubType(tr.StructType([tr.FieldType(kind)]), supertype=base.index, final=False),
        )
        for kind in (tr.I32, tr.I64)
    )
    assert first.is_subtype_of(base)
    assert second.is_subtype_of(base)
    assert not first.is_subtype_of(second)
    assert not second.is_subtype_of(first)


def test_g05_only_declared_subtyping_counts(hashed_engine: tr.Engine) -> None:
    base = tr.RegisteredType(hashed_engine, OPEN)
    declared = tr.RegisteredType(hashed_engine, tr.SubType(unit(), supertype=base.index))
    like = tr.RegisteredType(hashed_engine, tr.SubType(unit()))
    assert declared.is_subtype_of(base)
    assert not like.is_subtype_of(base)
    assert not hashed_engine.matches(tr.RefType(like.index), tr.RefType(base.index))


def unit() -> tr.StructType:
    return tr.StructType([])


def test_g05_subtyping_survives_the_reuse_of_slots(engine: tr.Engine) -> None:
    padding = [tr.RegisteredType(engine, unique(i)) for i in range(5)]
    for handle in padding:
        handle.close()
    rungs = ladder(engine, 4)
    assert slots(rungs) == [4, 3, 2, 1, 0]
    for rung in rungs:
        rung.close()
    strangers = [tr.RegisteredType(engine, unique(10 + i)) for i in range(2)]
    rungs = ladder(engine, 4)
    assert not any(rung.is_subtype_of(each) for rung in rungs for each in strangers)
    for (low, lower), (high, higher) in product(enumerate(rungs), repeat=2):
        assert lower.is_subtype_of(higher) is (low >= high)


def test_g05_own_members_may_be_supertypes(hashed_engine: tr.Engine) -> None:
    group = tr.RecGroup(
        [
            OPEN,
            tr.SubType(unit(), supertype=tr.RecIndex(0), final=False),
            tr.SubType(unit(), supertype=tr.RecIndex(0)),
            tr.SubType(unit(), supertype=tr.RecIndex(1)),
        ]
    )
    handles = hashed_engine.register_group(group)
    found = {
        (low, high)
        for (low, lower), (high, higher) in product(enumerate(handles), repeat=2)
        if lower.is_subtype_of(higher)
    }
    assert found == {(0, 0), (1, 1), (2, 2), (3, 3), (1, 0), (2, 0), (3, 1), (3, 0)}


def test_g05_handles_of_one_type_are_subtypes_of_each_other(engine: tr.Engine) -> None:
    first = tr.RegisteredType(engine, unique(1))
    second = tr.RegisteredType(engine, unique(1))
    assert first.is_subtype_of(second)
    assert second.is_subtype_of(first)


PARENTS: dict[tr.AbsHeapType, tuple[tr.AbsHeapType, ...]] = {
    tr.ANY: (),
    tr.EQ: (tr.ANY,),
    tr.I31: (tr.EQ,),
    tr.STRUCT: (tr.EQ,),
    tr.ARRAY: (tr.EQ,),
    tr.NONE: (tr.I31, tr.STRUCT, tr.ARRAY),
    tr.FUNC: (),
    tr.NOFUNC: (tr.FUNC,),
    tr.EXTERN: (),
    tr.NOEXTERN: (tr.EXTERN,),
    tr.EXN: (),
    tr.NOEXN: (tr.EXN,),
    tr.CONT: (),
    tr.NOCONT: (tr.CONT,),
}


def above(head: tr.AbsHeapType) -> set[tr.AbsHeapType]:
    """The heads that a head matches, itself included."""
    return {head}.union(*(above(parent) for parent in PARENTS[head]))


@pytest.fixture
def everything() -> tr.Engine:
    """An engine with every feature."""
    return tr.Engine(features=tr.Features(stack_switching=True, custom_page_sizes=True))


def test_g05_abstract_heap_types(everything: tr.Engine) -> None:
    for low, high in product(PARENTS, repeat=2):
        expected = high in above(low)
        assert everything.matches(low, high) is expected, (low, high)
        for from_null, to_null in product((False, True), repeat=2):
            lower, higher = tr.RefType(low, from_null), tr.RefType(high, to_null)
            fits = expected and (to_null or not from_null)
            assert everything.matches(lower, higher) is fits, (lower, higher)


def test_g05_concrete_and_abstract_heap_types(everything: tr.Engine) -> None:
    struct = tr.RegisteredType(everything, OPEN)
    array = tr.RegisteredType(everything, tr.ArrayType(tr.FieldType(tr.I8)))
    func = tr.RegisteredType(everything, tr.FuncType([], []))
    cont = tr.RegisteredType(everything, tr.ContType(func.index))
    heads = {struct: tr.STRUCT, array: tr.ARRAY, func: tr.FUNC, cont: tr.CONT}
    bottoms = {struct: tr.NONE, array: tr.NONE, func: tr.NOFUNC, cont: tr.NOCONT}
    for handle, head in product(heads, PARENTS):
        assert everything.matches(handle.index, head) is (head in above(heads[handle]))
        assert everything.matches(head, handle.index) is (head == bottoms[handle])
    for low, high in product(heads, repeat=2):
        assert everything.matches(low.index, high.index) is (low == high)


def test_g05_value_types(engine: tr.Engine) -> None:
    plain: list[tr.NumType | tr.VecType] = [tr.I32, tr.I64, tr.F32, tr.F64, tr.V128]
    for low, high in product(plain, repeat=2):
        assert engine.matches(low, high) is (low == high)
    for number in plain:
        assert not engine.matches(number, tr.RefType(tr.ANY))
        assert not engine.matches(tr.RefType(tr.NONE), number)


def test_g05_fields(engine: tr.Engine) -> None:
    base = tr.RegisteredType(engine, OPEN)
    leaf = tr.RegisteredType(engine, tr.SubType(unit(), supertype=base.index))
    low, high = tr.RefType(leaf.index), tr.RefType(base.index)
    field = tr.FieldType
    assert engine.matches(field(low), field(high))
    assert not engine.matches(field(high), field(low))
    assert engine.matches(field(low, True), field(low, True))
    assert not engine.matches(field(low, True), field(high, True))
    assert not engine.matches(field(high, True), field(low, True))
    assert not engine.matches(field(low, True), field(low))
    assert not engine.matches(field(low), field(low, True))
    storage: list[tr.PackedType | tr.NumType] = [tr.I8, tr.I16, tr.I32]
    for small, large in product(storage, repeat=2):
        assert engine.matches(field(small), field(large)) is (small == large)


def test_g05_a_bare_function_type_is_final(engine: tr.Engine) -> None:
    narrow = tr.FuncType([tr.RefType(tr.ANY)], [tr.RefType(tr.NONE)])
    wide = tr.FuncType([tr.RefType(tr.EQ)], [tr.RefType(tr.ANY)])
    assert engine.matches(narrow, narrow)
    assert not engine.matches(narrow, wide)
    assert not engine.matches(wide, narrow)


def test_g05_tables(engine: tr.Engine) -> None:
    table, low, high = tr.TableType, tr.RefType(tr.EQ), tr.RefType(tr.ANY)
    assert engine.matches(table(low, 1), table(low, 1))
    assert not engine.matches(table(low, 1), table(high, 1))
    assert not engine.matches(table(high, 1), table(low, 1))
    assert not engine.matches(table(low, 1), table(low, 1, address64=True))
    assert_limits(engine, lambda lo, hi: tr.TableType(tr.RefType(tr.FUNC), lo, hi))


def test_g05_memories(everything: tr.Engine) -> None:
    memory = tr.MemoryType
    assert_limits(everything, memory)
    assert not everything.matches(memory(1, 2), memory(1, 2, address64=True))
    assert not everything.matches(memory(1, 2), memory(1, 2, shared=True))
    assert not everything.matches(memory(1, 2, shared=True), memory(1, 2))
    assert everything.matches(memory(2, 2, shared=True), memory(1, 3, shared=True))
    assert not everything.matches(memory(1, page_size=1), memory(1))
    assert everything.matches(memory(1, page_size=1), memory(1, page_size=1))


def assert_limits(engine: tr.Engine, make: LimitsMaker) -> None:
    bounds = [(0, None), (1, None), (2, None), (1, 1), (1, 2), (2, 2), (0, 5)]
    for low, high in product(bounds, repeat=2):
        expected = low[0] >= high[0] and (
            high[1] is None or (low[1] is not None and low[1] <= high[1])
        )
        assert engine.matches(make(*low), make(*high)) is expected, (low, high)


def test_g05_globals(engine: tr.Engine) -> None:
    content, low, high = tr.GlobalType, tr.RefType(tr.EQ), tr.RefType(tr.ANY)
    assert engine.matches(content(low), content(high))
    assert not engine.matches(content(high), content(low))
    assert engine.matches(content(low, True), content(low, True))
    assert not engine.matches(content(low, True), content(high, True))
    assert not engine.matches(content(low, True), content(low))
    assert not engine.matches(content(low), content(low, True))


def test_g05_tags_match_only_if_equal(engine: tr.Engine) -> None:
    low = tr.TagType(tr.FuncType([tr.RefType(tr.EQ)], []))
    high = tr.TagType(tr.FuncType([tr.RefType(tr.ANY)], []))
    assert engine.matches(low, tr.TagType(tr.FuncType([tr.RefType(tr.EQ)], [])))
    assert not engine.matches(low, high)
    assert not engine.matches(high, low)


def test_g05_things_of_different_kinds_never_match(engine: tr.Engine) -> None:
    kinds: list[tr.FuncType | tr.TableType | tr.MemoryType | tr.GlobalType | tr.TagType] = [
        tr.FuncType([], []),
        tr.TableType(tr.RefType(tr.FUNC), 0),
        tr.MemoryType(0),
        tr.GlobalType(tr.I32),
        tr.TagType(tr.FuncType([], [])),
    ]
    for (i, low), (j, high) in product(enumerate(kinds), repeat=2):
        assert engine.matches(low, high) is (i == j)


def test_g05_matching_changes_nothing(engine: tr.Engine) -> None:
    base = tr.RegisteredType(engine, OPEN)
    before = numbers(engine), live(engine)
    engine.matches(tr.FuncType([tr.RefType(base.index)], []), tr.FuncType([tr.F64] * 9, []))
    engine.matches(tr.GlobalType(tr.RefType(base.index)), tr.GlobalType(tr.RefType(tr.EQ)))
    base.is_subtype_of(base)
    assert (numbers(engine), live(engine)) == before


MODULE = wasm.types(
    wasm.sub(wasm.struct()),
    wasm.rec(wasm.sub(wasm.struct(wasm.field(wasm.ref(2))), 0), wasm.sub(wasm.func())),
    wasm.struct(),
    wasm.sub(wasm.struct()),
)


def test_g05_a_collection_matches_by_module_indices(hashed_engine: tr.Engine) -> None:
    padding = tr.RegisteredType(hashed_engine, unique(1))
    types = hashed_engine.register(MODULE)
    padding.close()
    matching = {(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (1, 0), (0, 4), (4, 0), (1, 4)}
    for low, high in product(range(5), repeat=2):
        lower, higher = tr.ModuleTypeIndex(low), tr.ModuleTypeIndex(high)
        fits = (low, high) in matching
        assert types.matches(lower, higher) is fits, (low, high)
        assert types.matches(tr.RefType(lower), tr.RefType(higher)) is fits
        assert (
            types.matches(tr.FieldType(tr.RefType(lower)), tr.FieldType(tr.RefType(higher))) is fits
        )
        assert types[low].is_subtype_of(types[high]) is fits
    assert types.matches(tr.RefType(tr.ModuleTypeIndex(2)), tr.RefType(tr.FUNC))
    assert not types.matches(tr.RefType(tr.ModuleTypeIndex(2)), tr.RefType(tr.ANY))
    assert types.matches(tr.RefType(tr.NONE), tr.RefType(tr.ModuleTypeIndex(1)))


def test_g05_equal_references_match_through_structure(hashed_engine: tr.Engine) -> None:
    base = tr.RegisteredType(hashed_engine, OPEN)
    first = tr.FuncType([tr.RefType(base.index)], [])
    second = tr.FuncType([tr.RefType(tr.RegisteredType(hashed_engine, OPEN).index)], [])
    assert hashed_engine.matches(first, second)
    other = tr.RegisteredType(hashed_engine, holder(base.index))
    assert not hashed_engine.matches(first, tr.FuncType([tr.RefType(other.index)], []))
