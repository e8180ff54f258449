"""typereg's semantics once more, in plain Python, to be read beside the specification.

The same names and the same observable behaviour as typereg's, and no code shared with it: written
from the contract and from the WebAssembly specification, as an oracle for typereg and for any
other registry of types. It is slow and single-threaded, and means to be seen to be right.

- `types`, `limits`, `errors`: values, bounds and errors, as classes of its own;
- `structure`: rolling, equality, matching and validity of types; no engine, no hashing;
- `lifetime`: engines, registries, handles, collections, their counts and events;
- `binary`, `sections`, `module`: bytes to types and back;
- `digest`: the portable digests of groups and types;
- `convert`: from typereg's values to these and back.

``docs/reference.md`` says how to read it and how to use it.

>>> from typereg import reference
>>> engine = reference.Engine()
>>> handle = reference.RegisteredType(engine, reference.FuncType([reference.I32], []))
>>> with engine.registry.trace.recording() as events:
...     handle.close()
>>> [str(event) for event in events]  # doctest: +NORMALIZE_WHITESPACE
['#1 decref group=0 registrations=0: handle dropped',
 '#2 remove group=0 registrations=0: no registrations left']
"""

from __future__ import annotations

from .errors import (
    ClosedError,
    DecodeError,
    ForeignEngineError,
    LimitError,
    NotCanonicalError,
    StaleIndexError,
    TypeRegError,
    UnsupportedFeatureError,
    ValidationError,
)
from .lifetime import (
    CanonicalKey,
    Engine,
    Event,
    RegisteredType,
    Stats,
    TypeCollection,
    TypeRegistry,
)
from .limits import Features, Limits
from .module import Module, equal, matches
from .sections import ExportType, ImportType
from .types import (
    ANY,
    ARRAY,
    CONT,
    EQ,
    EXN,
    EXTERN,
    F32,
    F64,
    FUNC,
    I8,
    I16,
    I31,
    I32,
    I64,
    NOCONT,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    V128,
    AbsHeapType,
    ArrayType,
    ContType,
    DefType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    NumType,
    PackedType,
    RecGroup,
    RecIndex,
    RefType,
    SharedTypeIndex,
    StructType,
    SubType,
    TableType,
    TagType,
    VecType,
)

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
    "CanonicalKey",
    "ClosedError",
    "ContType",
    "DecodeError",
    "DefType",
    "Engine",
    "Event",
    "ExportType",
    "Features",
    "FieldType",
    "ForeignEngineError",
    "FuncType",
    "GlobalType",
    "ImportType",
    "LimitError",
    "Limits",
    "MemoryType",
    "Module",
    "ModuleTypeIndex",
    "NotCanonicalError",
    "NumType",
    "PackedType",
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
    "equal",
    "matches",
]
