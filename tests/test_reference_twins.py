"""The reference on the kit's near twins and link pairs: it answers as labelled, and as typereg. D1.

The labels are the generators', which know of neither.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given, settings

import typereg as tr
from typereg import reference as ref
from typereg.reference import convert, structure
from typereg.testing import strategies as st
from typereg.testing.links import PROVIDER, LinkPair
from typereg.testing.spec import Module
from typereg.testing.twins.base import Twins

ON = {"stack_switching": True, "custom_page_sizes": True}
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
MANY = settings(max_examples=4000 if NIGHTLY else 400)


def read(module: Module) -> ref.Module:
    """The module as the reference reads it."""
    return ref.Module(module.wasm, features=ref.Features(**ON))


def extern(module: ref.Module, name: str) -> Any:
    """What a module exports by a name, closed."""
    (found,) = (export for export in module.exports if export.name == name)
    return module.extern(found)


@MANY
@given(st.near_twins())
def test_d01_near_twins_are_told_apart(twins: Twins) -> None:
    a = read(twins.a)
    if twins.question == "validity":
        try:
            read(twins.b)
        except (ref.ValidationError, ref.LimitError):
            return
        raise AssertionError(f"{twins.attribute}: taken for valid:\n{twins.b.wat}")
    b = read(twins.b)
    if twins.question == "type":
        assert twins.i is not None
        assert twins.j is not None
        one, two = a.def_type(twins.i), b.def_type(twins.j)
        assert structure.equal(one, two) is twins.equal, twins.attribute
        engine = ref.Engine(features=ref.Features(**ON))
        first, second = engine.register(a), engine.register(b)
        same = first.shared_type(twins.i) == second.shared_type(twins.j)
        assert same is twins.equal, twins.attribute
    elif twins.question == "extern":
        assert twins.export is not None
        one, two = extern(a, twins.export), extern(b, twins.export)
        assert structure.equal(one, two) is twins.equal, twins.attribute


@MANY
@given(st.near_twins())
def test_d01_typereg_and_the_reference_agree_on_near_twins(twins: Twins) -> None:
    if twins.question == "validity":
        return
    mine = [read(module) for module in (twins.a, twins.b)]
    theirs = [tr.Module(module.wasm, features=tr.Features(**ON)) for module in mine]
    for ours, other in zip(mine, theirs, strict=True):
        assert convert.from_typereg(tuple(other.types)) == ours.types
        assert convert.from_typereg(other.imports) == ours.imports
        assert convert.from_typereg(other.exports) == ours.exports
        assert other.tags == ours.tags
    for i in range(len(mine[0].types)):
        for j in range(len(mine[1].types)):
            equal, matches = (
                question(mine[0], i, mine[1], j) for question in (ref.equal, ref.matches)
            )
            assert equal is tr.equal(theirs[0], i, theirs[1], j)
            assert matches is tr.matches(theirs[0], i, theirs[1], j)


@MANY
@given(st.link_pairs())
def test_d01_link_pairs_link_where_externals_match(pair: LinkPair) -> None:
    provider, consumer = read(pair.provider), read(pair.consumer)
    exports = {export.name: provider.extern(export) for export in provider.exports}
    links = all(
        wanted.module == PROVIDER
        and wanted.name in exports
        and structure.matches(exports[wanted.name], consumer.extern(wanted))
        for wanted in consumer.imports
    )
    assert links is pair.ok, (pair.case, pair.reason)
