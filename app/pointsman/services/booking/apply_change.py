"""Giving an appointment another time, or other people: all that rests on them changes together, or nothing does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import Act, By, Status
from pointsman.domain.errors import NotFound, RoleProtected
from pointsman.domain.leads.facts import Stage
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.appointments.transitions import record
from pointsman.services.availability.booking_context import Bookable
from pointsman.services.availability.participants import Party
from pointsman.services.booking.appointment_row import confirm_by
from pointsman.services.booking.book import in_words
from pointsman.services.deliveries.enqueue import hand_on
from pointsman.services.ports import Actor, Env, LostRace, Refused, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.meeting import AppointmentRow

#: Why an assignment ended that was made anew, for the same rep, on the lead's latest pass of the gate.
RENEWED = "gate-renewed"


async def seen_appointment(tx: Tx, appointment_id: UUID, actor: Actor) -> AppointmentRow:
    """NotFound, also for what a partner may not see."""
    row = await tx.appointments.get(appointment_id, supplier=actor.supplier)
    if row is None:
        raise NotFound("There is no appointment with this id.")
    return row


async def locked_appointment(tx: Tx, appointment_id: UUID, actor: Actor) -> tuple[LeadRow, AppointmentRow]:
    """The lead first, as every other path does, so that nobody waits in a circle. NotFound."""
    seen = await seen_appointment(tx, appointment_id, actor)
    known = await tx.leads.get(seen.lead_id)
    lead = await tx.leads.get(known.merged_into or known.id, lock=True) if known else None
    row = await tx.appointments.get(appointment_id, lock=True)
    if lead is None or row is None:
        raise LostRace("the lead or its appointment went away")
    return lead, row


def as_it_stands(what: Bookable, row: AppointmentRow) -> Bookable:
    """`what`, with the companions' pools that the appointment has where no pool of its own says who comes along."""
    if what.held.pool is not None or not row.companions:
        return what
    live = what.known.policy.policy.pools
    pools = tuple(dict.fromkeys(item.pool for item in row.companions if item.pool in live))
    return replace(what, rules=what.rules.model_copy(update={"together": pools}))


async def change_over(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    party: Party,
    wanted: Interval,
    *,
    act: Act,
    by: By,
    actor: Actor,
    reason: str | None,
    known_to: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AppointmentRow:
    """Write the appointment as `party` has it at `wanted`, with everybody's time, and owe what calendars have to hear.

    The lead, the appointment and everybody's rows are locked. `known_to` is whose calendar knows already. Raises
    RoleProtected "gate-closed", Conflict "no-calendar", and SlotTaken where the database says that the time is gone.
    """
    now = env.clock()
    what = await _on_open_gate(env, tx, party.what)
    held = what.held
    handed_on = held.rep_id != row.rep_id
    after = replace(
        row,
        rep_id=held.rep_id,
        rep_key=held.rep_key,
        category=held.category,
        assignment_id=held.assignment_id,
        gate_check_id=held.gate_check_id,
        override_id=held.override_id,
        starts_at=wanted.start,
        ends_at=wanted.end,
        companions=party.companions,
        accepted_at=None if handed_on else row.accepted_at,  # the word of somebody else
        confirm_by=confirm_by(what.rules, wanted, now) if row.status == Status.REQUESTED else None,
        conflict=None,
        sequence=row.sequence + 1,
    )
    await tx.appointments.release_time(row.id)
    await tx.appointments.set_companions(row.id, after.companions)
    await record(env, tx, row, after, act, by=by, actor=actor, reason=reason, detail=detail)
    try:
        await tx.appointments.take_time(after, reservation_ids=[env.new_id() for _ in party.rep_ids])
    except Refused as refused:
        raise in_words(refused) from refused
    await hand_on(env, tx, row, after, known_to=known_to)
    await tx.leads.set_stage(row.lead_id, Stage.BOOKED.value, at=now)
    return after


async def _on_open_gate(env: Env, tx: Tx, what: Bookable) -> Bookable:
    """The same work of the same rep on the lead's latest pass, if the one that it rested on is over."""
    held, now = what.held, env.clock()
    check = held.check
    if Work(held.work) not in GATED_WORKS or held.by_override or (check is not None and check.open_at(now)):
        return what
    old = await tx.decisions.assignment(held.assignment_id)
    passes = (await tx.decisions.context(what.lead.id, at=now)).passes
    gate = next((found for found in passes if found.work == held.work), None)
    if old is None or gate is None:
        raise gate_closed()
    await tx.decisions.end_assignment(old.id, at=now, reason=RENEWED)
    try:
        await tx.decisions.add_assignment(replace(old, id=env.new_id(), gate_check_id=gate.id, override_id=None))
    except Refused as refused:  # the world changed after we looked: look again
        raise LostRace(str(refused)) from refused
    renewed = await tx.gates.held(what.lead.id, at=now)
    assert renewed is not None, "it was written just now"
    return replace(what, held=renewed, check=renewed.check)


def gate_closed() -> RoleProtected:
    return RoleProtected(
        "This lead's gate has expired or was revoked. Send fresh evidence: POST /v1/leads/{id}/qualifications.",
        code="gate-closed",
    )
