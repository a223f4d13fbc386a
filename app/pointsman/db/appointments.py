"""The appointments repository: appointments and the time that they own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, TextClause, bindparam, insert, text
from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.faults import speaking_the_port
from pointsman.db.tables import appointments
from pointsman.domain.availability import Interval
from pointsman.services.ports.meeting import AppointmentRow

_IDS = bindparam("reps", type_=ARRAY(UUID_TYPE))
# Not FOR UPDATE: rows that merely refer to the rep may still be written meanwhile.
_LOCK_REP = text("select 1 from reps where id = :rep for no key update")
_EXPIRE_HOLDS = text(
    "update reservations set active = false where rep_id = :rep and active and kind = 'hold' and expires_at <= :at"
)
_RESERVED = text(
    "select rep_id, lower(during) as starts, upper(during) as ends from reservations"
    " where rep_id = any(:reps) and active and during && tstzrange(:start, :end, '[)')"
    " and (expires_at is null or expires_at > statement_timestamp())"  # a hold that has run out holds nothing
).bindparams(_IDS)
_MEETINGS = text(
    "select r.rep_id, lower(r.during) as starts from reservations r"
    " where r.rep_id = any(:reps) and r.active and r.kind = 'appointment'"
    " and lower(r.during) >= :start and lower(r.during) < :end"
).bindparams(_IDS)
_TAKEN = text(
    "select rep_id, lower(during) as starts, upper(during) as ends, kind = 'appointment' as booked from reservations"
    " where rep_id = any(:reps) and active and during && tstzrange(:start, :end, '[)')"
    " and (expires_at is null or expires_at > statement_timestamp())"
).bindparams(_IDS)
_STORED = (
    "id", "lead_id", "work", "status", "starts_at", "ends_at", "title", "assignment_id", "gate_check_id", "override_id",
    "gate_snapshot", "setter_rep_id", "booked_by", "sequence", "created_at", "cancelled_at", "cancelled_by",
    "cancel_reason",
)  # fmt: skip
_ADD = insert(appointments)
_RESERVE = text(
    "insert into reservations (id, rep_id, during, kind, appointment_id, lead_id, work, active)"
    " values (:id, :rep, tstzrange(:start, :end, '[)'), 'appointment', :appointment, :lead, :work, true)"
)
_SELECT = (
    "select a.*, r.id as rep_id, r.key as rep_key, s.key as setter_key from appointments a"
    # The reservation stays, inactive, after a cancellation: it says whose time it was.
    " join lateral (select rep_id from reservations where appointment_id = a.id order by id limit 1) t on true"
    " join reps r on r.id = t.rep_id left join reps s on s.id = a.setter_rep_id"
)
_SEEN = (
    " (cast(:supplier as text) is null or exists (select 1 from assignments x join reps y on y.id = x.rep_id"
    " where x.lead_id = a.lead_id and y.supplier = cast(:supplier as text)))"
)
_GET = text(f"{_SELECT} where a.id = :id and {_SEEN}")
_LOCK = text(f"{_SELECT} where a.id = :id and {_SEEN} for update of a")
_OF_LEAD = text(f"{_SELECT} where a.lead_id = :lead and a.status = 'confirmed'")
_CANCEL = (
    text(
        "update appointments set status = 'cancelled', cancelled_at = :at, cancelled_by = :by, cancel_reason = :reason,"
        " sequence = sequence + 1 where id = :id and status = 'confirmed'"
    ),
    text("update reservations set active = false where appointment_id = :id and active"),
)
_PAGE = text(
    f"{_SELECT} where {_SEEN}"
    " and (cast(:lead as uuid) is null or a.lead_id = cast(:lead as uuid))"
    " and (cast(:rep as text) is null or r.key = cast(:rep as text))"
    " and (cast(:status as text) is null or a.status = cast(:status as text))"
    " and (cast(:after_at as timestamptz) is null"
    " or (a.starts_at, a.id) < (cast(:after_at as timestamptz), cast(:after_id as uuid)))"
    " order by a.starts_at desc, a.id desc limit :limit"
)


class SqlAppointments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_rep(self, rep_id: UUID) -> None:
        await self._connection.execute(_LOCK_REP, {"rep": rep_id})

    async def expire_holds(self, rep_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_EXPIRE_HOLDS, {"rep": rep_id, "at": at})

    async def reserved(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, Sequence[Interval]]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        taken: dict[UUID, list[Interval]] = {rep_id: [] for rep_id in rep_ids}
        for row in await self._connection.execute(_RESERVED, parameters):
            taken[row.rep_id].append(Interval(row.starts, row.ends))
        return taken

    async def meetings(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, Sequence[datetime]]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        starts: dict[UUID, list[datetime]] = {rep_id: [] for rep_id in rep_ids}
        for row in await self._connection.execute(_MEETINGS, parameters):
            starts[row.rep_id].append(row.starts)
        return starts

    async def taken(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, Sequence[tuple[Interval, bool]]]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        found: dict[UUID, list[tuple[Interval, bool]]] = {}
        for row in await self._connection.execute(_TAKEN, parameters):
            found.setdefault(row.rep_id, []).append((Interval(row.starts, row.ends), row.booked))
        return found

    async def add(self, row: AppointmentRow, *, reservation_id: UUID) -> None:
        values = {
            "id": reservation_id,
            "rep": row.rep_id,
            "start": row.starts_at,
            "end": row.ends_at,
            "appointment": row.id,
            "lead": row.lead_id,
            "work": row.work,
        }
        with speaking_the_port():
            await self._connection.execute(_ADD, {name: getattr(row, name) for name in _STORED})
            await self._connection.execute(_RESERVE, values)

    async def get(
        self, appointment_id: UUID, *, lock: bool = False, supplier: str | None = None
    ) -> AppointmentRow | None:
        return await self._one(_LOCK if lock else _GET, {"id": appointment_id, "supplier": supplier})

    async def of_lead(self, lead_id: UUID) -> AppointmentRow | None:
        return await self._one(_OF_LEAD, {"lead": lead_id})

    async def cancel(self, appointment_id: UUID, *, at: datetime, by: str, reason: str) -> None:
        end, release = _CANCEL
        await self._connection.execute(end, {"id": appointment_id, "at": at, "by": by, "reason": reason})
        await self._connection.execute(release, {"id": appointment_id})

    async def page(
        self,
        *,
        supplier: str | None,
        lead_id: UUID | None,
        rep_key: str | None,
        status: str | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[AppointmentRow]:
        after_at, after_id = after or (None, None)
        parameters = {"supplier": supplier, "lead": lead_id, "rep": rep_key, "status": status, "limit": limit}
        found = await self._connection.execute(_PAGE, {**parameters, "after_at": after_at, "after_id": after_id})
        return [AppointmentRow(**row) for row in found.mappings()]

    async def _one(self, statement: TextClause, parameters: Mapping[str, Any]) -> AppointmentRow | None:
        row = (await self._connection.execute(statement, parameters)).mappings().one_or_none()
        return AppointmentRow(**row) if row else None
