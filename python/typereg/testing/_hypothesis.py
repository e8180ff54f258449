"""What the kit takes of Hypothesis: the one place where it may be missing."""

from __future__ import annotations

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
except ModuleNotFoundError as error:
    if error.name != "hypothesis":
        raise
    raise ModuleNotFoundError(
        "typereg.testing.strategies and typereg.testing.machine need Hypothesis: "
        "pip install 'typereg[testing]' (typereg.testing.checks does without)",
        name="hypothesis",
    ) from error

__all__ = ["RuleBasedStateMachine", "initialize", "precondition", "rule", "st"]
