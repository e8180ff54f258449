"""How reports are printed: the text of those on differences, in colour where it is wanted; JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

from . import console
from .console import Line

TITLE = "bold"
REASON = "bold red"
SUMMARY = "bold"
PLACE = "cyan"
EXPECTED = "green"
FOUND = "red"
QUIET = "dim"

_HEAD = re.compile(r"(.*: )([a-z-]+)")
_LABELS = {
    "expected": EXPECTED,
    "old": EXPECTED,
    "found": FOUND,
    "new": FOUND,
    "hint": PLACE,
}


def styled(text: str, last: str = "") -> Iterator[Line]:
    """Give the lines of a report's text with their styles; the last line has one of its own."""
    *lines, end = text.split("\n")
    style = ""
    for line in lines:
        style, spans = _line(line, style)
        yield spans
    yield [(end, last)] if last else _line(end, style)[1]


def _line(line: str, style: str) -> tuple[str, Line]:
    """Style one line; one that goes on with what stands above it is styled like that."""
    if not line.startswith(" "):
        head = _HEAD.fullmatch(line)
        spans: Line = [(head[1], TITLE), (head[2], REASON)] if head else [(line, TITLE)]
        return "", spans
    if line.startswith("  at "):
        return PLACE, [("  at ", QUIET), (line[5:], PLACE)]
    label = line[2:12].rstrip()
    if label in _LABELS:
        style = _LABELS[label]
        return style, [(line[:12], QUIET), (line[12:], style)]
    return style, [(line, style)]


def write_json(report: dict[str, Any]) -> None:
    """Print JSON on one line."""
    console.write_text(json.dumps(report) + "\n")
