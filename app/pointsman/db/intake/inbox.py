"""The inbox: accepting is one statement that also writes the job, so a 202 means that both are committed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.engine.stored_errors import error_parameters
from pointsman.db.intake.inbox_attempts import CLAIM, CLAIM_OVERDUE, FAIL, FINISH, GIVE_BACK, LOCK, REOPEN
from pointsman.db.intake.inbox_replays import (
    COUNT_REPLAYABLE,
    LOCK_REFUSED_ALERTS,
    REPLAY,
    SETTLE_REFUSED,
    filter_values,
)
from pointsman.db.tables import inbox, intakes
from pointsman.domain.messages.coded import CodedMessage
from pointsman.services.ports.intake.inbox import (
    InboxFilter,
    InboxHead,
    InboxReceipt,
    InboxRow,
    NewEvent,
    ReplayFilter,
)

#: The intake's row is read here, and not before: a source that was closed or got a new secret is seen at once.
_ACCEPT = PreparedStatement("""
    with current as (
        select id from intakes where id = :intake_id and version = :intake_version and active
    ), accepted as (
        insert into inbox (id, intake_id, dedupe_key, body, status, error_code, error, result, received_at)
        select cast(:id as uuid), id, :dedupe_key, :body,
            case when cast(:error_code as text) is null then 'received' else 'refused' end, :error_code,
            cast(:error as jsonb), cast(:result as jsonb), :at
        from current
        on conflict (intake_id, dedupe_key) do nothing
        returning id, status
    )
    select exists (select from current) as current, (select id from accepted) as id,
        (select procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman', 'inbox.process', 0, null, null, jsonb_build_object('inbox_id', id), null
        )::procrastinate_job_to_defer_v1)) from accepted where status = 'received') as jobs
""")

_ACCEPT_BATCH = PreparedStatement("""
    with current as (
        select id from intakes where id = :intake_id and version = :intake_version
            and (active or cast(:even_closed as boolean))
    ), batch as (
        insert into inbox_batches (id, intake_id, body, received_at)
        select cast(:batch_id as uuid), id, :raw, :at from current
        returning id
    ), accepted as (
        insert into inbox (id, intake_id, dedupe_key, batch_id, body, status, error_code, error, result, received_at)
        select event.id, current.id, event.dedupe_key, :batch_id, event.body,
            case when event.error_code is null then 'received' else 'refused' end, event.error_code, event.error,
            event.result, :at
        from current, unnest(cast(:ids as uuid[]), cast(:keys as text[]), cast(:bodies as bytea[]), cast(:codes as text[]),
            cast(:errors as jsonb[]), cast(:results as jsonb[])) as event(id, dedupe_key, body, error_code, error, result)
        on conflict (intake_id, dedupe_key) do nothing
        returning id, status
    )
    select exists (select from current) as current, (select array_agg(id) from accepted) as ids,
        (select procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman', 'inbox.process', 0, null, null, jsonb_build_object('inbox_id', id), null
        )::procrastinate_job_to_defer_v1)) from accepted where status = 'received') as jobs
""")

_SELECT = select(
    inbox.c.id,
    inbox.c.intake_id,
    func.coalesce(intakes.c.key, inbox.c.sender).label("intake_key"),
    func.coalesce(intakes.c.kind, "lead").label("intake_kind"),
    func.coalesce(intakes.c.version, 0).label("intake_version"),
    inbox.c.dedupe_key,
    inbox.c.batch_id,
    inbox.c.body,
    inbox.c.status,
    inbox.c.attempts,
    inbox.c.error_code,
    inbox.c.error,
    inbox.c.lead_id,
    inbox.c.result,
    inbox.c.received_at,
    inbox.c.done_at,
    inbox.c.next_attempt_at,
    inbox.c.tried_since,
    inbox.c.unended_attempts,
    inbox.c.about,
    inbox.c.version,
    inbox.c.occurred_at,
).join_from(inbox, intakes, intakes.c.id == inbox.c.intake_id, isouter=True)
_REFUSE = PreparedStatement("""
    insert into inbox (id, sender, dedupe_key, body, status, error_code, error, result, received_at)
    values (:id, :sender, :dedupe_key, :body, 'refused', :error_code, cast(:error as jsonb), cast(:result as jsonb),
        :at)
    on conflict do nothing
