"""`typereg wast`: scripts, as far as types decide them (clause C)."""

from __future__ import annotations

import io
import json
import pathlib
import sys
from typing import Any

import jsonschema
import pytest

import typereg as tr
from typereg.cli.main import main
from typereg.testing import faults, saving
from typereg.testing.fuzz import Run

SCHEMA = pathlib.Path(tr.__file__).parent / "cli" / "schemas" / "wast-1.schema.json"

GOOD = """
(module $m
  (type $open (sub (func)))
  (type $below (sub $open (func)))
  (func (export "f") (type $below))
  (global (export "g") (ref $open) (ref.func 0)))
(register "m")
(module (type $open (sub (func))) (import "m" "f" (func (type $open))))
(module
  (import "spectest" "memory" (memory 1 2))
  (import "spectest" "print_i32" (func (param i32))))
(assert_unlinkable (module (import "m" "f" (func))) "incompatible import type")
(assert_unlinkable (module (import "m" "nothing" (func))) "unknown import")
(assert_invalid (module (type (sub 0 (func)))) "unknown type")
(assert_invalid
  (module (type $a (func)) (type $b (func (param i32)))
    (func $f (type $a)) (global (ref $b) (ref.func $f)))
  "type mismatch")
(assert_malformed (module binary "\\00asm" "\\01\\00\\00\\00" "\\01\\03\\01\\60") "unexpected end")
(assert_return (invoke $m "f"))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(module (type $t (func))") "unexpected end")
"""


def wast(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, text: str, *arguments: str
) -> tuple[int, Any]:
    path = tmp_path / "script.wast"
    path.write_text(text)
    code = main(["wast", str(path), "--json", *arguments])
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(printed, json.loads(SCHEMA.read_text()))
    (file,) = printed["files"]
    return code, file


