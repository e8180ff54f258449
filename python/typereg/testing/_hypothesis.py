"""What the kit takes of Hypothesis: the one place where it may be missing."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("hypothesis") is None:
    raise ModuleNotFoundError(
        "typereg.testing.strategies and typereg.testing.machine need Hypothesis: "
        "pip install 'typereg[testing]' (typereg.testing.checks does without)",
        name="hypothesis",
    )

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

__all__ = ["RuleBasedStateMachine", "initialize", "precondition", "rule", "st"]
