"""Digests: `docs/digest.md`, its vectors, typereg, and the reference, written from the page. G7."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import typereg as tr
from support.threads import run_threads
from typereg import reference as ref
from typereg.reference.digest import Digests
from typereg.reference.types import StructType
from typereg.testing import strategies as kit
from typereg.testing.events import recording
from typereg.testing.spec import section

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "digest.md").read_text()
VECTORS: dict[str, Any] = json.loads((DOCS / "digest-vectors.json").read_text())
EVERYTHING = tr.Features(stack_switching=True)


def read(module: tr.Module) -> ref.Module:
    """A module as the reference reads it."""
    return ref.Module(module.wasm, features=ref.Features(stack_switching=True))


def described(name: str, wat: str) -> dict[str, object]:
    """What the vectors hold of a module."""
    module = read(tr.Module(wat, features=EVERYTHING))
    digests = Digests()
    groups, start = [], 0
    for group in module.closed_groups:
        end = start + len(group.members)
        groups.append(
            {
                "types": list(range(start, end)),
                "encoding": digests.encoding(group).hex(),
                "digest": digests.group(group).hex(),
            }
        )
        start = end
    types = [digests.type(defined).hex() for defined in module.def_types]
    return {
        "name": name,
        "wat": wat,
        "wasm": module.wasm.hex(),
        "groups": groups,
        "types": types,
    }


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: str(vector["name"]))
def test_g07_vectors_hold(vector: dict[str, Any]) -> None:
    module = tr.Module(bytes.fromhex(vector["wasm"]), features=EVERYTHING)
    groups = [group["digest"] for group in vector["groups"]]
    assert [digest.hex() for digest in module.group_digests] == groups
    assert [digest.hex() for digest in module.type_digests] == vector["types"]
    for group in vector["groups"]:
        for index in group["types"]:
            ty = module.def_type(index)
            assert ty.digest.hex() == vector["types"][index]
            assert ty.group_digest.hex() == group["digest"]


def test_g07_vectors_are_what_the_page_says() -> None:
    vectors = [described(vector["name"], vector["wat"]) for vector in VECTORS["vectors"]]
    assert {"version": 1, "vectors": vectors} == VECTORS


def test_g07_the_worked_example_is_true() -> None:
    section = PAGE.split("## A worked example\n")[1].split("\n## ")[0]
    wat, *blocks = re.findall(r"```(?:wat|text)\n(.*?)```", section, re.DOTALL)
    module = tr.Module(wat)
    digests = Digests()
    encodings = [bytes.fromhex(_hex(block)) for block in blocks[::2]]
    assert encodings == [*map(digests.encoding, read(module).closed_groups)]
    lines = [line.split() for block in blocks[1::2] for line in block.splitlines()]
    groups = [digest for name, digest in lines if name == "group"]
    assert groups == [digest.hex() for digest in module.group_digests]
    types = {name: digest for name, digest in lines if name != "group"}
    assert types == {
        module.type_name(index): digest.hex() for index, digest in enumerate(module.type_digests)
    }


def _hex(block: str) -> str:
    """The bytes at the beginning of each line, before two blanks."""
    return "".join(line.split("  ")[0].replace(" ", "") for line in block.splitlines())


@given(kit.rec_groups(), kit.rec_groups(section(StructType([]))), st.booleans())
def test_g07_the_page_and_typereg_agree(one: tr.RecGroup, two: tr.RecGroup, first: bool) -> None:
    before = str(one).replace("$rec.", "$one.")
    module = tr.Module(f"(module (type (struct)) {before if first else ''} {two})")
    assert module.group_digests == read(module).group_digests
    assert module.type_digests == read(module).type_digests


@given(kit.rec_groups(), kit.rec_groups())
def test_g07_digests_are_equal_exactly_when_types_are(one: tr.RecGroup, two: tr.RecGroup) -> None:
    a, b = tr.Module(f"(module {one})"), tr.Module(f"(module (type (array i8)) {two})")
    for i, digest in enumerate(a.type_digests):
        for j, other in enumerate(b.type_digests):
            assert (digest == other) == tr.equal(a, i, b, j)


def test_g07_numbers_names_and_order_do_not_matter() -> None:
    one = tr.Module("(module (type $a (struct)) (type $b (func (param (ref $a)))))")
    two = tr.Module(
        "(module (type (array i8)) (type (struct)) (rec) (type (func (param (ref 1)))))"
    )
    assert one.type_digests == two.type_digests[1:]
    assert len(set(two.group_digests)) == 4
    assert one.group_digests[1] not in one.type_digests


def test_g07_a_handle_has_the_digest_of_its_type(hashed_engine: tr.Engine) -> None:
    module = tr.Module(bytes.fromhex(VECTORS["vectors"][-1]["wasm"]))
    with hashed_engine.register(module) as types:
        handles = list(types)
        # The last first: what it leads to is found on the way.
        for handle, digest in reversed(list(zip(handles, module.type_digests, strict=True))):
            assert handle.digest == digest
            assert handle.def_type.digest == digest
        assert types[0].digest == module.type_digests[0]
    for handle in handles:
        handle.close()
        with pytest.raises(tr.ClosedError):
            _ = handle.digest
        with pytest.raises(tr.ClosedError):
            _ = handle.def_type
    assert len(hashed_engine.registry) == 0


def test_g07_a_reused_slot_has_no_old_digest() -> None:
    engine = tr.Engine()
    with tr.RegisteredType(engine, tr.StructType([])) as first:
        index, digest = first.index, first.digest
    with tr.RegisteredType(engine, tr.FuncType([], [])) as second:
        assert second.index.bits == index.bits
        assert second.digest != digest
    with tr.RegisteredType(engine, tr.StructType([])) as third:
        assert third.digest == digest


def test_g07_looking_counts_nothing() -> None:
    engine = tr.Engine()
    with engine.register("(module (type $a (struct)) (type (array (ref $a))))") as types:
        handle = types[1]
        before = engine.registry.stats()
        with recording() as events:
            assert len(handle.digest) == 32
            assert handle.def_type.digest == handle.digest
            assert events.take() == []
        assert engine.registry.stats() == before
        handle.close()


def test_g07_threads_look_while_types_come_and_go() -> None:
    engine = tr.Engine()
    expected = [ty.digest for ty in CHAIN]

    def look() -> None:
        for _ in range(60):
            for ty, digest in zip(CHAIN, expected, strict=True):
                handles = engine.register_group(ty.group)
                assert handles[0].digest == digest
                assert handles[0].def_type == ty
                for handle in handles:
                    handle.close()

    run_threads(*[look] * 4)
    assert len(engine.registry) == 0


def _chain() -> list[tr.DefType]:
    chain = [tr.DefType(tr.RecGroup([tr.StructType([])]), 0)]
    for _ in range(5):
        field = tr.FieldType(tr.RefType(chain[-1]))
        chain.append(tr.DefType(tr.RecGroup([tr.StructType([field] * 2)]), 0))
    return chain


CHAIN = _chain()
