"""What is done with an appointment after it was booked: each act checks that it is allowed now, and carries out its row.

The same act with the same content again answers the present state and changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.booking.lifecycle import (
    AppointmentAction,
    AppointmentStatus,
    MeetingOutcome,
    RejectCode,
    transition_for,
)
from pointsman.domain.dates.local_time import start_of_day, to_local_time
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.messages.message import Reason, as_message, rep_name, say
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.acting_side import find_acting_side
from pointsman.services.appointments.transition_effects import TransitionRequest, apply_transition
from pointsman.services.appointments.transitions import require_action_allowed
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.find_appointment import lock_appointment, visible_appointment
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentEvent, AppointmentRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.names import roster_names
from pointsman.services.transactions import run_in_transaction

#: A later day is a mistake of the caller.
MAX_NURTURE_AHEAD = timedelta(days=5 * 366)

_Done = Callable[[AppointmentRow, LeadRow | None], bool]


async def get_appointment(env: Env, appointment_id: UUID, *, actor: Actor) -> AppointmentRow:
    """Raises NotFound, also for what a partner may not see."""
    async with env.uow() as tx:
        return await visible_appointment(tx, appointment_id, actor)


async def appointment_history(
    env: Env, appointment_id: UUID, *, actor: Actor
) -> tuple[AppointmentRow, tuple[AppointmentEvent, ...]]:
    """The appointment, and its life line by line, oldest first. NotFound."""
    async with env.uow() as tx:
        row = await visible_appointment(tx, appointment_id, actor)
        return row, tuple(await tx.appointments.history(appointment_id))


async def confirm(env: Env, appointment_id: UUID, *, reason: str | None = None, actor: Actor) -> AppointmentRow:
    """The closer's word for a requested appointment. RoleProtected "gate-closed"; Forbidden, as all acts of the closer."""
    act = _closers_act(Operation.APPOINTMENT_CONFIRM, AppointmentAction.CONFIRM, reason, actor)
    return await _run_transition(
        env, appointment_id, act, done=lambda row, _: row.status == AppointmentStatus.CONFIRMED
    )


async def cancel(
    env: Env, appointment_id: UUID, *, by: ActorRole | None = None, reason: Reason, actor: Actor
) -> AppointmentRow:
    """Call an appointment off. `by` names the prospect where the buyer asked for it; None is the caller's own side. Forbidden."""

    why = as_message(reason)

    def request(side: ActorRole) -> TransitionRequest:
        return TransitionRequest(
            action=AppointmentAction.CANCEL,
            transition=transition_for(AppointmentAction.CANCEL, side),
            by=side,
            actor=actor,
            reason=reason,
            column_changes={
                "cancelled_at": env.clock(),
                "cancelled_by": side.value,
                "cancel_reason": why.as_json() if why else None,
            },
        )

    act = _Act(operation=Operation.APPOINTMENT_CANCEL, actor=actor, asked=by, request=request)
    return await _run_transition(
        env, appointment_id, act, done=lambda row, _: row.status == AppointmentStatus.CANCELLED
    )


async def accept(env: Env, appointment_id: UUID, *, reason: str | None = None, actor: Actor) -> AppointmentRow:
    """The closer says that it was rightly made: it cannot be rejected any more. Forbidden."""
    accepted = (AppointmentStatus.CONFIRMED, AppointmentStatus.ATTENDED)
    act = _closers_act(
        Operation.APPOINTMENT_ACCEPT, AppointmentAction.ACCEPT, reason, actor, changes={"accepted_at": env.clock()}
    )
    return await _run_transition(
        env, appointment_id, act, done=lambda row, _: row.accepted_at is not None and row.status in accepted
    )


async def reject(env: Env, appointment_id: UUID, *, code: RejectCode, reason: str, actor: Actor) -> AppointmentRow:
    """The closer says that it should never have been made; the code says where the lead goes.

    Raises Conflict "has-appointment", and Forbidden.
    """
    act = _closers_act(
        Operation.APPOINTMENT_REJECT,
        AppointmentAction.REJECT,
        reason,
        actor,
        case=code,
        changes={"reject_code": code.value},
    )
    return await _run_transition(
        env,
        appointment_id,
        act,
        done=lambda row, _: (row.status, row.reject_code) == (AppointmentStatus.REJECTED, code),
    )


async def mark_attended(env: Env, appointment_id: UUID, *, reason: str | None = None, actor: Actor) -> AppointmentRow:
    """It took place. Forbidden."""
    act = _closers_act(Operation.APPOINTMENT_ATTENDED, AppointmentAction.ATTENDED, reason, actor)
    return await _run_transition(env, appointment_id, act, done=lambda row, _: row.status == AppointmentStatus.ATTENDED)


async def mark_no_show(env: Env, appointment_id: UUID, *, reason: str | None = None, actor: Actor) -> AppointmentRow:
    """The prospect did not come. Forbidden."""
    act = _closers_act(Operation.APPOINTMENT_NO_SHOW, AppointmentAction.NO_SHOW, reason, actor)
    return await _run_transition(env, appointment_id, act, done=lambda row, _: row.status == AppointmentStatus.NO_SHOW)


