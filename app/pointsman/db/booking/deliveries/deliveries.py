"""The deliveries repository: effects owed to calendars, CRMs and buyers, claimed under a lease."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import Select, bindparam, insert, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking.connections import connection_row
from pointsman.db.booking.deliveries.attempts import CLAIM, CLAIM_OVERDUE, NOTE_SAID, NOTE_TOLD, POSTPONE, SETTLE
from pointsman.db.booking.deliveries.lead_records import OWE_RECORD, OWE_RECORDS_OF
from pointsman.db.booking.deliveries.lists import LATE, LISTED, PAGE
from pointsman.db.booking.deliveries.owed_anew import FORGET_OWNERS, FORGET_RECORDS, OWE_AGAIN, RENEW, REOPEN
from pointsman.db.booking.deliveries.placed_events import PLACED_EVENTS, UNLINKED
from pointsman.db.engine.stored_errors import error_parameters
from pointsman.db.tables import connections, deliveries
from pointsman.db.tables.base import INSTANT
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
_FIELDS_SINCE = select(deliveries.c.action).where(
    deliveries.c.lead_id == bindparam("lead"),
    deliveries.c.connection_id == bindparam("connection"),
    deliveries.c.kind == literal_column("'fields'"),
    tuple_(deliveries.c.created_at, deliveries.c.id)
    > tuple_(bindparam("at", type_=INSTANT), bindparam("one", type_=UUID_TYPE)),
)
_CONNECTION = select(connections).where(connections.c.id == bindparam("id"))
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


class SqlDeliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: DeliveryRow) -> None:
        await self._connection.execute(_ADD, {name: getattr(row, name) for name in _NAMES})

    async def add_each(self, rows: Sequence[DeliveryRow]) -> None:
        if rows:
            await self._connection.execute(_ADD, [{name: getattr(row, name) for name in _NAMES} for row in rows])

    async def owe_record(self, lead_id: UUID, *, key: str, first_id: UUID, at: datetime) -> None:
        given = {"lead": lead_id, "key": key, "first_id": first_id, "at": at}
        await OWE_RECORD.run(self._connection, given)

    async def owe_records_of(self, rep_ids: Sequence[UUID], *, first_id: UUID, at: datetime) -> None:
        await OWE_RECORDS_OF.run(self._connection, {"reps": list(rep_ids), "first_id": first_id, "at": at})

    async def get(self, delivery_id: UUID) -> DeliveryRow | None:
        found = await self._many(_GET, {"delivery": delivery_id})
        return found[0] if found else None

    async def of_appointment(self, appointment_id: UUID) -> Sequence[DeliveryRow]:
        return await self._many(_OF_APPOINTMENT, {"appointment": appointment_id})

    async def fields_set_since(self, row: DeliveryRow) -> Collection[str]:
        given = {"lead": row.lead_id, "connection": row.connection_id, "at": row.created_at, "one": row.id}
        later = await self._connection.scalars(_FIELDS_SINCE, given)
        return {name for action in later for name in action["set"]}

    async def placed_events(self, *, after: datetime) -> Sequence[PlacedEvent]:
        return await PLACED_EVENTS.records(self._connection, PlacedEvent, {"after": after})

    async def of_thing(self, connection_id: UUID, calendar: str, kind: DeliveryKind, key: str) -> Sequence[DeliveryRow]:
        return await self._many(
            _OF_THING, {"connection": connection_id, "calendar": calendar, "kind": kind, "key": key}
        )

    async def claim(self, delivery_id: UUID, *, lease: UUID, span: timedelta, at: datetime) -> DeliveryRow | None:
        given = {"id": delivery_id, "lease": lease, "span": span, "at": at}
        return await CLAIM.record(self._connection, DeliveryRow, given)

    async def note_told(self, delivery_id: UUID, told: str) -> None:
        await self._connection.execute(NOTE_TOLD, {"delivery": delivery_id, "what": told})

    async def note_said(self, delivery_id: UUID, said: BuyerMessage) -> None:
        await self._connection.execute(NOTE_SAID, {"delivery": delivery_id, "what": said.value})

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
        return await SETTLE.run(self._connection, {"id": delivery_id, "lease": lease, **values}) == 1

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
        said: BuyerMessage | None = None,
        mailed_from: str | None = None,
    ) -> bool:
        values = {
            "until": until,
            "refund": 0 if counted else 1,
            "said": said,
            "mailed_from": mailed_from,
            "known": 0 if unsure else 1,
            "sequence": sequence,
        } | error_parameters(error)
        return await POSTPONE.run(self._connection, {"id": delivery_id, "lease": lease, **values}) == 1

    async def reopen(self, delivery_id: UUID, *, status: str, at: datetime) -> bool:
        return await REOPEN.run(self._connection, {"id": delivery_id, "status": status, "at": at}) == 1

    async def owe_again(self, connection_id: UUID, *, at: datetime) -> int:
        await FORGET_RECORDS.run(self._connection, {"connection": connection_id})
        await self._connection.execute(FORGET_OWNERS, {"connection": connection_id})
        return await OWE_AGAIN.run(self._connection, {"connection": connection_id, "at": at})

    async def connection(self, connection_id: UUID) -> ConnectionRow:
        row = (await self._connection.execute(_CONNECTION, {"id": connection_id})).mappings().one()
        return connection_row(row)

    async def claim_overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        return await CLAIM_OVERDUE.records(self._connection, DeliveryRow, {"before": before, "at": at, "limit": limit})

    async def late(self, *, before: datetime) -> Sequence[LateDeliveries]:
        return await LATE.records(self._connection, LateDeliveries, {"before": before})

    async def renew(self, connection_id: UUID, *, at: datetime) -> None:
        await RENEW.run(self._connection, {"connection": connection_id, "at": at})

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
        return await UNLINKED.records(self._connection, DeliveryRow, given)

    async def listed(self, delivery_id: UUID) -> ListedDelivery | None:
        return await LISTED.record(self._connection, ListedDelivery, {"id": delivery_id})

    async def page(
        self, which: DeliveryFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[ListedDelivery]:
        at, last = after or (None, None)
        given = {**asdict(which), "after_at": at, "after_id": last, "limit": limit}
        return await PAGE.records(self._connection, ListedDelivery, given)

    async def _many(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[DeliveryRow]:
        found = await self._connection.execute(statement, parameters)
        return [DeliveryRow(**row) for row in found.mappings()]
