"""Digests, snapshots and closed types (G7, G8, G10) by what the contract says of them alone."""

from __future__ import annotations

import copy
import itertools
import pickle
import random
import subprocess
import sys

import pytest

import typereg as tr
from support.registry import OPEN, holder

GROUPS = [
    "(type (sub (struct)))",
    "(type (struct))",
    "(type (func))",
    "(type (sub (func)))",
    "(type (func (param i32)))",
    "(type (func (result i32)))",
    "(type (func (param i32 i64)))",
    "(type (func (param i64 i32)))",
    "(type (func (param i32) (result i64)))",
    "(type (func (param v128)))",
    "(type (array i8))",
    "(type (array i16))",
    "(type (array (mut i8)))",
    "(type (struct (field i8)))",
    "(type (struct (field i32)))",
    "(type (struct (field i32 i32)))",
    "(type (array anyref))",
    "(type (array (ref any)))",
    "(type (array eqref))",
    "(type (array externref))",
    "(type (array exnref))",
    "(rec (type $own (array (ref $own))))",
    "(rec (type $own (array (ref null $own))))",
    "(rec (type (struct)) (type (struct)))",
    "(rec (type (struct)) (type (sub (struct))))",
    "(rec (type (sub (struct))) (type (struct)))",
    "(rec (type (struct)) (type (struct)) (type (struct)))",
    "(rec (type $p (array (ref $q))) (type $q (array (ref $p))))",
    "(rec (type $p (array (ref $p))) (type $q (array (ref $p))))",
    "(rec (type $p (array (ref $q))) (type $q (array (ref $q))))",
    "(rec (type $p (array (ref $p))) (type $q (array (ref $q))))",
    "(rec (type $p (sub (struct))) (type (sub $p (struct))))",
    "(rec (type $p (sub (struct))) (type (sub final $p (struct))))",
]
"""Groups of which no two have a member in common."""

SINGLE = "(type (sub (struct)))"


def test_g07_no_two_of_many_near_groups_share_a_digest() -> None:
    owners: dict[bytes, tuple[int, int]] = {}
    of_groups: set[bytes] = set()
    engine = tr.Engine()
    for number, text in enumerate(GROUPS):
        module = tr.Module(f"(module {text})")
        of_groups.update(module.group_digests)
        types = engine.register(module)
        for position, digest in enumerate(module.type_digests):
            assert len(digest) == 32
            assert owners.setdefault(digest, (number, position)) == (number, position)
            closed = module.def_type(position)
            assert closed.digest == digest == types[position].digest
            assert closed.group_digest == module.group_digests[0]
    assert len(of_groups) == len(GROUPS)
    # A group of one is something else than its one member.
    assert of_groups.isdisjoint(owners)


def test_g07_the_same_group_anywhere_in_any_module() -> None:
    chance = random.Random(7)
    wanted = [tr.Module(f"(module {text})").type_digests for text in GROUPS]
    for _ in range(20):
        order = chance.choices(range(len(GROUPS)), k=60)
        texts = []
        for place, number in enumerate(order):
            text = GROUPS[number].replace("$", f"$at{place}")
            # An explicit `rec` around a single type, and empty groups, change nothing.
            if text.startswith("(type") and chance.random() < 0.5:
                text = f"(rec {text})"
            texts += [text, "(rec)"] if chance.random() < 0.3 else [text]
        module = tr.Module(f"(module {' '.join(texts)})")
        assert module.type_digests == tuple(
            itertools.chain.from_iterable(wanted[number] for number in order)
        )


def test_g07_another_process_says_the_same() -> None:
    text = f"(module {GROUPS[21]} {GROUPS[30].replace('$', '$other')})"
    digests = [digest.hex() for digest in tr.Module(text).type_digests]
    program = f"import typereg\nfor d in typereg.Module({text!r}).type_digests: print(d.hex())"
    for hash_seed in ("0", "1"):
        told = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed},
        )
        assert told.stdout.split() == digests


FAMILY = """
(module
  (type $s (sub (struct)))
  (type $l (sub $s (struct (field (ref $s)))))
  (type $r (sub $s (struct (field (mut (ref $s))))))
  (rec (type $t (func (param (ref $l)) (result (ref $u)))) (type $u (array (ref $r))))
  (type $free (func (param f64)))
  (type $alone (struct (field f32))))
"""


def in_order(module: tr.Module) -> list[bytes]:
    """The order of a snapshot's groups by hand: of those that could be next, the one with the
    smallest digest. Of `FAMILY`, where 0 comes before 1 and 2, and they before 3."""
    digests = module.group_digests
    below = {0: (), 1: (0,), 2: (0,), 3: (1, 2), 4: (), 5: ()}
    done: list[int] = []
    while len(done) < len(digests):
        ready = [
            group for group, needs in below.items() if group not in done and {*needs} <= {*done}
        ]
        done.append(min(ready, key=lambda group: digests[group]))
    return [digests[group] for group in done]


