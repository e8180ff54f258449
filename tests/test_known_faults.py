"""Faults that other registries have had, acted out here: each row of identity, and more."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

import typereg as tr
from support.registry import unchanged
from typereg.testing import wasm

R = tr.RecIndex
M = tr.ModuleTypeIndex
OWN = tr.RefType(R(0))
STRUCT = tr.StructType([])


def struct(*values: Any, mutable: bool = False) -> tr.StructType:
    """A struct of a field for each value."""
    return tr.StructType([tr.FieldType(value, mutable) for value in values])


def group(*composites: Any, final: bool = True) -> tr.RecGroup:
    """A group of members without supertypes."""
    return tr.RecGroup([tr.SubType(composite, final=final) for composite in composites])


def everywhere(value: Any) -> list[tr.RecGroup]:
    """A group for each place where a value type can stand, and nothing else differs."""
    return [
        group(tr.FuncType([value], [])),
        group(tr.FuncType([tr.I32, value], [])),
        group(tr.FuncType([], [value])),
        group(tr.FuncType([value], [tr.I32])),
        group(struct(value)),
        group(struct(tr.I32, value, tr.I64)),
        group(struct(value, mutable=True)),
        group(tr.ArrayType(tr.FieldType(value))),
        group(tr.ArrayType(tr.FieldType(value, mutable=True))),
        group(STRUCT, struct(value)),
    ]


def all_different(engine: tr.Engine, groups: list[tr.RecGroup]) -> None:
    """No two of the groups have a member in common, in the engine and as modules."""
    handles = [engine.register_group(item) for item in groups]
    flat = [handle for members in handles for handle in members]
    assert len({handle.index for handle in flat}) == len(flat)
    assert len(set(flat)) == len(flat)
    assert len(engine.registry) == len(flat)
    for a, b in itertools.combinations(flat, 2):
        assert a != b
        assert a.index != b.index
        assert not engine.matches(a.index, b.index)
    modules = [tr.Module(f"(module {item})") for item in groups]
    for a_module, b_module in itertools.combinations(modules, 2):
        for i, j in itertools.product(range(len(a_module.types)), range(len(b_module.types))):
            assert not tr.equal(a_module, i, b_module, j)
    for members, item in zip(handles, groups, strict=True):
        again = engine.register_group(item)
        assert again == members
        for handle in (*again, *members):
            handle.close()
    assert len(engine.registry) == 0


# Identity.


def test_bug_nullability(hashed_engine: tr.Engine) -> None:
    heads: list[tr.AbsHeapType | tr.RecIndex] = [tr.ANY, tr.FUNC, R(0)]
    for head in heads:
        pairs = zip(
            everywhere(tr.RefType(head)),
            everywhere(tr.RefType(head, nullable=False)),
            strict=True,
        )
        for one, two in pairs:
            all_different(hashed_engine, [one, two])


def test_bug_heap_kind(hashed_engine: tr.Engine) -> None:
    heads: list[tr.AbsHeapType | tr.RecIndex] = [
        tr.ANY,
        tr.EQ,
        tr.I31,
        tr.STRUCT,
        tr.ARRAY,
        tr.NONE,
        tr.FUNC,
        tr.NOFUNC,
        tr.EXTERN,
        tr.NOEXTERN,
        tr.EXN,
        tr.NOEXN,
        R(0),
    ]
    for places in zip(*(everywhere(tr.RefType(head)) for head in heads), strict=True):
        all_different(hashed_engine, list(places))


def test_bug_mutability(hashed_engine: tr.Engine) -> None:
    storages: list[Any] = [tr.I8, tr.I32, tr.RefType(tr.ANY), OWN]
    for value in storages:
        const, mut = tr.FieldType(value), tr.FieldType(value, mutable=True)
        structs = [
            tr.StructType(list(fields)) for fields in itertools.product([const, mut], repeat=3)
        ]
        all_different(hashed_engine, [group(item) for item in structs])
        all_different(hashed_engine, [group(tr.ArrayType(const)), group(tr.ArrayType(mut))])


def test_bug_param_result_boundary(hashed_engine: tr.Engine) -> None:
    values = [tr.I32, tr.I64, tr.I32]
    cuts = [tr.FuncType(values[:cut], values[cut:]) for cut in range(4)]
    all_different(hashed_engine, [group(cut) for cut in cuts])
    all_different(
        hashed_engine, [group(tr.FuncType([tr.I32], [])), group(tr.FuncType([], [tr.I32]))]
    )


def test_bug_array_length(hashed_engine: tr.Engine) -> None:
    storages: list[Any] = [
        tr.I8,
        tr.I16,
        tr.I32,
        tr.I64,
        tr.RefType(tr.ANY),
        tr.RefType(tr.EQ),
        OWN,
    ]
    groups = []
    for storage in storages:
        for mutable in (False, True):
            field = tr.FieldType(storage, mutable)
            groups += [
                group(tr.ArrayType(field)),
                group(tr.StructType([field])),
                group(tr.StructType([field, field])),
            ]
    groups += [group(STRUCT)]
    all_different(hashed_engine, groups)
    parents = ["(array i32)", "(struct (field i32))"]
    for parent, child in (parents, reversed(parents)):
        with pytest.raises(tr.ValidationError):
            tr.Module(f"(module (type (sub {parent})) (type (sub 0 {child})))")


def test_bug_self_or_twin(hashed_engine: tr.Engine) -> None:
    (itself,) = hashed_engine.register_group(group(struct(OWN)))
    twin = tr.RegisteredType(hashed_engine, struct(tr.RefType(itself.index)))
    again = tr.RegisteredType(hashed_engine, struct(tr.RefType(twin.index)))
    assert len({itself, twin, again}) == 3
    assert len(hashed_engine.registry) == 3
    module = tr.Module(
        """(module (type (struct (field (ref null 0))))
                   (type (struct (field (ref null 0)))) (type (struct (field (ref null 2)))))"""
    )
    assert not tr.equal(module, 0, module, 1)
    assert tr.equal(module, 0, module, 2)
    with hashed_engine.register(module) as types:
        assert list(types) == [itself, twin, itself]


def test_bug_self_or_twin_in_a_group_of_two(hashed_engine: tr.Engine) -> None:
    # Member 1 refers to its sibling in one group, and to an equal type outside in the other.
    outside = tr.RegisteredType(hashed_engine, STRUCT)
    siblings = hashed_engine.register_group(group(STRUCT, struct(OWN)))
    strangers = hashed_engine.register_group(group(STRUCT, struct(tr.RefType(outside.index))))
    assert len({outside, *siblings, *strangers}) == 5


def test_bug_group_not_member(hashed_engine: tr.Engine) -> None:
    members = hashed_engine.register_group(group(STRUCT, STRUCT, STRUCT))
    assert len(set(members)) == len({member.index for member in members}) == 3
    assert [member.position for member in members] == [0, 1, 2]
    for a, b in itertools.permutations(members, 2):
        assert a != b
        assert not a.is_subtype_of(b)
        assert not hashed_engine.matches(tr.RefType(a.index), tr.RefType(b.index))
    module = tr.Module("(module (rec (type (struct)) (type (struct))))")
    assert not tr.equal(module, 0, module, 1)
    assert not tr.matches(module, 0, module, 1)


def test_bug_empty_rec(hashed_engine: tr.Engine) -> None:
    source = wasm.types(*[wasm.rec()] * 5, wasm.struct(), *[wasm.rec()] * 5, wasm.func())
    with hashed_engine.register(source) as types:
        assert len(types) == 2
        assert len(types.as_module_map()) == 2
        assert types[1].type.composite == tr.FuncType([], [])
        assert (hashed_engine.registry.stats().groups, len(hashed_engine.registry)) == (2, 2)
    with unchanged(hashed_engine):
        assert hashed_engine.register_group(tr.RecGroup([])) == ()
        with hashed_engine.register(wasm.types(wasm.rec(), wasm.rec())) as nothing:
            assert len(nothing) == 0


def test_bug_group_shape(hashed_engine: tr.Engine) -> None:
    a, b = STRUCT, tr.FuncType([], [])
    shapes = [
        group(a),
        group(b),
        group(a, b),
        group(b, a),
        group(a, a),
        group(a, b, a),
        group(a, b, b),
        group(b, a, b),
        group(a, b, a, b),
    ]
    all_different(hashed_engine, shapes)


def test_bug_group_shape_of_cycles(hashed_engine: tr.Engine) -> None:
    all_different(
        hashed_engine,
        [
            group(struct(OWN)),
            group(struct(tr.RefType(R(1))), struct(OWN)),
            group(struct(OWN), struct(tr.RefType(R(1)))),
            group(struct(tr.RefType(R(1))), struct(tr.RefType(R(1)))),
            group(struct(OWN), struct(OWN)),
            group(struct(tr.RefType(R(1))), struct(tr.RefType(R(2))), struct(OWN)),
        ],
    )


def test_bug_group_shape_when_only_a_sibling_differs(hashed_engine: tr.Engine) -> None:
    siblings = [STRUCT, struct(tr.I32), tr.FuncType([], []), struct(tr.I8), struct(tr.I16)]
    all_different(hashed_engine, [group(struct(tr.RefType(R(1))), it) for it in siblings])


def references(value: object) -> list[object]:
    """The classes of the indices in what `repr` shows of a value's references."""
    match value:
        case tr.RefType(heap):
            return [] if isinstance(heap, tr.AbsHeapType) else [heap]
        case tr.FieldType(storage):
            return references(storage)
        case tr.FuncType(params, results):
            return [found for item in (*params, *results) for found in references(item)]
        case tr.StructType(fields):
            return [found for item in fields for found in references(item)]
        case tr.ArrayType(field):
            return references(field)
        case tr.SubType(composite, supertype=supertype):
            return [*([] if supertype is None else [supertype]), *references(composite)]
        case tr.RecGroup(members):
            return [found for member in members for found in references(member)]
        case _:
            return []


