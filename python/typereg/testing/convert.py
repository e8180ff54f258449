"""From plain data to the values of `typereg`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import typereg as tr

from .spec import (
    Array,
    Composite,
    Cont,
    Extern,
    Field,
    Func,
    FuncExtern,
    GlobalExtern,
    Group,
    MemoryExtern,
    Module,
    Ref,
    Struct,
    Sub,
    TableExtern,
    Value,
)

Index: TypeAlias = tr.ModuleTypeIndex | tr.RecIndex | tr.SharedTypeIndex
Name: TypeAlias = Callable[[int], Index]
"""What a type index of the plain data becomes."""

_NAMED: Final = {each.name: each for each in (tr.I32, tr.I64, tr.F32, tr.F64, tr.V128)}
_PACKED: Final = {each.name: each for each in (tr.I8, tr.I16)}
_HEADS: Final = {
    each.name: each
    for each in (
        *(tr.ANY, tr.EQ, tr.I31, tr.STRUCT, tr.ARRAY, tr.NONE, tr.FUNC, tr.NOFUNC),
        *(tr.EXTERN, tr.NOEXTERN, tr.EXN, tr.NOEXN, tr.CONT, tr.NOCONT),
    )
}


def ref_type(type_: Ref, name: Name = tr.ModuleTypeIndex) -> tr.RefType:
    """Convert a reference type."""
    heap = name(type_.heap) if isinstance(type_.heap, int) else _HEADS[type_.heap]
    return tr.RefType(heap, type_.nullable)


def value_type(
    type_: Value, name: Name = tr.ModuleTypeIndex
) -> tr.NumType | tr.VecType | tr.RefType:
    """Convert a value type."""
    return ref_type(type_, name) if isinstance(type_, Ref) else _NAMED[type_]


def field_type(type_: Field, name: Name = tr.ModuleTypeIndex) -> tr.FieldType:
    """Convert a field type."""
    storage = type_.storage
    packed = _PACKED.get(storage) if isinstance(storage, str) else None
    return tr.FieldType(packed or value_type(storage, name), type_.mutable)


def func_type(type_: Func, name: Name = tr.ModuleTypeIndex) -> tr.FuncType:
    """Convert a function type."""
    return tr.FuncType(
        [value_type(each, name) for each in type_.params],
        [value_type(each, name) for each in type_.results],
    )


def composite(
    type_: Composite, name: Name = tr.ModuleTypeIndex
) -> tr.FuncType | tr.StructType | tr.ArrayType | tr.ContType:
    """Convert a composite type."""
    match type_:
        case Func():
            return func_type(type_, name)
        case Struct(fields):
            return tr.StructType([field_type(each, name) for each in fields])
        case Array(element):
            return tr.ArrayType(field_type(element, name))
        case Cont(target):
            return tr.ContType(name(target))


def sub_type(type_: Sub, name: Name = tr.ModuleTypeIndex) -> tr.SubType:
    """Convert a type definition; of several supertypes there is no such value: `ValueError`."""
    if len(type_.supertypes) > 1:
        raise ValueError(f"{len(type_.supertypes)} supertypes: a SubType has at most one")
    supertype = name(type_.supertypes[0]) if type_.supertypes else None
    return tr.SubType(composite(type_.composite, name), supertype=supertype, final=type_.final)


def rec_group(type_: Group, start: int, outer: Name = tr.ModuleTypeIndex) -> tr.RecGroup:
    """Convert a group whose first member has the index `start`."""
    end = start + len(type_.members)

    def name(index: int) -> Index:
        return tr.RecIndex(index - start) if start <= index < end else outer(index)

    return tr.RecGroup([sub_type(each, name) for each in type_.members])


def extern_type(
    module: Module, type_: Extern
) -> tr.FuncType | tr.TableType | tr.MemoryType | tr.GlobalType | tr.TagType:
    """Convert an extern type in terms of its module; functions and tags by signature."""
    match type_:
        case TableExtern(element, limits):
            return tr.TableType(
                ref_type(element), limits.minimum, limits.maximum, address64=limits.address64
            )
        case MemoryExtern(limits):
            return tr.MemoryType(
                limits.minimum,
                limits.maximum,
                address64=limits.address64,
                shared=limits.shared,
                page_size=65536 if limits.page_log2 is None else 1 << limits.page_log2,
            )
        case GlobalExtern(content, mutable):
            return tr.GlobalType(value_type(content), mutable)
    signature = module.types[type_.type].composite
    if not isinstance(signature, Func):
        raise ValueError(f"type {type_.type} is not a function type")
    func = func_type(signature)
    return func if isinstance(type_, FuncExtern) else tr.TagType(func)
