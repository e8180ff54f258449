"""The reference beside typereg on type sections: reading, validity, identity, matching. D1."""

from __future__ import annotations

import gc
import itertools
import os
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import typereg as tr
from support import sections
from typereg import reference as ref
from typereg.reference import convert, structure
from typereg.reference.binary import encode_types
from typereg.testing import wasm
from typereg.testing.events import EventRecorder, listening
from typereg.testing.spec import Module

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
DEEP = settings(max_examples=4000 if NIGHTLY else 60)


VALID = ("", None)


@pytest.fixture(autouse=True)
def no_garbage() -> None:
    """The end of what was there before would be heard among the events.

    Once for all examples: Hypothesis keeps more with each, and all of it is looked through.
    """
    gc.collect()


def verdict(make: Any, data: bytes) -> tuple[str, int | None]:
    """The kind of error that the bytes raise, and the type at fault; nothing if they are valid."""
    try:
        make(data)
    except (tr.TypeRegError, ref.TypeRegError) as error:
        return type(error).__name__, getattr(error, "type_index", None)
    return VALID


@DEEP
@given(sections.sections())
def test_d01_both_read_the_same_types(groups: list[ref.RecGroup]) -> None:
    data = encode_types(groups)
    mine, theirs = ref.Module(data), tr.Module(data)
    assert mine.rec_groups == tuple(groups)
    assert convert.from_typereg(tuple(theirs.rec_groups)) == mine.rec_groups
    assert convert.from_typereg(tuple(theirs.types)) == mine.types
    assert convert.to_typereg(mine.types) == tuple(theirs.types)


@DEEP
@given(sections.spoiled_sections())
def test_d01_both_judge_alike(section: Module) -> None:
    # Of several faults either side may name any, so the culprits need not agree.
    assert verdict(ref.Module, section.wasm)[0] == verdict(tr.Module, section.wasm)[0]


@DEEP
@given(sections.sections(), sections.sections())
def test_d01_both_register_alike(one: list[ref.RecGroup], two: list[ref.RecGroup]) -> None:
    mine, theirs = ref.Engine(), tr.Engine()
    recorder = EventRecorder()
    with mine.registry.trace.recording() as told, listening(recorder):
        collections: list[tuple[ref.TypeCollection, tr.TypeCollection]] = []
        for groups in (one, two, one):
            data = encode_types(groups)
            collections.append((mine.register(data), theirs.register(data)))
            ours, others = collections[-1]
            assert [*map(int, ours.as_module_map())] == [*map(int, others.as_module_map())]
        handles = [*zip(collections[1][0], collections[1][1], strict=True)]
        for collection in collections:
            for each in collection:
                each.close()
        for handle, other in handles:
            assert handle.registrations == other.registrations
            assert handle.position == other.position
            handle.close()
            other.close()
        assert [*map(str, told)] == [record.getMessage() for record in recorder.records]
    assert len(mine.registry) == len(theirs.registry) == 0


@DEEP
@given(sections.sections(), sections.sections())
def test_d01_both_compare_alike(one: list[ref.RecGroup], two: list[ref.RecGroup]) -> None:
    engine = ref.Engine()
    mine = [ref.Module(encode_types(groups)) for groups in (one, two)]
    theirs = [tr.Module(module.wasm) for module in mine]
    first, second = (engine.register(module) for module in mine)
    for i, a in enumerate(mine[0].def_types):
        for j, b in enumerate(mine[1].def_types):
            equal = structure.equal(a, b)
            assert equal is tr.equal(theirs[0], i, theirs[1], j)
            assert equal is (first.shared_type(i) == second.shared_type(j))
            below = structure.matches(a, b)
            assert below is tr.matches(theirs[0], i, theirs[1], j)
            assert below is first[i].is_subtype_of(second[j])


