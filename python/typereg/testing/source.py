"""Where generators get their choices from: a seeded generator of numbers, or Hypothesis."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Source(Protocol):
    """Choices. Every generator of the kit is written over it once, and runs on either kind."""

    def below(self, count: int) -> int:
        """Give a number from 0 and less than `count`; small ones are simpler."""
        ...

    def pick(self, items: Sequence[_T]) -> _T:
        """Give one of some items; earlier ones are simpler."""
        ...

    def chance(self, percent: int) -> bool:
        """Say yes so often in a hundred times; no is simpler."""
        ...

    def several(self, most: int, make: Callable[[], _T]) -> list[_T]:
        """Give up to so many of what a function makes with more choices; fewer are simpler."""
        ...


class Seeded:
    """Choices that a seed decides: some hundred thousand a second."""

    def __init__(self, seed: int | str) -> None:
        """Begin at a seed."""
        self._random = random.Random(seed).random

    def below(self, count: int) -> int:
        """Give a number from 0 and less than `count`."""
        return int(self._random() * count)

    def pick(self, items: Sequence[_T]) -> _T:
        """Give one of some items."""
        return items[int(self._random() * len(items))]

    def chance(self, percent: int) -> bool:
        """Say yes so often in a hundred times."""
        return self._random() * 100 < percent

    def several(self, most: int, make: Callable[[], _T]) -> list[_T]:
        """Give up to so many of what a function makes."""
        return [make() for _ in range(self.below(most + 1))]
