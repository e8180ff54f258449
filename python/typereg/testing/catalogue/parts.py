"""What pages are made of: values, the places where they can stand, and what is common to all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias, TypeVar

from typereg.reference.types import (
    ANY,
    EQ,
    EXN,
    EXTERN,
    F32,
    F64,
    FUNC,
    I8,
    I16,
    I32,
    V128,
    AbsHeapType,
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    ValueType,
)
from typereg.testing.generate import HEADS
from typereg.testing.programs import Operation, Program
from typereg.testing.source import Source
from typereg.testing.spec import HIERARCHIES, NUMBERS, Module, ref_type, section, sub_type

_Item = TypeVar("_Item")

Grown: TypeAlias = Callable[[int], RecGroup]
"""A group, given the index that its first type will have."""


NUMERIC: Final[tuple[ValueType, ...]] = (*NUMBERS, V128)


PACKED: Final[tuple[StorageType, ...]] = (I8, I16)


NULLABLE: Final = (True, False)


MUTABLE: Final = (False, True)


COMMON: Final = (
    SubType(StructType([FieldType(I32)]), final=False),
    sub_type(StructType([FieldType(I32)]), 0, False),
    SubType(StructType([FieldType(I32, True)])),
    SubType(ArrayType(FieldType(I8))),
    SubType(ArrayType(FieldType(I8, True))),
    SubType(FuncType([], [])),
    SubType(FuncType([I32], [])),
)
"""What the types of a page refer to, first of all a parent and its child; then come three that
read alike and are told apart by where they stand."""


TRIPLE: Final = RecGroup([SubType(StructType([]))] * 3)


OUTER: Final = len(COMMON) + len(TRIPLE.members)


KINDRED: Final[dict[AbsHeapType, tuple[int, ...]]] = {
    ANY: (0, 1, 3, 7, 8),
    FUNC: (5, 6),
    EXTERN: (),
    EXN: (),
}
"""Some of the types that all pages have in common, by the hierarchy that they stand in."""


SHAPES: Final[tuple[CompositeType, ...]] = (
    StructType([]),
    StructType([FieldType(I8)]),
    StructType([FieldType(I32, True), FieldType(RefType(ANY))]),
    ArrayType(FieldType(I8)),
    ArrayType(FieldType(I16, True)),
    ArrayType(FieldType(F32)),
    ArrayType(FieldType(RefType(EQ), True)),
    FuncType([], []),
    FuncType([I32], []),
    FuncType([RefType(FUNC)], [V128]),
)
"""A type of each kind, and of each sort of parts."""


def heads() -> Iterator[RefType]:
    """Give every reference to an abstract heap type."""
    return (RefType(head, nullable) for head in HEADS for nullable in NULLABLE)


def heads_of(top: AbsHeapType) -> Iterator[RefType]:
    """Give every reference to an abstract heap type of a hierarchy."""
    return (RefType(head, nullable) for head in HIERARCHIES[top] for nullable in NULLABLE)


def concrete(indices: Iterable[int]) -> Iterator[RefType]:
    """Give every reference to some defined types."""
    return (ref_type(index, nullable) for index in indices for nullable in NULLABLE)


def funcs(value: ValueType) -> Iterator[CompositeType]:
    """Put a value type wherever a function type has one: alone, first, between, last."""
    for values in ([value], [value, I32, F64], [I32, value, F64], [I32, F64, value]):
        yield FuncType(values, [F32])
        yield FuncType([F32], values)


def aggregates(value: StorageType) -> Iterator[CompositeType]:
    """Put a storage type wherever a struct or an array has one, to be read only or written."""
    for mutable in MUTABLE:
        item, other = FieldType(value, mutable), FieldType(I32)
        yield StructType([item])
        yield StructType([item, other, FieldType(F64)])
        yield StructType([other, item, FieldType(F64)])
        yield StructType([other, FieldType(F64), item])
        yield ArrayType(item)


def lineage(composites: Iterable[CompositeType]) -> list[SubType]:
    """Declare each as the subtype of the one before it."""
    return [sub_type(each, at - 1 if at else None, False) for at, each in enumerate(composites)]


def placed(subs: Sequence[SubType], in_one: bool) -> Module:
    """Make a section of types: all in one group, or each in its own."""
    return Module((RecGroup(subs),)) if in_one else section(*subs)


def everywhere(value: ValueType) -> list[CompositeType]:
    """Put a value type wherever a type has one."""
    return [*funcs(value), *aggregates(value)]


PLACES: Final = len(everywhere(I32))
"""How many places that is."""


def alone(composites: Iterable[CompositeType]) -> Iterator[Grown]:
    """Make a group of each."""
    return (constant(SubType(composite)) for composite in composites)


def constant(*members: SubType) -> Grown:
    """Make a group that does not refer to itself."""
    group = RecGroup(members)
    return lambda _: group


def laid_out(groups: Iterable[Grown]) -> Module:
    """Make a module of what all pages have in common and then the groups."""
    found = [*section(*COMMON).groups, TRIPLE]
    start = OUTER
    for grown in groups:
        group = grown(start)
        found.append(group)
        start += len(group.members)
    return Module(tuple(found))


class Script:
    """Operations under way, each by its number."""

    def __init__(self) -> None:
        """Begin without any."""
        self.operations: list[Operation] = []

    def add(self, operation: Operation) -> int:
        """Append an operation; give its number."""
        self.operations.append(operation)
        return len(self.operations) - 1

    def program(self) -> Program:
        """Make a program of them."""
        return Program.of(*self.operations)


def shuffled(source: Source, items: Iterable[_Item]) -> list[_Item]:
    """Put groups, or whatever it is, in an order that the source draws."""
    rest = list(items)
    for end in range(len(rest) - 1, 0, -1):
        at = source.below(end + 1)
        rest[at], rest[end] = rest[end], rest[at]
    return rest


def two(source: Source, items: Sequence[RefType]) -> tuple[RefType, RefType]:
    """Draw two different ones."""
    at = source.below(len(items))
    return items[at], items[(at + 1 + source.below(len(items) - 1)) % len(items)]
