"""Waiting leads over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pointsman.api.auth import Caller, needs
from pointsman.api.deps import EnvDep
from pointsman.api.lead_documents import DecisionDoc
from pointsman.api.paging import Page, PageDep
from pointsman.api.partner_words import told
from pointsman.api.problems import errors
from pointsman.services.holds import hold_page, retry_hold
from pointsman.services.ports.holds import HoldFilter
from pointsman.services.ports.routing import HoldRow

router = APIRouter(tags=["Decisions"])


class HoldDoc(BaseModel):
    """A lead that waits, because nobody may take it yet."""

    id: UUID
    lead_id: UUID
    decision_id: UUID
    work: str | None
    pool: str | None
    reason: str = Field(examples=["nobody-eligible"])
    sentence: str
    held_at: datetime
    due_at: datetime = Field(description="After this an alert is raised.")

    @staticmethod
    def of(row: HoldRow, *, partner: bool) -> "HoldDoc":
        hold = HoldDoc.model_validate(row, from_attributes=True)
        if partner:
            hold.sentence = told("held", rep=None, work=row.work)
        return hold


@router.get(
    "/v1/holds",
    summary="List waiting leads",
    description="In order of arrival. They are tried again when the roster or the policy changes, and every half minute.",
    responses=errors(401, 403, 422),
)
async def index(env: EnvDep, page: PageDep, caller: Annotated[Caller, needs("read")]) -> Page[HoldDoc]:
    rows = await hold_page(env, HoldFilter(supplier=caller.supplier), after=page.after, limit=page.fetch)
    items, following = page.cut(rows, lambda row: (row.held_at, row.id))
    return Page[HoldDoc](items=[HoldDoc.of(row, partner=caller.supplier is not None) for row in items], next=following)


@router.post(
    "/v1/holds/{hold_id}/retry",
    summary="Try a waiting lead now",
    responses=errors(401, 403, 404, 409, 422),
)
async def retry(hold_id: UUID, env: EnvDep, caller: Annotated[Caller, needs("admin")]) -> DecisionDoc:
    return DecisionDoc.of(await retry_hold(env, hold_id, actor=caller.actor))
