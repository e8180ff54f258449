"""A stateful test for anything with the kit's protocol (clause D3); needs the extra ``testing``.

    >>> from typereg.testing import machine
    >>> Machine = machine.registry_machine(machine.TyperegRegistry)
    >>> TestRegistry = Machine.TestCase  # for pytest and unittest

Every rule does one thing to the registry and to the reference, which are compared after it:
identities, live types, counts, subtyping, matching, and where the registry claims them, slots and
events. `checks.check_registry` does the same without Hypothesis, from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from . import generate
from ._hypothesis import RuleBasedStateMachine, initialize, precondition, rule, st
from .names import known
from .programs import (
    Again,
    BeginDrop,
    Close,
    Composer,
    Copy,
    Drop,
    FinishDrop,
    Root,
    Take,
)
from .protocol import (
    CAPABILITIES,
    ByHand,
    Handles,
    IndexBits,
    Lifetime,
    Linking,
    Matching,
    Refused,
    Registry,
    Returning,
    Slots,
    SplitDrop,
    Subtyping,
    Traced,
    Validating,
    WeakHash,
    capabilities,
)
from .registries import ReferenceRegistry, TyperegRegistry
from .side_by_side import SideBySide

__all__ = [
    "ByHand",
    "Handles",
    "IndexBits",
    "Lifetime",
    "Linking",
    "Matching",
    "ReferenceRegistry",
    "Refused",
    "Registry",
    "RegistryMachine",
    "Returning",
    "Slots",
    "SplitDrop",
    "Subtyping",
    "Traced",
    "TyperegRegistry",
    "Validating",
    "WeakHash",
    "capabilities",
    "registry_machine",
]

_T = TypeVar("_T")


class _Data:
    """Choices that Hypothesis makes inside a rule."""

    def __init__(self) -> None:
        self.data: st.DataObject

    def below(self, count: int) -> int:
        return self.data.draw(st.integers(0, count - 1))

    def pick(self, items: Sequence[_T]) -> _T:
        return items[self.below(len(items))]

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent


class RegistryMachine(RuleBasedStateMachine):
    """One registry, and the reference beside it. `registry_machine` says which registry."""

    can: ClassVar[frozenset[str] | None] = None

    def __init__(self) -> None:
        """Make the two registries."""
        super().__init__()
        registry = self.factory()
        self.source: _Data = _Data()
        able = capabilities(registry) if self.can is None else self.can
        self.composer: Composer = Composer(self.source, able)
        self.both: SideBySide = SideBySide(registry, ReferenceRegistry(), self.factory, able)

    def factory(self) -> Any:
        """Make an empty registry."""
        raise NotImplementedError("made by registry_machine()")

    def able(self, name: str) -> bool:
        """Tell whether the registry has a capability."""
        return name in self.composer.can

    def do_last(self) -> None:
        """Do what was composed last."""
        number = len(self.composer.operations) - 1
        self.both.step(number, self.composer.operations[number])

    def teardown(self) -> None:
        """Give everything back: nothing may be left alive."""
        try:
            self.both.finish()
        finally:
            self.both.end()

    @initialize(data=st.data())
    def first(self, data: st.DataObject) -> None:
        """Begin with a module."""
        self.register(data)

    @rule(data=st.data())
    def register(self, data: st.DataObject) -> None:
        """Register a module that is drawn."""
        self.source.data = data
        self.composer.register()
        self.do_last()

    @precondition(lambda self: self.composer.modules)
    @rule(data=st.data())
    def register_a_relative(self, data: st.DataObject) -> None:
        """Register a module much like an earlier one."""
        self.source.data = data
        module = self.source.pick(list(self.composer.modules.values()))
        self.composer.load(generate.relative(self.source, module))
        self.do_last()

    @precondition(lambda self: self.able("lifetime") and self.composer.loaded)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        """Close a module."""
        self.source.data = data
        self.composer.add(Close(self.composer.spend(self.composer.loaded)))
        self.do_last()

    @precondition(lambda self: self.able("handles") and self.composer.loaded)
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        """Take a handle to a type of a module."""
        self.source.data = data
        loaded = self.source.pick(self.composer.loaded)
        types = self.composer.modules[loaded].types
        if types:
            self._handle(Take(loaded, self.source.below(len(types))))

    @precondition(lambda self: self.able("handles") and self.composer.places)
    @rule(data=st.data())
    def root(self, data: st.DataObject) -> None:
        """Take a handle by identity, of a freed type as well."""
        self.source.data = data
        self._handle(Root(self.source.pick(self.composer.places)))

    @precondition(lambda self: self.able("handles") and self.composer.handles)
    @rule(data=st.data())
    def copy(self, data: st.DataObject) -> None:
        """Copy a handle."""
        self.source.data = data
        self._handle(Copy(self.source.pick(self.composer.handles)))

    @precondition(lambda self: self.able("handles") and self.composer.handles)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Drop a handle."""
        self.source.data = data
        self.composer.add(Drop(self.composer.spend(self.composer.handles)))
        self.do_last()

    @precondition(lambda self: self.able("split_drop") and self.composer.handles)
    @rule(data=st.data())
    def begin_drop(self, data: st.DataObject) -> None:
        """Take the first step of a drop."""
        self.source.data = data
        number = self.composer.add(BeginDrop(self.composer.spend(self.composer.handles)))
        self.composer.begun.append(number)
        self.do_last()

    @precondition(lambda self: self.able("split_drop") and self.composer.begun)
    @rule(data=st.data())
    def finish_drop(self, data: st.DataObject) -> None:
        """Take the second step of a drop."""
        self.source.data = data
        self.composer.add(FinishDrop(self.composer.spend(self.composer.begun)))
        self.do_last()

    @precondition(lambda self: self.able("returning") and self.composer.handles)
    @rule(data=st.data())
    def register_again(self, data: st.DataObject) -> None:
        """Register a group once more, as it is given back."""
        self.source.data = data
        self._handle(Again(self.source.pick(self.composer.handles)))

    @precondition(lambda self: self.able("by_hand"))
    @rule(data=st.data())
    def register_by_hand(self, data: st.DataObject) -> None:
        """Register a group built by hand."""
        self.source.data = data
        self.composer.by_hand()
        self.do_last()

    def _handle(self, operation: Take | Root | Copy | Again) -> None:
        self.composer.handles.append(self.composer.add(operation))
        self.do_last()


def registry_machine(
    factory: Callable[[], Any], *, can: frozenset[str] | None = None
) -> type[RegistryMachine]:
    """Make the state machine class for what a factory makes: an empty registry at each call.

    `can` names the capabilities to use; those that the registry has, if nothing is said. The rules
    of what it cannot do are never tried. `ValueError` for a capability that there is not.
    """
    for name in can or ():
        known("capability", name, CAPABILITIES)
    members = {"factory": lambda _: factory(), "can": can}
    return type("RegistryMachine", (RegistryMachine,), members)
