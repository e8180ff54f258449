"""Random valid types, groups and sections.

Equal types are frequent, and nearly equal ones more so: a group is often an earlier one again, and
`relative` makes a section that repeats, permutes, regroups or slightly changes another. Whoever
declares a supertype repeats its structure and refines it, so that everything drawn here is valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from typereg.reference.types import (
    ANY,
    ARRAY,
    CONT,
    EQ,
    EXN,
    EXTERN,
    FUNC,
    I8,
    I16,
    I31,
    NOCONT,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    V128,
    AbsHeapType,
    ArrayType,
    CompositeType,
    ContType,
    FieldType,
    FuncType,
    HeapType,
    ModuleTypeIndex,
    PackedType,
    RecGroup,
    RefType,
    StorageType,
    StructType,
    SubType,
    ValueType,
)

from .source import Source
from .spec import (
    HIERARCHIES,
    NUMBERS,
    LongRecGroup,
    LongRefType,
    LongSubType,
    Module,
    Number,
    Renaming,
    insert,
    ref_type,
    references,
    sub_type,
    supertypes,
)

_Stored = TypeVar("_Stored", bound=StorageType)

HEADS: Final[tuple[AbsHeapType, ...]] = tuple(
    head for top, heads in HIERARCHIES.items() if top != CONT for head in heads
)
"""The abstract heap types of WebAssembly 3.0."""

BELOW: Final[dict[AbsHeapType, tuple[AbsHeapType, ...]]] = {
    ANY: (EQ, I31, STRUCT, ARRAY, NONE),
    EQ: (I31, STRUCT, ARRAY, NONE),
    I31: (NONE,),
    STRUCT: (NONE,),
    ARRAY: (NONE,),
    FUNC: (NOFUNC,),
    EXTERN: (NOEXTERN,),
    EXN: (NOEXN,),
    CONT: (NOCONT,),
}
"""The abstract heap types strictly below another one."""


@dataclass
class Draft:
    """A section under way: its groups, and all types by index, those of the open group too."""

    source: Source
    continuations: bool = False
    groups: list[RecGroup] = field(default_factory=list)
    types: list[SubType] = field(default_factory=list)

    def add(self, group: RecGroup) -> int:
        """Append a group; give the index of its first type."""
        start = len(self.types)
        self.groups.append(group)
        self.types.extend(group.members)
        return start

    def add_sub(self, sub: SubType) -> int:
        """Append a group of one."""
        return self.add(RecGroup([sub]))

    def module(self) -> Module:
        """Give what is there so far."""
        return Module(tuple(self.groups))

    def indexed(self) -> Iterator[tuple[ModuleTypeIndex, SubType]]:
        """Give the types, those of the open group too, by their index."""
        return ((ModuleTypeIndex(index), each) for index, each in enumerate(self.types))

    # Value types.

    def number(self) -> Number:
        """Draw a number type or `v128`."""
        return self.source.pick((*NUMBERS, V128))

    def head(self) -> AbsHeapType:
        """Draw an abstract heap type."""
        return self.source.pick((*HEADS, *HIERARCHIES[CONT]) if self.continuations else HEADS)

    def value(self, size: int) -> ValueType:
        """Draw a value type whose references lead below the index `size`."""
        source = self.source
        kind = source.below(6)
        if kind < 2 or (kind < 5 and not size):
            return self.number()
        nullable = not source.chance(40)
        if kind < 5:
            # Late types are closer relatives.
            near = min(size, 4)
            low = size - near if source.chance(70) else 0
            return ref_type(low + source.below(size - low), nullable)
        head, long = self.head(), source.chance(20)
        return LongRefType(head, nullable) if long else RefType(head, nullable)

    def values(self, size: int, most: int) -> tuple[ValueType, ...]:
        """Draw a list of value types."""
        return tuple(self.source.several(most, lambda: self.value(size)))

    def field(self, size: int) -> FieldType:
        """Draw a field type."""
        source = self.source
        storage = source.pick((I8, I16)) if source.chance(15) else self.value(size)
        return FieldType(storage, source.chance(40))

    def composite(self, size: int) -> CompositeType:
        """Draw a composite type whose references lead below the index `size`."""
        source = self.source
        kind = source.below(20)
        if kind < 10:
            return StructType(source.several(3, lambda: self.field(size)))
        if kind < 17:
            return FuncType(self.values(size, 3), self.values(size, 2))
        if kind < 19 or not self.continuations:
            return ArrayType(self.field(size))
        targets = [i for i, each in enumerate(self.types) if isinstance(each.composite, FuncType)]
        return ContType(ModuleTypeIndex(source.pick(targets))) if targets else FuncType([], [])

    # Subtypes.

    def refine_value(self, value: _Stored) -> _Stored | RefType:
        """Give the value type or one below it."""
        source = self.source
        if not isinstance(value, RefType) or source.chance(50):
            return value
        if value.nullable and source.chance(50):
            return replace(value, nullable=False)
        lower: list[HeapType]
        if isinstance(value.heap, AbsHeapType):
            lower = list(BELOW.get(value.heap, ()))
            wanted = {STRUCT: StructType, ARRAY: ArrayType, FUNC: FuncType}.get(value.heap)
            if wanted is not None:
                lower += [i for i, each in self.indexed() if isinstance(each.composite, wanted)]
        else:
            lower = [i for i, each in self.indexed() if each.supertype == value.heap]
        return replace(value, heap=source.pick(lower)) if lower else value

    def widen_value(self, value: ValueType) -> ValueType:
        """Give the value type or one above it."""
        if not isinstance(value, RefType) or self.source.chance(60):
            return value
        if not value.nullable:
            return replace(value, nullable=True)
        if isinstance(value.heap, ModuleTypeIndex):
            # Of a member that is not written yet nothing is known.
            known = value.heap.n < len(self.types)
            above = self.types[value.heap.n].supertype if known else None
            return replace(value, heap=above) if above is not None else value
        above_heads = [head for head, lower in BELOW.items() if value.heap in lower]
        return replace(value, heap=self.source.pick(above_heads)) if above_heads else value

    def refine_field(self, item: FieldType) -> FieldType:
        """Give the field type or, where it is immutable, one below it."""
        return item if item.mutable else FieldType(self.refine_value(item.storage))

    def refine(self, composite: CompositeType, size: int) -> CompositeType:
        """Give a composite type that matches one."""
        match composite:
            case FuncType(params, results):
                return FuncType(
                    [self.widen_value(each) for each in params],
                    [self.refine_value(each) for each in results],
                )
            case StructType(fields):
                more = self.source.several(1, lambda: self.field(size))
                return StructType([*map(self.refine_field, fields), *more])
            case ArrayType(element):
                return ArrayType(self.refine_field(element))
            case ContType():
                return composite

    def depth(self, index: int) -> int:
        """Count a type's declared supertypes."""
        depth = 0
        while above := supertypes(self.types[index]):
            index = above[0]
            depth += 1
        return depth

    def sub(self, size: int) -> SubType:
        """Draw the next member of the open group, which ends before the index `size`."""
        source = self.source
        parents = [i for i, each in enumerate(self.types) if not each.final]
        final = not source.chance(50)
        if parents and source.chance(60):
            parent = source.pick(parents[-6:])
            if self.depth(parent) < 60:
                refined = self.refine(self.types[parent].composite, size)
                return sub_type(refined, parent, final)
        composite = self.composite(size)
        long = final and source.chance(15)
        return LongSubType(composite) if long else SubType(composite, final=final)

    # Groups.

    def group(self) -> int:
        """Draw the next group, often an earlier one again; give the index of its first type."""
        source = self.source
        start = len(self.types)
        if self.groups and source.chance(25):
            number = source.below(len(self.groups))
            self.add(again(self.module(), number, start))
            return start
        size = source.pick((1, 1, 2, 2, 3, 0))
        members: list[SubType] = []
        for _ in range(size):
            member = self.sub(start + size)
            members.append(member)
            self.types.append(member)
        explicit = size == 1 and source.chance(25)
        self.groups.append(LongRecGroup(members) if explicit else RecGroup(members))
        return start


