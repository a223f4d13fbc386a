"""The vendor's answers are untrusted: what does not have the expected shape is Rejected, not a crash."""

from collections.abc import Callable
from typing import Any, TypeVar

from pointsman_sdk import Rejected

T = TypeVar("T")


def shaped(read: Callable[[Any], T], data: Any) -> T:
    """What `read` makes of `data`."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Rejected("the memory vendor answered in an unknown shape") from None


def rows(data: Any) -> list[Any]:
    """`data`, which must be a list: an object or null is not an empty list."""
    if not isinstance(data, list):
        raise Rejected("the memory vendor answered in an unknown shape")
    return data
