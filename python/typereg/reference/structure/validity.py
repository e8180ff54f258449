"""Validity of types: the section "Types" of the chapter "Validation", and clause G4.

Groups are judged closed and rolled up. For each group, in this order: ranges, counts and features;
then order, finality and depth of all supertypes; then structure. Only a group whose supertypes all
come earlier has chains of supertypes that end, and matching walks those chains (G4).
"""

from __future__ import annotations

from collections.abc import Sequence

from typereg.reference.errors import LimitError, ValidationError
from typereg.reference.limits import Features, Limits
from typereg.reference.types import (
    CONT,
    NOCONT,
    CompositeType,
    ContType,
    DefType,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    RecGroup,
    RecIndex,
    RefType,
    StructType,
    SubType,
    TableType,
    TagType,
    TypeUse,
)

from .equality import as_defined
from .matching import Matching
from .rolling import as_closed, declared_supertype, defined_types, expand, roll_and_close
from .substitution import uses_of_composite, uses_of_sub


class Validity:
    """The rules that make types valid, one method each. What breaks one raises."""

    def __init__(
        self,
        limits: Limits | None = None,
        features: Features | None = None,
        matching: Matching | None = None,
    ) -> None:
        """Judge by limits (`Limits.js_api`), features (none) and rules of matching (ours)."""
        self.limits: Limits = limits or Limits.js_api()
        self.features: Features = features or Features()
        self.matching: Matching = matching or Matching()

    # Type sections.

    def section(self, groups: Sequence[RecGroup]) -> list[DefType]:
        """Judge a module's groups in order; gives its defined types, closed (``T-type``).

        References are type indices, or `RecIndex` within their own group.
        """
        self.section_limits([len(group.members) for group in groups])
        types: list[DefType] = []
        for group in groups:
            start = len(types)
            self.in_range(group, start)
            rolled = roll_and_close(start, group, types)
            self.group(rolled, start)
            types.extend(defined_types(rolled))
        return types

    def section_limits(self, sizes: Sequence[int]) -> None:
        """How many types, how many groups, how large each."""
        self.limits.check("types", sum(sizes))
        self.limits.check("groups", len(sizes))
        for size in sizes:
            self.limits.check("group_size", size)

    def in_range(self, group: RecGroup, start: int) -> None:
        """Type indices lead to earlier types or into the group (``K-typeuse``)."""
        size = len(group.members)
        for position, member in enumerate(group.members):
            for use in uses_of_sub(member):
                if not self.use_in_range(use, start, size):
                    what = f"refers to {use}, and there is no such type by then"
                    raise ValidationError(what, type_index=start + position)

    def use_in_range(self, use: TypeUse, start: int, size: int) -> bool:
        """Whether a type use in a group of that size leads anywhere."""
        match use:
            case ModuleTypeIndex(n):
                return n < start + size
            case RecIndex(n):
                return n < size
        return True

    # Recursive Types.

    def group(self, group: RecGroup, start: int = 0) -> None:
        """Judge one closed, rolled-up group (``K-rect``); ``start`` is the first member's index."""
        types = defined_types(group)
        for defined, member in zip(types, group.members, strict=True):
            self.counts(member.composite)
            self.member_features(member)
            self.composite(defined, start)
        for defined in types:
            if group.members[defined.position].supertype is not None:
                self.order(defined, start)
                self.finality(defined, start)
                self.depth(defined, start)
        for defined in types:
            if group.members[defined.position].supertype is not None:
                self.structure(defined, start)

    def counts(self, composite: CompositeType) -> None:
        """Parameters, results, fields: as many as the limits allow."""
        match composite:
            case FuncType(params, results):
                self.limits.check("params", len(params))
                self.limits.check("results", len(results))
            case StructType(fields):
                self.limits.check("fields", len(fields))

    def member_features(self, member: SubType) -> None:
        """Continuations, and references to them, need their feature (G3)."""
        match member.composite:
            case ContType():
                self.features.require("stack_switching")
            case FuncType(params, results):
                for value in params + results:
                    self.value_features(value)
            case StructType(fields):
                for field in fields:
                    self.value_features(field.storage)
            case _:
                self.value_features(member.composite.field.storage)

    def value_features(self, value: object) -> None:
        """An abstract heap type of continuations needs the feature (G3)."""
        if isinstance(value, RefType) and value.heap in (CONT, NOCONT):
            self.features.require("stack_switching")

    def composite(self, defined: DefType, start: int) -> None:
        """A composite type (``K-comp``): a continuation's type is a function type."""
        composite = defined.group.members[defined.position].composite
        if not isinstance(composite, ContType):
            return
        (func,) = map(as_closed, uses_of_composite(expand(defined)))
        if not isinstance(func.group.members[func.position].composite, FuncType):
            what = "a continuation of what is not a function type"
            raise ValidationError(what, type_index=start + defined.position)

    def order(self, defined: DefType, start: int) -> None:
        """A supertype is declared earlier (``K-sub``: ``x < x_0``)."""
        supertype = defined.group.members[defined.position].supertype
        if isinstance(supertype, RecIndex) and supertype.n >= defined.position:
            raise ValidationError(
                "its supertype is not declared before it", type_index=start + defined.position
            )

    def finality(self, defined: DefType, start: int) -> None:
        """A supertype is open (``K-sub``: its unrolling is not ``final``)."""
        above = declared_supertype(defined)
        if above is not None and above.group.members[above.position].final:
            raise ValidationError("its supertype is final", type_index=start + defined.position)

    def depth(self, defined: DefType, start: int) -> None:
        """A chain of supertypes is no longer than the limit; without supertype it has depth 0."""
        depth, above = 0, declared_supertype(defined)
        while above is not None and depth <= self.limits.depth:
            depth, above = depth + 1, declared_supertype(above)
        self.limits.check("depth", depth)

    def structure(self, defined: DefType, start: int) -> None:
        """A composite type matches its supertype's (``K-sub``: ``comptype <: comptype'``)."""
        above = declared_supertype(defined)
        if above is not None and not self.matching.composite(expand(defined), expand(above)):
            raise ValidationError(
                "its structure does not match its supertype's",
                type_index=start + defined.position,
            )

    # Limits, Tag Types, Global Types, Memory Types, Table Types, External Types.

    def extern(self, extern: ExternType) -> None:
        """An external type (``K-extern``), closed."""
        match extern:
            case TagType(func):
                self.tag(as_defined(func))
            case GlobalType(content):
                self.value_features(content)
            case MemoryType():
                self.memory(extern)
            case TableType():
                self.table(extern)
            case _:
                self.func_extern(as_defined(extern))

    def func_extern(self, use: TypeUse) -> FuncType:
        """A function's type is a function type (``K-extern``); gives it."""
        composite = expand(as_closed(use))
        if not isinstance(composite, FuncType):
            raise ValidationError("the type of a function or tag is not a function type")
        return composite

    def tag(self, use: TypeUse) -> None:
        """A tag's function type has no results (``K-tag``), without stack switching (G3)."""
        if self.func_extern(use).results and not self.features.stack_switching:
            raise ValidationError("a tag's function type has results")

    def bounds(self, minimum: int, maximum: int | None, greatest: int) -> None:
        """Limits (``K-limits``): minimum, then maximum, within what can be addressed."""
        if minimum > greatest or (maximum is not None and not minimum <= maximum <= greatest):
            raise ValidationError(f"the limits {minimum} to {maximum} are not within {greatest}")

    def memory(self, memory: MemoryType) -> None:
        """A memory type (``K-mem``); shared ones have a maximum, and pages one of two sizes."""
        if memory.page_size != 65536:
            self.features.require("custom_page_sizes")
            if memory.page_size != 1:
                raise ValidationError(f"pages of {memory.page_size} bytes")
        addresses = 2 ** (64 if memory.address64 else 32)
        # Pages of one byte: the whole address space cannot be had, as it has no size in itself.
        greatest = addresses // memory.page_size if memory.page_size > 1 else addresses - 1
        self.bounds(memory.minimum, memory.maximum, greatest)
        if memory.shared and memory.maximum is None:
            raise ValidationError("a shared memory without a maximum")

    def table(self, table: TableType) -> None:
        """A table type (``K-table``)."""
        self.value_features(table.element)
        greatest = 2 ** (64 if table.address64 else 32) - 1
        self.bounds(table.minimum, table.maximum, greatest)


def valid(
    groups: Sequence[RecGroup], limits: Limits | None = None, features: Features | None = None
) -> bool:
    """Whether a type section is valid and within limits and features."""
    try:
        Validity(limits, features).section(groups)
    except (ValidationError, LimitError):
        return False
    return True
