"""WebAssembly's types as data: the section "Types" of the specification's chapter "Structure".

The names and attributes are those of typereg's values; the classes are not. Values are frozen and
compare by structure. A reference to a type (the specification's *type use*) is one of four:

- `ModuleTypeIndex`: a *type index*, by its number in one module;
- `RecIndex`: a *recursive type index*, the n-th member of the group around it;
- `DefType`: a *defined type*, closed and free of any module (G10);
- `SharedTypeIndex`: a registered type of an engine (S3), which the specification does not have.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from .lifetime import Engine


# How values are written: as typereg's, which evaluates back.


class _Value:
    """A value that is written as the call that makes it; what goes without saying is left out."""

    __slots__ = ()

    def __repr__(self) -> str:
        said: list[str] = []
        by_name = False
        for each in inspect.signature(type(self)).parameters.values():
            value = getattr(self, each.name)
            if each.default is not each.empty and value == each.default:
                by_name = True
                continue
            by_name |= each.kind is each.KEYWORD_ONLY or isinstance(each.default, bool)
            written = repr(list(value) if isinstance(value, tuple) else value)
            said.append(f"{each.name}={written}" if by_name else written)
        return f"{type(self).__name__}({', '.join(said)})"


class _Constant:
    """A value that has a name: `I32`, `ANY`."""

    __slots__ = ()

    name: str

    def __repr__(self) -> str:
        return self.name.upper()


# Number Types, Vector Types; packed types are under Composite Types.


@dataclass(frozen=True, slots=True, repr=False)
class NumType(_Constant):
    """A number type: `I32`, `I64`, `F32`, `F64`."""

    name: str


@dataclass(frozen=True, slots=True, repr=False)
class VecType(_Constant):
    """A vector type: `V128`."""

    name: str


@dataclass(frozen=True, slots=True, repr=False)
class PackedType(_Constant):
    """A packed type, in fields only: `I8`, `I16`."""

    name: str


I32, I64, F32, F64 = NumType("i32"), NumType("i64"), NumType("f32"), NumType("f64")
V128 = VecType("v128")
I8, I16 = PackedType("i8"), PackedType("i16")


# Type Uses.


@dataclass(frozen=True, slots=True, repr=False)
class ModuleTypeIndex(_Value):
    """A type by its index in one module."""

    n: int

    def __index__(self) -> int:
        return self.n


@dataclass(frozen=True, slots=True, repr=False)
class RecIndex(_Value):
    """A type by its position in the recursion group that refers to it (G6)."""

    n: int

    def __index__(self) -> int:
        return self.n


@dataclass(frozen=True, slots=True, repr=False)
class SharedTypeIndex:
    """A registered type's index: engine, slot and generation, equal where all three are (S3)."""

    engine: Engine
    bits: int
    generation: int

    def __repr__(self) -> str:
        return f"<SharedTypeIndex {self.bits} generation={self.generation}>"

    def __index__(self) -> int:
        return self.bits


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DefType:
    """A defined type: a rolled-up, closed group and a position in it (G10).

    The group refers to its own members by `RecIndex` and to all others by `DefType`. Groups are
    shared between the types that refer to them, so a DAG of types is a DAG of objects.
    """

    group: RecGroup
    position: int

    @property
    def digest(self) -> bytes:
        """The type's digest (G7)."""
        from .digest import Digests

        return Digests().type(self)

    @property
    def group_digest(self) -> bytes:
        """The digest of the type's group (G7)."""
        from .digest import Digests

        return Digests().group(self.group)

    def __eq__(self, other: object) -> bool:
        """Equality of defined types, by structure and without recursion."""
        from .structure import equal

        return equal(self, other) if isinstance(other, DefType) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.position, len(self.group.members)))

    def __repr__(self) -> str:
        return f"<DefType {self.position} of {len(self.group.members)}>"


TypeUse: TypeAlias = ModuleTypeIndex | RecIndex | SharedTypeIndex | DefType


# Heap Types, Reference Types, Value Types.


@dataclass(frozen=True, slots=True, repr=False)
class AbsHeapType(_Constant):
    """An abstract heap type: one of the constants from `ANY` to `NOCONT`."""

    name: str


ANY, EQ, I31 = AbsHeapType("any"), AbsHeapType("eq"), AbsHeapType("i31")
STRUCT, ARRAY, NONE = AbsHeapType("struct"), AbsHeapType("array"), AbsHeapType("none")
FUNC, NOFUNC = AbsHeapType("func"), AbsHeapType("nofunc")
EXTERN, NOEXTERN = AbsHeapType("extern"), AbsHeapType("noextern")
EXN, NOEXN = AbsHeapType("exn"), AbsHeapType("noexn")
CONT, NOCONT = AbsHeapType("cont"), AbsHeapType("nocont")

