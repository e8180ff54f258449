"""Faults of lifetime that other registries have had, acted out here: `docs/reliability.md` says
where each happened."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, probe, slots, unchanged, unique
from typereg.testing import wasm
from typereg.testing.events import listening

OWN = tr.RefType(tr.RecIndex(0))


def test_bug_root_never_allocated(engine: tr.Engine, other: tr.Engine) -> None:
    """Looking up an index that was never given out panics: Wasmtime's `TypeRegistry`."""
    # Nobody but an engine makes an index, and its indices are its own.
    with pytest.raises(TypeError):
        tr.SharedTypeIndex(7)  # type: ignore[call-arg]
    handles = [tr.RegisteredType(other, unique(number)) for number in range(50)]
    beyond = handles[-1].index
    assert beyond.bits == 49
    for look_up in (engine.registry.borrow, engine.registry.referrers):
        with pytest.raises(tr.ForeignEngineError):
            look_up(beyond)
    with pytest.raises(tr.ForeignEngineError):
        tr.RegisteredType.root(engine, beyond)
    # Where an engine gave it out and all is gone, it names nothing.
    for handle in handles:
        handle.close()
    assert tr.RegisteredType.root(other, beyond) is None
    assert other.registry.borrow(beyond) is None


def test_bug_contiguous_indices(hashed_engine: tr.Engine) -> None:
    """A group's indices taken as adjacent, wrong after slots were reused: Wasmtime 10435."""
    engine = hashed_engine
    fillers = [tr.RegisteredType(engine, unique(number)) for number in range(8)]
    for slot in (1, 6, 3):
        fillers[slot].close()
    ring = tr.RecGroup(
        [
            tr.SubType(holder_of(1), final=False),
            tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(2)))])),
            tr.SubType(tr.ArrayType(tr.FieldType(OWN))),
            tr.SubType(tr.FuncType([OWN], [tr.RefType(tr.RecIndex(3))])),
        ]
    )
    members = engine.register_group(ring)
    assert slots(members) == [3, 6, 1, 8]
    for position, member in enumerate(members):
        assert member.position == position
        assert member.group == ring
        assert engine.registry.borrow(member.index) == member.type
        rooted = tr.RegisteredType.root(engine, member.index)
        assert rooted == member
    # References of the group are the members' own slots, each from its own place.
    assert members[0].type == tr.SubType(
        tr.StructType([tr.FieldType(tr.RefType(members[1].index))]), final=False
    )
    assert set(engine.registry.referrers(members[2].index)) == {members[1].index}
    user = tr.RegisteredType(engine, holder(members[1].index))
    del member, rooted
    for handle in members:
        handle.close()
    assert live(engine) == list(range(10))
    user.close()
    assert live(engine) == [0, 2, 4, 5, 7]


def holder_of(position: int) -> tr.StructType:
    """A struct with a reference to a member of its own group."""
    return tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(position)))])


def test_bug_half_registered() -> None:
    """A failure in the middle of a module left registrations behind: Wasmtime 13372."""
    engine = tr.Engine(limits=tr.Limits.js_api(live_types=4))
    with tr.RegisteredType(engine, OPEN) as known:
        module = tr.Module(
            wasm.types(
                wasm.sub(wasm.struct()),  # known: counted, and to be given back
                wasm.struct(wasm.field(wasm.ref(0))),  # new, with an edge to what was known
                wasm.rec(wasm.struct(wasm.field(wasm.ref(1))), wasm.func()),  # two more
                wasm.sub(wasm.struct()),  # known again
                wasm.func([wasm.I32]),  # one too many
            )
        )
        for _ in range(3):
            with unchanged(engine, probes=3), pytest.raises(tr.LimitError) as caught:
                engine.register(module)
            assert (caught.value.limit, caught.value.value) == ("live_types", 5)
            assert known.registrations == 1
    assert numbers(engine) == (0, 0, 0, 0, 0, 0)


