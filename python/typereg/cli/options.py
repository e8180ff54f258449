"""Options that several commands take: ``--features`` and ``--limits``, and the files to read."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO

import typereg as tr

from . import console

STDIN = "-"
FEATURES = ("stack_switching", "custom_page_sizes")
PROFILES: dict[str, Callable[..., tr.Limits]] = {
    "spec": tr.Limits.spec,
    "js_api": tr.Limits.js_api,
}


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how modules are read, with those of `tr.Module` as defaults."""
    parser.add_argument(
        "--features",
        type=parse_features,
        metavar="A,B",
        help=f"accept features beyond WebAssembly 3.0: {', '.join(FEATURES)}",
    )
    parser.add_argument(
        "--limits",
        type=parse_limits,
        metavar="LIMITS",
        help="spec, js_api (the default), name=value, or several with commas: spec,types=5000",
    )


def parse_features(text: str) -> tr.Features:
    """Read ``stack_switching,custom_page_sizes``; dashes do as underscores."""
    names = [name.strip().replace("-", "_") for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FEATURES:
            raise argparse.ArgumentTypeError(
                f"there is no feature {name!r}; there are {', '.join(FEATURES)}"
            )
    return tr.Features(
        stack_switching="stack_switching" in names,
        custom_page_sizes="custom_page_sizes" in names,
    )


def parse_limits(text: str) -> tr.Limits:
    """Read a profile's name, changes to its fields, or both."""
    profile: str | None = None
    fields: dict[str, int | None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (side.strip() for side in part.partition("="))
        name = name.replace("-", "_")
        if equals:
            fields[name] = parse_bound(name, value)
        elif name not in PROFILES:
            raise argparse.ArgumentTypeError(
                f"{part!r} is neither a profile ({', '.join(PROFILES)}) nor name=value"
            )
        elif profile is not None:
            raise argparse.ArgumentTypeError(f"two profiles given: {profile} and {name}")
        else:
            profile = name
    try:
        return PROFILES[profile or "js_api"](**fields)
    except (TypeError, ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse_bound(name: str, value: str) -> int | None:
    """Read a bound: a number, or ``none`` for a quota without one."""
    if value == "none":
        return None
    try:
        return int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{name} needs a number, not {value!r}") from None


class UnreadableInput(Exception):
    """Input that cannot be used; each message names its file, and the byte where there is one."""

    def __init__(self, messages: Sequence[str]) -> None:
        """Keep the messages, one for each file."""
        super().__init__("; ".join(messages))
        self.messages = messages


def read_modules(
    files: Sequence[str], *, features: tr.Features | None, limits: tr.Limits | None
) -> list[tr.Module]:
    """Read every file, ``-`` as standard input, or raise `UnreadableInput` for all that fail."""
    if files.count(STDIN) > 1:
        raise UnreadableInput([f"{STDIN}: standard input can be read once only"])
    modules: list[tr.Module] = []
    messages: list[str] = []
    for file in console.progress(files, "reading"):
        try:
            source = standard_input() if file == STDIN else file
            modules.append(tr.Module.from_file(source, features=features, limits=limits))
        except tr.InternalError:
            raise
        except OSError as error:
            messages.append(f"{file}: {error.strerror or error}")
        except tr.TypeRegError as error:
            messages.append(f"{file}: {error}")
    if messages:
        raise UnreadableInput(messages)
    return modules


def standard_input() -> BinaryIO:
    """Give standard input, or raise `OSError` where there is none."""
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return sys.stdin.buffer
