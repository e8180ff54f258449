"""Types to bytes: the grammars of "Types" in the chapter "Binary Format", the other way.

References are `ModuleTypeIndex`; in a group that begins at a known type index, `RecIndex` as well.
Nothing is checked, so that invalid types have bytes too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from typereg.reference.types import (
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    FieldType,
    FuncType,
    GlobalType,
    HeapType,
    MemoryType,
    ModuleTypeIndex,
    NumType,
    PackedType,
    RecGroup,
    RecIndex,
    RefType,
    StorageType,
    StructType,
    SubType,
    TableType,
    TypeUse,
    VecType,
)

from . import opcodes

NUMBERS = {number: bytes([byte]) for byte, number in opcodes.NUMBERS.items()}
PACKED = {packed: bytes([byte]) for byte, packed in opcodes.PACKED.items()}
HEAPS = {heap: bytes([byte]) for byte, heap in opcodes.HEAPS.items()}


def unsigned(value: int) -> bytes:
    """Unsigned LEB128, in the shortest form."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Signed LEB128, in the shortest form."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def listed(items: Sequence[bytes]) -> bytes:
    """A count and the items."""
    return unsigned(len(items)) + b"".join(items)


def name(text: str) -> bytes:
    """A name: its length in bytes and its UTF-8."""
    raw = text.encode()
    return unsigned(len(raw)) + raw


def section(number: int, body: bytes) -> bytes:
    """A section."""
    return bytes([number]) + unsigned(len(body)) + body


class TypeEncoder:
    """Writes types of a module; ``start`` is the type index where the group at hand begins."""

    def __init__(self, start: int = 0) -> None:
        """Begin a group at a type index."""
        self.start = start

    def index(self, use: TypeUse) -> int:
        """A type use as the number that the binary format has for it."""
        match use:
            case ModuleTypeIndex(n):
                return n
            case RecIndex(n):
                return self.start + n
        raise TypeError(f"{use} has no number in a module")

    def heap(self, heap: HeapType) -> bytes:
        """``heaptype``."""
        return HEAPS[heap] if isinstance(heap, AbsHeapType) else signed(self.index(heap))

    def storage(self, storage: StorageType) -> bytes:
        """``storagetype``, and so ``valtype``: references in their short form where it exists."""
        match storage:
            case NumType() | VecType():
                return NUMBERS[storage]
            case PackedType():
                return PACKED[storage]
            case RefType(heap, True) if isinstance(heap, AbsHeapType):
                return self.heap(heap)
            case RefType(heap, nullable):
                head = opcodes.REF_NULL if nullable else opcodes.REF
                return bytes([head]) + self.heap(heap)

    def values(self, values: Iterable[StorageType]) -> bytes:
        """``resulttype``."""
        return listed([self.storage(value) for value in values])

    def field(self, field: FieldType | GlobalType) -> bytes:
        """``fieldtype``, and ``globaltype``, which is written alike."""
        storage = field.storage if isinstance(field, FieldType) else field.content
        return self.storage(storage) + bytes([field.mutable])

    def composite(self, composite: CompositeType) -> bytes:
        """``comptype``."""
        match composite:
            case FuncType(params, results):
                return bytes([opcodes.FUNC]) + self.values(params) + self.values(results)
            case StructType(fields):
                return bytes([opcodes.STRUCT]) + listed([self.field(field) for field in fields])
            case ArrayType(field):
                return bytes([opcodes.ARRAY]) + self.field(field)
            case ContType(func):
                return bytes([opcodes.CONT]) + signed(self.index(func))

    def sub(self, sub: SubType) -> bytes:
        """``subtype``: the composite by itself where it is final and without supertype."""
        if sub.final and sub.supertype is None:
            return self.composite(sub.composite)
        head = opcodes.SUB_FINAL if sub.final else opcodes.SUB
        supertypes = [] if sub.supertype is None else [unsigned(self.index(sub.supertype))]
        return bytes([head]) + listed(supertypes) + self.composite(sub.composite)

    def group(self, group: RecGroup) -> bytes:
        """``rectype``: a group of one without ``rec``."""
        members = [self.sub(member) for member in group.members]
        return members[0] if len(members) == 1 else bytes([opcodes.REC]) + listed(members)

    def limits(
        self,
        minimum: int,
        maximum: int | None,
        *,
        address64: bool,
        shared: bool = False,
        page_size: int = 65536,
    ) -> bytes:
        """``limits``: flags, minimum, maximum."""
        custom = page_size != 65536
        flags = (maximum is not None) | shared << 1 | address64 << 2 | custom << 3
        return (
            bytes([flags])
            + unsigned(minimum)
            + (b"" if maximum is None else unsigned(maximum))
            + (unsigned(page_size.bit_length() - 1) if custom else b"")
        )

    def table(self, table: TableType) -> bytes:
        """``tabletype``."""
        return self.storage(table.element) + self.limits(
            table.minimum, table.maximum, address64=table.address64
        )

    def memory(self, memory: MemoryType) -> bytes:
        """``memtype``."""
        return self.limits(
            memory.minimum,
            memory.maximum,
            address64=memory.address64,
            shared=memory.shared,
            page_size=memory.page_size,
        )


def type_section(groups: Iterable[RecGroup]) -> bytes:
    """The type section of these groups, in order."""
    written: list[bytes] = []
    start = 0
    for group in groups:
        written.append(TypeEncoder(start).group(group))
        start += len(group.members)
    return section(opcodes.TYPE, listed(written))


def module(groups: Iterable[RecGroup]) -> bytes:
    """A module of a type section and nothing else; without groups, of nothing at all."""
    section = list(groups)
    return opcodes.MAGIC + (type_section(section) if section else b"")
