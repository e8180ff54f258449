"""How a faulty registry, or the part of one that is replaced, is entered by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from typereg import reference
from typereg.reference.lifetime import CanonicalKey, TypeRegistry
from typereg.reference.structure import Matching, Validity
from typereg.reference.types import SharedTypeIndex
from typereg.testing.registries import ReferenceRegistry

ALL: Final[dict[str, Callable[[], ReferenceRegistry]]] = {}
"""The faulty registries, by the name of their row."""


_SUMMARIES: Final[dict[str, str]] = {}


def summary(name: str) -> str:
    """Say in a sentence what is wrong with a faulty registry."""
    return _SUMMARIES[name]


def fault(name: str) -> Callable[[type[Any]], type[Any]]:
    """Enter a class into `ALL`: a registry, or a part of one that is replaced."""

    def enter(part: type[Any]) -> type[Any]:
        registry: type[ReferenceRegistry]
        if issubclass(part, ReferenceRegistry):
            registry = part
        elif issubclass(part, TypeRegistry):
            registry = _over(part)
        elif issubclass(part, CanonicalKey):
            registry = _over(type("Registry", (TypeRegistry,), {"keys": part()}))
        elif issubclass(part, Matching):
            registry = _over(type("Registry", (_Rules,), {"matching_class": part}))
        else:
            assert issubclass(part, Validity)
            module = type("Module", (reference.Module,), {"validity_class": part})
            registry = type("Registry", (ReferenceRegistry,), {"module_class": module})
        ALL[name] = registry
        _SUMMARIES[name] = (part.__doc__ or "").strip().splitlines()[0]
        return part

    return enter


def _over(part: type[TypeRegistry]) -> type[ReferenceRegistry]:
    engine = type("Engine", (reference.Engine,), {"registry_class": part})
    return type("Registry", (ReferenceRegistry,), {"engine_class": engine})


class _Rules(TypeRegistry):
    """A registry that asks its rules of matching for subtyping, too."""

    def is_subtype(self, a: SharedTypeIndex, b: SharedTypeIndex) -> bool:
        return self.matching().def_type(self.defined(a), self.defined(b))
