"""The native module: types of WebAssembly, modules, and the registry above them.

Import its names from `typereg`. Clauses such as S7 or P4 are in docs/contract.md.
"""

import builtins
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import (
    Any,
    Final,
    Literal,
    Protocol,
    SupportsIndex,
    TypeAlias,
    TypedDict,
    final,
    overload,
)

from typing_extensions import Buffer, Self, Unpack, disjoint_base

from ._handles import RegisteredType as _RegisteredType
from ._handles import TypeCollection as _TypeCollection

__all__ = [
    "ANY",
    "ARRAY",
    "CONT",
    "EQ",
    "EXN",
    "EXTERN",
    "F32",
    "F64",
    "FUNC",
    "I8",
    "I16",
    "I31",
    "I32",
    "I64",
    "NOCONT",
    "NOEXN",
    "NOEXTERN",
    "NOFUNC",
    "NONE",
    "STRUCT",
    "V128",
    "AbsHeapType",
    "ArrayType",
    "ClosedError",
    "ContType",
    "DecodeError",
    "DefType",
    "Difference",
    "Engine",
    "Explanation",
    "ExportType",
    "Features",
    "FieldType",
    "ForeignEngineError",
    "ForkedError",
    "FuncType",
    "GlobalType",
    "ImportType",
    "InterfaceChange",
    "InterfaceDiff",
    "InternalError",
    "LimitError",
    "Limits",
    "LinkReport",
    "LinkedImport",
    "MemoryType",
    "Mismatch",
    "Module",
    "ModuleGroups",
    "ModuleTypeIndex",
    "ModuleTypes",
    "NotCanonicalError",
    "NumType",
    "PackedType",
    "PathStep",
    "RecGroup",
    "RecIndex",
    "RefType",
    "RegisteredType",
    "SharedTypeIndex",
    "StaleIndexError",
    "Stats",
    "StructType",
    "SubType",
    "TableType",
    "TagType",
    "TypeCollection",
    "TypeRegError",
    "TypeRegistry",
    "UnsupportedFeatureError",
    "ValidationError",
    "VecType",
    "__version__",
    "adopt",
    "diff",
    "encode_module",
    "equal",
    "explain",
    "link",
    "link_all",
    "matches",
    "run_script",
]

_TypeIndex: TypeAlias = ModuleTypeIndex | RecIndex | SharedTypeIndex | DefType
_HeapType: TypeAlias = AbsHeapType | _TypeIndex
_ValueType: TypeAlias = NumType | VecType | RefType
_StorageType: TypeAlias = _ValueType | PackedType
_CompositeType: TypeAlias = FuncType | StructType | ArrayType | ContType
_ExternType: TypeAlias = FuncType | TableType | MemoryType | GlobalType | TagType
_Kind: TypeAlias = Literal["func", "table", "memory", "global", "tag"]
_Matchable: TypeAlias = _ValueType | AbsHeapType | _TypeIndex | FieldType | _ExternType

class _Reader(Protocol):
    def read(self) -> bytes: ...

_Path: TypeAlias = os.PathLike[str] | os.PathLike[bytes]
_Source: TypeAlias = Buffer | str | _Path | _Reader

__version__: Final[str]

# ---------------------------------------------------------------------------------------- errors

class TypeRegError(Exception):
    """Base of every error that is typereg's own. Whatever raised one has changed nothing."""

class DecodeError(TypeRegError, ValueError):
    """Malformed bytes or text. Made by hand, the attributes of an error are zero or empty."""

    offset: int
    """Bytes from the start of the input; of WAT, in UTF-8."""

class ValidationError(TypeRegError, ValueError):
    """Well-formed and invalid: two supertypes, a duplicate export."""

    offset: int | None
    """Bytes from the start of the input, where the types came from bytes."""
    type_index: int | None
    """The type at fault: its module type index, or its position in a group built by hand."""

class LimitError(TypeRegError, ValueError):
    """More than a limit allows."""

    limit: str
    """The field of `Limits`; ``memory``, where there was none left; ``module_bytes``, of what is to
    be written."""
    value: int
    """What was asked for."""

class UnsupportedFeatureError(TypeRegError, ValueError):
    """Input that needs a feature which is off, or which typereg does not have."""

    feature: str
    """The field of `Features`, or ``shared_types``, ``custom_descriptors``, ``components``."""

class ForeignEngineError(TypeRegError, ValueError):
    """An index or handle of one engine given to another (F2)."""

class StaleIndexError(TypeRegError, LookupError):
    """An index whose type was freed, given where a live one is needed (S3)."""

class NotCanonicalError(TypeRegError, ValueError):
    """A reference in the wrong index space for the place where it stands (S5)."""

class ClosedError(TypeRegError, ValueError):
    """A handle or collection used after it was closed (P1)."""

class ForkedError(TypeRegError, RuntimeError):
    """An engine that a forked child inherited with its lock held (P9); a new engine works."""

class InternalError(TypeRegError, RuntimeError):
    """A fault of typereg's own; the message says what to report (P4)."""

# ------------------------------------------------------------------------------- indices of types

class _Value:
    # What every immutable value can do. There is no such class at run time.
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...

