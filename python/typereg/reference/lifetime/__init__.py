"""The lifetime model: engines, registries, handles and collections, by sections S and K.

The classes have typereg's names and show typereg's indices, counts and, in one thread, events. The
rules are methods of `TypeRegistry` and `CanonicalKey`, one each. Not for threads: what threads do
is acted out by one, with `RegisteredType.begin_drop` and what it gives.
"""

from __future__ import annotations

from .collection import TypeCollection
from .engine import Engine
from .entry import Entry
from .events import Event, Step, Trace
from .handle import RegisteredType
from .key import CanonicalKey, Key
from .owner import Drop
from .registry import Stats, TypeRegistry

__all__ = [
    "CanonicalKey",
    "Drop",
    "Engine",
    "Entry",
    "Event",
    "Key",
    "RegisteredType",
    "Stats",
    "Step",
    "Trace",
    "TypeCollection",
    "TypeRegistry",
]
