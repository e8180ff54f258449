"""Twins that differ in one value type, wherever a value type can stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from typereg.testing.generate import HEADS, Draft, again
from typereg.testing.source import Source
from typereg.testing.spec import (
    HIERARCHIES,
    NUMBERS,
    VECTOR,
    Array,
    Composite,
    Field,
    Func,
    GlobalExtern,
    Group,
    Limits,
    Module,
    Ref,
    Struct,
    Sub,
    TableExtern,
    TagExtern,
    Value,
    hierarchy_of,
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

Pair = tuple[Value, Value]
Frame = Callable[[Value], Sub]


def _simple(source: Source, what: str) -> Pair:
    """Give two value types that need no defined type."""
    nullable = not source.chance(40)
    head = source.pick(HEADS)
    match what:
        case "number":
            first = source.pick(NUMBERS)
            return first, source.pick([each for each in NUMBERS if each != first])
        case "v128":
            return source.pick(NUMBERS), VECTOR
        case "number-or-reference":
            return source.pick((*NUMBERS, VECTOR)), Ref(head, nullable)
        case "nullability":
            return Ref(head), Ref(head, False)
        case "head-within":
            others = [each for each in HIERARCHIES[hierarchy_of(head)] if each != head]
            return Ref(head, nullable), Ref(source.pick(others), nullable)
        case "head-across":
            top = hierarchy_of(head)
            others = [each for each in HEADS if hierarchy_of(each) != top]
            return Ref(head, nullable), Ref(source.pick(others), nullable)
    assert what == "spelling"
    return Ref(head), Ref(head, longhand=True)


def _outer(draft: Draft, what: str) -> Pair:
    """Give two value types of defined types, which are added to the draft."""
    source = draft.source
    nullable = not source.chance(40)
    match what:
        case "nullability":
            index = draft.add_sub(Sub(draft.composite(len(draft.types))))
            return Ref(index), Ref(index, False)
        case "abstract-or-concrete":
            kind = source.pick(("struct", "array", "func"))
            composites: dict[str, Composite] = {
                "struct": Struct(),
                "array": Array(Field("i8")),
                "func": Func(),
            }
            head = source.pick((kind, "nofunc" if kind == "func" else "none"))
            return Ref(head, nullable), Ref(draft.add_sub(Sub(composites[kind])), nullable)
        case "concrete":
            first = draft.add_sub(Sub(Struct((Field("i32"),))))
            second = draft.add_sub(Sub(Struct((Field("i32", True),))))
            return Ref(first, nullable), Ref(second, nullable)
        case "parent-or-child":
            parent = draft.add_sub(Sub(Struct((Field("i32"),)), final=False))
            child = draft.add_sub(Sub(Struct((Field("i32"),)), (parent,), False))
            return Ref(parent, nullable), Ref(child, nullable)
        case "own-member":
            start = draft.add(Group((Sub(Struct()), Sub(Struct()))))
            return Ref(start, nullable), Ref(start + 1, nullable)
    assert what == "own-or-twin"
    own = len(draft.types)
    draft.add_sub(Sub(Struct((Field(Ref(own)),))))
    twin = draft.add_sub(Sub(Struct((Field(Ref(own)),))))
    return Ref(own, nullable), Ref(twin, nullable)


def _frame(draft: Draft, place: str, size: int) -> Frame:
    """Draw everything around the value type; what is drawn is the same for both twins."""
    source = draft.source
    before, behind = draft.values(size, 2), draft.values(size, 2)
    other = draft.values(size, 2)
    mutable, final = source.chance(40), not source.chance(40)

    def make(value: Value) -> Sub:
        values = (*before, value, *behind)
        match place:
            case "param":
                return Sub(Func(values, other), final=final)
            case "tag":
                return Sub(Func(values), final=final)
            case "result":
                return Sub(Func(other, values), final=final)
            case "field":
                fields = [Field(each) for each in values]
                fields[len(before)] = Field(value, mutable)
                return Sub(Struct(tuple(fields)), final=final)
        assert place == "element"
        return Sub(Array(Field(value, mutable)), final=final)

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

    def group(value: Value) -> Group:
        return Group((*beside[:position], frame(value), *beside[position:]))

    swap = source.chance(50)
    nullable = not source.chance(40)
    if own is not None:
        first, second = own
    elif what == "abstract-or-concrete":
        member = start + source.below(many)
        first = Ref(source.pick(("eq", "none", "func")), nullable)
        second = Ref(member, nullable)
    elif what == "own-member":
        i = source.below(many)
        j = (i + 1 + source.below(many - 1)) % many
        first, second = Ref(start + i, nullable), Ref(start + j, nullable)
    else:
        # The whole group stands twice; the second time, one reference leads to the first.
        member = start + source.below(many)
        first_time = group(Ref(member, nullable))
        draft.groups.append(first_time)
        twice = Module(tuple(draft.groups))
        second_time = again(twice, len(twice.groups) - 1, start + many)
        draft.types.extend(first_time.members)
        bent = list(second_time.members)
        bent[position] = _bend(frame, second_time.members[position], Ref(member, nullable))
        at = start + many + position
        return type_twins(
            attribute, draft.groups, [second_time], [Group(tuple(bent))], (at, at), swap=swap
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


def _bend(frame: Frame, moved: Sub, value: Ref) -> Sub:
    """Put the value where the frame has it into a type that is the frame's, renamed."""
    marked = frame("v128"), frame("f64")

    def pick(new: Value, one: Value, other: Value) -> Value:
        return value if one != other else new

    match moved.composite, marked[0].composite, marked[1].composite:
        case Func(params, results), Func(p, r), Func(q, s):
            return replace(
                moved,
                composite=Func(tuple(map(pick, params, p, q)), tuple(map(pick, results, r, s))),
            )
        case Struct(fields), Struct(f), Struct(g):
            bent = tuple(
                Field(pick(new.storage, one.storage, other.storage), new.mutable)
                for new, one, other in zip(fields, f, g, strict=True)
            )
            return replace(moved, composite=Struct(bent))
        case Array(element), _, _:
            return replace(moved, composite=Array(Field(value, element.mutable)))
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

    def make(value: Value) -> Module:
        groups = draft.groups
        match place:
            case "global":
                return exporting(groups, GlobalExtern(value, mutable), "global")
            case "table":
                assert isinstance(value, Ref)
                return exporting(groups, TableExtern(value, Limits(0)), "table")
        assert place == "tag"
        tag = TagExtern(len(draft.types))
        return exporting([*groups, Group((frame(value),))], tag, "tag")

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
