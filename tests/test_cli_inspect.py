"""`typereg inspect` as a person and a script see it (contract section C)."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

import typereg as tr
from typereg.testing import wasm

PLUGIN = """(module
  (type $node (sub (struct (field (mut i32)) (field (ref null $node)))))
  (type $leaf (sub $node (struct (field (mut i32)) (field (ref null $node)) (field i8))))
  (rec
    (type $tree (array (ref null $forest)))
    (type $forest (struct (field (ref null $tree)))))
  (type $event (func (param i32)))
  (import "env" "read" (func (type $event)))
  (import "env" "memory" (memory 1 2))
  (tag $tag (export "oops") (param i32))
  (func (export "run"))
)"""

HOST = """(module
  (type (func (param i32)))
  (type (func (param i32)))
  (type $box (struct (field i64)))
  (rec (type (array (ref null 4))) (type (struct (field (ref null 3)))))
)"""

MODULE_KEYS = [
    "file",
    "types",
    "groups",
    "distinct_types",
    "distinct_groups",
    "kinds",
    "with_supertype",
    "max_depth",
    "largest_group",
    "tags",
    "shared_types",
    "shared_groups",
    "imports",
    "exports",
]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder of two modules as text, one as bytes, and one that is broken."""
    (tmp_path / "plugin.wat").write_text(PLUGIN)
    (tmp_path / "host.wat").write_text(HOST)
    (tmp_path / "plugin.wasm").write_bytes(tr.Module(PLUGIN).wasm)
    (tmp_path / "broken.wasm").write_bytes(BROKEN)
    return tmp_path


BROKEN = wasm.types(*[wasm.func()] * 10, wasm.func([b"\x7a"]))


