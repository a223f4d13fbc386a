"""What the author of a connector supplies: the vendor, a fake or a sandbox, seen from its own side.

The checks believe the vendor's rows, never what the connector returned. One class may satisfy
several of these Protocols; only those of the declared capabilities are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx

from pointsman_sdk import Contact, Enrolment, Kind, Slot, WebhookRequest


class Vendor(Protocol):
    """Every vendor: how to reach it."""

    transport: httpx.AsyncBaseTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as the vendor has it."""

    slot: Slot
    title: str
    attendees: frozenset[str]
    tentative: bool = False  # shown as not yet confirmed


class CalendarVendor(Vendor, Protocol):
    """A calendar with nothing in it yet."""

    calendar: str  # the address of a calendar that the connection may use
    unreadable: str  # the address of one that it may not read, or that does not exist
    refuses_overlaps: bool  # whether the vendor itself says no to a taken time
    knows_tentative: bool  # whether the vendor can show an event as not yet confirmed

    def events(self) -> Sequence[Event]:
        """Every event in `calendar` that the connector made and that stands."""
        ...

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        """Put an event that is not ours into `calendar`; with `busy=False`, one shown as free."""
        ...

    def erase(self) -> None:
        """Remove every event from `calendar`, behind the connector's back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record as the vendor has it."""

    id: str
    kind: Kind
    name: str
    owner: str | None


class CrmVendor(Vendor, Protocol):
    """A CRM account with at least one user and nothing else."""

    user: str  # the id of a user who may own records

    def rows(self) -> Sequence[Row]:
        """Every record of every kind."""
        ...


class IntakeVendor(Vendor, Protocol):
    """A sender of webhooks. Its clock is the context's: `NOW`, from `pointsman_sdk.testing`."""

    def hook(self, contacts: Sequence[Contact], *, age_seconds: int = 0) -> WebhookRequest:
        """A signed webhook with one lead per contact, signed that long ago."""
        ...


class NurtureVendor(Vendor, Protocol):
    """A marketing platform with one programme."""

    programme: str

    def enrolments(self) -> Sequence[str]:
        """The address of everyone in the programme, once per time they are in it."""
        ...


class NotifyVendor(Vendor, Protocol):
    """A messenger or a mail service."""

    address: str

    def messages(self) -> Sequence[str]:
        """The text of every message delivered to `address`."""
        ...


def enrolment(vendor: NurtureVendor, contact: Contact, key: str) -> Enrolment:
    """An enrolment into the vendor's one programme."""
    return Enrolment(key=key, programme=vendor.programme, contact=contact)