def test_bug_stale_cache(hashed_engine: tr.Engine) -> None:
    """A cache keyed by index answered for the type that had the slot before: Wasmtime 13417."""
    engine = hashed_engine
    old = tr.RegisteredType(engine, tr.StructType([tr.FieldType(tr.I32)]))
    stale, was = old.index, old.type
    assert engine.registry.borrow(stale) == was
    assert engine.matches(stale, tr.STRUCT)
    old.close()
    # The same slot for another type: whatever was remembered of the first must be forgotten.
    types = engine.register(wasm.types(wasm.func([wasm.I32]), wasm.func([wasm.ref(0)])))
    new = types.shared_type(0)
    assert new is not None
    assert new.bits == stale.bits
    assert new != stale
    assert engine.registry.borrow(stale) is None
    assert engine.registry.borrow(new) == tr.SubType(tr.FuncType([tr.I32], []))
    assert engine.matches(new, tr.FUNC)
    assert not engine.matches(new, tr.STRUCT)
    assert types.module_local_type(new) == tr.ModuleTypeIndex(0)
    assert types.module_local_type(stale) is None
    for ask in (
        lambda: engine.matches(stale, tr.FUNC),
        lambda: engine.registry.referrers(stale),
        lambda: tr.RegisteredType(engine, holder(stale)),
    ):
        with pytest.raises(tr.StaleIndexError):
            ask()
    # And the table that the collection made of its slots, when they are another's.
    types.close()
    with tr.RegisteredType(engine, unique(3)) as third:
        assert third.index.bits == new.bits
        assert engine.registry.borrow(new) is None


def test_bug_unrooted_user(engine: tr.Engine) -> None:
    """Host tables, globals and tags did not keep their types registered: Wasmtime 11103, 14009."""
    text = """
        (module
          (type $cell (struct (field i32))) (type $row (array (ref $cell)))
          (type $raised (func (param (ref $row)))) (type $called (func (result (ref $cell))))
          (import "host" "table" (table 1 (ref null $cell)))
          (import "host" "global" (global (ref $row)))
          (import "host" "tag" (tag (type $raised)))
          (func (export "call") (type $called) unreachable))"""
    module = tr.Module(text)
    with engine.register(module) as types:
        map_ = types.as_module_map()
        for handle in types:
            handle.close()  # nobody holds a type but the module that uses it
        churn = [tr.RegisteredType(engine, unique(number)) for number in range(9)]
        for item in churn:
            item.close()
        assert all(index in engine.registry for index in map_)
        # What a host makes for itself keeps its type by a handle, and that handle what it names.
        row = types[1]
        element = tr.TableType(tr.RefType(map_[0]), 1)
        assert types.matches(element, tr.TableType(tr.RefType(tr.ModuleTypeIndex(0)), 1))
    assert engine.registry.borrow(map_[1]) == tr.SubType(
        tr.ArrayType(tr.FieldType(tr.RefType(map_[0], nullable=False)))
    )
    assert engine.matches(element, element)
    row.close()
    # A value that names a type roots nothing: it says so, and never means another type.
    with tr.RegisteredType(engine, unique(1)), pytest.raises(tr.StaleIndexError):
        engine.matches(element, element)
    assert live(engine) == []


PLACES: dict[str, Callable[[tr.SharedTypeIndex], tr.SubType]] = {
    "parameter": lambda to: tr.SubType(tr.FuncType([tr.I32, tr.RefType(to)], [])),
    "result": lambda to: tr.SubType(tr.FuncType([], [tr.RefType(to, nullable=False)])),
    "field": lambda to: tr.SubType(tr.StructType([tr.FieldType(tr.RefType(to))])),
    "mutable field": lambda to: tr.SubType(tr.StructType([tr.FieldType(tr.RefType(to), True)])),
    "element": lambda to: tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(to)))),
    "mutable element": lambda to: tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(to), True))),
    "continuation": lambda to: tr.SubType(tr.ContType(to)),
    "supertype": lambda to: tr.SubType(tr.FuncType([], []), supertype=to),
}


@pytest.mark.parametrize("place", PLACES)
def test_bug_tracer_catch_all(place: str) -> None:
    """A new kind of reference fell into `_ =>` and was never counted: Wasmtime 14012."""
    engine = tr.Engine(features=tr.Features(stack_switching=True))
    target = tr.RegisteredType(engine, tr.SubType(tr.FuncType([], []), final=False))
    index = target.index
    user = tr.RegisteredType(engine, PLACES[place](index))
    assert target.registrations == 2
    assert list(engine.registry.referrers(index)) == [user.index]
    target.close()
    assert index in engine.registry  # by that reference alone
    assert user.registrations == 1
    user.close()
    assert live(engine) == []


