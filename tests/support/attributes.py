"""What two modules differ in, found from the modules themselves and named as section T does.

Nothing here is shared with what draws the twins: a test compares what it finds with their label.
Where a difference has two names (a type that refers to itself in one and to its twin in the other
is unrolled once, too), both are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typereg.reference.types import (
    I8,
    I16,
    I32,
    V128,
    AbsHeapType,
    ArrayType,
    ContType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    RefType,
    StructType,
    SubType,
    TableType,
    TagType,
)
from typereg.testing.programs import ByHand, Close, Program, Register
from typereg.testing.spec import (
    Export,
    Import,
    Module,
    hierarchy_of,
    index_of,
    references,
    supertypes,
)
from typereg.testing.twins import Twins


def found(twins: Twins) -> set[str]:
    """The attributes that a pair differs in."""
    match twins.question:
        case "type":
            assert twins.i is not None
            assert twins.j is not None
            return of_types(twins.a, twins.i, twins.b, twins.j)
        case "extern":
            return of_externs(twins.a, twins.b)
        case "interface":
            return of_interfaces(twins.a, twins.b)
        case "validity":
            return of_validity(twins.a, twins.b)
        case "lifetime":
            assert twins.programs is not None
            return of_programs(*twins.programs)


def of_programs(a: Program, b: Program) -> set[str]:
    """What two sequences of operations differ in."""
    first, second = ([each for _, each in program.operations] for program in (a, b))
    kinds = [[type(each).__name__ for each in each_] for each_ in (first, second)]
    if kinds[0] != kinds[1]:
        assert sorted(kinds[0]) == sorted(kinds[1])
        split = "BeginDrop" in kinds[0]
        return {"lifetime/resurrection"} if split else {"lifetime/stale"}
    different = [(x, y) for x, y in zip(first, second, strict=True) if x != y]
    match different:
        case [(Close(m), Close(n)), (Close(p), Close(q))]:
            assert (m, n) == (q, p)
            return {"lifetime/closing-order"}
        case [(ByHand(group, outer, None), ByHand(same, outer_too, int()))]:
            assert (group, outer) == (same, outer_too)
            return {"lifetime/foreign"}
        case [(Register(one), Register(other))] if len(first) == 1:
            assert other.groups[:-1] == one.groups
            return {"lifetime/duplicates"}
        case [(Register(one), Register(other))]:
            assert len(one.types) != len(other.types)
            assert {*one.types} == {*other.types}
            return {"lifetime/slot-reuse"}
    raise AssertionError("no difference")


# Values.


def of_values(a: Any, b: Any, ma: Module, mb: Module, i: int | None) -> set[str]:
    """What two value types differ in; `i` is the type that they stand in, if it is one."""
    if not isinstance(a, RefType) or not isinstance(b, RefType):
        if isinstance(a, RefType) or isinstance(b, RefType):
            return {"number-or-reference"}
        return {"v128"} if V128 in (a, b) else {"number"}
    if a.heap == b.heap:
        return {"nullability"} if a.nullable != b.nullable else {"spelling"}
    assert a.nullable == b.nullable
    if isinstance(a.heap, AbsHeapType) and isinstance(b.heap, AbsHeapType):
        same = hierarchy_of(a.heap) == hierarchy_of(b.heap)
        return {"head-within"} if same else {"head-across"}
    if isinstance(a.heap, AbsHeapType) or isinstance(b.heap, AbsHeapType):
        return {"abstract-or-concrete"}
    heaps = index_of(a.heap), index_of(b.heap)
    x, y = sorted(heaps)
    if x in supertypes(ma.types[y]):
        return {"parent-or-child"}
    home = None if i is None else ma.group_of(i)
    groups = [m.group_of(h) for m, h in zip((ma, mb), heaps, strict=True)]
    if (home is not None and groups == [home, home]) or (home is None and groups[0] == groups[1]):
        return {"own-member"}
    if home is None:
        same = relative(ma, x, ma) == relative(ma, y, ma)
        refers = x in references(ma.types[y])
        return {"own-or-twin"} if refers and not same else {"concrete"}
    if home in groups:
        # The outside one stands where the own one does, in a group of the same size.
        offsets = [h - ma.starts[g] for h, g in zip(heaps, groups, strict=True)]
        assert offsets[0] == offsets[1]
        sizes = {len(ma.groups[g].members) for g in groups}
        assert len(sizes) == 1
        own = max(x, y)
        return {"own-or-twin", "unrolled"} if own == i else {"own-or-twin"}
    return {"concrete"}


def relative(module: Module, index: int, _: Module) -> str:
    """A type as it reads with its own group's members numbered from 0."""
    start = module.starts[module.group_of(index)]
    return repr([h - start for h in references(module.types[index])])


