"""One value of what a sender wrote as a list, a number or several choices."""

from typing import Any

from pointsman.domain.leads.coercion import whole
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.text.visible import is_drawn


def only_value(value: Any) -> Any:
    """What a list says that says one thing, as a form sends `need[]=x` or `email=a&email=a`; else the value."""
    if not isinstance(value, list) or any(isinstance(item, list | dict) for item in value):
        return value[0] if isinstance(value, list) and len(value) == 1 else value
    said = [item for item in value if item is not None and not (isinstance(item, str) and not is_drawn(item))]
    if said and all(item == said[0] and type(item) is type(said[0]) for item in said):
        return said[0]
    return value


def one_text(value: Any) -> Any:
    """Several choices as one text, "CRM, ERP". A list that is a yes or a no, or has a no among others, is its answer or nothing.

    Of a box with a hidden 0 before it, the last item counts.
    """
    value = only_value(value)
    if not isinstance(value, list) or not all(isinstance(item, str | int | float | None) for item in value):
        return value
    if (answer := known_answer(value)) is not None:
        return answer
    said = [text for item in value if (text := scalar_text(item)) is not None and is_drawn(text)]
    answers = [known_answer(text) for text in said]
    return value if False in answers else ", ".join(said)


def scalar_text(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip() or None
        case int() | float():
            return str(whole(value))
        case _:
            return None