def typereg(
    folder: pathlib.Path, *arguments: str, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs the command line in a folder, without a terminal."""
    clean = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS"}}
    return subprocess.run(
        [sys.executable, "-m", "typereg", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**clean, "PYTHONUTF8": "1", **environment},
        timeout=60,
    )


def inspect(folder: pathlib.Path, *arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    """What `inspect --json` says, which is all that it prints."""
    done = typereg(folder, "inspect", *arguments, "--json", stdin=stdin)
    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said


def test_c_json_has_the_documented_keys(folder: pathlib.Path) -> None:
    said = inspect(folder, "plugin.wat")
    assert sorted(said) == ["distinct_groups", "distinct_types", "modules", "schema"]
    assert said["schema"] == "typereg.inspect/1"
    (module,) = said["modules"]
    assert sorted(module) == sorted(MODULE_KEYS)
    assert sorted(module["kinds"]) == ["array", "cont", "func", "struct"]


def test_c_json_of_one_module(folder: pathlib.Path) -> None:
    said = inspect(folder, "plugin.wat")
    assert (said["distinct_types"], said["distinct_groups"]) == (6, 5)
    assert said["modules"] == [
        {
            "file": "plugin.wat",
            "types": 6,
            "groups": 5,
            "distinct_types": 6,
            "distinct_groups": 5,
            "kinds": {"func": 2, "struct": 3, "array": 1, "cont": 0},
            "with_supertype": 1,
            "max_depth": 1,
            "largest_group": 2,
            "tags": 1,
            "shared_types": 0,
            "shared_groups": 0,
            "imports": [
                {"module": "env", "name": "read", "kind": "func", "type": "(func (param i32))"},
                {
                    "module": "env",
                    "name": "memory",
                    "kind": "memory",
                    "type": str(tr.MemoryType(1, 2)),
                },
            ],
            "exports": [
                {
                    "name": "oops",
                    "kind": "tag",
                    "type": str(tr.TagType(tr.FuncType([tr.I32], []))),
                },
                {"name": "run", "kind": "func", "type": "(func)"},
            ],
        }
    ]


def test_c_bytes_and_text_of_one_module_say_the_same(folder: pathlib.Path) -> None:
    text, data = inspect(folder, "plugin.wat"), inspect(folder, "plugin.wasm")
    assert data["modules"][0].pop("file") == "plugin.wasm"
    assert text["modules"][0].pop("file") == "plugin.wat"
    assert text == data


def test_c_several_files_share_what_is_equal(folder: pathlib.Path) -> None:
    said = inspect(folder, "plugin.wat", "host.wat")
    plugin, host = said["modules"]
    assert [plugin["file"], host["file"]] == ["plugin.wat", "host.wat"]
    assert (host["types"], host["groups"]) == (5, 4)
    assert (host["distinct_types"], host["distinct_groups"]) == (4, 3)
    # (func (param i32)) and the group of $tree and $forest.
    assert (plugin["shared_types"], plugin["shared_groups"]) == (3, 2)
    assert (said["distinct_types"], said["distinct_groups"]) == (7, 6)


def test_c_of_many_files_that_share_the_last_are_counted(folder: pathlib.Path) -> None:
    files = [f"{number}.wasm" for number in range(8)]
    for file in files:
        (folder / file).write_bytes(wasm.types(wasm.func()))
    shown = " ".join(typereg(folder, "inspect", *files).stdout.decode().split())
    assert "1 in 1 with [7], more with 1 other " in shown


def test_c_what_a_file_declares_twice_is_not_shared(folder: pathlib.Path) -> None:
    (module,) = inspect(folder, "host.wat")["modules"]
    assert (module["shared_types"], module["shared_groups"]) == (0, 0)


def test_c_a_module_and_its_own_copy_share_all(folder: pathlib.Path) -> None:
    said = inspect(folder, "plugin.wat", "plugin.wasm")
    for module in said["modules"]:
        assert (module["shared_types"], module["shared_groups"]) == (6, 5)
    assert (said["distinct_types"], said["distinct_groups"]) == (6, 5)


def test_c_empty_groups_count_as_groups_and_not_as_distinct(folder: pathlib.Path) -> None:
    (folder / "empty.wasm").write_bytes(wasm.types(wasm.rec(), wasm.struct(), wasm.rec()))
    (module,) = inspect(folder, "empty.wasm")["modules"]
    assert (module["groups"], module["distinct_groups"]) == (3, 1)
    assert (module["types"], module["largest_group"]) == (1, 1)


def test_c_a_module_of_nothing(folder: pathlib.Path) -> None:
    (folder / "nothing.wasm").write_bytes(wasm.MAGIC)
    (module,) = inspect(folder, "nothing.wasm")["modules"]
    assert module["types"] == module["groups"] == module["largest_group"] == 0
    assert module["max_depth"] == 0
    assert module["imports"] == module["exports"] == []


def test_c_depth_is_that_of_the_deepest_type(folder: pathlib.Path) -> None:
    chain = [wasm.sub(wasm.struct()), *(wasm.sub(wasm.struct(), i) for i in range(9))]
    (folder / "deep.wasm").write_bytes(wasm.types(*chain))
    (module,) = inspect(folder, "deep.wasm")["modules"]
    assert (module["max_depth"], module["with_supertype"]) == (9, 9)


def test_c_a_dash_is_standard_input(folder: pathlib.Path) -> None:
    data = (folder / "plugin.wasm").read_bytes()
    (module,) = inspect(folder, "-", stdin=data)["modules"]
    assert (module["types"], module["tags"]) == (6, 1)
    (module,) = inspect(folder, "-", stdin=PLUGIN.encode())["modules"]
    assert (module["types"], module["tags"]) == (6, 1)
    first, second = inspect(folder, "-", "plugin.wat", stdin=data)["modules"]
    assert first["shared_types"] == second["shared_types"] == 6


def test_c_json_escapes_what_names_may_hold(folder: pathlib.Path) -> None:
    name = 'é"\\\n\x1b[31m'
    data = wasm.module(
        wasm.type_section(wasm.func()),
        wasm.section(
            wasm.IMPORT, wasm.vec([wasm.import_(name, name, wasm.KIND_FUNC, wasm.leb(0))])
        ),
    )
    (folder / "odd.wasm").write_bytes(data)
    assert inspect(folder, "odd.wasm")["modules"][0]["imports"] == [
        {"module": name, "name": name, "kind": "func", "type": "(func)"}
    ]
    # A name is a guest's: it does not reach the terminal as a control sequence.
    assert b"\x1b" not in typereg(folder, "inspect", "odd.wasm").stdout


def test_c_features_are_switched_on_by_name(folder: pathlib.Path) -> None:
    (folder / "cont.wat").write_text("(module (type $f (func)) (type (cont $f)))")
    refused = typereg(folder, "inspect", "cont.wat")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"stack_switching" in refused.stderr
    (module,) = inspect(folder, "cont.wat", "--features", "stack_switching")["modules"]
    assert module["kinds"] == {"func": 1, "struct": 0, "array": 0, "cont": 1}


def test_c_limits_are_chosen_by_profile(folder: pathlib.Path) -> None:
    (folder / "wide.wasm").write_bytes(wasm.types(wasm.func([wasm.I32] * 1001)))
    refused = typereg(folder, "inspect", "wide.wasm")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"params" in refused.stderr
    (module,) = inspect(folder, "wide.wasm", "--limits", "spec")["modules"]
    assert module["types"] == 1


# For people.


def test_c_text_tells_what_the_modules_hold(folder: pathlib.Path) -> None:
    done = typereg(folder, "inspect", "plugin.wat", "host.wat")
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    for word in ("plugin.wat", "host.wat", "env", "read", "memory", "oops", "run", "$node", "$box"):
        assert word in text
    assert "shared" in text


def test_c_a_name_that_several_types_have_is_shown_with_the_index(folder: pathlib.Path) -> None:
    third = wasm.struct(wasm.field(wasm.ref(0)), wasm.field(wasm.ref(1)))
    names = wasm.type_names([(0, "one"), (1, "many"), (2, "many")])
    (folder / "names.wasm").write_bytes(wasm.types(wasm.struct(), wasm.func(), third) + names)
    shown = typereg(folder, "inspect", "names.wasm", COLUMNS="90").stdout.decode()
    assert "$many (struct (field (ref null $one)) (field (ref null $many (;1;))))" in shown


def test_c_names_are_identifiers_of_the_text_format_whatever_they_are(folder: pathlib.Path) -> None:
    definitions = (
        '$"a (field b" (struct)',
        r'$"\"\\\u{1b}\u{202e}" (struct (field $p (ref $"a (field b")) (field $"(ref 0)" i8)'
        " (field $q f32))",
        "$1 (struct)",
    )
    (folder / "odd.wat").write_text(
        f"(module {' '.join(f'(type {each})' for each in definitions)}"
        r' (import "m\0a" "\22" (func (param (ref 0)))))'
    )
    text = typereg(folder, "inspect", "odd.wat", COLUMNS="200").stdout.decode()
    for definition in definitions:
        assert f"  {definition}\n" in text
    assert r'"m\u{a}" "\""  (func (param (ref $"a (field b")))' in text
    digests = typereg(folder, "digest", "odd.wat").stdout.decode().splitlines()
    assert [line[30:] for line in digests if " type " in line][:3] == [
        each.split(" (struct")[0] for each in definitions
    ]


def in_shell(folder: pathlib.Path, arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the command line as a shell does, for what only a shell can ask for."""
    command = ["sh", "-c", f"'{sys.executable}' -m typereg {arguments}"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=60)


def test_c_messages_go_to_standard_error_or_nowhere(folder: pathlib.Path) -> None:
    full = ["2>/dev/full"] if pathlib.Path("/dev/full").exists() else []
    for redirection in ("2>&-", *full):
        done = in_shell(folder, f"inspect missing.wasm {redirection}")
        assert (done.returncode, done.stdout) == (2, b"")
        done = in_shell(folder, f"fuzz --engine none --examples 1 {redirection}")
        assert done.returncode == 0
        assert done.stdout.startswith(b"0 differences")


@pytest.mark.parametrize(
    "arguments", ["inspect -", "digest - ", "digest plugin.wat --check -", "wast -"]
)
def test_c_standard_input_that_is_closed_cannot_be_read(
    folder: pathlib.Path, arguments: str
) -> None:
    done = in_shell(folder, f"{arguments} <&-")
    assert done.returncode == 2
    assert b"-: standard input is closed" in done.stderr


@pytest.mark.parametrize("columns", ["80", "120"])
def test_c_text_fits_the_terminal(columns: str, folder: pathlib.Path) -> None:
    done = typereg(folder, "inspect", "plugin.wat", "host.wat", COLUMNS=columns)
    assert done.returncode == 0
    assert max(len(line) for line in done.stdout.decode().splitlines()) <= int(columns)


def test_c_no_colour_where_there_is_no_terminal(folder: pathlib.Path) -> None:
    for arguments in (("inspect", "plugin.wat"), ("inspect", "broken.wasm"), ("--help",)):
        done = typereg(folder, *arguments)
        assert b"\x1b" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_c_no_colour_on_a_terminal_under_no_color(folder: pathlib.Path) -> None:
    import pty

    for arguments, code in ((["plugin.wat"], 0), (["broken.wasm"], 2)):
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "typereg", "inspect", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
            env={**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "100"},
        )
        os.close(follower)
        seen = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            seen += chunk
        os.close(leader)
        assert process.wait(timeout=60) == code
        assert arguments[0].encode() in seen
        assert b"\x1b[" not in seen


