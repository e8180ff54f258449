"""Linking against an engine's validation, side by side in one run: prints the ratios.

    python benches/link.py [MODULE] [--rounds N]

MODULE has a large type section; without it, `main.dart.wasm` of the PyPI package flet-web 1.0.5
(13,987 types) is fetched. Its type section is put into a provider that exports a function of each
function type, and into a consumer that imports each of them, so that linking looks at every
function type there is, and both are small but for types. Needs the package `wasmtime`, and an
optimized build of typereg (`maturin develop --release`).

"linking" is reading both modules from bytes and judging every import; "validating" is
`wasmtime.Module.validate` of both. Medians of interleaved rounds.
"""

from __future__ import annotations

import argparse
import io
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable

import wasmtime

import typereg as tr

FLET = "flet-web==1.0.5"


def leb(number: int) -> bytes:
    """Write an unsigned number as LEB128."""
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def read_leb(data: bytes, at: int) -> tuple[int, int]:
    """Read one: give it and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def section(number: int, items: list[bytes]) -> bytes:
    """Write a section that is a list."""
    content = leb(len(items)) + b"".join(items)
    return bytes([number]) + leb(len(content)) + content


def name(text: str) -> bytes:
    """Write a name."""
    return leb(len(text)) + text.encode()


def type_section(wasm: bytes) -> bytes:
    """Cut the type section out of a module, with its head."""
    at = 8
    while at < len(wasm):
        size, content = read_leb(wasm, at + 1)
        if wasm[at] == 1:
            return wasm[at : content + size]
        at = content + size
    raise SystemExit("the module has no type section")


def modules(wasm: bytes) -> tuple[bytes, bytes, bytes]:
    """Make a provider and a consumer of a function of each function type.

    The third module is a consumer that expects each function to be of the next one's type.
    """
    types = type_section(wasm)
    declared = tr.Module(b"\0asm\1\0\0\0" + types, limits=tr.Limits.spec()).types
    functions = [
        index for index, ty in enumerate(declared) if isinstance(ty.composite, tr.FuncType)
    ]
    head = b"\0asm\1\0\0\0" + types
    exports = [name(f"f{i}") + b"\0" + leb(i) for i in range(len(functions))]
    provider = b"".join(
        [
            head,
            section(3, [leb(index) for index in functions]),
            section(7, exports),
            section(10, [b"\3\0\0\x0b"] * len(functions)),  # `unreachable`
        ]
    )

    def consumer(types: list[int]) -> bytes:
        imports = [name("env") + name(f"f{i}") + b"\0" + leb(t) for i, t in enumerate(types)]
        return head + section(2, imports)

    return provider, consumer(functions), consumer([*functions[1:], functions[0]])


def real_module() -> bytes:
    """Fetch the Dart module."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pip", "download", "--quiet", "--no-deps", "--dest", folder, FLET]
        subprocess.run([sys.executable, "-m", *command], check=True)
        (wheel,) = pathlib.Path(folder).iterdir()
        with zipfile.ZipFile(io.BytesIO(wheel.read_bytes())) as archive:
            (path,) = [each for each in archive.namelist() if each.endswith("main.dart.wasm")]
            return archive.read(path)


def median_times(rounds: int, *calls: Callable[[], object]) -> list[float]:
    """Run calls in turns, and give the median of each in seconds."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, own in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in times]


def engine() -> wasmtime.Engine:
    """Make an engine that takes what GC toolchains emit."""
    config = wasmtime.Config()
    config.wasm_function_references = True
    config.wasm_gc = True
    config.wasm_exceptions = True
    return wasmtime.Engine(config)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("module", nargs="?", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=21)
    options = parser.parse_args()
    wasm = options.module.read_bytes() if options.module else real_module()
    provider, consumer, misfit = modules(wasm)
    store = engine()

    def link(consumer: bytes = consumer) -> tr.LinkReport:
        return tr.link(tr.Module(consumer), {"env": tr.Module(provider)})

    def validate() -> None:
        wasmtime.Module.validate(store, provider)
        wasmtime.Module.validate(store, consumer)

    report, explained = link(), link(misfit)
    assert report.ok, report
    calls = [link, lambda: link(misfit), validate]
    linking, explaining, validating = median_times(options.rounds, *calls)
    types, wrong = len(tr.Module(consumer).types), len(explained.mismatches)
    print(f"two modules of {types:,} types; {report.imports:,} imports")
    print(f"validating both                  {validating * 1e3:8.2f} ms")
    print(f"linking, all fit                 {linking * 1e3:8.2f} ms, {validating / linking:.2f}x")
    line = f"linking, {wrong:,} explained"
    print(f"{line:<33}{explaining * 1e3:8.2f} ms, {validating / explaining:.2f}x")


if __name__ == "__main__":
    main()
