"""The language in which a command tells a policy."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.terminal.reading import terminal_language
from pointsman.services.wording.catalogue import LANGUAGES

LanguageOption = Annotated[str | None, typer.Option("--language", "-l", help="de or en; else the terminal's language.")]


def spoken_language(given: str | None) -> str:
    """The language given, else the terminal's; ends the command for one without texts."""
    if given is None:
        return terminal_language()
    if given not in LANGUAGES:
        fail(f"{given[:20]!r} is not a language of the sentences: write {' or '.join(LANGUAGES)}.", code=EXIT_MISUSED)
    return given
