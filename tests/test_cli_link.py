"""`typereg link`, `explain` and `diff` as a person and a script see them (contract section C)."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import shlex
import subprocess
import sys
from typing import Any

import pytest

import typereg as tr
from test_cli_inspect import typereg
from test_link import HOST, PLUGIN, valid
from typereg.testing import wasm


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """The host and the plugin of the documentation's example."""
    (tmp_path / "host.wat").write_text(HOST)
    (tmp_path / "plugin.wasm").write_bytes(tr.Module(PLUGIN).wasm)
    return tmp_path


EXAMPLE = """\
plugin.wasm imports "env" "mk" (func): field-mutability
  at result 0 -> type $n -> field 0
  expected  (field i32)            plugin.wasm, type 0
  found     (field (mut i32))      host.wat, type 0
1 of 1 imports do not match
"""

EXAMPLE_JSON = (
    '{"schema": "typereg.link/1", "ok": false, "imports": 1, "mismatches": [{"consumer": '
    '"plugin.wasm", "provider": "host.wat", "module": "env", "name": "mk", "kind": "func", '
    '"reason": "field-mutability", "cause": null, "path": [{"kind": "result", "index": 0}, '
    '{"kind": "type", "index": 0, "name": "$n", "found_index": 0, "found_name": "$n"}, {"kind": '
    '"field", "index": 0}], "expected": "(field i32)", "found": "(field (mut i32))", "hint": '
    'null, "assumed": null}], "assumed": [], "cycles": []}\n'
)


def test_c_link_for_people(folder: pathlib.Path) -> None:
    done = typereg(folder, "link", "host.wat", "plugin.wasm", "--as", "env=host.wat")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (1, EXAMPLE, b"")


def test_c_link_as_json(folder: pathlib.Path) -> None:
    done = typereg(folder, "link", "host.wat", "plugin.wasm", "--as", "env=host.wat", "--json")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (1, EXAMPLE_JSON, b"")
    valid(json.loads(done.stdout), "link")


def test_c_files_go_by_their_names(folder: pathlib.Path) -> None:
    (folder / "env.wat").write_text('(module (func (export "mk")))')
    (folder / "user.wat").write_text('(module (import "env" "mk" (func)))')
    done = typereg(folder, "link", "user.wat", "env.wat")
    assert (done.returncode, done.stdout) == (0, b"1 import matches\n")
    # A name that is given takes the place of the file's own.
    done = typereg(folder, "link", "user.wat", "env.wat", "--as", "other=env.wat")
    assert done.returncode == 1
    assert b"missing-module" in done.stdout
    done = typereg(
        folder, "link", "user.wat", "env.wat", "--as", "other=env.wat", "--as", "env=env.wat"
    )
    assert done.returncode == 0


def test_c_missing_modules(folder: pathlib.Path) -> None:
    done = typereg(folder, "link", "plugin.wasm", "--json")
    (found,) = valid(json.loads(done.stdout), "link")["mismatches"]
    assert done.returncode == 1
    assert (found["reason"], found["provider"], found["found"]) == ("missing-module", None, None)
    assert "ignored" not in json.loads(done.stdout)


