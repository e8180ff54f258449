"""Bytes, numbers, lists and names: the sections "Values" and "Conventions" of "Binary Format"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from typereg.reference.errors import DecodeError

T = TypeVar("T")


class Reader:
    """A position in bytes. Whatever does not fit is a `DecodeError` with its offset."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        """Read ``data`` from one offset to another."""
        self.data = data
        self.at: int = at
        self.end: int = len(data) if end is None else end

    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at == self.end

    def fail(self, message: str, at: int | None = None) -> DecodeError:
        """The error to raise for what stands here."""
        return DecodeError(message, self.at if at is None else at)

    def peek(self) -> int:
        """The next byte, left where it is."""
        if self.at >= self.end:
            raise self.fail("unexpected end")
        return self.data[self.at]

    def byte(self) -> int:
        """The next byte."""
        value = self.peek()
        self.at += 1
        return value

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if size > self.end - self.at:
            raise self.fail(f"unexpected end: {size} bytes wanted")
        self.at += size
        return self.data[self.at - size : self.at]

    def unsigned(self, bits: int) -> int:
        """An unsigned LEB128 number of so many bits: no more bytes and no more bits than those."""
        start, value, shift = self.at, 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift >= bits:
                raise self.fail(f"a number of {bits} bits is too long", start)
        if value >> bits:
            raise self.fail(f"a number is more than {bits} bits", start)
        return value

    def signed(self, bits: int) -> int:
        """A signed LEB128 number of so many bits."""
        start, value, shift = self.at, 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift >= bits:
                raise self.fail(f"a number of {bits} bits is too long", start)
        if byte & 0x40:
            value -= 1 << shift
        if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
            raise self.fail(f"a number is more than {bits} bits", start)
        return value

    def u32(self) -> int:
        """An index, a count or a size."""
        return self.unsigned(32)

    def list(
        self, item: Callable[[], T], check: Callable[[int], None] = lambda count: None
    ) -> list[T]:
        """A count, which ``check`` may refuse, and as many items.

        Nothing is allocated because a count promises it (G11).
        """
        count = self.u32()
        check(count)
        return [item() for _ in range(count)]

    def name(self) -> str:
        """A name: its length in bytes and its UTF-8."""
        size = self.u32()
        start = self.at
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise self.fail("a name is not UTF-8", start) from error

    def part(self, size: int) -> Reader:
        """A reader of the next ``size`` bytes, which are passed over here."""
        if size > self.end - self.at:
            raise self.fail(f"unexpected end: {size} bytes wanted")
        start = self.at
        self.at += size
        return Reader(self.data, start, self.at)
