"""Handles: `RegisteredType`. S5 to S8, K3, K4, G6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typereg.reference.errors import ForeignEngineError, NotCanonicalError
from typereg.reference.structure import uses_of_sub
from typereg.reference.types import (
    CompositeType,
    DefType,
    RecGroup,
    RecIndex,
    SharedTypeIndex,
    SubType,
)

from .entry import Entry
from .owner import Drop, Owner

if TYPE_CHECKING:
    from .engine import Engine


class RegisteredType(Owner):
    """Keeps one type registered while it lives (S7)."""

    def __init__(self, engine: Engine, ty: SubType | CompositeType) -> None:
        """Register a canonical type; a composite type stands for a final one (S5, K3)."""
        sub = ty if isinstance(ty, SubType) else SubType(ty)
        for use in uses_of_sub(sub):
            if isinstance(use, RecIndex):
                raise NotCanonicalError(f"{use} means nothing outside a group")
        with engine.registry.operation():
            self._hold(engine, engine.registry.enter(RecGroup([sub])), 0)

    @classmethod
    def adopt(cls, engine: Engine, entry: Entry, position: int) -> RegisteredType:
        """A handle for a registration that was counted already."""
        handle = cls.__new__(cls)
        handle._hold(engine, entry, position)
        return handle

    def _hold(self, engine: Engine, entry: Entry, position: int) -> None:
        self._entry = entry
        self._position = position
        self._index = engine.registry.index(entry, position)
        self.own(engine)

    @classmethod
    def root(cls, engine: Engine, index: SharedTypeIndex) -> RegisteredType | None:
        """A handle for an index, or ``None`` where it is stale (S6)."""
        registry = engine.registry
        with registry.operation():
            entry = registry.entry(index)
            if entry is None:
                return None
            position = registry.position(index)
            registry.incref(entry, "rooted by index")
        return cls.adopt(engine, entry, position)

    def _another(self, index: SharedTypeIndex, reason: str) -> RegisteredType:
        registry = self.engine.registry
        entry = registry.live(index)
        with registry.operation():
            registry.incref(entry, reason)
        return self.adopt(self.engine, entry, registry.position(index))

    @property
    def index(self) -> SharedTypeIndex:
        """Its index; answered after closing, too."""
        return self._index

    @property
    def position(self) -> int:
        """Its position in its group."""
        self.open()
        return self._position

    @property
    def registrations(self) -> int:
        """How many registrations its group has (K1)."""
        self.open()
        return self._entry.registrations

    @property
    def type(self) -> SubType:
        """The type; its references are `SharedTypeIndex` (S4)."""
        self.open()
        return self.engine.registry.sub_type(self._entry, self._position)

    @property
    def group(self) -> RecGroup:
        """Its group; own members are `RecIndex` (G6)."""
        self.open()
        return self._entry.group

    @property
    def def_type(self) -> DefType:
        """The type without its engine (G10)."""
        self.open()
        return self._entry.types[self._position]

    @property
    def digest(self) -> bytes:
        """The type's digest: 32 bytes, the same everywhere (G7)."""
        return self.def_type.digest

    @property
    def supertype(self) -> RegisteredType | None:
        """A fresh handle to the declared supertype, if there is one (K4)."""
        self.open()
        above = self.engine.registry.supertype(self._index)
        return None if above is None else self._another(above, "supertype of a handle")

    @property
    def supertypes(self) -> tuple[RegisteredType, ...]:
        """Fresh handles to the chain of supertypes, nearest first (K4)."""
        self.open()
        chain = list(self.engine.registry.supertypes(self._index))
        return tuple(self._another(above, "supertype of a handle") for above in chain)

    def is_subtype_of(self, other: RegisteredType) -> bool:
        """Whether it is ``other`` or declared below it (G5)."""
        self.open()
        other.open()
        if other.engine is not self.engine:
            raise ForeignEngineError("the handles are of two engines")
        return self.engine.registry.is_subtype(self._index, other._index)

    def begin_drop(self) -> Drop:
        """Count down. If that was the last registration, a removal is due: the second step."""
        if self.closed:
            return Drop()
        self.closed = True
        registry = self.engine.registry
        with registry.operation():
            last = registry.decref(self._entry, "handle dropped")
        return Drop(self._remove if last else None)

    def _remove(self) -> None:
        with self.engine.registry.operation():
            self.engine.registry.remove(self._entry)

    def __copy__(self) -> RegisteredType:
        self.open()
        registry = self.engine.registry
        with registry.operation():
            registry.incref(self._entry, "clone")
        return self.adopt(self.engine, self._entry, self._position)

    def __deepcopy__(self, memo: object) -> RegisteredType:
        return self.__copy__()

    def __eq__(self, other: object) -> bool:
        return self._index == other._index if isinstance(other, RegisteredType) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._index)

    def __repr__(self) -> str:
        state = "closed " if self.closed else ""
        return f"<{state}RegisteredType {self._index.bits} generation={self._index.generation}>"
