"""What is asked for by name: an unknown one is told at once, with those that there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeVar

_Name = TypeVar("_Name", bound=str)


def known(what: str, name: object, names: Iterable[_Name]) -> _Name:
    """Give a name that is one of some; else `ValueError`, with what is near and what there is."""
    there = list(names)
    for each in there:
        if each == name:
            return each
    near = difflib.get_close_matches(str(name), there, n=3)
    hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
    raise ValueError(f"no {what} {name!r}{hint}; there are: {', '.join(there)}")
