"""Bytes and arguments of bad will: an error of our list, and the registry as it was."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import typereg as tr
from support.registry import unchanged
from typereg.testing import wasm

EMPTY = wasm.struct()

REFUSALS = (
    tr.DecodeError,
    tr.ValidationError,
    tr.LimitError,
    tr.UnsupportedFeatureError,
)

PYTHONS = (TypeError, IndexError, KeyError)

# One of everything that is read, small enough to break at every byte.
WHOLE = wasm.module(
    wasm.custom("note", b"anything"),
    wasm.type_section(
        wasm.sub(wasm.struct(wasm.field(wasm.I8, mutable=True))),
        wasm.rec(
            wasm.sub(wasm.struct(wasm.field(wasm.I8, mutable=True), wasm.field(wasm.ref(2))), 0),
            wasm.func([wasm.ref(1, nullable=False), wasm.ANY], [wasm.I64, wasm.V128]),
        ),
        wasm.rec(),
        wasm.array(wasm.field(wasm.ref(3))),
        wasm.func([wasm.I32]),
    ),
    wasm.section(
        wasm.IMPORT,
        wasm.vec(
            [
                wasm.import_("m", "f", wasm.KIND_FUNC, wasm.leb(2)),
                wasm.import_("m", "t", wasm.KIND_TABLE, wasm.table(wasm.ref(4), wasm.limits(1, 2))),
                wasm.import_("m", "m", wasm.KIND_MEMORY, wasm.limits(1, 2, shared=True)),
                wasm.import_("m", "g", wasm.KIND_GLOBAL, wasm.global_(wasm.ref(3), mutable=True)),
                wasm.import_("m", "e", wasm.KIND_TAG, wasm.tag(4)),
            ]
        ),
    ),
    wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(4)])),
    wasm.section(wasm.TABLE, wasm.vec([wasm.table(wasm.FUNC, wasm.limits(0, address64=True))])),
    wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(0)])),
    wasm.section(wasm.TAG, wasm.vec([wasm.tag(4)])),
    wasm.section(wasm.GLOBAL, wasm.vec([wasm.global_(wasm.I32) + b"\x41\x00\x0b"])),
    wasm.section(
        wasm.EXPORT,
        wasm.vec([wasm.export("f", wasm.KIND_FUNC, 1), wasm.export("g", wasm.KIND_GLOBAL, 0)]),
    ),
    wasm.code_section(1),
    wasm.type_names([(0, "base"), (3, "list")]),
)


def boundaries(data: bytes) -> set[int]:
    """Where sections end: a module cut there is well-formed as far as sections go."""
    found, at = {8}, 8
    while at < len(data):
        size, shift, at = 0, 0, at + 1
        while True:
            byte, at = data[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        at += size
        found.add(at)
    return found


def survive(engine: tr.Engine, data: bytes) -> bool:
    """Loads, looks at and unloads what may be anything; whether it was a module."""
    try:
        module = tr.Module(data)
    except REFUSALS:
        return False
    list(module.types), list(module.rec_groups), module.imports, module.exports
    for index in range(len(module.types)):
        module.type_name(index)
    engine.register(module).close()
    return True


def test_the_whole_module_is_valid(engine: tr.Engine) -> None:
    assert survive(engine, WHOLE)
    assert len(WHOLE) in boundaries(WHOLE)
    assert len(tr.Module(WHOLE).types) == 5


def test_f03_every_truncation_is_malformed(engine: tr.Engine) -> None:
    kept = engine.register(WHOLE)
    whole = boundaries(WHOLE)
    with unchanged(engine):
        for length in range(len(WHOLE)):
            if length in whole:
                survive(engine, WHOLE[:length])
                continue
            with pytest.raises(tr.DecodeError) as caught:
                engine.register(WHOLE[:length])
            assert 0 <= caught.value.offset <= length
    kept.close()


def test_f03_every_single_byte_mutation_is_survived(engine: tr.Engine) -> None:
    kept = engine.register(WHOLE)
    valid = 0
    with unchanged(engine, probes=0):  # the valid ones come and go
        for position in range(len(WHOLE)):
            data = bytearray(WHOLE)
            for value in range(256):
                data[position] = value
                valid += survive(engine, bytes(data))
    assert valid > len(WHOLE)
    kept.close()


def test_f03_bytes_left_out_or_doubled_are_survived(engine: tr.Engine) -> None:
    with unchanged(engine, probes=0):  # the valid ones come and go
        for position in range(len(WHOLE)):
            survive(engine, WHOLE[:position] + WHOLE[position + 1 :])
            survive(engine, WHOLE[:position] + WHOLE[position : position + 1] + WHOLE[position:])
            survive(engine, WHOLE[:position] + b"\xff" * 8 + WHOLE[position:])


@given(st.binary(max_size=60))
def test_g11_any_bytes_after_the_magic(tail: bytes) -> None:
    engine = tr.Engine()
    survive(engine, wasm.MAGIC + tail)
    assert len(engine.registry) == 0


@given(st.binary(max_size=40))
def test_g11_any_bytes_as_a_type_section(body: bytes) -> None:
    engine = tr.Engine()
    survive(engine, wasm.module(wasm.section(wasm.TYPE, body)))
    assert len(engine.registry) == 0


WORDS = (
    "( ) module type rec sub final func param result struct field array mut ref null i32 i8 anyref "
    '$a $b 0 1 99999999999 -1 import export "x" memory table global tag (; ;) ;; \x00 é'
)
TOKENS = st.sampled_from([*WORDS.split(), "\n"])


@given(st.lists(TOKENS, max_size=30))
def test_g11_any_words_as_wat(words: list[str]) -> None:
    try:
        tr.Module("(module " + " ".join(words))
    except REFUSALS as error:
        refusal = error
        assert str(refusal)


# LEBs.

LONG = b"\x80\x80\x80\x80\x80\x00"
BIG = b"\xff\xff\xff\xff\x7f"
LONG_64 = b"\x80" * 10 + b"\x00"
BIG_64 = b"\xff" * 9 + b"\x7f"

LEBS: dict[str, Callable[[bytes], bytes]] = {
    "section size": lambda leb: wasm.MAGIC + b"\x01" + leb,
    "type count": lambda leb: wasm.module(wasm.section(wasm.TYPE, leb)),
    "group size": lambda leb: wasm.types(b"\x4e" + leb),
    "supertype count": lambda leb: wasm.types(b"\x50" + leb),
    "supertype": lambda leb: wasm.types(b"\x50\x01" + leb),
    "param count": lambda leb: wasm.types(b"\x60" + leb),
    "result count": lambda leb: wasm.types(b"\x60\x00" + leb),
    "field count": lambda leb: wasm.types(b"\x5f" + leb),
    "import count": lambda leb: wasm.module(wasm.section(wasm.IMPORT, leb)),
    "name length": lambda leb: wasm.module(wasm.section(wasm.IMPORT, b"\x01" + leb)),
    "function count": lambda leb: wasm.module(wasm.section(wasm.FUNCTION, leb)),
    "tag type": lambda leb: wasm.module(wasm.section(wasm.TAG, b"\x01\x00" + leb)),
    "export index": lambda leb: wasm.module(wasm.section(wasm.EXPORT, b"\x01\x00\x00" + leb)),
}

# The format writes limits as u64, whatever the address type.
LEBS_64: dict[str, Callable[[bytes], bytes]] = {
    "table minimum": lambda leb: wasm.module(wasm.section(wasm.TABLE, b"\x01\x70\x00" + leb)),
    "memory maximum": lambda leb: wasm.module(wasm.section(wasm.MEMORY, b"\x01\x01\x00" + leb)),
    "table64 minimum": lambda leb: wasm.module(wasm.section(wasm.TABLE, b"\x01\x70\x04" + leb)),
    "memory64 maximum": lambda leb: wasm.module(wasm.section(wasm.MEMORY, b"\x01\x05\x00" + leb)),
}


@pytest.mark.parametrize("place", LEBS | LEBS_64)
@pytest.mark.parametrize("leb", [b"", b"\x80", b"\xff\xff"], ids=["absent", "one", "two"])
def test_g11_a_truncated_leb_is_malformed(place: str, leb: bytes) -> None:
    data = (LEBS | LEBS_64)[place](leb)
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert 8 <= caught.value.offset <= len(data)


@pytest.mark.parametrize("place", LEBS)
@pytest.mark.parametrize("leb", [LONG, BIG], ids=["too long", "too large"])
def test_g11_an_oversized_leb_is_malformed(place: str, leb: bytes) -> None:
    data = LEBS[place](leb + bytes(40))
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert 8 <= caught.value.offset <= len(data)


@pytest.mark.parametrize("place", LEBS_64)
@pytest.mark.parametrize("leb", [LONG_64, BIG_64], ids=["too long", "too large"])
def test_g11_a_limit_beyond_64_bits_is_malformed(place: str, leb: bytes) -> None:
    data = LEBS_64[place](leb + bytes(40))
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert 8 <= caught.value.offset <= len(data)


@pytest.mark.parametrize("place", ["table minimum", "memory maximum"])
def test_g11_a_limit_beyond_32_bits_is_invalid_without_64_bit_addresses(place: str) -> None:
    data = LEBS_64[place](BIG)
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(data)
    assert caught.value.offset in range(8, len(data) + 1)
    assert len(tr.Module(LEBS_64[place](LONG)).types) == 0  # six bytes that say 0


@pytest.mark.parametrize(
    "data",
    [b"", b"abc", b"not a module", wasm.MAGIC[:4] + b"\2\0\0\0", wasm.types(b"\0"), WHOLE + b"?"],
    ids=["empty", "short", "magic", "version", "type form", "section"],
)
def test_g11_a_message_is_one_line_of_words(data: bytes) -> None:
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert " ".join(str(caught.value).split()) == str(caught.value)


@pytest.mark.parametrize(
    "head",
    [
        b"\x80",
        b"\x80\x80\x80\x80\x80\x00",
        b"\xff\xff\xff\xff\x3f",
        b"\xee\x7e",
        b"\x80\x80\x80\x80\x70",
    ],
    ids=["truncated", "six bytes", "beyond s33", "ANY in two bytes", "below s33"],
)
def test_g11_a_heap_type_in_a_bad_leb_is_refused(head: bytes) -> None:
    for data in (
        wasm.types(wasm.func([b"\x63" + head])),
        wasm.types(wasm.array(b"\x64" + head + b"\0")),
    ):
        with pytest.raises(tr.DecodeError) as caught:
            tr.Module(data)
        assert 8 <= caught.value.offset <= len(data)


def test_g11_a_padded_leb_is_legal() -> None:
    data = wasm.module(
        b"\x01\x8e\x80\x80\x80\x00"  # a type section of 14 bytes
        b"\x82\x80\x00"  # two groups
        b"\x5f\x80\x80\x00"  # a struct without fields
        b"\x60\x81\x00\x64\x80\x00\x00"  # a function of (ref 0)
    )
    assert [str(member) for member in tr.Module(data).types] == [
        "(struct)",
        "(func (param (ref 0)))",
    ]


# Promises.

HUGE = b"\xff\xff\xff\xff\x0f"

PROMISES: dict[str, bytes] = {
    "types": wasm.module(wasm.section(wasm.TYPE, HUGE + EMPTY)),
    "group": wasm.types(b"\x4e" + HUGE + EMPTY),
    "params": wasm.types(b"\x60" + HUGE + wasm.I32),
    "results": wasm.types(b"\x60\x00" + HUGE + wasm.I32),
    "fields": wasm.types(b"\x5f" + HUGE + wasm.field(wasm.I32)),
    "imports": wasm.module(wasm.section(wasm.IMPORT, HUGE)),
    "functions": wasm.module(wasm.type_section(wasm.func()), wasm.section(wasm.FUNCTION, HUGE)),
    "tables": wasm.module(wasm.section(wasm.TABLE, HUGE)),
    "memories": wasm.module(wasm.section(wasm.MEMORY, HUGE)),
    "globals": wasm.module(wasm.section(wasm.GLOBAL, HUGE)),
    "tags": wasm.module(wasm.section(wasm.TAG, HUGE)),
    "exports": wasm.module(wasm.section(wasm.EXPORT, HUGE)),
    "a name": wasm.module(wasm.section(wasm.IMPORT, b"\x01" + HUGE + b"m")),
    "a section": wasm.MAGIC + b"\x01" + HUGE,
    "a custom section": wasm.MAGIC + b"\x00" + HUGE,
}


@pytest.mark.parametrize("what", PROMISES)
@pytest.mark.parametrize("profile", [tr.Limits.js_api(), tr.Limits.spec()], ids=["js_api", "spec"])
def test_g11_a_count_that_promises_too_much(
    what: str, profile: tr.Limits, engine: tr.Engine
) -> None:
    with unchanged(engine):
        with pytest.raises((tr.DecodeError, tr.LimitError)):
            tr.Module(PROMISES[what], limits=profile)
        with pytest.raises((tr.DecodeError, tr.LimitError)):
            engine.register(PROMISES[what])


def in_child(code: str, stdin: bytes = b"") -> str:
    """What a child prints; that it crashes, or prints an error, fails the test."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], input=stdin, capture_output=True, timeout=100
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode().strip()


