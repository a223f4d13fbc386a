"""Reminders that are missing. They are known by what `pointsman.services.deliveries.told.reminder_key` calls each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.booking.reminders import AskedReminder, Unreminded

_MINUTE = timedelta(minutes=1)
_MISSING = PreparedStatement(
    """
    select a.starts_at as at, a.id from appointments a join leads l on l.id = a.lead_id
    where a.status = 'confirmed' and a.invited_by <> 'nobody' and a.starts_at > :at and l.email is not null
      and (cast(:after_at as timestamptz) is null or (a.starts_at, a.id) > (:after_at, cast(:after_id as uuid)))
      and exists (
        select 1 from unnest(cast(:pools as text[]), cast(:minutes as int[])) r(pool, minutes)
        where r.pool = a.invitation_pool and a.starts_at - make_interval(mins => r.minutes) > :at
          and not exists (
            select 1 from deliveries d
            where d.appointment_id = a.id and d.kind = 'notice' and d.key = 'pm-' || a.id || '-reminder-' || r.minutes))
    order by a.starts_at, a.id limit :limit
    """,
    replan=True,
)
#: The lead is locked by every act, too: what is skipped is under way.
_LOCK = PreparedStatement("""
    select a.id from appointments a join leads l on l.id = a.lead_id
    where a.id = any(cast(:appointments as uuid[]))
    for update of l, a skip locked
""")
#: AskedReminder once they are locked, in a statement of its own: what an act owed before that is seen.
_UNREMINDED = PreparedStatement(
    """
    select a.id as appointment_id, a.lead_id, a.rep_id, a.invitation_pool as pool, l.email, a.starts_at, a.ends_at,
        array_agg(make_interval(mins => r.minutes) order by r.minutes desc) as spans, last.connection_id as last_connection_id,
        coalesce(last.active, true) as is_on
    from appointments a join leads l on l.id = a.lead_id
    join unnest(cast(:pools as text[]), cast(:minutes as int[])) r(pool, minutes) on r.pool = a.invitation_pool
    left join lateral (
        select d.connection_id, k.active from deliveries d join connections k on k.id = d.connection_id
        where d.appointment_id = a.id and d.kind = 'notice'
        order by d.created_at desc, d.sequence desc limit 1) last on true
    where a.id = any(cast(:appointments as uuid[])) and a.status = 'confirmed' and a.invited_by <> 'nobody'
      and l.email is not null and a.starts_at > :at and a.starts_at - make_interval(mins => r.minutes) > :at
      and not exists (
        select 1 from deliveries d
        where d.appointment_id = a.id and d.kind = 'notice' and d.key = 'pm-' || a.id || '-reminder-' || r.minutes)
    group by a.id, l.id, last.connection_id, last.active
    order by a.starts_at, a.id
    """,
    replan=True,
)


class SqlReminders:
    """See `pointsman.services.ports.booking.reminders.Reminders`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def missing(
        self, asked: Sequence[AskedReminder], *, at: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[tuple[datetime, UUID]]:
        last_at, last = after or (None, None)
        given = _asked(asked) | {"at": at, "after_at": last_at, "after_id": last, "limit": limit}
        return [(row.at, row.id) for row in await _MISSING.rows(self._connection, given)]

    async def lock(self, appointment_ids: Sequence[UUID]) -> Sequence[UUID]:
        found: list[UUID] = await _LOCK.scalars(self._connection, {"appointments": list(appointment_ids)})
        return found

    async def unreminded(
        self, appointment_ids: Sequence[UUID], asked: Sequence[AskedReminder], *, at: datetime
    ) -> Sequence[Unreminded]:
        given = _asked(asked) | {"appointments": list(appointment_ids), "at": at}
        return await _UNREMINDED.records(self._connection, Unreminded, given)


def _asked(asked: Sequence[AskedReminder]) -> dict[str, Any]:
    return {"pools": [pool for pool, _ in asked], "minutes": [span // _MINUTE for _, span in asked]}