# Types.


def of_types(a: Module, i: int, b: Module, j: int) -> set[str]:
    """What makes type `i` of one and type `j` of the other different, or could but does not."""
    if a.groups == b.groups:
        if a.names != b.names:
            return {"group/names"}
        return {"group/position"} if i != j else set()
    sizes = [[len(group.members) for group in m.groups] for m in (a, b)]
    if sizes[0] == sizes[1]:
        if a.types == b.types:
            return {"group/singleton"}
        return of_same_sizes(a, i, b, j)
    if a.types == b.types:
        full = [[size for size in each if size] for each in sizes]
        return {"group/empty"} if full[0] == full[1] else {"group/split"}
    short, long = (a, b) if len(a.types) < len(b.types) else (b, a)
    if len(short.groups) == len(long.groups):
        (number,) = (n for n, (x, y) in enumerate(zip(*sizes, strict=True)) if x != y)
        members, more = short.groups[number].members, long.groups[number].members
        assert len(more) == len(members) + 1
        return {"group/unused-tail"} if i == j and more[:-1] == members else {"group/unused-head"}
    extra = [group for group in long.groups if group not in short.groups]
    if len(long.types) - len(short.types) == 2 and i != j and extra:
        shapes = [len(group.members) for group in long.groups]
        for number in range(len(shapes)):
            if long.groups[number].members[:1] == (SubType(StructType([FieldType(I8, True)])),):
                return {"group/shifted"}
    return {"group/duplicates"}


def of_same_sizes(a: Module, i: int, b: Module, j: int) -> set[str]:
    """The same, where groups are as many and as large in both."""
    different = [n for n, (x, y) in enumerate(zip(a.types, b.types, strict=True)) if x != y]
    numbers = {a.group_of(n) for n in different}
    if len(numbers) > 1:
        # Far away; what refers to it over the groups between refers to the same index.
        return {"group/distant"}
    (number,) = numbers
    start, end = a.starts[number], a.starts[number + 1]
    if i == j and not start <= i < end:
        assert i in reach(a, different[0])
        return {"group/distant"}
    if len(different) == 1 and different[0] == i == j:
        return of_subs(a, b, i)
    if len(different) == 1 and i == j:
        return {"group/sibling"}
    own = [list(references(a.types[n])) for n in (start, start + 1)]
    if i == j and all(refs in ([start], [start + 1]) for refs in own):
        return {"group/cycle"}
    return {"group/permutation"}


def reach(module: Module, index: int) -> set[int]:
    """The types that lead to a type."""
    found_ = {index}
    for n, sub in enumerate(module.types):
        if found_ & set(references(sub)):
            found_.add(n)
    return found_


def of_lists(a: Sequence[Any], b: Sequence[Any], which: str, family: str) -> set[str]:
    """What two lists of a different length or order differ in."""
    if len(a) != len(b):
        short, long = sorted((list(a), list(b)), key=len)
        gaps = [n for n in range(len(long)) if long[:n] + long[n + 1 :] == short]
        (gap,) = gaps
        end = "head" if gap == 0 else "tail" if gap == len(short) else "middle"
        return {f"{family}/{which}-count-{end}"}
    assert sorted(map(repr, a)) == sorted(map(repr, b))
    return {f"{family}/{which}-order"}


