"""Twins that differ in what a type declares: finality and supertypes."""

from __future__ import annotations

from collections.abc import Callable

from typereg.reference.types import I32, CompositeType, FieldType, RecGroup, StructType, SubType
from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import LongSubType, sub_type

from .base import Twins, mutator, prefix, siblings, type_twins


def _base(draft: Draft) -> CompositeType:
    """Draw the structure that parents and target share."""
    size = len(draft.types)
    return draft.source.pick(
        (
            StructType([]),
            StructType([FieldType(I32, True)]),
            draft.composite(size),
            draft.composite(size),
        )
    )


def _last(
    draft: Draft,
    attribute: str,
    first: Callable[[int], SubType],
    second: Callable[[int], SubType],
    *,
    equal: bool = False,
) -> Twins:
    """Pair two sections whose last group has one or the other type, given the group's start."""
    source = draft.source
    start = len(draft.types)
    many = 1 + source.below(2)
    position = source.below(many)
    beside = siblings(draft, start + many, many - 1)

    def group(make: Callable[[int], SubType]) -> RecGroup:
        return RecGroup([*beside[:position], make(start), *beside[position:]])

    at = start + position
    return type_twins(
        attribute,
        draft.groups,
        [group(first)],
        [group(second)],
        (at, at),
        equal=equal,
        swap=source.chance(50),
    )


@mutator("sub/finality")
def _finality(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    parent: int | None = None
    if source.chance(40):
        parent = draft.add_sub(SubType(composite, final=False))
    return _last(
        draft,
        attribute,
        lambda _: sub_type(composite, parent, True),
        lambda _: sub_type(composite, parent, False),
    )


@mutator("sub/supertype-presence")
def _presence(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    parent = draft.add_sub(SubType(composite, final=False))
    final = source.chance(50)
    return _last(
        draft,
        attribute,
        lambda _: SubType(composite, final=final),
        lambda _: sub_type(composite, parent, final),
    )


@mutator("sub/supertype-which")
def _which(source: Source, attribute: str) -> Twins:
    # Two open types of one structure that are different types, by the group that they stand in.
    draft = prefix(source)
    composite = _base(draft)
    parent = SubType(composite, final=False)
    first = draft.add_sub(parent)
    second = draft.add(RecGroup([parent, SubType(StructType([]))]))
    final = source.chance(50)
    return _last(
        draft,
        attribute,
        lambda _: sub_type(composite, first, final),
        lambda _: sub_type(composite, second, final),
    )


@mutator("sub/supertype-own-or-outside")
def _own_or_outside(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    parent = SubType(composite, final=False)
    final = source.chance(50)
    outside = draft.add(RecGroup([parent, sub_type(composite, len(draft.types), final)]))
    start = len(draft.types)
    first = RecGroup([parent, sub_type(composite, start, final)])
    second = RecGroup([parent, sub_type(composite, outside, final)])
    return type_twins(
        attribute,
        draft.groups,
        [first],
        [second],
        (start + 1, start + 1),
        swap=source.chance(50),
    )


@mutator("sub/depth")
def _depth(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    upper = draft.add_sub(SubType(composite, final=False))
    for _ in range(source.below(4)):
        upper = draft.add_sub(sub_type(composite, upper, False))
    lower = draft.add_sub(sub_type(composite, upper, False))
    final = source.chance(50)
    return _last(
        draft,
        attribute,
        lambda _: sub_type(composite, upper, final),
        lambda _: sub_type(composite, lower, final),
    )


@mutator("sub/final-spelling")
def _final_spelling(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    return _last(
        draft,
        attribute,
        lambda _: SubType(composite),
        lambda _: LongSubType(composite),
        equal=True,
    )
