"""A registered group."""

from __future__ import annotations

from dataclasses import dataclass, field

from typereg.reference.structure import defined_types
from typereg.reference.types import DefType, RecGroup

from .key import Key


@dataclass(eq=False, slots=True)
class Entry:
    """A group that is, or was, in a registry.

    Compared by identity: an entry is one life of a group, and a slot may see many.
    """

    group: RecGroup
    """Canonical: own members by `RecIndex`, all others by `SharedTypeIndex` (S4)."""
    key: Key
    """What it is found by in the set."""
    closed: RecGroup
    """The same group for the structural model: others by `DefType`."""
    generation: int
    """Its creation number, which no other group of the registry ever has (S3)."""
    slots: tuple[int, ...]
    """Of each member by position; they need not be adjacent (G1)."""
    registrations: int = 1
    """How many use it, members together (K1)."""
    removed: bool = False
    """Whether it has left the registry; then nobody removes it again (F1)."""
    types: list[DefType] = field(init=False)
    """The members for the structural model."""

    def __post_init__(self) -> None:
        """Make the defined types of the closed group."""
        self.types = defined_types(self.closed)
