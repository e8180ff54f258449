"""Runs inside the child process: answers questions with the `wasmtime` wheel. See `process`.

It imports nothing of typereg, so that what answers is Wasmtime alone.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import wasmtime

OPTIONAL = (
    "wasm_gc",
    "wasm_function_references",
    "wasm_exceptions",
    "wasm_memory64",
    "wasm_multi_memory",
    "wasm_threads",
    "wasm_custom_page_sizes",
    "wasm_stack_switching",
)
MISMATCH = "incompatible import type"


def make_engine() -> wasmtime.Engine:
    """Make an engine with every feature that it has here."""
    wanted: list[str] = []
    for name in OPTIONAL:
        config = wasmtime.Config()
        try:
            for each in [*wanted, name]:
                setattr(config, each, True)
            wasmtime.Engine(config)
        except (wasmtime.WasmtimeError, AttributeError):
            continue
        wanted.append(name)
    config = wasmtime.Config()
    for each in wanted:
        setattr(config, each, True)
    return wasmtime.Engine(config)


ENGINE = make_engine()


def read(text: str) -> wasmtime.Module:
    """Compile a module."""
    return wasmtime.Module(ENGINE, base64.b64decode(text))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one question."""
    if request["op"] == "valid":
        try:
            wasmtime.Module.validate(ENGINE, base64.b64decode(request["wasm"]))
        except wasmtime.WasmtimeError as error:
            return {"valid": False, "why": str(error)}
        return {"valid": True}
    store = wasmtime.Store(ENGINE)
    try:
        provider = wasmtime.Instance(store, read(request["provider"]), [])
    except wasmtime.WasmtimeError as error:
        return {"refused": f"provider: {error}"}
    exports = provider.exports(store)
    items = [exports[name] for name in request["exports"]]
    rows: list[str | list[int]] = []
    for text in request["consumers"]:
        try:
            consumer = read(text)
        except wasmtime.WasmtimeError as error:
            rows.append(f"consumer: {error}")
            continue
        row: list[int] = []
        for item in items:
            try:
                instance = wasmtime.Instance(store, consumer, [item])
            except wasmtime.WasmtimeError as error:
                if MISMATCH not in str(error):
                    return {"refused": f"instance: {error}"}
                row.append(0)
                continue
            if request.get("run"):
                test = instance.exports(store)["t"]
                assert isinstance(test, wasmtime.Func)
                row.append(test(store))
            else:
                row.append(1)
        rows.append(row)
    return {"rows": rows}


def main() -> None:
    """Answer questions until there are no more."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
