"""Long runs of new types, with others behind them: what a decoder expects at the end of such a run
must not show, whatever comes instead (clauses G1, G4, G11)."""

from __future__ import annotations

import pytest

import typereg as tr
from typereg.testing import wasm

NUMBERS = (wasm.I32, wasm.I64, wasm.F32, wasm.F64)

RUN = 16_500
"""More new types in a row than it takes to expect another."""


def different(number: int) -> bytes:
    """A function type that no other number gives: base 4, in its parameters."""
    return wasm.func([NUMBERS[number >> shift & 3] for shift in range(0, 20, 2)])


def run(length: int = RUN) -> list[bytes]:
    """So many types, all different."""
    return [different(number) for number in range(length)]


def classes(*groups: bytes) -> list[int]:
    """By type: the first type that it is the same as."""
    engine = tr.Engine()
    first: dict[tr.SharedTypeIndex, int] = {}
    with engine.register(wasm.types(*groups)) as types:
        indices = types.as_module_map()
        found = [first.setdefault(index, place) for place, index in enumerate(indices)]
        assert all(types.module_local_type(index) is not None for index in indices)
    assert len(engine.registry) == 0
    return found


@pytest.mark.parametrize("before", [0, 1, 2, 126, 127, 128, 129])
@pytest.mark.parametrize("behind", [0, 1, 127, 128])
def test_g01_a_known_type_after_a_run_of_new_ones(before: int, behind: int) -> None:
    start = RUN + before
    groups = [*run(start), different(5), *(different(start + more) for more in range(behind))]
    assert classes(*groups) == [*range(start), 5, *range(start + 1, start + 1 + behind)]


def test_g01_what_refers_to_repeats_after_a_run() -> None:
    new, again = different(RUN), different(7)
    behind = [
        new,  # RUN
        again,  # the same as 7
        wasm.array(wasm.field(wasm.ref(RUN + 1))),
        wasm.array(wasm.field(wasm.ref(7))),  # the same as the one before
        new,  # the same as RUN
        wasm.array(wasm.field(wasm.ref(RUN + 4))),
        wasm.array(wasm.field(wasm.ref(RUN))),  # the same as the one before
    ]
    assert classes(*run(), *behind)[RUN:] == [RUN, 7, RUN + 2, RUN + 2, RUN, RUN + 5, RUN + 5]


def test_g04_subtypes_by_repeats_after_a_run() -> None:
    """The field's type is the supertype's, by another index."""
    behind = [
        wasm.sub(wasm.struct(wasm.field(wasm.I64))),  # RUN
        wasm.sub(wasm.struct(wasm.field(wasm.ref(RUN), mutable=True))),
        wasm.sub(wasm.struct(wasm.field(wasm.I64))),  # the same as RUN
        wasm.sub(wasm.struct(wasm.field(wasm.ref(RUN + 2), mutable=True)), RUN + 1),
    ]
    assert classes(*run(), *behind)[RUN:] == [RUN, RUN + 1, RUN, RUN + 3]
    behind[2] = wasm.sub(wasm.struct(wasm.field(wasm.F64)))
    with pytest.raises(tr.ValidationError) as caught:
        tr.Module(wasm.types(*run(), *behind))
    assert caught.value.type_index == RUN + 3


@pytest.mark.parametrize("behind", [0, 1, 60, 200])
def test_g11_types_and_errors_behind_a_repeat_after_a_run(behind: int) -> None:
    groups = [*run(RUN + 3), different(5), *(different(RUN + 3 + more) for more in range(behind))]
    module = tr.Module(wasm.types(*groups, wasm.rec(), wasm.struct()))
    assert len(module.types) == len(groups) + 1
    assert len(module.rec_groups) == len(groups) + 2
    alone = tr.Module(wasm.types(different(RUN), different(5)))
    assert module.types[RUN] == alone.types[0]
    assert module.types[RUN + 3] == module.types[5] == alone.types[1]
    data = wasm.types(*groups, b"\x11")
    with pytest.raises(tr.DecodeError) as caught:
        tr.Module(data)
    assert caught.value.offset == len(data) - 1
