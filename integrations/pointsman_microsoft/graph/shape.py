"""Reading what Graph answered: it may be of any shape, and none of it may reach an error's text."""

from collections.abc import Callable
from typing import Any, TypeVar

from pointsman_sdk import AmbiguousOutcome, Rejected

T = TypeVar("T")
_UNKNOWN = "Microsoft Graph answered in an unknown shape"


def shaped(read: Callable[[Any], T], data: Any, *, writes: bool = False) -> T:
    """What `read` makes of `data`. Rejected where it is of another shape; AmbiguousOutcome where it answers a write."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError):
        raise (AmbiguousOutcome if writes else Rejected)(_UNKNOWN) from None


def rows(data: Any) -> list[Any]:
    """The rows of a collection. TypeError for what is no list: null is not an empty list."""
    found = data["value"]
    if not isinstance(found, list):
        raise TypeError("a list was expected")
    return found


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def text_or_none(value: Any) -> str | None:
    return None if value is None else text(value)
