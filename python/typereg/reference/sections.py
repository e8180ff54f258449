"""The sections of a module that declare types or use them: "Modules" of "Binary Format" (G11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .binary import Reader, TypeDecoder, opcodes
from .binary.initializer import skip_initializer
from .errors import DecodeError, UnsupportedFeatureError, ValidationError
from .limits import Limits
from .structure import Validity, closing
from .types import (
    DefType,
    ExternType,
    FuncType,
    GlobalType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    SubType,
    TableType,
    TagType,
)

KINDS = ("func", "table", "memory", "global", "tag")
"""The kinds of external types, by their byte."""

SPACES = {
    "func": "functions",
    "table": "tables",
    "memory": "memories",
    "global": "globals",
    "tag": "tags",
}
"""The limit on each index space; imported ones count as well (G4)."""


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in an index space.

    Of a function or tag, ``type`` has its signature and ``type_index`` says which type it names.
    """

    type: ExternType
    type_index: int | None = None


@dataclass(frozen=True, slots=True)
class ImportType:
    """One import; ``type`` and ``type_index`` are those of an `Item`."""

    module: str
    name: str
    type: ExternType
    type_index: int | None = None


@dataclass(frozen=True, slots=True)
class ExportType:
    """One export; ``type`` and ``type_index`` are those of an `Item`."""

    name: str
    type: ExternType
    type_index: int | None = None


