"""Type sections in the reference's values, drawn by Hypothesis: valid ones and nearly valid ones.

Few attributes and small sizes, so that equal groups, subtypes that fit and subtypes that almost fit
are frequent.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from typereg import reference as ref
from typereg.reference.structure import Substitution
from typereg.reference.types import TypeUse, ValueType

FLAGS = st.booleans()
NUMBERS: st.SearchStrategy[ref.NumType | ref.VecType] = st.sampled_from(
    [ref.I32, ref.I64, ref.V128]
)
HEADS = st.sampled_from([ref.ANY, ref.EQ, ref.STRUCT, ref.NONE, ref.FUNC, ref.NOFUNC, ref.EXTERN])

Declared = Sequence[tuple[TypeUse, ref.SubType]]
"""Types that a group may refer to: how it does, and what they are as it sees them."""

Uses = st.SearchStrategy[TypeUse]


def uses(declared: Declared, size: int) -> Uses:
    """Type uses in a group of ``size``: its own members and the last types declared."""
    own: list[TypeUse] = [ref.RecIndex(i) for i in range(size)]
    return st.sampled_from([*own, *(use for use, _ in declared[-6:])])


def value_types(concrete: Uses) -> st.SearchStrategy[ValueType]:
    """Value types."""
    return st.one_of(NUMBERS, st.builds(ref.RefType, st.one_of(HEADS, concrete), FLAGS))


def field_types(concrete: Uses) -> st.SearchStrategy[ref.FieldType]:
    """Field types."""
    packed = st.sampled_from([ref.I8, ref.I16])
    return st.builds(ref.FieldType, value_types(concrete) | packed, FLAGS)


Composite = ref.FuncType | ref.StructType | ref.ArrayType


def composites(concrete: Uses) -> st.SearchStrategy[Composite]:
    """Composite types."""
    values = st.lists(value_types(concrete), max_size=2)
    return (
        st.builds(ref.StructType, st.lists(field_types(concrete), max_size=3))
        | st.builds(ref.FuncType, values, values)
        | st.builds(ref.ArrayType, field_types(concrete))
    )


@st.composite
def variations(draw: st.DrawFn, composite: Composite, concrete: Uses, *, wild: bool) -> Composite:
    """A composite type that matches another: the same, or a struct of a field more. Where it is
    wild, parts are replaced, and it only may match."""
    fields, values = field_types(concrete), value_types(concrete)

    def field(part: ref.FieldType) -> ref.FieldType:
        return draw(st.just(part) | fields) if wild else part

    def value(part: ValueType) -> ValueType:
        return draw(st.just(part) | values) if wild else part

    match composite:
        case ref.StructType(parts):
            return ref.StructType([*map(field, parts), *draw(st.lists(fields, max_size=1))])
        case ref.ArrayType(part):
            return ref.ArrayType(field(part))
        case ref.FuncType(params, results):
            return ref.FuncType(map(value, params), map(value, results))


@st.composite
def sections(draw: st.DrawFn, *, wild: bool = False) -> list[ref.RecGroup]:
    """A type section, rolled up, some of its groups declared again. Where it is wild it may be
    invalid, in any way but syntax."""
    groups: list[ref.RecGroup] = []
    declared: list[tuple[TypeUse, ref.SubType]] = []
    for _ in range(draw(st.integers(0, 5))):
        if groups and draw(st.integers(0, 3)) == 0:
            group = draw(st.sampled_from(groups))
        else:
            group = draw(rec_groups(declared, wild=wild))
        groups.append(group)
        start = len(declared)
        for position, member in enumerate(absolute(group, start).members):
            declared.append((ref.ModuleTypeIndex(start + position), member))
    return groups


def absolute(group: ref.RecGroup, start: int) -> ref.RecGroup:
    """A group with its own members by type index."""

    def index(use: TypeUse) -> TypeUse:
        return ref.ModuleTypeIndex(start + use.n) if isinstance(use, ref.RecIndex) else use

    return Substitution(index).group(group)


@st.composite
def rec_groups(
    draw: st.DrawFn, declared: Declared, *, wild: bool = False, smallest: int = 0
) -> ref.RecGroup:
    """One group behind what is declared."""
    size = draw(st.integers(smallest, 3))
    one_too_many = int(wild and draw(st.integers(0, 9)) == 0)
    concrete = uses(declared, size + one_too_many)
    members: list[ref.SubType] = []
    for _ in range(size):
        above: list[tuple[TypeUse, ref.SubType]] = [*declared[-4:]]
        above += ((ref.RecIndex(i), member) for i, member in enumerate(members))
        above = [each for each in above if wild or not each[1].final]
        final = draw(FLAGS)
        if draw(FLAGS) and above:
            supertype, parent = draw(st.sampled_from(above))
            composite = parent.composite
            assert not isinstance(composite, ref.ContType)
            composite = draw(variations(composite, concrete, wild=wild))
            members.append(ref.SubType(composite, supertype=supertype, final=final))
        elif wild and draw(st.integers(0, 9)) == 0:
            supertype = ref.RecIndex(draw(st.integers(0, size - 1 + one_too_many)))
            members.append(ref.SubType(draw(composites(concrete)), supertype=supertype))
        else:
            members.append(ref.SubType(draw(composites(concrete)), final=final))
    return ref.RecGroup(members)
