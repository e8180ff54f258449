"""Generated types through typereg, the reference and real engines, until time is up (clause D7).

The examples are those of a seed, by number, so a run can be repeated. Engines are asked some
examples ahead of the one whose answers are looked at, so that they work while the next ones are
drawn. What differs is made as small as can be and told as a `Finding`.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import typereg as tr
from typereg import reference
from typereg.reference.types import FieldType, GlobalType, StructType

from . import generate, programs
from .engines import ANSWERS, Engine, Later, ProbeName, Relations, Undecided
from .links import NAME, PROVIDER, LinkPair, link_pair
from .links import STANDARD as LINKS
from .programs import Link, Program, Register, Validate
from .protocol import capabilities
from .registries import ReferenceRegistry, TyperegRegistry
from .shrink import shrink
from .side_by_side import Difference, SideBySide
from .source import Seeded
from .spec import Export, Import, Module, as_group, ref_type
from .twins import EVERYDAY, twins

ENGINE_LINKS: Final = tuple(name for name in LINKS if not name.startswith("missing"))
"""Those that an engine can be asked about: what is missing is not its business."""

CHAIN: Final = 20_000
CHAIN_AT: Final = 99
"""How long the one long chain of a run is, and with which example it comes."""

SHRINK_RUNS: Final = 400
SHRUNK: Final = 5
"""How many findings of one sort are made smaller. Who is wrong everywhere is asked on, rather."""

AHEAD: Final = 32
"""How many examples the engines are asked ahead. A number, not a time: a seed then gives the same
findings in the same order on any machine."""

PROBES: Final[tuple[ProbeName, ...]] = (
    "table",
    "tag",
    "function",
    "ref.test",
    "function",
    "imported-function",
    "call_indirect",
)
"""The probes that take turns beside those of `Engine.relations`; a function twice, because nothing
else asks whether a declared supertype will do."""


NOT_SMALLER: Final = "not made smaller"
NOT_AGAIN: Final = "not when asked again: it hangs on what was asked before, or on chance"


@dataclass(frozen=True)
class Finding:
    """Something that typereg or an engine answers otherwise than the reference."""

    who: str
    question: Literal["equal", "matches", "valid", "link", "operations"]
    program: Program
    attribute: str
    got: str
    expected: str
    example: int
    seed: int
    i: int | None = None
    j: int | None = None
    detail: str = ""
    probe: ProbeName | None = None
    """What an engine was asked with about types."""

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules that it is about."""
        return self.program.modules


_Settle: TypeAlias = Callable[[], Iterator[Finding]]
"""What waits for the answers to a question and compares them."""


