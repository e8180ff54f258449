"""Pages of types and what they refer to: themselves, supertypes, types far away, many types."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Final

from typereg.reference.types import (
    ANY,
    CONT,
    EXN,
    F32,
    FUNC,
    I16,
    I32,
    NOEXN,
    V128,
    ArrayType,
    CompositeType,
    ContType,
    FieldType,
    FuncType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    StructType,
    SubType,
)
from typereg.testing.generate import HEADS
from typereg.testing.programs import Heads, Program, Register
from typereg.testing.source import Source
from typereg.testing.spec import HIERARCHIES, Module, ref_type, section, sub_type

from .parts import (
    COMMON,
    KINDRED,
    MUTABLE,
    NULLABLE,
    OUTER,
    PACKED,
    PLACES,
    SHAPES,
    Grown,
    aggregates,
    alone,
    concrete,
    everywhere,
    funcs,
    heads,
    heads_of,
    laid_out,
    lineage,
    shuffled,
)
from .sections import SIZES


def unrolled(source: Source) -> Program:
    """Draw groups twice, and the second time one reference leads to the first instead of itself."""
    found: list[RecGroup] = []
    start = 0
    for place, (many, nullable) in itertools.product(range(PLACES), SIZES):
        for target in range(many):
            for outside in MUTABLE:
                value = ref_type(start + target - (many if outside else 0), nullable)
                composite = everywhere(value)[place]
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


def related(source: Source, where: str) -> Program:
    """Draw every value in every place of a type that has a supertype, in its own group or not."""
    found = list(laid_out([]).groups)
    start = OUTER
    for number, (above, family) in enumerate(FAMILIES):
        # Outside there are two that read alike, so which of them it is counts, too.
        parents = [SubType(above, final=False)] * (2 if where == "outside" else 1)
        parent = start
        if where == "outside":
            found.append(RecGroup(parents))
            start += 2
        choices = list(itertools.product(range(len(parents)), MUTABLE))
        for composite in family:
            for which, final in choices if len(family) == 1 else [choices[number % len(choices)]]:
                if where == "outside":
                    found.append(RecGroup([sub_type(composite, parent + which, final)]))
                else:
                    found.append(RecGroup([*parents, sub_type(composite, start, final)]))
                start += len(found[-1].members)
    return Program.of(Register(Module(tuple(found))))


RELATED: Final = ("outside", "inside")
"""Where the supertypes of related types are."""


def families() -> Iterator[tuple[CompositeType, list[CompositeType]]]:
    """Give types to be supertypes, each with what may stand below it: every value in one place."""
    top_struct = [*(I32, V128), *PACKED, *heads(), *concrete(KINDRED[ANY])]
    composites = [each for value in top_struct for each in aggregates(value)]
    yield StructType([]), [each for each in composites if isinstance(each, StructType)]
    for top, some in KINDRED.items():
        inside = [*heads_of(top), *concrete(some)]
        lowest = list(funcs(RefType(HIERARCHIES[top][-1], False)))
        highest = list(funcs(RefType(top)))
        for place in range(len(lowest)):
            # A parameter and a result by turns: the one is widened below, the other narrowed.
            above = (highest if place % 2 else lowest)[place]
            yield above, [list(funcs(value))[place] for value in inside]
        element = ArrayType(FieldType(RefType(top)))
        yield element, [ArrayType(FieldType(value)) for value in inside]
    yield from ((shape, [shape]) for shape in SHAPES)


FAMILIES: Final = tuple(families())


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
            composite = everywhere(value)[(depth * 5) % PLACES]
            at[index] = len(found)
            found.append(RecGroup([SubType(composite)]))
    return Program.of(Register(Module(tuple(found))))


APART: Final = (0, 8, 16, 32, 64, 128, 256)
"""Indices that are the same in so many bits, and not in one more."""


def many(source: Source) -> Program:
    """Draw more types than nine bits can number, and references to many and to all heads."""
    count = 300
    numbers = [SubType(FuncType([I32] * (at % 20), [F32] * (at // 20))) for at in range(count)]
    values = (*map(ref_type, range(count)), *map(RefType, HEADS))
    links = [SubType(StructType([FieldType(value)])) for value in values]
    # As far away as nine bits cannot say: these are of the links themselves.
    links += [SubType(StructType([FieldType(ref_type(512 + at))])) for at in range(8)]
    # One place may have fewer bits than another; supertypes are of one structure, to fit for all.
    links += [SubType(each) for at in APART for each in everywhere(ref_type(at, False))]
    parents = RecGroup([SubType(StructType([]), final=False)] * (APART[-1] + 1))
    start = count + len(links)
    below = [sub_type(StructType([]), start + at) for at in APART]
    return Program.of(Register(section(*numbers, *links, parents, *below)))


def continuations(source: Source) -> Program:
    """Draw continuations of functions, own ones and outside, and references to them everywhere."""
    groups = [*shuffled(source, continued()), relatives, below_relatives]
    return Program.of(Register(laid_out(groups)), Heads(0))


def continued() -> Iterator[Grown]:
    """Make continuations of each function that there is, and put references where they can be."""
    func = SubType(FuncType([], []))

    def group(many: int, at: int, final: bool, start: int) -> RecGroup:
        target = ModuleTypeIndex(start + at if at < many else KINDRED[FUNC][at - many])
        return RecGroup([*[func] * many, SubType(ContType(target), final=final)])

    for many, final in itertools.product(range(4), MUTABLE):
        for at in range(many + len(KINDRED[FUNC])):
            yield partial(group, many, at, final)

    def referring(place: int, nullable: bool, start: int) -> RecGroup:
        value = ref_type(start, nullable)
        composite = everywhere(value)[place]
        return RecGroup([SubType(ContType(ModuleTypeIndex(KINDRED[FUNC][0]))), SubType(composite)])

    for place, nullable in itertools.product(range(PLACES), NULLABLE):
        yield partial(referring, place, nullable)
    # References to the functions themselves: what holds one is no continuation of it.
    for value in (*heads_of(CONT), *concrete(KINDRED[FUNC])):
        yield from alone(everywhere(value))


def relatives(start: int) -> RecGroup:
    """Make a function type and one below it, and continuations of the two, one below the other."""
    func = FuncType([], [])
    return RecGroup(
        [
            SubType(func, final=False),
            sub_type(func, start, False),
            SubType(ContType(ModuleTypeIndex(start)), final=False),
            sub_type(ContType(ModuleTypeIndex(start + 1)), start + 2, False),
        ]
    )


def below_relatives(start: int) -> RecGroup:
    """Make a continuation below the last of those, which stands right before it, outside."""
    return RecGroup([sub_type(ContType(ModuleTypeIndex(start - 3)), start - 1)])


def matching(source: Source) -> Program:
    """Draw defined types of every kind with parents, and ask how all references match."""
    subs: list[SubType] = []
    for shape in (SHAPES[0], SHAPES[3], SHAPES[7]):
        base = len(subs)
        subs.append(SubType(shape, final=False))
        subs += [sub_type(shape, base + above, False) for above in (0, 1, 0)]
    final = section(*map(SubType, SHAPES))
    return Program.of(Register(section(*subs)), Heads(0), Register(final), Heads(2))


def chain(source: Source) -> Program:
    """Draw a chain of supertypes as deep as may be, in one group and then in many."""
    deep = 63
    shape = source.pick(SHAPES)
    subs = lineage([shape] * (deep + 1))
    # What refers to its ends and its middle has it asked which of them match.
    ends = SubType(FuncType(map(ref_type, (0, deep, deep // 2, deep)), []))
    return Program.of(Register(Module((RecGroup(subs),))), Heads(0), Register(section(*subs, ends)))
