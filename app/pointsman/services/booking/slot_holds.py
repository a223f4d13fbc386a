"""Slot holds: a slot kept for a lead while the buyer looks at it, for as long as the pool says (`slot_hold_for`).

A lead has one slot hold at a time: another one replaces it. It keeps the time of the participants who would be booked.
It ends when the lead is booked, when it is released, when it runs out, and with the work of the rep who has the lead
(db: AND_THEIR_SLOT_HOLDS).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.appointments.transitions import refuse_revoked_link
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import (
    BookingContext,
    load_booking_context,
    require_email,
    visible_lead,
)
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import Participants, SlotRequest, preview_participants
from pointsman.services.booking.book import (
    booking_error,
    open_slot_hold,
    precheck_slot,
    refuse_if_booked,
    requested_interval,
)
from pointsman.services.calendars.readings import MAX_AGE_FOR_SLOTS
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, Tx
from pointsman.services.ports.booking.slot_holds import HoldReservation, SlotHoldRow
from pointsman.services.transactions import run_in_transaction

#: The slot holds that a lead may have in an hour, one after another: a limit against hoarding.
MAX_HOLDS_PER_HOUR = 20
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSlotHold:
    """A slot hold that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    request: SlotRequest
    actor: Actor


async def hold_slot(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None
) -> SlotHoldRow:
    """Keep [start, end) for the lead; `end` None is the pool's usual length. What it had kept before is free again.

    Raises SlotTaken, Conflict (`too-many-holds`, `already-booked`, `slot-not-offered`, `no-closer`, `no-email`), RoleProtected
    and Unavailable (`calendar-unreadable`).
    """
    holding = await prepare_slot_hold(env, lead_id, start, actor=actor, end=end)
    try:
        return await run_in_transaction(env, lambda tx: hold_slot_in_tx(env, tx, holding))
    except ConstraintRefused as refused:
        raise booking_error(refused) from refused


async def prepare_slot_hold(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None
) -> PreparedSlotHold:
    """Refuse what can be refused without a lock, then read the calendars; nothing is written. See `hold_slot`."""
    actor.require(Operation.SLOT_HOLD)
    async with env.uow() as tx:
        what = await load_booking_context(env, tx, await visible_lead(tx, lead_id, actor), now=env.clock())
        wanted = requested_interval(what, start, end)
        await refuse_if_booked(env, tx, lead_id)
        require_email(what.lead)
        await _refuse_hoarding(env, tx, lead_id)
        await precheck_slot(env, tx, what, wanted, await open_slot_hold(env, tx, lead_id))
    readings = await read_participant_calendars(env, what, max_age=MAX_AGE_FOR_SLOTS)
    return PreparedSlotHold(lead_id=lead_id, request=SlotRequest(time=wanted, readings=readings), actor=actor)


_RELEASES = {"cancelled": say("reason.hold-cancelled"), "expired": say("reason.hold-expired")}


async def hold_slot_in_tx(env: Env, tx: Tx, given: PreparedSlotHold) -> SlotHoldRow:
    """The hold, inside the caller's transaction; what the database refuses is put into words by `booking_error`."""
    lead = await visible_lead(tx, given.lead_id, given.actor, lock=True)
    await refuse_revoked_link(tx, given.actor)
    now = env.clock()
    what = await load_booking_context(env, tx, lead, now=now)
    await refuse_if_booked(env, tx, lead.id)
    require_email(lead)
    await _refuse_hoarding(env, tx, lead.id)
    before = await tx.slot_holds.open_for_lead(lead.id, lock=True)
    request = replace(given.request, slot_hold_id=before.id if before else None)
    participants = await _lock_participants(env, tx, what, request)
    if before is not None:
        reason = "replaced" if before.expires_at > now else "expired"
        await tx.slot_holds.release(before.id, at=now, reason=reason)
    row = SlotHoldRow(
        id=env.new_id(),
        lead_id=lead.id,
        rep_id=participants.context.rep.id,
        rep_key=participants.context.rep.key,
        starts_at=request.time.start,
        ends_at=request.time.end,
        made_by=given.actor.name,
        created_at=now,
        expires_at=now + what.rules.slot_hold_for,
        buffer_before=what.rules.buffer_before,
        buffer_after=what.rules.buffer_after,
    )
    await tx.slot_holds.add(row, _reservations(env, participants, row))
    await _audit_slot_hold(env, tx, row, "slot_hold.made", given.actor, replaced=str(before.id) if before else None)
    return row


