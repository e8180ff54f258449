"""The registry against a model of it, step by step: counts, live sets, slots, events.

S2 to S4, S6, S7, S9 to S13, S15, K1 to K8, K10, K11, G5, G9 in any order that Hypothesis finds.
"""

from __future__ import annotations

import copy
import gc
import os
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import typereg as tr
from support import specs
from support.events import EventRecorder, collapse, listening
from support.model import Group, Model, has_own, known
from support.specs import TypeId

EXAMPLES = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 50

Held = tuple[tr.RegisteredType, TypeId]
Loaded = tuple[tr.TypeCollection, list[TypeId], list[Group]]


class RegistryMachine(RuleBasedStateMachine):
    """Does everything twice, and compares."""

    weak_hash_bits: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.engine = tr.Engine(weak_hash_bits=self.weak_hash_bits)
        self.model = Model()
        self.handles: list[Held] = []
        self.collections: list[Loaded] = []
        self.indices: dict[TypeId, tr.SharedTypeIndex] = {}
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
            assert len(self.engine.registry) == 0
            assert self.engine.registry.stats().registrations == 0
        finally:
            self.listening.__exit__(None, None, None)

    # What the rules share.

    def keep(self, handle: tr.RegisteredType, type_id: TypeId) -> None:
        self.indices.setdefault(type_id, handle.index)
        assert self.indices[type_id] == handle.index
        self.handles.append((handle, type_id))

    def group(self, type_id: TypeId) -> Group:
        group = self.model.group(type_id)
        assert group is not None
        return group

    def close(self, number: int) -> None:
        handle, type_id = self.handles.pop(number)
        handle.close()
        self.model.release(self.group(type_id))

    def close_collection(self, number: int) -> None:
        collection, _, occurrences = self.collections.pop(number)
        collection.close()
        for group in occurrences:
            self.model.release(group)

    def same_events(self) -> None:
        assert self.recorder.take() == self.model.take()

    def draw_handle(self, data: st.DataObject) -> Held:
        return self.handles[data.draw(st.integers(0, len(self.handles) - 1), "handle")]

    def draw_known(self, data: st.DataObject) -> TypeId:
        return data.draw(st.sampled_from(list(self.indices)[-12:]), "known type")

    # Registering.

    @rule(data=st.data())
    def register_group(self, data: st.DataObject) -> None:
        spec = data.draw(specs.groups(known(self.model)), "group")
        handles = self.engine.register_group(specs.to_typereg(spec, self.indices.__getitem__))
        assert len(handles) == len(spec)
        if spec:
            group = self.model.register(spec, len(spec))
            for handle, type_id in zip(handles, group.types(), strict=True):
                self.keep(handle, type_id)
        assert collapse(self.recorder.take()) == collapse(self.model.take())

    @rule(data=st.data())
    def register_type(self, data: st.DataObject) -> None:
        outer = known(self.model)
        spec = data.draw(specs.groups(outer, smallest=1), "group")[:1]
        if has_own(spec[0]):
            return
        group = self.model.register(spec)
        sub = specs.sub_type(spec[0], self.indices.__getitem__)
        self.keep(tr.RegisteredType(self.engine, sub), TypeId(group.generation, 0))
        self.same_events()

    @rule(data=st.data())
    def register_module(self, data: st.DataObject) -> None:
        drawn = data.draw(specs.modules(), "module")
        collection = self.engine.register(specs.to_wasm(drawn))
        types, occurrences = self.model.register_module(drawn)
        self.collections.append((collection, types, occurrences))
        shared = collection.as_module_map()
        assert len(shared) == len(types)
        for number, (index, type_id) in enumerate(zip(shared, types, strict=True)):
            self.indices.setdefault(type_id, index)
            assert self.indices[type_id] == index == collection.shared_type(number)
            last = max(i for i, each in enumerate(types) if each == type_id)
            assert collection.module_local_type(index) == tr.ModuleTypeIndex(last)
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def register_again(self, data: st.DataObject) -> None:
        handle, type_id = self.draw_handle(data)
        again = self.engine.register_group(handle.group)
        group = self.group(type_id)
        self.model.register(group.key, len(group.key))
        assert again[handle.position] == handle
        for each, own in zip(again, group.types(), strict=True):
            self.keep(each, own)
        assert collapse(self.recorder.take()) == collapse(self.model.take())

    # Making handles.

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def clone(self, data: st.DataObject) -> None:
        handle, type_id = self.draw_handle(data)
        self.keep(copy.copy(handle), type_id)
        self.model.incref(self.group(type_id))
        self.same_events()

    @precondition(lambda self: bool(self.indices))
    @rule(data=st.data())
    def root(self, data: st.DataObject) -> None:
        type_id = self.draw_known(data)
        handle = tr.RegisteredType.root(self.engine, self.indices[type_id])
        group = self.model.group(type_id)
        assert (handle is None) == (group is None)
        if handle is not None and group is not None:
            self.keep(handle, type_id)
            self.model.incref(group)
        self.same_events()

    @precondition(lambda self: any(types for _, types, _ in self.collections))
    @rule(data=st.data())
    def item(self, data: st.DataObject) -> None:
        loaded = [each for each in self.collections if each[1]]
        collection, types, _ = loaded[data.draw(st.integers(0, len(loaded) - 1), "collection")]
        number = data.draw(st.integers(0, len(types) - 1), "type")
        self.keep(collection[number], types[number])
        self.model.incref(self.group(types[number]))
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def supertypes(self, data: st.DataObject) -> None:
        handle, type_id = self.draw_handle(data)
        chain = self.model.supertypes(type_id)
        made = handle.supertypes
        assert len(made) == len(chain)
        for each, above in zip(made, chain, strict=True):
            self.keep(each, above)
            self.model.incref(self.group(above))
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
        type_id = self.handles[number][1]
        del self.handles[number]
        self.model.release(self.group(type_id))
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
        type_id = self.draw_known(data)
        live = self.model.group(type_id) is not None
        reference = tr.RefType(self.indices[type_id])
        bad = tr.ModuleTypeIndex(0) if live else tr.RecIndex(0)
        error = tr.NotCanonicalError if live else tr.StaleIndexError
        fields = [tr.FieldType(reference), tr.FieldType(tr.RefType(bad))]
        group = tr.RecGroup([tr.SubType(tr.FuncType([], [])), tr.SubType(tr.StructType(fields))])
        try:
            self.engine.register_group(group)
        except error:
            self.recorder.take()
            stats = self.engine.registry.stats()
            self.model.hits, self.model.misses = stats.hits, stats.misses
        else:
            raise AssertionError(f"{group} was registered")

    @precondition(lambda self: bool(self.indices))
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        type_id = self.draw_known(data)
        index = self.indices[type_id]
        borrowed = self.engine.registry.borrow(index)
        if self.model.group(type_id) is None:
            assert borrowed is None
            return
        member = self.model.member(type_id)
        assert borrowed == specs.sub_type(member, self.indices.__getitem__)
        referrers = list(self.engine.registry.referrers(index))
        assert len(referrers) == len(set(referrers))
        assert set(referrers) == {self.indices[each] for each in self.model.referrers(type_id)}
        self.same_events()

    @precondition(lambda self: bool(self.handles))
    @rule(data=st.data())
    def compare(self, data: st.DataObject) -> None:
        (low, below), (high, above) = self.draw_handle(data), self.draw_handle(data)
        expected = above == below or above in self.model.supertypes(below)
        assert low.is_subtype_of(high) is expected
        assert self.engine.matches(tr.RefType(low.index), tr.RefType(high.index)) is expected
        assert (low == high) is (below == above)
        assert low.position == below.position
        assert low.group == specs.to_typereg(self.group(below).key, self.indices.__getitem__)
        self.same_events()

    # After every step.

    @invariant()
    def the_same_is_alive(self) -> None:
        live = self.model.live()
        registry = self.engine.registry
        assert {index: int(index) for index in registry} == {
            self.indices[type_id]: slot for type_id, slot in live.items()
        }
        assert len(registry) == len(live)
        assert len(set(self.indices.values())) == len(self.indices)
        for type_id, index in self.indices.items():
            assert (index in registry) is (type_id in live)

    @invariant()
    def the_same_is_counted(self) -> None:
        for handle, type_id in self.handles:
            assert handle.registrations == self.group(type_id).count
        model, stats = self.model, self.engine.registry.stats()
        assert (stats.types, stats.groups) == (len(model.live()), len(model.groups))
        assert (stats.registrations, stats.edges) == (model.registrations(), model.edges())
        assert stats.external == model.registrations() - model.edges()
        assert stats.external == len(self.handles) + sum(len(each[2]) for each in self.collections)
        assert stats.capacity == model.capacity
        assert (stats.hits, stats.misses) == (model.hits, model.misses)


@pytest.mark.parametrize("bits", [None, 0, 4], ids=["hash", "hash0", "hash4"])
def test_k11_the_registry_agrees_with_the_model(
    bits: int | None, watchdog: Callable[[], None]
) -> None:
    gc.collect()

    class Machine(RegistryMachine):
        weak_hash_bits = bits

        def __init__(self) -> None:
            watchdog()  # to shrink a failure takes minutes
            super().__init__()

    run_state_machine_as_test(Machine, settings=settings(max_examples=EXAMPLES))