LEAKY = """(module
  (type $out (sub (struct)))
  (rec
    (type $x (sub $out (struct (field (ref null $y)) (field (ref $out)))))
    (type $y (sub $x (struct (field (ref null $y)) (field (ref $out)))))
    (type $z (func (param (ref $x)) (result (ref $z))))))"""


def test_bug_rec_local_leak(hashed_engine: tr.Engine) -> None:
    module = tr.Module(LEAKY)
    assert [references(it) for it in module.types] == [
        [],
        [M(0), M(2), M(0)],
        [M(1), M(2), M(0)],
        [M(1), M(3)],
    ]
    with hashed_engine.register(module) as types:
        out, x, y, z = types.as_module_map()
        expected = [[], [out, y, out], [x, y, out], [x, z]]
        assert [references(handle.type) for handle in types] == expected
        borrowed = [hashed_engine.registry.borrow(index) for index in (out, x, y, z)]
        assert [references(it) for it in borrowed] == expected
        for position in range(3):
            assert references(types[1 + position].group) == [
                out,
                R(1),
                out,
                R(0),
                R(1),
                out,
                R(0),
                R(2),
            ]
            assert types[1 + position].position == position


def test_bug_rec_local_leak_between_groups_of_one_shape(hashed_engine: tr.Engine) -> None:
    # Own member 0 of one group is not own member 0 of another, nor the module's type 0.
    module = tr.Module(
        """(module
          (type (func))
          (rec (type (struct)) (type (array (ref null 1))))
          (rec (type (struct (field i32))) (type (array (ref null 3))))
          (rec (type (struct)) (type (array (ref null 0))))
          (rec (type (struct)) (type (array (ref null 1)))))"""
    )
    with hashed_engine.register(module) as types:
        assert len(set(types)) == 9
    for i, j in itertools.combinations(range(9), 2):
        assert not tr.equal(module, i, module, j)


