"""The command ``typereg wast``."""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typereg as tr
from typereg import _typereg

from . import console
from .console import Line
from .options import STDIN, UnreadableInput, add_reading_options, standard_input
from .report import REASON, SUMMARY, TITLE, write_json

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SCHEMA = "typereg.wast/1"
"""Described in ``schemas/wast-1.schema.json`` beside this file."""


@dataclass
class Script:
    """How the directives of one file went."""

    file: str
    passed: int = 0
    why: Counter[str] = field(default_factory=Counter)
    """How many directives were skipped for each reason."""
    failures: list[dict[str, Any]] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        """How many directives were skipped."""
        return sum(self.why.values())

    def to_json(self) -> dict[str, Any]:
        """Give the file's entry in the JSON output."""
        return {
            "file": self.file,
            "passed": self.passed,
            "failed": len(self.failures),
            "skipped": self.skipped,
            "why": dict(sorted(self.why.items())),
            "failures": self.failures,
        }


def add_parser(commands: "_Commands") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "wast",
        help="run those directives of .wast scripts that types alone decide",
        description="Run those directives of .wast scripts that types alone decide: whether "
        "modules are valid and well-formed, whether their imports match. What needs more is "
        "counted as skipped, with the reason. Exit code 1 if a directive failed.",
        epilog="example: typereg wast type-subtyping.wast --json",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help=".wast; - is standard input")
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out. A file that cannot be read does not keep the others from running."""
    if options.files.count(STDIN) > 1:
        raise UnreadableInput([f"{STDIN}: standard input can be read once only"])
    scripts: list[Script] = []
    messages: list[str] = []
    for file in options.files:
        try:
            text = _read(file)
        except OSError as error:
            messages.append(f"{file}: {error.strerror or error}")
        except UnicodeDecodeError as error:
            messages.append(f"{file}: not UTF-8 at offset {error.start:#x}")
        else:
            scripts.append(_run_script(file, text, options.features, options.limits))
    if options.json:
        write_json(_to_json(scripts))
    else:
        console.write(_lines(scripts))
    if messages:
        raise UnreadableInput(messages)
    return 1 if any(script.failures for script in scripts) else 0


def _read(file: str) -> str:
    if file == STDIN:
        return standard_input().read().decode()
    with open(file, "rb") as opened:
        return opened.read().decode()


def _run_script(
    file: str, text: str, features: tr.Features | None, limits: tr.Limits | None
) -> Script:
    script = Script(file)
    rows = _typereg.run_script(text, features=features, limits=limits)
    for line, column, directive, went, why in rows:
        if went == "passed":
            script.passed += 1
        elif went == "skipped":
            script.why[why or ""] += 1
        else:
            script.failures.append(
                {"line": line, "column": column, "directive": directive, "message": why or ""}
            )
    return script


def _to_json(scripts: list[Script]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "files": [script.to_json() for script in scripts],
        "passed": sum(script.passed for script in scripts),
        "failed": sum(len(script.failures) for script in scripts),
        "skipped": sum(script.skipped for script in scripts),
    }


def _lines(scripts: list[Script]) -> Iterator[Line]:
    for script in scripts:
        file = console.printable(script.file)
        for failure in script.failures:
            place = f"{file}:{failure['line']}:{failure['column']}: "
            first, *rest = failure["message"].split("\n")
            yield [(place, TITLE), (f"{failure['directive']} failed: ", REASON), (first, "")]
            for line in rest:
                yield [(f"    {line}", "")]
        yield [(f"{file}: {_counts(script.passed, script.failures, script.skipped)}", TITLE)]
        for why, count in script.why.most_common():
            yield [(f"    {count:,} skipped: {why}", "")]
    if len(scripts) > 1:
        failures = [failure for script in scripts for failure in script.failures]
        passed = sum(script.passed for script in scripts)
        skipped = sum(script.skipped for script in scripts)
        yield [(_counts(passed, failures, skipped), SUMMARY)]


def _counts(passed: int, failures: list[dict[str, Any]], skipped: int) -> str:
    return f"{passed:,} passed, {len(failures):,} failed, {skipped:,} skipped"
