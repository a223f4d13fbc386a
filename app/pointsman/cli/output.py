"""One way to speak and one way to fail, for every command: by the catalogues, in the terminal's language."""

import sys
from collections.abc import Iterable
from textwrap import fill
from typing import NoReturn

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.status import Status
from rich.table import Column, Table
from rich.text import Text

from pointsman.domain.messages.message import Arg, Message, say
from pointsman.domain.text.lines import show_acting

_KEPT_WHOLE = frozenset({"id"})  # columns that are copied from, or read at a glance
_PIPED_WIDTH = 2_000

#: Exit codes: 1 it was refused or failed, 2 it was asked for in a wrong way, 3 the database does not answer.
EXIT_FAILED, EXIT_MISUSED, EXIT_DATABASE_DOWN = 1, 2, 3


class PlainConsole(Console):
    """Prints plain text: brackets are brackets, and what would act on the terminal is shown as an escape.

    Names, notes and errors come from outside. Style comes as rich's `Text` alone.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does; a segment without style or control is text that somebody wrote."""
        for part in super().render(renderable, options):
            yield part if part.control else Segment(show_acting(part.text), part.style)


out = PlainConsole(markup=False)
err = PlainConsole(stderr=True, markup=False)


def spare_encodings() -> None:
    """Let a stream that cannot write a sign show its escape: a name is no reason to end a command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def word(key: str, /, **args: Arg) -> str:
    """The text of a key, as the person at the terminal reads it."""
    return words_of(say(key, **args))


def words_of(message: Message) -> str:
    """A message, as the person at the terminal reads it."""
    from pointsman.cli.terminal.locality import machine_zone, terminal_language  # noqa: PLC0415  # `--version` says no word
    from pointsman.services.wording.rendering import MessageReader, render  # noqa: PLC0415  # likewise

    return render(message, MessageReader(language=terminal_language(), zone=machine_zone()))


def tell(key: str, /, *, style: str = "", on: Console = out, **args: Arg) -> None:
    """Print the text of a key."""
    on.print(Text(word(key, **args), style), soft_wrap=True)


def show(text: str, *, on: Console = out) -> None:
    """Print what has its words already, or has none of ours."""
    on.print(Text(text), soft_wrap=True)


def as_one_line(text: str) -> str:
    """One item of a list: a line's end in words from outside shows as an escape, and begins no item of its own."""
    return text.replace("\n", "\\n")


def show_prose(text: str, *, indent: str = "", style: str = "", on: Console = out) -> None:
    """Print sentences: broken between words on a screen, as one line into a pipe or a file. A long word stays whole."""
    lines = indent + text
    if on.is_terminal:
        lines = fill(
            text,
            width=on.width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    on.print(Text(lines, style), soft_wrap=True)


def busy(key: str, /, **args: Arg) -> Status:
    """A moving line with the text of a key, for the time of a `with`; nothing into a pipe."""
    return out.status(Text(word(key, **args)))


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
    PlainConsole(file=on.file, width=_PIPED_WIDTH, markup=False).print(listed, highlight=False)


def fail(key: str, /, *details: str, code: int = EXIT_FAILED, **args: Arg) -> NoReturn:
    """End the command: say why, by a key, and with which details, which have their words already."""
    end_with(word(key, **args), *details, code=code)


def refuse(said: str, *details: str, code: int = EXIT_FAILED) -> NoReturn:
    """End the command with what a service or a server said; that is English, the frame is the terminal's."""
    err.print(Text.assemble((word("cli.refused"), "red"), f" {said}"), soft_wrap=True)
    _end(details, code)


def end_with(said: str, *details: str, code: int = EXIT_FAILED) -> NoReturn:
    """End the command with words of the terminal's language."""
    err.print(Text.assemble((word("cli.error"), "red"), f" {said}"), soft_wrap=True)
    _end(details, code)


def _end(details: Iterable[str], code: int) -> NoReturn:
    for detail in details:
        show(f"  • {detail}", on=err)
    sys.exit(code)