def test_bug_unrolled_once(hashed_engine: tr.Engine) -> None:
    with hashed_engine.register(LEAKY) as types:
        for handle in types:
            with unchanged(hashed_engine):
                members = hashed_engine.register_group(handle.group)
                assert members[handle.position] == handle
                for member in members:
                    member.close()
            if handle.group.members[handle.position] != handle.type:
                # Its canonical form alone is its unrolling: a type of its own.
                with tr.RegisteredType(hashed_engine, handle.type) as unrolled:
                    assert unrolled != handle
                    assert unrolled.type == handle.type
            handle.close()
    assert len(hashed_engine.registry) == 0


def test_bug_index_truncation() -> None:
    size = (1 << 20) + 3
    data = wasm.module(wasm.section(wasm.TYPE, b"\x01\x4e" + wasm.leb(size) + wasm.struct() * size))
    engine = tr.Engine(limits=tr.Limits.spec())
    with engine.register(tr.Module(data, limits=tr.Limits.spec())) as types:
        near = [0, 1, 2]
        far = [index + (1 << bits) for index in near for bits in (8, 16, 17, 18, 19, 20)]
        chosen = [*near, *sorted(set(far))]
        handles = [types[index] for index in chosen]
        assert len(set(handles)) == len(chosen)
        assert [handle.position for handle in handles] == chosen
        holders = [tr.RegisteredType(engine, struct(tr.RefType(it.index))) for it in handles]
        assert len(set(holders)) == len(chosen)
        for handle, holder in zip(handles, holders, strict=True):
            assert references(holder.type) == [handle.index]


