"""WebAssembly bytes by hand: a small encoder, independent of typereg and of its reference.

Everything is `bytes`: a value type, a field, a composite type, a sub type, a group, a section, a
module. Nothing is checked, so that invalid input can be built as easily as valid input.

    types(struct(field(I32)), rec(sub(struct(field(ref(1)))), sub(struct(field(ref(0))), 1)))

is a module of two groups and three types. An index is an `int` where a heap type is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

I32, I64, F32, F64, V128 = b"\x7f", b"\x7e", b"\x7d", b"\x7c", b"\x7b"
I8, I16 = b"\x78", b"\x77"

# Abstract heap types. Alone they are also the shorthand of the nullable reference: `anyref`.
ANY, EQ, I31, STRUCT, ARRAY, NONE = b"\x6e", b"\x6d", b"\x6c", b"\x6b", b"\x6a", b"\x71"
FUNC, NOFUNC, EXTERN, NOEXTERN = b"\x70", b"\x73", b"\x6f", b"\x72"
EXN, NOEXN, CONT, NOCONT = b"\x69", b"\x74", b"\x68", b"\x75"

MAGIC = b"\0asm\x01\0\0\0"

# Section numbers.
CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY = 0, 1, 2, 3, 4, 5
GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG = 6, 7, 8, 9, 10, 11, 12, 13

# External kinds, in imports and exports.
KIND_FUNC, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL, KIND_TAG = b"\0", b"\1", b"\2", b"\3", b"\4"


def leb(value: int) -> bytes:
    """Write unsigned LEB128."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        if not value:
            return bytes([*out, byte])
        out.append(byte | 0x80)


def read_leb(data: bytes, at: int) -> tuple[int, int]:
    """Read unsigned LEB128 at an offset; give the value and the offset behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def sleb(value: int) -> bytes:
    """Write signed LEB128: how a type index is written where a heap type may stand."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        if value == (-1 if byte & 0x40 else 0):
            return bytes([*out, byte])
        out.append(byte | 0x80)


def vec(items: Sequence[bytes]) -> bytes:
    """Write a count and the items."""
    return leb(len(items)) + b"".join(items)


def text(value: str | bytes) -> bytes:
    """Write a name: its length in bytes and its UTF-8."""
    raw = value.encode() if isinstance(value, str) else value
    return leb(len(raw)) + raw


# Types.


def heap(head: int | bytes) -> bytes:
    """Write a heap type: an index or one of the abstract ones."""
    return sleb(head) if isinstance(head, int) else head


def ref(head: int | bytes, *, nullable: bool = True) -> bytes:
    """Write a reference type in its long form."""
    return (b"\x63" if nullable else b"\x64") + heap(head)


def field(storage: bytes, *, mutable: bool = False) -> bytes:
    """Write a field of a struct, or the element of an array."""
    return storage + (b"\1" if mutable else b"\0")


def func(params: Sequence[bytes] = (), results: Sequence[bytes] = ()) -> bytes:
    """Write a function type."""
    return b"\x60" + vec(params) + vec(results)


def struct(*fields: bytes) -> bytes:
    """Write a struct type."""
    return b"\x5f" + vec(fields)


def array(element: bytes) -> bytes:
    """Write an array type."""
    return b"\x5e" + element


def cont(index: int) -> bytes:
    """Write a continuation type (feature `stack_switching`)."""
    return b"\x5d" + sleb(index)


def sub(composite: bytes, *supertypes: int, final: bool = False) -> bytes:
    """Write a sub type in its long form. Several supertypes can be written, invalid as they are."""
    indices = vec([leb(index) for index in supertypes])
    return (b"\x4f" if final else b"\x50") + indices + composite


def rec(*members: bytes) -> bytes:
    """Write an explicit recursion group, of any number of members."""
    return b"\x4e" + vec(members)


# External types.


def limits(
    minimum: int,
    maximum: int | None = None,
    *,
    shared: bool = False,
    address64: bool = False,
    page_log2: int | None = None,
) -> bytes:
    """Write the limits of a table or memory; as they stand, a memory type.

    `page_log2` is the feature `custom_page_sizes`.
    """
    flags = (
        (maximum is not None)
        | (2 if shared else 0)
        | (4 if address64 else 0)
        | (8 if page_log2 is not None else 0)
    )
    return (
        bytes([flags])
        + leb(minimum)
        + (b"" if maximum is None else leb(maximum))
        + (b"" if page_log2 is None else leb(page_log2))
    )


def table(element: bytes, limit: bytes) -> bytes:
    """Write a table type."""
    return element + limit


def global_(content: bytes, *, mutable: bool = False) -> bytes:
    """Write a global type."""
    return content + (b"\1" if mutable else b"\0")


def tag(type_index: int) -> bytes:
    """Write a tag type."""
    return b"\0" + leb(type_index)


def import_(module_name: str | bytes, name: str | bytes, kind: bytes, extern: bytes) -> bytes:
    """Write an import; for a function, `extern` is `leb(type_index)`."""
    return text(module_name) + text(name) + kind + extern


def export(name: str | bytes, kind: bytes, index: int) -> bytes:
    """Write an export."""
    return text(name) + kind + leb(index)


# Sections and modules.


def section(number: int, body: bytes) -> bytes:
    """Write any section."""
    return bytes([number]) + leb(len(body)) + body


def sections(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read a module's sections: their numbers and bodies, as far as they are whole."""
    at = len(MAGIC)
    while at < len(data):
        size, start = read_leb(data, at + 1)
        yield data[at], data[start : start + size]
        at = start + size


def custom(name: str | bytes, body: bytes) -> bytes:
    """Write a custom section."""
    return section(CUSTOM, text(name) + body)


def module(*sections: bytes) -> bytes:
    """Write a module."""
    return MAGIC + b"".join(sections)


def type_section(*groups: bytes) -> bytes:
    """Write the type section; a type outside `rec` is a group of one."""
    return section(TYPE, vec(groups))


def types(*groups: bytes) -> bytes:
    """Write a module of a type section and nothing else."""
    return module(type_section(*groups))


def code_section(count: int) -> bytes:
    """Write `count` bodies of a single `unreachable`, which fit any function type."""
    return section(CODE, vec([text(b"\0\0\x0b")] * count))


def name_map(names: Iterable[tuple[int, str]]) -> bytes:
    """Write a name map, as the name section uses it."""
    return vec([leb(index) + text(name) for index, name in names])


def type_names(names: Iterable[tuple[int, str]]) -> bytes:
    """Write a name section with names of types."""
    return custom("name", section(4, name_map(names)))


def field_names(names: Iterable[tuple[int, Sequence[tuple[int, str]]]]) -> bytes:
    """Write a name section with names of fields."""
    fields = vec([leb(index) + name_map(inner) for index, inner in names])
    return custom("name", section(10, fields))
