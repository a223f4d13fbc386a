"""Questions at the terminal, in its language."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import typer

from pointsman.cli.output import show, tell, word
from pointsman.domain.messages.message import Arg
from pointsman.domain.text.lines import show_acting

_FROM_FILE = "@"
_YES, _NO = frozenset({"true", "yes", "ja", "y", "j", "1"}), frozenset({"false", "no", "nein", "n", "0"})


class Asks(Protocol):
    """Asks a person at a terminal, or a test in their place."""

    def text(self, question: str, default: str | None) -> str:
        """An answer; with a default "" nothing is an answer, too."""
        ...

    def secret(self, question: str) -> str:
        """An answer that is not shown; "" where nothing is typed."""
        ...

    def confirm(self, question: str, *, default: bool) -> bool: ...


class Terminal:
    """A person at the terminal. Names in questions come from vendors: what would act on the terminal shows as an escape."""

    def text(self, question: str, default: str | None) -> str:
        with _left_by_ctrl_c():
            return str(typer.prompt(show_acting(question), default=default, show_default=bool(default)))

    def secret(self, question: str) -> str:
        with _left_by_ctrl_c():
            return str(typer.prompt(show_acting(question), default="", hide_input=True, show_default=False))

    def confirm(self, question: str, *, default: bool) -> bool:
        """Asks on until it is yes or no, in a word of any language of ours: typer knows English alone."""
        hint = word("cli-connections.yes-is-default" if default else "cli-connections.no-is-default")
        while True:
            said = self.text(f"{question} {hint}", "")
            answer = read_yes(said) if said.strip() else default
            if answer is not None:
                return answer
            tell("cli-connections.yes-or-no")


@contextmanager
def _left_by_ctrl_c() -> Iterator[None]:
    """A question holds the event loop, which hears of a first Ctrl-C after the answer: here it breaks off at once."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def read_yes(answer: str) -> bool | None:
    """Yes or no in English or German; None for anything else."""
    said = answer.strip().casefold()
    return True if said in _YES else False if said in _NO else None


def ask_yes(asks: Asks, key: str, /, *, default: bool, **args: Arg) -> bool:
    """A question by its key, to be answered with yes or no."""
    return asks.confirm(word(key, **args), default=default)


def pick(asks: Asks, key: str, titles: Sequence[str], /, **args: Arg) -> int:
    """The place of one of several titles, which are listed with numbers; asked again until it is one of them.

    Who types the title itself means it, too, where only one is called so.
    """
    called = [title.casefold() for title in titles]
    for number, title in enumerate(titles, start=1):
        show(f"  {number}  {title}")
    while True:
        answer = asks.text(word(key, **args), "1")
        found = read_number(answer, len(titles))
        typed = answer.strip().casefold()
        found = called.index(typed) if found is None and called.count(typed) == 1 else found
        if found is not None:
            return found
        tell("cli-connections.wrong-number", most=len(titles))


def read_number(answer: str, most: int) -> int | None:
    """The place of the number that was typed, counted from nothing; None for anything but a number from 1 to `most`."""
    text = answer.strip()
    return int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most else None


def from_file(answer: str) -> str:
    """What stands in the file where the answer is `@file`: keys of several lines cannot be typed. `@@` is an @ that is meant.

    Without the end of the last line, which editors add. Raises OSError, ValueError.
    """
    if not answer.startswith(_FROM_FILE) or len(answer) == 1:
        return answer
    if answer.startswith(_FROM_FILE * 2):
        return answer[1:]
    try:
        path = Path(answer[1:]).expanduser()
    except RuntimeError:  # ~ with the name of an unknown user
        raise FileNotFoundError(answer[1:]) from None
    return path.read_text(encoding="utf-8-sig").rstrip("\r\n")
