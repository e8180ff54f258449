"""Who counts what, in which order: section K, clause by clause."""

from __future__ import annotations

import copy

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, probe, slots, unchanged, unique
from typereg.testing import wasm
from typereg.testing.events import EventRecorder, collapse

TRIPLE = tr.RecGroup([OPEN, tr.SubType(tr.FuncType([], [])), OPEN])


def test_k01_every_member_reports_the_count_of_its_group(engine: tr.Engine) -> None:
    handles = engine.register_group(TRIPLE)
    assert [handle.registrations for handle in handles] == [3, 3, 3]
    twin = copy.copy(handles[1])
    assert [handle.registrations for handle in handles] == [4, 4, 4]
    twin.close()
    handles[2].close()
    assert [handle.registrations for handle in handles[:2]] == [2, 2]
    assert live(engine) == [0, 1, 2]


def test_k01_a_type_outside_rec_is_a_group_of_one(hashed_engine: tr.Engine) -> None:
    module = wasm.types(wasm.struct(), wasm.rec(wasm.struct()))
    with hashed_engine.register(module) as types:
        first, second = types.as_module_map()
        assert first == second
        assert len(hashed_engine.registry) == 1
        assert types[0].registrations == 3


def test_k01_an_empty_group_leaves_no_trace(engine: tr.Engine, events: EventRecorder) -> None:
    module = wasm.types(wasm.rec(), wasm.func(), wasm.rec(), wasm.rec(), wasm.struct())
    with engine.register(module) as types:
        assert len(types) == 2
        assert events.take() == [("create", (0,), 1), ("create", (1,), 1)]
        stats = engine.registry.stats()
        assert (stats.groups, stats.hits, stats.misses) == (2, 0, 2)
    assert events.take() == [
        ("decref", (0,), 0),
        ("remove", (0,), 0),
        ("decref", (1,), 0),
        ("remove", (1,), 0),
    ]


def test_k02_each_occurrence_takes_one_registration(
    engine: tr.Engine, events: EventRecorder
) -> None:
    pair = wasm.rec(wasm.struct(), wasm.func())
    types = engine.register(wasm.types(pair, wasm.func([wasm.I32]), pair, pair))
    assert events.take() == [
        ("create", (0, 1), 1),
        ("create", (2,), 1),
        ("hit", (0, 1), 2),
        ("hit", (0, 1), 3),
    ]
    assert [int(index) for index in types.as_module_map()] == [0, 1, 2, 0, 1, 0, 1]
    assert engine.registry.stats().registrations == 4
    with types[0] as handle:
        assert handle.registrations == 4
    types.close()


def test_k03_a_handle_counts_as_a_group_of_one(engine: tr.Engine, events: EventRecorder) -> None:
    by_type = tr.RegisteredType(engine, OPEN)
    (by_group,) = engine.register_group(tr.RecGroup([OPEN]))
    assert by_group == by_type
    assert by_type.registrations == 2
    assert events.take() == [("create", (0,), 1), ("hit", (0,), 2)]


def test_k03_a_group_of_three_takes_three_registrations(
    engine: tr.Engine, events: EventRecorder
) -> None:
    first = engine.register_group(TRIPLE)
    assert first[0].registrations == 3
    taken = events.take()
    assert taken[0] == ("create", (0, 1, 2), 1)
    assert collapse(taken[1:]) == [("incref", (0, 1, 2), 3)]
    second = engine.register_group(TRIPLE)
    assert second == first
    assert first[0].registrations == 6
    taken = events.take()
    assert taken[0] == ("hit", (0, 1, 2), 4)
    assert collapse(taken[1:]) == [("incref", (0, 1, 2), 6)]
    stats = engine.registry.stats()
    assert (stats.hits, stats.misses) == (1, 1)


def test_k03_a_group_without_members_touches_nothing(
    engine: tr.Engine, events: EventRecorder
) -> None:
    before = numbers(engine)
    assert engine.register_group(tr.RecGroup([])) == ()
    assert events.take() == []
    stats = engine.registry.stats()
    assert (stats.hits, stats.misses, stats.capacity) == (0, 0, 0)
    assert numbers(engine) == before


