"""Signing in to a vendor: the address to go to."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.operations.connections import ConnectionKeyPath
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.sign_in import begin_sign_in

router = APIRouter(tags=["Connections"])


class SignInIn(BaseModel):
    """A sign-in to begin."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    subject: Annotated[str, StringConstraints(min_length=1, max_length=320)] | None = Field(
        default=None,
        description="The calendar's owner, by email address, where the vendor lets each sign in for their own.",
    )


class SignInDoc(BaseModel):
    """Where a human signs in."""

    url: str = Field(description="Open it in a browser. It counts once.")
    expires_at: datetime


@router.post(
    "/v1/connections/{key}/sign-in",
    summary="Begin to sign in to the vendor",
    description="The answer's `url` is for the browser of the person who has the account there. The vendor sends it"
    " back to /v1/oauth/callback, which has to be entered there as redirect URI.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def sign_in(
    key: ConnectionKeyPath,
    env: EnvDep,
    caller: Annotated[Caller, may(Operation.CONNECTION)],
    given: SignInIn,
) -> SignInDoc:
    begun = await begin_sign_in(env, key, subject=given.subject, actor=caller.actor)
    return SignInDoc(url=begun.url, expires_at=begun.expires_at)