@final
class ModuleTypeIndex(_Value):
    """A type by its index in one module: it means something beside that module only."""

    __match_args__ = ("n",)
    def __new__(cls, n: int) -> Self: ...
    @property
    def n(self) -> int:
        """The index as a plain number."""
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...

@final
class RecIndex(_Value):
    """A type by its position in the recursion group that refers to it (G6)."""

    __match_args__ = ("n",)
    def __new__(cls, n: int) -> Self: ...
    @property
    def n(self) -> int:
        """The position as a plain number."""
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...

@final
class SharedTypeIndex(_Value):
    """A registered type's index in its engine. Made by engines only; it roots nothing (S3).

    Equality compares engine, slot and generation: between two live indices of one engine that is a
    full comparison of types, and the index of a freed type equals no later one. Refuses to pickle.
    """

    @property
    def bits(self) -> int:
        """The slot in the engine's slab: dense from 0, reused after the type is freed."""
    @property
    def engine(self) -> Engine:
        """The engine that made it."""
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...

# ---------------------------------------------------------------------------------- closed types

@final
class DefType(_Value):
    """A recursion group and a position in it: a type without a module or an engine (G10).

    ``group`` refers by `RecIndex` to its own members, and by `DefType` to other types. Equal
    exactly when the types are, wherever they came from: built by hand, from `Module.def_type` or
    from `RegisteredType.def_type`. Usable wherever a concrete heap type is, ``RefType(def_type)``
    for one; registering a type that refers to it registers its groups first, which are then kept
    by references alone (K12). Pickles as WebAssembly bytes and a position. Made in time linear in
    its own group: nested ones are shared.

    Raises `IndexError` for a position beyond the group, `NotCanonicalError` for the index of a
    module or an engine in it, `ValidationError` for an invalid group, `LimitError` for a depth
    above 63.
    """

    __match_args__ = ("group", "position")
    def __new__(cls, group: RecGroup, position: int) -> Self: ...
    @property
    def group(self) -> RecGroup:
        """The recursion group; its references are `RecIndex` and `DefType`."""
    @property
    def position(self) -> int:
        """The type's position in its group."""
    @property
    def digest(self) -> bytes:
        """The type's digest: 32 bytes, the same everywhere (G7). Constant time."""
    @property
    def group_digest(self) -> bytes:
        """The digest of the type's group: 32 bytes (G7). Constant time."""

# ---------------------------------------------------------------------------------- types as data

@final
class NumType(_Value):
    """A number type: one of `I32`, `I64`, `F32`, `F64`."""

    @property
    def name(self) -> str:
        """Its name in WAT."""

@final
class VecType(_Value):
    """A vector type: `V128`."""

    @property
    def name(self) -> str:
        """Its name in WAT."""

@final
class PackedType(_Value):
    """A packed type, in fields only: `I8` or `I16`."""

    @property
    def name(self) -> str:
        """Its name in WAT."""

@final
class AbsHeapType(_Value):
    """An abstract heap type: one of the constants from `ANY` to `NOCONT`."""

    @property
    def name(self) -> str:
        """Its name in WAT."""

@final
class RefType(_Value):
    """A reference type. ``str(RefType(ANY))`` is ``anyref``."""

    __match_args__ = ("heap", "nullable")
    def __new__(cls, heap: _HeapType, nullable: bool = True) -> Self: ...
    @property
    def heap(self) -> _HeapType:
        """What is referred to: an abstract heap type, a type by index, or a closed type."""
    @property
    def nullable(self) -> bool:
        """Whether null is a value of it."""

@final
class FieldType(_Value):
    """A field of a struct, or the element of an array."""

    __match_args__ = ("storage", "mutable")
    def __new__(cls, storage: _StorageType, mutable: bool = False) -> Self: ...
    @property
    def storage(self) -> _StorageType:
        """What is stored: a value type or a packed type."""
    @property
    def mutable(self) -> bool:
        """Whether it can be written."""

@final
class FuncType(_Value):
    """A function type; also the external type of a function."""

    __match_args__ = ("params", "results")
    def __new__(cls, params: Iterable[_ValueType], results: Iterable[_ValueType]) -> Self: ...
    @property
    def params(self) -> tuple[_ValueType, ...]:
        """Parameter types, in order."""
    @property
    def results(self) -> tuple[_ValueType, ...]:
        """Result types, in order."""

@final
class StructType(_Value):
    """A structure type."""

    __match_args__ = ("fields",)
    def __new__(cls, fields: Iterable[FieldType]) -> Self: ...
    @property
    def fields(self) -> tuple[FieldType, ...]:
        """The fields, in order."""

@final
class ArrayType(_Value):
    """An array type."""

    __match_args__ = ("field",)
    def __new__(cls, field: FieldType) -> Self: ...
    @property
    def field(self) -> FieldType:
        """The type of every element."""

@final
class ContType(_Value):
    """A continuation type (feature ``stack_switching``)."""

    __match_args__ = ("func",)
    def __new__(cls, func: _TypeIndex) -> Self: ...
    @property
    def func(self) -> _TypeIndex:
        """The function type that it continues."""

