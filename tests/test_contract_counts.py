"""Scenes of counting, worked out on paper from sections K and S: each step of an event's line is
written down here by hand, with the rule it comes from."""

from __future__ import annotations

import contextlib
import copy
import gc
import itertools
import logging
import random
import re
from collections.abc import Iterator

import pytest

import typereg as tr
from support.registry import OPEN, holder, live, probe

LINE = re.compile(r"#([0-9]+) (\w+) group=([0-9]+(?:,[0-9]+)*) registrations=([0-9]+): (\S.*)")
"""How S15 writes an event."""

OPERATIONS = {"create", "hit", "incref", "decref", "resurrect", "remove"}


class Lines(logging.Handler):
    """Collects lines, and gives each as ``incref 4,5 3``."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.number = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def take(self) -> list[str]:
        """The events since the last call; every line is of the form, and numbers ascend."""
        found = []
        for line in self.lines:
            match = LINE.fullmatch(line)
            assert match, line
            number, operation, group, count, _reason = match.groups()
            assert operation in OPERATIONS
            assert int(number) == self.number + 1
            self.number = int(number)
            found.append(f"{operation} {group} {count}")
        self.lines.clear()
        return found


@contextlib.contextmanager
def told() -> Iterator[Lines]:
    """What the logger `typereg` is told, at ``TRACE``; not of what earlier tests left behind."""
    gc.collect()
    logger, lines = logging.getLogger("typereg"), Lines()
    before = logger.level
    logger.addHandler(lines)
    logger.setLevel(tr.TRACE)
    try:
        yield lines
    finally:
        logger.setLevel(before)
        logger.removeHandler(lines)


SCENE = """
(module
  (type $a (sub (struct)))
  (rec (type $b (sub $a (struct (field (ref $a)))))
       (type $c (struct (field (ref $b)) (field (ref null $c)) (field (ref $a)))))
  (type $a2 (sub (struct)))
  (rec)
  (rec (type $b2 (sub $a2 (struct (field (ref $a)))))
       (type $c2 (struct (field (ref $b2)) (field (ref null $c2)) (field (ref $a2)))))
  (type $d (func (param (ref $b)) (param (ref $b2)) (result (ref $c)))))
