"""Twins that differ in what a type declares: finality and supertypes."""

from __future__ import annotations

from collections.abc import Callable

from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import Composite, Field, Group, Struct, Sub

from .base import Twins, mutator, prefix, siblings, type_twins


def _base(draft: Draft) -> Composite:
    """Draw the structure that parents and target share."""
    size = len(draft.types)
    return draft.source.pick(
        (Struct(), Struct((Field("i32", True),)), draft.composite(size), draft.composite(size))
    )


def _last(
    draft: Draft,
    attribute: str,
    first: Callable[[int], Sub],
    second: Callable[[int], Sub],
    *,
    equal: bool = False,
) -> Twins:
    """Pair two sections whose last group has one or the other type, given the group's start."""
    source = draft.source
    start = len(draft.types)
    many = 1 + source.below(2)
    position = source.below(many)
    beside = siblings(draft, start + many, many - 1)

    def group(make: Callable[[int], Sub]) -> Group:
        return Group((*beside[:position], make(start), *beside[position:]))

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
    parents: tuple[int, ...] = ()
    if source.chance(40):
        parents = (draft.add_sub(Sub(composite, final=False)),)
    return _last(
        draft,
        attribute,
        lambda _: Sub(composite, parents, True),
        lambda _: Sub(composite, parents, False),
    )


@mutator("sub/supertype-presence")
def _presence(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    parent = draft.add_sub(Sub(composite, final=False))
    final = source.chance(50)
    return _last(
        draft,
        attribute,
        lambda _: Sub(composite, (), final),
        lambda _: Sub(composite, (parent,), final),
    )


@mutator("sub/supertype-which")
def _which(source: Source, attribute: str) -> Twins:
    # Two open types of one structure that are different types, by the group that they stand in.
    draft = prefix(source)
    composite = _base(draft)
    parent = Sub(composite, final=False)
    first = draft.add_sub(parent)
    second = draft.add(Group((parent, Sub(Struct()))))
    final = source.chance(50)
    return _last(
        draft,
        attribute,
        lambda _: Sub(composite, (first,), final),
        lambda _: Sub(composite, (second,), final),
    )


@mutator("sub/supertype-own-or-outside")
def _own_or_outside(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    parent = Sub(composite, final=False)
    final = source.chance(50)
    outside = draft.add(Group((parent, Sub(composite, (len(draft.types),), final))))
    start = len(draft.types)
    first = Group((parent, Sub(composite, (start,), final)))
    second = Group((parent, Sub(composite, (outside,), final)))
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
    upper = draft.add_sub(Sub(composite, final=False))
    for _ in range(source.below(4)):
        upper = draft.add_sub(Sub(composite, (upper,), False))
    lower = draft.add_sub(Sub(composite, (upper,), False))
    final = source.chance(50)
    return _last(
        draft,
        attribute,
        lambda _: Sub(composite, (upper,), final),
        lambda _: Sub(composite, (lower,), final),
    )


@mutator("sub/final-spelling")
def _final_spelling(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _base(draft)
    return _last(
        draft,
        attribute,
        lambda _: Sub(composite),
        lambda _: Sub(composite, longhand=True),
        equal=True,
    )
