"""The two registries that come along: typereg's and the reference's, under the kit's protocol."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

import typereg as tr
from typereg import reference
from typereg.reference.convert import to_typereg
from typereg.reference.structure import Substitution, roll
from typereg.reference.types import Matchable, RecGroup, TypeUse

from . import events
from .links import PROVIDER
from .protocol import FEATURES, Asked, Refused, Step, capabilities
from .spec import PLAIN, Module, Plain, index_of

_T = TypeVar("_T")


class _Index(Protocol):
    """What both packages' `SharedTypeIndex` have."""

    @property
    def bits(self) -> int: ...


class _Handle(Protocol):
    """What both packages' `RegisteredType` have."""

    @property
    def index(self) -> Any: ...

    def close(self) -> None: ...


class _Loaded(Protocol):
    """What both packages' `TypeCollection` have."""

    def __getitem__(self, index: int, /) -> Any: ...

    def shared_type(self, index: int, /) -> Any: ...

    def close(self) -> None: ...


_LoadedT = TypeVar("_LoadedT", bound=_Loaded)
_HandleT = TypeVar("_HandleT", bound=_Handle)
_IndexT = TypeVar("_IndexT", bound=_Index)


class _Tokens(Generic[_LoadedT, _HandleT, _IndexT]):
    """What is done to collections, handles and indices alone, whose package's they may be."""

    def identity(self, loaded: _LoadedT, index: int) -> _IndexT:
        """Give the shared index."""
        shared: _IndexT | None = loaded.shared_type(index)
        if shared is None:
            raise Refused(f"no type {index}")
        return shared

    def close(self, loaded: _LoadedT) -> None:
        """Close the collection."""
        loaded.close()

    def take(self, loaded: _LoadedT, index: int) -> _HandleT:
        """Take an item."""
        handle: _HandleT = loaded[index]
        return handle

    def copy(self, handle: _HandleT) -> _HandleT:
        """Copy a handle."""
        return copy.copy(handle)

    def drop(self, handle: _HandleT) -> None:
        """Close a handle."""
        handle.close()

    def identify(self, handle: _HandleT) -> _IndexT:
        """Give a handle's index."""
        index: _IndexT = handle.index
        return index

    def slot(self, identity: _IndexT) -> int:
        """Give the slot."""
        return identity.bits

    def _only(self, handles: Sequence[_HandleT], position: int) -> _HandleT:
        """Keep one of a group's handles, and close the others."""
        found = handles[position]
        for each in handles:
            if each is not found:
                each.close()
        return found


