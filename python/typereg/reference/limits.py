"""What a module or group may need, and how much of it: features (G3), limits (G4), quotas (G9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .errors import LimitError, UnsupportedFeatureError, ValidationError

DEPTH = 63
"""Chains of supertypes have at most 64 types, in every profile (G4)."""

U32 = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is accepted beyond WebAssembly 3.0; all off by default (G3)."""

    stack_switching: bool = False
    custom_page_sizes: bool = False

    def require(self, feature: str) -> None:
        """Refuse by name what is off."""
        if not getattr(self, feature, False):
            raise UnsupportedFeatureError(feature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Inclusive bounds on one module or group, and quotas on what is alive in an engine.

    The defaults are those of the WebAssembly JavaScript API, section "Implementation-defined
    Limits". There is no ``live_bytes``: bytes belong to a layout, and the reference has none.
    """

    types: int = 1_000_000
    groups: int = 1_000_000
    group_size: int = 1_000_000
    params: int = 1000
    results: int = 1000
    fields: int = 10_000
    depth: int = DEPTH
    imports: int = 1_000_000
    exports: int = 1_000_000
    functions: int = 1_000_000
    tables: int = 100_000
    memories: int = 100
    globals: int = 1_000_000
    tags: int = 1_000_000
    live_types: int | None = None
    live_groups: int | None = None

    def __post_init__(self) -> None:
        """Depth is adjustable only downwards (G4)."""
        if self.depth > DEPTH:
            raise ValidationError(f"the limit `depth` is at most {DEPTH}, not {self.depth}")

    @staticmethod
    def js_api(**changes: Any) -> Limits:
        """The JavaScript API's limits, the default, with changes."""
        return Limits(**changes)

    @staticmethod
    def spec(**changes: Any) -> Limits:
        """The specification's own limits, what 32 bits count, with changes."""
        module = (
            *("types", "groups", "group_size", "params", "results", "fields"),
            *("imports", "exports", "functions", "tables", "memories", "globals", "tags"),
        )
        return replace(Limits(**dict.fromkeys(module, U32)), **changes)

    def check(self, name: str, value: int) -> None:
        """Refuse a number above the limit of that name."""
        bound: int | None = getattr(self, name)
        if bound is not None and value > bound:
            raise LimitError(name, bound, value)
