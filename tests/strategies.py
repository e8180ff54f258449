"""Hypothesis strategies for value types, for these tests only."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import strategies as st

import typereg as tr
from typereg.testing import strategies as kit

HeapType: TypeAlias = tr.AbsHeapType | tr.ModuleTypeIndex | tr.RecIndex | tr.DefType
ValType: TypeAlias = tr.NumType | tr.VecType | tr.RefType
CompositeType: TypeAlias = tr.FuncType | tr.StructType | tr.ArrayType
ExternType: TypeAlias = tr.FuncType | tr.TableType | tr.MemoryType | tr.GlobalType | tr.TagType

NUMBERS: st.SearchStrategy[ValType] = st.sampled_from([tr.I32, tr.I64, tr.F32, tr.F64, tr.V128])
PACKED = st.sampled_from([tr.I8, tr.I16])
HEADS = st.sampled_from(
    [
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
    ]
)
FLAGS = st.booleans()
BOUNDS = st.integers(0, 2**32 - 1)

HeapTypes: TypeAlias = st.SearchStrategy[HeapType]


def ref_types(concrete: HeapTypes) -> st.SearchStrategy[tr.RefType]:
    """References to an abstract head, or to what `concrete` gives."""
    return st.builds(tr.RefType, HEADS | concrete, FLAGS)


def value_types(concrete: HeapTypes) -> st.SearchStrategy[ValType]:
    """Numbers, vectors and references."""
    return st.one_of(NUMBERS, ref_types(concrete))


def field_types(concrete: HeapTypes) -> st.SearchStrategy[tr.FieldType]:
    """Fields, packed ones included."""
    return st.builds(tr.FieldType, PACKED | value_types(concrete), FLAGS)


def func_types(concrete: HeapTypes) -> st.SearchStrategy[tr.FuncType]:
    """Function types of a few parameters and results."""
    values = st.lists(value_types(concrete), max_size=3)
    return st.builds(tr.FuncType, values, values)


def composites(concrete: HeapTypes) -> st.SearchStrategy[CompositeType]:
    """Function, struct and array types."""
    fields = field_types(concrete)
    return (
        func_types(concrete)
        | st.builds(tr.StructType, st.lists(fields, max_size=4))
        | st.builds(tr.ArrayType, fields)
    )


@st.composite
def def_types(draw: st.DrawFn) -> tr.DefType:
    """A closed type over a few others, some of which are declared supertypes of others."""
    section = draw(kit.type_sections().filter(lambda section: section.types))
    module = tr.Module(section.wasm)
    return module.def_type(draw(st.integers(0, len(section.types) - 1)))


@st.composite
def extern_types(draw: st.DrawFn) -> ExternType:
    """Import types that are valid alone and need no feature."""
    minimum = draw(st.integers(0, 100))
    maximum = draw(st.none() | st.integers(minimum, 1000))
    wide = draw(FLAGS)
    element = draw(ref_types(st.nothing()))
    shared = maximum is not None and draw(FLAGS)
    params = draw(st.lists(value_types(st.nothing()), max_size=3))
    choices: list[ExternType] = [
        tr.TableType(element, minimum, maximum, address64=wide),
        tr.MemoryType(minimum, maximum, address64=wide, shared=shared),
        tr.GlobalType(draw(value_types(st.nothing())), draw(FLAGS)),
        tr.TagType(tr.FuncType(params, [])),
        draw(func_types(st.nothing())),
    ]
    return draw(st.sampled_from(choices))


def anything() -> st.SearchStrategy[object]:
    """Any value that holds no engine's index, valid in a module or not."""
    heads: HeapTypes = (
        st.integers(0, 2**32 - 1).map(tr.ModuleTypeIndex)
        | st.integers(0, 2**32 - 1).map(tr.RecIndex)
        | st.sampled_from([tr.CONT, tr.NOCONT])
        | def_types()
    )
    indices = st.builds(tr.ModuleTypeIndex, BOUNDS) | st.builds(tr.RecIndex, BOUNDS) | def_types()
    bodies = composites(heads) | st.builds(tr.ContType, indices)
    subs = st.builds(tr.SubType, bodies, supertype=st.none() | indices, final=FLAGS)
    return st.one_of(
        NUMBERS,
        PACKED,
        HEADS,
        indices,
        ref_types(heads),
        field_types(heads),
        bodies,
        subs,
        st.builds(tr.RecGroup, st.lists(subs, max_size=3)),
        st.builds(tr.TableType, ref_types(heads), BOUNDS, st.none() | BOUNDS, address64=FLAGS),
        st.builds(tr.GlobalType, value_types(heads), FLAGS),
        st.builds(tr.TagType, func_types(heads)),
        extern_types(),
    )
