"""Booking an appointment: the participants, their time, what their calendars are owed, and the lead's next stage.

What else may be done with it later stands in the table of `domain.appointments`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import AppointmentAction
from pointsman.domain.errors import Conflict, Fault, Invalid, PointsmanError, RoleProtected, SlotTaken
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.policy.pools import OfferMode
from pointsman.services.appointments.acting_side import find_acting_side
from pointsman.services.appointments.transitions import record_transition
from pointsman.services.availability.booking_context import (
    BookedTime,
    BookingContext,
    find_booking_obstacle,
    load_booked_time,
    load_booking_context,
    require_email,
    visible_lead,
)
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import (
    Participants,
    SlotRequest,
    choose_participants,
    obstacle_error,
    refuse_if_nobody_free,
)
from pointsman.services.booking.appointment_row import build_appointment, find_setter
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING
from pointsman.services.deliveries.alerts.untold import note_uninvited
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import Wanted
from pointsman.services.ports.booking.slot_holds import SlotHoldRow
from pointsman.services.roster.names import appointment_words
from pointsman.services.routing.ledger import restore_turn
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.english import english_error

#: Obstacles that all reps share.
_SAME_FOR_WHOLE_POOL = frozenset({"too-soon", "too-far"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBooking:
    """A booking that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    context: BookingContext
    request: SlotRequest
    actor: Actor


async def book(
    env: Env,
    lead_id: UUID,
    start: datetime,
    *,
    actor: Actor,
    end: datetime | None = None,
) -> AppointmentRow:
    """Book [start, end) with the rep that the pool's offer gives; `end` None is the pool's usual length.

    Raises SlotTaken, Conflict (`already-booked`, `slot-not-offered`, `no-closer`, `no-email`), RoleProtected, Forbidden and
    Unavailable (`calendar-unreadable`).
    """
    return await book_prepared(env, await prepare_booking(env, lead_id, start, actor=actor, end=end))


async def book_prepared(env: Env, given: PreparedBooking) -> AppointmentRow:
    """Book what was prepared. See `book`."""
    # Of many requests for one slot, only the first few need to wait for the reps' rows.
    async with env.uow.autocommit() as tx:
        await refuse_if_nobody_free(env, tx, given.context, given.request)
    try:
        return await run_in_transaction(env, lambda tx: book_in_tx(env, tx, given))
    except ConstraintRefused as said_no:
        raise booking_error(said_no) from said_no


async def prepare_booking(
    env: Env,
    lead_id: UUID,
    start: datetime,
    *,
    actor: Actor,
    end: datetime | None = None,
) -> PreparedBooking:
    """Refuse what can be refused without a lock, then read the calendars; nothing is written. See `book`."""
    async with env.uow() as tx:
        seen = await load_booking_context(env, tx, await visible_lead(tx, lead_id, actor), now=env.clock())
        await _find_booking_side(env, tx, seen, actor)
        slot_hold = await open_slot_hold(env, tx, lead_id)
        if slot_hold is not None and end is None and start == slot_hold.starts_at:
            end = slot_hold.ends_at
        wanted = requested_interval(seen, start, end)
        seen = by_rules_of_hold(seen, slot_hold, wanted)
        await refuse_if_booked(env, tx, lead_id)
        require_email(seen.lead)
        await precheck_slot(env, tx, seen, wanted, slot_hold)
    readings = await read_participant_calendars(env, seen, max_age=MAX_AGE_FOR_BOOKING)
    request = SlotRequest(time=wanted, readings=readings, slot_hold_id=slot_hold.id if slot_hold else None)
    return PreparedBooking(lead_id=lead_id, context=seen, request=request, actor=actor)