@final
class SubType(_Value):
    """A composite type with its place in the hierarchy of declared subtypes."""

    __match_args__ = ("composite", "supertype", "final")
    def __new__(
        cls, composite: _CompositeType, *, supertype: _TypeIndex | None = None, final: bool = True
    ) -> Self: ...
    @property
    def composite(self) -> _CompositeType:
        """The structure."""
    @property
    def supertype(self) -> _TypeIndex | None:
        """The declared supertype; WebAssembly 3.0 allows at most one."""
    @property
    def final(self) -> bool:
        """Whether no type may declare this one as its supertype."""

@final
class RecGroup(_Value):
    """A recursion group: the unit of identity and of lifetime (G1). May be empty.

    Members refer to each other by `RecIndex`, forwards and to themselves too. A bare composite type
    stands for a final one without supertype.
    """

    __match_args__ = ("members",)
    def __new__(cls, members: Iterable[SubType | _CompositeType]) -> Self: ...
    def __len__(self) -> int: ...
    @property
    def members(self) -> tuple[SubType, ...]:
        """The member types, in order."""

# --------------------------------------------------------------------------------- external types

@final
class TableType(_Value):
    """The type of a table."""

    __match_args__ = ("element", "minimum", "maximum", "address64")
    def __new__(
        cls, element: RefType, minimum: int, maximum: int | None = None, *, address64: bool = False
    ) -> Self: ...
    @property
    def element(self) -> RefType:
        """The type of every element."""
    @property
    def minimum(self) -> int:
        """The least number of elements."""
    @property
    def maximum(self) -> int | None:
        """The greatest number of elements, if bounded."""
    @property
    def address64(self) -> bool:
        """Whether it is indexed by ``i64``."""

@final
class MemoryType(_Value):
    """The type of a memory; its limits are in pages."""

    __match_args__ = ("minimum", "maximum", "address64", "shared", "page_size")
    def __new__(
        cls,
        minimum: int,
        maximum: int | None = None,
        *,
        address64: bool = False,
        shared: bool = False,
        page_size: int = 65536,
    ) -> Self: ...
    @property
    def minimum(self) -> int:
        """The least number of pages."""
    @property
    def maximum(self) -> int | None:
        """The greatest number of pages, if bounded."""
    @property
    def address64(self) -> bool:
        """Whether it is addressed by ``i64``."""
    @property
    def shared(self) -> bool:
        """Whether threads share it."""
    @property
    def page_size(self) -> int:
        """Bytes of a page: 65,536, or 1 (feature ``custom_page_sizes``)."""

@final
class GlobalType(_Value):
    """The type of a global."""

    __match_args__ = ("content", "mutable")
    def __new__(cls, content: _ValueType, mutable: bool = False) -> Self: ...
    @property
    def content(self) -> _ValueType:
        """The type of its value."""
    @property
    def mutable(self) -> bool:
        """Whether it can be written."""

@final
class TagType(_Value):
    """The type of an exception tag."""

    __match_args__ = ("func",)
    def __new__(cls, func: FuncType) -> Self: ...
    @property
    def func(self) -> FuncType:
        """The function type whose parameters an exception carries."""

I32: Final[NumType]
I64: Final[NumType]
F32: Final[NumType]
F64: Final[NumType]
V128: Final[VecType]
I8: Final[PackedType]
I16: Final[PackedType]
ANY: Final[AbsHeapType]
EQ: Final[AbsHeapType]
I31: Final[AbsHeapType]
STRUCT: Final[AbsHeapType]
ARRAY: Final[AbsHeapType]
NONE: Final[AbsHeapType]
FUNC: Final[AbsHeapType]
NOFUNC: Final[AbsHeapType]
EXTERN: Final[AbsHeapType]
NOEXTERN: Final[AbsHeapType]
EXN: Final[AbsHeapType]
NOEXN: Final[AbsHeapType]
CONT: Final[AbsHeapType]
NOCONT: Final[AbsHeapType]

# -------------------------------------------------------------------------- features and limits

@final
class Features(_Value):
    """Which features beyond WebAssembly 3.0 are accepted; all are off by default (G3)."""

    __match_args__ = ("stack_switching", "custom_page_sizes")
    def __new__(cls, *, stack_switching: bool = False, custom_page_sizes: bool = False) -> Self: ...
    @property
    def stack_switching(self) -> bool:
        """Continuation types."""
    @property
    def custom_page_sizes(self) -> bool:
        """Memories with pages of one byte."""

class _LimitFields(TypedDict, total=False):
    types: int
    groups: int
    group_size: int
    params: int
    results: int
    fields: int
    depth: int
    imports: int
    exports: int
    functions: int
    tables: int
    memories: int
    globals: int
    tags: int
    live_types: int | None
    live_groups: int | None
    live_bytes: int | None

