"""Findings of the fuzzer as files: two modules and a script that shows the difference by itself."""

from __future__ import annotations

import pathlib
from dataclasses import replace
from typing import Final

import typereg as tr
from typereg.reference.types import ExternType, GlobalType, ModuleTypeIndex, TableType, TagType

from .engines.features import needed
from .engines.probes import RUN, ProbeName, Types
from .findings import Finding, path
from .spec import Export, Import, Module, kind_of_extern, ref_type

INCOMPATIBLE: Final = '"incompatible import type"'


def save(finding: Finding, folder: pathlib.Path) -> list[pathlib.Path]:
    """Write a finding into a folder, which is made if need be; give the files.

    Two modules ``.a.wasm`` and ``.b.wasm`` (one, where only one is at stake) and a ``.wast``; a
    sequence of operations is a ``.py`` that replays it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{finding.seed}-{finding.example}-{finding.who}-{finding.question}"
    if finding.count > 1:
        stem += f"-{finding.count}"
    files: list[pathlib.Path] = []
    if finding.question == "operations":
        files.append(folder / f"{stem}.py")
        files[-1].write_text(replay(finding), encoding="utf-8")
        return files
    for letter, module in zip("ab", finding.modules, strict=False):
        files.append(folder / f"{stem}.{letter}.wasm")
        files[-1].write_bytes(module.wasm)
    files.append(folder / f"{stem}.wast")
    files[-1].write_text(script(finding), encoding="utf-8")
    return files


def script(finding: Finding) -> str:
    """Write a finding as a script: it fails for whoever answers as the finding says."""
    features = sorted({name for module in finding.modules for name in needed(module.wasm)})
    lines = [
        f";; {finding.who} against the reference: {question(finding)}",
        f";; {finding.who} says {_line(finding.got)}, the reference {_line(finding.expected)}",
        f";; attribute: {finding.attribute}",
        f";; path: {path(finding) or 'not explained'}",
        f";; seed {finding.seed}, example {finding.example}",
        *([f";; needs {', '.join(features)}"] if features else []),
        *([f";; {finding.detail}"] if finding.detail else []),
        "",
    ]
    yes = finding.expected == "True"
    if finding.question == "valid":
        (module,) = finding.modules
        lines.append(module.wat if yes else f'(assert_invalid {module.wat} "invalid")')
        return "\n".join(lines) + "\n"
    if finding.probe in RUN:
        return "\n".join([*lines, *_tested(finding, finding.probe, yes)]) + "\n"
    a, b = finding.modules
    if finding.question == "link":
        provider, consumer, name = a, b, "env"
    else:
        provider = _exporting(a, _probed(finding, finding.i or 0))
        consumer = _importing(b, _probed(finding, finding.j or 0))
        name = "a"
    lines += ["(module $a" + provider.wat.removeprefix("(module"), f'(register "{name}" $a)']
    verdict = consumer.wat if yes else f"(assert_unlinkable {consumer.wat} {INCOMPATIBLE})"
    return "\n".join([*lines, verdict]) + "\n"


def question(finding: Finding) -> str:
    """Say what was asked."""
    match finding.question:
        case "equal":
            return f"is type {finding.i} of the first the same as type {finding.j} of the second?"
        case "matches":
            return f"is type {finding.i} of the first a subtype of type {finding.j} of the second?"
        case "valid":
            return "is the module valid?"
        case "link":
            return "can the second import from the first?"
    return finding.detail


def replay(finding: Finding) -> str:
    """Write a sequence of operations as a script that replays it, and fails where they differ."""
    return f'''"""{finding.who} against the reference: {_line(finding.detail)}

{finding.who} says {_line(finding.got)}, the reference {_line(finding.expected)}.
Seed {finding.seed}, example {finding.example}. Run it to see the difference.
"""

from typereg.reference.types import *
from typereg.testing.fuzz import everything
from typereg.testing.programs import *
from typereg.testing.registries import ReferenceRegistry
from typereg.testing.side_by_side import SideBySide
from typereg.testing.spec import *

PROGRAM = Program((
{"".join(f"    {each!r},{chr(10)}" for each in finding.program.operations)}))

if __name__ == "__main__":
    print(PROGRAM)
    registry = everything()
    SideBySide(registry, ReferenceRegistry.beside(registry), everything).run(PROGRAM)
    print("no difference")
'''


def _line(text: str) -> str:
    return text.replace("\n", " ").replace('"""', "'''")[:300]


def _probed(finding: Finding, index: int) -> ExternType:
    """Give the extern type by which two types are compared."""
    match finding.probe:
        case "function":
            return ModuleTypeIndex(index)
        case "tag":
            return TagType(ModuleTypeIndex(index))
        case "table":
            return TableType(ref_type(index), 1)
    return GlobalType(ref_type(index), finding.question == "equal")


def _tested(finding: Finding, probe: ProbeName, yes: bool) -> list[str]:
    """Write the test at run time as a script: the text format says such modules as bytes, too."""
    a, b = (Types(module.wasm) for module in finding.modules)
    provider = a.provider([probe], [finding.i or 0], name="x")
    consumer = b.consumer(probe, finding.j or 0)
    head = [f'(module $a binary "{_escaped(provider)}")', '(register "p" $a)']
    tested = f'(module binary "{_escaped(consumer)}")'
    if yes or probe == "ref.test":
        return [*head, tested, f'(assert_return (invoke "t") (i32.const {int(yes)}))']
    if probe == "call_indirect":
        return [*head, tested, '(assert_trap (invoke "t") "indirect call type mismatch")']
    if tr.matches(a.module, finding.i or 0, b.module, b.topmost(finding.j or 0)):
        return [*head, tested, '(assert_return (invoke "t") (i32.const 0))']
    return [*head, f"(assert_unlinkable {tested} {INCOMPATIBLE})"]


def _exporting(module: Module, item: ExternType) -> Module:
    export = Export("x", kind_of_extern(item), 0)
    return replace(module, items=(item,), exports=(export,), names=())


def _importing(module: Module, item: ExternType) -> Module:
    return replace(module, imports=(Import("a", "x", item),), names=())


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)
