"""Endpoints: links to the booking page, to be sent to the buyer."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.dates.durations import Duration
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.pools import PolicyTimeZone
from pointsman.services.booking_links.tokens import make_link

router = APIRouter(tags=["Hand-over and booking"])


class BookingLinkIn(BaseModel):
    """How long the link is good, and how its reader likes times written."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"expires_in": "14d", "language": "de", "zone": "Europe/Vienna"}]},
    )

    expires_in: Duration | None = Field(default=None, description="From 5m to 180d; default: 30d.")
    language: Literal["de", "en"] | None = Field(
        default=None, description="Default: what the buyer's browser asks for."
    )
    zone: PolicyTimeZone | None = Field(default=None, description="Default: the lead's own zone, else the rep's.")


class BookingLinkOut(BaseModel):
    """The link. It is stored nowhere: make another when it is lost."""

    url: str = Field(examples=["https://leads.example.com/book/Z0FBQUFBQm5R..."])
    expires_at: datetime


@router.post(
    "/v1/leads/{lead_id}/booking-links",
    status_code=201,
    summary="Make a link to the booking page",
    description="The link is for the buyer. Anybody who has it can book, move and cancel this lead's appointment until it "
    "expires, and nothing else. Only for a lead that may be booked or has an appointment; each use of the link "
    "checks that again. It is signed, and stored nowhere.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def create(
    lead_id: UUID, given: BookingLinkIn, env: EnvDep, caller: Annotated[Caller, may(Operation.BOOKING_LINK)]
) -> BookingLinkOut:
    url, expires_at = await make_link(
        env,
        lead_id,
        expires_in=given.expires_in,
        language=given.language,
        zone=given.zone,
        actor=caller.actor,
    )
    return BookingLinkOut(url=url, expires_at=expires_at)
