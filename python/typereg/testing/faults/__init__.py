"""Faults of registries, each a few lines over the reference (clause D5).

`ALL` has, for each fault in the project's list that others had and that can be acted out so, the
factory of a registry with that fault (`historic`); and behind those, from `param-order` on, faults
that nobody is known to have had, of kinds that the others are not (`others`, `seams`).
`checks.check_registry` must find every one.
"""

from . import historic as _historic
from . import others as _others
from . import seams as _seams
from .entering import ALL, fault, summary

__all__ = ["ALL", "fault", "summary"]
del _historic, _others, _seams