def test_d04_all_hashes_alike_and_every_type_its_own() -> None:
    values = [tr.I32, tr.I64, tr.F32, tr.F64]
    types = [
        tr.FuncType(params, []) for n in range(4) for params in itertools.product(values, repeat=n)
    ]
    for bits in (None, 0, 1, 4):
        engine = tr.Engine(weak_hash_bits=bits)
        handles = [tr.RegisteredType(engine, it) for it in types]
        assert len(set(handles)) == len(types) == len(engine.registry)
        assert [tr.RegisteredType(engine, it) for it in types] == handles
        for handle in handles[::2]:
            handle.close()
        assert len(engine.registry) == len(types) - len(handles[::2])
        assert [tr.RegisteredType(engine, it) for it in types[1::2]] == handles[1::2]


def test_d04_the_answers_do_not_depend_on_the_hash(hashed_engine: tr.Engine) -> None:
    plain = tr.Engine()
    with hashed_engine.register(LEAKY) as weak, plain.register(LEAKY) as strong:
        assert [int(i) for i in weak.as_module_map()] == [int(i) for i in strong.as_module_map()]
        for i, j in itertools.product(range(4), repeat=2):
            assert weak[i].is_subtype_of(weak[j]) is strong[i].is_subtype_of(strong[j])
    one, two = hashed_engine.registry.stats(), plain.registry.stats()
    assert (one.hits, one.misses, one.capacity) == (two.hits, two.misses, two.capacity)


# Validity.


def test_bug_forward_supertype(engine: tr.Engine) -> None:
    later = [tr.SubType(STRUCT, supertype=R(1)), tr.SubType(STRUCT, final=False)]
    with unchanged(engine):
        with pytest.raises(tr.ValidationError):
            engine.register_group(tr.RecGroup(later))
        with pytest.raises(tr.ValidationError) as caught:
            engine.register(
                wasm.types(wasm.rec(wasm.sub(wasm.struct(), 1), wasm.sub(wasm.struct())))
            )
        assert caught.value.type_index == 0
    for handle in engine.register_group(
        tr.RecGroup([later[1], tr.SubType(STRUCT, supertype=R(0))])
    ):
        handle.close()


def test_bug_supertype_cycle(engine: tr.Engine) -> None:
    for length in (1, 2, 3, 1000):
        members = [
            tr.SubType(
                struct(tr.RefType(R((i + 1) % length))), supertype=R((i + 1) % length), final=False
            )
            for i in range(length)
        ]
        with unchanged(engine), pytest.raises(tr.ValidationError):
            engine.register_group(tr.RecGroup(members))