""")
_LOCK_REFUSED = _SELECT.where(inbox.c.id == bindparam("item"), inbox.c.status == "refused").with_for_update(of=inbox)
_GET = _SELECT.where(inbox.c.id == bindparam("item"))

_PAGE = PreparedStatement(
    """
    select i.id, coalesce(n.key, i.sender) as intake_key, i.dedupe_key, i.batch_id, octet_length(i.body) as size, i.status,
        i.attempts, i.error_code, i.error, i.lead_id, i.result, i.received_at, i.done_at, i.next_attempt_at
    from inbox i left join intakes n on n.id = i.intake_id
    where (cast(:status as text) is null or i.status = :status)
      and (cast(:intake_key as text) is null or i.intake_id = (select id from intakes where key = :intake_key))
      and (cast(:sender as text) is null or i.sender = :sender)
      and (cast(:lead_id as uuid) is null
           or i.lead_id = any(array(select id from leads where id = :lead_id or merged_into = :lead_id)))
      and (cast(:dedupe_key as text) is null or i.dedupe_key = :dedupe_key)
      and (cast(:error as text) is null or i.error_code = :error)
      and (cast(:since as timestamptz) is null or i.received_at >= :since)
      and (cast(:until as timestamptz) is null or i.received_at < :until)
      and (cast(:after_at as timestamptz) is null or (i.received_at, i.id) < (:after_at, cast(:after_id as uuid)))
    order by i.received_at desc, i.id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)
_ASKED = tuple(f.name for f in fields(InboxFilter) if f.name != "intake_key")
_PARTNER = "partner:"  # before its key: an intake's key has no colon


def _as_json(result: Mapping[str, Any] | None) -> str | None:
    return None if result is None else json.dumps(result)


class SqlInbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def accept(
        self,
        *,
        inbox_id: UUID,
        intake_id: UUID,
        intake_version: int,
        dedupe_key: str,
        body: bytes,
        at: datetime,
        error: CodedMessage | None = None,
        result: Mapping[str, Any] | None = None,
    ) -> InboxReceipt:
        values = {
            "id": inbox_id,
            "intake_id": intake_id,
            "intake_version": intake_version,
            "dedupe_key": dedupe_key,
            "body": body,
            "at": at,
            "result": _as_json(result),
        } | error_parameters(error)
        row = await _ACCEPT.one(self._connection, values)
        return InboxReceipt(is_intake_current=row[0], inbox_ids=(row[1],) if row[1] is not None else ())

    async def accept_batch(
        self,
        *,
        batch_id: UUID,
        intake_id: UUID,
        intake_version: int,
        raw: bytes,
        events: Sequence[NewEvent],
        at: datetime,
        even_closed: bool = False,
    ) -> InboxReceipt:
        ordered = sorted(
            events, key=lambda event: event.dedupe_key
        )  # one order for all, so that two batches cannot deadlock
        values = {
            "batch_id": batch_id,
            "intake_id": intake_id,
            "intake_version": intake_version,
            "even_closed": even_closed,
            "raw": raw,
            "ids": [event.id for event in ordered],
            "keys": [event.dedupe_key for event in ordered],
            "bodies": [event.body for event in ordered],
            "codes": [event.error.code if event.error else None for event in ordered],
            "errors": [error_parameters(event.error)["error"] for event in ordered],
            "results": [_as_json(event.result) for event in ordered],
            "at": at,
        }
        row = await _ACCEPT_BATCH.one(self._connection, values)
        return InboxReceipt(is_intake_current=row[0], inbox_ids=tuple(sorted(row[1] or ())))

    async def claim(self, inbox_id: UUID, *, at: datetime, lease_until: datetime) -> InboxRow | None:
        given = {"id": inbox_id, "at": at, "lease_until": lease_until}
        return await CLAIM.record(self._connection, InboxRow, given)

    async def lock(self, inbox_id: UUID) -> InboxRow | None:
        return await LOCK.record(self._connection, InboxRow, {"id": inbox_id})

    async def finish(self, inbox_id: UUID, *, at: datetime, lead_id: UUID | None, result: Mapping[str, Any]) -> None:
        given = {"id": inbox_id, "at": at, "lead_id": lead_id, "result": json.dumps(result)}
        await FINISH.run(self._connection, given)

    async def fail(
        self, inbox_id: UUID, *, leased_until: datetime, error: CodedMessage, retry_at: datetime | None
    ) -> bool:
        given = {"id": inbox_id, "leased_until": leased_until, "retry_at": retry_at} | error_parameters(error)
        return await FAIL.run(self._connection, given) == 1

    async def give_back(self, inbox_id: UUID, *, leased_until: datetime, retry_at: datetime) -> None:
        await GIVE_BACK.run(self._connection, {"id": inbox_id, "leased_until": leased_until, "retry_at": retry_at})

    async def count_replayable(self, which: ReplayFilter, *, at: datetime) -> int:
        found: int = await COUNT_REPLAYABLE.scalar(self._connection, filter_values(which, at))
        return found

    async def replay(self, which: ReplayFilter, *, at: datetime, sweep_at: datetime, limit: int) -> Sequence[UUID]:
        given = {**filter_values(which, at), "sweep_at": sweep_at, "limit": limit}
        return await REPLAY.scalar(self._connection, given) or ()

    async def reopen(self, inbox_id: UUID) -> InboxRow | None:
        return await REOPEN.record(self._connection, InboxRow, {"id": inbox_id})

    async def settle_refused(self, *, at: datetime) -> None:
        await LOCK_REFUSED_ALERTS.run(self._connection)
        await SETTLE_REFUSED.run(self._connection, {"at": at})

    async def claim_overdue(
        self, *, at: datetime, untouched_since: datetime, lease_until: datetime, limit: int
    ) -> Sequence[UUID]:
        given = {"at": at, "untouched_since": untouched_since, "lease_until": lease_until, "limit": limit}
        return await CLAIM_OVERDUE.scalars(self._connection, given)

    async def refuse(
        self,
        *,
        inbox_id: UUID,
        sender: str,
        dedupe_key: str,
        body: bytes,
        error: CodedMessage,
        result: Mapping[str, Any],
        at: datetime,
    ) -> None:
        given = {
            "id": inbox_id,
            "sender": sender,
            "dedupe_key": dedupe_key,
            "body": body,
            "at": at,
        }
        await _REFUSE.run(self._connection, given | error_parameters(error) | {"result": json.dumps(result)})

    async def lock_refused(self, inbox_id: UUID) -> InboxRow | None:
        row = (await self._connection.execute(_LOCK_REFUSED, {"item": inbox_id})).mappings().one_or_none()
        return InboxRow(**row) if row else None

    async def get(self, inbox_id: UUID) -> InboxRow | None:
        row = (await self._connection.execute(_GET, {"item": inbox_id})).mappings().one_or_none()
        return InboxRow(**row) if row else None

    async def page(self, which: InboxFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[InboxHead]:
        at, last = after or (None, None)
        values = {name: getattr(which, name) for name in _ASKED} | {"after_at": at, "after_id": last, "limit": limit}
        of_partner = which.intake_key is not None and which.intake_key.startswith(_PARTNER)
        values |= {
            "intake_key": None if of_partner else which.intake_key,
            "sender": which.intake_key if of_partner else None,
        }
        return await _PAGE.records(self._connection, InboxHead, values)
