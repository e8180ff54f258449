"""Snapshots: the live types as one module, and back. G8."""

from __future__ import annotations

import gc
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
import typereg as tr
from support.registry import live
from support.threads import run_threads
from typereg.testing.events import recording

EMPTY = b"\0asm\1\0\0\0"


def digests(engine: tr.Engine) -> list[bytes]:
    """The digests of all live types, sorted."""
    found = []
    for index in engine.registry:
        handle = tr.RegisteredType.root(engine, index)
        assert handle is not None
        with handle:
            found.append(handle.digest)
    return sorted(found)


WAT = """(module
  (type $a (sub (struct (field i32))))
  (rec
    (type $b (sub $a (struct (field i32) (field (ref null $c)))))
    (type $c (func (param (ref $b)))))
  (type $d (array (mut (ref $c))))
  (type $e (sub (struct (field i32)))))"""


def test_g08_reads_back_to_equal_digests() -> None:
    one, two = tr.Engine(), tr.Engine()
    with one.register(WAT):
        snapshot = one.snapshot()
        with two.load_snapshot(snapshot) as types:
            assert len(types) == 4
            assert digests(two) == digests(one)
            assert two.snapshot() == snapshot
        assert len(two.registry) == 0
    module = tr.Module(snapshot)
    assert sorted(module.type_digests) == sorted(set(tr.Module(WAT).type_digests))
    assert (module.imports, module.exports) == ((), ())


def test_g08_nothing_alive_is_a_module_without_types() -> None:
    engine = tr.Engine()
    assert engine.snapshot() == EMPTY
    with engine.load_snapshot(EMPTY) as types:
        assert len(types) == 0


def test_g08_groups_follow_what_they_refer_to_and_ties_go_by_digest() -> None:
    engine = tr.Engine()
    with engine.register(WAT):
        module = tr.Module(engine.snapshot())
    groups = module.group_digests
    references: dict[bytes, set[bytes]] = {}
    owner = [
        digest
        for digest, group in zip(groups, module.rec_groups, strict=True)
        for _ in group.members
    ]
    for digest, group in zip(groups, module.rec_groups, strict=True):
        text = repr(group)
        references[digest] = {
            owner[i] for i in range(len(owner)) if f"ModuleTypeIndex({i})" in text
        }
    written: list[bytes] = []
    while len(written) < len(groups):
        ready = [d for d in groups if d not in written and references[d] <= set(written)]
        written.append(min(ready))
    assert tuple(written) == groups


@given(st.lists(strategies.def_types(), max_size=4), st.randoms(use_true_random=False))
def test_g08_equal_registries_give_equal_bytes(
    types: list[tr.DefType], shuffler: random.Random
) -> None:
    def fill(order: list[tr.DefType]) -> tuple[tr.Engine, list[tr.RegisteredType]]:
        engine = tr.Engine()
        # Something that comes and goes, so that slots differ.
        passing = tr.RegisteredType(engine, tr.FuncType([tr.V128] * len(order), []))
        handles = [handle for ty in order for handle in engine.register_group(ty.group)]
        passing.close()
        return engine, handles

    one, kept = fill(types)
    shuffled = types * 2
    shuffler.shuffle(shuffled)
    two, also_kept = fill(shuffled)
    snapshot = one.snapshot()
    assert two.snapshot() == snapshot
    three = tr.Engine()
    with three.load_snapshot(snapshot):
        assert three.snapshot() == snapshot
        assert digests(three) == digests(one)
    assert len(tr.Module(snapshot).types) == len(live(one))
    del kept, also_kept


def test_g08_counts_nothing_and_loading_counts_as_a_module() -> None:
    engine = tr.Engine()
    with engine.register(WAT):
        before = engine.registry.stats()
        with recording() as events:
            snapshot = engine.snapshot()
            assert events.take() == []
        assert engine.registry.stats() == before
        with engine.load_snapshot(snapshot):
            # One registration for each group, whatever its size (K2).
            stats = engine.registry.stats()
            assert stats.registrations == before.registrations + 3
            assert (stats.hits, stats.misses) == (before.hits + 3, before.misses)


def test_g08_more_than_the_profile_allows() -> None:
    for limit in ["types", "groups"]:
        engine = tr.Engine(limits=tr.Limits.js_api(**{limit: 2}))
        handles = [tr.RegisteredType(engine, tr.FuncType([tr.I32] * n, [])) for n in range(2)]
        assert len(tr.Module(engine.snapshot()).types) == 2
        handles.append(tr.RegisteredType(engine, tr.StructType([])))
        with pytest.raises(tr.LimitError) as caught:
            engine.snapshot()
        assert (caught.value.limit, caught.value.value) == (limit, 3)
        del handles


def test_g08_needs_the_features_of_its_types() -> None:
    engine = tr.Engine(features=tr.Features(stack_switching=True))
    with engine.register("(module (type $f (func)) (type (cont $f)))"):
        snapshot = engine.snapshot()
    with pytest.raises(tr.UnsupportedFeatureError):
        tr.Engine().load_snapshot(snapshot)


def test_g08_wrong_data() -> None:
    engine = tr.Engine()
    with engine.register(WAT):
        snapshot = engine.snapshot()
    for data in ["(module)", None, 3]:
        with pytest.raises(TypeError, match="data: expected bytes"):
            engine.load_snapshot(data)  # type: ignore[arg-type]
    for length in range(len(snapshot)):
        if length != len(EMPTY):
            with pytest.raises(tr.DecodeError):
                engine.load_snapshot(snapshot[:length])
    with engine.load_snapshot(memoryview(snapshot)) as types:
        assert len(types) == 4
    assert len(engine.registry) == 0


def test_g08_while_types_come_and_go() -> None:
    engine = tr.Engine()
    stay = engine.register(WAT)

    def churn() -> None:
        for number in range(150):
            with engine.register(f"(module {'(type (struct))' * (number % 3)} (type (array i8)))"):
                pass

    def snap() -> None:
        for _ in range(100):
            module = tr.Module(engine.snapshot())
            assert set(tr.Module(WAT).type_digests) <= set(module.type_digests)

    run_threads(churn, snap, churn, snap)
    stay.close()
    gc.collect()
    assert engine.snapshot() == EMPTY


def test_g08_another_engine_reads_it() -> None:
    wasmtime = pytest.importorskip("wasmtime")
    engine = tr.Engine()
    with engine.register(WAT):
        snapshot = engine.snapshot()
    config = wasmtime.Config()
    for feature in ("wasm_function_references", "wasm_gc"):
        if hasattr(type(config), feature):
            setattr(config, feature, True)
    wasmtime.Module.validate(wasmtime.Engine(config), snapshot)
