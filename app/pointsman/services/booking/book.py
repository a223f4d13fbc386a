"""Booking an appointment: who takes part, their time, what their calendars are owed, and where the lead stands then.

What else may be done with it later stands in the table of `domain.appointments`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import Act, By
from pointsman.domain.errors import Conflict, Fault, Invalid, PointsmanError, RoleProtected, SlotTaken
from pointsman.domain.leads.facts import Stage
from pointsman.domain.policy.pools import Offer
from pointsman.services.appointments.transitions import record
from pointsman.services.availability.booking_context import Bookable, Taken, bookable, hindrance, taken, visible_lead
from pointsman.services.availability.participant_calendars import read_party_calendars
from pointsman.services.availability.participants import Asking, Party, choose_party, refuse_hopeless, refused
from pointsman.services.booking.appointment_row import new_appointment
from pointsman.services.calendars.readings import FOR_BOOKING
from pointsman.services.deliveries.enqueue import owe
from pointsman.services.ports import Actor, Env, Refused, Tx
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.ports.slot_holds import SlotHoldRow
from pointsman.services.routing.ledger import restore
from pointsman.services.transactions import in_transaction

#: What is in everybody's way alike.
_OF_THE_POOL = frozenset({"too-soon", "too-far"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A booking that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    seen: Bookable
    asking: Asking
    actor: Actor
    by: By


async def book(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None, by: By = By.SETTER
) -> AppointmentRow:
    """Book whoever the pool's offer says for [start, end); `end` None is the pool's usual length.

    Raises SlotTaken, Conflict (`already-booked`, `slot-not-offered`, `no-closer`, `no-email`), RoleProtected and
    Unavailable (`calendar-unreadable`).
    """
    return await book_prepared(env, await prepare_booking(env, lead_id, start, actor=actor, end=end, by=by))


async def book_prepared(env: Env, given: Prepared) -> AppointmentRow:
    """Book what was prepared. See `book`."""
    # Of many who want one slot, all but the first few need not queue for anybody's row.
    async with env.uow.single() as tx:
        await refuse_hopeless(env, tx, given.seen, given.asking)
    try:
        return await in_transaction(env, lambda tx: book_in(env, tx, given))
    except Refused as said_no:
        raise in_words(said_no) from said_no


async def prepare_booking(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None, by: By = By.SETTER
) -> Prepared:
    """Refuse what can be refused without a lock, then read the calendars; nothing is written. See `book`."""
    async with env.uow() as tx:
        seen = await bookable(env, tx, await visible_lead(tx, lead_id, actor), now=env.clock())
        wanted = wanted_time(seen, start, end)
        await refuse_second(env, tx, lead_id)
        held = await own_hold(env, tx, lead_id)
        await refuse_early(env, tx, seen, wanted, held)
    readings = await read_party_calendars(env, seen, max_age=FOR_BOOKING)
    asking = Asking(wanted=wanted, readings=readings, hold=held.id if held else None)
    return Prepared(lead_id=lead_id, seen=seen, asking=asking, actor=actor, by=by)


async def book_in(env: Env, tx: Tx, given: Prepared) -> AppointmentRow:
    """The booking, inside the caller's transaction; what the database refuses is put into words by `in_words`."""
    lead = await visible_lead(tx, given.lead_id, given.actor, lock=True)
    what = await bookable(env, tx, lead, now=env.clock())
    if what.rep.id != given.seen.rep.id:
        raise Conflict(f"The lead has just gone to {what.rep.name}. Ask for slots again.", code="holder-changed")
    return await book_for(env, tx, what, given.asking, trigger="booked", actor=given.actor, by=given.by)


async def book_for(
    env: Env, tx: Tx, what: Bookable, asking: Asking, *, trigger: str, actor: Actor, by: By
) -> AppointmentRow:
    """Choose who takes part and write the appointment; the lead's row is locked. The lead's slot hold is used up."""
    lead_id = what.lead.id
    if not what.lead.email:
        raise Conflict("This lead has no email address to invite. Add one: POST /v1/leads.", code="no-email")
    await refuse_second(env, tx, lead_id)
    held = await own_hold(env, tx, lead_id, lock=True)
    # Before any rep's row is locked, and before the lead may go to another rep, which would end the hold unused.
    if held is not None:
        await tx.slot_holds.release(held.id, at=env.clock(), reason="booked")
    if what.held.decision_id is not None and await tx.ledgers.credited(what.held.decision_id):
        await restore(env, tx, what.held.decision_id, "booked again", actor=actor)
    hold_id = held.id if held else None
    party = await choose_party(env, tx, what, replace(asking, hold=hold_id), trigger=trigger, actor=actor)
    return await place(env, tx, party, asking.wanted, actor=actor, by=by, hold_id=hold_id)


async def place(
    env: Env,
    tx: Tx,
    party: Party,
    wanted: Interval,
    *,
    actor: Actor,
    by: By = By.SETTER,
    hold_id: UUID | None = None,
) -> AppointmentRow:
    """Write the appointment and all that follows from it. The lead's row and everybody's who takes part are locked."""
    now = env.clock()
    row = await new_appointment(env, tx, party, wanted, actor=actor, now=now)
    await tx.appointments.add(row, reservation_ids=[env.new_id() for _ in party.rep_ids])
    await owe(env, tx, row, "book")
    await tx.leads.set_stage(row.lead_id, Stage.BOOKED.value, at=now)
    detail = {"setter": row.setter_key, "slot_hold": str(hold_id) if hold_id else None}
    known = {name: value for name, value in detail.items() if value}
    await record(env, tx, None, row, Act.BOOK, by=by, actor=actor, reason=None, detail=known)
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


def wanted_time(what: Bookable, start: datetime, end: datetime | None, *, path: str = "body") -> Interval:
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


async def refuse_early(env: Env, tx: Tx, seen: Bookable, wanted: Interval, held: SlotHoldRow | None) -> None:
    """What can be refused before any vendor is asked and anything is locked. Raises as `choose_party`.

    It may miss somebody, but whoever it sees is there: of many who want one slot, most are told so at once.
    """
    alone = seen.rules.offer is Offer.STRICT
    gone = await taken(tx, seen, wanted) if alone and held is None else Taken(reservations=(), meetings=())
    why = hindrance(seen, wanted, (), gone, env.clock())
    if why is not None and (alone or why.code in _OF_THE_POOL):
        raise refused(why)


async def refuse_second(env: Env, tx: Tx, lead_id: UUID) -> None:
    """Conflict "already-booked" while the lead has an appointment, or one that is over and has no result yet."""
    there = await tx.appointments.of_lead(lead_id)
    if there is None:
        return
    said = f"This lead has an appointment with {there.rep_key} already. Cancel that one first."
    if there.ends_at <= env.clock():
        said = (
            f"The lead's appointment with {there.rep_key} on {there.starts_at:%Y-%m-%d %H:%M} UTC has no result yet: "
            f"say held, no-show or cancel first (appointment {there.id})."
        )
    about = {"id": str(there.id), "rep": there.rep_key, "status": there.status}
    times = {"start": there.starts_at.isoformat(), "end": there.ends_at.isoformat()}
    raise Conflict(said, code="already-booked", extra={"appointment": about | times})


async def own_hold(env: Env, tx: Tx, lead_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
    """The lead's slot hold, if it has one that has not run out."""
    found = await tx.slot_holds.of_lead(lead_id, lock=lock)
    return found if found is not None and found.expires_at > env.clock() else None
