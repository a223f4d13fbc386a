"""Endpoints: links to the booking page, to be sent to the buyer."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.dates.durations import Duration
from pointsman.domain.dates.living_zones import living_zone
from pointsman.domain.permissions.operations import Operation
from pointsman.services.booking_links.links import list_links, make_link, revoke_link, revoke_links
from pointsman.services.ports.booking.booking_links import BookingLinkRow

router = APIRouter(tags=["Hand-over and booking"])

LinkCaller = Annotated[Caller, may(Operation.BOOKING_LINK)]


def _place(name: str) -> str:
    zone = living_zone(name)
    if zone is None:
        raise ValueError("give the IANA time zone of a place, such as Europe/Berlin")
    return zone


PlaceZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_place)]


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
    zone: PlaceZone | None = Field(default=None, description="Default: the lead's own, else that of its country.")


class BookingLinkOut(BaseModel):
    """The link. Its address is stored nowhere: make another when it is lost. `id` revokes it."""

    id: UUID
    url: str = Field(examples=["https://leads.example.com/book/Z0FBQUFBQm5R..."])
    expires_at: datetime


class BookingLinkDoc(BaseModel):
    """A link that was made, without its address."""

    id: UUID
    made_by: str = Field(examples=["key:ab12cd34"])
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @staticmethod
    def of(row: BookingLinkRow) -> "BookingLinkDoc":
        return BookingLinkDoc(
            id=row.id,
            made_by=row.made_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


class RevokedLinksDoc(BaseModel):
    """How many links were ended."""

    revoked: int


@router.post(
    "/v1/leads/{lead_id}/booking-links",
    status_code=201,
    summary="Make a link to the booking page",
    description="The link is for the buyer. Anybody who has it can book, move and cancel this lead's appointment until it "
    "expires or is revoked, and nothing else: so often within a day as `POINTSMAN_BOOKING_LINK_ACTS_PER_DAY` says. Only for a "
    "lead that may be booked or has an appointment; each use of the link checks that again. 409 `no-closer`, `no-email`.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def create(lead_id: LeadPath, given: BookingLinkIn, env: EnvDep, caller: LinkCaller) -> BookingLinkOut:
    url, row = await make_link(
        env,
        lead_id,
        expires_in=given.expires_in,
        language=given.language,
        zone=given.zone,
        actor=caller.actor,
    )
    return BookingLinkOut(id=row.id, url=url, expires_at=row.expires_at)


@router.get(
    "/v1/leads/{lead_id}/booking-links",
    summary="List a lead's booking links",
    description="Newest first, without their addresses, which are stored nowhere. Those of a lead that was merged are listed "
    "with the lead that it is now. A partner's or a rep's key lists all while one of its reps has the lead, later those that its "
    "own keys made; so it is with revoking them.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(lead_id: LeadPath, env: EnvDep, page: PageDep, caller: LinkCaller) -> Page[BookingLinkDoc]:
    rows = await list_links(env, lead_id, after=page.after, limit=page.fetch_limit, actor=caller.actor)
    shown, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page(items=[BookingLinkDoc.of(row) for row in shown], next=following)


@router.delete(
    "/v1/booking-links/{link_id}",
    status_code=204,
    summary="Revoke a booking link",
    description="From now on it answers as one that has expired. Again is harmless.",
    responses=problem_responses(401, 403, 404, 422),
)
async def revoke(link_id: UUID, env: EnvDep, caller: LinkCaller) -> None:
    await revoke_link(env, link_id, actor=caller.actor)


@router.delete(
    "/v1/leads/{lead_id}/booking-links",
    summary="Revoke all booking links of a lead",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def revoke_all(lead_id: LeadPath, env: EnvDep, caller: LinkCaller) -> RevokedLinksDoc:
    return RevokedLinksDoc(revoked=await revoke_links(env, lead_id, actor=caller.actor))
