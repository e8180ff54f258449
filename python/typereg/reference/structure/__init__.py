"""The structural model: rolling, equality, matching and validity of types, and nothing else.

No hashing, no interning, no engine: every answer comes from the two types themselves, by the rules
of the specification (WebAssembly 3.0), which the files follow in its own order:

- `substitution` and `rolling`: from a module's type indices to closed, rolled-up types and back;
- `equality`: when two closed types are the same;
- `matching`: when one matches another;
- `validity`: when a type section or group is valid.

Each rule is a method with its name in the specification, so that a wrong rule is a subclass with
one method. Nothing recurses on the size of its input, and nothing is compared twice.
"""

from __future__ import annotations

from typereg.reference.types import Matchable

from .equality import Comparable, Equality
from .matching import Matching, sort
from .rolling import (
    as_closed,
    close,
    closed_groups,
    closing,
    declared_supertype,
    defined_types,
    expand,
    roll,
    section_of,
    unroll,
)
from .substitution import Substitution, uses_of_composite, uses_of_group, uses_of_sub
from .validity import Validity, valid

__all__ = [
    "Comparable",
    "Equality",
    "Matchable",
    "Matching",
    "Substitution",
    "Validity",
    "as_closed",
    "close",
    "closed_groups",
    "closing",
    "declared_supertype",
    "defined_types",
    "equal",
    "expand",
    "matches",
    "roll",
    "section_of",
    "sort",
    "unroll",
    "uses_of_composite",
    "uses_of_group",
    "uses_of_sub",
    "valid",
]


def equal(a: Comparable, b: Comparable) -> bool:
    """Whether two closed types are the same: syntactic equality of what is rolled up."""
    return Equality().holds(a, b)


def matches(a: Matchable, b: Matchable) -> bool:
    """Whether one closed type matches another by the specification's rules (G5)."""
    return Matching().holds(a, b)
