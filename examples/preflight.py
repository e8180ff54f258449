"""Check that a plugin fits its host before an engine sees it, and then run it with wasmtime.

    python examples/preflight.py host.wat plugin.wat

The plugin's imports are all answered by the host, whatever module they name. Needs the package
`wasmtime`. With --verdicts, the engine is asked even where typereg says no, and both answers are
printed as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys

import typereg as tr

FEATURES = (
    "wasm_function_references",
    "wasm_gc",
    "wasm_exceptions",
    "wasm_memory64",
    "wasm_threads",
    "wasm_custom_page_sizes",
)


def preflight(host: tr.Module, plugin: tr.Module) -> tr.LinkReport:
    """Say of every import of the plugin whether the host's export fits; compiles nothing."""
    return tr.link(plugin, {item.module: host for item in plugin.imports})


def instantiate(host: tr.Module, plugin: tr.Module) -> None:
    """Instantiate the host and give the plugin what it exports; raise `WasmtimeError` if refused.

    What to give is looked up by the names that typereg has read: to ask wasmtime for the types of
    imports and exports ends the process where it does not know them.
    """
    import wasmtime

    config = wasmtime.Config()
    for feature in FEATURES:
        if hasattr(wasmtime.Config, feature):
            setattr(config, feature, True)
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    exports = wasmtime.Instance(store, wasmtime.Module(engine, host.wasm), []).exports(store)
    given = [exports[item.name] for item in plugin.imports]
    wasmtime.Instance(store, wasmtime.Module(engine, plugin.wasm), given)


def verdict_of_the_engine(host: tr.Module, plugin: tr.Module) -> dict[str, object]:
    """Say whether the engine takes the plugin, and what it says if not."""
    import wasmtime

    try:
        instantiate(host, plugin)
    except (wasmtime.WasmtimeError, KeyError) as error:
        return {"ok": False, "says": str(error)}
    return {"ok": True, "says": None}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Check a plugin against its host, then run it.")
    parser.add_argument("host")
    parser.add_argument("plugin")
    parser.add_argument("--verdicts", action="store_true", help="ask the engine in any case")
    options = parser.parse_args()

    features = tr.Features(custom_page_sizes=True)
    host = tr.Module.from_file(options.host, features=features)
    plugin = tr.Module.from_file(options.plugin, features=features)
    report = preflight(host, plugin)
    if options.verdicts:
        both = {"typereg": report.to_json(), "engine": verdict_of_the_engine(host, plugin)}
        print(json.dumps(both))
        return 0
    if not report.ok:
        print(report)
        return 1
    instantiate(host, plugin)
    print(f"{options.plugin} runs on {options.host}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
