"""Random valid types, groups and sections.

Equal types are frequent, and nearly equal ones more so: a group is often an earlier one again, and
`relative` makes a section that repeats, permutes, regroups or slightly changes another. Whoever
declares a supertype repeats its structure and refines it, so that everything drawn here is valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from .source import Source
from .spec import (
    HIERARCHIES,
    NUMBERS,
    PACKED,
    VECTOR,
    Array,
    Composite,
    Cont,
    Field,
    Func,
    Group,
    Module,
    Ref,
    Struct,
    Sub,
    Value,
    insert,
    kind_of,
    move_group,
    references,
)

HEADS: Final[tuple[str, ...]] = tuple(
    head for top, heads in HIERARCHIES.items() if top != "cont" for head in heads
)
"""The abstract heap types of WebAssembly 3.0."""

BELOW: Final[dict[str, tuple[str, ...]]] = {
    "any": ("eq", "i31", "struct", "array", "none"),
    "eq": ("i31", "struct", "array", "none"),
    "i31": ("none",),
    "struct": ("none",),
    "array": ("none",),
    "func": ("nofunc",),
    "extern": ("noextern",),
    "exn": ("noexn",),
    "cont": ("nocont",),
}
"""The abstract heap types strictly below another one."""


@dataclass
class Draft:
    """A section under way: its groups, and all types by index, those of the open group too."""

    source: Source
    continuations: bool = False
    groups: list[Group] = field(default_factory=list)
    types: list[Sub] = field(default_factory=list)

    def add(self, group: Group) -> int:
        """Append a group; give the index of its first type."""
        start = len(self.types)
        self.groups.append(group)
        self.types.extend(group.members)
        return start

    def add_sub(self, sub: Sub) -> int:
        """Append a group of one."""
        return self.add(Group((sub,)))

    def module(self) -> Module:
        """Give what is there so far."""
        return Module(tuple(self.groups))

    # Value types.

    def number(self) -> str:
        """Draw a number type or `v128`."""
        return self.source.pick((*NUMBERS, VECTOR))

    def head(self) -> str:
        """Draw an abstract heap type."""
        return self.source.pick((*HEADS, *HIERARCHIES["cont"]) if self.continuations else HEADS)

    def value(self, size: int) -> Value:
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
            return Ref(low + source.below(size - low), nullable)
        return Ref(self.head(), nullable, longhand=source.chance(20))

    def values(self, size: int, most: int) -> tuple[Value, ...]:
        """Draw a list of value types."""
        return tuple(self.value(size) for _ in range(self.source.below(most + 1)))

    def field(self, size: int) -> Field:
        """Draw a field type."""
        source = self.source
        storage = source.pick(PACKED) if source.chance(15) else self.value(size)
        return Field(storage, source.chance(40))

    def composite(self, size: int) -> Composite:
        """Draw a composite type whose references lead below the index `size`."""
        source = self.source
        kind = source.below(20)
        if kind < 10:
            return Struct(tuple(self.field(size) for _ in range(source.below(4))))
        if kind < 17:
            return Func(self.values(size, 3), self.values(size, 2))
        if kind < 19 or not self.continuations:
            return Array(self.field(size))
        targets = [i for i, each in enumerate(self.types) if isinstance(each.composite, Func)]
        return Cont(source.pick(targets)) if targets else Func()

    # Subtypes.

    def refine_value(self, value: Value) -> Value:
        """Give the value type or one below it."""
        source = self.source
        if not isinstance(value, Ref) or source.chance(50):
            return value
        if value.nullable and source.chance(50):
            return replace(value, nullable=False)
        if isinstance(value.heap, int):
            children = [i for i, each in enumerate(self.types) if value.heap in each.supertypes]
            return replace(value, heap=source.pick(children)) if children else value
        lower: list[str | int] = list(BELOW.get(value.heap, ()))
        wanted = {"struct": Struct, "array": Array, "func": Func}.get(value.heap)
        if wanted is not None:
            lower += [i for i, each in enumerate(self.types) if isinstance(each.composite, wanted)]
        return replace(value, heap=source.pick(lower)) if lower else value

    def widen_value(self, value: Value) -> Value:
        """Give the value type or one above it."""
        if not isinstance(value, Ref) or self.source.chance(60):
            return value
        if not value.nullable:
            return replace(value, nullable=True)
        if isinstance(value.heap, int):
            # Of a member that is not written yet nothing is known.
            above = self.types[value.heap].supertypes if value.heap < len(self.types) else ()
            return replace(value, heap=above[0]) if above else value
        above_heads = [head for head, lower in BELOW.items() if value.heap in lower]
        return replace(value, heap=self.source.pick(above_heads)) if above_heads else value

    def refine_field(self, item: Field) -> Field:
        """Give the field type or, where it is immutable, one below it."""
        return item if item.mutable else Field(self.refine_value(item.storage))

    def refine(self, composite: Composite, size: int) -> Composite:
        """Give a composite type that matches one."""
        match composite:
            case Func(params, results):
                return Func(
                    tuple(self.widen_value(each) for each in params),
                    tuple(self.refine_value(each) for each in results),
                )
            case Struct(fields):
                more = tuple(self.field(size) for _ in range(self.source.below(2)))
                return Struct(tuple(self.refine_field(each) for each in fields) + more)
            case Array(element):
                return Array(self.refine_field(element))
            case Cont():
                return composite

    def depth(self, index: int) -> int:
        """Count a type's declared supertypes."""
        depth = 0
        while self.types[index].supertypes:
            index = self.types[index].supertypes[0]
            depth += 1
        return depth

    def sub(self, size: int) -> Sub:
        """Draw the next member of the open group, which ends before the index `size`."""
        source = self.source
        parents = [i for i, each in enumerate(self.types) if not each.final]
        final = not source.chance(50)
        if parents and source.chance(60):
            parent = source.pick(parents[-6:])
            if self.depth(parent) < 60:
                refined = self.refine(self.types[parent].composite, size)
                return Sub(refined, (parent,), final)
        return Sub(self.composite(size), (), final, longhand=final and source.chance(15))

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
        members: list[Sub] = []
        for _ in range(size):
            member = self.sub(start + size)
            members.append(member)
            self.types.append(member)
        explicit = size == 1 and source.chance(25)
        self.groups.append(Group(tuple(members), explicit))
        return start


