"""Faults where parts of a registry meet: its table and removals, counts and copies, two modules."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from typereg import reference
from typereg.reference.lifetime import CanonicalKey, Entry, Key, RegisteredType, TypeRegistry
from typereg.reference.structure import Matching, Validity, uses_of_group, uses_of_sub
from typereg.reference.types import (
    DefType,
    FieldType,
    FuncType,
    MemoryType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    SharedTypeIndex,
    StructType,
    SubType,
)
from typereg.testing.protocol import Asked
from typereg.testing.registries import ReferenceRegistry
from typereg.testing.spec import Module

from .entering import fault


@fault("chain-cut")
class ChainCut(TypeRegistry):
    """Types with one hash are in a chain, which ends where one was taken out of it."""

    def __init__(self, engine: reference.Engine) -> None:
        super().__init__(engine)
        self.lost: set[int] = set()

    def find(self, key: Key) -> Entry | None:
        found = super().find(key)
        return None if found is not None and id(found) in self.lost else found

    def forget(self, entry: Entry) -> None:
        def shape(each: Entry) -> list[int]:
            return [len(list(uses_of_sub(member))) for member in each.group.members]

        entries = list(self.set.values())
        if entry in entries:
            behind = entries[entries.index(entry) + 1 :]
            self.lost |= {id(each) for each in behind if shape(each) == shape(entry)}
        if self.set.get(entry.key) is entry:
            del self.set[entry.key]


class _Sharing(RegisteredType):
    """A handle that knows of how many copies it is the copy."""

    copies = 0

    def __copy__(self) -> RegisteredType:
        copied = super().__copy__()
        assert isinstance(copied, _Sharing)
        copied.copies = self.copies + 1
        if copied.copies > 2:
            copied._entry.registrations -= 1
        return copied


@fault("copied-copy")
class CopiedCopy(ReferenceRegistry):
    """A copy of a copy of a copy is not counted."""

    def take(self, loaded: reference.TypeCollection, index: int) -> RegisteredType:
        taken = super().take(loaded, index)
        taken.__class__ = _Sharing
        return taken


@fault("kept-by-edge")
class KeptByEdge(TypeRegistry):
    """Before a removal only handles and modules are asked whether the type came back."""

    def resurrected(self, entry: Entry) -> bool:
        if not entry.registrations:
            return False
        others = {id(each): each for each, _ in self.slab.values() if not each.removed}
        edges = [target for each in others.values() for target in self.edges(each.group)]
        return entry.registrations > edges.count(entry)


@fault("mutability-turns")
class MutabilityTurns(CanonicalKey):
    """Which fields can be written is a mask of eight bits, and the ninth is the first again."""

    def struct(self, struct: StructType) -> Key:
        mask = {place % 8 for place, field in enumerate(struct.fields) if field.mutable}
        plain = StructType(FieldType(field.storage) for field in struct.fields)
        return (tuple(sorted(mask)), *super().struct(plain))


class _Unlimited(Validity):
    def counts(self, composite: object) -> None:
        pass

    def finality(self, defined: DefType, start: int) -> None:
        pass


@fault("unchecked-by-hand")
class UncheckedByHand(TypeRegistry):
    """Of a group built by hand, nobody asks whether supertypes are open and lists short."""

    validity_class = _Unlimited


@fault("four-members-counted")
class FourMembersCounted(TypeRegistry):
    """What the first four members of a group refer to is counted."""

    def edges(self, group: RecGroup) -> Iterator[Entry]:
        return super().edges(RecGroup(group.members[:4]))


@fault("whole-memory")
class WholeMemory(Matching):
    """A memory without a maximum is given for one with as many pages as there can be."""

    def memory(self, a: MemoryType, b: MemoryType) -> bool:
        if a.maximum is None and not a.address64:
            a = replace(a, maximum=65536)
        return super().memory(a, b)


@fault("stale-supertype")
class StaleSupertype(TypeRegistry):
    """A stale supertype in a group by hand is whatever has its slot."""

    def enter(self, group: RecGroup) -> Entry:
        def fresh(sub: SubType) -> SubType:
            above = sub.supertype
            if isinstance(above, SharedTypeIndex) and above.bits in self.slab:
                entry, _ = self.slab[above.bits]
                return replace(sub, supertype=replace(above, generation=entry.generation))
            return sub

        return super().enter(RecGroup(map(fresh, group.members)))


@fault("one-map")
class OneMap(ReferenceRegistry):
    """Of two types that may match, the second is looked up in the first one's module, too."""

    def matches(
        self, a: reference.TypeCollection, x: Asked, b: reference.TypeCollection, y: Asked
    ) -> bool:
        match y:
            case RefType(ModuleTypeIndex(n)) if n < len(a):
                b = a
        return super().matches(a, x, b, y)


