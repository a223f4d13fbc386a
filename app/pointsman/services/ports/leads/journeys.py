"""What happened to a lead, as the tables have it: the rows that its journey is told from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.permissions.callers import Visibility


class JourneyKind(StrEnum):
    """What an entry of a journey is about; entries of one moment are told in this order."""

    EVENT = "event"  # an inbox item
    CREATED = "created"
    NEWS = "news"
    MERGED = "merged"
    CONTACT_ENDED = "contact-ended"
    CONTACT_ALLOWED = "contact-allowed"
    EVIDENCE = "evidence"
    GATE = "gate"
    OVERRIDE = "override"
    APPOINTMENT = "appointment"
    UNTOLD = "untold"  # nobody tells the buyer of it
    NURTURE = "nurture"
    WON = "won"
    CLOSED = "closed"
    DECIDED = "decided"
    ASSIGNED = "assigned"  # by no decision
    HELD = "held"
    RELEASED = "released"
    DELIVERY = "delivery"
    OWNER_CHANGED = "owner-changed"  # by others in a CRM; what was accepted is told by its decision
    BOOKING_LINK = "booking-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyRow:
    """One thing that happened, at `at`, to the record `lead_id`. `about` has keys, codes and instants, and no personal data.

    `id` is that of the row that holds it: an inbox item, an audit line, a decision, a hold, an appointment's event, …
    """

    at: datetime
    kind: str  # JourneyKind
    id: UUID
    lead_id: UUID
    about: Mapping[str, Any]


class Journeys(Protocol):
    async def records(self, lead_id: UUID, *, sees: Visibility, most: int) -> Sequence[UUID]:
        """The lead, and the leads that were merged into it, as far as the caller sees them; empty for a lead it does not see."""
        ...

    async def rows(self, records: Sequence[UUID], *, most: int) -> Sequence[JourneyRow]:
        """What happened to these records, in no order: of each of three kinds of tables the `most` latest."""
        ...
