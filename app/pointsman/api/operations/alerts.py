"""What a human must look at."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, require_period
from pointsman.domain.permissions.operations import Operation
from pointsman.services.operations.monitoring import alert_page
from pointsman.services.ports.operations.alerts import AlertCode, AlertFilter, AlertRow
from pointsman.services.wording.rendering import MessageReader, render_sentence

router = APIRouter(tags=["Operations"])


class Alert(BaseModel):
    """One alert; raised again while it is open, it counts."""

    id: UUID
    code: str = Field(examples=["calendar-unreadable"])
    subject: str = Field(examples=["rep:anna"])
    message: str = Field(
        description="What happened and what to do, in the language that is asked for.",
        examples=[
            "The calendar of Anna Beck at team-calendars cannot be read: no answer within 3 s. Anna Beck cannot be booked."
        ],
    )
    count: int = Field(description="How often it was raised since it opened.")
    raised_at: datetime
    resolved_at: datetime | None = Field(description="Null while it is open.")

    @staticmethod
    def of(row: AlertRow, reader: MessageReader) -> "Alert":
        return Alert(
            id=row.id,
            code=row.code,
            subject=row.subject,
            message=render_sentence(row.message, reader),
            count=row.count,
            raised_at=row.raised_at,
            resolved_at=row.resolved_at,
        )


def _asked(
    *,
    status: Annotated[
        Literal["open", "all"], Query(description="Those that are open, or the closed ones too.")
    ] = "open",
    code: Annotated[AlertCode | None, Query(description="Only of this kind.")] = None,
    subject: Annotated[FilterText | None, Query(description="Only about this, such as `rep:anna`.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> AlertFilter:
    require_period(since=since, until=until)
    return AlertFilter(resolved=status == "all", code=code, subject=subject, since=since, until=until)


@router.get(
    "/v1/alerts",
    summary="List alerts",
    description="Overdue holds, unreadable calendars and the like, newest first. An alert closes by itself when its cause is "
    "gone; `status=all` has those that are closed, too.",
    responses=problem_responses(401, 403, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    asked: Annotated[AlertFilter, Depends(_asked)],
    _caller: Annotated[Caller, may(Operation.ALERT_READ)],
) -> Page[Alert]:
    rows = await alert_page(env, asked, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.raised_at, row.id))
    return Page[Alert](items=[Alert.of(row, reader) for row in items], next=following)
