"""Modules that make an engine say what it thinks of two types.

- Equality: a mutable global of type ``(ref null $i)``, imported as ``(ref null $j)``.
- Matching: the same with an immutable global, or a function.
- At run time: a value of type ``$i``, given as `anyref` or `funcref`, and ``ref.test (ref $j)``.

The types come from any module's bytes; only its type section is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import typereg as tr
from typereg.testing import wasm

GLOBAL_GET: Final = b"\x23\0"
REF_TEST: Final = b"\xfb\x14"
END: Final = b"\x0b"


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
        self.module: tr.Module = tr.Module(
            wasm.module(wasm.section(wasm.TYPE, wasm.leb(self.count) + self.body)),
            features=tr.Features(stack_switching=True),
        )
        self.types: Sequence[tr.SubType] = self.module.types

    def section(self, *more: bytes) -> bytes:
        """Give the type section, with groups added behind."""
        return wasm.section(
            wasm.TYPE, wasm.leb(self.count + len(more)) + self.body + b"".join(more)
        )

    def __len__(self) -> int:
        return len(self.types)

    def globals(self, indices: list[int]) -> bytes:
        """Make a provider of a mutable and an immutable null of each type: ``m0``, ``g0``, ...."""
        items, exports = [], []
        for position, index in enumerate(indices):
            for mutable, name in ((True, "m"), (False, "g")):
                null = b"\xd0" + wasm.heap(index) + END
                items.append(wasm.global_(wasm.ref(index), mutable=mutable) + null)
                at = len(items) - 1
                exports.append(wasm.export(f"{name}{position}", wasm.KIND_GLOBAL, at))
        return wasm.module(
            self.section(),
            wasm.section(wasm.GLOBAL, wasm.vec(items)),
            wasm.section(wasm.EXPORT, wasm.vec(exports)),
        )

    def wants_global(self, index: int, *, mutable: bool) -> bytes:
        """Make a consumer of a global of a type."""
        extern = wasm.global_(wasm.ref(index), mutable=mutable)
        return self._importing(wasm.KIND_GLOBAL, extern)

    def function(self, index: int) -> bytes:
        """Make a provider of a function of a type, ``f0``."""
        return wasm.module(
            self.section(),
            wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(index)])),
            wasm.section(wasm.EXPORT, wasm.vec([wasm.export("f0", wasm.KIND_FUNC, 0)])),
            wasm.code_section(1),
        )

    def wants_function(self, index: int) -> bytes:
        """Make a consumer of a function of a type."""
        return self._importing(wasm.KIND_FUNC, wasm.leb(index))

    def _importing(self, kind: bytes, extern: bytes) -> bytes:
        imports = wasm.vec([wasm.import_("p", "x", kind, extern)])
        return wasm.module(self.section(), wasm.section(wasm.IMPORT, imports))

    # At run time.

    def value(self, index: int) -> bytes | None:
        """Make a provider of a value of a type, ``v0``; nothing where none can be made simply."""
        composite = self.types[index].composite
        functions: list[bytes] = []
        match composite:
            case tr.StructType(fields) if all(map(_has_default, fields)):
                made = b"\xfb\x01" + wasm.leb(index)
            case tr.ArrayType(field) if _has_default(field):
                made = b"\x41\0\xfb\x07" + wasm.leb(index)
            case tr.FuncType():
                made = b"\xd2\0"
                functions.append(wasm.leb(index))
            case _:
                return None
        top = wasm.FUNC if functions else wasm.ANY
        exports = [wasm.export("v0", wasm.KIND_GLOBAL, 0)]
        if functions:
            exports.append(wasm.export("f", wasm.KIND_FUNC, 0))
        parts = [
            self.section(),
            wasm.section(wasm.FUNCTION, wasm.vec(functions)),
            wasm.section(wasm.GLOBAL, wasm.vec([wasm.global_(top) + made + END])),
            wasm.section(wasm.EXPORT, wasm.vec(exports)),
        ]
        if functions:
            return wasm.module(*parts, wasm.code_section(1))
        del parts[1]
        return wasm.module(*parts)

    def tests(self, index: int, *, function: bool) -> bytes:
        """Make a consumer whose ``t`` tests whether ``p.x`` is of a type."""
        top = wasm.FUNC if function else wasm.ANY
        code = b"\0" + GLOBAL_GET + REF_TEST + wasm.heap(index) + END
        imports = wasm.vec([wasm.import_("p", "x", wasm.KIND_GLOBAL, wasm.global_(top))])
        return wasm.module(
            self.section(wasm.func((), [wasm.I32])),
            wasm.section(wasm.IMPORT, imports),
            wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(len(self))])),
            wasm.section(wasm.EXPORT, wasm.vec([wasm.export("t", wasm.KIND_FUNC, 0)])),
            wasm.section(wasm.CODE, wasm.vec([wasm.text(code)])),
        )

    def is_function(self, index: int) -> bool:
        """Tell whether a type is a function type."""
        return isinstance(self.types[index].composite, tr.FuncType)


def _has_default(field: tr.FieldType) -> bool:
    return not isinstance(field.storage, tr.RefType) or field.storage.nullable
