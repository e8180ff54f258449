"""Digests that were written down earlier, and what became of them since."""

import json
import pathlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .options import STDIN, UnreadableInput, standard_input

SCHEMA = "typereg.digest/1"
"""Described in ``schemas/digest-1.schema.json`` beside this file."""

Files = Mapping[str, Sequence[str]]
"""Of each file the digests of its types in hexadecimal, by type index."""


class Difference(NamedTuple):
    """A type that is not as it was: ``was`` and ``now`` are digests, or ``None``."""

    file: str
    type: int
    was: str | None
    now: str | None

    @property
    def change(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        if self.was is None:
            return "added"
        return "removed" if self.now is None else "changed"

    def to_json(self) -> dict[str, object]:
        """Give the entry of the JSON report."""
        return {
            "file": self.file,
            "change": self.change,
            "type": self.type,
            "was": self.was,
            "now": self.now,
        }


def read(file: str, files: Sequence[str]) -> Files:
    """Read what ``digest --json`` wrote, ``-`` as standard input unless that is a module."""
    if file == STDIN and STDIN in files:
        raise UnreadableInput([f"{STDIN}: standard input can be read once only"])
    try:
        content = standard_input().read() if file == STDIN else pathlib.Path(file).read_bytes()
        text = content.decode()
    except OSError as error:
        raise UnreadableInput([f"{file}: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise UnreadableInput([f"{file}: not UTF-8 (at offset {error.start:#x})"]) from error
    try:
        return _files(json.loads(text))
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode())
        message = f"{file}: not JSON: {error.msg} (at offset {offset:#x})"
        raise UnreadableInput([message]) from error
    except (RecursionError, ValueError) as error:
        message = f"{file}: not what `typereg digest --json` writes: {error}"
        raise UnreadableInput([message]) from error


def _files(report: object) -> Files:
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise ValueError(f"expected an object whose schema is {SCHEMA!r}")
    modules = report.get("modules")
    if not isinstance(modules, list):
        raise ValueError("expected a list of modules")
    files: dict[str, list[str]] = {}
    for position, module in enumerate(modules):
        where = f"modules[{position}]"
        if not isinstance(module, dict) or not isinstance(module.get("file"), str):
            raise ValueError(f"{where} has no file")
        types = module.get("types")
        if not isinstance(types, list) or not all(map(_is_digest, types)):
            raise ValueError(f"{where}.types is not a list of digests of 64 hexadecimal digits")
        if module["file"] in files:
            raise ValueError(f"{where} is {module['file']!r} once more")
        files[module["file"]] = types
    return files


def _is_digest(value: object) -> bool:
    digits = "0123456789abcdef"
    return isinstance(value, str) and len(value) == 64 and set(value) <= set(digits)


def compare(was: Files, now: Files) -> list[Difference]:
    """List the types that differ, by file and index.

    Files go by name. Within a file it does not matter which index a type has: what counts is
    whether there are as many types of each digest as there were. Of those that there are not, an
    old one and a new one of the same index are one change.
    """
    differences: list[Difference] = []
    for file in [*now, *(file for file in was if file not in now)]:
        before, after = was.get(file, []), now.get(file, [])
        removed = _beyond(before, after)
        added = _beyond(after, before)
        differences += (
            Difference(file, index, removed.get(index), added.get(index))
            for index in sorted({*removed, *added})
        )
    return differences


def _beyond(types: Sequence[str], others: Sequence[str]) -> dict[int, str]:
    """List the types, by index, that the others have fewer of; of equal ones the last."""
    left = Counter(others)
    beyond: dict[int, str] = {}
    for index, digest in enumerate(types):
        if left[digest] > 0:
            left[digest] -= 1
        else:
            beyond[index] = digest
    return beyond
