"""Findings of the fuzzer as files: two modules and a script that shows the difference by itself."""

from __future__ import annotations

import pathlib
import pprint
from dataclasses import replace
from typing import Final

from .fuzz import Finding, path
from .spec import Export, Extern, GlobalExtern, Import, Module, Ref

INCOMPATIBLE: Final = '"incompatible import type"'


def save(finding: Finding, folder: pathlib.Path) -> list[pathlib.Path]:
    """Write a finding into a folder, which is made if need be; give the files.

    Two modules ``.a.wasm`` and ``.b.wasm`` (one, where only one is at stake) and a ``.wast``; a
    sequence of operations is a ``.py`` that replays it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{finding.seed}-{finding.example}-{finding.who}-{finding.question}"
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
    lines = [
        f";; {finding.who} against the reference: {question(finding)}",
        f";; {finding.who} says {_line(finding.got)}, the reference {_line(finding.expected)}",
        f";; attribute: {finding.attribute}",
        f";; path: {path(finding) or 'not explained'}",
        f";; seed {finding.seed}, example {finding.example}",
        "",
    ]
    yes = finding.expected == "True"
    if finding.question == "valid":
        (module,) = finding.modules
        lines.append(module.wat if yes else f'(assert_invalid {module.wat} "invalid")')
        return "\n".join(lines) + "\n"
    a, b = finding.modules
    if finding.question == "link":
        provider, consumer, name = a, b, "env"
    else:
        mutable = finding.question == "equal"
        provider = _exporting(a, GlobalExtern(Ref(finding.i or 0), mutable))
        consumer = _importing(b, GlobalExtern(Ref(finding.j or 0), mutable))
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

from typereg.testing.programs import *
from typereg.testing.registries import ReferenceRegistry, TyperegRegistry
from typereg.testing.side_by_side import SideBySide
from typereg.testing.spec import *

PROGRAM = {pprint.pformat(finding.program, width=96)}

if __name__ == "__main__":
    print(PROGRAM)
    SideBySide(TyperegRegistry(), ReferenceRegistry(), TyperegRegistry).run(PROGRAM)
    print("no difference")
'''


def _line(text: str) -> str:
    return text.replace("\n", " ").replace('"""', "'''")[:300]


def _exporting(module: Module, item: Extern) -> Module:
    return replace(module, items=(item,), exports=(Export("x", "global", 0),), names=())


def _importing(module: Module, item: Extern) -> Module:
    return replace(module, imports=(Import("a", "x", item),), names=())
