"""Pages of small modules, valid and not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
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
    V128,
    ArrayType,
    CompositeType,
    ContType,
    FieldType,
    FuncType,
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
from typereg.testing.spec import Import, Module, ref_type, section, sub_type

from .parts import COMMON, MUTABLE, PACKED, SHAPES, everywhere, lineage, placed

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
    shapes = [
        *SHAPES,
        *(StructType([FieldType(I8)] * many) for many in (2, 3)),
        *(FuncType([I32] * many, []) for many in (2, 3)),
        *(FuncType([], [I32] * many) for many in (1, 2)),
    ]
    asked: list[Module] = []
    for above, below in itertools.product(shapes, shapes):
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
    for count in (999, 1000, 1001):
        asked.append(section(FuncType([I32] * count, [])))
        asked.append(section(FuncType([], [I32] * count)))
    asked.append(section(FuncType([I32] * 1000, [I32] * 1000)))
    asked += [section(StructType([FieldType(I8)] * count)) for count in (10_000, 10_001)]
    for repeats in range(4):
        asked.append(Module((RecGroup([]),) * repeats + section(*SHAPES[:2] * repeats).groups))
    asked += grandchildren()
    asked += own_references()
    asked += far_references()
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
    twice: tuple[CompositeType, ...] = (func, once, again)
    asked += [section(*twice), Module((RecGroup(map(SubType, twice)),))]
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