"""


def test_k02_k05_k07_k08_a_module_from_its_first_event_to_its_last(
    hashed_engine: tr.Engine,
) -> None:
    engine = hashed_engine
    with told() as lines:
        types = engine.register(SCENE)
        assert lines.take() == [
            "create 0 1",  # $a
            "incref 0 2",  # $b's supertype
            "incref 0 3",  # $b's field 0
            "incref 0 4",  # $c's field 2; its fields 0 and 1 are of its own group
            "create 1,2 1",
            "hit 0 5",  # $a2
            "hit 1,2 2",  # $b2 and $c2
            "incref 1,2 3",  # $d's parameters, then its result
            "incref 1,2 4",
            "incref 1,2 5",
            "create 3 1",
        ]
        assert [index.bits for index in types.as_module_map()] == [0, 1, 2, 0, 1, 2, 3]
        stats = engine.registry.stats()
        assert (stats.types, stats.groups, stats.capacity) == (4, 3, 4)
        assert (stats.registrations, stats.edges, stats.external) == (11, 6, 5)
        assert (stats.hits, stats.misses) == (2, 3)
        assert lines.take() == []
        types.close()
        events = lines.take()
    assert [event for event in events if event.startswith("decref")] == [
        "decref 0 4",  # the occurrences, as declared
        "decref 1,2 4",
        "decref 0 3",
        "decref 1,2 3",
        "decref 3 0",
        "decref 1,2 2",  # $d goes: its edges
        "decref 1,2 1",
        "decref 1,2 0",
        "decref 0 2",  # $b and $c go: theirs
        "decref 0 1",
        "decref 0 0",
    ]
    assert [event for event in events if event.startswith("remove")] == [
        "remove 3 0",
        "remove 1,2 0",
        "remove 0 0",
    ]
    assert len(events) == 14
    # Freed: 3, then 1 and 2, then 0. The one freed last comes first.
    assert probe(engine, 5) == [0, 2, 1, 3, 4]


def test_k07_k08_between_two_occurrences_a_whole_branch_goes(engine: tr.Engine) -> None:
    # Slots: $x 0, $y 1, $p 2 (keeps $x), $q 3 (keeps $p, $y and $y), $z 4.
    types = engine.register("""
        (module (type $x (array i8)) (type $y (array i16))
                (type $p (struct (field (ref $x))))
                (type $q (func (param (ref $p) (ref $y)) (result (ref $y))))
                (type $z (func)))
    """)
    x, z = types[0], types[4]
    with told() as lines:
        types.close()
        assert [event for event in lines.take() if not event.startswith("remove")] == [
            "decref 0 2",  # a handle and $p stay
            "decref 1 2",
            "decref 2 1",
            "decref 3 0",  # $q goes before $z has its turn, with all that follows
            "decref 2 0",
            "decref 1 1",
            "decref 1 0",
            # Pushed: $p, $y; $y, pushed last, goes first and has no edges.
            "decref 0 1",  # $p goes
            "decref 4 1",  # $z
        ]
    assert live(engine) == [0, 4]
    assert (x.registrations, z.registrations) == (1, 1)
    # Freed: 3 ($q), 1 ($y), 2 ($p).
    assert probe(engine, 4) == [2, 1, 3, 5]
    x.close()
    z.close()
    # Freed since: 0, 4; the probe gave the others back in their order.
    assert probe(engine, 6) == [4, 0, 2, 1, 3, 5]


def test_k08_a_group_shared_by_two_that_go_is_removed_once_both_have_gone(
    engine: tr.Engine,
) -> None:
    # $base 0, $l 1, $r 2, $top 3: a diamond; its members refer twice along each edge.
    types = engine.register("""
        (module (type $base (sub (struct)))
                (type $l (sub $base (struct (field (ref $base)))))
                (type $r (sub $base (struct (field (mut (ref $base))))))
                (type $top (struct (field (ref $l)) (field (ref $r)) (field (ref $l)))))
    """)
    top = types[3]
    types.close()
    counts = []
    for index in top_chain(top):
        rooted = tr.RegisteredType.root(engine, index)
        assert rooted is not None
        with rooted:
            counts.append(rooted.registrations - 1)
    assert counts == [4, 2, 1]
    with told() as lines:
        top.close()
        events = lines.take()
    assert [event for event in events if event.startswith("decref")] == [
        "decref 3 0",
        "decref 1 1",
        "decref 2 0",
        "decref 1 0",
        "decref 0 3",  # $l, pushed last: supertype, field
        "decref 0 2",
        "decref 0 1",  # $r
        "decref 0 0",
    ]
    assert [event for event in events if event.startswith("remove")] == [
        "remove 3 0",
        "remove 1 0",
        "remove 2 0",
        "remove 0 0",
    ]


def top_chain(top: tr.RegisteredType) -> list[tr.SharedTypeIndex]:
    """The indices of the diamond's base, left and right."""
    composite = top.type.composite
    assert isinstance(composite, tr.StructType)
    found = []
    for field in composite.fields[:2]:
        assert isinstance(field.storage, tr.RefType)
        assert isinstance(field.storage.heap, tr.SharedTypeIndex)
        found.append(field.storage.heap)
    left = top.engine.registry.borrow(found[0])
    assert left is not None
    assert isinstance(left.supertype, tr.SharedTypeIndex)
    return [left.supertype, *found]


def test_k04_supertypes_of_the_own_group_count_on_that_group(engine: tr.Engine) -> None:
    chain = [tr.SubType(tr.StructType([]), final=False)]
    chain += [
        tr.SubType(tr.StructType([]), supertype=tr.RecIndex(i), final=False) for i in range(3)
    ]
    handles = engine.register_group(tr.RecGroup(chain))
    last = handles[3]
    with told() as lines:
        assert last.registrations == 4
        above = last.supertypes
        assert lines.take() == ["incref 0,1,2,3 5", "incref 0,1,2,3 6", "incref 0,1,2,3 7"]
        assert [handle.position for handle in above] == [2, 1, 0]
        nearest = last.supertype
        assert nearest == above[0]
        assert nearest is not above[0]
        assert lines.take() == ["incref 0,1,2,3 8"]
        assert above[2].supertype is None
        assert above[2].supertypes == ()
        assert lines.take() == []
        assert engine.registry.stats().edges == 0
        assert engine.registry.stats().external == 8


