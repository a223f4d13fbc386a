"""What every part of the vendor answers with: a status and JSON, or a refusal with a code, and lists in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pointsman_sdk import Slot

Answer = tuple[int, Any]
"""A status, and a body that can be written as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as far as the vendor looks at it."""

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """The vendor says no: a status, and a code which says why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def page(items: Sequence[Any], cursor: str | None, size: int) -> dict[str, Any]:
    """The items from the cursor on, and the next cursor, None at the end."""
    start = place_of(cursor)
    following = start + size
    return {"items": list(items[start:following]), "next": f"p{following}" if following < len(items) else None}


def place_of(cursor: str | None) -> int:
    """Where a cursor stands. Raises Refused for one that the vendor did not write."""
    digits = "0" if cursor is None else cursor.removeprefix("p")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Refused(400, "cursor")
    return int(digits)


def window_of(query: Mapping[str, Any]) -> Slot:
    """The time that is asked for. ValueError and KeyError where it is none."""
    return Slot(instant(query["start"]), instant(query["end"]))


def instant(text: str) -> datetime:
    """A time with an offset. ValueError for another."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without an offset")
    return found.astimezone(UTC)
