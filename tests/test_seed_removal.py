"""Removal without recursion, events, and registries that end empty: S13 to S16."""

from __future__ import annotations

import copy
import logging
import subprocess
import sys

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, unique
from support.threads import SMALL_STACK, run_threads
from typereg.testing import wasm
from typereg.testing.events import EventRecorder, listening, parse, recording

CHAIN = 1_000_000


@pytest.fixture(scope="module")
def chain() -> tr.Module:
    """A struct, and 999,999 more that refer each to the one before, in groups of one."""
    links = [wasm.struct()]
    links += [b"\x5f\1\x63" + wasm.sleb(before) + b"\0" for before in range(CHAIN - 1)]
    return tr.Module(wasm.types(*links))


def test_s13_removal_takes_what_only_it_kept(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, unique(1))
    shared = tr.RegisteredType(engine, unique(2))
    outer = tr.RegisteredType(engine, holder(inner.index, shared.index, inner.index))
    inner.close()
    assert live(engine) == [0, 1, 2]
    outer.close()
    assert live(engine) == [1]
    assert shared.registrations == 1


def test_s13_a_cycle_goes_as_one(engine: tr.Engine) -> None:
    ring = tr.RecGroup(
        [
            tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex((i + 1) % 3)))]))
            for i in range(3)
        ]
    )
    handles = engine.register_group(ring)
    assert [handle.registrations for handle in handles] == [3, 3, 3]
    for handle in handles:
        handle.close()
    assert live(engine) == []


def drop_by_handles(engine: tr.Engine, types: tr.TypeCollection, step: int) -> None:
    handles = list(types)
    types.close()
    assert len(engine.registry) == CHAIN
    for handle in handles[::step]:
        handle.close()


def drop_by_last(engine: tr.Engine, types: tr.TypeCollection) -> None:
    last = types[CHAIN - 1]
    types.close()
    assert len(engine.registry) == CHAIN
    last.close()


@pytest.mark.parametrize("order", ["first to last", "last to first", "all at once", "collection"])
def test_s13_a_chain_of_a_million_drops_on_a_small_stack(chain: tr.Module, order: str) -> None:
    engine = tr.Engine()

    def body() -> None:
        types = engine.register(chain)
        assert len(engine.registry) == CHAIN
        if order == "first to last":
            drop_by_handles(engine, types, 1)
        elif order == "last to first":
            drop_by_handles(engine, types, -1)
        elif order == "all at once":
            drop_by_last(engine, types)
        else:
            types.close()

    run_threads(body, stack=SMALL_STACK)
    stats = engine.registry.stats()
    assert (stats.types, stats.groups, stats.registrations, stats.edges) == (0, 0, 0, 0)
    assert stats.capacity == CHAIN


LEVELS, WIDTH = 40, 10


def dag(engine: tr.Engine, bottom: tr.SubType) -> list[tr.RegisteredType]:
    """A DAG by hand: each level refers ten times to the one below."""
    handles = [tr.RegisteredType(engine, bottom)]
    for _ in range(LEVELS - 1):
        handles.append(tr.RegisteredType(engine, holder(*[handles[-1].index] * WIDTH)))
    return handles


def test_s13_a_dag_of_forty_levels_takes_linear_time() -> None:
    engine = tr.Engine()

    def body() -> None:
        handles = dag(engine, OPEN)
        counts = [handle.registrations for handle in handles]
        assert counts == [WIDTH + 1] * (LEVELS - 1) + [1]
        twins = dag(engine, OPEN)
        assert twins == handles
        strangers = dag(engine, tr.SubType(tr.StructType([])))
        assert not set(strangers) & set(handles)
        top, stranger = tr.RefType(handles[-1].index), tr.RefType(strangers[-1].index)
        assert engine.matches(top, tr.RefType(twins[-1].index))
        assert not engine.matches(top, stranger)
        assert not handles[-1].is_subtype_of(strangers[-1])
        assert handles[-1].type == tr.SubType(holder(*[handles[-2].index] * WIDTH))
        assert handles[-1].group == tr.RecGroup([handles[-1].type])
        assert str(handles[-1].type)
        assert len(engine.registry.referrers(handles[0].index)) == 1
        assert len(engine.registry) == 2 * LEVELS

    run_threads(body, stack=SMALL_STACK)
    assert numbers(engine)[:5] == (0, 0, 0, 0, 0)


