"""Twins that differ in how types stand in groups, near the type or far from it."""

from __future__ import annotations

from dataclasses import replace

from typereg.reference.types import (
    I8,
    I32,
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    RecGroup,
    StructType,
    SubType,
)
from typereg.testing.generate import Draft, again
from typereg.testing.source import Source
from typereg.testing.spec import LongRecGroup, Module, Renaming, insert, ref_type

from .base import MUTATORS, Twins, mutator, prefix, type_twins


def _draw_group(draft: Draft, *, least: int) -> RecGroup:
    """Draw a group of at least so many members, without supertypes, but do not add it."""
    source = draft.source
    many = least + source.below(2)
    size = len(draft.types) + many
    return RecGroup(
        SubType(draft.composite(size), final=not source.chance(30)) for _ in range(many)
    )


def _unused(source: Source, attribute: str, at_head: bool) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    group = _draw_group(draft, least=1)
    composites: list[CompositeType] = [
        StructType([]),
        FuncType([], []),
        StructType([FieldType(I8)]),
    ]
    extra = SubType(source.pick(composites))
    position = start + source.below(len(group.members))
    if not at_head:
        longer = RecGroup([*group.members, extra])
        at = (position, position)
    else:
        moved = Renaming(lambda index: index + 1 if index >= start else index).group(group)
        longer = RecGroup([extra, *moved.members])
        at = (position, position + 1)
    return type_twins(attribute, draft.groups, [group], [longer], at, swap=source.chance(50))


@mutator("group/unused-head")
def _unused_head(source: Source, attribute: str) -> Twins:
    return _unused(source, attribute, True)


@mutator("group/unused-tail")
def _unused_tail(source: Source, attribute: str) -> Twins:
    return _unused(source, attribute, False)


