"""Somebody else's registry under the testing kit: a small one written here from the contract, which
must pass, and faults of its own that no list has, each of which must be found (D3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

import typereg as tr
from typereg.testing import checks, machine
from typereg.testing.protocol import Refused, capabilities


class Name(NamedTuple):
    """What stands for a type."""

    slot: int
    generation: int


@dataclass(eq=False)
class Group:
    """A live group: how it is written, what it refers to, who uses it."""

    key: Any
    edges: list[Group]
    names: list[Name]
    supers: list[Name | None]
    count: int = 1


@dataclass(eq=False)
class Loaded:
    """A registered module."""

    occurrences: list[Group] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)


@dataclass(eq=False)
class Handle:
    """Keeps one type registered."""

    name: Name


class Toy:
    """A registry of groups by key. The methods that faults change are short ones."""

    def __init__(self) -> None:
        self.set: dict[Any, Group] = {}
        self.slots: list[tuple[Group, Name] | None] = []
        self.free: list[int] = []
        self.created = 0

    # What is registered.

    def register(self, module: Any, /) -> Loaded:
        """Takes a module's groups in order, each once for each time it is declared."""
        try:
            groups = tr.Module(module.wasm).rec_groups
        except tr.TypeRegError as error:
            raise Refused from error
        loaded = Loaded()
        for group in groups:
            if group.members:
                entry = self.take_group(group, loaded)
                loaded.occurrences.append(entry)
                loaded.names += entry.names
        return loaded

    def take_group(self, group: tr.RecGroup, loaded: Loaded) -> Group:
        edges: list[Group] = []

        def named(use: object) -> object:
            if isinstance(use, tr.ModuleTypeIndex):
                name = loaded.names[use.n]
                edges.append(self.at(name))
                return name
            return use

        members = [self.member(member, named) for member in group.members]
        key = self.key(members)
        if key in self.set:
            self.hit(self.set[key], loaded)
            return self.set[key]
        for target in edges:
            target.count += 1
        self.created += 1
        names = [Name(self.fresh(), self.created) for _ in members]
        supers = []
        for _, _, use, _ in members:
            supers.append(names[use.n] if isinstance(use, tr.RecIndex) else use)
        entry = Group(key, edges, names, supers)
        for name in names:
            self.slots[name.slot] = (entry, name)
        self.set[key] = entry
        return entry

    def member(self, member: tr.SubType, named: Callable[[object], object]) -> Any:
        """A member as a tuple: what it is, whether it is final, its supertype, its parts."""
        supertype = named(member.supertype)

        def part(storage: object) -> object:
            if isinstance(storage, tr.RefType):
                return ("ref", named(storage.heap), storage.nullable)
            return storage

        parts: Any
        match member.composite:
            case tr.FuncType(params, results):
                parts = (tuple(map(part, params)), tuple(map(part, results)))
            case tr.StructType(fields):
                parts = tuple((part(each.storage), each.mutable) for each in fields)
            case tr.ArrayType(each):
                parts = (part(each.storage), each.mutable)
            case other:
                raise Refused(other)
        return (type(member.composite), member.final, supertype, parts)

    def key(self, members: list[Any]) -> Any:
        return tuple(members)

    def hit(self, entry: Group, _loaded: Loaded) -> None:
        entry.count += 1

    def fresh(self) -> int:
        if self.free:
            return self.free.pop()
        self.slots.append(None)
        return len(self.slots) - 1

    def at(self, name: Name) -> Group:
        found = self.slots[name.slot]
        assert found is not None
        return found[0]

    # Who uses it.

    def release(self, entry: Group) -> None:
        """Takes one away, and removes what then has no user."""
        entry.count -= 1
        stack = [entry] if entry.count == 0 else []
        while stack:
            gone = stack.pop()
            for target in gone.edges:
                target.count -= 1
                if target.count == 0:
                    stack.append(target)
            del self.set[gone.key]
            for slot in self.freed([name.slot for name in gone.names]):
                self.slots[slot] = None
                self.free.append(slot)

    def freed(self, slots: list[int]) -> list[int]:
        return slots

    def close(self, loaded: Loaded, /) -> None:
        for entry in loaded.occurrences:
            self.release(entry)

    def live(self) -> int:
        return sum(len(entry.names) for entry in self.set.values())

    def count(self, loaded: Loaded, index: int, /) -> int:
        return self.at(loaded.names[index]).count

    def take(self, loaded: Loaded, index: int, /) -> Handle:
        return self.hold(loaded.names[index])

    def hold(self, name: Name) -> Handle:
        self.at(name).count += 1
        return Handle(name)

    def root(self, identity: Name, /) -> Handle | None:
        found = self.slots[identity.slot]
        return self.hold(identity) if found is not None and found[1] == identity else None

    def copy(self, handle: Handle, /) -> Handle:
        return self.hold(handle.name)

    def drop(self, handle: Handle, /) -> None:
        self.release(self.at(handle.name))

    # What it is.

    def identity(self, loaded: Loaded, index: int, /) -> Name:
        return loaded.names[index]

    def identify(self, handle: Handle, /) -> Name:
        return handle.name

    def slot(self, identity: Name, /) -> int:
        return identity.slot

    def is_subtype(self, a: Loaded, i: int, b: Loaded, j: int, /) -> bool:
        above: Name | None = a.names[i]
        for _ in range(self.levels()):
            if above is None or above == b.names[j]:
                break
            entry = self.at(above)
            above = entry.supers[entry.names.index(above)]
        return above == b.names[j]

    def levels(self) -> int:
        return 64


