"""Faults of registries, each a few lines over the reference (clause D5).

`ALL` has, for each fault in the project's list that others had and that can be acted out so, the
factory of a registry with that fault; and behind those, from `param-order` on, faults that nobody
is known to have had, of kinds that the others are not. `checks.check_registry` must find every one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from typereg import reference
from typereg.reference.errors import LimitError, ValidationError
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
    I8,
    AbsHeapType,
    ArrayType,
    ContType,
    DefType,
    FieldType,
    FuncType,
    HeapType,
    PackedType,
    RecGroup,
    RecIndex,
    RefType,
    SharedTypeIndex,
    StructType,
    SubType,
    TagType,
)

from .registries import ReferenceRegistry
from .spec import PLAIN, Module

ALL: Final[dict[str, Callable[[], ReferenceRegistry]]] = {}
"""The faulty registries, by the name of their row."""


_SUMMARIES: Final[dict[str, str]] = {}


def summary(name: str) -> str:
    """Say in a sentence what is wrong with a faulty registry."""
    return _SUMMARIES[name]


def fault(name: str) -> Callable[[type[Any]], type[Any]]:
    """Enter a class into `ALL`: a registry, or a part of one that is replaced."""

    def enter(part: type[Any]) -> type[Any]:
        registry: type[ReferenceRegistry]
        if issubclass(part, ReferenceRegistry):
            registry = part
        elif issubclass(part, TypeRegistry):
            registry = _over(part)
        elif issubclass(part, CanonicalKey):
            registry = _over(type("Registry", (TypeRegistry,), {"keys": part()}))
        elif issubclass(part, Matching):
            registry = _over(type("Registry", (_Rules,), {"matching_class": part}))
        else:
            assert issubclass(part, Validity)
            module = type("Module", (reference.Module,), {"validity_class": part})
            registry = type("Registry", (ReferenceRegistry,), {"module_class": module})
        ALL[name] = registry
        _SUMMARIES[name] = (part.__doc__ or "").strip().splitlines()[0]
        return part

    return enter


def _over(part: type[TypeRegistry]) -> type[ReferenceRegistry]:
    engine = type("Engine", (reference.Engine,), {"registry_class": part})
    return type("Registry", (ReferenceRegistry,), {"engine_class": engine})


class _Rules(TypeRegistry):
    """A registry that asks its rules of matching for subtyping, too."""

    def is_subtype(self, a: SharedTypeIndex, b: SharedTypeIndex) -> bool:
        return self.matching().def_type(self.defined(a), self.defined(b))


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

    def order(self, defined: DefType, start: int) -> None:
        pass

    def depth(self, defined: DefType, start: int) -> None:
        above = declared_supertype(defined)
        if above is not None:
            self.depth(above, start)


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


# Kinds of faults that the list does not have.


@fault("param-order")
class ParamOrder(CanonicalKey):
    """In which order parameters stand is not compared."""

    def func(self, func: FuncType) -> Key:
        return tuple(sorted(map(repr, map(self.value, func.params)))), super().func(func)[1]


@fault("array-packing")
class ArrayPacking(CanonicalKey):
    """Arrays of ``i8`` and of ``i16`` are one type; in structs they are told apart."""

    def array(self, array: ArrayType) -> Key:
        packed = isinstance(array.field.storage, PackedType)
        return super().array(
            replace(array, field=replace(array.field, storage=I8)) if packed else array
        )


@fault("last-field")
class LastField(CanonicalKey):
    """The mutability of the last of several fields is not compared."""

    def struct(self, struct: StructType) -> Key:
        if len(struct.fields) > 1:
            struct = StructType([*struct.fields[:-1], FieldType(struct.fields[-1].storage)])
        return super().struct(struct)


@fault("mutability-word")
class MutabilityWord(CanonicalKey):
    """Which fields can be written is kept in a word of 32 bits; there are more fields."""

    def struct(self, struct: StructType) -> Key:
        behind = (FieldType(field.storage) for field in struct.fields[32:])
        return super().struct(StructType([*struct.fields[:32], *behind]))


@fault("final-array")
class FinalArray(CanonicalKey):
    """Finality is not compared of arrays of packed types."""

    def finality(self, member: SubType) -> object:
        match member.composite:
            case ArrayType(FieldType(PackedType())):
                return True
        return super().finality(member)


@fault("last-member")
class LastMember(CanonicalKey):
    """Of a group of three or more, the last member is not compared."""

    def group(self, group: RecGroup) -> Key:
        key = super().group(group)
        return (*key[:-1], "last") if len(key) > 2 else key


@fault("member-bits")
class MemberBits(CanonicalKey):
    """A reference to an own member has two bits for which."""

    def own(self, use: RecIndex) -> object:
        return "own", use.n % 4


class _DeclaredByStructure(CanonicalKey):
    """A supertype outside by its structure in this registry."""

    def __init__(self, registry: TypeRegistry) -> None:
        self.registry = registry

    def supertype(self, member: SubType) -> object:
        above = member.supertype
        if not isinstance(above, SharedTypeIndex):
            return super().supertype(member)
        group = self.registry.live(above).group
        declared = group.members[self.registry.position(above)]
        return self.composite(declared.composite)


@fault("supertype-structure")
class SupertypeStructure(TypeRegistry):
    """A supertype outside is compared by its structure, not by which type it is."""

    def key(self, group: RecGroup) -> Key:
        return _DeclaredByStructure(self).group(group)


@fault("one-sided-finality")
class OneSidedFinality(TypeRegistry):
    """An open type is found where an equal final one lives; the other way round it is not."""

    def key(self, group: RecGroup) -> Key:
        own = super().key(group)
        final = super().key(RecGroup(replace(sub, final=True) for sub in group.members))
        return final if own not in self.set and final in self.set else own


@fault("hash-alone")
class HashAlone(TypeRegistry):
    """Sixteen bits of hash and the size of the group decide, and nothing looks again."""

    def key(self, group: RecGroup) -> Key:
        return zlib.crc32(repr(super().key(group)).encode()) & 0xFFFF, len(group.members)


@fault("edge-once")
class EdgeOnce(TypeRegistry):
    """A group that refers to another twice counts once, and takes back once."""

    def edges(self, group: RecGroup) -> Iterator[Entry]:
        yield from dict.fromkeys(super().edges(group))


@fault("short-walk")
class ShortWalk(Matching):
    """Of a chain of supertypes only sixteen are looked at."""

    def def_type(self, a: DefType, b: DefType) -> bool:
        above: DefType | None = a
        for _ in range(17):
            if above is None or self.same(above, b):
                break
            above = self.supertype(above)
        return above is not None and self.same(above, b)


@fault("maximum-absent")
class MaximumAbsent(Matching):
    """Where a maximum is wanted, none at all will do."""

    def limits(
        self, a_minimum: int, a_maximum: int | None, b_minimum: int, b_maximum: int | None
    ) -> bool:
        return a_minimum >= b_minimum and (
            a_maximum is None or b_maximum is None or a_maximum <= b_maximum
        )


@fault("mutable-elements")
class MutableElements(Validity):
    """A mutable element may be narrowed below, as if it could not be written."""

    def structure(self, defined: DefType, start: int) -> None:
        above = declared_supertype(defined)
        match expand(defined), above and expand(above):
            case ArrayType(FieldType(a, True)), ArrayType(FieldType(b, True)):
                if not self.matching.storage(a, b):
                    super().structure(defined, start)
            case _:
                super().structure(defined, start)


@fault("depth-off-by-one")
class DepthOffByOne(Validity):
    """A chain of 64 supertypes is accepted."""

    def depth(self, defined: DefType, start: int) -> None:
        above = declared_supertype(defined)
        if above is None or above.group.members[above.position].supertype is not None:
            super().depth(above or defined, start)


@fault("packed-neighbours")
class PackedNeighbours(CanonicalKey):
    """Whether a packed field can be written is not compared where the next one is packed, too."""

    def struct(self, struct: StructType) -> Key:
        packed = [isinstance(field.storage, PackedType) for field in struct.fields]
        both = zip(packed, [*packed[1:], False], strict=False)
        return super().struct(
            StructType(
                FieldType(field.storage) if all(pair) else field
                for field, pair in zip(struct.fields, both, strict=True)
            )
        )


class _Targets(CanonicalKey):
    def cont(self, cont: ContType) -> Key:
        return ()


@fault("continuation-target")
class ContinuationTarget(ReferenceRegistry):
    """Of which function a continuation is, is not compared; the feature is on."""

    engine_class = type(
        "Engine",
        (reference.Engine,),
        {"registry_class": type("Registry", (TypeRegistry,), {"keys": _Targets()})},
    )

    def __init__(
        self,
        *,
        features: reference.Features | None = None,
        limits: reference.Limits | None = None,
    ) -> None:
        on = reference.Features(stack_switching=True)
        super().__init__(features=features or on, limits=limits)


@fault("foreign-root")
class ForeignRoot(ReferenceRegistry):
    """Of which registry an identity is, nobody asks where a handle is wanted for it."""

    def root(self, identity: SharedTypeIndex) -> reference.RegisteredType | None:
        return super().root(replace(identity, engine=self.engine))


@fault("generation-bits")
class GenerationBits(TypeRegistry):
    """A generation has three bits: after eight types, a stale identity is another type's."""

    def create(self, group: RecGroup, key: Key) -> Entry:
        entry = super().create(group, key)
        entry.generation %= 8
        return entry


@fault("stale-argument")
class StaleArgument(TypeRegistry):
    """A stale identity in a group by hand is taken for whatever has its slot."""

    def live(self, index: SharedTypeIndex) -> Entry:
        entry, _ = self.slab.get(index.bits, (None, 0))
        return super().live(index) if entry is None else entry


@fault("counted-before-room")
class CountedBeforeRoom(TypeRegistry):
    """A new group counts what it refers to, then finds that there is no room for it."""

    def room(self, group: RecGroup) -> None:
        try:
            super().room(group)
        except LimitError:
            for target in self.edges(group):
                self.incref(target, "referred to by a new group")
            raise


@fault("first-of-equals")
class FirstOfEquals(ReferenceRegistry):
    """What is given back is looked for in its group: the first that reads alike is taken."""

    def again(self, handle: reference.RegisteredType) -> reference.RegisteredType:
        members = handle.group.members
        handles = self.engine.register_group(handle.group)
        return self._only(handles, members.index(members[handle.position]))