async def book_in_tx(env: Env, tx: Tx, given: PreparedBooking) -> AppointmentRow:
    """The booking, inside the caller's transaction; what the database refuses is put into words by `booking_error`."""
    lead = await visible_lead(tx, given.lead_id, given.actor, lock=True)
    what = await load_booking_context(env, tx, lead, now=env.clock())
    if what.rep.id != given.context.rep.id:
        gone = say("refusal.lead-gone", rep=rep_name(what.rep.key))
        raise english_error(Conflict, gone, what.config.roster.reps, code="holder-changed")
    return await choose_and_book(env, tx, what, given.request, trigger="booked", actor=given.actor)


async def _find_booking_side(env: Env, tx: Tx, what: BookingContext, actor: Actor) -> ActorRole:
    setter = await find_setter(env, tx, what)
    return await find_acting_side(
        env, tx, actor, Operation.APPOINTMENT_BOOK, leader=what.rep.key, setter=setter.key if setter else None
    )


async def choose_and_book(
    env: Env, tx: Tx, what: BookingContext, request: SlotRequest, *, trigger: str, actor: Actor
) -> AppointmentRow:
    """Choose who takes part and write the appointment; the lead's row is locked. The lead's slot hold is used up. Forbidden."""
    lead_id = what.lead.id
    side = await _find_booking_side(env, tx, what, actor)
    require_email(what.lead)
    await refuse_if_booked(env, tx, lead_id)
    slot_hold = await open_slot_hold(env, tx, lead_id, lock=True)
    # Before any rep's row is locked, and before the lead may go to another rep, which would end the hold unused.
    if slot_hold is not None:
        await tx.slot_holds.release(slot_hold.id, at=env.clock(), reason="booked")
    if what.assignment.decision_id is not None and await tx.ledgers.is_credited(what.assignment.decision_id):
        await restore_turn(env, tx, what.assignment.decision_id, say("reason.booked-again"), actor=actor)
    hold_id = slot_hold.id if slot_hold else None
    what = by_rules_of_hold(what, slot_hold, request.time)
    participants = await choose_participants(
        env, tx, what, replace(request, slot_hold_id=hold_id), trigger=trigger, actor=actor
    )
    return await write_appointment(env, tx, participants, request.time, actor=actor, by=side, hold_id=hold_id)


async def write_appointment(
    env: Env,
    tx: Tx,
    participants: Participants,
    wanted: Interval,
    *,
    actor: Actor,
    by: ActorRole,
    hold_id: UUID | None = None,
) -> AppointmentRow:
    """Write the appointment and all that follows from it. The rows of the lead and the participants are locked."""
    now = env.clock()
    row = await build_appointment(env, tx, participants, wanted, actor=actor, now=now)
    await tx.appointments.add(row, reservation_ids=[env.new_id() for _ in participants.rep_ids])
    await enqueue_deliveries(env, tx, row, Wanted.PUT)
    await note_uninvited(env, tx, row, participants.context.config.roster.reps[row.rep_key].time_zone)
    await tx.leads.set_stage(row.lead_id, LeadStage.BOOKED.value, at=now)
    await owe_lead_record(env, tx, row.lead_id)
    detail = {"setter": row.setter_key, "slot_hold": str(hold_id) if hold_id else None}
    known = {name: value for name, value in detail.items() if value}
    await record_transition(env, tx, None, row, AppointmentAction.BOOK, by=by, actor=actor, reason=None, detail=known)
    return row


def booking_error(refused: ConstraintRefused) -> PointsmanError | ConstraintRefused:
    """What the database's last word on a booking means to the caller."""
    match refused.constraint:
        case "reservations_no_overlap" | "reservations_gap":
            return SlotTaken("That time has just been taken. Choose another slot.")
        case "appointments_one_per_lead":
            return Conflict("This lead has an appointment already.", code="already-booked")
        case "PM001":
            code = "gate-closed" if refused.detail == "gate" else "role-protected"
            return RoleProtected(f"{refused}.", code=code, told=say("refusal.role-protected"))
        case _:
            return refused


