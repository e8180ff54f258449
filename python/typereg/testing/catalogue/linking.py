"""Pages of imports: every pair of external types of a kind, and names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from operator import add
from typing import Final

from typereg.reference.types import (
    ANY,
    EQ,
    FUNC,
    I32,
    NONE,
    CompositeType,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)
from typereg.testing.programs import Link, Operation, Program
from typereg.testing.source import Source
from typereg.testing.spec import (
    Export,
    Import,
    Module,
    Renaming,
    kind_of_extern,
    ref_type,
    section,
    sub_type,
)

from .parts import MUTABLE, NUMERIC, concrete, lineage, placed, shuffled
from .validity import FEW, REFERENCES


def externs() -> dict[str, list[ExternType]]:
    """Give external types of each kind whose every pair is told apart by some rule."""
    limits = [
        (minimum, maximum)
        for minimum in (0, 1, 2)
        for maximum in (None, 0, 1, 2, 3)
        if maximum is None or minimum <= maximum
    ]
    contents: list[ValueType] = [*NUMERIC, *REFERENCES]
    wide = [(2**31 - 1, None), (2**31, None), (0, 2**31), (0, 2**32 - 1)]
    sizes = [*limits, *wide, (2**32, None), (2**32 + 1, 2**32 + 2)]
    # As much as can be addressed: there all the same is a maximum or none.
    whole: list[tuple[int, int | None]] = [(0, 65535), (0, 65536), (65535, None)]
    memories: list[ExternType] = [MemoryType(*each) for each in (*limits, *whole)]
    memories += [MemoryType(*each, address64=True) for each in (*sizes, (0, 2**48))]
    memories += [MemoryType(*each, shared=True) for each in limits if each[1] is not None]
    memories += [MemoryType(*each, address64=True, shared=True) for each in ((0, 1), (1, 2))]
    tables: list[ExternType] = [TableType(RefType(FUNC), *each) for each in [*limits, *wide]]
    tables += [TableType(RefType(FUNC), *each, address64=True) for each in (*sizes, (0, 2**64 - 1))]
    functions = range(len(FEW), len(FEW) + len(CALLED))
    alike = range(functions.stop, functions.stop + 5)
    related = range(DECLARED, DECLARED + 6)
    called = range(related.stop, related.stop + 6)
    some = [*map(ref_type, alike), *concrete(related)]
    elements: list[ExternType] = [TableType(value, 1) for value in (*REFERENCES, *some)]
    constants: list[ExternType] = [GlobalType(value) for value in (*contents, *some)]
    variables: list[ExternType] = [GlobalType(value, True) for value in (*contents, *some)]
    mixed: list[ExternType] = [GlobalType(I32), GlobalType(I32, True)]
    mixed += [GlobalType(RefType(ANY)), GlobalType(RefType(ANY), True)]
    mixed += [GlobalType(RefType(EQ)), GlobalType(RefType(EQ), True)]
    callees: list[ExternType] = [ModuleTypeIndex(index) for index in (*functions, *alike, *called)]
    tags: list[ExternType] = [
        TagType(ModuleTypeIndex(index))
        for index in (*functions, *alike, *called)
        if index >= alike.start or not CALLED[index - len(FEW)].composite.results  # type: ignore[union-attr]
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


ALIKE: Final = (
    RecGroup([SubType(FuncType([], []))]),
    RecGroup([SubType(FuncType([], []), final=False)]),
    RecGroup([SubType(FuncType([], []))] * 2),
    RecGroup([SubType(FuncType([], [])), SubType(StructType([]))]),
)
"""Groups of a function type that reads alike in all: finality, position and size tell it."""


DECLARED: Final = len(section(*FEW, *CALLED, *ALIKE).types)
"""How many types those are."""


def families() -> Iterator[RecGroup]:
    """Give a type, one below it and one below that: structs, functions; in three groups and one."""
    start = DECLARED
    shapes: tuple[CompositeType, ...] = (StructType([]), FuncType([], []))
    for shape, in_one in itertools.product(shapes, MUTABLE):
        move = Renaming(partial(add, start))
        yield from map(move.group, placed(lineage([shape] * 3), in_one).groups)
        start += 3


GROUPS: Final = section(*FEW, *CALLED, *ALIKE, *families()).groups
"""The types of the modules that are linked."""


KINDS: Final = tuple(f"links of {kind}" for kind in externs())


def links(source: Source, kind: str) -> Program:
    """Ask of every pair of external types of a kind whether one may be given for the other."""
    return every_pair(externs()[kind.removeprefix("links of ")])


def page_sizes(source: Source) -> Program:
    """Ask the same of memories of both page sizes, which need their feature."""
    limits = [(0, None), (0, 0), (0, 1), (1, None), (1, 1)]
    return every_pair([MemoryType(*each, page_size=size) for each in limits for size in (1, 65536)])


def every_pair(found: Sequence[ExternType]) -> Program:
    """Ask of every pair of external types whether one may be given for the other.

    What wants one has its types at other indices: there, an index of the one is another type's.
    """
    moved = Renaming(lambda index: index + 1)
    shifted = (*section(*FEW[:1]).groups, *map(moved.group, GROUPS))
    offered = [
        Module(GROUPS, items=(each,), exports=(Export("x", kind_of_extern(each), 0),))
        for each in found
    ]
    wanted = [Module(shifted, imports=(Import("env", "x", moved.extern(each)),)) for each in found]
    return Program.of(*itertools.starmap(Link, itertools.product(offered, wanted)))


def interfaces(source: Source) -> Program:
    """Ask about names, several imports, and items that stand behind imported ones."""
    externs_ = [each[:2] for each in externs().values()]
    asked: list[Operation] = []
    for one, other in externs_:
        kind = kind_of_extern(one)
        for behind in range(3):
            provider = Module(
                GROUPS,
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
                [("env", "x", one), ("env", "x", other)],
                [("env", "x", other), ("env", "x", one)],
                [*[("env", "x", one)] * 4, ("env", "x", other)],
                [("env", "X", one)],
                [("env", "", one)],
                [("Env", "x", one)],
                [("m", "x", one)],
                [],
            ):
                consumer = Module(GROUPS, imports=tuple(itertools.starmap(Import, wanted)))
                asked.append(Link(provider, consumer))
    return Program.of(*asked)


NAMES: Final = (
    *("", "x", "X", "xx", "x ", " x", "\0", "x\0", "x\0y", "0", "x.x", "x/x"),
    *("\u00e9", "e\u0301", "\u00c9", "\ufb01", "fi", "\ufeffx", "\U0001d4cd", "x" * 127, "x" * 128),
)
"""Names that all differ, and read alike to those who shorten or fold them."""


def names(source: Source) -> Program:
    """Ask for every name where there is another one, and where all are, each of its own item.

    Then the same of names of modules, of which one is the provider's.
    """
    one = MemoryType(0)
    asked: list[tuple[Module, Module]] = []
    for offered in NAMES:
        provider = Module(items=(one,), exports=(Export(offered, "memory", 0),))
        asked += ((provider, wanting("env", name, one)) for name in NAMES)
    sizes = [MemoryType(at, at) for at in range(len(NAMES))]
    exports = tuple(Export(name, "memory", at) for at, name in enumerate(NAMES))
    every = Module(items=tuple(sizes), exports=exports)
    asked += (
        (every, wanting("env", name, size))
        for name in NAMES
        for size in shuffled(source, sizes)[:3]
    )
    asked += ((every, wanting("env", *each)) for each in zip(NAMES, sizes, strict=True))
    modules = ("env", "Env", "ENV", "en", "env ", "env\0", "env.x", "envx", "", "x")
    asked += ((every, wanting(module, "x", sizes[NAMES.index("x")])) for module in modules)
    return Program.of(*itertools.starmap(Link, asked))


def wanting(module: str, name: str, item: ExternType) -> Module:
    """Make a module that imports one item."""
    return Module(imports=(Import(module, name, item),))
