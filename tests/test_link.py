"""Whether modules fit together, and if not, why (contract section L)."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import jsonschema
import pytest
from hypothesis import given

import typereg as tr
from typereg.testing import links
from typereg.testing import strategies as kit
from typereg.testing.source import Seeded

SCHEMAS = pathlib.Path(tr.__file__).parent / "cli" / "schemas"

ALL_FEATURES = tr.Features(stack_switching=True, custom_page_sizes=True)


def module(wat: str) -> tr.Module:
    return tr.Module(wat, features=ALL_FEATURES)


def valid(report: dict[str, Any], name: str) -> dict[str, Any]:
    """A report as JSON, which must be as its schema says."""
    schema = json.loads((SCHEMAS / f"{name}-1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(report)
    assert json.loads(json.dumps(report)) == report
    return report


def link(provider: str, consumer: str) -> tr.LinkReport:
    report = tr.link(module(consumer), {"env": module(provider)})
    valid(report.to_json(), "link")
    return report


def mismatch(provider: str, consumer: str) -> tr.Mismatch:
    (only,) = link(provider, consumer).mismatches
    return only


def path(item: tr.Mismatch | tr.Explanation | tr.InterfaceChange | tr.Difference) -> str:
    return " -> ".join(map(str, item.path))


HOST = """(module
  (type $n (struct (field (mut i32))))
  (func (export "mk") (result (ref $n)) unreachable))"""
PLUGIN = """(module
  (type $n (struct (field i32)))
  (import "env" "mk" (func (result (ref $n)))))"""


def test_l_a_mismatch_says_what_and_where() -> None:
    report = tr.link(tr.Module(PLUGIN), {"env": tr.Module(HOST)})
    assert not report.ok
    assert report.imports == 1
    assert (report.assumed, report.cycles) == ((), ())
    (mismatch,) = report.mismatches
    assert (mismatch.module, mismatch.name, mismatch.kind) == ("env", "mk", "func")
    assert (mismatch.consumer, mismatch.provider) == ("consumer", "env")
    assert mismatch.reason == "field-mutability"
    assert (mismatch.expected, mismatch.found) == ("(field i32)", "(field (mut i32))")
    assert (mismatch.cause, mismatch.hint, mismatch.assumed) == (None, None, None)
    result, to_type, field = mismatch.path
    assert (result.kind, result.index, result.name) == ("result", 0, None)
    assert (to_type.kind, to_type.index, to_type.name) == ("type", 0, "$n")
    assert (to_type.found_index, to_type.found_name) == (0, "$n")
    assert (field.kind, field.index) == ("field", 0)
    assert str(mismatch).splitlines() == [
        'consumer imports "env" "mk" (func): field-mutability',
        "  at result 0 -> type $n -> field 0",
        "  expected  (field i32)            consumer, type 0",
        "  found     (field (mut i32))      env, type 0",
    ]
    assert str(report) == f"{mismatch}\n1 of 1 imports do not match"


def test_l_reports_cannot_be_changed() -> None:
    report = tr.link(tr.Module(PLUGIN), {"env": tr.Module(HOST)})
    for item in (report, report.mismatches[0], report.mismatches[0].path[0]):
        with pytest.raises(AttributeError):
            item.kind = "x"  # type: ignore[union-attr,misc]
    report.to_json()["mismatches"].clear()
    assert len(report.to_json()["mismatches"]) == 1


def test_l_steps_are_equal_where_they_say_the_same() -> None:
    first, second = (tr.link(PLUGIN, {"env": HOST}).mismatches[0].path for _ in range(2))
    assert first == second
    assert len({*first, *second}) == 3


def test_l_every_mismatch_is_reported() -> None:
    report = link(
        '(module (memory (export "m") 1) (global (export "g") i32 (i32.const 0)))',
        """(module
          (import "env" "m" (memory 2))
          (import "env" "g" (global i64))
          (import "env" "f" (func))
          (import "wasi" "f" (func)))""",
    )
    assert [each.reason for each in report.mismatches] == [
        "limits-min",
        "global-type",
        "missing-export",
        "missing-module",
    ]
    assert str(report).endswith("\n4 of 4 imports do not match")


def test_l_what_fits_is_ok() -> None:
    report = link('(module (memory (export "m") 1))', '(module (import "env" "m" (memory 1)))')
    assert report.ok
    assert str(report) == "1 import matches"
    assert str(tr.link("(module)", {})) == "no imports"


def test_l_missing_modules_can_be_ignored() -> None:
    wat = '(module (import "wasi" "f" (func)) (import "env" "g" (func)))'
    report = tr.link(wat, {"env": "(module)"}, ignore_missing=True)
    assert [each.reason for each in report.mismatches] == ["missing-export"]
    assert (report.imports, report.ignored) == (2, 1)
    assert str(report).endswith("do not match; 1 left out, its module was not given")


def test_l_a_host_is_a_mapping_of_types() -> None:
    host: dict[str, Any] = {
        "read": tr.FuncType([tr.I32], [tr.I32]),
        "memory": tr.MemoryType(1, 2),
        "table": tr.TableType(tr.RefType(tr.FUNC), 1),
        "global": tr.GlobalType(tr.I64, mutable=True),
        "tag": tr.TagType(tr.FuncType([tr.I32], [])),
    }
    fits = """(module
      (import "env" "read" (func (param i32) (result i32)))
      (import "env" "memory" (memory 1 2))
      (import "env" "table" (table 1 funcref))
      (import "env" "global" (global (mut i64)))
      (import "env" "tag" (tag (param i32))))"""
    assert tr.link(fits, {"env": host}).ok
    misfits = """(module
      (type $open (sub (func (param i32) (result i32))))
      (import "env" "read" (func (type $open)))
      (import "env" "memory" (memory 2))
      (import "env" "table" (table 1 externref))
      (import "env" "global" (global i64))
      (import "env" "tag" (tag (param i64))))"""
    report = tr.link(misfits, {"env": host})
    assert [(each.name, each.reason) for each in report.mismatches] == [
        ("read", "not-declared-subtype"),
        ("memory", "limits-min"),
        ("table", "heap-type"),
        ("global", "global-mutability"),
        ("tag", "param-type"),
    ]
    assert str(report.mismatches[4]).splitlines()[3] == "  found     (param i32)            env"


def test_l_a_hosts_types_may_be_closed() -> None:
    wat = """(module
      (type $base (sub (struct (field (mut i32)))))
      (rec
        (type $node (sub $base (struct (field (mut i32)) (field (ref null $list)))))
        (type $list (array (ref $node)))))"""
    definitions = tr.Module(wat)
    node, listing = definitions.def_type(1), definitions.def_type(2)
    host: dict[str, Any] = {
        "make": tr.FuncType([tr.RefType(listing)], [tr.RefType(node, nullable=False)]),
        "root": tr.GlobalType(tr.RefType(node)),
    }
    imports = """
      (import "env" "make" (func (param (ref null $list)) (result (ref $node))))
      (import "env" "root" (global (ref null $base))))"""
    assert tr.link(wat[:-1] + imports, {"env": host}).ok
    report = tr.link(wat[:-1].replace("(mut i32)", "i32") + imports, {"env": host})
    first, second = report.mismatches
    assert (first.reason, path(first)) == (
        "field-mutability",
        "param 0 -> type $list -> element -> type $node -> supertype -> type $base -> field 0",
    )
    assert [step.found_index for step in first.path if step.kind == "type"] == [None] * 3
    assert (second.reason, path(second)) == ("field-mutability", "type $base -> field 0")
    valid(report.to_json(), "link")


def test_l_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match="providers: expected a mapping of module names"):
        tr.link(PLUGIN, [HOST])  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match=r'^providers\["env"\]\["read"\]: expected an external type'
    ):
        tr.link(PLUGIN, {"env": {"read": tr.I32}})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r'^providers\["env"\]: expected bytes, WAT'):
        tr.link(PLUGIN, {"env": 1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="ignore_missing: expected True or False"):
        tr.link(PLUGIN, {}, ignore_missing=1)  # type: ignore[arg-type]
    table = tr.TableType(tr.RefType(tr.ModuleTypeIndex(0)), 1)
    with pytest.raises(tr.NotCanonicalError):
        tr.link(PLUGIN, {"env": {"t": table}})
    with pytest.raises(tr.DecodeError):
        tr.link("(modul)", {})


# ----------------------------------------------------------------------------- hints


def behind(provider: str, consumer: str) -> tr.Mismatch:
    """The mismatch of a function that returns a reference to the type ``$t`` of each side."""
    func = "(type $f (func (result (ref null $t))))"
    return mismatch(
        f'(module {provider} {func} (func (export "f") (type $f) unreachable))',
        f'(module {consumer} {func} (import "env" "f" (func (type $f))))',
    )


def test_l_hint_of_the_group() -> None:
    t, u = "(type $t (struct))", "(type $u (array i8))"
    found = behind(f"(rec {t} {u})", t)
    assert found.reason == "group-size"
    assert found.hint == "$t is equal but for the group it sits in"
    assert found.expected == "(rec (type $t (struct)))"
    assert found.found == "(rec (type $t (struct)) (type $u (array i8)))"
    found = behind(f"(rec {t} {u})", f"(rec {t} (type $u (array i16)))")
    assert (found.reason, path(found)) == (
        "element-storage",
        "result 0 -> type $t -> member 1 -> element",
    )
    assert found.hint == "$t is equal but for the group it sits in"


def test_l_hint_of_the_order() -> None:
    t = "(type $t (struct (field (ref null $u)) (field (ref null $v))))"
    u, v = "(type $u (array (ref null $t)))", "(type $v (array (ref null $u)))"
    found = behind(f"(rec {v} {t} {u})", f"(rec {t} {u} {v})")
    assert (found.reason, path(found)) == ("group-position", "result 0 -> type $t")
    assert found.hint == "the group of $t has its members in another order"
    # The position is right, and two others are not.
    found = behind(f"(rec {t} {v} {u})", f"(rec {t} {u} {v})")
    assert found.reason == "group-position"
    assert found.hint == "the group of $t has its members in another order"


def test_l_hint_of_references_out_of_the_group() -> None:
    found = behind(
        "(type $o (struct (field (ref null $o)))) (type $t (struct (field (ref null $o))))",
        "(type $t (struct (field (ref null $t))))",
    )
    assert (found.reason, path(found)) == ("reference-scope", "result 0 -> type $t -> field 0")
    assert (found.expected, found.found) == ("(field (ref null $t))", "(field (ref null $o))")
    assert found.hint is not None
    assert "equal but for the group it sits in" in found.hint
    assert "equal to the provider's type $o" in found.hint


def test_l_hint_of_finality() -> None:
    found = behind("(type $t (struct))", "(type $t (sub (struct)))")
    assert found.hint == "the found type $t is implicitly final, declare it `sub`"
    found = behind("(type $t (sub (struct)))", "(type $t (struct))")
    assert found.hint == "the expected type $t is implicitly final, declare it `sub`"
    parent = "(type $p (sub (struct)))"
    found = behind(
        f"{parent} (type $t (sub $p (struct)))", f"{parent} (type $t (sub final $p (struct)))"
    )
    assert found.hint == "the expected type $t is final, declare it `sub` without `final`"


def test_l_hint_of_declared_subtyping() -> None:
    found = mismatch(
        '(module (type $f (func)) (func (export "f") (type $f)))',
        '(module (type $f (sub (func))) (import "env" "f" (func (type $f))))',
    )
    assert found.reason == "not-declared-subtype"
    assert found.hint == (
        "same shape but no declared subtyping; "
        "the found type $f is implicitly final, declare it `sub`"
    )
    found = mismatch(
        '(module (type $f (sub (func (result i31ref)))) (func (export "f") (type $f) unreachable))',
        '(module (type $f (sub (func (result eqref)))) (import "env" "f" (func (type $f))))',
    )
    assert found.reason == "not-declared-subtype"
    assert found.hint == "same shape but no declared subtyping"


def test_l_hint_of_groups_where_a_subtype_would_do() -> None:
    """What keeps the types from being the same says more than that nothing is declared."""

    def given(provider: str, consumer: str) -> tr.Mismatch:
        return mismatch(
            f'(module {provider} (global (export "g") (ref null $a) (ref.null $a)))',
            f'(module {consumer} (import "env" "g" (global (ref null $a))))',
        )

    a, b = "(type $a (sub (struct (field (ref null $b)))))", "(type $b (sub (array (ref $a))))"
    found = given(f"(rec {b} {a})", f"(rec {a} {b})")
    assert (found.reason, path(found)) == ("not-declared-subtype", "type $a -> field 0 -> type $b")
    assert found.hint == "the group of $b has its members in another order"
    a = "(type $a (sub (struct)))"
    found = given(f"(rec {a} (type (array i8)))", a)
    assert (found.reason, path(found)) == ("not-declared-subtype", "type $a")
    assert found.hint == "$a is equal but for the group it sits in"
    # A type that it refers to may well be another one.
    p, s = "(type $p (sub (struct)))", "(type $s (sub final $p (struct)))"
    found = given(
        f"{p} {s} (type $a (sub (struct (field (ref $s)))))",
        f"{p} {s} (type $a (sub (struct (field (ref $p)))))",
    )
    assert (found.reason, path(found)) == ("not-declared-subtype", "type $a")
    assert found.hint == "same shape but no declared subtyping"


def test_l_hint_of_an_equal_type() -> None:
    found = behind(
        "(type $const (struct (field i32))) (type $t (struct (field (mut i32))))",
        "(type $t (struct (field i32)))",
    )
    assert found.hint == "equal to the provider's type $const"
    # Without a name, by index; and of a type on the way as well.
    found = behind(
        "(type (struct (field i32))) (type $t (struct (field (mut i32))))",
        "(type $t (struct (field i32)))",
    )
    assert found.hint == "equal to the provider's type 0"
    found = behind(
        "(type $i (struct)) (type $j (struct (field i8))) (type $other (array (ref $i)))"
        "(type $t (array (ref $j)))",
        "(type $i (struct)) (type $t (array (ref $i)))",
    )
    assert found.reason == "field-count"
    assert found.hint == "equal to the provider's type $i"


def test_l_hint_of_a_nearly_equal_type() -> None:
    wanted = "(type $t (struct (field i32) (field $last (mut i64))))"
    found = behind(
        "(type $near (struct (field i32) (field i64))) (type $t (struct (field f32)))", wanted
    )
    assert found.reason == "field-count"
    assert found.hint == "the provider's type $near is equal but for field-mutability at field 1"
    # What was found is nearly equal itself: that is what the mismatch says.
    found = behind(
        "(type $near (struct (field i32) (field i64)))"
        "(type $t (struct (field i32) (field (mut f64))))",
        wanted,
    )
    assert (found.reason, found.hint) == ("field-type", None)
    found = behind(
        "(type $near (sub (struct (field i32) (field (mut i64))))) (type $t (array i8))", wanted
    )
    assert found.hint == "the provider's type $near is equal but for finality"


def test_l_hint_of_a_name() -> None:
    found = mismatch(
        '(module (func (export "compress")) (func (export "decompress")))',
        '(module (import "env" "compres" (func)))',
    )
    assert (found.reason, found.hint, found.found) == (
        "missing-export",
        'there is "compress"',
        None,
    )
    assert found.expected == "(func)"
    report = tr.link('(module (import "evn" "f" (func)))', {"env": "(module)"})
    assert report.mismatches[0].hint == 'there is "env"'
    report = tr.link('(module (import "wasi" "f" (func)))', {"env": "(module)"})
    assert report.mismatches[0].hint is None


def test_l_hint_of_a_very_long_name() -> None:
    name = "f" * 99_990
    found = mismatch(
        f'(module (func (export "{name}")))', f'(module (import "env" "{name[:-2]}gh" (func)))'
    )
    assert (found.reason, found.hint) == ("missing-export", f'there is "{name}"')


def test_l_names_are_the_modules_own() -> None:
    found = behind(
        "(type $b (struct)) (type $t (struct (field $next (ref $b))))",
        "(type $a (array i8)) (type $t (struct (field $tail (ref $a))))",
    )
    assert (found.reason, path(found)) == ("type-kind", "result 0 -> type $t -> field 0 -> type $a")
    assert (found.path[3].name, found.path[3].found_name) == ("$a", "$b")
    assert (found.path[3].index, found.path[3].found_index) == (0, 0)
    # Fields as well; and numbers where there are no names.
    found = behind("(type $t (struct (field $x i32)))", "(type $t (struct (field $y (mut i32))))")
    assert (found.expected, found.found) == ("(field $y (mut i32))", "(field $x i32)")
    assert found.path[-1].name == "$y"
    found = mismatch(
        '(module (type (struct)) (func (export "f") (result (ref 0)) unreachable))',
        '(module (type (array i8)) (import "env" "f" (func (result (ref 0)))))',
    )
    assert (path(found), found.path[1].name) == ("result 0 -> type 0", None)


def test_l_names_no_text_can_spell_are_quoted() -> None:
    wat = '(module (type $"a b" (struct)) (func (export "f") (result (ref $"a b")) unreachable))'
    found = mismatch(wat, '(module (import "env" "f" (func)))')
    assert (found.reason, found.found) == ("result-count", '(func (result (ref $"a b")))')


def test_l_text_is_nothing_that_a_terminal_obeys() -> None:
    """Names can be any text: colours, lines, another direction of writing."""
    odd = "\x1b[31m\n\u202e\u2028\x9b\u200b"
    spelled = "".join(f"\\u{{{ord(char):x}}}" for char in odd)
    host = (
        f'(module (type $"{spelled}t" (struct (field $"{spelled}x" i32)))'
        f'(func (export "{spelled}f") (result (ref 0)) unreachable))'
    )
    plugin = (
        f'(module (type $"{spelled}t" (struct (field $"{spelled}x" i64)))'
        f'(import "{spelled}m" "{spelled}f" (func (result (ref 0))))'
        f'(import "{spelled}m" "{spelled}e" (func)) (import "{spelled}n" "{spelled}f" (func)))'
    )
    report = tr.link(plugin, {f"{odd}m": host})
    assert [m.reason for m in report.mismatches] == [
        "field-type",
        "missing-export",
        "missing-module",
    ]
    assert report.mismatches[0].path[1].name == f"${odd}t"
    texts = [str(report), str(tr.diff(host, plugin)), str(tr.explain(host, 0, plugin, 0))]
    texts += [str(step) for mismatch in report.mismatches for step in mismatch.path]
    texts += map(repr, report.mismatches)
    for text in texts:
        assert all(char.isprintable() for char in text.replace("\n", "")), ascii(text)
    shown = "\\u{1b}[31m\\u{a}\\u{202e}\\u{2028}\\u{9b}\\u{200b}"
    assert f'type $"{shown}t"' in texts[0]


# ------------------------------------------------------------------------ invariance


def test_l_invariance_has_its_cause() -> None:
    found = mismatch(
        '(module (table (export "t") 1 (ref func) (ref.func 0)) (func))',
        '(module (import "env" "t" (table 1 funcref)))',
    )
    assert (found.reason, path(found)) == ("invariance", "")
    assert (found.expected, found.found) == ("(table 1 funcref)", "(table 1 (ref func))")
    assert found.cause is not None
    assert found.cause.reason == "nullability"
    found = mismatch(
        """(module (type $a (sub (struct))) (type $b (sub $a (struct (field i32))))
             (global (export "g") (mut (ref null $b)) (ref.null $b)))""",
        """(module (type $a (sub (struct)))
             (import "env" "g" (global (mut (ref null $a)))))""",
    )
    assert found.cause is not None
    assert (found.reason, found.cause.reason, path(found.cause)) == (
        "invariance",
        "supertype-extra",
        "type $a",
    )
    assert "  because of supertype-extra" in str(found).splitlines()


# ------------------------------------------------------------- re-exports and cycles

ORIGIN = """(module
  (type $p (sub (func))) (type $c (sub $p (func)))
  (func (export "f") (type $c)))"""
MIDDLE = """(module
  (type $p (sub (func)))
  (import "origin" "f" (func $f (type $p)))
  (export "f" (func $f)))"""
LAST = """(module
  (type $p (sub (func))) (type $c (sub $p (func)))
  (import "middle" "f" (func (type $c))))"""


def test_bug_declared_or_actual() -> None:
    # What the middle passes on is of the type that its provider gave it.
    report = tr.link(LAST, {"middle": MIDDLE, "origin": ORIGIN})
    assert report.ok
    assert report.assumed == ()
    # Without that provider only the declared type is known, and the verdict says so.
    report = tr.link(LAST, {"middle": MIDDLE})
    (found,) = report.mismatches
    assert (found.reason, found.assumed) == ("not-declared-subtype", "declared")
    assert "assumed: declared" in str(found)
    (assumed,) = report.assumed
    assert (assumed.module, assumed.name, assumed.kind) == ("middle", "f", "func")
    assert valid(report.to_json(), "link")["mismatches"][0]["assumed"] == "declared"


def test_l_an_assumed_verdict_can_be_yes() -> None:
    wat = '(module (type $p (sub (func))) (import "middle" "f" (func (type $p))))'
    report = tr.link(wat, {"middle": MIDDLE})
    assert report.ok
    assert [each.name for each in report.assumed] == ["f"]
    assert "1 is judged by its declared type" in str(report)


@pytest.mark.parametrize("kind", ["memory", "table", "global", "tag"])
def test_l_everything_can_be_passed_on(kind: str) -> None:
    given, declared, asked = {
        "memory": ("(memory 3 4)", "(memory 1)", "(memory 2 4)"),
        "table": ("(table 3 4 funcref)", "(table 1 funcref)", "(table 2 4 funcref)"),
        "global": (
            "(global (ref i31) (ref.i31 (i32.const 0)))",
            "(global anyref)",
            "(global eqref)",
        ),
        "tag": ("(tag (param i32))", "(tag (param i32))", "(tag (param i32))"),
    }[kind]
    origin = f'(module {given} (export "x" ({kind} 0)))'
    middle = f'(module (import "origin" "x" {declared}) (export "x" ({kind} 0)))'
    last = f'(module (import "middle" "x" {asked}))'
    assert tr.link(last, {"middle": middle, "origin": origin}).ok
    assert len(tr.link(last, {"middle": middle}).assumed) == 1


def test_l_a_chain_of_any_length_is_followed() -> None:
    length = 2_000
    providers = {
        f"m{i}": f"""(module (type $p (sub (func)))
          (import "m{i + 1}" "f" (func (type $p))) (export "f" (func 0)))"""
        for i in range(length)
    }
    providers[f"m{length}"] = ORIGIN
    report = tr.link(LAST.replace("middle", "m0"), providers)
    assert report.ok
    assert report.assumed == ()


def test_l_who_passed_it_on_is_said() -> None:
    last = '(module (import "middle" "f" (func (param i32))))'
    (found,) = tr.link(last, {"middle": MIDDLE, "origin": ORIGIN}).mismatches
    assert found.provider == "origin"
    assert found.hint is not None
    assert "passed on by middle" in found.hint


def test_bug_import_offset() -> None:
    """An export's index counts the imported functions as well."""
    provider = """(module
      (import "sys" "log" (func (param i64)))
      (import "sys" "memory" (memory 1))
      (func $own (param i32) unreachable)
      (export "log" (func 0)) (export "own" (func $own)))"""
    consumer = """(module
      (import "env" "own" (func (param i32)))
      (import "env" "log" (func (param i64))))"""
    report = link(provider, consumer)
    assert report.ok
    assert [each.name for each in report.assumed] == ["log"]
    assert [str(each.type) for each in tr.Module(provider).exports] == [
        "(func (param i64))",
        "(func (param i32))",
    ]


