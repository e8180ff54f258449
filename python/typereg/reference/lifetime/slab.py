"""Slots and indices: what stands at them, and what it refers to. S3, S4, S12, G5, G9."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from typereg.reference.errors import ForeignEngineError, NotCanonicalError, StaleIndexError
from typereg.reference.structure import Substitution, uses_of_group
from typereg.reference.types import RecGroup, RecIndex, SharedTypeIndex, SubType, TypeUse

from .entry import Entry

if TYPE_CHECKING:
    from .engine import Engine


class Slab:
    """The live types of one engine by slot. Looking at them changes nothing."""

    def __init__(self, engine: Engine) -> None:
        """Make an empty one for an engine."""
        self.engine = engine
        self.slab: dict[int, tuple[Entry, int]] = {}
        """Of each live slot: the group and the position in it."""
        self.free: list[int] = []
        """Slots to be used again; the one freed last is last (S3)."""
        self.capacity: int = 0
        """Slots ever used."""

    def take_slot(self) -> int:
        """The slot freed last, else the next that was never used (K6)."""
        if self.free:
            return self.free.pop()
        self.capacity += 1
        return self.capacity - 1

    def free_slot(self, slot: int) -> None:
        """Give a slot back, to be the first used again (S3)."""
        del self.slab[slot]
        self.free.append(slot)

    def owner(self, index: SharedTypeIndex) -> None:
        """Refuse an index of another engine (F2)."""
        if index.engine is not self.engine:
            raise ForeignEngineError(f"type {index.bits} is another engine's")

    def entry(self, index: SharedTypeIndex) -> Entry | None:
        """The group of an index, or ``None`` where the index is stale (S3)."""
        self.owner(index)
        entry, _ = self.slab.get(index.bits, (None, 0))
        return entry if entry is not None and entry.generation == index.generation else None

    def live(self, index: SharedTypeIndex) -> Entry:
        """The group of an index that must be live, as part of an argument."""
        entry = self.entry(index)
        if entry is None:
            raise StaleIndexError(f"type {index.bits} was freed")
        return entry

    def position(self, index: SharedTypeIndex) -> int:
        """The position of a live index in its group."""
        return self.slab[index.bits][1]

    def index(self, entry: Entry, position: int) -> SharedTypeIndex:
        """The index of a member."""
        return SharedTypeIndex(self.engine, entry.slots[position], entry.generation)

    def indices(self, entry: Entry) -> list[SharedTypeIndex]:
        """The indices of all members, by position."""
        return [self.index(entry, position) for position in range(len(entry.slots))]

    def sub_type(self, entry: Entry, position: int) -> SubType:
        """A registered type: its references are engine indices only, own-group ones too (S4)."""

        def outside(use: TypeUse) -> TypeUse:
            return self.index(entry, use.n) if isinstance(use, RecIndex) else use

        return Substitution(outside).sub(entry.group.members[position])

    def borrow(self, index: SharedTypeIndex) -> SubType | None:
        """The type of an index, or ``None`` where it is stale; roots nothing (S12)."""
        entry = self.entry(index)
        return None if entry is None else self.sub_type(entry, self.position(index))

    def supertype(self, index: SharedTypeIndex) -> SharedTypeIndex | None:
        """The declared supertype of a live type."""
        entry = self.live(index)
        above = entry.group.members[self.position(index)].supertype
        if isinstance(above, RecIndex):
            return self.index(entry, above.n)
        if above is None or isinstance(above, SharedTypeIndex):
            return above
        raise NotCanonicalError(f"{above} means nothing in a registered type")

    def supertypes(self, index: SharedTypeIndex) -> Iterator[SharedTypeIndex]:
        """The chain of declared supertypes, nearest first."""
        above = self.supertype(index)
        while above is not None:
            yield above
            above = self.supertype(above)

    def is_subtype(self, a: SharedTypeIndex, b: SharedTypeIndex) -> bool:
        """Declared subtyping of live types, reflexive (G5)."""
        return a == b or b in self.supertypes(a)

    def referrers(self, index: SharedTypeIndex) -> tuple[SharedTypeIndex, ...]:
        """The live types that refer to one, each once, by slot (G9)."""
        self.live(index)
        found = []
        for slot, (entry, position) in sorted(self.slab.items(), key=lambda item: item[0]):
            member = RecGroup([self.sub_type(entry, position)])
            if index in uses_of_group(member):
                found.append(SharedTypeIndex(self.engine, slot, entry.generation))
        return tuple(found)

    def __len__(self) -> int:
        return len(self.slab)

    def __contains__(self, index: object) -> bool:
        return (
            isinstance(index, SharedTypeIndex)
            and index.engine is self.engine
            and self.entry(index) is not None
        )

    def __iter__(self) -> Iterator[SharedTypeIndex]:
        for slot in sorted(self.slab):
            entry, _ = self.slab[slot]
            yield SharedTypeIndex(self.engine, slot, entry.generation)
