"""Endpoints: links to the page of a lead, for a person with a browser."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.dates.durations import Duration
from pointsman.domain.permissions.operations import Operation
from pointsman.services.lead_pages.lead_links import list_lead_links, make_lead_link, revoke_lead_link
from pointsman.services.ports.leads.lead_links import LeadLinkRow
from pointsman.services.signed_links.lead_page import LinkReader

router = APIRouter(tags=["Lead intake"])

LeadLinkCaller = Annotated[Caller, may(Operation.LEAD_LINK)]


class LeadLinkIn(BaseModel):
    """The reader of the link, and how long it is good."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reader": "key", "expires_in": "1h", "language": "en"}]}
    )

    reader: LinkReader = Field(
        default=LinkReader.KEY,
        description="`key`: the page shows what this key reads, and changes nothing. `holder`: it is for the rep who has the "
        "lead now, who may accept and reject the appointment there; made by that rep's key or with `admin`.",
    )
    expires_in: Duration | None = Field(
        default=None,
        description="From 5m; `key` up to 12h, default 1h; `holder` up to 90d, default 14d, and never longer than the "
        "rep has the lead.",
    )
    language: Literal["de", "en"] | None = Field(default=None, description="Default: what the browser asks for.")


class LeadLinkOut(BaseModel):
    """The link. Its address is stored nowhere: make another when it is lost. `id` revokes it."""

    id: UUID
    url: str = Field(examples=["https://leads.example.com/lead/Z0FBQUFBQm5R..."])
    expires_at: datetime


class LeadLinkDoc(BaseModel):
    """A link that was made, without its address."""

    id: UUID
    reader: LinkReader
    made_by: str = Field(examples=["key:ab12cd34"])
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @staticmethod
    def of(row: LeadLinkRow) -> "LeadLinkDoc":
        return LeadLinkDoc(
            id=row.id,
            reader=LinkReader.KEY if row.assignment_id is None else LinkReader.HOLDER,
            made_by=row.made_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


@router.post(
    "/v1/leads/{lead_id}/links",
    status_code=201,
    summary="Make a link to the page of a lead",
    description="A page for a person with a browser: the lead's journey, its appointment, and what the gate lacks. Anybody who "
    "has the address sees what its reader sees, until it expires or is revoked, the key ends, or the rep has the lead no more. "
    "409 `no-holder`, `rep-inactive`.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def create(lead_id: LeadPath, given: LeadLinkIn, env: EnvDep, caller: LeadLinkCaller) -> LeadLinkOut:
    url, row = await make_lead_link(
        env,
        lead_id,
        reader=given.reader,
        expires_in=given.expires_in,
        language=given.language,
        key_id=caller.key_id,
        actor=caller.actor,
    )
    return LeadLinkOut(id=row.id, url=url, expires_at=row.expires_at)


@router.get(
    "/v1/leads/{lead_id}/links",
    summary="List the links to the page of a lead",
    description="Newest first, without their addresses, which are stored nowhere. A partner's or a rep's key lists all while one "
    "of its reps has the lead, later those that its own keys made.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(lead_id: LeadPath, env: EnvDep, page: PageDep, caller: LeadLinkCaller) -> Page[LeadLinkDoc]:
    rows = await list_lead_links(env, lead_id, after=page.after, limit=page.fetch_limit, actor=caller.actor)
    shown, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page(items=[LeadLinkDoc.of(row) for row in shown], next=following)


@router.delete(
    "/v1/links/{link_id}",
    status_code=204,
    summary="Revoke a link to the page of a lead",
    description="From now on it answers as one that has expired. Again is harmless. A `holder` link is ended by the rep's key, a "
    "`key` link by that key, each by `admin`.",
    responses=problem_responses(401, 403, 404, 422),
)
async def revoke(link_id: UUID, env: EnvDep, caller: LeadLinkCaller) -> None:
    await revoke_lead_link(env, link_id, actor=caller.actor)