def test_s13_a_dag_in_a_module_takes_linear_time(engine: tr.Engine) -> None:
    levels = [wasm.struct()]
    levels += [wasm.struct(*[wasm.field(wasm.ref(below))] * WIDTH) for below in range(LEVELS - 1)]
    module = tr.Module(wasm.types(*levels))
    first, second = engine.register(module), engine.register(module)
    assert first.as_module_map() == second.as_module_map()
    assert engine.registry.stats().edges == WIDTH * (LEVELS - 1)
    assert tr.equal(module, LEVELS - 1, module, LEVELS - 1)
    assert not tr.equal(module, LEVELS - 1, module, LEVELS - 2)
    first.close()
    second.close()
    assert live(engine) == []


def test_s14_registering_between_two_drops_keeps_the_type(engine: tr.Engine) -> None:
    first = tr.RegisteredType(engine, unique(1))
    index = first.index
    for _ in range(100):
        second = tr.RegisteredType(engine, unique(1))
        first.close()
        assert second.index == index
        first = second
    assert engine.registry.stats().misses == 1


def test_s15_an_event_is_written_as_the_contract_has_it(
    engine: tr.Engine, events: EventRecorder
) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    twin = copy.copy(handle)
    tr.RegisteredType(engine, unique(1)).close()
    twin.close()
    handle.close()
    assert events.take() == [
        ("create", (0,), 1),
        ("incref", (0,), 2),
        ("hit", (0,), 3),
        ("decref", (0,), 2),
        ("decref", (0,), 1),
        ("decref", (0,), 0),
        ("remove", (0,), 0),
    ]


def test_s15_an_event_names_the_slots_of_its_group(
    engine: tr.Engine, events: EventRecorder
) -> None:
    padding = [tr.RegisteredType(engine, unique(i)) for i in range(3)]
    padding[2].close()
    padding[0].close()
    events.take()
    first, second = engine.register_group(tr.RecGroup([OPEN, OPEN]))
    taken = events.take()
    assert taken[0] == ("create", (0, 2), 1)
    assert taken[-1] == ("incref", (0, 2), 2)
    first.close()
    second.close()
    assert events.take() == [
        ("decref", (0, 2), 1),
        ("decref", (0, 2), 0),
        ("remove", (0, 2), 0),
    ]


def test_s15_events_come_to_the_registry_logger_at_trace(
    engine: tr.Engine, events: EventRecorder
) -> None:
    tr.RegisteredType(engine, unique(1))
    assert {record.name for record in events.records} == {"typereg.registry"}
    assert {record.levelno for record in events.records} == {5}
    assert {record.levelname for record in events.records} == {"TRACE"}
    assert logging.getLevelName(5) == "TRACE"
    assert [parse(record.getMessage()).operation for record in events.records] == [
        "create",
        "decref",
        "remove",
    ]


def test_s15_nobody_hears_what_nobody_listens_to(engine: tr.Engine) -> None:
    recorder = EventRecorder()
    logger = logging.getLogger("typereg")
    level = logger.level
    logger.addHandler(recorder)
    try:
        for silent in (6, logging.DEBUG, logging.WARNING):
            logger.setLevel(silent)
            tr.RegisteredType(engine, unique(1)).close()
            assert recorder.records == []
    finally:
        logger.setLevel(level)
        logger.removeHandler(recorder)


def test_s15_listening_may_begin_and_end_at_any_time(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    with recording() as first:
        twin = copy.copy(handle)
        assert first.take() == [("incref", (0,), 2)]
    twin.close()
    assert first.records == []
    with recording() as second:
        handle.close()
        assert second.take() == [("decref", (0,), 0), ("remove", (0,), 0)]
    assert first.records == []


def test_s15_a_child_logger_hears_them_too(engine: tr.Engine) -> None:
    recorder = EventRecorder()
    child = logging.getLogger("typereg.registry")
    level = child.level
    child.addHandler(recorder)
    child.setLevel(5)
    try:
        tr.RegisteredType(engine, unique(1)).close()
    finally:
        child.setLevel(level)
        child.removeHandler(recorder)
    assert recorder.take() == [("create", (0,), 1), ("decref", (0,), 0), ("remove", (0,), 0)]


def test_s15_every_listener_hears_every_event(engine: tr.Engine, events: EventRecorder) -> None:
    second = EventRecorder()
    with listening(second):
        tr.RegisteredType(engine, unique(1)).close()
    assert second.take() == events.take() != []


ENDS = """
import typereg as tr
engine = tr.Engine()
types = engine.register(
    "(module (type (func)) (rec (type $a (struct (field (ref $b)))) (type $b (struct))))"
)
handle = types[1]
{}
"""


@pytest.mark.parametrize(
    "order",
    [
        "types.close(); handle.close(); del engine",
        "del engine; types.close(); handle.close()",
        "del engine, handle, types",
        "handle.close(); del types; del engine",
    ],
)
def test_s16_a_registry_ends_empty(order: str) -> None:
    script = ENDS.format(order)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")
