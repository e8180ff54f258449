"""Between typereg's values and the reference's, so that both can be driven with the same inputs.

The two sets of classes have the same names and attributes, and that is all this relies on: values
are read attribute by attribute and built anew, and a `DefType` goes as the module that it pickles
as. Nothing of typereg's equality, hashing or printing is used, and this is the only file here that
knows of typereg.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from . import limits, sections, types
from .binary import encode_types
from .module import Module
from .structure import section_of

CLASSES: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        *(types.NumType, types.VecType, types.PackedType, types.AbsHeapType),
        *(types.ModuleTypeIndex, types.RecIndex, types.RefType, types.FieldType),
        *(types.FuncType, types.StructType, types.ArrayType, types.ContType),
        *(types.SubType, types.RecGroup),
        *(types.TagType, types.GlobalType, types.MemoryType, types.TableType),
        *(sections.ImportType, sections.ExportType, limits.Features, limits.Limits),
    )
}
"""What is converted part by part, by the name that both sides have."""

CONSTANTS = ("NumType", "VecType", "PackedType", "AbsHeapType")
"""Classes of constants, which have no constructor in typereg: `I32`, `ANY`."""

FEATURES = {"stack_switching": True, "custom_page_sizes": True}


def no_index(index: Any) -> Any:
    """Refuse an engine's index where nobody said what it stands for."""
    raise ValueError(f"what does {index!r} stand for?")


def from_typereg(value: Any, index: Callable[[Any], types.SharedTypeIndex] = no_index) -> Any:
    """A value of typereg's as the reference's; ``index`` says what a `SharedTypeIndex` stands for.

    Takes whatever is made of the classes in `CLASSES` and of `DefType`; sequences become tuples.
    `TypeError` for anything else.
    """
    name = type(value).__name__
    if name in CONSTANTS:
        return CLASSES[name](value.name)
    if name == "DefType":
        _, (wasm, position) = value.__reduce__()
        module = Module(wasm, features=limits.Features(**FEATURES), limits=limits.Limits.spec())
        return types.DefType(module.def_types[-1].group, position)
    return _rebuild(value, CLASSES, index, from_typereg)


def to_typereg(
    value: Any,
    index: Callable[[types.SharedTypeIndex], Any] = no_index,
    *,
    outer: Callable[[int], Any] | None = None,
) -> Any:
    """A value of the reference's as typereg's; ``index`` says what a `SharedTypeIndex` stands for.

    Takes what `from_typereg` gives. ``outer`` says what takes the place of a `ModuleTypeIndex`,
    where that is not to stay one.
    """
    import typereg

    classes = {name: getattr(typereg, name) for name in CLASSES}

    def converted(value: Any, index: Callable[[types.SharedTypeIndex], Any]) -> Any:
        if outer is not None and isinstance(value, types.ModuleTypeIndex):
            return outer(value.n)
        if type(value).__name__ in CONSTANTS:
            return getattr(typereg, value.name.upper())
        if isinstance(value, types.DefType):
            section = section_of(value.group)
            module = typereg.Module(
                encode_types(section),
                features=typereg.Features(**FEATURES),
                limits=typereg.Limits.spec(),
            )
            before = sum(len(group.members) for group in section[:-1])
            return module.def_type(before + value.position)
        return _rebuild(value, classes, index, converted)

    return converted(value, index)


def _rebuild(
    value: Any,
    classes: dict[str, type[Any]],
    index: Callable[[Any], Any],
    convert: Callable[[Any, Callable[[Any], Any]], Any],
) -> Any:
    """The same value of other classes, part by part."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (tuple, list)):
        return tuple(convert(part, index) for part in value)
    name = type(value).__name__
    if name == "SharedTypeIndex":
        return index(value)
    if name not in classes:
        raise TypeError(f"{value!r} is no value of WebAssembly's types")
    parts = {
        field.name: convert(getattr(value, field.name), index)
        for field in dataclasses.fields(CLASSES[name])
    }
    return classes[name](**parts)
