"""Which user of a CRM a rep is."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, any_, bindparam, delete, or_, select, update
from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking.connections import connection_row
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import connections, rep_users
from pointsman.db.tables.base import INSTANT
from pointsman.db.tables.roster import reps
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.rep_users import KnownUser, RepUser, RepWithoutUser, UserState

_connection = bindparam("connection", type_=UUID_TYPE)
_OF_CONNECTION = (
    select(rep_users, reps.c.key.label("rep_key"))
    .join(reps, reps.c.id == rep_users.c.rep_id)
    .where(rep_users.c.connection_id == _connection)
    .order_by(reps.c.key)
)
_OF_REP = (
    select(
        rep_users.c.user_id,
        rep_users.c.email,
        rep_users.c.state,
        connections.c.users_due_at.is_(None).label("in_doubt"),
    )
    .select_from(rep_users)
    .join(reps, reps.c.id == rep_users.c.rep_id)
    .join(connections, connections.c.id == rep_users.c.connection_id)
    .where(rep_users.c.connection_id == _connection, reps.c.key == bindparam("rep"))
)
_IN_DOUBT = select(connections.c.users_due_at.is_(None)).where(connections.c.id == _connection)
_INSERT = insert(rep_users)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[rep_users.c.connection_id, rep_users.c.rep_id],
    set_={
        name: getattr(_INSERT.excluded, name)
        for name in ("user_id", "name", "email", "state", "confirmed_at", "seen_at")
    },
)
_FORGET = delete(rep_users).where(rep_users.c.connection_id == _connection)
_DROP = _FORGET.where(rep_users.c.rep_id == any_(bindparam("reps", type_=ARRAY(UUID_TYPE))))
_IN_USE = (connections.c.sync_owners, connections.c.active, ~connections.c.pending)
_WITHOUT_USER = (
    select(connections.c.key.label("connection"), reps.c.key.label("rep_key"), rep_users.c.state)
    .select_from(rep_users)
    .join(reps, reps.c.id == rep_users.c.rep_id)
    .join(connections, connections.c.id == rep_users.c.connection_id)
    .where(
        *_IN_USE,
        reps.c.active,
        rep_users.c.state != UserState.ACTIVE.value,
        or_(_connection.is_(None), rep_users.c.connection_id == _connection),
    )
    .order_by(connections.c.key, reps.c.key)
    .limit(bindparam("limit"))
)
_DUE = (
    select(connections)
    .where(
        *_IN_USE,
        connections.c.fault.is_(None),
        or_(connections.c.users_due_at.is_(None), connections.c.users_due_at <= bindparam("at", type_=INSTANT)),
    )
    .order_by(connections.c.users_due_at.nulls_first(), connections.c.id)
    .limit(bindparam("limit"))
)
_LOOK_AGAIN = (
    update(connections).where(connections.c.id == _connection).values(users_due_at=bindparam("at", type_=INSTANT))
)
_LOOK_SOON = (
    update(connections)
    .where(connections.c.sync_owners, connections.c.users_due_at > bindparam("at", type_=INSTANT))
    .values(users_due_at=bindparam("at", type_=INSTANT))
)
#: Keys are `person_key` and `meeting_key`. What another transaction owes in the same moment is rendered after this one.
_OWE = PreparedStatement("""
    with things as (
        select lead_id, null::uuid as appointment_id, null::uuid as rep_id, 'person' as kind, 'pm-lead-' || lead_id as key
        from (
            select lead_id from assignments where rep_id = any(:reps) and ended_at is null
            union
            select lead_id from appointments where rep_id = any(:reps) and status in ('requested','confirmed')) held
        union all
        select lead_id, id, rep_id, 'activity', 'pm-' || id from appointments
        where rep_id = any(:reps) and status = 'confirmed' and starts_at > :at
    ), wanted as (
        select things.*, coalesce(past.sequence + 1, 0) as sequence,
            md5(cast(:first_id as text) || things.key)::uuid as id
        from connections k cross join things left join lateral (
            select d.sequence, d.status = 'pending' and d.xmin = pg_current_xact_id()::xid as is_owed from deliveries d
            where d.key = things.key and d.connection_id = k.id and d.calendar = '' and d.kind = things.kind
            order by d.sequence desc limit 1) past on true
        where k.id = :connection and k.sync_owners and past.is_owed is not true
          and (things.kind = 'person' or past.sequence is not null)
    ), owed as (
        insert into deliveries (id, lead_id, appointment_id, rep_id, connection_id, kind, wanted, key, sequence, status,
            owed_at, next_attempt_at, created_at)
        select id, lead_id, appointment_id, rep_id, :connection, kind, 'put', key, sequence, 'pending', :at, :at, :at
        from wanted
        on conflict do nothing
        returning id
    )
    select (select procrastinate_defer_jobs_v1(array_agg(row(
        'pointsman-vendors', 'delivery.run', 0, null, null, jsonb_build_object('delivery_id', id), null
    )::procrastinate_job_to_defer_v1)) from owed having count(*) > 0) as jobs
""")


class SqlRepUsers:
    """See `pointsman.services.ports.booking.rep_users.RepUsers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_connection(self, connection_id: UUID) -> Sequence[RepUser]:
        found = await self._connection.execute(_OF_CONNECTION, {"connection": connection_id})
        return [_user(row) for row in found.mappings()]

    async def of_rep(self, connection_id: UUID, rep_key: str) -> KnownUser | None:
        found = await self._connection.execute(_OF_REP, {"connection": connection_id, "rep": rep_key})
        row = found.mappings().one_or_none()
        return KnownUser(**{**row, "state": UserState(row["state"])}) if row else None

    async def in_doubt(self, connection_id: UUID) -> bool:
        return bool(await self._connection.scalar(_IN_DOUBT, {"connection": connection_id}))

    async def put(self, users: Sequence[RepUser]) -> None:
        if users:
            await self._connection.execute(_PUT, [_values(one) for one in users])

    async def drop(self, connection_id: UUID, rep_ids: Collection[UUID]) -> None:
        await self._connection.execute(_DROP, {"connection": connection_id, "reps": list(rep_ids)})

    async def forget(self, connection_id: UUID) -> None:
        await self._connection.execute(_FORGET, {"connection": connection_id})

    async def owe(self, connection_id: UUID, rep_ids: Sequence[UUID], *, first_id: UUID, at: datetime) -> None:
        given = {"connection": connection_id, "reps": list(rep_ids), "first_id": first_id, "at": at}
        await _OWE.run(self._connection, given)

    async def without_user(self, *, limit: int, connection_id: UUID | None = None) -> Sequence[RepWithoutUser]:
        found = await self._connection.execute(_WITHOUT_USER, {"limit": limit, "connection": connection_id})
        return [
            RepWithoutUser(connection=row.connection, rep_key=row.rep_key, state=UserState(row.state)) for row in found
        ]

    async def due(self, *, at: datetime, limit: int) -> Sequence[ConnectionRow]:
        found = await self._connection.execute(_DUE, {"at": at, "limit": limit})
        return [connection_row(row) for row in found.mappings()]

    async def look_again(self, connection_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_LOOK_AGAIN, {"connection": connection_id, "at": at})

    async def look_soon(self, *, at: datetime) -> None:
        await self._connection.execute(_LOOK_SOON, {"at": at})


def _user(row: Any) -> RepUser:
    values = {name: row[name] for name in RepUser.__slots__}
    return RepUser(**{**values, "state": UserState(values["state"])})


def _values(one: RepUser) -> dict[str, Any]:
    return {name: getattr(one, name) for name in RepUser.__slots__ if name != "rep_key"} | {"state": one.state.value}
