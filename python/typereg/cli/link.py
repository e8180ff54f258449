"""The command ``typereg link``."""

import argparse
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typereg as tr
from typereg import _typereg

from . import console
from .options import STDIN, UnreadableInput, add_reading_options, read_modules
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
        "why. A file goes by its name without the suffix, unless --as says otherwise. Exit code "
        "1 if an import does not fit.",
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
        help="the module name that a file goes by; may be given several times",
    )
    parser.add_argument(
        "--ignore-missing",
        action="store_true",
        help="pass over imports from modules that no file goes by the name of",
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def parse_name(text: str) -> tuple[str, str]:
    """Read ``NAME=FILE``; the name ends at the first ``=``."""
    name, separator, file = text.partition("=")
    if not separator or not file:
        raise argparse.ArgumentTypeError(f"expected NAME=FILE, got {text!r}")
    return name, file


def names_by_file(files: Sequence[str], names: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Give the module names that each file goes by; a name that is given is nobody else's.

    Raises `UnreadableInput` where a name is given to a file that is not among those to read.
    """
    given: dict[str, list[str]] = {file: [] for file in files}
    unknown = sorted({file for _, file in names} - given.keys())
    if unknown:
        raise UnreadableInput(
            [f"--as names {file}, which is not among the files given" for file in unknown]
        )
    for name, file in names:
        given[file].append(name)
    taken = {name for name, _ in names}
    for file, own in given.items():
        stem = pathlib.PurePath(file).stem
        if not own and file != STDIN and stem not in taken:
            own.append(stem)
    return given


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    files = list(dict.fromkeys(options.files))
    names = names_by_file(files, options.names)
    modules = read_modules(files, features=options.features, limits=options.limits)
    report = link(files, modules, names, ignore_missing=options.ignore_missing)
    if options.json:
        write_json(report.to_json())
    else:
        console.write(styled(str(report), SUMMARY))
    return 0 if report.ok else 1


def link(
    files: Sequence[str],
    modules: Sequence[tr.Module],
    names: dict[str, list[str]],
    *,
    ignore_missing: bool,
) -> tr.LinkReport:
    """Link files among each other by the names that they go by."""
    given = [
        (console.label(file), module, list(map(console.label, names[file])))
        for file, module in zip(files, modules, strict=True)
    ]
    return _typereg.link_all(given, ignore_missing)
