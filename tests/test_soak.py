"""Real modules loaded and unloaded by several threads, again and again: memory stays flat, indices
stay bounded, counts are exact. `nox -s soak -- 100000` is the long run. S17, K11.

`TYPEREG_SOAK_LOADS` says how many loads, and a table of what was seen meanwhile is printed.
"""

from __future__ import annotations

import gc
import os
import pathlib
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest

import typereg as tr
from support.real_modules import real_module
from support.registry import numbers
from support.threads import run_threads

pytestmark = pytest.mark.network

LOADS = int(os.environ.get("TYPEREG_SOAK_LOADS", "2000"))
THREADS = 4
SAMPLES = 40
KEPT = 3
"""How many collections a thread holds at a time, so that loads share types or do not."""

WEIGHTS = {"dart": 5, "skia": 20, "python": 20, "rust": 25, "wasi": 30}
"""Of a hundred loads, how many are of each module."""

ANEW = 0.2
"""How large a part of the loads decodes the module anew; the others register one decoded before."""


class Sample(NamedTuple):
    """One row of the table."""

    loads: int
    seconds: float
    resident: int
    types: int
    capacity: int


def resident() -> int:
    """Resident memory of this process, in KiB."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def distinct(modules: Iterable[tr.Module]) -> int:
    """How many different types the modules declare together."""
    engine = tr.Engine()
    collections = [engine.register(module) for module in modules]
    count = len(engine.registry)
    for types in collections:
        types.close()
    return count


@pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="resident memory")
def test_s17_k11_real_modules_come_and_go(watchdog: Callable[[], None]) -> None:
    contents = {name: real_module(name) for name in WEIGHTS}
    modules = {name: tr.Module(wasm) for name, wasm in contents.items()}
    most = distinct(modules.values())
    engine = tr.Engine()
    lock, samples, done = threading.Lock(), list[Sample](), 0
    start = time.monotonic()

    def sample() -> None:
        stats = engine.registry.stats()
        taken = Sample(done, time.monotonic() - start, resident(), stats.types, stats.capacity)
        samples.append(taken)

    def worker(seed: int) -> Callable[[], None]:
        def body() -> None:
            nonlocal done
            choice = random.Random(seed)
            names, weights = list(WEIGHTS), list(WEIGHTS.values())
            held: list[tuple[tr.TypeCollection, tr.RegisteredType]] = []
            while True:
                with lock:
                    if done == LOADS:
                        break
                    done += 1
                    if done % 100 == 0:
                        watchdog()
                    if done % (LOADS // SAMPLES) == 0:
                        sample()
                (name,) = choice.choices(names, weights)
                source = contents if choice.random() < ANEW else modules
                types = engine.register(source[name])
                handle = types[choice.randrange(len(types))]
                assert tr.RegisteredType.root(engine, handle.index) == handle
                held.append((types, handle))
                if len(held) > KEPT:
                    types, handle = held.pop(choice.randrange(len(held)))
                    types.close()
                    assert handle.registrations >= 1
                    handle.close()

        return body

    run_threads(*[worker(seed) for seed in range(THREADS)])
    gc.collect()
    print(f"\n{LOADS} loads of {WEIGHTS} %, {ANEW:.0%} of them from bytes, by {THREADS} threads;")
    print(f"{most} different types")
    print(" loads  seconds  resident KiB   types  capacity")
    for row in samples:
        print(f"{row.loads:6} {row.seconds:8.1f} {row.resident:13} {row.types:7} {row.capacity:9}")
    # No type is alive twice, so there is a slot for each at most.
    assert max(row.capacity for row in samples) <= most
    assert numbers(engine) == (0, 0, 0, 0, 0, 0)
    quarter = len(samples) // 4
    early = statistics.median(row.resident for row in samples[quarter : 2 * quarter])
    late = statistics.median(row.resident for row in samples[-quarter:])
    print(f"resident, second quarter {early:.0f} KiB, last quarter {late:.0f} KiB")
    assert late < early * 1.1
