"""From the types of a module to closed types and back: "Rolling and Unrolling", "Type Closure"."""

from __future__ import annotations

from collections.abc import Sequence

from typereg.reference.types import (
    CompositeType,
    DefType,
    ModuleTypeIndex,
    RecGroup,
    RecIndex,
    SubType,
    TypeUse,
)

from .substitution import Substitution


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


def defined_types(group: RecGroup) -> list[DefType]:
    """The defined types of a rolled-up, closed group, by position (``rolldt``)."""
    return [DefType(group, position) for position in range(len(group.members))]


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
    assert supertype is None or isinstance(supertype, DefType), "the type is not closed"
    return supertype
