"""Giving an appointment another time: with the same rep when that rep is free, else with whom the pool chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval, less
from pointsman.domain.booking.lifecycle import STANDING, Act, By
from pointsman.domain.errors import Conflict, Fault, Invalid, RoleProtected, StaleVersion
from pointsman.services.appointments.transition_effects import require_gate
from pointsman.services.appointments.transitions import refuse_illegal
from pointsman.services.availability.booking_context import Bookable, bookable
from pointsman.services.availability.participant_calendars import read_party_calendars
from pointsman.services.availability.participants import Asking, choose_party
from pointsman.services.booking.apply_change import as_it_stands, change_over, locked_appointment, seen_appointment
from pointsman.services.booking.book import in_words, own_hold
from pointsman.services.calendars.readings import FOR_BOOKING, Reading
from pointsman.services.ports import Actor, Env, Refused, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.transactions import in_transaction

TRIGGER = "rescheduled"
#: Longer than any pool's appointments.
LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduling:
    """A new time that is ready to be written: what was asked, and the calendars that were read for it."""

    appointment_id: UUID
    rep_id: UUID  # who led it then
    wanted: Interval
    readings: Mapping[str, Reading]
    keep_rep: bool
    by: By
    reason: str | None
    actor: Actor
    known_to: UUID | None = None  # whose calendar has the new time already
    sequence: int | None = None  # of the appointment that a calendar was compared with


async def reschedule(
    env: Env,
    appointment_id: UUID,
    start: datetime,
    *,
    end: datetime | None = None,
    by: By,
    reason: str | None,
    actor: Actor,
    keep_rep: bool = False,
) -> AppointmentRow:
    """Move the appointment to [start, end); `end` None keeps its length. The same time again changes nothing.

    Who leads it stays when free then, else the pool decides among those who are, unless `keep_rep` says nobody else. Raises
    NotFound, Invalid, Conflict (`not-legal-now`, `slot-not-offered`), SlotTaken, RoleProtected "gate-closed" and
    Unavailable "calendar-unreadable": then everything is as it was.
    """
    given = await prepare_reschedule(
        env, appointment_id, start, end=end, by=by, reason=reason, actor=actor, keep_rep=keep_rep
    )
    return await _run(env, given)


async def prepare_reschedule(
    env: Env,
    appointment_id: UUID,
    start: datetime,
    *,
    end: datetime | None = None,
    by: By,
    reason: str | None,
    actor: Actor,
    keep_rep: bool = False,
) -> Rescheduling:
    """Refuse what can be refused without a lock, then read the calendars; nothing is written. See `reschedule`."""
    async with env.uow() as tx:
        row = await seen_appointment(tx, appointment_id, actor)
        wanted = _wanted(row, start, end)
        there = _is_there(row, wanted)
        what = None if there else await _movable(env, tx, row)
    readings = {} if what is None else await read_party_calendars(env, what, max_age=FOR_BOOKING, anybody=not keep_rep)
    return Rescheduling(
        appointment_id=appointment_id,
        rep_id=row.rep_id,
        wanted=wanted,
        readings=readings,
        keep_rep=keep_rep,
        by=by,
        reason=reason,
        actor=actor,
    )


async def reschedule_in(env: Env, tx: Tx, given: Rescheduling) -> AppointmentRow:
    """The move, inside the caller's transaction; what the database refuses is put into words by `booking.in_words`."""
    lead, row = await locked_appointment(tx, given.appointment_id, given.actor)
    if _is_there(row, given.wanted):
        return row
    if given.sequence is not None and row.sequence != given.sequence:
        raise StaleVersion("The appointment was changed meanwhile.")
    what = await _ready(env, tx, lead, row)
    if row.rep_id != given.rep_id and (given.keep_rep or row.rep_key not in given.readings):
        raise Conflict(f"The appointment has just gone to {what.rep.name}. Ask again.", code="holder-changed")
    if given.known_to is not None:  # their own doing: no notice is too short for it
        what = replace(what, rules=what.rules.model_copy(update={"minimum_notice": timedelta(0)}))
    hold = await own_hold(env, tx, lead.id, lock=True)
    if hold is not None:
        await tx.slot_holds.release(hold.id, at=env.clock(), reason="booked")
    asking = Asking(
        wanted=given.wanted,
        readings=given.readings,
        moving=row.id,
        hold=hold.id if hold else None,
        keep_rep=given.keep_rep,
    )
    party = await choose_party(env, tx, what, asking, trigger=TRIGGER, actor=given.actor)
    await change_over(
        env,
        tx,
        row,
        party,
        given.wanted,
        act=Act.RESCHEDULE,
        by=given.by,
        actor=given.actor,
        reason=given.reason,
        known_to=given.known_to,
    )
    after = await tx.appointments.get(row.id)
    assert after is not None, "it is locked"
    return after


