"""Who counts what, and what follows from zero: section K, and S13 to S15."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typereg.reference.structure import uses_of_group
from typereg.reference.types import RecGroup, SharedTypeIndex

from .entry import Entry
from .events import Trace
from .key import Key
from .slab import Slab

if TYPE_CHECKING:
    from .engine import Engine


class Counting(Slab):
    """Counts of live groups, the removal of those that nobody uses, and the events of both."""

    def __init__(self, engine: Engine) -> None:
        """Make an empty one for an engine."""
        super().__init__(engine)
        self.set: dict[Key, Entry] = {}
        """The hash-consing set (S2)."""
        self.drop_stack: list[Entry] = []
        """Groups that reached zero and are not removed yet (S13)."""
        self.trace: Trace = Trace()
        self.postponed: list[Callable[[], None]] = []
        """What waits for the end of the operation under way."""

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

    def note(self, operation: str, entry: Entry, reason: str) -> None:
        """One event (S15)."""
        self.trace.note(operation, entry.slots, entry.registrations, reason)

    def edges(self, group: RecGroup) -> Iterator[Entry]:
        """The other groups that a group refers to, each as often as it does, in order (K5)."""
        for use in uses_of_group(group):
            if isinstance(use, SharedTypeIndex):
                yield self.live(use)

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
