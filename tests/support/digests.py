"""`docs/digest.md` in Python: written from that page, over what `Module` shows of a module's types.

No code is shared with the crate, and nothing is taken from it but the types themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import typereg as tr

_VALUES = {tr.I32: 0x7F, tr.I64: 0x7E, tr.F32: 0x7D, tr.F64: 0x7C, tr.V128: 0x7B}
_PACKED = {tr.I8: 0x78, tr.I16: 0x77}
_ABSTRACT = {
    tr.NOCONT: 0x75,
    tr.NOEXN: 0x74,
    tr.NOFUNC: 0x73,
    tr.NOEXTERN: 0x72,
    tr.NONE: 0x71,
    tr.FUNC: 0x70,
    tr.EXTERN: 0x6F,
    tr.ANY: 0x6E,
    tr.EQ: 0x6D,
    tr.I31: 0x6C,
    tr.STRUCT: 0x6B,
    tr.ARRAY: 0x6A,
    tr.EXN: 0x69,
    tr.CONT: 0x68,
}

Reference = tr.RecIndex | tr.ModuleTypeIndex | tr.SharedTypeIndex | tr.DefType
Place = tuple[bytes, int]
"""A type as others refer to it: the digest of its group, and its position there."""


def number(value: int) -> bytes:
    """Unsigned LEB128 in its shortest form."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Digests:
    """The encodings and digests of a module's groups and types."""

    def __init__(self, module: tr.Module) -> None:
        self._places: list[Place] = []
        self.encodings: list[bytes] = []
        self.groups: list[bytes] = []
        for group in module.rec_groups:
            encoding = self._group(group)
            digest = hashlib.sha256(b"typereg.group/1\0" + encoding).digest()
            self._places += [(digest, position) for position in range(len(group.members))]
            self.encodings.append(encoding)
            self.groups.append(digest)
        self.types = [type_digest(*place) for place in self._places]

    def _group(self, group: tr.RecGroup) -> bytes:
        return self._list(group.members, self._member)

    def _list(self, items: Sequence[object], encode: object) -> bytes:
        assert callable(encode)
        return number(len(items)) + b"".join(encode(item) for item in items)

    def _member(self, member: tr.SubType) -> bytes:
        finality = b"\x4f" if member.final else b"\x50"
        if member.supertype is None:
            supertype = b"\x00"
        else:
            supertype = b"\x01" + self._reference(member.supertype)
        return finality + supertype + self._composite(member.composite)

    def _composite(
        self, composite: tr.FuncType | tr.StructType | tr.ArrayType | tr.ContType
    ) -> bytes:
        match composite:
            case tr.FuncType(params, results):
                lists = self._list(params, self._value) + self._list(results, self._value)
                return b"\x60" + lists
            case tr.StructType(fields):
                return b"\x5f" + self._list(fields, self._field)
            case tr.ArrayType(field):
                return b"\x5e" + self._field(field)
            case tr.ContType(func):
                return b"\x5d" + self._reference(func)

    def _field(self, field: tr.FieldType) -> bytes:
        storage = field.storage
        if isinstance(storage, tr.PackedType):
            encoded = bytes([_PACKED[storage]])
        else:
            encoded = self._value(storage)
        return encoded + (b"\x01" if field.mutable else b"\x00")

    def _value(self, value: tr.NumType | tr.VecType | tr.RefType) -> bytes:
        if not isinstance(value, tr.RefType):
            return bytes([_VALUES[value]])
        heap = value.heap
        prefix = b"\x63" if value.nullable else b"\x64"
        if isinstance(heap, tr.AbsHeapType):
            return prefix + bytes([_ABSTRACT[heap]])
        return prefix + self._reference(heap)

    def _reference(self, reference: Reference) -> bytes:
        if isinstance(reference, tr.RecIndex):
            return b"\x00" + number(int(reference))
        assert isinstance(reference, tr.ModuleTypeIndex)
        group, position = self._places[int(reference)]
        return b"\x01" + group + number(position)


def type_digest(group: bytes, position: int) -> bytes:
    """The digest of the type at a position of a group."""
    return hashlib.sha256(b"typereg.type/1\0" + group + number(position)).digest()


def vectors(modules: Iterable[tuple[str, str]], features: tr.Features) -> dict[str, object]:
    """What `docs/digest-vectors.json` holds, for modules by name and WAT."""
    entries = []
    for name, wat in modules:
        module = tr.Module(wat, features=features)
        digests = Digests(module)
        groups, start = [], 0
        described = zip(module.rec_groups, digests.encodings, digests.groups, strict=True)
        for group, encoding, digest in described:
            end = start + len(group.members)
            types = list(range(start, end))
            groups.append({"types": types, "encoding": encoding.hex(), "digest": digest.hex()})
            start = end
        entries.append(
            {
                "name": name,
                "wat": wat,
                "wasm": module.wasm.hex(),
                "groups": groups,
                "types": [digest.hex() for digest in digests.types],
            }
        )
    return {"version": 1, "vectors": entries}
