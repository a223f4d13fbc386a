"""The calendars repository: each rep's calendars, and what was last read in them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking.connections import connection_row
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import calendar_reads, missing_events, rep_calendars
from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.own_events import OwnEvent
from pointsman.domain.messages.message import message_from_json
from pointsman.services.ports.booking.calendars import (
    CalendarBinding,
    CalendarReading,
    MissingEvent,
    PlacedKey,
    ShownEvent,
    WatchNote,
)
from pointsman.services.ports.vendors.calendars import CalendarOwner

_BINDINGS = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners,
        s.window_start, s.window_end, s.busy, s.keyed, s.read_at, s.error,
        coalesce(s.read_at <= b.outdated_at, false) or coalesce((s.owner_zone, s.owner_email) <> (r.time_zone, r.email), false)
            as outdated,
        s.owner_zone, s.owner_email, s.cursor
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    left join calendar_reads s on s.rep_calendar_id = b.id
    where case when cast(:everyone as boolean) then r.active else r.key = any(cast(:reps as text[])) end
    order by r.key, b.id
""")
_WRITE_TARGET = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.rep_id = :rep and b.writes
""")
_WRITING_CONNECTORS = PreparedStatement("""
    select r.key as rep, c.connector
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.writes and r.active
""")
_BINDING = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.id = :binding
""")
#: A calendar that was unbound while it was being read has no row to belong to.
_STORE_READING = PreparedStatement("""
    insert into calendar_reads (rep_calendar_id, window_start, window_end, busy, keyed, read_at, error,
        owner_zone, owner_email, cursor)
    select b.id, :window_start, :window_end, cast(:busy as jsonb), :keyed, :read_at, cast(:error as jsonb),
        :owner_zone, :owner_email, :cursor
    from rep_calendars b where b.id = :binding
    on conflict (rep_calendar_id) do update set window_start = excluded.window_start,
        window_end = excluded.window_end, busy = excluded.busy, keyed = excluded.keyed,
        read_at = excluded.read_at, error = excluded.error,
        owner_zone = excluded.owner_zone, owner_email = excluded.owner_email,
        cursor = coalesce(excluded.cursor, calendar_reads.cursor)
    where calendar_reads.read_at <= excluded.read_at
""")
_CONFIRM = (
    update(calendar_reads)
    .where(
        calendar_reads.c.rep_calendar_id == bindparam("binding"),
        calendar_reads.c.read_at == bindparam("before"),
        calendar_reads.c.read_at < bindparam("at"),
        calendar_reads.c.error.is_(None),
    )
    .values(read_at=bindparam("at"), cursor=bindparam("following"))
)
_MISSING = select(missing_events)
_FORGET_MISSING = delete(missing_events).where(
    missing_events.c.connection_id == bindparam("of"), missing_events.c.calendar == bindparam("in_calendar")
)
_ADD_MISSING = insert(missing_events)
_NOTE_WATCH = (
    update(rep_calendars)
    .where(
        rep_calendars.c.id == bindparam("binding"),
        rep_calendars.c.watch_state.is_not_distinct_from(bindparam("before")),
    )
    .values(watch_state=bindparam("state"), watch_began_at=bindparam("began"), watch_renew_at=bindparam("renew"))
)
_OUTDATE_READING = PreparedStatement("""
    update rep_calendars set outdated_at = greatest(outdated_at, :at) where id = :binding
""")
_RENEW_WATCH = PreparedStatement("""
    update rep_calendars set watch_renew_at = least(watch_renew_at, :at) where id = :binding and watch_state is not null
""")
_RENEW_WATCHES = PreparedStatement("""
    update rep_calendars set watch_renew_at = least(watch_renew_at, :at) where connection_id = :of and watch_renew_at is not null
""")
_LEFT_WATCHED = PreparedStatement("""
    select b.id as binding_id, b.rep_id, r.key as rep_key, r.time_zone, r.email, b.calendar, b.writes,
        b.watch_state, b.watch_began_at, b.watch_renew_at,
        c.id, c.key, c.connector, c.config, c.sealed, c.active, c.pending, c.fault, c.created_at,
        c.max_reading_age_s, c.sync_owners
    from rep_calendars b join reps r on r.id = b.rep_id join connections c on c.id = b.connection_id
    where b.watch_state is not null and not r.active
    order by b.id
""")
_OUTDATE = PreparedStatement("""
    update rep_calendars b set outdated_at = greatest(b.outdated_at, :at)
    where b.connection_id = :of and b.calendar = :calendar
        and not exists (select 1 from calendar_reads s where s.rep_calendar_id = b.id and s.keyed)
""")
_PLACED_KEYS = PreparedStatement("""
    select b.id as binding_id, d.key, a.starts_at, a.ends_at,
        a.status not in ('cancelled','rejected')
            and (array_agg(d.wanted order by d.sequence desc))[1] = 'put' as is_wanted,
        case when (array_agg(d.status order by d.sequence desc))[1] in ('done','superseded') then max(d.done_at) end as settled_at
    from appointments a join deliveries d on d.appointment_id = a.id
    join rep_calendars b on b.connection_id = d.connection_id and b.calendar = d.calendar
    where a.id = any(cast(:ids as uuid[])) and d.kind = 'appointment'
    group by b.id, d.key, a.id
""")
_DOUBT = PreparedStatement("""
    update rep_calendars set doubted_at = greatest(doubted_at, :at) where connection_id = :of
""")
_DOUBTS = PreparedStatement("""
    select connection_id, calendar, max(doubted_at) as since from rep_calendars where doubted_at is not null
    group by connection_id, calendar
""")
_CLEAR_DOUBT = (
    update(rep_calendars)
    .where(
        rep_calendars.c.connection_id == bindparam("of"),
        rep_calendars.c.calendar == bindparam("in_calendar"),
        rep_calendars.c.doubted_at <= bindparam("since"),
    )
    .values(doubted_at=None)
)
_DROP_READINGS = PreparedStatement("""
    delete from calendar_reads s using rep_calendars b
    where b.id = s.rep_calendar_id and b.connection_id = :connection
""")
_UNBIND = PreparedStatement("delete from rep_calendars where rep_id = :rep and not (id = any(cast(:keep as uuid[])))")
_CLEAR_WRITE_TARGET = (
    update(rep_calendars).where(rep_calendars.c.rep_id == bindparam("rep"), rep_calendars.c.writes).values(writes=False)
)
_BIND = PreparedStatement("""
    insert into rep_calendars (id, rep_id, connection_id, calendar, writes)
    values (:id, :rep, :connection, :calendar, :writes)
    on conflict (rep_id, connection_id, calendar) do update set writes = excluded.writes
""")


