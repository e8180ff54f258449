"""Real engines as oracles (D6): what they answer, and what becomes of one that fails."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import typereg as tr
from typereg.testing import engines, generate, twins, wasm
from typereg.testing.engines import Undecided
from typereg.testing.engines.drivers import SIMPLE, Matrix, Table
from typereg.testing.engines.features import FEATURES
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
                tested = engine.probe("ref.test", pair.a, pair.i, pair.b, pair.j)
                if isinstance(tested, bool):
                    a, b = tr.Module(pair.a.wasm), tr.Module(pair.b.wasm)
                    assert tested is tr.matches(a, pair.i, b, pair.j)
                    asked["ref.test"] += 1
            asked[pair.question] += 1
    assert asked["type"] > 150
    assert asked["validity"] > 25
    assert asked["ref.test"] > 80


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("probe", engines.ANSWERS)
def test_d06_each_probe_tells_declared_types_apart(
    probe: engines.ProbeName, name: str, found: dict[str, engines.Engine]
) -> None:
    module = wasm.types(wasm.sub(wasm.func()), wasm.sub(wasm.func(), 0), wasm.func())
    said = found[name].relations(module, module, probes=[probe]).answers[probe]
    matches = [[True, False, False], [True, True, False], [False, False, True]]
    equal = [[i == j for j in range(3)] for i in range(3)]
    assert said == (equal if engines.ANSWERS[probe] == "equal" else matches)


@pytest.mark.parametrize("name", NAMES)
def test_d06_a_probe_is_put_only_to_types_that_it_is_for(
    name: str, found: dict[str, engines.Engine]
) -> None:
    # A structure, a function with a result, and an array of what has no default.
    element = wasm.field(wasm.ref(0, nullable=False))
    module = wasm.types(wasm.struct(), wasm.func((), [wasm.I32]), wasm.array(element))
    said = found[name].relations(module, module, probes=list(engines.ANSWERS)).answers
    everywhere = [[i == j for j in range(3)] for i in range(3)]
    for probe in ("mutable-global", "global", "table"):
        assert said[probe] == everywhere
    assert said["tag"] == [[None] * 3] * 3
    assert said["function"] == [[None] * 3, [None, True, None], [None] * 3]
    assert said["ref.test"] == [*everywhere[:2], [None] * 3]


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


def test_d06_a_tag_with_results_needs_stack_switching(found: dict[str, engines.Engine]) -> None:
    tag = wasm.section(wasm.TAG, wasm.vec([wasm.tag(0)]))
    module = wasm.module(wasm.type_section(wasm.func((), [wasm.I32])), tag)
    assert found["wasmtime"].valid(module) is True
    verdict = found["node"].valid(module)
    assert isinstance(verdict, Undecided)
    assert verdict.kind == "unsupported"
    assert verdict.detail.startswith("stack_switching")


@pytest.mark.parametrize("name", NAMES)
def test_d06_a_proposal_that_nobody_asks_for_is_refused(
    name: str, found: dict[str, engines.Engine]
) -> None:
    shared_struct = b"\x65\x5f\0"
    with pytest.raises(tr.UnsupportedFeatureError):
        tr.Module(wasm.types(shared_struct))
    assert found[name].valid(wasm.types(shared_struct)) is False


class Refusing(engines.Engine):
    """An engine that has every feature but refuses what it is asked about."""

    name = "refusing"

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    def _valid(self, module: bytes) -> engines.Later[tuple[engines.Verdict, str]]:
        return lambda: (True, "")

    def _link(
        self, provider: bytes, tables: Sequence[Table]
    ) -> engines.Later[list[Matrix] | Undecided]:
        tried = tr.Module(provider).rec_groups == tr.Module(SIMPLE).rec_groups
        said: engines.Verdict = True if tried else Undecided("refused", self.why)
        return lambda: [[[said for _ in each.exports] for _ in each.consumers] for each in tables]


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("Unsupported feature: wasm gc: explicit subtyping", "unsupported"),
        ("support for arrays is not yet implemented", "unsupported"),
        ("invalid type at offset 3", "refused"),
    ],
)
def test_d06_a_refusal_is_an_answer_unless_it_says_what_lacks(why: str, kind: str) -> None:
    module = wasm.types(wasm.struct())
    verdict = Refusing(why).equal(module, 0, module, 0)
    assert isinstance(verdict, Undecided)
    assert (verdict.kind, verdict.detail) == (kind, why)


def test_d06_no_answer_is_neither_yes_nor_no() -> None:
    with pytest.raises(TypeError, match="neither yes nor no"):
        bool(Undecided("timeout", "no answer"))


# An engine that fails.

READY = """print('{"ready": "an engine"}', flush=True); input(); """
FAILURES = {
    "timeout": "import time; time.sleep(60)",
    "crash": "import os; os.abort()",
    "nonsense": "print('Segmentation fault, just kidding', flush=True); input()",
}


@pytest.mark.parametrize("kind", FAILURES)
def test_d06_a_failing_engine_is_a_verdict(kind: str) -> None:
    command = [sys.executable, "-c", READY + FAILURES[kind]]
    child = Child(command, seconds=1 if kind == "timeout" else 30)
    for restarts in (1, 2):
        verdict = child.ask({"op": "valid", "wasm": ""})
        assert isinstance(verdict, Undecided)
        assert verdict.kind == kind
        assert child.restarts == restarts
        if kind == "crash":
            assert verdict.detail == "SIGABRT"


PANIC = "thread 'main' (7) panicked at src/lib.rs:3:9:\nindex out of bounds\nstack backtrace:"


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (PANIC, Undecided("crash", "SIGABRT: index out of bounds")),
        (
            "\n# Fatal error in , line 0\n# Check failed: x.\n#",
            Undecided("crash", "SIGABRT: Check failed: x."),
        ),
        (
            PANIC.replace("index out of bounds", "not implemented: GC"),
            Undecided("unsupported", "SIGABRT: not implemented: GC"),
        ),
    ],
)
def test_d06_last_words_say_why_an_engine_ended(words: str, verdict: Undecided) -> None:
    end = f"import os; os.write(2, {words.encode()!r}); os.abort()"
    child = Child([sys.executable, "-c", READY + end], seconds=30)
    assert child.ask({"op": "valid", "wasm": ""}) == verdict


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "import nothing_of_that_name",
            "ModuleNotFoundError: No module named 'nothing_of_that_name'",
        ),
        ("print('hello', flush=True); input()", "it does not say that it is ready"),
        ("pass", "it closed its output"),
    ],
)
def test_d06_an_engine_that_does_not_start_is_missing(code: str, why: str) -> None:
    child = Child([sys.executable, "-c", code], seconds=30)
    name = pathlib.Path(sys.executable).name
    assert child.ready() == Undecided("missing", f"{name}: {why}")
    assert child.ask({"op": "valid", "wasm": ""}) == Undecided("missing", f"{name}: {why}")


def test_d06_no_engine_gathers_stacks_for_its_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of 55 ms for the text of each error, in Wasmtime 37 to 41, none is left.
    monkeypatch.setenv("RUST_BACKTRACE", "1")
    code = READY + """print('{"said": "' + __import__("os").environ["RUST_BACKTRACE"] + '"}')"""
    child = Child([sys.executable, "-c", code], seconds=30)
    assert child.ask({"op": "x"}) == {"said": "0"}
    child.close()


# Questions asked ahead. The engine echoes; some words do it harm.

ECHO = """
import json, os, sys, time
print('{"ready": "echo"}', flush=True)
for line in sys.stdin:
    word = json.loads(line)["op"]
    if word == "die":
        os.kill(os.getpid(), 11)
    if word == "hang":
        time.sleep(60)
    said = json.dumps({"said": word, "by": os.getpid()})
    print("nonsense" if word == "rave" else said, flush=True)
