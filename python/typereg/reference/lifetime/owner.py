"""What owns registrations, and how it lets go of them: P1, P2, and drops in two steps."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from typereg.reference.errors import ClosedError

if TYPE_CHECKING:
    from typing_extensions import Self

    from .engine import Engine


class Owner:
    """Something that holds registrations until it is closed: once, however that happens (P1)."""

    engine: Engine
    closed: bool = True
    """Whether it gave its registrations back; true of one whose making failed."""

    def own(self, engine: Engine) -> None:
        """Begin to hold registrations that were counted already."""
        self.engine = engine
        self.closed = False

    def open(self) -> None:
        """Refuse use after closing (P1)."""
        if self.closed:
            raise ClosedError(f"this {type(self).__name__} is closed")

    def close(self) -> None:
        """Give the registrations back; a second time nothing happens."""
        if not self.closed:
            with self.engine.registry.operation():
                self.begin_drop().finish()

    def begin_drop(self) -> Drop:
        """The first of the two steps of a drop: what happens before the lock is there.

        The second, what happens under the lock, is the `finish` of what this gives. Whatever a
        thread could do in between, a caller can.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not self.closed and self.engine.registry.trace.under_way:
            # The collector came in the middle of an operation.
            self.engine.registry.postponed.append(self.close)
        else:
            self.close()


class Drop:
    """A drop that has begun. `finish` ends it, and does nothing a second time."""

    def __init__(self, finish: Callable[[], None] | None = None) -> None:
        """Keep what there is left to do, if anything."""
        self._finish = finish

    @property
    def pending(self) -> bool:
        """Whether the drop saw the count reach zero, so that a removal is due."""
        return self._finish is not None

    def finish(self) -> None:
        """Remove the group, unless it was resurrected or is removed (S14, F1, K8)."""
        finish, self._finish = self._finish, None
        if finish is not None:
            finish()
