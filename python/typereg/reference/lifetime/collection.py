"""Collections: `TypeCollection`, all types of one module. S9 to S11, K2, K7, K9."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, SupportsIndex

from typereg.reference.module import Module
from typereg.reference.structure import Substitution
from typereg.reference.types import Matchable, ModuleTypeIndex, SharedTypeIndex, TypeUse

from .entry import Entry
from .handle import RegisteredType
from .owner import Drop, Owner

if TYPE_CHECKING:
    from .engine import Engine


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
