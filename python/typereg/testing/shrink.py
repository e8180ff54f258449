"""Smaller programs that still show a difference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from typereg.reference.types import (
    ANY,
    I32,
    ArrayType,
    ContType,
    FieldType,
    FuncType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    StructType,
    SubType,
    ValueType,
)

from .generate import continued, values_of, with_sub, with_value
from .programs import (
    ByHand,
    Heads,
    Link,
    Operation,
    Place,
    Program,
    Register,
    Root,
    Take,
    Validate,
)
from .side_by_side import Difference
from .spec import LongSubType, Module, Renaming, references, supertypes

Fails: TypeAlias = Callable[[Program], bool]
Change: TypeAlias = Callable[[Module], Module | None]
Drop: TypeAlias = Callable[[Module, int], Module | None]

MOST_RUNS: Final = 1500
"""How often a program may be run to make it smaller."""


class _Out(Exception):
    """The runs are used up."""


def shrink(
    program: Program, fails: Fails, *, runs: int = MOST_RUNS, guesses: Iterable[Program] = ()
) -> Program:
    """Make a failing program smaller for as long as it still fails.

    It begins at the first of some guesses that fails, or else at the program itself.
    """
    left = runs
    passed: set[Program] = set()

    def still(candidate: Program) -> bool:
        nonlocal left
        if candidate in passed:
            return False
        if not left:
            raise _Out
        left -= 1
        failed = fails(candidate)
        if not failed:
            passed.add(candidate)
        return failed

    best = program
    try:
        best = next(filter(still, guesses), program)
        while True:
            before = best
            for smaller in (_fewer_operations, _fewer_groups, _smaller_modules):
                for better in smaller(best, still):
                    best = better
            if best == before:
                return best
    except _Out:
        return best


def guesses(program: Program, difference: Difference) -> Iterator[Program]:
    """Guess what is enough for a difference, the least first: what it is about, and what led there.

    Of a page of hundreds of types or modules, two types are left or one module at the first run.
    """
    numbers = [number for number, _ in program.operations]
    if difference.operation not in numbers:
        return
    until = Program(program.operations[: numbers.index(difference.operation) + 1])
    named = {difference.operation, *(number for number, _ in difference.places)}
    alone = Program(tuple(each for each in until.operations if each[0] in named))
    for candidate in (alone, until):
        if difference.places and not names_types(candidate):
            yield with_types_only(candidate, difference.places)
        yield candidate


def names_types(program: Program) -> bool:
    """Tell whether operations name types by index, so that no group can be left out unnoticed."""
    return any(isinstance(operation, (Take, Root, ByHand)) for _, operation in program.operations)


def with_types_only(program: Program, places: Iterable[Place]) -> Program:
    """Keep, of each module that is registered, the groups of some types and what they refer to."""
    wanted: dict[int, set[int]] = {}
    for number, index in places:
        wanted.setdefault(number, set()).add(index)
    operations: list[tuple[int, Operation]] = []
    for number, operation in program.operations:
        if number in wanted and isinstance(operation, Register):
            module = operation.module
            operation = Register(with_groups(module, led_to(module, wanted[number])) or module)
        operations.append((number, operation))
    return Program(tuple(operations))


def led_to(module: Module, indices: Iterable[int]) -> set[int]:
    """Give the groups of some types, and the earlier ones that references from those lead to."""
    needed = set(indices)
    found: set[int] = set()
    for number in reversed(range(len(module.groups))):
        if not needed.isdisjoint(range(module.starts[number], module.starts[number + 1])):
            found.add(number)
            for member in module.groups[number].members:
                needed.update(references(member))
    return found


def _fewer_operations(program: Program, fails: Fails) -> Iterator[Program]:
    """Leave out operations: half of them, a quarter, ..., one by one, the last ones first."""
    size = max(1, len(program.operations) // 2)
    while size:
        end = len(program.operations)
        while end > 0:
            start = max(0, end - size)
            kept = program.operations[:start] + program.operations[end:]
            candidate = Program(kept)
            if kept and fails(candidate):
                program = candidate
                yield program
            end = start
        size //= 2


def _fewer_groups(program: Program, fails: Fails) -> Iterator[Program]:
    """Leave out groups and what refers to them: half of those of a module, a quarter, ..."""
    if names_types(program):
        return
    size = max((len(module.groups) for module in program.modules), default=0) // 2
    while size > 1:
        at = max(len(module.groups) for module in program.modules)
        while at > 0:
            start = max(0, at - size)
            cut = partial(without_groups, start=start, end=at)
            for number in _alike(program):
                candidate = changed(program, cut, number)
                if candidate is not None and candidate != program and fails(candidate):
                    program = candidate
                    yield program
                    break
            at = start
        size //= 2


def _smaller_modules(program: Program, fails: Fails) -> Iterator[Program]:
    """Change all modules alike, then each alone."""
    progress = True
    while progress:
        progress = False
        for index in reversed(range(max((len(m.types) for m in program.modules), default=0))):
            for number, drop in itertools.product(_alike(program), (drop_type, drop_heap_type)):
                candidate = without_type(program, index, number, drop)
                if candidate is not None and candidate != program and fails(candidate):
                    program = candidate
                    progress = True
                    yield program
                    break
        for change in changes(program):
            for number in _alike(program):
                candidate = changed(program, change, number)
                if candidate is not None and candidate != program and fails(candidate):
                    program = candidate
                    progress = True
                    yield program
                    break


def _alike(program: Program) -> list[int | None]:
    """List which operations to change alike: all of them, which is `None`, and then each alone."""
    numbers = [
        number
        for number, each in program.operations
        if isinstance(each, Register | Validate | Link)
    ]
    return [None, *numbers] if len(numbers) > 1 else [None]


# Changes of modules.


def changes(program: Program) -> list[Change]:
    """List what could make a module simpler, by what there is in any of the program's modules."""
    found: list[Change] = [types_alone, plain_groups]
    most = max((len(module.types) for module in program.modules), default=0)
    groups = max((len(module.groups) for module in program.modules), default=0)
    found += [partial(without_group, number=number) for number in reversed(range(groups))]
    longest = max((len(g.members) for m in program.modules for g in m.groups), default=0)
    for position in range(longest):
        each: list[Callable[..., Module | None]] = [plain_sub]
        for place in range(4):
            each += [
                partial(change, place=place) for change in (without_value, simple_value, immutable)
            ]
        if all(isinstance(operation, Register) for _, operation in program.operations):
            each.append(drop_type)
        found += [partial(in_all_groups, change=change, position=position) for change in each]
    for index in range(most):
        subs = [m.types[index] for m in program.modules if index < len(m.types)]
        found.append(partial(plain_sub, index=index))
        found.append(partial(alone, index=index))
        for place in reversed(range(max((len(values_of(sub)) for sub in subs), default=0))):
            found.append(partial(without_value, index=index, place=place))
            found.append(partial(simple_value, index=index, place=place))
            found.append(partial(immutable, index=index, place=place))
    return found


