"""The canonical form of a group, by which it is found in the registry's set (S2, S4, G1)."""

from __future__ import annotations

from typing import TypeAlias

from typereg.reference.errors import NotCanonicalError
from typereg.reference.types import (
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    FieldType,
    FuncType,
    HeapType,
    RecGroup,
    RecIndex,
    RefType,
    SharedTypeIndex,
    StorageType,
    StructType,
    SubType,
    TypeUse,
    ValueType,
)

Key: TypeAlias = tuple[object, ...]
"""Tuples of strings, numbers and booleans: equal exactly where all attributes are."""


class CanonicalKey:
    """The key of a group: one method for each part, and in each every attribute of that part.

    Two groups of one engine are equal exactly when their keys are. A registry with the fault of
    one attribute left out of equality is a subclass with one method.
    """

    def group(self, group: RecGroup) -> Key:
        """A group: its members in order, and so their number."""
        return tuple(map(self.member, group.members))

    def member(self, member: SubType) -> Key:
        """A member: finality, supertype, structure."""
        return (
            self.finality(member),
            self.supertype(member),
            self.composite(member.composite),
        )

    def finality(self, member: SubType) -> object:
        """Whether a member is final."""
        return member.final

    def supertype(self, member: SubType) -> object:
        """The declared supertype, if there is one."""
        return None if member.supertype is None else self.use(member.supertype)

    def composite(self, composite: CompositeType) -> Key:
        """A composite type: its kind and its parts."""
        match composite:
            case FuncType():
                return ("func", *self.func(composite))
            case StructType():
                return ("struct", *self.struct(composite))
            case ArrayType():
                return ("array", *self.array(composite))
            case ContType():
                return ("cont", *self.cont(composite))

    def func(self, func: FuncType) -> Key:
        """A function type: parameters, results, and where the ones end."""
        return tuple(map(self.value, func.params)), tuple(map(self.value, func.results))

    def struct(self, struct: StructType) -> Key:
        """A structure type: its fields in order."""
        return tuple(map(self.field, struct.fields))

    def array(self, array: ArrayType) -> Key:
        """An array type: its element."""
        return (self.field(array.field),)

    def cont(self, cont: ContType) -> Key:
        """A continuation type: its function type."""
        return (self.use(cont.func),)

    def field(self, field: FieldType) -> Key:
        """A field: mutability and storage type."""
        return self.mutability(field), self.storage(field.storage)

    def mutability(self, field: FieldType) -> object:
        """Whether a field can be written."""
        return field.mutable

    def storage(self, storage: StorageType) -> object:
        """A storage type: a packed type's name, or a value type."""
        return self.ref(storage) if isinstance(storage, RefType) else storage.name

    def value(self, value: ValueType) -> object:
        """A value type: a number's or vector's name, or a reference type."""
        return self.storage(value)

    def ref(self, ref: RefType) -> object:
        """A reference type: nullability and heap type."""
        return self.nullability(ref), self.heap(ref.heap)

    def nullability(self, ref: RefType) -> object:
        """Whether null is a value."""
        return ref.nullable

    def heap(self, heap: HeapType) -> object:
        """A heap type: an abstract one's name, or a type use."""
        return self.abstract(heap) if isinstance(heap, AbsHeapType) else self.use(heap)

    def abstract(self, heap: AbsHeapType) -> object:
        """An abstract heap type's name."""
        return heap.name

    def use(self, use: TypeUse) -> object:
        """A type use: the own group's member by position, any other type by its identity."""
        if isinstance(use, RecIndex):
            return self.own(use)
        if not isinstance(use, SharedTypeIndex):
            raise NotCanonicalError(f"{use} means nothing in a registered type")
        return self.outer(use)

    def own(self, use: RecIndex) -> object:
        """A member of the own group. It is never the same as a type outside (G1)."""
        return "own", use.n

    def outer(self, use: SharedTypeIndex) -> object:
        """A type of another group: its slot, which is its own while the reference counts."""
        return "outer", use.bits
