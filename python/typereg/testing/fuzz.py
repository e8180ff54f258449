"""Generated types through typereg, the reference and real engines, until time is up (clause D7).

The examples are those of a seed, by number, so a run can be repeated. What differs is made as small
as can be and told as a `Finding`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

import typereg as tr
from typereg import reference

from . import generate, programs
from .engines import Engine, Undecided
from .links import CASES, LinkPair, link_pair
from .links import FEATURES as LINK_FEATURES
from .programs import Link, Program, Register, Validate
from .protocol import capabilities
from .registries import ReferenceRegistry, TyperegRegistry
from .shrink import shrink
from .side_by_side import Difference, SideBySide
from .source import Seeded
from .spec import Module
from .twins import FEATURES, LIMITS, MUTATORS, twins

ATTRIBUTES: Final = tuple(name for name in MUTATORS if name not in FEATURES and name not in LIMITS)
LINKS: Final = tuple(name for name in CASES if name not in LINK_FEATURES)
ENGINE_LINKS: Final = tuple(name for name in LINKS if not name.startswith("missing"))
"""Those that an engine can be asked about: what is missing is not its business."""

SHRINK_RUNS: Final = 400


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

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules that it is about."""
        return self.program.modules


@dataclass
class Run:
    """A run of the fuzzer: what it did so far."""

    seed: int
    engines: Mapping[str, Engine] = field(default_factory=dict)
    typereg: Callable[[], Any] = field(default_factory=lambda: TyperegRegistry)
    """The registry under test; another one for tests of the fuzzer itself."""
    examples: int = 0
    pairs: int = 0
    undecided: int = 0
    findings: list[Finding] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    can: frozenset[str] = frozenset()

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
        """Try the next example; give what it found."""
        number = self.examples
        self.examples += 1
        source = Seeded(f"fuzz {self.seed} {number}")
        found = list(self._example(number, source))
        self.findings += found
        return found

    def _example(self, number: int, source: Seeded) -> Iterator[Finding]:
        kind = number % 10
        if kind < 5:
            a = generate.section(source, groups=5)
            b = generate.relative(source, a)
            yield from self._sections(number, a, b, "relatives")
        elif kind < 8:
            turn = number // 10 * 3 + kind - 5
            attribute = ATTRIBUTES[turn * 37 % len(ATTRIBUTES)]
            pair = twins(source, attribute)
            if pair.programs is not None:
                for program in pair.programs:
                    yield from self._operations(number, program)
            elif pair.question == "validity":
                yield from self._validity(number, pair.a, attribute)
                yield from self._validity(number, pair.b, attribute)
            else:
                yield from self._sections(number, pair.a, pair.b, attribute)
        elif kind == 8:
            yield from self._link(number, link_pair(source, LINKS[number // 10 % len(LINKS)]))
        else:
            yield from self._operations(number, programs.program(source, self.can))

    # One question each.

    def _sections(self, number: int, a: Module, b: Module, attribute: str) -> Iterator[Finding]:
        """Compare all types of one section with all of another."""
        sides = Sides(a, b, self.typereg)
        self.pairs += sides.pairs
        difference = sides.difference()
        if difference is not None:
            yield self._smallest_pair(number, a, b, attribute, "typereg", lambda s: s.difference())
        for name, engine in self.engines.items():
            asked = sides.engine_difference(engine)
            self.undecided += sides.undecided
            if asked is not None:
                ask = partial(Sides.engine_difference, engine=engine)
                yield self._smallest_pair(number, a, b, attribute, name, ask)

    def _smallest_pair(
        self,
        number: int,
        a: Module,
        b: Module,
        attribute: str,
        who: str,
        ask: Callable[[Sides], _Answer | None],
    ) -> Finding:
        def sides(program: Program) -> Sides | None:
            if len(program.modules) != 2:
                return None
            first, second = program.modules
            made = Sides(first, second, self.typereg)
            return made if made.valid else None

        def fails(program: Program) -> bool:
            made = sides(program)
            return made is not None and ask(made) is not None

        program = Program.of(Register(a), Register(b))
        if fails(program):
            program = shrink(program, fails, runs=SHRINK_RUNS)
        made = sides(program)
        answer = ask(made) if made is not None else None
        if answer is None:  # it does not happen again: an engine that fails now and then
            answer = _Answer("equal", 0, 0, "another answer than before", "the same answer")
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
        )

    def _validity(self, number: int, module: Module, attribute: str) -> Iterator[Finding]:
        """Compare whether a module is valid."""
        self.pairs += 1
        reference = ReferenceRegistry()
        registry = self.typereg()
        expected = reference.validate(module)
        asked: list[tuple[str, Callable[[Module], object]]] = []
        if "validate" in self.can:
            asked.append(("typereg", registry.validate))
        asked += [(name, engine.valid) for name, engine in self.engines.items()]
        for who, valid in asked:

            def fails(program: Program, valid: Callable[[Module], object] = valid) -> bool:
                (small,) = program.modules or (Module(),)
                got = valid(small)
                return not _unsupported(got) and got is not reference.validate(small)

            got = valid(module)
            if _unsupported(got):
                self.undecided += 1
            elif got is not expected:
                program = shrink(Program.of(Validate(module)), fails, runs=SHRINK_RUNS)
                (small,) = program.modules
                yield Finding(
                    who,
                    "valid",
                    program,
                    attribute,
                    str(valid(small)),
                    str(reference.validate(small)),
                    number,
                    self.seed,
                )

    def _link(self, number: int, pair: LinkPair) -> Iterator[Finding]:
        """Compare whether a provider and a consumer link."""
        self.pairs += 1
        reference = ReferenceRegistry()
        asked: list[tuple[str, Callable[[Module, Module], object]]] = []
        if "link" in self.can:
            asked.append(("typereg", self.typereg().link))
        if pair.case in ENGINE_LINKS:
            asked += [(name, engine.links) for name, engine in self.engines.items()]
        expected = reference.link(pair.provider, pair.consumer)
        for who, links in asked:
            got = links(pair.provider, pair.consumer)
            if _unsupported(got):
                self.undecided += 1
            elif got is not expected:
                program = Program.of(Link(pair.provider, pair.consumer))
                program = shrink(program, partial(_links_differ, links), runs=SHRINK_RUNS)
                provider, consumer = program.modules
                got, expected = links(provider, consumer), reference.link(provider, consumer)
                case = f"link {pair.case}"
                yield Finding(
                    who, "link", program, case, str(got), str(expected), number, self.seed
                )

    def _operations(self, number: int, program: Program) -> Iterator[Finding]:
        """Compare a sequence of operations, step by step."""

        def difference(candidate: Program) -> Difference | None:
            both = SideBySide(self.typereg(), ReferenceRegistry(), self.typereg)
            try:
                both.run(candidate)
            except Difference as found:
                return found
            finally:
                both.end()
            return None

        first = difference(program)
        if first is not None:

            def fails(candidate: Program) -> bool:
                found = difference(candidate)
                return found is not None and found.kind == first.kind

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


@dataclass(frozen=True)
class _Answer:
    """A pair of types that someone answers otherwise than the reference."""

    question: Literal["equal", "matches"]
    i: int
    j: int
    got: str
    expected: str


class Sides:
    """Two sections in the registry under test and in the reference, with all their pairs."""

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

    def engine_difference(self, engine: Engine) -> _Answer | None:
        """Find the first pair about which an engine is of another mind."""
        self.undecided = 0
        if not self.valid or not self.pairs:
            return None
        relations = engine.relations(self.a, self.b)
        questions: tuple[tuple[Literal["equal", "matches"], Any, Any], ...] = (
            ("equal", relations.equal, self.equal),
            ("matches", relations.matches, self.below),
        )
        for question, got, expected in questions:
            for i, row in enumerate(got):
                for j, verdict in enumerate(row):
                    if _unsupported(verdict):
                        self.undecided += 1
                    elif verdict is not expected[i][j]:
                        return _Answer(question, i, j, str(verdict), str(expected[i][j]))
        return None


def _links_differ(links: Callable[[Module, Module], object], program: Program) -> bool:
    """Tell whether someone and the reference differ about a provider and a consumer."""
    reference = ReferenceRegistry()
    if not all(map(reference.validate, program.modules)):
        return False
    provider, consumer = program.modules
    got = links(provider, consumer)
    return not _unsupported(got) and got is not reference.link(provider, consumer)


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
