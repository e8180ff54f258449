"""The catalogue's pages and the neighbours: each shows by itself what it is there for (D3)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import typereg as tr
from typereg import reference
from typereg.reference import structure
from typereg.reference.lifetime import CanonicalKey, Entry, Key, TypeRegistry
from typereg.reference.types import (
    EXTERN,
    FUNC,
    I64,
    V128,
    ArrayType,
    CompositeType,
    ContType,
    DefType,
    FieldType,
    FuncType,
    MemoryType,
    ModuleTypeIndex,
    RecGroup,
    RecIndex,
    RefType,
    SharedTypeIndex,
    StructType,
    SubType,
)
from typereg.testing import catalogue, checks, faults, generate
from typereg.testing.neighbours import neighbours
from typereg.testing.programs import Program
from typereg.testing.protocol import CAPABILITIES, Asked, capabilities
from typereg.testing.registries import ReferenceRegistry, TyperegRegistry
from typereg.testing.source import Seeded
from typereg.testing.spec import Module

Factory = Callable[[], ReferenceRegistry]

EVERYTHING = frozenset({*CAPABILITIES, "stack_switching", "custom_page_sizes"})


def over(registry: type[TypeRegistry]) -> Factory:
    """A registry with other rules of lifetime."""
    engine = type("Engine", (reference.Engine,), {"registry_class": registry})
    return type("Faulty", (ReferenceRegistry,), {"engine_class": engine})


def keyed(keys: CanonicalKey) -> Factory:
    """A registry that tells groups by these keys."""
    return over(type("Registry", (TypeRegistry,), {"keys": keys}))


def continuing(factory: Callable[..., ReferenceRegistry]) -> Factory:
    """The same with continuations on."""
    return lambda: factory(features=reference.Features(stack_switching=True))


class InheritedParam(CanonicalKey):
    """Of a parameter of a type with a supertype, from the third on, null is not compared."""

    below = False

    def member(self, member: SubType) -> Key:
        self.below = member.supertype is not None
        return super().member(member)

    def func(self, func: FuncType) -> Key:
        late = [
            RefType(value.heap) if self.below and isinstance(value, RefType) else value
            for value in func.params[2:]
        ]
        return super().func(FuncType([*func.params[:2], *late], func.results))


class InheritedFromOwn(InheritedParam):
    """The same, and only where the supertype is an own member."""

    def member(self, member: SubType) -> Key:
        self.below = isinstance(member.supertype, RecIndex)
        return CanonicalKey.member(self, member)


class AfterWideParam(CanonicalKey):
    """Whether an ``externref`` behind an ``i64`` has null is not compared."""

    def func(self, func: FuncType) -> Key:
        params = list(func.params)
        for number, (before, value) in enumerate(itertools.pairwise(params), 1):
            if before == I64 and isinstance(value, RefType) and value.heap == EXTERN:
                params[number] = RefType(EXTERN)
        return super().func(FuncType(params, func.results))


class AloneInResults(CanonicalKey):
    """Where there are no parameters, a ``v128`` result is an ``i64``."""

    def func(self, func: FuncType) -> Key:
        if func.params:
            return super().func(func)
        return super().func(
            FuncType([], [I64 if value == V128 else value for value in func.results])
        )


class Turning(CanonicalKey):
    """Parameters count up to turns: the one eight places on is the same place."""

    def func(self, func: FuncType) -> Key:
        params = [self.value(value) for value in func.params]
        turned = [tuple(sorted(map(repr, params[at::8]))) for at in range(8)]
        return (len(params), *turned, *super().func(func)[1:])


class SevenBits(CanonicalKey):
    """Of members from the 128th on, as many as there are more are compared."""

    def group(self, group: RecGroup) -> Key:
        many = len(group.members)
        return super().group(RecGroup(group.members[: many % 128]) if many > 127 else group)


class FourFreed(TypeRegistry):
    """Of a group of more than four members, four slots are given back."""

    def free_slot(self, slot: int) -> None:
        _, position = self.slab[slot]
        super().free_slot(slot)
        if position > 3:
            self.free.remove(slot)


class NineBits(CanonicalKey):
    """Of a type outside, nine bits of the slot count."""

    def outer(self, use: SharedTypeIndex) -> object:
        return "outer", use.bits % 512


class SixBits(CanonicalKey):
    """Of an own member, six bits count."""

    def own(self, use: RecIndex) -> object:
        return "own", use.n % 64


class EmptyPages(ReferenceRegistry):
    """Of memories that may be empty, page sizes are not compared."""

    def __init__(self) -> None:
        features = reference.Features(stack_switching=True, custom_page_sizes=True)
        super().__init__(features=features)

    class Matching(structure.Matching):
        def memory(self, a: MemoryType, b: MemoryType) -> bool:
            return super().memory(a, replace(b, page_size=a.page_size) if b.minimum == 0 else b)

    registry_class = type("Registry", (TypeRegistry,), {"matching_class": Matching})
    engine_class = type("Engine", (reference.Engine,), {"registry_class": registry_class})


class SupertypesGroup(CanonicalKey):
    """Of a supertype outside, its group counts; which of its members it is does not."""

    def supertype(self, member: SubType) -> object:
        above = member.supertype
        return above.generation if isinstance(above, SharedTypeIndex) else super().supertype(member)


class SupertypesByte(CanonicalKey):
    """Of a supertype outside, the lowest byte of its slot counts."""

    def supertype(self, member: SubType) -> object:
        above = member.supertype
        if isinstance(above, SharedTypeIndex):
            return above.bits % 256
        return super().supertype(member)


class EightBits(CanonicalKey):
    """Of an own member, eight bits count."""

    def own(self, use: RecIndex) -> object:
        return "own", use.n % 256


class FieldsTargets(CanonicalKey):
    """Which types outside the fields of a struct refer to counts, and not which field does."""

    def struct(self, struct: StructType) -> Key:
        fields = [self.field(each) for each in struct.fields]
        return tuple(sorted(fields, key=repr)) if len(fields) == 2 else tuple(fields)


class ContinuedAsField(CanonicalKey):
    """A continuation is a struct of one reference to its function."""

    def composite(self, composite: CompositeType) -> Key:
        if isinstance(composite, ContType):
            composite = StructType([FieldType(RefType(composite.func, False))])
        return super().composite(composite)


class OwnAreInvariant(structure.Validity):
    """References to own members match where they are to the same one."""

    def structure(self, defined: DefType, start: int) -> None:
        member = defined.group.members[defined.position]
        match member.composite, member.supertype:
            case ArrayType(FieldType(RefType(RecIndex(n)))), RecIndex(above):
                match defined.group.members[above].composite:
                    case ArrayType(FieldType(RefType(RecIndex(m)))) if m != n:
                        raise reference.ValidationError("another member")
        super().structure(defined, start)


class Continuing(structure.Validity):
    """There may be a continuation of anything."""

    def composite(self, defined: DefType, start: int) -> None:
        pass


class ContinuingTwice(structure.Validity):
    """There may be a continuation of a continuation of another group."""

    def composite(self, defined: DefType, start: int) -> None:
        match defined.group.members[defined.position].composite:
            case ContType(DefType(group, at)) if isinstance(group.members[at].composite, ContType):
                return
        super().composite(defined, start)


class ContinuingTwiceInOneGroup(structure.Validity):
    """There may be a continuation of an earlier continuation of its group."""

    def composite(self, defined: DefType, start: int) -> None:
        members = defined.group.members
        match members[defined.position].composite:
            case ContType(RecIndex(n)) if n < defined.position:
                if isinstance(members[n].composite, ContType):
                    return
        super().composite(defined, start)


class LateVector(CanonicalKey):
    """A ``v128`` field behind four others is an ``i64``."""

    def struct(self, struct: StructType) -> Key:
        late = (
            replace(each, storage=I64) if each.storage == V128 else each
            for each in struct.fields[4:]
        )
        return super().struct(StructType([*struct.fields[:4], *late]))


class OwnTogether(CanonicalKey):
    """Which own members a struct below one refers to counts, and not which of them is above it."""

    blind = False

    def own(self, use: RecIndex) -> object:
        return "own" if self.blind else super().own(use)

    def member(self, member: SubType) -> Key:
        below = isinstance(member.supertype, RecIndex)
        self.blind = below and isinstance(member.composite, StructType)
        own = (use.n for use in structure.uses_of_sub(member) if isinstance(use, RecIndex))
        return (*super().member(member), *(sorted(own) if self.blind else ()))


class OneStepInFields(structure.Matching):
    """In fields, a type is below its parent, and not below that one's."""

    def const_field(self, a: FieldType, b: FieldType) -> bool:
        match a.storage, b.storage:
            case RefType(DefType() as low), RefType(DefType() as high):
                above = self.supertype(low)
                near = self.same(low, high) or (above is not None and self.same(above, high))
                return near and super().const_field(a, b)
        return super().const_field(a, b)