async def set_outcome(
    env: Env,
    appointment_id: UUID,
    *,
    outcome: MeetingOutcome,
    return_on: date | None = None,
    reason: str | None = None,
    actor: Actor,
) -> AppointmentRow:
    """What became of a meeting that took place. `again_on`, for "later", is the rep's day on which the lead comes back.

    Raises Invalid for a day that does not lie ahead, or another outcome than "later"; Conflict "has-appointment"; Forbidden.
    """
    until = await _nurture_until(env, appointment_id, outcome, return_on, actor)
    act = _closers_act(
        Operation.APPOINTMENT_OUTCOME,
        AppointmentAction.OUTCOME,
        reason,
        actor,
        case=outcome,
        changes={"outcome": outcome.value, "outcome_at": env.clock()},
        detail={"until": until.isoformat()} if until else {},
        nurture_until=until,
    )

    def done(row: AppointmentRow, lead: LeadRow | None) -> bool:
        """Another day for "later" is news; everything else is the same said twice."""
        return row.outcome == outcome and (until is None or (lead is not None and lead.nurture_until == until))

    return await _run_transition(env, appointment_id, act, done=done)


async def lapse_request(env: Env, appointment_id: UUID, *, actor: Actor) -> AppointmentRow | None:
    """Cancel a request that was not confirmed in time, with an alert; None when it is no such request any more."""
    reason = say("reason.not-confirmed")
    known = await roster_names(env)

    async def attempt(calendars: Mapping[str, CalendarState]) -> AppointmentRow | None:
        return await run_in_transaction(env, lambda tx: work(tx, calendars))

    async def work(tx: Tx, calendars: Mapping[str, CalendarState]) -> AppointmentRow | None:
        lead, row = await lock_appointment(tx, appointment_id, actor)
        now = env.clock()
        if row.status != AppointmentStatus.REQUESTED or row.confirm_by is None or now < row.confirm_by:
            return None
        request = TransitionRequest(
            action=AppointmentAction.LAPSE,
            transition=transition_for(AppointmentAction.LAPSE),
            by=ActorRole.SYSTEM,
            actor=actor,
            reason=reason,
            column_changes={
                "cancelled_at": now,
                "cancelled_by": ActorRole.SYSTEM.value,
                "cancel_reason": reason.as_json(),
            },
        )
        after = await apply_transition(env, tx, lead, row, request, calendars)
        starts = to_local_time(row.starts_at, known.zones.get(row.rep_key, "UTC"))
        await tx.alerts.put(
            id=env.new_id(),
            at=now,
            code=AlertCode.REQUEST_LAPSED,
            subject=f"lead:{lead.id}",
            message=say("alerts.request-lapsed", rep=rep_name(row.rep_key), at=starts),
        )
        return after

    return await with_closer_calendars(env, attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """What is to be done, as soon as it is known on which side the caller acts. `asked` is the side that the caller names."""

    operation: Operation
    actor: Actor
    request: Callable[[ActorRole], TransitionRequest]
    asked: ActorRole | None = None

    async def for_row(self, env: Env, tx: Tx, row: AppointmentRow) -> TransitionRequest:
        """Raises Forbidden."""
        side = await find_acting_side(
            env, tx, self.actor, self.operation, leader=row.rep_key, setter=row.setter_key, asked=self.asked
        )
        return self.request(side)


def _closers_act(
    operation: Operation,
    act: AppointmentAction,
    reason: str | None,
    actor: Actor,
    *,
    case: str = "",
    changes: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
    nurture_until: datetime | None = None,
) -> _Act:
    def request(side: ActorRole) -> TransitionRequest:
        return TransitionRequest(
            action=act,
            transition=transition_for(act, case),
            by=side,
            actor=actor,
            reason=reason,
            column_changes=changes or {},
            detail=detail or {},
            nurture_until=nurture_until,
        )

    return _Act(operation=operation, actor=actor, request=request)


async def _run_transition(env: Env, appointment_id: UUID, act: _Act, *, done: _Done) -> AppointmentRow:
    async def attempt(calendars: Mapping[str, CalendarState]) -> AppointmentRow:
        async def work(tx: Tx) -> AppointmentRow:
            lead, row = await lock_appointment(tx, appointment_id, act.actor)
            request = await act.for_row(env, tx, row)
            if done(row, lead):
                return row
            require_action_allowed(row, request.action, env.clock())
            await apply_transition(env, tx, lead, row, request, calendars)
            after = await tx.appointments.get(appointment_id)
            assert after is not None, "it is locked"
            return after

        return await run_in_transaction(env, work)

    return await with_closer_calendars(env, attempt)


async def _nurture_until(
    env: Env, appointment_id: UUID, outcome: MeetingOutcome, again_on: date | None, actor: Actor
) -> datetime | None:
    if again_on is None:
        return None
    if outcome is not MeetingOutcome.LATER:
        raise _wrong_day(f"The outcome {outcome} has no day on which the lead comes back: leave it out, or say later.")
    now = env.clock()
    if again_on > (now + MAX_NURTURE_AHEAD).date():
        raise _wrong_day("The day lies too far ahead: name one within the next five years.")
    async with env.uow() as tx:
        row = await visible_appointment(tx, appointment_id, actor)
        rep = (await load_routing_config(env, tx)).roster.reps.get(row.rep_key)
    until = start_of_day(max(again_on, date(1970, 1, 1)), rep.time_zone if rep else str(UTC))
    if until <= now:
        raise _wrong_day("The day on which the lead comes back does not lie ahead.")
    return until


def _wrong_day(message: str) -> Invalid:
    return Invalid(message, faults=[Fault(path="body.again_on", code="bad-day", message=message)])
