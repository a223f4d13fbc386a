"""A reason on the command line: as the API wants it, from 1 to 1,000 characters."""

from pydantic import TypeAdapter, ValidationError

from pointsman.api.http.reason_text import ReasonText
from pointsman.cli.output import word
from pointsman.cli.terminal.misuse import Misused

_TEXT: TypeAdapter[str] = TypeAdapter(ReasonText)


def checked_reason(given: str) -> str:
    """For `typer.Option(callback=...)`: ends the command with how it is called."""
    try:
        return _TEXT.validate_python(given)
    except ValidationError:
        raise Misused(word("cli.wrong-reason")) from None