def test_k04_walking_over_a_collection_counts_as_long_as_handles_live(engine: tr.Engine) -> None:
    types = engine.register("(module (type (func)) (type (struct)) (type (func)))")
    with told() as lines:
        for handle in types:
            handle.close()
        assert lines.take() == [
            "incref 0 3",
            "decref 0 2",
            "incref 1 2",
            "decref 1 1",
            "incref 0 3",
            "decref 0 2",
        ]
        backwards = list(reversed(types))
        assert lines.take() == ["incref 0 3", "incref 1 2", "incref 0 4"]
        assert [handle in types for handle in backwards] == [True] * 3
        assert types[-1] == backwards[0]
        assert lines.take() == ["incref 0 5", "decref 0 4"]


def test_k05_a_hit_adds_no_edges_and_a_refused_module_leaves_none() -> None:
    engine = tr.Engine(limits=tr.Limits.js_api(live_groups=3))
    base = tr.RegisteredType(engine, OPEN)
    once = tr.RegisteredType(engine, holder(base.index, base.index))
    assert (base.registrations, once.registrations) == (3, 1)
    twice = tr.RegisteredType(engine, holder(base.index, base.index))
    assert (base.registrations, once.registrations) == (3, 2)
    with told() as lines:
        with pytest.raises(tr.LimitError) as caught:
            engine.register("""
                (module (type $s (sub (struct)))
                        (type $new (array (ref $s)))
                        (type $s2 (sub (struct)))
                        (type $new2 (func (param (ref $s)) (result (ref $new)))))
            """)
        assert caught.value.limit == "live_groups"
        assert caught.value.value == 4
        events = lines.take()
    # Whatever was told, going there and back, the last word on each group is what it had.
    assert events[-1].split()[0] == "decref"
    assert (base.registrations, once.registrations) == (3, 2)
    assert live(engine) == [0, 1]
    assert probe(engine, 1) == [2]
    for handle in (base, once, twice):
        handle.close()
    assert live(engine) == []


def test_k12_each_event_of_closed_types(hashed_engine: tr.Engine) -> None:
    engine = hashed_engine
    leaf = tr.DefType(tr.RecGroup([OPEN]), 0)
    pair = tr.DefType(
        tr.RecGroup(
            [
                tr.SubType(
                    tr.StructType([tr.FieldType(tr.RefType(leaf)), tr.FieldType(tr.RefType(leaf))]),
                    supertype=leaf,
                    final=False,
                ),
                tr.SubType(tr.ArrayType(tr.FieldType(tr.RefType(tr.RecIndex(0))))),
            ]
        ),
        1,
    )
    top = tr.FuncType([tr.RefType(pair), tr.RefType(leaf)], [tr.RefType(pair)])
    with told() as lines:
        handle = tr.RegisteredType(engine, top)
        assert lines.take() == [
            "create 0 1",  # leaf: what is referred to comes first
            "incref 0 2",  # pair's supertype and its two fields
            "incref 0 3",
            "incref 0 4",
            "create 1,2 1",
            "incref 1,2 2",  # top's parameters and result
            "incref 0 5",
            "incref 1,2 3",
            "create 3 1",
            "decref 0 4",  # and now edges alone keep them
            "decref 1,2 2",
        ]
        stats = engine.registry.stats()
        assert (stats.registrations, stats.edges, stats.external) == (7, 6, 1)
        assert (stats.hits, stats.misses) == (0, 3)
        # Once more: each of the three is a hit, and two of them are given back.
        again = tr.RegisteredType(engine, top)
        assert lines.take() == ["hit 0 5", "hit 1,2 3", "hit 3 2", "decref 0 4", "decref 1,2 2"]
        stats = engine.registry.stats()
        assert (stats.hits, stats.misses) == (3, 3)
        again.close()
        handle.close()
    assert live(engine) == []
    # Freed: 3; pair's 1 and 2; leaf's 0.
    assert probe(engine, 4) == [0, 2, 1, 3]


