"""Real engines as oracles (D6): what they answer, and what becomes of one that fails."""

from __future__ import annotations

import pathlib
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

import typereg as tr
from typereg.testing import engines, generate, twins, wasm
from typereg.testing.engines import Undecided
from typereg.testing.engines.drivers import FEATURES
from typereg.testing.engines.process import Child
from typereg.testing.source import Seeded

NAMES = ("wasmtime", "node")
PAIRS = 2000
"""Pairs of types that the default run compares with each engine, at the least."""


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, engines.Engine]]:
    available = engines.available()
    yield available
    for engine in available.values():
        engine.close()


def test_d06_both_wheels_are_installed(found: dict[str, engines.Engine]) -> None:
    # They are in the test group: an engine that is not there must not pass for one that agrees.
    assert set(found) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_d06_engines_agree_on_generated_pairs(name: str, found: dict[str, engines.Engine]) -> None:
    engine = found[name]
    pairs = equal = seed = 0
    while pairs < PAIRS:
        seed += 1
        source = Seeded(seed)
        a = generate.section(source)
        b = generate.relative(source, a)
        read_a, read_b = tr.Module(a.wasm), tr.Module(b.wasm)
        relations = engine.relations(a, b)
        for i in range(len(a.types)):
            for j in range(len(b.types)):
                pairs += 1
                same, below = tr.equal(read_a, i, read_b, j), tr.matches(read_a, i, read_b, j)
                equal += same
                assert relations.equal[i][j] is same, f"{i} {j}\n{a.wat}\n{b.wat}"
                assert relations.matches[i][j] is below, f"{i} {j}\n{a.wat}\n{b.wat}"
    assert equal > pairs / 10


@pytest.mark.parametrize("name", NAMES)
def test_d06_engines_agree_on_near_twins(name: str, found: dict[str, engines.Engine]) -> None:
    engine = found[name]
    asked: Counter[str] = Counter()
    attributes = [each for each in twins.STANDARD if each not in twins.LIMITS]
    for attribute in attributes:
        for number in range(2):
            pair = twins.twins(Seeded(f"{attribute} {number}"), attribute)
            if pair.question == "validity":
                assert engine.valid(pair.a) is True, pair.a.wat
                assert engine.valid(pair.b) is False, pair.b.wat
            elif pair.question == "type":
                assert pair.i is not None
                assert pair.j is not None
                verdict = engine.equal(pair.a, pair.i, pair.b, pair.j)
                assert verdict is pair.equal, f"{attribute}\n{pair.a.wat}\n{pair.b.wat}"
                tested = engine.tests(pair.a, pair.i, pair.b, pair.j)
                if isinstance(tested, bool):
                    a, b = tr.Module(pair.a.wasm), tr.Module(pair.b.wasm)
                    assert tested is tr.matches(a, pair.i, b, pair.j)
                    asked["ref.test"] += 1
            asked[pair.question] += 1
    assert asked["type"] > 150
    assert asked["validity"] > 25
    assert asked["ref.test"] > 80


@pytest.mark.parametrize("name", NAMES)
def test_d06_functions_match_by_declared_type(name: str, found: dict[str, engines.Engine]) -> None:
    engine = found[name]
    module = wasm.types(wasm.sub(wasm.func()), wasm.sub(wasm.func(), 0), wasm.func())
    asked = [[engine.function_matches(module, i, module, j) for j in range(3)] for i in range(3)]
    assert asked == [[True, False, False], [True, True, False], [False, False, True]]


def test_d06_what_an_engine_lacks_is_unsupported(found: dict[str, engines.Engine]) -> None:
    node = found["node"]
    lacking = [feature for feature in FEATURES if not node.supports(feature)]
    assert lacking == ["stack_switching", "custom_page_sizes"]
    for feature in lacking:
        verdict = node.valid(FEATURES[feature])
        assert isinstance(verdict, Undecided)
        assert verdict.kind == "unsupported"
        assert verdict.detail.startswith(feature)
    conts = FEATURES["stack_switching"]
    same = node.equal(conts, 1, conts, 1)
    assert isinstance(same, Undecided)
    assert same.kind == "unsupported"


def test_d06_no_answer_is_neither_yes_nor_no() -> None:
    with pytest.raises(TypeError, match="neither yes nor no"):
        bool(Undecided("timeout", "no answer"))


# An engine that fails.

FAILURES = {
    "timeout": "import time; time.sleep(60)",
    "crash": "import os; os.abort()",
    "nonsense": "print('Segmentation fault, just kidding'); input(); input()",
}


@pytest.mark.parametrize("kind", FAILURES)
def test_d06_a_failing_engine_is_a_verdict(kind: str) -> None:
    child = Child([sys.executable, "-c", FAILURES[kind]], seconds=1 if kind == "timeout" else 30)
    for restarts in (1, 2):
        verdict = child.ask({"op": "valid", "wasm": ""})
        assert isinstance(verdict, Undecided)
        assert verdict.kind == kind
        assert child.restarts == restarts
        if kind == "crash":
            assert verdict.detail == "SIGABRT"


def test_d06_an_engine_that_is_not_there_is_a_verdict() -> None:
    engine = engines.Wasmtime(python="/nowhere/python")
    verdict = engine.valid(wasm.types())
    assert verdict == Undecided("missing", "/nowhere/python: No such file or directory")


def test_d06_after_a_crash_the_next_question_is_answered(tmp_path: pathlib.Path) -> None:
    mark = tmp_path / "crashed"
    script = tmp_path / "engine.py"
    script.write_text(
        "import os, pathlib, sys\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "for line in sys.stdin:\n"
        "    if not mark.exists():\n"
        "        mark.touch()\n"
        "        os.kill(os.getpid(), 11)\n"
        "    print('{\"valid\": true}', flush=True)\n"
    )

    class Fragile(engines.Wasmtime):
        def __init__(self) -> None:
            super().__init__()
            self.child = Child([sys.executable, str(script)], seconds=30)

    with Fragile() as engine:
        assert engine.valid(wasm.types()) == Undecided("crash", "SIGSEGV")
        assert engine.valid(wasm.types()) is True


@pytest.mark.parametrize("words", [["{provider}"], ["{consumer}", "{provider}"]])
def test_d06_answers_of_another_form_are_nonsense(words: list[str], tmp_path: pathlib.Path) -> None:
    engine = engines.CommandLine([sys.executable, "-c", "raise SystemExit(7)", *words])
    verdict = engine.valid(wasm.types())
    assert verdict == Undecided("nonsense", "exit code 7")


def test_d06_any_command_line_is_an_engine(tmp_path: pathlib.Path) -> None:
    script = tmp_path / "linker.py"
    script.write_text(
        "import sys, typereg as tr\n"
        "a, b = (tr.Module.from_file(path) for path in sys.argv[1:])\n"
        "ok = all(tr.matches(a, a.exports[0].type, b, each.type) for each in b.imports)\n"
        "sys.exit(0 if ok else 1)\n"
    )
    engine = engines.CommandLine([sys.executable, str(script), "{provider}", "{consumer}"])
    types = wasm.types(wasm.sub(wasm.struct()), wasm.sub(wasm.struct(), 0))
    assert engine.valid(types) is True
    assert engine.equal(types, 0, types, 0) is True
    assert engine.equal(types, 1, types, 0) is False
    assert engine.matches(types, 1, types, 0) is True
    assert engine.matches(types, 0, types, 1) is False
    missing = engines.CommandLine(["/nowhere/wasm", "{provider}", "{consumer}"])
    assert missing.valid(types) == Undecided("missing", "/nowhere/wasm: No such file or directory")
