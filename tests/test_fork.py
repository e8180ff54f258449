"""Forked children: nothing hangs in them. P9."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")

FORKS = 200
"""Where nobody listens, more than a third of them come while the lock is held; where somebody does,
a few."""

SECONDS = 100


def play(scene: str) -> str:
    """Plays a scene of `support.forking` in a process of its own, and gives what it printed. One
    that hangs is aborted and prints its stacks."""
    command = [sys.executable, "-X", "faulthandler"]
    # Forking a process of several threads is what is tried here; Python warns of it since 3.12.
    command += ["-W", "ignore::DeprecationWarning"]
    command += ["-c", f"from support import forking; forking.{scene}"]
    with subprocess.Popen(
        command,
        cwd=pathlib.Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, complaints = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            # The whole session: the process and its children.
            os.killpg(process.pid, signal.SIGABRT)
            said, complaints = process.communicate()
    assert process.returncode == 0, complaints
    return said


def test_p09_an_engine_whose_lock_was_free_works_in_the_child() -> None:
    play("free()")


@pytest.mark.parametrize("how", ["close", "register"])
def test_p09_an_engine_whose_lock_was_held_is_lost_to_the_child(how: str) -> None:
    play(f"held({how!r})")


@pytest.mark.parametrize("listening", ["silent", "listening"])
def test_bug_fork_with_lock(listening: str) -> None:
    said = play(f"hammer({FORKS}, {listening!r})").split()
    assert int(said[1]) + int(said[3]) == FORKS


def test_p09_a_logging_handler_may_fork() -> None:
    play("handler()")


def test_p09_a_child_does_not_wait_for_other_threads_at_its_exit() -> None:
    play("exit_in_child()")
