"""The overrides repository."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.services.ports.routing.overrides import OverrideRow

_COLUMNS = (
    "o.id, o.lead_id, p.key as rep, o.work, o.reason, o.approver, o.used, o.created_at, o.expires_at, o.revoked_at"
    " from overrides o join reps p on p.id = o.rep_id"
)
_ADD = text(
    "insert into overrides (id, lead_id, rep_id, work, reason, approver, created_at, expires_at)"
    " select :id, :lead_id, id, :work, :reason, :approver, :created_at, :expires_at from reps where key = :rep"
)
_GET = text(f"select {_COLUMNS} where o.id = :id")
_PAGE = text(
    f"select {_COLUMNS} where (cast(:lead_id as uuid) is null or o.lead_id = :lead_id)"
    " and (cast(:before_at as timestamptz) is null or (o.created_at, o.id) < (:before_at, cast(:before_id as uuid)))"
    " order by o.created_at desc, o.id desc limit :limit"
)
_IN_FORCE = text(
    f"select {_COLUMNS} where o.lead_id = :lead_id and p.key = :rep and o.work = :work"
    " and o.revoked_at is null and o.expires_at > :at order by o.expires_at desc limit 1"
)
_REVOKE = text("update overrides set revoked_at = :at where id = :id and revoked_at is null")


class SqlOverrides:
    """See `pointsman.services.ports.routing.overrides.Overrides`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: OverrideRow) -> None:
        await self._connection.execute(_ADD, asdict(row))

    async def get(self, override_id: UUID) -> OverrideRow | None:
        return _one((await self._connection.execute(_GET, {"id": override_id})).mappings().one_or_none())

    async def page(
        self, *, lead_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[OverrideRow]:
        at, last = before or (None, None)
        given = {"lead_id": lead_id, "before_at": at, "before_id": last, "limit": limit}
        return [OverrideRow(**row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def in_force(self, lead_id: UUID, rep: str, work: str, *, at: datetime) -> OverrideRow | None:
        given = {"lead_id": lead_id, "rep": rep, "work": work, "at": at}
        return _one((await self._connection.execute(_IN_FORCE, given)).mappings().one_or_none())

    async def revoke(self, override_id: UUID, *, at: datetime) -> bool:
        return (await self._connection.execute(_REVOKE, {"id": override_id, "at": at})).rowcount > 0


def _one(row: RowMapping | None) -> OverrideRow | None:
    return OverrideRow(**row) if row else None
