"""What a registry must do to be put under the kit (clause D3), and what it may do besides.

`Registry` is required: two methods. Every other class here is a capability: a registry that has
its methods is tested for it, one that has not is not. Tokens are the registry's own business: a
`Loaded` stands for a registered module, a `Handle` keeps one type registered, an `Identity` stands
for a type.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from typereg.reference.limits import Features
from typereg.reference.types import FieldType, RecGroup, ValueType

from .spec import Module

Asked: TypeAlias = ValueType | FieldType
"""What matching is asked about, in terms of a module."""

Loaded: TypeAlias = Any
Handle: TypeAlias = Any
Pending: TypeAlias = Any
Identity: TypeAlias = Hashable
Step: TypeAlias = tuple[str, tuple[int, ...], int]


class Refused(Exception):
    """What a registry raises for what it does not accept: an invalid module, a stale identity.

    Anything else that it raises, and this where it should have accepted, is a fault.
    """


@runtime_checkable
class Registry(Protocol):
    """A registry of types: the two methods that every one needs."""

    def register(self, module: Module, /) -> Loaded:
        """Register a module's types, all or none. `module` has `.wasm`, `.wat` and `.types`."""
        ...

    def identity(self, loaded: Loaded, index: int, /) -> Identity:
        """Give what stands for a type: equal for two types while both live if they are the same."""
        ...


@runtime_checkable
class Subtyping(Protocol):
    """Declared subtyping between registered types (G5)."""

    def is_subtype(self, a: Loaded, i: int, b: Loaded, j: int, /) -> bool:
        """Tell whether type `i` of `a` is type `j` of `b` or declared below it."""
        ...


@runtime_checkable
class Matching(Protocol):
    """The specification's matching of value and field types (G5)."""

    def matches(self, a: Loaded, x: Asked, b: Loaded, y: Asked, /) -> bool:
        """Tell whether `x` in terms of `a` matches `y` in terms of `b`."""
        ...


@runtime_checkable
class Validating(Protocol):
    """Validity of type sections (G4)."""

    def validate(self, module: Module, /) -> bool:
        """Tell whether a module's types are valid, without registering it."""
        ...


@runtime_checkable
class Linking(Protocol):
    """Import matching (section L)."""

    def link(self, provider: Module, consumer: Module, /) -> bool:
        """Tell whether a consumer can import from a provider, which is called ``env``."""
        ...


@runtime_checkable
class Lifetime(Protocol):
    """Registrations that are given back, and counts (sections S and K)."""

    def close(self, loaded: Loaded, /) -> None:
        """Take back a module's registrations."""
        ...

    def live(self) -> int:
        """Count the live types."""
        ...

    def count(self, loaded: Loaded, index: int, /) -> int:
        """Count the registrations of a type's group (K1)."""
        ...


@runtime_checkable
class Handles(Protocol):
    """Handles that keep one type registered (S6, S7). Needs `Lifetime`."""

    def take(self, loaded: Loaded, index: int, /) -> Handle:
        """Give a handle to a type of a module: one registration more (K4)."""
        ...

    def root(self, identity: Identity, /) -> Handle | None:
        """Give a handle for an identity, nothing where its type was freed (S6).

        `Refused`, or nothing, where it is another registry's: of one that is `ByHand` (F2).
        """
        ...

    def copy(self, handle: Handle, /) -> Handle:
        """Copy a handle: one registration more (S7)."""
        ...

    def drop(self, handle: Handle, /) -> None:
        """Drop a handle: one registration less."""
        ...

    def identify(self, handle: Handle, /) -> Identity:
        """Give the identity of a handle's type."""
        ...


@runtime_checkable
class SplitDrop(Protocol):
    """A drop in two steps, so that one thread can act out every interleaving. Needs `Handles`."""

    def begin_drop(self, handle: Handle, /) -> Pending:
        """Take the first step: what happens before the lock is there."""
        ...

    def finish_drop(self, pending: Pending, /) -> None:
        """Take the second step: what happens under the lock."""
        ...


@runtime_checkable
class ByHand(Protocol):
    """Groups built by hand, over identities (G6). Needs `Handles`."""

    def register_group(self, group: RecGroup, outer: Sequence[Identity], /) -> Sequence[Handle]:
        """Register a group; give a handle for each member (K3).

        In its references, an index below `len(outer)` means that identity; the own members follow.
        `Refused` where an identity is stale or another registry's.
        """
        ...


@runtime_checkable
class Returning(Protocol):
    """A registered group given back in the form in which groups are registered (G6)."""

    def again(self, handle: Handle, /) -> Handle:
        """Register a handle's group once more from what the registry gives back of it.

        One registration more, of the type in the same position: the same type as the handle's.
        """
        ...


@runtime_checkable
class Featured(Protocol):
    """Features beyond WebAssembly 3.0 (G3), all of them off where a registry does not say."""

    @property
    def features(self) -> Any:
        """Say by name what is accepted: `stack_switching`, `custom_page_sizes`.

        What is on is tested, too. `typereg.Features` has these attributes.
        """
        ...


@runtime_checkable
class WeakHash(Protocol):
    """A hash that can be weakened (D4)."""

    def with_weak_hash(self, bits: int, /) -> Registry:
        """Make an empty registry of the same kind whose hashes have so many bits."""
        ...


@runtime_checkable
class IndexBits(Protocol):
    """Indices whose width can be reduced."""

    def with_index_bits(self, bits: int, /) -> Registry:
        """Make an empty registry whose indices have so many bits: used up, `Refused`."""
        ...


@runtime_checkable
class Slots(Protocol):
    """Indices by the rules of S3 and K6, to be compared number by number."""

    def slot(self, identity: Identity, /) -> int:
        """Give the slot of an identity."""
        ...


@runtime_checkable
class Traced(Protocol):
    """Events by the rules of S15."""

    def trace(self) -> list[Step]:
        """Give the events since the last call: operation, slots of the group, new count."""
        ...


CAPABILITIES: dict[str, type] = {
    "subtype": Subtyping,
    "matches": Matching,
    "validate": Validating,
    "link": Linking,
    "lifetime": Lifetime,
    "handles": Handles,
    "split_drop": SplitDrop,
    "by_hand": ByHand,
    "returning": Returning,
    "weak_hash": WeakHash,
    "index_bits": IndexBits,
    "slots": Slots,
    "trace": Traced,
}


FEATURES: Final = tuple(field.name for field in fields(Features))
"""The features that a registry may have, by name."""

ALL_ON: Final[dict[str, bool]] = dict.fromkeys(FEATURES, True)
"""All of them on, as arguments for `Features`."""


def needing(features: Mapping[str, str], can: Collection[str]) -> list[str]:
    """List what needs a feature that is on, of things and the feature that each needs."""
    return [name for name, feature in features.items() if feature in can]


def capabilities(registry: object) -> frozenset[str]:
    """Name what a registry can do beyond the two required methods, and what features are on."""
    found = {name for name, protocol in CAPABILITIES.items() if isinstance(registry, protocol)}
    if isinstance(registry, Featured):
        found |= {name for name in FEATURES if getattr(registry.features, name, False)}
    if "lifetime" not in found:
        found -= {"handles", "split_drop", "by_hand", "returning"}
    if "handles" not in found:
        found -= {"split_drop", "by_hand", "returning"}
    return frozenset(found)
