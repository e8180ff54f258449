"""Handles as Python objects: one release, finalizers, copies, errors, logging. P1 to P6."""

from __future__ import annotations

import copy
import gc
import logging
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, unique
from support.threads import run_threads
from typereg.testing import wasm
from typereg.testing.events import Event, EventRecorder, listening, parse

CHAIN = wasm.types(wasm.sub(wasm.struct()), wasm.sub(wasm.struct(), 0), wasm.func())

# One release, P1.


def test_p01_close_twice_is_harmless(engine: tr.Engine, events: EventRecorder) -> None:
    keep = tr.RegisteredType(engine, unique(1))
    handle = tr.RegisteredType(engine, unique(1))
    events.take()
    assert not handle.closed
    for _ in range(3):
        handle.close()
        assert handle.closed
    del handle
    assert events.take() == [("decref", (0,), 1)]
    types = engine.register(CHAIN)
    assert not types.closed
    for _ in range(3):
        types.close()
        assert types.closed
    del types
    assert keep.registrations == 1
    assert live(engine) == [0]


def test_p01_with_closes_once(engine: tr.Engine, events: EventRecorder) -> None:
    with tr.RegisteredType(engine, unique(1)) as handle:
        assert isinstance(handle, tr.RegisteredType)
        assert handle.registrations == 1
    assert handle.closed
    handle.close()
    second = tr.RegisteredType(engine, unique(1))
    with second as same:
        assert same is second
        same.close()
    assert second.closed
    with engine.register(CHAIN) as types:
        assert len(types) == 3
        types.close()
    assert types.closed
    assert live(engine) == []
    assert sum(step[0] == "remove" for step in events.take()) == 5


def test_p01_an_exception_passes_through_with(engine: tr.Engine) -> None:
    class MineError(Exception):
        pass

    with pytest.raises(MineError), tr.RegisteredType(engine, unique(1)):
        raise MineError
    with pytest.raises(MineError), engine.register(CHAIN):
        raise MineError
    assert live(engine) == []


USES_OF_A_HANDLE: dict[str, Callable[[tr.RegisteredType], object]] = {
    "position": lambda handle: handle.position,
    "registrations": lambda handle: handle.registrations,
    "engine": lambda handle: handle.engine,
    "type": lambda handle: handle.type,
    "group": lambda handle: handle.group,
    "supertype": lambda handle: handle.supertype,
    "supertypes": lambda handle: handle.supertypes,
    "is_subtype_of": lambda handle: handle.is_subtype_of(handle),
    "copy": copy.copy,
    "enter": lambda handle: handle.__enter__(),
}

USES_OF_A_COLLECTION: dict[str, Callable[[tr.TypeCollection], object]] = {
    "item": lambda types: types[0],
    "iter": list,
    "len": len,
    "as_module_map": lambda types: types.as_module_map(),
    "shared_type": lambda types: types.shared_type(0),
    "matches": lambda types: types.matches(tr.I32, tr.I32),
    "enter": lambda types: types.__enter__(),
}


@pytest.mark.parametrize("use", USES_OF_A_HANDLE.values(), ids=USES_OF_A_HANDLE)
def test_p01_a_closed_handle_refuses(
    engine: tr.Engine, use: Callable[[tr.RegisteredType], object]
) -> None:
    keep = tr.RegisteredType(engine, OPEN)
    handle = tr.RegisteredType(engine, OPEN)
    handle.close()
    with pytest.raises(tr.ClosedError):
        use(handle)
    assert keep.registrations == 1


def test_p01_a_closed_handle_is_refused_as_an_argument(engine: tr.Engine) -> None:
    keep = tr.RegisteredType(engine, OPEN)
    handle = copy.copy(keep)
    handle.close()
    with pytest.raises(tr.ClosedError):
        keep.is_subtype_of(handle)


@pytest.mark.parametrize("use", USES_OF_A_COLLECTION.values(), ids=USES_OF_A_COLLECTION)
def test_p01_a_closed_collection_refuses(
    engine: tr.Engine, use: Callable[[tr.TypeCollection], object]
) -> None:
    types = engine.register(CHAIN)
    types.close()
    with pytest.raises(tr.ClosedError):
        use(types)
    assert live(engine) == []


