"""The command ``typereg fuzz``."""

from __future__ import annotations

import argparse
import json
import math
import os
import pathlib
import random
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import console

if TYPE_CHECKING:
    from types import FrameType

    from typing_extensions import Self

    from typereg.testing.engines import Engine
    from typereg.testing.findings import Finding
    from typereg.testing.fuzz import Run

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SCHEMA = "typereg.fuzz/1"
"""Described in ``schemas/fuzz-1.schema.json`` beside this file."""

ENGINES = ("wasmtime", "node")
NO_ENGINE = "none"
UNUSED = ("stack_switching", "custom_page_sizes")
"""The features that no example needs."""

PROGRESS_ON_TERMINAL = 0.5
PROGRESS_ELSEWHERE = 10.0


def add_parser(commands: _Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "fuzz",
        help="compare typereg, its reference and real engines on generated types",
        description="Generate types, near twins, modules and sequences of operations, and compare "
        "what typereg, its reference in plain Python and the engines found here say of them. Each "
        "difference is saved as two modules and a script. Exit code 1 if there is any.",
        epilog="example: typereg fuzz --seconds 60 --engine wasmtime --save found",
    )
    parser.add_argument("--seconds", type=_seconds, default=60, help="how long to run (60)")
    parser.add_argument("--examples", type=_examples, help="how many examples to try at most")
    parser.add_argument(
        "--engine",
        dest="engines",
        action="append",
        choices=(*ENGINES, NO_ENGINE),
        help="ask this engine; may be given several times. Without it, all that are found",
    )
    parser.add_argument("--seed", type=int, help="the same seed gives the same examples")
    parser.add_argument(
        "--save",
        type=_folder,
        default="typereg-fuzz",
        metavar="DIR",
        help="where differences go (typereg-fuzz); made when there is one",
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    parser.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")
    return seconds


def _examples(text: str) -> int:
    examples = int(text) if text.isdecimal() else 0
    if examples == 0:
        raise argparse.ArgumentTypeError(f"expected a number of examples above 0, got {text!r}")
    return examples


def _folder(text: str) -> pathlib.Path:
    """Give a folder that can be made or written to: better said now than at a finding."""
    folder = pathlib.Path(text)
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise argparse.ArgumentTypeError(f"{there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"{there} cannot be written to")
    return folder


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from typereg.testing.fuzz import Run

    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    found = _engines(options.engines)
    fuzzing = Run(seed, found)
    saved: list[list[str]] = []
    try:
        with _Interrupts() as interrupts:
            _loop(fuzzing, options, saved, interrupts)
            # What engines were asked ahead is answered in a moment; nothing of it is lost.
            _report(fuzzing.finish(), options, saved)
    except KeyboardInterrupt:
        console.complain("interrupted again; the last answers are not waited for")
    finally:
        for engine in found.values():
            engine.close()
    if options.json:
        console.write_text(json.dumps(_to_json(fuzzing, saved)) + "\n")
    else:
        console.write_text(_summary(fuzzing) + "\n")
    return 1 if fuzzing.findings else 0


def _engines(wanted: list[str] | None) -> Mapping[str, Engine]:
    """Give the engines that are to be asked and do start; of the others, say so."""
    from typereg.testing import engines

    found: dict[str, Engine] = {}
    available = engines.available()
    for name in available if wanted is None else wanted:
        if name == NO_ENGINE or name in found:
            continue
        if name not in available:
            console.complain(f"the engine {name} is not installed here; going on without it")
            continue
        engine = available[name]
        what = engine.ready()
        if isinstance(what, engines.Undecided):
            console.complain(f"the engine {name} does not start ({what}); going on without it")
            continue
        lacking = [feature for feature in engine.lacking() if feature not in UNUSED]
        if lacking:
            console.complain(f"{what} lacks {', '.join(lacking)}: what needs that is undecided")
        found[name] = engine
    return found


class _Interrupts:
    """Ctrl-C as a wish to stop after the example under way; a second one stops at once.

    An exception would come anywhere, and in a `__del__` it would be told and forgotten.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # no other may
            self.before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *exc: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self.before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def _loop(
    fuzzing: Run, options: argparse.Namespace, saved: list[list[str]], interrupts: _Interrupts
) -> None:
    on_terminal = sys.stderr.isatty()
    pause = PROGRESS_ON_TERMINAL if on_terminal else PROGRESS_ELSEWHERE
    shown = time.monotonic()
    while fuzzing.seconds < options.seconds:
        if options.examples is not None and fuzzing.examples >= options.examples:
            break
        if interrupts.asked:
            console.complain("interrupted; this is what there is so far")
            break
        _report(fuzzing.step(), options, saved)
        if time.monotonic() - shown >= pause:
            shown = time.monotonic()
            end = "\r" if on_terminal else "\n"
            print(_progress(fuzzing), end=end, file=sys.stderr, flush=True)
    _clear(on_terminal)


def _report(findings: list[Finding], options: argparse.Namespace, saved: list[list[str]]) -> None:
    """Save what was found, and tell of it."""
    from typereg.testing import saving

    for finding in findings:
        files: list[str] = []
        try:
            files += map(str, saving.save(finding, options.save))
            told = [f"saved {path}" for path in files]
        except OSError as error:
            told = [f"not saved: {error}"]
        saved.append(files)
        _clear(sys.stderr.isatty())
        console.complain(_told(finding), *told)


def _clear(on_terminal: bool) -> None:
    if on_terminal:
        print("\x1b[2K", end="\r", file=sys.stderr, flush=True)


def _progress(fuzzing: Run) -> str:
    return (
        f"{fuzzing.pairs:,} pairs, {fuzzing.rate:,.0f} a second, "
        f"{_differences(fuzzing)}, seed {fuzzing.seed}"
    )


def _differences(fuzzing: Run) -> str:
    count = len(fuzzing.findings)
    return f"{count:,} difference{'' if count == 1 else 's'}"


def _summary(fuzzing: Run) -> str:
    engines = ", ".join(fuzzing.engines) or "no engine"
    undecided = f"; {fuzzing.undecided:,} undecided" if fuzzing.undecided else ""
    return (
        f"{_differences(fuzzing)} in {fuzzing.pairs:,} pairs of {fuzzing.examples:,} examples "
        f"({fuzzing.seconds:.1f} s, {fuzzing.rate:,.0f} pairs a second)\n"
        f"typereg, the reference, {engines}{undecided}; seed {fuzzing.seed}"
    )


def _told(finding: Finding) -> str:
    from typereg.testing import saving

    return (
        f"difference: {finding.who}: {saving.question(finding)} It says {finding.got}, "
        f"the reference {finding.expected} ({finding.attribute}, "
        f"{f'by {finding.probe}, ' if finding.probe else ''}example {finding.example}"
        f"{f'; {finding.detail}' if finding.detail and finding.question != 'operations' else ''})"
    )


def _to_json(fuzzing: Run, saved: list[list[str]]) -> dict[str, Any]:
    from typereg.testing.findings import path

    return {
        "schema": SCHEMA,
        "seed": fuzzing.seed,
        "seconds": round(fuzzing.seconds, 3),
        "examples": fuzzing.examples,
        "pairs": fuzzing.pairs,
        "pairs_per_second": round(fuzzing.rate),
        "engines": list(fuzzing.engines),
        "undecided": fuzzing.undecided,
        "differences": [
            {
                "who": finding.who,
                "question": finding.question,
                "attribute": finding.attribute,
                "path": path(finding) or None,
                "got": finding.got,
                "expected": finding.expected,
                "example": finding.example,
                "files": files,
            }
            for finding, files in zip(fuzzing.findings, saved, strict=True)
        ],
    }