def test_bug_same_message() -> None:
    """Causes that engines have one message for each have a text of their own."""
    pairs = [
        ("(struct (field (mut i32)))", "(struct (field i32))"),
        ("(struct (field i64))", "(struct (field i32))"),
        ("(struct (field i8))", "(struct (field i32))"),
        ("(struct (field (ref any)))", "(struct (field anyref))"),
        ("(struct (field eqref))", "(struct (field anyref))"),
        ("(struct (field i32) (field i32))", "(struct (field i32))"),
        ("(sub (struct (field i32)))", "(struct (field i32))"),
        ("(array i32)", "(struct (field i32))"),
        ("(array (mut i32))", "(array i32)"),
    ]
    found = [behind(f"(type $t {a})", f"(type $t {b})") for a, b in pairs]
    found.append(behind("(rec (type $t (struct)) (type (struct)))", "(type $t (struct))"))
    assert len({(each.reason, path(each), each.expected, each.found) for each in found}) == 10
    assert len({str(each) for each in found}) == 10
    assert all("type $t" in str(each) for each in found)


# ------------------------------------------------------------------- the whole range


@given(pair=kit.link_pairs())
def test_l_verdict_and_reason_of_generated_pairs(pair: links.LinkPair) -> None:
    """Each pair differs in one attribute, or in none: the verdict and the reason are known."""
    provider, consumer = tr.Module(pair.provider.wasm), tr.Module(pair.consumer.wasm)
    report = tr.link(consumer, {links.PROVIDER: provider})
    reasons = [each.reason for each in report.mismatches]
    assert (report.ok, reasons) == (pair.ok, [] if pair.reason is None else [pair.reason])
    valid(report.to_json(), "link")


