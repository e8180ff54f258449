"""Scenes of forking, each played in a process of its own: `test_fork.py` starts them.

A child says how it went by its exit code. One that hangs is aborted by its parent, which makes it
print its stacks, as `test_fork.py` does with the parent. (`faulthandler.dump_traceback_later` is
not fit for it: where the parent has one under way, a child's waits for ever for its thread.)
"""

from __future__ import annotations

import copy
import functools
import itertools
import logging
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable

import typereg as tr
from typereg.testing import wasm

from .registry import OPEN, unique

WORKS, LOST = 10, 11
"""Exit codes of a child: the engine it inherited works; it is lost to the child."""

CHILD_SECONDS = 20


def wait(pid: int) -> int:
    """The exit code of a child, which is aborted if it takes too long."""
    end = time.monotonic() + CHILD_SECONDS
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGABRT)
            end += CHILD_SECONDS
        time.sleep(0.001)


def start(child: Callable[[], int]) -> int:
    """Forks, and gives the process that does this and exits with what it gives."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = child()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def fork(child: Callable[[], int]) -> int:
    """Forks, and gives the exit code of what the child does."""
    return wait(start(child))


def giant(count: int) -> tr.Module:
    """So many different function types, which take a while to register and to remove."""
    values = [wasm.I32, wasm.I64, wasm.F32, wasm.F64]
    section = [wasm.func(p) for p in itertools.islice(itertools.product(values, repeat=9), count)]
    return tr.Module(wasm.types(*section), limits=tr.Limits.spec())


def use_new_engine() -> None:
    """An engine that is made in the child is like any other."""
    engine = tr.Engine()
    with engine.register("(module (type (func)) (type (sub (struct))))") as types:
        with types[1] as handle, copy.copy(handle) as twin:
            assert twin == handle
            assert str(handle.type) == "(sub (struct))"
        assert len(engine.registry) == 2
    assert len(engine.registry) == 0


def use_without_lock(handle: tr.RegisteredType, types: tr.TypeCollection) -> None:
    """What takes no lock answers, whatever has become of the engine."""
    twin = copy.copy(handle)
    assert twin == handle
    assert hash(twin) == hash(handle)
    assert twin.index == handle.index == types.shared_type(0)
    assert twin.engine == handle.engine == types.engine
    assert twin.position == handle.position
    assert twin.registrations >= 2
    assert twin.is_subtype_of(handle)
    assert not twin.closed
    assert all(repr(value) for value in (twin, types, twin.engine, twin.engine.registry))
    assert types.as_module_map()[0] == handle.index
    assert types.module_local_type(handle.index) == tr.ModuleTypeIndex(0)
    twin.close()
    assert twin.closed
    assert len(types) > 0


def calls_that_lock(
    handle: tr.RegisteredType, types: tr.TypeCollection
) -> Iterable[Callable[[], object]]:
    """Every call that needs the engine's lock."""
    engine, index = handle.engine, handle.index
    registry = engine.registry
    return [
        lambda: tr.RegisteredType(engine, unique(500)),
        lambda: tr.RegisteredType(engine, OPEN),
        lambda: tr.RegisteredType.root(engine, index),
        lambda: engine.register("(module (type (func)))"),
        lambda: engine.register_group(tr.RecGroup([OPEN])),
        lambda: engine.matches(index, index),
        lambda: types.matches(index, index),
        lambda: types[0],
        lambda: registry.borrow(index),
        lambda: registry.stats(),
        lambda: registry.referrers(index),
        lambda: len(registry),
        lambda: index in registry,
        lambda: list(registry),
        lambda: handle.type,
        lambda: handle.group,
        lambda: handle.supertype,
        lambda: handle.supertypes,
    ]


def judge(handle: tr.RegisteredType, types: tr.TypeCollection) -> int:
    """What a child finds that inherited an engine: it works throughout, or it is lost throughout.
    The handle is on the collection's first type, which is `OPEN`."""
    use_new_engine()
    use_without_lock(handle, types)
    engine, count = handle.engine, handle.registrations
    verdicts = set()
    for call in calls_that_lock(handle, types):
        try:
            call()
        except tr.ForkedError:
            verdicts.add(LOST)
        else:
            verdicts.add(WORKS)
    (verdict,) = verdicts
    if verdict == WORKS:
        with tr.RegisteredType(engine, unique(501)) as new:
            index = new.index
        assert index not in engine.registry
    else:
        assert "lost" in repr(engine)
        assert "lost" in repr(engine.registry)
        twin = copy.copy(handle)
        before = handle.registrations
        twin.close()
        types.close()
        del twin, types
        assert handle.registrations == before >= count
    # In a thread the child has of its own, the verdict is the same.
    seen: list[int] = []

    def look() -> None:
        try:
            len(engine.registry)
        except tr.ForkedError:
            seen.append(LOST)
        else:
            seen.append(WORKS)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [verdict]
    return verdict


def free() -> None:
    """Forks while another thread exists and holds nothing."""
    engine = tr.Engine()
    types = engine.register("(module (type (sub (struct))))")
    done = threading.Event()
    idle = threading.Thread(target=done.wait)
    idle.start()
    with types[0] as handle:
        assert fork(lambda: judge(handle, types)) == WORKS
        # And so it does in a child of the child, whether that has looked or not.
        assert fork(lambda: fork(lambda: judge(handle, types))) == WORKS
        assert fork(lambda: judge(handle, types) and fork(lambda: judge(handle, types))) == (WORKS)
    done.set()
    idle.join()


