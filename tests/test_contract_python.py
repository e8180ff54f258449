"""What Python sees, by section P alone: releases, refusals, the attributes of errors, forks."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, numbers, unchanged
from typereg.testing import wasm

MODULE = """
(module (type $b (sub (struct))) (type $c (sub $b (struct (field i32))))
        (rec (type $n (struct (field (ref null $n)))) (type (func))))
"""

ANSWERED_BY_CLOSED_HANDLES = {"closed", "index", "close"}
ANSWERED_BY_CLOSED_COLLECTIONS = {"closed", "close"}


def attributes(value: object) -> set[str]:
    """The public attributes of a value that belong to instances."""
    static = {"root", "new_for_module"}
    return {name for name in dir(type(value)) if not name.startswith("_")} - static


def ask(value: object, name: str, engine: tr.Engine) -> object:
    """Looks an attribute up and, where it is a method, calls it."""
    found = getattr(value, name)
    if not callable(found):
        return found
    index = next(iter(engine.registry))
    arguments: dict[str, tuple[object, ...]] = {
        "is_subtype_of": (value,),
        "shared_type": (0,),
        "module_local_type": (index,),
        "matches": (index, index),
    }
    return found(*arguments.get(name, ()))


def test_p01_every_attribute_of_a_closed_handle_answers_or_says_that_it_is_closed(
    engine: tr.Engine,
) -> None:
    keep = engine.register(MODULE)
    handle = keep[1]
    asked = attributes(handle)
    assert asked >= {"type", "group", "def_type", "digest", "supertype", "registrations", "engine"}
    for name in asked - {"close"}:
        ask(handle, name, engine)
    index, text, key = handle.index, repr(handle), hash(handle)
    handle.close()
    handle.close()
    assert handle.closed
    assert handle.index == index
    assert hash(handle) == key
    assert repr(handle) != ""
    assert "closed" in repr(handle) != text
    with keep[1] as again:
        assert handle == again
    assert handle != keep[0]
    with unchanged(engine):
        for name in asked - ANSWERED_BY_CLOSED_HANDLES:
            with pytest.raises(tr.ClosedError):
                ask(handle, name, engine)
        for use in (copy.copy, copy.deepcopy, type(handle).__enter__):
            with pytest.raises(tr.ClosedError):
                use(handle)


def test_p01_every_attribute_of_a_closed_collection_answers_or_says_that_it_is_closed(
    engine: tr.Engine,
) -> None:
    keep, types = engine.register(MODULE), engine.register(MODULE)
    asked = attributes(types)
    assert asked >= {"as_module_map", "shared_type", "module_local_type", "matches", "engine"}
    handle = keep[0]
    types.close()
    types.close()
    assert types.closed
    assert repr(types) != ""
    assert isinstance(hash(types), int)
    assert (types == types, types == keep) == (True, False)
    uses: list[Callable[[Any], object]] = [
        len,
        iter,
        reversed,
        lambda t: t[0],
        lambda t: handle in t,
        type(types).__enter__,
    ]
    with unchanged(engine):
        for name in asked - ANSWERED_BY_CLOSED_COLLECTIONS:
            with pytest.raises(tr.ClosedError):
                ask(types, name, engine)
        for use in uses:
            with pytest.raises(tr.ClosedError):
                use(types)


def test_p01_an_iterator_over_a_collection_that_is_closed_under_it(engine: tr.Engine) -> None:
    types = engine.register(MODULE)
    walk = iter(types)
    first = next(walk)
    types.close()
    with pytest.raises(tr.ClosedError):
        next(walk)
    assert first.registrations == 1
    first.close()
    assert live(engine) == []


def test_p01_a_finalizer_called_by_hand_is_the_one_release(engine: tr.Engine) -> None:
    types = engine.register(MODULE)
    keep = types[0]
    users: list[Any] = [types[0], copy.copy(keep), types[1].supertype, types]
    before = numbers(engine)
    for user in users:
        assert type(user) in (tr.RegisteredType, tr.TypeCollection)
        assert "__del__" in dir(type(user))
        user.__del__()
        assert user.closed
        after = numbers(engine)
        assert after != before
        user.__del__()
        user.close()
        with pytest.raises(tr.ClosedError):
            user.__enter__()
        assert numbers(engine) == after
        before = after
    del user
    users.clear()
    gc.collect()
    assert numbers(engine) == before
    assert keep.registrations == 1


def test_p03_what_holds_an_index_refuses_to_pickle_at_any_depth(engine: tr.Engine) -> None:
    handle = tr.RegisteredType(engine, OPEN)
    ref = tr.RefType(handle.index)
    values = [
        handle.index,
        ref,
        tr.FieldType(ref),
        tr.FuncType([tr.I32, ref], []),
        tr.StructType([tr.FieldType(tr.I32), tr.FieldType(ref)]),
        tr.SubType(tr.StructType([]), supertype=handle.index),
        tr.RecGroup([tr.SubType(tr.StructType([tr.FieldType(ref)]))]),
        tr.TableType(ref, 0),
        tr.TagType(tr.FuncType([ref], [])),
        tr.ImportType("m", "n", tr.GlobalType(ref)),
        handle,
        engine,
        engine.registry,
        engine.register(MODULE),
    ]
    for value in values:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError) as caught:
                pickle.dumps(value, protocol)
            assert len(str(caught.value)) > 20
            with pytest.raises(TypeError):
                pickle.dumps([{"nested": value}], protocol)
    for value in values[:10]:
        assert copy.copy(value) == copy.deepcopy(value) == value


def answers() -> list[object]:
    """Each kind of answer that linking gives."""
    memory = tr.Module('(module (import "env" "m" (memory 2)) (export "m" (memory 0)))')
    provider = tr.Module('(module (memory (export "m") 1) (type (struct)) (type (array i8)))')
    waiting = tr.Module('(module (import "a" "m" (memory 2)) (export "m" (memory 0)))')
    types = "(type $a (sub (func))) (type $b (sub $a (func)))"
    parent = tr.Module(f'(module {types} (import "env" "t" (tag (type $a))))')
    child = tr.Module(f'(module {types} (tag (export "t") (type $b)))')
    report = tr.link(memory, {"env": provider})
    changes = tr.diff(provider, memory)
    assumed = tr.link(memory, {"env": waiting}).assumed
    explanation = tr.explain(provider, 0, provider, 1)
    return [
        report,
        report.mismatches[0],
        tr.link(parent, {"env": child}).mismatches[0].cause,
        assumed[0],
        explanation,
        changes,
        changes.changes[0],
    ]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_p03_answers_are_copied_as_themselves_and_say_why_they_do_not_pickle(
    protocol: int,
) -> None:
    given = answers()
    assert len({type(answer) for answer in given}) == 7
    for answer in given:
        assert copy.copy(answer) is answer
        assert copy.deepcopy([answer])[0] is answer
        name = type(answer).__name__
        with pytest.raises(TypeError, match=rf"cannot pickle an? {name}: to_json\(\)"):
            pickle.dumps(answer, protocol)


def test_p03_copies_and_weak_references_of_each_kind_of_handle(engine: tr.Engine) -> None:
    types = engine.register(MODULE)
    made = [tr.RegisteredType(engine, OPEN), types[1], types[1].supertype, copy.copy(types[2])]
    for handle in made:
        assert handle is not None
        before = handle.registrations
        twins = [copy.copy(handle), copy.deepcopy(handle)]
        assert handle.registrations == before + 2
        assert {handle, *twins} == {handle}
        assert all(twin is not handle and type(twin) is tr.RegisteredType for twin in twins)
        died: list[int] = []
        reference = weakref.ref(twins[0], lambda _: died.append(1))  # noqa: B023
        assert reference() is twins[0]
        twins.clear()
        gc.collect()
        assert reference() is None
        assert died == [1]
        assert handle.registrations == before


def test_p04_where_a_validation_error_is_found(engine: tr.Engine) -> None:
    good = wasm.sub(wasm.struct())
    bad = wasm.types(good, wasm.rec(good, wasm.sub(wasm.func(), 0)))
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(bad)
    assert caught.value.type_index == 2
    assert caught.value.offset is not None
    assert 0 < caught.value.offset < len(bad)
    assert isinstance(caught.value, ValueError)
    group = tr.RecGroup([OPEN, tr.SubType(tr.FuncType([], []), supertype=tr.RecIndex(0))])
    for build in (engine.register_group, lambda group: tr.DefType(group, 0)):
        with pytest.raises(tr.ValidationError) as caught:
            build(group)
        assert (caught.value.type_index, caught.value.offset) == (1, None)
    assert live(engine) == []


def test_p04_offsets_in_bytes_and_in_text() -> None:
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(wasm.types(wasm.struct())[:-1])
    assert 8 <= caught.value.offset <= len(wasm.types(wasm.struct())) - 1
    # In UTF-8 bytes: the comment has 5 characters in 11 bytes.
    text = "(module (; \N{SNOWMAN}\N{GRINNING FACE}ß ;)\n  (type (strukt)))"
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(text)
    assert caught.value.offset == len(text[: text.index("strukt")].encode())
    assert "2:10" in str(caught.value) or ("line 2" in str(caught.value))


def test_p04_foreign_and_stale_parts_are_found_wherever_they_stand(
    engine: tr.Engine, other: tr.Engine
) -> None:
    foreign = tr.RegisteredType(other, OPEN)
    with tr.RegisteredType(engine, OPEN) as gone:
        stale = gone.index
    good = tr.RegisteredType(engine, tr.SubType(tr.FuncType([], []), final=False))

    def parts(index: tr.SharedTypeIndex) -> list[Any]:
        ref = tr.RefType(index)
        return [
            tr.FuncType([tr.RefType(good.index), ref], []),
            tr.FuncType([], [ref]),
            tr.StructType([tr.FieldType(tr.I32), tr.FieldType(ref, True)]),
            tr.ArrayType(tr.FieldType(ref)),
            tr.SubType(tr.StructType([]), supertype=index),
        ]

    for index, error in ((foreign.index, tr.ForeignEngineError), (stale, tr.StaleIndexError)):
        for part in parts(index):
            with unchanged(engine):
                with pytest.raises(error):
                    tr.RegisteredType(engine, part)
                with pytest.raises(error):
                    engine.register_group(tr.RecGroup([OPEN, part]))
        for a, b in ((index, good.index), (tr.RefType(index), tr.RefType(tr.ANY))):
            with pytest.raises(error):
                engine.matches(a, b)
            with pytest.raises(error):
                engine.matches(b, a)
    registry = engine.registry
    assert (foreign.index in registry, stale in registry, 7 in registry) == (False, False, False)
    assert registry.borrow(stale) is None
    assert tr.RegisteredType.root(engine, stale) is None
    with pytest.raises(tr.StaleIndexError):
        registry.referrers(stale)
    for call in (registry.borrow, registry.referrers):
        with pytest.raises(tr.ForeignEngineError):
            call(foreign.index)
    with pytest.raises(tr.ForeignEngineError):
        tr.RegisteredType.root(engine, foreign.index)
    with pytest.raises(tr.ForeignEngineError):
        good.is_subtype_of(foreign)
    with engine.register(MODULE) as types:
        assert types.module_local_type(stale) is None
        with pytest.raises(tr.ForeignEngineError):
            types.module_local_type(foreign.index)
    assert issubclass(tr.StaleIndexError, LookupError)
    assert foreign.registrations == good.registrations == 1


def test_p04_an_index_of_the_wrong_space_is_refused(engine: tr.Engine) -> None:
    module, own = tr.RefType(tr.ModuleTypeIndex(0)), tr.RefType(tr.RecIndex(0))
    with unchanged(engine):
        for ref in (module, own):
            with pytest.raises(tr.NotCanonicalError):
                tr.RegisteredType(engine, tr.StructType([tr.FieldType(ref)]))
        with pytest.raises(tr.NotCanonicalError):
            tr.RegisteredType(engine, tr.SubType(tr.StructType([]), supertype=tr.RecIndex(0)))
        with pytest.raises(tr.NotCanonicalError):
            engine.register_group(tr.RecGroup([tr.StructType([tr.FieldType(module)])]))
        with pytest.raises(tr.ValidationError) as caught:
            engine.register_group(
                tr.RecGroup([tr.ArrayType(tr.FieldType(tr.RefType(tr.RecIndex(1))))])
            )
        assert caught.value.type_index == 0


def in_child(body: Callable[[], None]) -> None:
    """Runs a body in a forked child, which must say that it came to its end."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            body()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_p09_a_child_has_the_counts_of_the_fork_and_shares_none(engine: tr.Engine) -> None:
    types = engine.register(MODULE)
    handle = types[1]
    lone = tr.RegisteredType(engine, holder(handle.index))

    def child() -> None:
        assert handle.registrations == 3
        lone.close()
        assert handle.registrations == 2
        with tr.RegisteredType(engine, holder(handle.index, handle.index)):
            assert handle.registrations == 4
        assert handle.def_type == tr.Module(MODULE).def_type(1)
        assert handle.digest == handle.def_type.digest
        types.close()
        handle.close()
        assert len(engine.registry) == 0
        again = tr.Engine()
        assert again != engine
        assert again.snapshot() == engine.snapshot()

    in_child(child)
    assert handle.registrations == 3
    assert len(engine.registry) == 5
    assert lone.registrations == 1