def test_c_directives_that_types_decide_are_run(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    code, file = wast(capsys, tmp_path, GOOD)
    assert code == 0
    assert file["failures"] == []
    assert file["passed"] == 9
    assert file["why"] == {"function bodies": 1, "needs execution": 1, "syntax of text": 1}
    assert file["skipped"] == 3


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ('(assert_invalid (module (type (func))) "unknown type")', "accepted, and expected is"),
        ('(assert_unlinkable (module) "unknown import")', "it links, and expected is"),
        ("(module (type (sub 7 (func))))", "type 0: "),
        ('(module (import "spectest" "memory" (memory 2)))', "limits-min"),
        ("(module (global (ref func) (ref.func 5)))", "there is no function 5"),
        ("(module (type (func)", "does not parse"),
        ("(assert_everything)", "does not parse"),
        (")", "does not parse"),
        ("(module $x \u0000)", "does not parse"),
    ],
)
def test_c_a_directive_that_fails_is_told_and_the_others_are_run(
    directive: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    code, file = wast(capsys, tmp_path, f"(module)\n  {directive}")
    assert code == 1
    assert file["passed"] == 1
    (failure,) = file["failures"]
    assert (failure["line"], failure["column"]) == (2, 3)
    assert message in failure["message"]


def test_c_a_limit_decides_no_assertion(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    """A module with too much for the limits given may be valid or not."""
    text = '(assert_invalid (module (type (func)) (type (sub 7 (func)))) "unknown type")'
    assert wast(capsys, tmp_path, text)[0] == 0
    code, file = wast(capsys, tmp_path, text, "--limits", "types=1")
    assert code == 1
    assert "limit `types`" in file["failures"][0]["message"]


def test_c_a_scripts_name_is_nothing_that_a_terminal_obeys(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    script = tmp_path / "\x1b[31m.wast"
    script.write_text("(module (type (sub 7 (func))))")
    assert main(["wast", str(script)]) == 1
    told = capsys.readouterr().out
    assert told.count(r"\x1b[31m.wast:") == 2
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("directive", "place"),
    [
        # What is no token, what is out of place, and an end too early.
        ("(module\n\n  (type \0))", "line 4, column 9"),
        ("(module\n  (type (strukt)))", "line 3, column 10"),
        ("(module\n  (type (func))\n", "line 4, column 1"),
        # Names are looked up after all is parsed.
        ('(module\n  (func (export "f") (type $nowhere)))', "line 3, column 28"),
        # Columns are characters, whatever stands before.
        ('(module (import "\u2713" "\U0001f980" (funk)))', "line 2, column 26"),
        # Lines count from the script's beginning, not the directive's.
        ("(module) (assert_invalid\r\n (module (type $t $u)))", "line 3, column 19"),
    ],
)
def test_c_an_error_in_text_is_told_with_its_own_place(
    directive: str, place: str, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    _, file = wast(capsys, tmp_path, f"(module)\n{directive}")
    (failure,) = file["failures"]
    assert failure["line"] == 2
    assert failure["message"].startswith("does not parse: ")
    assert failure["message"].endswith(f" at {place}")
    # The module reader says the same of the same text.
    if directive.isascii() and directive.startswith("(module\n"):
        with pytest.raises(tr.DecodeError) as caught:
            tr.Module(f"\n{directive}")
        assert place in str(caught.value)


def test_c_text_in_quotes_has_no_place_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    _, file = wast(capsys, tmp_path, '(module quote "(type" "(strukt))")')
    (failure,) = file["failures"]
    assert failure["message"].startswith("does not parse: ")
    assert " at line " not in failure["message"]


def test_c_what_does_not_parse_loses_no_other_directive(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    _, file = wast(capsys, tmp_path, "(module)\n(assert_nonsense 1 2)\n(module (type (func)))")
    assert file["passed"] == 2
    assert [each["line"] for each in file["failures"]] == [2]


def test_c_a_file_that_cannot_be_read_keeps_no_other_from_running(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    good, bad = tmp_path / "good.wast", tmp_path / "bad.wast"
    good.write_text("(module)")
    bad.write_bytes(b"(module \xff)")
    code = main(["wast", str(bad), "missing.wast", str(good)])
    captured = capsys.readouterr()
    assert code == 2
    assert f"{good}: 1 passed, 0 failed, 0 skipped" in captured.out
    assert f"typereg: {bad}: not UTF-8 at offset 0x8" in captured.err
    assert "typereg: missing.wast: No such file or directory" in captured.err


def test_c_a_script_is_read_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'(module) (invoke "f")')))
    assert main(["wast", "-"]) == 0
    assert capsys.readouterr().out == (
        "-: 1 passed, 0 failed, 1 skipped\n    1 skipped: needs execution\n"
    )


def test_c_fields_alone_are_a_module(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    code, file = wast(capsys, tmp_path, "(type (func)) (type (sub 0 (func)))")
    assert (code, file["passed"]) == (1, 0)
    code, file = wast(capsys, tmp_path, "(type (sub (func))) (type (sub 0 (func)))")
    assert (code, file["passed"]) == (0, 1)


def test_c_threads_and_actions_alone_need_execution(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    text = """
(module $memory (memory (export "shared") 1 1 shared) (global (export "g") i32 (i32.const 1)))
(thread $other (shared (module $memory))
  (register "memory" $memory)
  (module (memory (import "memory" "shared") 1 1 shared) (func (export "run")))
  (invoke "run"))
(wait $other)
(get $memory "g")
(assert_unlinkable (module (memory (import "memory" "shared") 1 1 shared)) "unknown import")
"""
    code, file = wast(capsys, tmp_path, text)
    assert (code, file["passed"], file["failed"]) == (0, 2, 0)
    assert file["why"] == {"needs execution": 3}


def test_c_growth_is_not_modelled(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    grown = """(module (memory (export "m") 1)) (register "m")
      (assert_return (invoke "grow") (i32.const 1))
      (module (import "m" "m" (memory 2)))"""
    code, file = wast(capsys, tmp_path, grown)
    assert code == 0
    assert file["why"] == {"growth of memories and tables": 1, "needs execution": 1}


def test_c_features_are_named(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    script = '(module $m (memory 1 (pagesize 1))) (register "m" $m)'
    code, file = wast(capsys, tmp_path, script)
    assert code == 0
    assert file["why"] == {"a module that was skipped": 1, "feature custom_page_sizes": 1}
    code, file = wast(capsys, tmp_path, script, "--features", "custom_page_sizes")
    assert (code, file["passed"]) == (0, 2)


@pytest.mark.parametrize(
    "name", ["nullability", "indirect-equality", "forward-supertype", "tag-variance"]
)
def test_d07_typereg_passes_what_the_fuzzer_saves(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    # The reference is right in these, and typereg agrees with it.
    run = Run(0, typereg=faults.ALL[name])
    while not any(each.question != "operations" for each in run.findings):
        run.step()
    finding = next(each for each in run.findings if each.question != "operations")
    code, file = wast(capsys, tmp_path, saving.script(finding))
    assert code == 0
    assert file["passed"] >= 1
    assert file["skipped"] == 0
