"""The language in which a command tells a policy."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.terminal.locality import terminal_language
from pointsman.services.wording.catalogue import LANGUAGES, catalogue_language

LanguageOption = Annotated[str | None, typer.Option("--language", "-l", help="help.policy.language")]


def spoken_language(given: str | None) -> str:
    """The language given, else the terminal's; ends the command for one without texts."""
    if given is None:
        return terminal_language()
    language = catalogue_language(given)
    if language is None:
        fail("cli-policy.no-language", given=given[:20], known=LANGUAGES, code=EXIT_MISUSED)
    return language