HeapType: TypeAlias = AbsHeapType | TypeUse


@dataclass(frozen=True, slots=True, repr=False)
class RefType(_Value):
    """A reference type."""

    heap: HeapType
    nullable: bool = True


ValueType: TypeAlias = NumType | VecType | RefType
StorageType: TypeAlias = ValueType | PackedType


# Composite Types.


@dataclass(frozen=True, slots=True, repr=False)
class FieldType(_Value):
    """A field of a struct, or the element of an array."""

    storage: StorageType
    mutable: bool = False


@dataclass(frozen=True, slots=True, init=False, repr=False)
class FuncType(_Value):
    """A function type; also the external type of a function."""

    params: tuple[ValueType, ...]
    results: tuple[ValueType, ...]

    def __init__(self, params: Iterable[ValueType], results: Iterable[ValueType]) -> None:
        """Parameters and results, in order."""
        object.__setattr__(self, "params", tuple(params))
        object.__setattr__(self, "results", tuple(results))


@dataclass(frozen=True, slots=True, init=False, repr=False)
class StructType(_Value):
    """A structure type."""

    fields: tuple[FieldType, ...]

    def __init__(self, fields: Iterable[FieldType]) -> None:
        """The fields, in order."""
        object.__setattr__(self, "fields", tuple(fields))


@dataclass(frozen=True, slots=True, repr=False)
class ArrayType(_Value):
    """An array type."""

    field: FieldType


@dataclass(frozen=True, slots=True, repr=False)
class ContType(_Value):
    """A continuation type (feature ``stack_switching``)."""

    func: TypeUse


CompositeType: TypeAlias = FuncType | StructType | ArrayType | ContType


# Recursive Types.


@dataclass(frozen=True, slots=True, init=False, repr=False)
class SubType(_Value):
    """A composite type with its place in the hierarchy of declared subtypes."""

    composite: CompositeType
    supertype: TypeUse | None
    final: bool

    def __init__(
        self,
        composite: CompositeType,
        *,
        supertype: TypeUse | None = None,
        final: bool = True,
    ) -> None:
        """A final type without supertype, unless said otherwise."""
        object.__setattr__(self, "composite", composite)
        object.__setattr__(self, "supertype", supertype)
        object.__setattr__(self, "final", final)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class RecGroup(_Value):
    """A recursion group (the specification's *recursive type*); may be empty (G1)."""

    members: tuple[SubType, ...]

    def __init__(self, members: Iterable[SubType]) -> None:
        """The members, in order."""
        object.__setattr__(self, "members", tuple(members))


# Tag Types, Global Types, Memory Types, Table Types, External Types.


@dataclass(frozen=True, slots=True, repr=False)
class TagType(_Value):
    """The type of an exception tag: a function type, bare or by a type use."""

    func: FuncType | TypeUse


@dataclass(frozen=True, slots=True, repr=False)
class GlobalType(_Value):
    """The type of a global."""

    content: ValueType
    mutable: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class MemoryType(_Value):
    """The type of a memory; its limits are in pages."""

    minimum: int
    maximum: int | None = None
    address64: bool = field(default=False, kw_only=True)
    shared: bool = field(default=False, kw_only=True)
    page_size: int = field(default=65536, kw_only=True)


@dataclass(frozen=True, slots=True, repr=False)
class TableType(_Value):
    """The type of a table."""

    element: RefType
    minimum: int
    maximum: int | None = None
    address64: bool = field(default=False, kw_only=True)


ExternType: TypeAlias = FuncType | TypeUse | TableType | MemoryType | GlobalType | TagType
"""A function is given by its signature, which stands for a final type without supertype (G5), or by
a type use."""

Matchable: TypeAlias = ValueType | HeapType | FieldType | ExternType
"""What has a rule of matching of its own and can be asked about (G5)."""


# The classes of each sort, for questions about a value's sort.

TYPE_USES: Final = (ModuleTypeIndex, RecIndex, SharedTypeIndex, DefType)
HEAP_TYPES: Final = (AbsHeapType, *TYPE_USES)
VALUE_TYPES: Final = (NumType, VecType, RefType)
STORAGE_TYPES: Final = (*VALUE_TYPES, PackedType)
COMPOSITE_TYPES: Final = (FuncType, StructType, ArrayType, ContType)
EXTERN_TYPES: Final = (FuncType, TagType, GlobalType, MemoryType, TableType, *TYPE_USES)
"""A type use is a heap type by itself, and a function's type among external types."""
