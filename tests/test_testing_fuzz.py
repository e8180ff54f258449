"""`typereg fuzz` (D7): what it compares, what it saves, and how it stops."""

from __future__ import annotations

import json
import pathlib
import runpy
import signal
import subprocess
import sys
import time
from typing import Any

import jsonschema
import pytest

import typereg as tr
from typereg.cli.main import main
from typereg.testing import engines, faults, saving
from typereg.testing.engines import Relations, Undecided
from typereg.testing.fuzz import Finding, Run

SCHEMAS = pathlib.Path(tr.__file__).parent / "cli" / "schemas"


def fuzz_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["fuzz", "--json", *arguments])
    printed = json.loads(capsys.readouterr().out)
    schema = json.loads((SCHEMAS / "fuzz-1.schema.json").read_text())
    jsonschema.validate(printed, schema)
    return code, printed


def test_d07_typereg_and_the_reference_agree(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--seed", "1", "--examples", "600", "--engine", "none", "--seconds", "100")
    code, printed = fuzz_json(capsys, *arguments)
    assert code == 0
    assert printed["differences"] == []
    assert printed["examples"] == 600
    assert printed["pairs"] > 5000


def test_d07_the_engines_agree(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--seed", "2", "--examples", "200", "--seconds", "100")
    code, printed = fuzz_json(capsys, *arguments)
    assert code == 0
    assert printed["engines"] == ["wasmtime", "node"]
    assert printed["differences"] == []
    assert printed["undecided"] == 0


def test_d07_a_seed_repeats_a_run() -> None:
    runs = []
    for _ in range(2):
        run = Run(3, typereg=faults.ALL["mutability"])
        for _ in range(150):
            run.step()
        runs.append([(each.example, each.program, each.got) for each in run.findings])
    assert runs[0]
    assert runs[0] == runs[1]


def first_finding(name: str, question: str, seed: int = 0) -> Finding:
    run = Run(seed, typereg=faults.ALL[name])
    for _ in range(1500):
        for finding in run.step():
            if finding.question == question:
                return finding
    raise AssertionError(f"{name} was not found")


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("nullability", "equal"),
        ("indirect-equality", "matches"),
        ("forward-supertype", "valid"),
        ("tag-variance", "link"),
    ],
)
def test_d07_a_difference_is_saved_as_modules_and_a_script(
    name: str, question: str, tmp_path: pathlib.Path
) -> None:
    finding = first_finding(name, question)
    files = saving.save(finding, tmp_path / "found")
    *modules, script = files
    assert [each.suffix for each in files] == [".wasm"] * len(modules) + [".wast"]
    assert len(modules) == (1 if question == "valid" else 2)
    for path, module in zip(modules, finding.modules, strict=True):
        assert path.read_bytes() == module.wasm
    assert sum(len(module.types) for module in finding.modules) <= 4
    text = script.read_text()
    assert f"seed 0, example {finding.example}" in text
    assert f"attribute: {finding.attribute}" in text
    assert f"says {finding.got}, the reference {finding.expected}" in text


def test_d07_operations_are_saved_as_a_script_that_replays_them(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = first_finding("never-freed", "operations")
    (script,) = saving.save(finding, tmp_path)
    assert script.suffix == ".py"
    namespace = runpy.run_path(str(script), run_name="__main__")
    assert namespace["PROGRAM"] == finding.program
    # It is typereg that is run there, and typereg frees.
    assert capsys.readouterr().out.endswith("no difference\n")


def test_d07_a_difference_is_told_and_exits_1(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typereg.testing.fuzz.TyperegRegistry", faults.ALL["nullability"])
    folder = tmp_path / "found"
    arguments = ("--seed", "0", "--examples", "100", "--engine", "none", "--save", str(folder))
    code, printed = fuzz_json(capsys, *arguments)
    assert code == 1
    first = printed["differences"][0]
    assert first["who"] == "typereg"
    assert {str(path) for path in folder.iterdir()} >= set(first["files"])


class Wrong(engines.Engine):
    """An engine that takes all types for the same, or fails."""

    name = "wrong"

    def __init__(self, verdict: bool | Undecided) -> None:
        super().__init__()
        self.verdict = verdict

    def relations(self, a: Any, b: Any, i: Any = None, j: Any = None) -> Relations:
        table = [[self.verdict for _ in b.types] for _ in a.types]
        return Relations(table, table)

    def valid(self, module: Any) -> bool | Undecided:
        return self.verdict

    def links(self, provider: Any, consumer: Any, *, name: str = "x") -> bool | Undecided:
        return self.verdict

    def _valid(self, module: bytes) -> Any:
        raise NotImplementedError

    def _link(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError


def test_d07_an_engine_that_is_wrong_is_found_out() -> None:
    run = Run(0, {"wrong": Wrong(True)})
    for _ in range(60):
        run.step()
    assert {each.who for each in run.findings} == {"wrong"}
    assert {each.question for each in run.findings} >= {"equal", "valid"}


def test_d07_a_crash_is_an_answer_and_lacking_a_feature_is_none() -> None:
    run = Run(0, {"wrong": Wrong(Undecided("crash", "SIGSEGV"))})
    run.step()
    (finding,) = run.findings
    assert finding.got == "crash: SIGSEGV"
    run = Run(0, {"wrong": Wrong(Undecided("unsupported", "gc"))})
    for _ in range(20):
        run.step()
    assert run.findings == []
    assert run.undecided > 0


def test_d07_an_engine_that_is_not_installed_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "available", dict)
    assert main(["fuzz", "--examples", "3", "--seed", "1", "--engine", "node"]) == 0
    captured = capsys.readouterr()
    assert "the engine node is not installed here; going on without it" in captured.err
    assert "0 differences" in captured.out


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_d07_ctrl_c_stops_it_cleanly() -> None:
    command = [sys.executable, "-m", "typereg", "fuzz", "--seed", "1", "--engine", "none"]
    with subprocess.Popen(
        [*command, "--seconds", "100"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "0 differences" in out
    assert "interrupted" in err
    assert "Traceback" not in err