@DEEP
@given(sections.sections(), sections.sections(), st.data())
def test_k12_both_register_closed_types_alike(
    one: list[ref.RecGroup], two: list[ref.RecGroup], data: st.DataObject
) -> None:
    known = [
        defined for groups in (one, two) for defined in ref.Module(encode_types(groups)).def_types
    ]
    declared = [(defined, structure.unroll(defined)) for defined in known]
    group = data.draw(sections.rec_groups(declared, smallest=1))
    limits = {"live_types": data.draw(st.integers(1, 12))}
    mine = ref.Engine(limits=ref.Limits.js_api(**limits))
    theirs = tr.Engine(limits=tr.Limits.js_api(**limits))
    recorder = EventRecorder()
    with mine.registry.trace.recording() as told, listening(recorder):
        for _ in range(2):
            try:
                handles = mine.register_group(group)
            except ref.LimitError as error:
                refused = error.limit, error.value
                with pytest.raises(tr.LimitError) as caught:
                    theirs.register_group(convert.to_typereg(group))
                assert (caught.value.limit, caught.value.value) == refused
                continue
            others = theirs.register_group(convert.to_typereg(group))
            counts = [handle.registrations for handle in others]
            assert counts == [handle.registrations for handle in handles]
        handles = others = ()
        assert [*map(str, told)] == [record.getMessage() for record in recorder.records]
    assert len(mine.registry) == len(theirs.registry) == 0


@given(sections.sections())
def test_g10_closed_types_go_both_ways(groups: list[ref.RecGroup]) -> None:
    data = encode_types(groups)
    mine, theirs = ref.Module(data), tr.Module(data)
    for index, defined in enumerate(mine.def_types):
        assert convert.to_typereg(defined) == theirs.def_type(index)
        assert structure.equal(convert.from_typereg(theirs.def_type(index)), defined)


@DEEP
@given(sections.sections(), sections.sections())
def test_g07_both_digest_alike(one: list[ref.RecGroup], two: list[ref.RecGroup]) -> None:
    mine = [ref.Module(encode_types(groups)) for groups in (one, two)]
    for module in mine:
        theirs = tr.Module(module.wasm)
        assert module.type_digests == theirs.type_digests
        assert module.group_digests == theirs.group_digests
    for a, digest in zip(mine[0].def_types, mine[0].type_digests, strict=True):
        for b, other in zip(mine[1].def_types, mine[1].type_digests, strict=True):
            assert structure.equal(a, b) is (digest == other)


