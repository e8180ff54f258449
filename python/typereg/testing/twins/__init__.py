"""Near twins: modules that differ in exactly one attribute of section T (clause D2).

`MUTATORS` has, for each attribute, what draws a pair that differs in it; `FEATURES` says which
attributes need a feature that is off by default.
"""

from __future__ import annotations

from typing import Final

from typereg.testing.names import known
from typereg.testing.source import Source

from . import externs as _externs
from . import lifetime as _lifetime
from . import shapes as _shapes
from . import subs as _subs
from . import validity as _validity
from . import values as _values

from . import groups as _groups  # isort: skip # `group/distant` looks at the types' families
from .base import MUTATORS, Mutator, Twins

FEATURES: Final = {
    "cont/target": "stack_switching",
    "extern/memory-page-size": "custom_page_sizes",
}
LIMITS: Final = _validity.LIMITS

ATTRIBUTES: Final = tuple(MUTATORS)
"""All attributes by name; the family stands before the stroke."""

STANDARD: Final = tuple(name for name in ATTRIBUTES if name not in FEATURES)
"""Those that WebAssembly 3.0 has without further features."""

EVERYDAY: Final = tuple(name for name in STANDARD if name not in LIMITS)
"""Those of them that need no long types."""


def twins(source: Source, attribute: str | None = None) -> Twins:
    """Draw twins: of an attribute by name, else of any but the three that need long types.

    `ValueError` for an attribute that there is not.
    """
    if attribute is None:
        attribute = source.pick(EVERYDAY)
    return MUTATORS[known("attribute", attribute, ATTRIBUTES)](source)


__all__ = [
    "ATTRIBUTES",
    "EVERYDAY",
    "FEATURES",
    "LIMITS",
    "MUTATORS",
    "STANDARD",
    "Mutator",
    "Twins",
    "twins",
]
del _externs, _groups, _lifetime, _shapes, _subs, _values
