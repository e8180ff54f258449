"""Bytes to types: "Types" of the chapter "Binary Format", a method for each of its grammars."""

from __future__ import annotations

from collections.abc import Callable

from typereg.reference.errors import UnsupportedFeatureError, ValidationError
from typereg.reference.limits import Features, Limits
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
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    TableType,
    ValueType,
)

from . import opcodes
from .reader import Reader


class TypeDecoder:
    """Reads types at a `Reader`. References are `ModuleTypeIndex`, as the bytes have them."""

    def __init__(self, reader: Reader, limits: Limits, features: Features) -> None:
        """Start where the reader stands, with the bounds and features of the module."""
        self.reader = reader
        self.limits = limits
        self.features = features
        self.types: int = 0
        """How many types were read, which is the index of the next."""

    # Heap Types, Reference Types, Value Types, Result Types.

    def abstract(self, byte: int) -> AbsHeapType:
        """An abstract heap type by its byte; those of continuations need their feature (G3)."""
        heap = opcodes.HEAPS[byte]
        if heap.name in ("cont", "nocont"):
            self.features.require("stack_switching")
        return heap

    def heap(self) -> HeapType:
        """``heaptype``: one byte, or a type index as a positive signed integer."""
        byte = self.reader.peek()
        if byte in opcodes.HEAPS:
            self.reader.byte()
            return self.abstract(byte)
        self.refuse(byte, {opcodes.SHARED: "shared_types", opcodes.EXACT: "custom_descriptors"})
        return self.type_index()

    def type_index(self) -> ModuleTypeIndex:
        """A type index where an abstract heap type may stand: ``s33``, positive."""
        at = self.reader.at
        index = self.reader.signed(33)
        if index < 0:
            raise self.reader.fail("expected a heap type", at)
        return ModuleTypeIndex(index)

    def value(self) -> ValueType:
        """``valtype``: a number, vector or reference type."""
        byte = self.reader.peek()
        if byte in opcodes.NUMBERS:
            self.reader.byte()
            return opcodes.NUMBERS[byte]
        return self.ref("a value type")

    def ref(self, wanted: str = "a reference type") -> RefType:
        """``reftype``: a byte and a heap type, or an abstract heap type as its short form."""
        at, byte = self.reader.at, self.reader.byte()
        if byte in (opcodes.REF_NULL, opcodes.REF):
            return RefType(self.heap(), byte == opcodes.REF_NULL)
        if byte in opcodes.HEAPS:
            return RefType(self.abstract(byte))
        self.refuse(byte, {opcodes.SHARED: "shared_types"})
        raise self.reader.fail(f"expected {wanted}, found 0x{byte:02x}", at)

    def result(self, limit: str) -> list[ValueType]:
        """``resulttype``: a list of value types."""
        return self.reader.list(self.value, self.bound(limit))

    def bound(self, limit: str) -> Callable[[int], None]:
        """What looks at a count before its items are read."""
        return lambda count: self.limits.check(limit, count)

    # Composite Types.

    def mutability(self) -> bool:
        """``mut``: one byte, 0 or 1."""
        at, byte = self.reader.at, self.reader.byte()
        if byte > 1:
            raise self.reader.fail(f"expected a mutability, found 0x{byte:02x}", at)
        return byte == 1

    def storage(self) -> StorageType:
        """``storagetype``: a value type or a packed type."""
        byte = self.reader.peek()
        if byte in opcodes.PACKED:
            self.reader.byte()
            return opcodes.PACKED[byte]
        return self.value()

    def field(self) -> FieldType:
        """``fieldtype``: storage type, then mutability."""
        storage = self.storage()
        return FieldType(storage, self.mutability())

    def composite(self) -> CompositeType:
        """``comptype``: a byte for its kind, then its parts."""
        at, byte = self.reader.at, self.reader.byte()
        if byte == opcodes.FUNC:
            params = self.result("params")
            return FuncType(params, self.result("results"))
        if byte == opcodes.STRUCT:
            return StructType(self.reader.list(self.field, self.bound("fields")))
        if byte == opcodes.ARRAY:
            return ArrayType(self.field())
        if byte == opcodes.CONT:
            self.features.require("stack_switching")
            return ContType(self.type_index())
        descriptors = (opcodes.DESCRIBES, opcodes.DESCRIPTOR)
        self.refuse(
            byte,
            {opcodes.SHARED: "shared_types", **dict.fromkeys(descriptors, "custom_descriptors")},
        )
        raise self.reader.fail(f"expected a type, found 0x{byte:02x}", at)

    # Recursive Types.

    def sub(self) -> SubType:
        """``subtype``: finality and supertypes, or without them a composite type by itself."""
        byte = self.reader.peek()
        supertype, final = None, True
        if byte in (opcodes.SUB, opcodes.SUB_FINAL):
            self.reader.byte()
            final = byte == opcodes.SUB_FINAL
            supertypes = self.reader.list(self.reader.u32, self.at_most_one_supertype)
            supertype = ModuleTypeIndex(supertypes[0]) if supertypes else None
        sub = SubType(self.composite(), supertype=supertype, final=final)
        self.types += 1
        return sub

    def at_most_one_supertype(self, count: int) -> None:
        """What the syntax allows more of, and validity does not (``K-sub``)."""
        if count > 1:
            what = f"{count} supertypes"
            raise ValidationError(what, type_index=self.types, offset=self.reader.at)

    def group(self) -> RecGroup:
        """``rectype``: a list of sub types, or one by itself."""
        if self.reader.peek() == opcodes.REC:
            self.reader.byte()
            return RecGroup(self.reader.list(self.sub, self.group_size))
        self.group_size(1)
        return RecGroup([self.sub()])

    def group_size(self, count: int) -> None:
        """How many types there may be in one group, and with those before in all."""
        self.limits.check("group_size", count)
        self.limits.check("types", self.types + count)

    def groups(self) -> list[RecGroup]:
        """The type section: a list of recursive types."""
        return self.reader.list(self.group, self.bound("groups"))

    # Limits, Global Types, Memory Types, Table Types.

    def limits_of(
        self, allowed: int, what: str
    ) -> tuple[int, int, int | None]:  # flags, minimum, maximum
        """``limits``: flags, minimum, maximum. ``allowed`` are the flags that may be set.

        Both numbers have 64 bits; what 32-bit addresses allow is for validity to say.
        """
        at, flags = self.reader.at, self.reader.byte()
        if flags & ~allowed:
            raise self.reader.fail(f"expected the limits of a {what}, found 0x{flags:02x}", at)
        minimum = self.reader.unsigned(64)
        return flags, minimum, self.reader.unsigned(64) if flags & 1 else None

    def table(self) -> TableType:
        """``tabletype``: element, then limits."""
        element = self.ref()
        flags, minimum, maximum = self.limits_of(0b101, "table")
        return TableType(element, minimum, maximum, address64=bool(flags & 4))

    def memory(self) -> MemoryType:
        """``memtype``: limits. Shared (threads) is flag 2, a page size (its proposal) flag 8."""
        flags, minimum, maximum = self.limits_of(0b1111, "memory")
        page_size = 65536
        if flags & 8:
            self.features.require("custom_page_sizes")
            page_size = 1 << min(self.reader.u32(), 64)
        return MemoryType(
            minimum,
            maximum,
            address64=bool(flags & 4),
            shared=bool(flags & 2),
            page_size=page_size,
        )

    def global_(self) -> GlobalType:
        """``globaltype``: content, then mutability; 2 and 3 would be shared."""
        content = self.value()
        if not self.reader.done() and self.reader.peek() in (2, 3):
            raise UnsupportedFeatureError("shared_types")
        return GlobalType(content, self.mutability())

    def tag(self) -> ModuleTypeIndex:
        """``tagtype``: a zero byte and a type index."""
        at, byte = self.reader.at, self.reader.byte()
        if byte:
            raise self.reader.fail(f"expected a tag type, found 0x{byte:02x}", at)
        return ModuleTypeIndex(self.reader.u32())

    def refuse(self, byte: int, known: dict[int, str]) -> None:
        """Refuse by name what belongs to a proposal that is not supported (G3)."""
        if byte in known:
            raise UnsupportedFeatureError(known[byte])
