"""Giving an appointment another time, or other people: all that rests on them changes together, or nothing does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import AppointmentAction, AppointmentStatus
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import Reason
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.appointments.transitions import record_transition
from pointsman.services.availability.booking_context import BookingContext
from pointsman.services.availability.participants import Participants
from pointsman.services.booking.appointment_row import confirmation_deadline
from pointsman.services.booking.book import booking_error
from pointsman.services.booking.meeting_place import place_after
from pointsman.services.deliveries.alerts.untold import note_untold
from pointsman.services.deliveries.enqueue import enqueue_changes
from pointsman.services.deliveries.notices import invitation_rules, inviter_after
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.routing.lead_inputs import gate_closed_error

#: Why an assignment ended that was replaced: the same rep, but on the lead's latest pass of the gate.
RENEWED = "gate-renewed"


def keep_companion_pools(what: BookingContext, row: AppointmentRow) -> BookingContext:
    """`what`, with the companions' pools that the appointment has where no pool of its own says who comes along."""
    if what.assignment.pool is not None or not row.companions:
        return what
    live = what.config.policy.policy.pools
    pools = tuple(dict.fromkeys(item.pool for item in row.companions if item.pool in live))
    return replace(what, rules=what.rules.model_copy(update={"companion_pools": pools}))


async def apply_appointment_change(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    participants: Participants,
    wanted: Interval,
    *,
    act: AppointmentAction,
    by: ActorRole,
    actor: Actor,
    reason: Reason,
    informed_rep_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AppointmentRow:
    """Write the appointment and its time as `participants` have it at `wanted`, and owe what calendars have to hear.

    The rows of lead, appointment and participants are locked. `informed_rep_id` is the rep whose calendar knows already. Raises
    RoleProtected "gate-closed", Conflict "no-calendar", and SlotTaken where the database says that the time is gone.
    """
    now = env.clock()
    what = await _renew_gate_pass(env, tx, participants.context)
    assignment = what.assignment
    handed_on = assignment.rep_id != row.rep_id
    # Where a human gives the lead to another, the buyer is still written to as before.
    told_by = assignment.pool or row.invitation_pool
    invitations = invitation_rules(what.config.policy.policy, told_by)
    place = place_after(what.config.policy.policy, told_by, row, handed_on=handed_on)
    after = replace(
        row,
        invited_by=await inviter_after(env, tx, row, invitations, assignment.rep_id),
        invitation_pool=told_by,
        join_url=place.join_url,
        vendor_meeting=place.vendor_meeting,
        rep_id=assignment.rep_id,
        rep_key=assignment.rep_key,
        pool=assignment.pool,
        category=assignment.category,
        assignment_id=assignment.assignment_id,
        gate_check_id=assignment.gate_check_id,
        override_id=assignment.override_id,
        starts_at=wanted.start,
        ends_at=wanted.end,
        buffer_before=what.rules.buffer_before,
        buffer_after=what.rules.buffer_after,
        companions=participants.companions,
        accepted_at=None if handed_on else row.accepted_at,  # the acceptance was the old rep's
        confirm_by=confirmation_deadline(what.rules, wanted, now)
        if row.status == AppointmentStatus.REQUESTED
        else None,
        conflict=None,
        sequence=row.sequence + 1,
    )
    await tx.appointments.release_time(row.id)
    await tx.appointments.set_companions(row.id, after.companions)
    await record_transition(env, tx, row, after, act, by=by, actor=actor, reason=reason, detail=detail)
    try:
        await tx.appointments.reserve_time(after, reservation_ids=[env.new_id() for _ in participants.rep_ids])
    except ConstraintRefused as refused:
        raise booking_error(refused) from refused
    await enqueue_changes(env, tx, row, after, informed_rep_id=informed_rep_id)
    await note_untold(env, tx, row, after, what.config.roster.reps[after.rep_key].time_zone)
    await tx.leads.set_stage(row.lead_id, LeadStage.BOOKED.value, at=now)
    await owe_lead_record(env, tx, row.lead_id)
    return after


async def _renew_gate_pass(env: Env, tx: Tx, what: BookingContext) -> BookingContext:
    """The same work of the same rep on the lead's latest pass, if the one that it rested on is over."""
    assignment, now = what.assignment, env.clock()
    check = assignment.gate_check
    if (
        Work(assignment.work) not in GATED_WORKS
        or assignment.has_override
        or (check is not None and check.is_open_at(now))
    ):
        return what
    old = await tx.decisions.assignment(assignment.assignment_id)
    passes = (await tx.decisions.routing_context(what.lead.id, at=now)).gate_passes
    gate = next((found for found in passes if found.work == assignment.work), None)
    if old is None or gate is None:
        raise gate_closed_error()
    await tx.decisions.end_assignment(old.id, at=now, reason=RENEWED)
    try:
        await tx.decisions.add_assignment(replace(old, id=env.new_id(), gate_check_id=gate.id, override_id=None))
    except ConstraintRefused as refused:  # the world changed after we looked: look again
        raise LostRace(str(refused)) from refused
    renewed = await tx.gates.current_assignment(what.lead.id, at=now)
    assert renewed is not None, "it was written just now"
    return replace(what, assignment=renewed, gate_check=renewed.gate_check)
