"""The registry's lifetimes once more, in plain Python: sections S and K, and nothing else.

Types are compared as data, counts are numbers, and every step appends its event. No hashing of
its own, no locks, no laziness: what this says is meant to be seen to be right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from support.events import Step
from support.specs import Earlier, Member, Own, Ref, Spec, TypeId, outside


@dataclass
class Group:
    """A live group. `key` is its members, with outer references as `TypeId`."""

    key: Spec
    generation: int
    slots: tuple[int, ...] = ()
    count: int = 1

    def types(self) -> list[TypeId]:
        """Its types by position."""
        return [TypeId(self.generation, position) for position in range(len(self.key))]


class Model:
    """A registry in one thread."""

    def __init__(self) -> None:
        self.groups: dict[int, Group] = {}  # by generation
        self.free: list[int] = []  # freed last is last
        self.capacity = self.created = self.hits = self.misses = 0
        self.events: list[Step] = []

    # Registering.

    def register(self, key: Spec, handles: int = 1) -> Group:
        """One call of K3, or one occurrence of K2, of a group that is not empty."""
        assert key
        group = next((each for each in self.groups.values() if each.key == key), None)
        if group is None:
            group = self._create(key)
        else:
            self.hits += 1
            group.count += 1
            self._tell("hit", group)
        for _ in range(handles - 1):
            self.incref(group)
        return group

    def _create(self, key: Spec) -> Group:
        self.misses += 1
        for target in self._edges(key):
            self.incref(target)
        group = Group(key, self.created)
        self.created += 1
        group.slots = tuple(self._take_slot() for _ in key)
        self.groups[group.generation] = group
        self._tell("create", group)
        return group

    def register_module(self, specs: list[Spec]) -> tuple[list[TypeId], list[Group]]:
        """The module's types by index, and the occurrences that count."""
        types: list[TypeId] = []
        occurrences = []
        for spec in specs:
            if spec:
                key = tuple(
                    member.moved(lambda ref: types[ref.index] if isinstance(ref, Earlier) else ref)
                    for member in spec
                )
                group = self.register(key)
                occurrences.append(group)
                types.extend(group.types())
        return types, occurrences

    def _take_slot(self) -> int:
        if self.free:
            return self.free.pop()
        self.capacity += 1
        return self.capacity - 1

    # Counting.

    def incref(self, group: Group) -> None:
        """One registration more."""
        group.count += 1
        self._tell("incref", group)

    def release(self, group: Group) -> None:
        """One registration less; the last one removes."""
        if self._decref(group):
            self._remove(group)

    def _decref(self, group: Group) -> bool:
        group.count -= 1
        self._tell("decref", group)
        return group.count == 0

    def _remove(self, group: Group) -> None:
        stack = [group]
        while stack:
            group = stack.pop()
            for target in self._edges(group.key):
                if self._decref(target):
                    stack.append(target)
            self._tell("remove", group)
            del self.groups[group.generation]
            self.free += group.slots

    def _edges(self, key: Spec) -> Iterator[Group]:
        for member in key:
            for reference in member.references():
                if isinstance(reference, TypeId):
                    yield self.groups[reference.generation]

    def _tell(self, operation: str, group: Group) -> None:
        self.events.append((operation, group.slots, group.count))

    def take(self) -> list[Step]:
        """The events since the last time."""
        events, self.events = self.events, []
        return events

    # Looking.

    def group(self, type_id: TypeId) -> Group | None:
        """The live group of a type."""
        return self.groups.get(type_id.generation)

    def live(self) -> dict[TypeId, int]:
        """The live types and their slots."""
        return {
            type_id: group.slots[type_id.position]
            for group in self.groups.values()
            for type_id in group.types()
        }

    def member(self, type_id: TypeId) -> Member:
        """A live type, its own group's members as outer types."""
        generation = type_id.generation
        member = self.groups[generation].key[type_id.position]
        return outside(member, lambda position: TypeId(generation, position))

    def supertypes(self, type_id: TypeId) -> list[TypeId]:
        """The declared chain, nearest first."""
        chain: list[TypeId] = []
        above = self.member(type_id).supertype
        while above is not None:
            assert isinstance(above, TypeId)
            chain.append(above)
            above = self.member(above).supertype
        return chain

    def referrers(self, target: TypeId) -> set[TypeId]:
        """The live types that refer to a type."""
        return {each for each in self.live() if target in self.member(each).references()}

    def edges(self) -> int:
        """References from live groups to other groups."""
        return sum(1 for group in self.groups.values() for _ in self._edges(group.key))

    def registrations(self) -> int:
        """The sum of the counts."""
        return sum(group.count for group in self.groups.values())


def has_own(member: Member) -> bool:
    """Whether a type refers to its own group: such a one cannot be registered alone."""
    return any(isinstance(reference, Own) for reference in member.references())


def known(model: Model) -> list[tuple[Ref, Member]]:
    """The live types, as outer types of a group to be drawn."""
    return [(type_id, model.member(type_id)) for type_id in model.live()]
