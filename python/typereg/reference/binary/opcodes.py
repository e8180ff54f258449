"""The bytes of types: the section "Types" of "Binary Format", and those of proposals."""

from __future__ import annotations

from typereg.reference import types

NUMBERS: dict[int, types.NumType | types.VecType] = {
    0x7F: types.I32,
    0x7E: types.I64,
    0x7D: types.F32,
    0x7C: types.F64,
    0x7B: types.V128,
}
"""Number Types and Vector Types."""

PACKED = {0x78: types.I8, 0x77: types.I16}
"""Packed types, under Composite Types."""

HEAPS = {
    0x69: types.EXN,
    0x6A: types.ARRAY,
    0x6B: types.STRUCT,
    0x6C: types.I31,
    0x6D: types.EQ,
    0x6E: types.ANY,
    0x6F: types.EXTERN,
    0x70: types.FUNC,
    0x71: types.NONE,
    0x72: types.NOEXTERN,
    0x73: types.NOFUNC,
    0x74: types.NOEXN,
    0x68: types.CONT,  # stack switching
    0x75: types.NOCONT,  # stack switching
}
"""Heap Types."""

REF_NULL, REF = 0x63, 0x64
ARRAY, STRUCT, FUNC = 0x5E, 0x5F, 0x60
CONT = 0x5D  # stack switching
REC, SUB, SUB_FINAL = 0x4E, 0x50, 0x4F

SHARED = 0x65  # shared-everything threads
EXACT, DESCRIBES, DESCRIPTOR = 0x62, 0x4C, 0x4D  # custom descriptors

MAGIC = b"\0asm\x01\0\0\0"
COMPONENT = b"\x0d\0\x01\0"
"""A component's version."""
CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY = 0, 1, 2, 3, 4, 5
GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG = 6, 7, 8, 9, 10, 11, 12, 13
ORDER = (
    *(TYPE, IMPORT, FUNCTION, TABLE, MEMORY, TAG, GLOBAL, EXPORT),
    *(START, ELEMENT, DATA_COUNT, CODE, DATA),
)
"""The order of sections in a module; custom sections stand anywhere."""
