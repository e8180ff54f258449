"""What owns registrations: handles and collections. S5 to S11, K3, K4, K7, P1 and P2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, SupportsIndex

from typereg.reference.errors import ClosedError, ForeignEngineError, NotCanonicalError
from typereg.reference.module import Module
from typereg.reference.structure import Substitution, uses_of_sub
from typereg.reference.types import (
    CompositeType,
    DefType,
    Matchable,
    ModuleTypeIndex,
    RecGroup,
    RecIndex,
    SharedTypeIndex,
    SubType,
    TypeUse,
)

from .entry import Entry

if TYPE_CHECKING:
    from typing_extensions import Self

    from .engine import Engine


class Owner:
    """Something that holds registrations until it is closed: once, however that happens (P1)."""

    engine: Engine
    closed: bool = True
    """Whether it gave its registrations back; true of one whose making failed."""

    def own(self, engine: Engine) -> None:
        """Begin to hold registrations that were counted already."""
        self.engine = engine
        self.closed = False

    def open(self) -> None:
        """Refuse use after closing (P1)."""
        if self.closed:
            raise ClosedError(f"this {type(self).__name__} is closed")

    def close(self) -> None:
        """Give the registrations back; a second time nothing happens."""
        if not self.closed:
            with self.engine.registry.operation():
                self.begin_drop().finish()

    def begin_drop(self) -> Drop:
        """The first of the two steps of a drop: what happens before the lock is there.

        The second, what happens under the lock, is the `finish` of what this gives. Whatever a
        thread could do in between, a caller can.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not self.closed and self.engine.registry.trace.under_way:
            # The collector came in the middle of an operation.
            self.engine.registry.postponed.append(self.close)
        else:
            self.close()


class Drop:
    """A drop that has begun. `finish` ends it, and does nothing a second time."""

    def __init__(self, finish: Callable[[], None] | None = None) -> None:
        """Keep what there is left to do, if anything."""
        self._finish = finish

    @property
    def pending(self) -> bool:
        """Whether the drop saw the count reach zero, so that a removal is due."""
        return self._finish is not None

    def finish(self) -> None:
        """Remove the group, unless it was resurrected or is removed (S14, F1, K8)."""
        finish, self._finish = self._finish, None
        if finish is not None:
            finish()


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


class TypeCollection(Owner):
    """Keeps all types of one module registered while it lives (S9 to S11)."""

    def __init__(self, engine: Engine, module: Module) -> None:
        """Register a module's groups in order, all or none (S9, K2, K9)."""
        self.occurrences: list[Entry] = []
        """The group of each occurrence that counts: those that are not empty (K2)."""
        self._indices: list[SharedTypeIndex] = []
        registry = engine.registry

        def shared(use: TypeUse) -> TypeUse:
            return self._indices[use.n] if isinstance(use, ModuleTypeIndex) else use

        rewriting = Substitution(shared)
        with registry.operation():
            try:
                for group in module.rec_groups:
                    if group.members:
                        canonical = rewriting.group(group)
                        entry = registry.register(canonical, "declared in a module")
                        self.occurrences.append(entry)
                        self._indices += registry.indices(entry)
            except BaseException:
                for entry in reversed(self.occurrences):
                    registry.undo(entry)
                raise
        self.own(engine)

    @classmethod
    def new_for_module(cls, engine: Engine, module: Module | bytes) -> TypeCollection:
        """The same as ``engine.register(module)`` (S9)."""
        return engine.register(module)

    def as_module_map(self) -> tuple[SharedTypeIndex, ...]:
        """The shared index of each type, by module type index (S10)."""
        self.open()
        return tuple(self._indices)

    def shared_type(self, index: SupportsIndex) -> SharedTypeIndex | None:
        """The shared index of one type, or ``None`` if there is no such type (S10)."""
        self.open()
        n = index.__index__()
        return self._indices[n] if 0 <= n < len(self._indices) else None

    def module_local_type(self, index: SharedTypeIndex) -> ModuleTypeIndex | None:
        """The module's type index of a shared one, the last declared of duplicates (S10)."""
        self.open()
        self.engine.registry.owner(index)
        for n in reversed(range(len(self._indices))):
            if self._indices[n] == index:
                return ModuleTypeIndex(n)
        return None

    def matches(self, a: Matchable, b: Matchable) -> bool:
        """What `Engine.matches` tells, in terms of this module's type indices too."""
        self.open()

        def shared(use: TypeUse) -> TypeUse:
            return self._indices[use.n] if isinstance(use, ModuleTypeIndex) else use

        rewriting = Substitution(shared)
        return self.engine.matches(rewriting.any(a), rewriting.any(b))

    def begin_drop(self) -> Drop:
        """Mark it as closed. All the rest happens under the lock (S11, K7): the second step."""
        if self.closed:
            return Drop()
        self.closed = True
        return Drop(self._release if self.occurrences else None)

    def _release(self) -> None:
        # One registration less for each occurrence, in order; removals before the next (K7).
        registry = self.engine.registry
        with registry.operation():
            for entry in self.occurrences:
                registry.release(entry, "collection dropped")

    def __len__(self) -> int:
        self.open()
        return len(self._indices)

    def __getitem__(self, index: SupportsIndex) -> RegisteredType:
        self.open()
        return self._handle(self._indices[index])

    def _handle(self, index: SharedTypeIndex) -> RegisteredType:
        registry = self.engine.registry
        entry = registry.live(index)
        with registry.operation():
            registry.incref(entry, "taken from a collection")
        return RegisteredType.adopt(self.engine, entry, registry.position(index))

    def __iter__(self) -> Iterator[RegisteredType]:
        self.open()
        return (self[n] for n in range(len(self._indices)))

    def __reversed__(self) -> Iterator[RegisteredType]:
        self.open()
        return (self[n] for n in reversed(range(len(self._indices))))

    def __contains__(self, handle: object) -> bool:
        self.open()
        return isinstance(handle, RegisteredType) and handle.index in self._indices
