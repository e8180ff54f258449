"""Takes the registry's operations on locks and atomics away, one at a time, and asks who notices.

    python rust/tests/mutants [NAME or CHECK...]     # `nox -s mutants`

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
SECONDS = 200
"""A check that takes longer hangs, which is a way to notice."""

HOST = re.search(
    r"^host: (\S+)",
    subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout,
    re.MULTILINE,
)
assert HOST


def sanitizer(name: str, flags: str, options: str) -> tuple[list[str], dict[str, str]]:
    """Run the tests of the crate under a sanitizer, as the sessions of noxfile.py do."""
    environment = {"RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": flags, f"{name}_OPTIONS": options}
    return ["--target", HOST[1], "--test", "crate_tests"], environment


LOOM = {
    "RUSTFLAGS": "--cfg loom",
    # Without any, the scenes that decode a module need more stack than loom gives.
    "CARGO_PROFILE_DEV_OPT_LEVEL": os.environ.get("CARGO_PROFILE_DEV_OPT_LEVEL", "1"),
}

CHECKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "crate": (["--test", "crate_tests"], {}),
    "forked": (["--test", "forked"], {}),
    "lib": (["--lib"], {}),
    "faults": (["--test", "faults"], {"RUSTFLAGS": "--cfg typereg_faults"}),
    "model": (["--test", "model"], LOOM),
    "unit": (["--lib"], LOOM),
    "tsan": sanitizer(
        "TSAN",
        "--cfg typereg_tsan -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
        f"suppressions={ROOT / 'rust/tests/tsan.supp'} history_size=4",
    ),
    "asan": sanitizer("ASAN", "-Zsanitizer=address", "detect_leaks=1"),
}
"""By name: what cargo is to test, and the environment. `model` and `unit` are loom's two."""


TARGETS = {"crate": "", "forked": "", "lib": "", "model": "model", "unit": "model"}


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
    # The directories and profiles of the sessions that run these tests: what the crate needs is
    # built there already.
    target = ROOT / "target" / TARGETS.get(kind, kind)
    # Scenes are few for each mutant, and the crate is built anew: only what it needs is optimized.
    fast = ["--config", "profile.dev.package.'*'.opt-level=2"] if environment is LOOM else []
    command = ["cargo", *fast, "test", "--locked", "--target-dir", target, *arguments]
    environment = os.environ | environment | {"RUST_BACKTRACE": "0"}
    built = subprocess.run(
        [*command, "--no-run"],
        cwd=TREE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        raise SystemExit(f"a mutant must compile:\n{built.stderr[-3000:]}")
    with subprocess.Popen(
        [*command, "--", *only.split()],
        cwd=TREE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return f"{kind}: hangs"
    if process.returncode == 0:
        if not re.search(r"\b[1-9]\d* passed", said):
            raise SystemExit(f"{check} runs no test")
        return None
    reported = re.search(r"(Thread|Leak|Address)Sanitizer: .*", said)
    if reported:
        return f"{kind}: {reported[0].split('(')[0].strip()}"
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
    """Try all mutants, or those named, themselves or by the kind of their first check."""
    chosen = [
        mutant
        for mutant in MUTANTS
        if not names
        or mutant.name in names
        or any(check.partition(":")[0] in names for check in mutant.checks[:1])
    ]
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
