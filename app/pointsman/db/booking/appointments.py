"""The appointments repository: appointments, who takes part, and the time that they own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, RowMapping, TextClause, bindparam, insert, text, update
from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.tables import appointment_companions, appointment_events, appointments
from pointsman.domain.booking.availability import Interval
from pointsman.services.ports.booking.appointments import AppointmentEvent, AppointmentRow, BusyReservation, Companion

_IDS = bindparam("reps", type_=ARRAY(UUID_TYPE))
# Not FOR UPDATE: rows that merely refer to the rep may still be written meanwhile.
_LOCK_REPS = text("select 1 from reps where id = any(:reps) order by id for no key update").bindparams(_IDS)
_BUSY_RESERVATIONS = text(
    "select t.rep_id, lower(t.during) as starts, upper(t.during) as ends, t.lead_id, t.appointment_id, t.slot_hold_id,"
    " a.category from reservations t left join appointments a on a.id = t.appointment_id"
    " where t.rep_id = any(:reps) and t.active and t.during && tstzrange(:start, :end, '[)')"
    " and (t.expires_at is null or t.expires_at > statement_timestamp())"  # a hold that has run out holds nothing
    " order by lower(t.during)"
).bindparams(_IDS)
_FIXED = ("id", "lead_id", "work", "title", "setter_rep_id", "booked_by", "created_at")
_CHANGING = (
    "rep_id", "category", "status", "confirm_by", "accepted_at", "reject_code", "outcome", "outcome_at", "conflict",
    "starts_at", "ends_at", "assignment_id", "gate_check_id", "override_id", "gate_snapshot", "sequence",
    "cancelled_at", "cancelled_by", "cancel_reason",
)  # fmt: skip
_ADD = insert(appointments)
_SAVE = update(appointments).where(appointments.c.id == bindparam("appointment"))
_RESERVE = text(
    "insert into reservations (id, rep_id, during, kind, appointment_id, lead_id, work, active)"
    " values (:id, :rep, tstzrange(:start, :end, '[)'), 'appointment', :appointment, :lead, :work, true)"
)
_RELEASE = text("update reservations set active = false where appointment_id = :id and active")
_ADD_COMPANION = insert(appointment_companions)
_DROP_COMPANIONS = text("delete from appointment_companions where appointment_id = :id")
_LOG = insert(appointment_events)
_HISTORY = text("select * from appointment_events where appointment_id = :id order by at, id")
_COUNTS = text(
    "select x.rep_id, count(*) as n from (select id, rep_id from appointments"
    "  where rep_id = any(:reps) and status in ('requested','confirmed','attended') and starts_at >= :start and starts_at < :end"
    "  union all select a.id, c.rep_id from appointment_companions c join appointments a on a.id = c.appointment_id"
    "  where c.rep_id = any(:reps) and a.status in ('requested','confirmed','attended')"
    "  and a.starts_at >= :start and a.starts_at < :end) x group by 1"
).bindparams(_IDS)
_SELECT = (
    "select a.*, r.key as rep_key, s.key as setter_key,"
    " (select coalesce(json_agg(json_build_object('rep_id', c.rep_id, 'rep_key', p.key, 'work', c.work, 'pool', c.pool,"
    " 'reason', c.reason) order by p.key), '[]') from appointment_companions c join reps p on p.id = c.rep_id"
    " where c.appointment_id = a.id) as companions"
    " from appointments a join reps r on r.id = a.rep_id left join reps s on s.id = a.setter_rep_id"
)
_SEEN = (
    " (cast(:supplier as text) is null or exists (select 1 from assignments x join reps y on y.id = x.rep_id"
    " where x.lead_id = a.lead_id and y.supplier = cast(:supplier as text)))"
)
_GET = text(f"{_SELECT} where a.id = :id and {_SEEN}")
_LOCK = text(f"{_SELECT} where a.id = :id and {_SEEN} for update of a")
_OF_LEAD = text(f"{_SELECT} where a.lead_id = :lead and a.status in ('requested','confirmed')")
_OTHER_ATTENDED = text(
    "select exists (select from appointments where assignment_id = :assignment and status = 'attended' and id <> :besides)"
)
_STANDING_OF = text(
    f"{_SELECT} where a.rep_id = :rep and a.status in ('requested','confirmed') and a.ends_at > :after"
    " order by a.starts_at, a.id"
)
_UNCONFIRMED = text(
    "select id from appointments where status = 'requested' and confirm_by <= :before order by confirm_by limit :limit"
)
_WITHOUT_RESULT = text(
    f"{_SELECT} where a.status in ('requested','confirmed') and a.ends_at <= :ended_by"
    " and not exists (select from alerts w where w.code = :code and w.subject = 'appointment:' || a.id"
    " and w.resolved_at is null) order by a.ends_at, a.id limit :limit"
)
_PAGE = text(
    f"{_SELECT} where {_SEEN}"
    " and (cast(:lead as uuid) is null or a.lead_id = cast(:lead as uuid))"
    " and (cast(:rep as text) is null or r.key = cast(:rep as text))"
    " and (cast(:status as text) is null or a.status = cast(:status as text))"
    " and (cast(:ended_by as timestamptz) is null"
    " or a.status in ('requested','confirmed') and a.ends_at <= cast(:ended_by as timestamptz))"
    " and (cast(:after_at as timestamptz) is null"
    " or (a.starts_at, a.id) < (cast(:after_at as timestamptz), cast(:after_id as uuid)))"
    " order by a.starts_at desc, a.id desc limit :limit"
)


class SqlAppointments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_reps(self, rep_ids: Sequence[UUID]) -> None:
        await self._connection.execute(_LOCK_REPS, {"reps": list(rep_ids)})

    async def busy_reservations(self, rep_ids: Sequence[UUID], window: Interval) -> Sequence[BusyReservation]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        return [
            BusyReservation(
                rep_id=row.rep_id,
                interval=Interval(row.starts, row.ends),
                lead_id=row.lead_id,
                appointment_id=row.appointment_id,
                slot_hold_id=row.slot_hold_id,
                category=row.category,
            )
            for row in await self._connection.execute(_BUSY_RESERVATIONS, parameters)
        ]

    async def add(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        with translating_errors():
            await self._connection.execute(_ADD, {name: getattr(row, name) for name in (*_FIXED, *_CHANGING)})
        await self._add_companions(row.id, row.companions)
        await self.reserve_time(row, reservation_ids=reservation_ids)

    async def save(self, row: AppointmentRow) -> None:
        with translating_errors():
            values = {name: getattr(row, name) for name in _CHANGING}
            await self._connection.execute(_SAVE.values(**values), {"appointment": row.id})

    async def release_time(self, appointment_id: UUID) -> None:
        await self._connection.execute(_RELEASE, {"id": appointment_id})

    async def reserve_time(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        takes_part = [(row.rep_id, row.work), *((item.rep_id, item.work) for item in row.companions)]
        with translating_errors():
            for reservation_id, (rep_id, work) in zip(reservation_ids, takes_part, strict=True):
                values = {
                    "id": reservation_id,
                    "rep": rep_id,
                    "start": row.starts_at,
                    "end": row.ends_at,
                    "appointment": row.id,
                    "lead": row.lead_id,
                    "work": work,
                }
                await self._connection.execute(_RESERVE, values)

    async def set_companions(self, appointment_id: UUID, companions: Sequence[Companion]) -> None:
        await self._connection.execute(_DROP_COMPANIONS, {"id": appointment_id})
        await self._add_companions(appointment_id, companions)

    async def add_event(self, event: AppointmentEvent) -> None:
        names = ("id", "appointment_id", "at", "act", "by", "actor", "reason", "detail")
        await self._connection.execute(_LOG, {name: getattr(event, name) for name in names})

    async def history(self, appointment_id: UUID) -> Sequence[AppointmentEvent]:
        rows = await self._connection.execute(_HISTORY, {"id": appointment_id})
        return [AppointmentEvent(**row) for row in rows.mappings()]

    async def count_by_rep(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, int]:
        parameters = {"reps": list(rep_ids), "start": window.start, "end": window.end}
        found = {row.rep_id: row.n for row in await self._connection.execute(_COUNTS, parameters)}
        return {rep_id: found.get(rep_id, 0) for rep_id in rep_ids}

    async def get(
        self, appointment_id: UUID, *, lock: bool = False, supplier: str | None = None
    ) -> AppointmentRow | None:
        return await self._one(_LOCK if lock else _GET, {"id": appointment_id, "supplier": supplier})

    async def active_for_lead(self, lead_id: UUID) -> AppointmentRow | None:
        return await self._one(_OF_LEAD, {"lead": lead_id})

    async def has_other_attended(self, assignment_id: UUID, *, besides: UUID) -> bool:
        return bool(await self._connection.scalar(_OTHER_ATTENDED, {"assignment": assignment_id, "besides": besides}))

    async def active_of_rep(self, rep_id: UUID, *, after: datetime) -> Sequence[AppointmentRow]:
        rows = await self._connection.execute(_STANDING_OF, {"rep": rep_id, "after": after})
        return [_row(row) for row in rows.mappings()]

    async def unconfirmed(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        return list(await self._connection.scalars(_UNCONFIRMED, {"before": before, "limit": limit}))

    async def without_result(self, *, ended_by: datetime, code: str, limit: int) -> Sequence[AppointmentRow]:
        parameters = {"ended_by": ended_by, "code": code, "limit": limit}
        rows = await self._connection.execute(_WITHOUT_RESULT, parameters)
        return [_row(row) for row in rows.mappings()]

    async def page(
        self,
        *,
        supplier: str | None,
        lead_id: UUID | None,
        rep_key: str | None,
        status: str | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
        ended_by: datetime | None = None,
    ) -> Sequence[AppointmentRow]:
        after_at, after_id = after or (None, None)
        parameters = {"supplier": supplier, "lead": lead_id, "rep": rep_key, "status": status, "limit": limit}
        place = {"after_at": after_at, "after_id": after_id, "ended_by": ended_by}
        found = await self._connection.execute(_PAGE, {**parameters, **place})
        return [_row(row) for row in found.mappings()]

    async def _add_companions(self, appointment_id: UUID, companions: Sequence[Companion]) -> None:
        for item in companions:
            values = {"rep_id": item.rep_id, "work": item.work, "pool": item.pool, "reason": item.reason}
            await self._connection.execute(_ADD_COMPANION, {"appointment_id": appointment_id, **values})

    async def _one(self, statement: TextClause, parameters: Mapping[str, Any]) -> AppointmentRow | None:
        row = (await self._connection.execute(statement, parameters)).mappings().one_or_none()
        return _row(row) if row else None


def _row(row: RowMapping) -> AppointmentRow:
    companions = tuple(Companion(**{**item, "rep_id": UUID(item["rep_id"])}) for item in row["companions"])
    return AppointmentRow(**{**row, "companions": companions})
