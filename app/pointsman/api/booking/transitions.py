"""What is done with an appointment after it was booked. The table behind it: GET /v1/appointments/transitions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.booking.appointment_schemas import AppointmentDoc
from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import refuse_unseen
from pointsman.api.http.timestamps import CalendarDate
from pointsman.domain.booking.lifecycle import MeetingOutcome, RejectCode
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments import actions as acts
from pointsman.services.ports import Env
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.wording.rendering import MessageReader

router = APIRouter(tags=["Hand-over and booking"])

_FAULTS = problem_responses(401, 403, 404, 409, 422, 503)
_AGAIN = "Again is harmless. 409 `action-not-allowed` says what may be done instead."

TransitionReason = Annotated[
    str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), AfterValidator(refuse_unseen)
]


class CancelIn(BaseModel):
    """A cancellation, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"for_buyer": True, "reason": "Is ill this week"}]}
    )

    for_buyer: StrictBool = Field(
        default=False,
        description="The buyer asked for it. The rep's turn is given back then, and when the setter's own key cancels; the rep "
        "who leads the appointment cannot say it.",
    )
    reason: TransitionReason


class RejectIn(BaseModel):
    """Why it should never have been made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"code": "wrong_buyer", "reason": "An intern who gathers offers"}]},
    )

    code: RejectCode = Field(description="It says where the lead goes.")
    reason: TransitionReason


class OutcomeIn(BaseModel):
    """What became of a meeting that took place."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "lost", "reason": "Bought elsewhere"}]}
    )

    outcome: MeetingOutcome
    again_on: CalendarDate | None = Field(
        default=None,
        description="Only with `later`: the day on which the lead comes back, or from which news bring it back where "
        "`nurture.re_enter` is not met then; without it, after the policy's `nurture.cool_off`.",
    )
    reason: TransitionReason | None = None


@router.post(
    "/v1/appointments/{appointment_id}/confirm",
    summary="Confirm a requested appointment",
    description=f"The closer's word. 409 `gate-closed` when the lead's pass has run out meanwhile. {_AGAIN}",
    responses=_FAULTS,
)
async def confirm(
    appointment_id: UUID,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_CONFIRM)],
) -> AppointmentDoc:
    return _shown(env, reader, caller, await acts.confirm(env, appointment_id, actor=caller.actor))


@router.post(
    "/v1/appointments/{appointment_id}/cancel",
    summary="Call an appointment off",
    description=f"Frees the time, removes the event, and leaves the lead with its closer. {_AGAIN}",
    responses=_FAULTS,
)
async def cancel(
    appointment_id: UUID,
    given: CancelIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_CANCEL)],
) -> AppointmentDoc:
    row = await acts.cancel(
        env, appointment_id, by=ActorRole.PROSPECT if given.for_buyer else None, reason=given.reason, actor=caller.actor
    )
    return _shown(env, reader, caller, row)


@router.post(
    "/v1/appointments/{appointment_id}/accept",
    summary="Accept an appointment",
    description=f"The closer says that it was rightly made; it cannot be rejected any more. {_AGAIN}",
    responses=_FAULTS,
)
async def accept(
    appointment_id: UUID,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_ACCEPT)],
) -> AppointmentDoc:
    return _shown(env, reader, caller, await acts.accept(env, appointment_id, actor=caller.actor))


@router.post(
    "/v1/appointments/{appointment_id}/reject",
    summary="Reject an appointment",
    description="The closer says that it should never have been made. The turn is given back. `wrong_segment`: another "
    "closer gets the lead; `wrong_buyer`, `wrong_value`, `not_qualified`: the gate shuts and the lead goes back to "
    f"qualification; `duplicate`: the lead is closed. {_AGAIN}",
    responses=_FAULTS,
)
async def reject(
    appointment_id: UUID,
    given: RejectIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_REJECT)],
) -> AppointmentDoc:
    row = await acts.reject(env, appointment_id, code=given.code, reason=given.reason, actor=caller.actor)
    return _shown(env, reader, caller, row)


@router.post(
    "/v1/appointments/{appointment_id}/attended",
    summary="Say that an appointment took place",
    description=f"From its start on. The lead stays with its closer. {_AGAIN}",
    responses=_FAULTS,
)
async def attended(
    appointment_id: UUID,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_ATTENDED)],
) -> AppointmentDoc:
    return _shown(env, reader, caller, await acts.mark_attended(env, appointment_id, actor=caller.actor))


@router.post(
    "/v1/appointments/{appointment_id}/no-show",
    summary="Say that the prospect did not come",
    description=f"From its start on. The turn is given back; the lead stays with its closer, to be booked again. {_AGAIN}",
    responses=_FAULTS,
)
async def no_show(
    appointment_id: UUID,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_NO_SHOW)],
) -> AppointmentDoc:
    return _shown(env, reader, caller, await acts.mark_no_show(env, appointment_id, actor=caller.actor))


@router.post(
    "/v1/appointments/{appointment_id}/outcome",
    summary="Say what became of a meeting",
    description="Of one that was attended. `won`: the lead is won and its company a customer; `lost` and `later`: the lead goes "
    f"to nurture. `later` may be followed by another outcome, the others are final. {_AGAIN}",
    responses=_FAULTS,
)
async def outcome(
    appointment_id: UUID,
    given: OutcomeIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_OUTCOME)],
) -> AppointmentDoc:
    row = await acts.set_outcome(
        env,
        appointment_id,
        outcome=given.outcome,
        return_on=given.again_on,
        reason=given.reason,
        actor=caller.actor,
    )
    return _shown(env, reader, caller, row)


def _shown(env: Env, reader: MessageReader, caller: Caller, row: AppointmentRow) -> AppointmentDoc:
    return AppointmentDoc.of(row, env.clock(), reader, partner=not caller.may_read(Reading.COLLEAGUES))
