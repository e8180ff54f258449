"""The registry: groups judged, found or created. S2, S5, K2, K3, K5, K9, K10, K12.

One thread, no lock, no laziness: what this does is meant to be seen to be right. Each rule is one
method, here or in `Counting` and `Slab` below it, so that a registry with a fault is a subclass
with a few lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typereg.reference.errors import NotCanonicalError
from typereg.reference.structure import (
    Matching,
    Substitution,
    Validity,
    closed_groups,
    uses_of_group,
)
from typereg.reference.types import (
    DefType,
    ModuleTypeIndex,
    RecGroup,
    SharedTypeIndex,
    TypeUse,
)

from .counting import Counting
from .entry import Entry
from .key import CanonicalKey, Key

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Numbers of one registry (G9, K10). There are no bytes here: they belong to a layout."""

    types: int
    groups: int
    registrations: int
    edges: int
    external: int
    hits: int
    misses: int
    capacity: int


class TypeRegistry(Counting):
    """The live types of one engine."""

    keys: CanonicalKey = CanonicalKey()
    """How a group becomes the key that it is found by."""
    validity_class: type[Validity] = Validity
    """The rules that a group built by hand must obey (G4); a module's are its own."""
    matching_class: type[Matching] = Matching
    """The rules of matching (G5)."""

    def __init__(self, engine: Engine) -> None:
        """Make the empty registry of an engine; engines do so (S1)."""
        super().__init__(engine)
        self.created: int = 0
        self.hits: int = 0
        self.misses: int = 0

    # Judging.

    def canonical(self, use: TypeUse) -> None:
        """Refuse a reference that means nothing in this engine (S5, F2)."""
        if isinstance(use, ModuleTypeIndex):
            raise NotCanonicalError(f"type {use.n} of a module means nothing in an engine")
        if isinstance(use, SharedTypeIndex):
            self.live(use)

    def closed(self) -> Substitution:
        """The substitution of engine indices by defined types, for the structural model."""

        def defined(use: TypeUse) -> TypeUse:
            if isinstance(use, SharedTypeIndex):
                return self.defined(use)
            return use

        return Substitution(defined)

    def defined(self, index: SharedTypeIndex) -> DefType:
        """The defined type of a live index."""
        return self.live(index).types[self.position(index)]

    def validity(self) -> Validity:
        """The rules that a group must obey, with this engine's bounds and features."""
        return self.validity_class(self.engine.limits, self.engine.features, self.matching())

    def matching(self) -> Matching:
        """The rules of matching, without memory of earlier questions."""
        return self.matching_class()

    def judge(self, group: RecGroup) -> None:
        """Refuse a group built by hand that is not canonical, or not valid (S5, G4)."""
        for use in uses_of_group(group):
            self.canonical(use)
        validity = self.validity()
        for closed in closed_groups(group):
            self.held(validity, closed)
        validity.in_range(group, 0)
        self.held(validity, self.closed().group(group))

    def held(self, validity: Validity, group: RecGroup) -> None:
        """Hold one closed group to the engine's limits and features, by itself (G4, K12)."""
        validity.section_limits([len(group.members)])
        validity.group(group)

    # Registering.

    def key(self, group: RecGroup) -> Key:
        """What a canonical group is found by."""
        return self.keys.group(group)

    def find(self, key: Key) -> Entry | None:
        """The live group of a key."""
        return self.set.get(key)

    def enter(self, group: RecGroup) -> Entry:
        """Judge a group built by hand, and take a registration of it for each member (K3).

        What it refers to by `DefType` is registered first, dependencies first, and let go when
        the group's own edges keep it (K12).
        """
        self.judge(group)
        entries: dict[int, Entry] = {}

        def registered(use: TypeUse) -> TypeUse:
            if isinstance(use, DefType):
                return self.index(entries[id(use.group)], use.position)
            return use

        rewriting = Substitution(registered)
        first: dict[int, Entry] = {}
        try:
            for closed in closed_groups(group):
                canonical = rewriting.group(closed)
                entry = self.find(self.key(canonical))
                if entry is None or id(entry) not in first:
                    entry = self.register(canonical, "referred to as a closed type")
                    first[id(entry)] = entry
                entries[id(closed)] = entry
            entry = self.register(rewriting.group(group), "group registered")
            for _ in group.members[1:]:
                self.incref(entry, "handle of a member")
        except BaseException:
            for each in reversed(first.values()):
                self.undo(each)
            raise
        for each in first.values():
            self.release(each, "closed type registered")
        return entry

    def register(self, group: RecGroup, reason: str) -> Entry:
        """One registration of a canonical group that is valid and not empty (S2, K2, K3)."""
        key = self.key(group)
        entry = self.find(key)
        if entry is None:
            return self.create(group, key)
        self.hits += 1
        entry.registrations += 1
        self.note("hit", entry, reason)
        return entry

    def create(self, group: RecGroup, key: Key) -> Entry:
        """A new group: edges, slots, entry with count 1, set (K5)."""
        self.room(group)
        self.misses += 1
        for target in self.edges(group):
            self.incref(target, "referred to by a new group")
        closed = self.closed().group(group)
        slots = tuple(self.take_slot() for _ in group.members)
        entry = Entry(group, key, closed, self.created, slots)
        self.created += 1
        for position, slot in enumerate(slots):
            self.slab[slot] = entry, position
        self.set[key] = entry
        self.note("create", entry, "new group")
        return entry

    def room(self, group: RecGroup) -> None:
        """Refuse a group that the quotas have no room for; a hit needs none (G9)."""
        self.engine.limits.check("live_types", len(self.slab) + len(group.members))
        self.engine.limits.check("live_groups", len(self.set) + 1)

    def stats(self) -> Stats:
        """What is alive, in numbers (G9, K10)."""
        entries = list(self.set.values())
        registrations = sum(entry.registrations for entry in entries)
        edges = sum(1 for entry in entries for _ in self.edges(entry.group))
        return Stats(
            types=len(self.slab),
            groups=len(entries),
            registrations=registrations,
            edges=edges,
            external=registrations - edges,
            hits=self.hits,
            misses=self.misses,
            capacity=self.capacity,
        )
