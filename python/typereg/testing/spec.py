"""Types and modules as plain data, valid or not: what the generators draw and a registry is given.

A type is named by its index in the module, members of the same group too; nothing is checked, so
that invalid modules can be said as easily as valid ones. Whatever stands for a module has its bytes
(`wasm`) and its text (`wat`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

NUMBERS: Final = ("i32", "i64", "f32", "f64")
VECTOR: Final = "v128"
PACKED: Final = ("i8", "i16")

HIERARCHIES: Final[dict[str, tuple[str, ...]]] = {
    "any": ("any", "eq", "i31", "struct", "array", "none"),
    "func": ("func", "nofunc"),
    "extern": ("extern", "noextern"),
    "exn": ("exn", "noexn"),
    "cont": ("cont", "nocont"),
}
"""The abstract heap types by hierarchy: top first, bottom last."""

Map: TypeAlias = Callable[[int], int]


@dataclass(frozen=True)
class Ref:
    """A reference type; `longhand` says to spell it out where a shorthand exists."""

    heap: str | int
    nullable: bool = True
    longhand: bool = False


Value: TypeAlias = str | Ref
"""A number type, `v128`, or a reference; in a field also `i8` or `i16`."""


@dataclass(frozen=True)
class Field:
    """A field of a struct, or the element of an array."""

    storage: Value
    mutable: bool = False


@dataclass(frozen=True)
class Func:
    """A function type."""

    params: tuple[Value, ...] = ()
    results: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Struct:
    """A structure type."""

    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Array:
    """An array type."""

    element: Field


@dataclass(frozen=True)
class Cont:
    """A continuation type (feature `stack_switching`)."""

    target: int


Composite: TypeAlias = Func | Struct | Array | Cont


@dataclass(frozen=True)
class Sub:
    """A type definition. WebAssembly 3.0 allows one supertype; more can be said here."""

    composite: Composite
    supertypes: tuple[int, ...] = ()
    final: bool = True
    longhand: bool = False


@dataclass(frozen=True)
class Group:
    """A recursion group. A group of one is a bare type unless `explicit`."""

    members: tuple[Sub, ...]
    explicit: bool = False


@dataclass(frozen=True)
class Limits:
    """Sizes of a table or memory."""

    minimum: int
    maximum: int | None = None
    address64: bool = False
    shared: bool = False
    page_log2: int | None = None


@dataclass(frozen=True)
class FuncExtern:
    """A function, by its type's index."""

    type: int


@dataclass(frozen=True)
class TableExtern:
    """A table."""

    element: Ref
    limits: Limits


@dataclass(frozen=True)
class MemoryExtern:
    """A memory."""

    limits: Limits


@dataclass(frozen=True)
class GlobalExtern:
    """A global."""

    content: Value
    mutable: bool = False


@dataclass(frozen=True)
class TagExtern:
    """An exception tag, by its function type's index."""

    type: int


Extern: TypeAlias = FuncExtern | TableExtern | MemoryExtern | GlobalExtern | TagExtern

EXTERN_KINDS: Final[dict[type, str]] = {
    FuncExtern: "func",
    TableExtern: "table",
    MemoryExtern: "memory",
    GlobalExtern: "global",
    TagExtern: "tag",
}


@dataclass(frozen=True)
class Import:
    """An import."""

    module: str
    name: str
    type: Extern


@dataclass(frozen=True)
class Export:
    """An export: the item of that kind and index, imported ones first."""

    name: str
    kind: str
    index: int


@dataclass(frozen=True)
class Module:
    """A module: groups of types, imports, items of its own, exports, names of types.

    An item of its own is an extern type: functions get a body that traps, tables and globals of a
    non-null type get no usable initializer, so only types are judged of those.
    """

    groups: tuple[Group, ...] = ()
    imports: tuple[Import, ...] = ()
    items: tuple[Extern, ...] = ()
    exports: tuple[Export, ...] = ()
    names: tuple[tuple[int, str], ...] = ()

    @cached_property
    def types(self) -> tuple[Sub, ...]:
        """The types by index."""
        return tuple(member for group in self.groups for member in group.members)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The index of each group's first type, and the number of types at the end."""
        starts = [0]
        for group in self.groups:
            starts.append(starts[-1] + len(group.members))
        return tuple(starts)

    @cached_property
    def _wasm(self) -> bytes:
        from . import encode

        return encode.module(self)

    @property
    def wasm(self) -> bytes:
        """The module in the binary format."""
        return self._wasm

    @cached_property
    def wat(self) -> str:
        """The module in the text format. Spelling that text cannot tell apart is lost."""
        from . import text

        return text.module(self)

    def group_of(self, index: int) -> int:
        """Give the number of the group that a type stands in."""
        for number in range(len(self.groups)):
            if self.starts[number] <= index < self.starts[number + 1]:
                return number
        raise IndexError(f"type index {index} of {len(self.types)} types")

    def externs(self, kind: str) -> list[Extern]:
        """Give the index space of a kind, imported items first."""
        imported = [each.type for each in self.imports]
        return [each for each in [*imported, *self.items] if EXTERN_KINDS[type(each)] == kind]

    def exported(self, name: str) -> Extern:
        """Give the type of an export by name; `KeyError` if there is none."""
        for export in self.exports:
            if export.name == name:
                return self.externs(export.kind)[export.index]
        raise KeyError(name)


