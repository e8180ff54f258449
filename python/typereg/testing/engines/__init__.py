"""Real engines as oracles: each a black box in a process of its own (clause D6).

    >>> from typereg.testing import engines
    >>> for name, engine in engines.available().items():  # doctest: +SKIP
    ...     print(name, engine.equal(a, 0, b, 0), engine.matches(a, 0, b, 0))

An answer is `True`, `False` or an `Undecided` that says why there is none: the engine lacks a
feature, crashed, took too long, or printed nonsense. It is ended and started anew by itself.
"""

from .drivers import CommandLine, Engine, Node, Relations, Wasmtime, available
from .process import Undecided, Verdict

__all__ = [
    "CommandLine",
    "Engine",
    "Node",
    "Relations",
    "Undecided",
    "Verdict",
    "Wasmtime",
    "available",
]
