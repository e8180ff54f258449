"""What two types are to each other, and why they are not the same (contract section L)."""

from __future__ import annotations

import pytest
from hypothesis import given

import typereg as tr
from test_link import path, valid
from typereg.testing import strategies as kit
from typereg.testing import wasm
from typereg.testing.generate import section
from typereg.testing.source import Seeded
from typereg.testing.twins import Twins

A = "(module (type $node (sub (struct (field $next (ref null $node))))))"
B = "(module (type (func)) (type $node (sub (struct (field $next (ref $node))))))"


def test_l_equal_types_have_no_reason() -> None:
    answer = tr.explain(tr.Module(A), "$node", tr.Module(A), 0)
    assert (answer.equal, answer.subtype, answer.supertype) == (True, True, True)
    assert (answer.reason, answer.path, answer.hint) == (None, (), None)
    assert (answer.expected, answer.found) == (None, None)
    assert str(answer) == "equal"
    valid(answer.to_json(), "explain")


def test_l_the_first_is_expected_and_the_second_found() -> None:
    answer = tr.explain(tr.Module(A), "$node", tr.Module(B), tr.ModuleTypeIndex(1))
    assert (answer.equal, answer.subtype, answer.supertype) == (False, False, False)
    assert (answer.reason, path(answer)) == ("nullability", "field 0")
    assert answer.expected == "(field $next (ref null $node))"
    assert answer.found == "(field $next (ref $node))"
    assert str(answer).splitlines() == [
        "nullability",
        "  at field 0",
        "  expected  (field $next (ref null $node))  type 0",
        "  found     (field $next (ref $node))       type 1",
    ]
    valid(answer.to_json(), "explain")


SUBTYPES = """(module
  (type $a (sub (struct)))
  (type $b (sub $a (struct (field i32))))
  (type $c (sub $b (struct (field i32) (field i64)))))"""


def test_l_subtypes_either_way() -> None:
    one, other = tr.Module(SUBTYPES), tr.Module(SUBTYPES)
    answer = tr.explain(one, "$c", other, "$a")
    assert (answer.equal, answer.subtype, answer.supertype) == (False, True, False)
    assert answer.reason == "supertype-missing"
    answer = tr.explain(one, "$a", other, "$c")
    assert (answer.equal, answer.subtype, answer.supertype) == (False, False, True)
    assert answer.reason == "supertype-extra"


def test_l_why_not_a_subtype() -> None:
    one = tr.Module(SUBTYPES)
    answer = tr.explain(one, "$c", one, "$a", subtype=True)
    assert (answer.subtype, answer.equal, answer.reason) == (True, False, None)
    assert str(answer) == "a subtype"
    answer = tr.explain(one, "$a", one, "$c", subtype=True)
    assert (answer.subtype, answer.supertype, answer.reason) == (False, True, "field-count")
    assert answer.expected == "(sub $b (struct (field i32) (field i64)))"
    assert answer.found == "(sub (struct))"


@pytest.mark.parametrize("subtype", [False, True])
def test_l_types_of_the_same_group(subtype: bool) -> None:
    wat = """(module (rec
      (type $a (sub (struct (field (ref null $b)))))
      (type $b (sub (struct (field (ref null $b)))))))"""
    answer = tr.explain(wat, "$a", wat, "$b", subtype=subtype)
    assert answer.reason == ("not-declared-subtype" if subtype else "group-position")
    assert answer.hint is not None
    expected = "$b" if subtype else "$a"
    assert answer.hint.startswith(f"found is another member of the group of {expected}")


def test_l_types_that_are_not_there() -> None:
    with pytest.raises(KeyError, match=r"a: there is no type named .*nod"):
        tr.explain(A, "$nod", B, 0)
    with pytest.raises(IndexError, match="b: there is no such type; the module has 2 types"):
        tr.explain(A, 0, B, 2)
    with pytest.raises(IndexError):
        tr.explain(A, -1, B, 0)
    with pytest.raises(TypeError, match="a: expected an int, got None"):
        tr.explain(A, None, B, 0)  # type: ignore[arg-type]


