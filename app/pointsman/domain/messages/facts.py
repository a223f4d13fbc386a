"""Values of facts inside messages: shortened when they are long."""

from datetime import datetime

from pointsman.domain.messages.message import Arg, first_of

#: How many items of a list are told.
SHOWN = 6
_LONGEST = 80


def fact_value(value: object) -> Arg:
    """A fact or an operand, to be written as readers of a language write it."""
    match value:
        case tuple():
            return first_of([fact_value(item) for item in value[: SHOWN + 1]], SHOWN, of=len(value))
        case bool() | int() | float() | datetime():
            return value
        case _:
            text = str(value)
            return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
