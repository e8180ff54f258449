"""Random valid modules: types, imports and exports."""

from __future__ import annotations

from dataclasses import replace

from .generate import Draft, section
from .source import Source
from .spec import (
    EXTERN_KINDS,
    Export,
    Extern,
    Func,
    FuncExtern,
    GlobalExtern,
    Import,
    Limits,
    MemoryExtern,
    Module,
    Ref,
    TableExtern,
    TagExtern,
)


def _limits(source: Source, *, shared: bool) -> Limits:
    minimum = source.below(4)
    maximum = None if source.chance(50) else minimum + source.below(4)
    return Limits(
        minimum,
        maximum,
        address64=source.chance(20),
        shared=shared and maximum is not None and source.chance(30),
    )


def extern(source: Source, types: Module, *, imported: bool) -> Extern:
    """Draw an extern type over a module's types; one of the module's own can be instantiated."""
    draft = Draft(source, types=list(types.types))
    size = len(types.types)
    functions = [i for i, each in enumerate(types.types) if isinstance(each.composite, Func)]
    tags = [i for i in functions if not getattr(types.types[i].composite, "results", ())]
    kinds = ["memory", "global", "table", *["func"] * 2 * bool(functions), *["tag"] * bool(tags)]
    match source.pick(kinds):
        case "func":
            return FuncExtern(source.pick(functions))
        case "tag":
            return TagExtern(source.pick(tags))
        case "memory":
            return MemoryExtern(_limits(source, shared=True))
        case "global":
            content = draft.value(size)
            if isinstance(content, Ref) and not imported:
                content = replace(content, nullable=True)
            return GlobalExtern(content, source.chance(40))
    abstract = source.pick(("func", "any"))
    heap = source.below(size) if size and source.chance(50) else abstract
    return TableExtern(
        Ref(heap, not (imported and source.chance(30))), _limits(source, shared=False)
    )


def module(source: Source) -> Module:
    """Draw a valid module."""
    types = section(source)
    imports = tuple(
        Import(source.pick(("env", "m")), f"i{number}", extern(source, types, imported=True))
        for number in range(source.below(4))
    )
    items = tuple(extern(source, types, imported=False) for _ in range(source.below(4)))
    whole = Module(types.groups, imports, items)
    exports: list[Export] = []
    for kind in EXTERN_KINDS.values():
        for index in range(len(whole.externs(kind))):
            if source.chance(60):
                exports.append(Export(f"e{len(exports)}", kind, index))
    return replace(whole, exports=tuple(exports))
