"""The command line by section C and the page of shapes: what holds of every command, and what each
one's JSON says of a case worked out by hand."""

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

HOST = """(module
  (type $n (sub (struct (field (mut i32)))))
  (type $leaf (sub $n (struct (field (mut i32)) (field i64))))
  (func (export "mk") (result (ref $n)) unreachable)
  (func (export "x:3") (param (ref $leaf)) unreachable)
  (global (export "g") (ref null $leaf) (ref.null $leaf))
  (memory (export "m") 1 2))"""
PLUGIN = """(module
  (type $n (sub (struct (field i32))))
  (import "env" "mk" (func (result (ref $n)))))"""
FITS = """(module
  (type $n (sub (struct (field (mut i32)))))
  (import "env" "g" (global (ref null $n)))
  (import "env" "m" (memory 1)))"""

SCRIPT = """(module definition (type $s (sub (struct))))
(assert_invalid (module (type $s (struct)) (type (sub $s (struct)))) "sub type")
(assert_invalid (module (type $s (sub (struct)))) "unknown type")
(assert_malformed (module quote "(type)") "unexpected token")
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder of modules, and the digests of one of them."""
    for name, text in {"host": HOST, "plugin": PLUGIN, "fits": FITS}.items():
        (tmp_path / f"{name}.wat").write_text(text)
    (tmp_path / "plugin.wasm").write_bytes(tr.Module(PLUGIN).wasm)
    (tmp_path / "cut.wasm").write_bytes(tr.Module(HOST).wasm[:25])
    (tmp_path / "some.wast").write_text(SCRIPT)
    return tmp_path


def run(
    folder: pathlib.Path, *arguments: str, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs `typereg` in a folder, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "typereg", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        timeout=100,
    )


def said(folder: pathlib.Path, *arguments: str, code: int, stdin: bytes = b"") -> dict[str, Any]:
    """What a command says as JSON: one line by its schema, and nothing beside it."""
    done = run(folder, *arguments, "--json", stdin=stdin)
    assert (done.returncode, done.stderr) == (code, b"")
    assert done.stdout.count(b"\n") == 1
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    name = found["schema"].removeprefix("typereg.").replace("/", "-")
    assert name == f"{arguments[0]}-1"
    schemas = pathlib.Path(tr.__file__).parent / "cli" / "schemas"
    jsonschema.validate(found, json.loads((schemas / f"{name}.schema.json").read_text()))
    return found


COMMANDS: dict[str, tuple[list[str], int, str]] = {
    "inspect": (["host.wat", "plugin.wasm"], 0, "schema modules distinct_types distinct_groups"),
    "link": (
        ["host.wat", "plugin.wasm", "--as", "env=host.wat"],
        1,
        "schema ok imports mismatches assumed cycles",
    ),
    "explain": (
        ["host.wat:$n", "plugin.wat:$n"],
        1,
        "schema equal subtype supertype reason path expected found hint",
    ),
    "diff": (["host.wat", "fits.wat"], 1, "schema verdict changes"),
    "digest": (["host.wat", "plugin.wasm"], 0, "schema modules"),
    "wast": (["some.wast"], 1, "schema files passed failed skipped"),
    "fuzz": (["--engine", "none", "--examples", "3", "--seed", "5"], 0, "schema"),
}
"""A call of each command, its exit code, and the keys that it has at least."""


@pytest.mark.parametrize("command", COMMANDS)
def test_c_every_command_as_json_and_as_text(folder: pathlib.Path, command: str) -> None:
    arguments, code, keys = COMMANDS[command]
    found = said(folder, command, *arguments, code=code)
    assert [key for key in found if key in keys.split()] == keys.split()
    plain = run(folder, command, *arguments)
    assert plain.returncode == code
    if command != "fuzz":
        assert plain.stderr == b""
    # Another width, a colour that is asked for by nobody, and a script instead of the module.
    assert b"\x1b" not in plain.stdout + run(folder, command, *arguments, TERM="xterm").stdout
    script = pathlib.Path(sys.executable).with_name("typereg")
    same = subprocess.run(
        [script, command, *arguments, "--json"], cwd=folder, capture_output=True, timeout=100
    )
    assert same.returncode == code
    if command != "fuzz":
        assert json.loads(same.stdout) == found
    assert not (folder / "typereg-fuzz").exists()


