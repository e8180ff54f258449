"""What an engine is asked, however it is reached."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from typereg.testing import wasm
from typereg.testing.names import known

if TYPE_CHECKING:
    from typing_extensions import Self

from .features import FEATURES, may_need
from .probes import ANSWERS, RUN, ProbeName, Types, export_name
from .process import Undecided, Verdict

SECONDS: Final = 10.0
"""How long an engine may take for an answer, unless said otherwise."""

T = TypeVar("T")
Later: TypeAlias = Callable[[], T]
"""An answer to a question that was asked: calling it waits until it is there."""


class HasBytes(Protocol):
    """Whatever stands for a module."""

    @property
    def wasm(self) -> bytes:
        """Its bytes."""
        ...


Source: TypeAlias = bytes | HasBytes
Row: TypeAlias = list[Verdict]
Matrix: TypeAlias = list[Row]


@dataclass(frozen=True)
class Table:
    """Exports of a provider, each to be tried with each consumer: one row for a consumer."""

    exports: Sequence[str]
    consumers: Sequence[bytes]
    run: bool = False
    """Whether a consumer that links is run, too: its ``t`` says 1, or else says 0 or traps."""


class Relations:
    """What an engine says of all types of two modules: by type of the first, then of the second."""

    def __init__(self, answers: Mapping[ProbeName, list[list[Verdict | None]]]) -> None:
        """Keep what each probe says; nothing where it cannot be put to a pair."""
        self.answers: Mapping[ProbeName, list[list[Verdict | None]]] = answers

    @property
    def equal(self) -> list[list[Verdict | None]]:
        """Which are equal, by mutable globals."""
        return self.answers["mutable-global"]

    @property
    def matches(self) -> list[list[Verdict | None]]:
        """Which match, by immutable globals."""
        return self.answers["global"]


_LACKING: Final = re.compile(r"unsupported|not (yet )?(supported|implemented)", re.IGNORECASE)
"""What an engine says that refuses a module for what it lacks."""

SIMPLE: Final = wasm.types(wasm.func(), wasm.rec(wasm.sub(wasm.struct())))
"""What any probe can be put to; an engine that cannot be asked about these lacks the probe."""

PROBES: Final[tuple[ProbeName, ...]] = ("mutable-global", "global")
"""What is asked of types, unless said otherwise: equality and matching."""


class Engine(ABC):
    """An engine as a black box. It is closed when dropped, or by `close`.

    Each question comes in two forms: `valid` asks and waits; `ask_valid` asks, and gives what waits
    for the answer when it is called, so that the engine works while others are asked.
    """

    name: str

    def __init__(self) -> None:
        """Begin without a process; one is started at the first question."""
        self._lacking: dict[str, Undecided | None] = {}

    @abstractmethod
    def _valid(self, module: bytes) -> Later[tuple[Verdict, str]]:
        """Ask whether it takes a module, and why not."""

    @abstractmethod
    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        """Ask what of a provider links with what; a row that is refused says ``refused``."""

    def ready(self) -> str | Undecided:
        """Start it, if need be; say what it is and of which version, or why it does not start."""
        return self.name

    def close(self) -> None:  # noqa: B027 # not every engine holds a process
        """End its process, if one is running."""

    def fresh(self) -> Engine:
        """Give an engine of the same kind whose process was asked nothing yet.

        That is this one where no process goes on from one question to the next.
        """
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Features.

    def supports(self, feature: str | ProbeName) -> bool:
        """Tell whether it takes the smallest module that needs a feature of `FEATURES`.

        A probe is a feature, too: two simple types are tried. `ValueError` for anything else.
        """
        return self._lacks(known("feature", feature, (*FEATURES, *ANSWERS))) is None

    def lacking(self) -> list[str]:
        """Name the features of `FEATURES` and the probes that it does not support."""
        return [each for each in (*FEATURES, *ANSWERS) if not self.supports(each)]

    def _lacks(self, feature: str) -> Undecided | None:
        """Say why a question that needs a feature has no answer; nothing where it has one."""
        if feature not in self._lacking:
            if feature in FEATURES:
                verdict, why = self._valid(FEATURES[feature])()
                lacking = verdict is not True
            else:
                verdict, why = self._tried(known("probe", feature, ANSWERS)), ""
                lacking = isinstance(verdict, Undecided)
            if isinstance(verdict, Undecided) and verdict.kind == "missing":
                return verdict
            # Who falls at the first hurdle of a feature has it not.
            detail = f"{feature}: {why if why else verdict}"
            self._lacking[feature] = Undecided("unsupported", detail) if lacking else None
        return self._lacking[feature]

    def _tried(self, probe: ProbeName) -> Verdict:
        """Put a probe to simple types. Whether the answer is right is not the question here."""
        types = Types(SIMPLE)
        some = [each for each in range(2) if types.gives(probe, each) and types.wants(probe, each)]
        table = Table(
            [export_name(probe, each) for each in some],
            [types.consumer(probe, each) for each in some],
            run=probe in RUN,
        )
        said = self._link(types.provider([probe], some), [table])()
        if isinstance(said, Undecided):
            return said
        cells = (verdict for row in said[0] for verdict in row)
        return next((each for each in cells if isinstance(each, Undecided)), True)

    def _excused(self, data: bytes, otherwise: Undecided) -> Undecided:
        """Say for which feature's lack it may refuse a module, or else the other verdict."""
        if _LACKING.search(otherwise.detail):
            return Undecided("unsupported", otherwise.detail)
        for feature in may_need(data):
            lacking = self._lacks(feature)
            if lacking is not None:
                return lacking
        return otherwise

    # Questions.

    def valid(self, module: Source) -> Verdict:
        """Tell whether it takes a module; `Undecided` where it lacks what the module needs."""
        return self.ask_valid(module)()

    def ask_valid(self, module: Source) -> Later[Verdict]:
        """Ask what `valid` tells."""
        data = _bytes(module)
        later = self._valid(data)

        def answer() -> Verdict:
            verdict, why = later()
            if verdict is not False:
                return verdict
            excuse = self._excused(data, Undecided("refused", why))
            return False if excuse.kind == "refused" else excuse

        return answer

    def links(self, provider: Source, consumer: Source, *, name: str = "x") -> Verdict:
        """Tell whether a consumer of one import can be given what a provider exports by a name.

        By which names the consumer imports does not matter.
        """
        return self.ask_links(provider, consumer, name=name)()

    def ask_links(self, provider: Source, consumer: Source, *, name: str = "x") -> Later[Verdict]:
        """Ask what `links` tells."""
        data = _bytes(provider)
        table = Table([name], [_bytes(consumer)])
        later = self._link(data, [table])
        return lambda: self._judged(data, [table], later())[0][0][0]

    def relations(
        self,
        a: Source,
        b: Source,
        i: Sequence[int] | None = None,
        j: Sequence[int] | None = None,
        *,
        probes: Sequence[ProbeName] = PROBES,
    ) -> Relations:
        """Ask of many pairs at once: all types of both modules, or those of the given indices.

        `ValueError` for a probe that there is not.
        """
        return self.ask_relations(a, b, i, j, probes=probes)()

    def ask_relations(
        self,
        a: Source,
        b: Source,
        i: Sequence[int] | None = None,
        j: Sequence[int] | None = None,
        *,
        probes: Sequence[ProbeName] = PROBES,
    ) -> Later[Relations]:
        """Ask what `relations` tells."""
        for probe in probes:
            known("probe", probe, ANSWERS)
        given, wanted = Types(_bytes(a)), Types(_bytes(b))
        rows = range(len(given)) if i is None else i
        columns = range(len(wanted)) if j is None else j
        lacking: dict[ProbeName, Undecided] = {}
        for probe in probes:
            for feature in ("gc", probe):
                lacks = self._lacks(feature)
                if lacks is not None:
                    lacking.setdefault(probe, lacks)
        asked: list[ProbeName] = [probe for probe in probes if probe not in lacking]
        exports = {probe: [index for index in rows if given.gives(probe, index)] for probe in asked}
        imports = {
            probe: [index for index in columns if wanted.wants(probe, index)] for probe in asked
        }
        tables = [
            Table(
                [export_name(probe, index) for index in exports[probe]],
                [wanted.consumer(probe, index) for index in imports[probe]],
                run=probe in RUN,
            )
            for probe in asked
        ]
        provider = given.provider(asked, rows)
        later = self._link(provider, tables) if asked else list

        def answer() -> Relations:
            found: dict[ProbeName, list[list[Verdict | None]]] = {
                probe: [[lacks for _ in columns] for _ in rows] for probe, lacks in lacking.items()
            }
            judged = self._judged(provider, tables, later())
            for probe, matrix in zip(asked, judged, strict=True):
                known = {
                    (row, column): verdict
                    for column, line in zip(imports[probe], matrix, strict=True)
                    for row, verdict in zip(exports[probe], line, strict=True)
                }
                found[probe] = [[known.get((row, column)) for column in columns] for row in rows]
            return Relations({probe: found[probe] for probe in probes})

        return answer

    def _judged(
        self, provider: bytes, tables: Sequence[Table], said: list[Matrix] | Undecided
    ) -> list[Matrix]:
        """Give each cell its verdict: what is refused for want of a feature is unsupported."""
        if isinstance(said, Undecided):
            if said.kind == "refused":
                said = self._excused(provider, said)
            return [[[said for _ in table.exports] for _ in table.consumers] for table in tables]
        for table, matrix in zip(tables, said, strict=True):
            for consumer, row in zip(table.consumers, matrix, strict=True):
                for at, verdict in enumerate(row):
                    if isinstance(verdict, Undecided) and verdict.kind == "refused":
                        row[at] = self._excused(consumer, verdict)
        return said

    # One pair.

    def equal(self, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Tell whether type `i` of `a` and `j` of `b` are the same type, by a mutable global."""
        return self.probe("mutable-global", a, i, b, j)

    def matches(self, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Tell whether type `i` of `a` matches type `j` of `b`, by an immutable global."""
        return self.probe("global", a, i, b, j)

    def probe(self, probe: ProbeName, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Put one probe to type `i` of `a` and type `j` of `b`.

        `Undecided` where the probe is not for these types: all but those by globals, tables and
        ``ref.test`` are for function types, and values must be made by default.
        """
        verdict = self.relations(a, b, [i], [j], probes=[probe]).answers[probe][0][0]
        if verdict is None:
            return Undecided("unsupported", f"{probe} cannot be put to types {i} and {j}")
        return verdict


def _bytes(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.wasm
