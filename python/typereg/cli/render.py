"""What ``typereg inspect`` shows people: a summary of each file, then what it declares, as WAT.

Lines fit the width given, and a long list is cut short unless everything was asked for.
"""

import functools
import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import typereg as tr

from .console import Line, identifier, printable, quoted
from .inspection import Amount, Group, Inspected, Inspection

MOST_TYPES = 60
"""Types listed of one file, unless everything was asked for."""
MOST_ITEMS = 25
"""Imports, exports or tags listed of one file, likewise."""
MOST_LINES = 6
"""Lines that one type takes, likewise."""
WIDEST_NAME = 30
"""Columns that names of imports and exports are aligned in."""

TITLE = "bold"
NAME = "cyan"
SHARED = "green"
QUIET = "dim"

_Item = TypeVar("_Item")

# In WAT as `str` gives it: where a number is a type index, and where a field begins.
_UNNAMED = re.compile(
    r"(?P<before>\((?:ref(?: null)?|sub(?: final)?|cont) )(?P<index>\d+)(?=[ )])|\(field "
)
# Where a definition had better not be broken into lines: inside a field or a reference.
_HELD_TOGETHER = re.compile(r"\((?:field(?: \$[^ ()]+)?|mut|ref(?: null)?) ")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def render(inspection: Inspection, width: int, *, everything: bool) -> Iterator[Line]:
    """Give the lines of the whole report."""
    several = len(inspection.files) > 1
    for position, file in enumerate(inspection.files):
        if position:
            yield []
        label = f"{_label(position)} " if several else ""
        yield [(label + printable(file.file), TITLE)]
        yield from _Page(file, width, everything=everything, several=several).lines()
    if several:
        yield []
        yield [("together", TITLE), (f": {_amount(inspection.distinct)}, each counted once", "")]