def test_c_imports_that_are_passed_over_are_counted(folder: pathlib.Path) -> None:
    def link(imports: int, *arguments: str) -> tuple[int, str, dict[str, Any]]:
        text = '(import "sys" "x" (func))' * imports
        (folder / "user.wat").write_text(f"(module {text})")
        command = ("link", "user.wat", *arguments, "--ignore-missing")
        done = typereg(folder, *command)
        said = json.loads(typereg(folder, *command, "--json").stdout)
        return done.returncode, done.stdout.decode(), valid(said, "link")

    code, text, said = link(0)
    assert (code, text) == (0, "no imports\n")
    assert "ignored" not in said
    code, text, said = link(1)
    assert (code, text) == (0, "1 import left out, its module was not given\n")
    assert (said["imports"], said["ignored"], said["mismatches"]) == (1, 1, [])
    code, text, said = link(3)
    assert (code, text) == (0, "3 imports left out, their modules were not given\n")
    assert (said["ok"], said["imports"], said["ignored"]) == (True, 3, 3)
    # Beside others, they are not among those that match, or do not.
    (folder / "env.wat").write_text('(module (func (export "mk")))')
    (folder / "fits.wat").write_text('(module (import "env" "mk" (func)))')
    code, text, said = link(1, "fits.wat", "env.wat")
    assert (code, text) == (0, "1 import matches; 1 left out, its module was not given\n")
    assert (said["imports"], said["ignored"]) == (2, 1)
    code, text, said = link(2, "plugin.wasm", "env.wat")
    *_, last = text.splitlines()
    assert last == "1 of 1 imports do not match; 2 left out, their modules were not given"
    assert (code, said["imports"], said["ignored"]) == (1, 3, 2)


def test_c_a_missing_module_says_how_a_file_is_named(folder: pathlib.Path) -> None:
    def hint(*arguments: str) -> str:
        done = typereg(folder, "link", *arguments, "--json")
        (found,) = valid(json.loads(done.stdout), "link")["mismatches"]
        assert (done.returncode, found["reason"]) == (1, "missing-module")
        assert isinstance(found["hint"], str)
        return found["hint"]

    assert hint("plugin.wasm") == "--as env=FILE says which file goes by that name"
    assert hint("host.wat", "plugin.wasm") == "host.wat has such an export: --as env=host.wat"
    # What is suggested helps.
    done = typereg(folder, "link", "host.wat", "plugin.wasm", "--as", "env=host.wat")
    assert b"missing-module" not in done.stdout
    # Of another kind, or none of that name: nobody in particular. A name that is near was meant.
    (folder / "other.wat").write_text('(module (memory (export "mk") 1))')
    assert hint("other.wat", "plugin.wasm") == "--as env=FILE says which file goes by that name"
    assert hint("host.wat", "plugin.wasm", "--as", "envi=host.wat") == 'there is "envi"'
    # As a shell takes it.
    (folder / "user.wat").write_text("""(module (import "it's mine" "mk" (func)))""")
    (folder / "a b.wat").write_text('(module (func (export "mk")))')
    suggested = hint("a b.wat", "user.wat").removeprefix("a b.wat has such an export: ")
    assert shlex.split(suggested) == ["--as", "it's mine=a b.wat"]


def test_c_a_file_that_is_named_need_not_be_listed(folder: pathlib.Path) -> None:
    done = typereg(folder, "link", "plugin.wasm", "--as", "env=host.wat")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (1, EXAMPLE, b"")
    # It counts as given: its own imports are judged, and what it is not named it does not carry.
    (folder / "host.wat").write_text('(module (import "sys" "x" (func)) (func (export "mk")))')
    done = typereg(folder, "link", "plugin.wasm", "--as", "env=host.wat", "--json")
    said = valid(json.loads(done.stdout), "link")
    assert said["imports"] == 2
    assert [(each["consumer"], each["module"]) for each in said["mismatches"]] == [
        ("plugin.wasm", "env"),
        ("host.wat", "sys"),
    ]
    # By two names it is one file still.
    (folder / "host.wat").write_text(HOST)
    done = typereg(folder, "link", "plugin.wasm", "--as", "env=host.wat", "--as", "x=./host.wat")
    assert done.stdout.decode() == EXAMPLE
    done = typereg(folder, "link", "plugin.wasm", "--as", "env=-", stdin=HOST.encode())
    assert done.stdout.decode() == EXAMPLE.replace("host.wat", "-")


