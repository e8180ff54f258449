"""What a type checker tells a user of the package (P7), run on a program that has mistakes."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

PROGRAM = """\
from collections.abc import Sequence
import typereg as tr

engine = tr.Engine(limits=tr.Limits.js_api(live_types=10_000), features=tr.Features())
module: tr.Module = tr.Module("(module (type $t (func)))")
types: Sequence[tr.SubType] = module.types
name: str | None = module.type_name(0)
copies = [tr.Module(source) for source in (bytearray(module.wasm), memoryview(module.wasm))]
with engine.register(module) as collection:
    handle: tr.RegisteredType = collection[0]
    indices: tuple[tr.SharedTypeIndex, ...] = collection.as_module_map()
group = tr.RecGroup([tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(0)))]))])
(node,) = engine.register_group(group)
found: tr.RegisteredType | None = tr.RegisteredType.root(engine, node.index)
answer: bool = engine.matches(tr.RefType(node.index), tr.ANY)
field: bool = engine.matches(tr.FieldType(tr.I8), tr.FieldType(tr.I8))
match node.type.composite:
    case tr.StructType(fields):
        first: tr.FieldType = fields[0]
"""

MISTAKES = [
    "tr.RefType(0)",
    'tr.FieldType("i32")',
    "tr.FuncType([tr.I8], [])",
    "tr.SubType(tr.StructType([]), supertype=1)",
    "tr.ArrayType(tr.I32)",
    "tr.Module(5)",
    "tr.RegisteredType(engine, tr.I32)",
    "engine.register_group([])",
    "engine.registry.borrow(0)",
    "engine.matches(0, 0)",
    "collection.matches(0, 0)",
    "tr.Engine(tr.Limits())",
    "tr.Limits.js_api(1)",
    "tr.Features(shared_types=True)",
    "group.members = ()",
]


def check(folder: pathlib.Path, program: str) -> list[int]:
    """The lines that mypy's strict mode objects to."""
    pytest.importorskip("mypy")
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return sorted(
        {int(line) for line in re.findall(r"^program\.py:(\d+): error", done.stdout, re.M)}
    )


def test_p07_a_correct_program_is_clean_and_each_mistake_is_found(tmp_path: pathlib.Path) -> None:
    lines = PROGRAM.count("\n")
    expected = [lines + 1 + number for number in range(len(MISTAKES))]
    assert check(tmp_path, PROGRAM + "\n".join(MISTAKES) + "\n") == expected