@given(twins=kit.near_twins())
def test_l_there_is_a_reason_exactly_where_types_differ(twins: Twins) -> None:
    if twins.i is None or twins.j is None:
        return
    features = tr.Features(stack_switching=True, custom_page_sizes=True)
    limits = tr.Limits.spec()
    a = tr.Module(twins.a.wasm, features=features, limits=limits)
    b = tr.Module(twins.b.wasm, features=features, limits=limits)
    answer = tr.explain(a, twins.i, b, twins.j)
    assert answer.equal is tr.equal(a, twins.i, b, twins.j)
    assert answer.subtype is tr.matches(a, twins.i, b, twins.j)
    assert answer.supertype is tr.matches(b, twins.j, a, twins.i)
    assert (answer.reason is None) is answer.equal
    why = tr.explain(a, twins.i, b, twins.j, subtype=True)
    assert (why.reason is None) is answer.subtype


# ----------------------------------------------------------------------------- growth


def chain(length: int, last: str) -> str:
    """Types of which each refers to the one before."""
    types = [f"(type (struct (field {last})))"]
    types += [f"(type (struct (field (ref {i}))))" for i in range(length)]
    return f"(module {' '.join(types)})"


def test_l_a_chain_of_any_depth_is_walked_without_recursion() -> None:
    length = 20_000
    answer = tr.explain(chain(length, "i32"), length, chain(length, "i64"), length)
    assert answer.reason == "field-type"
    assert len(answer.path) == 2 * length + 1
    # Nobody reads so many steps; they are there for programs.
    lines = str(answer).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith("  at field 0 -> type 19999 -> field 0 -> type 19998 ->")
    assert lines[-3].endswith("type 0 -> field 0")
    assert f"... {2 * length + 1 - 20} steps ..." in " ".join(line.strip() for line in lines)


def test_l_a_chain_of_open_types_is_walked_to_its_end() -> None:
    length = 265_000  # more pairs than a walk once went through

    def open_chain(last: bytes) -> bytes:
        """Each an open structure with one field that cannot be written."""
        storages = [last, *(b"\x64" + wasm.sleb(i) for i in range(length))]
        types = b"".join(b"\x50\x00\x5f\x01" + storage + b"\x00" for storage in storages)
        section = wasm.leb(length + 1) + types
        return b"\0asm\x01\0\0\0\x01" + wasm.leb(len(section)) + section

    answer = tr.explain(open_chain(b"\x7f"), length, open_chain(b"\x7e"), length, subtype=True)
    assert answer.reason == "field-type"
    assert len(answer.path) == 2 * length + 1


def ten_fields(index: int) -> str:
    return f"(field (ref {index})) " * 10


def test_l_a_dag_is_walked_once() -> None:
    """40 levels of ten references each have 10^40 paths."""

    def dag(last: str) -> str:
        types = [f"(type (struct {last}))"]
        types += [f"(type (struct {ten_fields(i)}))" for i in range(40)]
        return f"(module {' '.join(types)})"

    answer = tr.explain(dag(""), 40, dag("(field i8)"), 40)
    assert answer.reason == "field-count"

    def group(last: str) -> str:
        types = [f"(type (struct {ten_fields(i + 1)}))" for i in range(40)]
        return f"(module (rec {' '.join(types)} (type (struct)) (type (struct {last}))))"

    answer = tr.explain(group(""), 0, group("(field i8)"), 0)
    assert (answer.reason, path(answer)) == ("field-count", "member 41")


def test_l_cycles_of_different_length_are_walked_once() -> None:
    """Pairs of members could be as many as the product of the lengths."""

    def ring(length: int, open_: bool) -> str:
        end = ("(sub (struct", "))") if open_ else ("(struct", ")")
        types = [
            f"(type {end[0]} (field (ref null {(i + 1) % length})){end[1]})" for i in range(length)
        ]
        return f"(module (rec {' '.join(types)}))"

    answer = tr.explain(ring(997, False), 0, ring(1_009, False), 0)
    assert answer.reason == "group-size"
    for lengths, given_up in (((97, 101), False), ((1_031, 1_033), True)):
        one, other = (ring(length, True) for length in lengths)
        answer = tr.explain(one, 0, other, 0, subtype=True)
        assert answer.reason == "not-declared-subtype"
        assert (answer.path == ()) is given_up


def test_l_groups_that_are_cut_are_told_apart_by_numbers() -> None:
    """Kotlin and J2CL put all types of a program into one group."""
    members = [wasm.struct(wasm.field(wasm.ref(i))) for i in range(200)]
    one = tr.Module(wasm.types(wasm.rec(*members)))
    more = tr.Module(wasm.types(wasm.rec(*members, wasm.struct())))
    answer = tr.explain(one, 7, more, 7)
    assert answer.reason == "group-size"
    assert answer.hint == (
        "type 7 is equal but for the group it sits in; "
        "expected in a group of 200 types, found in one of 201"
    )
    twice = tr.Module(wasm.types(wasm.func(), wasm.rec(*[wasm.struct()] * 200)))
    answer = tr.explain(twice, 8, twice, 9)
    assert answer.reason == "group-position"
    assert answer.hint == (
        "found is another member of the group of type 8; "
        "expected as member 7 of its group, found as member 8"
    )