def test_bug_multiple_supertypes(engine: tr.Engine) -> None:
    parent = wasm.sub(wasm.struct())
    for supertypes in ((0, 1), (1, 0), (0, 0), (0, 1, 2)):
        data = wasm.types(parent, parent, parent, wasm.sub(wasm.struct(), *supertypes))
        with unchanged(engine), pytest.raises(tr.ValidationError) as caught:
            engine.register(data)
        assert caught.value.type_index == 3


@pytest.mark.parametrize(
    ("parent", "child", "fits"),
    [
        ("eqref", "i31ref", True),
        ("i31ref", "eqref", False),
        ("(mut eqref)", "(mut i31ref)", False),
        ("(mut eqref)", "(mut eqref)", True),
        ("eqref", "(mut eqref)", False),
        ("(mut eqref)", "eqref", False),
        ("eqref", "(ref eq)", True),
        ("(mut eqref)", "(mut (ref eq))", False),
    ],
)
@pytest.mark.parametrize("shape", ["(struct (field {}))", "(array {})"], ids=["struct", "array"])
def test_bug_field_variance(
    parent: str, child: str, fits: bool, shape: str, engine: tr.Engine
) -> None:
    text = f"(module (type (sub {shape.format(parent)})) (type (sub 0 {shape.format(child)})))"
    if fits:
        with engine.register(text) as types:
            assert types[1].is_subtype_of(types[0])
    else:
        with unchanged(engine), pytest.raises(tr.ValidationError):
            engine.register(text)


def test_bug_field_reorder(hashed_engine: tr.Engine) -> None:
    # In an order that packing by width would change, and differently with one field more.
    fields = [tr.I8, tr.I64, tr.I16, tr.RefType(tr.ANY), tr.I8, tr.F64]
    parent = tr.SubType(struct(*fields), final=False)
    with tr.RegisteredType(hashed_engine, parent) as top:
        child = tr.SubType(struct(*fields, tr.I32), supertype=top.index)
        with tr.RegisteredType(hashed_engine, child) as below:
            assert below.is_subtype_of(top)
            for handle, count in ((top, 6), (below, 7)):
                composite = handle.type.composite
                assert isinstance(composite, tr.StructType)
                storages = [field.storage for field in composite.fields]
                assert storages == [*fields, tr.I32][:count]
        for swapped in itertools.islice(itertools.permutations(fields), 1, 20):
            same = [*swapped] == fields
            with tr.RegisteredType(
                hashed_engine, tr.SubType(struct(*swapped), final=False)
            ) as other:
                assert (other == top) is same


def test_bug_indirect_equality(hashed_engine: tr.Engine) -> None:
    # What a call through a table asks: the callee's type may be any below the one expected.
    text = """(module
      (type $f (sub (func (param i32))))
      (type $g (sub $f (func (param i32))))
      (type $h (sub final $g (func (param i32)))))"""
    module = tr.Module(text)
    with hashed_engine.register(module) as types:
        f, g, h = types
        for lower, upper in ((f, f), (g, f), (h, f), (h, g)):
            assert lower.is_subtype_of(upper)
            assert hashed_engine.matches(lower.index, upper.index)
            assert (lower == upper) is (lower.index == upper.index)
        for lower, upper in ((f, g), (f, h), (g, h)):
            assert not lower.is_subtype_of(upper)
    assert tr.matches(module, 2, module, 0)
    assert not tr.equal(module, 2, module, 0)