@mutator("group/permutation")
def _permutation(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    group = _draw_group(draft, least=2)
    i = source.below(len(group.members) - 1)

    def swap(index: int) -> int:
        return {start + i: start + i + 1, start + i + 1: start + i}.get(index, index)

    def swapped(group: RecGroup) -> RecGroup:
        moved = list(Renaming(swap).group(group).members)
        moved[i], moved[i + 1] = moved[i + 1], moved[i]
        return RecGroup(moved)

    if swapped(group) == group:
        # Members that are alike make the same group again: then one of them is to be different.
        members = list(group.members)
        members[i] = replace(members[i], final=not members[i].final)
        group = RecGroup(members)
    at = (start + i, start + i + 1)
    return type_twins(attribute, draft.groups, [group], [swapped(group)], at)


@mutator("group/position")
def _position(source: Source, attribute: str) -> Twins:
    # Two members that read alike are two types, told apart by where they stand alone.
    draft = prefix(source)
    start = len(draft.types)
    member = SubType(draft.composite(start))
    many = 2 + source.below(2)
    group = RecGroup((member,) * many)
    i = source.below(many)
    j = (i + 1 + source.below(many - 1)) % many
    return type_twins(attribute, draft.groups, [group], [group], (start + i, start + j))


@mutator("group/split")
def _split(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    members = tuple(SubType(draft.composite(start + position)) for position in range(2))
    merged = [RecGroup(members)]
    apart = [RecGroup([each]) for each in members]
    at = start + source.below(2)
    return type_twins(attribute, draft.groups, merged, apart, (at, at), swap=source.chance(50))


@mutator("group/sibling")
def _sibling(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    group = _draw_group(draft, least=2)
    at = source.below(len(group.members))
    other = (at + 1 + source.below(len(group.members) - 1)) % len(group.members)
    members = list(group.members)
    members[other] = replace(members[other], final=not members[other].final)
    return type_twins(
        attribute,
        draft.groups,
        [group],
        [RecGroup(members)],
        (start + at, start + at),
        swap=source.chance(50),
    )


def _self_reference(source: Source) -> tuple[bool, int]:
    return not source.chance(30), source.below(3)


def _link(shape: tuple[bool, int], target: int) -> CompositeType:
    """Give a composite type with one reference."""
    nullable, kind = shape
    reference = ref_type(target, nullable)
    return (
        StructType([FieldType(reference)]),
        ArrayType(FieldType(reference)),
        FuncType([reference], []),
    )[kind]


@mutator("group/unrolled")
def _unrolled(source: Source, attribute: str) -> Twins:
    # In `a` the group stands twice; in `b` the second one refers to the first instead of itself.
    draft = prefix(source)
    start = len(draft.types)
    shape = _self_reference(source)
    rest = _draw_group(draft, least=0).members if source.chance(50) else ()
    first = RecGroup([SubType(_link(shape, start)), *rest])
    draft.add(first)
    module = draft.module()
    copy = again(module, len(module.groups) - 1, len(draft.types))
    unrolled = RecGroup([first.members[0], *copy.members[1:]])
    at = len(draft.types)
    return type_twins(attribute, draft.groups, [copy], [unrolled], (at, at), swap=source.chance(50))


@mutator("group/cycle")
def _cycle(source: Source, attribute: str) -> Twins:
    # Two members that refer each to itself, or to each other: unrolled without end, the same.
    draft = prefix(source)
    start = len(draft.types)
    shape = _self_reference(source)
    ones = RecGroup(SubType(_link(shape, start + i)) for i in range(2))
    two = RecGroup(SubType(_link(shape, start + 1 - i)) for i in range(2))
    at = start + source.below(2)
    return type_twins(attribute, draft.groups, [ones], [two], (at, at), swap=source.chance(50))


@mutator("group/distant")
def _distant(source: Source, attribute: str) -> Twins:
    # Any difference of two types, seen from a type that refers to it over some groups.
    names = [
        name
        for name in MUTATORS
        if name.split("/")[0] in ("field", "param", "func", "struct", "sub") and "spell" not in name
    ]
    near = MUTATORS[source.pick(names)](source)
    assert near.i is not None
    assert near.j is not None
    a, b = near.a, near.b
    at = near.i, near.j
    for _ in range(1 + source.below(3)):
        shape = _self_reference(source)
        ends = len(a.types), len(b.types)
        a = insert(a, len(a.groups), [RecGroup([SubType(_link(shape, at[0]))])])
        b = insert(b, len(b.groups), [RecGroup([SubType(_link(shape, at[1]))])])
        at = ends
    return Twins(a, b, attribute, False, *at)


# What makes no difference.


def _same(source: Source) -> tuple[Module, int, int]:
    """Draw a section; give it with the number and the first type of its last group."""
    draft = prefix(source)
    start = len(draft.types)
    number = len(draft.groups)
    draft.add(_draw_group(draft, least=1))
    return draft.module(), number, start


@mutator("group/singleton")
def _singleton(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    member = SubType(draft.composite(start + 1))
    return type_twins(
        attribute,
        draft.groups,
        [RecGroup([member])],
        [LongRecGroup([member])],
        (start, start),
        equal=True,
        swap=source.chance(50),
    )


@mutator("group/empty")
def _empty(source: Source, attribute: str) -> Twins:
    module, number, start = _same(source)
    many = 1 + source.below(3)
    around = insert(module, source.below(number + 2), [RecGroup([])] * many)
    return Twins(module, around, attribute, True, start, start)


@mutator("group/duplicates")
def _duplicates(source: Source, attribute: str) -> Twins:
    module, number, start = _same(source)
    end = module.starts[-1]
    twice = insert(module, number + 1, [again(module, number, end)])
    position = source.below(end - start)
    return Twins(module, twice, attribute, True, start + position, end + position)


@mutator("group/shifted")
def _shifted(source: Source, attribute: str) -> Twins:
    module, number, start = _same(source)
    extra = RecGroup([SubType(StructType([FieldType(I8, True)])), SubType(FuncType([I32], []))])
    shifted = insert(module, source.below(number + 1), [extra])
    position = source.below(module.starts[-1] - start)
    return Twins(module, shifted, attribute, True, start + position, start + position + 2)


@mutator("group/names")
def _names(source: Source, attribute: str) -> Twins:
    module, _, start = _same(source)
    named = replace(module, names=((start, source.pick(("a", "node", "$x y"))),))
    return Twins(module, named, attribute, True, start, start)
