"""The seed's known faults, acted out: F1 to F3, as far as Python can."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, probe, unchanged, unique
from support.threads import run_threads
from typereg.testing import wasm
from typereg.testing.events import recording

Use = Callable[[tr.Engine, tr.SharedTypeIndex], object]


def module_local_type(engine: tr.Engine, index: tr.SharedTypeIndex) -> object:
    with engine.register(wasm.types(wasm.func([wasm.F32]))) as types:
        return types.module_local_type(index)


def register(engine: tr.Engine, *members: tr.SubType) -> object:
    return engine.register_group(tr.RecGroup(members))


def ref(index: tr.SharedTypeIndex) -> tr.RefType:
    return tr.RefType(index)


LOOK_UPS: dict[str, Use] = {
    "root": lambda engine, index: tr.RegisteredType.root(engine, index),
    "borrow": lambda engine, index: engine.registry.borrow(index),
    "module_local_type": module_local_type,
}
"""What answers `None` for a stale index."""

ARGUMENTS: dict[str, Use] = {
    "referrers": lambda engine, index: engine.registry.referrers(index),
    "handle param": lambda engine, index: tr.RegisteredType(engine, tr.FuncType([ref(index)], [])),
    "handle result": lambda engine, index: tr.RegisteredType(engine, tr.FuncType([], [ref(index)])),
    "handle field": lambda engine, index: tr.RegisteredType(engine, holder(index)),
    "handle element": lambda engine, index: tr.RegisteredType(
        engine, tr.ArrayType(tr.FieldType(ref(index), mutable=True))
    ),
    "handle supertype": lambda engine, index: tr.RegisteredType(
        engine, tr.SubType(tr.StructType([]), supertype=index)
    ),
    "group param": lambda engine, index: register(
        engine, OPEN, tr.SubType(tr.FuncType([tr.I32, ref(index)], []))
    ),
    "group result": lambda engine, index: register(
        engine, tr.SubType(tr.FuncType([], [ref(index)])), OPEN
    ),
    "group field": lambda engine, index: register(engine, OPEN, tr.SubType(holder(index)), OPEN),
    "group element": lambda engine, index: register(
        engine, tr.SubType(tr.ArrayType(tr.FieldType(ref(index))))
    ),
    "group supertype": lambda engine, index: register(
        engine, OPEN, tr.SubType(tr.StructType([]), supertype=index)
    ),
    "matches heap": lambda engine, index: engine.matches(index, tr.STRUCT),
    "matches heap right": lambda engine, index: engine.matches(tr.NONE, index),
    "matches reference": lambda engine, index: engine.matches(ref(index), tr.RefType(tr.ANY)),
    "matches reference right": lambda engine, index: engine.matches(
        tr.RefType(tr.NONE), ref(index)
    ),
    "matches itself": lambda engine, index: engine.matches(ref(index), ref(index)),
    "matches a number": lambda engine, index: engine.matches(tr.I32, ref(index)),
    "matches field": lambda engine, index: engine.matches(
        tr.FieldType(ref(index)), tr.FieldType(tr.RefType(tr.ANY))
    ),
    "matches func": lambda engine, index: engine.matches(
        tr.FuncType([], []), tr.FuncType([ref(index)], [])
    ),
    "matches table": lambda engine, index: engine.matches(
        tr.TableType(ref(index), 0), tr.TableType(tr.RefType(tr.ANY), 0)
    ),
    "matches global": lambda engine, index: engine.matches(
        tr.GlobalType(tr.I32), tr.GlobalType(ref(index))
    ),
    "matches tag": lambda engine, index: engine.matches(
        tr.TagType(tr.FuncType([ref(index)], [])), tr.TagType(tr.FuncType([], []))
    ),
}
"""What refuses a stale index: everywhere that an index is part of an argument."""

USES = LOOK_UPS | ARGUMENTS


def test_f01_two_threads_never_remove_one_entry_twice() -> None:
    engine = tr.Engine()
    rounds, threads = 400, 3
    barrier = threading.Barrier(threads, timeout=60)

    def body() -> None:
        for _ in range(rounds):
            handle = tr.RegisteredType(engine, OPEN)
            outer = tr.RegisteredType(engine, holder(handle.index))
            barrier.wait()
            handle.close()
            outer.close()

    with recording() as recorder:
        run_threads(*[body] * threads)
        told = recorder.events()
    created = sum(event.operation == "create" for event in told)
    removed = sum(event.operation == "remove" for event in told)
    assert created == removed == engine.registry.stats().misses
    assert numbers(engine)[:5] == (0, 0, 0, 0, 0)
    capacity = engine.registry.stats().capacity
    assert sorted(probe(engine, capacity)) == list(range(capacity))


def test_f01_a_handle_of_a_removed_entry_never_frees_the_slot_again(engine: tr.Engine) -> None:
    old = tr.RegisteredType(engine, unique(1))
    old.close()
    new = tr.RegisteredType(engine, unique(2))
    assert new.index.bits == old.index.bits
    old.close()
    del old
    assert new.registrations == 1
    assert live(engine) == [0]
    assert probe(engine, 2) == [1, 2]


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_f02_a_foreign_index_is_refused(engine: tr.Engine, other: tr.Engine, use: Use) -> None:
    mine = tr.RegisteredType(engine, OPEN)
    foreign = tr.RegisteredType(other, OPEN)
    assert mine.index.bits == foreign.index.bits
    with unchanged(engine), unchanged(other), pytest.raises(tr.ForeignEngineError):
        use(engine, foreign.index)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_f02_a_foreign_index_beyond_the_slab_is_refused(
    engine: tr.Engine, other: tr.Engine, use: Use
) -> None:
    foreign = [tr.RegisteredType(other, unique(i)) for i in range(50)]
    last = tr.RegisteredType(other, OPEN)
    assert last.index.bits == len(foreign)
    with unchanged(engine), pytest.raises(tr.ForeignEngineError):
        use(engine, last.index)


def test_f02_in_answers_false_for_a_foreign_index(engine: tr.Engine, other: tr.Engine) -> None:
    tr.RegisteredType(engine, OPEN)
    foreign = tr.RegisteredType(other, OPEN)
    assert foreign.index not in engine.registry
    assert foreign.index in other.registry


def test_f02_a_foreign_handle_is_refused(engine: tr.Engine, other: tr.Engine) -> None:
    mine = tr.RegisteredType(engine, OPEN)
    foreign = tr.RegisteredType(other, OPEN)
    with pytest.raises(tr.ForeignEngineError):
        mine.is_subtype_of(foreign)
    with pytest.raises(tr.ForeignEngineError):
        foreign.is_subtype_of(mine)


@pytest.mark.parametrize("use", ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("reborn", [False, True], ids=["free slot", "reused slot"])
def test_f02_a_stale_index_is_refused(engine: tr.Engine, use: Use, reborn: bool) -> None:
    dead = tr.RegisteredType(engine, OPEN)
    dead.close()
    again = tr.RegisteredType(engine, OPEN) if reborn else None
    with unchanged(engine), pytest.raises(tr.StaleIndexError):
        use(engine, dead.index)
    assert again is None or again.registrations == 1


@pytest.mark.parametrize("use", LOOK_UPS.values(), ids=LOOK_UPS)
@pytest.mark.parametrize("reborn", [False, True], ids=["free slot", "reused slot"])
def test_f02_a_stale_index_is_looked_up_in_vain(engine: tr.Engine, use: Use, reborn: bool) -> None:
    dead = tr.RegisteredType(engine, OPEN)
    dead.close()
    again = tr.RegisteredType(engine, OPEN) if reborn else None
    with unchanged(engine):
        assert use(engine, dead.index) is None
    assert again is None or again.registrations == 1


def test_f03_a_module_that_does_not_fit_leaves_nothing_behind() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_groups=10))
    keep = [tr.RegisteredType(engine, unique(i)) for i in range(4)]
    keep[1].close()
    groups = [wasm.func(results=[wasm.F32] * i) for i in range(12)]
    for size in range(8, 12):  # the one type without results is alive: seven more fit
        with unchanged(engine), pytest.raises(tr.LimitError):
            engine.register(wasm.types(*groups[: size + 1]))
    with engine.register(wasm.types(*groups[:8])) as types:
        assert [int(index) for index in types.as_module_map()] == [0, 1, 4, 5, 6, 7, 8, 9]
    assert live(engine) == [0, 2, 3]


@pytest.mark.parametrize(
    "module",
    [
        b"",
        wasm.MAGIC[:6],
        wasm.types(wasm.func())[:-1],
        wasm.types(wasm.func(), wasm.struct(wasm.field(wasm.ref(9)))),
        wasm.types(wasm.func(), wasm.sub(wasm.struct(), 1)),
        wasm.types(wasm.func(), wasm.struct(), wasm.sub(wasm.struct(), 1)),
        wasm.types(wasm.func(), wasm.cont(0)),
    ],
    ids=["empty", "magic", "truncated", "out of range", "own supertype", "final", "feature"],
)
def test_f03_a_bad_module_changes_nothing(engine: tr.Engine, module: bytes) -> None:
    keep = [tr.RegisteredType(engine, unique(i)) for i in range(3)]
    keep[1].close()
    with unchanged(engine), pytest.raises(tr.TypeRegError):
        engine.register(module)
    assert keep[0].registrations == 1


def test_f03_the_registry_goes_on_after_every_error(engine: tr.Engine, other: tr.Engine) -> None:
    foreign = tr.RegisteredType(other, OPEN)
    stale = tr.RegisteredType(engine, OPEN)
    stale.close()
    for index, error in ((foreign.index, tr.ForeignEngineError), (stale.index, tr.StaleIndexError)):
        for use in ARGUMENTS.values():
            with pytest.raises(error):
                use(engine, index)
            handle = tr.RegisteredType(engine, unique(1))
            assert handle.index.bits == 0
            assert copy.copy(handle).registrations == 2
            handle.close()
            assert live(engine) == []


def test_f03_an_engine_checks_with_its_own_limits_first() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(params=2))
    keep = tr.RegisteredType(engine, tr.FuncType([], []))
    module = tr.Module(wasm.types(wasm.func(), wasm.func([wasm.I32] * 3)))
    with unchanged(engine), pytest.raises(tr.LimitError) as caught:
        engine.register(module)
    assert caught.value.limit == "params"
    with unchanged(engine), pytest.raises(tr.LimitError):
        tr.RegisteredType(engine, tr.FuncType([tr.I32] * 3, []))
    assert keep.registrations == 1
    assert engine.registry.stats().hits == 0