class SqlCalendars:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def bindings(
        self, rep_keys: Sequence[str] | None
    ) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
        parameters = {"everyone": rep_keys is None, "reps": list(rep_keys or ())}
        rows = await _BINDINGS.rows(self._connection, parameters)
        return [(_binding(row), _read(row)) for row in rows]

    async def store_readings(self, reads: Sequence[CalendarReading]) -> None:
        # In the order of the ids, so that two readers of the same calendars do not wait for each other in a circle.
        values = [
            {
                "binding": read.binding_id,
                "window_start": read.window.start,
                "window_end": read.window.end,
                "busy": json.dumps([*map(_written, read.busy), *([*_written(o.time), o.key] for o in read.own)]),
                "keyed": read.keyed,
                "read_at": read.read_at,
                "error": json.dumps(read.error.as_json()) if read.error else None,
                "owner_zone": read.owner.zone if read.owner else None,
                "owner_email": read.owner.email if read.owner else None,
                "cursor": read.cursor,
            }
            for read in sorted(reads, key=lambda read: read.binding_id)
        ]
        if values:
            await _STORE_READING.run_each(self._connection, values)

    async def confirm_reading(self, read: CalendarReading, *, at: datetime, cursor: str | None) -> None:
        given = {"binding": read.binding_id, "before": read.read_at, "at": at, "following": cursor}
        await self._connection.execute(_CONFIRM, given)

    async def note_watch(self, binding_id: UUID, watch: WatchNote, *, before: str | None) -> bool:
        noted = {"state": watch.state, "began": watch.began_at, "renew": watch.renew_at}
        given = {"binding": binding_id, "before": before, **noted}
        return (await self._connection.execute(_NOTE_WATCH, given)).rowcount > 0

    async def binding(self, binding_id: UUID) -> CalendarBinding | None:
        row = await _BINDING.one(self._connection, {"binding": binding_id})
        return _binding(row) if row else None

    async def outdate_reading(self, binding_id: UUID, *, at: datetime) -> None:
        await _OUTDATE_READING.run(self._connection, {"binding": binding_id, "at": at})

    async def renew_watch(self, binding_id: UUID, *, at: datetime) -> None:
        await _RENEW_WATCH.run(self._connection, {"binding": binding_id, "at": at})

    async def renew_watches(self, connection_id: UUID, *, at: datetime) -> None:
        await _RENEW_WATCHES.run(self._connection, {"of": connection_id, "at": at})

    async def left_watched(self) -> Sequence[CalendarBinding]:
        return [_binding(row) for row in await _LEFT_WATCHED.rows(self._connection, {})]

    async def outdate_readings(self, connection_id: UUID, calendar: str, *, at: datetime) -> bool:
        return await _OUTDATE.run(self._connection, {"of": connection_id, "calendar": calendar, "at": at}) > 0

    async def placed_keys(self, appointment_ids: Collection[UUID]) -> Sequence[PlacedKey]:
        rows = await _PLACED_KEYS.rows(self._connection, {"ids": list(appointment_ids)})
        return [
            PlacedKey(
                binding_id=row.binding_id,
                key=row.key,
                event=OwnEvent(
                    time=Interval(row.starts_at, row.ends_at) if row.is_wanted else None, settled_at=row.settled_at
                ),
            )
            for row in rows
        ]

    async def missing_events(self) -> Sequence[MissingEvent]:
        found = await self._connection.execute(_MISSING)
        return [MissingEvent(**row) for row in found.mappings()]

    async def keep_missing(self, connection_id: UUID, calendar: str, missing: Sequence[MissingEvent]) -> None:
        given = {"of": connection_id, "in_calendar": calendar}
        await self._connection.execute(_FORGET_MISSING, given)
        if missing:
            await self._connection.execute(_ADD_MISSING, [asdict(one) for one in missing])

    async def doubt(self, connection_id: UUID, *, at: datetime) -> None:
        await _DOUBT.run(self._connection, {"of": connection_id, "at": at})

    async def doubts(self) -> Mapping[tuple[UUID, str], datetime]:
        rows = await _DOUBTS.rows(self._connection, {})
        return {(row.connection_id, row.calendar): row.since for row in rows}

    async def clear_doubt(self, connection_id: UUID, calendar: str, *, since: datetime) -> None:
        given = {"of": connection_id, "in_calendar": calendar, "since": since}
        await self._connection.execute(_CLEAR_DOUBT, given)

    async def drop_readings(self, connection_id: UUID) -> None:
        await _DROP_READINGS.run(self._connection, {"connection": connection_id})

    async def bind(self, rep_id: UUID, bindings: Sequence[CalendarBinding]) -> None:
        await _UNBIND.run(self._connection, {"rep": rep_id, "keep": [b.id for b in bindings]})
        await self._connection.execute(_CLEAR_WRITE_TARGET, {"rep": rep_id})
        for item in bindings:
            values = {"id": item.id, "rep": rep_id, "connection": item.connection.id}
            await _BIND.run(self._connection, {**values, "calendar": item.calendar, "writes": item.writes})

    async def writing_connectors(self) -> Mapping[str, str]:
        return {row.rep: row.connector for row in await _WRITING_CONNECTORS.rows(self._connection, {})}

    async def write_target(self, rep_id: UUID) -> CalendarBinding | None:
        row = await _WRITE_TARGET.one(self._connection, {"rep": rep_id})
        return _binding(row) if row else None