def changed(program: Program, change: Change, only: int | None) -> Program | None:
    """Change all modules of a program that can be changed so, or those of one operation."""
    operations: list[tuple[int, Operation]] = []
    for number, operation in program.operations:
        new = operation
        if only is None or only == number:
            match operation:
                case Register(module):
                    new = Register(change(module) or module)
                case Validate(module):
                    new = Validate(change(module) or module)
                case Link(provider, consumer):
                    new = Link(change(provider) or provider, change(consumer) or consumer)
        operations.append((number, new))
    return Program(tuple(operations))


def in_all_groups(
    module: Module, change: Callable[..., Module | None], position: int
) -> Module | None:
    """Change the member at a position in every group that has it: equal groups stay equal."""
    best: Module | None = None
    for number in reversed(range(len(module.groups))):
        if position < len(module.groups[number].members):
            changed_ = change(best or module, index=module.starts[number] + position)
            best = changed_ or best
    return best


def types_alone(module: Module) -> Module | None:
    """Drop imports, exports and what is in between."""
    return replace(module, imports=(), items=(), exports=())


def plain_groups(module: Module) -> Module | None:
    """Drop empty groups, spellings and names."""
    groups = tuple(RecGroup(map(plain, group.members)) for group in module.groups if group.members)
    return replace(module, groups=groups, names=())


def plain(sub: SubType) -> SubType:
    """Give a type in its short form, if it has one."""
    if isinstance(sub, LongSubType) and not sub.more:
        return SubType(sub.composite, supertype=sub.supertype, final=sub.final)
    return sub


def without_groups(module: Module, start: int, end: int) -> Module | None:
    """Drop some groups, and all that refer to what was dropped."""
    return with_groups(module, {*range(start), *range(end, len(module.groups))})


def with_groups(module: Module, numbers: Container[int]) -> Module | None:
    """Keep some groups, but for those that refer to what is not kept."""
    kept: list[RecGroup] = []
    where: dict[int, int] = {}
    for number, group in enumerate(module.groups):
        own = range(module.starts[number], module.starts[number + 1])
        targets = (target for member in group.members for target in references(member))
        if number not in numbers or any(t not in own and t not in where for t in targets):
            continue
        where.update(zip(own, itertools.count(len(where)), strict=False))
        kept.append(group)
    if module.imports or module.items or len(kept) == len(module.groups):
        return None
    renaming = Renaming(where.__getitem__)
    return Module(tuple(map(renaming.group, kept)))


def without_group(module: Module, number: int) -> Module | None:
    """Drop an empty group."""
    if number >= len(module.groups) or module.groups[number].members:
        return None
    return replace(module, groups=module.groups[:number] + module.groups[number + 1 :])


def plain_sub(module: Module, index: int) -> Module | None:
    """Make a type final and without supertype."""
    if index >= len(module.types):
        return None
    return with_sub(module, index, SubType(module.types[index].composite))


