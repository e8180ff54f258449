"""`check_registry`: a registry held against the reference, example by example."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from . import catalogue, links, programs
from .links import link_pair
from .neighbours import neighbours
from .programs import Link, Program, Register, Validate
from .protocol import capabilities, needing
from .registries import ReferenceRegistry
from .shrink import guesses, shrink
from .side_by_side import Difference, SideBySide
from .source import Seeded
from .twins import EVERYDAY, twins
from .twins import FEATURES as FEATURED

EXAMPLES: Final = 1000
"""How many examples are tried if nothing else is said: some ten seconds."""

EVERY: Final = 4
"""One in so many examples is a page of the catalogue, until all have been."""

INDEX_BITS: Final = 3
WEAK: Final = (None, 0, 4)
"""The widths of the hash that examples run under by turns; `None` is the registry's own."""


@dataclass(frozen=True)
class Example:
    """A program, where it came from, and which variant of the registry it is for."""

    program: Program
    origin: str
    hash_bits: int | None = None
    index_bits: int | None = None

    def start(self, factory: Callable[[], Any]) -> SideBySide:
        """Make the two registries that the program is for; a `Difference` where that fails."""
        try:
            registry = factory()
            if self.hash_bits is not None:
                registry = registry.with_weak_hash(self.hash_bits)
            if self.index_bits is not None:
                registry = registry.with_index_bits(self.index_bits)
        except Exception as error:
            raise Difference("making a registry raised", error, "a registry") from error
        reference = ReferenceRegistry.beside(registry)
        if self.index_bits is not None:
            reference = reference.with_index_bits(self.index_bits)
        return SideBySide(registry, reference, factory)


class Fault(AssertionError):
    """What `check_registry` found: the first difference from the reference, made small."""

    def __init__(self, example: Example, number: int, seed: int, difference: Difference) -> None:
        """Put together what there is to say."""
        self.example = example
        self.program: Program = example.program
        self.number = number
        """How many examples it took."""
        self.seed = seed
        self.difference = difference
        variant = "".join(
            f", with {bits} bits of {what}"
            for bits, what in ((example.hash_bits, "hash"), (example.index_bits, "index"))
            if bits is not None
        )
        super().__init__(
            f"example {number} (seed {seed}, {example.origin}{variant}):\n"
            f"{example.program}\n{difference}"
        )


def check_registry(factory: Callable[[], Any], *, examples: int = EXAMPLES, seed: int = 0) -> None:
    """Hold a registry against the reference; raise a `Fault` at the first difference.

    `factory` makes an empty registry, anything with the methods of `protocol.Registry`; what it can
    do besides is found out from it. The same seed gives the same examples. The fault says by which
    operations it shows, made as small as can be, and what registry and reference answer; where the
    registry raised, the exception is its cause. `ValueError` where no example is to be tried.
    """
    if examples < 1:
        raise ValueError(f"expected a number of examples above 0, got {examples}")
    can = capabilities(factory())
    for number in range(1, examples + 1):
        example = draw(number, seed, can)
        difference = attempt(factory, example)
        if difference is not None:
            fault = smallest(factory, example, number, seed, difference)
            # Where the registry raised, that is the cause: it shows in which of its lines.
            raise fault from fault.difference.__cause__


def draw(number: int, seed: int, can: Collection[str]) -> Example:
    """Give an example by number: twins of each attribute by turns, programs between, and pages."""
    source = Seeded(f"{seed} {number}")
    pages = catalogue.pages(can)
    page, rest = divmod(number - 1, EVERY)
    if not rest and page < len(pages):
        name, draw_page, bits = pages[page]
        return Example(draw_page(source), f"page {name}", bits)
    number -= min(page + 1, len(pages))
    turn, odd = divmod(number, 2)
    hash_bits = WEAK[turn // len(EVERYDAY) % 3] if "weak_hash" in can else None
    if not odd:
        return _twins(turn, source, can, hash_bits)
    kinds = ["program"] * 3
    kinds += ["neighbours"]
    kinds += ["link"] * 2 * ("link" in can)
    kinds += ["interleaving"] * 2 * ("split_drop" in can)
    kinds += ["foreign"] * ("by_hand" in can)
    kinds += ["weak"] * ("weak_hash" in can)
    kinds += ["crowd"] * ("index_bits" in can)
    cycle, kind = divmod(turn, len(kinds))
    match kinds[kind]:
        case "link":
            case = 2 * cycle + kind - kinds.index("link")
            cases = [*links.STANDARD, *needing(links.FEATURES, can)]
            pair = link_pair(source, cases[case * 31 % len(cases)])
            return Example(Program.of(Link(pair.provider, pair.consumer)), f"link {pair.case}")
        case "neighbours":
            return Example(neighbours(source, can), "neighbours", hash_bits)
        case "interleaving":
            return Example(programs.interleaving(source, can), "interleaving")
        case "foreign":
            return Example(programs.foreign(source), "foreign identities")
        case "crowd":
            bits = 1 + source.below(INDEX_BITS)
            return Example(programs.crowd(source, bits), "crowd", None, bits)
        case "weak":
            return Example(programs.program(source, can), "program", source.pick((0, 4)))
    return Example(programs.program(source, can), "program", hash_bits)


def _twins(turn: int, source: Seeded, can: Collection[str], hash_bits: int | None) -> Example:
    # A number that has no factor in common with how many there are: neighbours come far apart.
    attributes = [*EVERYDAY, *needing(FEATURED, can)]
    attribute = attributes[turn * 37 % len(attributes)]
    pair = twins(source, attribute)
    origin = f"twins {attribute}"
    if pair.question == "validity":
        if "validate" in can:
            both = Validate(pair.a), Validate(pair.b)
            asked = Program.of(*both, Register(pair.a), Register(pair.b))
            return Example(asked, origin)
        return Example(Program.of(Register(pair.a)), origin)
    if pair.programs is not None:
        return Example(source.pick(pair.programs), origin, hash_bits)
    a, b = pair.a, pair.b
    if source.chance(30):
        a, b = b, a
    return Example(Program.of(Register(a), Register(b)), origin, hash_bits)


def attempt(factory: Callable[[], Any], example: Example) -> Difference | None:
    """Run an example; give the difference that it shows, if any."""
    try:
        return example.start(factory).difference(example.program)
    except Difference as difference:
        return difference


def smallest(
    factory: Callable[[], Any], example: Example, number: int, seed: int, difference: Difference
) -> Fault:
    """Shrink an example that failed."""

    def smaller(program: Program) -> Example:
        return Example(program, example.origin, example.hash_bits, example.index_bits)

    def fails(program: Program) -> bool:
        found = attempt(factory, smaller(program))
        return found is not None and found.kind == difference.kind

    first = guesses(example.program, difference)
    found = smaller(shrink(example.program, fails, guesses=first))
    return Fault(found, number, seed, attempt(factory, found) or difference)