def test_c_a_file_is_the_same_however_its_path_is_written(folder: pathlib.Path) -> None:
    (folder / "sub").mkdir()
    other = ["./host.wat", "sub/../host.wat", ".//host.wat", str(folder / "host.wat")]
    for spelled in other:
        done = typereg(folder, "link", "host.wat", "plugin.wasm", "--as", f"env={spelled}")
        assert done.stdout.decode() == EXAMPLE
        # Reports call it what the list of files does.
        done = typereg(folder, "link", spelled, "plugin.wasm", "--as", "env=host.wat", "--json")
        assert [each["provider"] for each in json.loads(done.stdout)["mismatches"]] == [spelled]
        # Given twice it counts once: nothing is ambiguous, and its imports are not judged twice.
        done = typereg(folder, "link", spelled, "host.wat", "plugin.wasm", "./plugin.wasm")
        assert done.stdout.decode().endswith("1 of 1 imports do not match\n")
    # Standard input is no file, and a file that is called so is not standard input.
    (folder / "-").write_text(HOST)
    done = typereg(folder, "link", "./-", "plugin.wasm", "--as", "env=-", stdin=b"(module)")
    assert b"missing-export" in done.stdout


def test_c_a_link_is_a_file_of_its_own_name(folder: pathlib.Path) -> None:
    (folder / "env.wat").symlink_to("host.wat")
    done = typereg(folder, "link", "host.wat", "env.wat", "plugin.wasm")
    assert done.stdout.decode() == EXAMPLE.replace("host.wat", "env.wat")
    (folder / "there").symlink_to(".")
    done = typereg(folder, "link", "there/host.wat", "plugin.wasm", "--as", "env=host.wat")
    assert b"1 of 1 imports do not match" in done.stdout


@pytest.mark.parametrize("module", ["env", "a=b", "=", "-x", "--json", "-x y", "it's $HOME", ""])
def test_c_the_hint_of_a_missing_module_works_as_it_stands(
    folder: pathlib.Path, module: str
) -> None:
    (folder / "user.wat").write_text(f'(module (import "{module}" "mk" (func)))')
    (folder / "the host.wat").write_text('(module (func (export "mk")))')
    for files in (["user.wat"], ["user.wat", "the host.wat"]):
        done = typereg(folder, "link", *files, "--json")
        (found,) = valid(json.loads(done.stdout), "link")["mismatches"]
        hint = found["hint"].removeprefix("the host.wat has such an export: ")
        hint = hint.removesuffix(" says which file goes by that name")
        options = [word.replace("FILE", "the host.wat") for word in shlex.split(hint)]
        done = typereg(folder, "link", *files, *options)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"1 import matches\n", b"")


def test_c_the_hint_of_a_missing_module_loses_no_name(folder: pathlib.Path) -> None:
    """A name that is given takes the place of the file's own."""
    imports = ("env", "host", "mine", "env")
    text = "".join(f'(import "{module}" "mk" (func))' for module in imports)
    (folder / "user.wat").write_text(f"(module {text})")
    (folder / "host.wat").write_text('(module (func (export "mk")))')
    files = ("user.wat", "host.wat")
    options: list[str] = []
    hints = [
        "--as env=host.wat --as host=host.wat",
        "--as mine=host.wat --as env=host.wat --as host=host.wat",
    ]
    for hint in hints:
        done = typereg(folder, "link", *files, *options, "--json")
        first, *_ = valid(json.loads(done.stdout), "link")["mismatches"]
        assert first["hint"] == f"host.wat has such an export: {hint}"
        options += shlex.split(hint)
    done = typereg(folder, "link", *files, *options)
    assert (done.returncode, done.stdout) == (0, b"all 4 imports match\n")