async def release_slot_hold(env: Env, hold_id: UUID, *, actor: Actor) -> SlotHoldRow:
    """Give the slot back; one that is over already stays as it is. Raises NotFound."""

    actor.require(Operation.SLOT_HOLD)

    async def work(tx: Tx) -> SlotHoldRow:
        seen = await _visible(tx, hold_id, actor)
        await tx.leads.get(seen.lead_id, lock=True)  # as every change of a lead does first
        row = await tx.slot_holds.get(hold_id, lock=True)
        assert row is not None, "holds are never deleted"
        if row.released_at is not None:
            return row
        now = env.clock()
        reason = "cancelled" if row.expires_at > now else "expired"
        await tx.slot_holds.release(row.id, at=now, reason=reason)
        await _audit_slot_hold(env, tx, row, "slot_hold.released", actor, reason=_RELEASES[reason])
        return replace(row, released_at=now, release_reason=reason)

    return await run_in_transaction(env, work)


async def get_slot_hold(env: Env, hold_id: UUID, *, actor: Actor) -> SlotHoldRow:
    """Raises NotFound, also for what a partner may not see."""
    async with env.uow() as tx:
        return await _visible(tx, hold_id, actor)


async def expire_slot_holds(env: Env) -> int:
    """Free the time of holds that have run out; how many."""
    return await run_in_transaction(env, lambda tx: tx.slot_holds.expire(at=env.clock()))


async def _visible(tx: Tx, hold_id: UUID, actor: Actor) -> SlotHoldRow:
    row = await tx.slot_holds.get(hold_id)
    if row is None or (actor.sees.is_limited and not await tx.leads.is_visible(row.lead_id, sees=actor.sees)):
        raise NotFound("There is no slot hold with this id.")
    return row


async def _lock_participants(env: Env, tx: Tx, what: BookingContext, request: SlotRequest) -> Participants:
    """Choose the participants, lock their rows, and choose again: LostRace when the answer differs."""
    participants = await preview_participants(env, tx, what, request)
    await tx.appointments.lock_reps(participants.rep_ids)
    await tx.slot_holds.expire(at=env.clock(), rep_ids=participants.rep_ids)
    again = await preview_participants(env, tx, what, request)
    if again.rep_ids != participants.rep_ids:
        raise LostRace("another rep would be booked by now")
    return again


def _reservations(env: Env, participants: Participants, row: SlotHoldRow) -> list[HoldReservation]:
    takes_part = [(participants.context.rep.id, participants.context.assignment.work)]
    takes_part += [(companion.rep_id, companion.work) for companion in participants.companions]
    return [
        HoldReservation(
            reservation_id=env.new_id(),
            rep_id=rep_id,
            work=work,
            buffer_before=row.buffer_before,
            buffer_after=row.buffer_after,
        )
        for rep_id, work in takes_part
    ]


async def _refuse_hoarding(env: Env, tx: Tx, lead_id: UUID) -> None:
    made = await tx.slot_holds.count_made_since(lead_id, env.clock() - _HOUR)
    if made >= MAX_HOLDS_PER_HOUR:
        raise Conflict(
            f"{made} slots were kept for this lead within an hour: book one, or wait.",
            code="too-many-holds",
            extra={"made": made, "an_hour": MAX_HOLDS_PER_HOUR},
        )


async def _audit_slot_hold(
    env: Env, tx: Tx, row: SlotHoldRow, action: str, actor: Actor, *, reason: Message | None = None, **more: str | None
) -> None:
    about = {"slot_hold": str(row.id), "rep": row.rep_key, "start": row.starts_at.isoformat()}
    await audit(
        env,
        tx,
        actor,
        action,
        f"lead:{row.lead_id}",
        after={**about, **{name: value for name, value in more.items() if value}},
        reason=reason,
    )
