"""The fuzzer's questions: to the registry under test and to engines, of known answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from typereg import reference

from .engines import ANSWERS, Engine, Later, ProbeName, Relations, Undecided
from .programs import Program
from .protocol import ALL_ON
from .registries import ReferenceRegistry
from .spec import Module


@dataclass(frozen=True)
class Answer:
    """What someone says otherwise than the reference: yes, no, an `Undecided`, or an exception."""

    question: Literal["equal", "matches", "valid", "link"]
    got: object
    expected: bool
    i: int | None = None
    j: int | None = None
    probe: ProbeName | None = None
    """What an engine was asked with about types."""

    @property
    def hangs(self) -> bool:
        """Whether it is none at all, and took its time."""
        return isinstance(self.got, Undecided) and self.got.kind == "timeout"

    @property
    def told(self) -> str:
        """What was said, in words."""
        return repr(self.got) if isinstance(self.got, Exception) else str(self.got)

    @property
    def kind(self) -> str:
        """What was said, without its words: not where nor how an engine crashed."""
        if isinstance(self.got, Undecided):
            return self.got.kind
        return type(self.got).__name__ if isinstance(self.got, Exception) else str(self.got)

    @property
    def sort(self) -> tuple[str | None, ...]:
        """What two answers have in common that show the same: all but the types and the words."""
        return self.question, self.probe, self.kind, str(self.expected)


Compared: TypeAlias = tuple[Answer | None, int]
"""The first answer that differs, and how many questions had none."""


class Question(Protocol):
    """Something about a program's modules of which the reference's answer is known."""

    @property
    def pairs(self) -> int:
        """How many pairs it compares."""
        ...

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """What engines are asked with about types; nothing where it is about whole modules."""
        ...

    def ask(self, engine: Engine | None, probe: ProbeName | None = None) -> Later[Compared]:
        """Ask an engine, or the registry under test, which answers at once.

        Of types, an engine is asked with all the question's probes, or with one.
        """
        ...


Ask: TypeAlias = Callable[[Program], Question | None]
"""Makes a question of a program: nothing where it is none, such as of modules that are invalid."""


class Pairs:
    """All types of one section against all of another: which are equal, and which match."""

    PROBES: Final[tuple[ProbeName, ...]] = ("mutable-global", "global")

    def __init__(
        self, a: Module, b: Module, registry: Callable[[], Any], *probes: ProbeName
    ) -> None:
        """Register both in the reference; `Refused` where one is invalid."""
        self.a: Module = a
        self.b: Module = b
        self.registry: Callable[[], Any] = registry
        self.probes: tuple[ProbeName, ...] = (*self.PROBES, *probes)
        self.pairs: int = len(a.types) * len(b.types)
        self.reference: ReferenceRegistry = judge()
        self.theirs: list[reference.TypeCollection] = [
            self.reference.register(each) for each in (a, b)
        ]
        maps = [each.as_module_map() for each in self.theirs]
        is_subtype = self.reference.engine.registry.is_subtype
        self.equal: list[list[bool]] = [[x == y for y in maps[1]] for x in maps[0]]
        self.below: list[list[bool]] = [[is_subtype(x, y) for y in maps[1]] for x in maps[0]]

    @classmethod
    def of(cls, program: Program, registry: Callable[[], Any], *probes: ProbeName) -> Pairs | None:
        """Ask about a program's two modules, if they are two and valid."""
        if len(program.modules) != 2 or not all(map(judge().validate, program.modules)):
            return None
        return cls(*program.modules, registry, *probes)

    def ask(self, engine: Engine | None, probe: ProbeName | None = None) -> Later[Compared]:
        """Ask of all pairs; give the first one that is answered otherwise."""
        if engine is None:
            told = next(self._registered(), None), 0
            return lambda: told
        if not self.pairs:
            return lambda: (None, 0)
        probes = self.probes if probe is None else (probe,)
        later = engine.ask_relations(self.a, self.b, probes=probes)
        return lambda: self._against(later())

    def _registered(self) -> Iterator[Answer]:
        """Give the pairs about which the registry under test is of another mind."""
        i = j = 0
        try:
            registry = self.registry()
            ours = [registry.register(each) for each in (self.a, self.b)]
            maps = [
                [registry.identity(loaded, index) for index in range(len(module.types))]
                for loaded, module in zip(ours, (self.a, self.b), strict=True)
            ]
            for i, x in enumerate(maps[0]):
                for j, y in enumerate(maps[1]):
                    if (x == y) is not self.equal[i][j]:
                        yield Answer("equal", x == y, self.equal[i][j], i, j)
                    if hasattr(registry, "is_subtype"):
                        got = registry.is_subtype(ours[0], i, ours[1], j)
                        if got is not self.below[i][j]:
                            yield Answer("matches", got, self.below[i][j], i, j)
        except Exception as error:
            yield Answer("equal", error, bool(self.pairs) and self.equal[i][j], i, j)

    def _against(self, relations: Relations) -> Compared:
        undecided = 0
        for probe, got in relations.answers.items():
            question = ANSWERS[probe]
            expected = self.equal if question == "equal" else self.below
            for i, row in enumerate(got):
                for j, verdict in enumerate(row):
                    if unsupported(verdict):
                        undecided += 1
                    elif verdict is not None and verdict is not expected[i][j]:
                        return Answer(question, verdict, expected[i][j], i, j, probe), undecided
        return None, undecided


