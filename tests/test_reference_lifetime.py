"""The lifetime model by itself: split drops, events, errors, and rules that can be replaced. D1."""

from __future__ import annotations

import copy
import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest

import typereg as tr
from typereg import reference as ref
from typereg.reference import convert
from typereg.reference.binary import encode_types
from typereg.reference.lifetime import CanonicalKey, Entry, TypeRegistry
from typereg.reference.types import TypeUse
from typereg.testing import wasm
from typereg.testing.events import TRACE, EventRecorder, parse

OPEN = ref.SubType(ref.StructType([]), final=False)


def unique(number: int) -> ref.FuncType:
    """A function type that no other number gives."""
    return ref.FuncType([ref.I32] * number, [])


def holder(*uses: TypeUse) -> ref.StructType:
    """A struct with a reference to each type."""
    return ref.StructType([ref.FieldType(ref.RefType(use)) for use in uses])


def live(engine: ref.Engine) -> list[int]:
    """The live slots."""
    return [index.bits for index in engine.registry]


@pytest.fixture
def engine() -> ref.Engine:
    """A fresh engine of the reference."""
    return ref.Engine()


# A drop in two steps: the interleavings of two threads, by one.


def test_s14_registering_between_the_two_steps_of_a_drop_resurrects(engine: ref.Engine) -> None:
    inner = ref.RegisteredType(engine, unique(1))
    first = ref.RegisteredType(engine, holder(inner.index))
    inner.close()
    with engine.registry.trace.recording() as events:
        drop = first.begin_drop()
        assert drop.pending
        second = ref.RegisteredType(engine, holder(inner.index))
        drop.finish()
        drop.finish()
    assert [event.step for event in events] == [
        ("decref", (1,), 0),
        ("hit", (1,), 1),
        ("resurrect", (1,), 1),
    ]
    assert second.index == first.index
    assert live(engine) == [0, 1]
    second.close()
    assert live(engine) == []


def test_f01_two_drops_that_both_saw_zero_remove_once(engine: ref.Engine) -> None:
    first = ref.RegisteredType(engine, unique(1))
    one = first.begin_drop()
    second = ref.RegisteredType(engine, unique(1))
    two = second.begin_drop()
    assert one.pending
    assert two.pending
    two.finish()
    # The slot has a new owner before the other remover comes.
    third = ref.RegisteredType(engine, unique(2))
    assert third.index.bits == first.index.bits
    with engine.registry.trace.recording() as events:
        one.finish()
    assert events == []
    assert third.registrations == 1
    assert third.index in engine.registry
    assert first.index not in engine.registry


def test_s14_a_root_between_the_two_steps_resurrects(engine: ref.Engine) -> None:
    handle = ref.RegisteredType(engine, unique(1))
    drop = handle.begin_drop()
    rooted = ref.RegisteredType.root(engine, handle.index)
    assert rooted is not None
    drop.finish()
    assert live(engine) == [0]
    rooted.close()
    assert ref.RegisteredType.root(engine, handle.index) is None


def test_k08_a_reference_between_the_two_steps_resurrects(engine: ref.Engine) -> None:
    inner = ref.RegisteredType(engine, unique(1))
    drop = inner.begin_drop()
    outer = ref.RegisteredType(engine, holder(inner.index))
    drop.finish()
    assert live(engine) == [0, 1]
    outer.close()
    assert live(engine) == []


def test_s11_a_collection_closes_in_its_second_step(engine: ref.Engine) -> None:
    types = engine.register(encode_types([ref.RecGroup([OPEN]), ref.RecGroup([])]))
    drop = types.begin_drop()
    assert types.closed
    assert live(engine) == [0]
    drop.finish()
    assert live(engine) == []
    empty = engine.register(encode_types([ref.RecGroup([])]))
    assert not empty.begin_drop().pending


def test_s07_a_handle_in_garbage_waits_for_the_operation_under_way(engine: ref.Engine) -> None:
    class Collecting(TypeRegistry):
        def take_slot(self) -> int:
            gc.collect()
            return super().take_slot()

    class Engine(ref.Engine):
        registry_class = Collecting

    busy = Engine()
    ring: list[object] = [ref.RegisteredType(busy, unique(1))]
    ring.append(ring)
    del ring
    kept = ref.RegisteredType(busy, unique(2))
    assert kept.index.bits == 1
    assert [index.bits for index in busy.registry] == [1]


# Events.


