"""`docs/link.md` and `examples/preflight.py`: every example is run, and an engine agrees."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
from collections import Counter

import pytest

import typereg as tr
from test_cli_inspect import typereg
from typereg.testing import engines, links
from typereg.testing.source import Seeded

ROOT = pathlib.Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "link.md").read_text()
_INTRODUCTION, *_SECTIONS = PAGE.split("\n## ")
EXAMPLES = {text.split("\n", 1)[0]: text for text in _SECTIONS}

SCHEMA = pathlib.Path(tr.__file__).parent / "cli" / "schemas" / "link-1.schema.json"
REASONS = json.loads(SCHEMA.read_text())["$defs"]["reason"]["enum"]

NO_ENGINE = {"missing-module", "ambiguous-module"}
"""Of what modules are called, engines know nothing: whoever instantiates looks exports up."""


def files_of(text: str, folder: pathlib.Path) -> list[str]:
    """Write the files of an example, and give their names."""
    files = re.findall(r"```wat\n;; (\S+)\n(.*?)```", text, re.DOTALL)
    for name, content in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return [name for name, _ in files]


def test_l_the_page_has_an_example_for_each_reason() -> None:
    assert list(EXAMPLES) == REASONS


@pytest.mark.parametrize("reason", EXAMPLES)
def test_l_the_page_shows_what_is_printed(tmp_path: pathlib.Path, reason: str) -> None:
    text = EXAMPLES[reason]
    files_of(text, tmp_path)
    sessions = re.findall(r"```console\n\$ (.*?[^\\])\n(.*?)```", text, re.DOTALL)
    first, *others = sessions
    assert others
    for command, output in sessions:
        name, *arguments = shlex.split(command.replace("\\\n", ""))
        assert name == "typereg"
        done = typereg(tmp_path, *arguments)
        assert (done.stdout.decode(), done.stderr) == (output, b"")
        assert done.returncode == (1 if (command, output) == first else 0)
        assert all(len(line) <= 80 for line in output.splitlines())
    assert f": {reason}\n" in first[1]


def test_l_the_introduction_runs(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (contract,) = files_of(_INTRODUCTION, tmp_path)
    assert len(tr.Module.from_file(tmp_path / contract).exports) == 1
    (code,) = re.findall(r"```python\n(.*?)```", _INTRODUCTION, re.DOTALL)
    for name in ("host", "plugin"):
        (tmp_path / f"{name}.wasm").write_bytes(tr.Module("(module)").wasm)
    monkeypatch.chdir(tmp_path)
    exec(code, {})


def preflight(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the example in a process of its own: an engine may end it."""
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / "preflight.py"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("reason", [each for each in EXAMPLES if each not in NO_ENGINE])
def test_l_an_engine_agrees(tmp_path: pathlib.Path, reason: str) -> None:
    """What does not fit is refused by wasmtime as well, and what is mended is taken."""
    pytest.importorskip("wasmtime")
    files_of(EXAMPLES[reason], tmp_path)
    for plugin, fits in (("plugin.wat", False), ("mended.wat", True)):
        done = preflight(tmp_path, "host.wat", plugin, "--verdicts")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["typereg"]["ok"], said["engine"]["ok"]) == (fits, fits), said
        if not fits:
            assert [each["reason"] for each in said["typereg"]["mismatches"]] == [reason]


