"""Slot holds: a slot kept for a lead while somebody looks at it, for as long as the pool says (`hold_for`).

A lead has one hold at a time: another one replaces it. It keeps the time of whoever would be booked, and ends when the
lead is booked, when it is released, when it runs out, and with the work of the rep who has the lead (db: AND_THEIR_SLOT_HOLDS).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Conflict, NotFound
from pointsman.services.availability.booking_context import Bookable, bookable, visible_lead
from pointsman.services.availability.participant_calendars import read_party_calendars
from pointsman.services.availability.participants import Asking, Party, would_be_party
from pointsman.services.booking.book import in_words, own_hold, refuse_early, refuse_second, wanted_time
from pointsman.services.calendars.readings import FOR_SLOTS
from pointsman.services.ports import Actor, Env, LostRace, Refused, Tx
from pointsman.services.ports.slot_holds import Kept, SlotHoldRow
from pointsman.services.transactions import in_transaction

#: Nobody hoards: holds that a lead may have in an hour, one after another.
AN_HOUR = 20
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A slot hold that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    asking: Asking
    actor: Actor


async def hold_slot(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None
) -> SlotHoldRow:
    """Keep [start, end) for the lead; `end` None is the pool's usual length. What it had kept before is free again.

    Raises SlotTaken, Conflict (`too-many-holds`, `already-booked`, `slot-not-offered`, `no-closer`), RoleProtected and
    Unavailable (`calendar-unreadable`).
    """
    holding = await prepare_hold(env, lead_id, start, actor=actor, end=end)
    try:
        return await in_transaction(env, lambda tx: hold_in(env, tx, holding))
    except Refused as refused:
        raise in_words(refused) from refused


async def prepare_hold(
    env: Env, lead_id: UUID, start: datetime, *, actor: Actor, end: datetime | None = None
) -> Holding:
    """Refuse what can be refused without a lock, then read the calendars; nothing is written. See `hold_slot`."""
    async with env.uow() as tx:
        what = await bookable(env, tx, await visible_lead(tx, lead_id, actor), now=env.clock())
        wanted = wanted_time(what, start, end)
        await refuse_second(env, tx, lead_id)
        await _refuse_hoarding(env, tx, lead_id)
        await refuse_early(env, tx, what, wanted, await own_hold(env, tx, lead_id))
    readings = await read_party_calendars(env, what, max_age=FOR_SLOTS)
    return Holding(lead_id=lead_id, asking=Asking(wanted=wanted, readings=readings), actor=actor)


async def hold_in(env: Env, tx: Tx, given: Holding) -> SlotHoldRow:
    """The hold, inside the caller's transaction; what the database refuses is put into words by `in_words`."""
    lead = await visible_lead(tx, given.lead_id, given.actor, lock=True)
    now = env.clock()
    what = await bookable(env, tx, lead, now=now)
    await refuse_second(env, tx, lead.id)
    await _refuse_hoarding(env, tx, lead.id)
    before = await tx.slot_holds.of_lead(lead.id, lock=True)
    asking = replace(given.asking, hold=before.id if before else None)
    party = await _locked_party(env, tx, what, asking)
    if before is not None:
        reason = "replaced" if before.expires_at > now else "expired"
        await tx.slot_holds.release(before.id, at=now, reason=reason)
    row = SlotHoldRow(
        id=env.new_id(),
        lead_id=lead.id,
        rep_id=party.what.rep.id,
        rep_key=party.what.rep.key,
        starts_at=asking.wanted.start,
        ends_at=asking.wanted.end,
        made_by=given.actor.name,
        created_at=now,
        expires_at=now + what.rules.hold_for,
    )
    await tx.slot_holds.add(row, _kept(env, party))
    await _audit(env, tx, row, "slot_hold.made", given.actor, replaced=str(before.id) if before else None)
    return row


async def release_slot(env: Env, hold_id: UUID, *, actor: Actor) -> SlotHoldRow:
    """Give the slot back; one that is over already stays as it is. Raises NotFound."""

    async def work(tx: Tx) -> SlotHoldRow:
        seen = await _visible(tx, hold_id, actor)
        await tx.leads.get(seen.lead_id, lock=True)  # as everybody who changes anything about a lead does first
        row = await tx.slot_holds.get(hold_id, lock=True)
        assert row is not None, "holds are never deleted"
        if row.released_at is not None:
            return row
        now = env.clock()
        reason = "cancelled" if row.expires_at > now else "expired"
        await tx.slot_holds.release(row.id, at=now, reason=reason)
        await _audit(env, tx, row, "slot_hold.released", actor, reason=reason)
        return replace(row, released_at=now, release_reason=reason)

    return await in_transaction(env, work)


async def get_hold(env: Env, hold_id: UUID, *, actor: Actor) -> SlotHoldRow:
    """Raises NotFound, also for what a partner may not see."""
    async with env.uow() as tx:
        return await _visible(tx, hold_id, actor)


async def expire_holds(env: Env) -> int:
    """Free the time of holds that have run out; how many."""
    return await in_transaction(env, lambda tx: tx.slot_holds.expire(at=env.clock()))


async def _visible(tx: Tx, hold_id: UUID, actor: Actor) -> SlotHoldRow:
    row = await tx.slot_holds.get(hold_id)
    if row is None or (actor.supplier is not None and not await tx.gates.supplier_sees(row.lead_id, actor.supplier)):
        raise NotFound("There is no slot hold with this id.")
    return row


async def _locked_party(env: Env, tx: Tx, what: Bookable, asking: Asking) -> Party:
    """Who would be booked, their rows locked, and still so once they are. LostRace when it is somebody else by then."""
    party = await would_be_party(env, tx, what, asking)
    await tx.appointments.lock_reps(party.rep_ids)
    await tx.slot_holds.expire(at=env.clock(), rep_ids=party.rep_ids)
    again = await would_be_party(env, tx, what, asking)
    if again.rep_ids != party.rep_ids:
        raise LostRace("somebody else would be booked by now")
    return again


def _kept(env: Env, party: Party) -> list[Kept]:
    takes_part = [(party.what.rep.id, party.what.held.work)]
    takes_part += [(companion.rep_id, companion.work) for companion in party.companions]
    return [Kept(reservation_id=env.new_id(), rep_id=rep_id, work=work) for rep_id, work in takes_part]


async def _refuse_hoarding(env: Env, tx: Tx, lead_id: UUID) -> None:
    made = await tx.slot_holds.made_since(lead_id, env.clock() - _HOUR)
    if made >= AN_HOUR:
        raise Conflict(
            f"{made} slots were kept for this lead within an hour: book one, or wait.",
            code="too-many-holds",
            extra={"made": made, "an_hour": AN_HOUR},
        )


async def _audit(
    env: Env, tx: Tx, row: SlotHoldRow, action: str, actor: Actor, *, reason: str | None = None, **more: str | None
) -> None:
    about = {"slot_hold": str(row.id), "rep": row.rep_key, "start": row.starts_at.isoformat()}
    await tx.audit.add(
        id=env.new_id(),
        at=env.clock(),
        actor=actor.name,
        action=action,
        subject=f"lead:{row.lead_id}",
        after={**about, **{name: value for name, value in more.items() if value}},
        reason=reason,
    )
