"""Pairs of a provider and a consumer that link or do not, with the reason (section L).

The provider stands under the module name `PROVIDER`. Where types differ, the difference is one of
the near twins', reached over a function import, so every reason is known from how a pair was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from typereg.reference.types import (
    ANY,
    EXN,
    EXTERN,
    FUNC,
    I8,
    I32,
    I64,
    V128,
    CompositeType,
    ExternType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    ModuleTypeIndex,
    RecGroup,
    RefType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)

from .generate import BELOW
from .names import known
from .shown import Call, Shown, by_fields
from .source import Source
from .spec import (
    HIERARCHIES,
    Export,
    Import,
    Module,
    insert,
    kind_of_extern,
    ref_type,
    references,
    sub_type,
)
from .twins import MUTATORS
from .twins.base import prefix

PROVIDER: Final = "env"
NAME: Final = "x"


@dataclass(frozen=True, repr=False)
class LinkPair(Shown):
    """A provider and a consumer of one import: whether they link, and if not, why."""

    provider: Module
    consumer: Module
    ok: bool
    reason: str | None = None
    case: str = ""

    def _call(self) -> Call:
        return by_fields(self)


Draw: TypeAlias = Callable[[Source], LinkPair]

CASES: dict[str, Draw] = {}
"""Every kind of pair by name, and what draws it."""

FEATURES: Final = {"memory-page-size": "custom_page_sizes"}
"""The features that a case needs and that are off by default."""


def _provide(module: Module, item: ExternType) -> Module:
    export = Export(NAME, kind_of_extern(item), 0)
    return replace(module, items=(item,), exports=(export,))


def _consume(
    module: Module, item: ExternType, *, source: str = PROVIDER, name: str = NAME
) -> Module:
    return replace(module, imports=(Import(source, name, item),))


def _enter(name: str, draw: Callable[[Source, str], LinkPair]) -> None:
    CASES[name] = lambda source: draw(source, name)


def _case(name: str) -> Callable[[Callable[[Source, str], LinkPair]], None]:
    return lambda draw: _enter(name, draw)


# Differences of types, from the twins.

_DIRECT: Final = {
    "number": "{}-type",
    "v128": "{}-type",
    "number-or-reference": "{}-type",
    "nullability": "nullability",
    "head-within": "heap-type",
    "head-across": "heap-type",
    "abstract-or-concrete": "heap-type",
    "own-or-twin": "reference-scope",
}

_REASONS: Final = {
    **{
        f"{place}/{what}": reason.format(place)
        for place in ("param", "result", "field", "element")
        for what, reason in _DIRECT.items()
    },
    **{
        f"{'struct' if which == 'field' else 'func'}/{which}-count-{end}": f"{which}-count"
        for which in ("param", "result", "field")
        for end in ("head", "middle", "tail")
    },
    "func/boundary": "param-count",
    "struct/mutability": "field-mutability",
    "struct/packed": "field-storage",
    "array/mutability": "element-mutability",
    "array/packed": "element-storage",
    "kind/struct-or-array": "type-kind",
    "kind/struct-or-func": "type-kind",
    "kind/array-or-func": "type-kind",
    "sub/finality": "finality",
    "group/unused-head": "group-position",
    "group/unused-tail": "group-size",
    "group/sibling": "finality",
    "group/split": "group-size",
}
"""The reason that the deepest difference gives, by attribute of the twins."""

_SAME: Final = tuple(
    name
    for name in MUTATORS
    if name in ("sub/final-spelling", "group/singleton", "group/empty", "group/duplicates")
    or name in ("group/shifted", "group/names", "field/spelling", "param/spelling")
)


def _over_function(module: Module, index: int) -> tuple[Module, ExternType]:
    """Append a function type that refers to a type."""
    end = len(module.types)
    longer = insert(
        module, len(module.groups), [RecGroup([SubType(FuncType([], [ref_type(index)]))])]
    )
    return longer, ModuleTypeIndex(end)


def _twins(source: Source, name: str) -> LinkPair:
    attribute = name.removeprefix("type/")
    twins = MUTATORS[attribute](source)
    assert twins.i is not None
    assert twins.j is not None
    provider, consumer = _over_function(twins.a, twins.i), _over_function(twins.b, twins.j)
    reason = _REASONS.get(attribute)
    if attribute == "group/split" and reason is not None:
        # The second of two members stands elsewhere in its group, too; if it refers to the first,
        # that is no longer in its own group, and comes before.
        both = twins.a if len(twins.a.groups) < len(twins.b.groups) else twins.b
        first = both.starts[len(both.groups) - 1]
        if first != twins.i:
            refers = first in references(both.types[twins.i])
            reason = "reference-scope" if refers else "group-position"
    return LinkPair(_provide(*provider), _consume(*consumer), twins.equal, reason, name)


for _attribute in (*_REASONS, *_SAME):
    _enter(f"type/{_attribute}", _twins)


@_case("type/supertype")
def _supertype(source: Source, name: str) -> LinkPair:
    draft = prefix(source)
    composite = draft.composite(len(draft.types))
    parent = draft.add_sub(SubType(composite, final=False))
    start = len(draft.types)
    final = source.chance(50)
    without, with_ = SubType(composite, final=final), sub_type(composite, parent, final)
    found, expected = (without, with_) if source.chance(50) else (with_, without)
    modules = [
        _over_function(Module((*draft.groups, RecGroup([each]))), start)
        for each in (found, expected)
    ]
    reason = "supertype-extra" if expected is without else "supertype-missing"
    return LinkPair(_provide(*modules[0]), _consume(*modules[1]), False, reason, name)


# Subtypes where they will do, and where they will not.


def _hierarchy(source: Source) -> tuple[Module, int, int]:
    """Draw a module with an open type and a declared subtype: give their indices."""
    draft = prefix(source)
    composites: list[CompositeType] = [
        StructType([]),
        StructType([FieldType(I32)]),
        FuncType([], []),
        FuncType([I32], []),
    ]
    composite = source.pick(composites)
    parent = draft.add_sub(SubType(composite, final=False))
    middle = parent
    for _ in range(source.below(3)):
        middle = draft.add_sub(sub_type(composite, middle, False))
    child = draft.add_sub(sub_type(composite, middle, source.chance(50)))
    return draft.module(), parent, child


@_case("subtype/global")
def _subtype_global(source: Source, name: str) -> LinkPair:
    module, parent, child = _hierarchy(source)
    found, expected = GlobalType(ref_type(child)), GlobalType(ref_type(parent))
    return LinkPair(_provide(module, found), _consume(module, expected), True, None, name)


@_case("subtype/function")
def _subtype_function(source: Source, name: str) -> LinkPair:
    draft = prefix(source)
    composite = FuncType(draft.values(len(draft.types), 2), [])
    parent = draft.add_sub(SubType(composite, final=False))
    child = draft.add_sub(sub_type(composite, parent, source.chance(50)))
    module = draft.module()
    found, expected = ModuleTypeIndex(child), ModuleTypeIndex(parent)
    return LinkPair(_provide(module, found), _consume(module, expected), True, None, name)


@_case("invariance/global")
def _invariant_global(source: Source, name: str) -> LinkPair:
    module, parent, child = _hierarchy(source)
    found, expected = GlobalType(ref_type(child), True), GlobalType(ref_type(parent), True)
    return LinkPair(_provide(module, found), _consume(module, expected), False, "invariance", name)


@_case("invariance/table")
def _invariant_table(source: Source, name: str) -> LinkPair:
    module, parent, child = _hierarchy(source)
    found = TableType(ref_type(child), 1)
    expected = TableType(ref_type(parent), 1)
    return LinkPair(_provide(module, found), _consume(module, expected), False, "invariance", name)


@_case("invariance/tag")
def _invariant_tag(source: Source, name: str) -> LinkPair:
    draft = prefix(source)
    composite = FuncType(draft.values(len(draft.types), 2), [])
    parent = draft.add_sub(SubType(composite, final=False))
    child = draft.add_sub(sub_type(composite, parent, source.chance(50)))
    module = draft.module()
    return LinkPair(
        _provide(module, TagType(ModuleTypeIndex(child))),
        _consume(module, TagType(ModuleTypeIndex(parent))),
        False,
        "invariance",
        name,
    )


@_case("not-declared-subtype")
def _not_declared(source: Source, name: str) -> LinkPair:
    # The same structure, and open; but the one does not declare the other.
    draft = prefix(source)
    composite = source.pick(
        (StructType([]), StructType([FieldType(I32)]), StructType([FieldType(I8, True)]))
    )
    expected = draft.add_sub(SubType(composite, final=False))
    found = draft.add_sub(SubType(composite))
    module = draft.module()
    return LinkPair(
        _provide(module, GlobalType(ref_type(found))),
        _consume(module, GlobalType(ref_type(expected))),
        False,
        "not-declared-subtype",
        name,
    )


# External types.


def _externs(
    source: Source, name: str, found: ExternType, expected: ExternType, reason: str | None
) -> LinkPair:
    module = prefix(source).module()
    return LinkPair(
        _provide(module, found), _consume(module, expected), reason is None, reason, name
    )


@_case("missing-export")
def _missing_export(source: Source, name: str) -> LinkPair:
    item = MemoryType(1)
    module = prefix(source).module()
    wrong = source.pick(("X", "", "x "))
    consumer = _consume(module, item, name=wrong)
    return LinkPair(_provide(module, item), consumer, False, name, name)


@_case("missing-module")
def _missing_module(source: Source, name: str) -> LinkPair:
    item = MemoryType(1)
    module = prefix(source).module()
    wrong = source.pick(("Env", "", "en"))
    consumer = _consume(module, item, source=wrong)
    return LinkPair(_provide(module, item), consumer, False, name, name)


@_case("extern-kind")
def _extern_kind(source: Source, name: str) -> LinkPair:
    items: list[ExternType] = [
        TableType(RefType(FUNC), 1),
        MemoryType(1),
        GlobalType(I32),
    ]
    found = items.pop(source.below(3))
    return _externs(source, name, found, source.pick(items), name)


def _sized(source: Source, name: str) -> LinkPair:
    kind, what = name.split("-", 1)
    low = 1 + source.below(4)
    base: Any = (
        TableType(RefType(FUNC), low, low + 3) if kind == "table" else MemoryType(low, low + 3)
    )
    found, expected = base, base
    reason: str | None
    match what:
        case "min":
            found, reason = replace(base, minimum=low - 1), "limits-min"
        case "max":
            found, reason = replace(base, maximum=source.pick((None, low + 4))), "limits-max"
        case "within":
            found, reason = replace(base, minimum=low + source.below(3)), None
            expected = replace(base, maximum=source.pick((None, low + 3, low + 4)))
        case "address-type":
            expected, reason = replace(base, address64=True), "address-type"
        case "shared":
            expected, reason = replace(base, shared=True), "memory-shared"
        case _:
            assert what == "page-size"
            expected, reason = replace(base, page_size=1), "page-size"
    if reason not in ("limits-min", "limits-max", None) and source.chance(50):
        found, expected = expected, found
    return _externs(source, name, found, expected, reason)


for _what in ("min", "max", "within", "address-type"):
    for _kind in ("table", "memory"):
        _enter(f"{_kind}-{_what}", _sized)
for _what in ("shared", "page-size"):
    _enter(f"memory-{_what}", _sized)


@_case("global-mutability")
def _global_mutability(source: Source, name: str) -> LinkPair:
    mutable = source.chance(50)
    return _externs(source, name, GlobalType(I32, mutable), GlobalType(I32, not mutable), name)


@_case("global-type")
def _global_type(source: Source, name: str) -> LinkPair:
    mutable = source.chance(50)
    others: list[ValueType] = [I64, V128, RefType(ANY)]
    expected = source.pick(others)
    return _externs(source, name, GlobalType(I32, mutable), GlobalType(expected, mutable), name)


@_case("global-heads")
def _global_heads(source: Source, name: str) -> LinkPair:
    # Two abstract heap types, bottoms among them; mostly of one hierarchy.
    tops = (ANY, FUNC, EXTERN, EXN)
    top = source.pick(tops)
    found = source.pick(HIERARCHIES[top])
    expected = source.pick(HIERARCHIES[top if source.chance(70) else source.pick(tops)])
    ok = found == expected or found in BELOW.get(expected, ())
    pair = GlobalType(RefType(found)), GlobalType(RefType(expected))
    return _externs(source, name, *pair, None if ok else "heap-type")


@_case("global-nullability")
def _global_nullability(source: Source, name: str) -> LinkPair:
    head = source.pick((FUNC, EXTERN, ANY))
    found, expected = GlobalType(RefType(head)), GlobalType(RefType(head, False))
    return _externs(source, name, found, expected, "nullability")


STANDARD: Final = tuple(name for name in CASES if name not in FEATURES)
"""Those that need no feature."""


def link_pair(source: Source, case: str | None = None) -> LinkPair:
    """Draw a pair: of a case by name, else of any that needs no feature.

    `ValueError` for a case that there is not.
    """
    if case is None:
        case = source.pick(STANDARD)
    return CASES[known("case", case, CASES)](source)