AMONG: dict[str, tuple[int, list[str], list[str]]] = {
    "inspect": (0, ["host.wat", "--all", "plugin.wasm"], []),
    "link": (0, ["plugin.wasm", "--ignore-missing", "fits.wat"], ["--as", "q=host.wat"]),
    "explain": (1, ["host.wat:$n", "--subtype", "plugin.wat:$n"], ["--limits", "spec"]),
    "diff": (1, ["host.wat", "--limits", "spec", "fits.wat"], []),
    "digest": (0, ["host.wat", "--long", "plugin.wasm"], ["--features", "stack_switching"]),
    "wast": (1, ["some.wast", "--limits", "spec", "some.wast"], []),
}
"""A call of each command with a file behind an option, and what may stand behind that."""


@pytest.mark.parametrize("command", AMONG)
def test_c_files_stand_before_behind_and_between_options(
    folder: pathlib.Path, command: str
) -> None:
    code, (first, *options, second), rest = AMONG[command]
    expected = said(folder, command, *options, *rest, first, second, code=code)
    assert said(folder, command, first, *options, second, *rest, code=code) == expected
    assert said(folder, command, first, second, *rest, *options, code=code) == expected
    done = run(folder, command, "--json", *rest, first, *options, "--", second)
    assert (done.returncode, json.loads(done.stdout)) == (code, expected)
    # Of one file too few or one option too many is told as ever.
    for arguments in ([*options], [first, *options, second, "--nonsense"]):
        assert run(folder, command, *arguments).returncode == 2


def test_c_behind_two_dashes_everything_is_a_file(folder: pathlib.Path) -> None:
    (folder / "--json").write_text("(module)")
    for arguments in (
        ["--", "host.wat", "--json"],
        ["host.wat", "--", "--json"],
        ["--all", "--", "host.wat", "--json"],
        ["host.wat", "--all", "--", "--json"],
    ):
        done = run(folder, "inspect", *arguments)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"--json" in done.stdout
    done = run(folder, "diff", "--", "host.wat", "fits.wat", "--json")
    assert done.returncode == 2
    assert b"unrecognized arguments: --json\n" in done.stderr


READERS = {
    "inspect": ["{}"],
    "link": ["{}"],
    "explain": ["{}:0", "host.wat:0"],
    "diff": ["host.wat", "{}"],
    "digest": ["{}"],
}


@pytest.mark.parametrize("command", READERS)
def test_c_every_reader_of_files_tells_bad_input_from_an_answer(
    folder: pathlib.Path, command: str
) -> None:
    def call(name: str, *options: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        arguments = [argument.format(name) for argument in READERS[command]]
        return run(folder, command, *arguments, *options, stdin=stdin)

    host = HOST.encode()
    for options in ((), ("--json",)):
        missing = call("none.wasm", *options)
        assert (missing.returncode, missing.stdout) == (2, b"")
        assert b"none.wasm" in missing.stderr
        with pytest.raises(tr.DecodeError) as caught:
            tr.Module.from_file(folder / "cut.wasm")
        cut = call("cut.wasm", *options)
        assert (cut.returncode, cut.stdout) == (2, b"")
        assert b"cut.wasm" in cut.stderr
        offset = caught.value.offset
        assert str(offset).encode() in cut.stderr or f"{offset:#x}".encode() in cut.stderr
        from_input = call("-", *options, stdin=tr.Module(HOST).wasm[:25])
        assert (from_input.returncode, from_input.stdout) == (2, b"")
        assert b"Traceback" not in missing.stderr + cut.stderr + from_input.stderr
    # What is on standard input is read as what is in a file: text or bytes.
    codes = {call("-", "--json", stdin=data).returncode for data in (host, tr.Module(HOST).wasm)}
    assert len(codes) == 1
    assert codes <= {0, 1}
    for wrong in (["--what"], ["--features", "nothing"], ["--limits", "types=few"]):
        usage = call("host.wat", *wrong)
        assert (usage.returncode, usage.stdout) == (2, b"")
        assert usage.stderr != b""
    narrow = call("host.wat", "--limits", "types=1")
    assert (narrow.returncode, narrow.stdout) == (2, b"")
    assert b"types" in narrow.stderr


def test_c_no_command_and_an_unknown_one_are_bad_usage(folder: pathlib.Path) -> None:
    for arguments in ([], ["frobnicate"], *([command] for command in READERS)):
        done = run(folder, *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"usage" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "equal", "subtype", "supertype"),
    [
        (["host.wat:0", "fits.wat:$n"], 0, True, True, True),
        (["host.wat:$leaf", "fits.wat:0"], 1, False, True, False),
        (["host.wat:$leaf", "fits.wat:0", "--subtype"], 0, False, True, False),
        (["fits.wat:0", "host.wat:$leaf"], 1, False, False, True),
        (["fits.wat:0", "host.wat:$leaf", "--subtype"], 1, False, False, True),
        # The first colon whose rest is digits, a name or an export: names have colons in them.
        (["host.wat:export=x:3", "host.wat:3"], 0, True, True, True),
        (["host.wat:export=mk", "host.wat:2"], 0, True, True, True),
    ],
)
def test_c_explain_answers_by_its_exit_code(
    folder: pathlib.Path,
    arguments: list[str],
    code: int,
    equal: bool,
    subtype: bool,
    supertype: bool,
) -> None:
    found = said(folder, "explain", *arguments, code=code)
    assert (found["equal"], found["subtype"], found["supertype"]) == (equal, subtype, supertype)
    assert (found["reason"] is None) == (code == 0)
    assert (found["path"] == []) >= (code == 0)


