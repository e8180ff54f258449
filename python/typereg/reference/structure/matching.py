"""Matching, the specification's subtyping: the section "Matching" rule by rule, in its order.

All types are closed. Between defined types only declared subtyping counts (G5); composite types
are matched by structure where validity asks for it, and there only. No rule goes deeper than the
type at hand: what lies behind a defined type is `Equality`'s, or a walk up its chain of supertypes.
"""

from __future__ import annotations

from collections.abc import Sequence

from typereg.reference.types import (
    ANY,
    ARRAY,
    CONT,
    EQ,
    EXN,
    EXTERN,
    EXTERN_TYPES,
    FUNC,
    HEAP_TYPES,
    I31,
    NOCONT,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    VALUE_TYPES,
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
    RefType,
    StorageType,
    StructType,
    TableType,
    TagType,
    TypeUse,
    ValueType,
    VecType,
)

from .equality import Equality, as_defined
from .rolling import as_closed, declared_supertype

ABOVE = {EQ: ANY, I31: EQ, STRUCT: EQ, ARRAY: EQ}
"""The rules of one abstract heap type below another: ``eq <: any``, ``i31 <: eq``, …"""

BELOW_ALL = {NONE: ANY, NOFUNC: FUNC, NOEXN: EXN, NOEXTERN: EXTERN, NOCONT: CONT}
"""The bottom of each hierarchy, and its top: ``none`` matches what matches ``any``, …"""


def sort(what: Matchable) -> str:
    """What sort of type it is: only those of one sort can match."""
    if isinstance(what, HEAP_TYPES):
        return "heap type"
    if isinstance(what, VALUE_TYPES):
        return "value type"
    return "field type" if isinstance(what, FieldType) else "external type"


