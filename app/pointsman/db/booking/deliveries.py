"""The deliveries repository: effects owed to calendars and CRMs, claimed under a lease."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking.connections import connection_row
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.engine.stored_errors import error_parameters
from pointsman.db.tables import connections, deliveries
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import (
    DeliveryFilter,
    DeliveryKind,
    DeliveryRow,
    LateDeliveries,
    ListedDelivery,
    PlacedEvent,
)

_NAMES = DeliveryRow.__slots__
_ADD = insert(deliveries)
_SELECT = select(*(deliveries.c[name] for name in _NAMES))
_GET = _SELECT.where(deliveries.c.id == bindparam("delivery"))
_OF_APPOINTMENT = _SELECT.where(deliveries.c.appointment_id == bindparam("appointment")).order_by(
    deliveries.c.created_at, deliveries.c.sequence, deliveries.c.id
)
_OF_THING = _SELECT.where(
    deliveries.c.connection_id == bindparam("connection"),
    deliveries.c.calendar == bindparam("calendar"),
    deliveries.c.kind == bindparam("kind"),
    deliveries.c.key == bindparam("key"),
).order_by(deliveries.c.sequence)
#: The latest of a thing overtakes those before it. While a call about the thing is under way, no other begins.
_CLAIM = PreparedStatement("""
    with claimed as (
        update deliveries d set
            lease = :lease, lease_until = statement_timestamp() + cast(:span as interval), attempts = attempts + 1,
            unsure = unsure + 1
        where d.id = :id and d.status = 'pending' and d.next_attempt_at <= :at
          and (d.lease_until is null or d.lease_until <= statement_timestamp())
          and not exists (
            select 1 from deliveries e
            where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
              and e.status = 'pending' and e.id <> d.id
              and (e.lease_until > statement_timestamp() or e.sequence > d.sequence))
        returning *
    ), overtaken as (
        update deliveries e set status = 'superseded', lease = null, lease_until = null, done_at = :at
        from claimed d
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.status = 'pending' and e.sequence < d.sequence
    )
    select d.id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence, d.status,
        d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version, d.created_at,
        d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key
    from claimed d
""")
#: One that is superseded by its own worker had nothing to say: that was no attempt.
_SETTLE = PreparedStatement("""
    update deliveries set
        status = :status, attempts = attempts - cast(:status = 'superseded' as integer),
        unsure = unsure - cast(:known as integer), told = coalesce(:told, told),
        lease = null, lease_until = null, done_at = :at,
        error_code = :error_code, last_error = cast(:error as jsonb),
        vendor_id = coalesce(:vendor_id, vendor_id), vendor_version = coalesce(:vendor_version, vendor_version)
    where id = :id and lease = :lease and status = 'pending'
""")
_POSTPONE = PreparedStatement("""
    update deliveries set
        next_attempt_at = :until, error_code = :error_code, last_error = cast(:error as jsonb), lease = null, lease_until = null,
        sequence = coalesce(cast(:sequence as integer), sequence),
        attempts = attempts - cast(:refund as integer), unsure = unsure - cast(:known as integer)
    where id = :id and lease = :lease and status = 'pending'
""")
_REOPEN = PreparedStatement("""
    update deliveries set
        status = 'pending', next_attempt_at = :at, done_at = null,
        owed_at = case when status = 'pending' then owed_at else :at end, lease = null, lease_until = null
    where id = :id and status = :status and (lease_until is null or lease_until <= statement_timestamp())
""")
#: Of what is under way the lease is taken away: its call goes to where the connection led before. What was answered is no
#: attempt any more of which nobody knows the end. Mail under way arrives wherever it goes out from: it is not sent again.
_OWE_AGAIN = PreparedStatement(
    """
    update deliveries d set
        status = 'pending', next_attempt_at = :at, owed_at = :at, done_at = null, lease = null, lease_until = null,
        attempts = d.attempts - cast(d.status = 'done' as integer)
    from appointments a
    where a.id = d.appointment_id and a.status in ('requested','confirmed') and a.starts_at > :at
      and d.connection_id = :connection and d.wanted = 'put'
      and d.kind <> 'notice' and (d.status = 'done' or (d.status = 'pending' and d.lease_until > statement_timestamp()))
      and not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.sequence > d.sequence)
    """,
    replan=True,
)
_NOTE_SAID = update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(said=bindparam("what"))
_CONNECTION = select(connections).where(connections.c.id == bindparam("id"))
#: What waits for another of its thing goes to the back unclaimed, so that any number of it keeps no other waiting.
_CLAIM_OVERDUE = PreparedStatement(
    """
    with looked_at as (
        update deliveries set next_attempt_at = :at
        where id = any(array(
            select id from deliveries
            where status = 'pending' and next_attempt_at <= :before
              and (lease_until is null or lease_until <= statement_timestamp())
            order by next_attempt_at limit :limit for update skip locked))
        returning *
    )
    select d.id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence, d.status,
        d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version, d.created_at,
        d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key
    from looked_at d
    where not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.status = 'pending' and e.id <> d.id
          and (e.lease_until > statement_timestamp() or e.sequence > d.sequence))
    """,
    replan=True,
)
_RENEW = PreparedStatement("""
    update deliveries set owed_at = :at where connection_id = :connection and status = 'pending' and owed_at < :at