def test_g08_equal_registries_write_equal_bytes_however_they_came_to_be() -> None:
    family = tr.Module(FAMILY)
    plain = tr.Engine()
    types = plain.register(family)
    wanted = plain.snapshot()
    assert list(tr.Module(wanted).group_digests) == in_order(family)

    # Closed types, in every order of the four that nothing else leads to.
    for order in itertools.permutations([3, 5, 6, 4], 3):
        engine = tr.Engine(weak_hash_bits=0)
        handles = [
            engine.register_group(family.def_type(at).group)[family.def_type(at).position]
            for at in (*order, 3, 5, 6)
        ]
        assert engine.snapshot() == wanted
        assert len(handles) == 6

    # What lived in between, and the slots it left, do not show.
    engine = tr.Engine()
    crowd = [tr.RegisteredType(engine, tr.FuncType([tr.I64] * n, [])) for n in range(1, 9)]
    passing = engine.register(family)
    for handle in crowd[::2]:
        handle.close()
    kept = [passing[at] for at in (6, 3, 5)]
    passing.close()
    for handle in crowd[1::2]:
        handle.close()
    assert engine.snapshot() == wanted
    assert len(kept) == 3

    # And what is read back is written the same.
    again = tr.Engine()
    with again.load_snapshot(wanted) as loaded:
        assert again.snapshot() == wanted
        assert len(loaded) == len(types) == 7


def test_g08_loading_counts_each_group_once_and_its_edges() -> None:
    source = tr.Engine()
    twice = source.register(FAMILY), source.register(FAMILY)
    data = source.snapshot()
    assert source.registry.stats().external == 12
    assert len(twice) == 2
    engine = tr.Engine()
    with engine.load_snapshot(data) as loaded:
        stats = engine.registry.stats()
        # Edges: $l and $r 2 each on $s; the group of $t 1 each on $l and $r.
        assert (stats.types, stats.groups, stats.capacity) == (7, 6, 7)
        assert (stats.external, stats.edges, stats.registrations) == (6, 6, 12)
        assert (stats.hits, stats.misses) == (0, 6)
        by_digest = {index: engine.registry.borrow(index) for index in loaded.as_module_map()}
        assert None not in by_digest.values()
        family = tr.Module(FAMILY)
        found = {}
        for handle in loaded:
            found[handle.digest] = handle.registrations - 1
            handle.close()
        counts = [5, 2, 2, 1, 1, 1, 1]
        assert found == dict(zip(family.type_digests, counts, strict=True))
        # Into an engine that has them: hits alone.
        with engine.load_snapshot(data):
            assert engine.registry.stats().hits == 6
            assert engine.registry.stats().registrations == 18
    assert len(engine.registry) == 0


def test_g08_a_snapshot_too_large_for_the_reader_changes_nothing() -> None:
    source = tr.Engine()
    source_types = source.register(FAMILY)
    engine = tr.Engine(limits=tr.Limits.js_api(live_groups=5))
    with pytest.raises(tr.LimitError) as caught:
        engine.load_snapshot(source.snapshot())
    assert caught.value.limit == "live_groups"
    assert len(engine.registry) == 0
    assert len(source_types) == 7


NODE = tr.DefType(
    tr.RecGroup(
        [
            tr.SubType(tr.StructType([tr.FieldType(tr.RefType(tr.RecIndex(0)))]), final=False),
        ]
    ),
    0,
)
BASE = tr.DefType(tr.RecGroup([OPEN]), 0)
CHILD = tr.DefType(
    tr.RecGroup([tr.SubType(tr.StructType([tr.FieldType(tr.I32)]), supertype=BASE, final=False)]), 0
)


def test_g10_values_hold_closed_types_wherever_a_defined_type_stands() -> None:
    ref = tr.RefType(NODE, nullable=False)
    values: list[object] = [
        ref,
        tr.FieldType(ref, mutable=True),
        tr.FuncType([ref], [ref]),
        tr.StructType([tr.FieldType(ref)]),
        tr.ArrayType(tr.FieldType(ref)),
        tr.SubType(tr.StructType([]), supertype=BASE),
        tr.RecGroup([tr.SubType(tr.StructType([]), supertype=BASE)]),
        tr.TableType(ref, 1),
        tr.GlobalType(ref),
        tr.TagType(tr.FuncType([ref], [])),
        tr.ImportType("m", "n", tr.GlobalType(ref)),
        tr.ExportType("n", tr.TableType(ref, 1, 2)),
    ]
    for value in values:
        for twin in (
            pickle.loads(pickle.dumps(value)),
            copy.deepcopy(value),
            eval(repr(value), vars(tr).copy()),
        ):
            assert twin == value
            assert hash(twin) == hash(value)
    assert len({*values}) == len(values)


def test_g10_match_takes_a_closed_type_apart() -> None:
    match tr.RefType(CHILD):
        case tr.RefType(
            tr.DefType(
                tr.RecGroup((tr.SubType(tr.StructType((field,)), supertype, False),)), position
            ),
            nullable,
        ):
            assert (field, position, nullable) == (tr.FieldType(tr.I32), 0, True)
            assert supertype == BASE
        case _:
            raise AssertionError