def test_p01_module_local_type_of_a_closed_collection_refuses(engine: tr.Engine) -> None:
    keep = engine.register(CHAIN)
    types = engine.register(CHAIN)
    types.close()
    with pytest.raises(tr.ClosedError):
        types.module_local_type(keep.as_module_map()[0])


def test_p01_a_closed_handle_still_compares_and_prints(engine: tr.Engine) -> None:
    keep = tr.RegisteredType(engine, unique(1))
    handle = copy.copy(keep)
    other = tr.RegisteredType(engine, unique(2))
    before, index = hash(handle), handle.index
    handle.close()
    assert handle == keep
    assert keep == handle
    assert handle != other
    assert hash(handle) == before == hash(keep)
    assert handle.index == index == keep.index
    assert handle.closed is True
    assert "closed" in repr(handle)
    assert "closed" not in repr(keep)
    keep.close()
    assert handle == keep
    assert hash(handle) == before


def test_p01_a_closed_collection_still_compares_and_prints(engine: tr.Engine) -> None:
    types = engine.register(CHAIN)
    other = engine.register(CHAIN)
    before = hash(types)
    types.close()
    same = types
    assert types == same
    assert types != other
    assert hash(types) == before
    assert types.closed is True
    assert "closed" in repr(types)
    assert "closed" not in repr(other)


def test_p01_every_way_out_is_one_release(engine: tr.Engine) -> None:
    keep = tr.RegisteredType(engine, unique(1))
    first, second, third = (copy.copy(keep) for _ in range(3))
    assert keep.registrations == 4
    first.close()
    assert keep.registrations == 3
    with second:
        pass
    assert keep.registrations == 2
    del third
    assert keep.registrations == 1
    del first, second
    assert keep.registrations == 1
    fourth = copy.copy(keep)
    finalize: Callable[[tr.RegisteredType], object] = type(fourth).__del__
    finalize(fourth)
    assert fourth.closed
    assert keep.registrations == 1
    finalize(fourth)
    del fourth
    assert keep.registrations == 1


def test_p01_threads_that_close_one_handle_release_it_once() -> None:
    engine = tr.Engine()
    keep = tr.RegisteredType(engine, unique(1))
    rounds, hands = 300, 4
    shared = [copy.copy(keep) for _ in range(rounds)]
    loaded = [engine.register("(module (type (func (param f64))))") for _ in range(rounds)]
    assert loaded[0].shared_type(0) == keep.index
    assert keep.registrations == 1 + 2 * rounds
    barrier = threading.Barrier(hands, timeout=60)

    def body() -> None:
        for handle, types in zip(shared, loaded, strict=True):
            barrier.wait()
            handle.close()
            types.close()

    run_threads(*[body] * hands)
    assert keep.registrations == 1
    assert all(handle.closed for handle in shared)
    assert all(types.closed for types in loaded)