""")
#: Not what is only said once more: it waits for calls that may still be carried out, and not for the connection. Nor what was
#: not tried yet: a reminder waits for its time.
_PENDING_OF_CONNECTION = (
    _SELECT.where(
        deliveries.c.status == literal_column("'pending'"),
        deliveries.c.connection_id == bindparam("connection"),
        literal_column("coalesce(deliveries.error_code, '') not in ('removed-once-more','sent-once-more')"),
        literal_column("(deliveries.kind <> 'notice' or deliveries.error_code is not null)"),
    )
    .order_by(deliveries.c.created_at)
    .limit(bindparam("limit"))
)
_UNLINKED = PreparedStatement("""
    select d.id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence, d.status,
        d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version, d.created_at,
        d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key
    from appointments a join deliveries d on d.appointment_id = a.id and d.rep_id = a.rep_id
    where a.vendor_meeting and a.join_url is null and a.status in ('requested','confirmed')
      and d.kind = 'appointment' and d.wanted = 'put' and d.status = 'done' and d.done_at >= :seldom_since
      and (d.done_at >= :since
           or mod(floor(extract(epoch from cast(:at as timestamptz) - d.done_at) / cast(:every_s as float8))::bigint, 20) = 0)
      and not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.sequence > d.sequence)
    order by d.done_at desc limit :limit
""")
_LISTED = PreparedStatement("""
    select d.id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence, d.status,
        d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version, d.created_at,
        d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.said, k.key as connection
    from deliveries d join connections k on k.id = d.connection_id
    where d.id = :id
""")
_PAGE = PreparedStatement(
    """
    select d.id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence, d.status,
        d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version, d.created_at,
        d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.said, k.key as connection
    from deliveries d join connections k on k.id = d.connection_id
    where (cast(:status as text) is null or d.status = :status)
      and (cast(:kind as text) is null or d.kind = :kind)
      and (cast(:error_code as text) is null or d.error_code = :error_code)
      and (cast(:maybe_twice as boolean) is null
           or (d.kind = 'notice' and d.status = 'done' and d.unsure > 0) = cast(:maybe_twice as boolean))
      and (cast(:connection as text) is null or d.connection_id = (select id from connections where key = :connection))
      and (cast(:appointment_id as uuid) is null or d.appointment_id = :appointment_id)
      and (cast(:since as timestamptz) is null or d.created_at >= :since)
      and (cast(:until as timestamptz) is null or d.created_at < :until)
      and (cast(:after_at as timestamptz) is null or (d.created_at, d.id) < (:after_at, cast(:after_id as uuid)))
    order by d.created_at desc, d.id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)
_LATE = PreparedStatement("""
    select k.key as connection, count(*) as count, min(d.owed_at) as since,
        (array_agg(d.last_error order by d.owed_at))[1] as last_error
    from deliveries d join connections k on k.id = d.connection_id
    where d.status = 'pending' and d.owed_at <= :before and d.error_code in ('unanswered','waiting')
    group by k.key order by k.key
""")
_PLACED_EVENTS = PreparedStatement("""
    select d.connection_id, d.calendar, d.key, a.id as appointment_id, d.rep_id, r.key as rep_key,
        a.rep_id = d.rep_id as is_leader,
        a.status in ('requested','confirmed')
            and (array_agg(d.wanted order by d.sequence desc))[1] = 'put' as is_wanted,
        case when (array_agg(d.status order by d.sequence desc))[1] in ('done','superseded') then max(d.done_at)
            end as settled_at,
        a.sequence, a.starts_at, a.ends_at, a.conflict
    from appointments a join deliveries d on d.appointment_id = a.id join reps r on r.id = d.rep_id
    where a.starts_at > :after and d.kind = 'appointment'
    group by d.connection_id, d.calendar, d.key, d.rep_id, r.key, a.id
    order by d.connection_id, d.calendar, d.key
""")


class SqlDeliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: DeliveryRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in _NAMES})

    async def get(self, delivery_id: UUID) -> DeliveryRow | None:
        found = await self._many(_GET, {"delivery": delivery_id})
        return found[0] if found else None

    async def of_appointment(self, appointment_id: UUID) -> Sequence[DeliveryRow]:
        return await self._many(_OF_APPOINTMENT, {"appointment": appointment_id})

    async def placed_events(self, *, after: datetime) -> Sequence[PlacedEvent]:
        return await _PLACED_EVENTS.records(self._connection, PlacedEvent, {"after": after})

    async def of_thing(self, connection_id: UUID, calendar: str, kind: DeliveryKind, key: str) -> Sequence[DeliveryRow]:
        return await self._many(
            _OF_THING, {"connection": connection_id, "calendar": calendar, "kind": kind, "key": key}
        )

    async def claim(self, delivery_id: UUID, *, lease: UUID, span: timedelta, at: datetime) -> DeliveryRow | None:
        given = {"id": delivery_id, "lease": lease, "span": span, "at": at}
        return await _CLAIM.record(self._connection, DeliveryRow, given)

    async def note_said(self, delivery_id: UUID, said: BuyerMessage) -> None:
        await self._connection.execute(_NOTE_SAID, {"delivery": delivery_id, "what": said.value})

    async def settle(
        self,
        delivery_id: UUID,
        *,
        lease: UUID,
        status: str,
        at: datetime,
        error: CodedMessage | None = None,
        vendor_id: str | None = None,
        vendor_version: str | None = None,
        told: str | None = None,
        unsure: bool = False,
    ) -> bool:
        values = {
            "status": status,
            "at": at,
            "vendor_id": vendor_id,
            "vendor_version": vendor_version,
            "told": told,
            "known": 0 if unsure else 1,
        } | error_parameters(error)
        return await _SETTLE.run(self._connection, {"id": delivery_id, "lease": lease, **values}) == 1

    async def postpone(
        self,
        delivery_id: UUID,
        *,
        lease: UUID,
        until: datetime,
        error: CodedMessage,
        counted: bool = True,
        sequence: int | None = None,
        unsure: bool = False,
    ) -> bool:
        values = {
            "until": until,
            "refund": 0 if counted else 1,
            "known": 0 if unsure else 1,
            "sequence": sequence,
        } | error_parameters(error)
        return await _POSTPONE.run(self._connection, {"id": delivery_id, "lease": lease, **values}) == 1

    async def reopen(self, delivery_id: UUID, *, status: str, at: datetime) -> bool:
        return await _REOPEN.run(self._connection, {"id": delivery_id, "status": status, "at": at}) == 1

    async def owe_again(self, connection_id: UUID, *, at: datetime) -> int:
        return await _OWE_AGAIN.run(self._connection, {"connection": connection_id, "at": at})

    async def connection(self, connection_id: UUID) -> ConnectionRow:
        row = (await self._connection.execute(_CONNECTION, {"id": connection_id})).mappings().one()
        return connection_row(row)

    async def claim_overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        return await _CLAIM_OVERDUE.records(self._connection, DeliveryRow, {"before": before, "at": at, "limit": limit})

    async def late(self, *, before: datetime) -> Sequence[LateDeliveries]:
        return await _LATE.records(self._connection, LateDeliveries, {"before": before})

    async def renew(self, connection_id: UUID, *, at: datetime) -> None:
        await _RENEW.run(self._connection, {"connection": connection_id, "at": at})

    async def pending_of_connection(self, connection_id: UUID, *, limit: int) -> Sequence[DeliveryRow]:
        return await self._many(_PENDING_OF_CONNECTION, {"connection": connection_id, "limit": limit})

    async def unlinked(
        self, *, since: datetime, seldom_since: datetime, every: timedelta, at: datetime, limit: int
    ) -> Sequence[DeliveryRow]:
        given = {
            "since": since,
            "seldom_since": seldom_since,
            "every_s": every.total_seconds(),
            "at": at,
            "limit": limit,
        }
        return await _UNLINKED.records(self._connection, DeliveryRow, given)

    async def listed(self, delivery_id: UUID) -> ListedDelivery | None:
        return await _LISTED.record(self._connection, ListedDelivery, {"id": delivery_id})

    async def page(
        self, which: DeliveryFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[ListedDelivery]:
        at, last = after or (None, None)
        given = {**asdict(which), "after_at": at, "after_id": last, "limit": limit}
        return await _PAGE.records(self._connection, ListedDelivery, given)

    async def _many(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[DeliveryRow]:
        found = await self._connection.execute(statement, parameters)
        return [DeliveryRow(**row) for row in found.mappings()]
