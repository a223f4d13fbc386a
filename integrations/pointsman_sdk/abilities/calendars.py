"""Calendars, Busy: which calendars there are, and when their owners cannot be booked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from pointsman_sdk.pages import Page
from pointsman_sdk.slots import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarInfo:
    """A calendar that the connection sees. `id` is the vendor's own address of it, which is the `place` of appointments.

    `zone` is the IANA name that the vendor states, None where it states none.
    """

    id: str
    name: str
    owner_email: str | None = None
    zone: str | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRef:
    """A calendar to be read.

    Whole days and floating times are those of `zone`, the IANA name of its owner's zone, unless the calendar itself says
    another. What `owner`, the owner's email address, declined is free.
    """

    id: str
    zone: str
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyTime:
    """A time at which the owner cannot be booked. `key` is that of the host's own event, where the vendor tells."""

    slot: Slot
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyTimes:
    """One calendar, read. `keyed`: every event of the host's among `times` stands by itself and has its key.

    Not keyed are busy times that come merged: nothing may be subtracted from them.
    """

    times: Sequence[BusyTime] = ()
    keyed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why one calendar of a batch could not be read: it is never free.

    `lasting` says that this does not pass by itself: there is no such calendar, or the connection may not read it.
    `subject` says that the vendor throttles this one, as `Retryable` does with the scope SUBJECT, and answered for the others.
    """

    reason: str
    retry_after: timedelta | None = None
    lasting: bool = False
    subject: str | None = None


@runtime_checkable
class Calendars(Protocol):
    """The list from which an admin picks."""

    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:
        """A page of the calendars that the connection sees."""
        ...


@runtime_checkable
class Busy(Protocol):
    """Busy times of many calendars in one question: at most `Limits.busy_batch` of the manifest."""

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        """When the owners cannot be booked within `window`, by the calendar's id.

        What cannot be read is Unreadable, and so is a calendar that is missing in the answer. Raises what stops all of them.
        """
        ...
