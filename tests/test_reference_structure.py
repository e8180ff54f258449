"""The structural model by itself: the specification's rules, its own examples, and size. D1."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator

import pytest

import typereg as tr
from support.threads import SMALL_STACK, run_threads
from typereg import reference as ref
from typereg.reference import convert, structure
from typereg.reference.binary import encode_types
from typereg.reference.types import ExternType, TypeUse, ValueType

M = ref.ModuleTypeIndex
R = ref.RecIndex


def struct(*uses: TypeUse, final: bool = True, supertype: TypeUse | None = None) -> ref.SubType:
    """A struct with a reference to each type."""
    fields = [ref.FieldType(ref.RefType(use)) for use in uses]
    return ref.SubType(ref.StructType(fields), final=final, supertype=supertype)


def types_of(*groups: ref.RecGroup) -> list[ref.DefType]:
    """The defined types of a section."""
    return structure.Validity().section(groups)


def of_text(text: str) -> list[ref.DefType]:
    """The defined types of a module in WAT."""
    return list(ref.Module(tr.Module(text).wasm).def_types)


# Rolling and unrolling.


def test_d01_rolling_replaces_indices_inside_the_group_only() -> None:
    group = ref.RecGroup([struct(M(4), M(5), M(3)), struct(M(4), supertype=M(2))])
    assert structure.roll(4, group) == ref.RecGroup(
        [struct(R(0), R(1), M(3)), struct(R(0), supertype=M(2))]
    )


def test_d01_unrolling_replaces_recursive_indices_by_defined_types() -> None:
    outer, first, second = types_of(
        ref.RecGroup([struct()]), ref.RecGroup([struct(R(1), M(0)), struct(R(0))])
    )
    assert structure.unroll(first) == struct(second, outer)
    assert structure.unroll(second) == struct(first)
    composite = structure.expand(second)
    assert composite == struct(first).composite
    # Unrolling stops at the defined types: what they bind stays bound.
    assert first.group.members[0].composite == struct(R(1), outer).composite


def test_d01_a_rolled_group_is_the_same_wherever_it_stands() -> None:
    def ring(start: int) -> ref.RecGroup:
        return ref.RecGroup([struct(M(start + 1)), struct(M(start))])

    assert structure.roll(0, ring(0)) == structure.roll(7, ring(7))


# Equality: of each pair, whether the last types of both modules are the same.

EQUALITIES: dict[str, tuple[str, str, bool]] = {
    "a type outside rec is a group of one": ("(type (struct))", "(rec (type (struct)))", True),
    "an unused member makes another group": (
        "(type (struct))",
        "(rec (type (func)) (type (struct)))",
        False,
    ),
    "empty groups do not matter": ("(type (struct))", "(rec) (type (struct))", True),
    "indices do not matter": (
        "(type $a (func)) (type (array (ref $a)))",
        "(type (struct)) (type $x (func)) (type (array (ref $x)))",
        True,
    ),
    "unrolled once is another type": (
        "(type $t (struct (field (ref null $t))))",
        "(type $t (struct (field (ref null $t)))) (type (struct (field (ref null $t))))",
        False,
    ),
    "a cycle of two is no cycle of one": (
        "(type $t (struct (field (ref null $t))))",
        "(rec (type $a (struct (field (ref null $b)))) (type $b (struct (field (ref null $a)))))",
        False,
    ),
    "members in another order": (
        "(rec (type $a (struct (field (ref $b)))) (type $b (struct)))",
        "(rec (type $b (struct)) (type $a (struct (field (ref $b)))))",
        False,
    ),
    "an own member is no twin outside": (
        "(rec (type $a (struct)) (type (struct (field (ref $a)))))",
        "(type $a (struct)) (rec (type $a2 (struct)) (type (struct (field (ref $a)))))",
        False,
    ),
    "only a sibling differs": (
        "(rec (type (struct (field i32))) (type (func)))",
        "(rec (type (struct (field i64))) (type (func)))",
        False,
    ),
    "a difference three groups away": (
        "(type $a (func)) (type $b (array (ref $a))) (type $c (array (ref $b)))"
        "(type (array (ref $c)))",
        "(type $a (func (param i32))) (type $b (array (ref $a))) (type $c (array (ref $b)))"
        "(type (array (ref $c)))",
        False,
    ),
    "two duplicates are one": (
        "(type $a (func)) (type $b (func)) (type (func (param (ref $a) (ref $b))))",
        "(type $a (func)) (type (func (param (ref $a) (ref $a))))",
        True,
    ),
    "final or open": ("(type (struct))", "(type (sub (struct)))", False),
    "sub final is plain": ("(type (struct))", "(type (sub final (struct)))", True),
    "with a supertype or without": (
        "(type $a (sub (struct))) (type (sub final $a (struct)))",
        "(type $a (sub (struct))) (type (sub final (struct)))",
        False,
    ),
    "of another supertype": (
        "(type $a (sub (struct))) (type (sub final $a (struct (field i32))))",
        "(type $a (sub (struct (field i32)))) (type (sub final $a (struct (field i32))))",
        False,
    ),
    "nullability": ("(type (func (param anyref)))", "(type (func (param (ref any))))", False),
    "shorthand is longhand": (
        "(type (func (param anyref)))",
        "(type (func (param (ref null any))))",
        True,
    ),
    "mutability": ("(type (array i8))", "(type (array (mut i8)))", False),
    "packed width": ("(type (array i8))", "(type (array i16))", False),
    "packed or number": ("(type (array i8))", "(type (array i32))", False),
    "kind of one field": ("(type (struct (field i8)))", "(type (array i8))", False),
    "where parameters end": (
        "(type (func (param i32) (result i32)))",
        "(type (func (param i32 i32)))",
        False,
    ),
    "order of parameters": (
        "(type (func (param i32 i64)))",
        "(type (func (param i64 i32)))",
        False,
    ),
    "abstract heads of one hierarchy": (
        "(type (array structref))",
        "(type (array arrayref))",
        False,
    ),
    "abstract or concrete": (
        "(type $s (struct)) (type (array (ref null $s)))",
        "(type $s (struct)) (type (array structref))",
        False,
    ),
}


@pytest.mark.parametrize("what", EQUALITIES)
def test_d01_equality_of_defined_types(what: str) -> None:
    one, two, equal = EQUALITIES[what]
    a, b = of_text(f"(module {one})"), of_text(f"(module {two})")
    assert structure.equal(a[-1], b[-1]) is equal
    assert structure.equal(b[-1], a[-1]) is equal
    assert (a[-1] == b[-1]) is equal
    assert structure.equal(a[-1], of_text(f"(module {one})")[-1])
    # And typereg says the same.
    theirs = tr.Module(f"(module {one})"), tr.Module(f"(module {two})")
    last = [len(module.types) - 1 for module in theirs]
    assert tr.equal(theirs[0], last[0], theirs[1], last[1]) is equal


def test_d01_equal_defined_types_hash_alike() -> None:
    a, b = (of_text("(module (type $a (func)) (type (array (ref $a))))") for _ in range(2))
    assert {*a} == {*b}
    assert len({*a, *b}) == 2


def test_d01_memory_of_one_question_serves_the_next() -> None:
    # Learnt of a pair that differs must not be believed of its parts, nor the other way round.
    a = of_text("(module (type $a (func)) (type (struct (field (ref $a) i32))))")
    b = of_text("(module (type $a (func)) (type (struct (field (ref $a) i64))))")
    equality = structure.Equality()
    for _ in range(2):
        assert not equality.holds(a[1], b[1])
        assert equality.holds(a[0], b[0])
        assert equality.holds(a[1], a[1])
    struct_a, struct_b = structure.expand(a[1]), structure.expand(b[1])
    assert not equality.holds(struct_a, struct_b)
    assert equality.holds(a[0], b[0])


# Matching of abstract heap types, from the specification's picture of the hierarchies.

CHAINS = [
    ["none", "i31", "eq", "any"],
    ["none", "struct", "eq", "any"],
    ["none", "array", "eq", "any"],
    ["nofunc", "func"],
    ["noextern", "extern"],
    ["noexn", "exn"],
    ["nocont", "cont"],
]
HEADS = sorted({name for chain in CHAINS for name in chain})


@pytest.mark.parametrize(("low", "high"), list(itertools.product(HEADS, repeat=2)))
def test_d01_abstract_heap_types(low: str, high: str) -> None:
    expected = low == high or any(
        low in chain and high in chain[chain.index(low) :] for chain in CHAINS
    )
    assert structure.matches(ref.AbsHeapType(low), ref.AbsHeapType(high)) is expected


FAMILY = """(module
  (type $a (sub (struct (field i32))))
  (type $b (sub $a (struct (field i32 i64))))
  (type $c (sub final $b (struct (field i32 i64 f32))))
  (type $twin (sub (struct (field i32 i64))))
  (type $v (sub (array i8)))
  (type $f (sub (func (param (ref $b)) (result (ref $b)))))
  (type $g (sub $f (func (param (ref $a)) (result (ref $c)))))
  (type $h (sub (func (param (ref $a)) (result (ref $c)))))
)"""
NAMES = ["a", "b", "c", "twin", "v", "f", "g", "h"]
BELOW = {*((name, name) for name in NAMES), ("b", "a"), ("c", "b"), ("c", "a"), ("g", "f")}
KINDS = dict(zip(NAMES, [*["struct"] * 4, "array", *["func"] * 3], strict=True))


def test_d01_defined_types_match_by_declaration() -> None:
    types = dict(zip(NAMES, of_text(FAMILY), strict=True))
    for low, high in itertools.product(NAMES, repeat=2):
        assert structure.matches(types[low], types[high]) is ((low, high) in BELOW)
    for name, head in itertools.product(NAMES, HEADS):
        above = structure.matches(types[name], ref.AbsHeapType(head))
        assert above is structure.matches(ref.AbsHeapType(KINDS[name]), ref.AbsHeapType(head))
        below = structure.matches(ref.AbsHeapType(head), types[name])
        assert below is (head == ("nofunc" if KINDS[name] == "func" else "none"))


def test_d01_what_is_not_closed_is_no_question() -> None:
    (closed,) = types_of(ref.RecGroup([struct()]))
    for use in (M(0), R(0)):
        for a, b in ((use, closed), (closed, use), (use, ref.STRUCT), (ref.STRUCT, use)):
            with pytest.raises(ref.NotCanonicalError):
                structure.matches(a, b)


def extern_types(types: dict[str, ref.DefType]) -> Iterator[ExternType]:
    """External types of every kind, with every attribute in two or more ways."""
    values: list[ValueType] = [ref.I32, ref.RefType(ref.ANY), ref.RefType(ref.EQ)]
    values += [ref.RefType(types[name], null) for name in ("a", "b") for null in (False, True)]
    bounds = [(0, None), (1, None), (1, 1), (1, 2), (0, 2)]
    for value, mutable in itertools.product(values, (False, True)):
        yield ref.GlobalType(value, mutable)
    for element in values[1:]:
        assert isinstance(element, ref.RefType)
        yield ref.TableType(element, 1, 2)
    for (low, high), wide in itertools.product(bounds, (False, True)):
        yield ref.TableType(ref.RefType(ref.FUNC), low, high, address64=wide)
        yield ref.MemoryType(low, high, address64=wide)
    yield ref.MemoryType(1, 2, shared=True)
    yield ref.MemoryType(1, 2, page_size=1)
    for params in ([], [ref.RefType(types["a"])], [ref.RefType(types["b"])]):
        yield ref.FuncType(params, [])
        yield ref.FuncType([], params)
        yield ref.TagType(ref.FuncType(params, []))


def test_d01_external_types_match_as_typereg_has_them() -> None:
    ours = dict(zip(NAMES, of_text(FAMILY), strict=True))
    engine = tr.Engine(features=tr.Features(custom_page_sizes=True))
    collection = engine.register(FAMILY)
    shared = dict(zip(NAMES, collection.as_module_map(), strict=True))
    name_of = {id(defined.group): name for name, defined in ours.items()}

    def index(use: TypeUse) -> TypeUse:
        # A module's index stands for the engine's until the value is typereg's.
        assert isinstance(use, ref.DefType)
        return M(NAMES.index(name_of[id(use.group)]))

    def theirs(extern: ExternType) -> object:
        return convert.to_typereg(structure.Substitution(index).extern(extern))

    assert collection.shared_type(0) == shared["a"]
    pairs = 0
    for a, b in itertools.product(extern_types(ours), repeat=2):
        matches: Callable[..., bool] = collection.matches
        assert structure.matches(a, b) is matches(theirs(a), theirs(b)), (a, b)
        pairs += structure.matches(a, b)
    assert pairs > 50


def test_d01_a_function_import_matches_by_declared_subtyping() -> None:
    provider = ref.Module(
        tr.Module(
            """(module (type $f (sub (func))) (type $g (sub $f (func)))
              (func (export "f") (type $f)) (func (export "g") (type $g))
              (tag (export "t") (type $g)))"""
        ).wasm
    )
    consumer = ref.Module(
        tr.Module(
            """(module (type $f (sub (func))) (type $g (sub $f (func)))
              (import "m" "f" (func (type $f))) (import "m" "g" (func (type $g)))
              (import "m" "t" (tag (type $f))))"""
        ).wasm
    )
    found = {export.name: provider.extern(export) for export in provider.exports}
    wanted = {import_.name: consumer.extern(import_) for import_ in consumer.imports}
    assert {
        (a, b): structure.matches(found[a], wanted[b]) for a, b in itertools.product("fgt", "fgt")
    } == {
        **dict.fromkeys(itertools.product("fgt", "fgt"), False),
        ("f", "f"): True,
        ("g", "g"): True,
        ("g", "f"): True,
    }


# Validity: order before structure.


def test_d01_a_cycle_of_supertypes_is_refused_before_anything_is_compared() -> None:
    class Asked(structure.Matching):
        def def_type(self, a: ref.DefType, b: ref.DefType) -> bool:
            raise AssertionError("structure was compared")

    ring = [struct(R((i + 1) % 3), supertype=R((i + 1) % 3), final=False) for i in range(3)]
    for members in (ring, ring[::-1]):
        with pytest.raises(ref.ValidationError, match="declared before"):
            structure.Validity(matching=Asked()).section([ref.RecGroup(members)])


def test_d01_validity_is_a_verdict_too() -> None:
    assert structure.valid([ref.RecGroup([struct(final=False)]), ref.RecGroup([struct(M(0))])])
    assert not structure.valid([ref.RecGroup([struct(M(1))])])
    assert not structure.valid([ref.RecGroup([struct()])] * 3, ref.Limits.js_api(types=2))


# Size.


LEVELS, WIDTH, MANY = 40, 10, 5000


def chain(bottom: ref.SubType, length: int, width: int = 1) -> list[ref.RecGroup]:
    """Groups of one that refer each to the one before, so often."""
    links = [ref.RecGroup([struct(*[M(below)] * width)]) for below in range(length - 1)]
    return [ref.RecGroup([bottom]), *links]


def test_d01_a_dag_takes_linear_time() -> None:
    one, two, other = (
        types_of(*chain(bottom, LEVELS, WIDTH))
        for bottom in (struct(), struct(), struct(final=False))
    )
    assert structure.equal(one[-1], two[-1])
    assert not structure.equal(one[-1], other[-1])
    assert not structure.matches(one[-1], other[-1])
    assert hash(one[-1]) == hash(two[-1])
    assert repr(one[-1])
    assert structure.unroll(one[-1]) == structure.unroll(two[-1])


def test_d01_nothing_recurses_on_the_size_of_its_input() -> None:
    limit = sys.getrecursionlimit()
    # From 3.13 on Python itself needs more to free a chain of objects, whoever's they are.
    stack = SMALL_STACK if sys.version_info < (3, 13) else 8 * SMALL_STACK

    def body() -> None:
        section = chain(struct(), MANY)
        one, two = ref.Module(encode_types(section)), ref.Module(encode_types(section))
        other = types_of(*chain(struct(final=False), MANY))
        assert structure.equal(one.def_types[-1], two.def_types[-1])
        assert not structure.equal(one.def_types[-1], other[-1])
        assert one.type_digests == two.type_digests
        assert other[-1].digest not in one.type_digests
        engine = ref.Engine()
        types = engine.register(one)
        assert types.as_module_map() == engine.register(two).as_module_map()
        last = types[MANY - 1]
        types.close()
        assert len(engine.registry) == MANY
        last.close()
        assert len(engine.registry) == 0

    sys.setrecursionlimit(150)
    try:
        run_threads(body, stack=stack)
    finally:
        sys.setrecursionlimit(limit)


def test_d01_a_group_of_thousands_of_types() -> None:
    def tree(last: int) -> ref.RecGroup:
        parents = [None, *(R((i - 1) // 2) for i in range(1, MANY - 1)), R(last)]
        return ref.RecGroup([struct(R(0), R(7), supertype=up, final=False) for up in parents])

    group = tree(0)
    one, two, other = (types_of(each) for each in (group, tree(0), tree(1)))
    assert structure.equal(one[17], two[17])
    assert not structure.equal(one[17], two[18])
    assert not structure.equal(one[17], other[17])
    assert structure.matches(one[MANY - 1], two[0])
    assert not structure.matches(one[0], two[MANY - 1])
    engine = ref.Engine()
    handles, again = engine.register_group(group), engine.register_group(tree(0))
    assert again == handles
    assert handles[-1].is_subtype_of(handles[0])
    assert handles[0].registrations == 2 * MANY