def test_k11_every_order_of_closing_ends_with_nothing(engine: tr.Engine) -> None:
    # Open at the start: the collection's 7 occurrences in groups a, bc, d and what is made of
    # it. The counts after each release are what K11 says, added up by hand for each group.
    seen = set()
    for order in itertools.permutations(range(4)):
        types = engine.register(SCENE)
        c, d = types[2], types[6]
        twin = copy.copy(c)
        users: list[tr.RegisteredType | tr.TypeCollection] = [types, c, d, twin]
        open_ = dict.fromkeys(range(4), True)
        for step in order:
            users[step].close()
            open_[step] = False
            d_count = open_[0] + open_[2]
            bc_count = 2 * open_[0] + open_[1] + open_[3] + 3 * (d_count > 0)
            a_count = 2 * open_[0] + 3 * (bc_count > 0)
            assert engine.registry.stats().registrations == a_count + bc_count + d_count
            if open_[1]:
                assert c.registrations == bc_count
            if open_[2]:
                assert d.registrations == d_count
        assert live(engine) == []
        seen.add(tuple(probe(engine, 5)))
    # The order of release is the order of the free list, and no slot is lost or doubled.
    assert all(sorted(slots) == [0, 1, 2, 3, 4] for slots in seen)


def test_k06_groups_fill_the_slots_that_others_left(engine: tr.Engine) -> None:
    handles = [tr.RegisteredType(engine, tr.FuncType([tr.I32] * n, [])) for n in range(6)]
    for slot in (1, 4, 0):
        handles[slot].close()
    members = [OPEN, tr.SubType(tr.FuncType([], [tr.F32])), OPEN, OPEN]
    group = engine.register_group(tr.RecGroup(members))
    # Freed last first: 0, 4, 1; then the next fresh one.
    assert [handle.index.bits for handle in group] == [0, 4, 1, 6]
    assert [handle.position for handle in group] == [0, 1, 2, 3]
    with told() as lines:
        for handle in group[:3]:
            handle.close()
        assert lines.take() == ["decref 0,4,1,6 3", "decref 0,4,1,6 2", "decref 0,4,1,6 1"]
        group[3].close()
        assert lines.take() == ["decref 0,4,1,6 0", "remove 0,4,1,6 0"]
    # Freed by position, not by slot: 0, 4, 1, 6.
    assert probe(engine, 5) == [6, 1, 4, 0, 7]


@pytest.mark.parametrize("seed", range(4))
def test_k11_any_sequence_adds_up(seed: int) -> None:
    # Three groups, known by name; what each call adds and takes is written out from K2 to K12.
    chance, engine = random.Random(seed), tr.Engine()
    edges = {"a": 0, "bc": 3, "d": 3}  # $bc refers to $a three times, $d to $bc three times
    external = dict.fromkeys(edges, 0)
    hits = misses = 0
    users: list[tuple[tr.RegisteredType | tr.TypeCollection, dict[str, int]]] = []

    def counts() -> dict[str, int]:
        d = external["d"]
        bc = external["bc"] + edges["d"] * (d > 0)
        return {"a": external["a"] + edges["bc"] * (bc > 0), "bc": bc, "d": d}

    def add(user: tr.RegisteredType | tr.TypeCollection, takes: dict[str, int]) -> None:
        users.append((user, takes))
        for name, count in takes.items():
            external[name] += count

    for _ in range(150):
        alive = {name for name, count in counts().items() if count}
        match chance.randrange(5):
            case 0:
                add(engine.register(SCENE), {"a": 2, "bc": 2, "d": 1})
                misses += 3 - len(alive)
                hits += 2 + len(alive)
            case 1:
                add(tr.RegisteredType(engine, OPEN), {"a": 1})
                misses += "a" not in alive
                hits += "a" in alive
            case 2 if users:
                user, _ = chance.choice(users)
                if isinstance(user, tr.TypeCollection):
                    at = chance.randrange(7)
                    name = ("a", "bc", "bc", "a", "bc", "bc", "d")[at]
                    add(user[at], {name: 1})
            case 3 if users:
                user, takes = chance.choice(users)
                if isinstance(user, tr.RegisteredType):
                    add(copy.copy(user), takes)
            case _ if users:
                user, takes = users.pop(chance.randrange(len(users)))
                user.close()
                for name, count in takes.items():
                    external[name] -= count
        now = counts()
        stats = engine.registry.stats()
        assert stats.groups == sum(count > 0 for count in now.values())
        assert stats.registrations == sum(now.values())
        assert stats.external == sum(external.values())
        assert (stats.hits, stats.misses) == (hits, misses)
        for user, takes in users:
            if isinstance(user, tr.RegisteredType):
                (name,) = takes
                assert user.registrations == now[name]
    for user, _ in users:
        user.close()
    assert live(engine) == []
