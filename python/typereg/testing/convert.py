"""From plain data to the values of `typereg`, or of its reference: their classes have one shape."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, TypeAlias

import typereg
from typereg import reference

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

Name: TypeAlias = Callable[[int], Any]
"""What a type index of the plain data becomes."""


class Converter:
    """Builds the values of one of the two packages."""

    def __init__(self, package: ModuleType) -> None:
        """Name the package whose classes to use."""
        self.of = package
        self.module_index: Name = package.ModuleTypeIndex

    def heap(self, head: str | int, name: Name | None = None) -> Any:
        """Convert a heap type."""
        if isinstance(head, int):
            return (name or self.module_index)(head)
        return getattr(self.of, head.upper())

    def value(self, type_: Value, name: Name | None = None) -> Any:
        """Convert a value or storage type."""
        if isinstance(type_, Ref):
            return self.of.RefType(self.heap(type_.heap, name), type_.nullable)
        return getattr(self.of, type_.upper())

    def field(self, type_: Field, name: Name | None = None) -> Any:
        """Convert a field type."""
        return self.of.FieldType(self.value(type_.storage, name), type_.mutable)

    def func(self, type_: Func, name: Name | None = None) -> Any:
        """Convert a function type."""
        return self.of.FuncType(
            [self.value(each, name) for each in type_.params],
            [self.value(each, name) for each in type_.results],
        )

    def composite(self, type_: Composite, name: Name | None = None) -> Any:
        """Convert a composite type."""
        match type_:
            case Func():
                return self.func(type_, name)
            case Struct(fields):
                return self.of.StructType([self.field(each, name) for each in fields])
            case Array(element):
                return self.of.ArrayType(self.field(element, name))
            case Cont(target):
                return self.of.ContType((name or self.module_index)(target))

    def sub(self, type_: Sub, name: Name | None = None) -> Any:
        """Convert a type definition; several supertypes cannot be said there: `ValueError`."""
        if len(type_.supertypes) > 1:
            raise ValueError(f"{len(type_.supertypes)} supertypes: a SubType has at most one")
        above = [(name or self.module_index)(each) for each in type_.supertypes]
        return self.of.SubType(
            self.composite(type_.composite, name),
            supertype=above[0] if above else None,
            final=type_.final,
        )

    def group(self, type_: Group, start: int, outer: Name | None = None) -> Any:
        """Convert a group whose first member has the index `start`."""
        end = start + len(type_.members)

        def name(index: int) -> Any:
            if start <= index < end:
                return self.of.RecIndex(index - start)
            return (outer or self.module_index)(index)

        return self.of.RecGroup([self.sub(each, name) for each in type_.members])

    def extern(self, module: Module, type_: Extern, name: Name | None = None) -> Any:
        """Convert an extern type in terms of its module; functions and tags by signature."""
        match type_:
            case TableExtern(element, limits):
                return self.of.TableType(
                    self.value(element, name),
                    limits.minimum,
                    limits.maximum,
                    address64=limits.address64,
                )
            case MemoryExtern(limits):
                return self.of.MemoryType(
                    limits.minimum,
                    limits.maximum,
                    address64=limits.address64,
                    shared=limits.shared,
                    page_size=65536 if limits.page_log2 is None else 1 << limits.page_log2,
                )
            case GlobalExtern(content, mutable):
                return self.of.GlobalType(self.value(content, name), mutable)
        signature = module.types[type_.type].composite
        if not isinstance(signature, Func):
            raise ValueError(f"type {type_.type} is not a function type")
        func = self.func(signature, name)
        return func if isinstance(type_, FuncExtern) else self.of.TagType(func)


TYPEREG: Final = Converter(typereg)
REFERENCE: Final = Converter(reference)
