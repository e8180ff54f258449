"""Numbers a host wants, and quotas for what is alive: G9."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, probe, unchanged, unique
from typereg.testing import wasm


def referrers(engine: tr.Engine, index: tr.SharedTypeIndex) -> list[int]:
    """The slots of those that refer to a type; one that is told twice is a fault."""
    found = list(engine.registry.referrers(index))
    assert all(each in engine.registry for each in found)
    assert len(found) == len(set(found))
    return sorted(int(each) for each in found)


def test_g09_an_empty_registry_has_nothing(engine: tr.Engine) -> None:
    stats = engine.registry.stats()
    assert (stats.types, stats.groups, stats.registrations, stats.edges, stats.external) == (0,) * 5
    assert (stats.hits, stats.misses, stats.capacity, stats.bytes) == (0, 0, 0, 0)


def test_g09_types_and_groups_are_those_alive(engine: tr.Engine) -> None:
    handles = engine.register_group(tr.RecGroup([OPEN, OPEN, OPEN]))
    single = tr.RegisteredType(engine, OPEN)
    stats = engine.registry.stats()
    assert (stats.types, stats.groups, stats.capacity) == (4, 2, 4)
    assert len(engine.registry) == 4
    single.close()
    for handle in handles:
        handle.close()
    stats = engine.registry.stats()
    assert (stats.types, stats.groups, stats.capacity) == (0, 0, 4)


def test_g09_registrations_are_edges_and_external(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, unique(1))
    outer = tr.RegisteredType(engine, holder(inner.index, inner.index, inner.index))
    types = engine.register(wasm.types(wasm.struct(), wasm.array(wasm.field(wasm.ref(0)))))
    stats = engine.registry.stats()
    assert (stats.registrations, stats.edges, stats.external) == (8, 4, 4)
    inner.close()
    types.close()
    stats = engine.registry.stats()
    assert (stats.registrations, stats.edges, stats.external) == (4, 3, 1)
    outer.close()
    stats = engine.registry.stats()
    assert (stats.registrations, stats.edges, stats.external) == (0, 0, 0)


def test_g09_bytes_grow_and_shrink_with_what_is_alive(engine: tr.Engine) -> None:
    seen = [engine.registry.stats().bytes]
    handles = []
    for i in range(20):
        handles.append(tr.RegisteredType(engine, unique(i)))
        seen.append(engine.registry.stats().bytes)
    assert seen == sorted(set(seen))
    again = [tr.RegisteredType(engine, unique(i)) for i in range(20)]
    assert engine.registry.stats().bytes == seen[-1]
    for handle in reversed([*handles, *again]):
        handle.close()
    assert engine.registry.stats().bytes == seen[0]


def test_g09_a_larger_type_takes_more_bytes() -> None:
    small, large = tr.Engine(), tr.Engine()
    first = tr.RegisteredType(small, tr.FuncType([], []))
    second = tr.RegisteredType(large, tr.FuncType([tr.I32] * 900, []))
    assert first.registrations == second.registrations == 1
    # An allocation ends at a multiple of 8 bytes: the smaller one may be rounded up by more.
    assert large.registry.stats().bytes > small.registry.stats().bytes + 900 - 8


def test_g09_capacity_is_the_slots_ever_used(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(7)]
    for handle in handles:
        handle.close()
    assert engine.registry.stats().capacity == 7
    again = [tr.RegisteredType(engine, unique(i)) for i in range(5)]
    assert engine.registry.stats().capacity == 7
    assert len(again) == len(engine.registry)


def test_g09_the_registry_is_a_collection_of_live_indices(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(4)]
    handles[2].close()
    expected = {handles[i].index for i in (0, 1, 3)}
    assert isinstance(engine.registry, Collection)
    assert set(engine.registry) == expected
    assert len(list(engine.registry)) == len(engine.registry) == 3
    assert all(index in engine.registry for index in expected)
    assert handles[2].index not in engine.registry


def test_g09_iteration_is_over_a_snapshot(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, unique(i)) for i in range(5)]
    seen = []
    for index in engine.registry:
        seen.append(int(index))
        for handle in handles:
            handle.close()
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert len(engine.registry) == 0


def test_g09_referrers_are_those_that_refer(engine: tr.Engine) -> None:
    inner = tr.RegisteredType(engine, OPEN)
    assert referrers(engine, inner.index) == []
    users = [
        tr.RegisteredType(engine, holder(inner.index, inner.index)),
        tr.RegisteredType(engine, tr.FuncType([tr.RefType(inner.index)], [])),
        tr.RegisteredType(engine, tr.FuncType([], [tr.RefType(inner.index, nullable=False)])),
        tr.RegisteredType(engine, tr.ArrayType(tr.FieldType(tr.RefType(inner.index)))),
        tr.RegisteredType(engine, tr.SubType(tr.StructType([]), supertype=inner.index)),
    ]
    second = tr.RegisteredType(engine, holder(users[0].index))
    assert referrers(engine, inner.index) == [1, 2, 3, 4, 5]
    assert referrers(engine, users[0].index) == [second.index.bits]
    users[1].close()
    users[4].close()
    assert referrers(engine, inner.index) == [1, 3, 4]


def test_g09_referrers_within_the_own_group_count(engine: tr.Engine) -> None:
    def own(*positions: int) -> tr.StructType:
        return tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(i))) for i in positions])

    pad = tr.RegisteredType(engine, unique(1))
    group = engine.register_group(
        tr.RecGroup(
            [
                tr.SubType(own(0, 2), final=False),
                tr.SubType(own(0, 2), supertype=tr.RecIndex(0)),
                tr.SubType(own(1)),
            ]
        )
    )
    assert pad.index.bits == 0
    assert referrers(engine, group[0].index) == [1, 2]
    assert referrers(engine, group[1].index) == [3]
    assert referrers(engine, group[2].index) == [1, 2]
    assert referrers(engine, pad.index) == []


def test_g09_referrers_after_slots_were_reused(engine: tr.Engine) -> None:
    first = tr.RegisteredType(engine, unique(1))
    user = tr.RegisteredType(engine, holder(first.index))
    user.close()
    first.close()
    assert len(engine.registry) == 0
    second = tr.RegisteredType(engine, unique(2))
    assert second.index.bits == first.index.bits
    stranger = tr.RegisteredType(engine, unique(3))
    assert stranger.index.bits == user.index.bits
    assert referrers(engine, second.index) == []


Fill = Callable[[tr.Engine, int], tr.TypeCollection | list[tr.RegisteredType]]


def by_handles(engine: tr.Engine, count: int) -> list[tr.RegisteredType]:
    return [tr.RegisteredType(engine, tr.FuncType([tr.I32] * i, [])) for i in range(count)]


def by_module(engine: tr.Engine, count: int) -> tr.TypeCollection:
    return engine.register(wasm.types(*[wasm.func([wasm.I32] * i) for i in range(count)]))


def by_groups(engine: tr.Engine, count: int) -> list[tr.RegisteredType]:
    return [
        handle
        for i in range(count)
        for handle in engine.register_group(
            tr.RecGroup([tr.SubType(tr.FuncType([tr.I32] * i, []))])
        )
    ]


fill_by = pytest.mark.parametrize("fill", [by_handles, by_module, by_groups])


@fill_by
@pytest.mark.parametrize("quota", ["live_types", "live_groups"])
def test_g09_a_quota_admits_what_fits_and_no_more(fill: Fill, quota: str) -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(**{quota: 5}))
    with pytest.raises(tr.LimitError) as caught:
        fill(engine, 6)
    assert caught.value.limit == quota
    del caught
    assert live(engine) == []
    kept = fill(engine, 5)
    assert live(engine) == [0, 1, 2, 3, 4]
    del kept
    assert live(engine) == []


@fill_by
@pytest.mark.parametrize("quota", ["live_types", "live_groups"])
def test_g09_a_hit_needs_no_room(fill: Fill, quota: str) -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(**{quota: 5}))
    kept = fill(engine, 5)
    again = fill(engine, 5)
    assert len(kept) == len(again) == 5
    assert engine.registry.stats().registrations == 10


def test_g09_a_quota_of_types_counts_members() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_types=5))
    keep = engine.register_group(tr.RecGroup([OPEN] * 3))
    with unchanged(engine, probes=2), pytest.raises(tr.LimitError) as caught:
        engine.register_group(tr.RecGroup([OPEN, tr.SubType(unique(1)), OPEN]))
    assert caught.value.limit == "live_types"
    pair = engine.register_group(tr.RecGroup([OPEN] * 2))
    assert len(engine.registry) == len(keep) + len(pair) == 5


def test_g09_a_quota_of_groups_counts_groups() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_groups=2))
    large = engine.register_group(tr.RecGroup([OPEN] * 30))
    single = tr.RegisteredType(engine, OPEN)
    before = numbers(engine)
    with pytest.raises(tr.LimitError) as caught:
        tr.RegisteredType(engine, unique(1))
    assert caught.value.limit == "live_groups"
    assert numbers(engine) == before
    assert (large[0].registrations, single.registrations) == (30, 1)


def test_g09_a_quota_of_bytes_admits_exactly_what_fits() -> None:
    def fill(engine: tr.Engine) -> list[tr.RegisteredType]:
        first = tr.RegisteredType(engine, OPEN)
        return [first, tr.RegisteredType(engine, holder(first.index, first.index))]

    measured = tr.Engine()
    kept = fill(measured)
    size = measured.registry.stats().bytes
    exact = tr.Engine(limits=tr.Limits.js_api(live_bytes=size))
    kept += fill(exact)
    assert exact.registry.stats().bytes == size
    kept += fill(exact)
    short = tr.Engine(limits=tr.Limits.js_api(live_bytes=size - 1))
    with pytest.raises(tr.LimitError) as caught:
        fill(short)
    assert caught.value.limit == "live_bytes"
    del caught
    assert live(short) == []
    assert short.registry.stats().bytes == 0


def test_g09_room_comes_back_with_what_is_dropped() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_types=2, live_groups=2))
    first, second = (tr.RegisteredType(engine, unique(i)) for i in range(2))
    for i in range(2, 50):
        with pytest.raises(tr.LimitError):
            tr.RegisteredType(engine, unique(i))
        first.close()
        first, second = second, tr.RegisteredType(engine, unique(i))
    assert len(engine.registry) == 2
    assert engine.registry.stats().capacity == 2


def test_g09_no_quota_means_no_bound() -> None:
    limits = tr.Limits.js_api()
    assert (limits.live_types, limits.live_groups, limits.live_bytes) == (None, None, None)
    engine = tr.Engine(limits=limits)
    assert len(by_module(engine, 900)) == 900


def test_g09_quotas_hold_across_failed_registrations() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_types=6))
    keep = tr.RegisteredType(engine, unique(0))
    for _ in range(20):
        with pytest.raises(tr.LimitError):
            by_module(engine, 7)
    assert keep.registrations == 1
    assert probe(engine, 5) == [1, 2, 3, 4, 5]
    with by_module(engine, 6) as types:
        assert [int(index) for index in types.as_module_map()] == [0, 1, 2, 3, 4, 5]
    assert live(engine) == [0]
