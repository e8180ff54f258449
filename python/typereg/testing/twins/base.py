"""What a pair of near twins is, and the table of all attributes in which twins differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from typereg.reference.types import V128, ExternType, RecGroup, RefType, SubType, ValueType
from typereg.testing.generate import HEADS, Draft
from typereg.testing.programs import Program
from typereg.testing.shown import Call, Shown, by_fields
from typereg.testing.source import Source
from typereg.testing.spec import NUMBERS, Export, Module


@dataclass(frozen=True, repr=False)
class Twins(Shown):
    """Two modules that differ in one attribute, and whether that makes a difference.

    What is to be compared depends on `question`:

    - ``type``: type `i` of `a` and type `j` of `b`; `equal` says whether they are the same type;
    - ``extern``: what either exports as `export`; `equal` says whether the extern types are equal;
    - ``validity``: whether the modules are valid; `a` is, `b` is not;
    - ``interface``: the names that they import and export;
    - ``lifetime``: two sequences of operations, `programs`; `a` and `b` are the types that they
      name. `equal` says whether as much is alive, and as often registered, at their ends.
    """

    a: Module
    b: Module
    attribute: str
    equal: bool
    i: int | None = None
    j: int | None = None
    export: str | None = None
    question: Literal["type", "extern", "validity", "interface", "lifetime"] = "type"
    programs: tuple[Program, Program] | None = None

    def _call(self) -> Call:
        return by_fields(self)


TRIES: Final = 60
"""How often another value type is drawn: a seed, which draws one in a few, knows no end to that."""

Mutator: TypeAlias = Callable[[Source], Twins]

MUTATORS: dict[str, Mutator] = {}
"""Every attribute of section T that a pair of modules can differ in, by name, and what draws it."""


def mutator(attribute: str) -> Callable[[Callable[[Source, str], Twins]], Callable[..., Twins]]:
    """Enter what draws twins for an attribute into the table."""

    def enter(draw: Callable[[Source, str], Twins]) -> Callable[..., Twins]:
        define(attribute, draw)
        return draw

    return enter


def define(attribute: str, draw: Callable[[Source, str], Twins]) -> None:
    """Enter what draws twins for an attribute into the table."""
    assert attribute not in MUTATORS

    def bound(source: Source) -> Twins:
        return draw(source, attribute)

    MUTATORS[attribute] = bound


# What the families share.


def prefix(source: Source, *, continuations: bool = False) -> Draft:
    """Begin a section: none to two groups that have nothing to do with the difference."""
    draft = Draft(source, continuations)
    source.several(2, draft.group)
    return draft


def siblings(draft: Draft, size: int, count: int) -> list[SubType]:
    """Draw members to stand beside the target; their references lead below the index `size`."""
    return [SubType(draft.composite(size)) for _ in range(count)]


def type_twins(
    attribute: str,
    before: Iterable[RecGroup],
    first: Iterable[RecGroup],
    second: Iterable[RecGroup],
    at: tuple[int, int],
    *,
    equal: bool = False,
    swap: bool = False,
) -> Twins:
    """Pair two sections with the same beginning."""
    shared = tuple(before)
    a, b = Module((*shared, *first)), Module((*shared, *second))
    i, j = at
    if swap:
        a, b, i, j = b, a, j, i
    return Twins(a, b, attribute, equal, i, j)


def exporting(groups: Iterable[RecGroup], item: ExternType, kind: str) -> Module:
    """Make a module that has one item and exports it as ``x``."""
    return Module(tuple(groups), items=(item,), exports=(Export("x", kind, 0),))


def distinct(draft: Draft, count: int, *, references: bool = False) -> list[ValueType]:
    """Draw so many different value types; two of defined types might be the same type.

    The simplest choices, which Hypothesis makes first of all, draw the same type for ever: after so
    many tries in vain the next one is taken that is not there yet.
    """
    found: list[ValueType] = []
    tries = 0
    while len(found) < count:
        value = draft.value(0)
        if isinstance(value, RefType):
            value = RefType(value.heap, value.nullable)  # spelling alone makes no difference
        tries += 1
        if value in found or (references and not isinstance(value, RefType)):
            if tries < TRIES:
                continue
            others = map(RefType, HEADS) if references else (*NUMBERS, V128)
            value = next(each for each in others if each not in found)
        found.append(value)
        tries = 0
    return found
