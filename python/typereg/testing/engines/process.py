"""A child process that answers questions, one line of JSON each way.

Questions are given ahead of their answers: the child works while its parent prepares the next ones.
It answers in order, so when it fails, the first question without an answer is the one that did it;
that is the verdict, and those behind it are asked again of a new process. Nothing else is lost.

The child says once that it is ready. A question then is one of

    {"op": "valid", "wasm": B}
    {"op": "link", "provider": B,
     "tables": [{"exports": [names], "consumers": [B, ...], "run": bool}, ...]}

where B is a module in base64 and each consumer has one import, by any name. Line by line:

    {"ready": text, what it is}
    {"valid": bool, "why": text}
    {"tables": [[row, ...], ...]}
    {"refused": text, why the provider gives no answer}
    {"unable": text, what the child itself cannot do}

with a row for each consumer: a text of a digit for each export, ``1`` where they link, or what the
consumer's `t` returns, with 0 for a trap, if it is to run; or ``{"refused": text}`` where the
consumer does not compile.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, Literal, NoReturn, TypeAlias

START_SECONDS: Final = 60.0
"""How long a process may take to say that it is ready: a busy machine starts it slowly."""

QUESTIONS: Final = 20_000
"""How many questions one process answers before a new one takes over.

V8 never frees a type and ends itself at a million of them (never-freed in BUGS.md), which a long
run would come to.
"""

_AHEAD: Final = 1 << 14
"""Bytes of questions that wait to be written together; whoever wants an answer writes them all."""

_LAST_WORDS: Final = re.compile(
    r"panicked at [^\n]*:\n(?P<panic>[^\n]+)|# Fatal [^\n]*\n#\s*(?P<fatal>[^\n]+)"
)
"""What Rust and V8 say of themselves as they end."""

UNIMPLEMENTED: Final = ("not implemented", "not yet implemented")
"""What Rust says where its author knew that something is lacking."""


@dataclass(frozen=True)
class Undecided:
    """An engine's verdict that is neither yes nor no. It refuses to be taken for a truth value.

    ``unsupported``: it lacks a feature that the question needs; ``missing``: it does not start.
    The others are verdicts about the engine: it ended (``crash``), gave no answer in time
    (``timeout``), none that can be read (``nonsense``), or would not take a probe of types that it
    should take (``refused``).
    """

    kind: Literal["unsupported", "missing", "crash", "timeout", "nonsense", "refused"]
    detail: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self} is neither yes nor no")

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


Verdict: TypeAlias = bool | Undecided
Answer: TypeAlias = Mapping[str, Any] | Undecided


class Ticket:
    """A question under way, and its answer once there is one."""

    __slots__ = ("answer", "line")

    def __init__(self, line: bytes) -> None:
        """Keep the question as it is written."""
        self.line: bytes = line
        self.answer: Answer | None = None


class _Running:
    """A process that was started: what it is still to be given, and what it said."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it; `OSError` where there is nothing to start."""
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 # closed with the process
        try:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                # Ctrl-C is for who asks; the child ends when its input does.
                start_new_session=True,
                # With it, some versions of Wasmtime take 50 ms for the text of each error.
                env={**os.environ, "RUST_BACKTRACE": "0"},
            )
        except OSError:
            self.errors.close()
            raise
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.pipes: tuple[IO[bytes], IO[bytes]] = (self.process.stdin, self.process.stdout)
        self.give, self.take = (pipe.fileno() for pipe in self.pipes)
        for pipe in (self.give, self.take):
            os.set_blocking(pipe, False)
        self.unsent = bytearray()
        self.said = bytearray()
        self.answered: int = 0
        self.what: str = ""

    def send(self) -> None:
        """Write as much as the pipe takes. One that nobody reads any more is noticed by reading."""
        while self.unsent:
            try:
                written = os.write(self.give, self.unsent[:65536])
            except BlockingIOError:
                return
            except OSError:
                self.unsent.clear()
                return
            del self.unsent[:written]

    def line(self, seconds: float) -> bytes | None:
        """Read a line, while writing what is left; nothing where time runs out.

        `EOFError` where there will be none.
        """
        until = time.monotonic() + seconds
        while b"\n" not in self.said:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.send()
            # Not `select.select`, which takes no descriptor above 1023.
            poll = select.poll()
            poll.register(self.take, select.POLLIN)
            if self.unsent:
                poll.register(self.give, select.POLLOUT)
            if any(pipe == self.take for pipe, _ in poll.poll(1000 * left)):
                read = os.read(self.take, 1 << 20)
                if not read:
                    raise EOFError
                self.said += read
        line, _, self.said = self.said.partition(b"\n")
        return bytes(line)

    def last_words(self) -> str:
        """Give what it wrote of how it failed, if that can be made out; of several, the first."""
        self.errors.seek(0)
        found = _LAST_WORDS.search(self.errors.read(1 << 16).decode(errors="replace"))
        return "" if found is None else (found["panic"] or found["fatal"]).strip()

    def last_line(self) -> str:
        """Give the last line that it wrote to standard error."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        for file in (*self.pipes, self.errors):
            file.close()


class Child:
    """A child process, started when first asked and again after it has failed."""

    def __init__(
        self, command: Sequence[str], *, seconds: float, questions: int = QUESTIONS
    ) -> None:
        """Say what to run, how long an answer may take, and how many one process gives."""
        self.command: list[str] = list(command)
        self.seconds = seconds
        self.questions = questions
        self.restarts: int = 0
        """How often a process was ended because it failed."""
        self._running: _Running | None = None
        self._waiting: deque[Ticket] = deque()

    def ask(self, question: Mapping[str, Any]) -> Answer:
        """Ask one question and wait for the answer."""
        return self.answer(self.submit(question))

    def submit(self, question: Mapping[str, Any]) -> Ticket:
        """Ask a question whose answer is fetched later."""
        ticket = Ticket(json.dumps(question).encode() + b"\n")
        self._waiting.append(ticket)
        running = self._running
        if running is not None:
            running.unsent += ticket.line
            if len(running.unsent) >= _AHEAD:
                running.send()
        return ticket

    def answer(self, ticket: Ticket) -> Answer:
        """Wait for the answer to a question; those asked before it are answered on the way."""
        while ticket.answer is None:
            try:
                greeting = self.ready()
                if isinstance(greeting, Undecided):
                    # Those behind would each wait for the same start in vain.
                    while self._waiting:
                        self._waiting.popleft().answer = greeting
                    break
                answer = self._next()
            except BaseException:  # Ctrl-C: how much it was given or has said is not known now
                self._end()
                raise
            self._waiting.popleft().answer = answer
        assert ticket.answer is not None
        return ticket.answer

    def ready(self) -> str | Undecided:
        """Start it, if it does not run yet; say what it is, or why there is none."""
        if self._running is not None:
            return self._running.what
        try:
            self._running = running = _Running(self.command)
        except OSError as error:
            return Undecided("missing", f"{self.command[0]}: {error.strerror}")
        try:
            line = running.line(max(START_SECONDS, self.seconds))
        except EOFError:
            why = running.last_words() or running.last_line() or "it closed its output"
            line = None
        else:
            why = "it does not say that it is ready"
        greeting = _read(line)
        if greeting is None or not isinstance(greeting.get("ready"), str):
            self._end()
            return Undecided("missing", f"{os.path.basename(self.command[0])}: {why}")
        running.what = greeting["ready"]
        for ticket in self._waiting:
            running.unsent += ticket.line
        return running.what

    def close(self) -> None:
        """End the process. Questions that wait for an answer are asked again if it is wanted."""
        self._end()

    def _next(self) -> Answer:
        """Get the answer to the question that waits longest."""
        running = self._running
        assert running is not None, "it was made ready before"
        try:
            line = running.line(self.seconds)
        except EOFError:
            return self._died(running)
        if line is None:
            return self._failed(Undecided("timeout", f"no answer within {self.seconds:g} seconds"))
        answer = _read(line)
        if answer is None:
            return self._failed(Undecided("nonsense", repr(line[:200])))
        running.answered += 1
        if running.answered == self.questions:
            self._end()
        return answer

    def _died(self, running: _Running) -> Undecided:
        try:
            how = exit_name(running.process.wait(1))
        except subprocess.TimeoutExpired:
            how = "it closed its output"
        words = running.last_words()
        kind: Literal["unsupported", "crash"] = "crash"
        if words.startswith(UNIMPLEMENTED):
            kind = "unsupported"
        return self._failed(Undecided(kind, f"{how}: {words}" if words else how))

    def _failed(self, verdict: Undecided) -> Undecided:
        self.restarts += 1
        self._end()
        return verdict

    def _end(self) -> None:
        running = self._running
        self._running = None
        if running is not None:
            running.end()


def _read(line: bytes | None) -> dict[str, Any] | None:
    """Read a line as an object of JSON, if it is one."""
    try:
        answer = json.loads(line or b"")
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def exit_name(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
