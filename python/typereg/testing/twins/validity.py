"""Twins of which one is valid and the other is not, for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import (
    Array,
    Composite,
    Field,
    Func,
    Group,
    Module,
    Ref,
    Struct,
    Sub,
    Value,
    move_group,
)

from .base import Twins, define, mutator, prefix

LIMITS: Final = ("validity/params", "validity/results", "validity/fields")
"""Attributes that are limits of the JavaScript API, not rules of the specification."""

MAX_DEPTH: Final = 63
MAX_PARAMS: Final = 1000
MAX_FIELDS: Final = 10_000


def _pair(draft: Draft, attribute: str, valid: Sequence[Group], invalid: Sequence[Group]) -> Twins:
    """Pair the valid section with the invalid one; something harmless may stand behind."""
    behind = (Group((Sub(Struct((Field("i64"),))),)),) if draft.source.chance(40) else ()
    a = Module((*draft.groups, *valid, *behind))
    b = Module((*draft.groups, *invalid, *behind))
    return Twins(a, b, attribute, False, question="validity")


def _open(source: Source) -> Composite:
    choices: list[Composite] = [Struct(), Struct((Field("i32"),)), Func(), Array(Field("i8"))]
    return source.pick(choices)


@mutator("validity/supertype-forward")
def _forward(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    parent, child = Sub(composite, (), False), Sub(composite, (start,), source.chance(50))
    valid = Group((parent, child))
    invalid = move_group(Group((child, parent)), lambda index: 2 * start + 1 - index)
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-self")
def _self(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    explicit = source.chance(50)
    valid = Group((Sub(composite, (), False),), explicit)
    invalid = Group((Sub(composite, (start,), False),), explicit)
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-cyclic")
def _cyclic(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    many = 2 + source.below(3)
    # Each below the one before it, and in the invalid one the first below the last.
    rest = tuple(Sub(composite, (start + i,), False) for i in range(many - 1))
    valid = Group((Sub(composite, (), False), *rest))
    invalid = Group((Sub(composite, (start + many - 1,), False), *rest))
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-final")
def _final(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    one_group = source.chance(50)

    def groups(final: bool) -> list[Group]:
        members = Sub(composite, (), final), Sub(composite, (start,), source_final)
        return [Group(members)] if one_group else [Group((each,)) for each in members]

    source_final = source.chance(50)
    return _pair(draft, attribute, groups(False), groups(True))


@mutator("validity/supertype-kind")
def _kind(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    kinds: list[Composite] = [Struct((Field("i32"),)), Array(Field("i32")), Func(("i32",))]
    first = kinds.pop(source.below(3))
    second = source.pick(kinds)
    parent = draft.add_sub(Sub(first, (), False))
    valid, invalid = Group((Sub(first, (parent,)),)), Group((Sub(second, (parent,)),))
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-two")
def _two(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _open(source)
    first = draft.add_sub(Sub(composite, (), False))
    second = draft.add_sub(Sub(composite, (first,), False))
    valid = Group((Sub(composite, (second,)),))
    invalid = Group((Sub(composite, (second, source.pick((first, second)))),))
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/index-range")
def _range(source: Source, attribute: str) -> Twins:
    # The greatest index that is in range, and the one behind it.
    draft = prefix(source)
    many = 1 + source.below(3)
    end = len(draft.types) + many
    shape = source.below(3)

    def group(index: int) -> Group:
        target = Ref(index, not source_strict)
        composite = (Struct((Field(target),)), Func((), (target,)), Array(Field(target)))[shape]
        return Group((*(Sub(Struct()),) * (many - 1), Sub(composite)))

    source_strict = source.chance(50)
    valid, invalid = group(end - 1), group(end)
    a = Module((*draft.groups, valid))
    b = Module((*draft.groups, invalid))
    return Twins(a, b, attribute, False, question="validity")


@mutator("validity/depth")
def _depth(source: Source, attribute: str) -> Twins:
    draft = Draft(source)
    composite = _open(source)
    one_group = source.chance(50)

    def chain(depth: int) -> list[Group]:
        members = tuple(
            Sub(composite, (index - 1,) if index else (), False) for index in range(depth + 1)
        )
        return [Group(members)] if one_group else [Group((each,)) for each in members]

    return _pair(draft, attribute, chain(MAX_DEPTH), chain(MAX_DEPTH + 1))


def _long(source: Source, attribute: str) -> Twins:
    draft = Draft(source)
    values: list[Value] = ["i32", Ref("any")]
    value = source.pick(values)

    def one(count: int) -> list[Group]:
        repeated = (value,) * count
        match attribute:
            case "validity/params":
                return [Group((Sub(Func(repeated)),))]
            case "validity/results":
                return [Group((Sub(Func((), repeated)),))]
        return [Group((Sub(Struct((Field(value),) * count)),))]

    most = MAX_FIELDS if attribute == "validity/fields" else MAX_PARAMS
    return _pair(draft, attribute, one(most), one(most + 1))


for _name in LIMITS:
    define(_name, _long)

VARIANCES: Final = ("param", "result", "field", "element", "mutable-field", "mutable-element")


def _variance(source: Source, attribute: str) -> Twins:
    # The lower value type below the upper one, or the other way round; both ways where neither
    # may be another one.
    draft = prefix(source)
    position = attribute.removeprefix("validity/variance-")
    upper, lower = _ordered(draft)
    before = draft.values(len(draft.types), 2)

    def composite(value: Value) -> Composite:
        match position:
            case "param":
                return Func((*before, value))
            case "result":
                return Func((), (*before, value))
            case "field" | "mutable-field":
                changing = Field(value, position == "mutable-field")
                return Struct((*(Field(each) for each in before), changing))
        return Array(Field(value, position == "mutable-element"))

    def groups(above: Value, below: Value) -> list[Group]:
        parent = len(draft.types)
        return [
            Group((Sub(composite(above), (), False),)),
            Group((Sub(composite(below), (parent,)),)),
        ]

    if position == "param":
        upper, lower = lower, upper
    if position.startswith("mutable"):
        return _pair(draft, attribute, groups(upper, upper), groups(upper, lower))
    return _pair(draft, attribute, groups(upper, lower), groups(lower, upper))


def _ordered(draft: Draft) -> tuple[Value, Value]:
    """Give a value type and one strictly below it."""
    source = draft.source
    match source.below(4):
        case 0:
            head = source.pick(("any", "func", "extern", "exn", "eq"))
            return Ref(head), Ref(head, False)
        case 1:
            upper, lower = source.pick(
                (
                    ("any", "eq"),
                    ("eq", "i31"),
                    ("eq", "struct"),
                    ("eq", "array"),
                    ("i31", "none"),
                    ("struct", "none"),
                    ("func", "nofunc"),
                    ("extern", "noextern"),
                    ("exn", "noexn"),
                )
            )
            return Ref(upper), Ref(lower)
        case 2:
            parent = draft.add_sub(Sub(Struct(), (), False))
            child = draft.add_sub(Sub(Struct(), (parent,)))
            return Ref(parent), Ref(child)
    composites: list[Composite] = [Struct(), Array(Field("i8"))]
    index = draft.add_sub(Sub(source.pick(composites)))
    return Ref(source.pick(("any", "eq"))), Ref(index)


for _position in VARIANCES:
    define(f"validity/variance-{_position}", _variance)


@mutator("validity/width")
def _width(source: Source, attribute: str) -> Twins:
    # A struct may have more fields than its supertype, and no fewer; of a function neither.
    draft = prefix(source)
    many = 1 + source.below(3)
    parent = len(draft.types)
    if source.chance(30):
        values = ("i32",) * many
        less = Func(values[1:]) if source.chance(50) else Func((), values[1:])
        more = Func(values) if less.results == () else Func((), values)
        valid: tuple[Composite, Composite] = (more, more)
        invalid: tuple[Composite, Composite] = (more, less)
    else:
        fields = (Field("i32"),) * many
        valid = Struct(fields), Struct((*fields, Field("i64")))
        invalid = Struct(fields), Struct(fields[1:])

    def groups(above: Composite, below: Composite) -> list[Group]:
        return [Group((Sub(above, (), False),)), Group((Sub(below, (parent,)),))]

    return _pair(draft, attribute, groups(*valid), groups(*invalid))
