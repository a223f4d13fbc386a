"""The inbox: accepting is one statement that also writes the job, so a 202 means that both are committed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Row, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.hot_statement import PreparedStatement
from pointsman.db.engine.jobs import defer_each
from pointsman.services.ports.intake.inbox import InboxReceipt, InboxRow

_JOBS = defer_each("inbox.process", args="jsonb_build_object('inbox_id', id)", source="accepted")

#: The intake's row is read here, and not before: a source that was closed or got a new secret is seen at once.
_CURRENT = "select id from intakes where id = :intake_id and version = :intake_version and active"

_ACCEPT = PreparedStatement(
    text(f"""
    with current as ({_CURRENT}), accepted as (
        insert into inbox (id, intake_id, dedupe_key, body, received_at)
        select cast(:id as uuid), id, :dedupe_key, :body, :at from current
        on conflict (intake_id, dedupe_key) do nothing
        returning id
    )
    select exists (select from current) as current, (select id from accepted) as id, ({_JOBS}) as jobs
""")  # put together from our own texts
)

_ACCEPT_BATCH = text(f"""
    with current as ({_CURRENT}), batch as (
        insert into inbox_batches (id, intake_id, body, received_at)
        select cast(:batch_id as uuid), id, :raw, :at from current
        returning id
    ), accepted as (
        insert into inbox (id, intake_id, dedupe_key, batch_id, body, received_at)
        select event.id, current.id, event.dedupe_key, :batch_id, event.body, :at
        from current, unnest(:ids, :keys, :bodies) as event(id, dedupe_key, body)
        on conflict (intake_id, dedupe_key) do nothing
        returning id
    )
    select exists (select from current) as current, (select array_agg(id) from accepted) as ids, ({_JOBS}) as jobs
""").bindparams(  # put together from our own texts
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("bodies", type_=ARRAY(LargeBinary)),
)

_COLUMNS = """
    i.id, i.intake_id, n.key as intake_key, n.kind as intake_kind, n.version as intake_version,
    i.dedupe_key, i.batch_id, i.body, i.status, i.attempts, i.error, i.lead_id, i.result,
    i.received_at, i.done_at, i.next_attempt_at
"""

_CLAIM = text(f"""
    update inbox i set attempts = i.attempts + 1, next_attempt_at = :lease_until, leased_until = :lease_until
    from intakes n
    where i.id = :id and i.status = 'received' and (i.leased_until is null or i.leased_until <= :at)
      and n.id = i.intake_id
    returning {_COLUMNS}
""")

_LOCK = text(f"""
    select {_COLUMNS} from inbox i join intakes n on n.id = i.intake_id
    where i.id = :id and i.status = 'received' for update of i skip locked
""")

_NOTE = text("""
    update inbox set lead_id = coalesce(:lead_id, lead_id), result = cast(:result as jsonb)
    where id = :id and status = 'received'
""")

_FINISH = text("""
    update inbox set status = 'done', done_at = :at, lead_id = coalesce(:lead_id, lead_id),
        result = cast(:result as jsonb), error = null, next_attempt_at = null, leased_until = null
    where id = :id
""")

_FAIL = text("""
    update inbox set error = :error, next_attempt_at = :retry_at, leased_until = null,
        status = case when cast(:retry_at as timestamptz) is null then 'dead' else 'received' end
    where id = :id and status = 'received'
""")

_REVIVE = text(f"""
    update inbox i set status = 'received', attempts = 0, next_attempt_at = null, leased_until = null
    from intakes n
    where i.id = :id and i.status = 'dead' and n.id = i.intake_id
    returning {_COLUMNS}
""")

_OVERDUE = text("""
    update inbox set next_attempt_at = :lease_until
    where id in (
        select id from inbox
        where status = 'received'
          and (next_attempt_at <= :at or (next_attempt_at is null and received_at <= :untouched_since))
        order by received_at limit :limit for update skip locked
    )
    returning id
