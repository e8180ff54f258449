"""A stateful test for anything with the kit's protocol (clause D3); needs the extra ``testing``.

    >>> from typereg.testing import machine
    >>> Machine = machine.registry_machine(machine.TyperegRegistry)
    >>> TestRegistry = Machine.TestCase  # for pytest and unittest

Every rule does one thing to the registry and to the reference, which are compared after it:
identities, live types, counts, subtyping, matching, and where the registry claims them, slots and
events. `checks.check_registry` does the same without Hypothesis, from a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

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
    Operation,
    Place,
    Root,
    Take,
)
from .protocol import (
    CAPABILITIES,
    ByHand,
    Featured,
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
from .source import Seeded, Source
from .strategies import generated

__all__ = [
    "ByHand",
    "Featured",
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


class RegistryMachine(RuleBasedStateMachine):
    """One registry, and the reference beside it. `registry_machine` says which registry.

    Each rule draws one operation, whole, so that a failing example shows the operations by number
    as a `Program` has them.
    """

    can: ClassVar[frozenset[str] | None] = None

    def __init__(self) -> None:
        """Make the two registries."""
        super().__init__()
        registry = self.factory()
        able = capabilities(registry) if self.can is None else self.can
        self.composer: Composer = Composer(Seeded(0), able)
        self.both: SideBySide = SideBySide(
            registry, ReferenceRegistry.beside(registry), self.factory, able
        )
        self.failed: bool = False

    def factory(self) -> Any:
        """Make an empty registry."""
        raise NotImplementedError("made by registry_machine()")

    def able(self, name: str) -> bool:
        """Tell whether the registry has a capability."""
        return name in self.composer.can

    def loaded_types(self) -> list[Place]:
        """List the types of the modules that are open."""
        modules = self.composer.modules
        return [
            (loaded, index)
            for loaded in self.composer.loaded
            for index in range(len(modules[loaded].types))
        ]

    def do(self, data: st.DataObject, compose: Callable[[Source], object]) -> None:
        """Draw the operation that a function composes with some choices, and do it."""
        number = len(self.composer.operations)

        def operation(source: Source) -> Operation:
            self.composer.source = source
            compose(source)
            return self.composer.operations[number]

        drawn = data.draw(generated(operation), label=f"operation {number}")
        try:
            self.both.step(number, drawn)
        except BaseException:
            self.failed = True
            raise

    def teardown(self) -> None:
        """Give everything back: nothing may be left alive."""
        try:
            if not self.failed:  # or what follows from the failure would be told in its place
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
        self.do(data, lambda _: self.composer.register())

    @precondition(lambda self: self.composer.modules)
    @rule(data=st.data())
    def register_a_relative(self, data: st.DataObject) -> None:
        """Register a module much like an earlier one."""

        def compose(source: Source) -> None:
            module = source.pick(list(self.composer.modules.values()))
            self.composer.load(generate.relative(source, module))

        self.do(data, compose)

    @precondition(lambda self: self.able("lifetime") and self.composer.loaded)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        """Close a module."""
        composer = self.composer
        self.do(data, lambda _: composer.add(Close(composer.spend(composer.loaded))))

    @precondition(lambda self: self.able("handles") and self.loaded_types())
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        """Take a handle to a type of a module."""
        self.do(data, lambda source: self._handle(Take(*source.pick(self.loaded_types()))))

    @precondition(lambda self: self.able("handles") and self.composer.places)
    @rule(data=st.data())
    def root(self, data: st.DataObject) -> None:
        """Take a handle by identity, of a freed type as well."""
        self.do(data, lambda source: self._handle(Root(source.pick(self.composer.places))))

    @precondition(lambda self: self.able("handles") and self.composer.handles)
    @rule(data=st.data())
    def copy(self, data: st.DataObject) -> None:
        """Copy a handle."""
        self.do(data, lambda source: self._handle(Copy(source.pick(self.composer.handles))))

    @precondition(lambda self: self.able("handles") and self.composer.handles)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Drop a handle."""
        composer = self.composer
        self.do(data, lambda _: composer.add(Drop(composer.spend(composer.handles))))

    @precondition(lambda self: self.able("split_drop") and self.composer.handles)
    @rule(data=st.data())
    def begin_drop(self, data: st.DataObject) -> None:
        """Take the first step of a drop."""
        composer = self.composer

        def compose(_: Source) -> None:
            composer.begun.append(composer.add(BeginDrop(composer.spend(composer.handles))))

        self.do(data, compose)

    @precondition(lambda self: self.able("split_drop") and self.composer.begun)
    @rule(data=st.data())
    def finish_drop(self, data: st.DataObject) -> None:
        """Take the second step of a drop."""
        composer = self.composer
        self.do(data, lambda _: composer.add(FinishDrop(composer.spend(composer.begun))))

    @precondition(lambda self: self.able("returning") and self.composer.handles)
    @rule(data=st.data())
    def register_again(self, data: st.DataObject) -> None:
        """Register a group once more, as it is given back."""
        self.do(data, lambda source: self._handle(Again(source.pick(self.composer.handles))))

    @precondition(lambda self: self.able("by_hand"))
    @rule(data=st.data())
    def register_by_hand(self, data: st.DataObject) -> None:
        """Register a group built by hand."""
        self.do(data, lambda _: self.composer.by_hand())

    def _handle(self, operation: Take | Root | Copy | Again) -> None:
        self.composer.handles.append(self.composer.add(operation))


def registry_machine(
    factory: Callable[[], Any], *, can: frozenset[str] | None = None
) -> type[RegistryMachine]:
    """Make the state machine class for what a factory makes: an empty registry at each call.

    `can` names the capabilities to use; those that the registry has, if nothing is said. The rules
    of what it cannot do are never tried. `ValueError` for a capability that there is not.

    Settings of your own should suppress all of `HealthCheck`, as Hypothesis' for machines do:
    `large_base_example` fails what takes some 150 steps, which is no fault of the registry.
    """
    for name in can or ():
        known("capability", name, CAPABILITIES)
    members = {"factory": lambda _: factory(), "can": can}
    return type("RegistryMachine", (RegistryMachine,), members)
