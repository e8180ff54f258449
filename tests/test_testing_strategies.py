"""The kit's generators (D2) and section T: what they draw, held against typereg itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from random import Random

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as hypothesis_strategies
from hypothesis.vendor.pretty import pretty

import typereg as tr
from support.attributes import found
from typereg.reference import types as reference_types
from typereg.reference.binary import encode_types
from typereg.reference.convert import from_typereg
from typereg.reference.types import (
    ANY,
    I32,
    FieldType,
    MemoryType,
    ModuleTypeIndex,
    RecIndex,
    RefType,
    StructType,
    SubType,
    TableType,
)
from typereg.testing import generate, links, machine, programs, spec, twins
from typereg.testing import strategies as st
from typereg.testing.programs import Program
from typereg.testing.protocol import CAPABILITIES
from typereg.testing.registries import ReferenceRegistry
from typereg.testing.side_by_side import SideBySide
from typereg.testing.source import Seeded
from typereg.testing.spec import PLAIN, Export, Module, ref_type, section
from typereg.testing.twins import Twins

FEATURES = tr.Features(stack_switching=True, custom_page_sizes=True)
TRIES = {"validity/fields": 4, "validity/params": 8, "validity/results": 8}


def read(module: Module) -> tr.Module:
    return tr.Module(module.wasm, features=FEATURES)


def drawn(attribute: str) -> list[Twins]:
    return [
        twins.twins(Seeded(f"{attribute} {number}"), attribute)
        for number in range(TRIES.get(attribute, 40))
    ]


def final_state(program: Program) -> tuple[int, int]:
    """How much is alive at a program's end, and how often registered."""
    both = SideBySide(ReferenceRegistry(), ReferenceRegistry(), ReferenceRegistry)
    for number, operation in program.operations:
        both.step(number, operation)
    stats = both.reference.engine.registry.stats()
    return stats.types, stats.registrations


@pytest.mark.parametrize("attribute", twins.ATTRIBUTES)
def test_d02_the_attribute_is_found_again_in_the_twins_themselves(attribute: str) -> None:
    for each in drawn(attribute):
        assert attribute in found(each), f"{each.a.wat}\n{each.b.wat}"


@pytest.mark.parametrize("attribute", twins.ATTRIBUTES)
def test_d02_twins_are_valid_and_equal_as_they_say(attribute: str) -> None:
    for each in drawn(attribute):
        a = read(each.a)
        if each.question == "validity":
            with pytest.raises((tr.DecodeError, tr.ValidationError, tr.LimitError)):
                read(each.b)
            continue
        b = read(each.b)
        if each.programs is not None:
            one, other = (final_state(program) for program in each.programs)
            assert (one == other) is each.equal, f"{each.programs[0]}\n\n{each.programs[1]}"
        if each.question == "type":
            assert each.i is not None
            assert each.j is not None
            assert tr.equal(a, each.i, b, each.j) is each.equal, f"{each.a.wat}\n{each.b.wat}"


def test_d02_section_t_is_covered() -> None:
    # Each row of section T, by the names that stand for it.
    families = Counter(name.split("/")[0] for name in twins.ATTRIBUTES)
    values = dict.fromkeys(("param", "result", "field", "element", "global", "tag"), 12)
    assert families == Counter(
        {
            **values,
            "table": 9,  # its elements are references
            "func": 9,
            "struct": 6,
            "array": 2,
            "kind": 3,
            "sub": 6,
            "group": 14,
            "validity": 18,
            "extern": 22,
            "cont": 1,
            "lifetime": 6,
        }
    )
    assert {name for name in twins.ATTRIBUTES if drawn(name)[0].equal} == {
        *(f"{place}/spelling" for place in (*values, "table")),
        "sub/final-spelling",
        *(f"group/{what}" for what in ("singleton", "empty", "duplicates", "shifted", "names")),
        "extern/re-export",
        *("lifetime/closing-order", "lifetime/slot-reuse"),
    }


@pytest.mark.parametrize("seed", range(200))
def test_d02_sections_and_their_relatives_are_valid(seed: int) -> None:
    source = Seeded(seed)
    module = generate.section(source, continuations=seed % 4 == 0)
    for _ in range(5):
        as_bytes, as_text = read(module), tr.Module(module.wat, features=FEATURES)
        assert tuple(as_bytes.types) == tuple(as_text.types)
        assert tuple(as_bytes.rec_groups) == tuple(as_text.rec_groups)
        module = generate.relative(source, module)


@pytest.mark.parametrize("seed", range(100))
def test_d02_bytes_are_those_of_the_reference_where_nothing_is_spelled_out(seed: int) -> None:
    # Two encoders that share nothing: wasm-encoder's, and the one that digests are made with.
    module = generate.section(Seeded(seed), continuations=seed % 4 == 0)
    groups = tuple(map(PLAIN.group, module.groups))
    assert Module(groups).wasm == encode_types(groups)


