"""Validity of modules and groups (G2, G3, G4): rules broken one by one, limits, features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import typereg as tr
from support.registry import unchanged
from typereg.testing import wasm

R = tr.RecIndex
EMPTY = wasm.struct()
OPEN = wasm.sub(EMPTY)


def one_field(storage: bytes, *, mutable: bool = False) -> bytes:
    """A struct of one field."""
    return wasm.struct(wasm.field(storage, mutable=mutable))


def refused(groups: Sequence[bytes], culprit: int, **options: Any) -> None:
    """The section is invalid, at the type numbered `culprit`, in the group it belongs to."""
    data = wasm.types(*groups)
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(data, **options)
    assert caught.value.type_index == culprit
    assert caught.value.offset in range(8, len(data) + 1)


# References in range.


@pytest.mark.parametrize("beyond", [0, 1, 1000])
@pytest.mark.parametrize(
    "holder",
    [
        lambda index: wasm.func([wasm.ref(index)]),
        lambda index: wasm.func([], [wasm.ref(index)]),
        lambda index: one_field(wasm.ref(index)),
        lambda index: wasm.array(wasm.field(wasm.ref(index, nullable=False))),
        lambda index: wasm.sub(wasm.struct(), index),
    ],
    ids=["param", "result", "field", "element", "supertype"],
)
def test_g04_a_reference_beyond_the_group_is_refused(
    holder: Callable[[int], bytes], beyond: int
) -> None:
    refused([EMPTY, holder(2 + beyond)], 1)
    refused([EMPTY, wasm.rec(EMPTY, holder(4 + beyond), EMPTY), EMPTY], 2)


def test_g04_a_reference_to_a_later_group_is_refused() -> None:
    refused([one_field(wasm.ref(1)), EMPTY], 0)
    refused([wasm.rec(one_field(wasm.ref(2)), EMPTY), EMPTY], 0)


def test_g04_references_within_the_group_go_both_ways() -> None:
    module = tr.Module(
        wasm.types(wasm.rec(one_field(wasm.ref(1)), one_field(wasm.ref(0)), one_field(wasm.ref(2))))
    )
    assert len(module.types) == 3


@pytest.mark.parametrize("index", [2**32 - 1, 2**31, 2**20])
def test_g04_the_largest_indices_are_out_of_range_like_others(index: int) -> None:
    with pytest.raises((tr.ValidationError, tr.DecodeError)):
        tr.Module(wasm.types(one_field(wasm.ref(index))))


def referring(index: int) -> dict[str, bytes]:
    """Sections that refer to a type by its index, each in another way."""
    table = b"\x63" + wasm.sleb(index) + b"\0\0"
    value = b"\x64" + wasm.sleb(index) + b"\0"
    null = b"\xd0" + wasm.sleb(index) + b"\x0b"
    return {
        "imported table": wasm.section(2, wasm.vec([b"\1m\1t\1" + table])),
        "imported global": wasm.section(2, wasm.vec([b"\1m\1g\3" + value])),
        "table": wasm.section(4, wasm.vec([table])),
        "table with a value": wasm.section(4, wasm.vec([b"\x40\0" + table + null])),
        "global": wasm.section(6, wasm.vec([value + null])),
    }


@pytest.mark.parametrize("where", referring(0))
def test_g11_a_large_type_index_in_a_table_or_global_says_how_large_it_may_be(where: str) -> None:
    most = 1 << 20
    types = wasm.section(1, wasm.vec([wasm.struct()] * (most + 1)))
    header = b"\0asm\1\0\0\0"
    limits = tr.Limits.spec()
    taken = tr.Module(header + types + referring(most - 1)[where], limits=limits)
    assert len(taken.types) == most + 1
    section = referring(most)[where]
    reference = len(header + types) + section.index(wasm.sleb(most))
    refused = f"reference to type {most}; expected an index below {most}"
    with pytest.raises(tr.DecodeError, match=refused) as large:
        tr.Module(header + types + section, limits=limits)
    assert large.value.offset == reference
    # Without so many types it is the index of none.
    for index in (most, 2**32 - 1):
        section = referring(index)[where]
        with pytest.raises(
            tr.ValidationError, match=f"unknown type {index}; .* 0 types"
        ) as unknown:
            tr.Module(header + section)
        assert unknown.value.offset == len(header) + section.index(wasm.sleb(index))


@pytest.mark.parametrize("where", ["module", "item", "export"])
def test_g11_a_name_that_is_too_long_says_how_long_it_may_be(where: str) -> None:
    def module(length: int) -> bytes:
        name = wasm.leb(length) + b"n" * length
        memory = wasm.section(5, b"\1\0\1")
        sections = {
            "module": wasm.section(2, wasm.vec([name + b"\1i\2\0\1"])),
            "item": wasm.section(2, wasm.vec([b"\1m" + name + b"\2\0\1"])),
            "export": memory + wasm.section(7, wasm.vec([name + b"\2\0"])),
        }
        return b"\0asm\1\0\0\0" + sections[where]

    assert len(tr.Module(module(100_000), limits=tr.Limits.spec()).types) == 0
    with pytest.raises(tr.DecodeError, match="a name of more than 100000 bytes") as caught:
        tr.Module(module(100_001), limits=tr.Limits.spec())
    assert 8 < caught.value.offset < 40


# Supertypes.


def test_g04_a_supertype_after_its_subtype_is_refused() -> None:
    refused([wasm.rec(wasm.sub(EMPTY, 1), OPEN)], 0)


def test_g04_a_type_is_not_its_own_supertype() -> None:
    refused([wasm.sub(EMPTY, 0)], 0)
    refused([OPEN, wasm.rec(OPEN, wasm.sub(EMPTY, 2))], 2)


@pytest.mark.parametrize("length", [2, 3, 50])
def test_g04_a_cycle_of_supertypes_is_refused(length: int) -> None:
    refused([wasm.rec(*(wasm.sub(EMPTY, (i + 1) % length) for i in range(length)))], 0)


def test_g04_order_is_checked_before_any_structure_is_compared() -> None:
    # Each refers to itself where the other refers to the other: comparing would not end.
    cycle = wasm.rec(
        wasm.sub(one_field(wasm.ref(1)), 1),
        wasm.sub(one_field(wasm.ref(0)), 0),
    )
    refused([cycle], 0)
    # Member 1 does not match its supertype; member 2's comes later. Order decides first.
    refused([wasm.rec(OPEN, wasm.sub(wasm.func(), 0), wasm.sub(EMPTY, 3), OPEN)], 2)


@pytest.mark.parametrize(
    "final",
    [EMPTY, wasm.sub(EMPTY, final=True), wasm.rec(EMPTY)],
    ids=["plain", "sub final", "in rec"],
)
def test_g04_a_final_type_has_no_subtypes(final: bytes) -> None:
    refused([final, wasm.sub(EMPTY, 0)], 1)
    refused([final, wasm.sub(EMPTY, 0, final=True)], 1)


def test_g04_two_supertypes_are_refused() -> None:
    refused([OPEN, OPEN, wasm.sub(EMPTY, 0, 1)], 2)
    refused([OPEN, wasm.sub(EMPTY, 0, 0)], 1)


def test_g04_a_later_error_is_found_behind_valid_types() -> None:
    refused([*[EMPTY] * 500, wasm.sub(EMPTY, 7)], 500)


def test_g04_the_offset_lies_in_the_type_that_is_wrong() -> None:
    bad = wasm.sub(wasm.struct(*[wasm.field(wasm.I32)] * 40), 0)
    data = wasm.types(*[EMPTY] * 300, bad, *[EMPTY] * 300)
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(data)
    start = data.index(bad)
    assert caught.value.offset in range(start, start + len(bad) + 1)
    assert caught.value.type_index == 300
    assert "300" in str(caught.value)


# Structural matching: what a declared supertype demands.

FIELD_CASES: list[tuple[str, bytes, bytes, bool]] = [
    # (what, the supertype's field, the subtype's, whether it may be)
    ("same", wasm.field(wasm.I32), wasm.field(wasm.I32), True),
    ("other number", wasm.field(wasm.I32), wasm.field(wasm.I64), False),
    ("packed same", wasm.field(wasm.I8), wasm.field(wasm.I8), True),
    ("packed other", wasm.field(wasm.I8), wasm.field(wasm.I16), False),
    ("packed to number", wasm.field(wasm.I8), wasm.field(wasm.I32), False),
    ("number to packed", wasm.field(wasm.I32), wasm.field(wasm.I8), False),
    ("vector", wasm.field(wasm.V128), wasm.field(wasm.V128), True),
    ("number to vector", wasm.field(wasm.I64), wasm.field(wasm.V128), False),
    ("const down", wasm.field(wasm.ANY), wasm.field(wasm.EQ), True),
    ("const up", wasm.field(wasm.EQ), wasm.field(wasm.ANY), False),
    ("const other hierarchy", wasm.field(wasm.ANY), wasm.field(wasm.FUNC), False),
    ("const to bottom", wasm.field(wasm.STRUCT), wasm.field(wasm.NONE), True),
    ("const null off", wasm.field(wasm.ANY), wasm.field(wasm.ref(wasm.ANY, nullable=False)), True),
    ("const null on", wasm.field(wasm.ref(wasm.ANY, nullable=False)), wasm.field(wasm.ANY), False),
    ("mut same", wasm.field(wasm.ANY, mutable=True), wasm.field(wasm.ANY, mutable=True), True),
    ("mut down", wasm.field(wasm.ANY, mutable=True), wasm.field(wasm.EQ, mutable=True), False),
    ("mut up", wasm.field(wasm.EQ, mutable=True), wasm.field(wasm.ANY, mutable=True), False),
    (
        "mut null",
        wasm.field(wasm.ANY, mutable=True),
        wasm.field(wasm.ref(wasm.ANY, nullable=False), mutable=True),
        False,
    ),
    ("const to mut", wasm.field(wasm.I32), wasm.field(wasm.I32, mutable=True), False),
    ("mut to const", wasm.field(wasm.I32, mutable=True), wasm.field(wasm.I32), False),
    # Types 0 and 1 are an open struct and its declared subtype; 2 is a twin of neither's kin.
    ("const declared down", wasm.field(wasm.ref(0)), wasm.field(wasm.ref(1)), True),
    ("const declared up", wasm.field(wasm.ref(1)), wasm.field(wasm.ref(0)), False),
    ("const undeclared", wasm.field(wasm.ref(0)), wasm.field(wasm.ref(2)), False),
    ("const concrete to head", wasm.field(wasm.STRUCT), wasm.field(wasm.ref(1)), True),
    ("const concrete to other head", wasm.field(wasm.ARRAY), wasm.field(wasm.ref(1)), False),
    ("const head to concrete", wasm.field(wasm.ref(0)), wasm.field(wasm.STRUCT), False),
    ("const bottom to concrete", wasm.field(wasm.ref(0)), wasm.field(wasm.NONE), True),
    (
        "mut declared down",
        wasm.field(wasm.ref(0), mutable=True),
        wasm.field(wasm.ref(1), mutable=True),
        False,
    ),
    (
        "mut equal twin",
        wasm.field(wasm.ref(0), mutable=True),
        wasm.field(wasm.ref(3), mutable=True),
        True,
    ),
    ("const equal twin", wasm.field(wasm.ref(0)), wasm.field(wasm.ref(3)), True),
]

# Type 2 has the structure of type 1 without the declaration; type 3 is type 0 again.
KIN = [OPEN, wasm.sub(one_field(wasm.I32), 0), wasm.sub(one_field(wasm.I32)), OPEN]


def verdict(parent: bytes, child: bytes) -> bool:
    """Whether `child` may declare `parent`, with KIN before both."""
    try:
        tr.Module(wasm.types(*KIN, wasm.sub(parent), wasm.sub(child, len(KIN))))
    except tr.ValidationError as error:
        culprit = error.type_index
    else:
        return True
    assert culprit == len(KIN) + 1
    return False


@pytest.mark.parametrize(
    ("parent", "child", "fits"), [c[1:] for c in FIELD_CASES], ids=[c[0] for c in FIELD_CASES]
)
@pytest.mark.parametrize("place", ["first", "last", "array"])
def test_g04_variance_of_a_field(parent: bytes, child: bytes, fits: bool, place: str) -> None:
    around = wasm.field(wasm.F64)
    shape: Callable[[bytes], bytes] = {
        "first": lambda it: wasm.struct(it, around),
        "last": lambda it: wasm.struct(around, it),
        "array": wasm.array,
    }[place]
    assert verdict(shape(parent), shape(child)) is fits


VALUE_CASES: list[tuple[str, bytes, bytes, bool]] = [
    # (what, the upper type, the lower, whether lower matches upper)
    ("number", wasm.I32, wasm.I32, True),
    ("other number", wasm.I32, wasm.F32, False),
    ("head", wasm.EQ, wasm.I31, True),
    ("head across", wasm.EXTERN, wasm.I31, False),
    ("null", wasm.EXN, wasm.ref(wasm.EXN, nullable=False), True),
    ("declared", wasm.ref(0), wasm.ref(1), True),
    ("undeclared", wasm.ref(0), wasm.ref(2), False),
    ("twin", wasm.ref(0), wasm.ref(3), True),
    ("func bottom", wasm.FUNC, wasm.NOFUNC, True),
]


@pytest.mark.parametrize(
    ("upper", "lower", "fits"), [c[1:] for c in VALUE_CASES], ids=[c[0] for c in VALUE_CASES]
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_g04_parameters_are_contravariant_and_results_covariant(
    upper: bytes, lower: bytes, fits: bool, position: int
) -> None:
    def place(value: bytes) -> list[bytes]:
        values = [wasm.I64] * 3
        values[position] = value
        return values

    assert verdict(wasm.func([], place(upper)), wasm.func([], place(lower))) is fits
    assert verdict(wasm.func(place(lower)), wasm.func(place(upper))) is fits
    if fits and upper != lower and (upper, lower) != (wasm.ref(0), wasm.ref(3)):
        assert not verdict(wasm.func([], place(lower)), wasm.func([], place(upper)))
        assert not verdict(wasm.func(place(upper)), wasm.func(place(lower)))


@pytest.mark.parametrize(
    ("parent", "child", "fits"),
    [
        (wasm.struct(), wasm.struct(wasm.field(wasm.I32)), True),
        (wasm.struct(wasm.field(wasm.I32)), wasm.struct(*[wasm.field(wasm.I32)] * 9), True),
        (wasm.struct(wasm.field(wasm.I32)), wasm.struct(), False),
        (wasm.struct(*[wasm.field(wasm.I32)] * 2), wasm.struct(wasm.field(wasm.I32)), False),
        (wasm.func(), wasm.func([wasm.I32]), False),
        (wasm.func([wasm.I32]), wasm.func(), False),
        (wasm.func(), wasm.func([], [wasm.I32]), False),
        (wasm.func([], [wasm.I32]), wasm.func(), False),
        (wasm.func([wasm.I32]), wasm.func([], [wasm.I32]), False),
        (wasm.func(), wasm.func(), True),
    ],
)
def test_g04_structs_may_grow_at_the_end_and_functions_may_not(
    parent: bytes, child: bytes, fits: bool
) -> None:
    assert verdict(parent, child) is fits


@pytest.mark.parametrize("parent", ["func", "struct", "array"])
@pytest.mark.parametrize("child", ["func", "struct", "array"])
def test_g04_a_supertype_is_of_the_same_kind(parent: str, child: str) -> None:
    shapes = {
        "func": wasm.func([wasm.I32]),
        "struct": one_field(wasm.I32),
        "array": wasm.array(wasm.field(wasm.I32)),
    }
    assert verdict(shapes[parent], shapes[child]) is (parent == child)


def test_g04_structure_is_compared_by_declared_subtyping_of_own_members() -> None:
    tr.Module(
        """(module (rec
            (type $a (sub (struct (field (ref null $a)))))
            (type $b (sub $a (struct (field (ref null $b)))))))"""
    )
    with pytest.raises(tr.ValidationError):
        tr.Module(
            """(module (rec
                (type $a (sub (struct (field (mut (ref null $a))))))
                (type $b (sub $a (struct (field (mut (ref null $b)))))))) """
        )


# Depth.


def chain(length: int) -> list[bytes]:
    """`length` types, each the supertype of the next: the last has depth `length - 1`."""
    return [OPEN, *(wasm.sub(EMPTY, i) for i in range(length - 1))]


def over(name: str, bound: int, error: tr.LimitError) -> None:
    """The error says which limit was passed, and by what."""
    assert error.limit == name
    assert error.value == bound + 1
    assert name in str(error)
    assert str(bound) in str(error).replace(",", "").replace("_", "")


@pytest.mark.parametrize("limits", [None, tr.Limits.js_api(), tr.Limits.spec()])
@pytest.mark.parametrize("together", [False, True], ids=["apart", "one group"])
def test_g04_depth_is_63_at_most_in_every_profile(limits: tr.Limits | None, together: bool) -> None:
    def data(length: int) -> bytes:
        return wasm.types(*([wasm.rec(*chain(length))] if together else chain(length)))

    assert len(tr.Module(data(64), limits=limits).types) == 64
    with pytest.raises(tr.LimitError) as caught:
        tr.Module(data(65), limits=limits)
    over("depth", 63, caught.value)


def test_g04_depth_is_counted_through_other_groups() -> None:
    engine = tr.Engine()
    parent, *above = engine.register_group(
        tr.RecGroup([tr.SubType(tr.StructType([]), final=False)])
    )
    assert not above
    kept = [parent]
    for _ in range(63):
        child = tr.SubType(tr.StructType([]), supertype=kept[-1].index, final=False)
        kept.append(tr.RegisteredType(engine, child))
    assert len(kept[-1].supertypes) == 63
    too_deep = tr.SubType(tr.StructType([]), supertype=kept[-1].index)
    with unchanged(engine), pytest.raises(tr.LimitError) as caught:
        tr.RegisteredType(engine, too_deep)
    over("depth", 63, caught.value)


def test_g04_depth_is_adjustable_only_downwards() -> None:
    assert tr.Limits.js_api().depth == tr.Limits.spec().depth == 63
    assert tr.Limits.spec(depth=63).depth == 63
    for profile in (tr.Limits.js_api, tr.Limits.spec):
        with pytest.raises(ValueError, match="depth") as caught:
            profile(depth=64)
        assert isinstance(caught.value, tr.TypeRegError)
    low = tr.Limits.js_api(depth=2)
    assert len(tr.Module(wasm.types(*chain(3)), limits=low).types) == 3
    with pytest.raises(tr.LimitError) as error:
        tr.Module(wasm.types(*chain(4)), limits=low)
    over("depth", 2, error.value)


# Limits.


def test_g04_profiles() -> None:
    js_api, spec = tr.Limits.js_api(), tr.Limits.spec()
    assert (js_api.types, js_api.groups, js_api.group_size) == (1_000_000, 1_000_000, 1_000_000)
    assert (js_api.params, js_api.results, js_api.fields) == (1000, 1000, 10_000)
    assert (spec.types, spec.params, spec.results, spec.fields) == (2**32 - 1,) * 4
    for limits in (js_api, spec):
        assert limits.live_types is limits.live_groups is limits.live_bytes is None
    assert tr.Limits.js_api(params=7).params == 7
    assert tr.Limits.js_api(params=7).results == 1000
    assert tr.Limits.spec(live_types=5).live_types == 5


def test_g04_limit_fields_are_keyword_only() -> None:
    profiles: list[Any] = [tr.Limits.js_api, tr.Limits.spec]
    for profile in profiles:
        with pytest.raises(TypeError):
            profile(5)
        with pytest.raises(TypeError, match="parameters"):
            profile(parameters=5)


def functions(count: int) -> list[bytes]:
    """A function section of type 0, and its code."""
    return [
        wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(0)] * count)),
        wasm.code_section(count),
    ]


def imports(kind: bytes, extern: bytes, count: int) -> bytes:
    """An import section of one import again and again."""
    return wasm.section(wasm.IMPORT, wasm.vec([wasm.import_("m", "n", kind, extern)] * count))


TABLE = wasm.table(wasm.FUNC, wasm.limits(0))
MEMORY = wasm.limits(0)
GLOBAL = wasm.global_(wasm.I32)
INITIALIZER = b"\x41\x00\x0b"
FUNC_TYPE = wasm.type_section(wasm.func())

# Of each limit: a module that has so many.
COUNTED: dict[str, Callable[[int], bytes]] = {
    "types": lambda n: wasm.types(*[EMPTY] * n),
    "types in groups": lambda n: wasm.types(wasm.rec(*[EMPTY] * (n - 2)), wasm.rec(EMPTY, EMPTY)),
    "groups": lambda n: wasm.types(*[EMPTY] * n),
    "groups, empty": lambda n: wasm.types(*[wasm.rec()] * n),
    "group_size": lambda n: wasm.types(EMPTY, wasm.rec(*[EMPTY] * n)),
    "params": lambda n: wasm.types(EMPTY, wasm.func([wasm.I32] * n)),
    "results": lambda n: wasm.types(EMPTY, wasm.func([], [wasm.I32] * n)),
    "fields": lambda n: wasm.types(EMPTY, wasm.struct(*[wasm.field(wasm.I8)] * n)),
    "imports": lambda n: wasm.module(imports(wasm.KIND_GLOBAL, GLOBAL, n)),
    "exports": lambda n: wasm.module(
        wasm.section(wasm.GLOBAL, wasm.vec([GLOBAL + INITIALIZER])),
        wasm.section(
            wasm.EXPORT, wasm.vec([wasm.export(str(i), wasm.KIND_GLOBAL, 0) for i in range(n)])
        ),
    ),
    "functions": lambda n: wasm.module(FUNC_TYPE, *functions(n)),
    "functions, one imported": lambda n: wasm.module(
        FUNC_TYPE, imports(wasm.KIND_FUNC, wasm.leb(0), 1), *functions(n - 1)
    ),
    "tables": lambda n: wasm.module(wasm.section(wasm.TABLE, wasm.vec([TABLE] * n))),
    "tables, imported": lambda n: wasm.module(imports(wasm.KIND_TABLE, TABLE, n)),
    "memories": lambda n: wasm.module(wasm.section(wasm.MEMORY, wasm.vec([MEMORY] * n))),
    "memories, imported": lambda n: wasm.module(imports(wasm.KIND_MEMORY, MEMORY, n)),
    "globals": lambda n: wasm.module(
        wasm.section(wasm.GLOBAL, wasm.vec([GLOBAL + INITIALIZER] * n))
    ),
    "globals, imported": lambda n: wasm.module(imports(wasm.KIND_GLOBAL, GLOBAL, n)),
    "tags": lambda n: wasm.module(FUNC_TYPE, wasm.section(wasm.TAG, wasm.vec([wasm.tag(0)] * n))),
    "tags, imported": lambda n: wasm.module(FUNC_TYPE, imports(wasm.KIND_TAG, wasm.tag(0), n)),
}


@pytest.mark.parametrize("case", COUNTED)
@pytest.mark.parametrize("profile", [tr.Limits.js_api, tr.Limits.spec], ids=["js_api", "spec"])
def test_g04_each_limit_at_the_bound_and_one_beyond(
    case: str, profile: Callable[..., tr.Limits]
) -> None:
    name = case.split()[0].rstrip(",")
    limits = profile(**{name: 5})
    assert getattr(limits, name) == 5
    tr.Module(COUNTED[case](5), limits=limits)
    with pytest.raises(tr.LimitError) as caught:
        tr.Module(COUNTED[case](6), limits=limits)
    over(name, 5, caught.value)


@pytest.mark.parametrize("case", COUNTED)
def test_g04_an_engine_checks_with_its_own_limits_before_it_changes_anything(case: str) -> None:
    name = case.split()[0].rstrip(",")
    engine = tr.Engine(limits=tr.Limits.js_api(**{name: 5}))
    kept = engine.register(COUNTED[case](5))
    module = tr.Module(COUNTED[case](6))
    with unchanged(engine):
        for source in (module, module.wasm):
            with pytest.raises(tr.LimitError) as caught:
                engine.register(source)
            over(name, 5, caught.value)
    kept.close()


@pytest.mark.parametrize(
    ("name", "bound"), [("params", 1000), ("results", 1000), ("fields", 10_000)]
)
def test_g04_bounds_of_the_js_api(name: str, bound: int) -> None:
    build = COUNTED[name]
    assert len(tr.Module(build(bound)).types) == 2
    with pytest.raises(tr.LimitError) as caught:
        tr.Module(build(bound + 1))
    over(name, bound, caught.value)
    assert len(tr.Module(build(bound + 1), limits=tr.Limits.spec()).types) == 2


@pytest.mark.parametrize(
    ("name", "bound", "build"),
    [
        ("params", 1000, lambda n: tr.FuncType([tr.I32] * n, [])),
        ("results", 1000, lambda n: tr.FuncType([], [tr.I32] * n)),
        ("fields", 10_000, lambda n: tr.StructType([tr.FieldType(tr.I32)] * n)),
    ],
)
def test_g04_bounds_hold_for_groups_built_by_hand(
    name: str, bound: int, build: Callable[[int], Any]
) -> None:
    engine = tr.Engine()
    tr.RegisteredType(engine, build(bound)).close()
    group = tr.RecGroup([tr.SubType(build(bound + 1))])
    with unchanged(engine):
        for call in (
            lambda: tr.RegisteredType(engine, build(bound + 1)),
            lambda: engine.register_group(group),
        ):
            with pytest.raises(tr.LimitError) as caught:
                call()
            over(name, bound, caught.value)
    tr.RegisteredType(tr.Engine(limits=tr.Limits.spec()), build(bound + 1)).close()


def test_g04_group_size_holds_for_groups_built_by_hand() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(group_size=3))
    member = tr.SubType(tr.StructType([]))
    for handle in engine.register_group(tr.RecGroup([member] * 3)):
        handle.close()
    with unchanged(engine), pytest.raises(tr.LimitError) as caught:
        engine.register_group(tr.RecGroup([member] * 4))
    over("group_size", 3, caught.value)


# Groups built by hand: the same rules.


BAD_GROUPS: dict[str, list[tr.SubType]] = {
    "index is the length": [tr.SubType(tr.StructType([tr.FieldType(tr.RefType(R(1)))]))],
    "index beyond": [tr.SubType(tr.FuncType([tr.RefType(R(2**32 - 1))], []))],
    "supertype beyond": [tr.SubType(tr.StructType([]), supertype=R(5))],
    "supertype is itself": [tr.SubType(tr.StructType([]), supertype=R(0), final=False)],
    "supertype comes later": [
        tr.SubType(tr.StructType([]), supertype=R(1)),
        tr.SubType(tr.StructType([]), final=False),
    ],
    "cycle of supertypes": [
        tr.SubType(tr.StructType([]), supertype=R(1), final=False),
        tr.SubType(tr.StructType([]), supertype=R(0), final=False),
    ],
    "supertype is final": [
        tr.SubType(tr.StructType([])),
        tr.SubType(tr.StructType([]), supertype=R(0)),
    ],
    "supertype of another kind": [
        tr.SubType(tr.StructType([]), final=False),
        tr.SubType(tr.FuncType([], []), supertype=R(0)),
    ],
    "supertype not matched": [
        tr.SubType(tr.StructType([tr.FieldType(tr.I32)]), final=False),
        tr.SubType(tr.StructType([]), supertype=R(0)),
    ],
}


@pytest.mark.parametrize("what", BAD_GROUPS)
def test_g04_a_group_built_by_hand_obeys_the_same_rules(what: str, engine: tr.Engine) -> None:
    group = tr.RecGroup(BAD_GROUPS[what])
    with unchanged(engine), pytest.raises(tr.ValidationError):
        engine.register_group(group)


def test_g04_a_supertype_outside_obeys_the_same_rules(engine: tr.Engine) -> None:
    final = tr.RegisteredType(engine, tr.StructType([]))
    one = tr.RegisteredType(engine, tr.SubType(tr.StructType([tr.FieldType(tr.I32)]), final=False))
    bad = [
        tr.SubType(tr.StructType([]), supertype=final.index),
        tr.SubType(tr.StructType([]), supertype=one.index),
        tr.SubType(tr.ArrayType(tr.FieldType(tr.I32)), supertype=one.index),
        tr.SubType(tr.StructType([tr.FieldType(tr.I64)]), supertype=one.index),
    ]
    for member in bad:
        with unchanged(engine), pytest.raises(tr.ValidationError):
            tr.RegisteredType(engine, member)
        with unchanged(engine), pytest.raises(tr.ValidationError):
            engine.register_group(tr.RecGroup([member]))
    good = tr.SubType(
        tr.StructType([tr.FieldType(tr.I32), tr.FieldType(tr.I8)]), supertype=one.index
    )
    assert tr.RegisteredType(engine, good).supertype == one


def test_f03_a_module_that_is_invalid_at_its_end_leaves_nothing(engine: tr.Engine) -> None:
    kept = engine.register(wasm.types(OPEN, one_field(wasm.I32)))
    bad = wasm.types(OPEN, *(wasm.func([wasm.I32] * i) for i in range(50)), wasm.sub(EMPTY, 99))
    with unchanged(engine), pytest.raises(tr.ValidationError):
        engine.register(bad)
    kept.close()
    assert len(engine.registry) == 0


# The other sections.


def with_type(*sections: bytes) -> bytes:
    """A function type, a struct type, and sections after them."""
    return wasm.module(wasm.type_section(wasm.func(), EMPTY), *sections)


INVALID: dict[str, bytes] = {
    "import of a function that is a struct": with_type(imports(wasm.KIND_FUNC, wasm.leb(1), 1)),
    "import of a function of no type": with_type(imports(wasm.KIND_FUNC, wasm.leb(2), 1)),
    "function that is a struct": with_type(
        wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(1)])), wasm.code_section(1)
    ),
    "function of no type": with_type(
        wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(2)])), wasm.code_section(1)
    ),
    "tag that is a struct": with_type(wasm.section(wasm.TAG, wasm.vec([wasm.tag(1)]))),
    "tag of no type": with_type(wasm.section(wasm.TAG, wasm.vec([wasm.tag(2)]))),
    "imported tag of no type": with_type(imports(wasm.KIND_TAG, wasm.tag(7), 1)),
    "table of no type": with_type(
        wasm.section(wasm.TABLE, wasm.vec([wasm.table(wasm.ref(2), wasm.limits(0))]))
    ),
    "imported table of no type": with_type(
        imports(wasm.KIND_TABLE, wasm.table(wasm.ref(2), wasm.limits(0)), 1)
    ),
    "global of no type": with_type(
        wasm.section(wasm.GLOBAL, wasm.vec([wasm.global_(wasm.ref(2)) + b"\xd0\x00\x0b"]))
    ),
    "imported global of no type": with_type(
        imports(wasm.KIND_GLOBAL, wasm.global_(wasm.ref(2)), 1)
    ),
    "table whose maximum is below its minimum": with_type(
        wasm.section(wasm.TABLE, wasm.vec([wasm.table(wasm.FUNC, wasm.limits(2, 1))]))
    ),
    "memory whose maximum is below its minimum": with_type(
        wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(2, 1)]))
    ),
    **{
        f"export of a {name} that is not there": with_type(
            wasm.section(wasm.EXPORT, wasm.vec([wasm.export("x", kind, 0)]))
        )
        for name, kind in {
            "function": wasm.KIND_FUNC,
            "table": wasm.KIND_TABLE,
            "memory": wasm.KIND_MEMORY,
            "global": wasm.KIND_GLOBAL,
            "tag": wasm.KIND_TAG,
        }.items()
    },
}


@pytest.mark.parametrize("what", INVALID)
def test_g11_an_invalid_section_is_a_validation_error_with_its_offset(
    what: str, engine: tr.Engine
) -> None:
    data = INVALID[what]
    with unchanged(engine), pytest.raises(tr.ValidationError) as caught:
        engine.register(data)
    start = len(with_type())
    assert caught.value.offset in range(start, len(data) + 1)


def test_g11_a_shared_memory_has_a_maximum() -> None:
    with pytest.raises((tr.ValidationError, tr.DecodeError)):
        tr.Module(wasm.module(wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1, shared=True)]))))


MALFORMED: dict[str, bytes] = {
    "type form 0x00": wasm.types(b"\0"),
    "type form 0x61": wasm.types(b"\x61"),
    "value type 0x00": wasm.types(wasm.func([b"\0"])),
    "value type 0x40": wasm.types(wasm.func([b"\x40"])),
    "value type 0x7a": wasm.types(wasm.func([b"\x7a"])),
    "packed parameter": wasm.types(wasm.func([wasm.I8])),
    "packed result": wasm.types(wasm.func([], [wasm.I16])),
    "mutability 2": wasm.types(wasm.struct(wasm.I32 + b"\2")),
    "element mutability 0xff": wasm.types(wasm.array(wasm.I32 + b"\xff")),
    "heap type that is a number": wasm.types(wasm.func([b"\x63\x7f"])),
    "heap type that is negative": wasm.types(wasm.func([b"\x63\x40"])),
    "reference to a reference": wasm.types(wasm.func([b"\x63\x63\x6e"])),
    "rec in rec": wasm.types(wasm.rec(wasm.rec(EMPTY))),
    "sub in sub": wasm.types(wasm.sub(OPEN)),
    "bytes after the last type": wasm.module(wasm.section(wasm.TYPE, wasm.vec([EMPTY]) + b"\0")),
    "section number 14": wasm.module(wasm.section(14, b"")),
    "section twice": wasm.module(wasm.type_section(EMPTY), wasm.type_section(EMPTY)),
    "section out of order": wasm.module(
        wasm.section(wasm.MEMORY, wasm.vec([MEMORY])), wasm.type_section(EMPTY)
    ),
    "import kind 5": wasm.module(imports(b"\5", b"\0", 1)),
    "export kind 9": with_type(wasm.section(wasm.EXPORT, wasm.vec([wasm.export("x", b"\x09", 0)]))),
    "tag attribute 1": with_type(wasm.section(wasm.TAG, wasm.vec([b"\1\0"]))),
    "global mutability 4": wasm.module(imports(wasm.KIND_GLOBAL, wasm.I32 + b"\4", 1)),
    "table of numbers": wasm.module(
        wasm.section(wasm.TABLE, wasm.vec([wasm.table(wasm.I32, wasm.limits(0))]))
    ),
    "memory flags 0x80": wasm.module(wasm.section(wasm.MEMORY, wasm.vec([b"\x80\x01\0"]))),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_g11_what_is_not_wasm_is_a_decode_error_with_its_offset(
    what: str, engine: tr.Engine
) -> None:
    data = MALFORMED[what]
    with unchanged(engine), pytest.raises(tr.DecodeError) as caught:
        engine.register(data)
    assert 8 <= caught.value.offset <= len(data)


def test_g11_the_offset_of_malformed_bytes_is_where_they_are() -> None:
    good = [wasm.func([wasm.I32] * 3)] * 50
    data = wasm.types(*good, wasm.func([wasm.I32, b"\x7a", wasm.I32]), *good)
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert caught.value.offset == data.index(b"\x7a")
    assert str(caught.value.offset) in str(caught.value) or hex(caught.value.offset) in str(
        caught.value
    )


# Features.


STACK_SWITCHING: dict[str, bytes] = {
    "cont type": wasm.types(wasm.func(), wasm.cont(0)),
    "cont type in sub": wasm.types(wasm.func(), wasm.sub(wasm.cont(0))),
    "contref": wasm.types(wasm.func([wasm.CONT])),
    "ref nocont": wasm.types(one_field(wasm.ref(wasm.NOCONT, nullable=False))),
    "global of contref": wasm.module(imports(wasm.KIND_GLOBAL, wasm.global_(wasm.CONT), 1)),
    "table of contref": wasm.module(
        imports(wasm.KIND_TABLE, wasm.table(wasm.CONT, wasm.limits(0)), 1)
    ),
}
PAGE = wasm.limits(1, 2, page_log2=0)
PAGE_SIZES: dict[str, bytes] = {
    "memory": wasm.module(wasm.section(wasm.MEMORY, wasm.vec([PAGE]))),
    "imported memory": wasm.module(imports(wasm.KIND_MEMORY, PAGE, 1)),
}
GUARDED = [
    *(
        (f"stack_switching {what}", "stack_switching", data)
        for what, data in STACK_SWITCHING.items()
    ),
    *(
        (f"custom_page_sizes {what}", "custom_page_sizes", data)
        for what, data in PAGE_SIZES.items()
    ),
]


@pytest.mark.parametrize(("feature", "data"), [g[1:] for g in GUARDED], ids=[g[0] for g in GUARDED])
def test_g03_a_feature_is_off_by_default_and_on_by_name(feature: str, data: bytes) -> None:
    assert getattr(tr.Features(), feature) is False
    on = tr.Features(**{feature: True})
    others = tr.Features(**{name: True for name in FEATURES if name != feature})
    assert getattr(on, feature) is True
    for features in (None, tr.Features(), others):
        with pytest.raises(tr.UnsupportedFeatureError, match=feature) as caught:
            tr.Module(data, features=features)
        assert caught.value.feature == feature
    module = tr.Module(data, features=on)
    plain = tr.Engine()
    with unchanged(plain):
        for source in (module, data):
            with pytest.raises(tr.UnsupportedFeatureError) as refusal:
                plain.register(source)
            assert refusal.value.feature == feature
    tr.Engine(features=on).register(data).close()


FEATURES = ("stack_switching", "custom_page_sizes")


def test_g03_cont_types_are_read_under_their_feature() -> None:
    on = tr.Features(stack_switching=True)
    module = tr.Module("(module (type $f (func)) (type (cont $f)))", features=on)
    assert module.types[1] == tr.SubType(tr.ContType(tr.ModuleTypeIndex(0)))
    for bad in (
        wasm.types(EMPTY, wasm.cont(0)),
        wasm.types(wasm.cont(0)),
        wasm.types(wasm.cont(9)),
    ):
        with pytest.raises(tr.ValidationError):
            tr.Module(bad, features=on)


def test_g03_cont_types_match_by_declared_subtyping_of_their_functions() -> None:
    on = tr.Features(stack_switching=True)
    kin = [wasm.sub(wasm.func()), wasm.sub(wasm.func(), 0), wasm.sub(wasm.func())]
    tr.Module(wasm.types(*kin, wasm.sub(wasm.cont(0)), wasm.sub(wasm.cont(1), 3)), features=on)
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(wasm.types(*kin, wasm.sub(wasm.cont(1)), wasm.sub(wasm.cont(0), 3)), features=on)
    assert caught.value.type_index == 4


def test_g03_a_cont_type_built_by_hand_needs_the_feature_too() -> None:
    group = tr.RecGroup([tr.SubType(tr.FuncType([], [])), tr.SubType(tr.ContType(R(0)))])
    plain = tr.Engine()
    with unchanged(plain), pytest.raises(tr.UnsupportedFeatureError) as caught:
        plain.register_group(group)
    assert caught.value.feature == "stack_switching"
    handles = tr.Engine(features=tr.Features(stack_switching=True)).register_group(group)
    assert handles[1].group == group


@pytest.mark.parametrize(("log2", "size"), [(0, 1), (16, 65536)])
def test_g03_page_sizes_are_read_under_their_feature(log2: int, size: int) -> None:
    data = wasm.module(imports(wasm.KIND_MEMORY, wasm.limits(1, page_log2=log2), 1))
    module = tr.Module(data, features=tr.Features(custom_page_sizes=True))
    assert module.imports[0].type == tr.MemoryType(1, page_size=size)


@pytest.mark.parametrize("log2", [1, 8, 15, 17, 64])
def test_g03_only_two_page_sizes_are_valid(log2: int) -> None:
    data = wasm.module(imports(wasm.KIND_MEMORY, wasm.limits(1, page_log2=log2), 1))
    with pytest.raises((tr.ValidationError, tr.DecodeError)):
        tr.Module(data, features=tr.Features(custom_page_sizes=True))


REFUSED: dict[str, tuple[bytes, str]] = {
    "shared struct": (wasm.types(b"\x65" + EMPTY), "shared_types"),
    "shared func in sub": (wasm.types(b"\x50\0\x65" + wasm.func()), "shared_types"),
    "shared in rec": (wasm.types(wasm.rec(EMPTY, b"\x65" + EMPTY)), "shared_types"),
    "shared anyref": (wasm.types(wasm.func([b"\x65\x6e"])), "shared_types"),
    "ref null shared eq": (wasm.types(one_field(b"\x63\x65\x6d")), "shared_types"),
    "shared global": (  # mutability 2
        wasm.module(imports(wasm.KIND_GLOBAL, wasm.I32 + b"\2", 1)),
        "shared_types",
    ),
    "exact reference": (wasm.types(EMPTY, one_field(b"\x63\x62\x00")), "custom_descriptors"),
    "exact non-nullable": (wasm.types(EMPTY, wasm.func([b"\x64\x62\x00"])), "custom_descriptors"),
    "descriptor": (
        wasm.types(wasm.rec(b"\x4d\x01" + EMPTY, b"\x4c\x00" + EMPTY)),
        "custom_descriptors",
    ),
    "describes": (
        wasm.types(wasm.rec(EMPTY, b"\x50\0\x4c\x00" + EMPTY)),
        "custom_descriptors",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize(
    "features", [None, tr.Features(stack_switching=True, custom_page_sizes=True)], ids=["off", "on"]
)
def test_g03_what_no_issue_has_brought_is_refused_by_name(
    what: str, features: tr.Features | None, engine: tr.Engine
) -> None:
    data, feature = REFUSED[what]
    with pytest.raises(tr.UnsupportedFeatureError) as caught:
        tr.Module(data, features=features)
    assert caught.value.feature == feature
    with unchanged(engine), pytest.raises(tr.UnsupportedFeatureError):
        engine.register(data)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("(module (type (shared (struct))))", "shared_types"),
        ("(module (type (func (param (ref null (shared any))))))", "shared_types"),
        (
            "(module (type $a (struct)) (type (func (param (ref (exact $a))))))",
            "custom_descriptors",
        ),
        (
            "(module (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct))))",
            "custom_descriptors",
        ),
        ("(module (type $f (func)) (type (cont $f)))", "stack_switching"),
        ("(module (memory 1 (pagesize 1)))", "custom_page_sizes"),
    ],
)
def test_g03_wat_is_refused_by_the_same_names(text: str, feature: str) -> None:
    with pytest.raises(tr.UnsupportedFeatureError) as caught:
        tr.Module(text)
    assert caught.value.feature == feature


def test_g03_features_are_keyword_only_and_known() -> None:
    features: Any = tr.Features
    module: Any = tr.Module
    with pytest.raises(TypeError):
        features(True)
    with pytest.raises(TypeError):
        features(shared_types=True)
    with pytest.raises(TypeError, match="features"):
        module(wasm.MAGIC, features=tr.Limits.spec())
    with pytest.raises(TypeError, match="limits"):
        module(wasm.MAGIC, limits=tr.Features())
