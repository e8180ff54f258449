"""Matching (G5): heap, value, field and extern types, in an engine and across modules."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import typereg as tr

R = tr.RecIndex
M = tr.ModuleTypeIndex

# The specification's table of abstract heap types: of each, what it matches besides itself.
UPWARDS: dict[str, set[str]] = {
    "any": set(),
    "eq": {"any"},
    "i31": {"any", "eq"},
    "struct": {"any", "eq"},
    "array": {"any", "eq"},
    "none": {"any", "eq", "i31", "struct", "array"},
    "func": set(),
    "nofunc": {"func"},
    "extern": set(),
    "noextern": {"extern"},
    "exn": set(),
    "noexn": {"exn"},
    "cont": set(),
    "nocont": {"cont"},
}

HEADS = {str(head): head for head in (
    tr.ANY, tr.EQ, tr.I31, tr.STRUCT, tr.ARRAY, tr.NONE, tr.FUNC, tr.NOFUNC, tr.EXTERN,
    tr.NOEXTERN, tr.EXN, tr.NOEXN, tr.CONT, tr.NOCONT,
)}  # fmt: skip

# What each kind of defined type matches, and which abstract types match it.
ABOVE = {"struct": {"struct", "eq", "any"}, "array": {"array", "eq", "any"}, "func": {"func"}}
BELOW = {"struct": {"none"}, "array": {"none"}, "func": {"nofunc"}}


@pytest.fixture
def switching() -> tr.Engine:
    """An engine that knows continuations too."""
    return tr.Engine(features=tr.Features(stack_switching=True))


def test_g05_the_table_names_all_heads() -> None:
    assert set(UPWARDS) == set(HEADS)


@pytest.mark.parametrize(("a", "b"), list(itertools.product(UPWARDS, repeat=2)))
def test_g05_abstract_heap_types(a: str, b: str, switching: tr.Engine) -> None:
    expected = a == b or b in UPWARDS[a]
    one, two = HEADS[a], HEADS[b]
    assert switching.matches(one, two) is expected
    for left, right in itertools.product([False, True], repeat=2):
        references = tr.RefType(one, nullable=left), tr.RefType(two, nullable=right)
        assert switching.matches(*references) is (expected and (right or not left))


def test_bug_bottom_fallthrough(switching: tr.Engine) -> None:
    bottoms = {"none", "nofunc", "noextern", "noexn", "nocont"}
    for bottom, head in itertools.product(bottoms, HEADS):
        expected = head == bottom or head in UPWARDS[bottom]
        assert switching.matches(HEADS[bottom], HEADS[head]) is expected
        assert switching.matches(HEADS[head], HEADS[bottom]) is (head == bottom)


# Defined types: two hierarchies of three, and twins without the declaration.


FAMILY = """(module
  (type $a (sub (struct (field i32))))
  (type $b (sub $a (struct (field i32) (field i64))))
  (type $c (sub final $b (struct (field i32) (field i64) (field f32))))
  (type $b2 (sub (struct (field i32) (field i64))))
  (type $v (sub (array i8)))
  (type $w (sub $v (array i8)))
  (type $f (sub (func (param (ref $b)) (result (ref $b)))))
  (type $g (sub $f (func (param (ref $a)) (result (ref $c)))))
  (type $h (sub (func (param (ref $a)) (result (ref $c)))))
  (type $a2 (sub (struct (field i32))))
)"""

NAMES = ["a", "b", "c", "b2", "v", "w", "f", "g", "h", "a2"]
KINDS = dict(zip(NAMES, ["struct"] * 4 + ["array"] * 2 + ["func"] * 3 + ["struct"], strict=True))
DECLARED = {
    *((name, name) for name in NAMES),
    *[("b", "a"), ("c", "a"), ("c", "b"), ("w", "v"), ("g", "f")],
    # $a2 is $a declared again.
    *[("a", "a2"), ("a2", "a"), ("b", "a2"), ("c", "a2")],
}


def test_g05_defined_types_match_by_declaration_only(hashed_engine: tr.Engine) -> None:
    with hashed_engine.register(FAMILY) as types:
        handles = dict(zip(NAMES, types, strict=True))
        module = tr.Module(FAMILY)
        for (i, a), (j, b) in itertools.product(enumerate(NAMES), repeat=2):
            expected = (a, b) in DECLARED
            assert handles[a].is_subtype_of(handles[b]) is expected
            assert hashed_engine.matches(handles[a].index, handles[b].index) is expected
            assert types.matches(M(i), M(j)) is expected
            assert tr.matches(module, i, tr.Module(FAMILY), j) is expected
            assert tr.equal(module, i, module, j) is ({a, b} <= {"a", "a2"} or a == b)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("head", HEADS)
def test_g05_defined_types_between_their_heads(name: str, head: str, switching: tr.Engine) -> None:
    with switching.register(FAMILY) as types:
        local = M(NAMES.index(name))
        shared = types.as_module_map()[int(local)]
        above, below = head in ABOVE[KINDS[name]], head in BELOW[KINDS[name]]
        assert switching.matches(shared, HEADS[head]) is above
        assert switching.matches(HEADS[head], shared) is below
        assert types.matches(local, HEADS[head]) is above
        assert types.matches(tr.RefType(HEADS[head]), tr.RefType(local)) is below


def test_g05_continuations_between_their_heads(switching: tr.Engine) -> None:
    with switching.register("(module (type $f (func)) (type $k (cont $f)))") as types:
        for head, value in HEADS.items():
            assert types.matches(M(1), value) is (head == "cont")
            assert types.matches(value, M(1)) is (head == "nocont")


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("right", [False, True])
def test_g05_nullability_of_concrete_references(left: bool, right: bool, engine: tr.Engine) -> None:
    with engine.register(FAMILY) as types:
        a, b, *_ = types.as_module_map()
        lower, upper = tr.RefType(b, nullable=left), tr.RefType(a, nullable=right)
        assert engine.matches(lower, upper) is (right or not left)
        assert not engine.matches(tr.RefType(a, nullable=left), tr.RefType(b, nullable=right))


# Values and fields.


def test_g05_numbers_match_themselves_only(engine: tr.Engine) -> None:
    references = [tr.RefType(tr.ANY), tr.RefType(tr.FUNC)]
    values: list[Any] = [tr.I32, tr.I64, tr.F32, tr.F64, tr.V128, *references]
    for a, b in itertools.product(values, repeat=2):
        assert engine.matches(a, b) is (a == b)


FIELDS: list[tuple[tr.FieldType, tr.FieldType, bool]] = [
    (tr.FieldType(tr.I8), tr.FieldType(tr.I8), True),
    (tr.FieldType(tr.I8), tr.FieldType(tr.I16), False),
    (tr.FieldType(tr.I8), tr.FieldType(tr.I32), False),
    (tr.FieldType(tr.I32), tr.FieldType(tr.I8), False),
    (tr.FieldType(tr.RefType(tr.EQ)), tr.FieldType(tr.RefType(tr.ANY)), True),
    (tr.FieldType(tr.RefType(tr.ANY)), tr.FieldType(tr.RefType(tr.EQ)), False),
    (tr.FieldType(tr.RefType(tr.EQ), True), tr.FieldType(tr.RefType(tr.ANY), True), False),
    (tr.FieldType(tr.RefType(tr.ANY), True), tr.FieldType(tr.RefType(tr.EQ), True), False),
    (tr.FieldType(tr.RefType(tr.ANY), True), tr.FieldType(tr.RefType(tr.ANY), True), True),
    (tr.FieldType(tr.I32, True), tr.FieldType(tr.I32), False),
    (tr.FieldType(tr.I32), tr.FieldType(tr.I32, True), False),
]


@pytest.mark.parametrize(("a", "b", "expected"), FIELDS, ids=str)
def test_g05_fields(a: tr.FieldType, b: tr.FieldType, expected: bool, engine: tr.Engine) -> None:
    assert engine.matches(a, b) is expected


# Extern types.


def table(minimum: int, maximum: int | None = None, **options: Any) -> tr.TableType:
    """A table of `funcref`."""
    return tr.TableType(tr.RefType(tr.FUNC), minimum, maximum, **options)


LIMITS: list[tuple[tuple[int, int | None], tuple[int, int | None], bool]] = [
    ((1, None), (1, None), True),
    ((2, None), (1, None), True),
    ((1, None), (2, None), False),
    ((1, 5), (1, None), True),
    ((1, None), (1, 5), False),
    ((1, 5), (1, 5), True),
    ((1, 4), (1, 5), True),
    ((1, 6), (1, 5), False),
    ((2, 5), (1, 5), True),
    ((0, 5), (1, 5), False),
    ((5, 5), (0, 5), True),
    ((0, 0), (0, 2**32 - 1), True),
]


@pytest.mark.parametrize(("found", "wanted", "expected"), LIMITS)
@pytest.mark.parametrize("kind", [table, tr.MemoryType], ids=["table", "memory"])
@pytest.mark.parametrize("wide", [False, True])
def test_g05_limits(
    found: tuple[int, int | None],
    wanted: tuple[int, int | None],
    expected: bool,
    kind: Callable[..., Any],
    wide: bool,
    engine: tr.Engine,
) -> None:
    one, two = kind(*found, address64=wide), kind(*wanted, address64=wide)
    assert engine.matches(one, two) is expected
    assert not engine.matches(one, kind(*wanted, address64=not wide))


def test_g05_tables_need_equal_elements(engine: tr.Engine) -> None:
    types = engine.register(FAMILY)
    a, b, *_, a2 = types.as_module_map()
    elements = [
        tr.RefType(tr.ANY),
        tr.RefType(tr.EQ),
        tr.RefType(tr.ANY, nullable=False),
        tr.RefType(a),
        tr.RefType(b),
    ]
    for one, two in itertools.product(elements, repeat=2):
        assert engine.matches(tr.TableType(one, 0), tr.TableType(two, 0)) is (one == two)
    assert engine.matches(tr.TableType(tr.RefType(a), 0), tr.TableType(tr.RefType(a2), 0))


MEMORIES: list[tuple[tr.MemoryType, tr.MemoryType, bool]] = [
    (tr.MemoryType(1, 2, shared=True), tr.MemoryType(1, 2, shared=True), True),
    (tr.MemoryType(1, 2, shared=True), tr.MemoryType(1, 3, shared=True), True),
    (tr.MemoryType(1, 2, shared=True), tr.MemoryType(1, 2), False),
    (tr.MemoryType(1, 2), tr.MemoryType(1, 2, shared=True), False),
    (tr.MemoryType(1, page_size=1), tr.MemoryType(1, page_size=1), True),
    (tr.MemoryType(1, page_size=1), tr.MemoryType(1), False),
    (tr.MemoryType(1), tr.MemoryType(1, page_size=1), False),
]


@pytest.mark.parametrize(("a", "b", "expected"), MEMORIES, ids=str)
def test_g05_memories(a: tr.MemoryType, b: tr.MemoryType, expected: bool) -> None:
    engine = tr.Engine(features=tr.Features(custom_page_sizes=True))
    assert engine.matches(a, b) is expected


def test_g05_globals(engine: tr.Engine) -> None:
    types = engine.register(FAMILY)
    a, b, *_, a2 = (tr.RefType(index) for index in types.as_module_map())
    const = tr.GlobalType

    def mut(content: Any) -> tr.GlobalType:
        return tr.GlobalType(content, mutable=True)

    assert engine.matches(const(tr.RefType(tr.EQ)), const(tr.RefType(tr.ANY)))
    assert not engine.matches(const(tr.RefType(tr.ANY)), const(tr.RefType(tr.EQ)))
    assert engine.matches(const(b), const(a))
    assert not engine.matches(const(a), const(b))
    assert not engine.matches(mut(b), mut(a))
    assert not engine.matches(mut(a), mut(b))
    assert engine.matches(mut(a), mut(a2))
    assert not engine.matches(mut(tr.RefType(tr.EQ)), mut(tr.RefType(tr.ANY)))
    assert not engine.matches(const(tr.I32), mut(tr.I32))
    assert not engine.matches(mut(tr.I32), const(tr.I32))
    assert not engine.matches(const(tr.I32), const(tr.I64))


def test_g05_a_bare_function_type_is_final_without_supertype(engine: tr.Engine) -> None:
    types = engine.register(FAMILY)
    a, b, *_, a2 = (tr.RefType(index) for index in types.as_module_map())
    wide, narrow = tr.FuncType([a], [b]), tr.FuncType([b], [a])
    assert engine.matches(wide, wide)
    assert not engine.matches(wide, narrow)
    assert not engine.matches(narrow, wide)
    assert engine.matches(tr.FuncType([a], []), tr.FuncType([a2], []))
    assert not engine.matches(tr.FuncType([], []), tr.FuncType([], [tr.I32]))


def test_g05_extern_types_of_different_kinds_never_match(engine: tr.Engine) -> None:
    kinds: list[Any] = [
        tr.FuncType([], []),
        table(0),
        tr.MemoryType(0),
        tr.GlobalType(tr.RefType(tr.FUNC)),
        tr.TagType(tr.FuncType([], [])),
    ]
    for a, b in itertools.product(kinds, repeat=2):
        assert engine.matches(a, b) is (a == b)


def test_bug_tag_variance(engine: tr.Engine) -> None:
    types = engine.register(FAMILY)
    a, b, *_, a2 = (tr.RefType(index) for index in types.as_module_map())

    def tag(*params: tr.RefType) -> tr.TagType:
        return tr.TagType(tr.FuncType(params, []))

    assert engine.matches(tag(a), tag(a2))
    for one, two in ((a, b), (b, a)):
        assert not engine.matches(tag(one), tag(two))


# Across modules.


def test_g05_equal_types_under_other_numbers_and_names() -> None:
    a = tr.Module("(module (type $x (struct (field i32))) (type $y (array (ref $x))))")
    b = tr.Module(
        """(module (type (func)) (type $p (struct (field i32))) (rec)
            (rec (type $q (array (ref $p)))))"""
    )
    assert tr.equal(a, 0, b, 1)
    assert tr.equal(a, 1, b, 2)
    assert tr.matches(a, 1, b, 2)
    assert not tr.equal(a, 0, b, 0)
    assert not tr.equal(a, 1, b, 1)


def test_g05_a_question_across_modules_takes_every_kind_of_type() -> None:
    a = tr.Module("(module (type (func)) (type $a (sub (struct))) (type $b (sub $a (struct))))")
    b = tr.Module("(module (type $a (sub (struct))) (type $b (sub $a (struct))))")
    pairs: list[tuple[Any, Any, bool, bool]] = [
        # (in a, in b, matches, equal)
        (1, 0, True, True),
        (2, 0, True, False),
        (1, 1, False, False),
        (0, 0, False, False),
        (tr.I32, tr.I32, True, True),
        (tr.I32, tr.I64, False, False),
        (tr.RefType(M(2)), tr.RefType(M(1)), True, True),
        (tr.RefType(M(2)), tr.RefType(M(0)), True, False),
        (tr.RefType(M(2), nullable=False), tr.RefType(M(1)), True, False),
        (tr.RefType(M(1)), tr.RefType(M(1)), False, False),
        (tr.RefType(M(2)), tr.RefType(tr.STRUCT), True, False),
        (tr.RefType(M(0)), tr.RefType(tr.STRUCT), False, False),
        (tr.GlobalType(tr.RefType(M(2))), tr.GlobalType(tr.RefType(M(0))), True, False),
        (
            tr.GlobalType(tr.RefType(M(2)), mutable=True),
            tr.GlobalType(tr.RefType(M(0)), mutable=True),
            False,
            False,
        ),
        (tr.TableType(tr.RefType(M(2)), 2), tr.TableType(tr.RefType(M(1)), 1), True, False),
        (tr.TableType(tr.RefType(M(2)), 1), tr.TableType(tr.RefType(M(1)), 1), True, True),
        (tr.TableType(tr.RefType(M(2)), 1), tr.TableType(tr.RefType(M(0)), 1), False, False),
        (tr.MemoryType(2, 3), tr.MemoryType(1, 3), True, False),
        (tr.FuncType([tr.RefType(M(1))], []), tr.FuncType([tr.RefType(M(0))], []), True, True),
        (tr.FuncType([tr.RefType(M(1))], []), tr.FuncType([tr.RefType(M(1))], []), False, False),
        (
            tr.TagType(tr.FuncType([tr.RefType(M(2))], [])),
            tr.TagType(tr.FuncType([tr.RefType(M(1))], [])),
            True,
            True,
        ),
    ]
    for one, two, matches, equal in pairs:
        assert tr.matches(a, one, b, two) is matches, (one, two)
        assert tr.equal(a, one, b, two) is equal, (one, two)


def test_g05_a_question_across_modules_touches_no_engine(engine: tr.Engine) -> None:
    module = tr.Module(FAMILY)
    assert tr.matches(module, 1, module, 0)
    assert len(engine.registry) == 0


# Indices that do not belong.


def test_g05_only_indices_of_the_engine_are_understood(engine: tr.Engine, other: tr.Engine) -> None:
    mine = tr.RegisteredType(engine, tr.StructType([]))
    foreign = tr.RegisteredType(other, tr.StructType([]))
    gone = tr.RegisteredType(engine, tr.ArrayType(tr.FieldType(tr.I8)))
    stale = gone.index
    gone.close()
    wrong: list[tuple[Any, type[Exception]]] = [
        (foreign.index, tr.ForeignEngineError),
        (stale, tr.StaleIndexError),
        (M(0), tr.NotCanonicalError),
        (R(0), tr.NotCanonicalError),
    ]
    makers: list[Callable[[tr.RefType], Any]] = [
        lambda reference: reference,
        lambda reference: tr.FieldType(reference),
        lambda reference: tr.FuncType([reference], []),
        lambda reference: tr.GlobalType(reference),
        lambda reference: tr.TableType(reference, 0),
        lambda reference: tr.TagType(tr.FuncType([reference], [])),
    ]
    for index, error in wrong:
        for make in makers:
            good, bad = make(tr.RefType(mine.index)), make(tr.RefType(index))
            for pair in ((good, bad), (bad, good), (bad, bad)):
                with pytest.raises(error):
                    engine.matches(*pair)


def test_g05_a_module_index_out_of_range_is_refused(engine: tr.Engine) -> None:
    module = tr.Module("(module (type (struct)))")
    calls: list[Callable[[], object]] = [
        lambda: engine.register(module).matches(tr.RefType(M(1)), tr.RefType(tr.ANY)),
        lambda: tr.matches(module, tr.RefType(M(1)), module, tr.RefType(tr.ANY)),
        lambda: tr.equal(module, tr.RefType(M(0)), module, tr.RefType(M(7))),
    ]
    for call in calls:
        with pytest.raises((tr.TypeRegError, IndexError)) as caught:
            call()
        assert not isinstance(caught.value, tr.InternalError)


def test_g05_types_of_an_engine_are_not_registered_by_asking(engine: tr.Engine) -> None:
    assert engine.matches(tr.FuncType([tr.I32], []), tr.FuncType([tr.I32], []))
    assert len(engine.registry) == 0
    assert engine.registry.stats().registrations == 0
