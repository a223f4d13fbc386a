"""The door for vendors that call when a calendar changed: nothing is read of a call but its address."""

from typing import Annotated

from fastapi import APIRouter, Path

from pointsman.api.http.auth import without_key
from pointsman.api.http.deps import EnvDep
from pointsman.domain.permissions.operations import Operation
from pointsman.services.calendars.watches import WATCH_PATH, calendar_changed

router = APIRouter(tags=["Connections"])


@router.post(
    WATCH_PATH + "{token}",
    status_code=204,
    summary="Hear that a calendar changed",
    include_in_schema=False,  # vendors' own: the address is told to each by itself
    dependencies=[without_key(Operation.WEBHOOK_SEND)],
)
async def hear(token: Annotated[str, Path(max_length=1_000)], env: EnvDep) -> None:
    await calendar_changed(env, token)