def test_c_a_given_name_ends_where_a_file_begins(folder: pathlib.Path) -> None:
    (folder / "user.wat").write_text('(module (import "a" "mk" (func)))')
    (folder / "b=host.wat").write_text('(module (func (export "mk")))')
    # Both files are there: the first `=` decides, unless the file behind another is given.
    done = typereg(folder, "link", "user.wat", "--as", "a=b=host.wat")
    assert (done.returncode, done.stdout) == (0, b"1 import matches\n")
    done = typereg(folder, "link", "plugin.wasm", "host.wat", "--as", "a=env=host.wat")
    assert b"missing-module" in done.stdout
    (folder / "env=host.wat").write_text(HOST)
    (folder / "user.wat").write_text('(module (import "a=env" "mk" (memory 1)))')
    done = typereg(folder, "link", "user.wat", "host.wat", "--as", "a=env=host.wat")
    assert b"extern-kind" in done.stdout
    done = typereg(folder, "link", "user.wat", "--as", "a=b=none.wat")
    assert (done.returncode, done.stderr) == (
        2,
        b"typereg: b=none.wat: No such file or directory\n",
    )


def test_c_two_files_of_one_name_are_ambiguous(folder: pathlib.Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "env.wat").write_text(HOST)
    done = typereg(folder, "link", "a/env.wat", "b/env.wat", "plugin.wasm", "--json")
    (found,) = valid(json.loads(done.stdout), "link")["mismatches"]
    assert (done.returncode, found["reason"]) == (1, "ambiguous-module")
    assert found["hint"] == "a/env.wat and b/env.wat go by that name"
    # A name that is given is no other file's.
    done = typereg(
        folder, "link", "a/env.wat", "b/env.wat", "plugin.wasm", "--as", "env=b/env.wat", "--json"
    )
    assert [each["provider"] for each in json.loads(done.stdout)["mismatches"]] == ["b/env.wat"]
    # Nobody imports from it: then two of a name are no matter.
    done = typereg(folder, "link", "a/env.wat", "b/env.wat")
    assert done.returncode == 0


def test_c_cycles_are_reported_and_not_judged(folder: pathlib.Path) -> None:
    (folder / "a.wat").write_text('(module (import "b" "x" (func)) (func (export "y")))')
    (folder / "b.wat").write_text('(module (import "a" "y" (memory 1)) (func (export "x")))')
    (folder / "c.wat").write_text('(module (import "b" "x" (memory 1)))')
    done = typereg(folder, "link", "a.wat", "b.wat", "c.wat", "--json")
    said = valid(json.loads(done.stdout), "link")
    assert [[(each["consumer"], each["name"]) for each in cycle] for cycle in said["cycles"]] == [
        [("a.wat", "x"), ("b.wat", "y")]
    ]
    # What only asks one of them for something is judged.
    assert [each["consumer"] for each in said["mismatches"]] == ["c.wat"]
    done = typereg(folder, "link", "a.wat", "b.wat")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "these imports wait on each other and are not judged:",
        '  a.wat imports "b" "x" (func)',
        '  b.wat imports "a" "y" (memory)',
        "2 of 2 imports wait on each other",
    ]


def test_c_standard_input_can_be_linked(folder: pathlib.Path) -> None:
    done = typereg(folder, "link", "-", "plugin.wasm", "--as", "env=-", stdin=HOST.encode())
    assert done.returncode == 1
    assert done.stdout.decode() == EXAMPLE.replace("host.wat", "-")


def test_c_file_names_that_are_no_text(folder: pathlib.Path) -> None:
    """On POSIX a file's name is bytes."""
    name = os.fsdecode(b"h\xff.wat")
    (folder / name).write_text(HOST)
    done = typereg(folder, "link", name, "plugin.wasm", "--as", f"env={name}")
    assert done.stdout.decode() == EXAMPLE.replace("host.wat", "h\\udcff.wat")
    assert (done.returncode, done.stderr) == (1, b"")
    done = typereg(folder, "link", name, "plugin.wasm", "--json")
    assert (done.returncode, json.loads(done.stdout)["mismatches"][0]["provider"]) == (1, None)
    done = typereg(folder, "explain", f"{name}:$n", "plugin.wasm:0")
    assert done.stdout.startswith(b"h\\udcff.wat:$n and plugin.wasm:0 differ: field-mutability\n")
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("command", ["link", "explain", "diff"])
def test_c_names_are_nothing_that_a_terminal_obeys(folder: pathlib.Path, command: str) -> None:
    name = "\x1b[31m\u202ehost.wat"
    behind = ":$n" if command == "explain" else ""
    (folder / name).write_text(HOST)
    good = typereg(folder, command, f"{name}{behind}", f"plugin.wasm{behind}")
    (folder / name).write_text("(modul")
    bad = typereg(folder, command, f"{name}{behind}", f"plugin.wasm{behind}")
    assert (good.returncode, good.stderr) == (1, b"")
    assert (bad.returncode, bad.stdout) == (2, b"")
    for text in (good.stdout.decode(), bad.stderr.decode()):
        assert all(char.isprintable() for char in text.replace("\n", "")), ascii(text)


