"""Recursion groups as plain data, drawn by Hypothesis: for the model, for typereg, as bytes.

A reference is one of three: `Own` (a member of the same group), `TypeId` (a live type of the model)
or `Earlier` (a type of the module being drawn). Groups drawn here are always valid: who declares a
supertype repeats its fields and may add more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

import typereg as tr
from typereg.testing import wasm


@dataclass(frozen=True)
class Own:
    """Member of the own group."""

    position: int


@dataclass(frozen=True)
class TypeId:
    """A type that was created: the number of its group's creation, and its position there."""

    generation: int
    position: int


@dataclass(frozen=True)
class Earlier:
    """A type by its index in the module."""

    index: int


Ref = Own | TypeId | Earlier


@dataclass(frozen=True)
class Member:
    """A struct (`fields`; no reference is `i32`) or a function (`fields` are its parameters)."""

    kind: str
    fields: tuple[Ref | None, ...]
    results: tuple[Ref | None, ...] = ()
    supertype: Ref | None = None
    final: bool = True

    def references(self) -> Iterator[Ref]:
        """The references in the order of K5."""
        for reference in (self.supertype, *self.fields, *self.results):
            if reference is not None:
                yield reference

    def moved(self, move: Callable[[Ref], Ref]) -> Member:
        """The same with each reference replaced."""

        def one(reference: Ref | None) -> Ref | None:
            return None if reference is None else move(reference)

        return replace(
            self,
            fields=tuple(one(each) for each in self.fields),
            results=tuple(one(each) for each in self.results),
            supertype=one(self.supertype),
        )


Spec = tuple[Member, ...]


def outside(member: Member, of_own: Callable[[int], Ref]) -> Member:
    """A member as another group sees it: its own group's members are outer types there."""
    return member.moved(lambda ref: of_own(ref.position) if isinstance(ref, Own) else ref)


@st.composite
def groups(draw: st.DrawFn, outer: Sequence[tuple[Ref, Member]], *, smallest: int = 0) -> Spec:
    """A group whose references lead to its own members or to the outer types given."""
    size = draw(st.integers(smallest, 3))
    references: list[Ref | None] = [None, *(Own(i) for i in range(size))]
    references += [reference for reference, _ in outer[-6:]]
    some = st.lists(st.sampled_from(references), max_size=2).map(tuple)
    members: list[Member] = []
    for _ in range(size):
        if draw(st.integers(0, 3)) == 0:
            members.append(Member("func", draw(some), draw(some)))
            continue
        candidates = [*((Own(i), each) for i, each in enumerate(members)), *outer[-6:]]
        parents = [
            (ref, each) for ref, each in candidates if each.kind == "struct" and not each.final
        ]
        parent = draw(st.sampled_from([None, *parents]))
        fields = draw(some)
        if parent is None:
            members.append(Member("struct", fields, final=draw(st.booleans())))
        else:
            supertype, above = parent
            members.append(
                Member("struct", above.fields + fields, (), supertype, draw(st.booleans()))
            )
    return tuple(members)


def earlier(start: int) -> Callable[[int], Ref]:
    """Members of a group that starts at a type index, as the module's types."""
    return lambda position: Earlier(start + position)


@st.composite
def modules(draw: st.DrawFn) -> list[Spec]:
    """The groups of a module; some of them are declared again."""
    specs: list[Spec] = []
    outer: list[tuple[Ref, Member]] = []
    for _ in range(draw(st.integers(0, 4))):
        if specs and draw(st.integers(0, 3)) == 0:
            spec = draw(st.sampled_from(specs))
        else:
            spec = draw(groups(outer))
        start = len(outer)
        for member in spec:
            outer.append((Earlier(len(outer)), outside(member, earlier(start))))
        specs.append(spec)
    return specs


def to_typereg(spec: Spec, index: Callable[[TypeId], tr.SharedTypeIndex]) -> tr.RecGroup:
    """The group as typereg takes it."""
    return tr.RecGroup([sub_type(member, index) for member in spec])


def sub_type(member: Member, index: Callable[[TypeId], tr.SharedTypeIndex]) -> tr.SubType:
    """One member as typereg takes it."""

    def concrete(reference: Ref) -> tr.RecIndex | tr.SharedTypeIndex:
        if isinstance(reference, Own):
            return tr.RecIndex(reference.position)
        assert isinstance(reference, TypeId)
        return index(reference)

    def value(reference: Ref | None) -> tr.NumType | tr.RefType:
        return tr.I32 if reference is None else tr.RefType(concrete(reference))

    composite: tr.FuncType | tr.StructType
    if member.kind == "func":
        composite = tr.FuncType(
            [value(each) for each in member.fields], [value(each) for each in member.results]
        )
    else:
        composite = tr.StructType([tr.FieldType(value(each)) for each in member.fields])
    supertype = None if member.supertype is None else concrete(member.supertype)
    return tr.SubType(composite, supertype=supertype, final=member.final)


def to_wasm(specs: Sequence[Spec]) -> bytes:
    """The groups as a module."""
    encoded = []
    start = 0
    for spec in specs:

        def number(reference: Ref, start: int = start) -> int:
            if isinstance(reference, Own):
                return start + reference.position
            assert isinstance(reference, Earlier)
            return reference.index

        def value(reference: Ref | None, number: Callable[[Ref], int] = number) -> bytes:
            return wasm.I32 if reference is None else wasm.ref(number(reference))

        members = []
        for member in spec:
            if member.kind == "func":
                composite = wasm.func(
                    [value(each) for each in member.fields],
                    [value(each) for each in member.results],
                )
            else:
                composite = wasm.struct(*[wasm.field(value(each)) for each in member.fields])
            supertypes = [] if member.supertype is None else [number(member.supertype)]
            members.append(wasm.sub(composite, *supertypes, final=member.final))
        encoded.append(members[0] if len(members) == 1 else wasm.rec(*members))
        start += len(spec)
    return wasm.types(*encoded)