def test_p01_close_from_another_thread(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    types = engine.register(CHAIN)
    run_threads(handle.close, types.close)
    assert handle.closed
    assert types.closed
    assert live(engine) == []


def test_p01_drop_from_another_thread(engine: tr.Engine) -> None:
    shelf: list[object] = [tr.RegisteredType(engine, unique(1)), engine.register(CHAIN)]
    run_threads(shelf.clear)
    assert live(engine) == []


# Finalizers, P2.

WAYS: dict[str, Callable[[tr.Engine, tr.TypeCollection], tr.RegisteredType | None]] = {
    "constructor": lambda engine, types: tr.RegisteredType(engine, OPEN),
    "register_group": lambda engine, types: engine.register_group(tr.RecGroup([OPEN]))[0],
    "item": lambda engine, types: types[1],
    "iteration": lambda engine, types: next(iter(types)),
    "root": lambda engine, types: tr.RegisteredType.root(engine, types.as_module_map()[0]),
    "copy": lambda engine, types: copy.copy(types[0]),
    "supertype": lambda engine, types: types[1].supertype,
    "supertypes": lambda engine, types: types[1].supertypes[0],
}


@pytest.fixture
def finalized(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the classes whose instances were finalized."""
    seen: list[str] = []

    def watch(cls: type[tr.RegisteredType | tr.TypeCollection]) -> None:
        before: Callable[[Any], None] = cls.__del__

        def finalize(self: object) -> None:
            seen.append(type(self).__name__)
            before(self)

        monkeypatch.setattr(cls, "__del__", finalize)

    watch(tr.RegisteredType)
    watch(tr.TypeCollection)
    return seen


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_p02_a_finalizer_runs_however_the_handle_was_made(
    engine: tr.Engine,
    finalized: list[str],
    way: Callable[[tr.Engine, tr.TypeCollection], tr.RegisteredType | None],
) -> None:
    types = engine.register(CHAIN)
    handle = way(engine, types)
    assert type(handle) is tr.RegisteredType
    finalized.clear()
    before = engine.registry.stats().registrations
    del handle
    assert finalized == ["RegisteredType"]
    assert engine.registry.stats().registrations == before - 1


def test_p02_a_finalizer_runs_however_the_collection_was_made(
    engine: tr.Engine, finalized: list[str]
) -> None:
    for types in (
        engine.register(CHAIN),
        tr.TypeCollection.new_for_module(engine, tr.Module(CHAIN)),
    ):
        assert type(types) is tr.TypeCollection
    finalized.clear()
    del types
    assert finalized == ["TypeCollection"]
    assert live(engine) == []


def test_p02_handles_have_no_dictionary(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, OPEN)
    assert not hasattr(handle, "__dict__")
    with pytest.raises(AttributeError):
        handle.anything = 1  # type: ignore[attr-defined]


def test_p02_handles_in_garbage_cycles(engine: tr.Engine) -> None:
    for i in range(20):
        inner = tr.RegisteredType(engine, unique(i))
        cycle: list[object] = [inner, tr.RegisteredType(engine, holder(inner.index))]
        cycle.append(cycle)
        loop: dict[str, object] = {"types": engine.register(CHAIN)}
        loop["self"] = loop
    del inner, cycle, loop
    gc.collect()
    assert live(engine) == []


def test_p02_a_handle_that_a_finalizer_rescues_is_open_or_closed(engine: tr.Engine) -> None:
    class Keeper:
        kept: tr.RegisteredType | None = None

        def __init__(self, handle: tr.RegisteredType) -> None:
            self.handle = handle
            self.me = self

        def __del__(self) -> None:
            Keeper.kept = self.handle

    Keeper(tr.RegisteredType(engine, unique(1)))
    gc.collect()
    assert Keeper.kept is not None
    assert live(engine) == ([] if Keeper.kept.closed else [0])
    Keeper.kept.close()
    assert live(engine) == []
    Keeper.kept = None


EXITS = {
    "global": "keep = (handle, types)",
    "builtins": "import builtins; builtins.keep = (handle, types)",
    "cycle": "keep = [handle, types]; keep.append(keep); del handle, types, keep",
    "thread": (
        "import threading; local = threading.local(); local.keep = handle\n"
        "ready = threading.Event()\n"
        "def wait(kept): ready.set(); threading.Event().wait()\n"
        "threading.Thread(target=wait, args=((handle, types),), daemon=True).start()\n"
        "ready.wait()"
    ),
    "atexit": "import atexit; atexit.register(handle.close); atexit.register(types.close)",
    "weakref": "import weakref; keep = weakref.finalize(handle, len, engine.registry)",
    "heard": (
        "import logging; logger = logging.getLogger('typereg')\n"
        "logger.addHandler(logging.NullHandler()); logger.setLevel(5)\n"
        "keep = [handle, types]; keep.append(keep)"
    ),
    "user code": (
        "class Keeper:\n"
        "    def __del__(self, handle=handle, types=types, engine=engine):\n"
        "        handle.close(); len(types); len(engine.registry)\n"
        "import sys; sys.keeper = Keeper()"
    ),
}


@pytest.mark.parametrize("where", EXITS.values(), ids=EXITS)
def test_p02_handles_alive_at_exit(where: str) -> None:
    script = (
        "import faulthandler, os, typereg as tr\n"
        "faulthandler.dump_traceback_later(60, exit=True)\n"
        "engine = tr.Engine()\n"
        "handle = tr.RegisteredType(engine, tr.FuncType([tr.I32], []))\n"
        "types = engine.register('(module (type (func)) (type (struct)))')\n" + where + "\n"
        "print('reached')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=90, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.split() == [b"reached"]


IMPORT = """
import copy
try:
    import typereg
except ImportError as error:
    print(error, flush=True)
else:
    print("taken", flush=True)
"""
ELSEWHERE = f"import _testcapi; assert _testcapi.run_in_subinterp({IMPORT!r}) == 0\n"
HANDLE = """
handle = typereg.RegisteredType(typereg.Engine(), typereg.FuncType([], []))
print(type(copy.copy(handle)) is typereg.RegisteredType)
"""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (IMPORT + ELSEWHERE + ELSEWHERE + HANDLE, ["taken", "refused", "refused", "True"]),
        (ELSEWHERE + ELSEWHERE + IMPORT, ["taken", "refused", "refused"]),
    ],
    ids=["first here", "first elsewhere"],
)
def test_p06_a_second_interpreter_is_refused(script: str, expected: list[str]) -> None:
    """Interpreters of the old kind, which take any module, unless it refuses by itself."""
    pytest.importorskip("_testcapi")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=90, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert ["refused" if "another interpreter" in line else line for line in lines] == expected


# Copies, weak references, pickles: P3.


def test_p03_a_copy_is_another_handle_of_the_same_type(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, unique(1))
    twin = copy.copy(handle)
    assert twin == handle
    assert twin is not handle
    assert type(twin) is tr.RegisteredType
    twin.close()
    assert not handle.closed


def test_p03_handles_and_collections_refer_weakly(engine: tr.Engine) -> None:
    handle, types = tr.RegisteredType(engine, unique(1)), engine.register(CHAIN)
    to_handle, to_types = weakref.ref(handle), weakref.ref(types)
    assert to_handle() is handle
    assert to_types() is types
    assert weakref.WeakSet([handle]).pop() is handle
    del handle, types
    assert to_handle() is None
    assert to_types() is None
    assert live(engine) == []


def test_p03_a_weakref_callback_may_use_the_registry(engine: tr.Engine) -> None:
    kept: list[tr.RegisteredType] = []

    def died(_: weakref.ref[Any]) -> None:
        kept.append(tr.RegisteredType(engine, unique(2)))
        engine.register(CHAIN).close()

    handle = tr.RegisteredType(engine, unique(1))
    reference = weakref.ref(handle, died)
    del handle
    assert reference() is None
    assert len(kept) == 1
    assert len(engine.registry) == 1
    cycle: list[object] = [tr.RegisteredType(engine, unique(1))]
    second = weakref.ref(cycle[0], died)
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert second() is None
    assert len(kept) == 2
    assert len(engine.registry) == 1


def things(engine: tr.Engine) -> dict[str, object]:
    handle = tr.RegisteredType(engine, OPEN)
    return {
        "handle": handle,
        "collection": engine.register(CHAIN),
        "index": handle.index,
        "type": tr.SubType(holder(handle.index)),
        "reference": tr.RefType(handle.index),
        "field": tr.FieldType(tr.RefType(handle.index)),
        "function": tr.FuncType([tr.RefType(handle.index)], []),
        "group": tr.RecGroup([tr.SubType(tr.StructType([]), supertype=handle.index)]),
        "global": tr.GlobalType(tr.RefType(handle.index)),
    }


@pytest.mark.parametrize("name", list(things(tr.Engine())))
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_p03_what_belongs_to_an_engine_refuses_to_pickle(
    engine: tr.Engine, name: str, protocol: int
) -> None:
    thing = things(engine)[name]
    with pytest.raises(TypeError) as caught:
        pickle.dumps(thing, protocol)
    assert len(str(caught.value)) > 20, "a reason is wanted"


# Errors, P4.

ERRORS: dict[type[Exception], type[Exception]] = {
    tr.DecodeError: ValueError,
    tr.ValidationError: ValueError,
    tr.ForeignEngineError: ValueError,
    tr.StaleIndexError: LookupError,
    tr.NotCanonicalError: ValueError,
    tr.LimitError: ValueError,
    tr.ClosedError: ValueError,
    tr.UnsupportedFeatureError: ValueError,
    tr.ForkedError: RuntimeError,
    tr.InternalError: RuntimeError,
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_p04_every_error_is_ours_and_a_builtin(error: type[Exception]) -> None:
    assert issubclass(error, tr.TypeRegError)
    assert issubclass(error, ERRORS[error])
    assert not issubclass(tr.TypeRegError, (ValueError, LookupError, RuntimeError))


@pytest.mark.parametrize(
    ("error", "attributes"),
    [
        (tr.DecodeError, {"offset": 0}),
        (tr.ValidationError, {"offset": None, "type_index": None}),
        (tr.LimitError, {"limit": "", "value": 0}),
        (tr.UnsupportedFeatureError, {"feature": ""}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_p04_an_error_made_by_hand_has_its_attributes(
    error: type[tr.TypeRegError], attributes: dict[str, object]
) -> None:
    for made in (error("by hand"), pickle.loads(pickle.dumps(error("by hand")))):
        assert {name: getattr(made, name) for name in attributes} == attributes


WRONG: dict[str, Callable[[tr.Engine, Any], object]] = {
    "RegisteredType": tr.RegisteredType,
    "RegisteredType engine": lambda engine, wrong: tr.RegisteredType(wrong, OPEN),
    "root": tr.RegisteredType.root,
    "root engine": lambda engine, wrong: tr.RegisteredType.root(
        wrong, tr.RegisteredType(engine, OPEN).index
    ),
    "borrow": lambda engine, wrong: engine.registry.borrow(wrong),
    "referrers": lambda engine, wrong: engine.registry.referrers(wrong),
    "register_group": lambda engine, wrong: engine.register_group(wrong),
    "matches": lambda engine, wrong: engine.matches(wrong, wrong),
    "is_subtype_of": lambda engine, wrong: tr.RegisteredType(engine, OPEN).is_subtype_of(wrong),
    "module_local_type": lambda engine, wrong: engine.register(CHAIN).module_local_type(wrong),
    "shared_type": lambda engine, wrong: engine.register(CHAIN).shared_type(wrong),
    "new_for_module": tr.TypeCollection.new_for_module,
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("wrong", [None, 1.5, object(), [], tr.Limits.js_api()], ids=type)
def test_p04_a_wrong_argument_is_a_type_error(
    engine: tr.Engine, call: Callable[[tr.Engine, Any], object], wrong: object
) -> None:
    with pytest.raises(TypeError):
        call(engine, wrong)
    gc.collect()
    assert live(engine) == []


@pytest.mark.parametrize("number", [0, 1, -1, 2**32, 2**70, True])
@pytest.mark.parametrize("call", ["root", "borrow", "referrers", "module_local_type"])
def test_p04_a_number_is_no_index(engine: tr.Engine, call: str, number: int) -> None:
    keep = tr.RegisteredType(engine, OPEN)
    with pytest.raises(TypeError):
        WRONG[call](engine, number)
    assert keep.registrations == 1


def test_p04_items_of_a_collection(engine: tr.Engine) -> None:
    with engine.register(CHAIN) as types:
        assert types[-1] == types[2]
        assert types[-3] == types[0]
        for beyond in (3, -4, 2**31, 2**70, -(2**70), 10**5000):
            with pytest.raises(IndexError, match=r"there is no type .*; there are 3"):
                types[beyond]
        wrong: Any = "0"
        with pytest.raises(TypeError):
            types[wrong]


# Logging, P5.


class Calling(logging.Handler):
    """A handler that calls something for each event, those of the call itself included."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(5)
        self.call = call
        self.told: list[Event] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(parse(record.getMessage()))
        self.call()


def test_p05_a_handler_may_use_the_registry(engine: tr.Engine) -> None:
    def use() -> None:
        with tr.RegisteredType(engine, unique(40)) as handle, engine.register(CHAIN) as types:
            assert handle.index in engine.registry
            assert engine.registry.borrow(handle.index) == handle.type
            engine.registry.stats()
            assert len(copy.copy(types[1]).supertypes) == 1
            list(engine.registry)

    gc.collect()
    handler = Calling(use)
    with listening(handler):
        handle = tr.RegisteredType(engine, unique(1))
        twin = copy.copy(handle)
        types = engine.register(CHAIN)
        types.close()
        twin.close()
        del handle
    assert handler.told[0].step == ("create", (0,), 1)
    assert {"create", "incref", "decref", "remove"} <= {event.operation for event in handler.told}
    assert live(engine) == []


def test_s15_what_a_handler_does_is_told_in_order_and_comes_to_an_end(engine: tr.Engine) -> None:
    gc.collect()
    calls = []

    def use() -> None:
        with tr.RegisteredType(engine, unique(2)):
            calls.append(len(handler.told))

    handler = Calling(use)
    with listening(handler):
        handle = tr.RegisteredType(engine, unique(1))
        created = [event.step for event in handler.told]
        handle.close()
    # The event at hand, what the handler did at it, and nothing of what it did at that.
    once = [("create", (1,), 1), ("decref", (1,), 0), ("remove", (1,), 0)]
    assert created == [("create", (0,), 1), *once]
    # The slot is free again when the events of its removal are told.
    again = [("create", (0,), 1), ("decref", (0,), 0), ("remove", (0,), 0)]
    own = [("decref", (0,), 0), ("remove", (0,), 0)]
    assert [event.step for event in handler.told[4:]] == [*own, *again, *again]
    assert [event.sequence for event in handler.told] == list(range(1, 13))
    assert calls == list(range(1, 13))
    assert live(engine) == []


def test_s15_events_of_each_thread_stay_in_order_while_handlers_use_the_registry() -> None:
    gc.collect()
    engine = tr.Engine()
    told: dict[int, list[int]] = {}

    class Using(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.setdefault(threading.get_ident(), []).append(parse(record.getMessage()).sequence)
            with tr.RegisteredType(engine, unique(9)):
                pass

    both = threading.Barrier(2, timeout=60)

    def body() -> None:
        both.wait()  # so that neither thread has the other's identity
        for i in range(60):
            with tr.RegisteredType(engine, unique(i % 3)) as handle, engine.register(CHAIN):
                copy.copy(handle)
        both.wait()

    with listening(Using(5)):
        run_threads(body, body)
    assert len(told) == 2
    for numbers in told.values():
        assert numbers == sorted(set(numbers))
    assert not set.intersection(*map(set, told.values()))
    assert live(engine) == []


def test_p05_a_handler_may_drop_the_last_handle(engine: tr.Engine) -> None:
    shelf = [tr.RegisteredType(engine, unique(i)) for i in range(10)]

    def drop() -> None:
        if shelf:
            shelf.pop()

    with listening(Calling(drop)):
        for i in range(20, 30):
            tr.RegisteredType(engine, unique(i))
    assert shelf == []
    assert live(engine) == []


class WantedError(Exception):
    """What a handler raises."""


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """The exceptions that nobody could raise."""
    seen: list[type[BaseException]] = []

    def hook(told: sys.UnraisableHookArgs) -> None:
        seen.append(told.exc_type)

    monkeypatch.setattr(sys, "unraisablehook", hook)
    return seen


def fail() -> None:
    raise WantedError


def test_p05_a_handler_that_raises_stops_nothing(
    engine: tr.Engine, unraisable: list[type[BaseException]]
) -> None:
    with listening(Calling(fail)):
        handle = tr.RegisteredType(engine, unique(1))
        assert unraisable == [WantedError]
        twin = copy.copy(handle)
        types = engine.register(CHAIN)
        assert handle.registrations == twin.registrations == 2
        assert len(types) == 3
        before = len(unraisable)
        types.close()
        assert len(unraisable) > before
        twin.close()
        del handle
    assert set(unraisable) == {WantedError}
    assert live(engine) == []


def test_p05_a_handler_that_raises_hides_no_exception(
    engine: tr.Engine, unraisable: list[type[BaseException]]
) -> None:
    class MineError(Exception):
        pass

    with listening(Calling(fail)):
        with pytest.raises(MineError), tr.RegisteredType(engine, unique(1)):
            raise MineError
        with pytest.raises(tr.NotCanonicalError):
            tr.RegisteredType(engine, tr.FuncType([tr.RefType(tr.RecIndex(0))], []))
        kept = [tr.RegisteredType(engine, unique(2))]
        try:
            raise MineError
        except MineError:
            kept.clear()
    assert set(unraisable) == {WantedError}
    assert live(engine) == []


HANDLER = """
import logging, signal, sys, threading, typereg as tr
lost = []
sys.unraisablehook = lambda unraisable: lost.append(unraisable.exc_type)
# Whoever starts the tests in the background may have them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
class Handler(logging.Handler):
    def emit(self, record):
        interrupt()
logger = logging.getLogger("typereg")
logger.addHandler(Handler())
logger.setLevel(tr.TRACE)
engine = tr.Engine()
def use():
    tr.RegisteredType(engine, tr.FuncType([], [])).close()
def by_signal(once=[signal.SIGINT]):
    while once:
        signal.raise_signal(once.pop())
def by_hand():
    raise KeyboardInterrupt
"""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(
            "interrupt = by_signal\n"
            "try: use(); print('lost')\n"
            "except KeyboardInterrupt: print('raised', len(lost))\n",
            "raised 0",
            id="once more",
        ),
        pytest.param(
            "interrupt = by_signal; calls = []\n"
            "def on_signal(*_): calls.append(1); raise KeyboardInterrupt\n"
            "signal.signal(signal.SIGINT, on_signal)\n"
            "use(); print(len(calls), len(lost))\n",
            "1 1",
            id="not to somebody's own handler of the signal",
        ),
        pytest.param(
            "interrupt = by_hand\n"
            "thread = threading.Thread(target=use)\n"
            "thread.start(); thread.join(); print('there', len(lost))\n",
            "there 3",
            id="not from another thread",
        ),
    ],
)
def test_p05_ctrl_c_in_a_handler_is_raised_behind_it(script: str, expected: str) -> None:
    """Where nothing else happens than in handlers, a program could not be interrupted."""
    done = subprocess.run(
        [sys.executable, "-c", HANDLER + script],
        capture_output=True,
        timeout=90,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", expected + "\n")


def test_p05_a_failing_call_is_told_and_undone(engine: tr.Engine, events: EventRecorder) -> None:
    keep = tr.RegisteredType(engine, OPEN)
    events.take()
    bad = tr.FuncType([tr.RefType(keep.index), tr.RefType(tr.RecIndex(7))], [])
    with pytest.raises(tr.NotCanonicalError):
        tr.RegisteredType(engine, bad)
    balance = sum({"incref": 1, "decref": -1}.get(step[0], 0) for step in events.take())
    assert balance == 0
    assert keep.registrations == 1


def test_p05_handlers_in_threads_that_hammer() -> None:
    engine = tr.Engine()

    def use() -> None:
        len(engine.registry)
        with tr.RegisteredType(engine, unique(3)):
            pass

    def body() -> None:
        for i in range(150):
            with tr.RegisteredType(engine, unique(i % 3)) as handle:
                copy.copy(handle)
                engine.register(CHAIN)

    with listening(Calling(use)):
        run_threads(body, body, body)
    gc.collect()
    assert live(engine) == []


# No lock is held while Python runs, P6.


def test_p06_collections_while_handles_storm() -> None:
    engine = tr.Engine()
    done = threading.Event()

    def collect() -> None:
        while not done.is_set():
            gc.collect()

    def storm() -> None:
        for i in range(300):
            handle = tr.RegisteredType(engine, unique(i % 5))
            cycle: list[object] = [handle, copy.copy(handle), engine.register(CHAIN)]
            cycle.append(cycle)

    def storms() -> None:
        try:
            run_threads(storm, storm)
        finally:
            done.set()

    threshold = gc.get_threshold()
    gc.set_threshold(7, 2, 2)
    try:
        run_threads(collect, storms)
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert live(engine) == []


def test_p06_collections_while_a_handler_listens() -> None:
    engine = tr.Engine()
    threshold = gc.get_threshold()
    gc.collect()
    gc.set_threshold(3, 2, 2)
    try:
        with listening(EventRecorder()):
            for i in range(100):
                cycle: list[object] = [tr.RegisteredType(engine, unique(i))]
                cycle.append(cycle)
                engine.register(CHAIN).close()
    finally:
        gc.set_threshold(*threshold)
    del cycle
    gc.collect()
    assert live(engine) == []