MORE_PAIRS = {
    "a declared subtype of a function": (
        '(type $p (sub (func))) (type $c (sub $p (func))) (func (export "x") (type $c))',
        '(type $p (sub (func))) (import "env" "x" (func (type $p)))',
        None,
    ),
    "a subtype in a global": (
        '(type $s (struct)) (global (export "x") (ref $s) (struct.new $s))',
        '(import "env" "x" (global structref))',
        None,
    ),
    "a subtype in a mutable global": (
        '(type $s (struct)) (global (export "x") (mut (ref null $s)) (ref.null $s))',
        '(import "env" "x" (global (mut structref)))',
        "invariance",
    ),
    "a subtype of a tag's": (
        '(type $p (sub (func))) (type $c (sub $p (func))) (tag (export "x") (type $c))',
        '(type $p (sub (func))) (import "env" "x" (tag (type $p)))',
        "invariance",
    ),
    "a tag": (
        '(tag (export "x") (param i32))',
        '(import "env" "x" (tag (param i32)))',
        None,
    ),
    "bounds within bounds": (
        '(table (export "x") 3 4 funcref)',
        '(import "env" "x" (table 2 5 funcref))',
        None,
    ),
    "a table below the minimum": (
        '(table (export "x") 3 funcref)',
        '(import "env" "x" (table 4 funcref))',
        "limits-min",
    ),
    "the same type declared twice": (
        '(type $a (struct)) (type $b (struct)) (func (export "x") (param (ref $b)))',
        '(type $c (struct)) (import "env" "x" (func (param (ref $c))))',
        None,
    ),
    "one more member in the group": (
        '(rec (type $a (struct)) (type (func))) (func (export "x") (param (ref $a)))',
        "(rec (type $a (struct)) (type (func (param i32))))"
        '(import "env" "x" (func (param (ref $a))))',
        "param-count",
    ),
}


@pytest.mark.parametrize("name", MORE_PAIRS)
def test_l_an_engine_agrees_on_more(tmp_path: pathlib.Path, name: str) -> None:
    pytest.importorskip("wasmtime")
    host, plugin, reason = MORE_PAIRS[name]
    (tmp_path / "host.wat").write_text(f"(module {host})")
    (tmp_path / "plugin.wat").write_text(f"(module {plugin})")
    done = preflight(tmp_path, "host.wat", "plugin.wat", "--verdicts")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    reasons = [each["reason"] for each in said["typereg"]["mismatches"]]
    assert reasons == ([] if reason is None else [reason])
    assert said["typereg"]["ok"] is said["engine"]["ok"], said


def test_l_preflight_says_why_before_anything_runs(tmp_path: pathlib.Path) -> None:
    files_of(EXAMPLES["field-mutability"], tmp_path)
    done = preflight(tmp_path, "host.wat", "plugin.wat")
    assert done.returncode == 1
    assert done.stdout.startswith('consumer imports "env" "make" (func): field-mutability\n')
    pytest.importorskip("wasmtime")
    done = preflight(tmp_path, "host.wat", "mended.wat")
    assert (done.returncode, done.stdout) == (0, "mended.wat runs on host.wat\n")


def test_l_the_readme_shows_what_is_printed() -> None:
    readme = (ROOT / "README.md").read_text()
    (output,) = re.findall(
        r"```console\n\$ typereg link examples/\*.wat\n(.*?)```", readme, re.DOTALL
    )
    files = sorted(f"examples/{path.name}" for path in (ROOT / "examples").glob("*.wat"))
    done = typereg(ROOT, "link", *files)
    assert (done.returncode, done.stdout.decode()) == (1, output)


@pytest.mark.parametrize("name", ["wasmtime", "node"])
def test_l_engines_agree_on_generated_pairs(name: str) -> None:
    """Wasmtime and V8 take what typereg says fits, and refuse what it says does not."""
    available = engines.available()
    for each, engine in available.items():
        if each != name:
            engine.close()
    if name not in available:
        pytest.skip(f"{name} is not installed")
    answers: Counter[bool] = Counter()
    with contextlib.closing(available[name]) as engine:
        for case in links.CASES:
            if case.startswith("missing-"):
                continue  # an engine is given what is asked for, whatever it is called
            for seed in range(3):
                pair = links.link_pair(Seeded(seed), case)
                features = tr.Features(custom_page_sizes=True)
                consumer = tr.Module(pair.consumer.wasm, features=features)
                provider = tr.Module(pair.provider.wasm, features=features)
                verdict = engine.links(pair.provider.wasm, pair.consumer.wasm)
                if isinstance(verdict, engines.Undecided):
                    continue
                ours = tr.link(consumer, {links.PROVIDER: provider}).ok
                assert verdict is ours, f"{case}, seed {seed}"
                answers[ours] += 1
    assert min(answers[True], answers[False]) > 20
