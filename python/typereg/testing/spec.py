"""Modules as they are written, valid or not: what the generators draw and a registry is given.

The types are the reference's (`typereg.reference.types`). Every reference is a `ModuleTypeIndex`,
members of the same group too; nothing is checked, so that invalid modules can be said as easily as
valid ones. Three classes say what only a module as written has: `LongRefType`, `LongSubType` and
`LongRecGroup`. Whatever stands for a module has its bytes (`wasm`) and its text (`wat`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

from typereg.reference.structure import Substitution, uses_of_composite
from typereg.reference.types import (
    ANY,
    ARRAY,
    CONT,
    EQ,
    EXN,
    EXTERN,
    F32,
    F64,
    FUNC,
    I31,
    I32,
    I64,
    NOCONT,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    AbsHeapType,
    CompositeType,
    ExternType,
    GlobalType,
    HeapType,
    MemoryType,
    ModuleTypeIndex,
    NumType,
    RecGroup,
    RefType,
    SubType,
    TableType,
    TagType,
    TypeUse,
    VecType,
)

from .shown import Call, Shown, by_fields

Number: TypeAlias = NumType | VecType

NUMBERS: Final[tuple[Number, ...]] = (I32, I64, F32, F64)
HIERARCHIES: Final[dict[AbsHeapType, tuple[AbsHeapType, ...]]] = {
    ANY: (ANY, EQ, I31, STRUCT, ARRAY, NONE),
    FUNC: (FUNC, NOFUNC),
    EXTERN: (EXTERN, NOEXTERN),
    EXN: (EXN, NOEXN),
    CONT: (CONT, NOCONT),
}
"""The abstract heap types by hierarchy: top first, bottom last."""

Map: TypeAlias = Callable[[int], int]


# What only a module as written has.


@dataclass(frozen=True, repr=False)
class LongRefType(RefType):
    """A reference type spelled out where a shorthand exists: `(ref null any)` for `anyref`."""


@dataclass(frozen=True, init=False, repr=False)
class LongSubType(SubType):
    """A type definition spelled out: `(sub final (struct))` for `(struct)`.

    It may declare `more` supertypes than the one that WebAssembly 3.0 allows.
    """

    more: tuple[TypeUse, ...]

    def __init__(
        self,
        composite: CompositeType,
        *,
        supertype: TypeUse | None = None,
        final: bool = True,
        more: Sequence[TypeUse] = (),
    ) -> None:
        """Say what a `SubType` does, and further supertypes."""
        SubType.__init__(self, composite, supertype=supertype, final=final)
        object.__setattr__(self, "more", tuple(more))


@dataclass(frozen=True, init=False, repr=False)
class LongRecGroup(RecGroup):
    """A recursion group spelled out: `(rec (type (struct)))` for `(type (struct))`."""


# Modules.


def kind_of_extern(
    extern: ExternType,
) -> Literal["func", "table", "memory", "global", "tag"]:
    """Give the kind of an external type; a function's is the index of its type."""
    match extern:
        case TableType():
            return "table"
        case MemoryType():
            return "memory"
        case GlobalType():
            return "global"
        case TagType():
            return "tag"
        case _:
            return "func"


EXTERN_KINDS: Final = ("func", "table", "memory", "global", "tag")


@dataclass(frozen=True)
class Import:
    """An import."""

    module: str
    name: str
    type: ExternType


@dataclass(frozen=True)
class Export:
    """An export: the item of that kind and index, imported ones first."""

    name: str
    kind: str
    index: int


@dataclass(frozen=True, repr=False)
class Module(Shown):
    """A module: groups of types, imports, items of its own, exports, names of types.

    An item of its own is an external type: functions get a body that traps, tables and globals of a
    non-null type get no usable initializer, so only types are judged of those.
    """

    groups: tuple[RecGroup, ...] = ()
    imports: tuple[Import, ...] = ()
    items: tuple[ExternType, ...] = ()
    exports: tuple[Export, ...] = ()
    names: tuple[tuple[int, str], ...] = ()

    @cached_property
    def types(self) -> tuple[SubType, ...]:
        """The types by index."""
        return tuple(member for group in self.groups for member in group.members)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The index of each group's first type, and the number of types at the end."""
        starts = [0]
        for group in self.groups:
            starts.append(starts[-1] + len(group.members))
        return tuple(starts)

    def _call(self) -> Call:
        types = Call("section", [("", _shortest(group)) for group in self.groups])
        rest = by_fields(replace(self, groups=()))
        if not rest.arguments:
            return types
        groups = [("", replace(types, attribute=".groups"))] * bool(self.groups)
        return replace(rest, arguments=[*groups, *rest.arguments])

    @cached_property
    def _wasm(self) -> bytes:
        from typereg._typereg import encode_module

        return encode_module(self)

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

    def externs(self, kind: str) -> list[ExternType]:
        """Give the index space of a kind, imported items first."""
        imported = [each.type for each in self.imports]
        return [each for each in [*imported, *self.items] if kind_of_extern(each) == kind]

    def exported(self, name: str) -> ExternType:
        """Give the type of an export by name; `KeyError` if there is none."""
        for export in self.exports:
            if export.name == name:
                return self.externs(export.kind)[export.index]
        raise KeyError(name)


