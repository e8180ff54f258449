"""Faults that registries have had, in the order of the project's list."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from typereg import reference
from typereg.reference.errors import ValidationError
from typereg.reference.lifetime import CanonicalKey, Entry, Key, TypeRegistry
from typereg.reference.structure import (
    Matching,
    Validity,
    declared_supertype,
    expand,
    uses_of_group,
)
from typereg.reference.types import (
    EXN,
    AbsHeapType,
    ArrayType,
    DefType,
    FieldType,
    FuncType,
    HeapType,
    RecGroup,
    RecIndex,
    RefType,
    SharedTypeIndex,
    TagType,
)
from typereg.testing.registries import ReferenceRegistry
from typereg.testing.spec import PLAIN, Module

from .entering import fault

# Identity: one attribute left out of equality.


@fault("nullability")
class Nullability(CanonicalKey):
    """Two groups that differ only in a reference's nullability are one type."""

    def nullability(self, ref: RefType) -> object:
        return True


@fault("heap-kind")
class HeapKind(CanonicalKey):
    """The abstract heap type is not compared."""

    def abstract(self, heap: AbsHeapType) -> object:
        return "abstract"


@fault("mutability")
class Mutability(CanonicalKey):
    """Field mutability is not compared."""

    def mutability(self, field: FieldType) -> object:
        return False


@fault("param-result-boundary")
class Boundary(CanonicalKey):
    """Nothing stands between parameters and results."""

    def func(self, func: FuncType) -> Key:
        return tuple(map(self.value, func.params + func.results))


@fault("self-or-twin")
class SelfOrTwin(ReferenceRegistry):
    """A reference to oneself is one to an equal type outside, if the hashes are the same."""

    class Registry(TypeRegistry):
        mask = 0xFFFF_FFFF

        def find(self, key: Key) -> Entry | None:
            found = super().find(key)
            alike = (each for each in self.set.values() if self.hash(each.key) == self.hash(key))
            return found or next((each for each in alike if self.same(key, each)), None)

        def hash(self, key: Key) -> int:
            return zlib.crc32(repr(key).encode()) & self.mask

        def same(self, key: Key, entry: Entry) -> bool:
            own = {("outer", slot): ("own", n) for n, slot in enumerate(entry.slots)}

            def fold(part: Any) -> Any:
                return own.get(part, tuple(map(fold, part))) if isinstance(part, tuple) else part

            return bool(fold(key) == entry.key)

    engine_class = type("Engine", (reference.Engine,), {"registry_class": Registry})

    def with_weak_hash(self, bits: int) -> ReferenceRegistry:
        weak = SelfOrTwin()
        weak.engine.registry.mask = (1 << bits) - 1  # type: ignore[attr-defined]
        return weak


@fault("group-not-member")
class GroupNotMember(ReferenceRegistry):
    """Types are compared by group, so that all members of a group are equal."""

    def identity(self, loaded: reference.TypeCollection, index: int) -> SharedTypeIndex:
        registry = self.engine.registry
        return registry.index(registry.live(super().identity(loaded, index)), 0)


@fault("empty-rec")
class EmptyRec(ReferenceRegistry):
    """There may be more groups than types, and a table has too few places for them."""

    def register(self, module: Module) -> reference.TypeCollection:
        table = [None] * len(module.types)
        for number in range(len(module.groups)):
            table[number] = None
        return super().register(module)


@fault("group-shape")
class GroupShape(ReferenceRegistry):
    """A type is told by what it says itself; in which group it stands does not count."""

    def identity(self, loaded: reference.TypeCollection, index: int) -> SharedTypeIndex:
        registry = self.engine.registry
        own = super().identity(loaded, index)
        entry, position = registry.live(own), registry.position(own)
        for slot, (other, at) in sorted(registry.slab.items()):
            if other.key[at] == entry.key[position]:
                return SharedTypeIndex(self.engine, slot, other.generation)
        return own


@fault("rec-local-leak")
class RecLocalLeak(CanonicalKey):
    """A member's position in its group stands where an index of the registry belongs."""

    def own(self, use: RecIndex) -> object:
        return "outer", use.n


@fault("index-truncation")
class IndexTruncation(ReferenceRegistry):
    """There are more types than the index has bits for."""

    bits = 32

    def with_index_bits(self, bits: int) -> ReferenceRegistry:
        narrow = IndexTruncation()
        narrow.bits = bits
        return narrow

    def identity(self, loaded: reference.TypeCollection, index: int) -> SharedTypeIndex:
        whole = super().identity(loaded, index)
        cut = whole.bits & ((1 << self.bits) - 1)
        entry, _ = self.engine.registry.slab.get(cut, (None, 0))
        return whole if entry is None else replace(whole, bits=cut, generation=entry.generation)


@fault("supertype-cycle")
class SupertypeCycle(Validity):
    """Supertypes are followed before it is known that they come earlier."""

    STACK = 10_000

    def order(self, defined: DefType, start: int) -> None:
        pass

    def depth(self, defined: DefType, start: int) -> None:
        for _ in range(self.STACK):
            above = declared_supertype(defined)
            if above is None:
                return
            defined = above
        # Python's own words for it are others in each version.
        raise RecursionError("the stack is used up")


