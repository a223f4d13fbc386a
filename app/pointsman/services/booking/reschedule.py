"""Reschedule an appointment: with the same rep when that rep is free, else with the rep that the pool chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES, AppointmentAction
from pointsman.domain.errors import Conflict, Fault, Invalid, RoleProtected, StaleVersion
from pointsman.domain.messages.message import Message, Reason, rep_name, say
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.acting_side import find_acting_side
from pointsman.services.appointments.transition_effects import require_open_gate
from pointsman.services.appointments.transitions import require_action_allowed
from pointsman.services.availability.booking_context import BookingContext, load_booking_context
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import SlotRequest, choose_participants
from pointsman.services.booking.apply_change import apply_appointment_change, keep_companion_pools
from pointsman.services.booking.book import booking_error, open_slot_hold
from pointsman.services.booking.refusal_words import refusal_words
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING, RepCalendarReading
from pointsman.services.find_appointment import lock_appointment, visible_appointment
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.english import english_error

TRIGGER = "rescheduled"
_MOVED_IN_CALENDAR = say("reason.moved-in-calendar")
#: Longer than any pool's appointments.
MAX_LENGTH = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedReschedule:
    """A new time that is ready to be written: what was asked, and the calendars that were read for it."""

    appointment_id: UUID
    rep_id: UUID  # the rep who led it then
    time: Interval
    readings: Mapping[str, RepCalendarReading]
    keep_rep: bool
    by: ActorRole | None
    reason: Reason
    actor: Actor
    informed_rep_id: UUID | None = None  # the rep whose calendar has the new time already
    expected_sequence: int | None = None  # of the appointment that a calendar was compared with


async def reschedule(
    env: Env,
    appointment_id: UUID,
    start: datetime,
    *,
    end: datetime | None = None,
    by: ActorRole | None = None,
    reason: Reason,
    actor: Actor,
    keep_rep: bool = False,
) -> AppointmentRow:
    """Move the appointment to [start, end); `end` None keeps its length. The same time again changes nothing.

    `by` names the prospect where the buyer asked for it; None is the caller's own side.
    Its rep stays when free then. Else the pool chooses among the free reps, unless `keep_rep` forbids it. Raises NotFound,
    Forbidden, Invalid, Conflict (`action-not-allowed`, `slot-not-offered`), SlotTaken, RoleProtected "gate-closed" and
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
    by: ActorRole | None = None,
    reason: Reason,
    actor: Actor,
    keep_rep: bool = False,
) -> PreparedReschedule:
    """Refuse what can be refused without a lock, then read the calendars; nothing is written. See `reschedule`."""
    async with env.uow() as tx:
        row = await visible_appointment(tx, appointment_id, actor)
        await find_acting_side(
            env, tx, actor, Operation.APPOINTMENT_MOVE, leader=row.rep_key, setter=row.setter_key, asked=by
        )
        wanted = _requested_interval(row, start, end)
        there = _is_already_there(row, wanted)
        what = None if there else await _load_for_reschedule(env, tx, row)
    readings = (
        {}
        if what is None
        else await read_participant_calendars(env, what, max_age=MAX_AGE_FOR_BOOKING, whole_pool=not keep_rep)
    )
    return PreparedReschedule(
        appointment_id=appointment_id,
        rep_id=row.rep_id,
        time=wanted,
        readings=readings,
        keep_rep=keep_rep,
        by=by,
        reason=reason,
        actor=actor,
    )


