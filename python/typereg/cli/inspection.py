"""What modules declare, counted, and what of it they share.

All modules go into one engine, so two types are the same exactly when they get the same shared
index.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typereg as tr

from .options import UnreadableInput

SCHEMA = "typereg.inspect/1"
"""Described in ``schemas/inspect-1.schema.json`` beside this file."""

KINDS: Mapping[type, str] = {
    tr.FuncType: "func",
    tr.StructType: "struct",
    tr.ArrayType: "array",
    tr.ContType: "cont",
}


@dataclass(frozen=True)
class Group:
    """A recursion group of one file: where its types begin, how many, and who else has it."""

    start: int
    size: int
    also_in: tuple[int, ...]
    """Positions, among the files given, of the others that have this very group."""


@dataclass(frozen=True)
class Amount:
    """A number of types and of the groups they stand in."""

    types: int
    groups: int


@dataclass(frozen=True)
class Inspected:
    """What there is to say of one file."""

    file: str
    module: tr.Module
    groups: Sequence[Group]
    kinds: Mapping[str, int]
    with_supertype: int
    max_depth: int
    distinct: Amount
    """Its own distinct types and groups; empty groups are not among them."""
    shared: Amount
    """Those of `distinct` that any other file has too."""
    shared_with: Mapping[int, Amount]
    """The same for each other file, by position."""

    def to_json(self) -> dict[str, Any]:
        """Give the file's entry in the JSON output."""
        return {
            "file": self.file,
            "types": len(self.module.types),
            "groups": len(self.groups),
            "distinct_types": self.distinct.types,
            "distinct_groups": self.distinct.groups,
            "kinds": dict(self.kinds),
            "with_supertype": self.with_supertype,
            "max_depth": self.max_depth,
            "largest_group": max((group.size for group in self.groups), default=0),
            "tags": len(self.module.tags),
            "shared_types": self.shared.types,
            "shared_groups": self.shared.groups,
            "imports": [
                {
                    "module": each.module,
                    "name": each.name,
                    "kind": each.kind,
                    "type": str(each.type),
                }
                for each in self.module.imports
            ],
            "exports": [
                {"name": each.name, "kind": each.kind, "type": str(each.type)}
                for each in self.module.exports
            ],
        }


@dataclass(frozen=True)
class Inspection:
    """What there is to say of all files together."""

    files: Sequence[Inspected]
    distinct: Amount

    def to_json(self) -> dict[str, Any]:
        """Give the whole JSON output."""
        return {
            "schema": SCHEMA,
            "modules": [file.to_json() for file in self.files],
            "distinct_types": self.distinct.types,
            "distinct_groups": self.distinct.groups,
        }


def inspect(
    files: Sequence[str],
    modules: Sequence[tr.Module],
    *,
    features: tr.Features | None = None,
    limits: tr.Limits | None = None,
) -> Inspection:
    """Register all modules in one engine and count; linear in their types.

    Raises `UnreadableInput` where the engine's quotas refuse one.
    """
    engine = tr.Engine(features=features, limits=limits)
    with contextlib.ExitStack() as open_collections:
        maps: list[tuple[tr.SharedTypeIndex, ...]] = []
        for file, module in zip(files, modules, strict=True):
            try:
                types = open_collections.enter_context(engine.register(module))
            except tr.LimitError as error:
                raise UnreadableInput([f"{file}: {error}"]) from error
            maps.append(types.as_module_map())
        stats = engine.registry.stats()
    scans = [_Scan(module) for module in modules]
    owners = _owners(scans, maps)
    return Inspection(
        files=[
            _inspected(position, file, module, scan, shared, owners)
            for position, (file, module, scan, shared) in enumerate(
                zip(files, modules, scans, maps, strict=True)
            )
        ],
        distinct=Amount(stats.types, stats.groups),
    )


class _Scan:
    """One pass over a module's groups."""

    def __init__(self, module: tr.Module) -> None:
        self.kinds = dict.fromkeys(KINDS.values(), 0)
        self.with_supertype = 0
        self.spans: list[tuple[int, int]] = []
        depths: list[int] = []
        for group in module.rec_groups:
            start = len(depths)
            for member in group.members:
                self.kinds[KINDS[type(member.composite)]] += 1
                supertype = member.supertype
                if supertype is None:
                    depths.append(0)
                    continue
                self.with_supertype += 1
                # A module refers by its own numbers; a supertype stands before its subtypes, so its
                # depth is known.
                assert isinstance(supertype, tr.RecIndex | tr.ModuleTypeIndex)
                base = start if isinstance(supertype, tr.RecIndex) else 0
                depths.append(depths[base + int(supertype)] + 1)
            self.spans.append((start, len(depths) - start))
        self.max_depth = max(depths, default=0)


# A type's identity is its group's and its position there, so a group's first type stands for it.
_Owners = Mapping[tr.SharedTypeIndex, Sequence[int]]


def _owners(scans: Sequence[_Scan], maps: Sequence[Sequence[tr.SharedTypeIndex]]) -> _Owners:
    """Find which files, by position and ascending, have each group."""
    owners: defaultdict[tr.SharedTypeIndex, list[int]] = defaultdict(list)
    for position, (scan, shared) in enumerate(zip(scans, maps, strict=True)):
        for group in {shared[start] for start, size in scan.spans if size}:
            owners[group].append(position)
    return owners


def _inspected(
    position: int,
    file: str,
    module: tr.Module,
    scan: _Scan,
    shared: Sequence[tr.SharedTypeIndex],
    owners: _Owners,
) -> Inspected:
    groups: list[Group] = []
    distinct: dict[tr.SharedTypeIndex, Group] = {}
    for start, size in scan.spans:
        others: tuple[int, ...] = ()
        if size:
            others = tuple(other for other in owners[shared[start]] if other != position)
        groups.append(Group(start, size, others))
        if size:
            distinct[shared[start]] = groups[-1]
    by_file: defaultdict[int, list[Group]] = defaultdict(list)
    for group in distinct.values():
        for other in group.also_in:
            by_file[other].append(group)
    return Inspected(
        file=file,
        module=module,
        groups=groups,
        kinds=scan.kinds,
        with_supertype=scan.with_supertype,
        max_depth=scan.max_depth,
        distinct=_count(distinct.values()),
        shared=_count(group for group in distinct.values() if group.also_in),
        shared_with={other: _count(same) for other, same in sorted(by_file.items())},
    )


def _count(groups: Iterable[Group]) -> Amount:
    sizes = [group.size for group in groups]
    return Amount(types=sum(sizes), groups=len(sizes))