def test_k04_each_handle_made_adds_one(engine: tr.Engine, events: EventRecorder) -> None:
    chain = wasm.types(
        wasm.sub(wasm.struct()), wasm.sub(wasm.struct(), 0), wasm.sub(wasm.struct(), 1)
    )
    types = engine.register(chain)
    events.take()
    leaf = types[2]
    assert events.take() == [("incref", (2,), 2)]
    twin = copy.copy(leaf)
    assert events.take() == [("incref", (2,), 3)]
    root = tr.RegisteredType.root(engine, leaf.index)
    assert events.take() == [("incref", (2,), 4)]
    parent = leaf.supertype
    assert parent is not None
    assert events.take() == [("incref", (1,), 3)]
    chain_up = leaf.supertypes
    assert slots(chain_up) == [1, 0]
    assert events.take() == [("incref", (1,), 4), ("incref", (0,), 3)]
    everything = list(types)
    assert events.take() == [("incref", (0,), 4), ("incref", (1,), 5), ("incref", (2,), 5)]
    assert types[0].supertype is None
    assert types[0].supertypes == ()
    for handle in (leaf, twin, root, parent, *chain_up, *everything):
        assert handle is not None
        handle.close()
    types.close()
    assert live(engine) == []


def test_k04_what_makes_no_handle_counts_nothing(engine: tr.Engine) -> None:
    base, leaf = engine.register_group(
        tr.RecGroup([OPEN, tr.SubType(tr.StructType([]), supertype=tr.RecIndex(0))])
    )
    types = engine.register(wasm.types(wasm.func()))
    before = numbers(engine)
    for handle in (base, leaf):
        _ = (handle.index, handle.position, handle.registrations, handle.type, handle.group)
        _ = (handle.engine, handle.closed, repr(handle), str(handle), hash(handle))
        engine.registry.borrow(handle.index)
        engine.registry.referrers(handle.index)
        engine.matches(tr.RefType(leaf.index), tr.RefType(handle.index))
        leaf.is_subtype_of(handle)
        assert handle.index in engine.registry
    _ = (list(engine.registry), len(engine.registry), repr(engine), repr(engine.registry))
    _ = (types.as_module_map(), types.shared_type(0), len(types), repr(types))
    types.matches(tr.RefType(tr.ModuleTypeIndex(0)), tr.RefType(tr.FUNC))
    assert numbers(engine) == before
    assert base.registrations == 2


def test_k05_edges_are_counted_as_written(engine: tr.Engine, events: EventRecorder) -> None:
    first = tr.RegisteredType(engine, unique(1))
    second = tr.RegisteredType(engine, unique(2))
    base = tr.RegisteredType(engine, tr.SubType(holder(second.index), final=False))
    events.take()
    sub = tr.SubType(holder(second.index, first.index, second.index), supertype=base.index)
    leaf = tr.RegisteredType(engine, sub)
    assert events.take() == [
        ("incref", (2,), 2),
        ("incref", (1,), 3),
        ("incref", (0,), 2),
        ("incref", (1,), 4),
        ("create", (3,), 1),
    ]
    again = tr.RegisteredType(engine, sub)
    assert events.take() == [("hit", (3,), 2)]
    assert again == leaf
    assert slots([first, second, base, leaf]) == [0, 1, 2, 3]
    assert engine.registry.stats().edges == 5


def test_k05_parameters_come_before_results(engine: tr.Engine, events: EventRecorder) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(3)]
    first, second, third = (tr.RefType(handle.index) for handle in handles)
    events.take()
    function = tr.RegisteredType(engine, tr.FuncType([third, first], [second, third]))
    assert events.take() == [
        ("incref", (2,), 2),
        ("incref", (0,), 2),
        ("incref", (1,), 2),
        ("incref", (2,), 3),
        ("create", (3,), 1),
    ]
    assert function.registrations == 1


def test_k05_members_come_by_position(engine: tr.Engine, events: EventRecorder) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(3)]
    base = tr.RegisteredType(engine, OPEN)
    events.take()
    group = tr.RecGroup(
        [
            tr.SubType(holder(handles[2].index)),
            tr.SubType(holder(handles[0].index), supertype=base.index, final=False),
            tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(handles[1].index)))),
        ]
    )
    with engine.register_group(group)[0]:
        assert events.take()[:5] == [
            ("incref", (2,), 2),
            ("incref", (3,), 2),
            ("incref", (0,), 2),
            ("incref", (1,), 2),
            ("create", (4, 5, 6), 1),
        ]