"""


def test_d06_a_failure_is_the_very_question_s_and_the_others_are_answered() -> None:
    child = Child([sys.executable, "-c", ECHO], seconds=2)
    words = ["a", "die", "b", "rave", "hang", "hang", "c", "die"]
    tickets = [child.submit({"op": word}) for word in words]
    answers = [child.answer(ticket) for ticket in tickets]
    told = [each.kind if isinstance(each, Undecided) else each["said"] for each in answers]
    assert told == ["a", "crash", "b", "nonsense", "timeout", "timeout", "c", "crash"]
    assert child.restarts == 5
    child.close()


def test_d06_one_start_in_vain_is_enough_for_all_that_wait(tmp_path: pathlib.Path) -> None:
    starts = tmp_path / "starts"
    code = f"open({str(starts)!r}, 'a').write('.'); raise SystemExit('no licence')"
    child = Child([sys.executable, "-c", code], seconds=30)
    tickets = [child.submit({"op": str(number)}) for number in range(5)]
    missing = Undecided("missing", f"{pathlib.Path(sys.executable).name}: no licence")
    assert [child.answer(ticket) for ticket in tickets] == [missing] * 5
    assert starts.read_text() == "."
    # What is asked later is another matter: it may have come back.
    assert child.ask({"op": "later"}) == missing
    assert starts.read_text() == ".."


def test_d06_answers_may_be_fetched_in_any_order() -> None:
    child = Child([sys.executable, "-c", ECHO], seconds=30)
    tickets = [child.submit({"op": str(number), "padding": "x" * 5000}) for number in range(200)]
    for number in (150, 3, 199, 0):
        answer = child.answer(tickets[number])
        assert not isinstance(answer, Undecided)
        assert answer["said"] == str(number)
    child.close()
    assert child.restarts == 0


def test_d06_a_process_is_replaced_after_so_many_questions() -> None:
    child = Child([sys.executable, "-c", ECHO], seconds=30, questions=3)
    tickets = [child.submit({"op": "x"}) for _ in range(7)]
    by = []
    for ticket in tickets:
        answer = child.answer(ticket)
        assert not isinstance(answer, Undecided)
        by.append(answer["by"])
    child.close()
    assert [by.count(each) for each in dict.fromkeys(by)] == [3, 3, 1]
    assert child.restarts == 0


def test_d06_what_waits_when_a_process_is_closed_is_asked_again() -> None:
    child = Child([sys.executable, "-c", ECHO], seconds=30)
    tickets = [child.submit({"op": word}) for word in "ab"]
    child.answer(tickets[0])
    child.close()
    answer = child.answer(tickets[1])
    assert not isinstance(answer, Undecided)
    assert answer["said"] == "b"
    child.close()


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
        'print(\'{"ready": "fragile"}\', flush=True)\n'
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


def command_line(code: str, *, seconds: float = 30) -> engines.CommandLine:
    """A command line in Python."""
    words = [sys.executable, "-c", code, "{provider}", "{consumer}"]
    return engines.CommandLine(words, name="mine", seconds=seconds)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("raise SystemExit(7)", Undecided("nonsense", "exit code 7")),
        (
            "import sys; print('one\\ntwo', file=sys.stderr); sys.exit(8)",
            Undecided("nonsense", "exit code 8: two"),
        ),
        ("import os; os.abort()", Undecided("crash", "SIGABRT")),
        (
            f"import os; os.write(2, {PANIC.encode()!r}); os._exit(101)",
            Undecided("crash", "exit code 101: index out of bounds"),
        ),
        (
            f"import os; os.write(2, {PANIC.replace('index', 'not implemented:')!r}.encode()); "
            "os.abort()",
            Undecided("unsupported", "SIGABRT: not implemented: out of bounds"),
        ),
    ],
)
def test_d06_a_command_line_that_fails_says_why(code: str, verdict: Undecided) -> None:
    assert command_line(code).valid(wasm.types()) == verdict
    # What cannot even take an empty module is not ready, whatever it did.
    assert command_line(code).ready() == Undecided("missing", str(verdict))


def test_d06_a_command_line_is_ready_once_it_takes_an_empty_module(
    tmp_path: pathlib.Path,
) -> None:
    starts = tmp_path / "starts"
    engine = command_line(f"open({str(starts)!r}, 'a').write('.')")
    assert engine.ready() == engine.ready() == "mine"
    assert starts.read_text() == "."
    missing = engines.CommandLine(["/nowhere/wasm", "{provider}", "{consumer}"])
    assert missing.ready() == Undecided("missing", "/nowhere/wasm: No such file or directory")
    refusing = command_line("raise SystemExit(1)").ready()
    assert isinstance(refusing, Undecided)
    assert refusing.detail == f"{sys.executable}: it does not take an empty module"
    slow = command_line("import time; time.sleep(60)", seconds=1).ready()
    assert slow == Undecided("missing", "timeout: no answer within 1 seconds")


STARTS_ANOTHER = """
import os, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open({!r}, "w") as file:
    file.write(str(other.pid))
