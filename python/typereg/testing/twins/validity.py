"""Twins of which one is valid and the other is not, for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typereg.reference.types import (
    ANY,
    ARRAY,
    EQ,
    EXN,
    EXTERN,
    FUNC,
    I8,
    I31,
    I32,
    I64,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    ModuleTypeIndex,
    RecGroup,
    StructType,
    SubType,
    ValueType,
)
from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import LongRecGroup, LongSubType, Module, Renaming, ref_type, sub_type

from .base import Twins, define, mutator, prefix

LIMITS: Final = ("validity/params", "validity/results", "validity/fields")
"""Attributes that are limits of the JavaScript API, not rules of the specification."""

MAX_DEPTH: Final = 63
MAX_PARAMS: Final = 1000
MAX_FIELDS: Final = 10_000


def _pair(
    draft: Draft, attribute: str, valid: Sequence[RecGroup], invalid: Sequence[RecGroup]
) -> Twins:
    """Pair the valid section with the invalid one; something harmless may stand behind."""
    behind = (RecGroup([SubType(StructType([FieldType(I64)]))]),) if draft.source.chance(40) else ()
    a = Module((*draft.groups, *valid, *behind))
    b = Module((*draft.groups, *invalid, *behind))
    return Twins(a, b, attribute, False, question="validity")


def _open(source: Source) -> CompositeType:
    choices: list[CompositeType] = [
        StructType([]),
        StructType([FieldType(I32)]),
        FuncType([], []),
        ArrayType(FieldType(I8)),
    ]
    return source.pick(choices)


@mutator("validity/supertype-forward")
def _forward(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    parent, child = SubType(composite, final=False), sub_type(composite, start, source.chance(50))
    valid = RecGroup([parent, child])
    invalid = Renaming(lambda index: 2 * start + 1 - index).group(RecGroup([child, parent]))
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-self")
def _self(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    explicit = source.chance(50)
    make = LongRecGroup if explicit else RecGroup
    valid = make([SubType(composite, final=False)])
    invalid = make([sub_type(composite, start, False)])
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-cyclic")
def _cyclic(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    many = 2 + source.below(3)
    # Each below the one before it, and in the invalid one the first below the last.
    rest = tuple(sub_type(composite, start + i, False) for i in range(many - 1))
    valid = RecGroup([SubType(composite, final=False), *rest])
    invalid = RecGroup([sub_type(composite, start + many - 1, False), *rest])
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-final")
def _final(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    start = len(draft.types)
    composite = _open(source)
    one_group = source.chance(50)

    def groups(final: bool) -> list[RecGroup]:
        members = SubType(composite, final=final), sub_type(composite, start, source_final)
        return [RecGroup(members)] if one_group else [RecGroup([each]) for each in members]

    source_final = source.chance(50)
    return _pair(draft, attribute, groups(False), groups(True))


@mutator("validity/supertype-kind")
def _kind(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    kinds: list[CompositeType] = [
        StructType([FieldType(I32)]),
        ArrayType(FieldType(I32)),
        FuncType([I32], []),
    ]
    first = kinds.pop(source.below(3))
    second = source.pick(kinds)
    parent = draft.add_sub(SubType(first, final=False))
    valid, invalid = RecGroup([sub_type(first, parent)]), RecGroup([sub_type(second, parent)])
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/supertype-two")
def _two(source: Source, attribute: str) -> Twins:
    draft = prefix(source)
    composite = _open(source)
    first = draft.add_sub(SubType(composite, final=False))
    second = draft.add_sub(sub_type(composite, first, False))
    valid = RecGroup([sub_type(composite, second)])
    more = [ModuleTypeIndex(source.pick((first, second)))]
    two = LongSubType(composite, supertype=ModuleTypeIndex(second), more=more)
    invalid = RecGroup([two])
    return _pair(draft, attribute, [valid], [invalid])


@mutator("validity/index-range")
def _range(source: Source, attribute: str) -> Twins:
    # The greatest index that is in range, and the one behind it.
    draft = prefix(source)
    many = 1 + source.below(3)
    end = len(draft.types) + many
    shape = source.below(3)

    def group(index: int) -> RecGroup:
        target = ref_type(index, not source_strict)
        composites = (
            StructType([FieldType(target)]),
            FuncType([], [target]),
            ArrayType(FieldType(target)),
        )
        composite = composites[shape]
        return RecGroup([*(SubType(StructType([])),) * (many - 1), SubType(composite)])

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

    def chain(depth: int) -> list[RecGroup]:
        members = tuple(
            sub_type(composite, index - 1 if index else None, False) for index in range(depth + 1)
        )
        return [RecGroup(members)] if one_group else [RecGroup([each]) for each in members]

    return _pair(draft, attribute, chain(MAX_DEPTH), chain(MAX_DEPTH + 1))


def _long(source: Source, attribute: str) -> Twins:
    draft = Draft(source)
    values: list[ValueType] = [I32, ref_type(ANY)]
    value = source.pick(values)

    def one(count: int) -> list[RecGroup]:
        repeated = (value,) * count
        match attribute:
            case "validity/params":
                return [RecGroup([SubType(FuncType(repeated, []))])]
            case "validity/results":
                return [RecGroup([SubType(FuncType([], repeated))])]
        return [RecGroup([SubType(StructType((FieldType(value),) * count))])]

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

    def composite(value: ValueType) -> CompositeType:
        match position:
            case "param":
                return FuncType([*before, value], [])
            case "result":
                return FuncType([], [*before, value])
            case "field" | "mutable-field":
                changing = FieldType(value, position == "mutable-field")
                return StructType([*(FieldType(each) for each in before), changing])
        return ArrayType(FieldType(value, position == "mutable-element"))

    def groups(above: ValueType, below: ValueType) -> list[RecGroup]:
        parent = len(draft.types)
        return [
            RecGroup([SubType(composite(above), final=False)]),
            RecGroup([sub_type(composite(below), parent)]),
        ]

    if position == "param":
        upper, lower = lower, upper
    if position.startswith("mutable"):
        return _pair(draft, attribute, groups(upper, upper), groups(upper, lower))
    return _pair(draft, attribute, groups(upper, lower), groups(lower, upper))


def _ordered(draft: Draft) -> tuple[ValueType, ValueType]:
    """Give a value type and one strictly below it."""
    source = draft.source
    match source.below(4):
        case 0:
            head = source.pick((ANY, FUNC, EXTERN, EXN, EQ))
            return ref_type(head), ref_type(head, False)
        case 1:
            pairs = (
                *((ANY, EQ), (EQ, I31), (EQ, STRUCT), (EQ, ARRAY), (I31, NONE)),
                *((STRUCT, NONE), (FUNC, NOFUNC), (EXTERN, NOEXTERN), (EXN, NOEXN)),
            )
            upper, lower = source.pick(pairs)
            return ref_type(upper), ref_type(lower)
        case 2:
            parent = draft.add_sub(SubType(StructType([]), final=False))
            child = draft.add_sub(sub_type(StructType([]), parent))
            return ref_type(parent), ref_type(child)
    composites: list[CompositeType] = [StructType([]), ArrayType(FieldType(I8))]
    index = draft.add_sub(SubType(source.pick(composites)))
    return ref_type(source.pick((ANY, EQ))), ref_type(index)


for _position in VARIANCES:
    define(f"validity/variance-{_position}", _variance)


@mutator("validity/width")
def _width(source: Source, attribute: str) -> Twins:
    # A struct may have more fields than its supertype, and no fewer; of a function neither.
    draft = prefix(source)
    many = 1 + source.below(3)
    parent = len(draft.types)
    if source.chance(30):
        values = (I32,) * many
        less = FuncType(values[1:], []) if source.chance(50) else FuncType([], values[1:])
        more = FuncType(values, []) if not less.results else FuncType([], values)
        valid: tuple[CompositeType, CompositeType] = (more, more)
        invalid: tuple[CompositeType, CompositeType] = (more, less)
    else:
        fields = (FieldType(I32),) * many
        valid = StructType(fields), StructType([*fields, FieldType(I64)])
        invalid = StructType(fields), StructType(fields[1:])

    def groups(above: CompositeType, below: CompositeType) -> list[RecGroup]:
        return [RecGroup([SubType(above, final=False)]), RecGroup([sub_type(below, parent)])]

    return _pair(draft, attribute, groups(*valid), groups(*invalid))
