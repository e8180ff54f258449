"""`typereg digest` as a person and a script see it (contract section C). G7."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

import typereg as tr

SCHEMA = json.loads(
    (pathlib.Path(tr.__file__).parent / "cli" / "schemas" / "digest-1.schema.json").read_text()
)
PLUGIN = """(module
  (type $node (sub (struct (field i32) (field (ref null $node)))))
  (rec (type $a (func (param (ref $b)))) (type $b (array i8)))
  (rec))"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a module as text and as bytes, and another."""
    (tmp_path / "plugin.wat").write_text(PLUGIN)
    (tmp_path / "plugin.wasm").write_bytes(tr.Module(PLUGIN).wasm)
    (tmp_path / "other.wat").write_text("(module (type (func)))")
    return tmp_path


def digest(
    folder: pathlib.Path, *arguments: str, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Runs the command in a folder, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "typereg", "digest", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=60,
    )


def report(folder: pathlib.Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What `--json` says, which is all that is printed, and as the schema has it."""
    done = digest(folder, *arguments, "--json")
    assert (done.returncode, done.stderr) == (code, b"")
    said = json.loads(done.stdout)
    jsonschema.validate(said, SCHEMA)
    assert done.stdout.count(b"\n") == 1
    assert isinstance(said, dict)
    return said


def pin(folder: pathlib.Path, *files: str) -> None:
    """Writes down what holds now."""
    (folder / "pinned.json").write_text(json.dumps(report(folder, *files)))


def test_g07_json_has_each_group_and_type(folder: pathlib.Path) -> None:
    said = report(folder, "plugin.wasm", "other.wat")
    plugin, other = said["modules"]
    module = tr.Module(PLUGIN)
    assert said["schema"] == "typereg.digest/1"
    assert (plugin["file"], other["file"]) == ("plugin.wasm", "other.wat")
    assert plugin["types"] == [digest.hex() for digest in module.type_digests]
    assert [group["types"] for group in plugin["groups"]] == [[0], [1, 2], []]
    digests = [group["digest"] for group in plugin["groups"]]
    assert digests == [digest.hex() for digest in module.group_digests]


def test_g07_text_shows_names_and_as_many_digits_as_asked(folder: pathlib.Path) -> None:
    module = tr.Module(PLUGIN)
    short, long = digest(folder, "plugin.wasm"), digest(folder, "plugin.wasm", "--long")
    assert (short.returncode, long.returncode) == (0, 0)
    for shown, digits in ((short, 16), (long, 64)):
        lines = shown.stdout.decode().splitlines()
        assert lines[0] == "plugin.wasm"
        assert lines[1] == f"  group  {module.group_digests[0].hex()[:digits]}"
        assert lines[2] == f"    type 0  {module.type_digests[0].hex()[:digits]}  $node"
        assert len(lines) == 1 + 3 + 3
        assert all(len(line) <= 80 or digits == 64 for line in lines)


def test_g07_a_check_that_holds(folder: pathlib.Path) -> None:
    pin(folder, "plugin.wat", "other.wat")
    done = digest(folder, "other.wat", "plugin.wat", "--check", "pinned.json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"all types are as in pinned.json\n"
    said = report(folder, "plugin.wat", "other.wat", "--check", "pinned.json")
    assert said["check"] == {"holds": True, "differences": []}
    # Other names, numbers and order: the same types.
    (folder / "plugin.wat").write_text(
        """(module
          (rec (type $x (func (param (ref $y)))) (type $y (array i8)))
          (type $n (sub (struct (field i32) (field (ref null $n))))))"""
    )
    assert report(folder, "plugin.wat", "other.wat", "--check", "pinned.json")["check"]["holds"]


def test_g07_a_check_names_each_type_that_differs(folder: pathlib.Path) -> None:
    pin(folder, "plugin.wat")
    before = tr.Module(PLUGIN).type_digests
    (folder / "plugin.wat").write_text(PLUGIN.replace("field i32", "field (mut i32)"))
    after = tr.Module((folder / "plugin.wat").read_text()).type_digests
    said = report(folder, "plugin.wat", "--check", "pinned.json", code=1)
    assert said["check"] == {
        "holds": False,
        "differences": [
            {
                "file": "plugin.wat",
                "change": "changed",
                "type": 0,
                "was": before[0].hex(),
                "now": after[0].hex(),
            }
        ],
    }
    done = digest(folder, "plugin.wat", "--check", "pinned.json")
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().splitlines() == [
        "plugin.wat: type 0 $node changed",
        f"  was  {before[0].hex()[:16]}",
        f"  now  {after[0].hex()[:16]}",
        "1 type differs from pinned.json",
    ]


def test_g07_types_added_and_removed_and_files_that_come_and_go(folder: pathlib.Path) -> None:
    pin(folder, "plugin.wat")
    (folder / "plugin.wat").write_text(PLUGIN.replace("(rec))", "(type (array f32)))"))
    said = report(folder, "plugin.wat", "--check", "pinned.json", code=1)
    changes = [(d["change"], d["type"]) for d in said["check"]["differences"]]
    assert changes == [("added", 3)]
    (folder / "plugin.wat").write_text("(module (type (func)) (type (array f32)) (type (func)))")
    said = report(folder, "plugin.wat", "--check", "pinned.json", code=1)
    changes = [(d["change"], d["type"]) for d in said["check"]["differences"]]
    assert changes == [("changed", 0), ("changed", 1), ("changed", 2)]
    said = report(folder, "other.wat", "--check", "pinned.json", code=1)
    changes = [(d["file"], d["change"]) for d in said["check"]["differences"]]
    assert changes == [("other.wat", "added")] + [("plugin.wat", "removed")] * 3


def test_g07_a_type_declared_twice_counts_twice(folder: pathlib.Path) -> None:
    (folder / "other.wat").write_text("(module (type (func)) (type (func)))")
    pin(folder, "other.wat")
    (folder / "other.wat").write_text("(module (type (func)))")
    said = report(folder, "other.wat", "--check", "pinned.json", code=1)
    assert [(d["change"], d["type"]) for d in said["check"]["differences"]] == [("removed", 1)]


def test_c_standard_input(folder: pathlib.Path) -> None:
    pinned = digest(folder, "-", "--json", stdin=PLUGIN.encode())
    assert json.loads(pinned.stdout)["modules"][0]["file"] == "-"
    assert digest(folder, "other.wat", "--check", "-", stdin=pinned.stdout).returncode == 1
    done = digest(folder, "-", "--check", "-", stdin=pinned.stdout)
    assert (done.returncode, done.stdout) == (2, b"")
    (folder / "pinned.json").write_bytes(pinned.stdout)
    done = digest(folder, "-", "--check", "pinned.json", stdin=PLUGIN.encode())
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "No such file"),
        (b"", "not JSON"),
        (b'{"schema": 1,', "not JSON: Expecting property name"),
        ('{"é": x'.encode(), "(at offset 0x7)"),
        (b"\xff", "not UTF-8 (at offset 0x0)"),
        (b"[]", "typereg.digest/1"),
        (b'{"schema": "typereg.inspect/1"}', "typereg.digest/1"),
        (b'{"schema": "typereg.digest/1"}', "a list of modules"),
        (b'{"schema": "typereg.digest/1", "modules": [{}]}', "modules[0] has no file"),
        (
            b'{"schema": "typereg.digest/1", "modules": [{"file": "a", "types": ["00"]}]}',
            "modules[0].types is not a list of digests",
        ),
        (b"[" * 100_000, "not what"),
    ],
)
def test_c_an_unreadable_list_is_bad_input(
    folder: pathlib.Path, content: bytes | None, expected: str
) -> None:
    if content is not None:
        (folder / "pinned.json").write_bytes(content)
    done = digest(folder, "plugin.wat", "--check", "pinned.json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"typereg: pinned.json: ")
    assert expected in done.stderr.decode()


def test_c_unreadable_modules_are_bad_input(folder: pathlib.Path) -> None:
    (folder / "broken.wasm").write_bytes(b"\0asm\1\0\0\0\1\1")
    for files in [("broken.wasm",), ("missing.wasm",), ("plugin.wat", "plugin.wat"), (".",)]:
        done = digest(folder, *files, "--json")
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"typereg: ")
    done = digest(folder)
    assert (done.returncode, done.stdout) == (2, b"")


def test_c_help_has_an_example(folder: pathlib.Path) -> None:
    assert b"typereg digest plugin.wasm --check pinned.json" in digest(folder, "--help").stdout
