"""Overrides over HTTP: counted exceptions, with a reason, an approver and an end."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadQuery, LeadReference, meant_lead
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.openapi.example_timestamps import in_days
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.roster.roles import Work
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.routing.overrides import add_override, get_override, override_page, revoke_override

router = APIRouter(tags=["Decisions"])


class OverrideIn(BaseModel):
    """Exactly one rep, one lead, one work, for at most seven days."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lead_id": "0198c0de-0000-7000-8000-000000000001",
                    "rep": "lena",
                    "work": "closing",
                    "reason": "Lena knows the founder from university",
                    "approver": "head of sales",
                    "expires_at": in_days(3, at="18:00"),
                }
            ]
        },
    )

    lead_id: LeadReference
    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    work: Work
    reason: ReasonText
    approver: ReasonText
    expires_at: Timestamp


class RevokeIn(BaseModel):
    """Why the override ends before its time."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "the founder left"}]})

    reason: ReasonText


class OverrideDoc(BaseModel):
    """An override; `used` counts the work that it let through."""

    id: UUID
    lead_id: UUID
    rep: str
    work: str
    reason: str
    approver: str
    used: int = Field(examples=[0])
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @staticmethod
    def of(row: OverrideRow) -> "OverrideDoc":
        return OverrideDoc.model_validate(row, from_attributes=True)


@router.post(
    "/v1/overrides",
    status_code=201,
    summary="Allow an exception",
    description="The only way around roles and gates. It says who approved it and why, ends within seven days, and every "
    "use is counted. A lead that waits for this work is tried again.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def create(given: OverrideIn, env: EnvDep, caller: Annotated[Caller, may(Operation.OVERRIDE)]) -> OverrideDoc:
    row = await add_override(
        env,
        lead_id=await meant_lead(env, given.lead_id, caller, "body.lead_id"),
        rep=given.rep,
        work=given.work,
        reason=given.reason,
        approver=given.approver,
        expires_at=given.expires_at,
        actor=caller.actor,
    )
    return OverrideDoc.of(row)


@router.get(
    "/v1/overrides",
    summary="List overrides",
    description="Newest first. Those of leads that were merged into the `lead` are among them: `lead_id` says which.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    _caller: Annotated[Caller, may(Operation.OVERRIDE)],
    lead: LeadQuery,
) -> Page[OverrideDoc]:
    rows = await override_page(env, lead_id=lead, before=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[OverrideDoc](items=[OverrideDoc.of(row) for row in items], next=following)


@router.get("/v1/overrides/{override_id}", summary="Read an override", responses=problem_responses(401, 403, 404, 422))
async def one(override_id: UUID, env: EnvDep, _caller: Annotated[Caller, may(Operation.OVERRIDE)]) -> OverrideDoc:
    return OverrideDoc.of(await get_override(env, override_id))


@router.post(
    "/v1/overrides/{override_id}/revoke",
    summary="End an override",
    description="From now on it lets nothing through; what it let through stays where it is.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def revoke(
    override_id: UUID, given: RevokeIn, env: EnvDep, caller: Annotated[Caller, may(Operation.OVERRIDE)]
) -> OverrideDoc:
    return OverrideDoc.of(await revoke_override(env, override_id, reason=given.reason, actor=caller.actor))
