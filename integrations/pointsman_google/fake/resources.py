"""Calendars as Google has them: events with ids that stay reserved, ETags, a log of changes, and who may do what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from pointsman_google.fake.series import blocks
from pointsman_google.fake.wire import Refused, not_found
from pointsman_sdk import Slot

READERS = frozenset({"reader", "writerWithoutPrivateAccess", "writer", "owner"})
WRITERS = frozenset({"writerWithoutPrivateAccess", "writer", "owner"})


@dataclass(slots=True, kw_only=True)
class Calendar:
    """One calendar. `owner` has all rights, `roles` are those of others, and the owner's whole domain sees when they are busy.

    `meets` False: no meetings can be made in it.
    `invites` False: its user has reached the limits of calendar use. `bare` True: of a deleted event no more than the id is told.
    `purged` are ids of events that Google has thrown away, and keeps reserved.
    """

    id: str
    owner: str
    summary: str = ""
    zone: str = "Europe/Berlin"
    roles: dict[str, str] = field(default_factory=dict)
    shares_busy: bool = True
    meets: bool = True
    invites: bool = True
    bare: bool = False
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    purged: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)  # the id of what changed, in order
    forgotten: int = 0  # sync tokens from before this place in the log are too old

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"purged": sorted(self.purged)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """The calendar of which that was kept."""
        return cls(**{**kept, "purged": set(kept["purged"])})

    def role(self, user: str) -> str:
        """The access role of a user."""
        if user.casefold() == self.owner.casefold():
            return "owner"
        if user in self.roles:
            return self.roles[user]
        domain = self.owner.rpartition("@")[2]
        return "freeBusyReader" if self.shares_busy and user.rpartition("@")[2] == domain else "none"

    def check(self, user: str, wanted: frozenset[str]) -> None:
        """Raise Refused unless the user has one of the roles."""
        role = self.role(user)
        if role == "none" or (wanted is READERS and role not in READERS):
            raise not_found()
        if role not in wanted:
            raise Refused(403, "requiredAccessLevel", "You need to have writer access to this calendar.")

    def slot(self, event: Mapping[str, Any]) -> Slot:
        """When it is; of a series, the first time. ValueError for one that ends before it starts."""
        return Slot(self._moment(event["start"]), self._moment(event["end"]))

    def reaches(self, event: Mapping[str, Any], window: Slot) -> bool:
        """Whether it is within the window, at any of its times."""
        if "recurrence" not in event:
            return self.slot(event).overlaps(window)
        return bool(blocks([(event, True)], window=window, zone=self.zone))

    def times(self, event: Mapping[str, Any]) -> list[Slot]:
        """When a series is, as far as ten years from its beginning."""
        first = self.slot(event).utc()
        return blocks([(event, True)], window=Slot(first.start, first.start + timedelta(days=3_650)), zone=self.zone)

    def busy(self, window: Slot) -> list[Slot]:
        """When the owner is busy, merged and cut to the window."""
        told = [(one, is_busy(one)) for one in self.events.values() if "start" in one]
        return blocks(told, window=window, zone=self.zone)

    def _moment(self, when: Mapping[str, Any]) -> datetime:
        zone = ZoneInfo(when.get("timeZone") or self.zone)
        if when.get("date"):
            return datetime.combine(date.fromisoformat(when["date"]), time(), zone)
        found = datetime.fromisoformat(when["dateTime"])
        return found.replace(tzinfo=zone) if found.tzinfo is None else found


def is_busy(event: Mapping[str, Any]) -> bool:
    """Whether it keeps the owner busy: not if it is transparent, deleted, declined, or says where somebody works."""
    declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in event.get("attendees", []))
    free = event.get("transparency") == "transparent" or event.get("eventType") == "workingLocation"
    return not (declined or free or event["status"] == "cancelled")


def instance_id(series: str, slot: Slot) -> str:
    """Of the time of a series at which this was planned."""
    return f"{series}_{slot.utc().start:%Y%m%dT%H%M%SZ}"


@dataclass(slots=True)
class Numbers:
    """ETags and ids, none of which comes twice."""

    last: int = 0

    def etag(self) -> str:
        """In quotes, as Google's are."""
        return f'"{3_300_000_000_000_000 + self._next()}"'

    def id(self, prefix: str = "") -> str:
        return f"{prefix}{self._next():020d}"

    def _next(self) -> int:
        self.last += 1
        return self.last


def stamp(moment: datetime) -> str:
    """As Google writes times of its own: UTC, in milliseconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
