"""One way to speak and one way to fail, for every command."""

import sys
from typing import NoReturn

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

#: All that is printed is plain text: brackets in a name or a path are brackets. Style comes as rich's `Text`.
out = Console(markup=False)
err = Console(stderr=True, markup=False)

_KEPT_WHOLE = frozenset({"id", "lead", "Lead"})  # columns that are copied from, or read at a glance
_PIPED_WIDTH = 2_000

#: Exit codes: 1 it was refused or failed, 2 it was asked for in a wrong way, 3 the database does not answer.
EXIT_FAILED, EXIT_MISUSED, EXIT_DATABASE_DOWN = 1, 2, 3


def table(*columns: str) -> Table:
    """A table that breaks what is too long for the screen into lines: an id that is cut short is none."""
    return Table(*(Column(name, overflow="fold", no_wrap=name in _KEPT_WHOLE) for name in columns))


def show_table(listed: Table, on: Console = out) -> None:
    """On a screen as wide as it is; into a pipe or a file each row as one line, without a frame, for other programs."""
    if on.is_terminal:
        on.print(listed)
        return
    listed.box = None
    listed.pad_edge = False
    for column in listed.columns:
        column.no_wrap = True
    Console(file=on.file, width=_PIPED_WIDTH, markup=False).print(listed, highlight=False)


def fail(sentence: str, *details: str, code: int = EXIT_FAILED) -> NoReturn:
    """End the command: say why, and with which details."""
    err.print(Text.assemble(("Error:", "red"), f" {sentence}"), highlight=False, soft_wrap=True)
    for detail in details:
        err.print(f"  • {detail}", highlight=False, soft_wrap=True)
    sys.exit(code)
