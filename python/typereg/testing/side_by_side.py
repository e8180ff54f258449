"""A registry and the reference, doing the same and compared after every step."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from typereg.reference.types import (
    CONT,
    I8,
    I16,
    I32,
    V128,
    AbsHeapType,
    ContType,
    FieldType,
    PackedType,
    RefType,
    StorageType,
    StructType,
    SubType,
)

from . import text
from .events import collapse
from .generate import HEADS, values_of
from .programs import (
    Again,
    BeginDrop,
    ByHand,
    Close,
    Copy,
    Drop,
    FinishDrop,
    Heads,
    Link,
    Operation,
    Place,
    Program,
    Register,
    Root,
    Take,
    Validate,
)
from .protocol import Asked, Refused, Step, capabilities
from .registries import ReferenceRegistry
from .spec import HIERARCHIES, Module, index_of, ref_type, section

NEEDS: Final[Mapping[type, frozenset[str]]] = {
    Close: frozenset({"lifetime"}),
    Take: frozenset({"handles"}),
    Root: frozenset({"handles"}),
    Copy: frozenset({"handles"}),
    Drop: frozenset({"handles"}),
    Again: frozenset({"returning"}),
    BeginDrop: frozenset({"split_drop"}),
    FinishDrop: frozenset({"split_drop"}),
    ByHand: frozenset({"by_hand"}),
    Validate: frozenset({"validate"}),
    Link: frozenset({"link"}),
    Heads: frozenset({"matches"}),
}
"""The capability that each operation needs; what a registry cannot do is passed over."""

KINDS: Final = (
    *("raised", "registers", "valid", "link", "subtype", "matches", "same", "slot", "events"),
    *("live", "registrations", "handles"),
)
"""The sorts of questions, by the word that gives them away."""

MOST_HEAPS: Final = 12
"""How many of a module's types are asked about where all are asked about each other."""

MANY: Final = 100
"""In a module of more types, each is asked about with three others and not with seven."""

FEW: Final = 6
"""Of modules of so many types or fewer, subtyping is asked about once more where others go."""

END: Final = -1
"""The number of operations that give back what a program left."""

_PLAIN: Final = section(SubType(StructType([]), final=False))


class Difference(AssertionError):
    """A registry and the reference differ. Says at what, and how each answers."""

    def __init__(self, what: str, got: object, expected: object, *places: Place) -> None:
        """Say what was asked, what the registry answered and what the reference did."""
        super().__init__(f"{what}: the registry says {got!r}, the reference {expected!r}")
        self.what = what
        self.got = got
        self.expected = expected
        self.places: tuple[Place, ...] = places
        """The types that were asked about, if it was about types."""
        self.operation: int = END
        """The number of the operation that showed it; `END` where all was given back."""

    @property
    def kind(self) -> str:
        """What sort of question it is about: a smaller case must show the same sort."""
        if isinstance(self.got, Exception):
            return type(self.got).__name__
        return next((kind for kind in KINDS if kind in self.what), self.what)


@dataclass
class _Both:
    """The same thing in the registry and in the reference."""

    ours: Any
    theirs: Any


@dataclass
class _Loaded(_Both):
    module: Module


