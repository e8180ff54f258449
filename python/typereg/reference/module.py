"""A module as far as types go, and questions across modules (G5, G11)."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TypeAlias

from .digest import Digests
from .limits import Features, Limits
from .sections import SPACES, ExportType, ImportType, Item, Sections
from .structure import Equality, Matching, Validity, closing, roll
from .types import DefType, ExternType, Matchable, RecGroup, SubType, TagType

Closable: TypeAlias = int | Matchable
"""What can be asked about in terms of a module: a type index, or a type that uses its indices."""


class Module:
    """What a binary module declares. Decoded and judged once, without an engine (G11).

    Raises `DecodeError`, `ValidationError`, `LimitError`, `UnsupportedFeatureError`.
    """

    validity_class: type[Validity] = Validity
    """To be replaced, in a subclass, by other rules of validity."""

    def __init__(
        self, source: bytes, *, features: Features | None = None, limits: Limits | None = None
    ) -> None:
        """Decode and judge bytes."""
        self.wasm: bytes = bytes(source)
        self.features: Features = features or Features()
        self.limits: Limits = limits or Limits.js_api()
        sections = Sections(self.validity_class(self.limits, self.features))
        sections.read(self.wasm)
        self.types: tuple[SubType, ...] = tuple(sections.types)
        """The types by type index, as written: every reference is a `ModuleTypeIndex`."""
        self._written: list[RecGroup] = sections.groups
        self.def_types: tuple[DefType, ...] = tuple(sections.def_types)
        """The defined types, closed, by type index (G10)."""
        self.imports: tuple[ImportType, ...] = sections.imports
        self.exports: tuple[ExportType, ...] = sections.exports
        self.spaces: dict[str, list[Item]] = sections.spaces
        """What there is of each kind of external type, imported ones first."""

    @cached_property
    def rec_groups(self) -> tuple[RecGroup, ...]:
        """The groups rolled up: own members are `RecIndex`, earlier types `ModuleTypeIndex`."""
        return rolled(self._written)

    @property
    def tags(self) -> tuple[int, ...]:
        """The type index of each tag, imported ones first."""
        indices = (item.type_index for item in self.spaces["tag"])
        return tuple(index for index in indices if index is not None)

    @property
    def closed_groups(self) -> tuple[RecGroup, ...]:
        """The groups, closed."""
        ends = itertools.accumulate(len(group.members) for group in self.rec_groups)
        return tuple(
            self.def_types[end - 1].group if group.members else group
            for end, group in zip(ends, self.rec_groups, strict=True)
        )

    def def_type(self, type_index: int) -> DefType:
        """The defined type of a type index."""
        return self.def_types[type_index]

    @property
    def type_digests(self) -> tuple[bytes, ...]:
        """The digest of each type, by type index (G7)."""
        digests = Digests()
        return tuple(map(digests.type, self.def_types))

    @property
    def group_digests(self) -> tuple[bytes, ...]:
        """The digest of each group, empty ones too (G7)."""
        return tuple(map(Digests().group, self.closed_groups))

    def close(self, what: Closable) -> Matchable:
        """A type of this module, closed: a type index, value, reference, field or external type."""
        if isinstance(what, int):
            return self.def_types[what]
        return closing(self.def_types).any(what)

    def extern(self, item: ImportType | ExportType | Item) -> ExternType:
        """The closed external type of an import or export, a function's by its defined type.

        This is what linking compares: declared subtyping of functions counts.
        """
        if item.type_index is None:
            return closing(self.def_types).extern(item.type)
        defined = self.def_types[item.type_index]
        return TagType(defined) if isinstance(item.type, TagType) else defined

    def admit(self, limits: Limits, features: Features) -> None:
        """Judge what was decoded by other limits and features: those of an engine (G4)."""
        if (limits, features) == (self.limits, self.features):
            return
        validity = self.validity_class(limits, features)
        validity.section(self.rec_groups)
        limits.check("imports", len(self.imports))
        limits.check("exports", len(self.exports))
        for kind, space in self.spaces.items():
            limits.check(SPACES[kind], len(space))
            for item in space:
                validity.extern(self.extern(item))


def rolled(groups: list[RecGroup]) -> tuple[RecGroup, ...]:
    """A module's groups, each rolled up where it stands."""
    out: list[RecGroup] = []
    start = 0
    for group in groups:
        out.append(roll(start, group))
        start += len(group.members)
    return tuple(out)


def matches(module_a: Module, a: Closable, module_b: Module, b: Closable) -> bool:
    """Whether ``a`` of one module matches ``b`` of another, by the specification's rules (G5)."""
    return Matching().holds(module_a.close(a), module_b.close(b))


def equal(module_a: Module, a: Closable, module_b: Module, b: Closable) -> bool:
    """Whether ``a`` of one module and ``b`` of another are the same type."""
    return Equality().holds(module_a.close(a), module_b.close(b))
