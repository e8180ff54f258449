"""Reading modules (G11, P8): every kind of source, types, groups, imports, exports, names."""

from __future__ import annotations

import copy
import io
import os
import pathlib
import pickle
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import typereg as tr
from typereg.testing import wasm

WAT = """(module
  (type $point (sub (struct (field $x i32) (field (mut i64)))))
  (rec
    (type $node (sub (struct (field (ref null $list)))))
    (type $list (array (mut (ref null $node)))))
  (type $point3 (sub $point (struct (field i32) (field (mut i64)) (field i8))))
  (type (func (param i32 (ref $point)) (result i64)))
)"""

POINT = tr.StructType([tr.FieldType(tr.I32), tr.FieldType(tr.I64, mutable=True)])
M = tr.ModuleTypeIndex
R = tr.RecIndex


# Sources.


def test_p08_bytes_that_begin_with_the_magic() -> None:
    data = wasm.types(wasm.func([wasm.I32]))
    module = tr.Module(data)
    assert module.wasm == data
    assert [str(member) for member in module.types] == ["(func (param i32))"]


def test_p08_text_is_wat_and_becomes_bytes() -> None:
    module = tr.Module(WAT)
    assert module.wasm[:8] == wasm.MAGIC
    assert list(tr.Module(module.wasm).types) == list(module.types)


@pytest.mark.parametrize("as_path", [str, pathlib.Path], ids=["str", "Path"])
def test_p08_from_file_takes_a_path(tmp_path: pathlib.Path, as_path: Any) -> None:
    data = wasm.types(wasm.struct())
    (tmp_path / "a.wasm").write_bytes(data)
    assert tr.Module.from_file(as_path(tmp_path / "a.wasm")).wasm == data


def test_p08_a_path_like_object_is_a_path(tmp_path: pathlib.Path) -> None:
    class Elsewhere:
        def __fspath__(self) -> str:
            return os.fspath(tmp_path / "a.wasm")

    data = wasm.types(wasm.struct())
    (tmp_path / "a.wasm").write_bytes(data)
    assert tr.Module(Elsewhere()).wasm == data
    assert tr.Module(tmp_path / "a.wasm").wasm == data


