"""The repository of what waits until a human mends it: mail and events that are held, links to meetings that never came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """What waits at a connection (its key) that an admin switched off: `count` deliveries, of which `mails` are to buyers."""

    connection: str
    count: int
    mails: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMail:
    """Mail to the buyer of a lead that waits because their mailbox got so many messages; `until` is when the last may go.

    `leads` says of how many leads some waits in all.
    """

    lead_id: UUID
    count: int
    until: datetime
    leads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLink:
    """An appointment whose meeting the vendor of a calendar was to make, and whose link it has not told.

    `appointments` says how many such there are in all.
    """

    appointment_id: UUID
    rep_key: str
    connection: str
    starts_at: datetime
    appointments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldWithout:
    """An open alert, that an appointment has no meeting; the message as JSON values."""

    subject: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingUser:
    """What a connection (its key) said of a rep who is no user there, while something waits for that."""

    connection: str
    error: Mapping[str, Any]  # `Message.as_json`


class Unheard(Protocol):
    async def missing_users(self, *, limit: int) -> Sequence[MissingUser]:
        """Once for each rep and connection."""
        ...

    async def switched_off(self, *, before: datetime, at: datetime) -> Sequence[SwitchedOff]:
        """By connection what is owed since `before` to buyers and calendars, of appointments that are not over at `at`."""
        ...

    async def held_mail(self, *, limit: int) -> Sequence[HeldMail]:
        """By lead, the same ones first each time."""
        ...

    async def missing_links(self, *, before: datetime, at: datetime, limit: int) -> Sequence[MissingLink]:
        """Those whose event was put before then, of appointments that stand and are not over at `at`; the next first."""
        ...

    async def without_meeting(self, said: str, *, at: datetime) -> Sequence[ToldWithout]:
        """The open alerts that say so by the message of this key, of appointments that stand without and are not over at `at`."""
        ...
