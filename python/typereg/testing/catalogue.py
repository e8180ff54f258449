"""Pages that enumerate: each attribute of section T at each place, hundreds of types at once.

Near twins find a difference that is drawn; these leave none to luck. A page is a section of types
that are nearly alike, in an order that the source draws, so every pair of them is compared at once;
or a list of small modules for validity or linking. What it shows is made small like all else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from typereg.reference.types import (
    ANY,
    ARRAY,
    EQ,
    EXN,
    EXTERN,
    F32,
    F64,
    FUNC,
    I8,
    I16,
    I31,
    I32,
    I64,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    V128,
    ArrayType,
    CompositeType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
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

from .generate import HEADS
from .programs import Close, Heads, Link, Operation, Program, Register, Validate
from .source import Source
from .spec import NUMBERS, Export, Import, Module, kind_of_extern, ref_type, section, sub_type

Grown: TypeAlias = Callable[[int], RecGroup]
"""A group, given the index that its first type will have."""

NUMERIC: Final[tuple[ValueType, ...]] = (*NUMBERS, V128)
PACKED: Final[tuple[StorageType, ...]] = (I8, I16)
NULLABLE: Final = (True, False)
MUTABLE: Final = (False, True)

COMMON: Final = (
    SubType(StructType([FieldType(I32)]), final=False),
    sub_type(StructType([FieldType(I32)]), 0, False),
    SubType(StructType([FieldType(I32, True)])),
    SubType(ArrayType(FieldType(I8))),
    SubType(ArrayType(FieldType(I8, True))),
    SubType(FuncType([], [])),
    SubType(FuncType([I32], [])),
)
"""What the types of a page refer to, first of all a parent and its child; then come three that
read alike and are told apart by where they stand."""

TRIPLE: Final = RecGroup([SubType(StructType([]))] * 3)
OUTER: Final = len(COMMON) + len(TRIPLE.members)


def heads() -> Iterator[RefType]:
    """Give every reference to an abstract heap type."""
    return (RefType(head, nullable) for head in HEADS for nullable in NULLABLE)


def concrete(indices: Iterable[int]) -> Iterator[RefType]:
    """Give every reference to some defined types."""
    return (ref_type(index, nullable) for index in indices for nullable in NULLABLE)


def funcs(value: ValueType) -> Iterator[CompositeType]:
    """Put a value type wherever a function type has one: alone, first, between, last."""
    for values in ([value], [value, I32, F64], [I32, value, F64], [I32, F64, value]):
        yield FuncType(values, [F32])
        yield FuncType([F32], values)


def aggregates(value: StorageType) -> Iterator[CompositeType]:
    """Put a storage type wherever a struct or an array has one, to be read only or written."""
    for mutable in MUTABLE:
        item, other = FieldType(value, mutable), FieldType(I32)
        yield StructType([item])
        yield StructType([item, other, FieldType(F64)])
        yield StructType([other, item, FieldType(F64)])
        yield StructType([other, FieldType(F64), item])
        yield ArrayType(item)


def alone(composites: Iterable[CompositeType]) -> Iterator[Grown]:
    """Make a group of each."""
    return (constant(SubType(composite)) for composite in composites)


def constant(*members: SubType) -> Grown:
    """Make a group that does not refer to itself."""
    group = RecGroup(members)
    return lambda _: group


# The pages of types.


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
            composite = [*funcs(value), *aggregates(value)][place]
            beside = [SubType(StructType([]))] * (many - 1)
            return RecGroup([*beside[:at], SubType(composite), *beside[at:]])

        return grown

    def own(position: int, nullable: bool) -> Callable[[int], RefType]:
        return lambda start: ref_type(start + position, nullable)

    def outside(index: int, nullable: bool) -> Callable[[int], RefType]:
        return lambda _: ref_type(index, nullable)

    places = range(len([*funcs(I32), *aggregates(I32)]))
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


def late(source: Source) -> Iterator[Grown]:
    """Make lists that differ in one attribute of one part, far behind, the last one or not."""
    one, other = two(source, list(heads()))
    turned = RefType(one.heap, not one.nullable)
    values: list[ValueType] = [I32, one, turned, other, *concrete((0, 2))]
    fields = [FieldType(value, mutable) for value in values[:2] for mutable in MUTABLE]
    fields += [FieldType(value) for value in (*values[2:], *PACKED)]
    for place in LATE:
        before = (I32,) * place
        after = (I32,) * source.below(3)
        for value in values:
            whole = (*before, value, *after)
            yield from alone((FuncType(whole, []), FuncType([], whole)))
        rest = [FieldType(value) for value in after]
        yield from alone(StructType([*map(FieldType, before), field, *rest]) for field in fields)


def declarations(source: Source) -> Iterator[Grown]:
    """Declare every kind of type final or open, below none, an own one or one outside."""
    for shape, final in itertools.product(SHAPES, MUTABLE):
        sub, other = SubType(shape, final=final), SubType(StructType([]))
        yield from (constant(sub), constant(other, sub), constant(sub, other))
        for many in (1, 2, 3):
            for above in sorted({0, many - 1}):
                yield partial(descended, shape, final, many, above)
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


SHAPES: Final[tuple[CompositeType, ...]] = (
    StructType([]),
    StructType([FieldType(I8)]),
    StructType([FieldType(I32, True), FieldType(RefType(ANY))]),
    ArrayType(FieldType(I8)),
    ArrayType(FieldType(I16, True)),
    ArrayType(FieldType(F32)),
    ArrayType(FieldType(RefType(EQ), True)),
    FuncType([], []),
    FuncType([I32], []),
    FuncType([RefType(FUNC)], [V128]),
)
"""A type of each kind, and of each sort of parts."""


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
    for many in (1, 2, 3):
        for targets in itertools.product(range(many), repeat=many):
            for nullable in NULLABLE:
                yield cycle(targets, nullable)
    for many in (5, 9, 17):
        for target in range(many):
            yield cycle([target, *[0] * (many - 1)], True)


def cycle(targets: Sequence[int], nullable: bool) -> Grown:
    """Make a group whose members refer each to one of them."""
    return lambda start: RecGroup(
        SubType(StructType([FieldType(ref_type(start + target, nullable))])) for target in targets
    )


SECTIONS: Final[dict[str, Callable[[Source], Iterator[Grown]]]] = {
    "values of functions": func_values,
    "storage types": storages,
    "own members": own_members,
    "lists": lists,
    "late places": late,
    "declarations": declarations,
    "groups": shapes_of_groups,
}
"""Every page that is one section, by name."""


def two(source: Source, items: Sequence[RefType]) -> tuple[RefType, RefType]:
    """Draw two different ones."""
    at = source.below(len(items))
    return items[at], items[(at + 1 + source.below(len(items) - 1)) % len(items)]


def shuffled(source: Source, groups: Iterable[Grown]) -> list[Grown]:
    """Put groups in an order that the source draws."""
    rest = list(groups)
    for end in range(len(rest) - 1, 0, -1):
        at = source.below(end + 1)
        rest[at], rest[end] = rest[end], rest[at]
    return rest


def laid_out(groups: Iterable[Grown]) -> Module:
    """Make a module of what all pages have in common and then the groups."""
    found = [*section(*COMMON).groups, TRIPLE]
    start = OUTER
    for grown in groups:
        group = grown(start)
        found.append(group)
        start += len(group.members)
    return Module(tuple(found))


def types(source: Source, name: str, backwards: bool) -> Program:
    """Draw a page of types: in one order or the other, for a fault may need one of two first."""
    groups = shuffled(source, SECTIONS[name](source))
    return Program.of(Register(laid_out(reversed(groups) if backwards else groups)))


def again(source: Source) -> Program:
    """Draw a page of groups twice, the second time in another order: all of them are there."""
    names = ("groups", "lists")
    groups = [each for name in names for each in shuffled(source, SECTIONS[name](source))[::3]]
    return Program.of(*(Register(laid_out(shuffled(source, groups))) for _ in range(2)))


def unrolled(source: Source) -> Program:
    """Draw groups twice, and the second time one reference leads to the first instead of itself."""
    found: list[RecGroup] = []
    start = 0
    for place, (many, nullable) in itertools.product(range(18), SIZES):
        for target in range(many):
            for outside in MUTABLE:
                value = ref_type(start + target - (many if outside else 0), nullable)
                composite = [*funcs(value), *aggregates(value)][place]
                beside = [SubType(StructType([]))] * (many - 1)
                found.append(RecGroup([SubType(composite), *beside]))
                start += many
    for shape, final in itertools.product(SHAPES, MUTABLE):
        for outside in MUTABLE:
            above = start - (2 if outside else 0)
            parent = SubType(shape, final=False)
            found.append(RecGroup([parent, sub_type(shape, above, final)]))
            start += 2
    return Program.of(Register(Module(tuple(found))))


def distant(source: Source) -> Program:
    """Draw types that differ in one attribute, seen over one to five groups of references."""
    pairs: list[SubType] = [
        *COMMON[2:],
        SubType(FuncType([], [I32])),
        SubType(FuncType([RefType(ANY)], [])),
        SubType(FuncType([RefType(ANY, False)], [])),
        SubType(StructType([FieldType(I16)])),
        SubType(StructType([FieldType(I16)]), final=False),
        SubType(StructType([FieldType(RefType(EXN))])),
        SubType(StructType([FieldType(RefType(NOEXN))])),
    ]
    at = {index: index for index in range(len(pairs))}
    found = [RecGroup([sub]) for sub in pairs]
    for depth in range(5):
        for index in at:
            value = ref_type(at[index], depth % 2 == 0)
            composite = [*funcs(value), *aggregates(value)][(depth * 5) % 18]
            at[index] = len(found)
            found.append(RecGroup([SubType(composite)]))
    return Program.of(Register(Module(tuple(found))))


def many(source: Source) -> Program:
    """Draw more types than eight bits can number, and a reference to each."""
    count = 300
    numbers = [SubType(FuncType([I32] * (at % 20), [F32] * (at // 20))) for at in range(count)]
    links = [SubType(StructType([FieldType(ref_type(at))])) for at in range(count)]
    return Program.of(Register(section(*numbers, *links)))


def cascade(source: Source) -> Program:
    """Draw few types that hold many, in one step or two, and let them go: all go with them.

    What is registered then shows which slots they left, and in which order.
    """
    operations: list[Operation] = []
    for many in (1, 2, 3, 4, 5, 8, 13, 34):
        held = [SubType(FuncType([I32] * number, [I64])) for number in range(many)]
        middle = StructType([FieldType(ref_type(each)) for each in range(many // 2)])
        top = StructType([FieldType(ref_type(each)) for each in range(many // 2, many + 1)])
        operations.append(Register(section(*held, SubType(middle), SubType(top))))
        operations.append(Close(len(operations) - 1))
        operations.append(Register(section(*held[:3])))
        operations.append(Close(len(operations) - 1))
    return Program.of(*operations)


def chain(source: Source) -> Program:
    """Draw a chain of supertypes as deep as may be, in one group and then in many."""
    deep = 63
    shape = source.pick(SHAPES)
    subs = [sub_type(shape, at - 1 if at else None, False) for at in range(deep + 1)]
    apart = section(*subs)
    in_one = Module((RecGroup(subs),))
    return Program.of(Register(apart), Heads(0), Register(in_one), Heads(2))


def matching(source: Source) -> Program:
    """Draw defined types of every kind with parents, and ask how all references match."""
    subs: list[SubType] = []
    for shape in (SHAPES[0], SHAPES[3], SHAPES[7]):
        base = len(subs)
        subs.append(SubType(shape, final=False))
        subs += [sub_type(shape, base + above, False) for above in (0, 1, 0)]
    return Program.of(Register(section(*subs)), Heads(0))


# The pages of validity.


FEW: Final = (*COMMON[:2], COMMON[3], COMMON[5])
"""A parent and its child, an array, a function type: what references lead to here."""

REFERENCES: Final = (
    *(RefType(head) for head in (ANY, EQ, I31, STRUCT, ARRAY, NONE, FUNC, NOFUNC)),
    *(RefType(head) for head in (EXTERN, NOEXTERN, EXN, NOEXN)),
    *(RefType(ANY, False), RefType(NONE, False), RefType(NOFUNC, False)),
    *(ref_type(0), ref_type(1), ref_type(1, False), ref_type(2), ref_type(3)),
)
"""References whose every pair is told apart by some rule of matching."""


def variances(source: Source, name: str) -> Program:
    """Ask of every pair of storage types whether one may stand below the other in a place."""
    values: list[StorageType] = [I32, V128, *REFERENCES]
    if "field" in name or "element" in name:
        values += PACKED
    put = VARIANCES[name]
    common = section(*FEW).groups
    asked: list[Operation] = []
    for above, below in itertools.product(values, values):
        upper = SubType(put(above), final=False)
        lower = sub_type(put(below), len(FEW))
        asked.append(Validate(Module((*common, RecGroup([upper]), RecGroup([lower])))))
    return Program.of(*asked)


VARIANCES: Final[dict[str, Callable[[Any], CompositeType]]] = {
    "variance of params": lambda value: FuncType([value], [F32]),
    "variance of last params": lambda value: FuncType([I32, F64, value], [F32]),
    "variance of results": lambda value: FuncType([F32], [value]),
    "variance of last results": lambda value: FuncType([F32], [I32, F64, value]),
    "variance of fields": lambda value: StructType([FieldType(value)]),
    "variance of last fields": lambda value: StructType([*map(FieldType, (I32, F64, value))]),
    "variance of mutable fields": lambda value: StructType(
        [FieldType(value, True), FieldType(I32)]
    ),
    "variance of elements": lambda value: ArrayType(FieldType(value)),
    "variance of mutable elements": lambda value: ArrayType(FieldType(value, True)),
    "variance of late params": lambda value: FuncType([*[I32] * 33, value], [F32]),
    "variance of late fields": lambda value: StructType(
        [*(FieldType(I32),) * 33, FieldType(value)]
    ),
    "variance of late mutable fields": lambda value: StructType(
        [*[FieldType(I32)] * 33, FieldType(value, True)]
    ),
    "variance of last mutable fields": lambda value: StructType(
        [FieldType(I32), FieldType(value, True)]
    ),
}
"""Places in which variance is asked about."""


def inheritance(source: Source) -> Program:
    """Ask which type may be declared below which: kind, width, finality, order, own and outside."""
    shapes = [
        *SHAPES,
        *(StructType([FieldType(I8)] * many) for many in (2, 3)),
        *(FuncType([I32] * many, []) for many in (2, 3)),
        *(FuncType([], [I32] * many) for many in (1, 2)),
    ]
    asked: list[Module] = []
    for above, below in itertools.product(shapes, shapes):
        asked.append(section(SubType(above, final=False), sub_type(below, 0)))
    for shape, final, in_one, further in itertools.product(shapes, MUTABLE, MUTABLE, range(3)):
        subs = [SubType(StructType([]))] * further
        subs += [SubType(shape, final=final), sub_type(shape, further, final)]
        subs.append(sub_type(shape, further + 1))
        asked.append(Module((RecGroup(subs),)) if in_one else section(*subs))
    kinds = SHAPES[0], SHAPES[3], SHAPES[7]
    for shape, many, at, to in itertools.product(kinds, (1, 2, 3), range(3), range(4)):
        if at < many:
            subs = [SubType(shape, final=False)] * many
            subs[at] = sub_type(shape, to, False)
            asked.append(Module((RecGroup(subs),)))
    for many, index in itertools.product((1, 2, 3), range(5)):
        for value in (ref_type(index), ref_type(index, False)):
            for composite in (*funcs(value), *aggregates(value)):
                subs = [SubType(StructType([]))] * (many - 1)
                asked.append(Module((RecGroup([*subs, SubType(composite)]),)))
    for deep, in_one in itertools.product((31, 32, 33, 62, 63, 64, 65), MUTABLE):
        subs = [sub_type(SHAPES[0], at - 1 if at else None, False) for at in range(deep + 1)]
        asked.append(Module((RecGroup(subs),)) if in_one else section(*subs))
    for count in (999, 1000, 1001):
        asked.append(section(FuncType([I32] * count, [])))
        asked.append(section(FuncType([], [I32] * count)))
    for repeats in range(4):
        asked.append(Module((RecGroup([]),) * repeats + section(*SHAPES[:2] * repeats).groups))
    asked += twice_declared()
    asked += items()
    return Program.of(*map(Validate, asked))


def twice_declared() -> Iterator[Module]:
    """Give types that fit because two declarations of one type are one type (G11)."""
    for shape, composite in itertools.product(SHAPES, VARIANCES.values()):
        above = SubType(composite(ref_type(0)), final=False)
        yield section(shape, shape, above, sub_type(composite(ref_type(1)), 2))


def items() -> Iterator[Module]:
    """Give one item each: functions and tags by what type, memories and tables of what size."""
    subs = section(
        StructType([]), FuncType([I32], []), FuncType([], [I32]), ArrayType(FieldType(I8))
    )
    for index in range(5):
        for item in (ModuleTypeIndex(index), TagType(ModuleTypeIndex(index))):
            for imported in MUTABLE:
                if imported:
                    yield Module(subs.groups, imports=(Import("env", "x", item),))
                else:
                    yield Module(subs.groups, items=(item,))
    sizes = (0, 1, 2, 65535, 65536, 65537, 2**32 - 1)
    for minimum, maximum in itertools.product(sizes, (None, *sizes)):
        for address64 in MUTABLE:
            for shared in MUTABLE:
                memory = MemoryType(minimum, maximum, address64=address64, shared=shared)
                yield Module(imports=(Import("env", "x", memory),))
            table = TableType(RefType(FUNC), minimum, maximum, address64=address64)
            yield Module(imports=(Import("env", "x", table),))


# The pages of links.


def externs() -> dict[str, list[ExternType]]:
    """Give external types of each kind whose every pair is told apart by some rule."""
    limits = [
        (minimum, maximum)
        for minimum in (0, 1, 2)
        for maximum in (None, 0, 1, 2, 3)
        if maximum is None or minimum <= maximum
    ]
    contents: list[ValueType] = [I32, V128, *REFERENCES]
    sizes = [*limits, (2**32, None), (2**32 + 1, 2**32 + 2)]
    memories: list[ExternType] = [MemoryType(*each) for each in limits]
    memories += [MemoryType(*each, address64=True) for each in sizes]
    memories += [MemoryType(*each, shared=True) for each in limits if each[1] is not None]
    tables: list[ExternType] = [TableType(RefType(FUNC), *each) for each in limits]
    tables += [TableType(RefType(FUNC), *each, address64=True) for each in sizes]
    elements: list[ExternType] = [TableType(value, 1) for value in REFERENCES]
    constants: list[ExternType] = [GlobalType(value) for value in contents]
    variables: list[ExternType] = [GlobalType(value, True) for value in contents]
    mixed: list[ExternType] = [GlobalType(I32), GlobalType(I32, True)]
    mixed += [GlobalType(RefType(ANY)), GlobalType(RefType(ANY), True)]
    mixed += [GlobalType(RefType(EQ)), GlobalType(RefType(EQ), True)]
    functions = range(len(FEW), len(FEW) + len(CALLED))
    callees: list[ExternType] = [ModuleTypeIndex(index) for index in functions]
    tags: list[ExternType] = [
        TagType(ModuleTypeIndex(index))
        for index in functions
        if not CALLED[index - len(FEW)].composite.results  # type: ignore[union-attr]
    ]
    kinds: list[ExternType] = [memories[0], tables[0], constants[0], variables[0]]
    kinds += [callees[0], tags[0], GlobalType(RefType(FUNC)), GlobalType(ref_type(3))]
    return {
        "memories": memories,
        "tables": tables,
        "elements": elements,
        "constants": constants,
        "variables": variables,
        "globals": mixed,
        "functions": callees,
        "tags": tags,
        "kinds": kinds,
    }


CALLED: Final = (
    SubType(FuncType([RefType(NONE)], []), final=False),
    sub_type(FuncType([RefType(NONE)], []), len(FEW), False),
    sub_type(FuncType([RefType(EQ)], []), len(FEW) + 1, False),
    sub_type(FuncType([RefType(ANY)], []), len(FEW) + 1),
    SubType(FuncType([RefType(NONE)], [])),
    SubType(FuncType([RefType(EQ)], [])),
    SubType(FuncType([RefType(ANY)], [])),
    SubType(FuncType([I32], []), final=False),
    SubType(FuncType([], [RefType(EQ)]), final=False),
    sub_type(FuncType([], [RefType(EQ, False)]), len(FEW) + 8),
    SubType(FuncType([], [RefType(EQ, False)])),
    SubType(FuncType([RefType(NONE), I32], [])),
)
"""Function types: a family of four, and others that are like them but for what they declare."""

KINDS: Final = tuple(f"links of {kind}" for kind in externs())


def links(source: Source, kind: str) -> Program:
    """Ask of every pair of external types of a kind whether one may be given for the other."""
    groups = section(*FEW, *CALLED).groups
    found = externs()[kind.removeprefix("links of ")]
    offered = [
        Module(groups, items=(each,), exports=(Export("x", kind_of_extern(each), 0),))
        for each in found
    ]
    wanted = [Module(groups, imports=(Import("env", "x", each),)) for each in found]
    return Program.of(*itertools.starmap(Link, itertools.product(offered, wanted)))


def interfaces(source: Source) -> Program:
    """Ask about names, several imports, and items that stand behind imported ones."""
    groups = section(*FEW, *CALLED).groups
    externs_ = [each[:2] for each in externs().values()]
    asked: list[Operation] = []
    for one, other in externs_:
        kind = kind_of_extern(one)
        for behind in range(3):
            provider = Module(
                groups,
                imports=tuple(Import("m", f"{i}", other) for i in range(behind)),
                items=(one, other),
                exports=(Export("x", kind, behind), Export("y", kind_of_extern(other), behind + 1))
                if kind == kind_of_extern(other)
                else (Export("x", kind, behind if kind == kind_of_extern(other) else 0),),
            )
            for wanted in (
                [("env", "x", one)],
                [("env", "y", one)],
                [("env", "y", other)],
                [("env", "x", other)],
                [("env", "x", one), ("env", "y", other)],
                [("env", "x", one), ("env", "y", one)],
                [("env", "X", one)],
                [("env", "", one)],
                [("Env", "x", one)],
                [("m", "x", one)],
                [],
            ):
                consumer = Module(groups, imports=tuple(itertools.starmap(Import, wanted)))
                asked.append(Link(provider, consumer))
    return Program.of(*asked)


Page: TypeAlias = tuple[str, Callable[[Source], Program], int | None]
"""A page: its name, what draws it, and to how many bits it wants hashes cut, if they can be."""


def pages(can: Collection[str]) -> list[Page]:
    """List the pages for what a registry can do; those that take long come last."""

    def each(draw: Callable[..., Program], names: Iterable[object], *more: object) -> list[Page]:
        return [(f"{name}", partial(_of, draw, name, *more), None) for name in names]

    found: list[Page] = [("matching", matching, None)] if "matches" in can else []
    if "weak_hash" in can:
        # Where hashes are alike, another part of a registry decides.
        found += [
            ("unrolled", unrolled, 0),
            ("distant", distant, 0),
            ("own members", partial(_of, types, "own members", False), 4),
        ]
        found += [("lists", partial(_of, types, "lists", False), 4)]
        found += [("declarations", partial(_of, types, "declarations", True), 4)]
    found += each(types, SECTIONS, False)
    found += [("again", again, None), ("unrolled", unrolled, None), ("distant", distant, None)]
    if "link" in can:
        found += [*each(links, KINDS), ("interfaces", interfaces, None)]
    found.append(("chain", chain, None))
    if "validate" in can:
        found.append(("inheritance", inheritance, None))
    found += each(types, SECTIONS, True)
    if "validate" in can:
        found += each(variances, VARIANCES)
    if "lifetime" in can:
        found.append(("cascade", cascade, None))
    found.append(("many", many, None))
    return found


def _of(draw: Callable[..., Program], name: object, *rest: object) -> Program:
    *more, source = rest
    return draw(source, name, *more)