@dataclass
class SideBySide:
    """Does every operation twice. `step` raises `Difference` at the first one that differs.

    `other` makes another registry of the same kind, for foreign identities.
    """

    registry: Any
    reference: ReferenceRegistry
    other: Callable[[], Any] | None = None
    can: frozenset[str] = frozenset()
    loaded: dict[int, _Loaded] = field(default_factory=dict)
    handles: dict[int, _Both] = field(default_factory=dict)
    begun: dict[int, _Both] = field(default_factory=dict)
    seen: dict[Place, _Both] = field(default_factory=dict)
    """The identities of all types that were ever loaded, by place."""
    foreign: list[Any] = field(default_factory=list)
    lived: int = 0
    """How many types there were after the last operation."""

    def __post_init__(self) -> None:
        """Find out what the registry can do."""
        self.can = self.can or capabilities(self.registry)
        self._events()

    def run(self, program: Program) -> None:
        """Do a whole program, and give back at its end what it has not."""
        for number, operation in program.operations:
            self.step(number, operation)
        self.finish()

    def difference(self, program: Program) -> Difference | None:
        """Do a whole program and then leave; give the difference that it shows, if any."""
        try:
            self.run(program)
        except Difference as difference:
            return difference
        finally:
            self.end()
        return None

    def finish(self) -> None:
        """Give everything back: then nothing may be alive."""
        if "lifetime" not in self.can:
            return
        for number in list(self.begun):
            self.step(END, FinishDrop(number))
        for number in list(self.handles):
            self.step(END, Drop(number))
        for number in list(self.loaded):
            self.step(END, Close(number))
        live = self._outcome("live", self.registry.live)
        self._same("how many types live when all is given back", live, 0)

    def end(self) -> None:
        """Leave the registries as they are: a faulty one might fail once more at its end."""
        others = [registry for registry, _ in self.foreign]
        for registry in (self.registry, self.reference, *others):
            leave = getattr(registry, "end", None)
            if leave is not None:
                leave()

    def step(self, number: int, operation: Operation) -> None:
        """Do one operation on both, and compare."""
        try:
            self._step(number, operation)
        except Difference as difference:
            difference.operation = number
            raise

    def _step(self, number: int, operation: Operation) -> None:
        try:
            done = self._do(number, operation)
        except Refused as refusal:
            raise Difference(f"operation {number}", refusal, "done") from refusal
        if not done:
            return
        events = self.reference.trace()
        told = self._events()
        self._compare(number)
        if "trace" in self.can:
            self._same("the events", collapse(told), collapse(events))
        # What looking did is nobody's business.
        self._events()
        self.reference.trace()

    # Doing.

    def _do(self, number: int, operation: Operation) -> bool:
        if not NEEDS.get(type(operation), frozenset()) <= self.can:
            return False
        ours, theirs = self.registry, self.reference
        match operation:
            case Register(module):
                return self._register(number, module)
            case Close(loaded):
                both = self.loaded.pop(loaded, None)
                if both is None:
                    return False
                self._call("close", ours.close, both.ours)
                theirs.close(both.theirs)
            case Take(loaded, index):
                from_ = self.loaded.get(loaded)
                if from_ is None or index >= len(from_.module.types):
                    return False
                taken = _Both(
                    self._call("take", ours.take, from_.ours, index),
                    theirs.take(from_.theirs, index),
                )
                self.handles[number] = taken
                same = self._identify(taken.ours) == self.seen[loaded, index].ours
                self._same("whether a handle taken has the identity of its type", same, True)
            case Root(place, foreign):
                return self._root_foreign() if foreign else self._root(number, place)
            case Copy(handle):
                of = self.handles.get(handle)
                if of is None:
                    return False
                copy = _Both(self._call("copy", ours.copy, of.ours), theirs.copy(of.theirs))
                self.handles[number] = copy
                same = self._identify(copy.ours) == self._identify(of.ours)
                self._same("whether a copy is of the same type", same, True)
            case Again(handle):
                of = self.handles.get(handle)
                if of is None:
                    return False
                again = _Both(self._call("again", ours.again, of.ours), theirs.again(of.theirs))
                self.handles[number] = again
                same = self._identify(again.ours) == self._identify(of.ours)
                self._same("whether a group given back is the same group", same, True)
            case Drop(handle):
                of = self.handles.pop(handle, None)
                if of is None:
                    return False
                self._call("drop", ours.drop, of.ours)
                theirs.drop(of.theirs)
            case BeginDrop(handle):
                of = self.handles.pop(handle, None)
                if of is None:
                    return False
                self.begun[number] = _Both(
                    self._call("begin_drop", ours.begin_drop, of.ours),
                    theirs.begin_drop(of.theirs),
                )
            case FinishDrop(begun):
                of = self.begun.pop(begun, None)
                if of is None:
                    return False
                self._call("finish_drop", ours.finish_drop, of.ours)
                theirs.finish_drop(of.theirs)
            case ByHand():
                return self._by_hand(number, operation)
            case Validate(module):
                self._same(
                    f"whether the module of {number} is valid",
                    self._call("validate", ours.validate, module),
                    theirs.validate(module),
                )
            case Link(provider, consumer):
                self._same(
                    f"whether the modules of {number} link",
                    self._call("link", ours.link, provider, consumer),
                    theirs.link(provider, consumer),
                )
            case Heads(loaded):
                of = self.loaded.get(loaded)
                if of is None:
                    return False
                self._matches((loaded, of), (loaded, of), all_questions(of.module))
        return True

    def _register(self, number: int, module: Module) -> bool:
        if "validate" not in self.can and not self.reference.validate(module):
            return False  # nobody says that it tells valid modules from others
        ours = self._outcome("register", self.registry.register, module)
        theirs = self._outcome("register", self.reference.register, module)
        what = f"whether operation {number} registers its module"
        self._same(what, not isinstance(ours, Refused), not isinstance(theirs, Refused))
        if isinstance(theirs, Refused):
            return True
        self.loaded[number] = _Loaded(ours, theirs, module)
        for index in range(len(module.types)):
            self.seen[number, index] = _Both(
                self._identity(self.registry, ours, index),
                self.reference.identity(theirs, index),
            )
        return True

    def _root(self, number: int, place: Place) -> bool:
        identity = self.seen.get(place)
        if identity is None:
            return False
        ours = self._call("root", self.registry.root, identity.ours)
        theirs = self.reference.root(identity.theirs)
        loaded, index = place
        self._same(
            f"whether the identity of type {index} of {loaded} is still of a live type",
            ours is not None,
            theirs is not None,
        )
        if theirs is not None:
            self.handles[number] = _Both(ours, theirs)
            same = self._identify(ours) == identity.ours
            self._same("whether a rooted handle has the identity it was rooted by", same, True)
        return True

    def _root_foreign(self) -> bool:
        if self.other is None or "by_hand" not in self.can:
            return False  # nobody says that an identity knows whose it is
        identity = self._foreign(self.other())
        if "trace" in self.can:  # some listeners hear all registries of the process
            self.registry.trace()
        handle = self._outcome("root", self.registry.root, identity)
        refused = handle is None or isinstance(handle, Refused)
        self._same("whether an identity of another registry gives a handle", not refused, False)
        return True

    def _by_hand(self, number: int, operation: ByHand) -> bool:
        if any(place not in self.seen for place in operation.outer):
            return False
        ours = [self.seen[place].ours for place in operation.outer]
        theirs = [self.seen[place].theirs for place in operation.outer]
        if operation.foreign is not None:
            if self.other is None:
                return False
            ours[operation.foreign] = self._foreign(self._call("the factory", self.other))
            theirs[operation.foreign] = self._foreign(ReferenceRegistry())
            self._events()  # some listeners hear all registries of the process
        group = operation.group
        made = self._outcome("register_group", self.registry.register_group, group, ours)
        expected = self._outcome("register_group", self.reference.register_group, group, theirs)
        what = f"whether operation {number} registers its group"
        self._same(what, not isinstance(made, Refused), not isinstance(expected, Refused))
        if isinstance(expected, Refused):
            return True
        self._same("how many handles a group gives", len(made), len(expected))
        # The first one is kept, the others go at once.
        for position, (one, another) in enumerate(zip(made, expected, strict=True)):
            self.seen[number, position] = _Both(
                self._identify(one), self.reference.identify(another)
            )
            if position == 0:
                self.handles[number] = _Both(one, another)
            else:
                self._call("drop", self.registry.drop, one)
                self.reference.drop(another)
        return True

    def _foreign(self, registry: Any) -> Any:
        """Give an identity of another registry, which lives as long as this object."""
        loaded = self._call("register", registry.register, _PLAIN)
        self.foreign.append((registry, loaded))
        return self._identity(registry, loaded, 0)

    # Comparing.

    def _compare(self, number: int) -> None:
        self._same_identities()
        ours, theirs = self.registry, self.reference
        if "lifetime" in self.can:
            self._same("how many types live", self._call("live", ours.live), theirs.live())
            for n, both in self.loaded.items():
                for index in range(len(both.module.types)):
                    got = self._call("count", ours.count, both.ours, index)
                    expected = theirs.count(both.theirs, index)
                    if got != expected:
                        what = f"the registrations of {_type((n, index))}"
                        raise Difference(what, got, expected, (n, index))
        if number in self.loaded:
            self._ask(number, self.loaded[number])
        elif "subtype" in self.can and theirs.live() < self.lived:
            # What lives on is what it was, whatever had the slots beside it.
            for n, both in list(self.loaded.items())[-2:]:
                if len(both.module.types) <= FEW:
                    self._subtypes((n, both), (n, both))
        self.lived = theirs.live()

    def _same_identities(self) -> None:
        """Among live types, identities are equal exactly where the reference's are."""
        by_theirs: dict[Any, tuple[Hashable, Place]] = {}
        by_ours: dict[Hashable, tuple[Any, Place]] = {}
        live = self.reference.engine.registry
        for place, both in self.seen.items():
            if both.theirs not in live:
                continue
            first = by_theirs.setdefault(both.theirs, (both.ours, place))
            if first[0] != both.ours:
                what = f"whether {_pair(first[1], place)} are the same"
                raise Difference(what, False, True, first[1], place)
            other = by_ours.setdefault(both.ours, (both.theirs, place))
            if other[0] != both.theirs:
                what = f"whether {_pair(other[1], place)} are the same"
                raise Difference(what, True, False, other[1], place)
            if "slots" in self.can:
                slot = self._call("slot", self.registry.slot, both.ours)
                if slot != both.theirs.bits:
                    what = f"the slot of {_type(place)}"
                    raise Difference(what, slot, both.theirs.bits, place)

    def _ask(self, number: int, new: _Loaded) -> None:
        """Compare subtyping and matching of a new module's types with all others'."""
        last = list(self.loaded.items())[-2:]
        if "subtype" in self.can:
            for n, old in last:
                self._subtypes((number, new), (n, old))
        if "matches" in self.can:
            own = number, new
            self._matches(own, own, questions(new.module))
            for other in last:
                if other[1].module is not new.module:  # else the two have the same indices
                    asked = across(new.module, other[1].module)
                    self._matches(own, other, asked)
                    self._matches(other, own, ((y, x) for x, y in asked))

    def _subtypes(self, one: tuple[int, _Loaded], other: tuple[int, _Loaded]) -> None:
        ours, theirs = self.registry, self.reference
        (number, new), (n, old) = one, other
        for i, j in _pairs(new.module, old.module):
            for a, x, b, y, name in (
                (new, i, old, j, ((number, i), (n, j))),
                (old, j, new, i, ((n, j), (number, i))),
            ):
                got = self._call("is_subtype", ours.is_subtype, a.ours, x, b.ours, y)
                expected = theirs.is_subtype(a.theirs, x, b.theirs, y)
                if got != expected:
                    low, high = name
                    what = f"whether {_type(low)} is a subtype of {_type(high)}"
                    raise Difference(what, got, expected, low, high)

    def _matches(
        self,
        one: tuple[int, _Loaded],
        other: tuple[int, _Loaded],
        asked: Iterable[tuple[Asked, Asked]],
    ) -> None:
        ours, theirs = self.registry, self.reference
        (n, a), (m, b) = one, other
        for x, y in asked:
            got = self._call("matches", ours.matches, a.ours, x, b.ours, y)
            expected = theirs.matches(a.theirs, x, b.theirs, y)
            if got != expected:  # most are equal: nothing is spelled for those
                whose = f"in {n}" if n == m else f"of {n}, against {m}"
                what = f"whether {spelled(x)} matches {spelled(y)} {whose}"
                places = [(n, index) for index in concrete(x)]
                places += [(m, index) for index in concrete(y)]
                raise Difference(what, got, expected, *places)

    # The registry under test: whatever it raises is a difference, with that as its cause.

    def _events(self) -> list[Step]:
        return self._call("trace", self.registry.trace) if "trace" in self.can else []

    def _identity(self, registry: Any, loaded: Any, index: int) -> Any:
        identity = self._call("identity", registry.identity, loaded, index)
        self._call("hash", hash, identity)
        return identity

    def _identify(self, handle: Any) -> Any:
        return self._call("identify", self.registry.identify, handle)

    def _call(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except Refused:
            raise
        except Exception as error:
            raise Difference(f"{name}() raised", error, "an answer") from error

    def _outcome(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call, with a refusal as an answer."""
        try:
            return self._call(name, call, *arguments)
        except Refused as refusal:
            return refusal

    def _same(self, what: str, got: object, expected: object) -> None:
        if got != expected:
            raise Difference(what, got, expected)


def _type(place: Place) -> str:
    return f"type {place[1]} of {place[0]}"


def _pair(a: Place, b: Place) -> str:
    return f"{_type(a)} and {_type(b)}"


def concrete(what: Asked) -> Iterator[int]:
    """Give the index of the defined type that one side of a question refers to, if it does."""
    value = what.storage if isinstance(what, FieldType) else what
    if isinstance(value, RefType) and not isinstance(value.heap, AbsHeapType):
        yield index_of(value.heap)


def _pairs(a: Module, b: Module) -> Iterable[tuple[int, int]]:
    """All pairs of types, where there are few; else each with some.

    Those are the ones near it, and the first one and one half-way: what is far above is there.
    """
    many = len(a.types), len(b.types)
    if many[0] * many[1] <= 64:
        return itertools.product(range(many[0]), range(many[1]))
    return (
        (i, j)
        for i in range(many[0])
        for j in (
            {i // 2, i - 1, i} if many[0] > MANY else sorted({0, i // 2, *range(i - 2, i + 3)})
        )
        if 0 <= j < many[1]
    )


def spelled(what: Asked) -> str:
    """Spell one side of a question about matching."""
    return f"(field {text.field(what)})" if isinstance(what, FieldType) else text.value(what)


def questions(module: Module) -> list[tuple[Asked, Asked]]:
    """List what to ask about matching: value types that occur, against each other and the heads."""
    values: list[StorageType] = list(
        dict.fromkeys(v for sub in module.types for v in values_of(sub))
    )
    values = values[:4] + [
        ref_type(index, index % 2 == 0) for index in range(min(3, len(module.types)))
    ]
    asked: list[tuple[Asked, Asked]] = []
    for number, value in enumerate(values):
        other = values[number - 1]
        asked += [
            (FieldType(value), FieldType(other)),
            (FieldType(value, True), FieldType(other, True)),
        ]
        asked += [
            (FieldType(value), FieldType(value, True)),
            (FieldType(value, True), FieldType(value)),
        ]
        if isinstance(value, PackedType):
            continue
        if not isinstance(other, PackedType):
            asked.append((value, other))
        if isinstance(value, RefType):
            asked.append((value, replace(value, nullable=not value.nullable)))
            head = HEADS[(number * 5 + len(values)) % len(HEADS)]
            asked += [(value, RefType(head)), (RefType(head), value)]
            wide = replace(value, nullable=True)
            asked += [(wide, wide), (FieldType(value), FieldType(wide))]
            asked.append((FieldType(value, True), FieldType(wide, True)))
    return asked[:: 1 + len(asked) // 12]


def across(one: Module, other: Module) -> list[tuple[Asked, Asked]]:
    """List what to ask about matching between two modules: the ends of each against each.

    As references and as what stands in fields: whose index it is counts in either.
    """
    ends = [range(many)[:: max(1, many - 1)] for many in (len(one.types), len(other.types))]
    asked: list[tuple[Asked, Asked]] = []
    for i, j in itertools.product(*ends):
        x, y = ref_type(i), ref_type(j)
        asked += [(x, y), (FieldType(x), FieldType(y)), (FieldType(x, True), FieldType(y, True))]
    return asked


def all_questions(module: Module) -> Iterator[tuple[Asked, Asked]]:
    """Every abstract heap type and the module's first and last, against every other one.

    As references with null and without, and as what stands in fields.
    """
    defined = range(len(module.types))
    continued = any(isinstance(sub.composite, ContType) for sub in module.types)
    heads = (*HEADS, *(HIERARCHIES[CONT] if continued else ()))
    heaps = [*heads, *sorted({*defined[: MOST_HEAPS // 2], *defined[-MOST_HEAPS // 2 :]})]
    refs = [ref_type(heap, nullable) for heap in heaps for nullable in (True, False)]
    yield from itertools.product(refs, refs)
    fields: list[StorageType] = [I8, I16, I32, V128, *refs[:2], *refs[2 * len(heads) :][:8]]
    for one, other in itertools.product(fields, fields):
        for mutable, changed in itertools.product((False, True), repeat=2):
            yield FieldType(one, mutable), FieldType(other, changed)
