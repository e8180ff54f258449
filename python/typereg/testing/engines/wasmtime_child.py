"""Runs inside the child process: answers questions with the `wasmtime` wheel. See `process`.

It imports nothing of typereg, so that what answers is Wasmtime alone; and it is written for every
version of the wheel that knows garbage-collected types.
"""

from __future__ import annotations

import base64
import importlib.metadata
import json
import sys
from collections import OrderedDict
from typing import Any

import wasmtime

OPTIONAL = (
    "wasm_function_references",
    "wasm_gc",
    "wasm_exceptions",
    "wasm_memory64",
    "wasm_multi_memory",
    "wasm_threads",
    "shared_memory",
    "wasm_custom_page_sizes",
    "wasm_stack_switching",
)
MISMATCH = "incompatible import type"
KEPT = 64
"""How many compiled modules are kept. Those let go give their types back to the engine, so that
its registry frees and reuses what a registry that only grows never would."""

LARGE = 1 << 16
"""Larger modules are not kept: whoever falls over one falls while it is the question."""


def configured(names: list[str]) -> wasmtime.Config:
    """Make a configuration with some features; `AttributeError` where the wheel lacks one.

    Older wheels have settings that only the library's own functions reach, and take an assignment
    to an attribute that does not exist without a word.
    """
    config = wasmtime.Config()
    # Code that runs once, if at all, is compiled plainly, and by no other threads.
    config.cranelift_opt_level = "none"
    if hasattr(type(config), "parallel_compilation"):
        config.parallel_compilation = False
    for name in names:
        if hasattr(type(config), name):
            setattr(config, name, True)
        else:
            from wasmtime import _bindings

            getattr(_bindings, f"wasmtime_config_{name}_set")(config.ptr(), True)
    return config


def make_engine() -> wasmtime.Engine:
    """Make an engine with every feature that it has here."""
    wanted: list[str] = []
    for name in OPTIONAL:
        try:
            wasmtime.Engine(configured([*wanted, name]))
        except (wasmtime.WasmtimeError, AttributeError, ImportError):
            continue
        wanted.append(name)
    return wasmtime.Engine(configured(wanted))


ENGINE = make_engine()
MODULES: OrderedDict[str, wasmtime.Module] = OrderedDict()


def read(text: str) -> wasmtime.Module:
    """Compile a module, or give the one that was compiled lately."""
    if len(text) > LARGE:
        return wasmtime.Module(ENGINE, base64.b64decode(text))
    module = MODULES.get(text)
    if module is None:
        module = MODULES[text] = wasmtime.Module(ENGINE, base64.b64decode(text))
        if len(MODULES) > KEPT:
            MODULES.popitem(last=False)
    else:
        MODULES.move_to_end(text)
    return module


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
    tables = []
    for table in request["tables"]:
        items = [exports[name] for name in table["exports"]]
        tables.append([link(store, items, text, table["run"]) for text in table["consumers"]])
    return {"tables": tables}


def link(store: wasmtime.Store, items: list[Any], text: str, run: bool) -> str | dict[str, str]:
    """Try each item as the one import of a consumer."""
    try:
        consumer = read(text)
    except wasmtime.WasmtimeError as error:
        return {"refused": f"consumer: {error}"}
    row = ""
    for item in items:
        try:
            instance = wasmtime.Instance(store, consumer, [item])
        except wasmtime.WasmtimeError as error:
            if MISMATCH not in str(error):
                return {"refused": f"instance: {error}"}
            row += "0"
            continue
        if run:
            test = instance.exports(store)["t"]
            assert isinstance(test, wasmtime.Func)
            try:
                row += str(test(store))
            except wasmtime.Trap:
                row += "0"
        else:
            row += "1"
    return row


def main() -> None:
    """Answer questions until there are no more."""
    print(json.dumps({"ready": f"wasmtime {importlib.metadata.version('wasmtime')}"}), flush=True)
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:  # what the wheel's own Python cannot do is not the engine's
            said = {"unable": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
