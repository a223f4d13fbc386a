"""The repository of leads' records in CRMs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import crm_records, deliveries
from pointsman.db.tables.base import INSTANT
from pointsman.domain.field_mapping.choosing import seen_from_json
from pointsman.services.ports.booking.crm_records import CrmRecordRow

_OF = (
    crm_records.c.connection_id == bindparam("connection", type_=UUID_TYPE),
    crm_records.c.record_id == bindparam("record"),
)
_GET = select(crm_records).where(*_OF)
_LOCK = _GET.with_for_update()
_OF_LEAD = (
    select(crm_records)
    .where(
        crm_records.c.connection_id == bindparam("connection", type_=UUID_TYPE),
        crm_records.c.lead_id == bindparam("lead", type_=UUID_TYPE),
    )
    .order_by(crm_records.c.revision.desc(), crm_records.c.record_id)
    .limit(1)
)
_LEAD_OF = (
    select(deliveries.c.lead_id)
    .where(
        deliveries.c.connection_id == bindparam("connection", type_=UUID_TYPE),
        deliveries.c.vendor_id == bindparam("record"),
        deliveries.c.kind == "person",
    )
    .order_by(deliveries.c.created_at.desc(), deliveries.c.sequence.desc())
    .limit(1)
)
_NEW = insert(crm_records)
_PUT = _NEW.on_conflict_do_update(
    index_elements=["connection_id", "record_id"],
    set_={name: _NEW.excluded[name] for name in ("lead_id", "seen", "revision", "told_at", "due_at")},
    where=crm_records.c.revision == _NEW.excluded.revision - 1,
)
#: Also a lead's record of which nothing was seen yet, as the deliveries know it.
_TOLD = PreparedStatement("""
    with told as (
        select distinct on (record_id) record_id, changed_at
        from unnest(cast(:records as text[]), cast(:times as timestamptz[])) as said(record_id, changed_at)
        order by record_id, changed_at desc nulls last
    ), known as (
        select told.*, coalesce(
            (select r.lead_id from crm_records r where r.connection_id = :connection and r.record_id = told.record_id),
            (select d.lead_id from deliveries d
             where d.connection_id = :connection and d.vendor_id = told.record_id and d.kind = 'person'
             order by d.created_at desc, d.sequence desc limit 1)) as lead_id
        from told
    )
    insert into crm_records (connection_id, record_id, lead_id, revision, told_at, due_at)
    select :connection, record_id, lead_id, 0, changed_at, :at from known where lead_id is not null order by record_id
    on conflict (connection_id, record_id) do update
        set due_at = excluded.due_at, told_at = greatest(crm_records.told_at, excluded.told_at)
    returning record_id
""")
_PUT_OFF = (
    update(crm_records).where(*_OF, crm_records.c.due_at.is_not(None)).values(due_at=bindparam("until", type_=INSTANT))
)
_DUE = (
    select(crm_records.c.connection_id, crm_records.c.record_id)
    .where(crm_records.c.due_at <= bindparam("at", type_=INSTANT))
    .order_by(crm_records.c.due_at)
    .limit(bindparam("limit"))
)
_FORGET = delete(crm_records).where(crm_records.c.connection_id == bindparam("connection", type_=UUID_TYPE))


class SqlCrmRecords:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, connection_id: UUID, record_id: str, *, lock: bool = False) -> CrmRecordRow | None:
        given = {"connection": connection_id, "record": record_id}
        row = (await self._connection.execute(_LOCK if lock else _GET, given)).mappings().one_or_none()
        return None if row is None else _row(row)

    async def of_lead(self, connection_id: UUID, lead_id: UUID) -> CrmRecordRow | None:
        given = {"connection": connection_id, "lead": lead_id}
        row = (await self._connection.execute(_OF_LEAD, given)).mappings().one_or_none()
        return None if row is None else _row(row)

    async def lead_of(self, connection_id: UUID, record_id: str) -> UUID | None:
        found: UUID | None = await self._connection.scalar(_LEAD_OF, {"connection": connection_id, "record": record_id})
        return found

    async def put(self, row: CrmRecordRow) -> bool:
        values = {name: getattr(row, name) for name in CrmRecordRow.__slots__}
        values["seen"] = {name: seen.as_json() for name, seen in row.seen.items()}
        return (await self._connection.execute(_PUT, values)).rowcount == 1

    async def told(
        self, connection_id: UUID, records: Collection[str], *, changed_at: Mapping[str, datetime], at: datetime
    ) -> Collection[str]:
        given = {
            "connection": connection_id,
            "records": list(records),
            "times": [changed_at.get(one) for one in records],
            "at": at,
        }
        found: list[str] = await _TOLD.scalars(self._connection, given)
        return found

    async def put_off(self, connection_id: UUID, record_id: str, *, until: datetime) -> None:
        await self._connection.execute(_PUT_OFF, {"connection": connection_id, "record": record_id, "until": until})

    async def due(self, *, at: datetime, limit: int) -> Collection[tuple[UUID, str]]:
        found = await self._connection.execute(_DUE, {"at": at, "limit": limit})
        return [(row.connection_id, row.record_id) for row in found]

    async def forget(self, connection_id: UUID) -> None:
        await self._connection.execute(_FORGET, {"connection": connection_id})


def _row(columns: Mapping[Any, Any]) -> CrmRecordRow:
    values = {name: columns[name] for name in CrmRecordRow.__slots__}
    seen = {name: seen_from_json(stored) for name, stored in columns["seen"].items()}
    return CrmRecordRow(**{**values, "seen": seen})