def test_l_a_name_that_several_types_have_is_shown_with_the_index() -> None:
    """Kotlin calls many types `classITable`."""
    names = wasm.type_names([(0, "one"), (1, "many"), (2, "many")])

    def module(second: bytes) -> tr.Module:
        third = wasm.struct(wasm.field(wasm.ref(0)), wasm.field(wasm.ref(1)))
        return tr.Module(wasm.types(wasm.struct(), second, third) + names)

    answer = tr.explain(module(wasm.func()), 2, module(wasm.sub(wasm.func())), 2)
    assert (answer.reason, path(answer)) == ("finality", "field 1 -> type $many")
    assert answer.hint == "the expected type $many (;1;) is implicitly final, declare it `sub`"
    answer = tr.explain(module(wasm.func()), 2, tr.Module("(module (type (struct)))"), 0)
    assert answer.expected == "(struct (field (ref null $one)) (field (ref null $many (;1;))))"


def test_l_very_long_wat_is_cut() -> None:
    fields = "(field i32)" * 9_000
    one, other = f"(module (type (struct {fields})))", f"(module (type (struct {fields[11:]})))"
    answer = tr.explain(one, 0, other, 0)
    assert answer.reason == "field-count"
    assert answer.expected is not None
    assert answer.expected.endswith(" ...")
    assert len(answer.expected) < 3_000
    assert all(len(line) <= 80 for line in str(answer).splitlines())


# ------------------------------------------------------------------- the path is true


def starts(module: tr.Module) -> list[int]:
    """By type index, where its group begins."""
    return [len(before) for before, group in _groups(module) for _ in group.members]


def _groups(module: tr.Module) -> list[tuple[list[int], tr.RecGroup]]:
    found: list[tuple[list[int], tr.RecGroup]] = []
    seen: list[int] = []
    for group in module.rec_groups:
        found.append((list(seen), group))
        seen += [0] * len(group.members)
    return found


def follow(module: tr.Module, index: int, answer: tr.Explanation, *, found: bool) -> None:
    """Go along a path by hand: each step leads where it says, from the type that was asked for."""
    at: int = index
    value: object = None
    for step in answer.path:
        ty = module.types[at]
        match step.kind, ty.composite:
            case "param", tr.FuncType(params, _):
                value = params[step.index]
            case "result", tr.FuncType(_, results):
                value = results[step.index]
            case "field", tr.StructType(fields):
                value = fields[step.index].storage
            case "element", tr.ArrayType(field):
                value = field.storage
            case "supertype", _:
                value = ty.supertype
            case "member", _:
                at = starts(module)[at] + step.index
            case "type", tr.ContType(func) if value is None:
                assert isinstance(func, tr.ModuleTypeIndex)
                assert int(func) == (step.found_index if found else step.index)
                at = int(func)
            case "type", _:
                heap = value.heap if isinstance(value, tr.RefType) else value
                assert isinstance(heap, tr.ModuleTypeIndex)
                assert int(heap) == (step.found_index if found else step.index)
                at, value = int(heap), None
                name = step.found_name if found else step.name
                assert name == module.type_name(at)
            case _:
                raise AssertionError(f"{step} does not fit {ty}")


def test_l_every_path_leads_where_it_says() -> None:
    """All pairs of types of two modules: of one kind of another, and of twins."""
    walked = 0
    for seed in range(120):
        modules = [
            tr.Module(section(Seeded(seed + one % (seed % 3 + 1))).wasm, limits=tr.Limits.spec())
            for one in range(2)
        ]
        a, b = modules
        for i in range(len(a.types)):
            for j in range(len(b.types)):
                answer = tr.explain(a, i, b, j)
                assert (answer.reason is None) is tr.equal(a, i, b, j)
                follow(a, i, answer, found=False)
                follow(b, j, answer, found=True)
                walked += len(answer.path) > 1
                why = tr.explain(a, i, b, j, subtype=True)
                assert (why.reason is None) is tr.matches(a, i, b, j)
    assert walked > 40
