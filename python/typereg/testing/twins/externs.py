"""Twins that differ in what a module imports or exports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from typereg.reference.types import (
    ANY,
    EXTERN,
    FUNC,
    I8,
    I32,
    I64,
    V128,
    CompositeType,
    ContType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)
from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import Export, Import, Module, kind_of_extern, ref_type, sub_type

from .base import Twins, define, exporting, mutator, prefix, type_twins


def _pair(
    draft: Draft, attribute: str, first: ExternType, second: ExternType, *, equal: bool = False
) -> Twins:
    a, b = (exporting(draft.groups, item, kind_of_extern(item)) for item in (first, second))
    if draft.source.chance(50):
        a, b = b, a
    return Twins(a, b, attribute, equal, export="x", question="extern")


def _element(draft: Draft) -> RefType:
    if draft.types and draft.source.chance(40):
        return ref_type(draft.source.below(len(draft.types)))
    return ref_type(draft.source.pick((FUNC, ANY, EXTERN)))


def _content(draft: Draft) -> ValueType:
    choices: list[ValueType] = [I32, V128, _element(draft)]
    return draft.source.pick(choices)


def _some(draft: Draft, kind: str) -> ExternType:
    """Draw an extern type of a kind; a function type it needs is added to the draft."""
    source = draft.source
    match kind:
        case "table":
            return TableType(_element(draft), source.below(4))
        case "memory":
            return MemoryType(source.below(4))
        case "global":
            return GlobalType(_content(draft), source.chance(50))
    index = draft.add_sub(SubType(FuncType(draft.values(len(draft.types), 2), [])))
    return _by_index(kind, index)


def _by_index(kind: str, index: int) -> ExternType:
    """Make a function or tag of a type."""
    use = ModuleTypeIndex(index)
    return TagType(use) if kind == "tag" else use


@mutator("extern/kind")
def _kind(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    kinds = ["func", "table", "memory", "global", "tag"]
    first = kinds.pop(source.below(5))
    return _pair(draft, attribute, _some(draft, first), _some(draft, source.pick(kinds)))


def _sized(source: Source, attribute: str) -> Twins:
    # "extern/table-min", and so on for each part of the limits.
    kind, what = attribute.split("/")[1].split("-", 1)
    draft = prefix(source)
    element = _element(draft)
    low = 1 + source.below(5)
    maximum = None if source.chance(50) else low + 2 + source.below(3)
    wide = source.chance(30)
    base: Any = (
        TableType(element, low, maximum, address64=wide)
        if kind == "table"
        else MemoryType(low, maximum, address64=wide)
    )
    changes: dict[str, Any]
    match what:
        case "min":
            changes = {"minimum": low + source.pick((1, -1))}
        case "max-presence":
            base, changes = replace(base, maximum=None), {"maximum": low + 3}
        case "max":
            base = replace(base, maximum=low + 2)
            changes = {"maximum": low + 2 + source.pick((1, -1))}
        case "address-type":
            changes = {"address64": not base.address64}
        case "shared":
            base, changes = replace(base, maximum=low + 2), {"shared": True}
        case _:
            assert what == "page-size"
            changes = {"page_size": 1}
    return _pair(draft, attribute, base, replace(base, **changes))


SIZES: Final = ("min", "max-presence", "max", "address-type")

for _kind_ in ("table", "memory"):
    for _what in SIZES:
        define(f"extern/{_kind_}-{_what}", _sized)
define("extern/memory-shared", _sized)
define("extern/memory-page-size", _sized)


@mutator("extern/global-mutability")
def _mutability(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    content = _content(draft)
    return _pair(draft, attribute, GlobalType(content), GlobalType(content, True))


def _by_type(source: Source, attribute: str) -> Twins:
    # A function or tag whose function type is final or open.
    kind = attribute.split("/")[1].split("-")[0]
    draft = prefix(source)
    composite = FuncType(draft.values(len(draft.types), 2), [])
    first = draft.add_sub(SubType(composite))
    second = draft.add_sub(SubType(composite, final=False))
    return _pair(draft, attribute, _by_index(kind, first), _by_index(kind, second))


for _kind_ in ("tag", "func"):
    define(f"extern/{_kind_}-finality", _by_type)


def _strict_subtype(source: Source, attribute: str) -> Twins:
    # Where equality is needed, a subtype will not do.
    kind = attribute.split("/")[1].split("-")[0]
    draft = prefix(source)
    composites: list[CompositeType] = [
        FuncType([], []),
        StructType([]),
        StructType([FieldType(I8)]),
    ]
    composite = FuncType([], []) if kind == "tag" else source.pick(composites)
    parent = draft.add_sub(SubType(composite, final=False))
    child = draft.add_sub(sub_type(composite, parent, source.chance(50)))

    def make(index: int) -> ExternType:
        match kind:
            case "tag":
                return _by_index(kind, index)
            case "global":
                return GlobalType(ref_type(index), True)
        return TableType(ref_type(index), 1)

    return _pair(draft, attribute, make(parent), make(child))


for _kind_ in ("global", "table", "tag"):
    define(f"extern/{_kind_}-strict-subtype", _strict_subtype)


def _interface(source: Source, attribute: str) -> Twins:
    # The same but for one name.
    draft = prefix(source)
    kind = source.pick(("func", "table", "memory", "global", "tag"))
    item = _some(draft, kind)
    one, other = source.pick((("f", "g"), ("f", ""), ("f", "F"), ("f", "f ")))
    groups = tuple(draft.groups)

    def make(name: str) -> Module:
        match attribute:
            case "extern/import-module":
                return Module(groups, imports=(Import(name, "x", item),))
            case "extern/import-name":
                return Module(groups, imports=(Import("m", name, item),))
        return Module(groups, items=(item,), exports=(Export(name, kind, 0),))

    return Twins(make(one), make(other), attribute, False, question="interface")


for _name in ("import-module", "import-name", "export-name"):
    define(f"extern/{_name}", _interface)


@mutator("extern/re-export")
def _re_export(source: Source, attribute: str) -> Twins:
    # Its own or an imported one: the extern type is the same.
    draft = prefix(source)
    kind = source.pick(("func", "table", "memory", "global", "tag"))
    item = _some(draft, kind)
    a = exporting(draft.groups, item, kind)
    b = Module(a.groups, imports=(Import("m", "x", item),), exports=a.exports)
    return Twins(a, b, attribute, True, export="x", question="extern")


@mutator("extern/index-offset")
def _index_offset(source: Source, attribute: str) -> Twins:
    # Imported functions come first in the index space: who forgets them takes another function.
    draft = prefix(source)
    wanted = draft.add_sub(SubType(FuncType([I32, I32], [])))
    other = draft.add_sub(SubType(FuncType([I64], [])))
    many = 1 + source.below(3)
    imports = tuple(Import("m", f"f{i}", ModuleTypeIndex(other)) for i in range(many))
    items = (ModuleTypeIndex(wanted), *(ModuleTypeIndex(other),) * many)

    def make(index: int) -> Module:
        return Module(tuple(draft.groups), imports, items, (Export("x", "func", index),))

    return Twins(make(many), make(0), attribute, False, export="x", question="extern")


@mutator("cont/target")
def _target(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    first = draft.add_sub(SubType(FuncType([I32], [])))
    second = draft.add_sub(SubType(FuncType([I64], [])))
    start = len(draft.types)
    return type_twins(
        attribute,
        draft.groups,
        [RecGroup([SubType(ContType(ModuleTypeIndex(first)))])],
        [RecGroup([SubType(ContType(ModuleTypeIndex(second)))])],
        (start, start),
        swap=source.chance(50),
    )
