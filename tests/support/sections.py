"""The kit's sections and groups as the reference has them rolled up, and groups over live types."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from typereg import reference as ref
from typereg.reference.structure import Substitution, roll
from typereg.reference.types import TypeUse
from typereg.testing import strategies as kit
from typereg.testing.generate import Draft
from typereg.testing.source import Source
from typereg.testing.spec import PLAIN, Module, Plain

Declared = Sequence[tuple[TypeUse, ref.SubType]]
"""Types that a group may refer to: how it does, and what they are as it sees them."""


def rolled(section: Module) -> list[ref.RecGroup]:
    """The groups of a section, rolled up, each in its short form."""
    starts = zip(section.starts, section.groups, strict=False)
    return [roll(start, PLAIN.group(group)) for start, group in starts]


def sections() -> st.SearchStrategy[list[ref.RecGroup]]:
    """A valid type section, rolled up, some of its groups declared again."""
    return kit.type_sections().map(rolled)


def spoiled_sections() -> st.SearchStrategy[Module]:
    """A type section that may be invalid, in any way but syntax."""
    return kit.type_sections().flatmap(kit.spoiled)


def rec_groups(declared: Declared, *, smallest: int = 0) -> st.SearchStrategy[ref.RecGroup]:
    """One group behind what is declared."""
    numbers = {use: ref.ModuleTypeIndex(n) for n, (use, _) in enumerate(declared)}
    inside = Substitution(numbers.__getitem__)
    types = [inside.sub(member) for _, member in declared]

    def outside(use: TypeUse) -> TypeUse:
        return declared[use.n][0] if isinstance(use, ref.ModuleTypeIndex) else use

    def one(source: Source) -> ref.RecGroup:
        draft = Draft(source, types=list(types))
        start = draft.group()
        return Plain(outside).group(roll(start, PLAIN.group(draft.groups[0])))

    return kit.generated(one).filter(lambda group: len(group.members) >= smallest)
