"""Portable digests of groups and types (G7): docs/digest.md, written down again in Python.

From that page alone: a method for each of its grammars, in its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from .binary import opcodes
from .binary.encode import unsigned
from .structure import as_closed, closed_groups
from .types import (
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    DefType,
    FieldType,
    FuncType,
    HeapType,
    RecGroup,
    RecIndex,
    RefType,
    StorageType,
    StructType,
    SubType,
    TypeUse,
    ValueType,
)

GROUP: Final = b"typereg.group/1\0"
TYPE: Final = b"typereg.type/1\0"

BYTES: Final = {
    kind: bytes([byte])
    for table in (opcodes.NUMBERS, opcodes.PACKED, opcodes.HEAPS)
    for byte, kind in table.items()
}
"""The bytes for kinds and types are those of the binary format."""


class Digests:
    """Digests of closed types, with memory of the groups that were digested.

    No walk recurses: what a group leads to is digested before it, each group object once.
    """

    def __init__(self) -> None:
        """Begin without memory."""
        self.known: dict[int, tuple[RecGroup, bytes]] = {}
        """By group object; the groups are kept so that no other can have their ids."""

    def type(self, defined: DefType) -> bytes:
        """Digest of a type: over its group's digest and its position."""
        return sha256(TYPE + self.group(defined.group) + unsigned(defined.position)).digest()

    def group(self, group: RecGroup) -> bytes:
        """Digest of a closed, rolled-up group: over its encoding."""
        if id(group) not in self.known:
            digest = sha256(GROUP + self.encoding(group)).digest()
            self.known[id(group)] = group, digest
        return self.known[id(group)][1]

    def encoding(self, group: RecGroup) -> bytes:
        """What is digested of a group, behind the prefix; what it leads to is digested first."""
        for each in closed_groups(group, self.known):
            digest = sha256(GROUP + self.encode(each)).digest()
            self.known[id(each)] = each, digest
        return self.encode(group)

    def encode(self, group: RecGroup) -> bytes:
        """``group``: the number of members, and they in order."""
        return self.listed([self.member(member) for member in group.members])

    def listed(self, items: Sequence[bytes]) -> bytes:
        """A number and as many items."""
        return unsigned(len(items)) + b"".join(items)

    def member(self, member: SubType) -> bytes:
        """``member``: finality, supertype, composite, all of them always."""
        finality = b"\x4f" if member.final else b"\x50"
        supertype = b"\0" if member.supertype is None else b"\1" + self.reference(member.supertype)
        return finality + supertype + self.composite(member.composite)

    def composite(self, composite: CompositeType) -> bytes:
        """``composite``: a byte for its kind, and its parts."""
        match composite:
            case FuncType(params, results):
                return b"\x60" + self.values(params) + self.values(results)
            case StructType(fields):
                return b"\x5f" + self.listed([self.field(field) for field in fields])
            case ArrayType(field):
                return b"\x5e" + self.field(field)
            case ContType(func):
                return b"\x5d" + self.reference(func)

    def values(self, values: Sequence[ValueType]) -> bytes:
        """``values``: a number and as many values."""
        return self.listed([self.storage(value) for value in values])

    def field(self, field: FieldType) -> bytes:
        """``field``: storage, then mutability."""
        return self.storage(field.storage) + (b"\1" if field.mutable else b"\0")

    def storage(self, storage: StorageType) -> bytes:
        """``storage``, and so ``value``: a byte, or a reference in its long form only."""
        match storage:
            case RefType(heap, nullable):
                return (b"\x63" if nullable else b"\x64") + self.heap(heap)
            case _:
                return BYTES[storage]

    def heap(self, heap: HeapType) -> bytes:
        """``heap``: the byte of an abstract one, or a reference."""
        return BYTES[heap] if isinstance(heap, AbsHeapType) else self.reference(heap)

    def reference(self, use: TypeUse) -> bytes:
        """``reference``: the own group's member at a position, or another group's by its digest."""
        if isinstance(use, RecIndex):
            return b"\0" + unsigned(use.n)
        defined = as_closed(use)
        return b"\1" + self.known[id(defined.group)][1] + unsigned(defined.position)
