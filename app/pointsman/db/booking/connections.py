"""The connections repository."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import and_, bindparam, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.tables import connection_pace, connections
from pointsman.db.tables.base import INSTANT
from pointsman.domain.field_mapping.mapped import MappedField
from pointsman.domain.messages.message import Message, message_from_json
from pointsman.services.ports.booking.connections import ConnectionRow, OnRelease, RecordValue

_ADD = insert(connections)
_CHANGE = (
    update(connections)
    .where(connections.c.id == bindparam("of"))
    .values(
        connector=bindparam("connector"),
        config=bindparam("config"),
        sealed=bindparam("sealed"),
        active=bindparam("active"),
        pending=bindparam("pending"),
        fault=bindparam("fault"),
        max_reading_age_s=bindparam("max_reading_age_s"),
        sync_owners=bindparam("sync_owners"),
        on_release=bindparam("on_release"),
        record=bindparam("record"),
        users_due_at=None,
        fields=bindparam("fields"),
        field_faults=bindparam("field_faults"),
        fields_due_at=bindparam("fields_due_at"),
    )
)
_CHANGING = (
    "connector",
    "config",
    "sealed",
    "active",
    "pending",
    "fault",
    "max_reading_age_s",
    "sync_owners",
    "on_release",
    "record",
    "fields",
    "field_faults",
    "fields_due_at",
)
_GET = select(connections).where(connections.c.key == bindparam("key"))
_GET_BY_ID = select(connections).where(connections.c.id == bindparam("of", type_=UUID_TYPE))
_LOCK = _GET.with_for_update()
_after_at = bindparam("after_at", type_=INSTANT)
_PAGE = (
    select(connections)
    .where(
        or_(
            _after_at.is_(None),
            tuple_(connections.c.created_at, connections.c.id)
            < tuple_(_after_at, bindparam("after_id", type_=UUID_TYPE)),
        )
    )
    .order_by(connections.c.created_at.desc(), connections.c.id.desc())
    .limit(bindparam("limit"))
)
_CONNECTORS = select(connections.c.key, connections.c.connector).order_by(connections.c.key)
_OWNER_KEEPING_CRMS = select(connections).where(connections.c.sync_owners).order_by(connections.c.key)
_TO_PROBE = (
    select(connections)
    .outerjoin(
        connection_pace, and_(connection_pace.c.connection_id == connections.c.id, connection_pace.c.subject == "")
    )
    .where(
        connections.c.active,
        ~connections.c.pending,
        connections.c.fault.is_not(None),
        or_(connection_pace.c.not_before.is_(None), connection_pace.c.not_before <= bindparam("at", type_=INSTANT)),
    )
    .order_by(connection_pace.c.not_before.nulls_first(), connections.c.id)
    .limit(bindparam("limit"))
)
_SET_FAULT = (
    update(connections)
    .where(connections.c.id == bindparam("of"), connections.c.fault.is_distinct_from(bindparam("fault")))
    .values(fault=bindparam("fault"))
)
_WITH_FIELDS_DUE = (
    select(connections)
    .where(
        connections.c.active,
        ~connections.c.pending,
        connections.c.fault.is_(None),
        connections.c.fields_due_at <= bindparam("at", type_=INSTANT),
    )
    .order_by(connections.c.fields_due_at, connections.c.id)
    .limit(bindparam("limit"))
)
_LOOK_AT_FIELDS = (
    update(connections)
    .where(connections.c.id == bindparam("of"), connections.c.fields_due_at > bindparam("at", type_=INSTANT))
    .values(fields_due_at=bindparam("at", type_=INSTANT))
)
_NOTE_FIELDS = (
    update(connections)
    .where(connections.c.id == bindparam("of"), connections.c.fields == bindparam("seen_fields", type_=JSONB))
    .values(fields=bindparam("fields"), field_faults=bindparam("field_faults"), fields_due_at=bindparam("due_at"))
)


def connection_row(columns: Mapping[Any, Any]) -> ConnectionRow:
    """The row that has these columns, others left aside."""
    values = {name: columns[name] for name in ConnectionRow.__slots__}
    fault = message_from_json(values["fault"]) if values["fault"] else None
    record = {RecordValue(value): name for value, name in values["record"].items()}
    read = {
        "fault": fault,
        "on_release": OnRelease(values["on_release"]),
        "record": record,
        "fields": tuple(map(MappedField.from_json, values["fields"])),
        "field_faults": {name: message_from_json(told) for name, told in values["field_faults"].items()},
    }
    return ConnectionRow(**{**values, **read})


def _values(row: ConnectionRow, names: Iterable[str]) -> dict[str, Any]:
    stored = {
        "fault": row.fault.as_json() if row.fault else None,
        "record": dict(row.record),
        "fields": _stored(row.fields),
        "field_faults": _stored_faults(row.field_faults),
    }
    return {name: getattr(row, name) for name in names} | stored


def _stored(fields: Iterable[MappedField]) -> list[dict[str, Any]]:
    return [one.as_json() for one in fields]


def _stored_faults(faults: Mapping[str, Message]) -> dict[str, Any]:
    return {name: fault.as_json() for name, fault in faults.items()}


class SqlConnections:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: ConnectionRow) -> None:
        """Raises `ConstraintRefused` "connections_key_key" when the key is in use."""
        with translating_errors():
            await self._connection.execute(_ADD, _values(row, ConnectionRow.__slots__))

    async def change(self, row: ConnectionRow) -> None:
        await self._connection.execute(_CHANGE, {"of": row.id, **_values(row, _CHANGING)})

    async def get(self, key: str, *, lock: bool = False) -> ConnectionRow | None:
        found = await self._connection.execute(_LOCK if lock else _GET, {"key": key})
        row = found.mappings().one_or_none()
        return connection_row(row) if row else None

    async def get_by_id(self, connection_id: UUID) -> ConnectionRow | None:
        row = (await self._connection.execute(_GET_BY_ID, {"of": connection_id})).mappings().one_or_none()
        return connection_row(row) if row else None

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ConnectionRow]:
        after_at, after_id = after or (None, None)
        found = await self._connection.execute(_PAGE, {"after_at": after_at, "after_id": after_id, "limit": limit})
        return [connection_row(row) for row in found.mappings()]

    async def connectors(self) -> Mapping[str, str]:
        return {row.key: row.connector for row in await self._connection.execute(_CONNECTORS)}

    async def owner_keeping_crms(self) -> Sequence[ConnectionRow]:
        return [connection_row(row) for row in (await self._connection.execute(_OWNER_KEEPING_CRMS)).mappings()]

    async def to_probe(self, *, at: datetime, limit: int) -> Sequence[ConnectionRow]:
        found = await self._connection.execute(_TO_PROBE, {"at": at, "limit": limit})
        return [connection_row(row) for row in found.mappings()]

    async def with_fields_due(self, *, at: datetime, limit: int) -> Sequence[ConnectionRow]:
        found = await self._connection.execute(_WITH_FIELDS_DUE, {"at": at, "limit": limit})
        return [connection_row(row) for row in found.mappings()]

    async def look_at_fields(self, connection_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_LOOK_AT_FIELDS, {"of": connection_id, "at": at})

    async def note_fields(
        self,
        connection_id: UUID,
        faults: Mapping[str, Message],
        *,
        seen_fields: Sequence[MappedField],
        fields: Sequence[MappedField],
        due_at: datetime,
    ) -> bool:
        given = {
            "of": connection_id,
            "seen_fields": _stored(seen_fields),
            "fields": _stored(fields),
            "field_faults": _stored_faults(faults),
            "due_at": due_at,
        }
        return (await self._connection.execute(_NOTE_FIELDS, given)).rowcount == 1

    async def set_fault(self, connection_id: UUID, fault: Message | None) -> bool:
        done = await self._connection.execute(
            _SET_FAULT, {"of": connection_id, "fault": fault.as_json() if fault else None}
        )
        return done.rowcount == 1
