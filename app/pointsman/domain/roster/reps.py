"""Reps and the roster: who can work, when, and on what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from pointsman.domain.roster.roles import Role

IN_HOUSE = "in-house"  # the supplier that is the organisation itself; it always exists


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyBlock:
    """Working time on one weekday (Monday is 0), as wall-clock times in the rep's zone; `end` > `start`, 24:00 is `time.max`.

    It holds from `first_day` to `last_day`, both included; None leaves that side open.
    """

    weekday: int
    start: time
    end: time
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange:
    """One date on which the weekly pattern and the public holidays do not count: work at these times, or not at all."""

    day: date
    blocks: tuple[tuple[time, time], ...] = ()  # as in WeeklyBlock: sorted, apart
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOff:
    """An absence as a half-open interval of instants (aware)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most a rep may get; None means no limit. Periods are counted in the pool's own time zone."""

    per_hour: int | None = None
    per_day: int | None = None
    per_week: int | None = None
    open_load: int | None = None
    appointments_per_day: int | None = None  # by the meeting's date, in the rep's zone
    appointments_per_week: int | None = None  # likewise, Monday to Sunday
    categories: Mapping[str, "Caps"] = field(default_factory=dict)  # by a rule's category; these have none of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """A person who works leads. `key` is the stable name used in policies ("anna"); `time_zone` is an IANA name."""

    id: UUID
    key: str
    name: str
    email: str
    role: Role
    role_id: UUID
    tier: int = 1  # 1 is the best
    time_zone: str = "UTC"
    working_hours: tuple[WeeklyBlock, ...] = ()
    day_changes: tuple[DayChange, ...] = ()  # by day, each day once
    holidays: str | None = None  # the region of the public holidays: a country, perhaps with its part ("DE", "DE-BY")
    time_off: tuple[TimeOff, ...] = ()
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)  # "languages" -> {"de", "en"}
    caps: Caps = field(default_factory=Caps)
    weight: int = 1
    supplier: str = IN_HOUSE
    barred_domains: frozenset[str] = frozenset()  # accounts the supplier must not touch
    active: bool = True
    started_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All reps of the deployment at one version."""

    version: int
    reps: Mapping[str, Rep]  # by key

    def by_id(self, rep_id: UUID) -> Rep | None:
        return next((rep for rep in self.reps.values() if rep.id == rep_id), None)
