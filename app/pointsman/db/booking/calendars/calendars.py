"""The calendars repository: each rep's calendars, and what was last read in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking.calendars.bindings import (
    BIND,
    BINDING,
    BINDINGS,
    CLEAR_WRITE_TARGET,
    UNBIND,
    WRITE_TARGET,
    WRITING_CONNECTORS,
    binding_of,
)
from pointsman.db.booking.calendars.comparisons import (
    ADD_MISSING,
    CLEAR_DOUBT,
    DOUBT,
    DOUBTS,
    FORGET_MISSING,
    MISSING,
)
from pointsman.db.booking.calendars.readings import (
    CONFIRM,
    DROP_READINGS,
    OUTDATE,
    OUTDATE_READING,
    PLACED_KEYS,
    STORE_READING,
    reading_of,
    stored,
)
from pointsman.db.booking.calendars.watches import LEFT_WATCHED, NOTE_WATCH, RENEW_WATCH, RENEW_WATCHES
from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.own_events import OwnEvent
from pointsman.services.ports.booking.calendars import (
    CalendarBinding,
    CalendarReading,
    MissingEvent,
    PlacedKey,
    WatchNote,
)


class SqlCalendars:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def bindings(
        self, rep_keys: Sequence[str] | None
    ) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
        parameters = {"everyone": rep_keys is None, "reps": list(rep_keys or ())}
        rows = await BINDINGS.rows(self._connection, parameters)
        return [(binding_of(row), reading_of(row)) for row in rows]

    async def store_readings(self, reads: Sequence[CalendarReading]) -> None:
        # In the order of the ids, so that two readers of the same calendars do not wait for each other in a circle.
        values = [stored(read) for read in sorted(reads, key=lambda read: read.binding_id)]
        if values:
            await STORE_READING.run_each(self._connection, values)

    async def confirm_reading(self, read: CalendarReading, *, at: datetime, cursor: str | None) -> None:
        given = {"binding": read.binding_id, "before": read.read_at, "at": at, "following": cursor}
        await self._connection.execute(CONFIRM, given)

    async def note_watch(self, binding_id: UUID, watch: WatchNote, *, before: str | None) -> bool:
        noted = {"state": watch.state, "began": watch.began_at, "renew": watch.renew_at}
        given = {"binding": binding_id, "before": before, **noted}
        return (await self._connection.execute(NOTE_WATCH, given)).rowcount > 0

    async def binding(self, binding_id: UUID) -> CalendarBinding | None:
        row = await BINDING.one(self._connection, {"binding": binding_id})
        return binding_of(row) if row else None

    async def outdate_reading(self, binding_id: UUID, *, at: datetime) -> None:
        await OUTDATE_READING.run(self._connection, {"binding": binding_id, "at": at})

    async def renew_watch(self, binding_id: UUID, *, at: datetime) -> None:
        await RENEW_WATCH.run(self._connection, {"binding": binding_id, "at": at})

    async def renew_watches(self, connection_id: UUID, *, at: datetime) -> None:
        await RENEW_WATCHES.run(self._connection, {"of": connection_id, "at": at})

    async def left_watched(self) -> Sequence[CalendarBinding]:
        return [binding_of(row) for row in await LEFT_WATCHED.rows(self._connection, {})]

    async def outdate_readings(self, connection_id: UUID, calendar: str, *, at: datetime) -> bool:
        return await OUTDATE.run(self._connection, {"of": connection_id, "calendar": calendar, "at": at}) > 0

    async def placed_keys(self, appointment_ids: Collection[UUID]) -> Sequence[PlacedKey]:
        rows = await PLACED_KEYS.rows(self._connection, {"ids": list(appointment_ids)})
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
        found = await self._connection.execute(MISSING)
        return [MissingEvent(**row) for row in found.mappings()]

    async def keep_missing(self, connection_id: UUID, calendar: str, missing: Sequence[MissingEvent]) -> None:
        given = {"of": connection_id, "in_calendar": calendar}
        await self._connection.execute(FORGET_MISSING, given)
        if missing:
            await self._connection.execute(ADD_MISSING, [asdict(one) for one in missing])

    async def doubt(self, connection_id: UUID, *, at: datetime) -> None:
        await DOUBT.run(self._connection, {"of": connection_id, "at": at})

    async def doubts(self) -> Mapping[tuple[UUID, str], datetime]:
        rows = await DOUBTS.rows(self._connection, {})
        return {(row.connection_id, row.calendar): row.since for row in rows}

    async def clear_doubt(self, connection_id: UUID, calendar: str, *, since: datetime) -> None:
        given = {"of": connection_id, "in_calendar": calendar, "since": since}
        await self._connection.execute(CLEAR_DOUBT, given)

    async def drop_readings(self, connection_id: UUID) -> None:
        await DROP_READINGS.run(self._connection, {"connection": connection_id})

    async def bind(self, rep_id: UUID, bindings: Sequence[CalendarBinding]) -> None:
        await UNBIND.run(self._connection, {"rep": rep_id, "keep": [b.id for b in bindings]})
        await self._connection.execute(CLEAR_WRITE_TARGET, {"rep": rep_id})
        for item in bindings:
            values = {"id": item.id, "rep": rep_id, "connection": item.connection.id}
            await BIND.run(self._connection, {**values, "calendar": item.calendar, "writes": item.writes})

    async def writing_connectors(self) -> Mapping[str, str]:
        return {row.rep: row.connector for row in await WRITING_CONNECTORS.rows(self._connection, {})}

    async def write_target(self, rep_id: UUID) -> CalendarBinding | None:
        row = await WRITE_TARGET.one(self._connection, {"rep": rep_id})
        return binding_of(row) if row else None