@final
class Limits(_Value):
    """Bounds on one module or group, and quotas on what is alive in an engine (G4, G9).

    The fields up to ``tags`` bound a module or group; the ``live_`` fields are quotas, and a hit
    needs no room. ``depth`` can only be lowered.
    """

    __match_args__ = (
        "types",
        "groups",
        "group_size",
        "params",
        "results",
        "fields",
        "depth",
        "imports",
        "exports",
        "functions",
        "tables",
        "memories",
        "globals",
        "tags",
        "live_types",
        "live_groups",
        "live_bytes",
    )
    def __new__(cls, **fields: Unpack[_LimitFields]) -> Self:
        """Give what `js_api` gives."""
    @staticmethod
    def js_api(**fields: Unpack[_LimitFields]) -> Limits:
        """Give the limits of the WebAssembly JavaScript API, the default, with changes."""
    @staticmethod
    def spec(**fields: Unpack[_LimitFields]) -> Limits:
        """Give the specification's own limits, what 32 bits count, with changes."""
    @property
    def types(self) -> int:
        """Types in a module."""
    @property
    def groups(self) -> int:
        """Recursion groups in a module."""
    @property
    def group_size(self) -> int:
        """Types in one recursion group."""
    @property
    def params(self) -> int:
        """Parameters of a function type."""
    @property
    def results(self) -> int:
        """Results of a function type."""
    @property
    def fields(self) -> int:
        """Fields of a structure type."""
    @property
    def depth(self) -> int:
        """Depth of declared subtyping: at most 63, where a type without supertype has 0."""
    @property
    def imports(self) -> int:
        """Imports of a module."""
    @property
    def exports(self) -> int:
        """Exports of a module."""
    @property
    def functions(self) -> int:
        """Functions of a module, imported ones included."""
    @property
    def tables(self) -> int:
        """Tables of a module, imported ones included."""
    @property
    def memories(self) -> int:
        """Memories of a module, imported ones included."""
    @property
    def globals(self) -> int:
        """Globals of a module, imported ones included."""
    @property
    def tags(self) -> int:
        """Tags of a module, imported ones included."""
    @property
    def live_types(self) -> int | None:
        """Types alive in an engine; ``None`` for no bound."""
    @property
    def live_groups(self) -> int | None:
        """Recursion groups alive in an engine; ``None`` for no bound."""
    @property
    def live_bytes(self) -> int | None:
        """Bytes that an engine's registry spends on live types; ``None`` for no bound."""

# ---------------------------------------------------------------------------------------- modules

@final
class ImportType(_Value):
    """One import of a module."""

    __match_args__ = ("module", "name", "type", "type_index")
    def __new__(
        cls, module: str, name: str, type: _ExternType, *, type_index: int | None = None
    ) -> Self: ...
    @property
    def module(self) -> str:
        """The name of the module that it is asked of."""
    @property
    def name(self) -> str:
        """Its name there."""
    @property
    def type(self) -> _ExternType:
        """What is asked for; of a function or tag, its signature."""
    @property
    def kind(self) -> _Kind:
        """Which kind of external type it is."""
    @property
    def type_index(self) -> int | None:
        """Which type of the module it names, if it is a function or tag."""

@final
class ExportType(_Value):
    """One export of a module."""

    __match_args__ = ("name", "type", "type_index")
    def __new__(cls, name: str, type: _ExternType, *, type_index: int | None = None) -> Self: ...
    @property
    def name(self) -> str:
        """Its name."""
    @property
    def type(self) -> _ExternType:
        """What is offered; of a function or tag, its signature."""
    @property
    def kind(self) -> _Kind:
        """Which kind of external type it is."""
    @property
    def type_index(self) -> int | None:
        """Which type of the module it names, if it is a function or tag."""

