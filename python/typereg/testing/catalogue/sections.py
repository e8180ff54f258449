"""Pages that are one section: every attribute of a type, in every place, beside all others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from typereg.reference.types import (
    ANY,
    EQ,
    F64,
    FUNC,
    I8,
    I31,
    I32,
    NONE,
    V128,
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    ValueType,
)
from typereg.testing.programs import Program, Register
from typereg.testing.source import Source
from typereg.testing.spec import ref_type, sub_type

from .parts import (
    COMMON,
    MUTABLE,
    NULLABLE,
    NUMERIC,
    OUTER,
    PACKED,
    PLACES,
    SHAPES,
    Grown,
    aggregates,
    alone,
    concrete,
    constant,
    everywhere,
    funcs,
    heads,
    laid_out,
    shuffled,
    two,
)

_Item = TypeVar("_Item")


def func_values(source: Source) -> Iterator[Grown]:
    """Put every value type in every place of a function type."""
    values = (*NUMERIC, *heads(), *concrete(range(OUTER)))
    return alone(composite for value in values for composite in funcs(value))


def storages(source: Source) -> Iterator[Grown]:
    """Put every storage type in every place of a struct or an array."""
    values: tuple[StorageType, ...] = (*NUMERIC, *PACKED, *heads(), *concrete(range(OUTER)))
    return alone(composite for value in values for composite in aggregates(value))


SIZES: Final = ((1, True), (2, True), (2, False), (3, True))
"""Of how many members the groups are, and whether references to them have null."""


def own_members(source: Source) -> Iterator[Grown]:
    """Refer to members of the own group, and to members of one outside."""
    twins = range(len(COMMON), OUTER)

    def group(place: int, at: int, many: int, target: Callable[[int], RefType]) -> Grown:
        def grown(start: int) -> RecGroup:
            value = target(start)
            composite = everywhere(value)[place]
            beside = [SubType(StructType([]))] * (many - 1)
            return RecGroup([*beside[:at], SubType(composite), *beside[at:]])

        return grown

    def own(position: int, nullable: bool) -> Callable[[int], RefType]:
        return lambda start: ref_type(start + position, nullable)

    def outside(index: int, nullable: bool) -> Callable[[int], RefType]:
        return lambda _: ref_type(index, nullable)

    places = range(PLACES)
    for place, (many, nullable) in itertools.product(places, SIZES):
        at = (place + many) % many
        for position in range(many):
            yield group(place, at, many, own(position, nullable))
            yield group(place, at, many, outside(twins[position], nullable))


def lists(source: Source) -> Iterator[Grown]:
    """Make short lists of parameters, results, fields: counts, orders, repetitions, boundaries."""
    letters = [source.pick(NUMERIC), *two(source, [*heads(), *concrete(range(OUTER))])]
    for count in range(4):
        for values in itertools.product(letters, repeat=count):
            yield from alone(FuncType(values[:cut], values[cut:]) for cut in range(len(values) + 1))
    fields = [*map(FieldType, PACKED), *(FieldType(letters[1], mutable) for mutable in MUTABLE)]
    for count in range(4):
        yield from alone(map(StructType, itertools.product(fields, repeat=count)))
    # As many again as a length of one byte can say, of seven bits or eight.
    for count in (*range(4, 20), *range(126, 131), *range(254, 259)):
        for last in letters[:2]:
            values = (I32,) * (count - 1) + (last,)
            yield from alone((FuncType(values, []), FuncType([], values)))
            yield from alone([StructType(map(FieldType, values))])


LATE: Final = (3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128)
"""Places far behind in a list, about where a word of bits or a length of one byte ends."""


TURNS: Final = (0, 1, 2, 4, 8, 16, 32, 64)
"""Places that are as far from each other as bits come round again, in a mask or a rotation."""


def late(source: Source) -> Iterator[Grown]:
    """Make lists that differ in one attribute of one part, far behind, the last one or not."""
    one, other = two(source, list(heads()))
    turned = RefType(one.heap, not one.nullable)
    values: list[ValueType] = [*NUMERIC, one, turned, other, *concrete((0, 2))]
    fields = [FieldType(value) for value in (*values, *PACKED)]
    fields += [FieldType(value, True) for value in (I32, one)]
    for place in LATE:
        before = (I32,) * place
        after = (I32,) * source.below(3)
        for value in values:
            whole = (*before, value, *after)
            yield from alone((FuncType(whole, []), FuncType([], whole)))
        rest = [FieldType(value) for value in after]
        yield from alone(StructType([*map(FieldType, before), field, *rest]) for field in fields)
    # One that is at another place, and all else as it was.
    kinds: tuple[tuple[ValueType, ValueType], ...] = ((I32, one), (one, turned))
    for many in itertools.chain.from_iterable(turned_about(*each) for each in kinds):
        yield from alone((FuncType(many, []), FuncType([], many)))
        yield from alone([StructType(map(FieldType, many))])
    yield from alone(map(StructType, turned_about(FieldType(I32), FieldType(I32, True))))


def turned_about(item: _Item, odd: _Item) -> Iterator[list[_Item]]:
    """Make lists of one item many times over, with an odd one at one place after the other."""
    for place in TURNS:
        items = [item] * (TURNS[-1] + 1)
        items[place] = odd
        yield items


def pairs(source: Source) -> Iterator[Grown]:
    """Put any two parts next to each other, or one alone: it may be told by what is beside it."""
    one, other = two(source, list(heads()))
    values: list[ValueType] = [I32, F64, V128, one, RefType(one.heap, not one.nullable), other]
    values += concrete((0, 2))
    simple = (*NUMERIC, *heads())
    yield from alone(FuncType(pair, []) for pair in itertools.product(simple, simple))
    yield from alone(FuncType([], [value]) for value in (*simple, *concrete(range(OUTER))))
    yield from alone(FuncType([value], []) for value in (*simple, *concrete(range(OUTER))))
    for pair in itertools.product(values, repeat=2):
        yield from alone(FuncType(pair[:cut], pair[cut:]) for cut in range(3))
    parts: list[StorageType] = [*PACKED, *values[2:5], *values[6:]]
    fields = [FieldType(value, mutable) for value in parts for mutable in MUTABLE]
    yield from alone(map(StructType, itertools.product(fields, repeat=2)))


def declarations(source: Source) -> Iterator[Grown]:
    """Declare every kind of type final or open, below none, an own one or one outside."""
    for shape, final in itertools.product(SHAPES, MUTABLE):
        sub, other = SubType(shape, final=final), SubType(StructType([]))
        yield from (constant(sub), constant(other, sub), constant(sub, other))
        for many in (1, 2, 3):
            for above in sorted({0, many - 1}):
                yield partial(descended, shape, final, many, above)
    # Of two own members either may be the supertype, and either what a field refers to.
    for above, targets in itertools.product(range(2), itertools.product(range(3), repeat=2)):
        yield partial(between, above, targets)
    # Below a type outside: whatever may stand there.
    low, high = RefType(NONE, False), RefType(ANY)
    upper: list[SubType] = [
        SubType(StructType([FieldType(high)]), final=False),
        SubType(ArrayType(FieldType(high)), final=False),
        SubType(FuncType([low], [high]), final=False),
    ]
    middle = [RefType(head, nullable) for head in (ANY, EQ, I31, NONE) for nullable in NULLABLE]
    for first, second in itertools.product(middle, middle):
        yield beneath(upper[2], FuncType([first], [second]))
    for value in middle:
        yield beneath(upper[1], ArrayType(FieldType(value)))
        for more in ([], [FieldType(I32)], [FieldType(I32, True)], [FieldType(I8)]):
            yield beneath(upper[0], StructType([FieldType(value), *more]))


def descended(shape: CompositeType, final: bool, many: int, above: int, start: int) -> RecGroup:
    """Make a group of some open types that read alike and one below one of them."""
    parent = SubType(shape, final=False)
    return RecGroup([*[parent] * many, sub_type(shape, start + above, final)])


def between(above: int, targets: Sequence[int], start: int) -> RecGroup:
    """Make a group of a parent and a child, and a type below one that refers to some of them."""
    parent = SubType(StructType([]), final=False)
    struct = StructType([FieldType(ref_type(start + at)) for at in targets])
    child = sub_type(StructType([]), start, False)
    return RecGroup([parent, child, sub_type(struct, start + above)])


def beneath(parent: SubType, composite: CompositeType) -> Grown:
    """Make a group of a parent and an open and a final type below it."""
    return lambda start: RecGroup(
        [parent, *(sub_type(composite, start, final) for final in MUTABLE)]
    )


def shapes_of_groups(source: Source) -> Iterator[Grown]:
    """Make groups of every small size: what stands where, and who refers to whom."""
    members = [
        SubType(StructType([])),
        SubType(StructType([]), final=False),
        SubType(FuncType([], [])),
        SubType(ArrayType(FieldType(I8))),
    ]
    for many in range(1, 4):
        for chosen in itertools.product(members, repeat=many):
            yield constant(*chosen)
    for many in (4, 5, 6, 9, 17):
        for at in sorted({0, many // 2, many - 1}):
            for other in members[1:]:
                plain = [members[0]] * many
                yield constant(*plain[:at], other, *plain[at + 1 :])
    # All refer outside: each of them counts.
    outside = [SubType(composite) for composite in everywhere(ref_type(0))]
    yield constant(*outside, *outside)
    for many in (1, 2, 3):
        for targets in itertools.product(range(many), repeat=many):
            for nullable in NULLABLE:
                yield cycle(targets, nullable)
    for many in (5, 9, 17):
        for target in range(many):
            yield cycle([target, *[0] * (many - 1)], True)


def large(source: Source) -> Iterator[Grown]:
    """Make groups of more members than seven bits or eight can count, and refer to late ones."""
    plain = SubType(StructType([]))
    yield from (constant(*[plain] * many) for many in (1, 2, 127, 128, 129, 130, 257, 258))
    # 110 and 112 are the bytes that say `any` and `func`.
    for target in (0, 1, 31, 32, 63, 64, 65, 110, 112, 127, 128, 129):
        yield cycle([target], True, 130)
    for target in (0, 256):
        yield cycle([target], True, 258)
    for head in (ANY, FUNC):
        yield constant(SubType(StructType([FieldType(RefType(head))])), *[plain] * 129)
    for odd in (replace(plain, final=False), SubType(ArrayType(FieldType(I8)))):
        yield from (constant(*members) for members in turned_about(plain, odd))


def cycle(targets: Sequence[int], nullable: bool, many: int = 0) -> Grown:
    """Make a group whose members refer each to one of them; up to so `many`, the others to none."""
    rest = [SubType(StructType([]))] * (many - len(targets))
    return lambda start: RecGroup(
        [
            *(SubType(StructType([FieldType(ref_type(start + at, nullable))])) for at in targets),
            *rest,
        ]
    )


SECTIONS: Final[dict[str, Callable[[Source], Iterator[Grown]]]] = {
    "values of functions": func_values,
    "storage types": storages,
    "own members": own_members,
    "lists": lists,
    "pairs": pairs,
    "late places": late,
    "declarations": declarations,
    "groups": shapes_of_groups,
    "large groups": large,
}
"""Every page that is one section, by name."""


ONE_WAY: Final = ("pairs", "large groups")
"""Pages that are shown in one order only: long ones, in which order is not the matter."""


def types(source: Source, name: str, backwards: bool) -> Program:
    """Draw a page of types: in one order or the other, for a fault may need one of two first."""
    groups = shuffled(source, SECTIONS[name](source))
    return Program.of(Register(laid_out(reversed(groups) if backwards else groups)))
