"""The repository of what connectors tell: events in the inbox, and how far each feed was read."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.engine.stored_errors import error_parameters
from pointsman.domain.messages.coded import CodedMessage
from pointsman.services.ports.intake.event_store import FetchedEvent, NewVendorEvent, OwnWrites
from pointsman.services.ports.intake.inbox import InboxReceipt, InboxRow

#: One event is told by its key, and one state of a thing by its version, whatever event tells of it. One job fetches for
#: all that came before it began; one that begins just now may miss an event, which the next sweep finds.
_ACCEPT = PreparedStatement("""
    with current as (
        select n.id, k.id as connection_id from intakes n join connections k on k.key = n.connection
        where n.id = :intake_id and n.version = :intake_version and n.active
    ), told as (
        select event.*, exists (
            select from deliveries d where d.connection_id = current.connection_id and d.key = event.origin
        ) or exists (
            select from deliveries d where d.connection_id = current.connection_id
                and d.vendor_id = event.about and d.vendor_version = event.version
        ) as is_ours
        from current, unnest(cast(:ids as uuid[]), cast(:keys as text[]), cast(:bodies as bytea[]),
            cast(:statuses as text[]), cast(:abouts as text[]), cast(:versions as text[]),
            cast(:times as timestamptz[]), cast(:origins as text[]))
            as event(id, dedupe_key, body, status, about, version, occurred_at, origin)
    ), accepted as (
        insert into inbox (id, intake_id, dedupe_key, body, status, about, version, occurred_at, result, received_at, done_at)
        select told.id, current.id, told.dedupe_key, told.body, case when is_ours then 'done' else told.status end,
            told.about, told.version, told.occurred_at, case when is_ours then cast(:ours as jsonb) end, :at,
            case when is_ours then cast(:at as timestamptz) end
        from current, told
        on conflict do nothing
        returning id, status
    ), fetches as (
        insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
        select 'pointsman-vendors', 'intake.fetch', 0, 'intake.fetch:' || id, 'intake.fetch:' || id,
            jsonb_build_object('intake_id', id)
        from current where exists (select from accepted where status = 'unread')
        on conflict (queueing_lock) where status = 'todo' do nothing
    )
    select exists (select from current) as current, (select array_agg(id) from accepted) as ids,
        (select procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman', 'inbox.process', 0, null, null, jsonb_build_object('inbox_id', id), null
        )::procrastinate_job_to_defer_v1)) from accepted where status = 'received') as jobs
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

#: The version that we wrote, if it is known by now; a write that is under way has one that is not.
_OWN_WRITES = PreparedStatement("""
    select array(
        select i.id from inbox i join deliveries d on d.vendor_id = i.about and d.vendor_version = i.version
        where i.id = any(cast(:items as uuid[])) and d.connection_id = :connection_id
    ) as ids, exists (
        select from deliveries d where d.connection_id = :connection_id and d.status = 'pending'
            and d.lease_until > statement_timestamp()
    ) as pending
""")

_HAS_NEWS = PreparedStatement("""
    select exists (
        select from inbox i join intakes n on n.id = i.intake_id join connections k on k.key = n.connection
        where i.about = :about and i.version is not null and k.id = :connection_id and i.received_at >= :since
          and i.result #>> '{note,key}' is distinct from 'arrival.own-write')
""")

_OWN_WRITES_TOLD = PreparedStatement("""
    select count(distinct i.dedupe_key)
    from inbox i join intakes n on n.id = i.intake_id join connections k on k.key = n.connection
    where i.result #>> '{note,key}' = 'arrival.own-write' and i.received_at >= :since and k.id = :connection_id
""")

#: Of those that say the same version of the same thing, whatever events told of it, one is worked off. Where an event named
#: no version, one that we wrote is no news.
_KEEP_FETCHED = PreparedStatement("""
    with mine as (
        select i.id, i.intake_id, i.about, i.version as told, found.body,
            coalesce(found.version, i.version) as version, found.occurred_at,
            found.result, i.version is null and exists (
                select from intakes n join connections k on k.key = n.connection join deliveries d on d.connection_id = k.id
                where n.id = i.intake_id and d.vendor_id = i.about and d.vendor_version = found.version
            ) as is_ours
        from unnest(cast(:ids as uuid[]), cast(:bodies as bytea[]), cast(:versions as text[]),
            cast(:times as timestamptz[]), cast(:results as jsonb[])) as found(id, body, version, occurred_at, result)
        join inbox i on i.id = found.id
        where i.status = 'unread' and i.leased_until = :leased_until
        for update of i
    ), judged as (
        select mine.*, mine.body is not null and mine.about is not null and mine.version is not null and (
            row_number() over (partition by mine.about, mine.version, mine.body is null
                order by (mine.told is not distinct from mine.version) desc, mine.id) > 1
            or exists (select from inbox o where o.about = mine.about and o.version = mine.version
                and o.intake_id = mine.intake_id and o.id not in (select id from mine))) as is_known
        from mine
    ), kept as (
        update inbox i set leased_until = null, next_attempt_at = null, tried_since = null, attempts = 0,
            unended_attempts = 0, error_code = null, error = null,
            status = case when judged.body is null or judged.is_known or judged.is_ours then 'done' else 'received' end,
            done_at = case when judged.body is null or judged.is_known or judged.is_ours then cast(:at as timestamptz) end,
            result = case when judged.is_ours then cast(:ours as jsonb)
                when judged.is_known then cast(:same as jsonb) else judged.result end,
            body = case when judged.is_known or judged.is_ours then i.body else coalesce(judged.body, i.body) end,
            version = case when judged.body is null or judged.is_known or judged.is_ours then i.version
                else judged.version end,
            occurred_at = coalesce(judged.occurred_at, i.occurred_at)
        from judged where i.id = judged.id
        returning i.id, i.status
    )
    select count(*) as kept, (select procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman', 'inbox.process', 0, null, null, jsonb_build_object('inbox_id', id), null
        )::procrastinate_job_to_defer_v1 order by id)) from kept where status = 'received') as jobs
    from kept
""")

