"""What ``typereg fuzz`` tells: each finding as it comes, how far it is, and what there was."""

from __future__ import annotations

import pathlib
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import console

if TYPE_CHECKING:
    from typereg.testing.findings import Finding
    from typereg.testing.fuzz import Run

SCHEMA = "typereg.fuzz/1"
"""Described in ``schemas/fuzz-1.schema.json`` beside this file."""

SHOWN = 5
"""How many findings of one sort are told in words: those that were made smaller."""

PROGRESS_ON_TERMINAL = 0.5
PROGRESS_ELSEWHERE = 10.0


class Reporter:
    """Saves what is found and tells of it on standard error, a few times of each sort."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Say where findings are saved."""
        self.folder = folder
        self.saved: list[list[str]] = []
        """The files of each finding, in their order."""
        self._alike: Counter[tuple[str | None, ...]] = Counter()
        self._untold: Counter[str] = Counter()
        self._unsaved: Counter[str] = Counter()
        self._terminal = console.is_watched()
        self._shown = time.monotonic()

    def report(self, findings: list[Finding]) -> None:
        """Save what was found, and tell of it."""
        from typereg.testing import saving

        for finding in findings:
            files: list[str] = []
            error = ""
            try:
                files += map(str, saving.save(finding, self.folder))
            except OSError as refused:
                error = str(refused)
            self.saved.append(files)
            self._alike[finding.sort] += 1
            if self._alike[finding.sort] > SHOWN:
                self._untold[_sort(finding)] += 1
                self._unsaved[error] += 1
                continue
            told = [f"not saved: {error}"] if error else [f"saved {path}" for path in files]
            if self._alike[finding.sort] == SHOWN:
                told.append("more of this sort are saved, and only counted here")
            self._clear()
            console.complain(_told(finding), *told)

    def end(self) -> None:
        """Tell how many findings were only saved."""
        for sort, count in self._untold.items():
            console.complain(f"{count:,} more: {sort}")
        for error, count in self._unsaved.items():
            if error:
                console.complain(f"{count:,} of these were not saved: {error}")
            else:
                console.complain(f"{count:,} of these were saved in {self.folder}")

    def progress(self, fuzzing: Run) -> None:
        """Say how far it is, if it is time to."""
        pause = PROGRESS_ON_TERMINAL if self._terminal else PROGRESS_ELSEWHERE
        if time.monotonic() - self._shown < pause:
            return
        self._shown = time.monotonic()
        told = (
            f"{fuzzing.pairs:,} pairs, {fuzzing.rate:,.0f} a second, "
            f"{_differences(fuzzing)}, seed {fuzzing.seed}"
        )
        console.say(told + ("\r" if self._terminal else "\n"))

    def stop(self) -> None:
        """Take away what says how far it is."""
        self._clear()

    def _clear(self) -> None:
        if self._terminal:
            console.say("\x1b[2K\r")


def summary(fuzzing: Run) -> str:
    """Sum a run up for people."""
    engines = ", ".join(fuzzing.engines) or "no engine"
    undecided = f"; {fuzzing.undecided:,} undecided" if fuzzing.undecided else ""
    for (who, feature), pairs in fuzzing.unasked.items():
        undecided += f"; {who} not asked about {pairs:,} pairs for want of {feature}"
    return (
        f"{_differences(fuzzing)} in {fuzzing.pairs:,} pairs of {fuzzing.examples:,} examples "
        f"({fuzzing.seconds:.1f} s, {fuzzing.rate:,.0f} pairs a second)\n"
        f"typereg, the reference, {engines}{undecided}; seed {fuzzing.seed}"
    )


def to_json(fuzzing: Run, saved: list[list[str]], missing: Mapping[str, str]) -> dict[str, Any]:
    """Sum a run up as an object of JSON, every finding included."""
    from typereg.testing.findings import path

    # A second Ctrl-C may come before the last findings are saved.
    unsaved: list[list[str]] = [[]] * (len(fuzzing.findings) - len(saved))
    return {
        "schema": SCHEMA,
        "seed": fuzzing.seed,
        "seconds": round(fuzzing.seconds, 3),
        "examples": fuzzing.examples,
        "pairs": fuzzing.pairs,
        "pairs_per_second": round(fuzzing.rate),
        "engines": list(fuzzing.engines),
        "missing": dict(missing),
        "undecided": fuzzing.undecided,
        "unasked": [
            {"engine": who, "feature": feature, "pairs": pairs}
            for (who, feature), pairs in fuzzing.unasked.items()
        ],
        "differences": [
            {
                "who": finding.who,
                "question": finding.question,
                "probe": finding.probe,
                "attribute": finding.attribute,
                "path": path(finding) or None,
                "got": finding.got,
                "expected": finding.expected,
                "detail": finding.detail or None,
                "example": finding.example,
                "files": files,
            }
            for finding, files in zip(fuzzing.findings, saved + unsaved, strict=True)
        ],
    }


def _differences(fuzzing: Run) -> str:
    count = len(fuzzing.findings)
    return f"{count:,} difference{'' if count == 1 else 's'}"


def _told(finding: Finding) -> str:
    from typereg.testing import saving

    return (
        f"difference: {finding.who}: {saving.question(finding)} It says {finding.got}, "
        f"the reference {finding.expected} ({finding.attribute}, "
        f"{f'by {finding.probe}, ' if finding.probe else ''}example {finding.example}"
        f"{f'; {finding.detail}' if finding.detail and finding.question != 'operations' else ''})"
    )


def _sort(finding: Finding) -> str:
    """Say what a finding has in common with those of its sort."""
    by = f" by {finding.probe}" if finding.probe else ""
    return f"{finding.who}, {finding.question}{by}, {finding.kind}"
