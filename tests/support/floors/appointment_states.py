"""Appointments in every state that they can be in, and all that an act on one may change."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentAction, MeetingOutcome, RejectCode
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import (
    accept,
    cancel,
    confirm,
    mark_attended,
    mark_no_show,
    reject,
    set_outcome,
)
from pointsman.services.booking.book import book
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import SETTER, Floor

Do = Callable[[Floor, UUID], Awaitable[AppointmentRow]]

#: Acts by (act, case), as a caller does them.
DO: Mapping[tuple[AppointmentAction, str], Do] = {
    (AppointmentAction.CONFIRM, ""): lambda floor, it: confirm(floor.env, it, actor=SETTER),
    (AppointmentAction.ACCEPT, ""): lambda floor, it: accept(floor.env, it, actor=SETTER),
    (AppointmentAction.ATTENDED, ""): lambda floor, it: mark_attended(floor.env, it, actor=SETTER),
    (AppointmentAction.NO_SHOW, ""): lambda floor, it: mark_no_show(floor.env, it, actor=SETTER),
    **{
        (AppointmentAction.CANCEL, str(by)): (lambda floor, it, by=by: cancelled(floor, it, by))
        for by in ActorRole
        if by is not ActorRole.SYSTEM
    },
    **{
        (AppointmentAction.REJECT, str(code)): (lambda floor, it, code=code: rejected(floor, it, code))
        for code in RejectCode
    },
    **{
        (AppointmentAction.OUTCOME, str(one)): (lambda floor, it, one=one: decided(floor, it, one))
        for one in MeetingOutcome
    },
}


async def cancelled(floor: Floor, appointment_id: UUID, by: ActorRole) -> AppointmentRow:
    return await cancel(floor.env, appointment_id, by=by, reason="x", actor=SETTER)


async def rejected(floor: Floor, appointment_id: UUID, code: RejectCode) -> AppointmentRow:
    return await reject(floor.env, appointment_id, code=code, reason="x", actor=SETTER)


async def decided(floor: Floor, appointment_id: UUID, outcome: MeetingOutcome) -> AppointmentRow:
    return await set_outcome(floor.env, appointment_id, outcome=outcome, actor=SETTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How to bring a confirmed appointment that lies ahead into a state: what is done with it, once it is past or not."""

    past: bool = False
    requested: bool = False
    acts: tuple[tuple[AppointmentAction, str], ...] = ()


_ATTENDED = (AppointmentAction.ATTENDED, "")
_ACCEPTED = (AppointmentAction.ACCEPT, "")

STATES: Mapping[str, State] = {
    "requested": State(requested=True),
    "requested, past": State(requested=True, past=True),
    "confirmed": State(),
    "confirmed, past": State(past=True),
    "accepted": State(acts=(_ACCEPTED,)),
    "accepted, past": State(past=True, acts=(_ACCEPTED,)),
    "attended": State(past=True, acts=(_ATTENDED,)),
    "attended, accepted": State(past=True, acts=(_ATTENDED, _ACCEPTED)),
    "attended, won": State(past=True, acts=(_ATTENDED, (AppointmentAction.OUTCOME, "won"))),
    "attended, lost": State(past=True, acts=(_ATTENDED, (AppointmentAction.OUTCOME, "lost"))),
    "attended, later": State(past=True, acts=(_ATTENDED, (AppointmentAction.OUTCOME, "later"))),
    "no-show": State(past=True, acts=((AppointmentAction.NO_SHOW, ""),)),
    "cancelled": State(acts=((AppointmentAction.CANCEL, "prospect"),)),
    "rejected": State(acts=((AppointmentAction.REJECT, "wrong_segment"),)),
}


async def appointment_in(floor: Floor, state: State) -> AppointmentRow:
    """A booked appointment of a new lead, brought into the state."""
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    if state.requested:
        await floor.world.rows(
            "update appointments set status = 'requested', confirm_by = starts_at where id = :id", id=row.id
        )
    if state.past:
        floor.world.clock.advance(row.ends_at + timedelta(minutes=1) - floor.env.clock())
    for act in state.acts:
        await DO[act](floor, row.id)
    return await floor.appointment(row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the database says of an appointment and its lead."""

    status: str
    sequence: int
    stage: str
    nurture_until: Any
    holder: str | None
    work: str | None
    owned: int  # reservations
    turns_back: int  # credits less restores
    open_passes: int
    owed: tuple[str, ...]  # to calendars, in order
    events: tuple[str, ...]
    audited: int
    row: Any

    @staticmethod
    async def of(floor: Floor, row: AppointmentRow) -> "Seen":
        async def one(statement: str) -> Any:
            found = await floor.world.rows(statement, id=row.id, lead=row.lead_id, now=floor.env.clock())
            return found[0] if found else None

        lead = await one("select stage, nurture_until from leads where id = :lead")
        held = await one(
            "select p.key, a.work from assignments a join reps p on p.id = a.rep_id"
            " where a.lead_id = :lead and a.ended_at is null"
        )
        ledger = await one(
            "select count(*) filter (where kind = 'credit') - count(*) filter (where kind = 'restore') from ledger_entries"
            " where decision_id = (select s.decision_id from assignments s join appointments a on a.assignment_id = s.id"
            " where a.id = :id)"
        )
        passes = await one(
            "select count(*) from gate_checks where lead_id = :lead and passed and revoked_at is null and expires_at > :now"
        )
        stored = await one("select * from appointments where id = :id")
        owed = await one(
            "select coalesce(array_agg(wanted order by sequence), '{}') from deliveries"
            " where appointment_id = :id and kind = 'appointment'"
        )
        events = await one(
            "select coalesce(array_agg(act order by at, id), '{}') from appointment_events where appointment_id = :id"
        )
        return Seen(
            status=stored.status,
            sequence=stored.sequence,
            stage=lead.stage,
            nurture_until=lead.nurture_until,
            holder=held.key if held else None,
            work=held.work if held else None,
            owned=(await one("select count(*) from reservations where appointment_id = :id and active"))[0],
            turns_back=ledger[0],
            open_passes=passes[0],
            owed=tuple(owed[0]),
            events=tuple(events[0]),
            audited=(
                await one("select count(*) from audit where action like 'appointment.%' and subject = 'lead:' || :lead")
            )[0],
            row=tuple(stored),
        )
