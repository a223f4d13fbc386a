"""The calendars of connected vendors, as the use cases see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.vendors.calendar_events import CalendarEvent, VendorEvent
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.errors import VendorError


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarOwner:
    """The rep who has a calendar: whole days are those of `zone`, and what `email` declined is free."""

    zone: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAsked:
    """A calendar whose busy times are asked, and whose it is."""

    calendar: str
    owner: CalendarOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCalendar:
    """A calendar that a connection sees; `id` is how it is named there, None is what the vendor does not tell."""

    id: str
    name: str
    owner_email: str | None
    zone: str | None
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCalendarPage:
    """Some of them; `cursor` asks for the next page, None at the end."""

    calendars: Sequence[VendorCalendar]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarNews:
    """Whether anything in a calendar changed since a cursor, as far as the vendor can tell; `cursor` is where to ask on.

    Nothing is told of what begins at `until` or later; None where the vendor tells all.
    """

    changed: bool
    cursor: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorWatch:
    """A vendor calls us when a calendar changes, until `renew_at`; `state` is its connector's own note of that."""

    state: str
    renew_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReply:
    """What a vendor that calls is answered; `renew`: it says that the watch has to be begun anew."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    renew: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyTime:
    """A time at which the owner cannot be booked, in UTC; `key` is that of an event of ours, where the vendor tells."""

    start: datetime
    end: datetime
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyCalendar:
    """A calendar's busy times by start. `keyed`: every event of ours has its key; else they may come merged with others."""

    times: Sequence[BusyTime] = ()
    keyed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyLimits:
    """How many calendars the vendor reads in one question, and how many questions side by side: at least one each."""

    batch: int
    at_once: int


class CalendarGateway(Protocol):
    """Every method may raise a `VendorError`; none is called while a transaction is open."""

    def seal(self, connector: str, config: Mapping[str, object]) -> tuple[dict[str, object], bytes]:
        """Check a connection's configuration and part it into what may be shown and the encrypted rest.

        Raises `pointsman.domain.errors.Invalid` with the path to each fault.
        """
        ...

    async def check(self, connection: ConnectionRef) -> None: ...

    async def calendar_page(
        self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta
    ) -> VendorCalendarPage:
        """A page of the calendars that the connection sees. VendorRejectedError where the connector lists none."""
        ...

    def tells_news(self, connector: str) -> bool:
        """Whether the vendor tells what changed in a calendar."""
        ...

    def makes_meetings(self, connector: str) -> bool:
        """Whether the vendor can make a meeting with an event; not of a connector that is gone or broken."""
        ...

    def invites_guests(self, connector: str) -> bool:
        """Whether the vendor writes to the guests of an event."""
        ...

    async def calendar_news(
        self, connection: ConnectionRef, calendar: str, cursor: str | None, *, deadline: timedelta
    ) -> CalendarNews:
        """What changed since the cursor; None begins one. Where something is missing, it counts as changed."""
        ...

    async def watch_calendar(
        self, connection: ConnectionRef, calendar: str, *, callback: str, secret: str, deadline: timedelta
    ) -> VendorWatch | None:
        """Have the vendor call `callback` when something changes in the calendar; None: it makes no calls."""
        ...

    async def answer_push(self, connection: ConnectionRef, request: SignedRequest, *, secret: str) -> PushReply:
        """What the connector answers a call at a callback with this secret: no vendor is asked, and it takes 2 s at most.

        Raises `HookRejectedError` for what the vendor did not send, `HookUnansweredError`.
        """
        ...

    async def unwatch_calendar(self, connection: ConnectionRef, calendar: str, state: str) -> None:
        """End that: twice is fine."""
        ...

    def busy_limits(self, connector: str) -> BusyLimits: ...

    async def busy_times(
        self,
        connection: ConnectionRef,
        asked: Sequence[CalendarAsked],
        start: datetime,
        end: datetime,
        *,
        deadline: timedelta,
    ) -> Mapping[str, BusyCalendar | VendorError]:
        """One question: each calendar's busy times, or why that one cannot be read.

        At most `busy_limits(...).batch` calendars, each once. Raises what stops all of them, or the only one.
        """
        ...

    async def put_event(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        """Bring the event to this state: again is fine, a lower sequence changes nothing, what vanished is made anew.

        Where the vendor makes no meeting, it stands without one.
        """
        ...

    async def get_event(self, connection: ConnectionRef, calendar: str, key: str) -> VendorEvent | None:
        """What stands under the key, or None."""
        ...

    async def drop_event(self, connection: ConnectionRef, calendar: str, key: str) -> None:
        """Take it away: twice is fine, unknown is fine."""
        ...

    async def our_events(
        self, connection: ConnectionRef, calendar: str, start: datetime, end: datetime, *, deadline: timedelta
    ) -> list[VendorEvent]:
        """Our own events that stand in a window, as the vendor has them: to reconcile."""
        ...