def test_g10_a_dictionary_knows_a_type_from_every_source() -> None:
    module = tr.Module("""
        (module (type (func)) (type $b (sub (struct))) (type $c (sub $b (struct (field i32))))
                (rec (type $n (sub (struct (field (ref null $n)))))))
    """)
    known = {BASE: "base", CHILD: "child", NODE: "node"}
    engine = tr.Engine()
    with engine.register(module) as types:
        for at, name in ((1, "base"), (2, "child"), (3, "node")):
            assert known[module.def_type(at)] == name
            with types[at] as handle:
                assert known[handle.def_type] == name
            assert known[pickle.loads(pickle.dumps(module.def_type(at)))] == name
        assert module.def_type(0) not in known


def test_g10_a_pickle_from_another_process_is_the_same_type() -> None:
    there = "import pickle, sys; pickle.dump(pickle.load(sys.stdin.buffer), sys.stdout.buffer)"
    for value in (CHILD, (NODE, NODE)):
        done = subprocess.run(
            [sys.executable, "-c", there],
            input=pickle.dumps(value),
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
        assert pickle.loads(done.stdout) == value


CONSUMER = """
(module
  (type $b (sub (struct)))
  (type $c (sub $b (struct (field i32))))
  (type $f (func (param (ref $c)) (result (ref null $b))))
  (import "env" "f" (func (type $f)))
  (import "env" "g" (global (ref null $b)))
  (import "env" "m" (global (mut (ref null $b))))
  (import "env" "t" (table 1 (ref null $b)))
  (import "env" "e" (tag (param (ref $c)))))
"""


def host(**changes: object) -> dict[str, object]:
    """What a host offers to `CONSUMER`, all of it right but for the changes."""
    of_base = tr.RefType(BASE)
    right = {
        "f": tr.FuncType([tr.RefType(CHILD, nullable=False)], [of_base]),
        "g": tr.GlobalType(of_base),
        "m": tr.GlobalType(of_base, mutable=True),
        "t": tr.TableType(of_base, 1),
        "e": tr.TagType(tr.FuncType([tr.RefType(CHILD, nullable=False)], [])),
    }
    return {**right, **changes}


def test_g10_a_host_offers_closed_types() -> None:
    report = tr.link(CONSUMER, {"env": host()})  # type: ignore[dict-item]
    assert report.ok
    assert report.imports == 5
    # A subtype does for an immutable global.
    assert tr.link(CONSUMER, {"env": host(g=tr.GlobalType(tr.RefType(CHILD)))}).ok  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("name", "extern", "reason", "cause"),
    [
        # Where a subtype will not do, a subtype is told as one, and how it differs.
        ("m", tr.GlobalType(tr.RefType(CHILD), True), "invariance", "supertype-extra"),
        ("t", tr.TableType(tr.RefType(CHILD), 1), "invariance", "supertype-extra"),
        ("m", tr.GlobalType(tr.RefType(BASE)), "global-mutability", None),
        ("g", tr.GlobalType(tr.RefType(NODE)), "not-declared-subtype", None),
        ("f", tr.FuncType([tr.RefType(CHILD)], [tr.RefType(BASE)]), "nullability", None),
        ("f", tr.FuncType([], [tr.RefType(BASE)]), "param-count", None),
        ("e", tr.TagType(tr.FuncType([tr.RefType(tr.STRUCT, False)], [])), "heap-type", None),
        ("t", tr.TableType(tr.RefType(BASE), 0), "limits-min", None),
        ("t", tr.GlobalType(tr.RefType(BASE)), "extern-kind", None),
    ],
)
def test_g10_what_a_host_offers_wrongly_has_its_reason(
    name: str, extern: object, reason: str, cause: str | None
) -> None:
    report = tr.link(CONSUMER, {"env": host(**{name: extern})})  # type: ignore[dict-item]
    assert not report.ok
    (mismatch,) = report.mismatches
    assert (mismatch.name, mismatch.reason) == (name, reason)
    assert (mismatch.cause and mismatch.cause.reason) == cause


def test_g10_a_handle_s_type_links_as_a_host_s(engine: tr.Engine) -> None:
    # A type that an engine keeps is a host's own through `def_type`, whichever way it came there.
    types = engine.register(CONSUMER)
    child, base = types[1].def_type, types[0].def_type
    offered = tr.FuncType([tr.RefType(child, False)], [tr.RefType(base)])
    report = tr.link(CONSUMER, {"env": host(f=offered)})  # type: ignore[dict-item]
    assert report.ok
    signature = types[2].def_type
    composite = signature.group.members[0].composite
    assert composite == offered
    index = holder(types[0].index)
    with pytest.raises(TypeError):
        tr.link(CONSUMER, {"env": {"f": index}})  # type: ignore[dict-item]