class _Page:
    """The report on one file."""

    def __init__(self, file: Inspected, width: int, *, everything: bool, several: bool) -> None:
        self.file = file
        self.width = width
        self.everything = everything
        self.several = several

    def lines(self) -> Iterator[Line]:
        yield from self.summary()
        if self.file.module.types:
            yield from self.types()
        module = self.file.module
        yield from self.section(
            "imports",
            module.imports,
            lambda each: (f"{quoted(each.module)} {quoted(each.name)}", self.external(each)),
            lambda each: each.kind,
        )
        yield from self.section(
            "exports",
            module.exports,
            lambda each: (quoted(each.name), self.external(each)),
            lambda each: each.kind,
        )
        yield from self.section(
            "tags",
            list(enumerate(module.tags)),
            lambda each: (f"type {each[1]}", self.defined(each[1])),
            lambda each: str(each[0]),
        )

    def summary(self) -> Iterator[Line]:
        file = self.file
        own = Amount(len(file.module.types), len(file.groups))
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in file.kinds.items() if count)
        facts = [_amount(own) + (f": {kinds}" if kinds else "")]
        if file.distinct != own:
            facts.append(f"distinct: {_amount(file.distinct)}")
        empty = sum(not group.size for group in file.groups)
        largest = max((group.size for group in file.groups), default=0)
        details = [
            f"{file.with_supertype:,} with a supertype, deepest {file.max_depth}"
            if file.with_supertype
            else "",
            f"largest group {largest:,}" if largest > 1 else "",
            _plural(empty, "empty group") if empty else "",
        ]
        if any(details):
            facts.append("; ".join(filter(None, details)))
        declared = [
            (file.module.imports, "import"),
            (file.module.exports, "export"),
            (file.module.tags, "tag"),
        ]
        facts.append(", ".join(_plural(len(items), noun) for items, noun in declared))
        for fact in facts:
            yield from self.wrapped([("  ", "")], fact)
        if self.several:
            yield from self.wrapped([("  ", "")], self.sharing(), style=SHARED)

    def sharing(self) -> str:
        each = [
            f"{shared.types:,} in {shared.groups:,} with {_label(other)}"
            for other, shared in self.file.shared_with.items()
        ]
        if len(each) > MOST_LINES and not self.everything:
            each = [*each[:MOST_LINES], f"more with {_plural(len(each) - MOST_LINES, 'other')}"]
        parts = f": {', '.join(each)}" if each else ""
        return f"{_amount(self.file.shared)} shared{parts}"

    def types(self) -> Iterator[Line]:
        file = self.file
        limit = len(file.module.types) if self.everything else MOST_TYPES
        shown = [group for group in file.groups if group.size and group.start < limit]
        columns = {
            "group": max(5, len(str(len(file.groups)))),
            "type": max(4, len(str(len(file.module.types)))),
            "also in": max([7, *(len(self.others(group)) for group in shown)]),
        }
        if not self.several:
            del columns["also in"]
        yield []
        header = "  ".join(f"{title:>{size}}" for title, size in columns.items())
        yield [(f"  {header}  definition", QUIET)]
        number = {id(group): position for position, group in enumerate(file.groups)}
        for group in shown:
            for index in range(group.start, min(group.start + group.size, limit)):
                first = index == group.start
                cells: Line = [
                    (f"  {number[id(group)] if first else '':>{columns['group']}}", QUIET),
                    (f"  {index:>{columns['type']}}  ", ""),
                ]
                if self.several:
                    others = self.others(group) if first else ""
                    cells.append((f"{others:>{columns['also in']}}  ", SHARED))
                yield from self.wrapped(cells, self.defined(index), self.name(index))
        yield from self.rest(len(file.module.types) - limit, "type")

    def section(
        self,
        title: str,
        items: Sequence[_Item],
        describe: Callable[[_Item], tuple[str, str]],
        kind: Callable[[_Item], str],
    ) -> Iterator[Line]:
        """List items by kind, name and type, if there are any."""
        if not items:
            return
        limit = len(items) if self.everything else MOST_ITEMS
        rows = [(kind(item), *describe(item)) for item in items[:limit]]
        kinds = max(len(row[0]) for row in rows)
        names = min(WIDEST_NAME, max(len(row[1]) for row in rows))
        yield []
        yield [(f"  {title}", QUIET)]
        for kind_, name, type_ in rows:
            cells: Line = [(f"    {kind_:<{kinds}}  ", "")]
            yield from self.wrapped(cells, f"{name:<{names}}  {type_}", name)
        yield from self.rest(len(items) - limit, title.removesuffix("s"))

    def rest(self, left_out: int, noun: str) -> Iterator[Line]:
        """Say that a list was cut short, and how to see the rest of it."""
        if left_out > 0:
            yield [(f"    and {_plural(left_out, noun, 'more')}; --all lists everything", QUIET)]

    def wrapped(self, cells: Line, text: str, name: str = "", style: str = "") -> Iterator[Line]:
        """Give cells and a text that begins with a name, wrapped beside them."""
        indent = sum(len(cell) for cell, _ in cells)
        room = max(20, self.width - indent)
        if not self.everything:
            text = text[: room * (MOST_LINES + 1)]
        rows = _wrap(text, room)
        if len(rows) > MOST_LINES and not self.everything:
            rows = [*rows[: MOST_LINES - 1], "  ... (--all shows it whole)"]
        for position, row in enumerate(rows):
            if position:
                yield [(" " * indent + row, style)]
            elif name and row.startswith(name):
                yield [*cells, (name, NAME), (row[len(name) :], style)]
            else:
                yield [*cells, (row, style)]

    def name(self, index: int) -> str:
        """Give a type's name as its module has it, or nothing."""
        return _identifier(self.file.module.type_name(index))

    def defined(self, index: int) -> str:
        """Give a type's name and definition, fields named too."""
        fields = (self.field(index, position) for position in itertools.count())
        wat = self.named(str(self.file.module.types[index]), fields)
        return f"{self.name(index)} {wat}".lstrip()

    def field(self, index: int, position: int) -> str:
        """Give a field's name and a space, or nothing."""
        name = self.file.module.field_name(index, position)
        return f"{_identifier(name)} " if name else ""

    def external(self, item: tr.ImportType | tr.ExportType) -> str:
        """Give the type of an import or export, with the name of the type that it names."""
        name = "" if item.type_index is None else self.name(item.type_index)
        return f"{name} {self.named(str(item.type))}".lstrip()

    def named(self, wat: str, fields: Iterable[str] = ()) -> str:
        """Put the module's own names in place of type indices, and those of fields before them.

        In one go: names may hold anything.
        """
        field = iter(fields)

        def with_name(match: re.Match[str]) -> str:
            if match["index"] is None:
                return match[0] + next(field)
            return match["before"] + self.reference(int(match["index"]))

        return _UNNAMED.sub(with_name, wat)

    def reference(self, index: int) -> str:
        """Give a type's name or else its index, and both where others have that name too."""
        name = self.name(index)
        return f"{name} (;{index};)" if self.names[name] > 1 else name or str(index)

    @functools.cached_property
    def names(self) -> Counter[str]:
        """Count how many types have each name."""
        names = map(self.name, range(len(self.file.module.types)))
        return Counter(filter(None, names))

    def others(self, group: Group) -> str:
        """Give the labels of the other files that have a group."""
        if len(group.also_in) > MOST_LINES and not self.everything:
            return f"{len(group.also_in)} others"
        return "".join(map(_label, group.also_in))


def _wrap(text: str, room: int) -> list[str]:
    """Break a text into lines, inside fields and references only where one is longer than that."""
    held = _HELD_TOGETHER.sub(lambda match: match[0].replace(" ", _NO_BREAK), text)
    wrapper = textwrap.TextWrapper(
        width=room, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
    rows = wrapper.wrap(held)
    if any(len(row) > room for row in rows):
        wrapper.break_long_words = True
        rows = wrapper.wrap(text)
    return [row.replace(_NO_BREAK, " ") for row in rows]


def _label(position: int) -> str:
    return f"[{position + 1}]"


def _plural(count: int, noun: str, between: str = "") -> str:
    words = [f"{count:,}", between, noun if count == 1 else f"{noun}s"]
    return " ".join(filter(None, words))


def _amount(amount: Amount) -> str:
    return f"{_plural(amount.types, 'type')} in {_plural(amount.groups, 'group')}"


def _identifier(name: str | None) -> str:
    return identifier(name) if name else ""
