"""The command ``typereg diff``."""

import argparse
from typing import TYPE_CHECKING

import typereg as tr

from . import console
from .options import add_reading_options, read_modules
from .report import SUMMARY, styled, write_json

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SCHEMA = "typereg.diff/1"
"""Described in ``schemas/diff-1.schema.json`` beside this file."""


def add_parser(commands: "_Commands") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "diff",
        help="say what changed in a module's imports and exports, and what that breaks",
        description="Say what changed in the imports and exports of a module, and whether that "
        "is breaking, compatible or additive for those who use it. Exit code 1 for a breaking "
        "change.",
        epilog="example: typereg diff plugin-1.0.wasm plugin-1.1.wasm",
    )
    parser.add_argument("old", metavar="OLD", help=".wasm or .wat; - is standard input")
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    files = [options.old, options.new]
    old, new = read_modules(files, features=options.features, limits=options.limits)
    changes = tr.diff(old, new)
    if options.json:
        write_json(changes.to_json())
    else:
        console.write(styled(str(changes), SUMMARY))
    return 1 if changes.breaking else 0