@fault("first-of-group")
class FirstOfGroup(ReferenceRegistry):
    """Whatever type of a group a handle is taken to, it is one to the first."""

    def take(self, loaded: reference.TypeCollection, index: int) -> RegisteredType:
        taken = super().take(loaded, index)
        taken._hold(self.engine, taken._entry, 0)
        return taken


@fault("apart-by-hand")
class ApartByHand(ReferenceRegistry):
    """A group by hand that refers to others is never the same as one of a module."""

    class Registry(TypeRegistry):
        by_hand = False

        def key(self, group: RecGroup) -> Key:
            outer = any(isinstance(use, SharedTypeIndex) for use in uses_of_group(group))
            return (("hand",) if outer and self.by_hand else (), *super().key(group))

    engine_class = type("Engine", (reference.Engine,), {"registry_class": Registry})

    def register_group(
        self, group: RecGroup, outer: Sequence[SharedTypeIndex]
    ) -> Sequence[RegisteredType]:
        registry = self.engine.registry
        registry.by_hand = True  # type: ignore[attr-defined]
        try:
            return super().register_group(group, outer)
        finally:
            registry.by_hand = False  # type: ignore[attr-defined]


@fault("neighbour-forgotten")
class NeighbourForgotten(TypeRegistry):
    """Where a slot is freed, what the next one knew of its supertypes goes as well."""

    def __init__(self, engine: reference.Engine) -> None:
        super().__init__(engine)
        self.forgotten: set[int] = set()

    def free_slot(self, slot: int) -> None:
        super().free_slot(slot)
        self.forgotten.discard(slot)
        self.forgotten.add(slot + 1)

    def create(self, group: RecGroup, key: Key) -> Entry:
        entry = super().create(group, key)
        self.forgotten -= {*entry.slots}
        return entry

    def is_subtype(self, a: SharedTypeIndex, b: SharedTypeIndex) -> bool:
        return a == b or (a.bits not in self.forgotten and super().is_subtype(a, b))


class _Alike(Matching):
    """Equality that does not see groups."""

    def same(self, a: DefType, b: DefType) -> bool:
        one, other = (each.group.members[each.position] for each in (a, b))
        return super().same(a, b) or (
            one.final == other.final
            and one.supertype is other.supertype is None
            and isinstance(one.composite, FuncType)
            and self.equality.holds(one.composite, other.composite)
        )


@fault("linked-without-group")
class LinkedWithoutGroup(TypeRegistry):
    """Two function types match that read alike, whatever groups they stand in."""

    matching_class = _Alike


@fault("names-folded")
class NamesFolded(ReferenceRegistry):
    """Names of exports are compared as people read them: normalized."""

    def link(self, provider: Module, consumer: Module) -> bool:
        def folded(name: str) -> str:
            return unicodedata.normalize("NFKC", name)

        names = {folded(each.name): each.name for each in provider.exports}
        imports = (
            replace(each, name=names.get(folded(each.name), each.name)) for each in consumer.imports
        )
        return super().link(provider, replace(consumer, imports=tuple(imports)))


@fault("exports-by-kind")
class ExportsByKind(ReferenceRegistry):
    """Exports are kept by kind, and one name may stand for one of each."""

    def validate(self, module: Module) -> bool:
        exports = (replace(each, name=f"{each.kind} {each.name}") for each in module.exports)
        return super().validate(replace(module, exports=tuple(exports)))


@fault("room-by-hand")
class RoomByHand(TypeRegistry):
    """Nobody asks whether there is room for a group built by hand."""

    by_hand = False

    def enter(self, group: RecGroup) -> Entry:
        self.by_hand = True
        try:
            return super().enter(group)
        finally:
            self.by_hand = False

    def room(self, group: RecGroup) -> None:
        if not self.by_hand:
            super().room(group)


@fault("room-kept")
class RoomKept(ReferenceRegistry):
    """What a handle was the last to keep has its room for good."""

    class Registry(TypeRegistry):
        kept = 0

        def room(self, group: RecGroup) -> None:
            super().room(group)
            many = len(self.slab) + self.kept + len(group.members)
            self.engine.limits.check("live_types", many)

    engine_class = type("Engine", (reference.Engine,), {"registry_class": Registry})

    def drop(self, handle: RegisteredType) -> None:
        lived = self.live()
        super().drop(handle)
        self.engine.registry.kept += lived - self.live()  # type: ignore[attr-defined]