def test_p08_a_file_may_hold_wat(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.wat").write_text(WAT)
    assert list(tr.Module.from_file(tmp_path / "a.wat").types) == list(tr.Module(WAT).types)
    assert list(tr.Module(tmp_path / "a.wat").types) == list(tr.Module(WAT).types)


def test_p08_a_binary_file_object_is_read(tmp_path: pathlib.Path) -> None:
    data = wasm.types(wasm.struct())
    (tmp_path / "a.wasm").write_bytes(data)
    assert tr.Module(io.BytesIO(data)).wasm == data
    assert tr.Module.from_file(io.BytesIO(data)).wasm == data
    with (tmp_path / "a.wasm").open("rb") as file:
        assert tr.Module(file).wasm == data
        assert not file.closed


@pytest.mark.parametrize(
    "text",
    ["main.dart.wasm", "plugin.wat", "dir/plugin.wasm", "./a.wasm", "/x/y.wat", "C:\\a.wasm"],
)
def test_p08_text_that_looks_like_a_path_is_told_so(text: str) -> None:
    with pytest.raises(tr.DecodeError, match=r"(?i)path") as caught:
        tr.Module(text)
    assert "from_file" in str(caught.value)


@pytest.mark.parametrize("source", [None, 7, 1.5, [], {}, object(), io.StringIO("(module)")])
def test_p08_another_source_is_a_type_error(source: Any) -> None:
    with pytest.raises(TypeError):
        tr.Module(source)
    with pytest.raises(TypeError):
        tr.Module.from_file(source)


def test_p08_a_file_that_is_not_there_is_pythons_error(tmp_path: pathlib.Path) -> None:
    for call in (tr.Module, tr.Module.from_file):
        with pytest.raises(FileNotFoundError):
            call(tmp_path / "missing.wasm")


def test_p08_the_readers_own_error_comes_through() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise PermissionError("not for you")

    with pytest.raises(PermissionError, match="not for you"):
        tr.Module(Broken())


@pytest.mark.parametrize("take", [tr.Module, lambda data: tr.Engine().load_snapshot(data)])
def test_p08_a_buffer_that_is_not_given_says_why_itself(take: Callable[[Any], object]) -> None:
    view = memoryview(bytearray(b"\0asm\1\0\0\0"))
    view.release()
    with pytest.raises(ValueError, match="released"):
        take(view)


def test_p08_register_takes_whatever_module_takes(
    engine: tr.Engine, tmp_path: pathlib.Path
) -> None:
    data = wasm.types(wasm.struct())
    (tmp_path / "a.wasm").write_bytes(data)
    sources: list[Any] = [
        data,
        "(module (type (struct)))",
        tmp_path / "a.wasm",
        io.BytesIO(data),
        tr.Module(data),
    ]
    open_collections = [engine.register(source) for source in sources]
    assert engine.registry.stats().types == 1
    assert engine.registry.stats().registrations == len(sources)
    for types in open_collections:
        types.close()
    with pytest.raises(tr.DecodeError, match=r"(?i)path"):
        engine.register("a.wasm")


@pytest.mark.parametrize("data", [b"", b"\0", b"\0as", b"(module)", b"MZ\0\0", b"\x7fELF"])
def test_g11_bytes_of_something_else_are_malformed(data: bytes) -> None:
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert caught.value.offset is not None
    assert 0 <= caught.value.offset <= len(data)


def test_g11_another_version_is_malformed() -> None:
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(b"\0asm\2\0\0\0")
    assert 4 <= caught.value.offset <= 8


@pytest.mark.parametrize("source", [b"\0asm\x0d\0\1\0", "(component)", "(component (core module))"])
def test_g11_a_component_is_refused_by_name(source: Any) -> None:
    with pytest.raises(tr.UnsupportedFeatureError, match="component") as caught:
        tr.Module(source)
    assert caught.value.feature == "components"


def test_g11_an_error_in_wat_tells_offset_line_and_column() -> None:
    text = "(module (; é ü ;)\n  (type (strukt)))"
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(text)
    assert caught.value.offset == text.encode().index(b"strukt")
    assert re.search(r"\b2\b\D+\b10\b", str(caught.value))


def test_g11_an_unknown_name_in_wat_is_malformed() -> None:
    text = "(module (type (struct (field (ref $nowhere)))))"
    with pytest.raises(tr.DecodeError, match="nowhere") as caught:
        tr.Module(text)
    assert caught.value.offset == text.index("$nowhere")


# Types and groups.


def test_g11_types_refer_by_module_index() -> None:
    assert list(tr.Module(WAT).types) == [
        tr.SubType(POINT, final=False),
        tr.SubType(tr.StructType([tr.FieldType(tr.RefType(M(2)))]), final=False),
        tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(M(1)), mutable=True))),
        tr.SubType(
            tr.StructType([*POINT.fields, tr.FieldType(tr.I8)]), supertype=M(0), final=False
        ),
        tr.SubType(tr.FuncType([tr.I32, tr.RefType(M(0), nullable=False)], [tr.I64])),
    ]


def test_g11_groups_refer_to_own_members_by_position() -> None:
    groups = list(tr.Module(WAT).rec_groups)
    assert [len(group.members) for group in groups] == [1, 2, 1, 1]
    assert groups[1] == tr.RecGroup(
        [
            tr.SubType(tr.StructType([tr.FieldType(tr.RefType(R(1)))]), final=False),
            tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(R(0)), mutable=True))),
        ]
    )
    assert groups[2].members[0].supertype == M(0)


def test_g11_types_and_groups_are_sequences() -> None:
    module = tr.Module(WAT)
    for sequence, length in ((module.types, 5), (module.rec_groups, 4)):
        untyped: Any = sequence
        assert isinstance(sequence, Sequence)
        assert len(sequence) == length
        assert sequence[-1] == sequence[length - 1] == list(sequence)[-1]
        assert list(sequence[1:3]) == list(sequence)[1:3]
        assert list(reversed(sequence)) == list(sequence)[::-1]
        assert sequence[0] in sequence
        for index in (length, -length - 1):
            with pytest.raises(IndexError):
                sequence[index]
        with pytest.raises(TypeError):
            untyped["0"]


