"""Deliveries: what is owed to calendars and CRMs, what failed for good, and trying it again."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadQuery
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import (
    FilterText,
    SinceQuery,
    UntilQuery,
    explain_nothing,
    explain_nothing_in,
    require_period,
)
from pointsman.api.http.timestamps import Timestamp
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.deliveries.replay import (
    REPLAY_BATCH_SIZE,
    get_delivery,
    replay_deliveries,
    replay_delivery,
)
from pointsman.services.ports.booking.deliveries import (
    DeliveryError,
    DeliveryFilter,
    DeliveryKind,
    ListedDelivery,
    Wanted,
)
from pointsman.services.wording.rendering import MessageReader
from pointsman.services.wording.stored import render_error

router = APIRouter(tags=["Connections"])


class DeliveryDoc(BaseModel):
    """One effect owed to one calendar, CRM or buyer."""

    id: UUID
    lead_id: UUID
    appointment_id: UUID | None = Field(
        description="Null of what is about the lead, with or without an appointment: a person, a task, a membership, fields."
    )
    connection: str = Field(description="The key of the connection.", examples=["team-calendars"])
    calendar: str = Field(description="Empty for a CRM, and for mail.")
    kind: DeliveryKind = Field(
        description="An appointment in a calendar; in a CRM a person (with the owner), an activity (the meeting), or what a "
        "rule asks for: a task, a membership of a list, fields of the record; a notice, which is mail to the buyer."
    )
    wanted: Wanted = Field(description="Whether it is to stand as it is now (put), or to go (drop).")
    sequence: int = Field(description="A later one overtakes those before it about the same key.")
    key: str = Field(
        description="The name of the event, the lead or the meeting at the vendor, the same for every retry."
    )
    action: dict[str, Any] | None = Field(
        description="Of what a rule has the CRM do: its `subject`, `text` and `due`, the `list`, or the fields to `set`, and the "
        "`decision` by which it is done.",
        examples=[None],
    )
    status: str = Field(description="pending, done, superseded or dead", examples=["dead"])
    attempts: int
    next_attempt_at: datetime
    said: BuyerMessage | None = Field(
        description="Of a mail: which message its last attempt was. Null before the first, and where there was nothing to say."
    )
    maybe_twice: bool = Field(
        description="Mail that went out, and may have gone out before: the answer to an earlier attempt is missing."
    )
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
            lead_id=row.lead_id,
            appointment_id=row.appointment_id,
            connection=row.connection,
            calendar=row.calendar,
            kind=row.kind,
            wanted=row.wanted,
            sequence=row.sequence,
            key=row.key,
            action=dict(row.action) if row.action is not None else None,
            status=row.status,
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at,
            said=row.said,
            maybe_twice=row.maybe_twice,
            error_code=row.error_code,
            last_error=render_error(row.last_error, reader),
            created_at=row.created_at,
            done_at=row.done_at,
        )


def _asked(
    *,
    lead: LeadQuery,
    connection: Annotated[FilterText | None, Query(description="Only those to this connection (key).")] = None,
    status: Annotated[Literal["pending", "done", "superseded", "dead"] | None, Query(description="Only these.")] = None,
    kind: Annotated[DeliveryKind | None, Query(description="Only of this kind.")] = None,
    error_code: Annotated[
        DeliveryError | None, Query(description="Only those of which the last thing that went wrong was this.")
    ] = None,
    maybe_twice: Annotated[
        bool | None, Query(description="Only mail that may have gone out twice; false leaves it out.")
    ] = None,
    appointment: Annotated[UUID | None, Query(description="Only this appointment's.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> DeliveryFilter:
    require_period(since=since, until=until)
    return DeliveryFilter(
        connection=connection,
        status=status,
        kind=kind,
        error_code=error_code,
        maybe_twice=maybe_twice,
        appointment_id=appointment,
        lead_id=lead,
        since=since,
        until=until,
    )


@router.get(
    "/v1/deliveries",
    summary="List the deliveries",
    description="Newest first; `status=dead` are the dead letters. Each is retried for 75 hours at least, and for "
    "as long as its appointment is ahead.",
    responses=problem_responses(401, 403, 404, 409, 422),
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


class ReplayRequest(BaseModel):
    """Which dead deliveries are tried again: all that agree with everything that is given."""

    model_config = ConfigDict(extra="forbid")

    connection: FilterText | None = Field(default=None, description="Only those to this connection (key).")
    status: Literal["dead"] = Field(default="dead", description="The others are tried again by themselves.")
    kind: DeliveryKind | None = Field(default=None, description="Only of this kind.")
    since: Timestamp | None = Field(default=None, description="Only those owed from then on.")
    dry_run: StrictBool = Field(default=False, description="Only count them.")


class ReplayedDeliveries(BaseModel):
    """How many are tried again, or would be."""

    count: int
    more: bool = Field(description=f"One call takes {REPLAY_BATCH_SIZE}: call again for the others.")


@router.post(
    "/v1/deliveries/replay",
    summary="Try dead deliveries again",
    description=f"All that the filter names, the newest {REPLAY_BATCH_SIZE} at a time. Mend the cause first; "
    "`dry_run` counts them.",
    responses=problem_responses(401, 403, 404, 422),
)
async def replay_many(
    asked: ReplayRequest, env: EnvDep, caller: Annotated[Caller, may(Operation.DELIVERY_REPLAY)]
) -> ReplayedDeliveries:
    which = DeliveryFilter(connection=asked.connection, kind=asked.kind, since=asked.since)
    done = await replay_deliveries(env, which, dry_run=asked.dry_run, actor=caller.actor)
    if not done.count:
        await explain_nothing_in(env, caller, {"connection": asked.connection}, part="body")
    return ReplayedDeliveries(count=done.count, more=done.more)


@router.get("/v1/deliveries/{delivery_id}", summary="Read a delivery", responses=problem_responses(401, 403, 404, 422))
async def show(
    delivery_id: UUID, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.DELIVERY_READ)]
) -> DeliveryDoc:
    return DeliveryDoc.of(await get_delivery(env, delivery_id), reader)


@router.post(
    "/v1/deliveries/{delivery_id}/replay",
    summary="Try a dead delivery again",
    description="Mend the cause first. However often it is replayed, there is one event: it has one key at the vendor.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def replay(
    delivery_id: UUID, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.DELIVERY_REPLAY)]
) -> DeliveryDoc:
    return DeliveryDoc.of(await replay_delivery(env, delivery_id, actor=caller.actor), reader)