def text_of(imports: str = "", exports: str = "") -> str:
    """A module of some imports and exports."""
    return f"(module (type $b (sub (struct))) (type $c (sub $b (struct))) {imports} {exports})"


FUNC = '(func (export "f"))'


@pytest.mark.parametrize(
    ("old", "new", "verdict", "side", "reason"),
    [
        (text_of(exports=FUNC), text_of(exports=FUNC), "same", None, None),
        (text_of(), text_of(exports=FUNC), "additive", "export", None),
        (text_of(exports=FUNC), text_of(), "breaking", "export", "missing-export"),
        (text_of(), text_of('(import "m" "f" (func))'), "breaking", "import", "missing-export"),
        (text_of('(import "m" "f" (func))'), text_of(), "compatible", "import", None),
        (
            text_of(exports='(memory (export "m") 1 4)'),
            text_of(exports='(memory (export "m") 2 3)'),
            "compatible",
            "export",
            "limits-min",
        ),
        (
            text_of(exports='(memory (export "m") 1 4)'),
            text_of(exports='(memory (export "m") 1 5)'),
            "breaking",
            "export",
            "limits-max",
        ),
        (
            text_of('(import "m" "m" (memory 2 3))'),
            text_of('(import "m" "m" (memory 1 4))'),
            "compatible",
            "import",
            "limits-min",
        ),
        (
            text_of('(import "m" "m" (memory 1 4))'),
            text_of('(import "m" "m" (memory 2 4))'),
            "breaking",
            "import",
            "limits-min",
        ),
        (
            text_of('(import "m" "g" (global (ref $c)))'),
            text_of('(import "m" "g" (global (ref $b)))'),
            "compatible",
            "import",
            "supertype-extra",
        ),
        (
            text_of('(import "m" "g" (global (mut (ref $c))))'),
            text_of('(import "m" "g" (global (mut (ref $b))))'),
            "breaking",
            "import",
            "invariance",
        ),
        (
            text_of(exports=FUNC),
            text_of(exports='(func (export "f") (param i32))'),
            "breaking",
            "export",
            "param-count",
        ),
    ],
)
def test_c_diff_says_what_each_change_means(
    folder: pathlib.Path, old: str, new: str, verdict: str, side: str | None, reason: str | None
) -> None:
    (folder / "old.wat").write_text(old)
    found = said(
        folder, "diff", "old.wat", "-", code=int(verdict == "breaking"), stdin=new.encode()
    )
    assert found["verdict"] == verdict
    if side is None:
        assert found["changes"] == []
        return
    (change,) = found["changes"]
    assert (change["side"], change["change"], change["reason"]) == (side, verdict, reason)
    assert (change["module"] is None) == (side == "export")
    assert {"side", "module", "name", "change", "reason", "path", "old", "new"} <= {*change}
    # What is only new was nothing, and what is gone is nothing.
    assert (change["old"] is None, change["new"] is None) == (
        text_of() == old,
        text_of() == new,
    )


