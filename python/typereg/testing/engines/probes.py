"""Modules that make an engine say what it thinks of two types.

Type ``$i`` of a provider and ``$j`` of a consumer, by what the one exports and the other imports:

- ``mutable-global``, ``table``, ``tag``: linked if they are equal;
- ``global``, ``function``: linked if ``$i`` matches ``$j``;
- ``ref.test``: a value of ``$i``, given as `anyref` or `funcref`, is tested for ``(ref $j)`` at run
  time.

The types come from any module's bytes; only its type section is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

import typereg as tr
from typereg.testing import wasm

GLOBAL_GET: Final = b"\x23\0"
REF_TEST: Final = b"\xfb\x14"
REF_NULL: Final = b"\xd0"
REF_FUNC: Final = b"\xd2"
NEW_STRUCT: Final = b"\xfb\x01"
NEW_ARRAY: Final = b"\x41\0\xfb\x07"
END: Final = b"\x0b"

ProbeName = Literal["mutable-global", "global", "table", "tag", "function", "ref.test"]
ANSWERS: Final[dict[ProbeName, Literal["equal", "matches"]]] = {
    "mutable-global": "equal",
    "global": "matches",
    "table": "equal",
    "tag": "equal",
    "function": "matches",
    "ref.test": "matches",
}
"""Every probe, and what it answers of two types."""

ONLY_SOME: Final[tuple[ProbeName, ...]] = ("tag", "function", "ref.test")
"""The probes that only types of some kind can be put to."""


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
            case _:
                return self.wants(probe, index)

    def wants(self, probe: ProbeName, index: int) -> bool:
        """Tell whether a consumer can be made for a type."""
        match probe:
            case "function":
                return self.is_function(index)
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
                    case "function":
                        add(functions, wasm.leb(index), wasm.KIND_FUNC, called)
                    case "ref.test":
                        new = self._new(index)
                        assert new is not None
                        top = wasm.ANY
                        if self.is_function(index):
                            top, new = wasm.FUNC, new + wasm.leb(len(functions))
                            # Only what is exported, or declared, can be referred to.
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
            parts.append(wasm.code_section(len(functions)))
        return wasm.module(self.section(), *parts)

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

        For ``ref.test`` its function ``t`` says whether the value is.
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
                return self._testing(index)

    def _importing(self, kind: bytes, extern: bytes) -> bytes:
        imports = wasm.vec([wasm.import_("p", "x", kind, extern)])
        return wasm.module(self.section(), wasm.section(wasm.IMPORT, imports))

    def _testing(self, index: int) -> bytes:
        top = wasm.FUNC if self.is_function(index) else wasm.ANY
        code = b"\0" + GLOBAL_GET + REF_TEST + wasm.heap(index) + END
        imports = wasm.vec([wasm.import_("p", "x", wasm.KIND_GLOBAL, wasm.global_(top))])
        return wasm.module(
            self.section(wasm.func((), [wasm.I32])),
            wasm.section(wasm.IMPORT, imports),
            wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(len(self))])),
            wasm.section(wasm.EXPORT, wasm.vec([wasm.export("t", wasm.KIND_FUNC, 0)])),
            wasm.section(wasm.CODE, wasm.vec([wasm.text(code)])),
        )


def export_name(probe: ProbeName, index: int) -> str:
    """Say under which name a provider exports what it has of a type."""
    return f"{probe} {index}"


def _table(index: int) -> bytes:
    return wasm.table(wasm.ref(index), wasm.limits(1))


def _has_default(field: tr.FieldType) -> bool:
    return not isinstance(field.storage, tr.RefType) or field.storage.nullable