class TyperegRegistry(_Tokens[tr.TypeCollection, tr.RegisteredType, tr.SharedTypeIndex]):
    """`typereg.Engine` under the protocol. With `trace`, its events are listened to as well."""

    def __init__(
        self,
        *,
        features: tr.Features | None = None,
        limits: tr.Limits | None = None,
        weak_hash_bits: int | None = None,
        trace: bool = False,
    ) -> None:
        """Make an engine of one's own."""
        self.features: tr.Features = features or tr.Features()
        self.engine: tr.Engine = tr.Engine(
            features=self.features, limits=limits, weak_hash_bits=weak_hash_bits
        )
        if trace:
            # Only then is there a method `trace`: who listens to nothing has no events to compare.
            listener = events.Listener()
            self.trace: Callable[[], list[Step]] = listener.take
            self.end: Callable[[], None] = listener.close

    def register(self, module: Module) -> tr.TypeCollection:
        """Register a module's types."""
        return _refusing(lambda: self.engine.register(module.wasm), tr.TypeRegError)

    def is_subtype(self, a: tr.TypeCollection, i: int, b: tr.TypeCollection, j: int) -> bool:
        """Ask two handles."""
        with a[i] as low, b[j] as high:
            return low.is_subtype_of(high)

    def matches(self, a: tr.TypeCollection, x: Asked, b: tr.TypeCollection, y: Asked) -> bool:
        """Ask the engine."""
        sides = (to_typereg(PLAIN.any(each), outer=of.shared_type) for of, each in ((a, x), (b, y)))
        return self.engine.matches(*sides)

    def validate(self, module: Module) -> bool:
        """Read it."""
        try:
            tr.Module(module.wasm, features=self.features)
        except tr.TypeRegError:
            return False
        return True

    def link(self, provider: Module, consumer: Module) -> bool:
        """Ask `typereg.link`."""
        read = [tr.Module(each.wasm, features=self.features) for each in (provider, consumer)]
        return tr.link(read[1], {PROVIDER: read[0]}).ok

    def live(self) -> int:
        """Count the live types."""
        return len(self.engine.registry)

    def count(self, loaded: tr.TypeCollection, index: int) -> int:
        """Count what there was before the handle that is asked."""
        with loaded[index] as handle:
            return handle.registrations - 1

    def root(self, identity: tr.SharedTypeIndex) -> tr.RegisteredType | None:
        """Root an index."""
        return _refusing(
            lambda: tr.RegisteredType.root(self.engine, identity), tr.ForeignEngineError
        )

    def register_group(
        self, group: RecGroup, outer: Sequence[tr.SharedTypeIndex]
    ) -> Sequence[tr.RegisteredType]:
        """Register a group built by hand."""
        built: tr.RecGroup = to_typereg(_rolled(group, outer), outer=outer.__getitem__)
        return _refusing(lambda: self.engine.register_group(built), tr.TypeRegError)

    def again(self, handle: tr.RegisteredType) -> tr.RegisteredType:
        """Register `handle.group` once more."""
        return self._only(self.engine.register_group(handle.group), handle.position)

    def with_weak_hash(self, bits: int) -> TyperegRegistry:
        """Make an engine with a weak hash."""
        return TyperegRegistry(features=self.features, weak_hash_bits=bits)

    def with_index_bits(self, bits: int) -> TyperegRegistry:
        """Make an engine with a quota: the slots themselves are of 32 bits."""
        limits = tr.Limits.js_api(live_types=1 << bits)
        return TyperegRegistry(features=self.features, limits=limits)


