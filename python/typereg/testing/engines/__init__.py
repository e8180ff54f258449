"""Real engines as oracles: each a black box in a process of its own (clause D6).

    >>> from typereg.testing import engines
    >>> for name, engine in engines.available().items():  # doctest: +SKIP
    ...     print(name, engine.equal(a, 0, b, 0), engine.matches(a, 0, b, 0))

An answer is `True`, `False` or an `Undecided` that says why there is none: the engine lacks a
feature, crashed, took too long, printed nonsense, or refused what it was asked with. It is ended
and started anew by itself. Who has many questions asks them ahead (`Engine.ask_relations`), so that
the engine works meanwhile.
"""

from .command_line import CommandLine
from .drivers import Engine, Later, Relations
from .probes import ANSWERS, ProbeName
from .process import Undecided, Verdict
from .wheels import Node, Wasmtime, available

__all__ = [
    "ANSWERS",
    "CommandLine",
    "Engine",
    "Later",
    "Node",
    "ProbeName",
    "Relations",
    "Undecided",
    "Verdict",
    "Wasmtime",
    "available",
]