def test_bug_structural_not_declared(hashed_engine: tr.Engine) -> None:
    text = """(module
      (type $p (sub (struct (field i32))))
      (type $declared (sub $p (struct (field i32) (field i32))))
      (type $alike (sub (struct (field i32) (field i32))))
      (type $f (sub (func (result (ref $p)))))
      (type $g (sub (func (result (ref $declared))))))"""
    module = tr.Module(text)
    with hashed_engine.register(module) as types:
        p, declared, alike, f, g = types
        assert declared.is_subtype_of(p)
        assert hashed_engine.matches(declared.index, p.index)
        for lower, upper in ((alike, p), (p, alike), (g, f), (alike, declared)):
            assert not lower.is_subtype_of(upper)
            assert not hashed_engine.matches(lower.index, upper.index)
    assert tr.matches(module, 1, module, 0)
    assert not tr.matches(module, 2, module, 0)
    assert not tr.matches(module, 4, module, 3)
    assert not tr.matches(module, tr.RefType(M(2)), module, tr.RefType(M(0)))


def test_bug_foreign_supertype(engine: tr.Engine, other: tr.Engine) -> None:
    parent = tr.SubType(STRUCT, final=False)
    here = tr.RegisteredType(engine, parent)
    there = tr.RegisteredType(other, parent)
    # Both are slot 0 of their engine: only the engine tells them apart.
    assert here.index.bits == there.index.bits
    child = tr.SubType(STRUCT, supertype=there.index)
    nested = tr.SubType(struct(tr.RefType(there.index)))
    calls: list[Callable[[], object]] = [
        lambda: tr.RegisteredType(engine, child),
        lambda: engine.register_group(tr.RecGroup([child])),
        lambda: engine.register_group(tr.RecGroup([parent, child])),
        lambda: tr.RegisteredType(engine, nested),
        lambda: engine.register_group(tr.RecGroup([parent, nested])),
        lambda: engine.matches(here.index, there.index),
        lambda: here.is_subtype_of(there),
    ]
    for call in calls:
        with unchanged(engine), unchanged(other), pytest.raises(tr.ForeignEngineError):
            call()
    assert here != there
    assert here.index != there.index


# Reflection.


def test_bug_abort_on_reflection(engine: tr.Engine) -> None:
    module = tr.Module(
        """(module
          (type $box (sub (struct (field i32))))
          (type $sig
            (func (param (ref $box) anyref exnref v128) (result (ref null $box) externref)))
          (import "m" "f" (func $f (type $sig)))
          (global (export "box") (ref null $box) (ref.null $box))
          (global (export "any") anyref (ref.null any))
          (global (export "exn") exnref (ref.null exn))
          (global (export "v128") (mut v128) (v128.const i64x2 0 0))
          (table (export "table") 1 (ref null $sig))
          (tag (export "tag") (param (ref $box) v128))
          (export "f" (func $f)))"""
    )
    box = tr.RefType(M(0))
    sig = tr.FuncType(
        [tr.RefType(M(0), nullable=False), tr.RefType(tr.ANY), tr.RefType(tr.EXN), tr.V128],
        [box, tr.RefType(tr.EXTERN)],
    )
    assert {entry.name: entry.type for entry in module.exports} == {
        "box": tr.GlobalType(box),
        "any": tr.GlobalType(tr.RefType(tr.ANY)),
        "exn": tr.GlobalType(tr.RefType(tr.EXN)),
        "v128": tr.GlobalType(tr.V128, mutable=True),
        "table": tr.TableType(tr.RefType(M(1)), 1),
        "tag": tr.TagType(tr.FuncType([tr.RefType(M(0), nullable=False), tr.V128], [])),
        "f": sig,
    }
    assert module.imports[0].type == sig
    with engine.register(module) as types:
        seen = [entry.type for entry in module.imports] + [entry.type for entry in module.exports]
        for extern in seen:
            assert str(extern)
            assert repr(extern)
            assert hash(extern) == hash(extern)
            assert types.matches(extern, extern)


