"""Random valid modules: types, imports and exports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from typereg.reference.types import (
    ANY,
    FUNC,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    RefType,
    TableType,
    TagType,
)

from .generate import Draft, section
from .source import Source
from .spec import EXTERN_KINDS, Export, Import, Module, ref_type


def _limits(source: Source) -> dict[str, Any]:
    minimum = source.below(4)
    maximum = None if source.chance(50) else minimum + source.below(4)
    return {"minimum": minimum, "maximum": maximum, "address64": source.chance(20)}


def extern(source: Source, types: Module, *, imported: bool) -> ExternType:
    """Draw an external type over a module's types; one of the module's own can be instantiated."""
    draft = Draft(source, types=list(types.types))
    size = len(types.types)
    functions = [i for i, each in enumerate(types.types) if isinstance(each.composite, FuncType)]
    tags = [i for i in functions if not getattr(types.types[i].composite, "results", ())]
    kinds = ["memory", "global", "table", *["func"] * 2 * bool(functions), *["tag"] * bool(tags)]
    match source.pick(kinds):
        case "func":
            return ModuleTypeIndex(source.pick(functions))
        case "tag":
            return TagType(ModuleTypeIndex(source.pick(tags)))
        case "memory":
            limits = _limits(source)
            shared = limits["maximum"] is not None and source.chance(30)
            return MemoryType(**limits, shared=shared)
        case "global":
            content = draft.value(size)
            if isinstance(content, RefType) and not imported:
                content = replace(content, nullable=True)
            return GlobalType(content, source.chance(40))
    abstract = source.pick((FUNC, ANY))
    heap = source.below(size) if size and source.chance(50) else abstract
    return TableType(ref_type(heap, not (imported and source.chance(30))), **_limits(source))


def module(source: Source) -> Module:
    """Draw a valid module."""
    types = section(source)
    imported = source.several(
        3, lambda: (source.pick(("env", "m")), extern(source, types, imported=True))
    )
    imports = tuple(
        Import(module, f"i{number}", item) for number, (module, item) in enumerate(imported)
    )
    items = tuple(source.several(3, lambda: extern(source, types, imported=False)))
    whole = Module(types.groups, imports, items)
    exports: list[Export] = []
    for kind in EXTERN_KINDS:
        for index in range(len(whole.externs(kind))):
            if source.chance(60):
                exports.append(Export(f"e{len(exports)}", kind, index))
    return replace(whole, exports=tuple(exports))