def requested_interval(what: BookingContext, start: datetime, end: datetime | None, *, path: str = "body") -> Interval:
    """What was asked for, in UTC; without an end, as long as the pool's appointments are. Raises Invalid."""
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        message = "Write 2026-01-31T09:00:00+01:00."
        raise Invalid(
            "Times need their offset.", faults=[Fault(path=f"{path}.start", code="bad-time", message=message)]
        )
    begin = start.astimezone(UTC)
    finish = end.astimezone(UTC) if end else begin + what.rules.duration
    if finish <= begin:
        fault = Fault(path=f"{path}.end", code="bad-time", message="Give an end after start.")
        raise Invalid("The appointment ends before it starts.", faults=[fault])
    return Interval(begin, finish)


async def precheck_slot(
    env: Env, tx: Tx, seen: BookingContext, wanted: Interval, slot_hold: SlotHoldRow | None
) -> None:
    """What can be refused before any vendor is asked and anything is locked. Raises as `choose_participants`.

    It may miss a booking, but each booking that it sees exists. So most of many requests for one slot are refused at once.
    """
    alone = seen.rules.offer is OfferMode.STRICT
    gone = (
        await load_booked_time(tx, seen, wanted)
        if alone and slot_hold is None
        else BookedTime(reservations=(), appointments=())
    )
    why = find_booking_obstacle(seen, wanted, (), gone, env.clock())
    if why is not None and (alone or why.code in _SAME_FOR_WHOLE_POOL):
        raise obstacle_error(why, seen.config.roster.reps)


async def refuse_if_booked(env: Env, tx: Tx, lead_id: UUID) -> None:
    """Conflict "already-booked" while the lead has an appointment, or one that is over and has no result yet."""
    there = await tx.appointments.active_for_lead(lead_id)
    if there is None:
        return
    told, reps = await appointment_words(tx, there)
    said = say("refusal.already-booked", **told)
    if there.ends_at <= env.clock():
        said = say("refusal.no-result", appointment=str(there.id), **told)
    about = {"id": str(there.id), "rep": there.rep_key, "status": there.status}
    times = {"start": there.starts_at.isoformat(), "end": there.ends_at.isoformat()}
    raise english_error(Conflict, said, reps, code="already-booked", extra={"appointment": about | times})


def by_rules_of_hold(what: BookingContext, slot_hold: SlotHoldRow | None, wanted: Interval) -> BookingContext:
    """`what` for a slot that is kept: a policy published meanwhile, or the time that has passed, takes it from no buyer.

    It has the buffers by which it was kept; minimum notice and horizon were asked then. Of a pool that sends a companion since,
    no rep comes along: nobody's time was kept for it.
    """
    if slot_hold is None or slot_hold.interval != wanted:
        return what
    asked_then = {
        "buffer_before": slot_hold.buffer_before,
        "buffer_after": slot_hold.buffer_after,
        "minimum_notice": timedelta(0),
        "companion_pools": _kept_pools(what, slot_hold),
        "horizon": max(what.rules.horizon, slot_hold.ends_at - slot_hold.created_at),
    }
    return replace(what, rules=what.rules.model_copy(update=asked_then))


def _kept_pools(what: BookingContext, slot_hold: SlotHoldRow) -> tuple[str, ...]:
    """The live policy's pools of companions, as far as the hold keeps the time of a companion for each."""
    asked, roster, policy = what.rules.companion_pools, what.config.roster, what.config.policy.policy
    left = set(slot_hold.kept_reps) - {slot_hold.rep_id}
    if len(asked) <= len(left):
        return tuple(asked)
    pools = []
    for name in asked:
        members = policy.pools[name].members if name in policy.pools else ()
        ids = [roster.reps[member.rep].id for member in members if member.rep in roster.reps]
        if kept := next((rep for rep in ids if rep in left), None):
            left.remove(kept)
            pools.append(name)
    return tuple(pools)


async def open_slot_hold(env: Env, tx: Tx, lead_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
    """The lead's slot hold, if it has one that has not run out."""
    found = await tx.slot_holds.open_for_lead(lead_id, lock=lock)
    return found if found is not None and found.expires_at > env.clock() else None
