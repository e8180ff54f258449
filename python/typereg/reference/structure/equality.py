"""Equality of types: syntactic equality of closed, rolled-up types ("Matching", "Defined Types").

The specification needs no relation of equivalence: rolled up, two types with the same recursive
structure are the same syntax. What makes this more than ``==`` is size. Written out, a DAG of
defined types is exponential in its depth, so pairs of groups are compared once; a chain of them is
as deep as the module is long, so they are compared from a list of pairs and not by recursion. A
pair that is being compared counts as equal: if it is not, its own comparison says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from typereg.reference.types import (
    COMPOSITE_TYPES,
    EXTERN_TYPES,
    HEAP_TYPES,
    STORAGE_TYPES,
    TYPE_USES,
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    DefType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    HeapType,
    Matchable,
    MemoryType,
    NumType,
    PackedType,
    RecGroup,
    RecIndex,
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

Comparable: TypeAlias = Matchable | PackedType | CompositeType | SubType | RecGroup
"""What can be compared: any closed type, with one of its own sort."""


class Equality:
    """Equality of closed types, with memory of the pairs of groups that were compared.

    One method for each sort of type; a method says whether two types are the same as far as it
    sees, and leaves pairs of groups that this depends on in `pending`. `holds` is the question
    with everything that follows from it. Memory grows with the pairs of groups asked about and is
    held by this object.
    """

    def __init__(self) -> None:
        """Begin without memory."""
        self.pending: list[tuple[RecGroup, RecGroup]] = []
        self.equal_groups: dict[tuple[int, int], tuple[RecGroup, RecGroup]] = {}
        """Pairs found equal, by object; the groups are kept so that no other can have their ids."""
        self.unequal_groups: dict[tuple[int, int], tuple[RecGroup, RecGroup]] = {}

    def holds(self, a: Comparable, b: Comparable) -> bool:
        """Whether two closed types are the same. Types of different sorts are not."""
        if not self.same(a, b):
            self.pending.clear()
            return False
        asked = self.pending[0] if len(self.pending) == 1 else None
        assumed: list[tuple[int, int]] = []
        differing = None
        while self.pending and differing is None:
            pair = self.pending.pop()
            key = (id(pair[0]), id(pair[1]))
            if pair[0] is pair[1] or key in self.equal_groups:
                continue
            if key in self.unequal_groups or not self.group(*pair):
                differing = pair
            else:
                self.equal_groups[key] = pair
                assumed.append(key)
        if differing is None:
            return True
        self.pending.clear()
        for key in assumed:
            del self.equal_groups[key]
        for unequal in (differing, asked):  # all that was compared followed from `asked`
            if unequal is not None:
                self.unequal_groups[id(unequal[0]), id(unequal[1])] = unequal
        return False

    def same(self, a: Comparable, b: Comparable) -> bool:
        """The rule for the sort of two types."""
        if isinstance(a, HEAP_TYPES) and isinstance(b, HEAP_TYPES):
            return self.heap(a, b)
        if isinstance(a, STORAGE_TYPES) and isinstance(b, STORAGE_TYPES):
            return self.storage(a, b)
        if isinstance(a, FieldType) and isinstance(b, FieldType):
            return self.field(a, b)
        if isinstance(a, COMPOSITE_TYPES) and isinstance(b, COMPOSITE_TYPES):
            return self.composite(a, b)
        if isinstance(a, SubType) and isinstance(b, SubType):
            return self.sub(a, b)
        if isinstance(a, RecGroup) and isinstance(b, RecGroup):
            return self.group(a, b)
        if isinstance(a, EXTERN_TYPES) and isinstance(b, EXTERN_TYPES):
            return self.extern(a, b)
        return False

    # Value types.

    def num(self, a: NumType, b: NumType) -> bool:
        """Number types: the same letter."""
        return a.name == b.name

    def vec(self, a: VecType, b: VecType) -> bool:
        """Vector types: the same letter."""
        return a.name == b.name

    def packed(self, a: PackedType, b: PackedType) -> bool:
        """Packed types: the same letter."""
        return a.name == b.name

    def abstract(self, a: AbsHeapType, b: AbsHeapType) -> bool:
        """Abstract heap types: the same letter."""
        return a.name == b.name

    def use(self, a: TypeUse, b: TypeUse) -> bool:
        """Type uses: the same recursive type index, or the same position of equal groups.

        A recursive type index is never the same as a defined type: one is bound by the group
        around it, the other is closed.
        """
        match a, b:
            case RecIndex(i), RecIndex(j):
                return i == j
            case DefType(g, i), DefType(h, j):
                if i != j:
                    return False
                if g is not h:
                    self.pending.append((g, h))
                return True
        return a == b

    def heap(self, a: HeapType, b: HeapType) -> bool:
        """Heap types: both abstract and the same, or both concrete and the same."""
        if isinstance(a, AbsHeapType):
            return isinstance(b, AbsHeapType) and self.abstract(a, b)
        return not isinstance(b, AbsHeapType) and self.use(a, b)

    def nullability(self, a: RefType, b: RefType) -> bool:
        """Whether null is in both or in neither."""
        return a.nullable == b.nullable

    def ref(self, a: RefType, b: RefType) -> bool:
        """Reference types: the same nullability and heap type."""
        return self.nullability(a, b) and self.heap(a.heap, b.heap)

    def storage(self, a: StorageType, b: StorageType) -> bool:
        """Value types and packed types: of one kind, and the same there."""
        match a, b:
            case NumType(), NumType():
                return self.num(a, b)
            case VecType(), VecType():
                return self.vec(a, b)
            case PackedType(), PackedType():
                return self.packed(a, b)
            case RefType(), RefType():
                return self.ref(a, b)
        return False

    def values(self, a: Sequence[ValueType], b: Sequence[ValueType]) -> bool:
        """Result types: as many, and the same in order."""
        return len(a) == len(b) and all(map(self.storage, a, b))

    # Composite types.

    def mutability(self, a: FieldType | GlobalType, b: FieldType | GlobalType) -> bool:
        """Whether both can be written or neither."""
        return a.mutable == b.mutable

    def field(self, a: FieldType, b: FieldType) -> bool:
        """Field types: the same mutability and storage type."""
        return self.mutability(a, b) and self.storage(a.storage, b.storage)

    def func(self, a: FuncType, b: FuncType) -> bool:
        """Function types: the same parameters and the same results."""
        return self.values(a.params, b.params) and self.values(a.results, b.results)

    def struct(self, a: StructType, b: StructType) -> bool:
        """Structure types: as many fields, and the same in order."""
        return len(a.fields) == len(b.fields) and all(map(self.field, a.fields, b.fields))

    def array(self, a: ArrayType, b: ArrayType) -> bool:
        """Array types: the same element."""
        return self.field(a.field, b.field)

    def cont(self, a: ContType, b: ContType) -> bool:
        """Continuation types: the same function type."""
        return self.use(a.func, b.func)

    def composite(self, a: CompositeType, b: CompositeType) -> bool:
        """Composite types: of one kind, and the same there."""
        match a, b:
            case FuncType(), FuncType():
                return self.func(a, b)
            case StructType(), StructType():
                return self.struct(a, b)
            case ArrayType(), ArrayType():
                return self.array(a, b)
            case ContType(), ContType():
                return self.cont(a, b)
        return False

    # Recursive types.

    def finality(self, a: SubType, b: SubType) -> bool:
        """Whether both are final or neither."""
        return a.final == b.final

    def supertype(self, a: SubType, b: SubType) -> bool:
        """Both without supertype, or with the same."""
        if a.supertype is None or b.supertype is None:
            return a.supertype is b.supertype
        return self.use(a.supertype, b.supertype)

    def sub(self, a: SubType, b: SubType) -> bool:
        """Sub types: the same finality, supertype and composite type."""
        return (
            self.finality(a, b)
            and self.supertype(a, b)
            and self.composite(a.composite, b.composite)
        )

    def group(self, a: RecGroup, b: RecGroup) -> bool:
        """Recursive types: as many members, and the same in order."""
        return len(a.members) == len(b.members) and all(map(self.sub, a.members, b.members))

    # External types.

    def extern(self, a: ExternType, b: ExternType) -> bool:
        """External types: of one kind, and the same there."""
        match a, b:
            case TagType(), TagType():
                return self.tag(a, b)
            case GlobalType(), GlobalType():
                return self.global_(a, b)
            case MemoryType(), MemoryType():
                return self.memory(a, b)
            case TableType(), TableType():
                return self.table(a, b)
        functions = (FuncType, *TYPE_USES)
        if isinstance(a, functions) and isinstance(b, functions):
            return self.use(as_defined(a), as_defined(b))
        return False

    def tag(self, a: TagType, b: TagType) -> bool:
        """Tag types: the same function type."""
        return self.use(as_defined(a.func), as_defined(b.func))

    def global_(self, a: GlobalType, b: GlobalType) -> bool:
        """Global types: the same mutability and content."""
        return self.mutability(a, b) and self.storage(a.content, b.content)

    def memory(self, a: MemoryType, b: MemoryType) -> bool:
        """Memory types: the same in everything."""
        return a == b

    def table(self, a: TableType, b: TableType) -> bool:
        """Table types: the same limits, address type and element."""
        return (
            (a.minimum, a.maximum, a.address64) == (b.minimum, b.maximum, b.address64)
            and self.ref(a.element, b.element)
        )  # fmt: skip


def as_defined(func: FuncType | TypeUse) -> TypeUse:
    """A function's type as a type use: a bare one is a final type without supertype (G5)."""
    return DefType(RecGroup([SubType(func)]), 0) if isinstance(func, FuncType) else func