async def reschedule_from_calendar(
    env: Env,
    appointment_id: UUID,
    start: datetime,
    end: datetime,
    *,
    actor: Actor,
    rep_id: UUID | None = None,
    sequence: int | None = None,
    reason: str | None = "moved in the calendar",
) -> str | None:
    """Follow an event that `rep_id` (None: who leads) moved in their own calendar; that calendar is owed no `move`.

    `sequence` is that of the appointment which the calendar was compared with: a newer one is left alone. Returns why the new
    time cannot be taken, and then everything is as it was; None when it was taken. What else that calendar has then is the
    rep's own business; everything else is asked as `reschedule` asks it. Raises NotFound, and Unavailable where it cannot be
    told yet.
    """
    try:
        given = await prepare_reschedule(
            env, appointment_id, start, end=end, by=By.CALENDAR, reason=reason, actor=actor, keep_rep=True
        )
        async with env.uow() as tx:
            row = await seen_appointment(tx, appointment_id, actor)
        await _run(env, replace(_as_known_to(given, row, rep_id or row.rep_id), sequence=sequence))
    except (Conflict, Invalid, RoleProtected) as refused:
        return str(refused)
    return None


async def _run(env: Env, given: Rescheduling) -> AppointmentRow:
    try:
        return await in_transaction(env, lambda tx: reschedule_in(env, tx, given))
    except Refused as refused:
        raise in_words(refused) from refused


def _as_known_to(given: Rescheduling, row: AppointmentRow, rep_id: UUID) -> Rescheduling:
    """The reading of the rep's calendar without the event itself, which stands at the new time already."""
    takes_part = {row.rep_id: row.rep_key} | {item.rep_id: item.rep_key for item in row.companions}
    key = takes_part.get(rep_id)
    if key is None or key not in given.readings:
        return replace(given, known_to=rep_id)
    reading = given.readings[key]
    own = replace(reading, busy=tuple(less(reading.busy, [given.wanted])))
    return replace(given, known_to=rep_id, readings={**given.readings, key: own})


async def _movable(env: Env, tx: Tx, row: AppointmentRow) -> Bookable:
    known = await tx.leads.get(row.lead_id)
    lead = await tx.leads.get(known.merged_into or known.id) if known else None
    assert lead is not None, "no lead with an appointment is ever deleted"
    return await _ready(env, tx, lead, row)


async def _ready(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow) -> Bookable:
    """Raises what forbids any other time."""
    now = env.clock()
    refuse_illegal(row, Act.RESCHEDULE, now)
    await require_gate(env, tx, row, lead)
    return as_it_stands(await bookable(env, tx, lead, now=now, moving=True), row)


def _is_there(row: AppointmentRow, wanted: Interval) -> bool:
    return row.status in STANDING and row.interval == wanted


def _wanted(row: AppointmentRow, start: datetime, end: datetime | None) -> Interval:
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        raise _bad("start", "Times need their offset: write 2026-01-31T09:00:00+01:00.")
    begin = start.astimezone(UTC)
    finish = end.astimezone(UTC) if end else begin + (row.ends_at - row.starts_at)
    if finish <= begin:
        raise _bad("end", "The appointment ends before it starts: give an end after the start.")
    if finish - begin > LONGEST:
        raise _bad("end", "No appointment takes longer than a day.")
    return Interval(begin, finish)


def _bad(name: str, message: str) -> Invalid:
    return Invalid(message, faults=[Fault(path=f"body.{name}", code="bad-time", message=message)])
