"""Settling a conflict between an appointment and a calendar in favour of the appointment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from pointsman.api.booking.appointment_schemas import AppointmentDoc
from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.services.calendar_sync import conflicts

router = APIRouter(tags=["Hand-over and booking"])


@router.post(
    "/v1/appointments/{appointment_id}/dismiss-conflict",
    summary="Dismiss the conflict of an appointment with a calendar",
    description="The event was moved or deleted in a calendar, and the appointment is to stand as agreed: its `conflict` is "
    "cleared, and the event is put where it belongs in the calendar of each participant. Without a conflict nothing "
    "is done. The other ways to settle it are to reschedule the appointment and to cancel it.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def dismiss_conflict(
    appointment_id: UUID,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_MOVE)],
) -> AppointmentDoc:
    row = await conflicts.dismiss_conflict(env, appointment_id, actor=caller.actor)
    return AppointmentDoc.of(row, env.clock(), reader, partner=not caller.may_read(Reading.COLLEAGUES))
