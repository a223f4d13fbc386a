"""The overrides repository."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import overrides
from pointsman.services.ports.routing.overrides import OverrideRow

_ADD = PreparedStatement("""
    insert into overrides (id, lead_id, rep_id, work, reason, approver, created_at, expires_at)
    select :id, :lead_id, id, :work, :reason, :approver, :created_at, :expires_at from reps where key = :rep
""")
_GET = PreparedStatement("""
    select o.id, o.lead_id, p.key as rep, o.work, o.reason, o.approver, o.used, o.created_at, o.expires_at, o.revoked_at
    from overrides o join reps p on p.id = o.rep_id
    where o.id = :id
""")
_PAGE = PreparedStatement(
    """
    select o.id, o.lead_id, p.key as rep, o.work, o.reason, o.approver, o.used, o.created_at, o.expires_at, o.revoked_at
    from overrides o join reps p on p.id = o.rep_id
    where (cast(:lead_id as uuid) is null
           or o.lead_id = any(array(select id from leads where id = :lead_id or merged_into = :lead_id)))
      and (cast(:before_at as timestamptz) is null or (o.created_at, o.id) < (:before_at, cast(:before_id as uuid)))
    order by o.created_at desc, o.id desc limit :limit
    """,
    replan=True,
)
_REVOKE = (
    update(overrides)
    .where(overrides.c.id == bindparam("override"), overrides.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class SqlOverrides:
    """See `pointsman.services.ports.routing.overrides.Overrides`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: OverrideRow) -> None:
        await _ADD.run(self._connection, asdict(row))

    async def get(self, override_id: UUID) -> OverrideRow | None:
        return await _GET.record(self._connection, OverrideRow, {"id": override_id})

    async def page(
        self, *, lead_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[OverrideRow]:
        at, last = before or (None, None)
        given = {"lead_id": lead_id, "before_at": at, "before_id": last, "limit": limit}
        return await _PAGE.records(self._connection, OverrideRow, given)

    async def revoke(self, override_id: UUID, *, at: datetime) -> bool:
        return (await self._connection.execute(_REVOKE, {"override": override_id, "at": at})).rowcount > 0
