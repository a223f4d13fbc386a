"""Events, and the keys by which each counts once, whether a webhook told of it or a search found it.

HubSpot's own `eventId` is not unique. An event is one change of one record: its kind, the record, the time, the property and its
value. The subscription is named by kind and property, so that what a search finds has the same key as what a webhook told.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pointsman_hubspot.ours import KEY
from pointsman_sdk import Event

CREATION, CHANGE, JOINED = "creation", "propertyChange", "listMembership"
CONTACT, TASK = "contact", "task"
#: The kinds whose events are news, by the numbers that HubSpot gives to kinds.
KINDS: Mapping[str, str] = {"0-1": CONTACT, "0-27": TASK}
_TASK_PREFIX = "task-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to a record of a kind; `name` and `value` are of the property that changed, where one did."""

    kind: str
    what: str
    record: str
    at: int  # milliseconds
    name: str = ""
    value: str = ""

    @property
    def key(self) -> str:
        digest = hashlib.sha256(self.value.encode("utf-8", "replace")).hexdigest()[:16] if self.name else ""
        return ":".join([f"{self.kind}.{self.what}", self.record, str(self.at), self.name, digest])

    def event(self) -> Event:
        """As the host keeps it. What wrote our key is our own write."""
        return Event(
            key=self.key,
            about=self.record if self.kind == CONTACT else f"{_TASK_PREFIX}{self.record}",
            origin=self.value if self.name == KEY and self.value else None,
            occurred_at=moment(self.at),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an event's key says: the event's name, and the property that changed."""

    event: str = ""
    changed: str = ""

    @classmethod
    def by(cls, key: str) -> "Told":
        parts = key.split(":")
        return cls(event=parts[0], changed=parts[3]) if len(parts) == 5 else cls()


def task_of(about: str) -> str | None:
    """The id of the task that an event is about; None where it is about a contact."""
    return about.removeprefix(_TASK_PREFIX) if about.startswith(_TASK_PREFIX) else None


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
