"""Modules and types as WAT; types are named by number."""

from __future__ import annotations

from typing import Final

from typereg.reference.types import (
    F32,
    F64,
    I32,
    I64,
    NOCONT,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    V128,
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    HeapType,
    MemoryType,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)

from .spec import LongRecGroup, LongRefType, LongSubType, Module, index_of, supertypes

_SHORT: Final = {
    NONE: "nullref",
    NOFUNC: "nullfuncref",
    NOEXTERN: "nullexternref",
    NOEXN: "nullexnref",
    NOCONT: "nullcontref",
}
_INITIAL: Final[dict[StorageType, str]] = {
    **{number: f"({number.name}.const 0)" for number in (I32, I64, F32, F64)},
    V128: "(v128.const i32x4 0 0 0 0)",
}
_PAGE: Final = 65536


def heap(type_: HeapType) -> str:
    """Spell a heap type."""
    return type_.name if isinstance(type_, AbsHeapType) else str(index_of(type_))


def value(type_: StorageType) -> str:
    """Spell a value or storage type."""
    match type_:
        case RefType(AbsHeapType(name) as head, True) if not isinstance(type_, LongRefType):
            return _SHORT.get(head, f"{name}ref")
        case RefType(head, nullable):
            return f"(ref {'null ' if nullable else ''}{heap(head)})"
        case _:
            return type_.name


def field(type_: FieldType) -> str:
    """Spell a field type."""
    storage = value(type_.storage)
    return f"(mut {storage})" if type_.mutable else storage


def _list(keyword: str, items: tuple[ValueType, ...]) -> str:
    return f" ({keyword} {' '.join(map(value, items))})" if items else ""


def composite(type_: CompositeType) -> str:
    """Spell a composite type."""
    match type_:
        case FuncType(params, results):
            return f"(func{_list('param', params)}{_list('result', results)})"
        case StructType(fields):
            return f"(struct{''.join(f' (field {field(each)})' for each in fields)})"
        case ArrayType(element):
            return f"(array {field(element)})"
        case ContType(func):
            return f"(cont {heap(func)})"


def sub(type_: SubType) -> str:
    """Spell a type definition, as short as it says."""
    body = composite(type_.composite)
    above = supertypes(type_)
    if type_.final and not above and not isinstance(type_, LongSubType):
        return body
    words = ["final"] if type_.final else []
    return f"(sub {' '.join([*words, *map(str, above), body])})"


def group(type_: RecGroup, start: int) -> str:
    """Spell a recursion group whose first type has the index `start`."""
    members = [
        f"(type (;{start + number};) {sub(each)})" for number, each in enumerate(type_.members)
    ]
    if len(members) == 1 and not isinstance(type_, LongRecGroup):
        return members[0]
    return f"(rec{''.join(f' {each}' for each in members)})"


def limits(type_: TableType | MemoryType) -> str:
    """Spell the limits of a table or memory, address type first, page size last."""
    words = ["i64"] if type_.address64 else []
    words.append(str(type_.minimum))
    if type_.maximum is not None:
        words.append(str(type_.maximum))
    if isinstance(type_, MemoryType):
        if type_.shared:
            words.append("shared")
        if type_.page_size != _PAGE:
            words.append(f"(pagesize {type_.page_size})")
    return " ".join(words)


def extern(type_: ExternType) -> str:
    """Spell an external type as an import does."""
    match type_:
        case TableType(element):
            return f"(table {limits(type_)} {value(element)})"
        case MemoryType():
            return f"(memory {limits(type_)})"
        case GlobalType(content, mutable):
            inner = value(content)
            return f"(global {f'(mut {inner})' if mutable else inner})"
        case TagType(func):
            return f"(tag (type {index_of(func)}))"
        case _:
            return f"(func (type {index_of(type_)}))"


def _initial(content: ValueType) -> str:
    if isinstance(content, RefType):
        return f"(ref.null {heap(content.heap)})"
    return _INITIAL[content]


def item(type_: ExternType) -> str:
    """Spell an item that a module has of its own."""
    spelled = extern(type_)
    match type_:
        case GlobalType(content, _):
            return f"{spelled[:-1]} {_initial(content)})"
        case TableType(element) if not element.nullable:
            return f"{spelled[:-1]} {_initial(element)})"
        case TableType() | MemoryType() | TagType():
            return spelled
        case _:
            return f"{spelled[:-1]} unreachable)"


def quoted(name: str) -> str:
    """Spell a name."""
    return (
        '"'
        + "".join(
            char if char.isalnum() or char in "_-.$: " else f"\\u{{{ord(char):x}}}" for char in name
        )
        + '"'
    )


def module(type_: Module) -> str:
    """Spell a module, a line for each of its parts. Names of types are left out."""
    lines = [group(each, type_.starts[number]) for number, each in enumerate(type_.groups)]
    lines += [
        f"(import {quoted(each.module)} {quoted(each.name)} {extern(each.type)})"
        for each in type_.imports
    ]
    lines += [item(each) for each in type_.items]
    lines += [f"(export {quoted(each.name)} ({each.kind} {each.index}))" for each in type_.exports]
    if not lines:
        return "(module)"
    return "(module" + "".join(f"\n  {line}" for line in lines) + ")"