def test_c_inspect_counts_what_was_counted_by_hand(folder: pathlib.Path) -> None:
    (folder / "a.wat").write_text("""
        (module (type $s (sub (struct))) (rec) (type $s2 (sub (struct)))
                (rec (type $x (sub $s (struct))) (type $y (sub $x (struct))) (type (array i8)))
                (type $f (func))
                (import "env" "f" (func (type $f))) (tag) (tag (export "t")))
    """)
    (folder / "b.wat").write_text("(module (type (func)) (type (sub (struct))) (rec))")
    found = said(folder, "inspect", "a.wat", "b.wat", code=0)
    # In both: the open struct and the function type. Of the group of three, only the first has it.
    assert (found["distinct_types"], found["distinct_groups"]) == (5, 3)
    first, second = found["modules"]
    assert {
        "file": "a.wat",
        "types": 6,
        "groups": 5,
        "distinct_types": 5,
        "distinct_groups": 3,
        "kinds": {"func": 1, "struct": 4, "array": 1, "cont": 0},
        "with_supertype": 2,
        "max_depth": 2,
        "largest_group": 3,
        "tags": 2,
        "shared_types": 2,
        "shared_groups": 2,
        "imports": [{"module": "env", "name": "f", "kind": "func", "type": "(func)"}],
        "exports": [{"name": "t", "kind": "tag", "type": "(tag)"}],
    }.items() <= first.items()
    assert (second["types"], second["groups"], second["distinct_groups"]) == (2, 3, 2)
    assert (second["shared_types"], second["shared_groups"], second["tags"]) == (2, 2, 0)


def test_c_digests_on_the_command_line_are_the_module_s(folder: pathlib.Path) -> None:
    found = said(folder, "digest", "host.wat", "plugin.wasm", code=0)
    for entry, text in zip(found["modules"], (HOST, PLUGIN), strict=True):
        module = tr.Module(text)
        assert entry["types"] == [digest.hex() for digest in module.type_digests]
        assert [group["digest"] for group in entry["groups"]] == [
            digest.hex() for digest in module.group_digests
        ]
        numbers = [index for group in entry["groups"] for index in group["types"]]
        assert numbers == list(range(len(module.types)))
    (folder / "pinned.json").write_text(json.dumps(found))
    check = ("--check", "pinned.json")
    held = said(folder, "digest", "host.wat", "plugin.wasm", *check, code=0)
    assert "check" in held
    (folder / "host.wat").write_text(HOST.replace("i64", "f64"))
    broken = run(folder, "digest", "host.wat", "plugin.wasm", *check)
    assert broken.returncode == 1
    assert b"host.wat" in broken.stdout


def test_c_fuzz_repeats_by_its_seed_and_saves_nothing_without_a_difference(
    folder: pathlib.Path,
) -> None:
    call = ("fuzz", "--engine", "none", "--examples", "5", "--seed", "77", "--save", "found")
    first, second = said(folder, *call, code=0), said(folder, *call, code=0)
    changing = {key for key in first if "second" in key or "time" in key}
    assert {k: v for k, v in first.items() if k not in changing} == {
        k: v for k, v in second.items() if k not in changing
    }
    assert 77 in first.values()
    assert not (folder / "found").exists()
    assert run(folder, "fuzz", "--engine", "wasmer").returncode == 2
    assert run(folder, "fuzz", "--seconds", "soon").returncode == 2


def test_c_explain_asks_of_types_on_standard_input(folder: pathlib.Path) -> None:
    host = HOST.encode()
    for arguments in (["-:$n", "fits.wat:$n"], ["fits.wat:$n", "-:0"], ["--subtype", "-:1", "-:0"]):
        found = said(folder, "explain", *arguments, code=0, stdin=host)
        assert found["subtype"] is True
    wrong = run(folder, "explain", "-:what", "fits.wat:0", stdin=host)
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert b"'-:what'" in wrong.stderr


def test_c_wast_counts_each_directive_once(folder: pathlib.Path) -> None:
    (one,) = said(folder, "wast", "some.wast", code=1)["files"]
    assert {"file", "passed", "failed", "skipped", "why", "failures"} <= {*one}
    assert (one["file"], one["failed"], len(one["failures"])) == ("some.wast", 1, 1)
    assert one["passed"] + one["failed"] + one["skipped"] == 4
    assert sum(one["why"].values()) == one["skipped"]
    # Without the one that fails, and from standard input: it holds.
    good = "".join(SCRIPT.splitlines(keepends=True)[:2]).encode()
    held = said(folder, "wast", "-", code=0, stdin=good)
    assert (held["passed"], held["failed"], held["skipped"]) == (2, 0, 0)
    for arguments in (["none.wast"], []):
        done = run(folder, "wast", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"Traceback" not in done.stderr