def again(module: Module, number: int, start: int) -> RecGroup:
    """Give a group of a module as it reads where its first type has the index `start`."""
    begin, end = module.starts[number], module.starts[number + 1]
    shift = start - begin
    renaming = Renaming(lambda index: index + shift if begin <= index < end else index)
    return renaming.group(module.groups[number])


def section(source: Source, *, groups: int = 4, continuations: bool = False) -> Module:
    """Draw a valid section of up to so many groups."""
    draft = Draft(source, continuations)
    source.several(groups - 1, draft.group)
    draft.group()
    return draft.module()


# Relatives of a section.


def renumber(module: Module, order: Sequence[int]) -> Module:
    """Put the groups in another order; references follow."""
    where: dict[int, int] = {}
    for number in order:
        for index in range(module.starts[number], module.starts[number + 1]):
            where[index] = len(where)
    renaming = Renaming(where.__getitem__)
    return Module(tuple(renaming.group(module.groups[i]) for i in order))


def permute_groups(source: Source, module: Module) -> Module:
    """Put the groups in another order that still declares before it refers, where there is one."""
    waiting = list(range(len(module.groups)))
    placed: set[int] = set()
    order: list[int] = []
    while waiting:
        ready = [
            number
            for number in waiting
            if all(
                target in placed or module.starts[number] <= target < module.starts[number + 1]
                for member in module.groups[number].members
                for target in references(member)
            )
        ]
        number = source.pick(ready)
        waiting.remove(number)
        placed.update(range(module.starts[number], module.starts[number + 1]))
        order.append(number)
    return renumber(module, order)


