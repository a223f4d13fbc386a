"""Endpoint: the audit log."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.operations.monitoring import audit_page

router = APIRouter(tags=["Operations"])


class AuditLine(BaseModel):
    """One change of state."""

    id: UUID
    at: datetime
    actor: str = Field(examples=["key:0f3a9c1b2d4e"])
    action: str = Field(examples=["key.created"])
    subject: str = Field(examples=["lead:0198c0de-0000-7000-8000-000000000001"])
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


@router.get(
    "/v1/audit",
    summary="Read the audit trail",
    description="Newest first. Every change of state wrote its line in its own transaction.",
    responses=problem_responses(401, 403, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    _caller: Annotated[Caller, may(Operation.AUDIT_READ)],
    subject: Annotated[
        str | None, Query(max_length=200, description="Only lines about this, for example `rep:anna`.")
    ] = None,
) -> Page[AuditLine]:
    rows = await audit_page(env, subject=subject, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row["at"], row["id"]))
    return Page[AuditLine](items=[AuditLine.model_validate(dict(row)) for row in items], next=following)
