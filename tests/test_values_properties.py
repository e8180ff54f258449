"""Properties of value types: they evaluate back, read back from WAT, and survive a pickle."""

from __future__ import annotations

import copy
import pickle

from hypothesis import given
from hypothesis import strategies as st

import strategies
import typereg as tr
from typereg.reference.types import I8, ArrayType, FieldType, FuncType
from typereg.testing import strategies as kit
from typereg.testing.spec import section

SCOPE: dict[str, object] = {}
exec("from typereg import *", SCOPE)


@given(strategies.anything())
def test_p03_repr_of_any_value_evaluates_back(value: object) -> None:
    again = eval(repr(value), SCOPE)
    assert again == value
    assert type(again) is type(value)
    assert hash(again) == hash(value)


@given(strategies.anything())
def test_p03_any_value_survives_pickle_and_copies(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value


@given(strategies.anything(), strategies.anything())
def test_p03_equality_is_that_of_the_repr(one: object, two: object) -> None:
    assert (one == two) == (repr(one) == repr(two))
    if one == two:
        assert hash(one) == hash(two)


@given(strategies.composites(st.nothing()), st.booleans())
def test_p03_str_of_a_sub_type_reads_back(composite: strategies.CompositeType, final: bool) -> None:
    member = tr.SubType(composite, final=final)
    assert list(tr.Module(f"(module (type {member}))").types) == [member]


@given(kit.rec_groups())
def test_p03_str_of_a_group_reads_back(group: tr.RecGroup) -> None:
    assert list(tr.Module(f"(module {group})").rec_groups) == [group]


@given(kit.rec_groups(section(FuncType([], []), ArrayType(FieldType(I8)))))
def test_p03_str_of_a_group_with_outer_references_reads_back(group: tr.RecGroup) -> None:
    text = f"(module (type (func)) (type (array i8)) {group})"
    assert list(tr.Module(text).rec_groups)[2:] == [group]


@given(strategies.extern_types())
def test_p03_str_of_an_extern_type_reads_back(value: strategies.ExternType) -> None:
    module = tr.Module(f'(module (import "m" "n" {value}))')
    assert [entry.type for entry in module.imports] == [value]


@given(kit.rec_groups())
def test_g06_a_valid_group_registers_and_comes_back(group: tr.RecGroup) -> None:
    engine = tr.Engine()
    handles = engine.register_group(group)
    assert len(handles) == len(group.members)
    for position, handle in enumerate(handles):
        assert handle.position == position
        assert handle.group == group
        with engine.register_group(handle.group)[position] as again:
            assert again == handle
    for handle in handles:
        handle.close()
    assert len(engine.registry) == 0
