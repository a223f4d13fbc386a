"""The booking links repository."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import booking_links
from pointsman.db.tables.base import INSTANT
from pointsman.db.tables.signed_links import get_link, is_made_by, page_of_links, revoke_links
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.services.ports.booking.booking_links import BookingLinkRow

_NAMES = BookingLinkRow.__slots__
_ADD = insert(booking_links)
_KNOWN_AMONG = select(booking_links.c.id).where(
    booking_links.c.id == any_(bindparam("links", type_=ARRAY(booking_links.c.id.type)))
)
_GET = get_link(booking_links)
_PAGE = page_of_links(booking_links)
_OPEN = revoke_links(booking_links)
_REVOKE = _OPEN.where(booking_links.c.id == bindparam("link"))
_REVOKE_ALL = _OPEN.where(
    booking_links.c.lead_id == bindparam("lead"),
    booking_links.c.expires_at > bindparam("now", type_=INSTANT),
    is_made_by(booking_links),
).returning(booking_links.c.id)
_END_AT = update(booking_links).where(booking_links.c.id == bindparam("link")).values(expires_at=bindparam("until"))
_END_ALL = (
    update(booking_links)
    .where(
        booking_links.c.lead_id == bindparam("lead"),
        booking_links.c.made_by == bindparam("maker"),
        booking_links.c.expires_at > bindparam("until", type_=INSTANT),
    )
    .values(expires_at=bindparam("until", type_=INSTANT))
)
_MOVE = update(booking_links).where(booking_links.c.lead_id == bindparam("lead")).values(lead_id=bindparam("into"))


class SqlBookingLinks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: BookingLinkRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in _NAMES})

    async def add_each(self, rows: Sequence[BookingLinkRow]) -> None:
        if rows:
            await self._connection.execute(_ADD, [{name: getattr(row, name) for name in _NAMES} for row in rows])

    async def known_among(self, link_ids: Sequence[UUID]) -> frozenset[UUID]:
        found = await self._connection.execute(_KNOWN_AMONG, {"links": list(link_ids)})
        return frozenset(found.scalars())

    async def get(self, link_id: UUID, *, made_by: Visibility = SEES_ALL) -> BookingLinkRow | None:
        given = {"link": link_id, **visibility_values(made_by)}
        row = (await self._connection.execute(_GET, given)).mappings().one_or_none()
        return BookingLinkRow(**row) if row else None

    async def page(
        self, lead_id: UUID, *, made_by: Visibility, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[BookingLinkRow]:
        after_at, after_id = after or (None, None)
        page = {"after_at": after_at, "after_id": after_id, "limit": limit}
        given = {"lead": lead_id, **page, **visibility_values(made_by)}
        return [BookingLinkRow(**row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def revoke(self, link_id: UUID, *, at: datetime) -> bool:
        return (await self._connection.execute(_REVOKE, {"link": link_id, "at": at})).rowcount == 1

    async def revoke_all(self, lead_id: UUID, *, made_by: Visibility, at: datetime) -> Sequence[UUID]:
        given = {"lead": lead_id, "at": at, "now": at, **visibility_values(made_by)}
        found = await self._connection.execute(_REVOKE_ALL, given)
        return list(found.scalars())

    async def end_at(self, link_id: UUID, at: datetime) -> None:
        await self._connection.execute(_END_AT, {"link": link_id, "until": at})

    async def end_all(self, lead_id: UUID, *, made_by: str, at: datetime) -> None:
        await self._connection.execute(_END_ALL, {"lead": lead_id, "maker": made_by, "until": at})

    async def move(self, lead_id: UUID, *, into: UUID) -> None:
        await self._connection.execute(_MOVE, {"lead": lead_id, "into": into})