def test_s15_numbers_are_drawn_only_while_someone_listens(engine: ref.Engine) -> None:
    first = ref.RegisteredType(engine, unique(1))
    with engine.registry.trace.recording() as events:
        twin = copy.copy(first)
    twin.close()
    with engine.registry.trace.recording() as more:
        first.close()
    assert [str(event) for event in events + more] == [
        "#1 incref group=0 registrations=2: clone",
        "#2 decref group=0 registrations=0: handle dropped",
        "#3 remove group=0 registrations=0: no registrations left",
    ]
    assert [parse(str(event)).step for event in events] == [event.step for event in events]


def test_s15_feedback_is_bounded_as_typereg_bounds_it() -> None:
    def listen(register: Callable[[int], Any], told: list[str]) -> Callable[[str], None]:
        def listener(line: str) -> None:
            told.append(line)
            register(len(told)).close()

        return listener

    mine = ref.Engine()
    lines: list[str] = []
    hear = listen(lambda number: ref.RegisteredType(mine, unique(number)), lines)
    mine.registry.trace.listeners.append(lambda event: hear(str(event)))

    theirs = tr.Engine()
    recorder = EventRecorder()
    other = listen(lambda number: tr.RegisteredType(theirs, convert.to_typereg(unique(number))), [])

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            recorder.emit(record)
            other(record.getMessage())

    logger = logging.getLogger("typereg")
    handler, level = Listener(TRACE), logger.level
    logger.addHandler(handler)
    logger.setLevel(TRACE)
    try:
        for _ in range(2):
            ref.RegisteredType(mine, unique(20)).close()
            tr.RegisteredType(theirs, convert.to_typereg(unique(20))).close()
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert lines == [record.getMessage() for record in recorder.records]
    assert len(lines) > 10


# Errors.


def test_f02_foreign_indices_are_refused_everywhere(engine: ref.Engine) -> None:
    mine = ref.RegisteredType(engine, unique(1))
    foreign = ref.RegisteredType(ref.Engine(), unique(1))
    types = engine.register(wasm.types(wasm.func()))
    calls: list[Callable[[], object]] = [
        lambda: ref.RegisteredType.root(engine, foreign.index),
        lambda: engine.registry.borrow(foreign.index),
        lambda: engine.registry.referrers(foreign.index),
        lambda: types.module_local_type(foreign.index),
        lambda: engine.matches(mine.index, foreign.index),
        lambda: mine.is_subtype_of(foreign),
        lambda: ref.RegisteredType(engine, holder(foreign.index)),
        lambda: engine.register_group(
            ref.RecGroup([ref.SubType(ref.StructType([]), supertype=foreign.index)])
        ),
    ]
    for call in calls:
        with pytest.raises(ref.ForeignEngineError):
            call()
    assert foreign.index not in engine.registry
    assert mine != foreign
    assert live(engine) == [0, 1]


def test_g05_two_sorts_are_no_question(engine: ref.Engine) -> None:
    things: list[Any] = [ref.I32, ref.ANY, ref.FieldType(ref.I32), ref.MemoryType(1)]
    theirs = tr.Engine()
    for a in things:
        for b in things:
            if a is b:
                assert engine.matches(a, b)
                continue
            with pytest.raises(TypeError):
                engine.matches(a, b)
            with pytest.raises(TypeError):
                theirs.matches(convert.to_typereg(a), convert.to_typereg(b))


def test_k12_closed_types_are_registered_first_and_kept_by_edges(engine: ref.Engine) -> None:
    groups = [
        ref.RecGroup([ref.SubType(unique(1))]),
        ref.RecGroup([ref.SubType(holder(ref.ModuleTypeIndex(0)))]),
        ref.RecGroup([ref.SubType(unique(2))]),
    ]
    module = ref.Module(encode_types(groups))
    inner, middle, other = module.def_types
    known = ref.RegisteredType(engine, unique(2))
    with engine.registry.trace.recording() as events:
        outer = ref.RegisteredType(engine, holder(middle, other, inner, middle))
    assert [event.step for event in events] == [
        ("create", (1,), 1),
        ("incref", (1,), 2),
        ("create", (2,), 1),
        ("hit", (0,), 2),
        *[("incref", (slot,), count) for slot, count in ((2, 2), (0, 3), (1, 3), (2, 3))],
        ("create", (3,), 1),
        *[("decref", (slot,), count) for slot, count in ((1, 2), (2, 2), (0, 2))],
    ]
    assert known.registrations == 2
    assert outer.def_type == ref.DefType(
        ref.RecGroup([ref.SubType(holder(middle, other, inner, middle))]), 0
    )
    assert engine.matches(ref.RefType(inner), ref.RefType(ref.FUNC))
    outer.close()
    assert live(engine) == [0]