class OneMapForFields(ReferenceRegistry):
    """Of two fields, the second is looked up in the first one's module, too."""

    def matches(
        self, a: reference.TypeCollection, x: Asked, b: reference.TypeCollection, y: Asked
    ) -> bool:
        match y:
            case FieldType(RefType(ModuleTypeIndex(n))) if n < len(a):
                b = a
        return super().matches(a, x, b, y)


class MoreResults(structure.Matching):
    """What takes something and returns nothing may return something below."""

    def func(self, a: FuncType, b: FuncType) -> bool:
        if b.params and not b.results:
            return self.result(b.params, a.params)
        return super().func(a, b)


class WrittenBelow(structure.Matching):
    """A field of references that is only read may be written below."""

    def field(self, a: FieldType, b: FieldType) -> bool:
        if a.mutable and not b.mutable and isinstance(a.storage, RefType):
            return self.const_field(a, b)
        return super().field(a, b)


class TwiceTheSame(ReferenceRegistry):
    """One supertype may be named twice."""

    def validate(self, module: Module) -> bool:
        def once(sub: SubType) -> SubType:
            more = getattr(sub, "more", ())
            if not more or any(each != sub.supertype for each in more):
                return sub
            return SubType(sub.composite, supertype=sub.supertype, final=sub.final)

        groups = (replace(each, members=tuple(map(once, each.members))) for each in module.groups)
        return super().validate(replace(module, groups=tuple(groups)))