def test_c_long_types_stay_within_80_columns(folder: pathlib.Path) -> None:
    fields = "".join(f"(field $member_number_{i} (mut i32)) " for i in range(40))
    (folder / "a.wat").write_text(f"(module (type $t (struct {fields})))")
    (folder / "b.wat").write_text("(module (type $t (struct)))")
    done = typereg(folder, "explain", "a.wat:$t", "b.wat:0")
    lines = done.stdout.decode().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[0] == "a.wat:$t and b.wat:0 differ: field-count"
    assert lines[-2].strip() == "found     (struct)"
    assert lines[-1].strip() == ";; b.wat, type 0"


def test_c_explain(folder: pathlib.Path) -> None:
    done = typereg(folder, "explain", "host.wat:$n", "plugin.wasm:export=mk")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"typereg: plugin.wasm: there is no export 'mk'\n"
    done = typereg(folder, "explain", "host.wat:$n", "plugin.wasm:0")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "host.wat:$n and plugin.wasm:0 differ: field-mutability",
        "  at field 0",
        "  expected  (field (mut i32))      host.wat, type 0",
        "  found     (field i32)            plugin.wasm, type 0",
    ]
    done = typereg(folder, "explain", "host.wat:export=mk", "host.wat:1")
    assert (done.returncode, done.stdout) == (
        0,
        b"host.wat:export=mk and host.wat:1 are the same type\n",
    )
    done = typereg(folder, "explain", "host.wat:$n", "plugin.wasm:$n", "--json")
    said = valid(json.loads(done.stdout), "explain")
    assert list(said) == [
        "schema",
        "equal",
        "subtype",
        "supertype",
        "reason",
        "path",
        "expected",
        "found",
        "hint",
    ]
    assert (done.returncode, said["reason"], said["equal"]) == (1, "field-mutability", False)


def test_c_explain_says_that_several_types_have_a_name(tmp_path: pathlib.Path) -> None:
    """It takes the first, and what is asked for may be another."""
    names = wasm.type_names([(0, "one"), (1, "many"), (2, "many")])
    (tmp_path / "a.wasm").write_bytes(wasm.types(wasm.func(), wasm.struct(), wasm.func()) + names)
    done = typereg(tmp_path, "explain", "a.wasm:$many", "a.wasm:$one")
    assert done.returncode == 1
    assert b"type-kind" in done.stdout
    assert done.stderr == b"typereg: a.wasm: 2 types are called $many; the first is 1\n"
    done = typereg(tmp_path, "explain", "a.wasm:$one", "a.wasm:2")
    assert (done.returncode, done.stderr) == (0, b"")


def test_c_explain_subtypes(folder: pathlib.Path) -> None:
    (folder / "s.wat").write_text(
        "(module (type $a (sub (struct))) (type $b (sub $a (struct (field i32)))))"
    )
    done = typereg(folder, "explain", "s.wat:$b", "s.wat:$a", "--subtype")
    assert (done.returncode, done.stdout) == (0, b"s.wat:$b is a subtype of s.wat:$a\n")
    done = typereg(folder, "explain", "s.wat:$b", "s.wat:$a")
    assert done.returncode == 1
    assert done.stdout.startswith(b"s.wat:$b is a subtype of s.wat:$a: supertype-missing\n") or (
        done.stdout.startswith(b"s.wat:$b is a subtype of s.wat:$a: supertype-")
    )
    done = typereg(folder, "explain", "s.wat:$a", "s.wat:$b", "--subtype", "--json")
    said = valid(json.loads(done.stdout), "explain")
    assert (done.returncode, said["subtype"], said["reason"]) == (1, False, "field-count")


