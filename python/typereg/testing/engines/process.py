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

import contextlib
import json
import math
import os
import re
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, Literal, NoReturn, TypeAlias

START_SECONDS: Final = 60.0
"""How long a process may take to say that it is ready: a busy machine starts it slowly."""

QUESTIONS: Final = 20_000
"""How many questions one process answers before a new one takes over.

V8 never frees a type and ends itself at a million of them, which a long run would come to.
"""

_AHEAD: Final = 1 << 14
"""Bytes of questions that wait to be written together; whoever wants an answer writes them all."""

_LAST_WORDS: Final = re.compile(
    r"panicked at [^\n]*:\n(?P<panic>[^\n]+)|# Fatal [^\n]*\n#\s*(?P<fatal>[^\n]+)"
)
"""What Rust and V8 say of themselves as they end."""

TOLD: Final = 1 << 16
"""Bytes of what a process writes to standard error that are kept, at each end of it."""

_WHOLE_PIPE: Final = 1 << 20
"""Bytes to read at once: as many as a pipe may hold."""

ANSWER: Final = 1 << 24
"""Bytes that an answer may have: one without an end would fill the memory before time is up."""

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


class Complaints:
    """What a process writes to standard error, read as it comes: the first and the last is kept."""

    def __init__(self, pipe: IO[bytes]) -> None:
        """Listen to a pipe."""
        self.pipe: int = pipe.fileno()
        os.set_blocking(self.pipe, False)
        self.ended: bool = False
        """Whether nobody has it open for writing any more."""
        self._first = b""
        self._last = b""

    def hear(self) -> bool:
        """Read what there is; tell whether there was anything, be it the end."""
        try:
            read = os.read(self.pipe, _WHOLE_PIPE)
        except BlockingIOError:
            return False
        self.ended = not read
        self._first += read[: TOLD - len(self._first)]
        self._last = (self._last + read)[-TOLD:]
        return True

    def _words(self) -> str:
        """Give what it said of how it failed, if that can be made out; of several, the first."""
        self.hear()
        found = _LAST_WORDS.search(self._first.decode(errors="replace"))
        return "" if found is None else (found["panic"] or found["fatal"]).strip()

    def say(self) -> str:
        """Say why it failed: in its own words, else by its last line."""
        words = self._words()
        lines = self._last.decode(errors="replace").strip().splitlines() or [""]
        return words or lines[-1]

    def crash(self, how: str) -> Undecided:
        """Give the verdict about an engine that ended: how, and its own words if it had any."""
        words = self._words()
        kind: Literal["unsupported", "crash"] = "crash"
        if words.startswith(UNIMPLEMENTED):
            kind = "unsupported"
        return Undecided(kind, f"{how}: {words}" if words else how)

    def panicked(self) -> bool:
        """Tell whether it said by itself that it fell over."""
        return bool(self._words())


class _Running:
    """A process that was started: what it is still to be given, and what it said."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it; `OSError` where there is nothing to start."""
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is for who asks; the child ends when its input does.
            start_new_session=True,
            # With it, some versions of Wasmtime take 50 ms for the text of each error.
            env={**os.environ, "RUST_BACKTRACE": "0"},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.pipes: tuple[IO[bytes], ...] = (
            self.process.stdin,
            self.process.stdout,
            self.process.stderr,
        )
        self.give, self.take, _ = (pipe.fileno() for pipe in self.pipes)
        for pipe in (self.give, self.take):
            os.set_blocking(pipe, False)
        self.complaints: Complaints = Complaints(self.process.stderr)
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

        Of a line beyond `ANSWER` bytes what there is. `EOFError` where there will be none.
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
            if not self.complaints.ended:
                poll.register(self.complaints.pipe, select.POLLIN)
            ready = {pipe for pipe, _ in poll.poll(1000 * left)}
            if self.complaints.pipe in ready:
                self.complaints.hear()
            if self.take in ready:
                read = os.read(self.take, _WHOLE_PIPE)
                if not read:
                    raise EOFError
                self.said += read
                if len(self.said) > ANSWER:
                    break
        line, _, self.said = self.said.partition(b"\n")
        return bytes(line)

    def end(self) -> None:
        """End it."""
        end_group(self.process)
        for pipe in self.pipes:
            with contextlib.suppress(OSError):
                pipe.close()


class Child:
    """A child process, started when first asked and again after it has failed."""

    def __init__(
        self, command: Sequence[str], *, seconds: float, questions: int = QUESTIONS
    ) -> None:
        """Say what to run, how long an answer may take, and how many one process gives."""
        self.command: list[str] = list(command)
        self.seconds: float = time_limit(seconds)
        self.questions = questions
        self.restarts: int = 0
        """How often a process was ended because it failed."""
        self._running: _Running | None = None
        self._waiting: deque[Ticket] = deque()

    def fresh(self) -> Child:
        """Give another one that runs the same."""
        return Child(self.command, seconds=self.seconds, questions=self.questions)

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
            why = running.complaints.say() or "it closed its output"
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
            end = ", without an end" if len(line) > ANSWER else ""
            return self._failed(Undecided("nonsense", repr(line[:200]) + end))
        running.answered += 1
        if running.answered == self.questions:
            self._end()
        return answer

    def _died(self, running: _Running) -> Undecided:
        try:
            how = exit_name(running.process.wait(1))
        except subprocess.TimeoutExpired:
            how = "it closed its output"
        return self._failed(running.complaints.crash(how))

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
    if line is None or len(line) > ANSWER:
        return None
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def time_limit(seconds: float) -> float:
    """Give a time limit back; `TypeError` or `ValueError` for what cannot be one."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"expected a number of seconds, got {seconds!r}")
    if not 0 < seconds < math.inf:
        raise ValueError(f"expected a number of seconds above 0, got {seconds!r}")
    return seconds


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that has a session of its own, and all that it started and left there."""
    # A group keeps its number while it has a member; with none it is not found, as numbers are
    # not given out again until all others were. Some systems refuse the signal instead.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def exit_name(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
