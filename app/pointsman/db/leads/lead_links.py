"""The repository of links to the pages of leads."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import bindparam, case, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import assignments, lead_links, reps, suppliers
from pointsman.db.tables.base import INSTANT
from pointsman.services.ports.leads.lead_links import LeadLinkRow, LinkedRep

_ADD = insert(lead_links)
_GET = select(lead_links).where(lead_links.c.id == bindparam("link"))
_REP_OF = (
    select(
        reps.c.key.label("rep"),
        case((suppliers.c.kind == "partner", suppliers.c.key)).label("partner"),
        reps.c.active,
    )
    .select_from(
        assignments.join(reps, reps.c.id == assignments.c.rep_id).join(suppliers, suppliers.c.key == reps.c.supplier)
    )
    .where(assignments.c.id == bindparam("assignment"), assignments.c.ended_at.is_(None))
)
_after_at = bindparam("after_at", type_=INSTANT)
_PAGE = (
    select(lead_links)
    .where(
        lead_links.c.lead_id == bindparam("lead"),
        or_(
            _after_at.is_(None),
            tuple_(lead_links.c.created_at, lead_links.c.id)
            < tuple_(_after_at, bindparam("after_id", type_=UUID_TYPE)),
        ),
    )
    .order_by(lead_links.c.created_at.desc(), lead_links.c.id.desc())
    .limit(bindparam("limit"))
)
_REVOKE = (
    update(lead_links)
    .where(lead_links.c.id == bindparam("link"), lead_links.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class SqlLeadLinks:
    """See `pointsman.services.ports.leads.lead_links.LeadLinks`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: LeadLinkRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in LeadLinkRow.__slots__})

    async def get(self, link_id: UUID) -> LeadLinkRow | None:
        row = (await self._connection.execute(_GET, {"link": link_id})).mappings().one_or_none()
        return LeadLinkRow(**row) if row else None

    async def rep_of(self, assignment_id: UUID) -> LinkedRep | None:
        row = (await self._connection.execute(_REP_OF, {"assignment": assignment_id})).mappings().one_or_none()
        return LinkedRep(**row) if row else None

    async def page(self, lead_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[LeadLinkRow]:
        after_at, after_id = after or (None, None)
        given = {"lead": lead_id, "after_at": after_at, "after_id": after_id, "limit": limit}
        return [LeadLinkRow(**row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def revoke(self, link_id: UUID, *, at: datetime) -> bool:
        return (await self._connection.execute(_REVOKE, {"link": link_id, "at": at})).rowcount == 1
