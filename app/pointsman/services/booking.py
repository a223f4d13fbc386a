"""Booking an appointment and calling it off.

| what            | lead stage        | reservation | calendar        | credit                                        |
|-----------------|-------------------|-------------|-----------------|-----------------------------------------------|
| booked          | booked            | active      | one `book` owed | none: the turn was taken when it was assigned |
| cancelled by …  | closing (working) | inactive    | a `cancel` owed |                                               |
| … the prospect  |                   |             |                 | the rep's turn is given back                  |
| … the setter    |                   |             |                 | the rep's turn is given back                  |
| … the closer    |                   |             |                 | none: it was the rep's choice                 |
| … an operator   |                   |             |                 | none                                          |

The lead stays with the rep after a cancellation, so that it can be booked again; its gate goes on as it was.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from pointsman.domain.appointments import Status
from pointsman.domain.availability import Interval
from pointsman.domain.booking import LOST_TO_OTHERS
from pointsman.domain.errors import (
    Conflict,
    Fault,
    Invalid,
    NotFound,
    PointsmanError,
    RoleProtected,
    SlotTaken,
    Unavailable,
)
from pointsman.domain.leads import Stage
from pointsman.domain.roles import Work
from pointsman.services.bookable import Bookable, Taken, bookable, hindrance, snapshot, taken, visible_lead
from pointsman.services.calendars import DEADLINE, FOR_BOOKING, Reading, read_calendars
from pointsman.services.credits import credit
from pointsman.services.in_force import current
from pointsman.services.owing import hasten, owe
from pointsman.services.ports import Actor, Env, Refused, Tx
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.transactions import in_transaction


class CancelledBy(StrEnum):
    """Who calls an appointment off."""

    PROSPECT = "prospect"
    SETTER = "setter"
    CLOSER = "closer"
    OPERATOR = "operator"


#: Whose cancellations are no doing of the rep.
NO_FAULT_OF_THE_REP = frozenset({CancelledBy.PROSPECT, CancelledBy.SETTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A booking that is ready to be written: what was asked, and the calendar that was read for it."""

    lead_id: UUID
    seen: Bookable
    wanted: Interval
    reading: Reading
    actor: Actor


async def book(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None
) -> AppointmentRow:
    """Book the lead's holder for [start, end); `end` None is the pool's usual length.

    Raises SlotTaken, Conflict (`already-booked`, `slot-not-offered`, `no-closer`), RoleProtected and Unavailable
    (`calendar-unreadable`).
    """
    prepared = await prepare_booking(env, lead_id, start, actor=actor, end=end)
    try:
        return await in_transaction(env, lambda tx: book_in(env, tx, prepared))
    except Refused as refused:
        raise in_words(refused) from refused


async def prepare_booking(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None
) -> Prepared:
    """Refuse what can be refused without a lock, then read the calendar; nothing is written. See `book`."""
    now = env.clock()
    async with env.uow() as tx:
        seen = await bookable(env, tx, await visible_lead(tx, lead_id, actor), now=now)
        wanted = _wanted(seen, start, end)
        await _refuse_second(tx, lead_id)
        # Without the rep's lock this may miss somebody, but whoever it sees is there: most losers need not queue.
        _refuse(seen, wanted, (), await taken(tx, seen, wanted), now)
    reach = seen.reach(now)
    readings = await read_calendars(env, [seen.rep.key], reach.start, reach.end, max_age=FOR_BOOKING, deadline=DEADLINE)
    return Prepared(lead_id=lead_id, seen=seen, wanted=wanted, reading=readings[seen.rep.key], actor=actor)


async def book_in(env: Env, tx: Tx, given: Prepared) -> AppointmentRow:
    """The booking, inside the caller's transaction; what the database refuses is put into words by `in_words`."""
    # Once more without a lock: of many who want one slot, all but the first few need not queue for the rep's row.
    _refuse(given.seen, given.wanted, (), await taken(tx, given.seen, given.wanted), env.clock())
    lead = await visible_lead(tx, given.lead_id, given.actor, lock=True)
    what = await bookable(env, tx, lead, now=env.clock())
    if what.rep.id != given.seen.rep.id:
        raise Conflict(f"The lead has just gone to {what.rep.name}. Ask for slots again.", code="holder-changed")
    return await place(env, tx, what, given.wanted, given.reading, actor=given.actor)