"""


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie (whose parent may be slow to see to it)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = pathlib.Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def dies(pid: int) -> bool:
    """Whether a process goes away, within a while."""
    until = time.monotonic() + 30
    while is_alive(pid):
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("end", ["time.sleep(600)", "sys.exit(0)", "os.abort()"])
def test_d06_what_a_command_line_starts_ends_with_it(end: str, tmp_path: pathlib.Path) -> None:
    # The other one holds its standard error open, so the end of that says nothing of its own.
    engine = command_line(STARTS_ANOTHER.format(str(tmp_path / "pid")) + end, seconds=3)
    begun = time.monotonic()
    verdict = engine.valid(wasm.types())
    told = verdict if isinstance(verdict, bool) else verdict.kind
    assert told == {"time.sleep(600)": "timeout", "sys.exit(0)": True, "os.abort()": "crash"}[end]
    assert time.monotonic() - begun < 60
    assert dies(int((tmp_path / "pid").read_text()))


def test_d06_what_an_engine_starts_ends_with_it(tmp_path: pathlib.Path) -> None:
    code = STARTS_ANOTHER.format(str(tmp_path / "pid")) + READY + "time.sleep(600)"
    child = Child([sys.executable, "-c", code], seconds=1)
    verdict = child.ask({"op": "valid", "wasm": ""})
    assert verdict == Undecided("timeout", "no answer within 1 seconds")
    assert dies(int((tmp_path / "pid").read_text()))


FLOOD = "import os\nwhile True: os.write({}, b'x' * 65536)"


@pytest.mark.parametrize("output", [1, 2])
def test_d06_a_command_line_that_writes_without_an_end_fills_no_memory(output: int) -> None:
    tracemalloc.start()
    try:
        verdict = command_line(FLOOD.format(output), seconds=2).valid(wasm.types())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert verdict == Undecided("timeout", "no answer within 2 seconds")
    assert peak < 8 << 20


def test_d06_an_engine_that_complains_a_lot_is_heard_and_answers() -> None:
    loud = "import os\nfor _ in range(200): os.write(2, b'x' * 65536)\n"
    child = Child([sys.executable, "-c", READY + loud + """print('{"said": 1}')"""], seconds=60)
    assert child.ask({"op": "x"}) == {"said": 1}
    child.close()
    panics = f"os.write(2, {PANIC.encode()!r})\n"
    code = READY + "import os\n" + panics + loud + "os.abort()"
    child = Child([sys.executable, "-c", code], seconds=60)
    assert child.ask({"op": "x"}) == Undecided("crash", "SIGABRT: index out of bounds")


def test_d06_an_answer_without_an_end_is_nonsense_before_time_is_up() -> None:
    child = Child([sys.executable, "-c", READY + FLOOD.format(1)], seconds=600)
    verdict = child.ask({"op": "valid", "wasm": ""})
    assert isinstance(verdict, Undecided)
    assert verdict.kind == "nonsense"
    assert verdict.detail.endswith(", without an end")


def test_d06_an_answer_nested_without_measure_is_nonsense() -> None:
    code = READY + "print('[' * 1_000_000, flush=True); input()"
    verdict = Child([sys.executable, "-c", code], seconds=30).ask({"op": "valid", "wasm": ""})
    assert isinstance(verdict, Undecided)
    assert verdict.kind == "nonsense"


def test_d06_only_two_words_in_braces_are_paths() -> None:
    code = "import sys; d = {'provider': 1}; sys.exit(0 if sys.argv[1] == '--x={y}' else 7)"
    engine = engines.CommandLine([sys.executable, "-c", code, "--x={y}", "--in={consumer}"])
    assert engine.valid(wasm.types()) is True


@pytest.mark.parametrize(
    ("words", "error", "why"),
    [
        ("wasm {provider} {consumer}", TypeError, "expected a list of words, got 'wasm {provider}"),
        (None, TypeError, "expected a list of words, got None"),
        (["wasm", 3, "{consumer}"], TypeError, "expected text as word 1 of the command, got 3"),
        ([], ValueError, "no word that says what to run"),
        (["", "{consumer}"], ValueError, "no word that says what to run"),
        (["wasm", "{provider}"], ValueError, "expected {consumer} among the words"),
        (["wasm\0", "{consumer}"], ValueError, "word 0 of the command has a null character"),
    ],
)
def test_d06_a_command_that_cannot_be_is_refused_when_it_is_named(
    words: Any, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=re.escape(why)):
        engines.CommandLine(words)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_d06_a_time_limit_that_cannot_be_is_refused(seconds: Any) -> None:
    kinds: list[Callable[[], object]] = [
        lambda: engines.CommandLine(["wasm", "{consumer}"], seconds=seconds),
        lambda: engines.Wasmtime(seconds=seconds),
        lambda: engines.Node(seconds=seconds),
        lambda: engines.available(seconds=seconds),
    ]
    for make in kinds:
        with pytest.raises((TypeError, ValueError), match="expected a number of seconds"):
            make()


def test_d06_an_unknown_feature_or_probe_is_told_with_those_that_there_are() -> None:
    engine = Refusing("")
    with pytest.raises(ValueError, match=re.escape("no feature 'gcc' (did you mean 'gc'?)")):
        engine.supports("gcc")
    module = wasm.types(wasm.func())
    asked: list[Callable[[Any], object]] = [
        lambda name: engine.probe(name, module, 0, module, 0),
        lambda name: engine.relations(module, module, probes=[name]),
    ]
    for ask in asked:
        with pytest.raises(ValueError, match=r"no probe 'globe'.*there are: .*ref.test"):
            ask("globe")