def test_k05_references_inside_the_group_add_nothing(
    engine: tr.Engine, events: EventRecorder
) -> None:
    own = tr.FieldType(tr.RefType(tr.RecIndex(0)))
    group = tr.RecGroup(
        [
            tr.SubType(tr.StructType([own, own]), final=False),
            tr.SubType(tr.StructType([own, own, own]), supertype=tr.RecIndex(0)),
        ]
    )
    handles = engine.register_group(group)
    assert events.take()[0] == ("create", (0, 1), 1)
    assert handles[0].registrations == 2
    assert engine.registry.stats().edges == 0


def test_k05_two_members_of_one_group_are_two_references(engine: tr.Engine) -> None:
    handles = engine.register_group(TRIPLE)
    outer = tr.RegisteredType(engine, holder(*[handle.index for handle in handles]))
    assert handles[0].registrations == 3 + 3
    assert engine.registry.stats().edges == 3
    outer.close()
    assert handles[0].registrations == 3


def test_k06_slots_are_taken_one_by_one(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(5)]
    handles[1].close()
    handles[3].close()
    group = engine.register_group(TRIPLE)
    assert slots(group) == [3, 1, 5]
    assert probe(engine, 2) == [6, 7]


def test_k07_closing_a_collection_goes_occurrence_by_occurrence(
    engine: tr.Engine, events: EventRecorder
) -> None:
    types = engine.register(
        wasm.types(wasm.func(), wasm.struct(wasm.field(wasm.ref(0))), wasm.func(), wasm.struct())
    )
    events.take()
    types.close()
    assert events.take() == [
        ("decref", (0,), 2),  # another occurrence, and the reference of slot 1
        ("decref", (1,), 0),
        ("decref", (0,), 1),
        ("remove", (1,), 0),
        ("decref", (0,), 0),
        ("remove", (0,), 0),
        ("decref", (2,), 0),
        ("remove", (2,), 0),
    ]
    assert probe(engine, 3) == [2, 0, 1]


def test_k07_what_follows_goes_before_the_next_occurrence(
    engine: tr.Engine, events: EventRecorder
) -> None:
    inner = tr.RegisteredType(engine, tr.FuncType([], []))
    types = engine.register(
        wasm.types(
            wasm.func(), wasm.struct(wasm.field(wasm.ref(0))), wasm.array(wasm.field(wasm.I8))
        )
    )
    inner.close()
    events.take()
    types.close()
    assert events.take() == [
        ("decref", (0,), 1),
        ("decref", (1,), 0),
        ("decref", (0,), 0),
        ("remove", (1,), 0),
        ("remove", (0,), 0),
        ("decref", (2,), 0),
        ("remove", (2,), 0),
    ]


def test_k08_removal_follows_the_edges_in_order(engine: tr.Engine, events: EventRecorder) -> None:
    first = tr.RegisteredType(engine, unique(1))
    second = tr.RegisteredType(engine, unique(2))
    base = tr.RegisteredType(engine, OPEN)
    sub = tr.SubType(holder(second.index, first.index, second.index), supertype=base.index)
    leaf = tr.RegisteredType(engine, sub)
    for handle in (first, second, base):
        handle.close()
    events.take()
    leaf.close()
    assert events.take() == [
        ("decref", (3,), 0),
        ("decref", (2,), 0),
        ("decref", (1,), 1),
        ("decref", (0,), 0),
        ("decref", (1,), 0),
        ("remove", (3,), 0),
        ("remove", (1,), 0),
        ("remove", (0,), 0),
        ("remove", (2,), 0),
    ]
    assert probe(engine, 5) == [2, 0, 1, 3, 4]


def test_k08_pushed_last_goes_next(engine: tr.Engine, events: EventRecorder) -> None:
    bottom = tr.RegisteredType(engine, unique(1))
    left = tr.RegisteredType(engine, holder(bottom.index))
    right = tr.RegisteredType(engine, holder(bottom.index, bottom.index))
    top = tr.RegisteredType(engine, holder(left.index, right.index))
    for handle in (bottom, left, right):
        handle.close()
    events.take()
    top.close()
    assert events.take() == [
        ("decref", (3,), 0),
        ("decref", (1,), 0),
        ("decref", (2,), 0),
        ("remove", (3,), 0),
        ("decref", (0,), 2),
        ("decref", (0,), 1),
        ("remove", (2,), 0),
        ("decref", (0,), 0),
        ("remove", (1,), 0),
        ("remove", (0,), 0),
    ]


def test_k08_slots_of_a_group_are_freed_ascending(engine: tr.Engine) -> None:
    padding = [tr.RegisteredType(engine, unique(i)) for i in range(4)]
    padding[1].close()
    padding[3].close()
    group = engine.register_group(TRIPLE)
    assert slots(group) == [3, 1, 4]
    for handle in group:
        handle.close()
    assert probe(engine, 4) == [4, 1, 3, 5]
    assert live(engine) == [0, 2]


