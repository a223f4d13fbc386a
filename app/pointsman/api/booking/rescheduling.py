"""An appointment at another time, or with another rep."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from pointsman.api.booking.appointment_schemas import AppointmentDoc
from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.idempotency import IdempotencyKey, run_idempotent
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.openapi.example_timestamps import in_days
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.booking.reschedule import PreparedReschedule, prepare_reschedule, reschedule_in_tx
from pointsman.services.idempotency import IdempotentResponse
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.wording.rendering import MessageReader

router = APIRouter(tags=["Hand-over and booking"])


class RescheduleIn(BaseModel):
    """The new time, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"start": in_days(8), "for_buyer": True, "reason": "Has to travel"}]},
    )

    start: Timestamp
    end: Timestamp | None = Field(default=None, description="Default: as long as it is now.")
    for_buyer: StrictBool = Field(
        default=False, description="The buyer asked for it. The rep who leads the appointment cannot say it."
    )
    reason: ReasonText | None = None
    keep_rep: StrictBool = Field(
        default=False, description="Refuse the time when the rep is not free, rather than ask others."
    )


class ReassignAppointmentIn(BaseModel):
    """The rep who leads the appointment from now on, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Anna is ill"}]})

    rep: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="A rep's key; without it, the rules choose."
    )
    reason: ReasonText


@router.post(
    "/v1/appointments/{appointment_id}/reschedule",
    response_model=AppointmentDoc,
    summary="Move an appointment to another time",
    description="The rep keeps it when free then; else the pool chooses among the free reps, and turn, invitation and CRM "
    "owner move along. 409 `slot-taken` or `slot-not-offered` when no rep is free: then nothing changes. 409 "
    "`gate-closed` when the lead's pass has run out: send fresh evidence first. The same time again is harmless. "
    "`GET /v1/leads/{lead_id}/slots` shows the times that it can be moved to.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def reschedule(
    appointment_id: UUID,
    given: RescheduleIn,
    request: Request,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_MOVE)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    async def prepare() -> PreparedReschedule:
        return await prepare_reschedule(
            env,
            appointment_id,
            given.start,
            end=given.end,
            by=ActorRole.PROSPECT if given.for_buyer else None,
            reason=given.reason,
            actor=caller.actor,
            keep_rep=given.keep_rep,
        )

    async def write(tx: Tx, prepared: PreparedReschedule) -> IdempotentResponse:
        row = await reschedule_in_tx(env, tx, prepared)
        body = _shown(env, reader, caller, row).model_dump_json().encode()
        return IdempotentResponse(status=200, body=body, language=reader.language)

    route = f"POST /v1/appointments/{appointment_id}/reschedule"
    return await run_idempotent(env, request, caller, route=route, key=idempotency_key, prepare=prepare, write=write)


@router.post(
    "/v1/appointments/{appointment_id}/reassign",
    summary="Give an appointment to another rep",
    description="At the same time, with its lead: invitation, CRM owner and turn move together. Without `to` the rules choose "
    "among the reps who are free then and never had the lead. With `to` that rep gets it, if role and gate allow it and the "
    "rep is free then; it takes no turn. 409 names each rep that was looked at, and the obstacle.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def reassign(
    appointment_id: UUID,
    given: ReassignAppointmentIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_REASSIGN)],
) -> AppointmentDoc:
    row = await reassign_appointment(env, appointment_id, to=given.rep, reason=given.reason, actor=caller.actor)
    return _shown(env, reader, caller, row)


def _shown(env: Env, reader: MessageReader, caller: Caller, row: AppointmentRow) -> AppointmentDoc:
    return AppointmentDoc.of(row, env.clock(), reader, partner=not caller.may_read(Reading.COLLEAGUES))
