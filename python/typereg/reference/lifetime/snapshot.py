"""The live types of a registry as one module (G8)."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

from typereg.reference.digest import Digests
from typereg.reference.structure import Substitution
from typereg.reference.types import ModuleTypeIndex, RecGroup, SharedTypeIndex, TypeUse

from .entry import Entry
from .registry import TypeRegistry


def snapshot(registry: TypeRegistry) -> list[RecGroup]:
    """The groups of a module that declares each live group once, behind all that it refers to.

    Of the groups that could be next it is always the one with the smallest digest.
    """
    digests = Digests()
    entries = list(registry.set.values())
    waiting = {id(entry): set(map(id, registry.edges(entry.group))) for entry in entries}
    referrers: dict[int, list[Entry]] = {id(entry): [] for entry in entries}
    for entry in entries:
        for target in waiting[id(entry)]:
            referrers[target].append(entry)
    ready: list[tuple[bytes, int, Entry]] = []

    def offer(candidates: Iterable[Entry]) -> None:
        for entry in candidates:
            if not waiting[id(entry)]:
                heappush(ready, (digests.group(entry.closed), entry.generation, entry))

    starts: dict[int, int] = {}
    section: list[RecGroup] = []

    def declared(use: TypeUse) -> TypeUse:
        if isinstance(use, SharedTypeIndex):
            entry = registry.live(use)
            return ModuleTypeIndex(starts[id(entry)] + registry.position(use))
        return use

    rewriting = Substitution(declared)
    offer(entries)
    count = 0
    while ready:
        _, _, entry = heappop(ready)
        starts[id(entry)] = count
        section.append(rewriting.group(entry.group))
        count += len(entry.slots)
        for referrer in referrers[id(entry)]:
            waiting[id(referrer)].discard(id(entry))
        offer(referrers[id(entry)])
    return section