FUNCTION = wasm.type_section(wasm.func())
REFUSED = {
    "a component": b"\0asm\x0d\0\1\0",
    "another version": b"\0asm\0\0\1\0",
    "no magic": b"asm\0\1\0\0\0",
    "two supertypes": wasm.types(wasm.sub(wasm.struct()), wasm.sub(wasm.struct(), 0, 0)),
    "a start section with more than a number": wasm.module(wasm.section(wasm.START, b"\1\1")),
    "data of another number": wasm.module(
        wasm.section(wasm.DATA_COUNT, b"\3"), wasm.section(wasm.DATA, b"\1\1\0")
    ),
    "functions without bodies": wasm.module(
        FUNCTION, wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(0)]))
    ),
    "more pages than can be addressed": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(2**32)]))
    ),
    "a shared memory without maximum": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, shared=True)]))
    ),
    "a tag with results": wasm.module(
        wasm.type_section(wasm.func([], [wasm.I32])), wasm.section(wasm.TAG, wasm.vec([b"\0\0"]))
    ),
    "two exports of one name": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1)])),
        wasm.section(wasm.EXPORT, wasm.vec([wasm.export("m", wasm.KIND_MEMORY, 0)] * 2)),
    ),
    "a field that is shared": wasm.types(wasm.struct(wasm.field(b"\x65\x6e"))),
    "an exact reference": wasm.types(wasm.struct(wasm.field(b"\x63\x62\x00"))),
    "a described type": wasm.types(wasm.rec(wasm.struct(), b"\x4c\x00" + wasm.struct())),
    "a continuation": wasm.types(wasm.func(), wasm.cont(0)),
    "a page of one byte": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, page_log2=0)]))
    ),
    "too many parameters": wasm.types(wasm.func([wasm.I32] * 1001)),
    "too many fields": wasm.types(wasm.struct(*[wasm.field(wasm.I32)] * 10001)),
    "too deep": wasm.types(
        wasm.sub(wasm.struct()), *(wasm.sub(wasm.struct(), i) for i in range(64))
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_d01_both_refuse_by_the_same_name(what: str) -> None:
    kind, culprit = verdict(ref.Module, REFUSED[what])
    assert kind
    assert verdict(tr.Module, REFUSED[what]) == (kind, culprit)


SIZES = [0, 1, 2**16, 2**16 + 1, 2**32 - 1, 2**32, 2**48, 2**48 + 1, 2**64 - 1]


@pytest.mark.parametrize("wide", [False, True], ids=["32", "64"])
def test_d01_both_bound_memories_and_tables_alike(wide: bool) -> None:
    features = {"custom_page_sizes": True}
    ours = partial(tr.Module, features=tr.Features(**features))
    theirs = partial(ref.Module, features=ref.Features(**features))
    verdicts = set()
    for low, high, log2 in itertools.product(SIZES, [None, *SIZES], [None, 0, 16]):
        limits = wasm.limits(low, high, address64=wide, page_log2=log2)
        memory = wasm.section(wasm.MEMORY, wasm.vec([limits]))
        plain = wasm.limits(low, high, address64=wide)
        table = wasm.section(wasm.TABLE, wasm.vec([wasm.table(wasm.FUNC, plain)]))
        for section in (memory, table):
            data = wasm.module(section)
            found = verdict(ours, data)
            assert verdict(theirs, data) == found, (low, high, log2)
            verdicts.add(found)
    assert verdicts == {VALID, ("ValidationError", None)}


TELLING = [0x00, 0x01, 0x02, 0x40, 0x5D, 0x62, 0x63, 0x64, 0x65, 0x7F, 0x80, 0xFF]
"""Bytes that mean something here and there."""
SEEDS = [
    wasm.types(
        wasm.sub(wasm.struct(wasm.field(wasm.ref(0)))),
        wasm.rec(wasm.sub(wasm.func([wasm.I32], [wasm.ref(2)])), wasm.array(wasm.field(wasm.I8))),
        wasm.sub(wasm.struct(wasm.field(wasm.ref(0)), wasm.field(wasm.ANY)), 0, final=True),
        wasm.cont(1),
    ),
    wasm.module(
        wasm.type_section(wasm.func([wasm.V128]), wasm.struct()),
        wasm.section(
            wasm.IMPORT,
            wasm.vec(
                [
                    wasm.import_("m", "f", wasm.KIND_FUNC, wasm.leb(0)),
                    wasm.import_("m", "t", wasm.KIND_TAG, wasm.tag(0)),
                    wasm.import_("m", "g", wasm.KIND_GLOBAL, wasm.global_(wasm.ref(1))),
                    wasm.import_("m", "b", wasm.KIND_TABLE, wasm.table(wasm.FUNC, wasm.limits(1))),
                ]
            ),
        ),
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, 2, shared=True)])),
        wasm.section(wasm.EXPORT, wasm.vec([wasm.export("f", wasm.KIND_FUNC, 0)])),
    ),
]


@settings(max_examples=2000 if NIGHTLY else 20)
@given(st.integers(0, 2**32))
def test_d01_both_judge_damaged_bytes_alike(seed: int) -> None:
    random = Random(seed)
    on = {"stack_switching": True, "custom_page_sizes": True}
    ours = partial(tr.Module, features=tr.Features(**on))
    theirs = partial(ref.Module, features=ref.Features(**on))
    for _ in range(100):
        data = bytearray(random.choice(SEEDS))
        for _ in range(random.randint(1, 3)):
            at = random.randrange(8, len(data))
            byte = random.choice([random.randrange(256), *TELLING])
            data[at : at + random.randint(0, 1)] = [byte] * random.randint(0, 1)
        # Of two faults either may be named: which one, the specification leaves open.
        valid = verdict(theirs, bytes(data)) == VALID
        assert (verdict(ours, bytes(data)) == VALID) is valid, data.hex()
