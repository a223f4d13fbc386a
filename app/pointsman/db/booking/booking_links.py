"""The booking links repository."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import bindparam, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import booking_links
from pointsman.db.tables.base import INSTANT
from pointsman.services.ports.booking.booking_links import BookingLinkRow

_ADD = insert(booking_links)
_GET = select(booking_links).where(booking_links.c.id == bindparam("link"))
_after_at = bindparam("after_at", type_=INSTANT)
_PAGE = (
    select(booking_links)
    .where(
        booking_links.c.lead_id == bindparam("lead"),
        or_(
            _after_at.is_(None),
            tuple_(booking_links.c.created_at, booking_links.c.id)
            < tuple_(_after_at, bindparam("after_id", type_=UUID_TYPE)),
        ),
    )
    .order_by(booking_links.c.created_at.desc(), booking_links.c.id.desc())
    .limit(bindparam("limit"))
)
_OPEN = update(booking_links).where(booking_links.c.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
_REVOKE = _OPEN.where(booking_links.c.id == bindparam("link"))
_REVOKE_ALL = _OPEN.where(
    booking_links.c.lead_id == bindparam("lead"), booking_links.c.expires_at > bindparam("now", type_=INSTANT)
).returning(booking_links.c.id)
_MOVE = update(booking_links).where(booking_links.c.lead_id == bindparam("lead")).values(lead_id=bindparam("into"))


class SqlBookingLinks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: BookingLinkRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in BookingLinkRow.__slots__})

    async def get(self, link_id: UUID) -> BookingLinkRow | None:
        row = (await self._connection.execute(_GET, {"link": link_id})).mappings().one_or_none()
        return BookingLinkRow(**row) if row else None

    async def page(self, lead_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[BookingLinkRow]:
        after_at, after_id = after or (None, None)
        given = {"lead": lead_id, "after_at": after_at, "after_id": after_id, "limit": limit}
        return [BookingLinkRow(**row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def revoke(self, link_id: UUID, *, at: datetime) -> bool:
        return (await self._connection.execute(_REVOKE, {"link": link_id, "at": at})).rowcount == 1

    async def revoke_all(self, lead_id: UUID, *, at: datetime) -> Sequence[UUID]:
        found = await self._connection.execute(_REVOKE_ALL, {"lead": lead_id, "at": at, "now": at})
        return list(found.scalars())

    async def move(self, lead_id: UUID, *, into: UUID) -> None:
        await self._connection.execute(_MOVE, {"lead": lead_id, "into": into})
