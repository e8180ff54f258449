"""Standard output and error: colour where it is wanted, and no fuss when a reader goes away."""

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Span = tuple[str, str]
"""Text, and the style that it has where there is colour; an empty style is plain text."""

Line = list[Span]

_Item = TypeVar("_Item")

_IDENTIFIER = re.compile(r"\$[!#-'*+\-.-:<-Z\\^-z|~]+")
"""All that needs no quotes: what is ASCII, but for blanks, quotes, commas, semicolons, brackets."""

MANY = 100
"""So many items are worth a word on how far one has got."""
SECONDS_BETWEEN_SIGHTS = 0.1


def width() -> int:
    """Give the columns to fill: ``COLUMNS``, else the terminal's, else 80."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


class UnwritableOutput(Exception):
    """Standard output takes no more, for another reason than that its reader went away."""


def printable(text: str) -> str:
    """Escape what a terminal would not show as it stands, or would obey."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def quoted(text: str) -> str:
    """Write a text as a string of the text format, its escapes for what `printable` escapes."""
    return f'"{"".join(map(_in_quotes, text))}"'


def identifier(name: str) -> str:
    """Write a name, ``$`` and what it is, as the text format does: in quotes where it must be."""
    return name if _IDENTIFIER.fullmatch(name) else f"${quoted(name[1:])}"


def _in_quotes(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"


def label(file: str) -> str:
    """Give a file's name as text that can be written: its bytes may be no text at all."""
    return file.encode("utf-8", "backslashreplace").decode()


def write(lines: Iterable[Line]) -> None:
    """Write lines to standard output, in colour if wanted and `rich` is installed."""
    if _wants_colour():
        try:
            from rich.console import Console
            from rich.text import Text
        except ImportError:
            pass
        else:
            rich = Console(file=sys.stdout, highlight=False, soft_wrap=True)
            with _output():
                for line in lines:
                    rich.print(Text.assemble(*line))
            return
    write_text("".join("".join(text for text, _ in line) + "\n" for line in lines))


def write_text(text: str) -> None:
    """Write text to standard output as it is, but for what its encoding lacks."""
    with _output():
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def flush() -> None:
    """Send what is still buffered."""
    with _output():
        sys.stdout.flush()


def complain(*messages: str) -> None:
    """Write messages to standard error, each under the command's name."""
    for message in messages:
        lines = message.rstrip().split("\n")
        shown = "\n".join("\t".join(map(printable, line.split("\t"))) for line in lines)
        say(f"typereg: {shown}\n")


def say(text: str) -> None:
    """Write a text to standard error as it is.

    Where there is none, or it takes nothing, there is nobody to tell: the exit code still says what
    happened.
    """
    if sys.stderr is not None:  # else `print` would take standard output
        with contextlib.suppress(OSError):
            print(text, end="", file=sys.stderr, flush=True)


def is_watched() -> bool:
    """Whether somebody sees on a terminal what is said."""
    return sys.stderr is not None and sys.stderr.isatty()


def progress(items: Sequence[_Item], doing: str) -> Iterator[_Item]:
    """Give the items, and where there are many, show on a terminal how far they have got."""
    if len(items) < MANY or not is_watched():
        yield from items
        return
    shown = 0.0
    for done, item in enumerate(items):
        if time.monotonic() - shown > SECONDS_BETWEEN_SIGHTS:
            shown = time.monotonic()
            _show(f"{doing} {done} of {len(items)}")
        yield item
    _show(f"{doing} {len(items)} of {len(items)}")
    _show("")


def _show(text: str) -> None:
    """Put a text in the place of the one before, in the terminal's last line."""
    say(f"\r\x1b[K{text}")


def _wants_colour() -> bool:
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") not in ("", "dumb")
    )


@contextlib.contextmanager
def _output() -> Iterator[None]:
    """Write inside this: what a reader that went away misses is dropped quietly."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    try:
        yield
    except OSError as error:
        # Or the interpreter, flushing at its exit, would complain once more.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
        if not isinstance(error, BrokenPipeError):
            raise UnwritableOutput(f"cannot write the output: {error.strerror}") from error