def merge(module: Module, number: int) -> Module:
    """Make one group of a group and the next."""
    first, second = module.groups[number : number + 2]
    merged = RecGroup(first.members + second.members)
    return Module((*module.groups[:number], merged, *module.groups[number + 2 :]))


def split(module: Module, number: int, at: int) -> Module | None:
    """Cut a group in two; nothing where its first part refers to the second."""
    members = module.groups[number].members
    cut = module.starts[number] + at
    if any(target >= cut for member in members[:at] for target in references(member)):
        return None
    parts = (RecGroup(members[:at]), RecGroup(members[at:]))
    return Module((*module.groups[:number], *parts, *module.groups[number + 1 :]))


def with_value(sub: SubType, place: int, change: StorageType) -> SubType:
    """Replace the value or storage type number `place` of a type, as written."""
    match sub.composite:
        case FuncType(params, results):
            assert not isinstance(change, PackedType)
            both = [*params, *results]
            both[place] = change
            composite: CompositeType = FuncType(both[: len(params)], both[len(params) :])
        case StructType(fields):
            changed = list(fields)
            changed[place] = FieldType(change, fields[place].mutable)
            composite = StructType(changed)
        case ArrayType(element):
            composite = ArrayType(FieldType(change, element.mutable))
        case ContType():
            raise IndexError("a continuation type holds no value types")
    return replace(sub, composite=composite)


def values_of(sub: SubType) -> tuple[StorageType, ...]:
    """Give the value and storage types of a type, as written."""
    match sub.composite:
        case FuncType(params, results):
            return params + results
        case StructType(fields):
            return tuple(each.storage for each in fields)
        case ArrayType(element):
            return (element.storage,)
        case ContType():
            return ()


def with_sub(module: Module, index: int, sub: SubType) -> Module:
    """Replace one type."""
    number = module.group_of(index)
    group = module.groups[number]
    members = list(group.members)
    members[index - module.starts[number]] = sub
    groups = list(module.groups)
    groups[number] = replace(group, members=tuple(members))
    return replace(module, groups=tuple(groups))


