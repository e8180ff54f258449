"""Modules that make an engine say what it thinks of two types.

Type ``$i`` of a provider and ``$j`` of a consumer, by what the one exports and the other imports:

- ``mutable-global``, ``table``, ``tag``: linked if they are equal;
- ``global``, ``function``: linked if ``$i`` matches ``$j``;
- ``ref.test``: a value of ``$i``, given as `anyref` or `funcref`, is tested for ``(ref $j)`` at run
  time;
- ``call_indirect``: a function of ``$i``, given as `funcref`, is called as one of ``$j`` through a
  table;
- ``imported-function``: a function of ``$i`` is imported by the topmost supertype of ``$j``, and
  then tested for ``(ref $j)``: it has its own type, not that of the import.

The types come from any module's bytes; only its type section is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal, TypeAlias

import typereg as tr
from typereg.testing import wasm

GLOBAL_GET: Final = b"\x23\0"
REF_TEST: Final = b"\xfb\x14"
REF_NULL: Final = b"\xd0"
REF_FUNC: Final = b"\xd2"
UNREACHABLE: Final = b"\0"
NEW_STRUCT: Final = b"\xfb\x01"
NEW_ARRAY: Final = b"\x41\0\xfb\x07"
END: Final = b"\x0b"

# In two parts: stubtest knows a union of them, but not a literal of several values.
ProbeName: TypeAlias = (
    Literal["mutable-global", "global", "table", "tag", "function"]  # noqa: PYI030
    | Literal["ref.test", "call_indirect", "imported-function"]
)
ANSWERS: Final[dict[ProbeName, Literal["equal", "matches"]]] = {
    "mutable-global": "equal",
    "global": "matches",
    "table": "equal",
    "tag": "equal",
    "function": "matches",
    "ref.test": "matches",
    "call_indirect": "matches",
    "imported-function": "matches",
}
"""Every probe, and what it answers of two types."""

RUN: Final[tuple[ProbeName, ...]] = ("ref.test", "call_indirect", "imported-function")
"""The probes whose consumer is run; its ``t`` says 1, or else says 0 or traps."""

_CONSTANTS: Final[dict[tr.NumType | tr.VecType, bytes]] = {
    tr.I32: b"\x41\0",
    tr.I64: b"\x42\0",
    tr.F32: b"\x43" + bytes(4),
    tr.F64: b"\x44" + bytes(8),
    tr.V128: b"\xfd\x0c" + bytes(16),
}

_HEADS: Final[dict[tr.AbsHeapType, bytes]] = {
    tr.ANY: wasm.ANY,
    tr.EQ: wasm.EQ,
    tr.I31: wasm.I31,
    tr.STRUCT: wasm.STRUCT,
    tr.ARRAY: wasm.ARRAY,
    tr.NONE: wasm.NONE,
    tr.FUNC: wasm.FUNC,
    tr.NOFUNC: wasm.NOFUNC,
    tr.EXTERN: wasm.EXTERN,
    tr.NOEXTERN: wasm.NOEXTERN,
    tr.EXN: wasm.EXN,
    tr.NOEXN: wasm.NOEXN,
    tr.CONT: wasm.CONT,
    tr.NOCONT: wasm.NOCONT,
}


def section_of(module: bytes) -> tuple[int, bytes]:
    """Give a module's type section: how many groups, and their bytes."""
    for number, body in wasm.sections(module):
        if number == wasm.TYPE:
            count, start = wasm.read_leb(body, 0)
            return count, body[start:]
    return 0, b""