def test_bug_unhashable(engine: tr.Engine) -> None:
    module = tr.Module(
        '(module (import "m" "a" (func (param i32))) (import "m" "b" (func (param i32))))'
    )
    a, b = module.imports
    assert a.type == b.type == tr.FuncType([tr.I32], [])
    assert len({a.type, b.type, tr.FuncType([tr.I32], [])}) == 1
    assert len({a, b}) == 2
    assert a == tr.Module(module.wasm).imports[0]
    assert hash(a) == hash(tr.Module(module.wasm).imports[0])
    handle = tr.RegisteredType(engine, tr.FuncType([tr.I32], []))
    again = tr.RegisteredType(engine, tr.FuncType([tr.I32], []))
    values: list[tuple[object, object]] = [
        (handle, again),
        (handle.index, again.index),
        (handle.type, again.type),
        (handle.group, again.group),
        (tr.Limits.js_api(), tr.Limits.js_api()),
        (tr.Features(), tr.Features()),
    ]
    for one, two in values:
        assert one == two
        assert hash(one) == hash(two)


# Growth.


def dag(levels: int, width: int = 10, *, base: bytes = wasm.I32) -> list[bytes]:
    """Structs in levels, each with `width` references to the one before it."""
    bottom = wasm.sub(wasm.struct(wasm.field(base)))
    above = [
        wasm.sub(wasm.struct(*[wasm.field(wasm.ref(level))] * width)) for level in range(levels - 1)
    ]
    return [bottom, *above]


@pytest.mark.parametrize("levels", [40, 4000])
def test_bug_exponential_match(levels: int, hashed_engine: tr.Engine) -> None:
    # That the calls come back is the test: unfolded, 40 levels are 10 ** 39 comparisons.
    one, two = tr.Module(wasm.types(*dag(levels))), tr.Module(wasm.types(*dag(levels)))
    far = tr.Module(wasm.types(*dag(levels, base=wasm.I64)))
    top = levels - 1
    assert tr.equal(one, top, two, top)
    assert tr.matches(one, top, two, top)
    assert not tr.equal(one, top, far, top)
    assert not tr.matches(one, top, far, top)
    assert not tr.equal(one, top, two, top - 1)
    if levels == 40:
        with hashed_engine.register(one) as a, hashed_engine.register(two) as b:
            assert a[top] == b[top]
            with hashed_engine.register(far) as c:
                assert not a[top].is_subtype_of(c[top])
                assert not hashed_engine.matches(a[top].index, c[top].index)


def test_bug_exponential_match_in_validity() -> None:
    # Two declared hierarchies, level by level: each level's check needs the one before it.
    groups = [wasm.sub(wasm.struct()), wasm.sub(wasm.struct(wasm.field(wasm.I32)), 0)]
    for level in range(1, 40):
        parent, child = 2 * level - 2, 2 * level - 1
        groups.append(wasm.sub(wasm.struct(*[wasm.field(wasm.ref(parent))] * 10)))
        groups.append(wasm.sub(wasm.struct(*[wasm.field(wasm.ref(child))] * 10), 2 * level))
    module = tr.Module(wasm.types(*groups))
    assert tr.matches(module, 79, module, 78)
    assert not tr.matches(module, 78, module, 79)


def quickest(call: Callable[[], object]) -> float:
    """The least time of a few tries, in seconds."""
    times = []
    for _ in range(5):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def distinct(count: int) -> bytes:
    """A module of `count` function types, no two equal: each number in base 4, as parameters."""
    digits = (wasm.I32, wasm.I64, wasm.F32, wasm.F64)
    return wasm.types(
        *(
            wasm.func([digits[number >> shift & 3] for shift in range(0, 20, 2)])
            for number in range(count)
        )
    )


def test_bug_quadratic_load(engine: tr.Engine) -> None:
    small, large = distinct(8_000), distinct(64_000)

    def load(data: bytes) -> None:
        engine.register(data).close()

    # Eight times the types: eight times the time if linear, and up to thrice that where tables no
    # longer fit the processor's cache; 64 times if quadratic.
    assert quickest(lambda: load(large)) < 40 * quickest(lambda: load(small))
    with engine.register(large) as types:
        assert len(engine.registry) == len(types) == 64_000
        # A known section beside many live types costs what it costs alone.
        crowded = quickest(lambda: load(small))
    assert crowded < 4 * quickest(lambda: load(small))
