"""The repository of booking links: who made which, and which may not be used any more. No token is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.permissions.callers import SEES_ALL, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLinkRow:
    """A link that was made for a lead."""

    id: UUID
    lead_id: UUID
    made_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class BookingLinks(Protocol):
    async def add(self, row: BookingLinkRow) -> None: ...

    async def add_each(self, rows: Sequence[BookingLinkRow]) -> None: ...

    async def known_among(self, link_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Those that there are, revoked and ended ones too."""
        ...

    async def get(self, link_id: UUID, *, made_by: Visibility = SEES_ALL) -> BookingLinkRow | None:
        """`made_by` leaves those that keys of this supplier or rep made."""
        ...

    async def page(
        self, lead_id: UUID, *, made_by: Visibility, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[BookingLinkRow]:
        """The lead's links by creation and id, newest first."""
        ...

    async def revoke(self, link_id: UUID, *, at: datetime) -> bool:
        """False when it was revoked before."""
        ...

    async def revoke_all(self, lead_id: UUID, *, made_by: Visibility, at: datetime) -> Sequence[UUID]:
        """Revoke those of the lead that are neither revoked nor over at `at`; which they were."""
        ...

    async def end_at(self, link_id: UUID, at: datetime) -> None:
        """Another end of its life; nothing where there is no such link."""
        ...

    async def end_all(self, lead_id: UUID, *, made_by: str, at: datetime) -> None:
        """End at `at` those of the lead that are not over by then and that `made_by` alone made."""
        ...

    async def move(self, lead_id: UUID, *, into: UUID) -> None:
        """Give the links of a merged lead to the lead that it is now."""
        ...