@pytest.mark.parametrize("start", [0, 1, 3, 9, -1, -3, -9, 10**30, -(10**30)])
@pytest.mark.parametrize("stop", [0, 2, 3, 9, -1, -9, 10**30, -(10**30)])
def test_g11_a_type_is_looked_for_between_bounds_as_in_a_list(start: int, stop: int) -> None:
    types = tr.Module("(module (type (func)) (type (struct)) (type (func)))").types
    for value in (types[0], types[1], tr.I32):
        assert types.count(value) == list(types).count(value)  # type: ignore[arg-type]
        try:
            expected = list(types).index(value, start, stop)  # type: ignore[arg-type]
        except ValueError:
            with pytest.raises(ValueError, match="no such type"):
                types.index(value, start, stop)
        else:
            assert types.index(value, start, stop) == expected


def test_g11_the_empty_module_has_nothing() -> None:
    for source in (wasm.MAGIC, "(module)"):
        module = tr.Module(source)
        assert len(module.types) == len(module.rec_groups) == 0
        assert module.imports == module.exports == ()


def test_g01_empty_groups_are_kept_in_place() -> None:
    module = tr.Module(wasm.types(wasm.rec(), wasm.struct(), wasm.rec(), wasm.rec(wasm.func())))
    assert [len(group.members) for group in module.rec_groups] == [0, 1, 0, 1]
    assert len(module.types) == 2


def test_g01_a_group_of_one_is_the_type_alone() -> None:
    module = tr.Module("(module (type (struct)) (rec (type (struct))))")
    assert module.rec_groups[0] == module.rec_groups[1]
    assert tr.equal(module, 0, module, 1)


def test_g02_shorthand_and_longhand_are_one_type() -> None:
    module = tr.Module(
        wasm.types(
            wasm.func([wasm.ANY]),
            wasm.func([wasm.ref(wasm.ANY)]),
            wasm.sub(wasm.func([wasm.ANY]), final=True),
            wasm.rec(wasm.func([wasm.ANY])),
        )
    )
    assert len(set(module.types)) == 1
    assert str(module.types[1]) == "(func (param anyref))"


def test_g02_every_value_type_is_read() -> None:
    heads = {
        wasm.ANY: tr.ANY,
        wasm.EQ: tr.EQ,
        wasm.I31: tr.I31,
        wasm.STRUCT: tr.STRUCT,
        wasm.ARRAY: tr.ARRAY,
        wasm.NONE: tr.NONE,
        wasm.FUNC: tr.FUNC,
        wasm.NOFUNC: tr.NOFUNC,
        wasm.EXTERN: tr.EXTERN,
        wasm.NOEXTERN: tr.NOEXTERN,
        wasm.EXN: tr.EXN,
        wasm.NOEXN: tr.NOEXN,
        wasm.CONT: tr.CONT,
        wasm.NOCONT: tr.NOCONT,
    }
    numbers = {
        wasm.I32: tr.I32,
        wasm.I64: tr.I64,
        wasm.F32: tr.F32,
        wasm.F64: tr.F64,
        wasm.V128: tr.V128,
    }
    params = [*numbers, *heads]
    params += [wasm.ref(head, nullable=False) for head in heads] + [wasm.ref(0, nullable=False)]
    expected: list[Any] = [*numbers.values(), *(tr.RefType(head) for head in heads.values())]
    expected += [tr.RefType(head, nullable=False) for head in heads.values()]
    expected += [tr.RefType(M(0), nullable=False)]
    module = tr.Module(wasm.types(wasm.func(params)), features=tr.Features(stack_switching=True))
    assert module.types[0].composite == tr.FuncType(expected, [])


