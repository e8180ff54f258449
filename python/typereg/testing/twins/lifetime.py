"""Twins that are sequences of operations: the same but for the order or the object of one step."""

from __future__ import annotations

from typereg.reference.types import F64, FieldType, FuncType, RecGroup, StructType, SubType
from typereg.testing.generate import Draft, again
from typereg.testing.programs import (
    BeginDrop,
    ByHand,
    Close,
    FinishDrop,
    Operation,
    Program,
    Register,
    Root,
    Take,
)
from typereg.testing.source import Source
from typereg.testing.spec import Module, insert, ref_type, section, sub_type

from .base import Twins, mutator, prefix


def _pair(attribute: str, first: list[Operation], second: list[Operation], *, equal: bool) -> Twins:
    a, b = Program.of(*first), Program.of(*second)
    return Twins(a.whole, b.whole, attribute, equal, question="lifetime", programs=(a, b))


def _module(source: Source) -> Module:
    """Draw a section that has a type."""
    draft = prefix(source)
    draft.add_sub(SubType(draft.composite(len(draft.types))))
    return draft.module()


@mutator("lifetime/closing-order")
def _closing_order(source: Source, attribute: str) -> Twins:
    # Of a module and one that has its types and one more that refers to them.
    module = _module(source)
    last = len(module.types) - 1
    more = insert(
        module, len(module.groups), [RecGroup([SubType(StructType([FieldType(ref_type(last))]))])]
    )
    opened: list[Operation] = [Register(module), Register(more)]
    return _pair(
        attribute, [*opened, Close(0), Close(1)], [*opened, Close(1), Close(0)], equal=True
    )


@mutator("lifetime/duplicates")
def _duplicates(source: Source, attribute: str) -> Twins:
    # Each declaration takes one registration (K2).
    module = _module(source)
    number = len(module.groups) - 1
    twice = insert(module, number + 1, [again(module, number, len(module.types))])
    return _pair(attribute, [Register(module)], [Register(twice)], equal=False)


@mutator("lifetime/slot-reuse")
def _slot_reuse(source: Source, attribute: str) -> Twins:
    # What had the slots before was as large as what gets them, or of another size.
    many = 1 + source.below(3)
    other = many + 1 + source.below(2)
    draft = Draft(source)
    new = RecGroup(SubType(StructType([FieldType(draft.number())])) for _ in range(many))
    groups = [RecGroup((SubType(FuncType([F64], [])),) * size) for size in (many, other)]
    programs: list[list[Operation]] = [
        [Register(section(each)), Close(0), Register(section(new))] for each in groups
    ]
    return _pair(attribute, *programs, equal=True)


@mutator("lifetime/resurrection")
def _resurrection(source: Source, attribute: str) -> Twins:
    # Rooted between the two steps of the last drop, or after them.
    module = _module(source)
    index = len(module.types) - 1
    begun: list[Operation] = [Register(module), Take(0, index), Close(0), BeginDrop(1)]
    between = [*begun, Root((0, index)), FinishDrop(3)]
    after = [*begun, FinishDrop(3), Root((0, index))]
    return _pair(attribute, between, after, equal=False)


@mutator("lifetime/stale")
def _stale(source: Source, attribute: str) -> Twins:
    # An identity is rooted before its type is freed, or after.
    module = _module(source)
    place = (0, source.below(len(module.types)))
    before: list[Operation] = [Register(module), Root(place), Close(0)]
    after: list[Operation] = [Register(module), Close(0), Root(place)]
    return _pair(attribute, before, after, equal=False)


@mutator("lifetime/foreign")
def _foreign(source: Source, attribute: str) -> Twins:
    # A group over an identity of this registry, or of another one.
    parent = section(SubType(StructType([]), final=False))
    group = RecGroup(
        [source.pick((sub_type(StructType([]), 0), SubType(StructType([FieldType(ref_type(0))]))))]
    )
    own: list[Operation] = [Register(parent), ByHand(group, ((0, 0),))]
    foreign: list[Operation] = [Register(parent), ByHand(group, ((0, 0),), 0)]
    return _pair(attribute, own, foreign, equal=False)