@final
class ModuleTypes(Sequence[SubType]):
    """A module's types, each built when it is looked at; a slice is a `tuple`.

    Equal to another module's types that are spelled alike; linear, as its hash is. A copy is the
    view itself; it pickles with its module.
    """

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> SubType: ...
    @overload
    def __getitem__(self, index: slice, /) -> tuple[SubType, ...]: ...
    def index(self, value: object, start: int | None = None, stop: int | None = None, /) -> int: ...
    def count(self, value: object) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ModuleGroups(Sequence[RecGroup]):
    """A module's recursion groups, each built when it is looked at; a slice is a `tuple`.

    Equal to another module's groups that are spelled alike; linear, as its hash is. A copy is the
    view itself; it pickles with its module.
    """

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> RecGroup: ...
    @overload
    def __getitem__(self, index: slice, /) -> tuple[RecGroup, ...]: ...
    def index(self, value: object, start: int | None = None, stop: int | None = None, /) -> int: ...
    def count(self, value: object) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Module:
    """What a module declares of types, imports, exports and names. Immutable; nothing registered.

    ``source`` is a binary module as bytes or what has their buffer, WAT as `str`, a path object,
    or a binary file object (P8). Decoded once, in time linear in its size, without a lock or an
    engine; code is skipped, and Python objects are made when looked at (G11). Raises `DecodeError`,
    `ValidationError`, `LimitError` or `UnsupportedFeatureError`. A copy is the module itself;
    pickled it is its bytes and the features that it needs, and read back whatever the limits.
    """

    def __new__(
        cls, source: _Source, *, features: Features | None = None, limits: Limits | None = None
    ) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @staticmethod
    def from_file(
        path_or_file: str | _Path | _Reader,
        *,
        features: Features | None = None,
        limits: Limits | None = None,
    ) -> Module:
        """Read WebAssembly or WAT from a path or a binary file object; raises `OSError` too."""
    @property
    def wasm(self) -> bytes:
        """The module's bytes: those that WAT became, where it was WAT."""
    @property
    def types(self) -> ModuleTypes:
        """The types by type index; their references are `ModuleTypeIndex`. Built when looked at."""
    @property
    def rec_groups(self) -> ModuleGroups:
        """The groups as declared, empty ones too. Built when looked at.

        References inside a group are `RecIndex`, to earlier types `ModuleTypeIndex`.
        """
    @property
    def imports(self) -> tuple[ImportType, ...]:
        """The imports, as declared."""
    @property
    def exports(self) -> tuple[ExportType, ...]:
        """The exports, as declared."""
    @property
    def tags(self) -> tuple[int, ...]:
        """The type index of each tag, imported ones first."""
    @property
    def type_digests(self) -> tuple[bytes, ...]:
        """The digest of each type, by index (G7). Linear in the types at each look."""
    @property
    def group_digests(self) -> tuple[bytes, ...]:
        """The digest of each group, empty ones too (G7). Linear in the types at each look."""
    def type_name(self, type_index: SupportsIndex) -> str | None:
        """Give the name of a type, such as ``$node``, or ``None``; `IndexError` if out of range."""
    def field_name(self, type_index: SupportsIndex, field: SupportsIndex) -> str | None:
        """Give the name of a struct's field, such as ``$next``, or ``None``."""
    def def_type(self, type_index: SupportsIndex) -> DefType:
        """Give a type on its own, without the module (G10); `IndexError` if out of range.

        Types of one module share what they have in common. The first look is linear in what the
        type leads to, later ones take constant time.
        """
    def type_index(self, name: str) -> int:
        """Find a type by name, with or without ``$``: the first of duplicates, else `KeyError`."""

def matches(module_a: Module, a: int | _Matchable, module_b: Module, b: int | _Matchable) -> bool:
    """Tell whether ``a`` of one module matches ``b`` of another by the specification's rules.

    ``a`` and ``b`` are type indices (`int`), or value, reference or external types in terms of
    their own module. Between defined types only declared subtyping counts (G5).
    """

def equal(module_a: Module, a: int | _Matchable, module_b: Module, b: int | _Matchable) -> bool:
    """Tell whether ``a`` of one module and ``b`` of another are the same type.

    The arguments are those of `matches`.
    """

# ------------------------------------------------------------------------------------- linking

_Reason: TypeAlias = Literal[
    "missing-module",
    "ambiguous-module",
    "missing-export",
    "extern-kind",
    "type-kind",
    "param-count",
    "param-type",
    "result-count",
    "result-type",
    "field-count",
    "field-mutability",
    "field-storage",
    "field-type",
    "element-mutability",
    "element-storage",
    "element-type",
    "nullability",
    "heap-type",
    "finality",
    "supertype-missing",
    "supertype-extra",
    "group-position",
    "group-size",
    "reference-scope",
    "not-declared-subtype",
    "invariance",
    "limits-min",
    "limits-max",
    "address-type",
    "page-size",
    "memory-shared",
    "global-mutability",
    "global-type",
]

_StepKind: TypeAlias = Literal["param", "result", "field", "element", "supertype", "type", "member"]

@final
class PathStep(_Value):
    """One step of the way to a difference; ``str`` is ``"field 0"`` or ``"type $node"`` (L).

    A value: `ValidationError` for a kind that there is not.
    """

    __match_args__ = ("kind", "index", "name", "found_index", "found_name")
    def __new__(
        cls,
        kind: _StepKind,
        index: int,
        *,
        name: str | None = None,
        found_index: int | None = None,
        found_name: str | None = None,
    ) -> Self: ...
    @property
    def kind(self) -> _StepKind:
        """What it leads into; ``"type"`` goes from a reference to the type that it refers to."""
    @property
    def index(self) -> int:
        """Which one, from 0; of a type, its index on the side that expects."""
    @property
    def name(self) -> str | None:
        """Of a type or field, its name on that side, with ``$``."""
    @property
    def found_index(self) -> int | None:
        """Of a type, its index on the side that was found; ``None`` for a host's."""
    @property
    def found_name(self) -> str | None:
        """Of a type, its name on the side that was found, with ``$``."""