def test_g02_packed_fields_are_read() -> None:
    data = wasm.types(
        wasm.struct(wasm.field(wasm.I8), wasm.field(wasm.I16, mutable=True)),
        wasm.array(wasm.field(wasm.I16)),
    )
    assert [member.composite for member in tr.Module(data).types] == [
        tr.StructType([tr.FieldType(tr.I8), tr.FieldType(tr.I16, mutable=True)]),
        tr.ArrayType(tr.FieldType(tr.I16)),
    ]


def test_g11_equal_types_declared_twice_are_one_for_validity() -> None:
    module = tr.Module(
        """(module (type $a (struct)) (type $b (struct))
            (type $parent (sub (struct (field (ref $a)))))
            (type (sub $parent (struct (field (ref $b))))))"""
    )
    assert len(module.types) == 4
    assert tr.equal(module, 0, module, 1)


def test_g11_a_module_is_not_changed_by_registering(engine: tr.Engine) -> None:
    module = tr.Module(WAT)
    before = (list(module.types), list(module.rec_groups), module.wasm)
    engine.register(module).close()
    assert (list(module.types), list(module.rec_groups), module.wasm) == before


# Imports and exports.


LINKED = """(module
  (rec
    (type $sig (func (param i32) (result (ref null $box))))
    (type $box (struct (field i32))))
  (type $event (func (param i64)))
  (import "env" "f" (func (type $sig)))
  (import "env" "t" (table 1 10 (ref null $sig)))
  (import "env" "m" (memory i64 2 3))
  (import "env" "g" (global (mut (ref $box))))
  (import "env" "e" (tag (type $event)))
  (func $own (type $event))
  (table $table i64 0 funcref)
  (memory $memory 1 2 shared)
  (global $global f32 (f32.const 0))
  (tag $tag (type $event))
  (export "f" (func 0))
  (export "own" (func $own))
  (export "t" (table $table))
  (export "t0" (table 0))
  (export "m" (memory $memory))
  (export "g" (global $global))
  (export "g0" (global 0))
  (export "e" (tag $tag))
)"""


def test_g11_imports_in_order_with_their_types() -> None:
    imports = tr.Module(LINKED).imports
    assert type(imports) is tuple
    assert [(entry.module, entry.name, entry.kind) for entry in imports] == [
        ("env", "f", "func"),
        ("env", "t", "table"),
        ("env", "m", "memory"),
        ("env", "g", "global"),
        ("env", "e", "tag"),
    ]
    assert [entry.type for entry in imports] == [
        tr.FuncType([tr.I32], [tr.RefType(M(1))]),
        tr.TableType(tr.RefType(M(0)), 1, 10),
        tr.MemoryType(2, 3, address64=True),
        tr.GlobalType(tr.RefType(M(1), nullable=False), mutable=True),
        tr.TagType(tr.FuncType([tr.I64], [])),
    ]
    assert (imports[0].type_index, imports[4].type_index) == (0, 2)


def test_g11_exports_in_order_with_their_types() -> None:
    exports = tr.Module(LINKED).exports
    assert type(exports) is tuple
    assert [(entry.name, entry.kind, entry.type) for entry in exports] == [
        ("f", "func", tr.FuncType([tr.I32], [tr.RefType(M(1))])),
        ("own", "func", tr.FuncType([tr.I64], [])),
        ("t", "table", tr.TableType(tr.RefType(tr.FUNC), 0, address64=True)),
        ("t0", "table", tr.TableType(tr.RefType(M(0)), 1, 10)),
        ("m", "memory", tr.MemoryType(1, 2, shared=True)),
        ("g", "global", tr.GlobalType(tr.F32)),
        ("g0", "global", tr.GlobalType(tr.RefType(M(1), nullable=False), mutable=True)),
        ("e", "tag", tr.TagType(tr.FuncType([tr.I64], []))),
    ]
    assert [exports[i].type_index for i in (0, 1, 7)] == [0, 2, 2]