class DepthOfGroup(structure.Validity):
    """Depth outside the own group counts in five bits, once there is some inside."""

    def depth(self, defined: DefType, start: int) -> None:
        own = outside = 0
        above = structure.declared_supertype(defined)
        while above is not None:
            own += above.group is defined.group
            outside += above.group is not defined.group
            above = structure.declared_supertype(above)
        self.limits.check("depth", own + (outside % 32 if own else outside))


class NextGroup(ReferenceRegistry):
    """A result without null may refer to the first type of the next group."""

    def validate(self, module: Module) -> bool:
        def here(sub: SubType) -> SubType:
            end = len(module.groups[0].members)
            if isinstance(sub.composite, FuncType) and end < len(module.types):
                wrong = RefType(ModuleTypeIndex(end), False)
                results = (
                    RefType(FUNC) if each == wrong else each for each in sub.composite.results
                )
                return replace(sub, composite=FuncType(sub.composite.params, results))
            return sub

        first = (RecGroup(map(here, each.members)) for each in module.groups[:1])
        return super().validate(replace(module, groups=(*first, *module.groups[1:])))


class ShortOpen(structure.Validity):
    """Lists of open types must be shorter than the limit says."""

    def group(self, group: RecGroup, start: int = 0) -> None:
        for each in group.members:
            if not each.final and isinstance(each.composite, FuncType):
                self.limits.check("params", len(each.composite.params) + 1)
        super().group(group, start)


class PagesOfTwo(structure.Validity):
    """Pages may have two bytes."""

    def memory(self, memory: MemoryType) -> None:
        super().memory(replace(memory, page_size=1) if memory.page_size == 2 else memory)


class OneAtTheEnd(ReferenceRegistry):
    """The last index of a memory that can be exported is one too far."""

    def validate(self, module: Module) -> bool:
        end = len(module.externs("memory"))
        exports = (each for each in module.exports if (each.kind, each.index) != ("memory", end))
        return super().validate(replace(module, exports=tuple(exports)))


