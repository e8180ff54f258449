"""Twins that differ in one value type, wherever a value type can stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from typereg.reference.types import (
    ARRAY,
    EQ,
    F64,
    FUNC,
    I8,
    I32,
    NOFUNC,
    NONE,
    STRUCT,
    V128,
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    GlobalType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)
from typereg.testing.generate import HEADS, Draft, again
from typereg.testing.source import Source
from typereg.testing.spec import (
    HIERARCHIES,
    NUMBERS,
    LongRefType,
    Module,
    hierarchy_of,
    ref_type,
    sub_type,
)

from .base import Twins, define, exporting, prefix, siblings, type_twins

PLACES: Final = ("param", "result", "field", "element", "global", "table", "tag")
IN_TYPES: Final = PLACES[:4]

WHATS: Final = (
    "number",
    "v128",
    "number-or-reference",
    "nullability",
    "head-within",
    "head-across",
    "abstract-or-concrete",
    "concrete",
    "own-member",
    "own-or-twin",
    "parent-or-child",
    "spelling",
)
"""In what the two value types differ; `spelling` makes no difference."""

_REFERENCES_ONLY: Final = ("number", "v128", "number-or-reference")

Pair = tuple[ValueType, ValueType]
Frame = Callable[[ValueType], SubType]

_Stored = TypeVar("_Stored", bound=StorageType)


def _simple(source: Source, what: str) -> Pair:
    """Give two value types that need no defined type."""
    nullable = not source.chance(40)
    head = source.pick(HEADS)
    match what:
        case "number":
            first = source.pick(NUMBERS)
            return first, source.pick([each for each in NUMBERS if each != first])
        case "v128":
            return source.pick(NUMBERS), V128
        case "number-or-reference":
            return source.pick((*NUMBERS, V128)), RefType(head, nullable)
        case "nullability":
            return RefType(head), RefType(head, False)
        case "head-within":
            others = [each for each in HIERARCHIES[hierarchy_of(head)] if each != head]
            return RefType(head, nullable), RefType(source.pick(others), nullable)
        case "head-across":
            top = hierarchy_of(head)
            others = [each for each in HEADS if hierarchy_of(each) != top]
            return RefType(head, nullable), RefType(source.pick(others), nullable)
    assert what == "spelling"
    return RefType(head), LongRefType(head)


def _outer(draft: Draft, what: str) -> Pair:
    """Give two value types of defined types, which are added to the draft."""
    source = draft.source
    nullable = not source.chance(40)
    match what:
        case "nullability":
            index = draft.add_sub(SubType(draft.composite(len(draft.types))))
            return ref_type(index), ref_type(index, False)
        case "abstract-or-concrete":
            kind = source.pick(("struct", "array", "func"))
            composites: dict[str, CompositeType] = {
                "struct": StructType([]),
                "array": ArrayType(FieldType(I8)),
                "func": FuncType([], []),
            }
            heads = {"struct": (STRUCT, NONE), "array": (ARRAY, NONE), "func": (FUNC, NOFUNC)}
            head = source.pick(heads[kind])
            return RefType(head, nullable), ref_type(
                draft.add_sub(SubType(composites[kind])), nullable
            )
        case "concrete":
            first = draft.add_sub(SubType(StructType([FieldType(I32)])))
            second = draft.add_sub(SubType(StructType([FieldType(I32, True)])))
            return ref_type(first, nullable), ref_type(second, nullable)
        case "parent-or-child":
            parent = draft.add_sub(SubType(StructType([FieldType(I32)]), final=False))
            child = draft.add_sub(sub_type(StructType([FieldType(I32)]), parent, False))
            return ref_type(parent, nullable), ref_type(child, nullable)
        case "own-member":
            start = draft.add(RecGroup([SubType(StructType([])), SubType(StructType([]))]))
            return ref_type(start, nullable), ref_type(start + 1, nullable)
    assert what == "own-or-twin"
    own = len(draft.types)
    draft.add_sub(SubType(StructType([FieldType(ref_type(own))])))
    twin = draft.add_sub(SubType(StructType([FieldType(ref_type(own))])))
    return ref_type(own, nullable), ref_type(twin, nullable)


def _frame(draft: Draft, place: str, size: int) -> Frame:
    """Draw everything around the value type; what is drawn is the same for both twins."""
    source = draft.source
    before, behind = draft.values(size, 2), draft.values(size, 2)
    other = draft.values(size, 2)
    mutable, final = source.chance(40), not source.chance(40)

    def make(value: ValueType) -> SubType:
        values = (*before, value, *behind)
        match place:
            case "param":
                return SubType(FuncType(values, other), final=final)
            case "tag":
                return SubType(FuncType(values, []), final=final)
            case "result":
                return SubType(FuncType(other, values), final=final)
            case "field":
                fields = [FieldType(each) for each in values]
                fields[len(before)] = FieldType(value, mutable)
                return SubType(StructType(fields), final=final)
        assert place == "element"
        return SubType(ArrayType(FieldType(value, mutable)), final=final)

    return make


def _in_type(draft: Draft, what: str, place: str, attribute: str) -> Twins:
    """Pair two sections whose last group has a type with one or the other value type."""
    source = draft.source
    many = 1 + source.below(3)
    position = source.below(many)
    own: Pair | None = None
    if what in ("own-member", "own-or-twin") or (what == "abstract-or-concrete" and many > 1):
        many = max(many, 2)
    elif what in _NEEDS_TYPES or (what == "nullability" and source.chance(60)):
        own = _outer(draft, what)
    else:
        own = _simple(source, what)
    start = len(draft.types)
    size = start + many
    beside = siblings(draft, size, many - 1)
    frame = _frame(draft, place, size)

    def group(value: ValueType) -> RecGroup:
        return RecGroup([*beside[:position], frame(value), *beside[position:]])

    swap = source.chance(50)
    nullable = not source.chance(40)
    if own is not None:
        first, second = own
    elif what == "abstract-or-concrete":
        member = start + source.below(many)
        first = RefType(source.pick((EQ, NONE, FUNC)), nullable)
        second = ref_type(member, nullable)
    elif what == "own-member":
        i = source.below(many)
        j = (i + 1 + source.below(many - 1)) % many
        first, second = ref_type(start + i, nullable), ref_type(start + j, nullable)
    else:
        # The whole group stands twice; the second time, one reference leads to the first.
        member = start + source.below(many)
        first_time = group(ref_type(member, nullable))
        draft.groups.append(first_time)
        twice = Module(tuple(draft.groups))
        second_time = again(twice, len(twice.groups) - 1, start + many)
        draft.types.extend(first_time.members)
        bent = list(second_time.members)
        bent[position] = _bend(frame, second_time.members[position], ref_type(member, nullable))
        at = start + many + position
        return type_twins(
            attribute, draft.groups, [second_time], [RecGroup(bent)], (at, at), swap=swap
        )
    at = start + position
    return type_twins(
        attribute,
        draft.groups,
        [group(first)],
        [group(second)],
        (at, at),
        equal=what == "spelling",
        swap=swap,
    )


def _bend(frame: Frame, moved: SubType, value: RefType) -> SubType:
    """Put the value where the frame has it into a type that is the frame's, renamed."""
    marked = frame(V128), frame(F64)

    def pick(new: _Stored, one: StorageType, other: StorageType) -> _Stored | RefType:
        return value if one != other else new

    match moved.composite, marked[0].composite, marked[1].composite:
        case FuncType(params, results), FuncType(p, r), FuncType(q, s):
            return replace(
                moved,
                composite=FuncType(map(pick, params, p, q), map(pick, results, r, s)),
            )
        case StructType(fields), StructType(f), StructType(g):
            bent = tuple(
                FieldType(pick(new.storage, one.storage, other.storage), new.mutable)
                for new, one, other in zip(fields, f, g, strict=True)
            )
            return replace(moved, composite=StructType(bent))
        case ArrayType(element), _, _:
            return replace(moved, composite=ArrayType(FieldType(value, element.mutable)))
    raise AssertionError("a frame keeps its kind")


