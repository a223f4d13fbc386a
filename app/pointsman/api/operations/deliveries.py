"""Deliveries: what is owed to calendars and CRMs, what failed for good, and trying it again."""

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
from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, explain_nothing, require_period
from pointsman.domain.permissions.operations import Operation
from pointsman.services.deliveries.run import get_delivery, replay_delivery
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryFilter, ListedDelivery
from pointsman.services.wording.rendering import MessageReader
from pointsman.services.wording.stored import render_error

router = APIRouter(tags=["Connections"])


class DeliveryDoc(BaseModel):
    """One effect owed to one calendar or CRM."""

    id: UUID
    appointment_id: UUID
    connection: str = Field(description="The key of the connection.", examples=["team-calendars"])
    calendar: str = Field(description="Empty for a CRM.")
    op: str = Field(
        description="book, move or cancel in a calendar; set_owner or log_meeting in a CRM", examples=["book"]
    )
    key: str = Field(
        description="The name of the event, the lead or the meeting at the vendor, the same for every retry."
    )
    status: str = Field(description="pending, done, superseded or dead", examples=["dead"])
    attempts: int
    next_attempt_at: datetime
    error_code: str | None = Field(
        description="The kind of what went wrong, or why it is done once more.", examples=["rejected"]
    )
    last_error: str | None = Field(description="What went wrong the last time, often in the vendor's own words.")
    created_at: datetime
    done_at: datetime | None

    @staticmethod
    def of(row: ListedDelivery, reader: MessageReader) -> "DeliveryDoc":
        return DeliveryDoc(
            id=row.id,
            appointment_id=row.appointment_id,
            connection=row.connection,
            calendar=row.calendar,
            op=row.op,
            key=row.key,
            status=row.status,
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at,
            error_code=row.error_code,
            last_error=render_error(row.last_error, reader),
            created_at=row.created_at,
            done_at=row.done_at,
        )


def _asked(
    *,
    connection: Annotated[FilterText | None, Query(description="Only those to this connection (key).")] = None,
    status: Annotated[Literal["pending", "done", "superseded", "dead"] | None, Query(description="Only these.")] = None,
    op: Annotated[
        Literal["book", "move", "cancel", "set_owner", "log_meeting"] | None, Query(description="Only of this kind.")
    ] = None,
    error_code: Annotated[
        DeliveryError | None, Query(description="Only those of which the last thing that went wrong was this.")
    ] = None,
    appointment: Annotated[UUID | None, Query(description="Only this appointment's.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> DeliveryFilter:
    require_period(since=since, until=until)
    return DeliveryFilter(
        connection=connection,
        status=status,
        op=op,
        error_code=error_code,
        appointment_id=appointment,
        since=since,
        until=until,
    )


@router.get(
    "/v1/deliveries",
    summary="List the deliveries",
    description="Newest first; `status=dead` are the dead letters. Each is retried 12 times, over about a day.",
    responses=problem_responses(401, 403, 404, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    asked: Annotated[DeliveryFilter, Depends(_asked)],
    caller: Annotated[Caller, may(Operation.DELIVERY_READ)],
) -> Page[DeliveryDoc]:
    async with env.uow() as tx:
        rows = await tx.deliveries.page(asked, after=page.after, limit=page.fetch_limit)
    if not rows and page.is_first:
        await explain_nothing(env, caller, connection=asked.connection)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[DeliveryDoc](items=[DeliveryDoc.of(row, reader) for row in items], next=following)


@router.get("/v1/deliveries/{delivery_id}", summary="Read a delivery", responses=problem_responses(401, 403, 404, 422))
async def show(
    delivery_id: UUID, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.DELIVERY_READ)]
) -> DeliveryDoc:
    return DeliveryDoc.of(await get_delivery(env, delivery_id), reader)


@router.post(
    "/v1/deliveries/{delivery_id}/replay",
    summary="Try a dead delivery again",
    description="Mend the cause first. However often it is replayed, there is one event: the vendor is asked for the "
    "key before anything is created.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def replay(
    delivery_id: UUID, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.DELIVERY_REPLAY)]
) -> DeliveryDoc:
    return DeliveryDoc.of(await replay_delivery(env, delivery_id, actor=caller.actor), reader)