_PUT_OFF = PreparedStatement("""
    update inbox set error_code = :error_code, error = cast(:error as jsonb), next_attempt_at = :retry_at,
        leased_until = null,
        status = case when cast(:retry_at as timestamptz) is null then 'dead' else 'unread' end
    where id = :id and status = 'unread' and leased_until = :leased_until
""")

_PROLONG = PreparedStatement("""
    update inbox set leased_until = :until, next_attempt_at = :until
    where id = any(cast(:items as uuid[])) and status = 'unread' and leased_until = :leased_until
""")
#: Of what is being fetched the lease is taken away: the call goes to where the connection led before.
_DISOWN = PreparedStatement("""
    update inbox i set status = 'dead', error_code = :error_code, error = cast(:error as jsonb), next_attempt_at = null,
        leased_until = null
    from intakes n join connections k on k.key = n.connection
    where n.id = i.intake_id and k.id = :connection_id and i.status = 'unread'
    returning i.id, n.key as intake
""")
_RESUME = PreparedStatement("""
    with mine as (
        select n.id from intakes n join connections k on k.key = n.connection where k.id = :connection_id
    ), asked as (
        update intake_feeds set next_at = :at where intake_id in (select id from mine) and next_at > :at
    )
    update inbox set next_attempt_at = null
    where status = 'unread' and intake_id in (select id from mine) and leased_until is null
""")

_TO_FETCH = PreparedStatement("""
    select n.id from intakes n
    where n.connection is not null and exists (
        select from inbox i where i.intake_id = n.id and i.status = 'unread'
            and (i.next_attempt_at is null or i.next_attempt_at <= :at))
    order by n.id limit :limit
""")


class SqlEventStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def accept(
        self,
        *,
        intake_id: UUID,
        intake_version: int,
        events: Sequence[NewVendorEvent],
        at: datetime,
        ours: Mapping[str, Any],
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
            "origins": [event.origin for event in ordered],
            "ours": json.dumps(ours),
            "at": at,
        }
        row = await _ACCEPT.one(self._connection, values)
        return InboxReceipt(is_intake_current=row[0], inbox_ids=tuple(sorted(row[1] or ())))

    async def has_news(self, connection_id: UUID, *, about: str, since: datetime) -> bool:
        given = {"connection_id": connection_id, "about": about, "since": since}
        return bool(await _HAS_NEWS.scalar(self._connection, given))

    async def own_writes_told(self, connection_id: UUID, *, since: datetime) -> int:
        return int(await _OWN_WRITES_TOLD.scalar(self._connection, {"connection_id": connection_id, "since": since}))

    async def own_writes(self, items: Sequence[UUID], *, connection_id: UUID) -> OwnWrites:
        row = await _OWN_WRITES.one(self._connection, {"items": items, "connection_id": connection_id})
        return OwnWrites(ids=row[0], pending=row[1])

    async def claim_unread(
        self, intake_id: UUID, *, at: datetime, lease_until: datetime, limit: int
    ) -> Sequence[InboxRow]:
        given = {"intake_id": intake_id, "at": at, "lease_until": lease_until, "limit": limit}
        return await _CLAIM_UNREAD.records(self._connection, InboxRow, given)

    async def keep_fetched(
        self,
        found: Sequence[FetchedEvent],
        *,
        leased_until: datetime,
        at: datetime,
        same: Mapping[str, Any],
        ours: Mapping[str, Any],
    ) -> int:
        values = {
            "ids": [event.id for event in found],
            "bodies": [event.body for event in found],
            "versions": [event.version for event in found],
            "times": [event.occurred_at for event in found],
            "results": [None if event.result is None else json.dumps(event.result) for event in found],
            "leased_until": leased_until,
            "at": at,
            "same": json.dumps(same),
            "ours": json.dumps(ours),
        }
        row = await _KEEP_FETCHED.one(self._connection, values)
        return int(row[0])

    async def put_off(
        self, inbox_id: UUID, *, leased_until: datetime, error: CodedMessage, retry_at: datetime | None
    ) -> bool:
        given = {"id": inbox_id, "leased_until": leased_until, "retry_at": retry_at} | error_parameters(error)
        return await _PUT_OFF.run(self._connection, given) == 1

    async def prolong(self, items: Sequence[UUID], *, leased_until: datetime, until: datetime) -> bool:
        given = {"items": list(items), "leased_until": leased_until, "until": until}
        return await _PROLONG.run(self._connection, given) == len(items)

    async def disown(self, connection_id: UUID, *, error: CodedMessage) -> Sequence[tuple[UUID, str]]:
        rows = await _DISOWN.rows(self._connection, {"connection_id": connection_id} | error_parameters(error))
        return [(row.id, row.intake) for row in rows]

    async def resume(self, connection_id: UUID, *, at: datetime) -> None:
        await _RESUME.run(self._connection, {"connection_id": connection_id, "at": at})

    async def to_fetch(self, *, at: datetime, limit: int) -> Sequence[UUID]:
        return await _TO_FETCH.scalars(self._connection, {"at": at, "limit": limit})
