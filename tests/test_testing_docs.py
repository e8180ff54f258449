"""The kit's pages in `docs/` are run as they stand, and print what they say."""

from __future__ import annotations

import contextlib
import inspect
import io
import pathlib
import re
import unittest
from typing import Any

from hypothesis import settings

from typereg.testing.protocol import CAPABILITIES

DOCS = pathlib.Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def run(name: str) -> tuple[dict[str, Any], list[str]]:
    """Run the examples of a page: give what they leave behind, and their source."""
    path = DOCS / name
    namespace: dict[str, Any] = {}
    sources: list[str] = []
    printed = ""
    for language, text in BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "text":
            assert printed == text
            continue
        sources.append(text)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            # Under the page's own name its text would be taken for the source.
            exec(compile(text, f"<{name}>", "exec"), namespace)
        printed = out.getvalue()
    return namespace, sources


def test_d03_the_page_on_ones_own_registry_is_true() -> None:
    namespace, sources = run("testing-your-registry.md")
    case = namespace["TestMended"]
    # As it stands, and with as many steps as a reader's own profile may have.
    for own in case.settings, settings(case.settings, max_examples=2, stateful_step_count=160):
        case.settings = own
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
        assert result.testsRun == 1
        assert result.wasSuccessful(), result.failures or result.errors
    namespace["test_mutability"]()
    # A toy in some forty lines.
    assert len(sources[0].strip().splitlines()) < 50


def test_d03_the_page_on_ones_own_registry_lists_the_methods_as_they_are() -> None:
    text = (DOCS / "testing-your-registry.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (`[A-Z].*?) \| (.*?) \|", text, re.MULTILINE)
    methods = {call for _, cell in listed for call in re.findall(r"`(.*?)`", cell)}
    expected = {"features"}
    for capability in CAPABILITIES.values():
        for name, method in inspect.getmembers(capability, inspect.isfunction):
            if not name.startswith("_"):
                _, *parameters = inspect.signature(method).parameters
                expected.add(f"{name}({', '.join(parameters)})")
    assert methods == expected


def test_d06_the_page_on_engines_is_true() -> None:
    _, sources = run("engines.md")
    assert any("CommandLine" in source for source in sources)
