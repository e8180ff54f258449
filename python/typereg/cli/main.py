"""The command's entry point: arguments in, exit code out.

Exit codes: 0, what was asked holds; 1, it does not; 2, bad usage or unreadable input; 3, a fault of
typereg's own.
"""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence

import typereg as tr

from . import console, diff, digest, explain, fuzz, inspect, link, wast
from .command import Command
from .options import UnreadableInput

BAD_INPUT = 2
OWN_FAULT = 3
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; bad usage raises `SystemExit`, as argparse does."""
    try:
        try:
            arguments = sys.argv[1:] if argv is None else argv
            options = make_parser().parse_args(explain.protect(arguments))
            run: Callable[[argparse.Namespace], int] = options.run
            return run(options)
        finally:
            console.flush()
    except UnreadableInput as error:
        console.complain(*error.messages)
        return BAD_INPUT
    except console.UnwritableOutput as error:
        console.complain(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        console.complain(
            traceback.format_exc(), "this is a fault of typereg's own: please report it"
        )
        return OWN_FAULT


def make_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="typereg",
        description="WebAssembly's type registry on the command line.",
        epilog="example: typereg inspect host.wat plugin.wasm",
    )
    parser.add_argument("--version", action="version", version=f"typereg {tr.__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Command
    )
    for command in (inspect, link, explain, diff, digest, wast, fuzz):
        command.add_parser(commands)
    return parser