# Failures: exit code 2, a message on standard error, nothing on standard output.


def failed(done: subprocess.CompletedProcess[bytes]) -> str:
    """The message of a run that could not be carried out."""
    assert (done.returncode, done.stdout) == (2, b"")
    message = done.stderr.decode()
    assert message
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_c_unreadable_input_tells_the_file_and_the_byte(
    json_option: list[str], folder: pathlib.Path
) -> None:
    offset = BROKEN.index(b"\x7a")
    for files in (["broken.wasm"], ["plugin.wat", "broken.wasm"]):
        message = failed(typereg(folder, "inspect", *files, *json_option))
        assert "broken.wasm" in message
        assert str(offset) in message or hex(offset) in message


def test_c_invalid_input_tells_the_byte(folder: pathlib.Path) -> None:
    data = wasm.types(wasm.struct(), wasm.sub(wasm.struct(), 0))
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(data)
    offset = caught.value.offset
    assert offset is not None
    message = failed(typereg(folder, "inspect", "-", stdin=data))
    assert str(offset) in message or hex(offset) in message


def test_c_wat_that_is_wrong_tells_line_and_column(folder: pathlib.Path) -> None:
    (folder / "bad.wat").write_text("(module\n  (type (strukt)))")
    message = failed(typereg(folder, "inspect", "bad.wat"))
    assert "bad.wat" in message
    assert "2" in message
    assert "10" in message


