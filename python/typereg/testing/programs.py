"""Sequences of operations on a registry, as plain data that can be replayed, shrunk and saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from typereg.reference.types import (
    I32,
    I64,
    ArrayType,
    FieldType,
    FuncType,
    RecGroup,
    StructType,
    SubType,
)

from . import generate
from .shown import Call, Shown, by_fields
from .source import Source
from .spec import Module, Renaming, insert, ref_type, section, sub_type

CONTINUATIONS: Final = "stack_switching"
"""The feature that brings continuation types."""

Place: TypeAlias = tuple[int, int]
"""A type of a registered module: the number of its operation, and the type's index."""


class _Shown(Shown):
    """An operation, written by its fields."""

    def _call(self) -> Call:
        return by_fields(self)


@dataclass(frozen=True, repr=False)
class Register(_Shown):
    """Register a module; its operation's number stands for what was loaded."""

    module: Module


@dataclass(frozen=True, repr=False)
class Close(_Shown):
    """Close what an operation loaded."""

    loaded: int


@dataclass(frozen=True, repr=False)
class Take(_Shown):
    """Take a handle to a type of what was loaded."""

    loaded: int
    index: int


@dataclass(frozen=True, repr=False)
class Root(_Shown):
    """Take a handle by an identity that was seen, whether or not its type still lives.

    A `foreign` one is another registry's, which must give no handle.
    """

    place: Place
    foreign: bool = False


@dataclass(frozen=True, repr=False)
class Copy(_Shown):
    """Copy the handle of an operation."""

    handle: int


@dataclass(frozen=True, repr=False)
class Again(_Shown):
    """Register a handle's group once more, from what the registry gives back of it."""

    handle: int


@dataclass(frozen=True, repr=False)
class Drop(_Shown):
    """Drop a handle."""

    handle: int


@dataclass(frozen=True, repr=False)
class BeginDrop(_Shown):
    """Take the first step of a drop."""

    handle: int


@dataclass(frozen=True, repr=False)
class FinishDrop(_Shown):
    """Take the second step of the drop that an operation began."""

    begun: int


@dataclass(frozen=True, repr=False)
class ByHand(_Shown):
    """Register a group over identities that were seen; a foreign one is another registry's.

    An index below `len(outer)` means one of those; the group's own members follow.
    """

    group: RecGroup
    outer: tuple[Place, ...]
    foreign: int | None = None


@dataclass(frozen=True, repr=False)
class Validate(_Shown):
    """Ask whether a module is valid."""

    module: Module


@dataclass(frozen=True, repr=False)
class Link(_Shown):
    """Ask whether a consumer can import from a provider."""

    provider: Module
    consumer: Module


@dataclass(frozen=True, repr=False)
class Heads(_Shown):
    """Ask how all abstract heap types and some of what was loaded match each other."""

    loaded: int


Operation: TypeAlias = (
    Register
    | Close
    | Take
    | Root
    | Copy
    | Again
    | Drop
    | BeginDrop
    | FinishDrop
    | ByHand
    | Validate
    | Link
    | Heads
)


@dataclass(frozen=True, repr=False)
class Program(Shown):
    """Operations in order, each by a number that later ones name it by.

    One whose operands are not there does nothing, so any part of a program is a program.
    """

    operations: tuple[tuple[int, Operation], ...]

    def _call(self) -> Call:
        return Call("Program", [("", self.operations)])

    @staticmethod
    def of(*operations: Operation) -> Program:
        """Make a program of operations, numbered from 0."""
        return Program(tuple(enumerate(operations)))

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules that it names, in order."""
        found: list[Module] = []
        for _, each in self.operations:
            match each:
                case Register(module) | Validate(module):
                    found.append(module)
                case Link(provider, consumer):
                    found += [provider, consumer]
        return tuple(found)

    @property
    def size(self) -> int:
        """How many types its modules and groups have together."""
        groups = [each.group for _, each in self.operations if isinstance(each, ByHand)]
        return sum(len(module.types) for module in self.modules) + sum(
            len(group.members) for group in groups
        )

    @cached_property
    def whole(self) -> Module:
        """All its modules' types in one module, one after the other."""
        whole = Module()
        for module in self.modules:
            renaming = Renaming(whole.starts[-1].__add__)
            groups = list(map(renaming.group, module.groups))
            whole = insert(whole, len(whole.groups), groups)
        return whole

    @property
    def wasm(self) -> bytes:
        """The bytes of `whole`."""
        return self.whole.wasm

    @property
    def wat(self) -> str:
        """The text of `whole`."""
        return self.whole.wat

    def __str__(self) -> str:
        return "\n".join(f"  {number}: {spell(each)}" for number, each in self.operations)


