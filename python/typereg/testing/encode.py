"""From plain data to bytes, in Python of our own.

`wasm-encoder` would write valid modules as well; what is needed here is that invalid ones can be
written too, that shorthand and longhand are told apart, and that nothing is shared with what reads
the bytes.
"""

from __future__ import annotations

from typing import Final

from . import wasm
from .spec import (
    EXTERN_KINDS,
    Array,
    Composite,
    Cont,
    Export,
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

_NUMBERS: Final = {
    "i32": wasm.I32,
    "i64": wasm.I64,
    "f32": wasm.F32,
    "f64": wasm.F64,
    "v128": wasm.V128,
    "i8": wasm.I8,
    "i16": wasm.I16,
}
_HEADS: Final = {
    "any": wasm.ANY,
    "eq": wasm.EQ,
    "i31": wasm.I31,
    "struct": wasm.STRUCT,
    "array": wasm.ARRAY,
    "none": wasm.NONE,
    "func": wasm.FUNC,
    "nofunc": wasm.NOFUNC,
    "extern": wasm.EXTERN,
    "noextern": wasm.NOEXTERN,
    "exn": wasm.EXN,
    "noexn": wasm.NOEXN,
    "cont": wasm.CONT,
    "nocont": wasm.NOCONT,
}
_KINDS: Final = {
    "func": wasm.KIND_FUNC,
    "table": wasm.KIND_TABLE,
    "memory": wasm.KIND_MEMORY,
    "global": wasm.KIND_GLOBAL,
    "tag": wasm.KIND_TAG,
}
_INITIAL: Final = {
    "i32": b"\x41\0",
    "i64": b"\x42\0",
    "f32": b"\x43" + bytes(4),
    "f64": b"\x44" + bytes(8),
    "v128": b"\xfd\x0c" + bytes(16),
}
_END: Final = b"\x0b"


def heap(head: str | int) -> bytes:
    """Write a heap type."""
    return wasm.heap(head if isinstance(head, int) else _HEADS[head])


def value(type_: Value) -> bytes:
    """Write a value or storage type."""
    if not isinstance(type_, Ref):
        return _NUMBERS[type_]
    if isinstance(type_.heap, str) and type_.nullable and not type_.longhand:
        return _HEADS[type_.heap]
    return (b"\x63" if type_.nullable else b"\x64") + heap(type_.heap)


def field(type_: Field) -> bytes:
    """Write a field type."""
    return value(type_.storage) + (b"\1" if type_.mutable else b"\0")


def composite(type_: Composite) -> bytes:
    """Write a composite type."""
    match type_:
        case Func(params, results):
            return wasm.func([value(each) for each in params], [value(each) for each in results])
        case Struct(fields):
            return wasm.struct(*[field(each) for each in fields])
        case Array(element):
            return wasm.array(field(element))
        case Cont(target):
            return wasm.cont(target)


def sub(type_: Sub) -> bytes:
    """Write a type definition, as short as it says."""
    body = composite(type_.composite)
    if type_.final and not type_.supertypes and not type_.longhand:
        return body
    return wasm.sub(body, *type_.supertypes, final=type_.final)


def group(type_: Group) -> bytes:
    """Write a recursion group."""
    members = [sub(each) for each in type_.members]
    if len(members) == 1 and not type_.explicit:
        return members[0]
    return wasm.rec(*members)


def limits(type_: Limits) -> bytes:
    """Write the limits of a table or memory."""
    return wasm.limits(
        type_.minimum,
        type_.maximum,
        shared=type_.shared,
        address64=type_.address64,
        page_log2=type_.page_log2,
    )


def extern(type_: Extern) -> bytes:
    """Write an extern type as an import spells it, without its kind."""
    match type_:
        case FuncExtern(index):
            return wasm.leb(index)
        case TagExtern(index):
            return wasm.tag(index)
        case TableExtern(element, bounds):
            return value(element) + limits(bounds)
        case MemoryExtern(bounds):
            return limits(bounds)
        case GlobalExtern(content, mutable):
            return value(content) + (b"\1" if mutable else b"\0")


def _initial(content: Value) -> bytes:
    # A reference starts as null, which a non-null type does not allow: types are judged all the
    # same, and engines are only given what they can instantiate.
    if isinstance(content, Ref):
        return b"\xd0" + heap(content.heap) + _END
    return _INITIAL[content] + _END


def _table(type_: TableExtern) -> bytes:
    if type_.element.nullable:
        return extern(type_)
    return b"\x40\0" + extern(type_) + _initial(type_.element)


def _export(item: Export) -> bytes:
    return wasm.export(item.name, _KINDS[item.kind], item.index)


def module(type_: Module) -> bytes:
    """Write a module; sections without content are left out."""
    items = type_.items
    functions = [each for each in items if isinstance(each, FuncExtern)]
    sections = [
        (wasm.TYPE, [group(each) for each in type_.groups]),
        (
            wasm.IMPORT,
            [
                wasm.import_(
                    each.module,
                    each.name,
                    _KINDS[EXTERN_KINDS[type(each.type)]],
                    extern(each.type),
                )
                for each in type_.imports
            ],
        ),
        (wasm.FUNCTION, [extern(each) for each in functions]),
        (wasm.TABLE, [_table(each) for each in items if isinstance(each, TableExtern)]),
        (wasm.MEMORY, [extern(each) for each in items if isinstance(each, MemoryExtern)]),
        (wasm.TAG, [extern(each) for each in items if isinstance(each, TagExtern)]),
        (
            wasm.GLOBAL,
            [
                extern(each) + _initial(each.content)
                for each in items
                if isinstance(each, GlobalExtern)
            ],
        ),
        (wasm.EXPORT, [_export(each) for each in type_.exports]),
    ]
    parts = [wasm.section(number, wasm.vec(body)) for number, body in sections if body]
    if functions:
        parts.append(wasm.code_section(len(functions)))
    if type_.names:
        parts.append(wasm.type_names(type_.names))
    return wasm.module(*parts)