class SharedWide(structure.Matching):
    """Of 64-bit memories, nobody asks whether they are shared."""

    def memory(self, a: MemoryType, b: MemoryType) -> bool:
        return super().memory(replace(a, shared=b.shared) if a.address64 else a, b)


class FarAndNull(structure.Matching):
    """What is two steps below and has no null is not found below what has."""

    def ref(self, a: RefType, b: RefType) -> bool:
        match a.heap, b.heap:
            case DefType() as low, DefType() as high if b.nullable and not a.nullable:
                above = self.supertype(low)
                far = None if above is None else self.supertype(above)
                if far is not None and self.def_type(far, high):
                    return False
        return super().ref(a, b)


class NotInItsGroup(structure.Matching):
    """Below a type of its own group nothing is found."""

    def supertype(self, a: DefType) -> DefType | None:
        above = super().supertype(a)
        return None if above is None or above.group is a.group else above


class NamedAlike(ReferenceRegistry):
    """Types of one name are one type."""

    def register(self, module: Module) -> reference.TypeCollection:
        loaded = super().register(module)
        first: dict[str, int] = {}
        for index, name in module.names:
            loaded._indices[index] = loaded._indices[first.setdefault(name, index)]
        return loaded


class ShortStack(TypeRegistry):
    """A removal stops after 512 types."""

    many = 0

    def remove(self, entry: Entry, *, undoing: bool = False) -> None:
        self.many = 0
        super().remove(entry, undoing=undoing)

    def unregister(self, entry: Entry, *, undoing: bool = False) -> None:
        self.many += 1
        if self.many <= 512:
            super().unregister(entry, undoing=undoing)


class ContinuedBelow(TypeRegistry):
    """A continuation does not count its supertype."""

    def edges(self, group: RecGroup) -> Iterator[Entry]:
        def alone(sub: SubType) -> SubType:
            return SubType(sub.composite) if isinstance(sub.composite, ContType) else sub

        return super().edges(RecGroup(map(alone, group.members)))


def matched(matching: type[structure.Matching]) -> Factory:
    """A registry with other rules of matching, for questions and for links."""
    return over(type("Registry", (TypeRegistry,), {"matching_class": matching}))


def matched_below(matching: type[structure.Matching]) -> Factory:
    """A registry with other rules of matching, for validity."""

    class Validity(structure.Validity):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.matching = matching()

    return judging(Validity)


def judging(validity: type[structure.Validity]) -> Factory:
    """A registry with other rules of validity, and all features."""
    module = type("Module", (reference.Module,), {"validity_class": validity})
    registry = type("Faulty", (ReferenceRegistry,), {"module_class": module})
    features = reference.Features(stack_switching=True, custom_page_sizes=True)
    return lambda: registry(features=features)