@pytest.mark.skipif(sys.platform != "linux", reason="bounds the address space")
@pytest.mark.parametrize("what", PROMISES)
def test_f03_nothing_is_allocated_by_promise(what: str) -> None:
    code = """
        import resource, sys
        import typereg as tr
        data = sys.stdin.buffer.read()
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        bound = pages * resource.getpagesize() + (64 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
        for limits in (tr.Limits.js_api(), tr.Limits.spec()):
            try:
                tr.Module(data, limits=limits)
            except (tr.DecodeError, tr.LimitError):
                print("refused")
    """
    assert in_child(code, PROMISES[what]).split() == ["refused", "refused"]


# Size.


def test_g04_a_million_types_and_not_one_more(engine: tr.Engine) -> None:
    def data(count: int) -> bytes:
        return wasm.module(wasm.section(wasm.TYPE, wasm.leb(count) + EMPTY * count))

    with engine.register(data(1_000_000)) as types:
        assert len(types) == 1_000_000
        assert engine.registry.stats().registrations == 1_000_000
        assert len(engine.registry) == 1
    for source in (data(1_000_001), tr.Module(data(1_000_001), limits=tr.Limits.spec())):
        with unchanged(engine), pytest.raises(tr.LimitError) as caught:
            engine.register(source)
        assert (caught.value.limit, caught.value.value) in {
            ("types", 1_000_001),
            ("groups", 1_000_001),
        }


