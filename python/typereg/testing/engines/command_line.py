"""Any command line as an engine: a process for each question, ended with all that it started."""

from __future__ import annotations

import contextlib
import pathlib
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Final

from typereg.testing import wasm

from .drivers import SECONDS, Engine, Later, Matrix, Row, Table
from .process import Complaints, Undecided, Verdict, end_group, exit_name, time_limit

PATHS: Final = ("provider", "consumer")
"""What becomes a path in the words of a command, in braces."""

LOOKED_AFTER: Final = 0.05
"""Seconds after which a process is looked at whose output is still open: others may hold it."""


class CommandLine(Engine):
    """Any command line that reads two modules: exit status 0, they link; 1, they do not.

    ``{provider}`` and ``{consumer}`` in its words become paths; other braces stay. The consumer's
    one import is ``p.x``; the provider exports it as ``x``. A module alone is given as the consumer
    of an empty provider.

    Each question is a process, in a session of its own: when it ends or its time is up, whatever it
    started there is ended with it. Standard input is empty, standard output is not looked at, and
    of standard error the last 64 KiB are kept, to say why a verdict is none.
    """

    def __init__(
        self, words: Sequence[str], *, name: str = "command", seconds: float = SECONDS
    ) -> None:
        """Say what to run, by which name to speak of it, and how long it may take for an answer.

        `TypeError` or `ValueError` for what can never be run: no list of words, none at all, a
        consumer that is not handed over, a time limit that is not above 0.
        """
        super().__init__()
        self.words: list[str] = _checked(words)
        self.name = name
        self.seconds: float = time_limit(seconds)
        self._greeted = False

    def ready(self) -> str | Undecided:
        """Try it on empty modules, until it takes them once; say by which name it goes, or why not.

        One that does not say that they link is ``missing``: it would say no to everything.
        """
        if not self._greeted:
            verdict = self._run(wasm.module(), wasm.module())
            if isinstance(verdict, Undecided):
                return Undecided("missing", str(verdict).removeprefix("missing: "))
            if not verdict:
                return Undecided("missing", f"{self.words[0]}: it does not take an empty module")
            self._greeted = True
        return self.name

    def _valid(self, module: bytes) -> Later[tuple[Verdict, str]]:
        return lambda: (self._run(wasm.module(), module), "")

    def _link(self, provider: bytes, tables: Sequence[Table]) -> Later[list[Matrix] | Undecided]:
        def row(table: Table, consumer: bytes) -> Row:
            if table.run:
                unable: Verdict = Undecided("unsupported", "a command line runs nothing")
                return [unable] * len(table.exports)
            return [self._run(_renamed(provider, name), consumer) for name in table.exports]

        return lambda: [[row(table, each) for each in table.consumers] for table in tables]

    def _run(self, provider: bytes, consumer: bytes) -> Verdict:
        with tempfile.TemporaryDirectory() as folder:
            words = self.words
            for key, data in zip(PATHS, (provider, consumer), strict=True):
                path = pathlib.Path(folder, f"{key}.wasm")
                path.write_bytes(data)
                words = [word.replace(f"{{{key}}}", str(path)) for word in words]
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    # Ctrl-C is for who asks; and what it starts can be ended with it.
                    start_new_session=True,
                )
            except OSError as error:
                return Undecided("missing", f"{words[0]}: {error.strerror}")
            assert process.stderr is not None
            with process.stderr:
                try:
                    return self._outcome(process, Complaints(process.stderr))
                finally:
                    end_group(process)

    def _outcome(self, process: subprocess.Popen[bytes], complaints: Complaints) -> Verdict:
        """Wait for a process to end; give what that says."""
        poll = select.poll()  # not `select.select`, which takes no descriptor above 1023
        poll.register(complaints.pipe, select.POLLIN)
        until = time.monotonic() + self.seconds
        while process.poll() is None:
            left = until - time.monotonic()
            if left <= 0:
                return Undecided("timeout", f"no answer within {self.seconds:g} seconds")
            if complaints.ended:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(left)
            elif not complaints.hear():
                poll.poll(1000 * min(left, LOOKED_AFTER))
        code = process.returncode
        if code in (0, 1):
            return code == 0
        how = exit_name(code)
        if code < 0 or complaints.panicked():
            return complaints.crash(how)
        why = complaints.say()
        return Undecided("nonsense", f"{how}: {why}" if why else how)


def _checked(words: object) -> list[str]:
    """Give the words of a command; `TypeError` or `ValueError` where they can be none."""
    if isinstance(words, (str, bytes)) or not isinstance(words, Sequence):
        raise TypeError(f"expected a list of words, got {words!r}; shlex.split() makes one of text")
    for number, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"expected text as word {number} of the command, got {word!r}")
        if "\0" in word:
            raise ValueError(f"word {number} of the command has a null character: {word!r}")
    if not words or not words[0]:
        raise ValueError("expected a command, got no word that says what to run")
    if not any("{consumer}" in word for word in words):
        raise ValueError(f"expected {{consumer}} among the words of the command, got {words!r}")
    return list(words)


def _renamed(provider: bytes, name: str) -> bytes:
    """Give a provider of which only one export is left, named ``x``."""
    parts = []
    for number, body in wasm.sections(provider):
        if number == wasm.EXPORT:
            _, at = wasm.read_leb(body, 0)
            while True:
                size, at = wasm.read_leb(body, at)
                found, kind, at = body[at : at + size], body[at + size : at + size + 1], at + size
                index, at = wasm.read_leb(body, at + 1)
                if found == name.encode():
                    break
            body = wasm.vec([wasm.export("x", kind, index)])
        parts.append(wasm.section(number, body))
    return wasm.module(*parts)
