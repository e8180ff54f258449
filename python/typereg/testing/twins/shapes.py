"""Twins that differ in the shape of a composite type: counts, order, mutability, packing, kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typereg.reference.types import (
    F32,
    I8,
    I16,
    I32,
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    RecGroup,
    StorageType,
    StructType,
    SubType,
    ValueType,
)
from typereg.testing.generate import Draft
from typereg.testing.source import Source

from .base import Twins, define, distinct, mutator, prefix, siblings, type_twins

LISTS: Final = ("param", "result", "field")
ENDS: Final = ("head", "middle", "tail")


def pair(
    draft: Draft, attribute: str, first: CompositeType, second: CompositeType, *, size: int
) -> Twins:
    """Pair two sections whose last group has a type of one or the other structure.

    The structures were drawn for a group that ends before the index `size`.
    """
    source = draft.source
    start = len(draft.types)
    many = size - start
    position = source.below(many)
    beside = siblings(draft, size, many - 1)
    final = not source.chance(40)

    def group(composite: CompositeType) -> RecGroup:
        target = SubType(composite, final=final)
        return RecGroup([*beside[:position], target, *beside[position:]])

    at = start + position
    return type_twins(
        attribute,
        draft.groups,
        [group(first)],
        [group(second)],
        (at, at),
        swap=source.chance(50),
    )


def _begin(source: Source) -> tuple[Draft, int]:
    draft = prefix(source)
    return draft, len(draft.types) + 1 + source.below(3)


def _listed(draft: Draft, size: int, which: str, values: Sequence[ValueType]) -> CompositeType:
    match which:
        case "param":
            return FuncType(values, [F32])
        case "result":
            return FuncType([F32], values)
    assert which == "field"
    return StructType(FieldType(each) for each in values)


def _count(source: Source, attribute: str) -> Twins:
    which, end = attribute.split("/")[1].split("-count-")
    draft, size = _begin(source)
    values = distinct(draft, 3 + source.below(2))
    at = {"head": 0, "middle": 1, "tail": len(values) - 1}[end]
    less = [*values[:at], *values[at + 1 :]]
    first, second = (_listed(draft, size, which, each) for each in (values, less))
    return pair(draft, attribute, first, second, size=size)


def _order(source: Source, attribute: str) -> Twins:
    which = attribute.split("/")[1].removesuffix("-order")
    draft, size = _begin(source)
    # Numbers and references are told apart even where references are compared without an order.
    values = distinct(draft, 2 + source.below(2), references=source.chance(50))
    i = source.below(len(values) - 1)
    swapped = [*values]
    swapped[i], swapped[i + 1] = values[i + 1], values[i]
    first, second = (_listed(draft, size, which, each) for each in (values, swapped))
    return pair(draft, attribute, first, second, size=size)


for _which in LISTS:
    _family = "struct" if _which == "field" else "func"
    for _end in ENDS:
        define(f"{_family}/{_which}-count-{_end}", _count)
    define(f"{_family}/{_which}-order", _order)


@mutator("func/boundary")
def _boundary(source: Source, attribute: str) -> Twins:
    draft, size = _begin(source)
    values = (*draft.values(size, 2), draft.value(size), *draft.values(size, 2))
    cut = source.below(len(values))
    first = FuncType(values[:cut], values[cut:])
    second = FuncType(values[: cut + 1], values[cut + 1 :])
    return pair(draft, attribute, first, second, size=size)


@mutator("struct/mutability")
def _field_mutability(source: Source, attribute: str) -> Twins:
    draft, size = _begin(source)
    fields = [*source.several(2, lambda: draft.field(size)), draft.field(size)]
    at = source.below(len(fields))
    flipped = [*fields]
    flipped[at] = FieldType(fields[at].storage, not fields[at].mutable)
    return pair(draft, attribute, StructType(fields), StructType(flipped), size=size)


@mutator("struct/packed")
def _field_packed(source: Source, attribute: str) -> Twins:
    draft, size = _begin(source)
    fields = [*source.several(2, lambda: draft.field(size)), draft.field(size)]
    at = source.below(len(fields))
    one, other = _two_widths(source)
    first, second = [*fields], [*fields]
    first[at], second[at] = FieldType(one, fields[at].mutable), FieldType(other, fields[at].mutable)
    return pair(draft, attribute, StructType(first), StructType(second), size=size)


@mutator("array/mutability")
def _element_mutability(source: Source, attribute: str) -> Twins:
    draft, size = _begin(source)
    storage = draft.field(size).storage
    return pair(
        draft,
        attribute,
        ArrayType(FieldType(storage)),
        ArrayType(FieldType(storage, True)),
        size=size,
    )


@mutator("array/packed")
def _element_packed(source: Source, attribute: str) -> Twins:
    draft, size = _begin(source)
    one, other = _two_widths(source)
    mutable = source.chance(50)
    return pair(
        draft,
        attribute,
        ArrayType(FieldType(one, mutable)),
        ArrayType(FieldType(other, mutable)),
        size=size,
    )


def _two_widths(source: Source) -> tuple[StorageType, StorageType]:
    widths: list[tuple[StorageType, StorageType]] = [(I8, I16), (I8, I32), (I16, I32)]
    return source.pick(widths)


def _kind(source: Source, attribute: str) -> Twins:
    kinds = attribute.split("/")[1].split("-or-")
    draft, size = _begin(source)
    value = draft.value(size)
    mutable = source.chance(50) and "func" not in kinds
    composites: dict[str, CompositeType] = {
        "struct": StructType([FieldType(value, mutable)]),
        "array": ArrayType(FieldType(value, mutable)),
        "func": FuncType([value], []),
    }
    return pair(draft, attribute, *(composites[each] for each in kinds), size=size)


for _pair in ("struct-or-array", "struct-or-func", "array-or-func"):
    define(f"kind/{_pair}", _kind)
