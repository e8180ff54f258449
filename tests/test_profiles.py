"""The Hypothesis profiles of `conftest.py`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("profile", "alike"), [("default", True), ("dev", False), ("nightly", False)]
)
def test_only_the_default_profile_draws_the_same_at_each_run(profile: str, alike: bool) -> None:
    def drawn() -> list[int]:
        seen: list[int] = []

        @settings(settings.get_profile(profile), max_examples=5, database=None)
        @given(st.integers(0, 2**64))
        def run(number: int) -> None:
            seen.append(number)

        run()
        return seen

    assert (drawn() == drawn()) is alike
