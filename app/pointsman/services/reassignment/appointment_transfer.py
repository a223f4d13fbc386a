"""A lead that goes to another rep takes its appointment along: same time, and each companion stays when free.

What an absence or a mistake makes necessary is never too late or too early: minimum notice and horizon do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import AppointmentAction
from pointsman.domain.errors import Conflict, PointsmanError
from pointsman.domain.messages.message import Reason, rep_name, say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import Decision, canonical_json
from pointsman.services.appointments.transition_effects import require_open_gate
from pointsman.services.appointments.transitions import require_action_allowed
from pointsman.services.availability.at_time import load_availability
from pointsman.services.availability.booking_context import BookingContext, find_booking_obstacle, load_booking_context
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import Participants, SlotRequest, choose_participants, preview_choice
from pointsman.services.booking.apply_change import apply_appointment_change, keep_companion_pools
from pointsman.services.calendars.own_events import participant_ids
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING, RepCalendarReading
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.roster.names import appointment_words
from pointsman.services.routing.dry_run import dry_run
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.wording.english import english_error

REASSIGN_TRIGGER = "reassign"
_YEAR = timedelta(days=366)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentTransfer:
    """A lead's appointment, and the calendars of all reps who might take it over, read for its time."""

    appointment_id: UUID
    readings: Mapping[str, RepCalendarReading]


async def prepare_transfer(env: Env, lead_id: UUID, *, to: str | None = None) -> AppointmentTransfer | None:
    """Read the calendars of the reps that the rules might choose, or of the rep `to`; None for a lead without an appointment.

    Raises Conflict "action-not-allowed" where it cannot be reassigned any more.
    """
    now = env.clock()
    async with env.uow() as tx:
        lead, row = await tx.leads.get(lead_id), await tx.appointments.active_for_lead(lead_id)
        if lead is None or row is None:
            return None
        require_action_allowed(row, AppointmentAction.REASSIGN, now)
        what = await _transfer_context(env, tx, lead, row)
    if to is not None and (rep := what.config.roster.reps.get(to)) is not None:
        what = replace(what, rep=rep)
    window = Interval(now, row.ends_at + _DAY)
    readings = await read_participant_calendars(
        env, what, max_age=MAX_AGE_FOR_BOOKING, window=window, whole_pool=to is None
    )
    return AppointmentTransfer(appointment_id=row.id, readings=readings)


async def lock_appointment_of_lead(
    tx: Tx, lead: LeadRow, transfer: AppointmentTransfer | None
) -> AppointmentRow | None:
    """The appointment of the lead, both locked.

    Conflict "holder-changed" when it is not the one that the transfer was prepared for: other calendars may have to be read.
    """
    seen = await tx.appointments.active_for_lead(lead.id)
    row = await tx.appointments.get(seen.id, lock=True) if seen else None
    _require_prepared_for(row, transfer)
    return row


async def preview_transfer(
    env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow | None, transfer: AppointmentTransfer | None
) -> tuple[Decision, tuple[UUID, ...]]:
    """The decision that `transfer_by_rules` would take, and the participants' ids; nothing is locked or written. Raises as it."""
    _require_prepared_for(row, transfer)
    assert row is not None
    assert transfer is not None
    what, request = await _ask_for_transfer(env, tx, lead, row, transfer)
    try:
        participants, decision = await preview_choice(env, tx, what, request)
    except PointsmanError as error:
        raise await _nobody_free_error(env, tx, what, request, row, error) from error
    assert decision is not None, "the holder is not asked"
    before = participant_ids(row)
    for rep_id in participants.rep_ids:
        if rep_id not in before and await tx.calendars.write_target(rep_id) is None:
            raise Conflict("The rep who would come has no calendar to write appointments to.", code="no-calendar")
    return decision, participants.rep_ids


def _require_prepared_for(row: AppointmentRow | None, transfer: AppointmentTransfer | None) -> None:
    if (row.id if row else None) != (transfer.appointment_id if transfer else None):
        what = "was called off" if row is None else "was made"
        raise Conflict(f"An appointment of this lead {what} meanwhile. Ask again.", code="holder-changed")


async def _ask_for_transfer(
    env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, transfer: AppointmentTransfer
) -> tuple[BookingContext, SlotRequest]:
    """What the appointment rests on, and the question for another rep at its time who never had the lead."""
    require_action_allowed(row, AppointmentAction.REASSIGN, env.clock())
    await require_open_gate(env, tx, row, lead)
    what = await _transfer_context(env, tx, lead, row)
    never = await tx.decisions.past_holders(lead.id)
    request = SlotRequest(
        time=row.interval, readings=transfer.readings, moving_id=row.id, exclude_holder=True, excluded_reps=never
    )
    return what, request


