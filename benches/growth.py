"""How time and memory grow with hostile input; `nox -s growth` measures and draws it.

The shapes are those that have cost other registries dearly, at a thousand to a million of each.
Each point is measured in a process of its own: the processor time of decoding, registering and
releasing, and by how much the resident memory grew at its highest. Times are of this machine; what
counts is the slope.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import typereg as tr
from typereg.testing import wasm

SIZES = (1_000, 10_000, 100_000, 1_000_000)
TABLE = pathlib.Path("docs/growth.csv")
PLOT = pathlib.Path("docs/growth.svg")

NUMBERS = (wasm.I32, wasm.I64, wasm.F32, wasm.F64)
EMPTY_FUNC = wasm.func()


class Point(NamedTuple):
    """One measurement: seconds, and KiB."""

    shape: str
    size: int
    decode: float
    register: float
    release: float
    memory: int


def different(number: int) -> bytes:
    """A function type that no other number gives: base 4, in its parameters."""
    return wasm.func([NUMBERS[number >> shift & 3] for shift in range(0, 20, 2)])


def functions(size: int) -> bytes:
    """Function types, all different."""
    return wasm.types(*[different(number) for number in range(size)])


def group(size: int) -> bytes:
    """One recursion group whose members refer to each other in a ring."""
    members = [wasm.struct(wasm.field(wasm.ref((i + 1) % size))) for i in range(size)]
    return wasm.types(wasm.rec(*members))


def chain(size: int) -> bytes:
    """Structs, each with a reference to the one before: a single long line of drops."""
    links = [wasm.struct(wasm.field(wasm.ref(i - 1))) for i in range(1, size)]
    return wasm.types(wasm.struct(), *links)


def bomb(size: int) -> bytes:
    """Structs with ten references to the one before: ten to the power of `size` paths."""
    levels = [wasm.struct(*[wasm.field(wasm.ref(i - 1))] * 10) for i in range(1, size)]
    return wasm.types(wasm.struct(), *levels)


def supertypes(size: int) -> bytes:
    """Chains of declared subtypes as deep as they may be, 64 types each."""
    types = []
    for i in range(size):
        link, depth = divmod(i, 64)
        root = wasm.struct(*[wasm.field(NUMBERS[link >> shift & 3]) for shift in range(0, 14, 2)])
        types.append(wasm.sub(root, *([i - 1] if depth else [])))
    return wasm.types(*types)


def imports(size: int) -> bytes:
    """Imports of one name and one long signature."""
    signature = wasm.type_section(wasm.func([wasm.I32] * 1000))
    item = wasm.text("module") + wasm.text("name") + wasm.KIND_FUNC + b"\0"
    return wasm.module(signature, wasm.section(wasm.IMPORT, wasm.leb(size) + item * size))


def exports(size: int) -> bytes:
    """Exports of one memory under names that differ at their end."""
    memory = wasm.section(wasm.MEMORY, wasm.vec([wasm.limits(1)]))
    items = [wasm.text("a" * 50 + str(i)) + wasm.KIND_MEMORY + b"\0" for i in range(size)]
    return wasm.module(memory, wasm.section(wasm.EXPORT, wasm.vec(items)))


def names(size: int) -> bytes:
    """One type, and names for as many as there could be."""
    entries = [wasm.leb(i) + wasm.text(f"n{i}") for i in range(size)]
    contents = b"\x04" + wasm.text(wasm.vec(entries))
    return wasm.module(
        wasm.type_section(wasm.func()),
        wasm.section(wasm.CUSTOM, wasm.text("name") + contents),
    )


def nested_wat(size: int) -> str:
    """Text with so many parentheses one within the other: refused."""
    return "(module " + "(type " * size


def text_wat(size: int) -> str:
    """Text with so many types."""
    return "(module " + "(type (func (param i32)))" * size + ")"


SHAPES: dict[str, Callable[[int], bytes | str]] = {
    "different functions": functions,
    "one group": group,
    "chain": chain,
    "chain, ten references each": bomb,
    "supertypes 63 deep": supertypes,
    "imports of one name": imports,
    "exports": exports,
    "names": names,
    "nested WAT": nested_wat,
    "types in WAT": text_wat,
    "all hashes alike": functions,
}
WEAK = "all hashes alike"
"""What an attacker would reach who could make hashes collide: the contrast, and quadratic."""

REFUSED = "nested WAT"

MOST = {WEAK: 10_000}


def resident() -> int:
    """The highest resident memory so far, in KiB."""
    # Not `getrusage`: its maximum is inherited from the parent process.
    status = pathlib.Path("/proc/self/status").read_text()
    (kib,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib)


def measure(shape: str, size: int, source: bytes | str) -> Point:
    """One point, in this process."""
    engine = tr.Engine(weak_hash_bits=0 if shape == WEAK else None)
    before = resident()
    start = time.process_time()
    types = module = None
    try:
        module = tr.Module(source)
    except tr.DecodeError:
        assert shape == REFUSED
    decoded = time.process_time()
    if module is not None:
        types = engine.register(module)
    registered = time.process_time()
    if types is not None:
        types.close()
    released = time.process_time()
    assert len(engine.registry) == 0
    took = (decoded - start, registered - decoded, released - registered)
    return Point(shape, size, *took, resident() - before)


def in_child(shape: str, size: int, repeats: int = 3) -> Point:
    """The quickest of a few measurements, each in a process that did not build its own input."""
    source = SHAPES[shape](size)
    kind = "wat" if isinstance(source, str) else "wasm"
    data = source.encode() if isinstance(source, str) else source
    command = [sys.executable, __file__, "--one", shape, str(size), kind]
    points = []
    for _ in range(repeats):
        said = subprocess.run(command, input=data, capture_output=True, check=True).stdout
        points.append(Point(*json.loads(said)))
    return min(points, key=lambda point: point.decode + point.register + point.release)


def draw(points: Sequence[Point]) -> None:
    """Cost for each item against their number: what is linear is level."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "typereg"
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for number, shape in enumerate(SHAPES):
        line = [point for point in points if point.shape == shape]
        sizes = [point.size for point in line]
        style = "--" if shape == WEAK else "-"
        colour = "black" if shape == WEAK else f"C{number}"
        cost = [(point.decode + point.register + point.release) / point.size for point in line]
        look = {"marker": "o", "markersize": 3, "linestyle": style, "color": colour}
        left.plot(sizes, [seconds * 1e9 for seconds in cost], label=shape, **look)
        right.plot(sizes, [point.memory * 1024 / point.size for point in line], **look)
    left.set_title("decode, register and release: ns for each")
    right.set_title("peak of resident memory: bytes for each")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("how many")
        axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    """Measure all, write the table, draw the plot; or one measurement for the parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=3, metavar=("SHAPE", "SIZE", "KIND"))
    arguments = parser.parse_args()
    if arguments.one:
        shape, size, kind = arguments.one
        data = sys.stdin.buffer.read()
        source = data.decode() if kind == "wat" else data
        print(json.dumps(measure(shape, int(size), source)))
        return
    points = []
    for shape in SHAPES:
        for size in SIZES:
            if size > MOST.get(shape, size):
                continue
            points.append(in_child(shape, size))
            print(*points[-1], flush=True)
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Point._fields)
        for point in points:
            times = (f"{seconds:.6f}" for seconds in point[2:5])
            writer.writerow((point.shape, point.size, *times, point.memory))
    draw(points)


if __name__ == "__main__":
    main()
