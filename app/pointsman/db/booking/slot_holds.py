"""The repository of slot holds and of the time that they keep."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, bindparam, text
from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.services.ports.booking.slot_holds import HoldReservation, SlotHoldRow

_ADD = text(
    "insert into slot_holds (id, lead_id, rep_id, starts_at, ends_at, made_by, created_at, expires_at)"
    " values (:id, :lead_id, :rep_id, :starts_at, :ends_at, :made_by, :created_at, :expires_at)"
)
_KEEP = text(
    "insert into reservations (id, rep_id, during, kind, slot_hold_id, lead_id, work, expires_at, active)"
    " values (:id, :rep, tstzrange(:start, :end, '[)'), 'slot_hold', :hold, :lead, :work, :expires, true)"
)
_SELECT = "select h.*, r.key as rep_key from slot_holds h join reps r on r.id = h.rep_id"
_GET = text(f"{_SELECT} where h.id = :id")
_LOCK = text(f"{_SELECT} where h.id = :id for update of h")
_OF_LEAD = text(f"{_SELECT} where h.lead_id = :lead and h.released_at is null")
_LOCK_OF_LEAD = text(f"{_SELECT} where h.lead_id = :lead and h.released_at is null for update of h")
_MADE_SINCE = text("select count(*) from slot_holds where lead_id = :lead and created_at > :since")
_RELEASE = text(
    "update slot_holds set released_at = :at, release_reason = :reason where id = :id and released_at is null"
)
_FREE = text("update reservations set active = false where slot_hold_id = :id and active")
_EXPIRE = text(
    "with over as (select id from slot_holds where released_at is null and expires_at <= :at"
    "  and (cast(:reps as uuid[]) is null or id in (select slot_hold_id from reservations"
    "    where rep_id = any(:reps) and active and kind = 'slot_hold'))"
    "  order by expires_at limit :limit for update skip locked),"
    " freed as (update reservations set active = false where slot_hold_id in (select id from over) and active)"
    " update slot_holds set released_at = :at, release_reason = 'expired' where id in (select id from over)"
).bindparams(bindparam("reps", type_=ARRAY(UUID_TYPE)))

#: Ends the work that a statement's `ended` names by lead, and with it the slot holds of those leads: a hold is for an
#: appointment with whoever does the work. Every statement that ends work is made of this, so that none can forget it.
RELEASE_SLOT_HOLDS_SQL = (
    ", over as (update slot_holds set released_at = :at, release_reason = 'cancelled'"
    "  where lead_id in (select lead_id from ended) and released_at is null returning id)"
    " update reservations set active = false where slot_hold_id in (select id from over) and active"
)


class SqlSlotHolds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: SlotHoldRow, kept: Sequence[HoldReservation]) -> None:
        names = ("id", "lead_id", "rep_id", "starts_at", "ends_at", "made_by", "created_at", "expires_at")
        with translating_errors():
            await self._connection.execute(_ADD, {name: getattr(row, name) for name in names})
            for item in kept:
                await self._connection.execute(
                    _KEEP,
                    {
                        "id": item.reservation_id,
                        "rep": item.rep_id,
                        "start": row.starts_at,
                        "end": row.ends_at,
                        "hold": row.id,
                        "lead": row.lead_id,
                        "work": item.work,
                        "expires": row.expires_at,
                    },
                )

    async def get(self, hold_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
        return await self._one(_LOCK if lock else _GET, {"id": hold_id})

    async def open_for_lead(self, lead_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
        return await self._one(_LOCK_OF_LEAD if lock else _OF_LEAD, {"lead": lead_id})

    async def count_made_since(self, lead_id: UUID, since: datetime) -> int:
        return int(await self._connection.scalar(_MADE_SINCE, {"lead": lead_id, "since": since}) or 0)

    async def release(self, hold_id: UUID, *, at: datetime, reason: str) -> None:
        await self._connection.execute(_RELEASE, {"id": hold_id, "at": at, "reason": reason})
        await self._connection.execute(_FREE, {"id": hold_id})

    async def expire(self, *, at: datetime, rep_ids: Sequence[UUID] | None = None, limit: int = 500) -> int:
        given = {"at": at, "reps": None if rep_ids is None else list(rep_ids), "limit": limit}
        return (await self._connection.execute(_EXPIRE, given)).rowcount

    async def _one(self, statement: Any, parameters: dict[str, Any]) -> SlotHoldRow | None:
        row = (await self._connection.execute(statement, parameters)).mappings().one_or_none()
        return SlotHoldRow(**row) if row else None
