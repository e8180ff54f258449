"""Hypothesis strategies over the kit's generators (clause D2); needs the extra ``testing``.

Types, subtypes and groups are values of `typereg`, closed: their references are abstract or lead to
the own group. Whatever stands for a module (`spec.Module`) has ``.wasm`` and ``.wat``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import typereg as tr
from typereg.reference.convert import to_typereg
from typereg.reference.structure import roll

from . import generate
from ._hypothesis import st
from .links import CASES, LinkPair, link_pair
from .modules import module
from .names import known
from .source import Source
from .spec import PLAIN, Module, TypeSection
from .twins import ATTRIBUTES, Twins, twins

_T = TypeVar("_T")


class _Drawn:
    """Choices that Hypothesis makes, and shrinks towards the simplest."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return self._draw(st.integers(0, count - 1))

    def pick(self, items: Sequence[_T]) -> _T:
        return items[self._draw(st.integers(0, len(items) - 1))]

    def chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent

    def several(self, most: int, make: Callable[[], _T]) -> list[_T]:
        # Not how many first: with a choice before each, any of them can be left out.
        found: list[_T] = []
        while self.below(most + 1 - len(found)):
            found.append(make())
        return found


@st.composite
def generated(draw: st.DrawFn, generator: Callable[[Source], _T]) -> _T:
    """Draw what a generator of the kit makes, its choices being Hypothesis's."""
    return generator(_Drawn(draw))


ValueType: TypeAlias = tr.NumType | tr.VecType | tr.RefType


def value_types(
    *, continuations: bool = False
) -> st.SearchStrategy[tr.NumType | tr.VecType | tr.RefType]:
    """Draw value types: numbers, `v128`, references to abstract heap types."""

    def one(source: Source) -> ValueType:
        value: ValueType = to_typereg(PLAIN.value(generate.Draft(source, continuations).value(0)))
        return value

    return generated(one)


def sub_types() -> st.SearchStrategy[tr.SubType]:
    """Draw type definitions that refer to no other: each can be registered alone."""

    def one(source: Source) -> tr.SubType:
        sub: tr.SubType = to_typereg(PLAIN.sub(generate.Draft(source).sub(0)))
        return sub

    return generated(one)


def rec_groups(behind: TypeSection | None = None) -> st.SearchStrategy[tr.RecGroup]:
    """Draw valid groups of up to three members, empty ones too.

    They are closed, or stand `behind` a section and may refer to its types by `ModuleTypeIndex`.
    """
    before = behind or Module()

    def one(source: Source) -> tr.RecGroup:
        draft = generate.Draft(source, groups=list(before.groups), types=list(before.types))
        start = draft.group()
        group: tr.RecGroup = to_typereg(roll(start, PLAIN.group(draft.groups[-1])))
        return group

    return generated(one)


def type_sections(
    *, groups: int = 4, continuations: bool = False
) -> st.SearchStrategy[TypeSection]:
    """Draw valid sections of up to so many groups, equal ones often among them.

    For sections that have much in common draw one and then `relatives` of it. `ValueError` where
    there is to be no group.
    """
    if groups < 1:
        raise ValueError(f"expected room for a group or more, got {groups}")
    return generated(
        lambda source: generate.section(source, groups=groups, continuations=continuations)
    )


def relatives(section: TypeSection) -> st.SearchStrategy[TypeSection]:
    """Draw sections that repeat, permute, regroup or slightly change a given one."""
    return generated(lambda source: generate.relative(source, section))


def spoiled(section: TypeSection) -> st.SearchStrategy[TypeSection]:
    """Draw sections that are a given one but for some careless changes: most are invalid."""
    return generated(lambda source: generate.spoil(source, section))


def modules() -> st.SearchStrategy[Module]:
    """Draw valid modules with types, imports and exports."""
    return generated(module)


def near_twins(attribute: str | None = None) -> st.SearchStrategy[Twins]:
    """Draw pairs that differ in exactly one attribute of section T: any, or one by name.

    What is to be compared of a pair, its `question` says. `twins.ATTRIBUTES` has the names;
    `ValueError` for another one.
    """
    if attribute is not None:
        known("attribute", attribute, ATTRIBUTES)
    return generated(lambda source: twins(source, attribute))


def link_pairs(case: str | None = None) -> st.SearchStrategy[LinkPair]:
    """Draw pairs of a provider and a consumer, linking or not: any, or one case by name.

    `links.CASES` has the names; `ValueError` for another one.
    """
    if case is not None:
        known("case", case, CASES)
    return generated(lambda source: link_pair(source, case))