def held(how: str) -> None:
    """Forks while another thread is in the middle of a hold of the lock: its first group's count
    has changed, and as many more are to come as take a while."""
    module = giant(200_000)
    for _attempt in range(20):
        engine = tr.Engine(limits=tr.Limits.spec())
        types = engine.register("(module (type (sub (struct))))")
        loaded = engine.register(module)
        handle, first = types[0], loaded[0]
        before = first.registrations
        if how == "register":
            loaded.close()
            # The first group is found by the thread's load, and counted.
            before = first.registrations
        finished = threading.Event()

        def body(
            engine: tr.Engine = engine,
            loaded: tr.TypeCollection = loaded,
            finished: threading.Event = finished,
        ) -> None:
            if how == "register":
                loaded = engine.register(module)
            else:
                loaded.close()
            finished.set()

        thread = threading.Thread(target=body)
        thread.start()
        while first.registrations == before and not finished.is_set():
            pass
        code = fork(functools.partial(judge, handle, types))
        thread.join()
        assert len(engine.registry) in (2, 200_001)
        if code == LOST:
            return
        assert code == WORKS
    raise AssertionError("in twenty attempts no fork came while the lock was held")


def hammer(forks: int, listening: str) -> None:
    """Forks again and again while other threads use the engine in every way."""
    if listening == "listening":
        logger = logging.getLogger("typereg")
        logger.setLevel(tr.TRACE)
        logger.addHandler(logging.NullHandler())
    engine = tr.Engine()
    types = engine.register("(module (type (sub (struct))) (type (struct)))")
    chain = tr.Module(wasm.types(*(wasm.func([wasm.I32] * n) for n in range(200))))
    # While a child is judged the others rest, before a load or before a removal: nothing that they
    # did meanwhile would reach it, and it would have to share its processors with them.
    awake, stop = threading.Event(), threading.Event()

    def work(seed: int) -> None:
        choice = random.Random(seed)
        while not stop.is_set():
            awake.wait()
            with engine.register(chain) as loaded, loaded[choice.randrange(200)] as handle:
                assert tr.RegisteredType.root(engine, handle.index) == handle
                assert handle.type.final
                with copy.copy(handle) as twin:
                    assert twin == handle
                list(engine.registry)
                awake.wait()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    codes: list[int] = []
    with types[0] as handle:
        for _ in range(forks):
            awake.set()
            time.sleep(random.Random(len(codes)).random() / 500)
            child = start(lambda: judge(handle, types))
            awake.clear()
            codes.append(wait(child))
    stop.set()
    awake.set()
    for thread in threads:
        thread.join()
    types.close()
    assert len(engine.registry) == 0
    assert set(codes) <= {WORKS, LOST}, codes
    print("works", codes.count(WORKS), "lost", codes.count(LOST))


class Lockless(logging.Handler):
    """A handler that takes no lock: what becomes of `logging`'s own locks is not the point here."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Handles a record as it is, whoever else is in here."""
        self.emit(record)
        return True


class Forking(Lockless):
    """Forks at its first record, and both processes go on from there."""

    def __init__(self) -> None:
        super().__init__()
        self.pid: int | None = None
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if self.pid is None:
            self.pid = os.fork()
            if self.pid == 0:
                use_new_engine()
        self.heard.append(record.getMessage())


def handler() -> None:
    """A logging handler forks in the middle of the events of one operation: in both processes the
    rest of the events is told, and the operation ends."""
    forking = Forking()
    logger = logging.getLogger("typereg")
    logger.setLevel(tr.TRACE)
    engine = tr.Engine()
    logger.addHandler(forking)
    types = engine.register("(module (type (func)) (type (sub (struct))))")
    logger.removeHandler(forking)
    good = sum("create" in event and "registrations=1" in event for event in forking.heard) >= 2
    with types[1] as handle:
        good = good and judge(handle, engine.register("(module (type (sub (struct))))")) == WORKS
    if forking.pid == 0:
        os._exit(WORKS if good else 3)
    assert good
    assert forking.pid is not None
    assert wait(forking.pid) == WORKS


class Slow(Lockless):
    """Is busy with a record until it is told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.busy, self.stop = threading.Event(), threading.Event()

    def emit(self, _record: logging.LogRecord) -> None:
        self.busy.set()
        self.stop.wait()


def exit_in_child() -> None:
    """A child whose parent had a thread in a logging handler ends at once, as its exit knows that
    there is nobody to wait for."""
    slow = Slow()
    logger = logging.getLogger("typereg")
    logger.setLevel(tr.TRACE)
    logger.addHandler(slow)
    engine = tr.Engine()
    thread = threading.Thread(target=lambda: tr.RegisteredType(engine, OPEN))
    thread.start()
    slow.busy.wait()
    took = []
    for _ in range(5):
        pid = os.fork()
        if pid == 0:
            sys.exit(WORKS)
        start = time.monotonic()
        assert wait(pid) == WORKS
        took.append(time.monotonic() - start)
    slow.stop.set()
    thread.join()
    # Half a second is what the exit of a process waits for other threads' records.
    assert min(took) < 0.4, took