""")

_GET = text(f"select {_COLUMNS} from inbox i join intakes n on n.id = i.intake_id where i.id = :id")

_PAGE = text(f"""
    select {_COLUMNS} from inbox i join intakes n on n.id = i.intake_id
    where (cast(:status as text) is null or i.status = :status)
      and (cast(:intake_key as text) is null or n.key = :intake_key)
      and (cast(:at as timestamptz) is null or (i.received_at, i.id) < (:at, cast(:after as uuid)))
    order by i.received_at desc, i.id desc limit :limit
""")


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
    ) -> InboxReceipt:
        values = {
            "id": inbox_id,
            "intake_id": intake_id,
            "intake_version": intake_version,
            "dedupe_key": dedupe_key,
            "body": body,
            "at": at,
        }
        row = await _ACCEPT.one(self._connection, values)
        return InboxReceipt(is_intake_current=row[0], inbox_ids=(row[1],) if row[1] is not None else ())

    async def accept_batch(
        self,
        *,
        batch_id: UUID,
        intake_id: UUID,
        intake_version: int,
        raw: bytes,
        events: Sequence[tuple[UUID, str, bytes]],
        at: datetime,
    ) -> InboxReceipt:
        ordered = sorted(events, key=lambda event: event[1])  # one order for all, so that two batches cannot deadlock
        values = {
            "batch_id": batch_id,
            "intake_id": intake_id,
            "intake_version": intake_version,
            "raw": raw,
            "ids": [event[0] for event in ordered],
            "keys": [event[1] for event in ordered],
            "bodies": [event[2] for event in ordered],
            "at": at,
        }
        row = (await self._connection.execute(_ACCEPT_BATCH, values)).one()
        return InboxReceipt(is_intake_current=row[0], inbox_ids=tuple(sorted(row[1] or ())))

    async def claim(self, inbox_id: UUID, *, at: datetime, lease_until: datetime) -> InboxRow | None:
        return _item(
            (
                await self._connection.execute(_CLAIM, {"id": inbox_id, "at": at, "lease_until": lease_until})
            ).one_or_none()
        )

    async def lock(self, inbox_id: UUID) -> InboxRow | None:
        return _item((await self._connection.execute(_LOCK, {"id": inbox_id})).one_or_none())

    async def save_progress(self, inbox_id: UUID, *, lead_id: UUID | None, result: Mapping[str, Any]) -> None:
        await self._connection.execute(_NOTE, {"id": inbox_id, "lead_id": lead_id, "result": json.dumps(result)})

    async def finish(self, inbox_id: UUID, *, at: datetime, lead_id: UUID | None, result: Mapping[str, Any]) -> None:
        await self._connection.execute(
            _FINISH, {"id": inbox_id, "at": at, "lead_id": lead_id, "result": json.dumps(result)}
        )

    async def fail(self, inbox_id: UUID, *, error: str, retry_at: datetime | None) -> None:
        await self._connection.execute(_FAIL, {"id": inbox_id, "error": error, "retry_at": retry_at})

    async def reopen_dead(self, inbox_id: UUID) -> InboxRow | None:
        return _item((await self._connection.execute(_REVIVE, {"id": inbox_id})).one_or_none())

    async def claim_overdue(
        self, *, at: datetime, untouched_since: datetime, lease_until: datetime, limit: int
    ) -> Sequence[UUID]:
        values = {"at": at, "untouched_since": untouched_since, "lease_until": lease_until, "limit": limit}
        return (await self._connection.execute(_OVERDUE, values)).scalars().all()

    async def get(self, inbox_id: UUID) -> InboxRow | None:
        return _item((await self._connection.execute(_GET, {"id": inbox_id})).one_or_none())

    async def page(
        self, *, status: str | None, intake_key: str | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[InboxRow]:
        at, last = after or (None, None)
        values = {"status": status, "intake_key": intake_key, "at": at, "after": last, "limit": limit}
        rows = (await self._connection.execute(_PAGE, values)).all()
        return [item for row in rows if (item := _item(row))]


def _item(row: Row[Any] | None) -> InboxRow | None:
    if row is None:
        return None
    return InboxRow(**{**row._mapping, "body": bytes(row.body)})  # noqa: SLF001  # _mapping is SQLAlchemy's public way
