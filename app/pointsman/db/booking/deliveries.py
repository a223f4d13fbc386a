"""The deliveries repository: effects owed to calendars and CRMs, claimed under a lease."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, bindparam, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import connections, deliveries
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryRow, PlacedEvent

_NAMES = DeliveryRow.__slots__
_COLUMNS = ", ".join(f"d.{name}" for name in _NAMES)
_ADD = insert(deliveries)
_GET = text(f"select {_COLUMNS} from deliveries d where d.id = :id")
_OF_APPOINTMENT = text(
    f"select {_COLUMNS} from deliveries d where d.appointment_id = :appointment order by d.created_at, d.sequence, d.id"
)
_OWNERS_OF = text(
    f"select {_COLUMNS} from deliveries d join appointments a on a.id = d.appointment_id"
    " where a.lead_id = :lead and d.connection_id = :connection and d.op = 'set_owner' order by d.sequence, d.created_at, d.id"
)
#: Ops under one key happen in the order in which they are owed.
_BEHIND = (
    "exists (select 1 from deliveries e where e.key = d.key and e.connection_id = d.connection_id"
    " and e.calendar = d.calendar and e.status = 'pending'"
    " and (e.sequence, e.created_at) < (d.sequence, d.created_at) and e.id <> d.id)"
)
_CLAIM = text(
    "update deliveries d set lease = :lease, lease_until = statement_timestamp() + cast(:span as interval),"
    " attempts = attempts + 1 where d.id = :id and d.status = 'pending' and d.next_attempt_at <= :at"
    f" and (d.lease_until is null or d.lease_until <= statement_timestamp()) and not {_BEHIND} returning {_COLUMNS}"
)
_SETTLE = text(
    "update deliveries set status = :status, lease = null, lease_until = null, last_error = :error,"
    " vendor_id = coalesce(:vendor_id, vendor_id), vendor_version = coalesce(:vendor_version, vendor_version),"
    " done_at = :at where id = :id and lease = :lease and status = 'pending'"
)
_POSTPONE = text(
    "update deliveries set next_attempt_at = :until, last_error = :error, lease = null, lease_until = null,"
    " attempts = attempts - cast(:refund as integer)"
    " where id = :id and lease = :lease and status = 'pending'"
)
_REOPEN = text(
    "update deliveries set status = 'pending', next_attempt_at = :at, done_at = null, lease = null, lease_until = null"
    " where id = :id and status = :status and (lease_until is null or lease_until <= statement_timestamp())"
)
_CONNECTION = select(connections).where(connections.c.id == bindparam("id"))
_OVERDUE = text(
    "update deliveries d set next_attempt_at = :at where d.id = any(array("
    " select d.id from deliveries d where d.status = 'pending' and d.next_attempt_at <= :before"
    f" and (d.lease_until is null or d.lease_until <= statement_timestamp()) and not {_BEHIND}"
    f" order by d.next_attempt_at limit :limit for update skip locked)) returning {_COLUMNS}"
)
_WAITING = text(
    f"select {_COLUMNS} from deliveries d where d.status = 'pending' and d.connection_id = :connection"
    " order by d.created_at limit :limit"
)
_PAGE = text(
    f"select {_COLUMNS} from deliveries d"
    " where (cast(:status as text) is null or d.status = cast(:status as text))"
    " and (cast(:appointment as uuid) is null or d.appointment_id = cast(:appointment as uuid))"
    " and (cast(:after_at as timestamptz) is null"
    " or (d.created_at, d.id) < (cast(:after_at as timestamptz), cast(:after_id as uuid)))"
    " order by d.created_at desc, d.id desc limit :limit"
)

_LAST = "(array_agg(d.op order by d.sequence desc, d.created_at desc))[1]"
_PLACED = text(
    "select d.connection_id, d.calendar, d.key, a.id as appointment_id, d.rep_id, r.key as rep_key,"
    f" a.rep_id = d.rep_id as is_leader, a.status in ('requested','confirmed') and {_LAST} <> 'cancel' as is_wanted,"
    " case when bool_and(d.status in ('done','superseded')) then max(d.done_at) end as settled_at,"
    " a.sequence, a.starts_at, a.ends_at, a.conflict"
    " from appointments a join deliveries d on d.appointment_id = a.id join reps r on r.id = d.rep_id"
    f" where a.starts_at > :after and d.op in ('book','move','cancel')"
    " group by d.connection_id, d.calendar, d.key, d.rep_id, r.key, a.id order by d.connection_id, d.calendar, d.key"
)


class SqlDeliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: DeliveryRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in _NAMES})

    async def get(self, delivery_id: UUID) -> DeliveryRow | None:
        return await self._one(_GET, {"id": delivery_id})

    async def of_appointment(self, appointment_id: UUID) -> Sequence[DeliveryRow]:
        return await self._many(_OF_APPOINTMENT, {"appointment": appointment_id})

    async def placed_events(self, *, after: datetime) -> Sequence[PlacedEvent]:
        return [PlacedEvent(**row) for row in (await self._connection.execute(_PLACED, {"after": after})).mappings()]

    async def owner_ops_of_lead(self, lead_id: UUID, connection_id: UUID) -> Sequence[DeliveryRow]:
        return await self._many(_OWNERS_OF, {"lead": lead_id, "connection": connection_id})

    async def claim(self, delivery_id: UUID, *, lease: UUID, span: timedelta, at: datetime) -> DeliveryRow | None:
        return await self._one(_CLAIM, {"id": delivery_id, "lease": lease, "span": span, "at": at})

    async def settle(
        self,
        delivery_id: UUID,
        *,
        lease: UUID,
        status: str,
        at: datetime,
        error: str | None = None,
        vendor_id: str | None = None,
        vendor_version: str | None = None,
    ) -> bool:
        values = {"status": status, "at": at, "error": error, "vendor_id": vendor_id, "vendor_version": vendor_version}
        return await self._changed(_SETTLE, {"id": delivery_id, "lease": lease, **values})

    async def postpone(
        self, delivery_id: UUID, *, lease: UUID, until: datetime, error: str, counted: bool = True
    ) -> bool:
        values = {"until": until, "error": error, "refund": 0 if counted else 1}
        return await self._changed(_POSTPONE, {"id": delivery_id, "lease": lease, **values})

    async def reopen(self, delivery_id: UUID, *, status: str, at: datetime) -> bool:
        return await self._changed(_REOPEN, {"id": delivery_id, "status": status, "at": at})

    async def connection(self, connection_id: UUID) -> ConnectionRow:
        row = (await self._connection.execute(_CONNECTION, {"id": connection_id})).mappings().one()
        return ConnectionRow(**row)

    async def claim_overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        return await self._many(_OVERDUE, {"before": before, "at": at, "limit": limit})

    async def pending_of_connection(self, connection_id: UUID, *, limit: int) -> Sequence[DeliveryRow]:
        return await self._many(_WAITING, {"connection": connection_id, "limit": limit})

    async def page(
        self, *, status: str | None, appointment_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[DeliveryRow]:
        after_at, after_id = after or (None, None)
        parameters = {"status": status, "appointment": appointment_id, "limit": limit}
        return await self._many(_PAGE, {**parameters, "after_at": after_at, "after_id": after_id})

    async def _one(self, statement: TextClause, parameters: Mapping[str, Any]) -> DeliveryRow | None:
        row = (await self._connection.execute(statement, parameters)).mappings().one_or_none()
        return DeliveryRow(**row) if row else None

    async def _many(self, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[DeliveryRow]:
        found = await self._connection.execute(statement, parameters)
        return [DeliveryRow(**row) for row in found.mappings()]

    async def _changed(self, statement: TextClause, parameters: Mapping[str, Any]) -> bool:
        return (await self._connection.execute(statement, parameters)).rowcount == 1
