"""What every test has: Hypothesis profiles, a watchdog that prints stacks, engines, events."""

from __future__ import annotations

import faulthandler
import gc
import os
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest
from hypothesis import settings

import typereg as tr
from typereg.testing.events import EventRecorder, recording

_OWN = settings.get_profile("default")
"""Hypothesis' own settings. What does not name its parent inherits from our `default`, which draws
the same examples at each run."""

settings.register_profile(
    "default",
    derandomize=True,
    database=None,
    deadline=None,
    stateful_step_count=30,
    print_blob=True,
)
settings.register_profile("dev", _OWN, deadline=None, print_blob=True)
settings.register_profile(
    "nightly", _OWN, max_examples=2000, stateful_step_count=150, deadline=None, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

WATCHDOG_SECONDS = 900 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 120

_stderr = pytest.StashKey[TextIO]()


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the real standard error, which pytest captures while a test runs."""
    config.stash[_stderr] = os.fdopen(os.dup(2), "w")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the watchdog before its file closes."""
    faulthandler.cancel_dump_traceback_later()
    config.stash[_stderr].close()


def pytest_collection_finish() -> None:
    """Tells the garbage collector that what is imported and collected by now stays: many tests
    collect, some at every turn, and each time it would look at some hundred thousand objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def watchdog(request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """A test that hangs ends the run with the stacks of all its threads. One of many steps may
    call what this gives at each, to have the whole time for the next."""
    stderr = request.config.stash[_stderr]

    def arm() -> None:
        faulthandler.dump_traceback_later(WATCHDOG_SECONDS, exit=True, file=stderr)

    arm()
    yield arm
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def engine() -> tr.Engine:
    """A fresh engine."""
    return tr.Engine()


@pytest.fixture
def other() -> tr.Engine:
    """An engine that is not `engine`."""
    return tr.Engine()


@pytest.fixture(params=[None, 0, 4], ids=["hash", "hash0", "hash4"])
def hashed_engine(request: pytest.FixtureRequest) -> tr.Engine:
    """A fresh engine, under each width of the hash: identity must not depend on it (D4)."""
    return tr.Engine(weak_hash_bits=request.param)


@pytest.fixture
def events() -> Iterator[EventRecorder]:
    """The registry's events."""
    with recording() as recorder:
        yield recorder
