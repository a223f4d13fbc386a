"""The repository of links to the pages of leads."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, case, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import assignments, lead_links, reps, suppliers
from pointsman.db.tables.signed_links import get_link, page_of_links, revoke_links
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.services.ports.leads.lead_links import LeadLinkRow, LinkedRep

_ADD = insert(lead_links)
_GET = get_link(lead_links)
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
_PAGE = page_of_links(lead_links)
_REVOKE = revoke_links(lead_links).where(lead_links.c.id == bindparam("link"))


class SqlLeadLinks:
    """See `pointsman.services.ports.leads.lead_links.LeadLinks`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: LeadLinkRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in LeadLinkRow.__slots__})

    async def get(self, link_id: UUID, *, made_by: Visibility = SEES_ALL) -> LeadLinkRow | None:
        given = {"link": link_id, **visibility_values(made_by)}
        row = (await self._connection.execute(_GET, given)).mappings().one_or_none()
        return LeadLinkRow(**row) if row else None

    async def rep_of(self, assignment_id: UUID) -> LinkedRep | None:
        row = (await self._connection.execute(_REP_OF, {"assignment": assignment_id})).mappings().one_or_none()
        return LinkedRep(**row) if row else None

    async def page(
        self, lead_id: UUID, *, made_by: Visibility, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[LeadLinkRow]:
        after_at, after_id = after or (None, None)
        page = {"after_at": after_at, "after_id": after_id, "limit": limit}
        given = {"lead": lead_id, **page, **visibility_values(made_by)}
        return [LeadLinkRow(**row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def revoke(self, link_id: UUID, *, at: datetime) -> bool:
        return (await self._connection.execute(_REVOKE, {"link": link_id, "at": at})).rowcount == 1