async def place(
    env: Env, tx: Tx, what: Bookable, wanted: Interval, reading: Reading, *, actor: Actor
) -> AppointmentRow:
    """Write the appointment and all that follows from it; the lead's row is locked. See `book` for what it raises."""
    now = env.clock()
    if not reading.state.readable or reading.known_in(wanted) != wanted:
        why = reading.state.reason or "that time was not read"
        raise Unavailable(
            f"{what.rep.name}'s calendar cannot be read ({why}), and unknown is not free. Try later.",
            code="calendar-unreadable",
            extra={"rep": what.rep.key},
        )
    if not what.lead.email:
        raise Conflict("This lead has no email address to invite. Add one: POST /v1/leads.", code="no-email")
    await tx.appointments.lock_reps([what.rep.id])
    await _refuse_second(tx, what.lead.id)
    await tx.slot_holds.expire(at=now, rep_ids=[what.rep.id])
    _refuse(what, wanted, reading.busy, await taken(tx, what, wanted), now)
    row = await _new(env, tx, what, wanted, actor, now)
    await tx.appointments.add(row, reservation_ids=[env.new_id()])
    await owe(env, tx, row, "book")
    await tx.leads.set_stage(what.lead.id, Stage.BOOKED.value, at=now)
    await tx.audit.add(
        id=env.new_id(),
        at=now,
        actor=actor.name,
        action="appointment.booked",
        subject=f"lead:{what.lead.id}",
        after={
            "appointment": str(row.id),
            "rep": row.rep_key,
            "start": row.starts_at.isoformat(),
            "end": row.ends_at.isoformat(),
        },
    )
    return row


async def cancel(env: Env, appointment_id: UUID, *, by: CancelledBy, reason: str, actor: Actor) -> AppointmentRow:
    """Call an appointment off; again is fine and changes nothing. Raises NotFound."""

    async def work(tx: Tx) -> AppointmentRow:
        now = env.clock()
        seen = await tx.appointments.get(appointment_id, supplier=actor.supplier)
        # The lead first, as every other path does, so that nobody waits in a circle.
        lead = await tx.leads.get(seen.lead_id, lock=True) if seen else None
        row = await tx.appointments.get(appointment_id, lock=True, supplier=actor.supplier)
        if row is None or lead is None:
            raise NotFound("There is no appointment with this id.")
        if row.status == "cancelled":
            return row
        gone = replace(
            row,
            status=Status.CANCELLED.value,
            cancelled_at=now,
            cancelled_by=by.value,
            cancel_reason=reason,
            sequence=row.sequence + 1,
        )
        await tx.appointments.save(gone)
        await tx.appointments.release_time(row.id)
        await hasten(env, tx, row.id)  # a `book` that waits for its next try would keep the `cancel` waiting
        await owe(env, tx, gone, "cancel")
        held = await tx.gates.held(row.lead_id, at=now)
        if lead.stage == Stage.BOOKED and held is not None:
            stage = Stage.CLOSING if Work(held.work) is Work.CLOSING else Stage.WORKING
            await tx.leads.set_stage(row.lead_id, stage.value, at=now)
        decision = held.decision_id if held and held.assignment_id == row.assignment_id else None
        if decision is not None and by in NO_FAULT_OF_THE_REP:
            await credit(env, tx, decision, f"appointment cancelled by the {by.value}", actor=actor)
        await tx.audit.add(
            id=env.new_id(),
            at=now,
            actor=actor.name,
            action="appointment.cancelled",
            subject=f"lead:{row.lead_id}",
            before={"appointment": str(row.id), "status": row.status},
            after={"status": "cancelled", "by": by.value},
            reason=reason,
        )
        after = await tx.appointments.get(appointment_id)
        assert after is not None
        return after

    return await in_transaction(env, work)


