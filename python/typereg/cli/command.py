"""The parser of one command: files may stand before, behind and between the options."""

import argparse
from collections.abc import Sequence
from typing import Any

MARK = "\0"
"""Before an argument that argparse is not to take for an option; none of a process holds one."""


class Command(argparse.ArgumentParser):
    """A parser that takes files wherever they stand, as `parse_intermixed_args` alone would.

    That loses a ``--`` before the first file on its way, so what stands behind it is marked.
    """

    _within = False

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Make one as `argparse.ArgumentParser`, in which plain arguments lose their mark."""
        super().__init__(*arguments, **keywords)
        self.register("type", None, unmarked)

    def parse_known_args(self, *arguments: Any, **keywords: Any) -> tuple[Any, list[str]]:
        """Parse what stands behind the command's name."""
        if self._within:  # up to Python 3.12, the other way of parsing is made of this one
            return super().parse_known_args(*arguments, **keywords)
        self._within = True
        try:
            given, *rest = arguments
            found, unknown = self.parse_known_intermixed_args(marked(given), *rest, **keywords)
        finally:
            self._within = False
        return found, [unmarked(each) for each in unknown]


def marked(arguments: Sequence[str]) -> list[str]:
    """Mark what stands behind the first ``--``, and leave that out."""
    if "--" not in arguments:
        return [*arguments]
    at = arguments.index("--")
    return [*arguments[:at], *(MARK + each for each in arguments[at + 1 :])]


def unmarked(argument: str) -> str:
    """Give an argument as it was."""
    return argument.removeprefix(MARK)