def of_subs(a: Module, b: Module, i: int) -> set[str]:
    """What two definitions of one index differ in."""
    x, y = a.types[i], b.types[i]
    if x.final != y.final:
        return {"sub/finality"}
    if type(x) is not type(y):
        return {"sub/final-spelling"}
    if x.supertype != y.supertype:
        if x.supertype is None or y.supertype is None:
            return {"sub/supertype-presence"}
        s, t = index_of(x.supertype), index_of(y.supertype)
        home = a.group_of(i)
        if (a.group_of(s) == home) != (a.group_of(t) == home):
            return {"sub/supertype-own-or-outside"}
        depths = [depth(a, each) for each in (s, t)]
        return {"sub/depth"} if depths[0] != depths[1] else {"sub/supertype-which"}
    p, q = x.composite, y.composite
    if type(p) is not type(q):
        names = [type(each).__name__.removesuffix("Type").lower() for each in (p, q)]
        names.sort(key=("struct", "array", "func").index)
        return {f"kind/{names[0]}-or-{names[1]}"}
    match p, q:
        case FuncType(), FuncType():
            if p.params + p.results == q.params + q.results and p.params != q.params:
                return {"func/boundary"}
            for which, u, v in (
                ("param", p.params, q.params),
                ("result", p.results, q.results),
            ):
                if u != v:
                    return in_list(u, v, which, "func", a, b, i)
        case StructType(), StructType():
            return in_list(p.fields, q.fields, "field", "struct", a, b, i)
        case ArrayType(), ArrayType():
            return of_fields(p.field, q.field, "element", "array", a, b, i)
        case ContType(), ContType():
            return {"cont/target"}
    raise AssertionError("no difference")


def in_list(
    u: Sequence[Any],
    v: Sequence[Any],
    which: str,
    family: str,
    a: Module,
    b: Module,
    i: int | None,
) -> set[str]:
    """What two lists differ in."""
    places = [n for n, (x, y) in enumerate(zip(u, v, strict=False)) if x != y]
    if len(u) != len(v) or len(places) != 1:
        return of_lists(u, v, which, family)
    x, y = u[places[0]], v[places[0]]
    if isinstance(x, FieldType):
        return of_fields(x, y, which, family, a, b, i)
    return named(of_values(x, y, a, b, i), which)


def of_fields(
    x: FieldType, y: FieldType, which: str, family: str, a: Module, b: Module, i: int | None
) -> set[str]:
    """What two fields differ in."""
    if x.mutable != y.mutable:
        assert x.storage == y.storage
        return {f"{family}/mutability"}
    if {x.storage, y.storage} & {I8, I16} and {x.storage, y.storage} <= {I8, I16, I32}:
        return {f"{family}/packed"}
    return named(of_values(x.storage, y.storage, a, b, i), which)


def named(whats: set[str], place: str) -> set[str]:
    """Value attributes as section T's rows have them."""
    return {f"group/{each}" if each == "unrolled" else f"{place}/{each}" for each in whats}


def depth(module: Module, index: int) -> int:
    """How many supertypes a type has."""
    above = supertypes(module.types[index])
    return 1 + depth(module, above[0]) if above else 0


# External types.


def of_externs(a: Module, b: Module) -> set[str]:
    """What two modules' exports differ in."""
    if a.imports != b.imports:
        return {"extern/re-export"}
    if a.imports and a.exports != b.exports:
        assert a.items == b.items
        return {"extern/index-offset"}
    x, y = a.exported("x"), b.exported("x")
    if type(x) is not type(y):
        return {"extern/kind"}
    match x, y:
        case (ModuleTypeIndex(i), ModuleTypeIndex(j)) | (
            TagType(ModuleTypeIndex(i)),
            TagType(ModuleTypeIndex(j)),
        ):
            name = "tag" if isinstance(x, TagType) else "func"
            if i == j:
                (whats,) = (
                    in_list(p.params, q.params, name, "func", a, b, None)
                    for p, q in [(a.types[i].composite, b.types[i].composite)]
                    if isinstance(p, FuncType) and isinstance(q, FuncType)
                )
                return whats
            if {i, j} & {*supertypes(a.types[i]), *supertypes(a.types[j])}:
                return {f"extern/{name}-strict-subtype"}
            assert a.types[i].final != a.types[j].final
            return {f"extern/{name}-finality"}
        case GlobalType(p, m), GlobalType(q, n):
            if m != n:
                return {"extern/global-mutability"}
            return strict(of_values(p, q, a, b, None), "global", mutable=m)
        case TableType(p), TableType(q):
            if p != q:
                return strict(of_values(p, q, a, b, None), "table", mutable=True)
            return of_limits(x, y, "table")
        case MemoryType(), MemoryType():
            return of_limits(x, y, "memory")
    raise AssertionError("no difference")


