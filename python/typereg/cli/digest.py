"""The command ``typereg digest``."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typereg as tr

from . import console, pinned
from .console import Line, identifier, printable
from .options import UnreadableInput, add_reading_options, read_modules
from .pinned import SCHEMA, Difference
from .report import write_json

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SHORT = 16
"""Digits of a digest that are shown unless all of them were asked for: those of ``$def.…``."""


def add_parser(commands: "_Commands") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "digest",
        help="show the digest of each type, and check digests against a pinned list",
        description="Show the digest of each recursion group and of each type: names that are the "
        "same on every machine and in every version, whatever the types' indices and names. With "
        "--check, say which types are not as they were; exit code 1 if there are any.",
        epilog="example: typereg digest plugin.wasm --check pinned.json",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=".wasm or .wat; - is standard input"
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON ({SCHEMA})")
    parser.add_argument("--long", action="store_true", help="show all 64 digits of each digest")
    parser.add_argument(
        "--check", metavar="FILE", help="compare with what `typereg digest --json` wrote earlier"
    )
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    files: list[str] = options.files
    for position, file in enumerate(files):
        if file in files[:position]:
            raise UnreadableInput([f"{file}: given twice"])
    check: str | None = options.check
    was = None if check is None else pinned.read(check, files)
    modules = read_modules(files, features=options.features, limits=options.limits)
    report = {
        "schema": SCHEMA,
        "modules": [_to_json(file, module) for file, module in zip(files, modules, strict=True)],
    }
    if check is None or was is None:
        if options.json:
            write_json(report)
        else:
            console.write(_pages(files, modules, long=options.long))
        return 0
    now = {
        file: [digest.hex() for digest in module.type_digests]
        for file, module in zip(files, modules, strict=True)
    }
    differences = pinned.compare(was, now)
    if options.json:
        entries = [difference.to_json() for difference in differences]
        write_json({**report, "check": {"holds": not entries, "differences": entries}})
    else:
        names = dict(zip(files, modules, strict=True))
        console.write(_verdict(differences, names, check, long=options.long))
    return 1 if differences else 0


def _to_json(file: str, module: tr.Module) -> dict[str, object]:
    groups = zip(_spans(module), module.group_digests, strict=True)
    return {
        "file": file,
        "groups": [{"types": list(span), "digest": digest.hex()} for span, digest in groups],
        "types": [digest.hex() for digest in module.type_digests],
    }


def _spans(module: tr.Module) -> Iterator[range]:
    """Give the type indices of each group."""
    start = 0
    for group in module.rec_groups:
        yield range(start, start + len(group.members))
        start += len(group.members)


def _shown(digest: bytes, *, long: bool) -> str:
    return digest.hex() if long else digest.hex()[:SHORT]


def _pages(files: Sequence[str], modules: Sequence[tr.Module], *, long: bool) -> Iterator[Line]:
    for file, module in zip(files, modules, strict=True):
        yield [(printable(file), "bold")]
        types = module.type_digests
        digits = len(str(max(len(types) - 1, 0)))
        for span, digest in zip(_spans(module), module.group_digests, strict=True):
            yield [("  group  ", "dim"), (_shown(digest, long=long), "")]
            for index in span:
                name = module.type_name(index)
                yield [
                    (f"    type {index:{digits}}  ", "dim"),
                    (_shown(types[index], long=long), ""),
                    (f"  {identifier(name)}" if name else "", "cyan"),
                ]


def _verdict(
    differences: Sequence[Difference],
    modules: dict[str, tr.Module],
    check: str,
    *,
    long: bool,
) -> Iterator[Line]:
    for difference in differences:
        module = modules.get(difference.file)
        # The names are those of the module as it is.
        name = module.type_name(difference.type) if module and difference.now else None
        label = f" {identifier(name)}" if name else ""
        yield [
            (f"{printable(difference.file)}: type {difference.type}{label} ", ""),
            (difference.change, "bold"),
        ]
        for word, digest in (("was", difference.was), ("now", difference.now)):
            if digest is not None:
                yield [(f"  {word}  ", "dim"), (digest if long else digest[:SHORT], "")]
    count = len(differences)
    if count:
        verb = "type differs" if count == 1 else "types differ"
        yield [(f"{count} {verb} from {printable(check)}", "")]
    else:
        yield [(f"all types are as in {printable(check)}", "")]
