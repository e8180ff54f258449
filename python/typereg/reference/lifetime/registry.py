"""The registry: a set of groups, a slab of slots, counts. Sections S and K, word by word.

One thread, no lock, no laziness: what this does is meant to be seen to be right. Each rule is one
method, so that a registry with a fault is a subclass with a few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typereg.reference.errors import ForeignEngineError, NotCanonicalError, StaleIndexError
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
    RecIndex,
    SharedTypeIndex,
    SubType,
    TypeUse,
)

from .entry import Entry
from .events import Trace
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


class TypeRegistry:
    """The live types of one engine."""

    keys: CanonicalKey = CanonicalKey()
    """How a group becomes the key that it is found by."""
    validity_class: type[Validity] = Validity
    """The rules that a group built by hand must obey (G4); a module's are its own."""
    matching_class: type[Matching] = Matching
    """The rules of matching (G5)."""

    def __init__(self, engine: Engine) -> None:
        """Make the empty registry of an engine; engines do so (S1)."""
        self.engine = engine
        self.set: dict[Key, Entry] = {}
        """The hash-consing set (S2)."""
        self.slab: dict[int, tuple[Entry, int]] = {}
        """Of each live slot: the group and the position in it."""
        self.free: list[int] = []
        """Slots to be used again; the one freed last is last (S3)."""
        self.drop_stack: list[Entry] = []
        self.capacity: int = 0
        self.created: int = 0
        self.hits: int = 0
        self.misses: int = 0
        self.trace: Trace = Trace()
        self.postponed: list[Callable[[], None]] = []
        """What waits for the end of the operation under way."""

    # Looking.

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
        assert above is None or isinstance(above, SharedTypeIndex)
        return above

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

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One operation: one hold of typereg's lock, and the events that belong to it (S15).

        A handle that the garbage collector drops meanwhile waits for its end.
        """
        try:
            with self.trace.operation():
                yield
        finally:
            while self.postponed and not self.trace.under_way:
                self.postponed.pop(0)()

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
        first: list[Entry] = []
        try:
            for closed in closed_groups(group):
                canonical = rewriting.group(closed)
                entry = self.find(self.key(canonical))
                if entry is None or entry not in first:
                    entry = self.register(canonical, "referred to as a closed type")
                    first.append(entry)
                entries[id(closed)] = entry
            entry = self.register(rewriting.group(group), "group registered")
            for _ in group.members[1:]:
                self.incref(entry, "handle of a member")
        except BaseException:
            for each in reversed(first):
                self.undo(each)
            raise
        for each in first:
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

    def take_slot(self) -> int:
        """The slot freed last, else the next that was never used (K6)."""
        if self.free:
            return self.free.pop()
        self.capacity += 1
        return self.capacity - 1

    def edges(self, group: RecGroup) -> Iterator[Entry]:
        """The other groups that a group refers to, each as often as it does, in order (K5)."""
        for use in uses_of_group(group):
            if isinstance(use, SharedTypeIndex):
                yield self.live(use)

    # Counting.

    def incref(self, entry: Entry, reason: str) -> None:
        """One registration more."""
        entry.registrations += 1
        self.note("incref", entry, reason)

    def decref(self, entry: Entry, reason: str) -> bool:
        """One registration less; whether none is left, and the caller must remove the group."""
        entry.registrations -= 1
        self.note("decref", entry, reason)
        return entry.registrations == 0

    def release(self, entry: Entry, reason: str) -> None:
        """One registration less, and the group goes with the last."""
        if self.decref(entry, reason):
            self.remove(entry)

    def undo(self, entry: Entry) -> None:
        """Take back one registration of a call that failed, its last slot first (K9)."""
        if self.decref(entry, "registration undone"):
            self.remove(entry, undoing=True)

    def remove(self, entry: Entry, *, undoing: bool = False) -> None:
        """Remove a group whose last registration went, and all that follows from it (S13, K8)."""
        self.drop_stack.append(entry)
        while self.drop_stack:
            top = self.drop_stack.pop()
            if self.resurrected(top):
                self.note("resurrect", top, "registered again before its removal")
            elif not top.removed:
                self.unregister(top, undoing=undoing)

    def resurrected(self, entry: Entry) -> bool:
        """Whether someone registered a group between its last drop and its removal (S14)."""
        return entry.registrations != 0

    def unregister(self, entry: Entry, *, undoing: bool = False) -> None:
        """One group's removal: edges, set, slots in ascending position (K8)."""
        entry.removed = True
        for target in list(self.edges(entry.group)):
            if self.decref(target, "referring group removed"):
                self.drop_stack.append(target)
        self.note("remove", entry, "no registrations left")
        self.forget(entry)
        for slot in reversed(entry.slots) if undoing else entry.slots:
            self.free_slot(slot)

    def forget(self, entry: Entry) -> None:
        """Take a group out of the set."""
        del self.set[entry.key]

    def free_slot(self, slot: int) -> None:
        """Give a slot back, to be the first used again (S3)."""
        del self.slab[slot]
        self.free.append(slot)

    def note(self, operation: str, entry: Entry, reason: str) -> None:
        """One event (S15)."""
        self.trace.note(operation, entry.slots, entry.registrations, reason)