@pytest.mark.parametrize("name", ["c:$x.wat", "a:b.wat", "c:7:d.wat"])
def test_c_files_with_colons_in_their_names(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / name).write_text("(module (type $n (struct)))")
    done = typereg(tmp_path, "explain", f"{name}:$n", f"{name}:0")
    if name == "c:$x.wat":
        # The first colon whose rest could be a type is where the file ends.
        assert done.returncode == 2
    else:
        assert done.returncode == 0


def test_c_diff(folder: pathlib.Path) -> None:
    (folder / "new.wat").write_text(HOST.replace("(mut i32)", "i32"))
    done = typereg(folder, "diff", "host.wat", "new.wat")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        'breaking: export "mk" (func): field-mutability',
        "  at result 0 -> type $n -> field 0",
        "  old       (field (mut i32))      type 0",
        "  new       (field i32)            type 0",
        "1 breaking",
    ]
    done = typereg(folder, "diff", "host.wat", "new.wat", "--json")
    said = valid(json.loads(done.stdout), "diff")
    assert done.returncode == 1
    (change,) = said["changes"]
    assert list(change) == ["side", "module", "name", "change", "reason", "path", "old", "new"]
    assert (said["verdict"], change["old"], change["new"]) == (
        "breaking",
        "(field (mut i32))",
        "(field i32)",
    )
    done = typereg(folder, "diff", "host.wat", "host.wat")
    assert (done.returncode, done.stdout) == (0, b"same interface\n")


# -------------------------------------------------------------------------- bad input

BAD: dict[str, bytes | None] = {
    "gone.wasm": None,
    "empty.wasm": b"",
    "component.wasm": b"\0asm\x0d\0\1\0",
    "picture.wasm": b"\x89PNG\r\n",
    "text.wat": b"(module\n  (type $x (strukt)))",
    "cut.wasm": b"\0asm\1\0\0\0\1\5\1\x60",
}
SAID = {
    "gone.wasm": "gone.wasm: No such file or directory",
    "empty.wasm": "empty.wasm: ",
    "component.wasm": "component",
    "picture.wasm": "not a WebAssembly module",
    "text.wat": "line 2",
    "cut.wasm": "offset",
}


@pytest.mark.parametrize("command", ["link", "explain", "diff"])
@pytest.mark.parametrize("name", BAD)
def test_c_bad_files(folder: pathlib.Path, command: str, name: str) -> None:
    content = BAD[name]
    if content is not None:
        (folder / name).write_bytes(content)
    arguments = {
        "link": ["plugin.wasm", name],
        "explain": ["plugin.wasm:0", f"{name}:0"],
        "diff": ["plugin.wasm", name],
    }[command]
    for more in ([], ["--json"]):
        done = typereg(folder, command, *arguments, *more)
        assert (done.returncode, done.stdout) == (2, b"")
        message = done.stderr.decode()
        assert message.startswith(f"typereg: {name}: ")
        assert SAID[name] in message


def test_c_a_file_is_what_it_holds_whatever_its_suffix(folder: pathlib.Path) -> None:
    (folder / "env.wasm").write_text(HOST)
    (folder / "plugin.wat").write_bytes(tr.Module(PLUGIN).wasm)
    (folder / "plugin").write_bytes(tr.Module(PLUGIN).wasm)
    for plugin in ("plugin.wat", "plugin"):
        done = typereg(folder, "link", "env.wasm", plugin)
        expected = EXAMPLE.replace("plugin.wasm", plugin).replace("host.wat", "env.wasm")
        assert (done.returncode, done.stdout.decode()) == (1, expected)


