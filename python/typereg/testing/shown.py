"""Values that write themselves as what makes them: on one line, or a line for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from typereg.reference.types import RecGroup

INDENT = 4


@dataclass(frozen=True, repr=False)
class Call:
    """What makes a value: a name, its arguments by keyword or without, what is taken of it."""

    name: str
    arguments: Sequence[tuple[str, object]]
    attribute: str = ""

    def __repr__(self) -> str:
        arguments = ", ".join(f"{_keyword(key)}{value!r}" for key, value in self.arguments)
        return f"{self.name}({arguments}){self.attribute}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print it as Hypothesis and IPython do: a line for each argument if one is too short."""
        _print(printer, f"{self.name}(", self.arguments, f"){self.attribute}")


class Shown:
    """A value that knows what makes it."""

    def _call(self) -> Call:
        raise NotImplementedError

    def __repr__(self) -> str:
        return repr(self._call())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        self._call()._repr_pretty_(printer, cycle)


def by_fields(value: Any) -> Call:
    """Write a dataclass by its fields, those left out that are as if nothing were said."""
    said = [(each.name, getattr(value, each.name), each.default) for each in fields(value)]
    return Call(
        type(value).__name__,
        [(name, given) for name, given, default in said if default is MISSING or given != default],
    )


def _print(printer: Any, start: str, parts: Sequence[tuple[str, object]], end: str) -> None:
    """Print parts between two words, all on one line or each on its own."""
    with printer.group(INDENT, start, end):
        for number, (key, value) in enumerate(parts):
            if number:
                printer.text(",")
            printer.breakable(" " if number else "")
            printer.text(_keyword(key))
            if isinstance(value, tuple) and len(value) > 1:
                _print(printer, "(", [("", each) for each in value], ")")
            elif isinstance(value, RecGroup) and len(value.members) > 1:
                members = [("", each) for each in value.members]
                _print(printer, f"{type(value).__name__}([", members, "])")
            elif isinstance(value, (Shown, Call)):
                printer.pretty(value)
            else:  # for Hypothesis a dataclass is all its fields, whatever it says of itself
                printer.text(repr(value))


def _keyword(name: str) -> str:
    return f"{name}=" if name else ""