def test_d02_what_has_no_bytes_is_a_type_error() -> None:
    own = section(StructType([FieldType(RefType(RecIndex(0)))]))
    with pytest.raises(TypeError, match="expected a ModuleTypeIndex, got RecIndex"):
        _ = own.wasm
    with pytest.raises(TypeError, match="expected a composite type, got str"):
        _ = section(SubType("struct")).wasm  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected an external type, got NumType"):
        _ = Module(items=(I32,)).wasm  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        _ = section(StructType([FieldType(ref_type(2**32))])).wasm
    for size in (0, 3):
        with pytest.raises(ValueError, match=f"a page of {size} bytes; expected a power of two"):
            _ = Module(items=(MemoryType(1, page_size=size),)).wasm
    with pytest.raises(ValueError, match="no kind of item: data"):
        _ = Module(exports=(Export("x", "data", 0),)).wasm


def test_d02_spoiled_sections_are_invalid_in_every_way() -> None:
    reasons = Counter[str]()
    for seed in range(1000):
        source = Seeded(seed)
        module = generate.spoil(source, generate.section(source))
        try:
            tr.Module(module.wasm)
        except tr.ValidationError as error:
            reasons[str(error).split(": ")[1].split(" (at ")[0]] += 1
    everything = " ".join(reasons)
    for reason in ("not declared up to", "not declared before", "not match", "is final"):
        assert reason in everything
    assert 100 < sum(reasons.values()) < 900


def test_d02_equal_types_are_frequent() -> None:
    # Of two related sections, at least one type in four of the second is in the first as well.
    known = total = 0
    for seed in range(300):
        source = Seeded(seed)
        first = generate.section(source)
        second = generate.relative(source, first)
        engine = tr.Engine()
        with engine.register(first.wasm) as one, engine.register(second.wasm) as other:
            before = set(one.as_module_map())
            total += len(other)
            known += sum(index in before for index in other.as_module_map())
    assert known > total / 4


@given(st.modules())
def test_d02_modules_have_bytes_and_text(module: Module) -> None:
    as_bytes, as_text = tr.Module(module.wasm), tr.Module(module.wat)
    assert tuple(as_bytes.types) == tuple(as_text.types)
    assert as_bytes.imports == as_text.imports
    assert as_bytes.exports == as_text.exports


@given(st.rec_groups(), st.sub_types(), st.value_types())
def test_d02_values_are_closed(
    group: tr.RecGroup, sub: tr.SubType, value: tr.NumType | tr.VecType | tr.RefType
) -> None:
    engine = tr.Engine()
    handles = engine.register_group(group)
    assert len(handles) == len(group.members)
    assert tr.RegisteredType(engine, sub).type == sub
    assert engine.matches(value, value)


@given(
    hypothesis_strategies.data(),
    st.type_sections(),
    st.near_twins(),
    st.link_pairs(),
)
def test_d02_whatever_stands_for_a_module_has_bytes_and_text(
    data: hypothesis_strategies.DataObject,
    section: Module,
    pair: Twins,
    link: links.LinkPair,
) -> None:
    relative = data.draw(st.relatives(section))
    for module in (section, relative, pair.a, pair.b, link.provider, link.consumer):
        assert module.wasm.startswith(b"\0asm")
        assert module.wat.startswith("(module")


@settings(max_examples=30)
@given(hypothesis_strategies.data(), hypothesis_strategies.sampled_from(twins.ATTRIBUTES))
def test_d02_twins_can_be_asked_for_by_attribute(
    data: hypothesis_strategies.DataObject, attribute: str
) -> None:
    pair = data.draw(st.near_twins(attribute))
    assert pair.attribute == attribute


# How they are written.


WRITTEN = {**vars(reference_types), **vars(spec), **vars(programs), "Twins": Twins}
WRITTEN["LinkPair"] = links.LinkPair


@given(
    hypothesis_strategies.one_of(
        *(st.type_sections(continuations=True), st.modules(), st.near_twins(), st.link_pairs()),
        st.type_sections().flatmap(st.relatives),
        st.type_sections().flatmap(st.spoiled),
    )
)
def test_d02_what_stands_for_a_module_is_written_as_what_makes_it(value: object) -> None:
    assert eval(repr(value), dict(WRITTEN)) == value
    printed = pretty(value)
    assert eval(printed, dict(WRITTEN)) == value
    assert "composite=" not in printed  # it reads as what one would write
    assert "".join(printed.split()) == "".join(repr(value).split())


@given(st.rec_groups(), st.sub_types(), st.value_types(continuations=True))
def test_d02_values_are_written_as_what_makes_them(
    group: tr.RecGroup, sub: tr.SubType, value_type: tr.NumType | tr.VecType | tr.RefType
) -> None:
    for value in (group, sub, value_type):
        assert pretty(value) == repr(value)
        assert eval(repr(value), vars(tr)) == value
        # The reference's values are written as typereg's.
        assert repr(from_typereg(value)) == repr(value)