def test_g11_which_of_two_equal_types_an_import_names_is_kept() -> None:
    module = tr.Module(
        """(module (type $a (func)) (type $b (func))
            (import "m" "b" (func (type $b))) (import "m" "a" (func (type $a))))"""
    )
    assert [entry.type_index for entry in module.imports] == [1, 0]


def test_g11_names_of_imports_may_be_any_text() -> None:
    data = wasm.module(
        wasm.type_section(wasm.func()),
        wasm.section(
            wasm.IMPORT,
            wasm.vec(
                [
                    wasm.import_("", "", wasm.KIND_FUNC, wasm.leb(0)),
                    wasm.import_("é\n", "\0 \U0001f600", wasm.KIND_FUNC, wasm.leb(0)),
                    wasm.import_("", "", wasm.KIND_FUNC, wasm.leb(0)),
                ]
            ),
        ),
    )
    assert [(entry.module, entry.name) for entry in tr.Module(data).imports] == [
        ("", ""),
        ("é\n", "\0 \U0001f600"),
        ("", ""),
    ]


def test_g11_names_that_are_not_utf8_are_malformed() -> None:
    for name, item in (
        (wasm.IMPORT, wasm.import_(b"\xff", "f", wasm.KIND_FUNC, wasm.leb(0))),
        (wasm.IMPORT, wasm.import_("m", b"\xc0\x80", wasm.KIND_FUNC, wasm.leb(0))),
    ):
        with pytest.raises(tr.DecodeError):
            tr.Module(
                wasm.module(wasm.type_section(wasm.func()), wasm.section(name, wasm.vec([item])))
            )


def test_bug_import_offset() -> None:
    module = tr.Module(
        """(module (type $a (func)) (type $b (func (param i32))) (type $c (func (param i64)))
            (import "m" "a" (func (type $a)))
            (import "m" "g" (global i32))
            (import "m" "b" (func (type $b)))
            (func (type $c))
            (export "own" (func 2)) (export "a" (func 0)) (export "b" (func 1)))"""
    )
    assert [(entry.name, entry.type_index) for entry in module.exports] == [
        ("own", 2),
        ("a", 0),
        ("b", 1),
    ]
    assert [str(entry.type) for entry in module.exports] == [
        "(func (param i64))",
        "(func)",
        "(func (param i32))",
    ]


def test_g11_tables_memories_globals_and_tags_count_their_imports_too() -> None:
    module = tr.Module(
        """(module
            (import "m" "t" (table 1 funcref)) (import "m" "m" (memory 1))
            (import "m" "g" (global i32)) (import "m" "e" (tag (param i32)))
            (table 2 externref) (memory 2) (global i64 (i64.const 0)) (tag (param i64))
            (export "t" (table 1)) (export "m" (memory 1)) (export "g" (global 1))
            (export "e" (tag 1)))"""
    )
    assert [entry.type for entry in module.exports] == [
        tr.TableType(tr.RefType(tr.EXTERN), 2),
        tr.MemoryType(2),
        tr.GlobalType(tr.I64),
        tr.TagType(tr.FuncType([tr.I64], [])),
    ]


# What is skipped.


def body(code: bytes) -> bytes:
    """A function body of any bytes."""
    return wasm.leb(len(code)) + code


def test_g11_bodies_elements_and_data_are_skipped() -> None:
    data = wasm.module(
        wasm.type_section(wasm.func()),
        wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(0)])),
        wasm.section(wasm.ELEMENT, b"\x01\xff\xff\xff\xff"),
        wasm.section(wasm.CODE, wasm.vec([body(b"\xfe\xff\x00\x12garbage")])),
        wasm.section(wasm.DATA, b"\x01\xee\xdd"),
    )
    assert len(tr.Module(data).types) == 1


def test_g11_initializers_are_skipped() -> None:
    module = tr.Module(
        wasm.module(
            # (global i32 (i64.const 7)): its type does not fit, which is not ours to check
            wasm.section(wasm.GLOBAL, wasm.vec([wasm.global_(wasm.I32) + b"\x42\x07\x0b"])),
            wasm.section(wasm.EXPORT, wasm.vec([wasm.export("g", wasm.KIND_GLOBAL, 0)])),
        )
    )
    assert module.exports[0].type == tr.GlobalType(tr.I32)


