"""What a registry tells those who listen: the events of S15, in one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

Step: TypeAlias = tuple[str, tuple[int, ...], int]
"""Operation, slots of the group by position, new count: what the contract fixes of an event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``str`` writes it as ``#12 incref group=4,5 registrations=3: clone``.

    The reasons are typereg's words, read off its trace, so that whole lines can be compared; but
    reasons are for people, and `step` is what must agree.
    """

    sequence: int
    operation: str
    """``create``, ``hit``, ``incref``, ``decref``, ``resurrect`` or ``remove``."""
    group: tuple[int, ...]
    registrations: int
    reason: str

    @property
    def step(self) -> Step:
        """The event without its number and its reason."""
        return self.operation, self.group, self.registrations

    def __str__(self) -> str:
        group = ",".join(map(str, self.group))
        head = f"#{self.sequence} {self.operation} group={group}"
        return f"{head} registrations={self.registrations}: {self.reason}"


Listener: TypeAlias = Callable[[Event], None]


class Telling(Enum):
    """What a trace does when an operation ends."""

    NOTHING = 0
    EVENTS = 1
    """Listeners are being called: what they do with the registry is told after (S15)."""
    FEEDBACK = 2
    """They are being told what they did: what they do now is not told (S15)."""


class Trace:
    """The events of one registry: numbered from 1, told after the operation that they belong to."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self.listeners: list[Listener] = []
        self.last: int = 0
        self.collecting: list[Event] | None = None
        """The events of the operation under way, if anyone listens to it."""
        self.under_way: bool = False
        """Whether an operation is under way."""
        self.telling: Telling = Telling.NOTHING
        self.feedback: list[Event] = []

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One operation: asks once whether anyone listens, and tells at its end, failed or not.

        An operation inside another is part of it.
        """
        if self.under_way:
            yield
            return
        listening = bool(self.listeners) and self.telling is not Telling.FEEDBACK
        self.under_way, self.collecting = True, [] if listening else None
        try:
            yield
        finally:
            events, self.collecting = self.collecting, None
            self.under_way = False
            if events:
                self.tell(events)

    def note(self, operation: str, group: tuple[int, ...], registrations: int, reason: str) -> None:
        """An event of the operation under way. Draws a number only if someone listens."""
        if self.collecting is not None:
            self.last += 1
            self.collecting.append(Event(self.last, operation, group, registrations, reason))

    def tell(self, events: list[Event]) -> None:
        """Call the listeners; feedback is bounded at one (S15)."""
        if self.telling is Telling.EVENTS:
            self.feedback += events
            return
        try:
            self.telling = Telling.EVENTS
            self.call(events)
            self.telling = Telling.FEEDBACK
            self.call(self.feedback)
        finally:
            self.telling = Telling.NOTHING
            self.feedback = []

    def call(self, events: list[Event]) -> None:
        """Each event to each listener."""
        for event in events:
            for listener in tuple(self.listeners):
                listener(event)

    @contextmanager
    def recording(self) -> Iterator[list[Event]]:
        """A list that grows by what is told inside the ``with`` block."""
        events: list[Event] = []
        self.listeners.append(events.append)
        try:
            yield events
        finally:
            self.listeners.remove(events.append)
