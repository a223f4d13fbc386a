"""The repository of what connectors tell: events in the inbox, and how far each feed was read."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.intake.event_store import NewVendorEvent
from pointsman.services.ports.intake.inbox import InboxReceipt, InboxRow

#: One event is told by its key, and one state of a thing by its version, whatever event tells of it.
_ACCEPT = PreparedStatement("""
    with current as (
        select id from intakes where id = :intake_id and version = :intake_version and active
    ), accepted as (
        insert into inbox (id, intake_id, dedupe_key, body, status, about, version, occurred_at, result, received_at, done_at)
        select event.id, current.id, event.dedupe_key, event.body, event.status, event.about, event.version,
            event.occurred_at, event.result, :at, case event.status when 'done' then cast(:at as timestamptz) end
        from current, unnest(cast(:ids as uuid[]), cast(:keys as text[]), cast(:bodies as bytea[]),
            cast(:statuses as text[]), cast(:abouts as text[]), cast(:versions as text[]),
            cast(:times as timestamptz[]), cast(:results as jsonb[]))
            as event(id, dedupe_key, body, status, about, version, occurred_at, result)
        on conflict do nothing
        returning id, status
    )
    select exists (select from current) as current, (select array_agg(id) from accepted) as ids,
        (select procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman', 'inbox.process', 0, null, null, jsonb_build_object('inbox_id', id), null
        )::procrastinate_job_to_defer_v1)) from accepted where status = 'received') as jobs,
        (select procrastinate_defer_jobs_v1(array[row(
            'pointsman-vendors', 'intake.fetch', 0, null, null, jsonb_build_object('intake_id', cast(:intake_id as uuid)), null
        )::procrastinate_job_to_defer_v1]) where exists (select from accepted where status = 'unread')) as fetches
""")

_CLAIM_UNREAD = PreparedStatement("""
    with chosen as (
        select id from inbox
        where intake_id = :intake_id and status = 'unread' and (next_attempt_at is null or next_attempt_at <= :at)
        order by received_at, id limit :limit for update skip locked
    )
    update inbox i set attempts = i.attempts + 1, next_attempt_at = :lease_until, leased_until = :lease_until,
        tried_since = coalesce(i.tried_since, cast(:at as timestamptz))
    from chosen, intakes n
    where i.id = chosen.id and n.id = i.intake_id
    returning i.id, i.intake_id, n.key as intake_key, n.kind as intake_kind, n.version as intake_version,
        i.dedupe_key, i.batch_id, i.body, i.status, i.attempts, i.error_code, i.error, i.lead_id, i.result,
        i.received_at, i.done_at, i.next_attempt_at, i.tried_since, i.unended_attempts,
        i.about, i.version, i.occurred_at
""")


class SqlEventStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def accept(
        self, *, intake_id: UUID, intake_version: int, events: Sequence[NewVendorEvent], at: datetime
    ) -> InboxReceipt:
        ordered = sorted(events, key=lambda event: event.dedupe_key)  # one order for all
        values = {
            "intake_id": intake_id,
            "intake_version": intake_version,
            "ids": [event.id for event in ordered],
            "keys": [event.dedupe_key for event in ordered],
            "bodies": [event.body for event in ordered],
            "statuses": [event.status for event in ordered],
            "abouts": [event.about for event in ordered],
            "versions": [event.version for event in ordered],
            "times": [event.occurred_at for event in ordered],
            "results": [None if event.result is None else json.dumps(event.result) for event in ordered],
            "at": at,
        }
        row = await _ACCEPT.one(self._connection, values)
        return InboxReceipt(is_intake_current=row[0], inbox_ids=tuple(sorted(row[1] or ())))

    async def claim_unread(
        self, intake_id: UUID, *, at: datetime, lease_until: datetime, limit: int
    ) -> Sequence[InboxRow]:
        given = {"intake_id": intake_id, "at": at, "lease_until": lease_until, "limit": limit}
        return await _CLAIM_UNREAD.records(self._connection, InboxRow, given)
