"""The repository of links to the pages of leads, each with its lead and its reader. No token is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.permissions.callers import SEES_ALL, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLinkRow:
    """A link that was made for a lead: for the rep of `assignment_id`, or for the reader behind the key `key_id`."""

    id: UUID
    lead_id: UUID
    assignment_id: UUID | None
    key_id: str | None
    made_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it was revoked or has run out."""
        return self.revoked_at is not None or now >= self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRep:
    """The rep of a link's assignment, while that is in force; `partner` employs the rep, None is the house."""

    rep: str
    partner: str | None
    active: bool


class LeadLinks(Protocol):
    async def add(self, row: LeadLinkRow) -> None: ...

    async def get(self, link_id: UUID, *, made_by: Visibility = SEES_ALL) -> LeadLinkRow | None:
        """`made_by` leaves those that keys of this supplier or rep made."""
        ...

    async def rep_of(self, assignment_id: UUID) -> LinkedRep | None:
        """None once the assignment has ended."""
        ...

    async def page(
        self, lead_id: UUID, *, made_by: Visibility, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[LeadLinkRow]:
        """The lead's links by creation and id, newest first."""
        ...

    async def revoke(self, link_id: UUID, *, at: datetime) -> bool:
        """False when it was revoked before."""
        ...