def test_c_a_folder_is_no_module(folder: pathlib.Path) -> None:
    done = typereg(folder, "link", ".")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"typereg: .: Is a directory\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "host.wat:$m", "host.wat:0"], "there is no type $m; did you mean $n?"),
        (["explain", "host.wat:9", "host.wat:0"], "there is no type 9; the module has 2 types"),
        (
            ["explain", "host.wat:" + "9" * 9999, "host.wat:0"],
            "there is no type 9999999999999999...",
        ),
        (
            ["explain", "host.wat:export=mx", "host.wat:0"],
            "there is no export 'mx'; did you mean mk?",
        ),
        (["explain", "mem.wat:export=m", "host.wat:0"], "the export 'm' is a memory"),
        (["explain", "host.wat", "host.wat:0"], "expected FILE:TYPE"),
        (["explain", "host.wat:n", "host.wat:0"], "expected FILE:TYPE"),
        (["link", "host.wat", "--as", "env"], "expected NAME=FILE"),
        (["link", "host.wat", "--as", "env=other.wat"], "other.wat: No such file or directory"),
        (["link"], "required: FILE"),
        (["diff", "host.wat"], "required: NEW"),
        (["diff", "-", "-"], "standard input can be read once only"),
    ],
)
def test_c_bad_usage(folder: pathlib.Path, arguments: list[str], said: str) -> None:
    (folder / "mem.wat").write_text('(module (memory (export "m") 1))')
    done = typereg(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


@pytest.mark.parametrize("command", ["link", "explain", "diff"])
def test_c_features_and_limits(folder: pathlib.Path, command: str) -> None:
    (folder / "c.wat").write_text("(module (type $f (func)) (type $c (cont $f)))")
    arguments = ["c.wat:0", "c.wat:0"] if command == "explain" else ["c.wat", "c.wat"]
    done = typereg(folder, command, *arguments)
    assert (done.returncode, b"stack_switching" in done.stderr) == (2, True)
    assert typereg(folder, command, *arguments, "--features", "stack_switching").returncode == 0
    done = typereg(
        folder, command, *arguments, "--features", "stack_switching", "--limits", "types=1"
    )
    assert (done.returncode, b"`types`" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["link", "explain", "diff"])
def test_c_help_has_an_example(folder: pathlib.Path, command: str) -> None:
    done = typereg(folder, command, "--help")
    assert done.returncode == 0
    assert f"example: typereg {command} " in " ".join(done.stdout.decode().split())


# --------------------------------------------------------------------------- terminals


def on_a_terminal(folder: pathlib.Path, *arguments: str, **environment: str) -> str:
    """What a command shows on a terminal, standard error included."""
    lead, follow = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "typereg", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=follow,
        stderr=follow,
        env={**clean, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
    )
    os.close(follow)
    shown = b""
    try:
        while chunk := os.read(lead, 65536):
            shown += chunk
    except OSError:
        pass
    process.wait(timeout=60)
    os.close(lead)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_c_colour_on_terminals_only(folder: pathlib.Path) -> None:
    arguments = ("link", "host.wat", "plugin.wasm", "--as", "env=host.wat")
    assert "\x1b[" in on_a_terminal(folder, *arguments)
    assert on_a_terminal(folder, *arguments, NO_COLOR="1") == EXAMPLE


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_c_a_batch_shows_progress_on_a_terminal(folder: pathlib.Path) -> None:
    names = [f"m{i}.wat" for i in range(300)]
    for name in names:
        (folder / name).write_text("(module)")
    shown = on_a_terminal(folder, "link", *names, NO_COLOR="1")
    assert "300 of 300" in shown
    assert shown.endswith("no imports\n")
    assert typereg(folder, "link", *names).stderr == b""
