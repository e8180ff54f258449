"""Pages of small modules, valid and not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from typereg.reference.types import (
    ANY,
    ARRAY,
    CONT,
    EQ,
    EXN,
    EXTERN,
    F32,
    F64,
    FUNC,
    I8,
    I31,
    I32,
    NOCONT,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    ArrayType,
    CompositeType,
    ContType,
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
)
from typereg.testing.programs import Operation, Program, Validate
from typereg.testing.source import Source
from typereg.testing.spec import (
    Export,
    Import,
    LongSubType,
    Module,
    kind_of_extern,
    ref_type,
    section,
    sub_type,
)

from .parts import COMMON, MUTABLE, NUMERIC, PACKED, SHAPES, everywhere, lineage, placed

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
    values: list[StorageType] = [*NUMERIC, *REFERENCES]
    if "field" in name or "element" in name:
        values += PACKED
    if "late" in name:  # whether it is looked at, not how
        values = values[::3]
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
    shapes = [*SHAPES, *(StructType([FieldType(I8)] * many) for many in (2, 3))]
    counts = itertools.product(range(4), range(3))
    funcs = [FuncType([I32] * params, [I32] * results) for params, results in counts]
    asked: list[Module] = []
    crossed = itertools.product(shapes, shapes)
    for above, below in (*crossed, *itertools.product(funcs, funcs)):
        pair = SubType(above, final=False), sub_type(below, 0)
        asked += [placed(pair, in_one) for in_one in MUTABLE]
    for shape, final, in_one, further in itertools.product(shapes, MUTABLE, MUTABLE, range(3)):
        subs = [SubType(StructType([]))] * further
        subs += [SubType(shape, final=final), sub_type(shape, further, final)]
        subs.append(sub_type(shape, further + 1))
        asked.append(placed(subs, in_one))
    kinds = SHAPES[0], SHAPES[3], SHAPES[7]
    for shape, many, at, to in itertools.product(kinds, (1, 2, 3), range(3), range(4)):
        if at < many:
            subs = [SubType(shape, final=False)] * many
            subs[at] = sub_type(shape, to, False)
            asked.append(Module((RecGroup(subs),)))
    for many, index in itertools.product((1, 2, 3), range(5)):
        for value in (ref_type(index), ref_type(index, False)):
            for composite in everywhere(value):
                subs = [SubType(StructType([]))] * (many - 1)
                asked.append(Module((RecGroup([*subs, SubType(composite)]),)))
    for deep, in_one in itertools.product((31, 32, 33, 62, 63, 64, 65), MUTABLE):
        asked.append(placed(lineage([SHAPES[0]] * (deep + 1)), in_one))
        # A final type has a depth as well, though nothing is below it; and so has each kind.
        last = sub_type(SHAPES[deep % len(SHAPES)], deep - 1)
        asked.append(placed([*lineage([last.composite] * deep), last], in_one))
    asked += counted()
    for repeats in range(4):
        asked.append(Module((RecGroup([]),) * repeats + section(*SHAPES[:2] * repeats).groups))
    asked += grandchildren()
    asked += own_references()
    asked += far_references()
    asked += changed()
    asked += several()
    asked += in_two()
    asked += twice_declared()
    asked += items()
    return Program.of(*map(Validate, asked))


def continuing(source: Source) -> Program:
    """Ask of what there may be a continuation, and which may be declared below which."""
    asked: list[Module] = []
    for shape in (*SHAPES, ContType(ModuleTypeIndex(0))):
        # Before and after it, in its group and not.
        before, after = (ContType(ModuleTypeIndex(at)) for at in range(2))
        asked += [section(shape, before), section(before, shape), section(shape, after)]
        asked.append(Module((RecGroup(map(SubType, (shape, before))),)))
        asked.append(Module((RecGroup(map(SubType, (after, shape))),)))
    func = FuncType([], [])
    # Nothing is wrong with these but the last: those above are of themselves or of each other.
    once, again = (ContType(ModuleTypeIndex(at)) for at in range(2))
    twice = [SubType(each) for each in (func, once, again)]
    asked += [placed(twice, in_one) for in_one in MUTABLE]
    family = [SubType(func, final=False), sub_type(func, 0, False), SubType(func, final=False)]
    shapes = [*(ContType(ModuleTypeIndex(at)) for at in range(4)), SHAPES[0], SHAPES[3], func]
    family.append(SubType(FuncType([I32], []), final=False))
    for above, below in itertools.product(shapes, shapes):
        for final in MUTABLE:
            pair = SubType(above, final=final), sub_type(below, len(family))
            asked += [placed([*family, *pair], in_one) for in_one in MUTABLE]
    values = [*map(RefType, (CONT, NOCONT, ANY)), ref_type(4), ref_type(5), ref_type(5, False)]
    subs = [*family, SubType(shapes[0], final=False), sub_type(shapes[1], 4)]
    for name in ("variance of params", "variance of fields", "variance of mutable elements"):
        put = VARIANCES[name]
        for one, other in itertools.product(values, repeat=2):
            lower = sub_type(put(other), len(subs))
            asked.append(section(*subs, SubType(put(one), final=False), lower))
    return Program.of(*map(Validate, asked))


def grandchildren() -> Iterator[Module]:
    """Give types that fit below their supertype, or only below its own."""
    for put, values in (
        (VARIANCES["variance of params"], (NONE, I31, EQ, ANY)),
        (VARIANCES["variance of results"], (ANY, EQ, I31, NONE)),
        (VARIANCES["variance of fields"], (ANY, EQ, I31, NONE)),
        (VARIANCES["variance of elements"], (ANY, EQ, I31, NONE)),
    ):
        top, middle = (SubType(put(RefType(values[0])), final=False), put(RefType(values[2])))
        for low, in_one in itertools.product(values, MUTABLE):
            subs = [top, sub_type(middle, 0, False), sub_type(put(RefType(low)), 1)]
            yield placed(subs, in_one)
    for fields, in_one in itertools.product(range(4), MUTABLE):
        structs = [StructType([FieldType(I8)] * many) for many in (0, 2, fields)]
        yield placed(lineage(structs), in_one)


def own_references() -> Iterator[Module]:
    """Give a type and one below it that refer to members of their own group, to themselves too."""
    base = SubType(StructType([]), final=False)
    for name in ("params", "results", "fields", "mutable fields", "elements"):
        put = VARIANCES[f"variance of {name}"]
        for one, other in itertools.product(range(4), repeat=2):
            upper = SubType(put(ref_type(one)), final=False)
            lower = sub_type(put(ref_type(other)), 2)
            yield Module((RecGroup([base, sub_type(StructType([]), 0), upper, lower]),))


def far_references() -> Iterator[Module]:
    """Give references to types that are far from being there."""
    for index in (127, 1 << 20, (1 << 32) - 1):
        value = ref_type(index)
        yield from (section(each) for each in everywhere(value))
        yield section(sub_type(StructType([]), index))
    # Types that are there, in a later group.
    for value in (ref_type(1), ref_type(1, False), ref_type(2)):
        yield from (section(each, SHAPES[0], SHAPES[0]) for each in everywhere(value))
    open_ = SubType(StructType([]), final=False)
    yield from (section(sub_type(StructType([]), 1 + at), open_, open_) for at in range(2))
    # One that is there in the module before this one, and in the one before that.
    for composite in everywhere(ref_type(3)):
        yield section(*SHAPES[:3], composite, SHAPES[0])
        yield section(composite)
    yield section(*SHAPES[:4])
    yield section(sub_type(StructType([]), 3))


def in_two() -> Iterator[Module]:
    """Give chains of supertypes about as deep as may be that stand in one group from a point on."""
    for deep, before in itertools.product((62, 63, 64), (1, 16, 31, 32, 33, 40, 61)):
        subs = lineage([SHAPES[0]] * (deep + 1))
        yield section(*subs[:before], RecGroup(subs[before:]))
        yield section(RecGroup(subs[:before]), *subs[before:])


def changed() -> Iterator[Module]:
    """Give types that differ from their supertype in who may write a field, and maybe in more."""
    values: list[StorageType] = [*NUMERIC, *PACKED, *REFERENCES]
    common = section(*FEW).groups
    for at, value in enumerate(values):
        for above, mutable in itertools.product((value, values[at - 1]), MUTABLE):
            upper, lower = FieldType(above, mutable), FieldType(value, not mutable)
            for put in (
                lambda field: StructType([field]),
                lambda field: StructType([FieldType(F64), field]),
                ArrayType,
            ):
                pair = SubType(put(upper), final=False), sub_type(put(lower), len(FEW))
                yield Module((*common, *section(*pair).groups))


def counted() -> Iterator[Module]:
    """Give lists about as long as the limits allow: alone, open, in a group, below another type."""
    small, empty = SubType(FuncType([], [])), SubType(StructType([]), final=False)
    for many in (999, 1000, 1001):
        for func in (FuncType([I32] * many, []), FuncType([], [I32] * many)):
            long = SubType(func, final=False)
            yield from (section(func), section(long))
            yield from (section(RecGroup([long, small])), section(RecGroup([small, long])))
            yield section(long, sub_type(func, 0))
    yield section(FuncType([I32] * 1000, [I32] * 1000))
    for many in (10_000, 10_001):
        struct = StructType([FieldType(I8)] * many)
        yield from (section(struct), section(RecGroup([small, SubType(struct)])))
        yield section(empty, sub_type(struct, 0))


def several() -> Iterator[Module]:
    """Give types that name supertypes more than once: the same one, two, or three."""
    for shape, final, in_one in itertools.product((SHAPES[0], SHAPES[7]), MUTABLE, MUTABLE):
        base = [SubType(shape, final=False)] * 2 + [sub_type(shape, 1, False)]
        for above in ([], [0], [0, 0], [0, 1], [1, 2], [2, 1], [2, 2], [0, 0, 0]):
            first, *more = map(ModuleTypeIndex, above) if above else (None,)
            sub = LongSubType(shape, supertype=first, final=final, more=more)
            yield placed([*base, sub], in_one)


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


def interfaces_of(source: Source) -> Program:
    """Ask of exports: their indices, behind imports or not, and names that they have in common."""
    func = section(FuncType([], []))
    offered: tuple[ExternType, ...] = (
        *(ModuleTypeIndex(0), TagType(ModuleTypeIndex(0)), TableType(RefType(FUNC), 1)),
        *(MemoryType(1), GlobalType(I32)),
    )
    asked: list[Module] = []
    for item, imported, own in itertools.product(offered, range(3), range(3)):
        imports = tuple(Import("env", f"{at}", item) for at in range(imported))
        # Others before it: an index is one of its own kind.
        items = (*(each for each in offered if each is not item), *[item] * own)
        for index in (*range(imported + own + 2), 1 << 31):
            export = Export("x", kind_of_extern(item), index)
            asked.append(replace(func, imports=imports, items=items, exports=(export,)))
    for one, other in itertools.product(offered, repeat=2):
        for name in ("x", "X", "x\0", ""):
            exports = (
                Export("x", kind_of_extern(one), 0),
                Export("y", kind_of_extern(one), 0),
                Export(name, kind_of_extern(other), 0),
            )
            asked.append(replace(func, items=offered, exports=exports))
            asked.append(replace(func, items=offered, exports=exports[::-1]))
    return Program.of(*map(Validate, asked))


def sizes(source: Source) -> Program:
    """Ask of memories how large a page may be, and how many there may be of each size."""
    asked: list[Operation] = []
    for bits, address64 in itertools.product((*range(20), 31, 32), MUTABLE):
        many = 2 ** (64 if address64 else 32) >> bits
        bounds = [(0, None), (1, 2), (many - 1, None), (many, many), (0, many), (many + 1, None)]
        for minimum, maximum in bounds:
            memory = MemoryType(minimum, maximum, address64=address64, page_size=1 << bits)
            if minimum < 1 << 64 and (maximum or 0) < 1 << 64:
                asked.append(Validate(Module(imports=(Import("env", "x", memory),))))
    return Program.of(*asked)
