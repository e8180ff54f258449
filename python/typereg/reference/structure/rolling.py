"""From the types of a module to closed types and back: "Rolling and Unrolling", "Type Closure"."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from typereg.reference.errors import NotCanonicalError
from typereg.reference.types import (
    CompositeType,
    DefType,
    ModuleTypeIndex,
    RecGroup,
    RecIndex,
    SubType,
    TypeUse,
)

from .substitution import Substitution, uses_of_group


def roll(start: int, group: RecGroup) -> RecGroup:
    """Roll up a group that begins at type index ``start``.

    Type indices inside the group, ``start`` to ``start + n - 1``, become recursive type indices
    (``rollrt``). What is left to refer by type index are earlier types.
    """
    end = start + len(group.members)

    def own(use: TypeUse) -> TypeUse:
        if isinstance(use, ModuleTypeIndex) and start <= use.n < end:
            return RecIndex(use.n - start)
        return use

    return Substitution(own).group(group)


def close(group: RecGroup, types: Sequence[DefType]) -> RecGroup:
    """Close a rolled-up group: each type index gives way to its defined type (``clos_deftype``).

    ``types`` are the context's, by type index, themselves closed.
    """
    return closing(types).group(group)


def closing(types: Sequence[DefType]) -> Substitution:
    """The substitution that closes any type of a module whose defined types are ``types``."""

    def defined(use: TypeUse) -> TypeUse:
        return types[use.n] if isinstance(use, ModuleTypeIndex) else use

    return Substitution(defined)


def roll_and_close(start: int, group: RecGroup, types: Sequence[DefType]) -> RecGroup:
    """Roll up a group and close it, ``close(roll(start, group), types)``, in one walk."""
    end = start + len(group.members)

    def defined(use: TypeUse) -> TypeUse:
        if not isinstance(use, ModuleTypeIndex):
            return use
        return RecIndex(use.n - start) if start <= use.n < end else types[use.n]

    return Substitution(defined).group(group)


def as_closed(use: TypeUse) -> DefType:
    """A type use in a closed type, which is a defined type; anything else is not closed."""
    if not isinstance(use, DefType):
        raise NotCanonicalError(f"{use} means nothing in a closed type")
    return use


def defined_types(group: RecGroup) -> list[DefType]:
    """The defined types of a rolled-up, closed group, by position (``rolldt``)."""
    return [DefType(group, position) for position in range(len(group.members))]


def closed_groups(group: RecGroup, known: Container[int] = ()) -> Iterator[RecGroup]:
    """The groups behind all defined types that a group leads to, each object once.

    In the order in which a depth-first walk along references, in the order of K5, leaves them; the
    group itself, which would be the last, is not among them. It does not go into groups whose
    ``id`` is ``known``.
    """
    seen: set[int] = set()
    path = [(group, uses_of_group(group))]
    while path:
        top, uses = path[-1]
        for use in uses:
            if not isinstance(use, DefType):
                continue
            if id(use.group) not in seen and id(use.group) not in known:
                seen.add(id(use.group))
                path.append((use.group, uses_of_group(use.group)))
                break
        else:
            path.pop()
            if path:
                yield top


def section_of(group: RecGroup) -> list[RecGroup]:
    """The groups of a module whose last is a closed group, rolled up: the way back from `close`.

    Before it come the groups that it leads to, in the order of `closed_groups`.
    """
    starts: dict[int, int] = {}
    section: list[RecGroup] = []
    start = 0

    def declared(use: TypeUse) -> TypeUse:
        if isinstance(use, DefType):
            return ModuleTypeIndex(starts[id(use.group)] + use.position)
        return use

    for each in (*closed_groups(group), group):
        section.append(Substitution(declared).group(each))
        starts[id(each)] = start
        start += len(each.members)
    return section


def unrolling(group: RecGroup) -> Substitution:
    """The substitution that unrolls a group's members: recursive type indices become defined types.

    It stops at defined types, which bind the recursive type indices inside them.
    """

    def outside(use: TypeUse) -> TypeUse:
        return DefType(group, use.n) if isinstance(use, RecIndex) else use

    return Substitution(outside)


def unroll(defined: DefType) -> SubType:
    """Unroll a defined type: its sub type, with no recursive type index left (``unrolldt``)."""
    return unrolling(defined.group).sub(defined.group.members[defined.position])


def expand(defined: DefType) -> CompositeType:
    """The expansion of a defined type: the composite type of its unrolling (``Expand``)."""
    member = defined.group.members[defined.position]
    return unrolling(defined.group).composite(member.composite)


def declared_supertype(defined: DefType) -> DefType | None:
    """The supertype in the unrolling of a defined type, without unrolling all the rest."""
    supertype = defined.group.members[defined.position].supertype
    if isinstance(supertype, RecIndex):
        return DefType(defined.group, supertype.n)
    return None if supertype is None else as_closed(supertype)
