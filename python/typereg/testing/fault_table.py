"""Prints the table of faults for the docs: ``python -m typereg.testing.fault_table``.

For each faulty registry: after how many examples `check_registry` found it, and the shrunk case.
"""

from __future__ import annotations

from . import checks, faults
from .checks import Fault


def find(name: str) -> Fault:
    """Put a fault under the check; `LookupError` if it is not found."""
    try:
        checks.check_registry(faults.ALL[name])
    except Fault as found:
        return found
    raise LookupError(f"the fault {name!r} was not found")


def entry(name: str, found: Fault) -> str:
    """Give a fault's part of the table."""
    return (
        f"| `{name}` | {faults.summary(name)} | {found.number} | {found.program.size} "
        f"| {found.example.origin} |"
    )


def case(name: str, found: Fault) -> str:
    """Give a fault's shrunk case."""
    return f"### `{name}`\n\n```text\n{found.program}\n{found.difference}\n```\n"


def table() -> str:
    """Give the whole page."""
    all_found = {name: find(name) for name in faults.ALL}
    head = [
        "# Faults that the kit finds",
        "",
        "Written by `python -m typereg.testing.fault_table`; the tests hold it against a new run.",
        "Examples: how many `check_registry` needed, with its default seed and a budget of "
        f"{checks.EXAMPLES:,}.",
        "Types: how many types the case has after shrinking.",
        "",
        "| fault | what is wrong | examples | types | found by |",
        "|---|---|---|---|---|",
        *(entry(name, found) for name, found in all_found.items()),
        "",
        "## The shrunk cases",
        "",
        "An operation's number stands for what it made: `type 1 of 0` is type 1 of the module that",
        "operation 0 registered.",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(case(*each) for each in all_found.items())


if __name__ == "__main__":
    print(table(), end="")
