"""Twins that differ in what a module imports or exports."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import (
    EXTERN_KINDS,
    Composite,
    Cont,
    Export,
    Extern,
    Field,
    Func,
    FuncExtern,
    GlobalExtern,
    Group,
    Import,
    Limits,
    MemoryExtern,
    Module,
    Ref,
    Struct,
    Sub,
    TableExtern,
    TagExtern,
    Value,
)

from .base import Twins, define, exporting, mutator, prefix, type_twins


def _pair(
    draft: Draft, attribute: str, first: Extern, second: Extern, *, equal: bool = False
) -> Twins:
    a, b = (exporting(draft.groups, item, EXTERN_KINDS[type(item)]) for item in (first, second))
    if draft.source.chance(50):
        a, b = b, a
    return Twins(a, b, attribute, equal, export="x", question="extern")


def _element(draft: Draft) -> Ref:
    if draft.types and draft.source.chance(40):
        return Ref(draft.source.below(len(draft.types)))
    return Ref(draft.source.pick(("func", "any", "extern")))


def _content(draft: Draft) -> Value:
    choices: list[Value] = ["i32", "v128", _element(draft)]
    return draft.source.pick(choices)


def _some(draft: Draft, kind: str) -> Extern:
    """Draw an extern type of a kind; a function type it needs is added to the draft."""
    source = draft.source
    match kind:
        case "table":
            return TableExtern(_element(draft), Limits(source.below(4)))
        case "memory":
            return MemoryExtern(Limits(source.below(4)))
        case "global":
            return GlobalExtern(_content(draft), source.chance(50))
    index = draft.add_sub(Sub(Func(draft.values(len(draft.types), 2))))
    return FuncExtern(index) if kind == "func" else TagExtern(index)


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
    base = Limits(low, maximum, address64=source.chance(30))
    match what:
        case "min":
            other = replace(base, minimum=low + source.pick((1, -1)))
        case "max-presence":
            base, other = replace(base, maximum=None), replace(base, maximum=low + 3)
        case "max":
            base = replace(base, maximum=low + 2)
            other = replace(base, maximum=low + 2 + source.pick((1, -1)))
        case "address-type":
            other = replace(base, address64=not base.address64)
        case "shared":
            base = replace(base, maximum=low + 2)
            other = replace(base, shared=True)
        case _:
            assert what == "page-size"
            base, other = replace(base, page_log2=16), replace(base, page_log2=0)

    def make(limits: Limits) -> Extern:
        return TableExtern(element, limits) if kind == "table" else MemoryExtern(limits)

    return _pair(draft, attribute, make(base), make(other))


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
    return _pair(draft, attribute, GlobalExtern(content), GlobalExtern(content, True))


def _by_type(source: Source, attribute: str) -> Twins:
    # A function or tag whose function type is final or open.
    kind = attribute.split("/")[1].split("-")[0]
    draft = prefix(source)
    composite = Func(draft.values(len(draft.types), 2))
    first = draft.add_sub(Sub(composite))
    second = draft.add_sub(Sub(composite, final=False))
    make = TagExtern if kind == "tag" else FuncExtern
    return _pair(draft, attribute, make(first), make(second))


for _kind_ in ("tag", "func"):
    define(f"extern/{_kind_}-finality", _by_type)


def _strict_subtype(source: Source, attribute: str) -> Twins:
    # Where equality is needed, a subtype will not do.
    kind = attribute.split("/")[1].split("-")[0]
    draft = prefix(source)
    composites: list[Composite] = [Func(), Struct(), Struct((Field("i8"),))]
    composite = Func() if kind == "tag" else source.pick(composites)
    parent = draft.add_sub(Sub(composite, final=False))
    child = draft.add_sub(Sub(composite, (parent,), source.chance(50)))

    def make(index: int) -> Extern:
        match kind:
            case "tag":
                return TagExtern(index)
            case "global":
                return GlobalExtern(Ref(index), True)
        return TableExtern(Ref(index), Limits(1))

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
    wanted = draft.add_sub(Sub(Func(("i32", "i32"))))
    other = draft.add_sub(Sub(Func(("i64",))))
    many = 1 + source.below(3)
    imports = tuple(Import("m", f"f{i}", FuncExtern(other)) for i in range(many))
    items = (FuncExtern(wanted), *(FuncExtern(other),) * many)

    def make(index: int) -> Module:
        return Module(tuple(draft.groups), imports, items, (Export("x", "func", index),))

    return Twins(make(many), make(0), attribute, False, export="x", question="extern")


@mutator("cont/target")
def _target(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    first = draft.add_sub(Sub(Func(("i32",))))
    second = draft.add_sub(Sub(Func(("i64",))))
    start = len(draft.types)
    return type_twins(
        attribute,
        draft.groups,
        [Group((Sub(Cont(first)),))],
        [Group((Sub(Cont(second)),))],
        (start, start),
        swap=source.chance(50),
    )
