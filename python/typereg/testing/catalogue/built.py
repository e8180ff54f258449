"""A page of groups built by hand: the rules of validity, which hold for them as for a module's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final, TypeAlias

from typereg.reference.types import (
    EQ,
    I8,
    I32,
    STRUCT,
    FieldType,
    FuncType,
    RecGroup,
    RefType,
    StructType,
    SubType,
)
from typereg.testing.programs import ByHand, Close, Program, Register
from typereg.testing.source import Source
from typereg.testing.spec import ref_type, section, sub_type

from .parts import MUTABLE, SHAPES, Script, lineage
from .validity import VARIANCES

Built: TypeAlias = tuple[RecGroup, tuple[int, ...]]
"""A group, and which types of the module it refers to."""


DEEP: Final = 64
"""How many types a chain of supertypes may have."""


def built(source: Source) -> Program:
    """Build groups by hand, valid and not: below each type, below own members, large and deep."""
    shapes = section(*(SubType(shape, final=final) for final in MUTABLE for shape in SHAPES))
    script = Script()
    first = script.add(Register(shapes))
    for group, outer in (*below_outer(), *below_own(), *in_places(), *counted()):
        script.add(ByHand(group, tuple((first, at) for at in outer)))
    script.add(Close(first))
    chain = script.add(Register(section(*lineage([SHAPES[0]] * DEEP))))
    for group, outer in below_deep():
        script.add(ByHand(group, tuple((chain, at) for at in outer)))
    return script.program()


def below_outer() -> Iterator[Built]:
    """Declare every shape below every open type outside, and below a final one like it."""
    for above, shape in itertools.product(range(len(SHAPES)), SHAPES):
        yield RecGroup([sub_type(shape, 0)]), (above,)
    for above, shape in enumerate(SHAPES, len(SHAPES)):
        yield RecGroup([sub_type(shape, 0)]), (above,)


def below_deep() -> Iterator[Built]:
    """Declare one type or two below the ends of the chain."""
    for above in (0, DEEP - 2, DEEP - 1):
        low = sub_type(SHAPES[0], 0, False)
        yield RecGroup([low]), (above,)
        yield RecGroup([low, sub_type(SHAPES[0], 1)]), (above,)


def below_own() -> Iterator[Built]:
    """Declare members below each other: final ones or not, later ones, themselves, other kinds."""
    for shape, final, at, to in itertools.product(SHAPES[:8:3], MUTABLE, range(3), range(3)):
        subs = [SubType(shape, final=final)] * 3
        subs[at] = sub_type(shape, to)
        yield RecGroup(subs), ()
    for above, below in itertools.product(SHAPES[:8], repeat=2):
        yield RecGroup([SubType(above, final=False), sub_type(below, 0)]), ()


def in_places() -> Iterator[Built]:
    """Put references that match one way, or neither, in every place of a type and one below it."""
    values = (RefType(EQ), RefType(STRUCT, False), ref_type(0), ref_type(1))
    for name, put in VARIANCES.items():
        if "late" not in name:
            for one, other in itertools.permutations(values, 2):
                upper, lower = SubType(put(one), final=False), sub_type(put(other), 2)
                yield RecGroup([upper, lower]), (0, 1)


def counted() -> Iterator[Built]:
    """Make lists about as long as the limits allow."""
    for many in (1000, 1001):
        yield RecGroup([SubType(FuncType([I32] * many, []))]), ()
        yield RecGroup([SubType(FuncType([], [I32] * many))]), ()
    for many in (10_000, 10_001):
        yield RecGroup([SubType(StructType([FieldType(I8)] * many))]), ()