def test_g04_a_group_of_a_million(engine: tr.Engine) -> None:
    def data(count: int) -> bytes:
        body = wasm.leb(1) + b"\x4e" + wasm.leb(count) + EMPTY * count
        return wasm.module(wasm.section(wasm.TYPE, body))

    with engine.register(data(1_000_000)) as types:
        stats = engine.registry.stats()
        assert (stats.types, stats.groups, stats.registrations) == (1_000_000, 1, 1)
        assert types[0] != types[999_999]
        assert types[999_999].position == 999_999
    assert len(engine.registry) == 0
    with unchanged(engine), pytest.raises(tr.LimitError) as caught:
        engine.register(data(1_000_001))
    assert caught.value.limit in {"types", "group_size"}
    assert caught.value.value == 1_000_001


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(", ""),
        ("(module ", ""),
        ("(module (type " + "(sub ", ")"),
        ("(;", ";)"),
        ("(module (rec ", ")"),
        ("(module (func " + "(block ", ")"),
        ("(module (global i32 " + "(i32.add ", ")"),
        ("(component ", ")"),
        ("(@a ", ")"),
    ],
)
@pytest.mark.parametrize("depth", [1000, 200_000])
def test_f03_deeply_nested_wat_ends_in_an_error_or_a_module(
    before: str, after: str, depth: int
) -> None:
    head, _, unit = before.rpartition("(")
    code = f"""
        import threading
        import typereg as tr
        text = {head!r} + {"(" + unit!r} * {depth} + {after!r} * {depth}
        def run():
            try:
                tr.Module(text)
            except (tr.DecodeError, tr.ValidationError, tr.LimitError, tr.UnsupportedFeatureError):
                pass
            print("survived")
        run()
        threading.stack_size(256 * 1024)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    """
    assert in_child(code).split() == ["survived", "survived"]


