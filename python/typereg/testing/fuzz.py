"""Generated types through typereg, the reference and real engines, until time is up (clause D7).

The examples are those of a seed, by number, so a run can be repeated. One in ten is also about
something that needs a feature beyond WebAssembly 3.0; an engine without it is not asked. Engines
are asked some examples ahead of the one whose answers are looked at, so that they work while the
next ones are drawn. What differs is made as small as can be and told as a `Finding`.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import typereg as tr
from typereg.reference.types import FieldType, GlobalType, RefType, StructType, TableType

from . import generate, programs
from .confirming import confirmed
from .engines import Engine, ProbeName
from .engines.features import needed
from .findings import NOT_SMALLER, Finding
from .links import FEATURES as FEATURED_LINKS
from .links import NAME, PROVIDER, link_pair
from .links import STANDARD as LINKS
from .programs import CONTINUATIONS, Link, Program, Register, Validate
from .protocol import ALL_ON, capabilities, needing
from .questions import Ask, Pairs, Whole
from .registries import ReferenceRegistry, TyperegRegistry
from .shrink import shrink
from .side_by_side import Difference, SideBySide
from .source import Seeded
from .spec import Export, Import, Module, as_group, ref_type
from .twins import EVERYDAY, twins
from .twins import FEATURES as FEATURED_TWINS

MISSING: Final = "missing"
"""How the links begin that no engine can be asked about: what is missing is not its business."""

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


def everything() -> TyperegRegistry:
    """Make typereg's registry with all features on."""
    return TyperegRegistry(features=tr.Features(**ALL_ON))


_Settle: TypeAlias = Callable[[], Iterator[Finding]]
"""What waits for the answers to a question and compares them."""


