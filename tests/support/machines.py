"""Running state machines: once, always alike, or with the profile `nightly` in many short runs."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

RUNS = 20 if NIGHTLY else 1
"""How many runs a machine has, each with choices of its own."""

DEEP = 25
"""How many examples a nightly run has. Hypothesis remembers every choice of a run, a megabyte and
more for an example of 150 steps, and lets go of it with the run: so runs are short, and many."""


def run_machine(machine: type[RuleBasedStateMachine], *, examples: int, **changes: Any) -> None:
    """Run a machine on so many examples, or as deep as nightly runs go."""
    own = settings(
        max_examples=DEEP if NIGHTLY else examples,
        # As in Hypothesis' own settings for machines: one of them looks at the clock.
        suppress_health_check=list(HealthCheck),
        **changes,
    )
    for _ in range(RUNS):
        run_state_machine_as_test(machine, settings=own)
