"""Closed types: as values (G10), and inside what is registered (K12)."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
import typereg as tr
from support.registry import OPEN, live, numbers, unchanged
from support.threads import SMALL_STACK, run_threads
from typereg.testing import strategies as kit
from typereg.testing.events import recording

SCOPE: dict[str, object] = {}
exec("from typereg import *", SCOPE)


def closed(*members: tr.SubType | tr.FuncType | tr.StructType | tr.ArrayType) -> tr.DefType:
    """The first type of a group."""
    return tr.DefType(tr.RecGroup(members), 0)


def pickled(ty: tr.DefType) -> tuple[Callable[[bytes, int], tr.DefType], bytes, int]:
    """What makes the type again, and from which WebAssembly and position."""
    make, (wasm, position) = cast(
        "tuple[Callable[[bytes, int], tr.DefType], tuple[bytes, int]]", ty.__reduce__()
    )
    return make, wasm, position


def holder(*types: tr.DefType) -> tr.StructType:
    """A struct with a reference to each type, in order."""
    return tr.StructType([tr.FieldType(tr.RefType(ty)) for ty in types])


EMPTY = closed(tr.StructType([]))
PARENT = closed(OPEN)
NODE = closed(tr.StructType([tr.FieldType(tr.I32), tr.FieldType(tr.RefType(tr.RecIndex(0)))]))


def lattice(levels: int, width: int) -> tr.DefType:
    """A type with more paths below it than anyone can walk."""
    top = NODE
    for _ in range(levels):
        top = closed(holder(*[top] * width))
    return top


def chain(length: int) -> tr.DefType:
    """A type that leads to so many others, one after the other."""
    last = EMPTY
    for _ in range(length):
        last = closed(holder(last))
    return last


# ------------------------------------------------------------------------------------ as a value


def test_g10_a_closed_type_is_a_group_and_a_position() -> None:
    group = tr.RecGroup([tr.FuncType([], []), tr.ArrayType(tr.FieldType(tr.RefType(EMPTY)))])
    ty = tr.DefType(group, 1)
    assert (ty.group, ty.position) == (group, 1)
    match ty:
        case tr.DefType(tr.RecGroup(members), position):
            assert (members, position) == (group.members, 1)
    with pytest.raises(AttributeError):
        ty.position = 0  # type: ignore[misc]
    assert ty != tr.DefType(group, 0)
    assert {ty: "array"}[tr.DefType(group, 1)] == "array"


def test_g10_equal_exactly_when_the_types_are() -> None:
    module = tr.Module(
        """(module
          (type $plain (struct))
          (type $node (struct (field i32) (field (ref null $node))))
          (rec (type (struct)) (type $second (struct)))
          (type $again (struct))
          (type (struct (field (ref null $node)) (field (ref null $again)))))"""
    )
    types = [module.def_type(i) for i in range(len(module.types))]
    assert types[0] == types[4] == EMPTY
    assert types[1] == NODE
    assert types[5] == closed(holder(NODE, EMPTY))
    assert len(set(types)) == 5
    assert types[2] != types[3]
    for i, one in enumerate(types):
        for j, two in enumerate(types):
            assert (one == two) == tr.equal(module, i, module, j)
            assert one != two or hash(one) == hash(two)
    assert module.def_type(tr.ModuleTypeIndex(1)) == NODE
    with pytest.raises(IndexError):
        module.def_type(6)


@given(kit.rec_groups(), kit.rec_groups())
def test_g10_equality_of_closed_types_is_equality_of_types(
    one: tr.RecGroup, two: tr.RecGroup
) -> None:
    renamed = str(one).replace("$rec.", "$one.")
    a = tr.Module(f"(module {renamed} {two})")
    b = tr.Module(f"(module {two})")
    for i in range(len(a.types)):
        for j in range(len(b.types)):
            assert (a.def_type(i) == b.def_type(j)) == tr.equal(a, i, b, j)
    for position in range(len(two.members)):
        assert tr.DefType(two, position) == b.def_type(position)


@given(strategies.def_types())
def test_g10_a_closed_type_is_the_same_from_hand_module_and_pickle(ty: tr.DefType) -> None:
    make, wasm, position = pickled(ty)
    assert make(wasm, position) == ty
    module = tr.Module(wasm)
    last = len(module.types) - len(ty.group.members) + ty.position
    assert module.def_type(last) == ty
    assert module.def_type(last).digest == ty.digest
    assert tr.DefType(module.def_type(last).group, position) == ty
    assert tr.equal(module, last, module, ty)
    assert pickle.loads(pickle.dumps(ty)) == ty
    assert eval(repr(ty), SCOPE) == ty


@given(strategies.def_types(), strategies.def_types())
def test_g10_equal_types_have_equal_digests_and_no_others(one: tr.DefType, two: tr.DefType) -> None:
    module = tr.Module("(module)")
    equal = tr.equal(module, one, module, two)
    assert (one == two) == (one.digest == two.digest) == (repr(one) == repr(two)) == equal
    assert len(one.digest) == len(one.group_digest) == 32


def test_g10_text_names_nested_types_by_digest() -> None:
    pair = closed(holder(EMPTY), tr.FuncType([], []))
    name = f"$def.{EMPTY.digest.hex()[:16]}"
    assert str(EMPTY) == "(struct)"
    assert str(NODE) == "(struct (field i32) (field (ref null $rec.0)))"
    assert str(pair) == f"(struct (field (ref null {name})))"
    assert str(tr.RefType(EMPTY, nullable=False)) == f"(ref {name})"
    assert repr(EMPTY) == "DefType(RecGroup([SubType(StructType([]))]), 0)"
    assert repr(pair) == (
        "(g0 := RecGroup([SubType(StructType([]))]), "
        "g1 := RecGroup([SubType(StructType([FieldType(RefType(DefType(g0, 0)))])), "
        "SubType(FuncType([], []))]), DefType(g1, 0))[-1]"
    )


def test_g10_stands_wherever_a_defined_type_is_referred_to() -> None:
    ref = tr.RefType(PARENT)
    assert ref.heap == PARENT
    assert tr.FuncType([ref], [ref]).params[0] == ref
    assert tr.ArrayType(tr.FieldType(ref)).field.storage == ref
    assert tr.SubType(tr.StructType([]), supertype=PARENT).supertype == PARENT
    assert tr.ContType(closed(tr.FuncType([], []))).func == closed(tr.FuncType([], []))
    assert tr.GlobalType(ref).content == ref
    assert tr.TableType(ref, 0).element == ref
    assert tr.TagType(tr.FuncType([ref], [])).func.params == (ref,)
    signature = tr.FuncType([ref], [])
    assert pickle.loads(pickle.dumps(signature)) == signature


def test_g10_a_closed_type_is_valid() -> None:
    def below(parent: tr.DefType, *fields: tr.FieldType, final: bool = True) -> tr.DefType:
        return closed(tr.SubType(tr.StructType(fields), supertype=parent, final=final))

    number = tr.FieldType(tr.I32)
    child = below(PARENT, number, final=False)
    below(child, number, number)
    with pytest.raises(tr.ValidationError, match="final"):
        below(EMPTY)
    with pytest.raises(tr.ValidationError, match="does not match"):
        below(child)
    with pytest.raises(tr.ValidationError, match="does not match"):
        closed(tr.SubType(tr.FuncType([], []), supertype=PARENT))
    with pytest.raises(tr.ValidationError, match="not declared before"):
        closed(tr.SubType(tr.StructType([]), supertype=tr.RecIndex(0), final=False))
    with pytest.raises(tr.ValidationError, match="type 0: its element refers to member 1 of"):
        closed(tr.ArrayType(tr.FieldType(tr.RefType(tr.RecIndex(1)))))
    with pytest.raises(tr.ValidationError, match="must name a function"):
        tr.DefType(tr.RecGroup([tr.SubType(tr.ContType(EMPTY))]), 0)


def test_g10_structures_are_matched_by_identity_across_groups() -> None:
    child = closed(tr.SubType(tr.StructType([]), supertype=PARENT, final=False))
    twin = closed(tr.SubType(tr.StructType([]), supertype=PARENT, final=False))
    other = closed(tr.SubType(tr.StructType([]), final=True))

    def open_holder(*types: tr.DefType) -> tr.SubType:
        return tr.SubType(holder(*types), final=False)

    parent = tr.DefType(tr.RecGroup([OPEN, open_holder(PARENT, child)]), 1)
    tr.DefType(tr.RecGroup([tr.SubType(holder(child, twin), supertype=parent)]), 0)
    for fields in [(PARENT, PARENT), (other, child)]:
        with pytest.raises(tr.ValidationError, match="does not match"):
            tr.DefType(tr.RecGroup([tr.SubType(holder(*fields), supertype=parent)]), 0)
    # The supertype refers to a member of its own group, which is another type than a lone twin.
    pair = tr.RecGroup(
        [tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(1)))]), final=False), OPEN]
    )
    sibling = tr.DefType(pair, 1)
    closed(tr.SubType(holder(sibling), supertype=tr.DefType(pair, 0)))
    with pytest.raises(tr.ValidationError, match="does not match"):
        closed(tr.SubType(holder(PARENT), supertype=tr.DefType(pair, 0)))


def test_g10_depth_is_at_most_63() -> None:
    ty = PARENT
    for _ in range(63):
        ty = closed(tr.SubType(tr.StructType([]), supertype=ty, final=False))
    with pytest.raises(tr.LimitError) as caught:
        closed(tr.SubType(tr.StructType([]), supertype=ty))
    assert (caught.value.limit, caught.value.value) == ("depth", 64)


def test_g10_wrong_arguments() -> None:
    engine = tr.Engine()
    index = tr.RegisteredType(engine, tr.StructType([])).index
    group = EMPTY.group
    for position in [1, 2**32 - 1]:
        with pytest.raises(IndexError, match=f"no member {position} in a group of 1"):
            tr.DefType(group, position)
    with pytest.raises(IndexError):
        tr.DefType(tr.RecGroup([]), 0)
    wrong: list[tr.ModuleTypeIndex | tr.SharedTypeIndex] = [tr.ModuleTypeIndex(0), index]
    for heap in wrong:
        with pytest.raises(tr.NotCanonicalError, match="a closed type"):
            closed(tr.FuncType([tr.RefType(heap)], []))
    for arguments in [(group,), (group, "0"), (group, True), (tr.StructType([]), 0)]:
        with pytest.raises(TypeError):
            tr.DefType(*arguments)  # type: ignore[arg-type]
    with pytest.raises(tr.ValidationError):
        tr.DefType(group, -1)


def test_g10_a_damaged_pickle_is_an_error() -> None:
    make, wasm, position = pickled(closed(holder(NODE, EMPTY)))
    assert wasm.startswith(b"\0asm")
    for length in range(len(wasm)):
        with pytest.raises((tr.TypeRegError, IndexError)):
            make(wasm[:length], position)
    with pytest.raises(IndexError):
        make(wasm, 1)


def test_g10_a_dag_stays_linear() -> None:
    top = lattice(40, 10)
    started = time.monotonic()
    assert lattice(40, 10) == top
    assert hash(lattice(40, 10)) == hash(top)
    assert len(pickle.dumps(top)) < 5_000
    assert pickle.loads(pickle.dumps(top)) == top
    assert len(repr(top)) < 100_000
    assert eval(repr(top), SCOPE) == top
    assert len(str(tr.RefType(top))) < 50
    engine = tr.Engine()
    with tr.RegisteredType(engine, tr.FuncType([tr.RefType(top)], [])):
        assert len(engine.registry) == 42
        assert engine.matches(tr.RefType(top), tr.RefType(top))
    assert len(engine.registry) == 0
    # Walking the paths would take longer than the universe is old.
    assert time.monotonic() - started < 60


def test_g10_a_long_chain_needs_no_stack() -> None:
    length = 50_000

    def body() -> None:
        top = chain(length)
        assert top == chain(length)
        again = pickle.loads(pickle.dumps(top))
        assert again == top
        assert repr(again).count(":=") == length + 1
        engine = tr.Engine()
        handle = tr.RegisteredType(engine, tr.FuncType([tr.RefType(top)], []))
        assert len(engine.registry) == length + 2
        assert not engine.matches(tr.RefType(top), tr.RefType(EMPTY))
        handle.close()
        assert len(engine.registry) == 0

    run_threads(body, stack=SMALL_STACK)


# ------------------------------------------------------------------------------------ registered


def test_k12_dependencies_are_registered_first_and_kept_by_edges_alone() -> None:
    engine = tr.Engine()
    middle = closed(holder(EMPTY, NODE))
    with recording() as events:
        handle = tr.RegisteredType(engine, tr.FuncType([tr.RefType(middle)], [tr.RefType(NODE)]))
        registered = events.take()
        handle.close()
        removed = events.take()
    assert registered == [
        ("create", (0,), 1),
        ("create", (1,), 1),
        ("incref", (0,), 2),
        ("incref", (1,), 2),
        ("create", (2,), 1),
        ("incref", (2,), 2),
        ("incref", (1,), 3),
        ("create", (3,), 1),
        ("decref", (0,), 1),
        ("decref", (1,), 2),
        ("decref", (2,), 1),
    ]
    assert removed[-1][0] == "remove"
    assert len(engine.registry) == 0


def test_k12_counts_and_statistics() -> None:
    engine = tr.Engine()
    (kept,) = engine.register_group(EMPTY.group)
    handle = tr.RegisteredType(engine, tr.FuncType([tr.RefType(closed(holder(EMPTY)))], []))
    stats = engine.registry.stats()
    assert (stats.types, stats.registrations, stats.edges, stats.external) == (3, 4, 2, 2)
    assert (stats.hits, stats.misses) == (1, 3)
    assert (kept.registrations, handle.registrations) == (2, 1)
    again = tr.RegisteredType(engine, tr.FuncType([tr.RefType(closed(holder(EMPTY)))], []))
    assert again == handle
    after = engine.registry.stats()
    assert (after.types, after.registrations, after.edges) == (3, 5, 2)
    assert (after.hits, after.misses) == (4, 3)
    for open_handle in (kept, handle, again):
        open_handle.close()
    assert len(engine.registry) == 0


def test_k12_a_closed_type_registers_as_its_group() -> None:
    engine = tr.Engine()
    (middle,) = engine.register_group(closed(holder(EMPTY, NODE)).group)
    assert len(engine.registry) == 3
    assert len(middle.group.members) == 1
    below = tr.RegisteredType(engine, tr.SubType(tr.StructType([]), supertype=PARENT))
    supertype = below.supertype
    assert supertype is not None
    assert engine.register_group(PARENT.group)[0] == supertype
    assert below.is_subtype_of(supertype)


def test_k12_equal_to_what_a_module_declares(hashed_engine: tr.Engine) -> None:
    with hashed_engine.register(
        "(module (type $e (struct)) (type (func (param (ref null $e)))))"
    ) as types:
        with tr.RegisteredType(hashed_engine, tr.FuncType([tr.RefType(EMPTY)], [])) as handle:
            assert handle.index == types.shared_type(1)
        assert hashed_engine.registry.stats().registrations == 3


@given(strategies.def_types())
def test_k12_registering_and_closing_leaves_nothing(ty: tr.DefType) -> None:
    engine = tr.Engine()
    handles = engine.register_group(ty.group)
    stats = engine.registry.stats()
    assert stats.external == len(handles)
    assert handles[ty.position].position == ty.position
    again = engine.register_group(ty.group)
    assert again == handles
    for handle in handles + again:
        handle.close()
    assert len(engine.registry) == 0


REFUSED: list[tuple[Callable[[], tr.Engine], type[Exception], str]] = [
    (lambda: tr.Engine(limits=tr.Limits.js_api(live_types=2)), tr.LimitError, "live_types"),
    (lambda: tr.Engine(limits=tr.Limits.js_api(live_groups=2)), tr.LimitError, "live_groups"),
    (lambda: tr.Engine(limits=tr.Limits.js_api(fields=1)), tr.LimitError, "fields"),
    (lambda: tr.Engine(limits=tr.Limits.js_api(depth=0)), tr.LimitError, "depth"),
    (tr.Engine, tr.UnsupportedFeatureError, "stack_switching"),
]


@pytest.mark.parametrize(("make", "error", "what"), REFUSED, ids=[what for *_, what in REFUSED])
def test_k12_all_or_nothing(
    make: Callable[[], tr.Engine], error: type[Exception], what: str
) -> None:
    engine = make()
    kept = tr.RegisteredType(engine, tr.FuncType([], []))
    child = closed(tr.SubType(tr.StructType([]), supertype=PARENT))
    types = {
        "live_types": [EMPTY, NODE],
        "live_groups": [EMPTY, NODE],
        "fields": [EMPTY, closed(tr.StructType([tr.FieldType(tr.I32)] * 2))],
        "depth": [child],
        "stack_switching": [EMPTY, closed(tr.FuncType([tr.RefType(tr.CONT)], []))],
    }[what]
    with unchanged(engine, probes=1), pytest.raises(error, match=what):
        tr.RegisteredType(engine, tr.FuncType([tr.RefType(ty) for ty in types], []))
    kept.close()


def test_k12_a_group_that_is_refused_takes_its_dependencies_back() -> None:
    engine, other = tr.Engine(), tr.Engine()
    foreign = tr.RegisteredType(other, tr.StructType([])).index
    gone = tr.RegisteredType(engine, tr.StructType([]))
    stale = gone.index
    gone.close()
    ref = tr.RefType(closed(holder(EMPTY, NODE)))
    kept = tr.RegisteredType(engine, tr.FuncType([], []))

    def refused(error: type[Exception], *members: tr.SubType | tr.FuncType) -> None:
        before = numbers(engine)
        with unchanged(engine), pytest.raises(error):
            engine.register_group(tr.RecGroup(members))
        assert numbers(engine) == before

    refused(tr.StaleIndexError, tr.FuncType([ref, tr.RefType(stale)], []))
    refused(tr.ForeignEngineError, tr.FuncType([ref, tr.RefType(foreign)], []))
    refused(tr.NotCanonicalError, tr.FuncType([ref, tr.RefType(tr.ModuleTypeIndex(0))], []))
    refused(tr.ValidationError, tr.FuncType([ref, tr.RefType(tr.RecIndex(1))], []))
    refused(tr.ValidationError, tr.SubType(tr.StructType([]), supertype=EMPTY))
    with unchanged(engine), pytest.raises(tr.NotCanonicalError):
        tr.RegisteredType(engine, tr.FuncType([ref, tr.RefType(tr.RecIndex(0))], []))
    assert live(engine) == [kept.index.bits]


def test_k12_undoing_goes_in_reverse() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_types=2))
    with recording() as events, pytest.raises(tr.LimitError):
        tr.RegisteredType(engine, tr.FuncType([tr.RefType(closed(holder(EMPTY)))], []))
    assert events.take() == [
        ("create", (0,), 1),
        ("incref", (0,), 2),
        ("create", (1,), 1),
        ("decref", (1,), 0),
        ("decref", (0,), 1),
        ("remove", (1,), 0),
        ("decref", (0,), 0),
        ("remove", (0,), 0),
    ]


# ------------------------------------------------------------------------------------- questions


def test_g10_matching_needs_no_registration() -> None:
    engine = tr.Engine()
    child = closed(tr.SubType(tr.StructType([]), supertype=PARENT))
    module = tr.Module("(module (type $p (sub (struct))) (type (sub final $p (struct))))")

    def ask(a: tr.DefType, b: tr.DefType | tr.AbsHeapType) -> set[bool]:
        with recording() as events:
            answers = {
                engine.matches(tr.RefType(a), tr.RefType(b)),
                tr.matches(module, tr.RefType(a), module, tr.RefType(b)),
                tr.matches(module, a, module, b),
            }
            assert events.take() == []
        return answers

    questions: list[tuple[tr.DefType, tr.DefType | tr.AbsHeapType, bool]] = [
        (child, PARENT, True),
        (PARENT, child, False),
        (child, child, True),
        (child, EMPTY, False),
        (child, tr.STRUCT, True),
        (child, tr.FUNC, False),
    ]
    for a, b, answer in questions:
        assert ask(a, b) == {answer}
    assert len(engine.registry) == 0
    # The same with one side, or both, alive.
    (parent,) = engine.register_group(PARENT.group)
    for a, b, answer in questions:
        assert ask(a, b) == {answer}
    assert engine.matches(child, parent.index)
    assert not engine.matches(parent.index, child)
    with engine.register(module) as types:
        for a, b, answer in questions:
            assert ask(a, b) == {answer}
        assert types.matches(tr.ModuleTypeIndex(1), PARENT)
        assert types.matches(child, tr.ModuleTypeIndex(0))
        assert types.matches(tr.ModuleTypeIndex(0), parent.index)
        assert not types.matches(tr.ModuleTypeIndex(0), EMPTY)
    assert tr.matches(module, 1, module, PARENT)
    assert tr.equal(module, 0, module, PARENT)
    assert not tr.equal(module, 1, module, PARENT)


@given(strategies.def_types(), strategies.def_types(), st.booleans())
def test_g10_matching_is_the_same_registered_or_not(
    one: tr.DefType, two: tr.DefType, register: bool
) -> None:
    engine = tr.Engine()
    module = tr.Module("(module)")
    answer = tr.matches(module, one, module, two)
    handles = engine.register_group(two.group) if register else ()
    assert engine.matches(one, two) == answer
    a = engine.register_group(one.group)[one.position]
    b = engine.register_group(two.group)[two.position]
    assert a.is_subtype_of(b) == engine.matches(a.index, two) == engine.matches(one, two) == answer
    assert (a == b) == (one == two)
    del handles
