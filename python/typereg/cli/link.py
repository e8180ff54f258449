"""The command ``typereg link``."""

import argparse
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import typereg as tr
from typereg import _typereg

from . import console
from .options import STDIN, add_reading_options, read_modules
from .report import SUMMARY, styled, write_json

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SCHEMA = "typereg.link/1"
"""Described in ``schemas/link-1.schema.json`` beside this file."""


def add_parser(commands: "_Commands") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "link",
        help="say of every import whether it fits what it gets, and if not, why",
        description="Look up every import of every file in the file that goes by the import's "
        "module name, and say whether it fits by the specification's matching rules, and if not, "
        "why. A file goes by its name without the suffix, unless --as says otherwise; one that "
        "--as names is read, too. Exit code 1 if an import does not fit.",
        epilog="example: typereg link host.wat plugin.wasm --as env=host.wat",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=".wasm or .wat; - is standard input"
    )
    parser.add_argument(
        "--as",
        dest="names",
        action="append",
        default=[],
        type=parse_name,
        metavar="NAME=FILE",
        help="the module name that a file goes by, listed or not; may be given several times",
    )
    parser.add_argument(
        "--ignore-missing",
        action="store_true",
        help="pass over imports from modules that no file goes by the name of",
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def parse_name(text: str) -> str:
    """Check that ``NAME=FILE`` has both; `split_name` finds where the one ends."""
    _, separator, file = text.partition("=")
    if not separator or not file:
        raise argparse.ArgumentTypeError(f"expected NAME=FILE, got {text!r}")
    return text


def split_name(text: str, is_given: Callable[[str], bool]) -> tuple[str, str]:
    """Split ``NAME=FILE`` at the first ``=`` behind which a file stands: names hold any character.

    A file that is given goes before one that merely exists. Where there is none, it is the first.
    """
    places = [place for place, char in enumerate(text) if char == "="]
    splits = [(text[:place], text[place + 1 :]) for place in places]
    for is_file in (is_given, os.path.exists):
        for name, file in splits:
            if is_file(file):
                return name, file
    return splits[0]


def place_of(file: str) -> str:
    """Give where a file is, the same however the way there is written; a link is not its target."""
    if file == STDIN:
        return file
    folder, name = os.path.split(file)
    return os.path.normcase(os.path.join(os.path.realpath(folder), name))


def names_by_file(files: Sequence[str], options: Sequence[str]) -> dict[str, list[str]]:
    """Give the files to read, and the module names that each goes by.

    What ``--as`` names is read as well, after the files that are given. A name that is given is
    nobody else's.
    """
    spelled: dict[str, str] = {}
    for file in files:
        spelled.setdefault(place_of(file), file)
    pairs = [split_name(text, lambda file: place_of(file) in spelled) for text in options]
    for _, file in pairs:
        spelled.setdefault(place_of(file), file)
    named: dict[str, list[str]] = {file: [] for file in spelled.values()}
    for name, file in pairs:
        named[spelled[place_of(file)]].append(name)
    taken = {name for name, _ in pairs}
    for file, own in named.items():
        stem = pathlib.PurePath(file).stem
        if not own and file != STDIN and stem not in taken:
            own.append(stem)
    return named


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    names = names_by_file(options.files, options.names)
    modules = read_modules([*names], features=options.features, limits=options.limits)
    report = link(names, modules, ignore_missing=options.ignore_missing)
    if options.json:
        write_json(report.to_json())
    else:
        console.write(styled(str(report), SUMMARY))
    return 0 if report.ok else 1


def link(
    names: Mapping[str, Sequence[str]], modules: Sequence[tr.Module], *, ignore_missing: bool
) -> tr.LinkReport:
    """Link files, in their order, among each other by the names that they go by."""
    given = [
        (console.label(file), module, list(map(console.label, own)))
        for (file, own), module in zip(names.items(), modules, strict=True)
    ]
    return _typereg.link_all(given, ignore_missing)