def spell(operation: Operation) -> str:
    """Say an operation in a line or a few."""
    from . import text

    def shown(module: Module) -> str:
        return module.wat.replace("\n", "\n     ")

    match operation:
        case Register(module):
            return f"register {shown(module)}"
        case Validate(module):
            return f"ask whether this is valid: {shown(module)}"
        case Link(provider, consumer):
            return f"ask whether they link: {shown(provider)}\n     {shown(consumer)}"
        case Heads(loaded):
            return f"ask about all abstract heap types in {loaded}"
        case Close(loaded):
            return f"close what {loaded} loaded"
        case Take(loaded, index):
            return f"take a handle to type {index} of {loaded}"
        case Root((loaded, index), foreign):
            whose = "would have in another registry" if foreign else "had"
            return f"root the identity that type {index} of {loaded} {whose}"
        case Copy(handle):
            return f"copy the handle of {handle}"
        case Again(handle):
            return f"register the group of the handle of {handle} once more, as it is given back"
        case Drop(handle):
            return f"drop the handle of {handle}"
        case BeginDrop(handle):
            return f"begin to drop the handle of {handle}"
        case FinishDrop(begun):
            return f"finish the drop that {begun} began"
        case ByHand(group, outer, foreign):
            places = ", ".join(f"{at}: type {index} of {n}" for at, (n, index) in enumerate(outer))
            whose = f", {foreign} from another registry" if foreign is not None else ""
            spelled = text.group(group, len(outer))
            return f"register by hand {spelled}" + (f" where {places}{whose}" if places else "")


# Drawing.


@dataclass
class Composer:
    """A program under way, and what it has made so far."""

    source: Source
    can: Collection[str]
    operations: list[Operation] = field(default_factory=list)
    modules: dict[int, Module] = field(default_factory=dict)
    loaded: list[int] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    family: list[Module] = field(default_factory=list)

    def add(self, operation: Operation) -> int:
        """Append an operation; give its number."""
        self.operations.append(operation)
        return len(self.operations) - 1

    def section(self) -> Module:
        """Draw a module: often one that was there, or a relative of one."""
        source = self.source
        if self.family and source.chance(70):
            module = source.pick(self.family[-3:])
            if source.chance(60):
                return module
            module = generate.relative(source, module)
        else:
            module = generate.section(source, groups=3, continuations=CONTINUATIONS in self.can)
        self.family.append(module)
        return module

    def register(self) -> None:
        """Register a module that is drawn."""
        self.load(self.section())

    def load(self, module: Module) -> None:
        """Register a module."""
        number = self.add(Register(module))
        self.modules[number] = module
        self.loaded.append(number)
        self.places += [(number, index) for index in range(len(module.types))]

    def spend(self, items: list[int]) -> int:
        """Draw one of some numbers, and take it away."""
        return items.pop(self.source.below(len(items)))

    def by_hand(self) -> None:
        """Register a group over some of the latest types."""
        source = self.source
        outer = self.places[-4:]
        draft = generate.Draft(source)
        # What the outer types are is not known here: nothing is declared below them.
        size = 1 + source.below(2)
        members = tuple(
            SubType(draft.composite(len(outer) + size), final=not source.chance(40))
            for _ in range(size)
        )
        foreign = None
        if outer and source.chance(15):
            foreign = source.below(len(outer))
        self.handles.append(self.add(ByHand(RecGroup(members), tuple(outer), foreign)))

    def step(self) -> None:
        """Append one operation."""
        source = self.source
        choices = ["register", "register"]
        if "lifetime" in self.can and self.loaded:
            choices += ["close"] * 2
        if "handles" in self.can:
            if self.loaded:
                choices += ["take"] * 2
            if self.places:
                choices += ["root"] * 2
            if self.handles:
                choices += ["copy", "drop", "drop"]
        if "split_drop" in self.can:
            choices += ["begin"] * 3 * bool(self.handles) + ["finish"] * 2 * bool(self.begun)
        if "by_hand" in self.can:
            choices += ["by hand"]
        if "returning" in self.can and self.handles:
            choices += ["again"]
        match source.pick(choices):
            case "register":
                self.register()
            case "close":
                self.add(Close(self.spend(self.loaded)))
            case "take":
                loaded = source.pick(self.loaded)
                if self.modules[loaded].types:
                    index = source.below(len(self.modules[loaded].types))
                    self.handles.append(self.add(Take(loaded, index)))
            case "root":
                self.handles.append(self.add(Root(source.pick(self.places))))
            case "copy":
                self.handles.append(self.add(Copy(source.pick(self.handles))))
            case "drop":
                self.add(Drop(self.spend(self.handles)))
            case "begin":
                self.begun.append(self.add(BeginDrop(self.spend(self.handles))))
            case "finish":
                self.add(FinishDrop(self.spend(self.begun)))
            case "again":
                self.handles.append(self.add(Again(source.pick(self.handles))))
            case "by hand":
                self.by_hand()


