"""The command ``typereg explain``."""

import argparse
import difflib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typereg as tr

from . import console
from .command import MARK, unmarked
from .options import UnreadableInput, add_reading_options, read_modules
from .report import styled, write_json

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SCHEMA = "typereg.explain/1"
"""Described in ``schemas/explain-1.schema.json`` beside this file."""

# The file ends at the first colon behind which nothing but a type follows.
_TYPE = re.compile(r"(.+?):(\d+|\$.+|export=.*)", re.DOTALL)


def add_parser(commands: "_Commands") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "explain",
        help="say whether two types are the same, and if not, why",
        description="Say whether two types are the same, or one a subtype of the other, and if "
        "not, the first reason why. Exit code 0 only if they are the same; with --subtype, if A "
        "is a subtype of B.",
        epilog="example: typereg explain host.wat:'$node' plugin.wasm:3",
    )
    for name, metavar in (("a", "A:TYPE"), ("b", "B:TYPE")):
        parser.add_argument(
            name,
            type=parse_type,
            metavar=metavar,
            help="a file, and a type's index, its $name, or export=NAME",
        )
    parser.add_argument(
        "--subtype", action="store_true", help="ask whether A is a subtype of B, and why not"
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def protect(arguments: Sequence[str]) -> list[str]:
    """Mark each ``-:TYPE`` of the command: argparse takes what begins with a dash for an option.

    `parse_type` takes the mark away.
    """
    if list(arguments[:1]) != ["explain"]:
        return [*arguments]
    return [MARK + text if text.startswith("-:") else text for text in arguments]


def parse_type(text: str) -> tuple[str, str]:
    """Split ``FILE:TYPE`` at the first colon whose rest is digits, ``$name`` or ``export=NAME``."""
    text = unmarked(text)
    match = _TYPE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"expected FILE:TYPE, where TYPE is a type index, $name or export=NAME; got {text!r}"
        )
    return match[1], match[2]


def find_type(file: str, module: tr.Module, text: str) -> int:
    """Find the type index that an index, ``$name`` or ``export=NAME`` stands for.

    Raises `UnreadableInput` where there is none, and says what may have been meant. Of types that
    share a name it is the first, and a message says so.
    """
    count = len(module.types)
    if text.isdecimal():
        # A number of thousands of digits is no index either, and not worth reading.
        index = int(text) if len(text) < 20 else count
        if index < count:
            return index
        shown = text if len(text) < 20 else f"{text[:16]}..."
        raise UnreadableInput([f"{file}: there is no type {shown}; the module has {count} types"])
    if text.startswith("$"):
        names = [*map(module.type_name, range(count))]
        try:
            index = module.type_index(text)
        except KeyError:
            near = _nearest(text, filter(None, names))
            raise UnreadableInput([f"{file}: there is no type {text}{near}"]) from None
        namesakes = names.count(names[index])
        if namesakes > 1:
            console.complain(f"{file}: {namesakes} types are called {text}; the first is {index}")
        return index
    return _exported(file, module, text.removeprefix("export="))


def _exported(file: str, module: tr.Module, name: str) -> int:
    exports = {export.name: export for export in module.exports}
    if name not in exports:
        raise UnreadableInput([f"{file}: there is no export {name!r}{_nearest(name, exports)}"])
    export = exports[name]
    if export.type_index is None:
        raise UnreadableInput(
            [f"{file}: the export {name!r} is a {export.kind}, which names no type: {export.type}"]
        )
    return export.type_index


def _nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the nearest name, if one is near."""
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    (file_a, type_a), (file_b, type_b) = options.a, options.b
    files = list(dict.fromkeys([file_a, file_b]))
    reading = {"features": options.features, "limits": options.limits}
    modules = dict(zip(files, read_modules(files, **reading), strict=True))
    module_a, module_b = modules[file_a], modules[file_b]
    a, b = find_type(file_a, module_a, type_a), find_type(file_b, module_b, type_b)
    answer = tr.explain(module_a, a, module_b, b, subtype=options.subtype)
    holds = answer.subtype if options.subtype else answer.equal
    if options.json:
        write_json(answer.to_json())
        return 0 if holds else 1
    file_a, file_b = console.label(file_a), console.label(file_b)
    shown_a = console.printable(f"{file_a}:{type_a}")
    shown_b = console.printable(f"{file_b}:{type_b}")
    if answer.equal:
        text = f"{shown_a} and {shown_b} are the same type"
    else:
        relation = _relation(answer, shown_a, shown_b)
        sides = (file_b, file_a) if options.subtype else (file_a, file_b)
        text = relation if holds else f"{relation}: {answer.text(*sides)}"
    console.write(styled(text))
    return 0 if holds else 1


def _relation(answer: tr.Explanation, a: str, b: str) -> str:
    """Say what two types are to each other that are not the same."""
    if answer.subtype:
        return f"{a} is a subtype of {b}"
    if answer.supertype:
        return f"{b} is a subtype of {a}"
    return f"{a} and {b} differ"
