"""The stateful test (D3), on typereg, on the reference, and on registries with a fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase

from support.machines import run_machine
from typereg.testing import faults, machine
from typereg.testing.side_by_side import Difference


def run(
    factory: Callable[[], Any], watchdog: Callable[[], None], *, examples: int = 6, **changes: Any
) -> None:
    class Machine(machine.registry_machine(factory)):  # type: ignore[misc]
        def __init__(self) -> None:
            watchdog()  # to shrink a failure takes minutes
            super().__init__()

    run_machine(Machine, examples=examples, **changes)


def test_d03_typereg_agrees_step_by_step(watchdog: Callable[[], None]) -> None:
    run(lambda: machine.TyperegRegistry(trace=True), watchdog)


@pytest.mark.parametrize("bits", [0, 4])
def test_d03_typereg_agrees_under_a_weak_hash(bits: int, watchdog: Callable[[], None]) -> None:
    run(lambda: machine.TyperegRegistry(weak_hash_bits=bits), watchdog)


def test_d03_the_reference_agrees_with_itself(watchdog: Callable[[], None]) -> None:
    run(machine.ReferenceRegistry, watchdog)


def test_d03_a_failing_machine_shows_its_operations_by_number(
    watchdog: Callable[[], None],
) -> None:
    with pytest.raises(Difference, match="how many types live: the registry says") as failed:
        run(faults.ALL["never-freed"], watchdog, examples=50, phases=[Phase.generate])
    told = "\n".join(failed.value.__notes__)  # type: ignore[attr-defined] # since Python 3.11
    assert re.search(r"\(operation 0\): Register\(\s*module=section\(", told), told
    assert re.search(r"\(operation \d+\): Close\(loaded=\d+\)", told), told
    assert "composite=" not in told
    # Giving back what the failure left does not fail once more.
    assert failed.value.__context__ is None


@pytest.mark.parametrize("name", ["never-freed", "trampoline-self-edge", "unrolled-once"])
def test_d03_the_machine_finds_faults(name: str, watchdog: Callable[[], None]) -> None:
    with pytest.raises((Difference, AssertionError)):
        run(faults.ALL[name], watchdog, examples=200, phases=[Phase.generate])
