"""`docs/testing-your-registry.md` is run as it stands, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import pathlib
import re
import unittest
from typing import Any

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "testing-your-registry.md"
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def test_d03_the_page_on_ones_own_registry_is_true() -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {}
    printed = ""
    for language, text in blocks:
        if language == "text":
            assert printed == text
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, str(PAGE), "exec"), namespace)
        printed = out.getvalue()
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(namespace["TestMended"]).run(result)
    assert result.testsRun == 1
    assert result.wasSuccessful(), result.failures or result.errors
    # A toy in some forty lines.
    assert len(blocks[0][1].strip().splitlines()) < 50
