"""Real modules of GC toolchains, as published: the numbers that an independent counter found."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from collections import Counter

import pytest

import typereg as tr
from support.real_modules import real_module
from support.registry import numbers

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def dart() -> bytes:
    """`main.dart.wasm` of the PyPI package flet-web 1.0.5, fetched once."""
    return real_module("dart")


@pytest.fixture(scope="module")
def kotlin() -> bytes:
    """`ciris-shared.wasm` of the PyPI package ciris-client-wasm 0.5.234, fetched once.

    Kotlin/Wasm puts nearly all types of a program into one recursion group.
    """
    return real_module("kotlin")


def test_g11_the_numbers_of_a_real_module(dart: bytes) -> None:
    module = tr.Module(dart)
    kinds = Counter(type(member.composite) for member in module.types)
    assert len(module.types) == 13_987
    assert len(module.rec_groups) == 13_537
    assert kinds == {tr.FuncType: 8399, tr.StructType: 5556, tr.ArrayType: 32}
    assert sum(member.supertype is not None for member in module.types) == 2849
    assert max(len(group.members) for group in module.rec_groups) == 19


def test_g05_the_deepest_type_of_a_real_module(dart: bytes, engine: tr.Engine) -> None:
    with engine.register(dart) as types:
        depths = [len(handle.supertypes) for handle in types]
        assert max(depths) == 9
        assert sum(depth > 0 for depth in depths) == 2849


def test_s02_a_real_module_loaded_twice_adds_registrations_and_no_type(
    dart: bytes, engine: tr.Engine
) -> None:
    with engine.register(dart):
        once = engine.registry.stats()
        assert (once.types, once.groups, once.external) == (13_987, 13_537, 13_537)
        with engine.register(tr.Module(dart)):
            twice = engine.registry.stats()
            assert (twice.types, twice.groups) == (once.types, once.groups)
            assert twice.registrations == once.registrations + 13_537
            assert twice.edges == once.edges
        assert engine.registry.stats().registrations == once.registrations
    assert len(engine.registry) == 0
    assert numbers(engine)[:5] == (0, 0, 0, 0, 0)


def test_p03_the_repr_of_every_group_of_a_real_module_evaluates_back(dart: bytes) -> None:
    module = tr.Module(dart)
    namespace: dict[str, object] = {}
    exec("from typereg import *", namespace)
    for group in module.rec_groups:
        assert eval(repr(group), namespace) == group


def test_g06_every_group_of_a_real_module_registers_to_itself(
    dart: bytes, engine: tr.Engine
) -> None:
    with engine.register(dart) as types:
        before = numbers(engine)
        for handle in types:
            members = engine.register_group(handle.group)
            assert members[handle.position] == handle
            for member in members:
                member.close()
            handle.close()
        assert numbers(engine)[:5] == before[:5]


def test_c_inspect_tells_the_same_numbers(dart: bytes, tmp_path: pathlib.Path) -> None:
    (tmp_path / "main.dart.wasm").write_bytes(dart)
    said = subprocess.run(
        [sys.executable, "-m", "typereg", "inspect", "main.dart.wasm", "--json"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    (module,) = json.loads(said.stdout)["modules"]
    expected = {
        "types": 13_987,
        "groups": 13_537,
        "distinct_types": 13_987,
        "distinct_groups": 13_537,
        "kinds": {"func": 8399, "struct": 5556, "array": 32, "cont": 0},
        "with_supertype": 2849,
        "max_depth": 9,
        "largest_group": 19,
        "tags": 2,
        "shared_types": 0,
        "shared_groups": 0,
    }
    assert {key: module[key] for key in expected} == expected


def test_l_a_real_program_fits_its_engine(dart: bytes) -> None:
    """What a Flutter program imports from Skia's module, that module exports."""
    report = tr.link(dart, {"skwasm": real_module("skia")}, ignore_missing=True)
    assert report.ok, report
    assert str(report).startswith("all 238 imports match; ")
    report = tr.link(dart, {"skwasm": real_module("python")}, ignore_missing=True)
    # Both are Emscripten's, so a few exports are the same.
    assert {mismatch.reason for mismatch in report.mismatches} == {"missing-export"}
    assert len(report.mismatches) == 235


def test_l_a_real_module_is_the_same_as_itself(dart: bytes) -> None:
    assert tr.diff(dart, dart).verdict == "same"


def test_g11_the_numbers_of_a_program_in_one_group(kotlin: bytes, engine: tr.Engine) -> None:
    module = tr.Module(kotlin)
    kinds = Counter(type(member.composite) for member in module.types)
    assert kinds == {tr.FuncType: 38_124, tr.StructType: 41_483, tr.ArrayType: 8}
    assert sum(member.supertype is not None for member in module.types) == 40_502
    sizes = [len(group.members) for group in module.rec_groups]
    assert (len(sizes), max(sizes)) == (3642, 75_974)
    with engine.register(module) as types:
        depths = [len(handle.supertypes) for handle in types]
        assert max(depths) == 7
        stats = engine.registry.stats()
        assert (stats.types, stats.groups, stats.edges) == (79_615, 3642, 12_908)
    assert numbers(engine)[:5] == (0, 0, 0, 0, 0)


def test_g06_a_group_of_thousands_registers_to_itself(kotlin: bytes, engine: tr.Engine) -> None:
    with engine.register(kotlin) as types:
        handle = types[1000]
        group = handle.group
        members = engine.register_group(group)
        assert len(members) == 75_974
        assert members[handle.position] == handle
        for each in (*members, handle):
            each.close()
    assert numbers(engine)[:5] == (0, 0, 0, 0, 0)


def test_g08_a_snapshot_of_two_toolchains(dart: bytes, kotlin: bytes, engine: tr.Engine) -> None:
    """They share what every program has, such as `(func)`; a snapshot has each type once."""
    with engine.register(dart), engine.register(kotlin):
        stats = engine.registry.stats()
        shared = 13_987 + 79_615 - stats.types
        assert 0 < shared < 8399
        snapshot = engine.snapshot()
    other = tr.Engine()
    with other.load_snapshot(snapshot):
        assert len(other.registry) == stats.types
        assert other.snapshot() == snapshot
