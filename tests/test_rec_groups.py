"""Recursion groups: identity, lifetime, and building them by hand. G1 and G6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import typereg as tr
from support import sections
from support.registry import OPEN, holder, live, slots, unchanged, unique
from typereg import reference as ref
from typereg.reference import convert
from typereg.reference.binary import encode_types
from typereg.testing import wasm

Index = tr.ModuleTypeIndex | tr.RecIndex | tr.SharedTypeIndex


def own(*positions: int, nullable: bool = True) -> tr.StructType:
    """A struct that refers to members of its own group."""
    return tr.StructType(
        [tr.FieldType(tr.RefType(tr.RecIndex(i), nullable=nullable)) for i in positions]
    )


def final(*composites: tr.StructType) -> tr.RecGroup:
    """A group of final types."""
    return tr.RecGroup([tr.SubType(composite) for composite in composites])


def test_g01_identity_is_group_and_position(hashed_engine: tr.Engine) -> None:
    pair = tr.RecGroup([OPEN, OPEN])
    first, second = hashed_engine.register_group(pair)
    (alone,) = hashed_engine.register_group(tr.RecGroup([OPEN]))
    assert len({first, second, alone}) == 3
    assert hashed_engine.register_group(pair) == (first, second)
    assert live(hashed_engine) == [0, 1, 2]


DIFFERENT = [
    final(own(0)),
    final(own(0, nullable=False)),
    final(own(0), own(0)),
    final(own(0), own(1)),
    final(own(1), own(0)),
    final(own(1), own(1)),
    final(own(0), tr.StructType([])),
    final(tr.StructType([]), own(0)),
    final(tr.StructType([]), own(1)),
    final(own(1), own(2), own(0)),
    final(own(2), own(0), own(1)),
    final(own(1), own(0), own(0)),
    tr.RecGroup([tr.SubType(own(0), final=False)]),
    tr.RecGroup([OPEN, tr.SubType(tr.StructType([]), supertype=tr.RecIndex(0))]),
    tr.RecGroup([OPEN, tr.SubType(tr.StructType([]))]),
    tr.RecGroup([OPEN, tr.SubType(tr.StructType([]), supertype=tr.RecIndex(0), final=False)]),
]


def test_g01_groups_that_differ_are_apart(hashed_engine: tr.Engine) -> None:
    handles = [hashed_engine.register_group(group) for group in DIFFERENT]
    assert len({handle for group in handles for handle in group}) == sum(map(len, handles))
    assert len(hashed_engine.registry) == sum(map(len, handles))
    assert hashed_engine.registry.stats().hits == 0
    for group, before in zip(DIFFERENT, handles, strict=True):
        assert hashed_engine.register_group(group) == before


def test_g01_a_recursive_type_is_not_its_unrolling(hashed_engine: tr.Engine) -> None:
    (node,) = hashed_engine.register_group(final(own(0)))
    unrolled = tr.RegisteredType(hashed_engine, holder(node.index))
    assert unrolled != node
    assert node.type == tr.SubType(holder(node.index)) == unrolled.type
    assert node.group != unrolled.group
    twice = tr.RegisteredType(hashed_engine, holder(unrolled.index))
    assert len({node, unrolled, twice}) == 3


def test_g01_oneself_is_not_an_equal_type_outside(hashed_engine: tr.Engine) -> None:
    (outside,) = hashed_engine.register_group(final(own(0)))
    module = wasm.types(wasm.struct(wasm.field(wasm.ref(0))), wasm.struct(wasm.field(wasm.ref(0))))
    with hashed_engine.register(module) as types:
        assert types.shared_type(0) == outside.index
        assert types.shared_type(1) != outside.index


def test_g01_a_group_lives_and_dies_as_one(engine: tr.Engine) -> None:
    ring = engine.register_group(final(own(1), own(2), own(0)))
    user = tr.RegisteredType(engine, holder(ring[1].index))
    for handle in ring:
        handle.close()
    assert live(engine) == [0, 1, 2, 3]
    member = tr.RegisteredType.root(engine, ring[2].index)
    assert member is not None
    user.close()
    assert live(engine) == [0, 1, 2]
    member.close()
    assert live(engine) == []


def test_g01_empty_groups_are_legal(hashed_engine: tr.Engine) -> None:
    plain = wasm.types(wasm.func(), wasm.struct(wasm.field(wasm.ref(0))))
    padded = wasm.types(
        wasm.rec(), wasm.func(), wasm.rec(), wasm.rec(), wasm.struct(wasm.field(wasm.ref(0)))
    )
    with hashed_engine.register(plain) as first, hashed_engine.register(padded) as second:
        assert first.as_module_map() == second.as_module_map()
    assert hashed_engine.register_group(tr.RecGroup([])) == ()


def test_g01_slots_of_a_group_need_not_be_adjacent(hashed_engine: tr.Engine) -> None:
    padding = [tr.RegisteredType(hashed_engine, unique(i)) for i in range(6)]
    for freed in (4, 1):
        padding[freed].close()
    ring = hashed_engine.register_group(final(own(1), own(2), own(0)))
    assert slots(ring) == [1, 4, 6]
    assert [handle.position for handle in ring] == [0, 1, 2]
    assert [handle.type for handle in ring] == [
        tr.SubType(holder(ring[(i + 1) % 3].index)) for i in range(3)
    ]
    user = tr.RegisteredType(hashed_engine, holder(ring[2].index))
    assert user.type == tr.SubType(holder(ring[2].index))
    again = hashed_engine.register_group(final(own(1), own(2), own(0)))
    assert again == ring
    for handle in (*ring, *again, user):
        handle.close()
    assert live(hashed_engine) == [0, 2, 3, 5]


def test_g01_slots_of_a_group_are_reused_by_groups_of_other_sizes(engine: tr.Engine) -> None:
    old = engine.register_group(final(own(1), own(2), own(0)))
    stale = [handle.index for handle in old]
    for handle in old:
        handle.close()
    pair = engine.register_group(final(own(1), own(0)))
    alone = tr.RegisteredType(engine, OPEN)
    assert slots([*pair, alone]) == [2, 1, 0]
    assert not any(index in engine.registry for index in stale)
    assert [engine.registry.borrow(index) for index in stale] == [None] * 3
    assert pair[0].type == tr.SubType(holder(pair[1].index))


def test_g06_a_list_node_without_a_module(engine: tr.Engine) -> None:
    group = tr.RecGroup(
        [
            tr.SubType(
                tr.StructType(
                    [
                        tr.FieldType(tr.I32),
                        tr.FieldType(tr.RefType(tr.RecIndex(0)), mutable=True),
                    ]
                ),
                final=False,
            )
        ]
    )
    (node,) = engine.register_group(group)
    assert type(node) is tr.RegisteredType
    assert node.group == group
    assert node.type.composite == tr.StructType(
        [tr.FieldType(tr.I32), tr.FieldType(tr.RefType(node.index), mutable=True)]
    )


def test_g06_references_may_lead_forward(engine: tr.Engine) -> None:
    left, right = engine.register_group(final(own(1, 1), own(0)))
    assert left.type == tr.SubType(holder(right.index, right.index))
    assert right.type == tr.SubType(holder(left.index))


def test_g06_supertypes_may_be_own_members(engine: tr.Engine) -> None:
    group = tr.RecGroup(
        [
            tr.SubType(own(1), final=False),
            tr.SubType(own(1, 0), supertype=tr.RecIndex(0), final=False),
            tr.SubType(own(1, 1), supertype=tr.RecIndex(1)),
        ]
    )
    handles = engine.register_group(group)
    assert handles[2].supertype == handles[1]
    assert handles[2].supertypes == (handles[1], handles[0])
    assert handles[1].type.supertype == handles[0].index
    assert handles[0].group == handles[1].group == handles[2].group == group


def test_g06_groups_may_refer_to_live_types(engine: tr.Engine) -> None:
    base = tr.RegisteredType(engine, OPEN)
    field = tr.FieldType(tr.RefType(base.index, nullable=False))
    group = tr.RecGroup(
        [
            tr.SubType(tr.StructType([field]), supertype=base.index, final=False),
            tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(tr.RecIndex(0))))),
        ]
    )
    handles = engine.register_group(group)
    assert handles[0].group == group
    assert handles[0].supertype == base
    assert base.registrations == 1 + 2


BAD_GROUPS: dict[str, tr.RecGroup] = {
    "out of range": final(own(1)),
    "far out of range": final(own(0), own(2**31)),
    "supertype out of range": tr.RecGroup([tr.SubType(own(), supertype=tr.RecIndex(1))]),
    "supertype itself": tr.RecGroup([tr.SubType(own(), supertype=tr.RecIndex(0), final=False)]),
    "supertype later": tr.RecGroup([tr.SubType(own(), supertype=tr.RecIndex(1)), OPEN]),
    "supertype cycle": tr.RecGroup(
        [
            tr.SubType(own(0), supertype=tr.RecIndex(1), final=False),
            tr.SubType(own(0), supertype=tr.RecIndex(0), final=False),
        ]
    ),
    "supertype final": tr.RecGroup(
        [tr.SubType(own()), tr.SubType(own(), supertype=tr.RecIndex(0))]
    ),
    "supertype of another kind": tr.RecGroup(
        [OPEN, tr.SubType(tr.FuncType([], []), supertype=tr.RecIndex(0))]
    ),
    "supertype wider": tr.RecGroup(
        [tr.SubType(own(0), final=False), tr.SubType(own(), supertype=tr.RecIndex(0))]
    ),
}


@pytest.mark.parametrize("group", BAD_GROUPS.values(), ids=BAD_GROUPS)
def test_g06_a_group_that_is_not_valid_is_refused(engine: tr.Engine, group: tr.RecGroup) -> None:
    with unchanged(engine), pytest.raises(tr.ValidationError):
        engine.register_group(group)


def test_g06_a_module_index_is_refused(engine: tr.Engine) -> None:
    bad = tr.SubType(tr.FuncType([tr.RefType(tr.ModuleTypeIndex(0))], []))
    with unchanged(engine), pytest.raises(tr.NotCanonicalError):
        engine.register_group(tr.RecGroup([OPEN, bad]))


def places(reference: tr.RefType, index: Index) -> dict[str, tr.SubType]:
    """Types that refer in one place each, by what that is called."""
    i32, field = tr.FieldType(tr.I32), tr.FieldType(reference, mutable=True)
    return {
        "param 1": tr.SubType(tr.FuncType([tr.I32, reference, reference], [reference])),
        "result 2": tr.SubType(tr.FuncType([], [tr.I32, tr.RefType(tr.ANY), reference])),
        "field 1": tr.SubType(tr.StructType([i32, field, i32])),
        "element": tr.SubType(tr.ArrayType(field)),
        "func": tr.SubType(tr.ContType(index)),
        "supertype": tr.SubType(tr.StructType([field]), supertype=index),
    }


@pytest.mark.parametrize("part", places(tr.RefType(tr.RecIndex(0)), tr.RecIndex(0)))
def test_g06_a_reference_that_cannot_stand_says_where_it_stands(part: str) -> None:
    engine = tr.Engine(features=tr.Features(stack_switching=True))
    closed = tr.RegisteredType(engine, unique(0))
    stale = closed.index
    closed.close()
    keep = tr.RegisteredType(engine, unique(1))
    foreign = tr.RegisteredType(tr.Engine(), unique(0)).index
    refused: list[tuple[Index, type[Exception], str]] = [
        (stale, tr.StaleIndexError, "the type of shared index"),
        (tr.ModuleTypeIndex(7), tr.NotCanonicalError, "the module type index 7 cannot stand here"),
        (foreign, tr.ForeignEngineError, "the shared type index"),
    ]
    for index, error, text in refused:
        bad = places(tr.RefType(index), index)[part]
        group = tr.RecGroup([OPEN, tr.SubType(holder(keep.index)), bad, bad])
        with unchanged(engine), pytest.raises(error, match=f"^type 2, {part}: {text}"):
            engine.register_group(group)
        with unchanged(engine), pytest.raises(error, match=f"^type 0, {part}: {text}"):
            tr.RegisteredType(engine, bad)
        # Closed types on the way are registered first, and given back.
        lead = tr.FieldType(tr.RefType(tr.DefType(tr.RecGroup([OPEN]), 0)))
        dependent = tr.SubType(tr.StructType([lead]))
        with unchanged(engine), pytest.raises(error, match=f"^type 1, {part}: {text}"):
            engine.register_group(tr.RecGroup([dependent, bad]))
    for index in (tr.ModuleTypeIndex(7), foreign):
        group = tr.RecGroup([OPEN, places(tr.RefType(index), index)[part]])
        with pytest.raises(tr.NotCanonicalError, match=f"^type 1, {part}: .*cannot stand here"):
            tr.DefType(group, 0)
    bad = places(tr.RefType(tr.RecIndex(9)), tr.RecIndex(9))[part]
    beyond = f"^type 1: its {part} refers to member 9 of a group of 2"
    with unchanged(engine), pytest.raises(tr.ValidationError, match=beyond) as caught:
        engine.register_group(tr.RecGroup([OPEN, bad]))
    assert caught.value.type_index == 1


@given(drawn=sections.rec_groups([], smallest=1), bits=st.sampled_from([None, 0, 4]))
def test_g06_a_group_comes_back_as_it_went_in(drawn: ref.RecGroup, bits: int | None) -> None:
    engine = tr.Engine(weak_hash_bits=bits)
    padding = [tr.RegisteredType(engine, unique(i)) for i in range(4)]
    padding[1].close()
    padding[2].close()
    group = convert.to_typereg(drawn)
    handles = engine.register_group(group)
    assert [handle.position for handle in handles] == list(range(len(group.members)))
    for handle in handles:
        assert handle.group == group
        assert engine.register_group(handle.group)[handle.position] == handle


@given(drawn=sections.sections(), bits=st.sampled_from([None, 0, 4]))
def test_g06_the_group_of_any_handle_registers_to_it(
    drawn: list[ref.RecGroup], bits: int | None
) -> None:
    engine = tr.Engine(weak_hash_bits=bits)
    with engine.register(encode_types(drawn)) as types:
        before = live(engine)
        for handle in types:
            assert engine.register_group(handle.group)[handle.position] == handle
            member, whole = handle.group.members[handle.position], handle.type
            assert type(member.composite) is type(whole.composite)
        assert live(engine) == before