def continued(module: Module) -> set[int]:
    """Give the types that continuation types refer to."""
    conts = [each for each in module.types if isinstance(each.composite, ContType)]
    return {target for each in conts for target in references(SubType(each.composite))}


def unrelated(module: Module) -> list[int]:
    """Give the types that declare no supertype and are none: they can change and stay valid."""
    parents = {parent for each in module.types for parent in supertypes(each)}
    targets = continued(module)
    return [
        index
        for index, each in enumerate(module.types)
        if not supertypes(each) and index not in parents and index not in targets
    ]


def change(source: Source, module: Module) -> Module:
    """Change one thing about one type, if there is a type that can change."""
    free = [
        index
        for index in unrelated(module)
        if not isinstance(module.types[index].composite, ContType)
    ]
    if not free:
        return module
    index = source.pick(free)
    sub = module.types[index]
    number = module.group_of(index)
    draft = Draft(source, types=list(module.types))
    end = module.starts[number + 1]
    values = values_of(sub)
    if not values or source.chance(20):
        return with_sub(module, index, replace(sub, final=not sub.final))
    place = source.below(len(values))
    old = values[place]
    new: StorageType
    if isinstance(old, RefType) and source.chance(50):
        new = replace(old, nullable=not old.nullable)
    elif isinstance(old, RefType) and isinstance(old.heap, ModuleTypeIndex) and source.chance(70):
        new = replace(old, heap=ModuleTypeIndex(source.below(end)))
    elif isinstance(sub.composite, StructType) and source.chance(30):
        fields = list(sub.composite.fields)
        fields[place] = replace(fields[place], mutable=not fields[place].mutable)
        return with_sub(module, index, replace(sub, composite=StructType(tuple(fields))))
    else:
        new = draft.value(end)
    return with_sub(module, index, with_value(sub, place, new))


def relative(source: Source, module: Module) -> Module:
    """Draw a section that is much like another one: some of its types are the same types."""
    kind = source.below(6)
    many = len(module.groups)
    if kind == 0:
        return permute_groups(source, module)
    if kind == 1 and many > 1:
        return merge(module, source.below(many - 1))
    if kind == 2:
        long = [i for i, group in enumerate(module.groups) if len(group.members) > 1]
        if long:
            number = source.pick(long)
            at = 1 + source.below(len(module.groups[number].members) - 1)
            return split(module, number, at) or module
    if kind == 3:
        number = source.below(many)
        copy = again(module, number, module.starts[-1])
        return insert(module, many, [copy])
    if kind == 4:
        extra = section(source, groups=1)
        return insert(module, 0, list(extra.groups))
    return change(source, module)


def spoil(source: Source, module: Module) -> Module:
    """Change some types of a section without care: it may be invalid, in any way but syntax."""
    for _ in range(1 + source.below(3)):
        if not module.types:
            return module
        index = source.below(len(module.types))
        sub = module.types[index]
        end = module.starts[module.group_of(index) + 1]
        draft = Draft(source, types=list(module.types))
        match source.below(6):
            case 0:
                sub = replace(sub, final=not sub.final)
            case 1:
                sub = replace(sub, supertype=None)
            case 2:
                sub = replace(sub, supertype=ModuleTypeIndex(source.below(end + 1)))
            case 3 | 4:
                parent = source.below(index or 1)
                composite = draft.refine(module.types[parent].composite, end)
                if not isinstance(composite, ContType) and source.chance(60):
                    part = SubType(composite)
                    places = len(values_of(part))
                    if places:
                        part = with_value(part, source.below(places), draft.value(end))
                    composite = part.composite
                sub = sub_type(composite, parent, final=source.chance(50))
            case _:
                sub = replace(sub, composite=draft.composite(end + source.below(2)))
        module = with_sub(module, index, sub)
    return module
