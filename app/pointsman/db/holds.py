"""The holds repository."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.services.ports.routing import HoldRow

_COLUMNS = (
    "h.id, h.lead_id, h.decision_id, h.work, h.pool, h.reason, h.sentence, h.held_at, h.due_at, h.released_at,"
    " h.release"
)
_GET = text(f"select {_COLUMNS} from holds h where h.id = :id")
_OPEN = text(f"select {_COLUMNS} from holds h where h.lead_id = :lead_id and h.released_at is null")
_PAGE = text(
    f"select {_COLUMNS} from holds h where h.released_at is null"
    " and (cast(:after_at as timestamptz) is null or (h.held_at, h.id) > (:after_at, cast(:after_id as uuid)))"
    " and (cast(:supplier as text) is null or exists (select from assignments a join reps p on p.id = a.rep_id"
    "      where a.lead_id = h.lead_id and p.supplier = :supplier))"
    " order by h.held_at, h.id limit :limit"
)
# The lead first, the hold after it: every other path locks in this order too.
_LEAD_FREE = text(
    f"select {_COLUMNS} from leads l join holds h on h.lead_id = l.id"
    " where h.id = :id and h.released_at is null for update of l skip locked"
)
_RELEASE = text("update holds set released_at = :at, release = :reason where id = :id and released_at is null")
_OVERDUE = text(
    f"select {_COLUMNS} from holds h where h.released_at is null and h.due_at <= :at"
    " and not exists (select from alerts a where a.code = 'hold-overdue' and a.subject = 'lead:' || h.lead_id"
    "                 and a.resolved_at is null)"
    " order by h.due_at limit :limit"
)


class SqlHolds:
    """See `pointsman.services.ports.routing.Holds`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, hold_id: UUID) -> HoldRow | None:
        row = (await self._connection.execute(_GET, {"id": hold_id})).mappings().one_or_none()
        return _hold(row) if row else None

    async def open_for(self, lead_id: UUID) -> HoldRow | None:
        row = (await self._connection.execute(_OPEN, {"lead_id": lead_id})).mappings().one_or_none()
        return _hold(row) if row else None

    async def page(self, *, supplier: str | None, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[HoldRow]:
        at, last = after or (None, None)
        given = {"supplier": supplier, "after_at": at, "after_id": last, "limit": limit}
        return [_hold(row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def lead_free(self, hold_id: UUID) -> HoldRow | None:
        row = (await self._connection.execute(_LEAD_FREE, {"id": hold_id})).mappings().one_or_none()
        return _hold(row) if row else None

    async def release(self, hold_id: UUID, *, at: datetime, reason: str) -> None:
        await self._connection.execute(_RELEASE, {"id": hold_id, "at": at, "reason": reason})

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[HoldRow]:
        rows = await self._connection.execute(_OVERDUE, {"at": at, "limit": limit})
        return [_hold(row) for row in rows.mappings()]


def _hold(row: RowMapping) -> HoldRow:
    return HoldRow(**row)