@pytest.mark.parametrize("case", links.CASES)
def test_l_verdict_and_reason_of_each_attribute(case: str) -> None:
    for seed in range(20):
        pair = links.link_pair(Seeded(seed), case)
        provider, consumer = module(pair.provider.wat), module(pair.consumer.wat)
        report = tr.link(consumer, {links.PROVIDER: provider})
        reasons = [each.reason for each in report.mismatches]
        assert reasons == ([] if pair.reason is None else [pair.reason]), f"seed {seed}"


@given(pair=kit.link_pairs())
def test_l_there_is_a_reason_exactly_where_the_rules_say_no(pair: links.LinkPair) -> None:
    """The verdict is the matching rules' own, whatever the explanation finds."""
    provider, consumer = tr.Module(pair.provider.wasm), tr.Module(pair.consumer.wasm)
    exports = {export.name: export for export in provider.exports}
    for item in consumer.imports:
        export = exports.get(item.name)
        if item.module != links.PROVIDER or export is None or item.kind != export.kind:
            continue
        a: Any = export.type if export.type_index is None else export.type_index
        b: Any = item.type if item.type_index is None else item.type_index
        rule = tr.equal if item.kind == "tag" else tr.matches
        report = tr.link(consumer, {links.PROVIDER: provider})
        assert report.ok is rule(provider, a, consumer, b)
        assert bool(report.mismatches) is not report.ok