def test_g11_custom_sections_may_stand_anywhere() -> None:
    custom = wasm.custom("note", b"\xff\xfe anything")
    data = wasm.module(custom, wasm.type_section(wasm.func()), custom, custom)
    assert len(tr.Module(data).types) == 1


# Names.


def test_g11_type_names() -> None:
    module = tr.Module(WAT)
    assert [module.type_name(i) for i in range(5)] == ["$point", "$node", "$list", "$point3", None]
    assert module.type_index("$node") == module.type_index("node") == 1
    assert module.type_name(module.type_index("$point3")) == "$point3"


def test_g11_a_name_that_nobody_has_is_a_key_error() -> None:
    module: Any = tr.Module(WAT)
    for name in ("$missing", "missing", "", "$", "$$node"):
        with pytest.raises(KeyError):
            module.type_index(name)
    with pytest.raises(TypeError):
        module.type_index(1)


def test_g11_a_type_that_is_not_there_has_no_name() -> None:
    module: Any = tr.Module(WAT)
    for index in (5, 2**31, 10**5000):
        with pytest.raises(IndexError, match=r"there is no type .*; the module has 5 types"):
            module.type_name(index)
    with pytest.raises(TypeError):
        module.type_name("$node")


def test_g11_of_duplicate_names_the_first_is_found() -> None:
    names = wasm.type_names([(0, "b"), (1, "a"), (2, "a")])
    module = tr.Module(wasm.types(wasm.func(), wasm.struct(), wasm.struct()) + names)
    assert module.type_index("a") == 1
    assert [module.type_name(i) for i in range(3)] == ["$b", "$a", "$a"]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(wasm.custom("name", b"\x04\xff"), id="size beyond the end"),
        pytest.param(wasm.custom("name", b"\x04\x01\x05"), id="count beyond the end"),
        pytest.param(wasm.custom("name", b"\x04\x80"), id="truncated LEB"),
        pytest.param(wasm.custom("name", b"\x04\x04\x01\x00\x01\xff"), id="not UTF-8"),
        pytest.param(
            wasm.custom("name", wasm.section(4, wasm.name_map([(0, "a")])) + b"\x0a\x7f"),
            id="good, then bad",
        ),
    ],
)
def test_g11_a_malformed_name_section_means_no_names(names: bytes) -> None:
    module = tr.Module(wasm.types(wasm.func()) + names)
    assert len(module.types) == 1
    assert module.type_name(0) is None
    with pytest.raises(KeyError):
        module.type_index("a")


def test_g11_names_in_any_order_are_read() -> None:
    """Binaryen writes the names of fields in the order of a hash table."""
    fields = wasm.vec([wasm.leb(1) + wasm.name_map([(1, "y"), (0, "x")])])
    types = wasm.name_map([(1, "point"), (0, "unit")])
    names = wasm.custom("name", wasm.section(10, fields) + wasm.section(4, types))
    point = wasm.struct(wasm.field(wasm.I32), wasm.field(wasm.I64))
    module = tr.Module(wasm.types(wasm.struct(), point) + names)
    assert [module.type_name(i) for i in range(2)] == ["$unit", "$point"]
    other = wasm.struct(wasm.field(wasm.I32), wasm.field(wasm.I32))
    found = tr.explain(module, 1, tr.Module(wasm.types(wasm.struct(), other)), 1)
    assert found.path[-1].name == "$y"


def test_g11_an_empty_name_is_none() -> None:
    """Kotlin writes one for each type that it has no name for."""
    names = wasm.section(4, wasm.name_map([(0, ""), (1, "a")]))
    fields = wasm.section(10, wasm.vec([wasm.leb(1) + wasm.name_map([(0, ""), (1, "y")])]))
    point = wasm.struct(wasm.field(wasm.I32), wasm.field(wasm.I64))
    module = tr.Module(wasm.types(wasm.func(), point) + wasm.custom("name", names + fields))
    assert [module.type_name(i) for i in range(2)] == [None, "$a"]
    assert [module.field_name(1, i) for i in range(2)] == [None, "$y"]
    for name in ("", "$"):
        with pytest.raises(KeyError):
            module.type_index(name)


