"""The value types (G2, P3): construction, equality, printing, matching, pickling, refusals."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import typereg as tr

loose: Any = tr  # for calls that a type checker would refuse

I32_FIELD = tr.FieldType(tr.I32)
NODE = tr.StructType([I32_FIELD, tr.FieldType(tr.RefType(tr.RecIndex(0)), mutable=True)])

NUMERIC = {
    "i32": tr.I32,
    "i64": tr.I64,
    "f32": tr.F32,
    "f64": tr.F64,
    "v128": tr.V128,
    "i8": tr.I8,
    "i16": tr.I16,
}

ABSTRACT = {
    "any": tr.ANY,
    "eq": tr.EQ,
    "i31": tr.I31,
    "struct": tr.STRUCT,
    "array": tr.ARRAY,
    "none": tr.NONE,
    "func": tr.FUNC,
    "nofunc": tr.NOFUNC,
    "extern": tr.EXTERN,
    "noextern": tr.NOEXTERN,
    "exn": tr.EXN,
    "noexn": tr.NOEXN,
    "cont": tr.CONT,
    "nocont": tr.NOCONT,
}

SHORTHANDS = {
    "anyref": tr.ANY,
    "eqref": tr.EQ,
    "i31ref": tr.I31,
    "structref": tr.STRUCT,
    "arrayref": tr.ARRAY,
    "nullref": tr.NONE,
    "funcref": tr.FUNC,
    "nullfuncref": tr.NOFUNC,
    "externref": tr.EXTERN,
    "nullexternref": tr.NOEXTERN,
    "exnref": tr.EXN,
    "nullexnref": tr.NOEXN,
    "contref": tr.CONT,
    "nullcontref": tr.NOCONT,
}

# Each makes the value afresh, so that two calls give two objects of one structure.
MAKERS: dict[str, Callable[[], object]] = {
    "I32": lambda: tr.I32,
    "V128": lambda: tr.V128,
    "I8": lambda: tr.I8,
    "ANY": lambda: tr.ANY,
    "ModuleTypeIndex": lambda: tr.ModuleTypeIndex(7),
    "RecIndex": lambda: tr.RecIndex(7),
    "RefType": lambda: tr.RefType(tr.ANY, nullable=False),
    "RefType-module": lambda: tr.RefType(tr.ModuleTypeIndex(3)),
    "RefType-rec": lambda: tr.RefType(tr.RecIndex(0)),
    "FieldType": lambda: tr.FieldType(tr.I8, mutable=True),
    "FuncType": lambda: tr.FuncType([tr.I32, tr.RefType(tr.ANY)], [tr.I64]),
    "FuncType-empty": lambda: tr.FuncType([], []),
    "StructType": lambda: tr.StructType([tr.FieldType(tr.I16), tr.FieldType(tr.F32)]),
    "StructType-empty": lambda: tr.StructType([]),
    "ArrayType": lambda: tr.ArrayType(tr.FieldType(tr.I8, mutable=True)),
    "ContType": lambda: tr.ContType(tr.ModuleTypeIndex(0)),
    "SubType": lambda: tr.SubType(tr.StructType([])),
    "SubType-open": lambda: tr.SubType(tr.StructType([]), final=False),
    "SubType-super": lambda: tr.SubType(
        tr.ArrayType(tr.FieldType(tr.I32)), supertype=tr.ModuleTypeIndex(0), final=False
    ),
    "SubType-rec": lambda: tr.SubType(tr.StructType([]), supertype=tr.RecIndex(1)),
    "RecGroup": lambda: tr.RecGroup([tr.SubType(NODE, final=False), tr.SubType(NODE)]),
    "RecGroup-empty": lambda: tr.RecGroup([]),
    "TableType": lambda: tr.TableType(tr.RefType(tr.FUNC), 1, 10),
    "TableType-64": lambda: tr.TableType(tr.RefType(tr.ANY), 1, address64=True),
    "MemoryType": lambda: tr.MemoryType(1, 2, shared=True),
    "MemoryType-64": lambda: tr.MemoryType(0, 2**48, address64=True),
    "MemoryType-page": lambda: tr.MemoryType(1, page_size=1),
    "GlobalType": lambda: tr.GlobalType(tr.I32, mutable=True),
    "TagType": lambda: tr.TagType(tr.FuncType([tr.I32], [])),
    "PathStep": lambda: tr.PathStep("element", 0),
    "PathStep-field": lambda: tr.PathStep("field", 2, name='$it\'s \\ \n\x7f\u2028 "quoted"'),
    "PathStep-type": lambda: tr.PathStep(
        "type", 2, name="$a", found_index=2**32 - 1, found_name="$'b'"
    ),
}

# Pairs that differ in one attribute only.
TWINS: dict[str, tuple[object, object]] = {
    "numeric": (tr.I32, tr.I64),
    "packed": (tr.I8, tr.I16),
    "abstract": (tr.ANY, tr.EQ),
    "nullable": (tr.RefType(tr.ANY), tr.RefType(tr.ANY, nullable=False)),
    "head": (tr.RefType(tr.STRUCT), tr.RefType(tr.ARRAY)),
    "index": (tr.RefType(tr.RecIndex(0)), tr.RefType(tr.RecIndex(1))),
    "index-class": (tr.RefType(tr.RecIndex(0)), tr.RefType(tr.ModuleTypeIndex(0))),
    "mutable": (tr.FieldType(tr.I32), tr.FieldType(tr.I32, mutable=True)),
    "storage": (tr.FieldType(tr.I8), tr.FieldType(tr.I32)),
    "boundary": (tr.FuncType([tr.I32], []), tr.FuncType([], [tr.I32])),
    "param-order": (tr.FuncType([tr.I32, tr.I64], []), tr.FuncType([tr.I64, tr.I32], [])),
    "result-count": (tr.FuncType([], [tr.I32]), tr.FuncType([], [tr.I32, tr.I32])),
    "field-count": (tr.StructType([]), tr.StructType([I32_FIELD])),
    "array-mutable": (
        tr.ArrayType(tr.FieldType(tr.I8)),
        tr.ArrayType(tr.FieldType(tr.I8, mutable=True)),
    ),
    "cont": (tr.ContType(tr.RecIndex(0)), tr.ContType(tr.RecIndex(1))),
    "kind": (tr.StructType([I32_FIELD]), tr.ArrayType(I32_FIELD)),
    "final": (tr.SubType(NODE), tr.SubType(NODE, final=False)),
    "supertype": (tr.SubType(NODE), tr.SubType(NODE, supertype=tr.RecIndex(0))),
    "which-supertype": (
        tr.SubType(NODE, supertype=tr.RecIndex(0)),
        tr.SubType(NODE, supertype=tr.RecIndex(1)),
    ),
    "group-size": (tr.RecGroup([]), tr.RecGroup([tr.SubType(NODE)])),
    "table-min": (tr.TableType(tr.RefType(tr.FUNC), 1), tr.TableType(tr.RefType(tr.FUNC), 2)),
    "table-max": (tr.TableType(tr.RefType(tr.FUNC), 1), tr.TableType(tr.RefType(tr.FUNC), 1, 1)),
    "table-64": (
        tr.TableType(tr.RefType(tr.FUNC), 1),
        tr.TableType(tr.RefType(tr.FUNC), 1, address64=True),
    ),
    "memory-shared": (tr.MemoryType(1, 1), tr.MemoryType(1, 1, shared=True)),
    "memory-64": (tr.MemoryType(1, 1), tr.MemoryType(1, 1, address64=True)),
    "page-size": (tr.MemoryType(1, 1), tr.MemoryType(1, 1, page_size=1)),
    "global-mutable": (tr.GlobalType(tr.I32), tr.GlobalType(tr.I32, mutable=True)),
    "global-content": (tr.GlobalType(tr.I32), tr.GlobalType(tr.F32)),
    "tag": (tr.TagType(tr.FuncType([], [])), tr.TagType(tr.FuncType([tr.I32], []))),
    "step-kind": (tr.PathStep("param", 0), tr.PathStep("result", 0)),
    "step-index": (tr.PathStep("param", 0), tr.PathStep("param", 1)),
    "step-name": (tr.PathStep("type", 0), tr.PathStep("type", 0, name="$a")),
}


def evaluate(text: str) -> object:
    """What `text` means to someone who has imported everything."""
    scope: dict[str, object] = {}
    exec("from typereg import *", scope)
    return eval(text, scope)


# Construction and attributes.


@pytest.mark.parametrize(
    ("value", "cls"),
    [
        *((tr_value, tr.NumType) for tr_value in (tr.I32, tr.I64, tr.F32, tr.F64)),
        (tr.V128, tr.VecType),
        (tr.I8, tr.PackedType),
        (tr.I16, tr.PackedType),
        *((heap, tr.AbsHeapType) for heap in ABSTRACT.values()),
    ],
)
def test_g02_named_values_are_instances_of_their_class(value: object, cls: type) -> None:
    assert type(value) is cls


def test_g02_the_fourteen_abstract_heap_types_are_distinct() -> None:
    assert len(set(ABSTRACT.values())) == 14


def test_g02_ref_type_attributes_and_default() -> None:
    assert tr.RefType(tr.ANY).nullable is True
    assert tr.RefType(tr.ANY).heap == tr.ANY
    assert tr.RefType(heap=tr.RecIndex(2), nullable=False).heap == tr.RecIndex(2)
    assert tr.RefType(tr.ANY, False).nullable is False


def test_g02_field_type_attributes_and_default() -> None:
    assert tr.FieldType(tr.I8).storage == tr.I8
    assert tr.FieldType(tr.I8).mutable is False
    assert tr.FieldType(storage=tr.RefType(tr.EQ), mutable=True).mutable is True


def test_g02_func_type_sequences_come_back_as_tuples() -> None:
    params: list[Any] = [tr.I32, tr.RefType(tr.ANY)]
    func = tr.FuncType(iter(params), results=(tr.I64,))
    assert func.params == (tr.I32, tr.RefType(tr.ANY))
    assert func.results == (tr.I64,)
    assert type(func.params) is tuple
    assert type(func.results) is tuple


def test_g02_struct_and_array_attributes() -> None:
    struct = tr.StructType([tr.FieldType(tr.I8), tr.FieldType(tr.V128)])
    assert struct.fields == (tr.FieldType(tr.I8), tr.FieldType(tr.V128))
    assert type(struct.fields) is tuple
    assert tr.ArrayType(tr.FieldType(tr.I16, True)).field == tr.FieldType(tr.I16, True)
    assert tr.ContType(tr.RecIndex(1)).func == tr.RecIndex(1)


def test_g02_sub_type_attributes_and_defaults() -> None:
    plain = tr.SubType(tr.StructType([]))
    assert (plain.composite, plain.supertype, plain.final) == (tr.StructType([]), None, True)
    child = tr.SubType(tr.StructType([]), supertype=tr.ModuleTypeIndex(4), final=False)
    assert (child.supertype, child.final) == (tr.ModuleTypeIndex(4), False)


def test_g02_sub_type_options_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        loose.SubType(tr.StructType([]), tr.RecIndex(0))


def test_g02_rec_group_members_are_a_tuple() -> None:
    group = tr.RecGroup([tr.SubType(NODE)])
    assert group.members == (tr.SubType(NODE),)
    assert type(group.members) is tuple
    assert tr.RecGroup([]).members == ()


def test_g02_extern_type_attributes_and_defaults() -> None:
    table = tr.TableType(tr.RefType(tr.FUNC), 1)
    assert (table.element, table.minimum) == (tr.RefType(tr.FUNC), 1)
    assert (table.maximum, table.address64) == (None, False)
    memory = tr.MemoryType(1)
    assert (memory.minimum, memory.maximum, memory.address64) == (1, None, False)
    assert (memory.shared, memory.page_size) == (False, 65536)
    large = tr.MemoryType(2**40, 2**48, address64=True, shared=True, page_size=1)
    assert (large.minimum, large.maximum) == (2**40, 2**48)
    assert (large.address64, large.shared, large.page_size) == (True, True, 1)
    assert (tr.GlobalType(tr.I32).content, tr.GlobalType(tr.I32).mutable) == (tr.I32, False)
    assert tr.TagType(tr.FuncType([tr.I32], [])).func == tr.FuncType([tr.I32], [])


def test_g02_extern_type_options_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        loose.MemoryType(1, 2, True)
    with pytest.raises(TypeError):
        loose.TableType(tr.RefType(tr.FUNC), 1, 2, True)


def test_p03_path_step_attributes_and_defaults() -> None:
    step = tr.PathStep("element", 0)
    assert (step.kind, step.index) == ("element", 0)
    assert (step.name, step.found_index, step.found_name) == (None, None, None)
    into = tr.PathStep(kind="type", index=1, name="$a", found_index=2, found_name="$b")
    assert (into.kind, into.index, into.name) == ("type", 1, "$a")
    assert (into.found_index, into.found_name) == (2, "$b")
    assert into != tr.PathStep("type", 1, name="$a", found_index=2)
    assert str(into) == "type $a"


def test_p03_a_path_step_of_no_kind_is_refused() -> None:
    with pytest.raises(tr.ValidationError, match=r"kind: expected one of param, .*got \"fields\""):
        loose.PathStep("fields", 0)
    with pytest.raises(TypeError, match="kind: expected a str, got int"):
        loose.PathStep(0, 0)
    with pytest.raises(TypeError, match="found_name: expected a str"):
        loose.PathStep("type", 0, found_name=b"$a")


# Immutable, hashable, compared by structure.


@pytest.mark.parametrize("name", MAKERS)
def test_p03_equal_by_structure_with_equal_hashes(name: str) -> None:
    one, two = MAKERS[name](), MAKERS[name]()
    assert one == two
    assert (one != two) is False
    assert hash(one) == hash(two)
    assert {one: 1}[two] == 1


@pytest.mark.parametrize("name", MAKERS)
def test_p03_a_value_equals_nothing_of_another_class(name: str) -> None:
    value = MAKERS[name]()
    assert value != name
    assert value != 7
    assert all(value != other() for key, other in MAKERS.items() if key != name)


@pytest.mark.parametrize("name", TWINS)
def test_p03_twins_that_differ_in_one_attribute_are_unequal(name: str) -> None:
    one, two = TWINS[name]
    assert one != two
    assert (one == two) is False
    assert len({one, two}) == 2


@pytest.mark.parametrize("name", TWINS)
def test_p03_twins_print_differently(name: str) -> None:
    one, two = TWINS[name]
    assert repr(one) != repr(two)
    assert str(one) != str(two)


@pytest.mark.parametrize("name", MAKERS)
def test_p03_frozen(name: str) -> None:
    value = MAKERS[name]()
    for attribute in [*getattr(type(value), "__match_args__", ()), "invented"]:
        with pytest.raises(AttributeError):
            setattr(value, attribute, None)
    assert value == MAKERS[name]()


def test_p03_a_list_handed_in_is_not_kept() -> None:
    params: list[tr.NumType | tr.VecType | tr.RefType] = [tr.I32]
    func = tr.FuncType(params, [])
    params.append(tr.I64)
    assert func.params == (tr.I32,)


@pytest.mark.parametrize("name", MAKERS)
def test_p03_pickles_and_copies_to_an_equal_value(name: str) -> None:
    value = MAKERS[name]()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value
        assert type(again) is type(value)
        assert hash(again) == hash(value)
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value


# repr.


@pytest.mark.parametrize("name", MAKERS)
def test_p03_repr_evaluates_back(name: str) -> None:
    value = MAKERS[name]()
    assert evaluate(repr(value)) == value


@pytest.mark.parametrize("name", ["I32", "I64", "F32", "F64", "V128", "I8", "I16"])
def test_p03_repr_of_a_named_value_is_its_name(name: str) -> None:
    assert repr(getattr(tr, name)) == name


@pytest.mark.parametrize("name", ABSTRACT)
def test_p03_repr_of_every_abstract_heap_type_evaluates_back(name: str) -> None:
    assert repr(ABSTRACT[name]) == name.upper()
    assert evaluate(repr(ABSTRACT[name])) == ABSTRACT[name]


# str is WAT.


@pytest.mark.parametrize("text", NUMERIC)
def test_p03_str_of_numbers_vectors_and_packed(text: str) -> None:
    assert str(NUMERIC[text]) == text


@pytest.mark.parametrize("text", ABSTRACT)
def test_p03_str_of_abstract_heap_types(text: str) -> None:
    assert str(ABSTRACT[text]) == text


@pytest.mark.parametrize("text", SHORTHANDS)
def test_p03_str_of_nullable_abstract_references_is_the_shorthand(text: str) -> None:
    assert str(tr.RefType(SHORTHANDS[text])) == text


@pytest.mark.parametrize("text", ABSTRACT)
def test_p03_str_of_non_nullable_abstract_references(text: str) -> None:
    assert str(tr.RefType(ABSTRACT[text], nullable=False)) == f"(ref {text})"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (tr.RefType(tr.ModuleTypeIndex(3)), "(ref null 3)"),
        (tr.RefType(tr.ModuleTypeIndex(3), nullable=False), "(ref 3)"),
        (tr.RefType(tr.RecIndex(0)), "(ref null $rec.0)"),
        (tr.RefType(tr.RecIndex(12), nullable=False), "(ref $rec.12)"),
        (tr.FuncType([], []), "(func)"),
        (tr.FuncType([tr.I32], []), "(func (param i32))"),
        (tr.FuncType([], [tr.RefType(tr.ANY)]), "(func (result anyref))"),
        (tr.FuncType([tr.I32], [tr.I64]), "(func (param i32) (result i64))"),
        (tr.StructType([]), "(struct)"),
        (tr.StructType([tr.FieldType(tr.I8)]), "(struct (field i8))"),
        (tr.StructType([tr.FieldType(tr.I32, mutable=True)]), "(struct (field (mut i32)))"),
        (tr.ArrayType(tr.FieldType(tr.I16)), "(array i16)"),
        (tr.ArrayType(tr.FieldType(tr.I16, mutable=True)), "(array (mut i16))"),
        (tr.ContType(tr.ModuleTypeIndex(2)), "(cont 2)"),
        (tr.ContType(tr.RecIndex(2)), "(cont $rec.2)"),
        (tr.SubType(tr.StructType([])), "(struct)"),
        (tr.SubType(tr.StructType([]), final=False), "(sub (struct))"),
        (tr.SubType(tr.StructType([]), supertype=tr.ModuleTypeIndex(5)), "(sub final 5 (struct))"),
        (
            tr.SubType(tr.StructType([]), supertype=tr.ModuleTypeIndex(5), final=False),
            "(sub 5 (struct))",
        ),
        (
            tr.SubType(tr.FuncType([], []), supertype=tr.RecIndex(1), final=False),
            "(sub $rec.1 (func))",
        ),
    ],
)
def test_p03_str_is_wat(value: object, text: str) -> None:
    assert str(value) == text


def test_p03_str_of_a_group_binds_its_members() -> None:
    group = tr.RecGroup(
        [
            tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(1)))]), final=False),
            tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(tr.RecIndex(0))))),
        ]
    )
    assert " ".join(str(group).split()).replace("( ", "(").replace(" )", ")") == (
        "(rec (type $rec.0 (sub (struct (field (ref null $rec.1)))))"
        " (type $rec.1 (array (ref null $rec.0))))"
    )


@pytest.mark.parametrize(
    "value",
    [
        tr.FuncType([tr.I32, tr.RefType(tr.ANY)], [tr.I64, tr.V128]),
        tr.TableType(tr.RefType(tr.FUNC), 1),
        tr.TableType(tr.RefType(tr.EXTERN), 1, 10),
        tr.TableType(tr.RefType(tr.ANY), 0, 2**40, address64=True),
        tr.MemoryType(1),
        tr.MemoryType(1, 2),
        tr.MemoryType(1, 2, shared=True),
        tr.MemoryType(0, 2**40, address64=True),
        tr.MemoryType(3, page_size=1),
        tr.GlobalType(tr.I32),
        tr.GlobalType(tr.RefType(tr.EQ, nullable=False), mutable=True),
        tr.TagType(tr.FuncType([], [])),
        tr.TagType(tr.FuncType([tr.I32, tr.F64], [])),
    ],
    ids=str,
)
def test_p03_str_of_extern_types_reads_back_as_an_import(value: object) -> None:
    module = tr.Module(
        f'(module (import "m" "n" {value}))', features=tr.Features(custom_page_sizes=True)
    )
    assert [entry.type for entry in module.imports] == [value]


# match.


def test_p03_match_by_position_and_by_name() -> None:
    group = tr.RecGroup([tr.SubType(NODE, final=False)])
    match group:
        case tr.RecGroup((tr.SubType(tr.StructType((_, field)), supertype=None, final=False),)):
            assert field.mutable
        case _:
            pytest.fail("the group did not match its own shape")
    match tr.FieldType(tr.RefType(tr.RecIndex(0)), mutable=True):
        case tr.FieldType(tr.RefType(tr.RecIndex() as index, True), True):
            assert index == tr.RecIndex(0)
        case _:
            pytest.fail("the field did not match its own shape")


@pytest.mark.parametrize(
    ("cls", "arguments"),
    [
        (tr.RefType, ("heap", "nullable")),
        (tr.FieldType, ("storage", "mutable")),
        (tr.FuncType, ("params", "results")),
        (tr.StructType, ("fields",)),
        (tr.ArrayType, ("field",)),
        (tr.ContType, ("func",)),
        (tr.SubType, ("composite", "supertype", "final")),
        (tr.RecGroup, ("members",)),
        (tr.TableType, ("element", "minimum", "maximum", "address64")),
        (tr.MemoryType, ("minimum", "maximum", "address64", "shared", "page_size")),
        (tr.GlobalType, ("content", "mutable")),
        (tr.TagType, ("func",)),
        (tr.PathStep, ("kind", "index", "name", "found_index", "found_name")),
    ],
)
def test_p03_match_args_are_the_constructor_arguments(cls: Any, arguments: tuple[str, ...]) -> None:
    assert cls.__match_args__ == arguments


@pytest.mark.parametrize("cls", [tr.ModuleTypeIndex, tr.RecIndex])
def test_p03_an_index_matches_by_its_number(cls: Any) -> None:
    assert len(cls.__match_args__) == 1
    assert getattr(cls(9), cls.__match_args__[0]) == 9


# Indices.


@pytest.mark.parametrize("cls", [tr.ModuleTypeIndex, tr.RecIndex])
def test_p03_an_index_is_no_int_but_counts_as_one(cls: Any) -> None:
    index = cls(1)
    assert not isinstance(index, int)
    assert int(index) == operator.index(index) == 1
    assert "abc"[index] == "b"
    assert index != 1
    assert int(cls(2**32 - 1)) == 2**32 - 1


def test_p03_indices_are_equal_only_within_a_class() -> None:
    with tr.RegisteredType(tr.Engine(), tr.FuncType([], [])) as handle:
        shared = handle.index
    assert int(shared) == shared.bits == operator.index(shared) == 0
    assert not isinstance(shared, int)
    assert shared != 0
    assert len({tr.ModuleTypeIndex(0), tr.RecIndex(0), shared}) == 3
    assert tr.ModuleTypeIndex(0) != tr.RecIndex(0)
    assert shared != tr.ModuleTypeIndex(0)
    assert shared != tr.RecIndex(0)


@pytest.mark.parametrize("cls", [tr.ModuleTypeIndex, tr.RecIndex])
@pytest.mark.parametrize("number", [-1, 2**32, 2**64, -(2**70)])
def test_p03_an_index_out_of_u32_is_refused(cls: Any, number: int) -> None:
    with pytest.raises((tr.TypeRegError, TypeError)) as caught:
        cls(number)
    assert not isinstance(caught.value, tr.InternalError)


def test_p03_a_shared_index_knows_its_engine_and_is_made_by_it_only() -> None:
    engine = tr.Engine()
    handle = tr.RegisteredType(engine, tr.FuncType([], []))
    assert handle.index.engine == engine
    assert handle.index.bits == int(handle.index)
    with pytest.raises(TypeError):
        loose.SharedTypeIndex(0)


def test_p03_a_value_with_a_shared_index_refuses_to_pickle() -> None:
    handle = tr.RegisteredType(tr.Engine(), tr.FuncType([], []))
    reference = tr.RefType(handle.index)
    holders: list[object] = [
        handle.index,
        reference,
        tr.FieldType(reference),
        tr.FuncType([], [reference]),
        tr.StructType([tr.FieldType(reference)]),
        tr.SubType(tr.StructType([]), supertype=handle.index),
        tr.GlobalType(reference),
    ]
    for value in holders:
        with pytest.raises(TypeError, match=r"(?i)engine"):
            pickle.dumps(value)
        assert repr(value)
        assert value == copy.copy(value)


# Wrong arguments: a TypeError that names the argument.


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "heap-int": (lambda: loose.RefType(0), "heap"),
    "heap-str": (lambda: loose.RefType("any"), "heap"),
    "heap-none": (lambda: loose.RefType(None), "heap"),
    "heap-number": (lambda: loose.RefType(tr.I32), "heap"),
    "heap-composite": (lambda: loose.RefType(tr.StructType([])), "heap"),
    "nullable": (lambda: loose.RefType(tr.ANY, nullable="yes"), "nullable"),
    "nullable-int": (lambda: loose.RefType(tr.ANY, 1), "nullable"),
    "nullable-none": (lambda: loose.RefType(tr.ANY, None), "nullable"),
    "storage-str": (lambda: loose.FieldType("i32"), "storage"),
    "storage-heap": (lambda: loose.FieldType(tr.ANY), "storage"),
    "storage-index": (lambda: loose.FieldType(tr.RecIndex(0)), "storage"),
    "mutable": (lambda: loose.FieldType(tr.I32, mutable="no"), "mutable"),
    "mutable-int": (lambda: loose.FieldType(tr.I32, 0), "mutable"),
    "params-value": (lambda: loose.FuncType(tr.I32, []), "params"),
    "params-item": (lambda: loose.FuncType([tr.I32, 1], []), "params"),
    "params-packed": (lambda: loose.FuncType([tr.I8], []), "params"),
    "results-none": (lambda: loose.FuncType([], None), "results"),
    "results-packed": (lambda: loose.FuncType([], [tr.I16]), "results"),
    "fields-value": (lambda: loose.StructType(I32_FIELD), "fields"),
    "fields-item": (lambda: loose.StructType([tr.I32]), "fields"),
    "field": (lambda: loose.ArrayType(tr.I32), "field"),
    "cont-int": (lambda: loose.ContType(0), "func"),
    "cont-func": (lambda: loose.ContType(tr.FuncType([], [])), "func"),
    "composite": (lambda: loose.SubType(I32_FIELD), "composite"),
    "supertype-int": (
        lambda: loose.SubType(tr.StructType([]), supertype=0),
        "supertype",
    ),
    "supertype-abstract": (
        lambda: loose.SubType(tr.StructType([]), supertype=tr.ANY),
        "supertype",
    ),
    "final": (lambda: loose.SubType(tr.StructType([]), final=None), "final"),
    "final-int": (lambda: loose.SubType(tr.StructType([]), final=1), "final"),
    "members": (lambda: loose.RecGroup(tr.SubType(NODE)), "members"),
    "members-item": (lambda: loose.RecGroup([1]), "members"),
    "element-number": (lambda: loose.TableType(tr.I32, 0), "element"),
    "element-heap": (lambda: loose.TableType(tr.FUNC, 0), "element"),
    "table-minimum": (
        lambda: loose.TableType(tr.RefType(tr.FUNC), "1"),
        "minimum",
    ),
    "memory-minimum": (lambda: loose.MemoryType(1.5), "minimum"),
    "memory-maximum": (lambda: loose.MemoryType(1, "2"), "maximum"),
    "memory-shared": (lambda: loose.MemoryType(1, 2, shared="x"), "shared"),
    "memory-shared-int": (lambda: loose.MemoryType(1, 2, shared=1), "shared"),
    "memory-address64": (lambda: loose.MemoryType(1, address64=1), "address64"),
    "table-address64": (
        lambda: loose.TableType(tr.RefType(tr.FUNC), 1, address64=1),
        "address64",
    ),
    "global-mutable": (lambda: loose.GlobalType(tr.I32, 1), "mutable"),
    "content-packed": (lambda: loose.GlobalType(tr.I8), "content"),
    "content-heap": (lambda: loose.GlobalType(tr.ANY), "content"),
    "tag": (lambda: loose.TagType(tr.StructType([])), "func"),
    "features": (lambda: loose.Features(stack_switching="on"), "stack_switching"),
    "limits": (lambda: loose.Limits.js_api(params="many"), "params"),
}


@pytest.mark.parametrize("name", WRONG)
def test_p04_a_wrong_argument_is_a_type_error_that_names_it(name: str) -> None:
    make, argument = WRONG[name]
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value).startswith(argument)


def test_p04_the_message_says_what_was_given() -> None:
    with pytest.raises(TypeError, match=r"str"):
        loose.RefType("any")


@pytest.mark.parametrize("number", [-1, 2**64, -(2**70)])
def test_p04_a_bound_out_of_u64_is_one_of_our_errors(number: int) -> None:
    makers: list[Callable[[], object]] = [
        lambda: tr.TableType(tr.RefType(tr.FUNC), number),
        lambda: tr.TableType(tr.RefType(tr.FUNC), 0, number),
        lambda: tr.MemoryType(number),
        lambda: tr.MemoryType(0, number),
    ]
    for make in makers:
        with pytest.raises((tr.TypeRegError, TypeError)) as caught:
            make()
        assert not isinstance(caught.value, tr.InternalError)


# The error classes.


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (tr.DecodeError, ValueError),
        (tr.ValidationError, ValueError),
        (tr.ForeignEngineError, ValueError),
        (tr.StaleIndexError, LookupError),
        (tr.NotCanonicalError, ValueError),
        (tr.LimitError, ValueError),
        (tr.ClosedError, ValueError),
        (tr.UnsupportedFeatureError, ValueError),
        (tr.ForkedError, RuntimeError),
        (tr.InternalError, RuntimeError),
    ],
)
def test_p04_every_error_is_ours_and_the_matching_builtin(
    error: type[Exception], builtin: type[Exception]
) -> None:
    assert issubclass(error, tr.TypeRegError)
    assert issubclass(error, builtin)


def test_p07_everything_public_is_listed_and_there() -> None:
    assert len(set(tr.__all__)) == len(tr.__all__)
    assert all(hasattr(tr, name) for name in tr.__all__)
    assert {"Engine", "Module", "I32", "NOCONT", "RefType", "matches", "equal"} <= set(tr.__all__)