async def reschedule_in_tx(env: Env, tx: Tx, given: PreparedReschedule) -> AppointmentRow:
    """The move, inside the caller's transaction; what the database refuses is put into words by `booking_error`."""
    lead, row = await lock_appointment(tx, given.appointment_id, given.actor)
    side = await find_acting_side(
        env, tx, given.actor, Operation.APPOINTMENT_MOVE, leader=row.rep_key, setter=row.setter_key, asked=given.by
    )
    if _is_already_there(row, given.time):
        return row
    if given.expected_sequence is not None and row.sequence != given.expected_sequence:
        raise StaleVersion("The appointment was changed meanwhile.")
    what = await _require_reschedulable(env, tx, lead, row)
    if row.rep_id != given.rep_id and (given.keep_rep or row.rep_key not in given.readings):
        gone = say("refusal.appointment-gone", rep=rep_name(what.rep.key))
        raise english_error(Conflict, gone, what.config.roster.reps, code="holder-changed")
    if given.informed_rep_id is not None:  # their own doing: no notice is too short for it
        what = replace(what, rules=what.rules.model_copy(update={"minimum_notice": timedelta(0)}))
    hold = await open_slot_hold(env, tx, lead.id, lock=True)
    if hold is not None:
        await tx.slot_holds.release(hold.id, at=env.clock(), reason="booked")
    request = SlotRequest(
        time=given.time,
        readings=given.readings,
        moving_id=row.id,
        slot_hold_id=hold.id if hold else None,
        holder_only=given.keep_rep,
    )
    participants = await choose_participants(env, tx, what, request, trigger=TRIGGER, actor=given.actor)
    await apply_appointment_change(
        env,
        tx,
        row,
        participants,
        given.time,
        act=AppointmentAction.RESCHEDULE,
        by=side,
        actor=given.actor,
        reason=given.reason,
        informed_rep_id=given.informed_rep_id,
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
    reason: Reason = _MOVED_IN_CALENDAR,
) -> Message | None:
    """Follow an event that `rep_id` (None: who leads) moved in their own calendar; that calendar is owed no `move`.

    `sequence` is that of the appointment which the calendar was compared with: a newer one is left alone. Returns why the new
    time cannot be taken, and then everything is as it was; None when it was taken. What else that calendar has then is the
    rep's own business; everything else is asked as `reschedule` asks it. Raises NotFound, and Unavailable where it cannot be
    told yet.
    """
    try:
        given = await prepare_reschedule(
            env, appointment_id, start, end=end, by=ActorRole.CALENDAR, reason=reason, actor=actor, keep_rep=True
        )
        async with env.uow() as tx:
            row = await visible_appointment(tx, appointment_id, actor)
        await _run(env, replace(_without_own_calendars(given, row, rep_id or row.rep_id), expected_sequence=sequence))
    except (Conflict, Invalid, RoleProtected) as refused:
        return refusal_words(refused)
    return None


async def _run(env: Env, given: PreparedReschedule) -> AppointmentRow:
    try:
        return await run_in_transaction(env, lambda tx: reschedule_in_tx(env, tx, given))
    except ConstraintRefused as refused:
        raise booking_error(refused) from refused


def _without_own_calendars(given: PreparedReschedule, row: AppointmentRow, rep_id: UUID) -> PreparedReschedule:
    """What else the rep's calendars have at the time that the rep chose is the rep's own business."""
    takes_part = {row.rep_id: row.rep_key} | {item.rep_id: item.rep_key for item in row.companions}
    key = takes_part.get(rep_id)
    if key is None or key not in given.readings:
        return replace(given, informed_rep_id=rep_id)
    own = replace(given.readings[key], busy=(), own=())
    return replace(given, informed_rep_id=rep_id, readings={**given.readings, key: own})


async def _load_for_reschedule(env: Env, tx: Tx, row: AppointmentRow) -> BookingContext:
    known = await tx.leads.get(row.lead_id)
    lead = await tx.leads.get(known.merged_into or known.id) if known else None
    assert lead is not None, "no lead with an appointment is ever deleted"
    return await _require_reschedulable(env, tx, lead, row)


async def _require_reschedulable(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow) -> BookingContext:
    """Raises what forbids any other time."""
    now = env.clock()
    require_action_allowed(row, AppointmentAction.RESCHEDULE, now)
    await require_open_gate(env, tx, row, lead)
    return keep_companion_pools(await load_booking_context(env, tx, lead, now=now, moving=True), row)


def _is_already_there(row: AppointmentRow, wanted: Interval) -> bool:
    return row.status in ACTIVE_STATUSES and row.interval == wanted


def _requested_interval(row: AppointmentRow, start: datetime, end: datetime | None) -> Interval:
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        raise _bad("start", "Times need their offset: write 2026-01-31T09:00:00+01:00.")
    begin = start.astimezone(UTC)
    finish = end.astimezone(UTC) if end else begin + (row.ends_at - row.starts_at)
    if finish <= begin:
        raise _bad("end", "The appointment ends before it starts: give an end after the start.")
    if finish - begin > MAX_LENGTH:
        raise _bad("end", "No appointment takes longer than a day.")
    return Interval(begin, finish)


def _bad(name: str, message: str) -> Invalid:
    return Invalid(message, faults=[Fault(path=f"body.{name}", code="bad-time", message=message)])