PAGES: dict[str, list[Factory]] = {
    "related outside": [keyed(InheritedParam()), keyed(SupertypesGroup())],
    "related inside": [keyed(InheritedFromOwn())],
    "pairs": [
        *(keyed(AfterWideParam()), keyed(AloneInResults()), keyed(FieldsTargets())),
        faults.ALL["packed-neighbours"],
    ],
    "late places": [keyed(Turning()), keyed(LateVector()), faults.ALL["mutability-turns"]],
    "declarations": [keyed(OwnTogether())],
    "matching": [matched(OneStepInFields), OneMapForFields, faults.ALL["one-map"]],
    "again": [NamedAlike],
    "groups": [faults.ALL["four-members-counted"]],
    "large groups": [keyed(SevenBits()), keyed(SixBits()), keyed(EightBits())],
    "continuations": [
        faults.ALL["continuation-target"],
        *map(continuing, (keyed(ContinuedAsField()), over(ContinuedBelow))),
    ],
    "continuing": [*map(judging, (Continuing, ContinuingTwice, ContinuingTwiceInOneGroup))],
    "inheritance": [
        *map(judging, (OwnAreInvariant, ShortOpen, DepthOfGroup)),
        *map(matched_below, (MoreResults, WrittenBelow)),
        *(TwiceTheSame, NextGroup),
    ],
    "exports": [OneAtTheEnd, faults.ALL["exports-by-kind"]],
    "names": [faults.ALL["names-folded"]],
    "sizes of pages": [judging(PagesOfTwo)],
    "built": [faults.ALL["unchecked-by-hand"]],
    "both ways": [faults.ALL["apart-by-hand"]],
    "many": [keyed(NineBits()), keyed(SupertypesByte())],
    "chains": [faults.ALL["chain-cut"]],
    "copies": [faults.ALL["copied-copy"]],
    "links of memories": [faults.ALL["whole-memory"], matched(SharedWide)],
    "links of constants": [matched(FarAndNull)],
    "links of functions": [matched(NotInItsGroup)],
    "links of elements": [faults.ALL["linked-without-group"]],
    "cascade": [over(FourFreed), over(ShortStack), faults.ALL["purge-not-fixpoint"]],
    "reused": [faults.ALL["generation-bits"]],
    "identities": [
        faults.ALL[name] for name in ("stale-argument", "foreign-root", "stale-supertype")
    ],
    "page sizes": [EmptyPages],
    "drops": [faults.ALL[name] for name in ("double-unregister", "slot-reuse", "kept-by-edge")],
    "returned": [faults.ALL["first-of-equals"], faults.ALL["unrolled-once"]],
}


FEATURED = {"continuations", "continuing", "page sizes", "sizes of pages"}


def page(name: str, can: frozenset[str] = EVERYTHING) -> Program:
    """A page by name, as seed 0 draws it."""
    draw = {each: draw for each, draw, _ in catalogue.pages(can)}[name]
    return draw(Seeded(0))


@pytest.mark.parametrize("name", PAGES)
def test_d03_a_page_shows_what_it_is_there_for(name: str) -> None:
    for factory in PAGES[name]:
        assert checks.attempt(factory, checks.Example(page(name), name)) is not None


@pytest.mark.parametrize("name", sorted({*PAGES} - FEATURED))
def test_d03_a_page_shows_nothing_of_typereg(name: str) -> None:
    assert checks.attempt(TyperegRegistry, checks.Example(page(name), name)) is None


def test_d03_neighbours_differ_in_one_attribute_and_are_valid() -> None:
    declared = different = 0
    for seed in range(40):
        (module,) = neighbours(Seeded(seed)).modules
        with tr.Engine().register(module.wasm) as types:
            declared += len(types)
            different += len(set(types.as_module_map()))
    # A neighbour of one type is now and then another type's, or that type itself.
    assert declared > 1000
    assert declared // 2 < different < declared


@pytest.mark.parametrize("factory", [keyed(InheritedParam()), faults.ALL["packed-neighbours"]])
def test_d03_neighbours_find_what_needs_several_things_at_once(factory: Factory) -> None:
    drawn = (checks.Example(neighbours(Seeded(seed)), "") for seed in range(200))
    assert any(checks.attempt(factory, each) is not None for each in drawn)


# Features.


def test_d03_features_that_are_on_are_tested() -> None:
    features = tr.Features(stack_switching=True, custom_page_sizes=True)

    def factory() -> TyperegRegistry:
        return TyperegRegistry(features=features)

    can = capabilities(factory())
    assert {"stack_switching", "custom_page_sizes"} <= can
    for name in sorted(FEATURED):
        assert checks.attempt(factory, checks.Example(page(name), name)) is None
    drawn = [checks.draw(number, 0, can) for number in range(1, 200)]
    kinds = {each.origin for each in drawn}
    assert {"page continuations", "twins cont/target"} <= kinds
    with_continuations = [
        each
        for each in drawn
        if each.origin == "program" and any(map(generate.continued, each.program.modules))
    ]
    assert with_continuations
    for example in with_continuations[:10]:
        assert checks.attempt(factory, example) is None


def test_d03_features_that_are_off_are_not_drawn() -> None:
    can = capabilities(TyperegRegistry())
    assert not {"stack_switching", "custom_page_sizes"} & can
    for number in range(1, 120):
        assert not any(map(generate.continued, checks.draw(number, 0, can).program.modules))
