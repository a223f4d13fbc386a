"""Carrying out a row of the table in `domain.appointments`: all that one act brings with it, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pointsman.domain.booking.lifecycle import (
    ACTIVE_STATUSES,
    AppointmentAction,
    AppointmentStatus,
    CalendarOp,
    CreditEffect,
    GateEffect,
    LeadFollowUp,
    RejectCode,
    Transition,
)
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureCause
from pointsman.domain.messages.message import Message, Reason, say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.appointments.transitions import record_transition
from pointsman.services.deliveries.enqueue import enqueue_deliveries, enqueue_meeting
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.holds.close_lead import close_lead, mark_won, move_to_nurture
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import Wanted
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import AssignmentRow
from pointsman.services.roster.names import appointment_words
from pointsman.services.routing.lead_inputs import gate_closed_error
from pointsman.services.routing.ledger import reverse_turn_of
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest, TurnReversal
from pointsman.services.wording.english import english_error

#: A rep who gives a lead up with this reason does not get it back while it waits (db: holds.since_reassigned).
REJECTED = "rejected"
BACK_TO_QUALIFICATION = "sent-back"
#: In the record of an act: the lead had come back for new work, and stayed there (db: gates.evidence_used_up_at).
LEAD_MOVED_ON = "lead_moved_on"

_LEAVES_CLOSER = frozenset(
    {
        LeadFollowUp.ANOTHER_CLOSER,
        LeadFollowUp.QUALIFICATION,
        LeadFollowUp.NURTURE,
        LeadFollowUp.WON,
        LeadFollowUp.CLOSED,
    }
)
#: What takes the lead from its rep, and its pass, unless it has come back for new work since. A purchase is a purchase.
_MOVES_FROM_HERE = _LEAVES_CLOSER - {LeadFollowUp.WON, LeadFollowUp.ANOTHER_CLOSER}
_CALLED_OFF: Mapping[ActorRole, Message] = {
    ActorRole.PROSPECT: say("reason.called-off-by-buyer"),
    ActorRole.SETTER: say("reason.called-off-by-setter"),
    ActorRole.CLOSER: say("reason.called-off-by-closer"),
    ActorRole.OPERATOR: say("reason.called-off-by-operator"),
    ActorRole.CALENDAR: say("reason.removed-from-calendar"),
}
_REJECTED: Mapping[RejectCode, Message] = {
    RejectCode.WRONG_SEGMENT: say("reason.rejected-wrong-segment"),
    RejectCode.WRONG_BUYER: say("reason.rejected-wrong-buyer"),
    RejectCode.WRONG_VALUE: say("reason.rejected-wrong-value"),
    RejectCode.NOT_QUALIFIED: say("reason.rejected-not-qualified"),
    RejectCode.DUPLICATE: say("reason.rejected-duplicate"),
}
_WANTED = {CalendarOp.MOVE: Wanted.PUT, CalendarOp.CANCEL: Wanted.DROP}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """An act on an appointment: what is changed beside its status, who does it, and why.

    `until` is for the lead that goes to nurture, None for the policy's measure.
    """

    action: AppointmentAction
    transition: Transition
    by: ActorRole
    actor: Actor
    reason: Reason
    column_changes: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    nurture_until: datetime | None = None


async def apply_transition(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    row: AppointmentRow,
    request: TransitionRequest,
    calendars: Mapping[str, CalendarState],
) -> AppointmentRow:
    """Do what the row of the table says. The lead and then the appointment are locked, and the act is allowed.

    Raises RoleProtected "gate-closed" and Conflict "has-appointment"; LostRace; CalendarsUnread, so that its transaction
    belongs into `with_closer_calendars`, which lends `calendars`.
    """
    now, effect = env.clock(), request.transition
    current = await tx.decisions.current_assignment(lead.id)
    has_moved_on = effect.follow_up in _MOVES_FROM_HERE and await _has_moved_on(env, tx, lead, row, current)
    status = effect.status or AppointmentStatus(row.status)
    told = _WANTED.get(effect.calendar_op)
    change: dict[str, Any] = {"status": status.value, **request.column_changes}
    if status is not AppointmentStatus.REQUESTED:
        change["confirm_by"] = None
    if status not in ACTIVE_STATUSES:
        change["conflict"] = None  # there is nothing left to settle
    after = replace(row, **change, sequence=row.sequence + (told is not None))
    if effect.gate is GateEffect.REQUIRED:
        await require_open_gate(env, tx, row, lead)
    if effect.follow_up in _LEAVES_CLOSER:
        await _refuse_while_another_stands(tx, lead, row)
    if effect.gate is GateEffect.REVOKED and not has_moved_on:
        await tx.gates.revoke_passes(lead.id, row.work, at=now)
    await record_transition(
        env,
        tx,
        row,
        after,
        request.action,
        by=request.by,
        actor=request.actor,
        reason=request.reason,
        detail={**request.detail, **({LEAD_MOVED_ON: True} if has_moved_on else {})},
    )
    if status in (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED, AppointmentStatus.NO_SHOW):
        await tx.appointments.release_time(row.id)
    if told is not None and now < row.ends_at:  # what is over stays in the calendars as it was
        await enqueue_deliveries(env, tx, after, told)
    elif after.status != row.status:
        await enqueue_meeting(env, tx, after)
    await _move_lead(env, tx, lead, row, request, calendars, current=current, has_moved_on=has_moved_on)
    await owe_lead_record(env, tx, lead.id)
    return after


async def require_open_gate(env: Env, tx: Tx, row: AppointmentRow, lead: LeadRow) -> None:
    """Raises RoleProtected "gate-closed" unless the lead's gate for this appointment's work is open now."""
    if Work(row.work) not in GATED_WORKS:
        return
    now = env.clock()
    current = await tx.gates.current_assignment(lead.id, at=now)
    if current is not None and current.work == row.work and current.has_override:
        return
    if any(found.work == row.work for found in (await tx.decisions.routing_context(lead.id, at=now)).gate_passes):
        return
    raise gate_closed_error()


async def _refuse_while_another_stands(tx: Tx, lead: LeadRow, row: AppointmentRow) -> None:
    other = await tx.appointments.active_for_lead(lead.id)
    if other is None or other.id == row.id:
        return
    told, reps = await appointment_words(tx, other)
    raise english_error(
        Conflict,
        say("refusal.another-stands", **told),
        reps,
        code="has-appointment",
        extra={"appointment": {"id": str(other.id), "start": other.starts_at.isoformat()}},
    )


async def _move_lead(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    row: AppointmentRow,
    request: TransitionRequest,
    calendars: Mapping[str, CalendarState],
    *,
    current: AssignmentRow | None,
    has_moved_on: bool,
) -> None:
    """The turn and the lead."""
    booked = await tx.decisions.assignment(row.assignment_id)
    back = None
    # A meeting that took place has used the turn up. A second meeting does not change that.
    used_up = booked is not None and await tx.appointments.has_other_attended(booked.id, besides=row.id)
    if (
        request.transition.credit is CreditEffect.GIVEN_BACK
        and booked is not None
        and booked.decision_id is not None
        and not used_up
    ):
        back = TurnReversal(decision_id=booked.decision_id, reason=_credit_reason(request))
    to = request.transition.follow_up
    if to in (LeadFollowUp.ANOTHER_CLOSER, LeadFollowUp.QUALIFICATION) and _is_still_with_appointment(
        lead, row, current
    ):
        await _route_again(
            env, tx, lead, row, request, back, calendars
        )  # takes the turn back, too: both ledgers are locked at once
        return
    if back is not None:
        await reverse_turn_of(env, tx, back.decision_id, back.reason, actor=request.actor)
    if has_moved_on:
        return
    match to:
        case LeadFollowUp.WITH_CLOSER if lead.stage == LeadStage.BOOKED and current is not None:
            stage = LeadStage.CLOSING if Work(current.work) is Work.CLOSING else LeadStage.WORKING
            await tx.leads.set_stage(lead.id, stage.value, at=env.clock())
        case LeadFollowUp.NURTURE:
            until = (
                request.nurture_until
                or env.clock() + (await load_routing_config(env, tx)).policy.policy.nurture.cool_off
            )
            cause = NurtureCause(request.transition.case)
            await move_to_nurture(env, tx, lead, cause=cause, until=until, end_reason=cause.value, actor=request.actor)
        case LeadFollowUp.WON:
            await mark_won(env, tx, lead, actor=request.actor)
        case LeadFollowUp.CLOSED:
            code, why = str(request.transition.case), say("reason.duplicate")
            await close_lead(env, tx, lead, end_reason=code, why=why, actor=request.actor)
        case _:
            pass


def _is_still_with_appointment(lead: LeadRow, row: AppointmentRow, current: AssignmentRow | None) -> bool:
    """Whether the lead is still where the appointment was made, so that a rejection moves it."""
    return current.id == row.assignment_id if current is not None else lead.stage == LeadStage.BOOKED


async def _has_moved_on(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, current: AssignmentRow | None) -> bool:
    """Whether the lead came back for new work since the appointment: it is with another rep, or waits, on another pass.

    What is said of the old meeting then takes the lead from no rep, and ends no pass that was given since.
    """
    if current is not None:
        same_rep = (current.rep_id, current.work) == (row.rep_id, row.work)
        same_pass = row.gate_check_id is not None and current.gate_check_id == row.gate_check_id
        return not (current.id == row.assignment_id or same_rep or same_pass)
    if lead.stage == LeadStage.HELD:
        passes = (await tx.decisions.routing_context(lead.id, at=env.clock())).gate_passes
        return row.gate_check_id not in {found.id for found in passes}
    return lead.stage in (LeadStage.WON, LeadStage.CLOSED)


async def _route_again(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    row: AppointmentRow,
    request: TransitionRequest,
    back: TurnReversal | None,
    calendars: Mapping[str, CalendarState],
) -> None:
    another = request.transition.follow_up is LeadFollowUp.ANOTHER_CLOSER
    routing = RoutingRequest(
        lead=lead,
        purpose=Work(row.work) if another else Work.QUALIFICATION,
        trigger=REJECTED if another else BACK_TO_QUALIFICATION,
        actor=request.actor,
        calendars=calendars,
        past_holders=await tx.decisions.past_holders(lead.id) | {row.rep_key} if another else frozenset(),
        turn_reversal=back,
    )
    await route_lead(env, tx, routing)


def _credit_reason(request: TransitionRequest) -> Message:
    """The line in the ledger."""
    match request.action:
        case AppointmentAction.CANCEL:
            return _CALLED_OFF[request.by]
        case AppointmentAction.REJECT:
            return _REJECTED[RejectCode(request.transition.case)]
        case _:
            return say("reason.no-show")