@dataclass
class Run:
    """A run of the fuzzer: what it did so far."""

    seed: int
    engines: Mapping[str, Engine] = field(default_factory=dict)
    typereg: Callable[[], Any] = field(default_factory=lambda: TyperegRegistry)
    """The registry under test; another one for tests of the fuzzer itself."""
    examples: int = 0
    """How many examples were drawn."""
    pairs: int = 0
    """How many pairs were compared by all."""
    undecided: int = 0
    findings: list[Finding] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    can: frozenset[str] = frozenset()
    _sorts: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    _open: deque[list[_Settle]] = field(default_factory=deque)
    """The examples whose answers were not looked at yet: what looks at them."""

    def __post_init__(self) -> None:
        """Find out what the registry under test can do."""
        self.can = capabilities(self.typereg())

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """How many pairs a second it compares."""
        return self.pairs / max(self.seconds, 1e-6)

    def step(self) -> list[Finding]:
        """Try the next example; give what was found, of earlier ones where engines are asked."""
        number = self.examples
        self.examples += 1
        source = Seeded(f"fuzz {self.seed} {number}")
        self._open.append(list(self._example(number, source)))
        return self._settle(AHEAD if self.engines else 0)

    def finish(self) -> list[Finding]:
        """Look at the answers that are still to come; give what they show."""
        return self._settle(0)

    def _settle(self, left: int) -> list[Finding]:
        found: list[Finding] = []
        while len(self._open) > left:
            for settle in self._open.popleft():
                found += settle()
        self.findings += found
        return found

    def _example(self, number: int, source: Seeded) -> Iterator[_Settle]:
        kind = number % 10
        if kind < 5:
            a = generate.section(source, groups=5)
            b = generate.relative(source, a)
            yield self._sections(number, a, b, "relatives")
        elif kind < 8:
            turn = number // 10 * 3 + kind - 5
            attribute = EVERYDAY[turn * 37 % len(EVERYDAY)]
            pair = twins(source, attribute)
            if pair.programs is not None:
                for program in pair.programs:
                    yield self._operations(number, program)
            elif pair.question == "validity":
                yield self._validity(number, pair.a, attribute)
                yield self._validity(number, pair.b, attribute)
            else:
                yield self._sections(number, pair.a, pair.b, attribute)
        elif kind == 8:
            yield self._link(number, link_pair(source, LINKS[number // 10 % len(LINKS)]))
        else:
            yield self._operations(number, programs.program(source, self.can))
        if number == CHAIN_AT and self.engines:
            yield self._chain(number)

    # One question each: it is asked, and what looks at the answers is given.

    def _sections(self, number: int, a: Module, b: Module, attribute: str) -> _Settle:
        """Compare all types of one section with all of another."""
        sides = Sides(a, b, self.typereg)
        difference = sides.difference()
        probes = (*Sides.PROBES, PROBES[number % len(PROBES)])
        asked = [(name, sides.ask(engine, probes)) for name, engine in self.engines.items()]

        def settle() -> Iterator[Finding]:
            self.pairs += sides.pairs
            if difference is not None:
                yield self._smallest_pair(
                    number, a, b, attribute, "typereg", difference, Sides.difference
                )
            for name, later in asked:
                answer, undecided = later()
                self.undecided += undecided
                if answer is not None:

                    def ask(again: Sides, name: str = name, by: _Answer = answer) -> _Answer | None:
                        only = (by.probe,) if by.probe else ()
                        return again.ask(self.engines[name], only)()[0]

                    yield self._smallest_pair(number, a, b, attribute, name, answer, ask)

        return settle

    def _enough(self, *sort: str | None) -> bool:
        """Tell whether many findings of a sort were made smaller already; count this one."""
        self._sorts[sort] += 1
        return self._sorts[sort] > SHRUNK

    def _chain(self, number: int) -> _Settle:
        """Ask engines, once, about a type at the end of a long chain of references.

        Whoever frees types by recursion falls over it (drop-recursion).
        """
        links = (StructType([FieldType(ref_type(i))]) for i in range(CHAIN - 1))
        groups = tuple(map(as_group, (StructType([]), *links)))
        item = GlobalType(ref_type(CHAIN - 1))
        provider = Module(groups, items=(item,), exports=(Export(NAME, "global", 0),))
        consumer = Module(groups, imports=(Import(PROVIDER, NAME, item),))
        asked = [
            (name, engine.ask_links(provider, consumer)) for name, engine in self.engines.items()
        ]

        def settle() -> Iterator[Finding]:
            for name, later in asked:
                got = later()
                if got is True or _unsupported(got):
                    continue
                yield Finding(
                    name,
                    "link",
                    Program.of(Link(provider, consumer)),
                    "long chain",
                    str(got),
                    "True",
                    number,
                    self.seed,
                    detail=NOT_SMALLER,
                )

        return settle

    def _smallest_pair(
        self,
        number: int,
        a: Module,
        b: Module,
        attribute: str,
        who: str,
        first: _Answer,
        ask: Callable[[Sides], _Answer | None],
    ) -> Finding:
        """Make a pair of sections smaller, as long as the same sort of question differs."""
        sort = (who, first.question, first.expected, first.probe, first.got)

        def sides(program: Program) -> Sides | None:
            if len(program.modules) != 2:
                return None
            first, second = program.modules
            made = Sides(first, second, self.typereg)
            return made if made.valid else None

        def differs(program: Program) -> _Answer | None:
            made = sides(program)
            answer = None if made is None else ask(made)
            if answer is None or (answer.question, answer.expected) != sort[1:3]:
                return None
            return answer

        program = Program.of(Register(a), Register(b))
        answer: _Answer | None = first
        detail = NOT_SMALLER
        if not self._enough(*sort):
            answer, detail = differs(program), ""
            if answer is not None:
                program = shrink(program, lambda each: differs(each) is not None, runs=SHRINK_RUNS)
                answer = differs(program)
        if answer is None:
            answer, detail = first, NOT_AGAIN
        return Finding(
            who,
            answer.question,
            program,
            attribute,
            answer.got,
            answer.expected,
            number,
            self.seed,
            answer.i,
            answer.j,
            detail,
            answer.probe,
        )

    def _validity(self, number: int, module: Module, attribute: str) -> _Settle:
        """Compare whether a module is valid."""
        asked: list[tuple[str, Callable[[Module], Later[object]]]] = []
        if "validate" in self.can:
            asked.append(("typereg", _at_once(self.typereg().validate)))
        asked += [(name, engine.ask_valid) for name, engine in self.engines.items()]
        return self._judge(
            number, "valid", Program.of(Validate(module)), attribute, _validity, asked
        )

    def _link(self, number: int, pair: LinkPair) -> _Settle:
        """Compare whether a provider and a consumer link."""
        asked: list[tuple[str, Callable[[Module, Module], Later[object]]]] = []
        if "link" in self.can:
            asked.append(("typereg", _at_once(self.typereg().link)))
        if pair.case in ENGINE_LINKS:
            asked += [(name, engine.ask_links) for name, engine in self.engines.items()]
        program = Program.of(Link(pair.provider, pair.consumer))
        return self._judge(number, "link", program, f"link {pair.case}", _linking, asked)

    def _judge(
        self,
        number: int,
        question: Literal["valid", "link"],
        program: Program,
        attribute: str,
        expect: Callable[[Program], bool | None],
        asked: Sequence[tuple[str, Callable[..., Later[object]]]],
    ) -> _Settle:
        """Compare what all say of a program's modules with what the reference does."""
        expected = expect(program)
        answers = [(who, ask, ask(*program.modules)) for who, ask in asked]

        def settle() -> Iterator[Finding]:
            self.pairs += 1
            for who, ask, later in answers:
                got = later()
                if _unsupported(got):
                    self.undecided += 1
                elif got is not expected:
                    yield self._smallest(
                        number, question, program, attribute, expect, who, ask, got
                    )

        return settle

    def _smallest(
        self,
        number: int,
        question: Literal["valid", "link"],
        program: Program,
        attribute: str,
        expect: Callable[[Program], bool | None],
        who: str,
        ask: Callable[..., Later[object]],
        got: object,
    ) -> Finding:
        """Make modules smaller, as long as somebody says of them what is wrong of these."""

        def fails(candidate: Program) -> bool:
            expected = expect(candidate)
            if expected is None:
                return False
            said = ask(*candidate.modules)()
            return str(said) == first and str(expected) == other

        detail = ""
        expected = expect(program)
        first, other = str(got), str(expected)
        if self._enough(who, question, str(got), str(expected)):
            detail = NOT_SMALLER
        elif fails(program):
            program = shrink(program, fails, runs=SHRINK_RUNS)
            got, expected = ask(*program.modules)(), expect(program)
        else:
            detail = NOT_AGAIN
        return Finding(
            who,
            question,
            program,
            attribute,
            str(got),
            str(expected),
            number,
            self.seed,
            detail=detail,
        )

    def _operations(self, number: int, program: Program) -> _Settle:
        """Compare a sequence of operations, step by step."""

        def difference(candidate: Program) -> Difference | None:
            both = SideBySide(self.typereg(), ReferenceRegistry(), self.typereg)
            return both.difference(candidate)

        first = difference(program)

        def settle() -> Iterator[Finding]:
            if first is None:
                return
            kind = first.kind

            def fails(candidate: Program) -> bool:
                found = difference(candidate)
                return found is not None and found.kind == kind

            small = shrink(program, fails, runs=SHRINK_RUNS)
            found = difference(small)
            assert found is not None
            yield Finding(
                "typereg",
                "operations",
                small,
                "operations",
                repr(found.got),
                repr(found.expected),
                number,
                self.seed,
                detail=found.what,
            )

        return settle


@dataclass(frozen=True)
class _Answer:
    """A pair of types that someone answers otherwise than the reference."""

    question: Literal["equal", "matches"]
    i: int
    j: int
    got: str
    expected: str
    probe: ProbeName | None = None


class Sides:
    """Two sections in the registry under test and in the reference, with all their pairs."""

    PROBES: Final[tuple[ProbeName, ...]] = ("mutable-global", "global")

    def __init__(self, a: Module, b: Module, registry: Callable[[], Any] = TyperegRegistry) -> None:
        """Register both in each."""
        self.a: Module = a
        self.b: Module = b
        self.undecided: int = 0
        self.registry: Any = registry()
        self.reference: ReferenceRegistry = ReferenceRegistry()
        self.valid: bool = self.reference.validate(a) and self.reference.validate(b)
        self.pairs: int = len(a.types) * len(b.types)
        if self.valid:
            self.theirs: list[reference.TypeCollection] = [
                self.reference.register(each) for each in (a, b)
            ]
            maps = [each.as_module_map() for each in self.theirs]
            is_subtype = self.reference.engine.registry.is_subtype
            self.equal: list[list[bool]] = [[x == y for y in maps[1]] for x in maps[0]]
            self.below: list[list[bool]] = [[is_subtype(x, y) for y in maps[1]] for x in maps[0]]

    def difference(self) -> _Answer | None:
        """Find the first pair about which the registry under test is of another mind."""
        if not self.valid:
            return None
        registry = self.registry
        try:
            ours = [registry.register(each) for each in (self.a, self.b)]
            maps = [
                [registry.identity(loaded, index) for index in range(len(module.types))]
                for loaded, module in zip(ours, (self.a, self.b), strict=True)
            ]
        except Exception as error:
            return _Answer("equal", 0, 0, repr(error), "both are valid")
        for i, x in enumerate(maps[0]):
            for j, y in enumerate(maps[1]):
                if (x == y) is not self.equal[i][j]:
                    return _Answer("equal", i, j, str(x == y), str(self.equal[i][j]))
                if hasattr(registry, "is_subtype"):
                    got = registry.is_subtype(ours[0], i, ours[1], j)
                    if got is not self.below[i][j]:
                        return _Answer("matches", i, j, str(got), str(self.below[i][j]))
        return None

    def ask(
        self, engine: Engine, probes: Sequence[ProbeName] = PROBES
    ) -> Later[tuple[_Answer | None, int]]:
        """Ask an engine of all pairs.

        Gives the first one about which it is of another mind, and how many it had no answer to.
        """
        if not self.valid or not self.pairs:
            return lambda: (None, 0)
        later = engine.ask_relations(self.a, self.b, probes=probes)
        return lambda: self._against(later())

    def _against(self, relations: Relations) -> tuple[_Answer | None, int]:
        undecided = 0
        for probe, got in relations.answers.items():
            question = ANSWERS[probe]
            expected = self.equal if question == "equal" else self.below
            for i, row in enumerate(got):
                for j, verdict in enumerate(row):
                    if _unsupported(verdict):
                        undecided += 1
                    elif verdict is not None and verdict is not expected[i][j]:
                        told = str(verdict), str(expected[i][j])
                        return _Answer(question, i, j, *told, probe), undecided
        return None, undecided


def _validity(program: Program) -> bool | None:
    """Tell what the reference says of a module's validity."""
    return ReferenceRegistry().validate(*(program.modules or (Module(),)))


def _linking(program: Program) -> bool | None:
    """Tell what the reference says of a provider and a consumer; nothing where one is invalid."""
    reference = ReferenceRegistry()
    if len(program.modules) != 2 or not all(map(reference.validate, program.modules)):
        return None
    return reference.link(*program.modules)


def _at_once(call: Callable[..., object]) -> Callable[..., Later[object]]:
    """Make a question of a call that answers at once."""

    def ask(*modules: Module) -> Later[object]:
        said = call(*modules)
        return lambda: said

    return ask


def _unsupported(verdict: object) -> bool:
    """Tell whether an engine had no opinion. A crash is one."""
    return isinstance(verdict, Undecided) and verdict.kind in ("unsupported", "missing")


def path(finding: Finding) -> str:
    """Say where the two types of a finding first differ, as far as typereg can explain it."""
    if finding.i is None or finding.j is None or not hasattr(tr, "explain"):
        return ""
    with contextlib.suppress(tr.TypeRegError, IndexError):
        a, b = (tr.Module(each.wasm) for each in finding.modules)
        explanation = tr.explain(a, finding.i, b, finding.j)
        steps = " -> ".join(str(step) for step in explanation.path)
        return f"{explanation.reason} at {steps}" if explanation.reason else ""
    return ""
