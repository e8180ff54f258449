"""Takes the registry's operations on locks and atomics away, one at a time, and asks who notices.

    python rust/tests/mutants [NAME...]     # `nox -s mutants`

Each mutant of `listed.py` is applied to a copy of the crate under `target/mutants`, and its checks
run until one fails. Prints a row for each: what was done, and which test noticed. Exits with 1
where nobody noticed, where a mutant that is explained away was noticed after all, or where one no
longer fits the source. Without its mutants the copy must pass every check first.
"""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from listed import MUTANTS, Mutant

ROOT = pathlib.Path(__file__).parents[3]
WORK = ROOT / "target" / "mutants"
TREE = WORK / "tree"
SECONDS = 400
"""A check that takes longer hangs, which is a way to notice."""

CHECKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "crate": (["--test", "crate_tests"], {}),
    "forked": (["--test", "forked"], {}),
    "faults": (["--test", "faults"], {"RUSTFLAGS": "--cfg typereg_faults"}),
    "model": (["--test", "model"], {"RUSTFLAGS": "--cfg loom"}),
    "unit": (["--lib"], {"RUSTFLAGS": "--cfg loom"}),
}
"""By name: what cargo is to test, and the environment. `model` and `unit` are loom's two."""


def refresh() -> None:
    """Make the copy like the working tree, touching only what differs."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "Cargo.toml", "Cargo.lock", "rust", "examples", "README.md"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listing.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            write(TREE / name, (ROOT / name).read_bytes())


def write(path: pathlib.Path, content: bytes) -> None:
    """Write a file, unless it is so already."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def run(check: str) -> str | None:
    """Run a check, `kind` or `kind:filter`. Who failed, or None where it passed."""
    kind, _, only = check.partition(":")
    arguments, environment = CHECKS[kind]
    profile = {
        "CARGO_PROFILE_DEV_DEBUG": "0",
        # Loom explores hundreds of thousands of runs.
        "CARGO_PROFILE_DEV_OPT_LEVEL": "2" if kind in ("model", "unit") else "0",
        "RUST_BACKTRACE": "0",
    }
    target = WORK / ("loom" if kind in ("model", "unit") else kind)
    with subprocess.Popen(
        ["cargo", "test", "--locked", "--target-dir", target, *arguments, "--", *only.split()],
        cwd=TREE,
        env=os.environ | environment | profile,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            return f"{kind}: hangs"
    if "could not compile" in said:
        raise SystemExit(f"a mutant must compile:\n{said[-3000:]}")
    if process.returncode == 0:
        if not re.search(r"\b[1-9]\d* passed", said):
            raise SystemExit(f"{check} runs no test")
        return None
    failed = re.findall(r"^test (\S+) .*FAILED$", said, re.MULTILINE)
    # Loom stops at the first failure of a test; an abort names none.
    return f"{kind}: {failed[0] if failed else 'aborted'}"


def try_out(mutant: Mutant) -> str | None:
    """Apply a mutant, and give who noticed it."""
    originals: dict[pathlib.Path, bytes] = {}
    try:
        for file, old, new in mutant.edits:
            path = TREE / "rust/src" / file
            text = path.read_text()
            originals.setdefault(path, path.read_bytes())
            if text.count(old) != 1:
                raise SystemExit(f"{mutant.name}: occurs {text.count(old)} times in {file}:\n{old}")
            path.write_text(text.replace(old, new))
        return next(filter(None, map(run, mutant.checks)), None)
    finally:
        for path, content in originals.items():
            path.write_bytes(content)


def main(names: list[str]) -> int:
    """Try all mutants, or those named."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    refresh()
    for check in sorted({check for mutant in chosen for check in mutant.checks}):
        if failed := run(check):
            raise SystemExit(f"without any mutant, {check} fails: {failed}")
    bad = 0
    print("| operation | what was done | noticed by |")
    print("|---|---|---|")
    for mutant in chosen:
        start = time.monotonic()
        noticed = try_out(mutant)
        bad += (noticed is None) != bool(mutant.unnoticed)
        verdict = f"`{noticed}`" if noticed else mutant.unnoticed or "**nobody**"
        print(f"| {mutant.name} | {mutant.what} | {verdict} |", flush=True)
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    print(f"{len(chosen)} mutants, {bad} not as expected", file=sys.stderr)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
