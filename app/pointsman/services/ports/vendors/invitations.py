"""Invitations: what a prospect's own calendar is told of an appointment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pointsman.services.ports.vendors.texts import SharedText


class InvitationMethod(StrEnum):
    """What the file asks the recipient to do (RFC 5546)."""

    REQUEST = "request"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarUser:
    """A participant in an invitation. The name may be any text."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One appointment as every participant may see it: nothing of the house is in here.

    `uid` stays for the life of the appointment, `sequence` grows with every change of it. `stamped_at` is when this
    file was made. `sent_by` acts for the organizer (RFC 5545, 3.2.18). Texts may be anything; times are aware.
    """

    uid: str
    sequence: int
    method: InvitationMethod
    start: datetime
    end: datetime
    summary: SharedText
    description: SharedText
    organizer: CalendarUser
    attendee: CalendarUser
    companions: tuple[CalendarUser, ...]  # further attendees, from our side
    tentative: bool  # not confirmed yet
    url: str | None
    created_at: datetime
    stamped_at: datetime
    sent_by: str | None = None


class Invitations(Protocol):
    def write(self, invitation: Invitation) -> bytes:
        """The invitation as iCalendar (RFC 5545), whatever its texts hold.

        ValueError for an address that cannot be invited, or a URL that is none.
        """
        ...
