"""Many threads on a few types while everything else happens that can happen in a Python process:
collections at every turn, weakref callbacks and logging handlers that use the registry or raise,
Ctrl-C, the end of the interpreter. Afterwards every count is what is held, and then nothing is.
S17, K11, P1, P5, P6.

Each runs for two seconds, or for `TYPEREG_STRESS_SECONDS`. The seeds are fixed; the scheduling is
not.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import logging
import os
import random
import re
import subprocess
import sys
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers
from support.threads import run_threads
from typereg.testing import wasm
from typereg.testing.events import listening

SECONDS = float(os.environ.get("TYPEREG_STRESS_SECONDS", "2"))
THREADS = 6

MODULE = tr.Module(
    wasm.types(
        wasm.sub(wasm.struct()),
        wasm.rec(wasm.struct(wasm.field(wasm.ref(2))), wasm.sub(wasm.struct(), 0)),
        wasm.func([wasm.ref(1)], [wasm.ref(2)]),
        wasm.func(),
    )
)
EMPTY = tr.FuncType([], [])
PLAIN: list[tr.SubType | tr.FuncType] = [OPEN, EMPTY]
NODE = tr.RecGroup(
    [
        tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(tr.RecIndex(1))))),
        tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(0)), mutable=True)])),
    ]
)
FIRSTS = (0, 1, 3, 4)
"""The first type of each group of `MODULE`."""

MOST = 5 + 2 + 1
"""Different types in play: the module's five (`OPEN` and `EMPTY` among them), the group's two, and
a struct that holds an `OPEN`."""


class Held:
    """What one thread holds, and what it does."""

    def __init__(self, engine: tr.Engine, seed: int) -> None:
        self.engine = engine
        self.choice = random.Random(seed)
        self.handles: list[tr.RegisteredType] = []
        self.collections: list[tr.TypeCollection] = []

    def step(self) -> None:
        """One thing at random."""
        engine, choice, handles = self.engine, self.choice, self.handles
        match choice.randrange(12):
            case 0:
                handles.append(tr.RegisteredType(engine, choice.choice(PLAIN)))
            case 1:
                with tr.RegisteredType(engine, OPEN) as inner:
                    handles.append(tr.RegisteredType(engine, holder(inner.index)))
            case 2:
                handles.extend(engine.register_group(NODE))
            case 3:
                self.collections.append(engine.register(MODULE))
            case 4 if handles:
                handles.append(copy.copy(choice.choice(handles)))
            case 5:
                for index in engine.registry:
                    borrowed = engine.registry.borrow(index)
                    root = tr.RegisteredType.root(engine, index)
                    if root is not None:
                        assert root.index == index
                        assert borrowed == root.type
                        handles.append(root)
            case 6 if handles:
                handle = choice.choice(handles)
                assert handle.registrations >= 1
                assert handle.group.members[handle.position] is not None
                assert all(handle.is_subtype_of(above) for above in handle.supertypes)
                engine.registry.referrers(handle.index)
                assert len(engine.registry) <= MOST
            case 7 if self.collections:
                types = choice.choice(self.collections)
                at = choice.randrange(len(types))
                handles.append(types[at])
                assert types.module_local_type(handles[-1].index) is not None
            case 8 if self.collections:
                self.collections.pop().close()
            case 9:
                handles.clear()
            case 10:
                self.collections.clear()
            case _:
                choice.shuffle(handles)
                for handle in handles[len(handles) // 2 :]:
                    handle.close()
                del handles[len(handles) // 2 :]


@contextlib.contextmanager
def frequent_collections() -> Iterator[None]:
    """The garbage collector at nearly every allocation."""
    threshold = gc.get_threshold()
    gc.set_threshold(7, 2, 2)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)


def counts_are_exact(engine: tr.Engine, held: list[Held]) -> None:
    """K11 by its own words: a group's count is the open handles on its members, its occurrences in
    open collections, and the references to it from other live groups."""
    roots = []
    for index in engine.registry:
        root = tr.RegisteredType.root(engine, index)
        assert root is not None
        roots.append(root)
    group_at = {root.index.bits: root.group for root in roots}
    expected: Counter[tr.RecGroup] = Counter(root.group for root in roots)
    expected.update(handle.group for one in held for handle in one.handles)
    for types in (types for one in held for types in one.collections):
        for first in FIRSTS:
            with types[first] as handle:
                expected[handle.group] += 1
    for group in set(group_at.values()):
        references = re.findall(r"[$]shared[.](\d+)", str(group))
        expected.update(group_at[int(slot)] for slot in references)
    assert {root.group: root.registrations for root in roots} == dict(expected)
    for root in roots:
        root.close()


def stress(engine: tr.Engine, *others: Callable[[], object]) -> None:
    """Threads on an engine, with others beside them that are called again and again; then the
    counts; then nothing is left."""
    held = [Held(engine, seed) for seed in range(THREADS)]
    end = time.monotonic() + SECONDS

    def until_the_end(step: Callable[[], object]) -> Callable[[], None]:
        def body() -> None:
            while time.monotonic() < end:
                step()

        return body

    run_threads(*[until_the_end(step) for step in (*[one.step for one in held], *others)])
    gc.collect()
    counts_are_exact(engine, held)
    held.clear()
    gc.collect()
    assert live(engine) == []
    assert numbers(engine) == (0, 0, 0, 0, 0, 0)
    # No type is alive twice, so each needs a slot at most.
    assert engine.registry.stats().capacity <= MOST


@pytest.mark.parametrize("bits", [None, 0], ids=["hash", "hash0"])
def test_s17_k11_stress(bits: int | None) -> None:
    stress(tr.Engine(weak_hash_bits=bits))


def test_s17_k11_p06_stress_in_a_storm_of_collections() -> None:
    engine = tr.Engine()

    def litter() -> None:
        cycle: list[object] = [tr.RegisteredType(engine, OPEN), engine.register(MODULE)]
        cycle.append(cycle)

    with frequent_collections():
        stress(engine, gc.collect, litter)


def test_s17_k11_p03_stress_with_weakref_callbacks_that_use_the_registry() -> None:
    engine = tr.Engine()
    references: deque[weakref.ref[Any]] = deque(maxlen=50)
    called = 0

    def died(_: weakref.ref[Any]) -> None:
        nonlocal called
        called += 1
        with tr.RegisteredType(engine, OPEN) as handle:
            assert handle in [*handle.supertypes, copy.copy(handle)]
        engine.register(MODULE).close()

    def watch() -> None:
        handles = [tr.RegisteredType(engine, EMPTY), *engine.register_group(NODE)]
        references.extend(weakref.ref(handle, died) for handle in handles)
        cycle: list[object] = [*handles]
        cycle.append(cycle)

    with frequent_collections():
        stress(engine, watch)
    assert called > 0


class Meddler(logging.Handler):
    """Uses the registry at every record, or raises."""

    def __init__(self, engine: tr.Engine) -> None:
        super().__init__(5)
        self.engine = engine
        self.records = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.records += 1
        if self.records % 3 == 0:
            raise MeddledError(record.getMessage())
        with tr.RegisteredType(self.engine, OPEN) as handle:
            assert handle.index in self.engine.registry
        self.engine.register(MODULE).close()


class MeddledError(Exception):
    """What a handler raises on purpose."""


def test_s17_k11_p05_stress_with_handlers_that_reenter_and_raise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = tr.Engine()
    raised: Counter[type[BaseException]] = Counter()

    def hook(told: sys.UnraisableHookArgs) -> None:
        raised[told.exc_type] += 1

    monkeypatch.setattr(sys, "unraisablehook", hook)
    handler = Meddler(engine)
    with listening(handler):
        stress(engine)
    assert handler.records > 0
    assert set(raised) == {MeddledError}


# Ctrl-C and the end of the interpreter, in processes of their own.

PREAMBLE = f"""
import copy, faulthandler, gc, itertools, os, signal, sys, threading, time
import typereg as tr
from typereg.testing import wasm
faulthandler.dump_traceback_later({SECONDS + 100}, exit=True)
"""


def run_script(script: str, *arguments: str) -> str:
    """What a script prints; it must end by itself, with nothing on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + script, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS + 150,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


