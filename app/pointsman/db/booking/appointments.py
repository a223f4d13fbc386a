"""The appointments repository: appointments, who takes part, and the time that they own."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking import appointment_statements as sql
from pointsman.db.engine.errors import translating_errors
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.booking.availability import Interval
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.services.ports.booking.appointments import (
    AppointmentEvent,
    AppointmentFilter,
    AppointmentRow,
    BusyReservation,
    Companion,
)

_ASKED = tuple(f.name for f in fields(AppointmentFilter) if f.name not in {"sees", "rep", "as_companion"})


class SqlAppointments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_reps(self, rep_ids: Sequence[UUID]) -> None:
        await sql.LOCK_REPS.run(self._connection, {"reps": list(rep_ids)})

    async def busy_reservations(self, rep_ids: Sequence[UUID], window: Interval) -> Sequence[BusyReservation]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        return [
            BusyReservation(
                rep_id=row.rep_id,
                interval=Interval(row.starts, row.ends),
                buffer_before=row.buffer_before,
                buffer_after=row.buffer_after,
                lead_id=row.lead_id,
                appointment_id=row.appointment_id,
                slot_hold_id=row.slot_hold_id,
                category=row.category,
            )
            for row in await sql.BUSY_RESERVATIONS.rows(self._connection, parameters)
        ]

    async def add(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        with translating_errors():
            await self._connection.execute(sql.ADD, {name: getattr(row, name) for name in (*sql.FIXED, *sql.CHANGING)})
        await self._add_companions(row.id, row.companions)
        await self.reserve_time(row, reservation_ids=reservation_ids)

    async def save(self, row: AppointmentRow) -> None:
        with translating_errors():
            values = {name: getattr(row, name) for name in sql.CHANGING}
            await self._connection.execute(sql.SAVE, {"appointment": row.id, **values})

    async def release_time(self, appointment_id: UUID) -> None:
        await self._connection.execute(sql.RELEASE_TIME, {"appointment": appointment_id})

    async def reserve_time(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        takes_part = [(row.rep_id, row.work), *((item.rep_id, item.work) for item in row.companions)]
        with translating_errors():
            for reservation_id, (rep_id, work) in zip(reservation_ids, takes_part, strict=True):
                values = {
                    "id": reservation_id,
                    "rep": rep_id,
                    "start": row.starts_at,
                    "end": row.ends_at,
                    "before": row.buffer_before,
                    "after": row.buffer_after,
                    "appointment": row.id,
                    "lead": row.lead_id,
                    "work": work,
                }
                await sql.RESERVE_TIME.run(self._connection, values)

    async def set_companions(self, appointment_id: UUID, companions: Sequence[Companion]) -> None:
        await self._connection.execute(sql.DROP_COMPANIONS, {"appointment": appointment_id})
        await self._add_companions(appointment_id, companions)

    async def nth_latest_act(self, lead_id: UUID, *, actor: str, n: int) -> datetime | None:
        given = {"lead": lead_id, "actor": actor, "before": n - 1}
        found: datetime | None = await self._connection.scalar(sql.NTH_LATEST_ACT, given)
        return found

    async def add_event(self, event: AppointmentEvent) -> None:
        names = ("id", "appointment_id", "rep_id", "at", "act", "by", "actor", "reason", "detail")
        await self._connection.execute(sql.ADD_EVENT, {name: getattr(event, name) for name in names})

    async def history(self, appointment_id: UUID) -> Sequence[AppointmentEvent]:
        rows = await self._connection.execute(sql.HISTORY, {"appointment": appointment_id})
        return [AppointmentEvent(**row) for row in rows.mappings()]

    async def count_by_rep(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, int]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        found = {row.rep_id: row.n for row in await sql.COUNT_BY_REP.rows(self._connection, parameters)}
        return {rep_id: found.get(rep_id, 0) for rep_id in rep_ids}

    async def get(
        self, appointment_id: UUID, *, lock: bool = False, sees: Visibility = SEES_ALL
    ) -> AppointmentRow | None:
        if lock:
            await self._connection.execute(sql.LOCK, {"appointment": appointment_id})
        return await self._one(sql.GET, {"appointment": appointment_id, **visibility_values(sees)})

    async def active_for_lead(self, lead_id: UUID) -> AppointmentRow | None:
        return await self._one(sql.ACTIVE_FOR_LEAD, {"lead": lead_id})

    async def leads_with_standing(self, lead_ids: Sequence[UUID]) -> frozenset[UUID]:
        return frozenset(await sql.LEADS_WITH_STANDING.scalars(self._connection, {"leads": list(lead_ids)}))

    async def has_other_attended(self, assignment_id: UUID, *, besides: UUID) -> bool:
        return bool(
            await sql.HAS_OTHER_ATTENDED.scalar(self._connection, {"assignment": assignment_id, "besides": besides})
        )

    async def unconfirmed(
        self, *, before: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[tuple[datetime, UUID]]:
        at, last = after or (None, None)
        given = {"before": before, "after_at": at, "after_id": last, "limit": limit}
        return [(row.at, row.id) for row in await sql.UNCONFIRMED.rows(self._connection, given)]

    async def without_result(self, *, ended_by: datetime, code: str, limit: int) -> Sequence[AppointmentRow]:
        parameters = {"ended_by": ended_by, "code": code, "limit": limit}
        rows = await self._connection.execute(sql.WITHOUT_RESULT, parameters)
        return [_row(row) for row in rows.mappings()]

    async def page(
        self, which: AppointmentFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[AppointmentRow]:
        led = await self._page({"leader": which.rep, "companion": None}, which, after, limit)
        if which.rep is None or not which.as_companion:
            return led
        # Two questions, each by its own index: one that asks for either reads all of both.
        taken_part = await self._page({"leader": None, "companion": which.rep}, which, after, limit)
        return sorted([*led, *taken_part], key=lambda row: (row.created_at, row.id), reverse=True)[:limit]

    async def _page(
        self,
        part: Mapping[str, str | None],
        which: AppointmentFilter,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[AppointmentRow]:
        at, last = after or (None, None)
        asked = {name: getattr(which, name) for name in _ASKED} | dict(part)
        given = {**asked, **visibility_values(which.sees), "after_at": at, "after_id": last, "limit": limit}
        return [_row(row._asdict()) for row in await sql.PAGE.rows(self._connection, given)]

    async def _add_companions(self, appointment_id: UUID, companions: Sequence[Companion]) -> None:
        for item in companions:
            values = {"rep_id": item.rep_id, "work": item.work, "pool": item.pool, "reason": item.reason}
            await self._connection.execute(sql.ADD_COMPANION, {"appointment_id": appointment_id, **values})

    async def _one(self, statement: Select[Any], parameters: Mapping[str, Any]) -> AppointmentRow | None:
        row = (await self._connection.execute(statement, parameters)).mappings().one_or_none()
        return _row(row) if row else None


def _row(row: RowMapping | Mapping[str, Any]) -> AppointmentRow:
    companions = tuple(Companion(**{**item, "rep_id": UUID(item["rep_id"])}) for item in row["companions"])
    return AppointmentRow(**{**row, "companions": companions})
