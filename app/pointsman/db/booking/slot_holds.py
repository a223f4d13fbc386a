"""The repository of slot holds and of the time that they keep."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, insert, literal_column, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import reps, reservations, slot_holds
from pointsman.services.ports.booking.slot_holds import HoldReservation, SlotHoldRow

_ADD = insert(slot_holds)
_RESERVE_TIME = PreparedStatement("""
    insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work,
        expires_at, active)
    values (:id, :rep, tstzrange(:start, :end, '[)'), :before, :after, 'slot_hold', :hold, :lead, :work, :expires, true)
""")
_BUFFERS = (
    select(reservations.c.buffer_before, reservations.c.buffer_after)
    .where(reservations.c.slot_hold_id == slot_holds.c.id)
    .limit(1)  # all have the same
    .lateral()
)
_KEPT_REPS = (
    select(func.coalesce(func.array_agg(reservations.c.rep_id), literal_column("'{}'::uuid[]")))
    .where(reservations.c.slot_hold_id == slot_holds.c.id)
    .scalar_subquery()
)
_SELECT = (
    select(
        slot_holds,
        _KEPT_REPS.label("kept_reps"),
        reps.c.key.label("rep_key"),
        func.coalesce(_BUFFERS.c.buffer_before, literal_column("interval '0'")).label("buffer_before"),
        func.coalesce(_BUFFERS.c.buffer_after, literal_column("interval '0'")).label("buffer_after"),
    )
    .join(reps, reps.c.id == slot_holds.c.rep_id)
    .outerjoin(_BUFFERS, true())
)
_GET = _SELECT.where(slot_holds.c.id == bindparam("hold"))
_LOCK = _GET.with_for_update(of=slot_holds)
_OPEN_FOR_LEAD = _SELECT.where(slot_holds.c.lead_id == bindparam("lead"), slot_holds.c.released_at.is_(None))
_LOCK_OPEN_FOR_LEAD = _OPEN_FOR_LEAD.with_for_update(of=slot_holds)
_COUNT_MADE_SINCE = PreparedStatement("select count(*) from slot_holds where lead_id = :lead and created_at > :since")
_RELEASE = (
    update(slot_holds)
    .where(slot_holds.c.id == bindparam("hold"), slot_holds.c.released_at.is_(None))
    .values(released_at=bindparam("at"), release_reason=bindparam("reason"))
)
_RELEASE_TIME = (
    update(reservations)
    .where(reservations.c.slot_hold_id == bindparam("hold"), reservations.c.active)
    .values(active=False)
)
_EXPIRE = PreparedStatement(
    """
    with over as (
        select id from slot_holds
        where released_at is null and expires_at <= :at
          and (cast(:reps as uuid[]) is null or id in (
            select slot_hold_id from reservations
            where rep_id = any(cast(:reps as uuid[])) and active and kind = 'slot_hold'))
        order by expires_at limit :limit for update skip locked
    ), freed as (
        update reservations set active = false where slot_hold_id in (select id from over) and active
    )
    update slot_holds set released_at = :at, release_reason = 'expired' where id in (select id from over)
    """,
    replan=True,
)


class SqlSlotHolds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: SlotHoldRow, kept: Sequence[HoldReservation]) -> None:
        names = ("id", "lead_id", "rep_id", "starts_at", "ends_at", "made_by", "created_at", "expires_at")
        with translating_errors():
            await self._connection.execute(_ADD, {name: getattr(row, name) for name in names})
            for item in kept:
                values = {
                    "id": item.reservation_id,
                    "rep": item.rep_id,
                    "start": row.starts_at,
                    "end": row.ends_at,
                    "before": item.buffer_before,
                    "after": item.buffer_after,
                    "hold": row.id,
                    "lead": row.lead_id,
                    "work": item.work,
                    "expires": row.expires_at,
                }
                await _RESERVE_TIME.run(self._connection, values)

    async def get(self, hold_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
        return await self._one(_LOCK if lock else _GET, {"hold": hold_id})

    async def open_for_lead(self, lead_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
        return await self._one(_LOCK_OPEN_FOR_LEAD if lock else _OPEN_FOR_LEAD, {"lead": lead_id})

    async def count_made_since(self, lead_id: UUID, since: datetime) -> int:
        return int(await _COUNT_MADE_SINCE.scalar(self._connection, {"lead": lead_id, "since": since}) or 0)

    async def release(self, hold_id: UUID, *, at: datetime, reason: str) -> None:
        await self._connection.execute(_RELEASE, {"hold": hold_id, "at": at, "reason": reason})
        await self._connection.execute(_RELEASE_TIME, {"hold": hold_id})

    async def expire(self, *, at: datetime, rep_ids: Sequence[UUID] | None = None, limit: int = 500) -> int:
        given = {"at": at, "reps": None if rep_ids is None else list(rep_ids), "limit": limit}
        return await _EXPIRE.run(self._connection, given)

    async def _one(self, statement: Select[Any], parameters: dict[str, Any]) -> SlotHoldRow | None:
        row = (await self._connection.execute(statement, parameters)).mappings().one_or_none()
        return SlotHoldRow(**row) if row else None
