"""`check_registry` and the historic faults (D5): what must be found, and what a finding says."""

from __future__ import annotations

import itertools
import pathlib
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from typereg.reference.types import I32, ArrayType, FieldType, SubType
from typereg.testing import checks, fault_table, faults, machine, protocol
from typereg.testing.checks import Fault
from typereg.testing.programs import Program, Register
from typereg.testing.registries import ReferenceRegistry, TyperegRegistry
from typereg.testing.shrink import MOST_RUNS, shrink
from typereg.testing.spec import Module, section

ROOT = pathlib.Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([\w-]+)` (\|.*)$", PAGE, re.MULTILINE))


PLAIN = ArrayType(FieldType(I32))

NEEDED = {"member-bits": 20, "short-walk": 19, "depth-off-by-one": 65, "apart-by-hand": 13}
"""Of faults that few types cannot show, how many a shrunk case may have."""


@pytest.mark.parametrize(("seed", "examples"), [(0, 350), (1, 40)])
def test_d03_typereg_passes(seed: int, examples: int) -> None:
    checks.check_registry(TyperegRegistry, examples=examples, seed=seed)


def test_d03_the_reference_passes() -> None:
    checks.check_registry(ReferenceRegistry, examples=120, seed=2)


@pytest.mark.parametrize("name", faults.ALL)
def test_d05_each_fault_is_found(name: str) -> None:
    made = itertools.count()

    def factory() -> object:
        next(made)
        return faults.ALL[name]()

    with pytest.raises(Fault) as caught:
        checks.check_registry(factory)
    found = caught.value
    assert found.number <= checks.EXAMPLES
    # One for each example that passed, and all others to make the one that did not small: of
    # itself, and not because the runs were used up.
    assert next(made) - found.number < MOST_RUNS
    assert found.program.size <= NEEDED.get(name, 10)
    # The page of the docs is this run's.
    assert fault_table.entry(name, found) in PAGE
    assert fault_table.case(name, found) in PAGE


DRAWN = [name for name in faults.ALL if "| page " not in ROWS.get(name, "")]
"""What chance finds: a page of the catalogue asks the same whatever the seed."""


@pytest.mark.parametrize("name", DRAWN)
def test_d05_each_fault_is_found_with_another_seed(name: str) -> None:
    # The first run says how it shrinks and what the pages see; here chance must find it alone.
    factory = faults.ALL[name]
    can = protocol.capabilities(factory())
    numbers = range(1, checks.EXAMPLES + 1)
    examples = (checks.draw(number, 1, can) for number in numbers)
    drawn = (each for each in examples if not each.origin.startswith("page "))
    assert any(checks.attempt(factory, each) for each in drawn)


def test_d05_a_finding_can_be_repeated() -> None:
    first, second = fault_table.find("nullability"), fault_table.find("nullability")
    assert str(first) == str(second)
    assert "(module" in str(first)
    assert "seed 0" in str(first)


def test_d03_shrinking_begins_at_a_guess_and_runs_nothing_twice() -> None:
    empty, alone, pair = section(), section(SubType(PLAIN)), section(*[SubType(PLAIN)] * 2)
    whole = Program.of(Register(empty), Register(pair), Register(alone), Register(pair))
    run: list[Program] = []

    def fails(program: Program) -> bool:
        run.append(program)
        return any(len(module.types) == 2 for module in program.modules)

    wrong, guess = Program.of(Register(alone)), Program.of(Register(pair))
    assert shrink(whole, fails, guesses=[wrong, guess]) == guess
    assert run[:2] == [wrong, guess]
    assert len(set(run)) == len(run)
    assert all(program.size <= 2 for program in run)


# A registry of somebody else's: the smallest that can be put under the kit.


class Minimal:
    """A registry that has only what is required, and tells types by what their group says."""

    def __init__(self) -> None:
        self.types: dict[Any, int] = {}

    def register(self, module: Module) -> list[int]:
        identities: list[int] = []
        for number, group in enumerate(module.groups):
            start = module.starts[number]
            key = tuple(self.key(sub, start, identities) for sub in group.members)
            for position in range(len(key)):
                identities.append(self.types.setdefault((key, position), len(self.types)))
        return identities

    def key(self, sub: Any, start: int, identities: list[int]) -> object:
        def name(match: re.Match[str]) -> str:
            index = int(match[0])
            if index >= start:
                return f"own {index - start}"
            return f"outer {identities[index]}"

        spelled = repr(sub.composite).replace("LongRefType", "RefType")
        parts = [re.sub(r"(?<=Index\()\d+", name, each) for each in (spelled, repr(sub.supertype))]
        return (*parts, sub.final)

    def identity(self, loaded: list[int], index: int) -> int:
        return loaded[index]


def test_d03_two_methods_are_enough() -> None:
    assert isinstance(Minimal(), protocol.Registry)
    assert protocol.capabilities(Minimal()) == frozenset()
    checks.check_registry(Minimal, examples=400)


def broken(change: Callable[[Any], object]) -> type[Minimal]:
    class Broken(Minimal):
        def key(self, sub: Any, start: int, identities: list[int]) -> object:
            return change(super().key(sub, start, identities))

    return Broken


def test_d03_faults_of_a_minimal_registry_are_found() -> None:
    changes: dict[str, Callable[[Any], object]] = {
        "finality": lambda key: key[:2],
        "supertypes": lambda key: (key[0], key[2]),
        "params": lambda key: (re.sub(r"FuncType\(\[.*?\], ", "FuncType(", key[0]), *key[1:]),
        "exn": lambda key: (key[0].replace("NOEXN", "EXN"), *key[1:]),
        "v128": lambda key: (key[0].replace("V128", "F64"), *key[1:]),
        "i8": lambda key: (key[0].replace("I16", "I8"), *key[1:]),
        "own": lambda key: (key[0].replace("own", "outer"), *key[1:]),
    }
    for change in changes.values():
        with pytest.raises(Fault):
            checks.check_registry(broken(change))


def test_d03_a_registry_that_raises_is_told_so() -> None:
    class Raising(Minimal):
        def identity(self, loaded: list[int], index: int) -> int:
            if index == 2:
                raise RuntimeError("no more than two, please")
            return super().identity(loaded, index)

    with pytest.raises(Fault, match=r"identity\(\) raised.*no more than two, please") as caught:
        checks.check_registry(Raising)
    assert caught.value.program.size == 3


class Sorry(Exception):
    """What an adapter raises here."""


METHODS = sorted(
    {
        name
        for capability in (protocol.Registry, *protocol.CAPABILITIES.values())
        for name in vars(capability)
        if not name.startswith("_")
    }
)


@pytest.mark.parametrize("method", METHODS)
def test_d03_whatever_an_adapter_raises_is_the_cause_of_the_fault(method: str) -> None:
    def sorry(self: ReferenceRegistry, *arguments: Any) -> Any:
        raise Sorry(method)

    raising: Any = type("Raising", (ReferenceRegistry,), {method: sorry})
    with pytest.raises(Fault, match="raised: the registry says Sorry") as caught:
        checks.check_registry(raising)
    assert isinstance(caught.value.__cause__, Sorry)
    assert caught.value.__cause__.args == (method,)
    # Its traceback leads into the adapter.
    assert "in sorry" in "".join(traceback.format_exception(caught.value))


def test_d03_an_identity_that_has_no_hash_is_told_so() -> None:
    class Lists(Minimal):
        def identity(self, loaded: list[int], index: int) -> Any:
            return [super().identity(loaded, index)]

    with pytest.raises(Fault, match=r"hash\(\) raised.*unhashable type: 'list'"):
        checks.check_registry(Lists)


def test_d03_a_smaller_case_raises_the_same() -> None:
    class Two(Minimal):
        def register(self, module: Module) -> list[int]:
            if len(module.types) > 2:
                raise Sorry
            if len(module.types) == 1:
                raise RuntimeError("another fault, and a smaller one")
            return super().register(module)

    with pytest.raises(Fault) as caught:
        checks.check_registry(Two)
    assert caught.value.program.size == (3 if isinstance(caught.value.__cause__, Sorry) else 1)


@pytest.mark.parametrize("examples", [0, -1])
def test_d03_a_check_of_nothing_is_refused(examples: int) -> None:
    with pytest.raises(ValueError, match="expected a number of examples above 0"):
        checks.check_registry(Minimal, examples=examples)


def test_d03_a_factory_that_raises_is_an_error_of_its_own() -> None:
    def factory() -> Minimal:
        raise OSError("no registry today")

    with pytest.raises(OSError, match="no registry today"):
        checks.check_registry(factory)


def test_d03_capabilities_are_what_the_machine_names() -> None:
    for capability in protocol.CAPABILITIES.values():
        assert capability.__name__ in machine.__all__
    typereg = protocol.capabilities(TyperegRegistry())
    assert typereg == set(protocol.CAPABILITIES) - {"split_drop", "trace"}
    assert protocol.capabilities(ReferenceRegistry()) == set(protocol.CAPABILITIES)
