"""A difference asked about once more, of who was asked nothing else before, and made smaller."""

from __future__ import annotations

import contextlib

from .engines import Engine
from .findings import NOT_AGAIN, NOT_SMALLER
from .programs import Program
from .questions import Answer, Ask
from .shrink import shrink


def confirmed(
    program: Program, first: Answer, ask: Ask, engine: Engine | None, *, runs: int
) -> tuple[Program, Answer, str]:
    """Ask anew about a program of which an answer differs; with `runs`, make it smaller.

    The engine that gave it may be spoilt by what it was asked before, and has questions waiting
    that were asked ahead: a fresh one is asked, and about what came out another one. Gives the
    program, the answer to it, and what there is to remark.
    """

    def differs(candidate: Program, again: Engine | None) -> Answer | None:
        question = ask(candidate)
        answer = None if question is None else question.ask(again, first.probe)()[0]
        return answer if answer is not None and answer.sort == first.sort else None

    with _fresh(engine) as again:
        answer = differs(program, again)
        if answer is None:
            return program, first, NOT_AGAIN
        if answer.hangs or not runs:  # each try would take as long as an engine may
            return program, answer, NOT_SMALLER
        small = shrink(program, lambda each: differs(each, again) is not None, runs=runs)
    with _fresh(engine) as again:
        known = differs(small, again)
    if known is None:  # that one was spoilt on the way
        return program, answer, NOT_SMALLER
    return small, known, ""


def _fresh(engine: Engine | None) -> contextlib.AbstractContextManager[Engine | None]:
    """Give an engine in a process of its own, ended at the end; the registry is always fresh."""
    return contextlib.nullcontext() if engine is None else engine.fresh()
