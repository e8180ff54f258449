"""Pages of operations: what is registered again, lives on, goes, or is stale."""

from __future__ import annotations

import itertools
from dataclasses import replace
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
    Copy,
    Drop,
    FinishDrop,
    Operation,
    Program,
    Register,
    Root,
    Take,
)
from typereg.testing.source import Source
from typereg.testing.spec import Module, ref_type, section, sub_type

from .parts import NUMERIC, OUTER, Script, everywhere, laid_out, shuffled
from .sections import SECTIONS


def again(source: Source) -> Program:
    """Draw a page of groups twice, the second time in another order: all of them are there.

    The second time all have one name, which says nothing of a type.
    """
    names = ("groups", "lists")
    groups = [each for name in names for each in shuffled(source, SECTIONS[name](source))[::3]]
    one, other = (laid_out(shuffled(source, groups)) for _ in range(2))
    other = replace(other, names=tuple((index, "t") for index in range(len(other.types))))
    return Program.of(Register(one), Register(other))


def cascade(source: Source) -> Program:
    """Draw few types that hold many, in one step or two, and groups of many, and let them go.

    What is registered then shows which slots they left, and in which order.
    """
    script = Script()
    for many in (1, 2, 3, 4, 5, 8, 13, 34):
        held = [SubType(FuncType([I32] * number, [I64])) for number in range(many)]
        middle = StructType([FieldType(ref_type(each)) for each in range(many // 2)])
        top = StructType([FieldType(ref_type(each)) for each in range(many // 2, many + 1)])
        group = RecGroup([SubType(StructType([]))] * many)
        for module in (section(*held, SubType(middle), SubType(top)), section(group)):
            script.add(Close(script.add(Register(module))))
            script.add(Close(script.add(Register(section(*held[:3], *held[8:])))))
    # One holds the next, and a handle the last.
    links = [StructType([FieldType(ref_type(at))] * (1 + at % 2)) for at in range(LONG)]
    chain = script.add(Register(section(StructType([]), *links)))
    last = script.add(Take(chain, LONG))
    script.add(Close(chain))
    script.add(Drop(last))
    script.add(Register(section(StructType([]), *links[:2])))
    return script.program()


LONG: Final = 600
"""How many types go one after the other: more than a small stack would hold."""


def reused(source: Source) -> Program:
    """Draw types that have one slot in turn, three times each, and ask about all that are gone."""
    operations: list[Operation] = []
    for number in range(3 * 90):
        if operations:
            operations.append(Close(len(operations) - 1))
        operations.append(Register(section(FuncType([I32] * (number // 3), []))))
    registered = range(0, len(operations) - 1, 2)
    return Program.of(*operations, *(Root((number, 0)) for number in registered))


GONE: Final = ((0,), (1,), (2,), (3,), (4,), (1, 2), (0, 4))
"""Which of five types go, one alone or two at once."""


def chains(source: Source) -> Program:
    """Draw types that only a good hash tells apart, let some go, and look for all the others.

    Where one of them was found among the others, there is a hole; what was behind it must be found
    all the same. Then those that went come back, twice, and are one type again.
    """
    script = Script()
    pairs = shuffled(source, [FuncType(pair, []) for pair in itertools.product(NUMERIC, repeat=2)])
    links = [SubType(func) for func in pairs[:5]]
    for gone in GONE:
        kept = [link for at, link in enumerate(links) if at not in gone]
        going = section(*(links[at] for at in gone))
        loaded = [script.add(Register(section(link))) for link in links[: gone[0]]]
        leaving = script.add(Register(going))
        behind = [link for at, link in enumerate(links) if at > gone[0] and at not in gone]
        loaded += [script.add(Register(section(link))) for link in behind]
        script.add(Close(leaving))
        loaded.append(script.add(Register(section(*kept))))
        loaded += [script.add(Register(going)), script.add(Register(going))]
        loaded.append(script.add(Register(section(*links))))
        for each in shuffled(source, loaded):
            script.add(Close(each))
    return script.program()


def copies(source: Source) -> Program:
    """Draw copies of copies, copies of one, and handles to one type however they can be had.

    They go in the order in which they came, in the other, and from the inside out, while the
    module is there, which shows the count, and when they alone keep the type.
    """
    script = Script()
    single = section(SubType(StructType([])))
    group = Module((RecGroup([SubType(FuncType([], [])), SubType(StructType([]))] * 2),))
    for module, alone, order in itertools.product((single, group), (False, True), range(3)):
        loaded = script.add(Register(module))
        index = len(module.types) - 1
        handles = [script.add(Take(loaded, index))]
        for _ in range(5):
            handles.append(script.add(Copy(handles[-1])))
        handles += [script.add(Copy(handles[0])), script.add(Copy(handles[0]))]
        handles += [script.add(Take(loaded, index)), script.add(Root((loaded, 0)))]
        handles += [script.add(Copy(handles[-1])), script.add(Copy(handles[-2]))]
        if alone:
            script.add(Close(loaded))
        half = len(handles) // 2
        orders = (handles, handles[::-1], [*handles[half:], *handles[:half]])
        for each in orders[order]:
            script.add(Drop(each))
        if not alone:
            script.add(Close(loaded))
    return script.program()


def identities(source: Source) -> Program:
    """Draw groups by hand over another registry's identities, and over stale ones: all refused.

    They stand in every place of a type, in a group's first member or a later one. The stale ones'
    slots are those of other types by then, which would do in their place.
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
    others = Module((RecGroup([parent] * 2),))
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


def both_ways(source: Source) -> Program:
    """Draw groups of every sort in a module and by hand: they are the same, whichever was first."""
    names = ("values of functions", "storage types", "own members", "declarations", "groups")
    drawn = [each for name in names for each in shuffled(source, SECTIONS[name](source))[:5]]
    module = laid_out(drawn)
    script = Script()
    common = script.add(Register(laid_out([])))
    outer = tuple((common, index) for index in range(OUTER))
    half = len(drawn) // 2
    for turn, groups in enumerate((drawn[:half], drawn[half:])):
        if turn:
            script.add(Register(module))
        for grown in groups:
            script.add(ByHand(grown(OUTER), outer))
    return script.program()


INTERLEAVINGS: Final = (
    *("BF", "BFR", "BRF", "BSF", "BOF", "BRBFL", "BRBLF", "BRBFOL", "BRBLOF", "BRBFSL", "BRBLSF"),
    *("BRBRBFFL", "BRBRBLLF", "BRFBF", "BSBFRL", "BRBFRL", "BRBLRF", "BROFBF", "BRBRFOL"),
    *("BUF", "BUFBF", "BUBF", "BUBL", "BUBLRF", "BUFRBFBF", "BRBUFL", "BRBULF", "BUBOFL", "UBFBRL"),
)
"""What happens around the last drop of a type, a letter for each step. B: the drop of the latest
handle begins. F, L: the first pending drop is finished, or the last. R: a handle is taken by the
identity. S, O: the same type is registered, or another one that takes the slot if it is free.
U: one that refers to the type is, and keeps it."""


def drops(source: Source) -> Program:
    """Act out what others do between the two steps of drops, each time with a type of its own.

    All of them refer to one that stays, whose count shows what their removals took back.
    """
    script = Script()
    add = script.add
    held = SubType(StructType([]))
    add(Register(section(held)))
    for number, steps in enumerate(INTERLEAVINGS):
        same = FuncType([I32] * number, [ref_type(0)])
        user = StructType([FieldType(ref_type(1))])
        kinds = {
            "S": section(held, same),
            "O": section(held, FuncType(same.params, [ref_type(0), F64])),
            "U": section(held, same, user),
        }
        first = add(Register(kinds["S"]))
        handles, begun = [add(Take(first, 1))], list[int]()
        add(Close(first))
        for step in steps:
            match step:
                case "B" if handles:
                    begun.append(add(BeginDrop(handles.pop())))
                case "F" | "L" if begun:
                    add(FinishDrop(begun.pop(0 if step == "F" else -1)))
                case "R":
                    handles.append(add(Root((first, 1))))
                case "S" | "O" | "U":
                    loaded = add(Register(kinds[step]))
                    handles.append(add(Take(loaded, len(kinds[step].types) - 1)))
                    add(Close(loaded))
        for each in begun:
            add(FinishDrop(each))
        for each in handles:
            add(Drop(each))
    return script.program()