# --------------------------------------------------------------- many imports of few types


def globals_of(types: str, count: int) -> tuple[str, str]:
    """A provider and a consumer of a global for each type."""
    items = [f'"g{i}" (global (ref {i})))' for i in range(count)]
    exports = [f'(export "g{i}" (global {i}))' for i in range(count)]
    provided = [f'(import "host" {item}' for item in items]
    consumed = [f'(import "env" {item}' for item in items]
    return (
        f"(module {types} {' '.join(provided)} {' '.join(exports)})",
        f"(module {types} {' '.join(consumed)})",
    )


@pytest.mark.parametrize("is_open", [False, True])
def test_l_groups_are_compared_once(is_open: bool) -> None:
    """Once for all of their members that are imported."""
    count = 6_000
    begin, end = ("(sub (struct", "))") if is_open else ("(struct", ")")

    def types(last: str) -> str:
        return f"(rec {f'(type {begin} (field i8){end})' * count} (type (struct {last})))"

    provider, _ = globals_of(types(""), count)
    _, consumer = globals_of(types("(field i8)"), count)
    report = link(provider, consumer)
    assert len(report.mismatches) == count
    if is_open:
        expected = ("not-declared-subtype", "type 7")
    else:
        expected = ("field-count", f"type 7 -> member {count}")
    assert (report.mismatches[7].reason, path(report.mismatches[7])) == expected
    assert report.mismatches[7].hint == "type 7 is equal but for the group it sits in"


def test_l_chains_of_open_types_are_walked_once() -> None:
    count = 1_500

    def types(first: str) -> str:
        rest = [f"(type (sub (struct (field (ref {i}))))) " for i in range(count - 1)]
        return f"(type (sub (struct (field {first})))) {''.join(rest)}"

    provider, _ = globals_of(types("i32"), count)
    _, consumer = globals_of(types("i64"), count)
    report = tr.link(consumer, {"env": provider})
    assert len(report.mismatches) == count
    assert {m.reason for m in report.mismatches} == {"field-type"}
    assert [len(m.path) for m in report.mismatches] == [2 * i + 2 for i in range(count)]
