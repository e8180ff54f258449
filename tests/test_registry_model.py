"""The registry beside the reference, step by step: counts, live sets, slots, whole lines of events.

S2 to S4, S6, S7, S9 to S13, S15, K1 to K11, G5, G9 in any order that Hypothesis finds.
"""

from __future__ import annotations

import copy
import dataclasses
import gc
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

import typereg as tr
from support import sections
from support.machines import run_machine
from typereg import reference as ref
from typereg.reference import convert, structure
from typereg.reference.binary import encode_types
from typereg.reference.types import TypeUse
from typereg.testing.events import EventRecorder, listening

LIMIT = 14
"""Types that may live at once: few enough that modules meet the quota now and then."""

NUMBERS = [field.name for field in dataclasses.fields(ref.Stats)]
"""What the statistics of both have: all but the bytes of a layout."""

A = TypeVar("A")
B = TypeVar("B")

Handles = tuple[tr.RegisteredType, ref.RegisteredType]
Collections = tuple[tr.TypeCollection, ref.TypeCollection]


def described(error: Exception) -> tuple[object, ...]:
    """What must agree of an error: its name, and the attributes that do not speak of bytes."""
    attributes = ("limit", "value", "type_index")
    return (type(error).__name__, *(getattr(error, name, None) for name in attributes))


