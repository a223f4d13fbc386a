"""Leads that stood before a CRM was connected: what it is owed of them, and how far that is."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import existing_leads
from pointsman.services.ports.booking.existing_leads import ExistingLeads, OwedRecords

_BEGIN = PreparedStatement("""
    insert into existing_leads (connection_id, began_at, total)
    select :connection_id, :at, count(*) from assignments where ended_at is null
    on conflict (connection_id) do update set began_at = excluded.began_at, total = excluded.total, owed = 0, meetings = 0,
        told_to = null, done_at = null
""")
_of = existing_leads.c.connection_id == bindparam("of", type_=UUID_TYPE)
_STOP = delete(existing_leads).where(_of, existing_leads.c.done_at.is_(None))
_OF = select(existing_leads).where(_of)
_LOCK = _OF.where(existing_leads.c.done_at.is_(None)).with_for_update(skip_locked=True)
_ADVANCE = (
    update(existing_leads)
    .where(_of)
    .values({name: bindparam(name) for name in ("owed", "meetings", "told_to", "done_at")})
)
_OPEN = PreparedStatement("""
    select e.connection_id from existing_leads e join connections k on k.id = e.connection_id
    where e.done_at is null and k.active and k.sync_owners and not k.pending and k.fault is null
    order by e.began_at, e.connection_id limit :limit
""")
_WAITING = PreparedStatement("""
    select count(*) from deliveries
    where connection_id = :connection_id and status = 'pending' and next_attempt_at <= :at
""")
#: A lead's id tells when it came, and a lead has one open assignment.
_NEXT_LEADS = PreparedStatement(
    """
    with chosen as (
        select lead_id from assignments
        where ended_at is null and (cast(:below as uuid) is null or lead_id < :below)
        order by lead_id desc limit :limit
    )
    select l.id from leads l where l.id in (select lead_id from chosen) order by l.id desc for no key update
    """,
    replan=True,
)
#: Keys are `person_key` and `meeting_key`. What is under way may be older than what the connection says now: it is owed anew.
_OWE = PreparedStatement(
    """
    with records as (
        select l.id as lead_id, 'pm-lead-' || l.id as key, coalesce(past.sequence + 1, 0) as sequence
        from unnest(cast(:leads as uuid[])) l(id) left join lateral (
            select d.sequence,
                d.status = 'pending' and (d.lease_until is null or d.lease_until <= statement_timestamp()) as is_owed
            from deliveries d
            where d.key = 'pm-lead-' || l.id and d.connection_id = :connection_id and d.calendar = '' and d.kind = 'person'
            order by d.sequence desc limit 1) past on true
        where past.is_owed is not true
    ), meetings as (
        select a.lead_id, a.id as appointment_id, a.rep_id, 'pm-' || a.id as key from appointments a
        where a.lead_id = any(cast(:leads as uuid[])) and a.status = 'confirmed' and a.starts_at > :at
          and not exists (
            select 1 from deliveries d
            where d.key = 'pm-' || a.id and d.connection_id = :connection_id and d.calendar = '' and d.kind = 'activity')
    ), owed as (
        insert into deliveries (id, lead_id, appointment_id, rep_id, connection_id, kind, wanted, key, sequence, status,
            owed_at, next_attempt_at, created_at)
        select md5(cast(:first_id as text) || key)::uuid, lead_id, null, null, :connection_id, 'person', 'put', key,
            sequence, 'pending', :at, :at, :at from records
        union all
        select md5(cast(:first_id as text) || key)::uuid, lead_id, appointment_id, rep_id, :connection_id, 'activity', 'put',
            key, 0, 'pending', :at, :at, :at from meetings
        on conflict do nothing
        returning id, kind
    )
    select count(*) filter (where kind = 'person') as records, count(*) filter (where kind = 'activity') as meetings,
        (select procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman-vendors', 'delivery.run', -1, null, null, jsonb_build_object('delivery_id', id), null
        )::procrastinate_job_to_defer_v1)) from owed having count(*) > 0) as jobs
    from owed
    """,
    replan=True,
)


class SqlExistingLeads:
    """See `pointsman.services.ports.booking.existing_leads.ExistingLeadsStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, connection_id: UUID, *, at: datetime) -> None:
        await _BEGIN.run(self._connection, {"connection_id": connection_id, "at": at})

    async def stop(self, connection_id: UUID) -> None:
        await self._connection.execute(_STOP, {"of": connection_id})

    async def of(self, connection_id: UUID) -> ExistingLeads | None:
        row = (await self._connection.execute(_OF, {"of": connection_id})).mappings().one_or_none()
        return ExistingLeads(**row) if row else None

    async def open(self, *, limit: int) -> Sequence[UUID]:
        return await _OPEN.scalars(self._connection, {"limit": limit})

    async def lock(self, connection_id: UUID) -> ExistingLeads | None:
        row = (await self._connection.execute(_LOCK, {"of": connection_id})).mappings().one_or_none()
        return ExistingLeads(**row) if row else None

    async def waiting(self, connection_id: UUID, *, at: datetime) -> int:
        return int(await _WAITING.scalar(self._connection, {"connection_id": connection_id, "at": at}))

    async def next_leads(self, *, below: UUID | None, limit: int) -> Sequence[UUID]:
        return await _NEXT_LEADS.scalars(self._connection, {"below": below, "limit": limit})

    async def owe(self, connection_id: UUID, leads: Sequence[UUID], *, first_id: UUID, at: datetime) -> OwedRecords:
        given = {"connection_id": connection_id, "leads": list(leads), "first_id": first_id, "at": at}
        row = await _OWE.one(self._connection, given)
        return OwedRecords(records=row.records, meetings=row.meetings)

    async def advance(self, row: ExistingLeads) -> None:
        await self._connection.execute(_ADVANCE, {"of": row.connection_id, **_changed(row)})


def _changed(row: ExistingLeads) -> dict[str, object]:
    values = asdict(row)
    return {name: values[name] for name in ("owed", "meetings", "told_to", "done_at")}