def _in_extern(draft: Draft, what: str, place: str, attribute: str) -> Twins:
    """Pair two modules that export a global, table or tag with one or the other value type."""
    source = draft.source
    if what in _NEEDS_TYPES or (what == "nullability" and source.chance(60)):
        first, second = _outer(draft, what)
    else:
        first, second = _simple(source, what)
    mutable = source.chance(50)
    frame = _frame(draft, "tag", len(draft.types))

    def make(value: ValueType) -> Module:
        groups = draft.groups
        match place:
            case "global":
                return exporting(groups, GlobalType(value, mutable), "global")
            case "table":
                assert isinstance(value, RefType)
                return exporting(groups, TableType(value, 0), "table")
        assert place == "tag"
        tag = TagType(ModuleTypeIndex(len(draft.types)))
        return exporting([*groups, RecGroup([frame(value)])], tag, "tag")

    a, b = make(first), make(second)
    if source.chance(50):
        a, b = b, a
    equal = what == "spelling"
    return Twins(a, b, attribute, equal, export="x", question="extern")


_NEEDS_TYPES: Final = (
    "abstract-or-concrete",
    "concrete",
    "own-member",
    "own-or-twin",
    "parent-or-child",
)


def _draw(source: Source, attribute: str) -> Twins:
    place, what = attribute.split("/")
    draft = prefix(source)
    if place in IN_TYPES:
        return _in_type(draft, what, place, attribute)
    return _in_extern(draft, what, place, attribute)


for _place in PLACES:
    for _what in WHATS:
        if _place != "table" or _what not in _REFERENCES_ONLY:
            define(f"{_place}/{_what}", _draw)
