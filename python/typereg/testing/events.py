"""The registry's events as records: what S15 writes to `logging`, parsed."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

LOGGER = "typereg"
TRACE = 5

_LINE = re.compile(
    r"#(?P<sequence>\d+) (?P<operation>create|hit|incref|decref|resurrect|remove)"
    r" group=(?P<group>\d+(?:,\d+)*) registrations=(?P<registrations>\d+): (?P<reason>.+)"
)

Step = tuple[str, tuple[int, ...], int]
"""Operation, slots of the group by position, new count: what the contract fixes of an event."""


class Event(NamedTuple):
    """One event, as `#12 incref group=4,5 registrations=3: clone` has it."""

    sequence: int
    operation: str
    group: tuple[int, ...]
    registrations: int
    reason: str

    @property
    def step(self) -> Step:
        """The event without its number and its reason."""
        return self.operation, self.group, self.registrations


def parse(line: str) -> Event:
    """Parse the event that a line tells; a line of any other form is an error."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not an event: {line!r}")
    return Event(
        int(found["sequence"]),
        found["operation"],
        tuple(int(slot) for slot in found["group"].split(",")),
        int(found["registrations"]),
        found["reason"],
    )


class EventRecorder(logging.Handler):
    """A handler that keeps the records it is given."""

    def __init__(self) -> None:
        """Begin with no records."""
        super().__init__(TRACE)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    def events(self) -> list[Event]:
        """Parse the records since the last `take`."""
        return [parse(record.getMessage()) for record in self.records]

    def take(self) -> list[Step]:
        """Give the events since the last `take`; for one thread, whose events must be in order."""
        events = self.events()
        self.records.clear()
        numbers = [event.sequence for event in events]
        assert numbers == sorted(set(numbers)), f"events out of order: {numbers}"
        return [event.step for event in events]


class Listener:
    """Listens to the events of all registries of this process, until it is dropped.

    For one thread, and for one registry that is in use: the events do not say whose they are.
    """

    def __init__(self) -> None:
        """Begin to listen."""
        gc.collect()
        self._recorder = EventRecorder()
        self._listening = listening(self._recorder)
        self._listening.__enter__()

    def take(self) -> list[Step]:
        """Give the events since the last time."""
        return self._recorder.take()

    def close(self) -> None:
        """End listening."""
        self._listening.__exit__(None, None, None)


@contextmanager
def recording() -> Iterator[EventRecorder]:
    """Listen to the registry's events, at the level where they come.

    Garbage of before is collected first: its end would be heard.
    """
    gc.collect()
    recorder = EventRecorder()
    with listening(recorder):
        yield recorder


@contextmanager
def listening(handler: logging.Handler) -> Iterator[None]:
    """Put a handler where the events come, for a while."""
    logger = logging.getLogger(LOGGER)
    _LEVEL.lower(logger)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        _LEVEL.put_back(logger)


class _Level:
    """The logger's level while anyone listens.

    Who comes first lowers it and who goes last puts it back, in whatever order they go: a
    registry's listener goes when the registry is collected.
    """

    def __init__(self) -> None:
        self.listeners = 0
        self.before = logging.NOTSET

    def lower(self, logger: logging.Logger) -> None:
        if self.listeners == 0:
            self.before = logger.level
            logger.setLevel(TRACE)
        self.listeners += 1

    def put_back(self, logger: logging.Logger) -> None:
        self.listeners -= 1
        if self.listeners == 0:
            logger.setLevel(self.before)


_LEVEL = _Level()


def collapse(steps: list[Step]) -> list[Step]:
    """Give runs of `incref` on one group as their last.

    `register_group` of several members may tell its further registrations one by one or at once:
    K3 fixes their sum only.
    """
    out: list[Step] = []
    for step in steps:
        if out and out[-1][0] == step[0] == "incref" and out[-1][1] == step[1]:
            out.pop()
        out.append(step)
    return out