def test_g11_names_of_types_that_are_not_there_do_no_harm() -> None:
    module = tr.Module(wasm.types(wasm.func()) + wasm.type_names([(9, "far")]))
    assert module.type_name(0) is None


# Duplicates.


def test_g11_the_same_export_name_twice_is_invalid() -> None:
    exports = wasm.vec([wasm.export("f", wasm.KIND_FUNC, 0)] * 2)
    data = wasm.module(
        wasm.type_section(wasm.func()),
        wasm.section(wasm.FUNCTION, wasm.vec([wasm.leb(0)])),
        wasm.section(wasm.EXPORT, exports),
        wasm.code_section(1),
    )
    with pytest.raises(tr.ValidationError, match="f") as caught:
        tr.Module(data)
    start = data.index(exports)
    assert caught.value.offset in range(start, start + len(exports) + 1)


def test_g11_the_same_export_name_of_two_kinds_is_invalid() -> None:
    with pytest.raises(tr.ValidationError):
        tr.Module('(module (memory (export "x") 1) (global (export "x") i32 (i32.const 0)))')


def test_g11_the_same_import_twice_is_legal() -> None:
    module = tr.Module('(module (import "m" "f" (func)) (import "m" "f" (func)))')
    assert len(module.imports) == 2


WHOLE = """(module (type $pair (struct (field $a i32))) (type (func (param (ref $pair))))
    (import "m" "f" (func (type 1))) (tag (type 1)))"""


def test_p03_equal_views_of_modules_are_equal() -> None:
    one, two = tr.Module(WHOLE), tr.Module(WHOLE)
    other = tr.Module("(module (type (struct (field i32))) (type (struct)))")
    for name in ("types", "rec_groups"):
        view, twin = getattr(one, name), getattr(two, name)
        assert view == getattr(one, name) == twin
        assert hash(view) == hash(twin)
        assert view != getattr(other, name)
        assert view != tuple(view)
    assert one.types != one.rec_groups


def test_p03_a_module_is_data_copied_as_itself_and_pickled_as_bytes() -> None:
    features = tr.Features(stack_switching=True, custom_page_sizes=True)
    limits = tr.Limits.spec()
    continuations = tr.Module(
        "(module (type $f (func)) (type (cont $f)) (memory 1 (pagesize 1)))", features=features
    )
    long = tr.Module(wasm.types(wasm.func([wasm.I32] * 1001)), limits=limits)
    for module in (tr.Module(WHOLE), continuations, long):
        assert copy.copy(module) is module
        assert copy.deepcopy([module])[0] is module
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(module, protocol))
            assert again.wasm == module.wasm
            assert again.types == module.types
            assert again.imports == module.imports
            assert again.type_name(0) == module.type_name(0)


def test_p03_a_view_of_a_module_is_copied_as_itself_and_pickled_with_its_module() -> None:
    module = tr.Module(WHOLE)
    for view in (module.types, module.rec_groups):
        assert copy.copy(view) is view
        assert copy.deepcopy([view])[0] is view
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(view, protocol))
            assert type(again) is type(view)
            assert again == view
            assert list(again) == list(view)


def test_p08_a_wat_file_that_is_not_plain_utf8_says_so(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "text.wat"
    path.write_bytes(b"\xef\xbb\xbf(module)")
    with pytest.raises(tr.DecodeError, match=r"feff.*line 1, column 1") as marked:
        tr.Module(path)
    assert marked.value.offset == 0
    path.write_bytes("(module (; é ;))".encode("latin-1"))
    with pytest.raises(tr.DecodeError, match="WAT in UTF-8") as caught:
        tr.Module(path)
    assert caught.value.offset == 11
    path.write_bytes("(module)".encode("utf-16"))
    with pytest.raises(tr.DecodeError, match="UTF-16"):
        tr.Module(path)