def _binding(row: Any) -> CalendarBinding:
    return CalendarBinding(
        id=row.binding_id,
        rep_id=row.rep_id,
        rep_key=row.rep_key,
        owner=CalendarOwner(zone=row.time_zone, email=row.email),
        connection=connection_row(row._asdict()),
        calendar=row.calendar,
        writes=row.writes,
        watch=_watch(row),
    )


def _watch(row: Any) -> WatchNote | None:
    if row.watch_renew_at is None:
        return None
    return WatchNote(state=row.watch_state, began_at=row.watch_began_at, renew_at=row.watch_renew_at)


def _written(time: Interval) -> list[str]:
    return [time.start.isoformat(), time.end.isoformat()]


def _interval(written: Sequence[str]) -> Interval:
    return Interval(datetime.fromisoformat(written[0]), datetime.fromisoformat(written[1]))


def _read(row: Any) -> CalendarReading | None:
    if row.read_at is None:
        return None
    return CalendarReading(
        binding_id=row.binding_id,
        window=Interval(row.window_start, row.window_end),
        busy=tuple(_interval(one) for one in row.busy if len(one) == 2),
        own=tuple(ShownEvent(time=_interval(one), key=one[2]) for one in row.busy if len(one) > 2),
        keyed=row.keyed,
        outdated=row.outdated,
        owner=CalendarOwner(zone=row.owner_zone, email=row.owner_email) if row.owner_zone is not None else None,
        cursor=row.cursor,
        read_at=row.read_at,
        error=message_from_json(row.error) if row.error else None,
    )