@fault("multiple-supertypes")
class MultipleSupertypes(ReferenceRegistry):
    """More than one supertype is accepted."""

    def read(self, module: Module) -> reference.Module:
        return super().read(replace(module, groups=tuple(map(PLAIN.group, module.groups))))


@fault("unrolled-once")
class UnrolledOnce(ReferenceRegistry):
    """What is given back is unrolled: it refers to the registered type instead of itself."""

    def again(self, handle: reference.RegisteredType) -> reference.RegisteredType:
        return reference.RegisteredType(self.engine, handle.type)


@fault("forward-supertype")
class ForwardSupertype(Validity):
    """A supertype declared after its subtype is accepted."""

    def order(self, defined: DefType, start: int) -> None:
        supertype = defined.group.members[defined.position].supertype
        if isinstance(supertype, RecIndex) and supertype.n == defined.position:
            raise ValidationError("its own supertype")


# Lifetime.


@fault("double-unregister")
class DoubleUnregister(TypeRegistry):
    """Two drops that both saw zero remove an entry twice."""

    def remove(self, entry: Entry, *, undoing: bool = False) -> None:
        entry.removed = False
        super().remove(entry, undoing=undoing)

    def forget(self, entry: Entry) -> None:
        self.set.pop(entry.key, None)

    def free_slot(self, slot: int) -> None:
        self.slab.pop(slot, None)
        self.free.append(slot)


@fault("slot-reuse")
class SlotReuse(TypeRegistry):
    """Removal is by slot, and the slot is another type's by then."""

    def remove(self, entry: Entry, *, undoing: bool = False) -> None:
        now, _ = self.slab.get(entry.slots[0], (entry, 0))
        if now is not entry:
            now.registrations = 0
        super().remove(now, undoing=undoing)


@fault("contiguous-indices")
class ContiguousIndices(TypeRegistry):
    """The indices of a group are the first one and those after it."""

    def index(self, entry: Entry, position: int) -> SharedTypeIndex:
        return SharedTypeIndex(self.engine, entry.slots[0] + position, entry.generation)


@fault("half-registered")
class HalfRegistered(TypeRegistry):
    """A failure in the middle of a module leaves what came before it registered."""

    def undo(self, entry: Entry) -> None:
        pass


@fault("stale-cache")
class StaleCache(TypeRegistry):
    """Answers about subtyping are kept by slot, and the slot sees another type."""

    def __init__(self, engine: reference.Engine) -> None:
        super().__init__(engine)
        self.cache: dict[tuple[int, int], bool] = {}

    def is_subtype(self, a: SharedTypeIndex, b: SharedTypeIndex) -> bool:
        slots = a.bits, b.bits
        if slots not in self.cache:
            self.cache[slots] = super().is_subtype(a, b)
        return self.cache[slots]


@fault("tracer-catch-all")
class TracerCatchAll(TypeRegistry):
    """References in one kind of type are not counted: those of arrays, here."""

    def edges(self, group: RecGroup) -> Iterator[Entry]:
        for member in group.members:
            if not isinstance(member.composite, ArrayType):
                yield from super().edges(RecGroup([member]))


@fault("trampoline-self-edge")
class SelfEdge(TypeRegistry):
    """An entry counts its references to itself, and so never dies."""

    def create(self, group: RecGroup, key: Key) -> Entry:
        entry = super().create(group, key)
        entry.registrations += sum(isinstance(use, RecIndex) for use in uses_of_group(group))
        return entry


@fault("purge-not-fixpoint")
class PurgeNotFixpoint(TypeRegistry):
    """What a removal frees is not removed in turn."""

    def unregister(self, entry: Entry, *, undoing: bool = False) -> None:
        super().unregister(entry, undoing=undoing)
        self.drop_stack.clear()


@fault("never-freed")
class NeverFreed(TypeRegistry):
    """Types without users stay."""

    def remove(self, entry: Entry, *, undoing: bool = False) -> None:
        pass


# Matching.


@fault("field-variance")
class FieldVariance(Matching):
    """Mutability and variance of fields are ignored."""

    def field(self, a: FieldType, b: FieldType) -> bool:
        return self.const_field(a, b)


@fault("structural-not-declared")
class StructuralNotDeclared(Matching):
    """Types match where their structures do, declared or not."""

    def def_type(self, a: DefType, b: DefType) -> bool:
        return super().def_type(a, b) or Matching().composite(expand(a), expand(b))


@fault("indirect-equality")
class IndirectEquality(Matching):
    """Equality where subtyping is right."""

    def def_type(self, a: DefType, b: DefType) -> bool:
        return self.same(a, b)


@fault("tag-variance")
class TagVariance(Matching):
    """Imported tags match where they must be equal."""

    def tag(self, a: TagType, b: TagType) -> bool:
        return self.extern(a.func, b.func)


@fault("bottom-fallthrough")
class BottomFallthrough(Matching):
    """``noexn`` falls through."""

    def bottom(self, top: AbsHeapType, b: HeapType) -> bool:
        return top != EXN and super().bottom(top, b)


@fault("foreign-supertype")
class ForeignSupertype(ReferenceRegistry):
    """Of which registry a supertype is, nobody asks."""

    def register_group(
        self, group: RecGroup, outer: Sequence[SharedTypeIndex]
    ) -> Sequence[reference.RegisteredType]:
        return super().register_group(group, [replace(each, engine=self.engine) for each in outer])
