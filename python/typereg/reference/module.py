"""A module as far as types go: its groups, imports and exports (G11), read from bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .binary import Reader, TypeDecoder, opcodes
from .binary.initializer import skip_initializer
from .errors import DecodeError, UnsupportedFeatureError, ValidationError
from .limits import Features, Limits
from .structure import Equality, Matching, Validity, closing, roll
from .types import (
    DefType,
    ExternType,
    FuncType,
    GlobalType,
    Matchable,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    SubType,
    TableType,
    TagType,
)

Kind: TypeAlias = Literal["func", "table", "memory", "global", "tag"]
KINDS: tuple[Kind, ...] = ("func", "table", "memory", "global", "tag")
"""The kinds of external types, by their byte."""

SPACES = dict(
    zip(KINDS, ("functions", "tables", "memories", "globals", "tags"), strict=True)
)  # fmt: skip
"""The limit on each index space; imported ones count as well (G4)."""


@dataclass(frozen=True, slots=True)
class ImportType:
    """One import.

    Of a function or tag, ``type`` has its signature and ``type_index`` says which type it names.
    """

    module: str
    name: str
    type: ExternType
    type_index: int | None = None


@dataclass(frozen=True, slots=True)
class ExportType:
    """One export, with the attributes of an `ImportType`."""

    name: str
    type: ExternType
    type_index: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in an index space: its external type, and which type it names if any."""

    type: ExternType
    type_index: int | None = None