def test_d02_what_is_written_is_what_differs_from_the_usual() -> None:
    assert repr(section(StructType([]), SubType(StructType([]), final=False))) == (
        "section(StructType([]), SubType(StructType([]), final=False))"
    )
    explicit = spec.LongRecGroup([spec.LongSubType(StructType([FieldType(spec.LongRefType(ANY))]))])
    assert repr(Module((explicit,))) == (
        "section(LongRecGroup([LongSubType(StructType([FieldType(LongRefType(ANY))]))]))"
    )
    item = TableType(ref_type(0, False), 1, 2, address64=True)
    assert repr(Module((), items=(item, MemoryType(0)), names=((0, "a"),))) == (
        "Module(items=(TableType(RefType(ModuleTypeIndex(0), nullable=False), 1, 2, "
        "address64=True), MemoryType(0)), names=((0, 'a'),))"
    )


def test_d02_a_failing_example_shows_a_line_for_each_type() -> None:
    @settings(max_examples=1, database=None, derandomize=True)
    @given(hypothesis_strategies.just(links.link_pair(Seeded(0), "type/struct/mutability")))
    def fails(pair: links.LinkPair) -> None:
        raise AssertionError

    with pytest.raises(AssertionError) as failed:
        fails()
    told = "\n".join(failed.value.__notes__)  # type: ignore[attr-defined] # since Python 3.11
    assert max(line.count("SubType(") for line in told.splitlines()) == 1, told
    assert "reason='field-mutability'" in told
    assert "composite=" not in told


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: st.near_twins("nonsense"),
            ["no attribute 'nonsense'; there are:", *twins.ATTRIBUTES],
        ),
        (lambda: st.near_twins(""), ["no attribute ''; there are:"]),
        (lambda: st.near_twins("sub/finalty"), ["did you mean 'sub/finality'", "there are: "]),
        (lambda: st.link_pairs("nope"), ["no case 'nope'", *links.CASES]),
        (lambda: twins.twins(Seeded(0), "nonsense"), ["no attribute 'nonsense'"]),
        (lambda: links.link_pair(Seeded(0), "nope"), ["no case 'nope'"]),
        (lambda: st.type_sections(groups=0), ["expected room for a group or more, got 0"]),
        (
            lambda: machine.registry_machine(machine.ReferenceRegistry, can=frozenset({"handle"})),
            ["no capability 'handle' (did you mean 'handles' or 'by_hand'?)", *CAPABILITIES],
        ),
    ],
)
def test_d02_an_unknown_name_is_told_at_once_with_those_that_there_are(
    call: Callable[[], object], told: list[str]
) -> None:
    with pytest.raises(ValueError, match=re.escape(told[0])) as refused:
        call()
    for each in told:
        assert each in str(refused.value)


@pytest.mark.parametrize("name", ["strategies", "machine"])
def test_d02_without_hypothesis_there_is_a_word_on_how_to_get_it(name: str) -> None:
    hide = "import sys; sys.modules['hypothesis'] = None"
    code = f"{hide}; import typereg.testing.checks, typereg.testing.faults, typereg.testing.engines"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=False).returncode == 0
    run[-1] = f"{code}; import typereg.testing.{name}"
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: typereg.testing.strategies and ")
    assert "pip install 'typereg[testing]'" in last


@pytest.mark.parametrize(
    "strategy",
    [
        *(pytest.param(st.near_twins(name), id=name) for name in twins.EVERYDAY),
        *(pytest.param(st.link_pairs(name), id=f"link {name}") for name in links.CASES),
    ],
)
def test_d02_each_can_be_drawn_alone_in_the_simplest_way(
    strategy: hypothesis_strategies.SearchStrategy[object],
) -> None:
    # Hypothesis begins with the simplest choices of all, and complains if those lead nowhere.
    @settings(max_examples=2, database=None, derandomize=True)
    @given(strategy)
    def draw(pair: object) -> None:
        pass

    draw()


@pytest.mark.parametrize("case", links.CASES)
def test_d02_link_pairs_say_whether_they_link_and_why_not(case: str) -> None:
    for seed in range(40):
        pair = links.link_pair(Seeded(seed), case)
        assert pair.ok is (pair.reason is None)
        report = tr.link(read(pair.consumer), {links.PROVIDER: read(pair.provider)})
        reasons = [each.reason for each in report.mismatches]
        expected = [] if pair.ok else [pair.reason]
        assert reasons == expected, f"{pair.provider.wat}\n{pair.consumer.wat}"


def to_a_member(module: Module) -> bool:
    """Whether a reference that is never null leads to a type of the module."""
    values = (value for sub in module.types for value in generate.values_of(sub))
    refs = [value for value in values if isinstance(value, RefType) and not value.nullable]
    return any(isinstance(ref.heap, ModuleTypeIndex) for ref in refs)


@pytest.mark.parametrize("seed", [1, 3])
def test_d02_a_list_shrinks_to_what_matters(seed: int) -> None:
    options = settings(max_examples=1000, database=None, deadline=None)
    found = hypothesis.find(st.type_sections(), to_a_member, settings=options, random=Random(seed))
    # Whatever stood before it or behind it is gone.
    assert max(len(generate.values_of(sub)) for sub in found.types) == 1
