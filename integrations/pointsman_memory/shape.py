"""Reading what the vendor answered: it may be of any shape, and none of it may reach an error's text."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from pointsman_sdk import Rejected, RemoteRecord, Slot, Standing

T = TypeVar("T")


def shaped(read: Callable[[Any], T], data: Any) -> T:
    """What `read` makes of `data`. Raises Rejected where it is of another shape."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Rejected("the memory vendor answered in an unknown shape") from None


def rows(data: Any) -> list[Any]:
    """`data`, which must be a list: an object or null is not an empty list. Raises Rejected."""
    if not isinstance(data, list):
        raise Rejected("the memory vendor answered in an unknown shape")
    return data


def slot_json(slot: Slot) -> dict[str, str]:
    """A slot as two instants with their offsets."""
    return {"start": slot.start.isoformat(), "end": slot.end.isoformat()}


def slot_of(row: Any) -> Slot:
    return Slot(datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"]))


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def text_or_none(value: Any) -> str | None:
    return None if value is None else text(value)


def record(data: Any) -> RemoteRecord:
    """An item or a record of the vendor. Raises Rejected."""
    return shaped(_record, data)


def _record(row: Any) -> RemoteRecord:
    return RemoteRecord(
        key=text(row["key"]),
        place=text(row["place"]),
        id=text(row["id"]),
        version=text(row["version"]),
        sequence=None if row["sequence"] is None else int(row["sequence"]),
        owner=text_or_none(row.get("owner")),
        slot=slot_of(row) if row.get("start") else None,
        repeats=int(row.get("weeks", 1)) > 1,
        standing=_standing(row.get("status")),
        title=text(row.get("title", "")),
        join_url=text_or_none(row.get("join_url")),
        url=text_or_none(row.get("url")),
        fields=tuple(sorted(row.get("fields", {}).items())),
    )


def _standing(status: Any) -> Standing:
    return Standing(status) if status in ("tentative", "cancelled") else Standing.CONFIRMED
