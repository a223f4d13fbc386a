"""The holds repository."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import holds
from pointsman.db.tables.visibility import visibility_values
from pointsman.services.ports.routing.holds import HoldCount, HoldFilter, HoldRow, QueuedHold, RetryConstraints

_GET = select(holds).where(holds.c.id == bindparam("hold"))
_OPEN_FOR_LEAD = select(holds).where(holds.c.lead_id == bindparam("lead"), holds.c.released_at.is_(None))
_PAGE = PreparedStatement(
    """
    select h.id, h.lead_id, h.decision_id, h.work, h.pool, h.reason, h.sentence, h.held_at, h.due_at, h.released_at,
        h.release, h.next_try_at, h.releases
    from holds h
    where (cast(:released as boolean) or h.released_at is null)
      and (cast(:after_at as timestamptz) is null or (h.held_at, h.id) > (:after_at, cast(:after_id as uuid)))
      and (cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
            select from assignments seen join reps seeing on seeing.id = seen.rep_id
            where seen.lead_id = h.lead_id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
              and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text))))
      and (cast(:pool as text) is null or h.pool = :pool)
      and (cast(:pools as text[]) is null or h.pool = any(cast(:pools as text[])))
      and (cast(:lead_id as uuid) is null
           or h.lead_id = any(array(select id from leads where id = :lead_id or merged_into = :lead_id)))
      and (cast(:work as text) is null or h.work = :work)
      and (cast(:reason as text) is null or h.reason = :reason)
      and (cast(:due_before as timestamptz) is null or h.due_at <= :due_before and h.released_at is null)
      and (cast(:since as timestamptz) is null or h.held_at >= :since)
      and (cast(:until as timestamptz) is null or h.held_at < :until)
    order by h.held_at, h.id limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)
_COUNTS = PreparedStatement("""
    select reason, work, pool, count(*) as waiting, count(*) filter (where due_at <= :at) as overdue,
        min(held_at) as oldest, min(next_try_at) filter (where next_try_at > :at) as next_try_at
    from holds where released_at is null group by reason, work, pool order by min(held_at), reason, pool, work
""")
#: One at a time, so that who waits behind is not tried while who waits in front still is.
_LOCK_DRAIN = PreparedStatement("select pg_advisory_xact_lock(hashtext('pointsman.holds'))")
# The lead first, the hold after it: every other path locks in this order too. The hold is read once the lead is locked.
_LOCK_LEAD_IF_FREE = PreparedStatement("""
    select l.id from leads l join holds h on h.lead_id = l.id where h.id = :id for update of l skip locked
""")
_SET_RELEASES = (
    update(holds)
    .where(holds.c.lead_id == bindparam("lead"), holds.c.released_at.is_(None))
    .values(releases=bindparam("releases"), next_try_at=bindparam("next_try_at"))
)
# A lead that is being tried now need not be woken, so its lock is not waited for. A lead that was woken before is left
# out, too: a row that one transaction updates twice is looked up in leads again, and would wait there.
_MAKE_DUE = PreparedStatement("""
    update holds set next_try_at = :at
    where id in (
        select w.id from unnest(cast(:pools as text[])) as p (name) cross join lateral (
            select h.id from holds h where h.pool = p.name and h.released_at is null
            order by h.held_at, h.id limit 1 for update of h skip locked) w)
      and (next_try_at is null or next_try_at > :at)
""")
_NEXT_DUE = PreparedStatement(
    """
    select min(next_try_at) from holds where released_at is null and next_try_at is not null
    """,
    replan=True,
)
_DUE_POOLS = PreparedStatement(
    """
    select pool from holds where released_at is null and next_try_at <= :at and pool is not null
    group by pool order by min(next_try_at), pool
    """,
    replan=True,
)
_QUEUE = PreparedStatement("""
    select h.id, h.lead_id, h.decision_id, h.work, h.pool, h.reason, h.sentence, h.held_at, h.due_at, h.released_at,
        h.release, h.next_try_at, h.releases, g.key as group
    from holds h cross join lateral (select md5(concat_ws('|', h.work, h.reason, h.releases)) as key) g
    where h.released_at is null and h.pool = :pool
      and (h.next_try_at <= :at or not (cast(:only_due as boolean) or g.key = any(cast(:skipped as text[]))))
      and (cast(:after_at as timestamptz) is null or (h.held_at, h.id) > (:after_at, cast(:after_id as uuid)))
    order by h.held_at, h.id limit :limit
""")
#: The end of the last assignment decides, also when decisions came after it. A merged lead is the same person.
_RETRY_CONSTRAINTS = PreparedStatement("""
    select h.id, d.inputs->>'purpose' as purpose, case when coalesce((
            select a.end_reason in ('reassign', 'rejected') from assignments a
            where a.lead_id in (select id from leads where id = h.lead_id or merged_into = h.lead_id)
              and a.end_reason is distinct from 'merged'
            order by a.assigned_at desc, a.id desc limit 1), false)
        then (
            select array_agg(distinct p.key) from assignments a join reps p on p.id = a.rep_id
            where a.lead_id in (select id from leads where id = h.lead_id or merged_into = h.lead_id))
        end as excluded
    from holds h join decisions d on d.id = h.decision_id
    where h.id = any(cast(:holds as uuid[]))
""")
_CLEAR_PAST_TRY = (
    update(holds)
    .where(holds.c.id == bindparam("hold"), holds.c.released_at.is_(None), holds.c.next_try_at <= bindparam("at"))
    .values(next_try_at=null())
)
#: The end of the last assignment decides, also when decisions came after it. A merged lead is the same person.
_IS_WAITING_SINCE_REASSIGNMENT = PreparedStatement("""
    select coalesce((
        select a.end_reason in ('reassign', 'rejected') from assignments a
        where a.lead_id in (select id from leads where id = :lead_id or merged_into = :lead_id)
          and a.end_reason is distinct from 'merged'
        order by a.assigned_at desc, a.id desc limit 1), false)
""")
_OVERDUE = PreparedStatement("""
    select h.id, h.lead_id, h.decision_id, h.work, h.pool, h.reason, h.sentence, h.held_at, h.due_at, h.released_at,
        h.release, h.next_try_at, h.releases
    from holds h
    where h.released_at is null and h.due_at <= :at
      and not exists (
            select from alerts a
            where a.code = 'hold-overdue' and a.subject = 'lead:' || h.lead_id and a.resolved_at is null)
    order by h.due_at limit :limit
""")
_ASKED = tuple(f.name for f in fields(HoldFilter) if f.name != "sees")


