"""Where an initializer ends: the constant instructions of "Expressions", read and not judged."""

from __future__ import annotations

from typereg.reference.limits import Features, Limits

from .decode import TypeDecoder
from .reader import Reader

END = 0x0B
PLAIN = frozenset({0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E})
"""Addition, subtraction and multiplication of integers: no immediates."""
GC_INDICES = {0: 1, 1: 1, 6: 1, 7: 1, 8: 2, 26: 0, 27: 0, 28: 0}
"""Behind 0xfb, how many indices follow: structs, arrays, conversions, ``ref.i31``."""


def skip_initializer(reader: Reader) -> None:
    """Pass over a constant expression, its ``end`` included."""
    while not skip_instruction(reader):
        pass


def skip_instruction(reader: Reader) -> bool:
    """Pass over one constant instruction; whether it was the ``end``."""
    at, opcode = reader.at, reader.byte()
    match opcode:
        case 0x41:  # i32.const
            reader.signed(32)
        case 0x42:  # i64.const
            reader.signed(64)
        case 0x43:  # f32.const
            reader.take(4)
        case 0x44:  # f64.const
            reader.take(8)
        case 0x23 | 0xD2:  # global.get, ref.func
            reader.u32()
        case 0xD0:  # ref.null
            TypeDecoder(reader, Limits.spec(), Features(stack_switching=True)).heap()
        case 0xFB:
            indices = GC_INDICES.get(reader.u32())
            if indices is None:
                raise reader.fail("expected a constant instruction", at)
            for _ in range(indices):
                reader.u32()
        case 0xFD:
            if reader.u32() != 12:  # v128.const
                raise reader.fail("expected a constant instruction", at)
            reader.take(16)
        case _ if opcode != END and opcode not in PLAIN:
            raise reader.fail(f"expected a constant instruction, found 0x{opcode:02x}", at)
    return opcode == END