@final
class Difference:
    """How two types differ that should not: the ``cause`` of a `Mismatch` (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def reason(self) -> _Reason:
        """Why."""
    @property
    def path(self) -> tuple[PathStep, ...]:
        """The way to the first attribute that differs."""
    @property
    def expected(self) -> str:
        """What is expected there, as WAT."""
    @property
    def found(self) -> str | None:
        """What is found there, as WAT."""
    @property
    def hint(self) -> str | None:
        """What may help, where something is known."""

@final
class LinkedImport:
    """An import that is judged by declared types only, or that waits on itself (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def consumer(self) -> str:
        """Who imports: what the report calls the module."""
    @property
    def provider(self) -> str | None:
        """Whose type was looked at."""
    @property
    def module(self) -> str:
        """The name of the module to import from."""
    @property
    def name(self) -> str:
        """The name of the item there."""
    @property
    def kind(self) -> _Kind:
        """Which kind of external type it is."""

@final
class Mismatch:
    """An import that cannot be given what it is offered, and why (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def consumer(self) -> str:
        """Who imports: what the report calls the module."""
    @property
    def provider(self) -> str | None:
        """Whose type was found: of something that is passed on, its origin."""
    @property
    def module(self) -> str:
        """The name of the module to import from."""
    @property
    def name(self) -> str:
        """The name of the item there."""
    @property
    def kind(self) -> _Kind:
        """Which kind of external type it is."""
    @property
    def reason(self) -> _Reason:
        """Why: a stable name."""
    @property
    def path(self) -> tuple[PathStep, ...]:
        """The way to the first attribute that differs; empty where the import itself differs."""
    @property
    def cause(self) -> Difference | None:
        """Where a subtype was found and equality is needed, how the two differ."""
    @property
    def expected(self) -> str:
        """What is expected at the end of the path, as WAT in the importing module's names."""
    @property
    def found(self) -> str | None:
        """What is found there, as WAT in the provider's names; ``None`` where nothing is."""
    @property
    def hint(self) -> str | None:
        """What may help, where something is known."""
    @property
    def assumed(self) -> Literal["declared"] | None:
        """``"declared"`` where the export passes on an import whose provider was not given."""
    def to_json(self) -> dict[str, Any]:
        """Give its entry in the JSON of a report."""

@final
class LinkReport:
    """What linking says of every import; ``str`` is what the command line prints (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def ok(self) -> bool:
        """Whether every import can be given what it is offered."""
    @property
    def imports(self) -> int:
        """How many imports there are."""
    @property
    def ignored(self) -> int:
        """How many of them were passed over, because nobody goes by their module's name."""
    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """Those that cannot, in order."""
    @property
    def assumed(self) -> tuple[LinkedImport, ...]:
        """Those whose verdict goes by a declared type only."""
    @property
    def cycles(self) -> tuple[tuple[LinkedImport, ...], ...]:
        """Those that wait on each other, cycle by cycle; they are not judged."""
    def to_json(self) -> dict[str, Any]:
        """Give what ``typereg link --json`` prints."""

@final
class Explanation:
    """What two types are to each other, and the first reason why they are not the same (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def equal(self) -> bool:
        """Whether they are the same type."""
    @property
    def subtype(self) -> bool:
        """Whether the first is a declared subtype of the second, or the same."""
    @property
    def supertype(self) -> bool:
        """Whether the second is a declared subtype of the first, or the same."""
    @property
    def reason(self) -> _Reason | None:
        """Why not."""
    @property
    def path(self) -> tuple[PathStep, ...]:
        """The way to the first attribute that differs."""
    @property
    def expected(self) -> str | None:
        """What is expected there, as WAT."""
    @property
    def found(self) -> str | None:
        """What is found there, as WAT."""
    @property
    def hint(self) -> str | None:
        """What may help, where something is known."""
    def text(self, expected: str = "expected", found: str = "found") -> str:
        """Give the answer as text, where the two sides go by these names."""
    def to_json(self) -> dict[str, Any]:
        """Give what ``typereg explain --json`` prints."""

@final
class InterfaceChange:
    """One import or export that is not what it was (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def side(self) -> Literal["export", "import"]:
        """Which of the two it is."""
    @property
    def module(self) -> str | None:
        """Of an import, the name of the module it is imported from."""
    @property
    def name(self) -> str:
        """Its name."""
    @property
    def kind(self) -> _Kind:
        """Which kind of external type it is, or was."""
    @property
    def change(self) -> Literal["breaking", "compatible", "additive"]:
        """What it means to those who use the module."""
    @property
    def reason(self) -> _Reason | None:
        """How the types differ, or ``"missing-export"``; ``None`` where nothing is to break."""
    @property
    def path(self) -> tuple[PathStep, ...]:
        """The way to the first attribute that differs.

        The side that expects is the old module for an export, the new one for an import.
        """
    @property
    def old(self) -> str | None:
        """What was there, as WAT; ``None`` for what is new."""
    @property
    def new(self) -> str | None:
        """What is there now, as WAT; ``None`` for what is gone."""
    @property
    def hint(self) -> str | None:
        """What may help, where something is known."""

@final
class InterfaceDiff:
    """What changed in a module's imports and exports; ``str`` is what ``diff`` prints (L)."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    @property
    def verdict(self) -> Literal["breaking", "compatible", "additive", "same"]:
        """The worst there is of all changes."""
    @property
    def changes(self) -> tuple[InterfaceChange, ...]:
        """Every change: exports, then imports."""
    @property
    def breaking(self) -> tuple[InterfaceChange, ...]:
        """Those after which what worked with the old version may not work with the new one."""
    @property
    def compatible(self) -> tuple[InterfaceChange, ...]:
        """Those to a type that does wherever the old one did, and imports that are gone."""
    @property
    def additive(self) -> tuple[InterfaceChange, ...]:
        """Exports that are new."""
    def to_json(self) -> dict[str, Any]:
        """Give what ``typereg diff --json`` prints."""

_ModuleSource: TypeAlias = Module | _Source

def link(
    consumer: _ModuleSource,
    providers: Mapping[str, _ModuleSource | Mapping[str, _ExternType]],
    *,
    ignore_missing: bool = False,
) -> LinkReport:
    """Tell of every import whether it can be given what is offered, and if not, why (L).

    ``providers`` maps the names of modules that are imported from to modules, or for a host to a
    mapping of names to external types. Never raises for a mismatch. Linear in the types, imports
    and exports.
    """

def link_all(
    modules: Sequence[tuple[str, Module, Sequence[str]]], ignore_missing: bool
) -> LinkReport:
    """Link modules among each other: labels, modules, and the names they go by."""

def run_script(
    text: str, *, features: Features | None = None, limits: Limits | None = None
) -> list[tuple[int, int, str, Literal["passed", "failed", "skipped"], str | None]]:
    """Run those directives of a ``.wast`` script that types alone decide. For the command line.

    For each directive: line, column, keyword, how it went, and why where it did not pass.
    """

def explain(
    module_a: _ModuleSource,
    a: int | str | ModuleTypeIndex,
    module_b: _ModuleSource,
    b: int | str | ModuleTypeIndex,
    *,
    subtype: bool = False,
) -> Explanation:
    """Tell what two types are to each other, and why they are not the same (L).

    ``a`` is what is expected, ``b`` what is found. With ``subtype``, the reason is why ``a`` is
    not a subtype of ``b``: then ``b`` is what is expected. Raises `IndexError` and `KeyError`.
    """

def diff(old: _ModuleSource, new: _ModuleSource) -> InterfaceDiff:
    """Tell what changed in a module's imports and exports, and what that means (L)."""

# ---------------------------------------------------------------------------------- the registry

@final
class Engine:
    """Owns one `TypeRegistry`. Copies share it; two engines are the same only by identity (S1)."""

    def __new__(
        cls,
        *,
        limits: Limits | None = None,
        features: Features | None = None,
        weak_hash_bits: int | None = None,
    ) -> Self:
        """Make an engine; ``weak_hash_bits`` cuts its hashes to so many bits, for tests (D4)."""
    @property
    def limits(self) -> Limits:
        """What it checks modules and groups with, and its quotas."""
    @property
    def features(self) -> Features:
        """Which features it accepts."""
    @property
    def registry(self) -> TypeRegistry:
        """The registry of its live types."""
    def register(self, module: Module | _Source) -> _TypeCollection:
        """Register a module's types, all or none: ``TypeCollection.new_for_module`` (S9).

        Takes whatever `Module` takes, and raises what it raises. Checks with the engine's own
        limits and features before anything changes. The read lock where all groups are known,
        one hold of the write lock for the rest.
        """
    def register_group(self, group: RecGroup) -> tuple[_RegisteredType, ...]:
        """Register a group built by hand, all or nothing; one handle per member (G6, K3).

        A `DefType` in it has its groups registered first; then references alone keep them (K12).
        Raises `ValidationError`, `LimitError`, `UnsupportedFeatureError`, `NotCanonicalError` for
        a `ModuleTypeIndex`, `ForeignEngineError` and `StaleIndexError`.
        """
    def snapshot(self) -> bytes:
        """Write the live types as one WebAssembly module of nothing else (G8).

        Each group stands behind what it refers to, ties go by digest: engines with equal types give
        equal bytes. Counts nothing; the read lock is held while groups are listed. Raises
        `LimitError` where the engine allows fewer types or groups in a module, or where they take
        more than the 4 GiB of a section (``module_bytes``).
        """
    def load_snapshot(self, data: Buffer) -> _TypeCollection:
        """Register the types of a snapshot: as `register` of that module (G8, K2)."""
    def matches(self, a: _Matchable, b: _Matchable) -> bool:
        """Tell whether ``a`` matches ``b``: the specification's matching rules (G5).

        References are this engine's `SharedTypeIndex`, or `DefType`. Raises `ForeignEngineError`,
        `StaleIndexError`, `NotCanonicalError`. Read lock.
        """
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class TypeRegistry:
    """The live types of one engine: a collection of `SharedTypeIndex`. Reading roots nothing."""

    def borrow(self, index: SharedTypeIndex) -> SubType | None:
        """Give the type of an index, or ``None`` where it is stale; read lock (S12).

        What is returned stays readable; the index may die. Raises `ForeignEngineError`.
        """
    def referrers(self, index: SharedTypeIndex) -> tuple[SharedTypeIndex, ...]:
        """List the live types that refer to this one, as supertype and in its own group too (G9).

        Linear in the live types; read lock. Raises `ForeignEngineError`, `StaleIndexError`.
        """
    def stats(self) -> Stats:
        """Count what is alive, at one moment (G9). Read lock."""
    def __len__(self) -> int: ...
    def __contains__(self, index: object, /) -> bool: ...
    def __iter__(self) -> Iterator[SharedTypeIndex]: ...

@final
class Stats(_Value):
    """Numbers of one registry at one moment (G9, K10)."""

    __match_args__ = (
        "types",
        "groups",
        "registrations",
        "edges",
        "external",
        "bytes",
        "hits",
        "misses",
        "capacity",
    )
    def __new__(
        cls,
        *,
        types: int = 0,
        groups: int = 0,
        registrations: int = 0,
        edges: int = 0,
        external: int = 0,
        bytes: int = 0,
        hits: int = 0,
        misses: int = 0,
        capacity: int = 0,
    ) -> Self: ...
    @property
    def types(self) -> int:
        """Live types."""
    @property
    def groups(self) -> int:
        """Live recursion groups."""
    @property
    def registrations(self) -> int:
        """Registrations of all live groups."""
    @property
    def edges(self) -> int:
        """Those held by other live types."""
    @property
    def external(self) -> int:
        """Those held by handles and collections."""
    @property
    def bytes(self) -> int:
        """What the registry spends on live types."""
    @property
    def hits(self) -> int:
        """Registrations that found their group, since the engine was made."""
    @property
    def misses(self) -> int:
        """Registrations that created theirs, since the engine was made."""
    @property
    def capacity(self) -> int:
        """Slots ever used."""

@disjoint_base
class RegisteredType:
    """The native class behind `typereg.RegisteredType`."""

    def __new__(cls, engine: Engine, ty: SubType | _CompositeType) -> Self: ...
    @staticmethod
    def root(engine: Engine, index: SharedTypeIndex) -> _RegisteredType | None:
        """Give an owning handle for an index, or ``None`` where it is stale (S6).

        Never takes the write lock. Raises `ForeignEngineError`.
        """
    @property
    def engine(self) -> Engine:
        """The engine it is registered in."""
    @property
    def index(self) -> SharedTypeIndex:
        """Its index; answered after `close` too. No lock."""
    @property
    def position(self) -> int:
        """Its position in its recursion group. No lock."""
    @property
    def registrations(self) -> int:
        """How many registrations its group has at this moment (K1). No lock."""
    @property
    def type(self) -> SubType:
        """The type; its references are `SharedTypeIndex` (S4). Read lock."""
    @property
    def group(self) -> RecGroup:
        """Its recursion group; own members are `RecIndex` (G6). Read lock."""
    @property
    def def_type(self) -> DefType:
        """The type without the engine (G10). Read lock; linear in what it leads to."""
    @property
    def digest(self) -> bytes:
        """Its digest: 32 bytes, the same everywhere (G7). The first look takes the read lock."""
    @property
    def supertype(self) -> _RegisteredType | None:
        """A fresh handle to the declared supertype, if there is one (K4). Read lock."""
    @property
    def supertypes(self) -> tuple[_RegisteredType, ...]:
        """Fresh handles to the chain of supertypes, nearest first (K4). Read lock."""
    def is_subtype_of(self, other: RegisteredType) -> bool:
        """Tell whether it is ``other`` or declared below it: constant time, no lock (G5).

        Raises `ForeignEngineError`.
        """
    def close(self) -> None:
        """Release the type: once, however often and from wherever it is called (P1)."""
    @property
    def closed(self) -> bool:
        """Whether it has been released."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: builtins.type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class TypeCollection:
    """The native class behind `typereg.TypeCollection`."""

    @staticmethod
    def new_for_module(engine: Engine, module: Module | _Source) -> _TypeCollection:
        """Register a module's types, all or none, in order (S9, K2), as ``engine.register``."""
    @property
    def engine(self) -> Engine:
        """The engine they are registered in."""
    def as_module_map(self) -> tuple[SharedTypeIndex, ...]:
        """Give the shared index of each type, by module type index (S10)."""
    def shared_type(self, index: SupportsIndex) -> SharedTypeIndex | None:
        """Give the shared index of one type, or ``None`` if the module has no such type (S10)."""
    def module_local_type(self, index: SharedTypeIndex) -> ModuleTypeIndex | None:
        """Give the module's type index of a shared one, the last declared of duplicates (S10).

        ``None`` where the module has no such type. Raises `ForeignEngineError`.
        """
    def matches(self, a: _Matchable, b: _Matchable) -> bool:
        """Tell what `Engine.matches` tells, in terms of this module's type indices."""
    def close(self) -> None:
        """Take back the module's registrations: once, under one hold of the lock (S11, K7)."""
    @property
    def closed(self) -> bool:
        """Whether they have been taken back."""
    def __len__(self) -> int: ...
    def __getitem__(self, index: SupportsIndex, /) -> _RegisteredType: ...
    def __iter__(self) -> Iterator[_RegisteredType]: ...
    def __reversed__(self) -> Iterator[_RegisteredType]: ...
    def __contains__(self, handle: object, /) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: builtins.type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

def encode_module(module: object) -> bytes:
    """Write a module of the testing kit, valid or not; sections without content are left out.

    An item of its own gets a body that traps, or zero or null as its initializer. `TypeError`,
    `ValueError` and `OverflowError` for what the binary format has no bytes for. For
    `typereg.testing`.
    """

def adopt(registered_type: type[_RegisteredType], type_collection: type[_TypeCollection]) -> None:
    """Tell the module which classes to make handles of; `typereg` does so when imported."""