async def get_appointment(env: Env, appointment_id: UUID, *, actor: Actor) -> AppointmentRow:
    """Raises NotFound, also for what a partner may not see."""
    async with env.uow() as tx:
        row = await tx.appointments.get(appointment_id, supplier=actor.supplier)
    if row is None:
        raise NotFound("There is no appointment with this id.")
    return row


def in_words(refused: Refused) -> PointsmanError | Refused:
    """What the database's last word on a booking means to the caller."""
    match refused.constraint:
        case "reservations_no_overlap":
            return SlotTaken("That time has just been taken. Choose another slot.")
        case "appointments_one_per_lead":
            return Conflict("This lead has an appointment already.", code="already-booked")
        case "PM001":
            return RoleProtected(f"{refused}.", code="gate-closed" if refused.detail == "gate" else "role-protected")
        case _:
            return refused


async def _new(env: Env, tx: Tx, what: Bookable, wanted: Interval, actor: Actor, now: datetime) -> AppointmentRow:
    held = what.held
    setter_id = what.check.setter_rep_id if what.check else await tx.gates.last_setter(what.lead.id, held.work)
    setter = await _key_of(env, tx, setter_id)
    company = what.lead.facts.get("company.name") or what.lead.account_name
    return AppointmentRow(
        id=env.new_id(),
        lead_id=what.lead.id,
        rep_id=held.rep_id,
        rep_key=held.rep_key,
        work=held.work,
        category=None,
        status=Status.CONFIRMED.value,
        confirm_by=None,
        accepted_at=None,
        reject_code=None,
        outcome=None,
        outcome_at=None,
        conflict=None,
        starts_at=wanted.start,
        ends_at=wanted.end,
        title=f"Meeting with {company}" if company else "Sales meeting",  # no personal data in this column
        assignment_id=held.assignment_id,
        gate_check_id=held.gate_check_id,
        override_id=held.override_id,
        gate_snapshot=snapshot(what, setter),
        setter_rep_id=setter_id,
        setter_key=setter,
        booked_by=actor.name,
        sequence=0,
        created_at=now,
        cancelled_at=None,
        cancelled_by=None,
        cancel_reason=None,
    )


async def _key_of(env: Env, tx: Tx, rep_id: UUID | None) -> str | None:
    rep = (await current(env, tx)).roster.by_id(rep_id) if rep_id else None
    return rep.key if rep else None


def _wanted(what: Bookable, start: datetime, end: datetime | None) -> Interval:
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        raise Invalid("Times need their offset.", faults=[_fault("body.start", "Write 2026-01-31T09:00:00+01:00.")])
    begin = start.astimezone(UTC)
    finish = end.astimezone(UTC) if end else begin + what.rules.duration
    if finish <= begin:
        raise Invalid("The appointment ends before it starts.", faults=[_fault("body.end", "Give an end after start.")])
    return Interval(begin, finish)


def _fault(path: str, message: str) -> Fault:
    return Fault(path=path, code="bad-time", message=message)


def _refuse(what: Bookable, wanted: Interval, busy: tuple[Interval, ...], gone: Taken, now: datetime) -> None:
    why = hindrance(what, wanted, busy, gone, now)
    if why is None:
        return
    if why.code in LOST_TO_OTHERS:
        raise SlotTaken(f"{why.sentence} Choose another slot.", extra={"reason": why.code})
    raise Conflict(f"{why.sentence} Choose another slot.", code="slot-not-offered", extra={"reason": why.code})


async def _refuse_second(tx: Tx, lead_id: UUID) -> None:
    there = await tx.appointments.of_lead(lead_id)
    if there is not None:
        raise Conflict(
            f"This lead has an appointment with {there.rep_key} already. Cancel that one first.",
            code="already-booked",
            extra={
                "appointment": {
                    "id": str(there.id),
                    "rep": there.rep_key,
                    "start": there.starts_at.isoformat(),
                    "end": there.ends_at.isoformat(),
                }
            },
        )