def test_k12_what_cannot_be_registered_leaves_nothing_behind() -> None:
    engine = ref.Engine(limits=ref.Limits.js_api(live_types=1))
    (inner,) = ref.Module(encode_types([ref.RecGroup([ref.SubType(unique(1))])])).def_types
    with pytest.raises(ref.LimitError):
        ref.RegisteredType(engine, holder(inner))
    assert live(engine) == []


def test_s03_a_stale_index_stays_stale(engine: ref.Engine) -> None:
    first = ref.RegisteredType(engine, unique(1))
    first.close()
    second = ref.RegisteredType(engine, unique(1))
    assert second.index.bits == first.index.bits
    assert second.index != first.index
    assert engine.registry.borrow(first.index) is None
    with pytest.raises(ref.StaleIndexError):
        engine.registry.referrers(first.index)
    with pytest.raises(ref.StaleIndexError):
        ref.RegisteredType(engine, holder(first.index))


def test_s05_only_canonical_types_are_taken(engine: ref.Engine) -> None:
    for use in (ref.ModuleTypeIndex(0), ref.RecIndex(0)):
        with pytest.raises(ref.NotCanonicalError):
            ref.RegisteredType(engine, holder(use))
    assert live(engine) == []


def test_p01_what_is_closed_refuses(engine: ref.Engine) -> None:
    handle = ref.RegisteredType(engine, unique(1))
    types = engine.register(wasm.types(wasm.struct()))
    for _ in range(2):
        handle.close()
        types.close()
    uses: list[Callable[[], object]] = [
        lambda: handle.position,
        lambda: handle.registrations,
        lambda: handle.type,
        lambda: handle.group,
        lambda: handle.supertype,
        lambda: handle.is_subtype_of(handle),
        lambda: copy.copy(handle),
        lambda: types[0],
        lambda: len(types),
        types.as_module_map,
    ]
    for use in uses:
        with pytest.raises(ref.ClosedError):
            use()
    assert handle == handle
    assert handle.index.bits == 0
    assert repr(handle).startswith("<closed")


# Snapshots.


def test_g08_a_snapshot_brings_the_same_types_back(engine: ref.Engine) -> None:
    inner = ref.RegisteredType(engine, unique(1))
    ring = [ref.SubType(holder(ref.RecIndex(1), inner.index)), ref.SubType(holder(ref.RecIndex(0)))]
    kept = [inner, *engine.register_group(ref.RecGroup(ring)), ref.RegisteredType(engine, OPEN)]
    before = engine.registry.stats()
    data = engine.snapshot()
    assert engine.registry.stats() == before
    other = ref.Engine()
    loaded = other.load_snapshot(data)
    assert sorted(handle.digest for handle in loaded) == sorted(handle.digest for handle in kept)
    assert other.snapshot() == data
    theirs = tr.Engine()
    with theirs.load_snapshot(data):
        assert theirs.snapshot() == data
    narrow = ref.Engine(limits=ref.Limits.js_api(types=2))
    several = [ref.RegisteredType(narrow, unique(number)) for number in range(3)]
    with pytest.raises(ref.LimitError):
        narrow.snapshot()
    assert len(several) == 3


# Rules that can be replaced: a fault is a few lines.


def test_d01_a_rule_left_out_is_one_method() -> None:
    class Key(CanonicalKey):
        def nullability(self, ref: ref.RefType) -> object:
            return None

    class Registry(TypeRegistry):
        keys = Key()

    class Engine(ref.Engine):
        registry_class = Registry

    def identities(engine: ref.Engine) -> int:
        handles = [
            ref.RegisteredType(engine, ref.FuncType([ref.RefType(ref.ANY, null)], []))
            for null in (False, True)
        ]
        return len({handle.index for handle in handles})

    assert (identities(ref.Engine()), identities(Engine())) == (2, 1)


def test_d01_a_removal_that_does_not_remember_frees_twice() -> None:
    class Registry(TypeRegistry):
        def unregister(self, entry: Entry, *, undoing: bool = False) -> None:
            super().unregister(entry, undoing=undoing)
            entry.removed = False

    class Engine(ref.Engine):
        registry_class = Registry

    engine = Engine()
    first = ref.RegisteredType(engine, unique(1))
    one = first.begin_drop()
    two = ref.RegisteredType(engine, unique(1)).begin_drop()
    two.finish()
    kept = ref.RegisteredType(engine, unique(2))
    with pytest.raises(KeyError):
        one.finish()
    assert kept.registrations == 1
