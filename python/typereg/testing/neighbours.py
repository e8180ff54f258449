"""Sections of drawn types, each beside all that differ from it in one attribute.

Near twins differ in one attribute of one type, and a page of the catalogue puts one attribute in
one place after the other. Where a registry goes wrong only if several things come together, the
third parameter of a type with a supertype, say, or two packed fields in a row, neither asks: here
the rest of a type is drawn, and then every attribute of it is changed at every place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from typereg.reference.errors import TypeRegError
from typereg.reference.limits import Features
from typereg.reference.structure import Validity, close, roll
from typereg.reference.types import (
    I8,
    I16,
    ArrayType,
    CompositeType,
    ContType,
    FieldType,
    FuncType,
    ModuleTypeIndex,
    PackedType,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    ValueType,
)

from .generate import Draft, again
from .programs import CONTINUATIONS, Program, Register
from .source import Source
from .spec import PLAIN, Module, ref_type, sub_type

_Item = TypeVar("_Item")

GROUPS: Final = 3
"""Of how many groups the types and their neighbours are shown."""

PARTS: Final = 5
"""How many parameters, or results, or fields a type has at most."""


class Rich(Draft):
    """A section of types with many parts, most of them references, and many of them related."""

    def value(self, size: int) -> ValueType:
        """Draw a value type, three times in four a reference."""
        source = self.source
        if source.chance(25):
            return self.number()
        if size and source.chance(65):
            return ref_type(source.below(size), source.chance(50))
        return RefType(self.head(), source.chance(50))

    def field(self, size: int) -> FieldType:
        """Draw a field type, one time in four a packed one."""
        source = self.source
        storage = source.pick((I8, I16)) if source.chance(25) else self.value(size)
        return FieldType(storage, source.chance(50))

    def composite(self, size: int) -> CompositeType:
        """Draw a composite type."""
        source = self.source
        kind = source.below(10)
        if kind < 5:
            return StructType(self.field(size) for _ in range(source.below(PARTS + 1)))
        if kind < 8:
            return FuncType(self.values(size, PARTS), self.values(size, PARTS))
        return super().composite(size)


def neighbours(source: Source, can: Collection[str] = ()) -> Program:
    """Draw a few groups, and register them with the neighbours of each that are valid."""
    continuations = CONTINUATIONS in can
    draft = Rich(source, continuations)
    for _ in range(GROUPS):
        draft.group()
    drawn = Module(tuple(map(PLAIN.group, draft.groups)))
    validity = Validity(features=Features(stack_switching=continuations))
    types = validity.section(drawn.groups)
    found = list(drawn.groups)
    start = len(types)
    for number in range(len(drawn.groups)):
        for group in groups_beside(draft, drawn, number):
            moved = again(replace(drawn, groups=(*drawn.groups[:number], group)), number, start)
            try:
                validity.group(close(roll(start, moved), types), start)
            except TypeRegError:
                continue
            found.append(moved)
            start += len(moved.members)
    return Program.of(Register(Module(tuple(found))))


def groups_beside(draft: Draft, module: Module, number: int) -> Iterator[RecGroup]:
    """Give what differs in one attribute from a group of a module, where that group stands."""
    members = module.groups[number].members
    end = module.starts[number + 1]
    for position, member in enumerate(members):
        for changed in subs_beside(draft, member, end):
            yield RecGroup([*members[:position], changed, *members[position + 1 :]])
    for fewer_or_moved in lists_beside(members):
        yield RecGroup(fewer_or_moved)


def subs_beside(draft: Draft, sub: SubType, size: int) -> Iterator[SubType]:
    """Give what differs in one attribute from a type, whose references lead below `size`."""
    yield replace(sub, final=not sub.final)
    if sub.supertype is not None:
        yield replace(sub, supertype=None)
    yield sub_type(sub.composite, draft.source.below(size), sub.final)
    for composite in composites_beside(draft, sub.composite, size):
        yield replace(sub, composite=composite)


def composites_beside(draft: Draft, composite: CompositeType, size: int) -> Iterator[CompositeType]:
    """Give what differs in one attribute from a composite type."""
    match composite:
        case FuncType(params, results):
            for changed in values_beside(draft, params, size):
                yield FuncType(changed, results)
            for changed in values_beside(draft, results, size):
                yield FuncType(params, changed)
            if params:
                yield FuncType(params[:-1], (params[-1], *results))
        case StructType(fields):
            for number, field in enumerate(fields):
                for other in fields_beside(draft, field, size):
                    yield StructType((*fields[:number], other, *fields[number + 1 :]))
            for fewer_or_moved in lists_beside(fields):
                yield StructType(fewer_or_moved)
            if len(fields) == 1:
                yield ArrayType(fields[0])
        case ArrayType(element):
            yield from (ArrayType(other) for other in fields_beside(draft, element, size))
            yield StructType([element])
        case ContType(func):
            yield ContType(ModuleTypeIndex(draft.source.below(size)))
            yield StructType([FieldType(RefType(func, False))])


def values_beside(
    draft: Draft, values: tuple[ValueType, ...], size: int
) -> Iterator[Sequence[ValueType]]:
    """Give what differs in one attribute from a list of value types."""
    for number, value in enumerate(values):
        for other in storages_beside(draft, value, size):
            if not isinstance(other, PackedType):
                yield (*values[:number], other, *values[number + 1 :])
    yield from lists_beside(values)


def lists_beside(items: tuple[_Item, ...]) -> Iterator[tuple[_Item, ...]]:
    """Give a list without each item, and with each and the next the other way round."""
    for number in range(len(items)):
        yield (*items[:number], *items[number + 1 :])
        if items[number : number + 2] != items[number : number + 2][::-1]:
            yield (*items[:number], items[number + 1], items[number], *items[number + 2 :])


def fields_beside(draft: Draft, field: FieldType, size: int) -> Iterator[FieldType]:
    """Give what differs in one attribute from a field type."""
    yield replace(field, mutable=not field.mutable)
    for storage in storages_beside(draft, field.storage, size):
        yield replace(field, storage=storage)


def storages_beside(draft: Draft, storage: StorageType, size: int) -> Iterator[StorageType]:
    """Give what differs in one attribute from a storage type."""
    match storage:
        case RefType(heap, nullable):
            yield RefType(heap, not nullable)
            yield RefType(draft.head(), nullable)
            yield RefType(ModuleTypeIndex(draft.source.below(size)), nullable)
        case PackedType():
            yield I16 if storage == I8 else I8
        case _:
            yield draft.number()
