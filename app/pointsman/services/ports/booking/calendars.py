"""The calendars repository: which calendars a rep has, and what was last read from them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.own_events import OwnEvent
from pointsman.domain.messages.message import Message
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.calendars import CalendarOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNote:
    """Whether a vendor calls us about a calendar (`state`; None: it does not), since when, and when to ask for that anew."""

    state: str | None
    began_at: datetime | None
    renew_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarBinding:
    """One calendar of one rep; every bound calendar is read, appointments are written to the one that `writes`."""

    id: UUID
    rep_id: UUID
    rep_key: str
    owner: CalendarOwner
    connection: ConnectionRow
    calendar: str
    writes: bool
    watch: WatchNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """An event of ours, known by its key, where a calendar shows it."""

    time: Interval
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReading:
    """The last reading of one bound calendar; with `error` its owner is unbookable, and `busy` and `own` do not count.

    `busy` is what others put there, and `own` our events; not `keyed`, `own` is empty, and `busy` is all of it.
    `outdated`: an event of ours was moved or taken out since, and this reading cannot tell it from others; or it was read for
    another `owner`. What changed since can be asked for with the `cursor`, which is older than the reading.
    """

    binding_id: UUID
    window: Interval
    busy: tuple[Interval, ...]
    own: tuple[ShownEvent, ...] = ()
    keyed: bool = False
    read_at: datetime
    error: Message | None
    outdated: bool = False
    owner: CalendarOwner | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedKey:
    """What we know of an event that we put into a bound calendar under a key."""

    binding_id: UUID
    key: str
    event: OwnEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingEvent:
    """An event of ours that the last look at a calendar did not find, since the first such look.

    `settled_at` is when the last of it had been carried out by then.
    """

    connection_id: UUID
    calendar: str
    key: str
    since: datetime
    settled_at: datetime | None


class Calendars(Protocol):
    async def bindings(
        self, rep_keys: Sequence[str] | None
    ) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
        """The calendars of these reps (None: of all active reps) with their last readings."""
        ...

    async def store_readings(self, reads: Sequence[CalendarReading]) -> None:
        """Keep each reading unless a later one is there already."""
        ...

    async def confirm_reading(self, read: CalendarReading, *, at: datetime, cursor: str | None) -> None:
        """The vendor said at `at` that nothing changed since: the reading, if it still is the last, is as good as made then."""
        ...

    async def note_watch(self, binding_id: UUID, watch: WatchNote, *, before: str | None) -> bool:
        """Whether it was noted: not where the state of its watch is another than `before` by now, or the calendar is gone."""
        ...

    async def binding(self, binding_id: UUID) -> CalendarBinding | None: ...

    async def outdate_reading(self, binding_id: UUID, *, at: datetime) -> None:
        """What was read of a calendar until now is out of date, and a reading under way too, be it the first."""
        ...

    async def renew_watch(self, binding_id: UUID, *, at: datetime) -> None:
        """A watch, if the calendar has one, is to be begun anew at that time, or sooner."""
        ...

    async def renew_watches(self, connection_id: UUID, *, at: datetime) -> None:
        """All watches of a connection are to be begun anew at that time, or sooner: it may lead to another account."""
        ...

    async def left_watched(self) -> Sequence[CalendarBinding]:
        """The calendars of reps who left, about which vendors call all the same."""
        ...

    async def outdate_readings(self, connection_id: UUID, calendar: str, *, at: datetime) -> bool:
        """What was read of a calendar until now is out of date, where our events have no keys in it; whether any is."""
        ...

    async def placed_keys(self, appointment_ids: Collection[UUID]) -> Sequence[PlacedKey]:
        """The events that were put into bound calendars for these appointments."""
        ...

    async def missing_events(self) -> Sequence[MissingEvent]: ...

    async def keep_missing(self, connection_id: UUID, calendar: str, missing: Sequence[MissingEvent]) -> None:
        """These are missing in the calendar now, and no others."""
        ...

    async def doubt(self, connection_id: UUID, *, at: datetime) -> None:
        """The calendars of a connection may be those of another account from then on: what is gone there was not deleted."""
        ...

    async def doubts(self) -> Mapping[tuple[UUID, str], datetime]:
        """The doubted calendars by connection and name, and since when."""
        ...

    async def clear_doubt(self, connection_id: UUID, calendar: str, *, since: datetime) -> None:
        """A look that knew of this doubt has seen the calendar; a later doubt stays."""
        ...

    async def drop_readings(self, connection_id: UUID) -> None:
        """Drop the readings made through a connection, so that the next reader reads afresh."""
        ...

    async def bind(self, rep_id: UUID, bindings: Sequence[CalendarBinding]) -> None:
        """Make these the rep's calendars, keeping the ids of those that stay."""
        ...

    async def writing_connectors(self) -> Mapping[str, str]:
        """By rep the connector of the calendar that appointments are written to; of active reps who have one."""
        ...

    async def write_target(self, rep_id: UUID) -> CalendarBinding | None: ...