# Arguments.

FUNC = tr.FuncType([], [])
MODULE = tr.Module("(module (type $t (func)))")


def calls() -> dict[str, Callable[[Any, Any, Any], object]]:
    """Calls that take an engine, a collection and a handle, and give one wrong argument."""
    loose: Any = tr
    return {
        "Engine limits": lambda e, t, h: loose.Engine(limits=5),
        "Engine features": lambda e, t, h: loose.Engine(features={"stack_switching": True}),
        "Engine weak_hash_bits": lambda e, t, h: loose.Engine(weak_hash_bits="4"),
        "Engine positional": lambda e, t, h: loose.Engine(tr.Limits.spec()),
        "Module": lambda e, t, h: loose.Module(b"\0asm\1\0\0\0", strict=True),
        "register": lambda e, t, h: e.register(5),
        "register none": lambda e, t, h: e.register(None),
        "register_group": lambda e, t, h: e.register_group(FUNC),
        "register_group list": lambda e, t, h: e.register_group([tr.SubType(FUNC)]),
        "new_for_module engine": lambda e, t, h: loose.TypeCollection.new_for_module(h, MODULE),
        "new_for_module module": lambda e, t, h: loose.TypeCollection.new_for_module(e, 5),
        "RegisteredType engine": lambda e, t, h: loose.RegisteredType("engine", FUNC),
        "RegisteredType type": lambda e, t, h: loose.RegisteredType(e, "func"),
        "RegisteredType value": lambda e, t, h: loose.RegisteredType(e, tr.I32),
        "RegisteredType group": lambda e, t, h: loose.RegisteredType(e, tr.RecGroup([])),
        "RegisteredType none": lambda e, t, h: loose.RegisteredType(e),
        "root int": lambda e, t, h: loose.RegisteredType.root(e, 0),
        "root module index": lambda e, t, h: loose.RegisteredType.root(e, tr.ModuleTypeIndex(0)),
        "root engine": lambda e, t, h: loose.RegisteredType.root(None, h.index),
        "borrow": lambda e, t, h: e.registry.borrow(0),
        "borrow handle": lambda e, t, h: e.registry.borrow(tr.RecIndex(0)),
        "referrers": lambda e, t, h: e.registry.referrers(0),
        "is_subtype_of index": lambda e, t, h: h.is_subtype_of(h.index),
        "is_subtype_of none": lambda e, t, h: h.is_subtype_of(None),
        "collection index": lambda e, t, h: t["0"],
        "collection none": lambda e, t, h: t[None],
        "collection float": lambda e, t, h: t[0.0],
        "shared_type": lambda e, t, h: t.shared_type("0"),
        "module_local_type": lambda e, t, h: t.module_local_type(0),
        "engine.matches int": lambda e, t, h: e.matches(0, 0),
        "engine.matches str": lambda e, t, h: e.matches("i32", tr.I32),
        "engine.matches other": lambda e, t, h: e.matches(tr.I32, None),
        "types.matches": lambda e, t, h: t.matches(tr.I32, "i32"),
        "types.matches int": lambda e, t, h: t.matches(0, 0),
        "tr.matches module": lambda e, t, h: loose.matches(5, 0, MODULE, 0),
        "tr.matches a": lambda e, t, h: loose.matches(MODULE, "$t", MODULE, 0),
        "tr.equal module": lambda e, t, h: loose.equal(MODULE, 0, None, 0),
        "tr.equal b": lambda e, t, h: loose.equal(MODULE, 0, MODULE, 0.0),
        "type_name": lambda e, t, h: loose.Module.type_name(MODULE, None),
        "type_index": lambda e, t, h: loose.Module.type_index(MODULE, b"t"),
    }