def program(source: Source, can: Collection[str], *, steps: int = 12) -> Program:
    """Draw a program of up to so many operations of those that a registry can do."""
    composer = Composer(source, can)
    for _ in range(2 + source.below(steps - 1)):
        composer.step()
    return Program.of(*composer.operations)


def interleaving(source: Source, can: Collection[str] = ()) -> Program:
    """Draw a program around drops in two steps: few types, and others that want their slots.

    Between the two steps of a drop, its type is often registered again, dropped again, and its
    slot given to another type: each is a moment at which removers have gone wrong.
    """
    first = generate.section(source, groups=1)
    second = generate.section(source, groups=1)
    able = {"lifetime", "handles", "split_drop"} | ({CONTINUATIONS} & {*can})
    composer = Composer(source, able, family=[first, second])
    many = 0
    while not many:  # the first section may be of empty groups only
        many = len(first.types)
        if not many:
            first = composer.family[0] = generate.section(source, groups=2)
    start = composer.add(Register(first))
    composer.modules[start] = first
    composer.places += [(start, index) for index in range(many)]
    for index in range(min(2, many)):
        composer.handles.append(composer.add(Take(start, index)))
    composer.add(Close(start))
    for _ in range(3 + source.below(8)):
        if not composer.begun and composer.handles:
            composer.begun.append(composer.add(BeginDrop(composer.spend(composer.handles))))
        elif composer.begun and source.chance(35):
            composer.handles.append(composer.add(Root(source.pick(composer.places[:many]))))
            if source.chance(60):
                composer.add(Drop(composer.handles.pop()))
                if source.chance(60):
                    composer.add(Register(source.pick((second, first))))
        else:
            composer.step()
    while composer.begun and source.chance(80):
        composer.add(FinishDrop(composer.spend(composer.begun)))
    return Program.of(*composer.operations)


def foreign(source: Source) -> Program:
    """Draw a program that uses identities, of which some may be another registry's."""
    draft = generate.Draft(source)
    parent = draft.add_sub(SubType(StructType([]), final=False))
    child = draft.add_sub(sub_type(StructType([]), parent, False))
    for _ in range(source.below(2)):
        draft.group()
    at = source.below(2)
    operations: list[Operation] = [Register(draft.module())]
    places = ((0, parent), (0, child))
    shapes = (
        sub_type(StructType([]), at),
        SubType(StructType([FieldType(ref_type(at))])),
        SubType(FuncType([ref_type(at, False)], [])),
        SubType(ArrayType(FieldType(ref_type(at), True))),
    )
    if source.chance(50):
        operations.append(Root(places[at], foreign=True))
    for _ in range(1 + source.below(3)):
        group = RecGroup([source.pick(shapes), *((SubType(FuncType([], [])),) * source.below(2))])
        operations.append(ByHand(group, places, at if source.chance(50) else None))
    return Program.of(*operations)


def crowd(source: Source, bits: int) -> Program:
    """Draw a program that registers more different types than so many bits can number.

    Modules have several groups of one to three members, some of them known or declared before:
    where one finds no room, what came before it in its module must be taken back, and what it
    would have referred to. Some are by hand, some go again, by a module or by a handle: then there
    is room. The last ones are small, and show which slots that left.
    """
    referring = source.chance(50)
    types = [
        SubType(StructType((FieldType(ref_type(0)),) * number))
        if referring and number % 2
        else SubType(FuncType((I32,) * (number % 5) + (I64,) * (number // 5), []))
        for number in range(2 * (1 << bits) + 4)
    ]
    first = [RecGroup(types[:1])] if referring else []
    operations: list[Operation] = []
    known: list[RecGroup] = []
    at = 0
    while at < len(types):
        groups = first + [source.pick(known) for _ in range(source.below(3) if known else 0)]
        for _ in range(1 + source.below(4)):
            size = 1 + source.below(3)
            known.append(RecGroup(types[at : at + size] or types[:size]))
            groups += [known[-1]] * (1 + source.below(2))
            at += size
        operations.append(Register(Module(tuple(groups))))
    if source.chance(50):
        operations = list(_coming_and_going(source, operations))
    operations += [Register(section(types[0])), Register(section(types[2], types[4]))]
    return Program.of(*operations)


def _coming_and_going(source: Source, registers: Iterable[Operation]) -> Iterator[Operation]:
    """Draw what goes between modules that are registered: then there is room, or less of it."""
    latest = -1
    for each in registers:
        yield each
        latest += 1
        match source.below(4):
            case 0:
                between: list[Operation] = [Close(source.below(latest + 1))]
            case 1:
                between = [Take(latest, 0), Close(latest), Drop(latest + 1)]
            case 2:
                sub = SubType(StructType([FieldType(I32)] * latest), final=False)
                between = [ByHand(RecGroup([sub] * many), ()) for many in (1, 2 + latest % 2)]
            case _:
                between = []
        yield from between
        latest += len(between)