class Matching:
    """``a <: b`` for each sort of type, one method each.

    Holds the memory of an `Equality`, so that many questions about the same types are cheap.
    """

    def __init__(self, equality: Equality | None = None) -> None:
        """Begin with the memory of an `Equality`, or with none."""
        self.equality: Equality = Equality() if equality is None else equality

    def holds(self, a: Matchable, b: Matchable) -> bool:
        """Whether one closed type matches another. Types of different sorts do not."""
        if isinstance(a, HEAP_TYPES) and isinstance(b, HEAP_TYPES):
            return self.heap(a, b)
        if isinstance(a, VALUE_TYPES) and isinstance(b, VALUE_TYPES):
            return self.value(a, b)
        if isinstance(a, FieldType) and isinstance(b, FieldType):
            return self.field(a, b)
        if isinstance(a, EXTERN_TYPES) and isinstance(b, EXTERN_TYPES):
            return self.extern(a, b)
        return False

    # Number Types, Vector Types.

    def num(self, a: NumType, b: NumType) -> bool:
        """A number type matches itself only (``S-num``)."""
        return self.equality.num(a, b)

    def vec(self, a: VecType, b: VecType) -> bool:
        """A vector type matches itself only (``S-vec``)."""
        return self.equality.vec(a, b)

    # Heap Types.

    def heap(self, a: HeapType, b: HeapType) -> bool:
        """Heap types (``S-heap``): the reflexive and transitive closure of the rules below."""
        if isinstance(a, AbsHeapType) and a in BELOW_ALL:
            return a == b or self.bottom(BELOW_ALL[a], b)
        if isinstance(b, AbsHeapType):
            return self.abstract(a if isinstance(a, AbsHeapType) else self.head(a), b)
        above = as_closed(b)
        return not isinstance(a, AbsHeapType) and self.def_type(as_closed(a), above)

    def abstract(self, a: AbsHeapType, b: AbsHeapType) -> bool:
        """Abstract heap types that are no bottom: up from one to the other."""
        above: AbsHeapType | None = a
        while above is not None and above != b:
            above = ABOVE.get(above)
        return above is not None

    def bottom(self, top: AbsHeapType, b: HeapType) -> bool:
        """``none <: b`` where ``b <: any``, ``nofunc <: b`` where ``b <: func``, and so on."""
        return self.heap(b, top)

    def head(self, use: TypeUse) -> AbsHeapType:
        """The abstract heap type right above a defined type: that of its expansion's kind."""
        defined = as_closed(use)
        match defined.group.members[defined.position].composite:
            case StructType():
                return STRUCT
            case ArrayType():
                return ARRAY
            case FuncType():
                return FUNC
            case ContType():
                return CONT

    # Reference Types, Value Types, Result Types.

    def nullability(self, a: RefType, b: RefType) -> bool:
        """``(ref null a)`` does not match ``(ref b)``; all else does, as far as null goes."""
        return b.nullable or not a.nullable

    def ref(self, a: RefType, b: RefType) -> bool:
        """Reference types (``S-ref``): nullability, and their heap types match."""
        return self.nullability(a, b) and self.heap(a.heap, b.heap)

    def value(self, a: ValueType, b: ValueType) -> bool:
        """Value types (``S-val``): both numbers, vectors or references, and matching as such."""
        match a, b:
            case NumType(), NumType():
                return self.num(a, b)
            case VecType(), VecType():
                return self.vec(a, b)
            case RefType(), RefType():
                return self.ref(a, b)
        return False

    def result(self, a: Sequence[ValueType], b: Sequence[ValueType]) -> bool:
        """Result types (``S-result``): as many, and matching in order."""
        return len(a) == len(b) and all(map(self.value, a, b))

    # Composite Types, Field Types: for validity only.

    def composite(self, a: CompositeType, b: CompositeType) -> bool:
        """Composite types (``S-comp``): of one kind, and matching as such."""
        match a, b:
            case StructType(), StructType():
                return self.struct(a, b)
            case ArrayType(), ArrayType():
                return self.array(a, b)
            case FuncType(), FuncType():
                return self.func(a, b)
            case ContType(), ContType():
                return self.cont(a, b)
        return False

    def struct(self, a: StructType, b: StructType) -> bool:
        """A structure type may have more fields; those of both match in order (``S-comp``)."""
        return len(a.fields) >= len(b.fields) and all(map(self.field, a.fields, b.fields))

    def array(self, a: ArrayType, b: ArrayType) -> bool:
        """Array types match where their elements do (``S-comp``)."""
        return self.field(a.field, b.field)

    def func(self, a: FuncType, b: FuncType) -> bool:
        """Function types: results match, parameters the other way round (``S-comp``)."""
        return self.result(b.params, a.params) and self.result(a.results, b.results)

    def cont(self, a: ContType, b: ContType) -> bool:
        """Continuation types match where their function types do (stack switching)."""
        return self.heap(a.func, b.func)

    def field(self, a: FieldType, b: FieldType) -> bool:
        """Field types (``S-field``): both constant and covariant, or both mutable and invariant."""
        if a.mutable != b.mutable:
            return False
        return self.var_field(a, b) if a.mutable else self.const_field(a, b)

    def const_field(self, a: FieldType, b: FieldType) -> bool:
        """Constant fields match where their storage types do."""
        return self.storage(a.storage, b.storage)

    def var_field(self, a: FieldType, b: FieldType) -> bool:
        """Mutable fields match where their storage types match both ways."""
        return self.storage(a.storage, b.storage) and self.storage(b.storage, a.storage)

    def storage(self, a: StorageType, b: StorageType) -> bool:
        """Storage types (``S-storage``): both value types or both packed, matching as such."""
        if isinstance(a, PackedType) or isinstance(b, PackedType):
            return isinstance(a, PackedType) and isinstance(b, PackedType) and self.packed(a, b)
        return self.value(a, b)

    def packed(self, a: PackedType, b: PackedType) -> bool:
        """A packed type matches itself only (``S-pack``)."""
        return self.equality.packed(a, b)

    # Defined Types.

    def def_type(self, a: DefType, b: DefType) -> bool:
        """Defined types (``S-def``): equal, or a's declared supertype matches b."""
        above: DefType | None = a
        while above is not None:
            if self.same(above, b):
                return True
            above = self.supertype(above)
        return False

    def same(self, a: DefType, b: DefType) -> bool:
        """Equality of defined types, the premise of the first rule."""
        return self.equality.holds(a, b)

    def supertype(self, a: DefType) -> DefType | None:
        """The declared supertype, the premise of the second rule."""
        return declared_supertype(a)

    # Limits.

    def limits(
        self, a_minimum: int, a_maximum: int | None, b_minimum: int, b_maximum: int | None
    ) -> bool:
        """Limits match those that they lie within (``S-limits``)."""
        return a_minimum >= b_minimum and (
            b_maximum is None or (a_maximum is not None and a_maximum <= b_maximum)
        )

    # Tag Types, Global Types, Memory Types, Table Types.

    def tag(self, a: TagType, b: TagType) -> bool:
        """Tag types (``S-tag``): their defined types match both ways, so they are equal."""
        return self.use(as_defined(a.func), as_defined(b.func)) and self.use(
            as_defined(b.func), as_defined(a.func)
        )

    def use(self, a: TypeUse, b: TypeUse) -> bool:
        """Type uses that are closed: defined types."""
        return self.def_type(as_closed(a), as_closed(b))

    def global_(self, a: GlobalType, b: GlobalType) -> bool:
        """Global types (``S-global``): covariant where constant, invariant where mutable."""
        if a.mutable != b.mutable:
            return False
        matches = self.value(a.content, b.content)
        return matches and (not a.mutable or self.value(b.content, a.content))

    def memory(self, a: MemoryType, b: MemoryType) -> bool:
        """Memory types (``S-mem``): the same address type, and limits that match.

        Shared memories (threads) and page sizes (custom page sizes) must agree as well.
        """
        return (
            a.address64 == b.address64
            and a.shared == b.shared
            and a.page_size == b.page_size
            and self.limits(a.minimum, a.maximum, b.minimum, b.maximum)
        )

    def table(self, a: TableType, b: TableType) -> bool:
        """Table types (``S-table``): the same address type, limits, elements both ways."""
        return (
            a.address64 == b.address64
            and self.limits(a.minimum, a.maximum, b.minimum, b.maximum)
            and self.ref(a.element, b.element)
            and self.ref(b.element, a.element)
        )

    # External Types.

    def extern(self, a: ExternType, b: ExternType) -> bool:
        """External types (``S-extern``): of one kind, and matching as such.

        A function's type is a defined type, so declared subtyping counts; a bare one is a final
        type without supertype, which only an equal one matches (G5).
        """
        match a, b:
            case TagType(), TagType():
                return self.tag(a, b)
            case GlobalType(), GlobalType():
                return self.global_(a, b)
            case MemoryType(), MemoryType():
                return self.memory(a, b)
            case TableType(), TableType():
                return self.table(a, b)
            case ((FuncType() | DefType()), (FuncType() | DefType())):
                return self.use(as_defined(a), as_defined(b))
        return False