@pytest.mark.parametrize("name", calls())
def test_p04_a_wrong_argument_is_a_type_error_and_changes_nothing(
    name: str, engine: tr.Engine
) -> None:
    handle = tr.RegisteredType(engine, FUNC)
    types = engine.register(MODULE)
    with unchanged(engine), pytest.raises(TypeError):
        calls()[name](engine, types, handle)


@pytest.mark.parametrize("number", [1, -2, 2**31, 2**32, 2**63, 2**64, 2**70, -(2**70)])
def test_p04_numbers_out_of_range_are_look_ups_that_fail(number: int, engine: tr.Engine) -> None:
    with engine.register(MODULE) as types:
        look_ups: list[Callable[[], object]] = [
            lambda: types[number],
            lambda: MODULE.types[number],
            lambda: MODULE.rec_groups[number],
            lambda: MODULE.type_name(number),
            lambda: tr.equal(MODULE, number, MODULE, 0),
            lambda: tr.matches(MODULE, 0, MODULE, number),
        ]
        for look_up in look_ups:
            with pytest.raises(IndexError):
                look_up()
        if number >= 0:
            assert types.shared_type(number) is None


@pytest.mark.parametrize("bits", [-1, 65, 2**40, -(2**70)])
def test_p04_a_hash_of_impossible_width_is_refused(bits: int) -> None:
    with pytest.raises((tr.TypeRegError, TypeError)) as caught:
        tr.Engine(weak_hash_bits=bits)
    assert not isinstance(caught.value, tr.InternalError)