class ReferenceRegistry(
    _Tokens[reference.TypeCollection, reference.RegisteredType, reference.SharedTypeIndex]
):
    """`reference.Engine` under the protocol: the judge of all others, and the faults' base."""

    engine_class: type[reference.Engine] = reference.Engine
    module_class: type[reference.Module] = reference.Module

    def __init__(
        self,
        *,
        features: reference.Features | None = None,
        limits: reference.Limits | None = None,
    ) -> None:
        """Make an engine of one's own."""
        self.features: reference.Features = features or reference.Features()
        self.engine: reference.Engine = self.engine_class(features=self.features, limits=limits)
        self._events: list[reference.Event] = []
        self.engine.registry.trace.listeners.append(self._events.append)

    @classmethod
    def beside(cls, registry: object) -> ReferenceRegistry:
        """Make an empty one with the features of a registry that it is to be held against."""
        can = capabilities(registry)
        return cls(features=reference.Features(**{name: name in can for name in FEATURES}))

    def end(self) -> None:
        """Do nothing any more: what still holds registrations keeps them."""
        self.engine.registry.trace.under_way = True

    def read(self, module: Module) -> reference.Module:
        """Read a module's bytes; once for all registries that read alike, while few are between."""
        of: Any = self.module_class  # mypy takes a class for unhashable
        read = _read(of, module.wasm, self.engine.features, self.engine.limits)
        if isinstance(read, reference.TypeRegError):
            raise read.with_traceback(None)
        return read

    def register(self, module: Module) -> reference.TypeCollection:
        """Register a module's types."""
        return _refusing(
            lambda: reference.TypeCollection(self.engine, self.read(module)),
            reference.TypeRegError,
        )

    def is_subtype(
        self, a: reference.TypeCollection, i: int, b: reference.TypeCollection, j: int
    ) -> bool:
        """Walk up the declared supertypes."""
        return self.engine.registry.is_subtype(self.identity(a, i), self.identity(b, j))

    def matches(
        self,
        a: reference.TypeCollection,
        x: Asked,
        b: reference.TypeCollection,
        y: Asked,
    ) -> bool:
        """Ask the matching rules."""
        return self.engine.matches(_shared(a, x), _shared(b, y))

    def validate(self, module: Module) -> bool:
        """Read it."""
        try:
            self.read(module)
        except reference.TypeRegError:
            return False
        return True

    def link(self, provider: Module, consumer: Module) -> bool:
        """Match each import with the export of its name."""
        offers, wants = self.read(provider), self.read(consumer)
        matching = self.engine.registry.matching()
        exports = {each.name: each for each in offers.exports}
        for wanted in wants.imports:
            found = exports.get(wanted.name) if wanted.module == PROVIDER else None
            if found is None:
                return False
            if not matching.extern(offers.extern(found), wants.extern(wanted)):
                return False
        return True

    def live(self) -> int:
        """Count the live types."""
        return len(self.engine.registry)

    def count(self, loaded: reference.TypeCollection, index: int) -> int:
        """Look at the entry: no handle, no event."""
        return self.engine.registry.live(self.identity(loaded, index)).registrations

    def root(self, identity: reference.SharedTypeIndex) -> reference.RegisteredType | None:
        """Root an index."""
        return _refusing(
            lambda: reference.RegisteredType.root(self.engine, identity),
            reference.ForeignEngineError,
        )

    def begin_drop(self, handle: reference.RegisteredType) -> Any:
        """Count down."""
        return handle.begin_drop()

    def finish_drop(self, pending: Any) -> None:
        """Remove, if that is still due."""
        pending.finish()

    def register_group(
        self, group: RecGroup, outer: Sequence[reference.SharedTypeIndex]
    ) -> Sequence[reference.RegisteredType]:
        """Register a group built by hand."""

        def identity(use: TypeUse) -> TypeUse:
            return outer[use.n] if isinstance(use, reference.ModuleTypeIndex) else use

        built = Substitution(identity).group(_rolled(group, outer))
        return _refusing(lambda: self.engine.register_group(built), reference.TypeRegError)

    def again(self, handle: reference.RegisteredType) -> reference.RegisteredType:
        """Register `handle.group` once more."""
        return self._only(self.engine.register_group(handle.group), handle.position)

    def with_weak_hash(self, bits: int) -> ReferenceRegistry:
        """Make an empty one: there is no hash that could be weakened."""
        return type(self)(features=self.features)

    def with_index_bits(self, bits: int) -> ReferenceRegistry:
        """Make an empty one with a quota."""
        limits = reference.Limits.js_api(live_types=1 << bits)
        return type(self)(features=self.features, limits=limits)

    def trace(self) -> list[Step]:
        """Give the events since the last call."""
        steps = [event.step for event in self._events]
        self._events.clear()
        return steps


def _try_to_read(
    of: type[reference.Module],
    wasm: bytes,
    features: reference.Features,
    limits: reference.Limits,
) -> reference.Module | reference.TypeRegError:
    """Read a module, or give the reason why not."""
    try:
        return of(wasm, features=features, limits=limits)
    except reference.TypeRegError as error:
        return error


_read = lru_cache(maxsize=128)(_try_to_read)
"""The same, and what was read of late is not read again."""


def _refusing(call: Callable[[], _T], error: type[Exception]) -> _T:
    try:
        return call()
    except error as refusal:
        raise Refused(str(refusal)) from refusal


def _rolled(group: RecGroup, outer: Sequence[object]) -> RecGroup:
    """Roll up a group built by hand; what is left to refer by index are the outer types."""
    return roll(len(outer), PLAIN.group(group))


def _shared(loaded: reference.TypeCollection, what: Asked) -> Matchable:
    """Put a collection's indices in the place of its module's."""

    def index(use: TypeUse) -> TypeUse:
        shared = loaded.shared_type(index_of(use))
        assert shared is not None
        return shared

    return Plain(index).any(what)
