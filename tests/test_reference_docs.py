"""What docs/reference.md and the package's docstring show runs as shown. D1."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from typereg import reference

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("block", BLOCKS)
def test_d01_the_page_shows_what_runs(block: str) -> None:
    exec(compile(block, str(PAGE), "exec"), {"__name__": "reference_page"})


def test_d01_the_docstring_shows_what_runs() -> None:
    failed, attempted = doctest.testmod(reference)
    assert (failed, attempted > 0) == (0, True)


def test_d01_every_file_of_the_table_is_there() -> None:
    package = Path(reference.__file__).parent
    named = re.findall(r"`([a-z_/]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 8
    assert [name for name in named if not (package / name).is_file()] == []