def strict(whats: set[str], place: str, *, mutable: bool) -> set[str]:
    """Value attributes of a place; parent and child are a strict subtype where it may not be."""
    names = named(whats, place)
    if "parent-or-child" in whats and mutable:
        names.add(f"extern/{place}-strict-subtype")
    return names


def of_limits(m: Any, n: Any, kind: str) -> set[str]:
    """What two limits differ in."""
    parts = {
        "minimum": "min",
        "maximum": "max",
        "address64": "address-type",
        "shared": "shared",
        "page_size": "page-size",
    }
    (part,) = (each for each in parts if getattr(m, each, None) != getattr(n, each, None))
    x, y = getattr(m, part), getattr(n, part)
    if part == "maximum" and None in (x, y):
        return {f"extern/{kind}-max-presence"}
    if part in ("minimum", "maximum"):
        assert abs(x - y) == 1
    return {f"extern/{kind}-{parts[part]}"}


def of_interfaces(a: Module, b: Module) -> set[str]:
    """What two modules' names differ in."""
    assert a.groups == b.groups
    assert a.items == b.items
    match a.imports, b.imports, a.exports, b.exports:
        case (Import(m, x, t),), (Import(n, y, u),), (), ():
            assert t == u
            assert (m == n) != (x == y)
            return {"extern/import-name"} if m == n else {"extern/import-module"}
        case (), (), (Export(x, k, i),), (Export(y, l, j),):
            assert (k, i) == (l, j)
            assert x != y
            return {"extern/export-name"}
    raise AssertionError("no difference")


# Validity.


def of_validity(a: Module, b: Module) -> set[str]:
    """Why the second of two modules is not valid, where the first one is."""
    for index, sub in enumerate(b.types):
        match sub.composite:
            case FuncType(params, results) if len(params) > 1000 or len(results) > 1000:
                return {"validity/params" if params else "validity/results"}
            case StructType(fields) if len(fields) > 10_000:
                return {"validity/fields"}
        end = b.starts[b.group_of(index) + 1]
        if any(target >= end for target in references(sub)):
            return {"validity/index-range"}
        if len(supertypes(sub)) > 1:
            return {"validity/supertype-two"}
    for index, sub in enumerate(b.types):
        for parent in supertypes(sub):
            if parent == index:
                return {"validity/supertype-self"}
            if parent > index:
                above = supertypes(b.types[parent])
                return {"validity/supertype-cyclic" if above else "validity/supertype-forward"}
            if b.types[parent].final:
                return {"validity/supertype-final"}
    if max(depth(b, index) for index in range(len(b.types))) > 63:
        return {"validity/depth"}
    (child,) = (
        n for n in range(len(b.types)) if a.types[n] != b.types[n] and supertypes(b.types[n])
    )
    (parent,) = supertypes(b.types[child])
    return of_structures(b.types[parent].composite, b.types[child].composite)


def of_structures(above: Any, below: Any) -> set[str]:
    """Why one structure does not match the other."""
    match above, below:
        case FuncType(), FuncType():
            if len(above.params) != len(below.params) or len(above.results) != len(below.results):
                return {"validity/width"}
            name = "param" if above.params != below.params else "result"
        case StructType(), StructType():
            if len(above.fields) > len(below.fields):
                return {"validity/width"}
            (field,) = (x for x, y in zip(above.fields, below.fields, strict=False) if x != y)
            name = "mutable-field" if field.mutable else "field"
        case ArrayType(), ArrayType():
            name = "mutable-element" if above.field.mutable else "element"
        case _:
            return {"validity/supertype-kind"}
    return {f"validity/variance-{name}"}
