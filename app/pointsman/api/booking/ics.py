"""The invitation to an appointment, as a file for any calendar."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.deliveries.ics_invitation import read_invitation

router = APIRouter(tags=["Hand-over and booking"])


@router.get(
    "/v1/appointments/{appointment_id}/invitation.ics",
    summary="The invitation, as a calendar file",
    description="For the prospect: iCalendar (RFC 5545, RFC 5546), without anything of the house. Each change of the "
    "appointment makes a newer one of the same UID; of one that was called off it is the cancellation. 409 `no-email` "
    "when a participant has no address that can be invited. 404 to a partner's key where a rep of another side comes.",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {"text/calendar": {"schema": {"type": "string"}}}},
        **problem_responses(401, 403, 404, 409, 422),
    },
)
async def invitation(
    appointment_id: UUID, env: EnvDep, caller: Annotated[Caller, may(Operation.APPOINTMENT_READ)]
) -> Response:
    method, content = await read_invitation(env, appointment_id, actor=caller.actor)
    return Response(
        content,
        media_type=f"text/calendar; method={method.upper()}; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="invitation.ics"'},
    )