def alone(module: Module, index: int) -> Module | None:
    """Make a type a group of its own, where it stands at the head of a longer one."""
    if index >= len(module.types):
        return None
    number = module.group_of(index)
    members = module.groups[number].members
    if module.starts[number] != index or len(members) < 2:
        return None
    if any(target > index for target in references(members[0])):
        return None
    groups = (RecGroup(members[:1]), RecGroup(members[1:]))
    return replace(module, groups=module.groups[:number] + groups + module.groups[number + 1 :])


def without_value(module: Module, index: int, place: int) -> Module | None:
    """Drop a parameter, result or field."""
    if index >= len(module.types):
        return None
    sub = module.types[index]
    match sub.composite:
        case FuncType(params, results) if place < len(params):
            new: FuncType | StructType = FuncType(params[:place] + params[place + 1 :], results)
        case FuncType(params, results) if place < len(params) + len(results):
            at = place - len(params)
            new = FuncType(params, results[:at] + results[at + 1 :])
        case StructType(fields) if place < len(fields):
            new = StructType(fields[:place] + fields[place + 1 :])
        case _:
            return None
    return with_sub(module, index, replace(sub, composite=new))


def simple_value(module: Module, index: int, place: int) -> Module | None:
    """Replace a value type by `i32`."""
    if index >= len(module.types):
        return None
    sub = module.types[index]
    if isinstance(sub.composite, ContType) or place >= len(values_of(sub)):
        return None
    return with_sub(module, index, with_value(sub, place, I32))


def immutable(module: Module, index: int, place: int) -> Module | None:
    """Make a field immutable."""
    if index >= len(module.types):
        return None
    sub = module.types[index]
    match sub.composite:
        case StructType(fields) if place < len(fields):
            plain = FieldType(fields[place].storage)
            new: StructType | ArrayType = StructType([*fields[:place], plain, *fields[place + 1 :]])
        case ArrayType(element):
            new = ArrayType(FieldType(element.storage))
        case _:
            return None
    return with_sub(module, index, replace(sub, composite=new))


def drop_type(
    module: Module, index: int, instead: Callable[[RefType], ValueType] = lambda _: I32
) -> Module | None:
    """Drop a type. References to it become `i32`, and who was below it has no supertype."""
    if index >= len(module.types):
        return None
    if index in continued(module):
        return None

    def move(target: int) -> int:
        if target == index:
            raise LookupError
        return target - (target > index)

    renaming = Renaming(move)

    def cut(sub: SubType) -> SubType:
        for place, value in enumerate(values_of(sub)):
            if isinstance(value, RefType) and value.heap == ModuleTypeIndex(index):
                sub = with_value(sub, place, instead(value))
        kept = [ModuleTypeIndex(each) for each in supertypes(sub) if each != index]
        sub = replace(sub, supertype=kept[0] if kept else None)
        return renaming.sub(
            replace(sub, more=tuple(kept[1:])) if isinstance(sub, LongSubType) else sub
        )

    groups: list[RecGroup] = []
    at = 0
    for group in module.groups:
        members = [cut(sub) for offset, sub in enumerate(group.members) if at + offset != index]
        at += len(group.members)
        if members or not group.members:
            groups.append(replace(group, members=tuple(members)))
    try:
        return replace(
            module,
            groups=tuple(groups),
            imports=tuple(
                replace(each, type=renaming.extern(each.type)) for each in module.imports
            ),
            items=tuple(map(renaming.extern, module.items)),
            names=(),
        )
    except LookupError:
        return None


def drop_heap_type(module: Module, index: int) -> Module | None:
    """Drop a type. References to it are references still, to whatever there is."""
    return drop_type(module, index, lambda ref: RefType(ANY, ref.nullable))


def without_type(program: Program, index: int, only: int | None, drop: Drop) -> Program | None:
    """Drop a type from all modules or those of one operation; later types are named anew."""
    dropped: set[int] = set()
    operations: list[tuple[int, Operation]] = []
    for number, operation in program.operations:
        new: Operation | None = operation
        match operation:
            case Register(module) if only in (None, number):
                smaller = drop(module, index)
                if smaller is not None:
                    dropped.add(number)
                    new = Register(smaller)
            case Validate() | Link() if only in (None, number):
                (_, new), *_ = (
                    changed(Program(((number, operation),)), lambda m: drop(m, index), None)
                    or Program(((number, operation),))
                ).operations
            case Take(loaded, at) if loaded in dropped:
                new = None if at == index else Take(loaded, at - (at > index))
            case Root((loaded, at)) if loaded in dropped:
                place = loaded, at - (at > index)
                new = None if at == index else replace(operation, place=place)
            case ByHand(_, outer, _):
                gone = any(n in dropped and at == index for n, at in outer)
                places = tuple((n, at - (n in dropped and at > index)) for n, at in outer)
                new = None if gone else replace(operation, outer=places)
            case Heads():
                pass
        if new is not None:
            operations.append((number, new))
    return Program(tuple(operations))
