"""What the reference refuses: typereg's errors by name, base and attributes, as classes of its own.

None of them is typereg's: whoever compares the two compares names and attributes.
"""

from __future__ import annotations


class TypeRegError(Exception):
    """Base of every error here. Whatever raised one has changed nothing (F3)."""


class DecodeError(TypeRegError, ValueError):
    """Malformed bytes."""

    def __init__(self, message: str, offset: int) -> None:
        """Say what is wrong, and where."""
        super().__init__(f"{message}, at offset {offset}")
        self.offset = offset
        """Bytes from the start of the input."""


class ValidationError(TypeRegError, ValueError):
    """Well-formed and invalid (G4)."""

    def __init__(
        self, message: str, *, type_index: int | None = None, offset: int | None = None
    ) -> None:
        """Say which rule is broken, and by which type."""
        super().__init__(message if type_index is None else f"type {type_index}: {message}")
        self.type_index = type_index
        """The type at fault: its index in the section, or its position in a group by hand."""
        self.offset = offset
        """Bytes from the start of the input, where the reader of bytes found the fault."""


class LimitError(TypeRegError, ValueError):
    """More than a limit allows (G4, G9)."""

    def __init__(self, limit: str, bound: int, value: int) -> None:
        """Say which limit was passed, and by what."""
        super().__init__(f"{value} is more than the limit `{limit}` of {bound}")
        self.limit = limit
        """The field of `Limits`."""
        self.value = value
        """What was asked for."""


class UnsupportedFeatureError(TypeRegError, ValueError):
    """Input that needs a feature which is off, or which nobody has yet (G3)."""

    def __init__(self, feature: str) -> None:
        """Name the feature."""
        super().__init__(f"the feature `{feature}` is off or not supported")
        self.feature = feature
        """The field of `Features`, or ``shared_types``, ``custom_descriptors``, ``components``."""


class ForeignEngineError(TypeRegError, ValueError):
    """An index or handle of one engine given to another (F2)."""


class StaleIndexError(TypeRegError, LookupError):
    """An index whose type was freed, given where a live one is needed (S3)."""


class NotCanonicalError(TypeRegError, ValueError):
    """A reference in the wrong index space for the place where it stands (S5)."""


class ClosedError(TypeRegError, ValueError):
    """A handle or collection used after it was closed (P1)."""
