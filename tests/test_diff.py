"""What changed between two versions of a module (contract section L, `diff`)."""

from __future__ import annotations

import pytest

import typereg as tr
from test_link import path, valid


def diff(old: str, new: str) -> tr.InterfaceDiff:
    changes = tr.diff(old, new)
    valid(changes.to_json(), "diff")
    return changes


def only(changes: tr.InterfaceDiff) -> tr.InterfaceChange:
    (change,) = changes.changes
    return change


def test_l_no_change() -> None:
    changes = diff(
        """(module (type $a (struct)) (type $b (func (param (ref $a))))
          (func (export "f") (type $b)) (memory (export "m") 1))""",
        """(module (type (array i8)) (type $renamed (struct)) (type $moved (struct))
          (memory (export "m") 1) (func (export "f") (param (ref $moved))))""",
    )
    assert (changes.verdict, changes.changes) == ("same", ())
    assert (changes.breaking, changes.compatible, changes.additive) == ((), (), ())
    assert str(changes) == "same interface"


@pytest.mark.parametrize(
    ("old", "new", "change", "reason"),
    [
        ('(func (export "x"))', "", "breaking", "missing-export"),
        ("", '(func (export "x"))', "additive", None),
        ('(func (export "x"))', '(func (export "x") (param i32))', "breaking", "param-count"),
        ('(memory (export "x") 2)', '(memory (export "x") 3)', "compatible", "limits-min"),
        ('(memory (export "x") 2)', '(memory (export "x") 2 9)', "compatible", "limits-max"),
        ('(memory (export "x") 2)', '(memory (export "x") 1)', "breaking", "limits-min"),
        ('(func (export "x"))', '(memory (export "x") 1)', "breaking", "extern-kind"),
        ('(import "e" "x" (func))', "", "compatible", None),
        ("", '(import "e" "x" (func))', "breaking", "missing-export"),
        ('(import "e" "x" (memory 2))', '(import "e" "x" (memory 1))', "compatible", "limits-min"),
        ('(import "e" "x" (memory 1))', '(import "e" "x" (memory 2))', "breaking", "limits-min"),
        (
            '(import "e" "x" (global anyref))',
            '(import "e" "x" (global eqref))',
            "breaking",
            "heap-type",
        ),
        (
            '(import "e" "x" (global eqref))',
            '(import "e" "x" (global anyref))',
            "compatible",
            "heap-type",
        ),
        (
            '(import "e" "x" (global eqref))',
            '(import "e" "x" (global i32))',
            "breaking",
            "global-type",
        ),
    ],
)
def test_l_imports_and_exports_vary_in_opposite_directions(
    old: str, new: str, change: str, reason: str | None
) -> None:
    found = only(diff(f"(module {old})", f"(module {new})"))
    assert (found.change, found.reason) == (change, reason)
    assert found.side == ("import" if "import" in old + new else "export")
    assert (found.module, found.name) == ("e" if found.side == "import" else None, "x")
    assert (found.old is None, found.new is None) == (not old, not new)


def test_l_declared_subtypes_are_compatible_exports() -> None:
    types = "(type $p (sub (func))) (type $c (sub $p (func)))"
    parent = f'(module {types} (func (export "x") (type $p)))'
    child = f'(module {types} (func (export "x") (type $c)))'
    found = only(diff(parent, child))
    assert (found.change, found.reason) == ("compatible", "supertype-extra")
    found = only(diff(child, parent))
    assert (found.change, found.hint) == (
        "breaking",
        "same shape but no declared subtyping",
    )


def test_l_the_place_of_a_change() -> None:
    old = '(module (type $n (struct (field $x i32))) (func (export "run") (param (ref $n))))'
    new = '(module (type $n (struct (field $x i64))) (func (export "run") (param (ref $n))))'
    found = only(diff(old, new))
    assert (found.reason, path(found)) == ("field-type", "param 0 -> type $n -> field 0")
    assert (found.old, found.new) == ("(field $x i32)", "(field $x i64)")
    assert str(found).splitlines() == [
        'breaking: export "run" (func): field-type',
        "  at param 0 -> type $n -> field 0",
        "  old       (field $x i32)         type 0",
        "  new       (field $x i64)         type 0",
    ]
    # Of an import, the old side is what there is, and the new one what is asked for.
    flip = [text.replace('func (export "run")', 'import "e" "run" (func') for text in (old, new)]
    found = only(diff(*[f"{text[:-1]}))" for text in flip]))
    assert (found.old, found.new) == ("(field $x i32)", "(field $x i64)")
    assert [line[:5] for line in str(found).splitlines()[2:]] == ["  old", "  new"]


def test_l_the_verdict_is_the_worst_there_is() -> None:
    base = '(memory (export "m") 1)'
    wider, more, less = '(memory (export "m") 2)', f'{base} (func (export "f"))', ""
    verdicts = [
        diff(f"(module {base})", f"(module {new})").verdict for new in (base, more, wider, less)
    ]
    assert verdicts == ["same", "additive", "compatible", "breaking"]
    changes = diff(f"(module {more})", f'(module {wider} (func (export "g")))')
    assert changes.verdict == "breaking"
    assert [each.name for each in changes.changes] == ["m", "f", "g"]
    assert [each.name for each in changes.breaking] == ["f"]
    assert [each.name for each in changes.compatible] == ["m"]
    assert [each.name for each in changes.additive] == ["g"]
    assert str(changes).splitlines()[-1] == "1 breaking, 1 compatible, 1 additive"


def test_l_a_thing_imported_twice_is_compared_twice() -> None:
    one, two = '(import "e" "x" (func))', '(import "e" "x" (func (param i32)))'
    assert diff(f"(module {one} {two})", f"(module {one} {two})").verdict == "same"
    found = only(diff(f"(module {one} {two})", f"(module {one})"))
    assert (found.change, found.old) == ("compatible", "(func (param i32))")
    found = only(diff(f"(module {one})", f"(module {one} {two})"))
    assert (found.change, found.new) == ("breaking", "(func (param i32))")


def test_l_what_is_new_or_gone_is_wrapped_too() -> None:
    """As dart2wasm's closures: parameters without end."""
    wide = f'(module (func (export "f") (param{" externref" * 40})))'
    for old, new, label in ((wide, "(module)", "old"), ("(module)", wide, "new")):
        first, second, *rest = str(tr.diff(old, new)).splitlines()
        assert second.startswith(f"  {label}       (func (param externref ")
        assert all(len(line) <= 80 for line in (first, second, *rest))
    everything = f'(module (func (export "f") (param{" externref" * 400})))'
    assert len(str(tr.diff(everything, "(module)")).splitlines()) < 20
