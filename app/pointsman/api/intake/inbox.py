"""What came in through webhooks, and what became of it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, needs
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.errors import NotFound
from pointsman.services.intake.receive import replay_item
from pointsman.services.ports.intake.inbox import InboxRow

router = APIRouter(tags=["Intakes"])


class InboxItem(BaseModel):
    """One accepted event, without its content."""

    id: UUID
    intake: str = Field(examples=["typeform-demo"])
    status: Literal["received", "done", "dead"]
    attempts: int
    error: str | None = Field(
        examples=["no-identity: No person to make a lead of: neither a usable email nor an external id."]
    )
    lead_id: UUID | None
    result: dict[str, Any] | None = Field(description="Ids and codes: the decision, the gate, fields left out.")
    size: int = Field(description="Bytes of the stored event.")
    batch_id: UUID | None
    received_at: datetime
    next_attempt_at: datetime | None
    done_at: datetime | None

    @staticmethod
    def of(row: InboxRow) -> "InboxItem":
        return InboxItem(
            id=row.id,
            intake=row.intake_key,
            status=row.status,
            attempts=row.attempts,
            error=row.error,
            lead_id=row.lead_id,
            result=dict(row.result) if row.result is not None else None,
            size=len(row.body),
            batch_id=row.batch_id,
            received_at=row.received_at,
            next_attempt_at=row.next_attempt_at,
            done_at=row.done_at,
        )


@router.get(
    "/v1/inbox",
    summary="List what came in through webhooks",
    description="Newest first. `status=dead` lists what needs a human.",
    responses=problem_responses(401, 403, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    _caller: Annotated[Caller, needs("admin")],
    status: Annotated[Literal["received", "done", "dead"] | None, Query(description="Only these.")] = None,
    intake: Annotated[str | None, Query(max_length=100, description="Only of this intake.")] = None,
) -> Page[InboxItem]:
    async with env.uow() as tx:
        rows = await tx.inbox.page(status=status, intake_key=intake, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.received_at, row.id))
    return Page[InboxItem](items=[InboxItem.of(row) for row in items], next=following)


@router.get("/v1/inbox/{inbox_id}", summary="Read one inbox item", responses=problem_responses(401, 403, 404, 422))
async def show(env: EnvDep, inbox_id: UUID, _caller: Annotated[Caller, needs("admin")]) -> InboxItem:
    async with env.uow() as tx:
        row = await tx.inbox.get(inbox_id)
    if row is None:
        raise NotFound("There is no inbox item with this id.")
    return InboxItem.of(row)


@router.post(
    "/v1/inbox/{inbox_id}/replay",
    status_code=202,
    summary="Take a dead letter up again",
    description="After its cause was mended: the mapping, the policy, the roster. The item starts with fresh attempts.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def replay(env: EnvDep, inbox_id: UUID, caller: Annotated[Caller, needs("admin")]) -> InboxItem:
    return InboxItem.of(await replay_item(env, inbox_id, actor=caller.actor))
