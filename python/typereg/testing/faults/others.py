"""Faults that nobody is known to have had, of kinds that the historic ones are not: in types."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

from typereg import reference
from typereg.reference.errors import LimitError
from typereg.reference.lifetime import CanonicalKey, Entry, Key, TypeRegistry
from typereg.reference.structure import (
    Matching,
    Validity,
    declared_supertype,
    expand,
)
from typereg.reference.types import (
    I8,
    ArrayType,
    ContType,
    DefType,
    FieldType,
    FuncType,
    PackedType,
    RecGroup,
    RecIndex,
    SharedTypeIndex,
    StructType,
    SubType,
)
from typereg.testing.registries import ReferenceRegistry

from .entering import fault


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
