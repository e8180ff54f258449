"""Pages of operations: what is registered again, lives on, goes, or is stale."""

from __future__ import annotations

from typing import Final

from typereg.reference.types import (
    F64,
    I32,
    I64,
    FieldType,
    FuncType,
    RecGroup,
    StructType,
    SubType,
)
from typereg.testing.programs import (
    Again,
    BeginDrop,
    ByHand,
    Close,
    Drop,
    FinishDrop,
    Operation,
    Program,
    Register,
    Root,
    Take,
)
from typereg.testing.source import Source
from typereg.testing.spec import NUMBERS, ref_type, section, sub_type

from .parts import everywhere, laid_out, shuffled
from .sections import SECTIONS


def again(source: Source) -> Program:
    """Draw a page of groups twice, the second time in another order: all of them are there."""
    names = ("groups", "lists")
    groups = [each for name in names for each in shuffled(source, SECTIONS[name](source))[::3]]
    return Program.of(*(Register(laid_out(shuffled(source, groups))) for _ in range(2)))


def cascade(source: Source) -> Program:
    """Draw few types that hold many, in one step or two, and groups of many, and let them go.

    What is registered then shows which slots they left, and in which order.
    """
    operations: list[Operation] = []
    for many in (1, 2, 3, 4, 5, 8, 13, 34):
        held = [SubType(FuncType([I32] * number, [I64])) for number in range(many)]
        middle = StructType([FieldType(ref_type(each)) for each in range(many // 2)])
        top = StructType([FieldType(ref_type(each)) for each in range(many // 2, many + 1)])
        group = RecGroup([SubType(StructType([]))] * many)
        for module in (section(*held, SubType(middle), SubType(top)), section(group)):
            operations.append(Register(module))
            operations.append(Close(len(operations) - 1))
            operations.append(Register(section(*held[:3], *held[8:])))
            operations.append(Close(len(operations) - 1))
    return Program.of(*operations)


def reused(source: Source) -> Program:
    """Draw types that have one slot in turn, three times each, and ask about all that are gone."""
    operations: list[Operation] = []
    for number in range(3 * 90):
        if operations:
            operations.append(Close(len(operations) - 1))
        operations.append(Register(section(FuncType([I32] * (number // 3), []))))
    registered = range(0, len(operations) - 1, 2)
    return Program.of(*operations, *(Root((number, 0)) for number in registered))


def identities(source: Source) -> Program:
    """Draw groups by hand over another registry's identities, and over stale ones: all refused.

    They stand in every place of a type, in a group's first member or a later one. The stale ones'
    slots are those of other types by then.
    """
    parent = SubType(StructType([]), final=False)
    own = SubType(FuncType([], []))
    made: list[RecGroup] = []
    for at in range(2):
        value = ref_type(at, at == 0)
        shapes = [SubType(composite) for composite in everywhere(value)]
        for sub in (*shapes, sub_type(StructType([]), at)):
            made += [RecGroup([sub]), RecGroup([own, sub]), RecGroup([sub, own])]
    half = len(made) // 2
    places = ((0, 0), (0, 1))
    first = section(parent, sub_type(StructType([]), 0, False))
    others = section(*(SubType(StructType([FieldType(number)])) for number in NUMBERS[:2]))
    return Program.of(
        Register(first),
        *(Root(place, foreign=True) for place in places),
        *(ByHand(group, places, at // half) for at, group in enumerate(made)),
        Close(0),
        Register(others),
        *(ByHand(group, places) for group in made),
    )


def returned(source: Source) -> Program:
    """Draw a handle to every type of some groups of every sort, and register what they give."""
    names = ("values of functions", "storage types", "own members", "declarations", "groups")
    groups = [each for name in names for each in shuffled(source, SECTIONS[name](source))[:6]]
    module = laid_out(groups)
    many = len(module.types)
    taken = (Take(0, index) for index in range(many))
    return Program.of(Register(module), *taken, *(Again(1 + index) for index in range(many)))


INTERLEAVINGS: Final = (
    *("BF", "BFR", "BRF", "BSF", "BOF", "BRBFL", "BRBLF", "BRBFOL", "BRBLOF", "BRBFSL", "BRBLSF"),
    *("BRBRBFFL", "BRBRBLLF", "BRFBF", "BSBFRL", "BRBFRL", "BRBLRF", "BROFBF", "BRBRFOL"),
)
"""What happens around the last drop of a type, a letter for each step. B: the drop of the latest
handle begins. F, L: the first pending drop is finished, or the last. R: a handle is taken by the
identity. S, O: the same type is registered, or another one that takes the slot if it is free."""


def drops(source: Source) -> Program:
    """Act out what others do between the two steps of drops, each time with a type of its own."""
    operations: list[Operation] = []

    def add(operation: Operation) -> int:
        operations.append(operation)
        return len(operations) - 1

    for number, steps in enumerate(INTERLEAVINGS):
        module = section(FuncType([I32] * number, []))
        first = add(Register(module))
        handles, begun = [add(Take(first, 0))], list[int]()
        add(Close(first))
        for step in steps:
            match step:
                case "B" if handles:
                    begun.append(add(BeginDrop(handles.pop())))
                case "F" | "L" if begun:
                    add(FinishDrop(begun.pop(0 if step == "F" else -1)))
                case "R":
                    handles.append(add(Root((first, 0))))
                case "S" | "O":
                    other = section(FuncType([I32] * number, [F64]))
                    loaded = add(Register(module if step == "S" else other))
                    handles.append(add(Take(loaded, 0)))
                    add(Close(loaded))
        for each in begun:
            add(FinishDrop(each))
        for each in handles:
            add(Drop(each))
    return Program.of(*operations)
