"""How the vendor writes things down in JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from pointsman_sdk import Slot

Answer = tuple[int, Any]
"""A status, and a body that can be written as JSON."""


class Written(Protocol):
    """An event as far as it is written down."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def slot(self) -> Slot: ...
    @property
    def title(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def tentative(self) -> bool: ...


def slot_json(slot: Slot) -> dict[str, str]:
    """A slot as two instants with their offsets."""
    return {"start": slot.start.isoformat(), "end": slot.end.isoformat()}


def slot_of(data: Mapping[str, Any]) -> Slot:
    """The slot in an object that has a start and an end."""
    return Slot(datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"]))


def event_json(event: Written) -> dict[str, Any]:
    """An event as the vendor shows it."""
    seen = {"id": event.id, "key": event.key, "title": event.title, "version": str(event.version)}
    return {**seen, "tentative": event.tentative, **slot_json(event.slot)}
