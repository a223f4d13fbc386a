"""Reading what Google answered: it may be of any shape, and none of it may reach an error's text."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from pointsman_sdk import Rejected

T = TypeVar("T")


def shaped(read: Callable[[Any], T], data: Any) -> T:
    """What `read` makes of `data`. Raises Rejected where it is of another shape."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Rejected("Google Calendar answered in an unknown shape") from None


def rows(data: Any, name: str) -> list[Any]:
    """The list of this name; Google may leave out one that is empty. Raises Rejected where it is no list, or `data` no answer."""
    found = shaped(lambda answer: answer.get(name, []) if answer["kind"].startswith("calendar#") else None, data)
    if not isinstance(found, list):
        raise Rejected("Google Calendar answered in an unknown shape")
    return found


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text was expected")
    return value


def text_or_none(value: Any) -> str | None:
    return None if value is None else text(value)


def instant(value: Any) -> datetime:
    """A time of RFC 3339, which has an offset."""
    found = datetime.fromisoformat(text(value))
    if found.tzinfo is None:
        raise ValueError("a time without an offset")
    return found