class Types:
    """A module's types, to make probes of."""

    def __init__(self, module: bytes) -> None:
        """Read the type section; the module must be one that typereg can read."""
        self.count: int
        self.body: bytes
        self.count, self.body = section_of(module)
        self.alone: bytes = wasm.module(self.section())
        self.module: tr.Module = tr.Module(self.alone, features=tr.Features(stack_switching=True))

    @cached_property
    def composites(self) -> list[tr.FuncType | tr.StructType | tr.ArrayType | tr.ContType]:
        """What each type is made of."""
        return [each.composite for each in self.module.types]

    def section(self, *more: bytes) -> bytes:
        """Give the type section, with groups added behind."""
        return wasm.section(
            wasm.TYPE, wasm.leb(self.count + len(more)) + self.body + b"".join(more)
        )

    def __len__(self) -> int:
        return len(self.module.types)

    def is_function(self, index: int) -> bool:
        """Tell whether a type is a function type."""
        return isinstance(self.composites[index], tr.FuncType)

    def gives(self, probe: ProbeName, index: int) -> bool:
        """Tell whether a provider can be made for a type."""
        match probe:
            case "ref.test":
                return self._new(index) is not None
            case "imported-function":
                return self.is_function(index)
            case _:
                return self.wants(probe, index)

    def wants(self, probe: ProbeName, index: int) -> bool:
        """Tell whether a consumer can be made for a type."""
        match probe:
            case "function" | "imported-function":
                return self.is_function(index)
            case "call_indirect":
                composite = self.composites[index]
                return isinstance(composite, tr.FuncType) and all(
                    map(_constant, (*composite.params, *composite.results))
                )
            case "tag":
                composite = self.composites[index]
                return isinstance(composite, tr.FuncType) and not composite.results
            case "ref.test":
                return not isinstance(self.composites[index], tr.ContType)
            case "mutable-global" | "global" | "table":
                return True

    # Providers.

    def provider(
        self, probes: Sequence[ProbeName], indices: Sequence[int], *, name: str | None = None
    ) -> bytes:
        """Make a module that exports, for each probe and type that fit, what `export_name` says.

        One alone can be given another `name`.
        """
        globals_: list[bytes] = []
        tables: list[bytes] = []
        tags: list[bytes] = []
        functions: list[bytes] = []
        bodies: list[bytes] = []
        exports: list[bytes] = []

        def add(space: list[bytes], item: bytes, kind: bytes, called: str) -> None:
            exports.append(wasm.export(called, kind, len(space)))
            space.append(item)

        for probe in probes:
            for index in indices:
                if not self.gives(probe, index):
                    continue
                called = name or export_name(probe, index)
                match probe:
                    case "mutable-global" | "global":
                        type_ = wasm.global_(wasm.ref(index), mutable=probe == "mutable-global")
                        null = REF_NULL + wasm.heap(index) + END
                        add(globals_, type_ + null, wasm.KIND_GLOBAL, called)
                    case "table":
                        add(tables, _table(index), wasm.KIND_TABLE, called)
                    case "tag":
                        add(tags, wasm.tag(index), wasm.KIND_TAG, called)
                    case "function" | "imported-function":
                        bodies.append(UNREACHABLE)
                        add(functions, wasm.leb(index), wasm.KIND_FUNC, called)
                    case "call_indirect":
                        type_ = wasm.global_(wasm.FUNC)
                        reference = REF_FUNC + wasm.leb(len(functions)) + END
                        add(globals_, type_ + reference, wasm.KIND_GLOBAL, called)
                        bodies.append(self._constants(index, results=True))
                        add(functions, wasm.leb(index), wasm.KIND_FUNC, f"of {called}")
                    case "ref.test":
                        new = self._new(index)
                        assert new is not None
                        top = wasm.ANY
                        if self.is_function(index):
                            top, new = wasm.FUNC, new + wasm.leb(len(functions))
                            # Only what is exported, or declared, can be referred to.
                            bodies.append(UNREACHABLE)
                            add(functions, wasm.leb(index), wasm.KIND_FUNC, f"of {called}")
                        add(globals_, wasm.global_(top) + new + END, wasm.KIND_GLOBAL, called)
        spaces = (
            (wasm.FUNCTION, functions),
            (wasm.TABLE, tables),
            (wasm.TAG, tags),
            (wasm.GLOBAL, globals_),
            (wasm.EXPORT, exports),
        )
        parts = [wasm.section(number, wasm.vec(space)) for number, space in spaces if space]
        if functions:
            parts.append(_code(*bodies))
        return wasm.module(self.section(), *parts)

    def _constants(self, index: int, *, results: bool) -> bytes:
        """Give what pushes zeros and nulls for a function type's results, or for its parameters."""
        composite = self.composites[index]
        assert isinstance(composite, tr.FuncType)
        return b"".join(
            _constant(each) or b"" for each in (composite.results if results else composite.params)
        )

    def _new(self, index: int) -> bytes | None:
        """Give what makes a value of a type, but for a function's index.

        Nothing where none can be made simply.
        """
        match self.composites[index]:
            case tr.StructType(fields) if all(map(_has_default, fields)):
                return NEW_STRUCT + wasm.leb(index)
            case tr.ArrayType(field) if _has_default(field):
                return NEW_ARRAY + wasm.leb(index)
            case tr.FuncType():
                return REF_FUNC
            case _:
                return None

    # Consumers.

    def consumer(self, probe: ProbeName, index: int) -> bytes:
        """Make a module with one import, which is to be of a type.

        If it is to be run, its function ``t`` says whether what it was given is.
        """
        match probe:
            case "mutable-global" | "global":
                type_ = wasm.global_(wasm.ref(index), mutable=probe == "mutable-global")
                return self._importing(wasm.KIND_GLOBAL, type_)
            case "table":
                return self._importing(wasm.KIND_TABLE, _table(index))
            case "tag":
                return self._importing(wasm.KIND_TAG, wasm.tag(index))
            case "function":
                return self._importing(wasm.KIND_FUNC, wasm.leb(index))
            case "ref.test":
                top = wasm.FUNC if self.is_function(index) else wasm.ANY
                code = GLOBAL_GET + REF_TEST + wasm.heap(index)
                return self._running(wasm.KIND_GLOBAL, wasm.global_(top), code)
            case "call_indirect":
                composite = self.composites[index]
                assert isinstance(composite, tr.FuncType)
                call = b"\x41\0\x11" + wasm.leb(index) + b"\0"
                code = self._constants(index, results=False) + call
                code += b"\x1a" * len(composite.results) + b"\x41\1"
                table = b"\x40\0" + wasm.table(wasm.FUNC, wasm.limits(1)) + GLOBAL_GET + END
                return self._running(wasm.KIND_GLOBAL, wasm.global_(wasm.FUNC), code, table)
            case "imported-function":
                code = REF_FUNC + b"\0" + REF_TEST + wasm.heap(index)
                return self._running(wasm.KIND_FUNC, wasm.leb(self.topmost(index)), code)

    def topmost(self, index: int) -> int:
        """Give the type at the top of a type's chain of supertypes."""
        while True:
            supertype = self.module.types[index].supertype
            if supertype is None:
                return index
            assert isinstance(supertype, tr.ModuleTypeIndex)
            index = int(supertype)

    def _importing(self, kind: bytes, extern: bytes) -> bytes:
        imports = wasm.vec([wasm.import_("p", "x", kind, extern)])
        return wasm.module(self.section(), wasm.section(wasm.IMPORT, imports))

    def _running(self, kind: bytes, extern: bytes, code: bytes, *tables: bytes) -> bytes:
        """Make a module with one import and a function ``t`` without parameters."""
        function = 1 if kind == wasm.KIND_FUNC else 0  # an imported one comes first
        imports = wasm.vec([wasm.import_("p", "x", kind, extern)])
        exports = [wasm.export("t", wasm.KIND_FUNC, function)]
        if function:  # only what is exported, or declared, can be referred to
            exports.append(wasm.export("x", wasm.KIND_FUNC, 0))
        return wasm.module(
            self.section(wasm.func((), [wasm.I32])),
            wasm.section(wasm.IMPORT, imports),
            wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(len(self))])),
            *([wasm.section(wasm.TABLE, wasm.vec(tables))] if tables else []),
            wasm.section(wasm.EXPORT, wasm.vec(exports)),
            _code(code),
        )


def _code(*bodies: bytes) -> bytes:
    """Write the code section: bodies without locals."""
    return wasm.section(wasm.CODE, wasm.vec([wasm.text(b"\0" + each + END) for each in bodies]))


def _constant(type_: tr.NumType | tr.VecType | tr.RefType) -> bytes | None:
    """Give what pushes a zero or a null; nothing for a reference that is never null."""
    if not isinstance(type_, tr.RefType):
        return _CONSTANTS[type_]
    if not type_.nullable:
        return None
    heap = type_.heap
    if isinstance(heap, tr.AbsHeapType):
        return REF_NULL + _HEADS[heap]
    assert isinstance(heap, tr.ModuleTypeIndex)
    return REF_NULL + wasm.heap(int(heap))


def export_name(probe: ProbeName, index: int) -> str:
    """Say under which name a provider exports what it has of a type."""
    return f"{probe} {index}"


def _table(index: int) -> bytes:
    return wasm.table(wasm.ref(index), wasm.limits(1))


def _has_default(field: tr.FieldType) -> bool:
    return not isinstance(field.storage, tr.RefType) or field.storage.nullable
