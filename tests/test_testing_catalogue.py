"""The catalogue's pages and the neighbours: each shows by itself what it is there for (D3)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

import typereg as tr
from typereg import reference
from typereg.reference import structure
from typereg.reference.lifetime import CanonicalKey, Key, TypeRegistry
from typereg.reference.types import (
    EXTERN,
    I64,
    V128,
    ArrayType,
    CompositeType,
    ContType,
    DefType,
    FieldType,
    FuncType,
    MemoryType,
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
from typereg.testing.protocol import CAPABILITIES, capabilities
from typereg.testing.registries import ReferenceRegistry, TyperegRegistry
from typereg.testing.source import Seeded

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
    "late places": [keyed(Turning()), faults.ALL["mutability-turns"]],
    "groups": [faults.ALL["four-members-counted"]],
    "large groups": [keyed(SevenBits()), keyed(SixBits()), keyed(EightBits())],
    "continuations": [faults.ALL["continuation-target"], continuing(keyed(ContinuedAsField()))],
    "continuing": [*map(judging, (Continuing, ContinuingTwice, ContinuingTwiceInOneGroup))],
    "inheritance": [judging(OwnAreInvariant)],
    "built": [faults.ALL["unchecked-by-hand"]],
    "both ways": [faults.ALL["apart-by-hand"]],
    "many": [keyed(NineBits()), keyed(SupertypesByte())],
    "chains": [faults.ALL["chain-cut"]],
    "copies": [faults.ALL["copied-copy"]],
    "links of memories": [faults.ALL["whole-memory"]],
    "links of elements": [faults.ALL["linked-without-group"]],
    "cascade": [over(FourFreed), faults.ALL["purge-not-fixpoint"]],
    "reused": [faults.ALL["generation-bits"]],
    "identities": [
        faults.ALL[name] for name in ("stale-argument", "foreign-root", "stale-supertype")
    ],
    "page sizes": [EmptyPages],
    "drops": [faults.ALL[name] for name in ("double-unregister", "slot-reuse", "kept-by-edge")],
    "returned": [faults.ALL["first-of-equals"], faults.ALL["unrolled-once"]],
}


FEATURED = {"continuations", "continuing", "page sizes"}


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
