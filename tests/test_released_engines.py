"""Released engines with known faults are found out (D6): `docs/engines.md` has the whole table."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from typereg.testing import engines
from typereg.testing.fuzz import Run

pytestmark = pytest.mark.network

EXAMPLES = 300
KNOWN = {
    "29.0.0": {("valid", None, "True"), ("matches", "global", "False")},
    "44.0.0": {("matches", "imported-function", "False"), ("link", None, "crash: SIGSEGV")},
}
"""By version: what differs, by which probe, and what it says."""


@pytest.mark.parametrize("version", KNOWN)
def test_d06_a_released_engine_is_found_out(
    version: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = ("pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path))
    subprocess.run([sys.executable, "-m", *install, f"wasmtime=={version}"], check=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with engines.Wasmtime() as engine:
        assert engine.ready() == f"wasmtime {version}"
        run = Run(1, {"wasmtime": engine})
        while run.examples < EXAMPLES:
            run.step()
        run.finish()
    found = {(each.question, each.probe, each.got) for each in run.findings}
    assert found >= KNOWN[version]