SELVES: dict[str, list[tr.SubType]] = {
    "parameter": [tr.SubType(tr.FuncType([OWN], []))],
    "result": [tr.SubType(tr.FuncType([], [OWN]))],
    "field": [tr.SubType(tr.StructType([tr.FieldType(OWN)] * 3))],
    "element": [tr.SubType(tr.ArrayType(tr.FieldType(OWN, True)))],
    "each other": [tr.SubType(holder_of(1)), tr.SubType(holder_of(0))],
    "supertype": [
        tr.SubType(tr.StructType([]), final=False),
        tr.SubType(tr.StructType([tr.FieldType(OWN)]), supertype=tr.RecIndex(0)),
    ],
    "continuation": [tr.SubType(tr.FuncType([], [])), tr.SubType(tr.ContType(tr.RecIndex(0)))],
}


@pytest.mark.parametrize("where", SELVES)
def test_bug_trampoline_self_edge(where: str) -> None:
    """An entry that counts a reference to itself never dies: Wasmtime's trampoline types."""
    engine = tr.Engine(features=tr.Features(stack_switching=True))
    members = engine.register_group(tr.RecGroup(SELVES[where]))
    assert members[0].registrations == len(members)
    assert engine.registry.stats().edges == 0
    for member in members:
        member.close()
    assert live(engine) == []


def test_bug_purge_not_fixpoint(engine: tr.Engine) -> None:
    """One pass of purging misses what the pass itself frees: SpiderMonkey."""
    # Each refers to all before it: one removal sets free the next, down to the first.
    dense = [wasm.struct(*[wasm.field(wasm.ref(j)) for j in range(i)]) for i in range(60)]
    types = engine.register(wasm.types(*dense))
    top, middle = types[59], types[30]
    types.close()
    assert len(engine.registry) == 60
    top.close()
    assert len(engine.registry) == 31
    middle.close()
    assert numbers(engine) == (0, 0, 0, 0, 0, 0)


def test_bug_never_freed(engine: tr.Engine) -> None:
    """Ids never come back, and the process dies at a limit: V8."""
    for number in range(50_000):
        tr.RegisteredType(engine, unique(number % 800)).close()
    pair = wasm.rec(wasm.struct(wasm.field(wasm.ref(1))), wasm.array(wasm.field(wasm.ref(0))))
    for _ in range(2_000):
        engine.register(wasm.types(wasm.func(), pair)).close()
    stats = engine.registry.stats()
    assert stats.misses > 50_000
    assert stats.capacity == 3
    assert sorted(probe(engine, 3)) == [0, 1, 2]
    assert numbers(engine) == (0, 0, 0, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads resident memory")
def test_bug_dense_side_table() -> None:
    """Tables per module keyed by the engine's index: 252 KiB for a tiny module beside 65,000 live
    types: Wasmtime 22 to 50."""
    code = """
        import os
        import typereg as tr
        from typereg.testing import wasm

        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        digits = (wasm.I32, wasm.I64, wasm.F32, wasm.F64)
        many = [wasm.func([digits[n >> s & 3] for s in range(0, 18, 2)]) for n in range(65_000)]
        engine = tr.Engine()
        crowd = engine.register(wasm.types(*many))
        assert len(engine.registry) == 65_000
        # The tiny module names the type in the last slot.
        tiny = tr.Module(wasm.types(many[-1]))
        before = resident()
        kept = [engine.register(tiny) for _ in range(2_000)]
        maps = [types.module_local_type(types.shared_type(0)) for types in kept]
        assert maps == [tr.ModuleTypeIndex(0)] * 2_000
        print((resident() - before) // 2_000)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, timeout=100, check=True
    )
    assert int(done.stdout) < 4096


def test_bug_log_under_lock(engine: tr.Engine) -> None:
    """A logging handler that uses the registry hangs: any port that logs under the lock."""
    answers: list[int] = []

    class Asking(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            self.emit(record)  # under a lock `logging` would keep the other thread out
            return True

        def emit(self, record: logging.LogRecord) -> None:
            # Another thread gets to use the registry while this one waits for it.
            def ask() -> None:
                with tr.RegisteredType(engine, unique(5)) as handle:
                    answers.append(len(engine.registry) + handle.registrations)

            if threading.current_thread() is threading.main_thread():
                thread = threading.Thread(target=ask)
                thread.start()
                thread.join()

    with listening(Asking(5)):
        handle = tr.RegisteredType(engine, unique(1))
        with engine.register(wasm.types(wasm.func(), wasm.struct(), wasm.func())) as types:
            types[1].close()
        handle.close()
    # A create; two creates and a hit; taken and dropped; three dropped, two removed; one of each.
    assert len(answers) >= 10
    assert live(engine) == []