def test_k09_a_failed_module_leaves_counts_live_set_and_free_list() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_types=8))
    keep = [tr.RegisteredType(engine, unique(i)) for i in range(5)]
    keep[3].close()
    keep[1].close()
    module = wasm.types(
        wasm.func(results=[]),  # unique(0): a hit
        wasm.struct(wasm.field(wasm.ref(0))),
        wasm.rec(*[wasm.array(wasm.field(wasm.ref(1)))] * 3),
        wasm.func(),
        wasm.struct(wasm.field(wasm.ref(2)), wasm.field(wasm.ref(0))),
        wasm.func([wasm.ref(3)]),
    )
    for _ in range(3):
        with unchanged(engine, probes=5), pytest.raises(tr.LimitError) as caught:
            engine.register(module)
        assert caught.value.limit == "live_types"
    assert keep[0].registrations == 1
    assert probe(engine, 5) == [1, 3, 5, 6, 7]


def test_k09_a_failed_group_leaves_counts_live_set_and_free_list(
    engine: tr.Engine, other: tr.Engine
) -> None:
    keep = [tr.RegisteredType(engine, unique(i)) for i in range(4)]
    keep[2].close()
    stale = keep[2].index
    foreign = tr.RegisteredType(other, OPEN).index
    good = tr.SubType(holder(keep[0].index, keep[1].index))
    bad: list[tuple[type[tr.TypeRegError], tr.SubType]] = [
        (tr.StaleIndexError, tr.SubType(holder(stale))),
        (tr.ForeignEngineError, tr.SubType(holder(foreign))),
        (tr.NotCanonicalError, tr.SubType(tr.FuncType([tr.RefType(tr.ModuleTypeIndex(0))], []))),
        (tr.ValidationError, tr.SubType(holder(), supertype=keep[0].index)),
    ]
    for error, member in bad:
        with unchanged(engine), pytest.raises(error):
            engine.register_group(tr.RecGroup([good, good, member]))
        with unchanged(engine), pytest.raises(error):
            engine.register_group(tr.RecGroup([member, good]))
    assert [handle.registrations for handle in (keep[0], keep[1], keep[3])] == [1, 1, 1]
    assert probe(engine, 2) == [2, 4]


def test_k10_hits_and_misses_are_counted_by_occurrence(engine: tr.Engine) -> None:
    def seen() -> tuple[int, int]:
        stats = engine.registry.stats()
        return stats.hits, stats.misses

    pair = wasm.rec(wasm.struct(), wasm.func())
    types = engine.register(wasm.types(pair, pair, wasm.rec(), wasm.func()))
    assert seen() == (1, 2)
    again = engine.register(wasm.types(wasm.func(), pair))
    assert seen() == (3, 2)
    handles = engine.register_group(TRIPLE)
    assert seen() == (3, 3)
    engine.register_group(TRIPLE)
    assert seen() == (4, 3)
    tr.RegisteredType(engine, tr.FuncType([], []))
    assert seen() == (5, 3)
    _ = (copy.copy(handles[0]), list(types), handles[0].supertypes)
    tr.RegisteredType.root(engine, handles[0].index)
    engine.register_group(tr.RecGroup([]))
    again.close()
    assert seen() == (5, 3)


def test_k10_registrations_sum_the_counts(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, unique(1))
    triple = engine.register_group(TRIPLE)
    outer = tr.RegisteredType(engine, holder(inner.index, triple[0].index, triple[2].index))
    stats = engine.registry.stats()
    counts = [inner.registrations, triple[0].registrations, outer.registrations]
    assert counts == [2, 5, 1]
    assert stats.registrations == sum(counts)
    assert (stats.edges, stats.external) == (3, 5)


def test_k11_a_count_is_handles_and_occurrences_and_references(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, tr.FuncType([], []))
    handles = [copy.copy(inner) for _ in range(4)]
    types = engine.register(wasm.types(wasm.func(), wasm.func([wasm.ref(0), wasm.ref(0)])))
    outer = tr.RegisteredType(engine, holder(inner.index))
    assert inner.registrations == 5 + 1 + 2 + 1
    types.close()
    assert inner.registrations == 5 + 1
    for handle in handles:
        handle.close()
    assert inner.registrations == 1 + 1
    outer.close()
    assert inner.registrations == 1