TypeSection: TypeAlias = Module
"""A module of types alone."""


def section(*groups: Group | Sub | Composite) -> Module:
    """Make a module of types alone; a type outside a group is a group of one."""
    return Module(tuple(as_group(each) for each in groups))


def as_group(item: Group | Sub | Composite) -> Group:
    """Make a group of whatever stands for one."""
    if isinstance(item, Group):
        return item
    return Group((item if isinstance(item, Sub) else Sub(item),))


def kind_of(composite: Composite) -> Literal["func", "struct", "array", "cont"]:
    """Give the kind of a composite type."""
    match composite:
        case Func():
            return "func"
        case Struct():
            return "struct"
        case Array():
            return "array"
        case Cont():
            return "cont"


def hierarchy_of(head: str) -> str:
    """Give the top of the hierarchy that an abstract heap type stands in."""
    for top, heads in HIERARCHIES.items():
        if head in heads:
            return top
    raise ValueError(f"not an abstract heap type: {head!r}")


# References: reading and renaming them.


def _in_value(value: Value) -> Iterator[int]:
    if isinstance(value, Ref) and isinstance(value.heap, int):
        yield value.heap


def references(sub: Sub) -> Iterator[int]:
    """Give the references of a type: supertype first, then as written (K5)."""
    yield from sub.supertypes
    match sub.composite:
        case Func(params, results):
            for value in params + results:
                yield from _in_value(value)
        case Struct(fields):
            for each in fields:
                yield from _in_value(each.storage)
        case Array(element):
            yield from _in_value(element.storage)
        case Cont(target):
            yield target


def move_value(value: Value, move: Map) -> Value:
    """Rename the reference in a value type, if there is one."""
    if isinstance(value, Ref) and isinstance(value.heap, int):
        return Ref(move(value.heap), value.nullable, value.longhand)
    return value


def move_composite(composite: Composite, move: Map) -> Composite:
    """Rename the references in a composite type."""
    match composite:
        case Func(params, results):
            return Func(
                tuple(move_value(each, move) for each in params),
                tuple(move_value(each, move) for each in results),
            )
        case Struct(fields):
            return Struct(
                tuple(Field(move_value(each.storage, move), each.mutable) for each in fields)
            )
        case Array(element):
            return Array(Field(move_value(element.storage, move), element.mutable))
        case Cont(target):
            return Cont(move(target))


def move_sub(sub: Sub, move: Map) -> Sub:
    """Rename the references in a type."""
    supertypes = tuple(move(each) for each in sub.supertypes)
    return replace(sub, composite=move_composite(sub.composite, move), supertypes=supertypes)


def move_group(group: Group, move: Map) -> Group:
    """Rename the references in a group."""
    return Group(tuple(move_sub(each, move) for each in group.members), group.explicit)


def move_extern(extern: Extern, move: Map) -> Extern:
    """Rename the references in an extern type."""
    match extern:
        case FuncExtern(index):
            return FuncExtern(move(index))
        case TagExtern(index):
            return TagExtern(move(index))
        case TableExtern(element, limits):
            moved = move_value(element, move)
            assert isinstance(moved, Ref)
            return TableExtern(moved, limits)
        case GlobalExtern(content, mutable):
            return GlobalExtern(move_value(content, move), mutable)
        case MemoryExtern():
            return extern


def insert(module: Module, at: int, groups: Sequence[Group]) -> Module:
    """Put groups before the group number `at`; what stood behind them is renamed.

    References of the new groups are those of the module that results.
    """
    start = module.starts[at]
    added = sum(len(group.members) for group in groups)

    def move(index: int) -> int:
        return index + added if index >= start else index

    before = module.groups[:at]
    behind = tuple(move_group(group, move) for group in module.groups[at:])
    return replace(
        module,
        groups=(*before, *groups, *behind),
        imports=tuple(replace(each, type=move_extern(each.type, move)) for each in module.imports),
        items=tuple(move_extern(each, move) for each in module.items),
        names=tuple((move(index), name) for index, name in module.names),
    )