TypeSection: TypeAlias = Module
"""A module of types alone."""


def section(*groups: RecGroup | SubType | CompositeType) -> Module:
    """Make a module of types alone; a type outside a group is a group of one."""
    return Module(tuple(as_group(each) for each in groups))


def _shortest(group: RecGroup) -> RecGroup | SubType | CompositeType:
    """Give what stands for a group in `section`, as short as can be."""
    if len(group.members) != 1 or isinstance(group, LongRecGroup):
        return group
    (sub,) = group.members
    plain = sub.final and sub.supertype is None and not isinstance(sub, LongSubType)
    return sub.composite if plain else sub


def as_group(item: RecGroup | SubType | CompositeType) -> RecGroup:
    """Make a group of whatever stands for one."""
    if isinstance(item, RecGroup):
        return item
    return RecGroup([item if isinstance(item, SubType) else SubType(item)])


# Types in terms of a module.


def ref_type(heap: int | HeapType, nullable: bool = True) -> RefType:
    """Make a reference type: to a type by its index, or to an abstract heap type."""
    return RefType(ModuleTypeIndex(heap) if isinstance(heap, int) else heap, nullable)


def sub_type(composite: CompositeType, supertype: int | None = None, final: bool = True) -> SubType:
    """Make a type definition, its supertype by index."""
    above = None if supertype is None else ModuleTypeIndex(supertype)
    return SubType(composite, supertype=above, final=final)


def index_of(use: object) -> int:
    """Give the index that a reference says; `TypeError` for what is no `ModuleTypeIndex`."""
    if not isinstance(use, ModuleTypeIndex):
        raise TypeError(f"{use!r} is no index of a module's type")
    return use.n


def supertypes(sub: SubType) -> tuple[int, ...]:
    """Give the declared supertypes of a type, by index."""
    if sub.supertype is None:
        return ()
    more = sub.more if isinstance(sub, LongSubType) else ()
    return tuple(map(index_of, (sub.supertype, *more)))


def references(sub: SubType) -> Iterator[int]:
    """Give the references of a type: supertypes first, then as written (K5)."""
    yield from supertypes(sub)
    yield from map(index_of, uses_of_composite(sub.composite))


def hierarchy_of(head: AbsHeapType) -> AbsHeapType:
    """Give the top of the hierarchy that an abstract heap type stands in."""
    for top, heads in HIERARCHIES.items():
        if head in heads:
            return top
    raise ValueError(f"not an abstract heap type: {head!r}")


# References: renaming them.


class Renaming(Substitution):
    """Renames the references by index; what is spelled out stays so."""

    def __init__(self, move: Map) -> None:
        """Say what becomes of each index."""
        super().__init__(lambda use: ModuleTypeIndex(move(index_of(use))))

    def sub(self, sub: SubType) -> SubType:
        """Rename the references in a type."""
        moved = super().sub(sub)
        if not isinstance(sub, LongSubType):
            return moved
        more = tuple(map(self.use, sub.more))
        return LongSubType(moved.composite, supertype=moved.supertype, final=moved.final, more=more)

    def group(self, group: RecGroup) -> RecGroup:
        """Rename the references in a group."""
        return replace(group, members=tuple(map(self.sub, group.members)))


class Plain(Substitution):
    """Replaces type uses in types that come out as the reference knows them: nothing spelled out.

    Supertypes beyond the first are left out.
    """

    def ref(self, ref: RefType) -> RefType:
        """Of a reference type: in its heap type."""
        return RefType(self.heap(ref.heap), ref.nullable)


PLAIN: Final = Plain(lambda use: use)
"""What is spelled out, as the reference knows it."""


def insert(module: Module, at: int, groups: Sequence[RecGroup]) -> Module:
    """Put groups before the group number `at`; what stood behind them is renamed.

    References of the new groups are those of the module that results.
    """
    start = module.starts[at]
    added = sum(len(group.members) for group in groups)

    def move(index: int) -> int:
        return index + added if index >= start else index

    renaming = Renaming(move)
    before = module.groups[:at]
    behind = map(renaming.group, module.groups[at:])
    return replace(
        module,
        groups=(*before, *groups, *behind),
        imports=tuple(replace(each, type=renaming.extern(each.type)) for each in module.imports),
        items=tuple(map(renaming.extern, module.items)),
        names=tuple((move(index), name) for index, name in module.names),
    )
