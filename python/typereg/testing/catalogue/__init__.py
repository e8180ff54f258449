"""Pages that enumerate: each attribute of section T at each place, hundreds of types at once.

Near twins find a difference that is drawn; these leave none to luck. A page is a section of types
that are nearly alike, in an order that the source draws, so every pair of them is compared at once;
or a list of small modules for validity or linking. What it shows is made small like all else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import TypeAlias

from typereg.testing.programs import Program
from typereg.testing.source import Source

from .built import built
from .lifetimes import (
    again,
    both_ways,
    cascade,
    chains,
    copies,
    drops,
    identities,
    returned,
    reused,
)
from .linking import KINDS, interfaces, links, names, page_sizes
from .related import RELATED, chain, continuations, distant, many, matching, related, unrolled
from .sections import ONE_WAY, SECTIONS, types
from .validity import VARIANCES, continuing, inheritance, interfaces_of, sizes, variances

Page: TypeAlias = tuple[str, Callable[[Source], Program], int | None]
"""A page: its name, what draws it, and to how many bits it wants hashes cut, if they can be."""


def pages(can: Collection[str]) -> list[Page]:
    """List the pages for what a registry can do; those that take long come last."""

    def each(draw: Callable[..., Program], names: Iterable[object], *more: object) -> list[Page]:
        return [(f"{name}", partial(_of, draw, name, *more), None) for name in names]

    found: list[Page] = [("matching", matching, None)] if "matches" in can else []
    if "weak_hash" in can:
        # Where hashes are alike, another part of a registry decides.
        found += [
            ("unrolled", unrolled, 0),
            ("distant", distant, 0),
            ("own members", partial(_of, types, "own members", False), 4),
        ]
        found += [("lists", partial(_of, types, "lists", False), 4)]
        found += [("declarations", partial(_of, types, "declarations", True), 4)]
        found += [("chains", chains, bits) for bits in (0, 1) if "lifetime" in can]
    found += each(types, SECTIONS, False)
    found += [("again", again, None), ("unrolled", unrolled, None), ("distant", distant, None)]
    if "stack_switching" in can:
        found.append(("continuations", continuations, None))
    if "lifetime" in can:
        found += [("chains", chains, None), ("cascade", cascade, None)]
    if "handles" in can:
        found += [("copies", copies, None), ("reused", reused, None)]
    if "by_hand" in can:
        found += [("identities", identities, None), ("both ways", both_ways, None)]
    if "returning" in can:
        found.append(("returned", returned, None))
    if "link" in can:
        found += [*each(links, KINDS), ("interfaces", interfaces, None), ("names", names, None)]
    found.append(("chain", chain, None))
    if "validate" in can:
        found += [("inheritance", inheritance, None), ("exports", interfaces_of, None)]
    if {"validate", "by_hand"} <= {*can}:
        found.append(("built", built, None))
    if {"validate", "stack_switching"} <= {*can}:
        found.append(("continuing", continuing, None))
    if {"validate", "custom_page_sizes"} <= {*can}:
        found.append(("sizes of pages", sizes, None))
    found += each(types, [name for name in SECTIONS if name not in ONE_WAY], True)
    found += [(f"related {where}", partial(_of, related, where), None) for where in RELATED]
    if "validate" in can:
        found += each(variances, VARIANCES)
    found.append(("many", many, None))
    if "split_drop" in can:
        found.append(("drops", drops, None))
    if {"link", "custom_page_sizes"} <= {*can}:
        found.append(("page sizes", page_sizes, None))
    return found


def _of(draw: Callable[..., Program], name: object, *rest: object) -> Program:
    *more, source = rest
    return draw(source, name, *more)
