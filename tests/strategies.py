"""Hypothesis strategies for value types, for these tests only."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import strategies as st

import typereg as tr

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


def outer_indices(count: int) -> HeapTypes:
    """Module indices below `count`; nothing where there is none."""
    return st.integers(0, count - 1).map(tr.ModuleTypeIndex) if count else st.nothing()


@st.composite
def groups_over(
    draw: st.DrawFn, heads: HeapTypes, min_size: int = 0, max_size: int = 4
) -> tr.RecGroup:
    """A valid group: own members and what `heads` gives are referenced freely, supertypes are an
    earlier twin of the member."""
    size = draw(st.integers(min_size, max_size))
    if size:
        heads = heads | st.integers(0, size - 1).map(tr.RecIndex)
    members: list[tr.SubType] = []
    for _ in range(size):
        parents = [i for i, member in enumerate(members) if not member.final]
        if draw(FLAGS) and parents:
            parent = draw(st.sampled_from(parents))
            member = tr.SubType(
                members[parent].composite, supertype=tr.RecIndex(parent), final=draw(FLAGS)
            )
        else:
            member = tr.SubType(draw(composites(heads)), final=draw(FLAGS))
        members.append(member)
    return tr.RecGroup(members)


def rec_groups(outer: int = 0, max_size: int = 4) -> st.SearchStrategy[tr.RecGroup]:
    """A valid group that may refer to so many types before it."""
    return groups_over(outer_indices(outer), max_size=max_size)


@st.composite
def def_types(draw: st.DrawFn, max_groups: int = 4) -> tr.DefType:
    """A closed type over a few others, some of which are declared supertypes of others."""
    known: list[tr.DefType] = []
    for _ in range(draw(st.integers(1, max_groups))):
        heads: HeapTypes = st.sampled_from(known) if known else st.nothing()
        group = draw(groups_over(heads, min_size=1, max_size=3))
        # A type without own references can be said again in any group, below itself as well.
        parents = [
            ty
            for ty in known
            if not (member := ty.group.members[ty.position]).final
            and "RecIndex" not in repr(member.composite)
        ]
        if draw(FLAGS) and parents:
            parent = draw(st.sampled_from(parents))
            composite = parent.group.members[parent.position].composite
            child = tr.SubType(composite, supertype=parent, final=draw(FLAGS))
            group = tr.RecGroup([*group.members, child])
        known += [tr.DefType(group, position) for position in range(len(group.members))]
    return draw(st.sampled_from(known))


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
