"""What the author of a connector supplies: the vendor, a fake or a sandbox, seen from its own side.

The checks believe the vendor's rows, never what the connector returned. One class may satisfy
several of these Protocols; only those of the declared capabilities are needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import httpx

from pointsman_sdk import Capability, Contact, Dial, Event, Reply, Slot, Token, WebhookRequest
from pointsman_sdk.testing.dialogue import Dialogue


class Vendor(Protocol):
    """Every vendor: how to reach it."""

    transport: httpx.AsyncBaseTransport


class DialledVendor(Protocol):
    """A vendor without HTTP, which takes the place of `Vendor` for it. Its checks run over `FaultyDial`."""

    dial: Dial  # leads to the vendor, wherever it is said to be

    def dialogue(self) -> Dialogue:
        """How one connection is spoken, from its greeting."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A thing as the vendor has it. Leave out what its kind does not have.

    `text` is what it is called: a title, a name, a message, a member's address. `guest_text` is everything that a guest, or the
    customer, can read of it. `note` is what its owner wrote beside it (`Keeps.annotate`). `repeats`: its owner made a series of
    it, which is one row, at the time at which it begins (`CalendarVendor.repeat`).
    """

    text: str
    slot: Slot | None = None
    repeats: bool = False
    tentative: bool = False
    owner: str | None = None
    status: str | None = None
    guests: frozenset[str] = frozenset()
    guest_text: str = ""
    note: str = ""


class Keeps(Vendor, Protocol):
    """A vendor that keeps things for the host: appointments, people, accounts, activities, tasks, memberships, notices."""

    def rows(self, kind: Capability) -> Sequence[Row]:
        """Every one of this kind that the connector made and that stands, in any order."""
        ...

    def erase(self, kind: Capability) -> None:
        """Remove every one of this kind, behind the connector's back."""
        ...

    def annotate(self, kind: Capability, note: str) -> bool:
        """Write a note of its owner's beside every one of this kind, in a field that the host does not set.

        False where the kind has no such field.
        """
        ...

    def gone(self, kind: Capability) -> str | None:
        """A place of this kind that is not there any more; None where the kind has no places."""
        ...


class Odd(StrEnum):
    """Events that are easily read wrongly; each is put on the morning of `SPRING` (see `OddEvents.put_odd`)."""

    TRANSPARENT = "transparent"  # shown as free
    DECLINED = "declined"  # by the calendar's owner
    TENTATIVE = "tentative"  # the owner has not made up their mind: busy
    WHOLE_DAY = "whole-day"  # all of SPRING's day in the owner's zone: busy
    LONG = "long"  # 25 hours from 09:00: busy
    WEEKLY = "weekly"  # a series that began four weeks before, at 09:00: busy
    PRIVATE = "private"  # its owner hides what it is about: busy


class CalendarVendor(Keeps, Protocol):
    """A calendar with nothing in it yet."""

    calendar: str  # the address of a calendar that the connection may use; its owner is in Berlin
    second: str  # the address of another one, with nothing in it
    unreadable: str  # the address of one that it may not read, or that does not exist
    owner: str  # the email address of the calendar's owner
    refuses_overlaps: bool  # whether the vendor itself says no to a taken time
    knows_tentative: bool  # whether the vendor can show an event as not yet confirmed

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        """Put an event that is not ours into `calendar`; with `busy=False`, one shown as free."""
        ...

    def put_odd(self, odd: Odd) -> bool:
        """Put such an event into `calendar`, of 30 minutes from 09:00 where it says nothing else. False: there are none."""
        ...

    def repeat(self, *, times: int, without: int) -> bool:
        """The owner makes a series of every event of ours in `calendar`, so many times a week apart, and deletes the first ones.

        `without` is how many of them. False: this calendar has no series.
        """
        ...

    def refuse_guests(self) -> bool:
        """From now on this vendor writes to no guests in `calendar`, and refuses what would have it do so.

        False: it has no such limit.
        """
        ...


class WatchVendor(CalendarVendor, Protocol):
    """A calendar that calls when it is changed. Where `watch` answers None, nothing of this is asked."""

    def pushed(self) -> Sequence[WebhookRequest]:
        """Every call that it made so far about a change in a watched calendar, the oldest first. `block` makes one."""
        ...

    def trials(self, callback: str) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        """How it tries a callback before it watches, by name, each with the answer that it wants. Empty: it does not."""
        ...

    def end_watches(self) -> Sequence[WebhookRequest]:
        """The calls by which it says that a watch is over, or has to be authorised anew. Empty: there are none."""
        ...


class CrmVendor(Keeps, Protocol):
    """A CRM account with at least one user and nothing else."""

    user: str  # the id of a user who may own records
    user_email: str  # that user's address

    def person(self) -> str:
        """The id of a person's record that is there, and is not counted in `rows`."""
        ...


class IntakeVendor(Vendor, Protocol):
    """A sender of webhooks. Its clock is the context's: `NOW`, from `pointsman_sdk.testing`."""

    def hook(self, contacts: Sequence[Contact], *, age_seconds: int = 0) -> WebhookRequest:
        """A signed webhook about one lead per contact, signed that long ago; the vendor has the leads then."""
        ...

    def ahead(self, event: Event) -> Event | None:
        """The event as it tells of a change that the vendor's records do not show yet; None: events tell no state."""
        ...

    def handshakes(self) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        """Requests that are no news, by name, each with what the vendor wants to be answered. Empty: there are none."""
        ...


class ProgrammeVendor(Keeps, Protocol):
    """A marketing platform with one programme."""

    programme: str


class NoticeVendor(Keeps, Protocol):
    """A messenger or a mail service."""

    address: str


@dataclass(slots=True, kw_only=True)
class Issued:
    """What a vendor of OAuth 2 gave out, for the bench of tokens."""

    renewals: int = 0
    tokens: list[Token] = field(default_factory=list)


class TokenVendor(Vendor, Protocol):
    """A vendor that a connection signs in to by OAuth 2. The bench lends `Tokens` over it."""

    issued: Issued

    def issue(self) -> Token:
        """A token that the vendor lets in from now on, beside the earlier ones; counted in `issued.tokens`."""
        ...

    def expire(self) -> None:
        """Let in none of the tokens that were issued so far: they are answered 401."""
        ...
