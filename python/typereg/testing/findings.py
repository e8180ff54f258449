"""What the fuzzer finds, as a value: who said what of which modules or operations."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Final, Literal

import typereg as tr

from .engines import ProbeName
from .programs import Program
from .protocol import ALL_ON
from .spec import Module

NOT_SMALLER: Final = "not made smaller"
NOT_AGAIN: Final = "not when asked again: it hangs on what was asked before, or on chance"


@dataclass(frozen=True)
class Finding:
    """Something that typereg or an engine answers otherwise than the reference."""

    who: str
    question: Literal["equal", "matches", "valid", "link", "operations"]
    program: Program
    attribute: str
    got: str
    expected: str
    example: int
    seed: int
    i: int | None = None
    j: int | None = None
    detail: str = ""
    probe: ProbeName | None = None
    """What an engine was asked with about types."""
    kind: str = ""
    """What sort of answer was got, without its words and numbers."""
    count: int = 1
    """Of several that one example gives, with who and question in common: which one it is."""

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules that it is about."""
        return self.program.modules

    @property
    def sort(self) -> tuple[str | None, ...]:
        """What it has in common with others: who, question, probe, what sort of answer."""
        return self.who, self.question, self.probe, self.kind


def path(finding: Finding) -> str:
    """Say where the two types of a finding first differ, as far as typereg can explain it."""
    if finding.i is None or finding.j is None:
        return ""
    with contextlib.suppress(tr.TypeRegError, IndexError):
        features = tr.Features(**ALL_ON)
        a, b = (tr.Module(each.wasm, features=features) for each in finding.modules)
        explanation = tr.explain(a, finding.i, b, finding.j)
        steps = " -> ".join(str(step) for step in explanation.path)
        return " at ".join(part for part in (explanation.reason, steps) if part)
    return ""