def again(module: Module, number: int, start: int) -> Group:
    """Give a group of a module as it reads where its first type has the index `start`."""
    begin, end = module.starts[number], module.starts[number + 1]
    shift = start - begin
    return move_group(
        module.groups[number], lambda index: index + shift if begin <= index < end else index
    )


def section(source: Source, *, groups: int = 4, continuations: bool = False) -> Module:
    """Draw a valid section of up to so many groups."""
    draft = Draft(source, continuations)
    for _ in range(source.below(groups) + 1):
        draft.group()
    return draft.module()


# Relatives of a section.


def renumber(module: Module, order: Sequence[int]) -> Module:
    """Put the groups in another order; references follow."""
    where: dict[int, int] = {}
    for number in order:
        for index in range(module.starts[number], module.starts[number + 1]):
            where[index] = len(where)
    return Module(tuple(move_group(module.groups[i], where.__getitem__) for i in order))


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
    merged = Group(first.members + second.members)
    return Module((*module.groups[:number], merged, *module.groups[number + 2 :]))


def split(module: Module, number: int, at: int) -> Module | None:
    """Cut a group in two; nothing where its first part refers to the second."""
    members = module.groups[number].members
    cut = module.starts[number] + at
    if any(target >= cut for member in members[:at] for target in references(member)):
        return None
    parts = (Group(members[:at]), Group(members[at:]))
    return Module((*module.groups[:number], *parts, *module.groups[number + 1 :]))


def with_value(sub: Sub, place: int, change: Value) -> Sub:
    """Replace the value or storage type number `place` of a type, as written."""
    match sub.composite:
        case Func(params, results):
            both = [*params, *results]
            both[place] = change
            composite: Composite = Func(tuple(both[: len(params)]), tuple(both[len(params) :]))
        case Struct(fields):
            changed = list(fields)
            changed[place] = Field(change, fields[place].mutable)
            composite = Struct(tuple(changed))
        case Array(element):
            composite = Array(Field(change, element.mutable))
        case Cont():
            raise IndexError("a continuation type holds no value types")
    return replace(sub, composite=composite)


def values_of(sub: Sub) -> tuple[Value, ...]:
    """Give the value and storage types of a type, as written."""
    match sub.composite:
        case Func(params, results):
            return params + results
        case Struct(fields):
            return tuple(each.storage for each in fields)
        case Array(element):
            return (element.storage,)
        case Cont():
            return ()


def with_sub(module: Module, index: int, sub: Sub) -> Module:
    """Replace one type."""
    number = module.group_of(index)
    group = module.groups[number]
    members = list(group.members)
    members[index - module.starts[number]] = sub
    groups = list(module.groups)
    groups[number] = replace(group, members=tuple(members))
    return replace(module, groups=tuple(groups))


def unrelated(module: Module) -> list[int]:
    """Give the types that declare no supertype and are none: they can change and stay valid."""
    parents = {parent for each in module.types for parent in each.supertypes}
    targets = {each.composite.target for each in module.types if isinstance(each.composite, Cont)}
    return [
        index
        for index, each in enumerate(module.types)
        if not each.supertypes and index not in parents and index not in targets
    ]


def change(source: Source, module: Module) -> Module:
    """Change one thing about one type, if there is a type that can change."""
    free = [
        index for index in unrelated(module) if not isinstance(module.types[index].composite, Cont)
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
    new: Value
    if isinstance(old, Ref) and source.chance(50):
        new = replace(old, nullable=not old.nullable)
    elif isinstance(old, Ref) and isinstance(old.heap, int) and source.chance(70):
        new = replace(old, heap=source.below(end))
    elif isinstance(sub.composite, Struct) and source.chance(30):
        fields = list(sub.composite.fields)
        fields[place] = replace(fields[place], mutable=not fields[place].mutable)
        return with_sub(module, index, replace(sub, composite=Struct(tuple(fields))))
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


def kinds(module: Module) -> list[str]:
    """Give the kind of each type."""
    return [kind_of(each.composite) for each in module.types]