@dataclass
class Run:
    """A run of the fuzzer: what it did so far."""

    seed: int
    engines: Mapping[str, Engine] = field(default_factory=dict)
    typereg: Callable[[], Any] = field(default_factory=lambda: everything)
    """The registry under test; another one for tests of the fuzzer itself."""
    examples: int = 0
    """How many examples were drawn."""
    pairs: int = 0
    """How many pairs were compared by all."""
    undecided: int = 0
    """How often an engine that was asked turned out to lack something."""
    unasked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The pairs that an engine was not asked about, for want of a feature: by both their names."""
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
            alike: Counter[tuple[str, str]] = Counter()
            for settle in self._open.popleft():
                for finding in settle():
                    alike[finding.who, finding.question] += 1
                    found.append(replace(finding, count=alike[finding.who, finding.question]))
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
            yield from self._twins(number, source, EVERYDAY[turn * 37 % len(EVERYDAY)])
        elif kind == 8:
            yield self._pair(number, source, LINKS[number // 10 % len(LINKS)])
        else:
            yield self._operations(number, programs.program(source, self.can))
            yield from self._featured(number, source)
        if number == CHAIN_AT and self.engines:
            yield self._chain(number)

    def _twins(self, number: int, source: Seeded, attribute: str) -> Iterator[_Settle]:
        """Compare near twins, by whatever they differ in."""
        pair = twins(source, attribute)
        if pair.programs is not None:
            for program in pair.programs:
                yield self._operations(number, program)
        elif pair.question == "validity":
            yield self._validity(number, pair.a, attribute)
            yield self._validity(number, pair.b, attribute)
        else:
            yield self._sections(number, pair.a, pair.b, attribute)
        if pair.export is not None:
            wanted = Import(PROVIDER, pair.export, pair.b.exported(pair.export))
            consumer = replace(pair.b, imports=(wanted,), items=(), exports=())
            yield self._link(number, pair.a, consumer, attribute)

    def _featured(self, number: int, source: Seeded) -> Iterator[_Settle]:
        """Ask about something that needs a feature, if the registry under test has any.

        Sections of continuation types, twins and links take turns.
        """
        sections = ["sections"] * 2 * (CONTINUATIONS in self.can)
        attributes = needing(FEATURED_TWINS, self.can)
        turns = [*sections, *attributes, *needing(FEATURED_LINKS, self.can)]
        if not turns:
            return
        name = turns[number // 10 % len(turns)]
        if name in sections:
            a = generate.section(source, groups=5, continuations=True)
            yield self._sections(number, a, generate.relative(source, a), "relatives")
        elif name in attributes:
            yield from self._twins(number, source, name)
        else:
            yield self._pair(number, source, name)

    # One question each: it is put to all, and what looks at the answers is given.

    def _sections(self, number: int, a: Module, b: Module, attribute: str) -> _Settle:
        """Compare all types of one section with all of another."""
        program = Program.of(Register(a), Register(b))
        probe = PROBES[number % len(PROBES)]
        return self._compare(
            number, attribute, program, lambda of: Pairs.of(of, self.typereg, probe)
        )

    def _validity(self, number: int, module: Module, attribute: str) -> _Settle:
        """Compare whether a module is valid."""
        return self._compare(
            number,
            attribute,
            Program.of(Validate(module)),
            lambda of: Whole.valid(of, self.typereg),
            registry="validate" in self.can,
        )

    def _pair(self, number: int, source: Seeded, case: str) -> _Settle:
        """Compare whether a pair of a case links."""
        pair = link_pair(source, case)
        engines = not case.startswith(MISSING)
        return self._link(number, pair.provider, pair.consumer, f"link {case}", engines=engines)

    def _link(
        self,
        number: int,
        provider: Module,
        consumer: Module,
        attribute: str,
        *,
        engines: bool = True,
    ) -> _Settle:
        """Compare whether a provider and a consumer link."""
        return self._compare(
            number,
            attribute,
            Program.of(Link(provider, consumer)),
            lambda of: Whole.link(of, self.typereg),
            registry="link" in self.can,
            engines=engines and _has_instance(provider),
        )

    def _chain(self, number: int) -> _Settle:
        """Ask engines, once, about a type at the end of a long chain of references.

        Whoever frees types by recursion falls over it (drop-recursion).
        """
        links = (StructType([FieldType(ref_type(i))]) for i in range(CHAIN - 1))
        groups = tuple(map(as_group, (StructType([]), *links)))
        item = GlobalType(ref_type(CHAIN - 1))
        provider = Module(groups, items=(item,), exports=(Export(NAME, "global", 0),))
        consumer = Module(groups, imports=(Import(PROVIDER, NAME, item),))
        return self._compare(
            number,
            "long chain",
            Program.of(Link(provider, consumer)),
            lambda of: Whole("link", of, True, self.typereg, pairs=0),
            registry=False,
            runs=0,
        )

    def _compare(
        self,
        number: int,
        attribute: str,
        program: Program,
        ask: Ask,
        *,
        registry: bool = True,
        engines: bool = True,
        runs: int = SHRINK_RUNS,
    ) -> _Settle:
        """Ask the registry under test and the engines, as far as they are to be asked.

        What is answered otherwise than by the reference is made as small as so many runs can.
        """
        question = ask(program)
        if question is None:
            return lambda: iter(())
        asked: list[tuple[str, Engine | None]] = [("typereg", None)] if registry else []
        if engines and self.engines:
            features = dict.fromkeys(name for each in program.modules for name in needed(each.wasm))
            for who, engine in self.engines.items():
                lacking = [name for name in features if not engine.supports(name)]
                self.unasked.update({(who, name): question.pairs for name in lacking})
                asked += [] if lacking else [(who, engine)]
        answers = [(who, engine, question.ask(engine)) for who, engine in asked]

        def settle() -> Iterator[Finding]:
            self.pairs += question.pairs
            for who, engine, later in answers:
                answer, undecided = later()
                self.undecided += undecided
                if answer is None:
                    continue
                about, detail = program, NOT_SMALLER
                if not self._enough(who, *answer.sort):
                    about, answer, detail = confirmed(program, answer, ask, engine, runs=runs)
                yield Finding(
                    who,
                    answer.question,
                    about,
                    attribute,
                    answer.told,
                    str(answer.expected),
                    number,
                    self.seed,
                    answer.i,
                    answer.j,
                    detail,
                    answer.probe,
                    answer.kind,
                )

        return settle

    def _enough(self, *sort: str | None) -> bool:
        """Tell whether many findings of a sort were made smaller already; count this one."""
        self._sorts[sort] += 1
        return self._sorts[sort] > SHRUNK

    def _operations(self, number: int, program: Program) -> _Settle:
        """Compare a sequence of operations, step by step."""

        def difference(candidate: Program) -> Difference | None:
            registry = self.typereg()
            both = SideBySide(registry, ReferenceRegistry.beside(registry), self.typereg)
            return both.difference(candidate)

        first = difference(program)

        def settle() -> Iterator[Finding]:
            if first is None:
                return
            kind = first.kind

            def fails(candidate: Program) -> bool:
                found = difference(candidate)
                return found is not None and found.kind == kind

            small, found, remark = program, first, f" ({NOT_SMALLER})"
            if not self._enough("typereg", "operations", kind):
                small, remark = shrink(program, fails, runs=SHRINK_RUNS), ""
                found = difference(small) or first
            yield Finding(
                "typereg",
                "operations",
                small,
                "operations",
                repr(found.got),
                repr(found.expected),
                number,
                self.seed,
                detail=f"{found.what}{remark}",
                kind=kind,
            )

        return settle


def _has_instance(module: Module) -> bool:
    """Tell whether an engine can make an instance of a module alone, with what we give its items.

    It can where nothing is imported and no item holds references that are never null.
    """
    contents = [
        each.element if isinstance(each, TableType) else each.content
        for each in module.items
        if isinstance(each, TableType | GlobalType)
    ]
    return not module.imports and all(
        each.nullable for each in contents if isinstance(each, RefType)
    )
