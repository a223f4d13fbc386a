"""The door for vendors that call when a calendar changed: its connector proves the call, and says what is answered."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.api.intake.vendor_calls import reply_of_connector, signed_request, unanswered
from pointsman.domain.permissions.operations import Operation
from pointsman.services.calendars.watches import WATCH_PATH, answer_push
from pointsman.services.ports.intake.vendor_events import HookUnansweredError

router = APIRouter(tags=["Connections"])


@router.post(
    WATCH_PATH + "{token}",
    summary="Hear that a calendar changed",
    include_in_schema=False,  # vendors' own: the address is told to each by itself
    dependencies=[without_key(Operation.WEBHOOK_SEND)],
)
async def hear(request: Request, token: Annotated[str, Path(max_length=1_000)], env: EnvDep) -> Response:
    try:
        reply = await answer_push(env, token, signed_request(request, env, await request.body()))
    except HookUnansweredError as fault:
        return unanswered(fault)
    return reply_of_connector(reply.status, reply.headers, reply.body)