class ReferencesInAnyOrder(Toy):
    """Of two parameters that are both references, the order does not count."""

    def key(self, members: list[Any]) -> Any:
        found = []
        for kind, final, supertype, parts in members:
            if kind is tr.FuncType:
                params, results = parts
                if len(params) == 2 and all(isinstance(each, tuple) for each in params):
                    parts = (tuple(sorted(params, key=repr)), results)
            found.append((kind, final, supertype, parts))
        return tuple(found)


class ThirdDeclarationIsFree(Toy):
    """The third time that a module declares a group is not counted, and not given back."""

    def hit(self, entry: Group, loaded: Loaded) -> None:
        if loaded.occurrences.count(entry) != 2:
            entry.count += 1

    def close(self, loaded: Loaded, /) -> None:
        seen: Counter[int] = Counter()
        for entry in loaded.occurrences:
            seen[id(entry)] += 1
            if seen[id(entry)] != 3:
                self.release(entry)


class FreedFromTheEnd(Toy):
    """The slots of a group are freed last position first."""

    def freed(self, slots: list[int]) -> list[int]:
        return slots[::-1]


class RootsByTheSlot(Toy):
    """A stale identity is rooted if its slot is taken again."""

    def root(self, identity: Name, /) -> Handle | None:
        found = self.slots[identity.slot]
        return self.hold(found[1]) if found is not None else None


class EightLevels(Toy):
    """Whoever is more than eight levels above is not seen."""

    def levels(self) -> int:
        return 8


class RootsForNothing(Toy):
    """A rooted handle has no registration of its own if its type has other users: two and more."""

    def root(self, identity: Name, /) -> Handle | None:
        handle = super().root(identity)
        if handle is not None and self.at(identity).count > 3:
            self.at(identity).count -= 1
        return handle

    def release(self, entry: Group) -> None:
        if entry in self.set.values():
            super().release(entry)

    def drop(self, handle: Handle, /) -> None:
        found = self.slots[handle.name.slot]
        if found is not None and found[1] == handle.name:
            super().drop(handle)


class ArraysAreFinal(Toy):
    """Whether an array is final does not count where its elements are packed."""

    def key(self, members: list[Any]) -> Any:
        return tuple(
            (kind, True, supertype, parts)
            if kind is tr.ArrayType and isinstance(parts[0], tr.PackedType)
            else (kind, final, supertype, parts)
            for kind, final, supertype, parts in members
        )


FAULTS = [
    ReferencesInAnyOrder,
    ThirdDeclarationIsFree,
    FreedFromTheEnd,
    RootsByTheSlot,
    EightLevels,
    RootsForNothing,
    ArraysAreFinal,
]


def test_d03_a_registry_of_one_s_own_passes() -> None:
    checks.check_registry(Toy, examples=300, seed=11)


def test_d03_what_a_registry_can_do_is_found_out_from_it() -> None:
    assert isinstance(Toy(), machine.Registry)
    assert capabilities(Toy()) == {"handles", "lifetime", "slots", "subtype"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_d05_faults_that_no_list_has_are_found(fault: type[Toy]) -> None:
    with pytest.raises(AssertionError) as caught:
        checks.check_registry(fault, examples=600, seed=2)
    assert "the reference" in str(caught.value)
