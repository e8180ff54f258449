"""What a test asks of a registry again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import typereg as tr

OPEN = tr.SubType(tr.StructType([]), final=False)
"""An open struct without fields: every struct may declare it as its supertype."""


def unique(number: int) -> tr.FuncType:
    """A function type that no other number gives."""
    return tr.FuncType([tr.F64] * (number % 29), [tr.I64] * (number // 29))


def holder(*indices: tr.SharedTypeIndex) -> tr.StructType:
    """A struct with a reference to each index, in order."""
    return tr.StructType([tr.FieldType(tr.RefType(index)) for index in indices])


def slots(handles: Iterable[tr.RegisteredType]) -> list[int]:
    """The slots of handles, in order."""
    return [handle.index.bits for handle in handles]


def live(engine: tr.Engine) -> list[int]:
    """The live slots, ascending."""
    return sorted(index.bits for index in engine.registry)


def probe(engine: tr.Engine, count: int) -> list[int]:
    """Which slots the next `count` registrations would get. Closed again in reverse, the slots
    come back in the same order."""
    # A number in the mutabilities of a struct's fields: as many types as it takes, in an engine
    # that allows few fields, too.
    width = min(40, engine.limits.fields)
    assert count <= 2**width
    structs = (
        tr.StructType([tr.FieldType(tr.V128, bool(number >> bit & 1)) for bit in range(width)])
        for number in range(count)
    )
    handles = [tr.RegisteredType(engine, struct) for struct in structs]
    found = slots(handles)
    for handle in reversed(handles):
        handle.close()
    return found


def numbers(engine: tr.Engine) -> tuple[int, ...]:
    """The statistics that tell what is alive, without those that only ever grow."""
    stats = engine.registry.stats()
    return (
        stats.types,
        stats.groups,
        stats.registrations,
        stats.edges,
        stats.external,
        stats.bytes,
    )


@contextmanager
def unchanged(engine: tr.Engine, *, probes: int = 6) -> Iterator[None]:
    """The body leaves the live set, the counts and the free list as they were (K9). Without
    probes the free list is not looked at: a body that registers and releases may permute it."""

    def look() -> tuple[object, ...]:
        found = probe(engine, probes)
        counts = []
        for index in sorted(engine.registry, key=int):
            handle = tr.RegisteredType.root(engine, index)
            assert handle is not None
            with handle:
                counts.append((index, handle.registrations - 1))
        return found, counts, numbers(engine)

    before = look()
    yield
    assert look() == before