class Sections:
    """Reads a module section by section, and judges each as it comes.

    Initializers are read to find their ends; bodies, elements and data are passed over.
    """

    def __init__(self, validity: Validity) -> None:
        """Begin with the rules, bounds and features that the module is judged by."""
        self.validity = validity
        self.limits: Limits = validity.limits
        self.groups: list[RecGroup] = []
        """The groups as written."""
        self.types: list[SubType] = []
        """Their members, by type index."""
        self.def_types: list[DefType] = []
        """The same, closed."""
        self.spaces: dict[str, list[Item]] = {kind: [] for kind in KINDS}
        """The index spaces; imports come first."""
        self.imports: tuple[ImportType, ...] = ()
        self.exports: tuple[ExportType, ...] = ()
        self.declared: int = 0
        """How many functions want a body."""
        self.bodies: int = 0
        self.data_count: int | None = None
        self.data: int = 0

    def read(self, data: bytes) -> None:
        """Read a whole module."""
        reader = Reader(data)
        self.header(reader)
        last = -1
        while not reader.done():
            at, number = reader.at, reader.byte()
            part = reader.part(reader.u32())
            if number == opcodes.CUSTOM:
                part.name()
                continue
            if number not in opcodes.ORDER:
                raise DecodeError(f"there is no section {number}", at)
            if opcodes.ORDER.index(number) <= last:
                raise DecodeError(f"section {number} is out of order", at)
            last = opcodes.ORDER.index(number)
            self.section(number, part)
        self.agree(reader.at)

    def agree(self, at: int) -> None:
        """Sections that count the same things agree (Binary Format, "Modules")."""
        if self.declared != self.bodies:
            what = f"{self.declared} functions are declared and {self.bodies} have a body"
            raise DecodeError(what, at)
        if self.data_count not in (None, self.data):
            raise DecodeError(f"{self.data_count} data are declared and {self.data} there", at)

    def header(self, reader: Reader) -> None:
        """Magic and version. A component's version is another (G3)."""
        magic, version = reader.data[:4], reader.data[4:8]
        if magic != opcodes.MAGIC[:4]:
            raise DecodeError("expected a module, which begins with \\0asm", 0)
        if version != opcodes.MAGIC[4:]:
            if version == opcodes.COMPONENT:
                raise UnsupportedFeatureError("components")
            raise DecodeError("expected version 1", 4)
        reader.take(8)

    def section(self, number: int, reader: Reader) -> None:
        """One section, to its end."""
        sections: dict[int, Callable[[Reader], None]] = {
            opcodes.TYPE: self.type_section,
            opcodes.IMPORT: self.import_section,
            opcodes.FUNCTION: self.function_section,
            opcodes.TABLE: self.table_section,
            opcodes.MEMORY: self.memory_section,
            opcodes.TAG: self.tag_section,
            opcodes.GLOBAL: self.global_section,
            opcodes.EXPORT: self.export_section,
            opcodes.START: self.start_section,
            opcodes.ELEMENT: self.element_section,
            opcodes.DATA_COUNT: self.data_count_section,
            opcodes.CODE: self.code_section,
            opcodes.DATA: self.data_section,
        }
        sections[number](reader)
        if not reader.done():
            raise reader.fail("bytes after the end of a section")

    def decoder(self, reader: Reader) -> TypeDecoder:
        """What reads types here."""
        return TypeDecoder(reader, self.limits, self.validity.features)

    def bound(self, limit: str) -> Callable[[int], None]:
        """What looks at a count before its items are read."""
        return lambda count: self.limits.check(limit, count)

    # One section each.

    def type_section(self, reader: Reader) -> None:
        """The type section: the groups, decoded and judged."""
        self.groups = self.decoder(reader).groups()
        self.types = [member for group in self.groups for member in group.members]
        self.def_types = self.validity.section(self.groups)

    def import_section(self, reader: Reader) -> None:
        """The import section; imports come first in every index space."""

        def import_() -> ImportType:
            module, name, kind = reader.name(), reader.name(), self.kind(reader)
            self.limits.check(SPACES[kind], len(self.spaces[kind]) + 1)
            item = self.extern(kind, reader)
            self.spaces[kind].append(item)
            return ImportType(module, name, item.type, item.type_index)

        self.imports = tuple(reader.list(import_, self.bound("imports")))

    def function_section(self, reader: Reader) -> None:
        """The function section: a type index for each function."""
        self.declared = self.declare("func", reader, lambda: self.extern("func", reader))

    def table_section(self, reader: Reader) -> None:
        """The table section: a table type, or a prefix, the type and an initializer."""
        self.declare("table", reader, lambda: self.table(reader))

    def memory_section(self, reader: Reader) -> None:
        """The memory section."""
        self.declare("memory", reader, lambda: self.extern("memory", reader))

    def tag_section(self, reader: Reader) -> None:
        """The tag section."""
        self.declare("tag", reader, lambda: self.extern("tag", reader))

    def global_section(self, reader: Reader) -> None:
        """The global section: a global type and an initializer each."""

        def global_() -> Item:
            item = self.extern("global", reader)
            skip_initializer(reader)
            return item

        self.declare("global", reader, global_)

    def export_section(self, reader: Reader) -> None:
        """The export section: each name once, each index in range."""
        names: set[str] = set()

        def export() -> ExportType:
            at, name, kind, index = reader.at, reader.name(), self.kind(reader), reader.u32()
            space = self.spaces[kind]
            if index >= len(space):
                raise ValidationError(f"export of {kind} {index}, which is not there", offset=at)
            if name in names:
                raise ValidationError(f"two exports are named {name!r}", offset=at)
            names.add(name)
            return ExportType(name, space[index].type, space[index].type_index)

        self.exports = tuple(reader.list(export, self.bound("exports")))

    def start_section(self, reader: Reader) -> None:
        """The start section: the index of a function, which types have no part in."""
        reader.u32()

    def data_count_section(self, reader: Reader) -> None:
        """The data count section: the number of data."""
        self.data_count = reader.u32()

    def code_section(self, reader: Reader) -> None:
        """The code section: bodies are as many as its count says, and passed over."""
        self.bodies = self.count(reader)

    def element_section(self, reader: Reader) -> None:
        """The element section: passed over after its count."""
        self.count(reader)

    def data_section(self, reader: Reader) -> None:
        """The data section: passed over after its count."""
        self.data = self.count(reader)

    def count(self, reader: Reader) -> int:
        """The count at the head of a section; what it counts is passed over."""
        count = reader.u32()
        reader.at = reader.end
        return count

    # What stands in them.

    def declare(self, kind: str, reader: Reader, item: Callable[[], Item]) -> int:
        """A section of an index space's own items; gives their number."""
        space = self.spaces[kind]
        before = len(space)
        items = reader.list(item, lambda count: self.limits.check(SPACES[kind], before + count))
        space.extend(items)
        return len(items)

    def kind(self, reader: Reader) -> str:
        """The byte for a kind of external type."""
        at, byte = reader.at, reader.byte()
        if byte >= len(KINDS):
            raise reader.fail(f"expected a kind of external type, found 0x{byte:02x}", at)
        return KINDS[byte]

    def extern(self, kind: str, reader: Reader) -> Item:
        """``externtype`` behind its kind, judged."""
        at, decoder = reader.at, self.decoder(reader)
        if kind == "func":
            return self.func(reader.u32(), at)
        if kind == "tag":
            return self.tag(decoder.tag().n, at)
        read: dict[str, Callable[[], ExternType]] = {
            "table": decoder.table,
            "memory": decoder.memory,
            "global": decoder.global_,
        }
        extern = read[kind]()
        match extern:
            case TableType(RefType(ModuleTypeIndex(n))) | GlobalType(RefType(ModuleTypeIndex(n))):
                self.in_range(n, at)
        self.judge(closing(self.def_types).extern(extern), at)
        return Item(extern)

    def func(self, index: int, at: int) -> Item:
        """A function by type index; its signature uses the module's own indices."""
        self.in_range(index, at)
        self.judge(self.def_types[index], at)
        return Item(self.signature(index), index)

    def tag(self, index: int, at: int) -> Item:
        """A tag by type index."""
        self.in_range(index, at)
        self.judge(TagType(self.def_types[index]), at)
        return Item(TagType(self.signature(index)), index)

    def signature(self, index: int) -> FuncType:
        """The function type of a type index that was judged to be one."""
        composite = self.types[index].composite
        assert isinstance(composite, FuncType)
        return composite

    def table(self, reader: Reader) -> Item:
        """A table: without an initializer its elements begin as null, and may be (``T-table``)."""
        at = reader.at
        initialized = reader.peek() == 0x40
        if initialized and reader.take(2) != b"\x40\0":
            raise reader.fail("expected a table with an initializer", at)
        item = self.extern("table", reader)
        if initialized:
            skip_initializer(reader)
        elif isinstance(item.type, TableType) and not item.type.element.nullable:
            what = "a table whose elements cannot be null has no initializer"
            raise ValidationError(what, offset=at)
        return item

    def in_range(self, index: int, at: int) -> None:
        """A type index leads to a type (``K-typeuse``)."""
        if index >= len(self.types):
            raise ValidationError(f"there is no type {index}", offset=at)

    def judge(self, extern: ExternType, at: int) -> None:
        """A closed external type is valid."""
        try:
            self.validity.extern(extern)
        except ValidationError as error:
            error.offset = at
            raise