async def transfer_by_rules(
    env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, transfer: AppointmentTransfer, *, reason: Reason, actor: Actor
) -> RoutingResult:
    """Give the lead and its appointment to the rep that the rules choose, among the reps who never had it and are free then.

    Conflict "no-rep-free", which names each rep that was looked at, and the obstacle: then nothing has changed.
    """
    what, request = await _ask_for_transfer(env, tx, lead, row, transfer)
    try:
        participants = await choose_participants(env, tx, what, request, trigger=REASSIGN_TRIGGER, actor=actor)
    except PointsmanError as error:
        raise await _nobody_free_error(env, tx, what, request, row, error) from error
    await _apply_transfer(env, tx, row, participants, reason=reason, actor=actor)
    assignment = participants.context.assignment
    decided = await tx.decisions.get(assignment.decision_id) if assignment.decision_id else None
    assert decided is not None, "it was decided just now"
    return RoutingResult(
        decision_id=decided.id,
        decision=Decision.from_json(canonical_json(decided.record)),
        assignment_id=assignment.assignment_id,
        rep=participants.context.rep,
    )


async def check_transfer_to(
    env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, transfer: AppointmentTransfer, to: str
) -> tuple[BookingContext, SlotRequest]:
    """What the appointment rests on now, and the question whether `to` is free then, who is. Conflict "not-free"."""
    require_action_allowed(row, AppointmentAction.REASSIGN, env.clock())
    what = await _transfer_context(env, tx, lead, row)
    request = SlotRequest(time=row.interval, readings=transfer.readings, moving_id=row.id, holder_only=True)
    named = replace(what, rep=what.config.roster.reps[to])
    availability = await load_availability(
        env,
        tx,
        named,
        row.interval,
        transfer.readings,
        whole_pool=False,
        moving=row.id,
        hold=None,
        hindrance=find_booking_obstacle,
    )
    if (why := availability.leader_obstacle(to)) is not None:
        raise english_error(
            Conflict,
            say("refusal.not-free", why=why.sentence, rep=rep_name(to)),
            availability.reps,
            code="not-free",
            extra={"rep": to, "reason": why.code, "start": row.starts_at.isoformat()},
        )
    return what, request


async def complete_transfer(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    what: BookingContext,
    request: SlotRequest,
    *,
    reason: Reason,
    actor: Actor,
) -> None:
    """The appointment follows its lead, which was given to another rep by hand just now."""
    assignment = await tx.gates.current_assignment(row.lead_id, at=env.clock())
    assert assignment is not None, "it was written just now"
    now_with = replace(
        what, assignment=assignment, rep=what.config.roster.reps[assignment.rep_key], gate_check=assignment.gate_check
    )
    participants = await choose_participants(env, tx, now_with, request, trigger=REASSIGN_TRIGGER, actor=actor)
    await _apply_transfer(env, tx, row, participants, reason=reason, actor=actor)


async def _apply_transfer(
    env: Env, tx: Tx, row: AppointmentRow, participants: Participants, *, reason: Reason, actor: Actor
) -> None:
    """The appointment at its own time, with others."""
    await apply_appointment_change(
        env,
        tx,
        row,
        participants,
        row.interval,
        act=AppointmentAction.REASSIGN,
        by=ActorRole.OPERATOR,
        actor=actor,
        reason=reason,
    )


async def _transfer_context(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow) -> BookingContext:
    """With the buffers that it was made with; any pool for its work may take it over."""
    what = keep_companion_pools(await load_booking_context(env, tx, lead, now=env.clock(), moving=True), row)
    kept = {"buffer_before": row.buffer_before, "buffer_after": row.buffer_after}
    rules = what.rules.model_copy(update={"minimum_notice": timedelta(0), "horizon": _YEAR, **kept})
    return replace(what, rules=rules, pool=None)


async def _nobody_free_error(
    env: Env, tx: Tx, what: BookingContext, request: SlotRequest, row: AppointmentRow, error: PointsmanError
) -> PointsmanError:
    """The answer to an admin, with names; any other fault as it is."""
    if not isinstance(error, Conflict) and error.code != "calendar-unreadable":
        return error
    availability = await load_availability(
        env,
        tx,
        what,
        request.time,
        request.readings,
        whole_pool=True,
        moving=row.id,
        hold=None,
        hindrance=find_booking_obstacle,
    )
    preview = await dry_run(
        env,
        tx,
        what.lead,
        purpose=Work(what.assignment.work),
        calendars=availability.calendars,
        past_holders=request.excluded_reps,
        reversed_turn=what.assignment.decision_id,
    )
    decision = preview.decide(availability.asked_time)
    dropped = [{"rep": c.rep, "code": c.code, "sentence": c.sentence} for c in decision.candidates if not c.eligible]
    why = tuple(dict.fromkeys(c.sentence for c in decision.candidates if not c.eligible)) or say("refusal.no-member")
    told, _ = await appointment_words(tx, row)
    return english_error(
        Conflict,
        say("refusal.no-rep-free", start=told["start"], why=why),
        availability.reps,
        code="no-rep-free",
        extra={"appointment": str(row.id), "dropped": dropped},
    )