CTRL_C = """
# What a shell starts in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def after(seconds):
    def send():
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGINT)
    return threading.Thread(target=send)
"""

GIANT = (
    CTRL_C
    + """
chain = [wasm.array(wasm.field(wasm.ref(max(i - 1, 0)))) for i in range(60_000)]
module = tr.Module(wasm.types(*chain))
engine = tr.Engine()
start = time.perf_counter()
engine.register(module).close()
took = time.perf_counter() - start
interrupted = 0
for part in (0.05, 0.3, 0.6, 0.9):
    thread, types = after(took * part), None
    try:
        thread.start()
        types = engine.register(module)
        thread.join()
    except KeyboardInterrupt:
        interrupted += 1
    thread.join()
    # All of it or none of it.
    assert len(engine.registry) == (0 if types is None else 60_000), len(engine.registry)
    if types is not None:
        types.close()
    assert len(engine.registry) == 0
with engine.register(module) as types:
    assert len(engine.registry) == 60_000
print(interrupted)
"""
)

MANY = (
    CTRL_C
    + """
engine, end = tr.Engine(), time.monotonic() + float(sys.argv[1])
module = tr.Module(wasm.types(wasm.sub(wasm.struct()), wasm.func([wasm.ref(0)])))
interrupted = 0
for number in itertools.count():
    thread, kept = after(0.001 * (number % 20)), []
    try:
        thread.start()
        while True:
            kept.append(tr.RegisteredType(engine, tr.FuncType([tr.I32] * (len(kept) % 9), [])))
            kept.append(copy.copy(kept[-1]))
            kept.extend(engine.register(module))
            kept.extend(kept[-1].supertypes)
            if len(kept) > 100:
                del kept[:]
    except KeyboardInterrupt:
        interrupted += 1
    thread.join()
    stats = engine.registry.stats()
    assert stats.external == len(kept), (stats, len(kept))
    del kept
    stats = engine.registry.stats()
    assert (stats.types, stats.registrations, stats.bytes) == (0, 0, 0), stats
    if time.monotonic() > end:
        break
print(interrupted)
"""
)