def test_c_components_are_refused_by_name(folder: pathlib.Path) -> None:
    message = failed(typereg(folder, "inspect", "-", stdin=b"\0asm\x0d\0\1\0"))
    assert "component" in message


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["inspect"],
        ["inspect", "missing.wasm"],
        ["inspect", "."],
        ["inspect", "plugin.wat", "--no-such-option"],
        ["no-such-command"],
        ["inspect", "plugin.wat", "--features", "no_such_feature"],
        ["inspect", "plugin.wat", "--limits", "no_such_profile"],
    ],
)
def test_c_bad_usage_is_told(arguments: list[str], folder: pathlib.Path) -> None:
    message = failed(typereg(folder, *arguments))
    for word in ("missing.wasm", "no-such-option", "no_such_feature", "no_such_profile"):
        if any(word in argument for argument in arguments):
            assert word in message


def test_c_a_reader_that_goes_away_is_no_fault(folder: pathlib.Path) -> None:
    many = wasm.types(
        *[wasm.func([wasm.I32] * (n % 900), [wasm.I64] * (n // 900)) for n in range(3000)]
    )
    (folder / "many.wasm").write_bytes(many)
    process = subprocess.Popen(
        [sys.executable, "-m", "typereg", "inspect", "many.wasm"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    message = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert b"Traceback" not in message


# Help and version.


def test_c_version(folder: pathlib.Path) -> None:
    done = typereg(folder, "--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert tr.__version__ in done.stdout.decode()


@pytest.mark.parametrize("arguments", [["--help"], ["inspect", "--help"]])
def test_c_help_has_an_example(arguments: list[str], folder: pathlib.Path) -> None:
    done = typereg(folder, *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert "typereg inspect " in text
    assert "xample" in text
    if arguments[0] == "inspect":
        assert "--json" in text
        assert "--features" in text
        assert "--limits" in text