class Module:
    """What a binary module declares. Decoded and judged once, without an engine (G11).

    Raises `DecodeError`, `ValidationError`, `LimitError`, `UnsupportedFeatureError`. Bodies,
    elements and data are passed over; initializers are read to find their ends.
    """

    def __init__(
        self, source: bytes, *, features: Features | None = None, limits: Limits | None = None
    ) -> None:
        """Decode and judge bytes."""
        self.wasm = bytes(source)
        self.features = features or Features()
        self.limits = limits or Limits.js_api()
        self.groups: list[RecGroup] = []
        """The groups as written: every reference is a `ModuleTypeIndex`."""
        self.def_types: list[DefType] = []
        """The defined types, closed, by type index (G10)."""
        self.spaces: dict[Kind, list[Item]] = {kind: [] for kind in KINDS}
        """The index spaces; imports come first."""
        self.imports: tuple[ImportType, ...] = ()
        self.exports: tuple[ExportType, ...] = ()
        self._read()
        self.types: tuple[SubType, ...] = tuple(
            member for group in self.groups for member in group.members
        )
        """The types by type index, as written."""
        starts, start = [], 0
        for group in self.groups:
            starts.append(start)
            start += len(group.members)
        self.rec_groups: tuple[RecGroup, ...] = tuple(map(roll, starts, self.groups))
        """The groups rolled up: own members are `RecIndex`, earlier types `ModuleTypeIndex`."""

    def admit(self, limits: Limits, features: Features) -> None:
        """Judge what was decoded by other limits and features: those of an engine (G4)."""
        if (limits, features) == (self.limits, self.features):
            return
        validity = Validity(limits, features)
        validity.section(self.groups)
        limits.check("imports", len(self.imports))
        limits.check("exports", len(self.exports))
        for kind, space in self.spaces.items():
            limits.check(SPACES[kind], len(space))
            for item in space:
                validity.extern(self.extern(item))

    def def_type(self, type_index: int) -> DefType:
        """The defined type of a type index."""
        return self.def_types[type_index]

    def close(self, what: Closable) -> Matchable:
        """A type of this module, closed: a type index, value, reference, field or external type."""
        if isinstance(what, int):
            return self.def_types[what]
        return closing(self.def_types).any(what)

    def extern(self, item: ImportType | ExportType | Item) -> ExternType:
        """The closed external type of an import or export, a function's by its defined type.

        This is what linking compares: declared subtyping of functions counts.
        """
        if item.type_index is None:
            return closing(self.def_types).extern(item.type)
        defined = self.def_types[item.type_index]
        return TagType(defined) if isinstance(item.type, TagType) else defined

    # The sections.

    def _read(self) -> None:
        reader = Reader(self.wasm)
        if self.wasm[:4] != opcodes.MAGIC[:4]:
            raise DecodeError("expected a module, which begins with \\0asm", 0)
        if self.wasm[4:8] != opcodes.MAGIC[4:]:
            if self.wasm[6:8] == b"\1\0":
                raise UnsupportedFeatureError("components")
            raise DecodeError("expected version 1", 4)
        reader.take(8)
        handlers: dict[int, Callable[[Reader], None]] = {
            opcodes.TYPE: self._type_section,
            opcodes.IMPORT: self._import_section,
            opcodes.FUNCTION: self._function_section,
            opcodes.TABLE: self._table_section,
            opcodes.MEMORY: self._memory_section,
            opcodes.TAG: self._tag_section,
            opcodes.GLOBAL: self._global_section,
            opcodes.EXPORT: self._export_section,
            opcodes.CODE: self._code_section,
        }
        last = -1
        self._declared = self._bodies = 0
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
            if number in handlers:
                handlers[number](part)
                if not part.done():
                    raise part.fail("bytes after the end of a section")
        if self._declared != self._bodies:
            what = f"{self._declared} functions are declared and {self._bodies} have a body"
            raise DecodeError(what, reader.at)

    def _decoder(self, reader: Reader) -> TypeDecoder:
        return TypeDecoder(reader, self.limits, self.features)

    def _validity(self) -> Validity:
        return Validity(self.limits, self.features)

    def _type_section(self, reader: Reader) -> None:
        self.groups = self._decoder(reader).groups()
        self.def_types = self._validity().section(self.groups)

    def _import_section(self, reader: Reader) -> None:
        imports = reader.list(lambda: self._import(reader), self._bound("imports"))
        self.imports = tuple(imports)

    def _import(self, reader: Reader) -> ImportType:
        module, name, at = reader.name(), reader.name(), reader.at
        byte = reader.byte()
        if byte >= len(KINDS):
            raise reader.fail(f"expected a kind of import, found 0x{byte:02x}", at)
        item = self._extern(KINDS[byte], reader)
        self._add(KINDS[byte], item)
        return ImportType(module, name, item.type, item.type_index)

    def _extern(self, kind: Kind, reader: Reader) -> Item:
        decoder = self._decoder(reader)
        match kind:
            case "func":
                return self._func(reader.u32(), reader)
            case "table":
                return self._judged(decoder.table(), reader)
            case "memory":
                return self._judged(decoder.memory(), reader)
            case "global":
                return self._judged(decoder.global_(), reader)
            case "tag":
                index = decoder.tag().n
                item = self._func(index, reader)
                assert isinstance(item.type, FuncType)
                self._judge(TagType(self.def_types[index]), reader)
                return Item(TagType(item.type), index)

    def _func(self, index: int, reader: Reader) -> Item:
        """A function by type index: its signature in terms of the module's own indices."""
        if index >= len(self.def_types):
            raise ValidationError(f"there is no type {index}", offset=reader.at)
        self._judge(self.def_types[index], reader)
        composite = self._member(index).composite
        assert isinstance(composite, FuncType)
        return Item(composite, index)

    def _member(self, index: int) -> SubType:
        for group in self.groups:
            if index < len(group.members):
                return group.members[index]
            index -= len(group.members)
        raise IndexError(index)

    def _judged(self, extern: ExternType, reader: Reader) -> Item:
        """An external type that refers to types in range and is valid."""
        refs = [extern.element] if isinstance(extern, TableType) else []
        if isinstance(extern, GlobalType) and isinstance(extern.content, RefType):
            refs = [extern.content]
        for ref in refs:
            if isinstance(ref.heap, ModuleTypeIndex) and ref.heap.n >= len(self.def_types):
                raise ValidationError(f"there is no type {ref.heap.n}", offset=reader.at)
        self._judge(closing(self.def_types).extern(extern), reader)
        return Item(extern)

    def _judge(self, extern: ExternType, reader: Reader) -> None:
        try:
            self._validity().extern(extern)
        except ValidationError as error:
            error.offset = reader.at
            raise

    def _add(self, kind: Kind, item: Item) -> None:
        self.spaces[kind].append(item)
        self.limits.check(SPACES[kind], len(self.spaces[kind]))

    def _bound(self, limit: str) -> Callable[[int], None]:
        return lambda count: self.limits.check(limit, count)

    def _room(self, kind: Kind) -> Callable[[int], None]:
        return lambda count: self.limits.check(SPACES[kind], len(self.spaces[kind]) + count)

    def _declare(self, kind: Kind, read: Callable[[], Item], reader: Reader) -> int:
        items = reader.list(read, self._room(kind))
        self.spaces[kind].extend(items)
        return len(items)

    def _function_section(self, reader: Reader) -> None:
        self._declared = self._declare("func", lambda: self._extern("func", reader), reader)

    def _memory_section(self, reader: Reader) -> None:
        self._declare("memory", lambda: self._extern("memory", reader), reader)

    def _tag_section(self, reader: Reader) -> None:
        self._declare("tag", lambda: self._extern("tag", reader), reader)

    def _global_section(self, reader: Reader) -> None:
        def global_() -> Item:
            item = self._extern("global", reader)
            skip_initializer(reader)
            return item

        self._declare("global", global_, reader)

    def _table_section(self, reader: Reader) -> None:
        def table() -> Item:
            initialized = reader.peek() == 0x40
            if initialized:
                at = reader.at
                reader.byte()
                if reader.byte():
                    raise reader.fail("expected a table with an initializer", at)
            item = self._extern("table", reader)
            if initialized:
                skip_initializer(reader)
            elif isinstance(item.type, TableType) and not item.type.element.nullable:
                what = "a table of elements that cannot be null has no initializer"
                raise ValidationError(what, offset=reader.at)
            return item

        self._declare("table", table, reader)

    def _export_section(self, reader: Reader) -> None:
        names: set[str] = set()

        def export() -> ExportType:
            name, at = reader.name(), reader.at
            byte = reader.byte()
            if byte >= len(KINDS):
                raise reader.fail(f"expected a kind of export, found 0x{byte:02x}", at)
            space, index = self.spaces[KINDS[byte]], reader.u32()
            if index >= len(space):
                what = f"export of {KINDS[byte]} {index}, which is not there"
                raise ValidationError(what, offset=at)
            if name in names:
                raise ValidationError(f"two exports are named {name!r}", offset=at)
            names.add(name)
            return ExportType(name, space[index].type, space[index].type_index)

        self.exports = tuple(reader.list(export, self._bound("exports")))

    def _code_section(self, reader: Reader) -> None:
        def body() -> None:
            reader.take(reader.u32())

        self._bodies = len(reader.list(body))


Closable: TypeAlias = int | Matchable
"""What can be asked about in terms of a module: a type index, or a type that uses its indices."""


def matches(module_a: Module, a: Closable, module_b: Module, b: Closable) -> bool:
    """Whether ``a`` of one module matches ``b`` of another, by the specification's rules (G5)."""
    return Matching().holds(module_a.close(a), module_b.close(b))


def equal(module_a: Module, a: Closable, module_b: Module, b: Closable) -> bool:
    """Whether ``a`` of one module and ``b`` of another are the same type."""
    return Equality().holds(module_a.close(a), module_b.close(b))