class RegistryMachine(RuleBasedStateMachine):
    """Does everything twice, and compares."""

    weak_hash_bits: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.engine = tr.Engine(
            limits=tr.Limits.js_api(live_types=LIMIT), weak_hash_bits=self.weak_hash_bits
        )
        self.reference = ref.Engine(limits=ref.Limits.js_api(live_types=LIMIT))
        self.handles: list[Handles] = []
        self.collections: list[Collections] = []
        self.indices: dict[ref.SharedTypeIndex, tr.SharedTypeIndex] = {}
        self.lines: list[str] = []
        self.reference.registry.trace.listeners.append(lambda event: self.lines.append(str(event)))
        self.recorder = EventRecorder()
        self.listening = listening(self.recorder)
        self.listening.__enter__()

    def teardown(self) -> None:
        try:
            while self.handles:
                self.close(len(self.handles) - 1)
            while self.collections:
                self.close_collection(0)
            self.same_events()
            assert len(self.engine.registry) == len(self.reference.registry) == 0
        finally:
            self.listening.__exit__(None, None, None)

    # What the rules share.

    def keep(self, handle: tr.RegisteredType, reference: ref.RegisteredType) -> None:
        self.meet(handle.index, reference.index)
        self.handles.append((handle, reference))

    def meet(self, index: tr.SharedTypeIndex, reference: ref.SharedTypeIndex) -> None:
        self.indices.setdefault(reference, index)
        assert self.indices[reference] == index
        assert index.bits == reference.bits

    def close(self, number: int) -> None:
        for handle in self.handles.pop(number):
            handle.close()

    def close_collection(self, number: int) -> None:
        for collection in self.collections.pop(number):
            collection.close()

    def same_events(self) -> None:
        assert [record.getMessage() for record in self.recorder.records] == self.lines
        self.recorder.records.clear()
        self.lines.clear()

    def group(self, group: ref.RecGroup) -> tr.RecGroup:
        converted = convert.to_typereg(group, self.indices.__getitem__)
        assert isinstance(converted, tr.RecGroup)
        return converted

    def known(self) -> list[tuple[TypeUse, ref.SubType]]:
        """The live types, as outer types of a group to be drawn."""
        registry = self.reference.registry
        borrowed = [(index, registry.borrow(index)) for index in registry]
        return [(index, member) for index, member in borrowed if member is not None]

    def draw_handle(self, data: st.DataObject) -> Handles:
        return self.handles[data.draw(st.integers(0, len(self.handles) - 1), "handle")]

    def draw_index(self, data: st.DataObject) -> ref.SharedTypeIndex:
        return data.draw(st.sampled_from(list(self.indices)[-12:]), "index")

    def both(self, ours: Callable[[], A], theirs: Callable[[], B]) -> tuple[A, B] | None:
        """What the two calls give; nothing where both fail, with the same error."""
        try:
            reference = theirs()
        except ref.TypeRegError as error:
            expected = described(error)
        else:
            return ours(), reference
        with pytest.raises(tr.TypeRegError) as caught:
            ours()
        assert described(caught.value) == expected
        return None

    # Registering.

    @rule(data=st.data())
    def register_group(self, data: st.DataObject) -> None:
        group = data.draw(sections.rec_groups(self.known()), "group")
        self.register_both(group)

    def register_both(self, group: ref.RecGroup) -> None:
        made = self.both(
            lambda: self.engine.register_group(self.group(group)),
            lambda: self.reference.register_group(group),
        )
        if made is not None:
            for handle, reference in zip(*made, strict=True):
                self.keep(handle, reference)
        self.same_events()

    @rule(data=st.data())
    def register_type(self, data: st.DataObject) -> None:
        group = data.draw(sections.rec_groups(self.known(), smallest=1), "group")
        member = group.members[0]
        made = self.both(
            lambda: tr.RegisteredType(self.engine, self.group(group).members[0]),
            lambda: ref.RegisteredType(self.reference, member),
        )
        if made is not None:
            self.keep(*made)
        self.same_events()

    @rule(data=st.data())
    def register_module(self, data: st.DataObject) -> None:
        wasm = encode_types(data.draw(sections.sections(), "module"))
        made = self.both(lambda: self.engine.register(wasm), lambda: self.reference.register(wasm))
        if made is not None:
            collection, reference = made
            self.collections.append(made)
            shared, others = collection.as_module_map(), reference.as_module_map()
            for number, (index, other) in enumerate(zip(shared, others, strict=True)):
                self.meet(index, other)
                assert index == collection.shared_type(number)
                local = collection.module_local_type(index)
                assert convert.from_typereg(local) == reference.module_local_type(other)
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def register_again(self, data: st.DataObject) -> None:
        handle, reference = self.draw_handle(data)
        assert handle.group == self.group(reference.group)
        self.register_both(reference.group)

    # Making handles.

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def clone(self, data: st.DataObject) -> None:
        handle, reference = self.draw_handle(data)
        self.keep(copy.copy(handle), copy.copy(reference))
        self.same_events()

    @precondition(lambda self: bool(self.indices))
    @rule(data=st.data())
    def root(self, data: st.DataObject) -> None:
        index = self.draw_index(data)
        handle = tr.RegisteredType.root(self.engine, self.indices[index])
        reference = ref.RegisteredType.root(self.reference, index)
        assert (handle is None) == (reference is None)
        if handle is not None and reference is not None:
            self.keep(handle, reference)
        self.same_events()

    @precondition(lambda self: any(len(each[1]) for each in self.collections))
    @rule(data=st.data())
    def item(self, data: st.DataObject) -> None:
        loaded = [each for each in self.collections if len(each[1])]
        collection, reference = loaded[data.draw(st.integers(0, len(loaded) - 1), "collection")]
        number = data.draw(st.integers(0, len(reference) - 1), "type")
        self.keep(collection[number], reference[number])
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def supertypes(self, data: st.DataObject) -> None:
        handle, reference = self.draw_handle(data)
        for above, over in zip(handle.supertypes, reference.supertypes, strict=True):
            self.keep(above, over)
        parents = handle.supertype, reference.supertype
        assert (parents[0] is None) == (parents[1] is None)
        if parents[0] is not None and parents[1] is not None:
            self.keep(parents[0], parents[1])
        self.same_events()

    # Dropping.

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def close_handle(self, data: st.DataObject) -> None:
        self.close(data.draw(st.integers(0, len(self.handles) - 1), "handle"))
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def delete_handle(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.handles) - 1), "handle")
        del self.handles[number]
        self.same_events()

    @precondition(lambda self: bool(self.collections))
    @rule(data=st.data())
    def close_a_collection(self, data: st.DataObject) -> None:
        self.close_collection(data.draw(st.integers(0, len(self.collections) - 1), "collection"))
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(newest_first=st.booleans())
    def close_all_handles(self, newest_first: bool) -> None:
        # Oldest first leaves types that only edges keep: they go in one cascade.
        while self.handles:
            self.close(-1 if newest_first else 0)
        self.same_events()

    # Failing and looking.

    @precondition(lambda self: bool(self.indices))
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        index = self.draw_index(data)
        bad: TypeUse = ref.ModuleTypeIndex(0) if index in self.reference.registry else index
        fields = [ref.FieldType(ref.RefType(use)) for use in (ref.RecIndex(0), bad)]
        group = ref.RecGroup(
            [ref.SubType(ref.FuncType([], [])), ref.SubType(ref.StructType(fields))]
        )
        self.register_both(group)

    @precondition(lambda self: bool(self.indices))
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        index = self.draw_index(data)
        theirs = self.reference.registry.borrow(index)
        ours = self.engine.registry.borrow(self.indices[index])
        if theirs is None:
            assert ours is None
            return
        assert ours == self.group(ref.RecGroup([theirs])).members[0]
        referrers = self.engine.registry.referrers(self.indices[index])
        assert [*map(int, referrers)] == [*map(int, self.reference.registry.referrers(index))]
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def compare(self, data: st.DataObject) -> None:
        (low, below), (high, above) = self.draw_handle(data), self.draw_handle(data)
        expected = below.is_subtype_of(above)
        assert low.is_subtype_of(high) is expected
        assert self.engine.matches(tr.RefType(low.index), tr.RefType(high.index)) is expected
        assert (low == high) is (below == above)
        assert low.position == below.position
        assert low.digest == below.digest
        assert structure.equal(convert.from_typereg(low.def_type), below.def_type)
        self.same_events()

    @rule()
    def snapshot(self) -> None:
        data = self.engine.snapshot()
        assert data == self.reference.snapshot()
        self.same_events()

    # After every step.

    @invariant()
    def the_same_is_alive(self) -> None:
        ours, theirs = self.engine.registry, self.reference.registry
        assert [*ours] == [self.indices[index] for index in theirs]
        assert len(ours) == len(theirs)
        assert len(set(self.indices.values())) == len(self.indices)
        for reference, index in self.indices.items():
            assert (index in ours) is (reference in theirs)

    @invariant()
    def the_same_is_counted(self) -> None:
        for handle, reference in self.handles:
            assert handle.registrations == reference.registrations
        ours, theirs = self.engine.registry.stats(), self.reference.registry.stats()
        for name in NUMBERS:
            assert getattr(ours, name) == getattr(theirs, name), name
        occurrences = sum(len(reference.occurrences) for _, reference in self.collections)
        assert theirs.external == len(self.handles) + occurrences


@pytest.mark.parametrize("bits", [None, 0, 4], ids=["hash", "hash0", "hash4"])
def test_k11_the_registry_agrees_with_the_reference(
    bits: int | None, watchdog: Callable[[], None]
) -> None:
    gc.collect()

    class Machine(RegistryMachine):
        weak_hash_bits = bits

        def __init__(self) -> None:
            watchdog()  # to shrink a failure takes minutes
            super().__init__()

    run_machine(Machine, examples=40)