def test_f03_ctrl_c_while_a_giant_module_is_registered_leaves_all_of_it_or_none() -> None:
    assert int(run_script(GIANT)) == 4


def test_f03_ctrl_c_while_many_are_registered_leaves_what_is_held() -> None:
    # Between any two instructions: in a constructor, in a finalizer, in a list that is emptied.
    assert int(run_script(MANY, str(SECONDS))) > 10


EXIT = """
engine = tr.Engine()
module = tr.Module(wasm.types(wasm.sub(wasm.struct()), wasm.func([wasm.ref(0)])))
giant = tr.Module(wasm.types(*[wasm.func([wasm.I32] * (i % 999)) for i in range(20_000)]))
started = threading.Barrier(7)

def hammer():
    started.wait()
    while True:
        types = engine.register(module)
        handles = [types[0], copy.copy(types[1]), *engine.registry]
        cycle = [handles]
        cycle.append(cycle)

def load():
    started.wait()
    while True:
        engine.register(giant).close()

def collect():
    started.wait()
    while True:
        gc.collect()

for body in (hammer, hammer, hammer, load, load, collect):
    threading.Thread(target=body, daemon=True).start()
started.wait()
time.sleep(float(sys.argv[1]))
print("leaving")
"""


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.05, 0.2])
def test_p02_the_interpreter_ends_while_threads_are_in_the_registry(moment: float) -> None:
    assert run_script(EXIT, str(moment)) == "leaving\n"
