"""The features that an engine may lack, and which of them a module may need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import typereg as tr
from typereg.testing import wasm

FEATURES: Final[Mapping[str, bytes]] = {
    "gc": wasm.types(wasm.rec(wasm.sub(wasm.struct()))),
    "exnref": wasm.types(wasm.func([wasm.EXN])),
    "exceptions": wasm.module(
        wasm.type_section(wasm.func()), wasm.section(wasm.TAG, wasm.vec([wasm.tag(0)]))
    ),
    "stack_switching": wasm.types(wasm.func(), wasm.cont(0)),
    "memory64": wasm.module(wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, address64=True)]))),
    "table64": wasm.module(
        wasm.section(wasm.TABLE, wasm.vec([wasm.table(wasm.FUNC, wasm.limits(1, address64=True))]))
    ),
    "threads": wasm.module(wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, 1, shared=True)]))),
    "custom_page_sizes": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, page_log2=0)]))
    ),
}
"""A smallest module that needs each feature that an engine may lack."""

OPTIONAL: Final = ("stack_switching", "custom_page_sizes")
"""Those that typereg, too, has only on request."""


def may_need(data: bytes) -> list[str]:
    """Name the features that a module may need.

    What typereg can read is looked at; of what it cannot, some bytes give a feature away, rather
    too often than too rarely: a wrong one only matters for an engine that lacks it.
    """
    sections = dict(wasm.sections(data))
    found = ["gc"]
    bodies = b"".join(body for number, body in sections.items() if number != wasm.CODE)
    if b"\x69" in bodies or b"\x74" in bodies:
        found.append("exnref")
    module = _read(data, *OPTIONAL)
    if module is None:
        found.append("exceptions")
        if sections.keys() & {wasm.IMPORT, wasm.TABLE, wasm.MEMORY}:
            found += ["memory64", "table64", "threads", "custom_page_sizes"]
        if any(byte in bodies for byte in (b"\x5d", b"\x68", b"\x75")):
            found.append("stack_switching")
        return found
    found += needed(data)
    types = [each.type for each in module.imports] + [each.type for each in module.exports]
    for type_ in types:
        match type_:
            case tr.TagType():
                found.append("exceptions")
            case tr.MemoryType(address64=True):
                found.append("memory64")
            case tr.TableType(address64=True):
                found.append("table64")
            case tr.MemoryType(shared=True):
                found.append("threads")
            case _:
                pass
    return found


def needed(data: bytes) -> list[str]:
    """Name the features of `OPTIONAL` that a module needs; none where all of them do not help."""
    if _read(data) is not None or _read(data, *OPTIONAL) is None:
        return []
    others = {each: [other for other in OPTIONAL if other != each] for each in OPTIONAL}
    return [each for each, rest in others.items() if _read(data, *rest) is None]


def _read(data: bytes, *features: str) -> tr.Module | None:
    """Read a module with some features; nothing where it is not valid with them."""
    try:
        return tr.Module(data, features=tr.Features(**dict.fromkeys(features, True)))
    except tr.TypeRegError:
        return None
