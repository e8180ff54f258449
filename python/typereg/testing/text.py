"""From plain data to WAT; types are named by number."""

from __future__ import annotations

from typing import Final

from .spec import (
    Array,
    Composite,
    Cont,
    Extern,
    Field,
    Func,
    FuncExtern,
    GlobalExtern,
    Group,
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

_SHORT: Final = {
    "none": "nullref",
    "nofunc": "nullfuncref",
    "noextern": "nullexternref",
    "noexn": "nullexnref",
    "nocont": "nullcontref",
}


def value(type_: Value) -> str:
    """Spell a value or storage type."""
    if not isinstance(type_, Ref):
        return type_
    if isinstance(type_.heap, str) and type_.nullable and not type_.longhand:
        return _SHORT.get(type_.heap, f"{type_.heap}ref")
    return f"(ref {'null ' if type_.nullable else ''}{type_.heap})"


def field(type_: Field) -> str:
    """Spell a field type."""
    storage = value(type_.storage)
    return f"(mut {storage})" if type_.mutable else storage


def _list(keyword: str, items: tuple[Value, ...]) -> str:
    return f" ({keyword} {' '.join(map(value, items))})" if items else ""


def composite(type_: Composite) -> str:
    """Spell a composite type."""
    match type_:
        case Func(params, results):
            return f"(func{_list('param', params)}{_list('result', results)})"
        case Struct(fields):
            return f"(struct{''.join(f' (field {field(each)})' for each in fields)})"
        case Array(element):
            return f"(array {field(element)})"
        case Cont(target):
            return f"(cont {target})"


def sub(type_: Sub) -> str:
    """Spell a type definition, as short as it says."""
    body = composite(type_.composite)
    if type_.final and not type_.supertypes and not type_.longhand:
        return body
    words = ["final"] if type_.final else []
    return f"(sub {' '.join([*words, *map(str, type_.supertypes), body])})"


def group(type_: Group, start: int) -> str:
    """Spell a recursion group whose first type has the index `start`."""
    members = [
        f"(type (;{start + number};) {sub(each)})" for number, each in enumerate(type_.members)
    ]
    if len(members) == 1 and not type_.explicit:
        return members[0]
    return f"(rec{''.join(f' {each}' for each in members)})"


def limits(type_: Limits) -> str:
    """Spell the limits of a table or memory, address type first, page size last."""
    words = ["i64"] if type_.address64 else []
    words.append(str(type_.minimum))
    if type_.maximum is not None:
        words.append(str(type_.maximum))
    if type_.shared:
        words.append("shared")
    if type_.page_log2 is not None:
        words.append(f"(pagesize {1 << type_.page_log2})")
    return " ".join(words)


def extern(type_: Extern) -> str:
    """Spell an extern type as an import does."""
    match type_:
        case FuncExtern(index):
            return f"(func (type {index}))"
        case TagExtern(index):
            return f"(tag (type {index}))"
        case TableExtern(element, bounds):
            return f"(table {limits(bounds)} {value(element)})"
        case MemoryExtern(bounds):
            return f"(memory {limits(bounds)})"
        case GlobalExtern(content, mutable):
            inner = value(content)
            return f"(global {f'(mut {inner})' if mutable else inner})"


def _initial(content: Value) -> str:
    if isinstance(content, Ref):
        return f"(ref.null {content.heap})"
    return "(v128.const i32x4 0 0 0 0)" if content == "v128" else f"({content}.const 0)"


def item(type_: Extern) -> str:
    """Spell an item that a module has of its own."""
    spelled = extern(type_)
    match type_:
        case FuncExtern():
            return f"{spelled[:-1]} unreachable)"
        case GlobalExtern(content, _):
            return f"{spelled[:-1]} {_initial(content)})"
        case TableExtern(element, _) if not element.nullable:
            return f"{spelled[:-1]} {_initial(element)})"
        case TableExtern() | MemoryExtern() | TagExtern():
            return spelled


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