@pytest.mark.parametrize(
    "text", ["\ud800", '(module (import "\ud800" "f" (func)))', "\0", "\ufeff"]
)
def test_p04_text_that_is_no_text_is_one_of_our_errors(text: str) -> None:
    with pytest.raises((*REFUSALS, TypeError)):
        tr.Module(text)
    with pytest.raises(PYTHONS):
        MODULE.type_index(text)


def test_p04_keys_of_other_kinds_are_not_in_the_registry(engine: tr.Engine) -> None:
    registry: Any = engine.registry
    for key in (0, "0", None, tr.ModuleTypeIndex(0), tr.RecIndex(0), FUNC):
        assert key not in registry


def test_p04_an_argument_that_lies_about_itself(engine: tr.Engine) -> None:
    class Liar:
        def __index__(self) -> int:
            raise ZeroDivisionError

        def __iter__(self) -> Any:
            raise ZeroDivisionError

    lies: list[Callable[[Any], object]] = [
        lambda it: tr.FuncType(it, []),
        lambda it: tr.StructType(it),
        lambda it: tr.RecGroup(it),
        lambda it: tr.RecIndex(it),
        lambda it: MODULE.types[it],
    ]
    for lie in lies:
        with unchanged(engine), pytest.raises(ZeroDivisionError):
            lie(Liar())