class Whole:
    """One thing about whole modules: whether one is valid, or whether one links with another."""

    probes: tuple[ProbeName, ...] = ()

    def __init__(
        self,
        question: Literal["valid", "link"],
        program: Program,
        expected: bool,
        registry: Callable[[], Any],
        *,
        pairs: int = 1,
    ) -> None:
        """Say what the reference answers."""
        self.question: Literal["valid", "link"] = question
        self.program: Program = program
        self.expected: bool = expected
        self.registry: Callable[[], Any] = registry
        self.pairs: int = pairs

    @classmethod
    def valid(cls, program: Program, registry: Callable[[], Any]) -> Whole | None:
        """Ask whether a program's one module is valid."""
        if len(program.modules) != 1:
            return None
        expected = judge().validate(*program.modules)
        return cls("valid", program, expected, registry)

    @classmethod
    def link(cls, program: Program, registry: Callable[[], Any]) -> Whole | None:
        """Ask whether the second of a program's modules can import from the first."""
        reference = judge()
        if len(program.modules) != 2 or not all(map(reference.validate, program.modules)):
            return None
        return cls("link", program, reference.link(*program.modules), registry)

    def ask(self, engine: Engine | None, probe: ProbeName | None = None) -> Later[Compared]:
        """Ask of the modules."""
        if engine is None:
            told = self._against(self._registered())
            return lambda: told
        ask = engine.ask_valid if self.question == "valid" else engine.ask_links
        later: Later[object] = ask(*self.program.modules)
        return lambda: self._against(later())

    def _registered(self) -> object:
        """Give what the registry under test says, which may be an exception."""
        registry = self.registry()
        ask = registry.validate if self.question == "valid" else registry.link
        try:
            return ask(*self.program.modules)
        except Exception as error:
            return error

    def _against(self, got: object) -> Compared:
        if unsupported(got):
            return None, 1
        return None if got is self.expected else Answer(self.question, got, self.expected), 0


def judge() -> ReferenceRegistry:
    """Make the reference's registry, with all features: of what is drawn none is needed in vain."""
    return ReferenceRegistry(features=reference.Features(**ALL_ON))


def unsupported(verdict: object) -> bool:
    """Tell whether an engine had no opinion. A crash is one."""
    return isinstance(verdict, Undecided) and verdict.kind in ("unsupported", "missing")
