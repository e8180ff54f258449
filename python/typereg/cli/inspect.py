"""The command ``typereg inspect``."""

import argparse
from typing import TYPE_CHECKING

from . import console
from .inspection import SCHEMA, inspect
from .options import add_reading_options, read_modules
from .render import render
from .report import write_json

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(commands: "_Commands") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "inspect",
        help="show the types, imports and exports of modules, and what they share",
        description="Show the types of modules by recursion group, their imports, exports and "
        "tags, and which types they share with the other files given.",
        epilog="example: typereg inspect host.wat plugin.wasm --json",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=".wasm or .wat; - is standard input"
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    parser.add_argument("--all", action="store_true", help="list everything, however long it is")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    reading = {"features": options.features, "limits": options.limits}
    inspection = inspect(options.files, read_modules(options.files, **reading), **reading)
    if options.json:
        write_json(inspection.to_json())
    else:
        console.write(render(inspection, console.width(), everything=options.all))
    return 0