class SqlHolds:
    """See `pointsman.services.ports.routing.holds.Holds`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, hold_id: UUID) -> HoldRow | None:
        row = (await self._connection.execute(_GET, {"hold": hold_id})).mappings().one_or_none()
        return HoldRow(**row) if row else None

    async def open_for(self, lead_id: UUID) -> HoldRow | None:
        row = (await self._connection.execute(_OPEN_FOR_LEAD, {"lead": lead_id})).mappings().one_or_none()
        return HoldRow(**row) if row else None

    async def page(self, which: HoldFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[HoldRow]:
        at, last = after or (None, None)
        asked = {name: getattr(which, name) for name in _ASKED}
        asked["pools"] = None if which.pools is None else [*which.pools]
        given = {**asked, **visibility_values(which.sees), "after_at": at, "after_id": last, "limit": limit}
        return await _PAGE.records(self._connection, HoldRow, given)

    async def counts(self, *, at: datetime) -> Sequence[HoldCount]:
        return await _COUNTS.records(self._connection, HoldCount, {"at": at})

    async def lock_drain(self) -> None:
        await _LOCK_DRAIN.run(self._connection)

    async def lock_if_lead_free(self, hold_id: UUID) -> HoldRow | None:
        if await _LOCK_LEAD_IF_FREE.one(self._connection, {"id": hold_id}) is None:
            return None
        hold = await self.get(hold_id)
        return hold if hold is not None and hold.released_at is None else None

    async def set_releases(
        self, lead_id: UUID, releases: Sequence[Mapping[str, Any]], *, next_try_at: datetime | None
    ) -> None:
        given = {"lead": lead_id, "releases": [*releases], "next_try_at": next_try_at}
        await self._connection.execute(_SET_RELEASES, given)

    async def make_due(self, pools: Sequence[str], *, at: datetime) -> None:
        await _MAKE_DUE.run(self._connection, {"pools": [*pools], "at": at})

    async def next_due(self) -> datetime | None:
        found: datetime | None = await _NEXT_DUE.scalar(self._connection)
        return found

    async def due_pools(self, *, at: datetime) -> Sequence[str]:
        return await _DUE_POOLS.scalars(self._connection, {"at": at})

    async def queue(
        self,
        pool: str,
        *,
        at: datetime,
        skipped_groups: Collection[str] = (),
        only_due: bool = False,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[QueuedHold]:
        after_at, after_id = after or (None, None)
        given = {"pool": pool, "at": at, "skipped": [*skipped_groups], "only_due": only_due, "limit": limit}
        return await _QUEUE.records(self._connection, QueuedHold, {**given, "after_at": after_at, "after_id": after_id})

    async def retry_constraints(self, hold_ids: Sequence[UUID]) -> Mapping[UUID, RetryConstraints]:
        rows = await _RETRY_CONSTRAINTS.rows(self._connection, {"holds": [*hold_ids]})
        return {row.id: RetryConstraints(purpose=row.purpose, excluded=frozenset(row.excluded or ())) for row in rows}

    async def clear_past_try(self, hold_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_CLEAR_PAST_TRY, {"hold": hold_id, "at": at})

    async def is_waiting_since_reassignment(self, lead_id: UUID) -> bool:
        return bool(await _IS_WAITING_SINCE_REASSIGNMENT.scalar(self._connection, {"lead_id": lead_id}))

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[HoldRow]:
        return await _OVERDUE.records(self._connection, HoldRow, {"at": at, "limit": limit})
