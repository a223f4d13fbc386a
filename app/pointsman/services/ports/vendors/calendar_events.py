"""Appointments as events: how one should stand in a calendar, and what the vendor says stands there."""

from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.messages.message import Message
from pointsman.services.ports.vendors.connections import VendorReceipt
from pointsman.services.ports.vendors.texts import PrivateText, SharedText


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGuest:
    """The buyer. The name may be any text, the address what is on record."""

    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """An appointment as it should stand in one calendar; `key` names it there for good, `sequence` grows with each change.

    The vendor writes to the guests where it `invites` them; else none of the event does. None of `private` may reach them.
    """

    key: str
    calendar: str
    start: datetime
    end: datetime
    title: SharedText
    shared: SharedText
    private: PrivateText
    guests: tuple[EventGuest, ...] = ()
    sequence: int
    tentative: bool = False  # shown as not yet confirmed
    invites: bool = False
    meeting: str | None = None  # a link to where it takes place, or CREATE_MEETING: the vendor makes one


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorEvent(VendorReceipt):
    """What the vendor says it holds under a key."""

    key: str
    start: datetime
    end: datetime
    cancelled: bool = False  # still there, and marked as called off
    certain: bool = True  # False: rewritten so that it may be another instant, as without a zone
    repeats: bool = False  # its owner made a series of it, of which this is the first time that is left
    join_url: str | None = None  # where it takes place, as the event says; None also while the vendor makes a meeting
    invites_nobody: Message | None = None  # why: the vendor was to write to guests, and the event was put without
    makes_no_meeting: Message | None = None  # why: one was asked for, and the event was put without
