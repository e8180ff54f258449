"""Threads whose failures are not lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

SMALL_STACK = 256 * 1024


def run_threads(*bodies: Callable[[], object], stack: int = 0) -> None:
    """Runs each body in a thread of its own, waits for all, and raises the first failure. The
    watchdog is what ends a body that hangs."""
    failures: list[BaseException] = []

    def guarded(body: Callable[[], object]) -> None:
        try:
            body()
        except BaseException as failure:
            failures.append(failure)

    before = threading.stack_size(stack)
    try:
        threads = [threading.Thread(target=guarded, args=(body,)) for body in bodies]
        for thread in threads:
            thread.start()
    finally:
        threading.stack_size(before)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
