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

    def differs(candidate: Program, again: Engine | None, like: Answer) -> Answer | None:
        question = ask(candidate)
        answer = None if question is None else question.ask(again, like.probe)()[0]
        return answer if answer is not None and answer.sort == like.sort else None

    with _fresh(engine) as again:
        answer = differs(program, again, first)
        if answer is None and first.kind == "crash":
            answer = _crashing(program, ask, again)
        if answer is None:
            return program, first, NOT_AGAIN
        if answer.hangs or not runs:  # each try would take as long as an engine may
            return program, answer, NOT_SMALLER
        like = answer
        small = shrink(program, lambda each: differs(each, again, like) is not None, runs=runs)
    with _fresh(engine) as again:
        known = differs(small, again, answer)
    if known is None:  # that one was spoilt on the way
        return program, answer, NOT_SMALLER
    return small, known, ""


def _crashing(program: Program, ask: Ask, engine: Engine | None) -> Answer | None:
    """Find the probe that an engine crashes at: it fell over all of them together."""
    question = ask(program)
    if question is None:
        return None
    for probe in question.probes:
        answer = question.ask(engine, probe)()[0]
        if answer is not None and answer.kind == "crash":
            return answer
    return None


def _fresh(engine: Engine | None) -> contextlib.AbstractContextManager[Engine | None]:
    """Give an engine in a process of its own, ended at the end; the registry is always fresh."""
    return contextlib.nullcontext() if engine is None else engine.fresh()
