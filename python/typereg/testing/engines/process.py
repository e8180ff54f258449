"""A child process that answers questions, one line of JSON each way.

An engine under test may hang, die or print nonsense. Each is a verdict about that engine: the
process is ended and started anew for the next question, and nothing else is lost.

A question is one of

    {"op": "valid", "wasm": B}
    {"op": "link", "provider": B, "exports": [names], "consumers": [B, ...], "run": bool}

where B is a module in base64 and each consumer has one import, by any name. The answers are

    {"valid": bool, "why": text}
    {"rows": [...]}
    {"refused": text}

with a row for each consumer: a number for each export, 1 where they link, or what the consumer's
`t` returns if it is to run; or a text, where the consumer does not compile.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias


@dataclass(frozen=True)
class Undecided:
    """An engine's verdict that is neither yes nor no. It refuses to be taken for a truth value."""

    kind: Literal["unsupported", "crash", "timeout", "nonsense", "missing"]
    detail: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self} is neither yes nor no")

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


Verdict: TypeAlias = bool | Undecided
Answer: TypeAlias = Mapping[str, Any] | Undecided


class Child:
    """A child process, started when first asked and again after it has failed."""

    def __init__(self, command: Sequence[str], *, seconds: float) -> None:
        """Say what to run, and how long an answer may take."""
        self.command: list[str] = list(command)
        self.seconds = seconds
        self.restarts: int = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def ask(self, question: Mapping[str, Any]) -> Answer:
        """Ask one question."""
        try:
            process = self._running()
        except OSError as error:
            return Undecided("missing", f"{self.command[0]}: {error.strerror}")
        try:
            line = self._exchange(process, json.dumps(question).encode() + b"\n")
        except (OSError, EOFError):
            return self._died(process)
        if line is None:
            self._end()
            return Undecided("timeout", f"no answer within {self.seconds:g} seconds")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            self._end()
            return Undecided("nonsense", repr(line[:200]))
        return answer

    def close(self) -> None:
        """End the process."""
        self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._rest = b""
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is for who asks; the child ends when its input does.
                start_new_session=True,
            )
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], question: bytes) -> bytes | None:
        """Send the question and read a line; nothing where time runs out."""
        assert process.stdin is not None
        assert process.stdout is not None
        give, take = process.stdin.fileno(), process.stdout.fileno()
        until = time.monotonic() + self.seconds
        with selectors.DefaultSelector() as ready:
            ready.register(give, selectors.EVENT_WRITE)
            ready.register(take, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                left = until - time.monotonic()
                if left <= 0:
                    return None
                for key, _ in ready.select(left):
                    if key.fd == give:
                        question = question[os.write(give, question[:65536]) :]
                        if not question:
                            ready.unregister(give)
                    else:
                        read = os.read(take, 1 << 20)
                        if not read:
                            raise EOFError
                        self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _died(self, process: subprocess.Popen[bytes]) -> Undecided:
        try:
            code = process.wait(1)
        except subprocess.TimeoutExpired:
            code = None
        self._end()
        if code is None:
            return Undecided("crash", "it closed its output")
        return Undecided("crash", exit_name(code))

    def _end(self) -> None:
        process = self._process
        self._process = None
        if process is None:
            return
        self.restarts += 1
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def exit_name(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
