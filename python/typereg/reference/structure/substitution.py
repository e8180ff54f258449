"""Replacing the type uses in a type: "Conventions" under "Defined Types", chapter "Validation"."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from typereg.reference.types import (
    TYPE_USES,
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    HeapType,
    Matchable,
    MemoryType,
    NumType,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    TableType,
    TagType,
    TypeUse,
    ValueType,
    VecType,
)


class Substitution:
    """The parallel substitution of type uses, ``t[x* := dt*]``.

    It goes through one type and its parts, never into the group behind a `DefType`: those are
    closed already, so there is nothing in them to replace.
    """

    def __init__(self, replace: Callable[[TypeUse], TypeUse]) -> None:
        """Say what takes the place of each type use."""
        self.use = replace
        """What takes the place of a type use."""

    def heap(self, heap: HeapType) -> HeapType:
        """Of a heap type: type uses are replaced, abstract ones stand."""
        return self.use(heap) if isinstance(heap, TYPE_USES) else heap

    def ref(self, ref: RefType) -> RefType:
        """Of a reference type: in its heap type."""
        heap = self.heap(ref.heap)
        return ref if heap is ref.heap else RefType(heap, ref.nullable)

    def value(self, value: ValueType) -> ValueType:
        """Of a value type: in reference types."""
        return self.ref(value) if isinstance(value, RefType) else value

    def storage(self, storage: StorageType) -> StorageType:
        """Of a storage type: in reference types."""
        return self.ref(storage) if isinstance(storage, RefType) else storage

    def field(self, field: FieldType) -> FieldType:
        """Of a field type: in its storage type."""
        storage = self.storage(field.storage)
        return field if storage is field.storage else FieldType(storage, field.mutable)

    def func(self, func: FuncType) -> FuncType:
        """Of a function type: in parameters and results."""
        return FuncType(map(self.value, func.params), map(self.value, func.results))

    def composite(self, composite: CompositeType) -> CompositeType:
        """Of a composite type: in all its parts."""
        match composite:
            case FuncType():
                return self.func(composite)
            case StructType(fields):
                return StructType(map(self.field, fields))
            case ArrayType(field):
                return ArrayType(self.field(field))
            case ContType(func):
                return ContType(self.use(func))

    def sub(self, sub: SubType) -> SubType:
        """Of a sub type: in its supertype and its composite type."""
        return SubType(
            self.composite(sub.composite),
            supertype=None if sub.supertype is None else self.use(sub.supertype),
            final=sub.final,
        )

    def group(self, group: RecGroup) -> RecGroup:
        """Of a recursive type: in its members."""
        return RecGroup(map(self.sub, group.members))

    def extern(self, extern: ExternType) -> ExternType:
        """Of an external type: in whatever it refers to."""
        match extern:
            case FuncType():
                return self.func(extern)
            case TagType(func):
                return TagType(self.func(func) if isinstance(func, FuncType) else self.use(func))
            case GlobalType(content, mutable):
                return GlobalType(self.value(content), mutable)
            case MemoryType():
                return extern
            case TableType():
                return TableType(
                    self.ref(extern.element),
                    extern.minimum,
                    extern.maximum,
                    address64=extern.address64,
                )
            case _:
                return self.use(extern)

    def any(self, what: Matchable) -> Matchable:
        """Of whatever can be asked about, by its sort."""
        match what:
            case FieldType():
                return self.field(what)
            case RefType():
                return self.ref(what)
            case AbsHeapType() | NumType() | VecType():
                return what
            case _:
                return self.extern(what)


def uses_of_composite(composite: CompositeType) -> Iterator[TypeUse]:
    """The type uses in a composite type, as written: fields, or parameters and then results."""
    match composite:
        case FuncType(params, results):
            parts: tuple[StorageType, ...] = params + results
        case StructType(fields):
            parts = tuple(field.storage for field in fields)
        case ArrayType(field):
            parts = (field.storage,)
        case ContType(func):
            yield func
            return
    for part in parts:
        if isinstance(part, RefType) and isinstance(part.heap, TYPE_USES):
            yield part.heap


def uses_of_sub(sub: SubType) -> Iterator[TypeUse]:
    """The type uses in a sub type in the order of K5: supertype first, then the composite's."""
    if sub.supertype is not None:
        yield sub.supertype
    yield from uses_of_composite(sub.composite)


def uses_of_group(group: RecGroup) -> Iterator[TypeUse]:
    """The type uses in a group in the order of K5: by member."""
    for member in group.members:
        yield from uses_of_sub(member)
