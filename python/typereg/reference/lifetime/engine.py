"""The engine: the owner of one registry, and what is asked of it."""

from __future__ import annotations

from typereg.reference.binary import encode_types
from typereg.reference.limits import Features, Limits
from typereg.reference.module import Module
from typereg.reference.structure import Substitution, as_closed, sort
from typereg.reference.types import Matchable, RecGroup, TypeUse

from .collection import TypeCollection
from .handle import RegisteredType
from .registry import TypeRegistry
from .snapshot import snapshot


class Engine:
    """Owns one `TypeRegistry`. Copies share it; two engines are the same only by identity (S1)."""

    registry_class: type[TypeRegistry] = TypeRegistry
    """To be replaced, in a subclass, by a registry with other rules."""

    def __init__(self, *, limits: Limits | None = None, features: Features | None = None) -> None:
        """Make an engine with an empty registry."""
        self.limits: Limits = limits or Limits.js_api()
        self.features: Features = features or Features()
        self.registry: TypeRegistry = self.registry_class(self)

    def register(self, module: Module | bytes) -> TypeCollection:
        """Register a module's types, all or none (S9); checked with the engine's own limits."""
        if isinstance(module, Module):
            module.admit(self.limits, self.features)
        else:
            module = Module(module, limits=self.limits, features=self.features)
        return TypeCollection(self, module)

    def register_group(self, group: RecGroup) -> tuple[RegisteredType, ...]:
        """Register a group built by hand; one handle, one registration, per member (G6, K3)."""
        if not group.members:
            return ()
        with self.registry.operation():
            entry = self.registry.enter(group)
        return tuple(
            RegisteredType.adopt(self, entry, position) for position in range(len(group.members))
        )

    def snapshot(self) -> bytes:
        """The live types as a module of a type section and nothing else (G8)."""
        section = snapshot(self.registry)
        self.limits.check("types", sum(len(group.members) for group in section))
        self.limits.check("groups", len(section))
        return encode_types(section)

    def load_snapshot(self, data: bytes) -> TypeCollection:
        """Register the types of a snapshot, as `register` does (G8)."""
        return self.register(data)

    def matches(self, a: Matchable, b: Matchable) -> bool:
        """Whether ``a`` matches ``b``; references are this engine's indices (G5).

        Of different sorts (a heap type and a field, say) there is no question: `TypeError`.
        """
        if sort(a) != sort(b):
            raise TypeError(f"a {sort(a)} and a {sort(b)} cannot match")
        return self.registry.matching().holds(self.close(a), self.close(b))

    def close(self, what: Matchable) -> Matchable:
        """A type in terms of this engine's indices, closed."""
        closing = self.registry.closed()

        def defined(use: TypeUse) -> TypeUse:
            self.registry.canonical(use)
            return as_closed(closing.use(use))

        return Substitution(defined).any(what)

    def __copy__(self) -> Engine:
        return self

    def __deepcopy__(self, memo: object) -> Engine:
        return self
