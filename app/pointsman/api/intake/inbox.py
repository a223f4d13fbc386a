"""What came in through webhooks, and what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadQuery
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, explain_nothing, require_period
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.intake.lead_schemas import LeadIn
from pointsman.api.intake.reading import read_lead
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import NotFound
from pointsman.domain.permissions.operations import Operation
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.intake.refused_news import apply_refused
from pointsman.services.intake.replay import replay_item, replay_items
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor, Tx
from pointsman.services.ports.intake.inbox import InboxFilter, InboxHead, InboxRow, ReplayFilter
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.rendering import MessageReader
from pointsman.services.wording.stored import render_error, render_stored

router = APIRouter(tags=["Intakes"])


class InboxItem(BaseModel):
    """One accepted event, without what was sent."""

    id: UUID
    intake: str = Field(description="Or the partner: `partner:<supplier>`.", examples=["website-form"])
    status: Literal["unread", "received", "done", "dead", "refused"]
    attempts: int
    error_code: str | None = Field(description="The kind of what went wrong.", examples=["no-identity"])
    error: str | None = Field(
        description="What went wrong.",
        examples=["no person to make a lead of: neither a usable email, nor a usable phone number, nor an external id"],
    )
    dedupe_key: str = Field(description="By what the event is told from others of its sender.")
    lead_id: UUID | None
    result: dict[str, Any] | None = Field(description="Ids and codes: the decision, the gate, fields left out.")
    size: int = Field(description="Bytes of the stored event.")
    batch_id: UUID | None
    received_at: datetime
    next_attempt_at: datetime | None
    done_at: datetime | None

    @staticmethod
    def of(row: InboxRow | InboxHead, reader: MessageReader) -> "InboxItem":
        return InboxItem(
            id=row.id,
            intake=row.intake_key,
            status=row.status,
            attempts=row.attempts,
            error_code=row.error_code,
            error=render_error(row.error, reader),
            dedupe_key=row.dedupe_key,
            lead_id=row.lead_id,
            result=render_stored(dict(row.result), reader) if row.result is not None else None,
            size=row.size if isinstance(row, InboxHead) else len(row.body),
            batch_id=row.batch_id,
            received_at=row.received_at,
            next_attempt_at=row.next_attempt_at,
            done_at=row.done_at,
        )


@router.get(
    "/v1/inbox",
    summary="List what came in through webhooks",
    description="Newest first. `status=dead` lists what needs a human; `status=refused` what cannot be taken as it was sent, "
    "and what partners say of people who are known and not theirs: `intake` is then `partner:<supplier>`. `error` is an "
    "`error_code`, as `no-identity`. What was sent is in GET /v1/inbox/{inbox_id}.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(
    env: EnvDep,
    *,
    page: PageDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.INBOX_READ)],
    lead: LeadQuery,
    status: Annotated[
        Literal["unread", "received", "done", "dead", "refused"] | None, Query(description="Only these.")
    ] = None,
    intake: Annotated[FilterText | None, Query(description="Only of this intake, or of `partner:<supplier>`.")] = None,
    dedupe_key: Annotated[str | None, Query(min_length=1, max_length=500, description="Only of this key.")] = None,
    error: Annotated[FilterText | None, Query(description="Only those whose error has this code.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> Page[InboxItem]:
    require_period(since=since, until=until)
    which = InboxFilter(
        status=status,
        intake_key=intake,
        lead_id=lead,
        dedupe_key=dedupe_key,
        error=error,
        since=since,
        until=until,
    )
    async with env.uow() as tx:
        rows = await tx.inbox.page(which, after=page.after, limit=page.fetch_limit)
    if not rows and page.is_first:
        await explain_nothing(env, caller, intake=intake)
    items, following = page.split(rows, lambda row: (row.received_at, row.id))
    return Page[InboxItem](items=[InboxItem.of(row, reader) for row in items], next=following)


class InboxItemRead(InboxItem):
    """One accepted event, with what was sent: an admin decides on a refused or dead one by it."""

    content: str = Field(description="What was sent, as text.", examples=['{"email": "mara@example.com"}'])


@router.get(
    "/v1/inbox/{inbox_id}",
    summary="Read one inbox item, with what was sent",
    responses=problem_responses(401, 403, 404, 422),
)
async def show(
    env: EnvDep, inbox_id: UUID, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.INBOX_READ)]
) -> InboxItemRead:
    async with env.uow() as tx:
        row = await tx.inbox.get(inbox_id)
    if row is None:
        raise NotFound("There is no inbox item with this id.")
    return InboxItemRead(**InboxItem.of(row, reader).model_dump(), content=row.body.decode(errors="backslashreplace"))


class InboxReplayIn(BaseModel):
    """Which items are taken up again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "dead", "since": "2026-03-01T18:00:00Z", "dry_run": True}]},
    )

    status: Literal["dead", "refused", "received"] = Field(
        default="dead",
        description="Dead letters; `refused`, what intakes could not take as it was sent; `received`, what waits for its next "
        "attempt.",
    )
    intake: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Only of this intake."
    )
    since: Timestamp | None = Field(default=None, description="Only what came in then or later.")
    until: Timestamp | None = Field(default=None, description="Only what came in before then.")
    limit: Annotated[int, Field(strict=True, ge=1, le=1_000)] = Field(default=1_000, description="How many at most.")
    dry_run: StrictBool = Field(default=False, description="Only count them; nothing is changed.")


class InboxReplayOut(BaseModel):
    """What was taken up, in order of arrival; the same call again takes up what is left."""

    found: int
    replayed: list[UUID]
    left: int
    dry_run: bool


@router.post(
    "/v1/inbox/replay",
    status_code=202,
    summary="Take up many items again",
    description="After an outage, or after a cause of many faults was mended: the items that the filter finds, the first that "
    "came in first, each with fresh attempts. What was taken up is no longer found, so the same call goes on with the rest.",
    responses=problem_responses(401, 403, 404, 422),
)
async def replay_many(
    given: InboxReplayIn, env: EnvDep, caller: Annotated[Caller, may(Operation.INBOX_REPLAY)]
) -> InboxReplayOut:
    which = ReplayFilter(status=given.status, intake_key=given.intake, since=given.since, until=given.until)
    done = await replay_items(env, which, limit=given.limit, dry_run=given.dry_run, actor=caller.actor)
    return InboxReplayOut(found=done.found, replayed=[*done.replayed], left=done.left, dry_run=given.dry_run)


@router.post(
    "/v1/inbox/{inbox_id}/replay",
    status_code=202,
    summary="Take a dead or refused item up again",
    description="After its cause was mended: the mapping, the policy, the roster. The item starts with fresh attempts. A refused "
    "one is read without what cannot be kept of it: signs are taken out, a number too large is text, the last of equal keys "
    "counts.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def replay(
    env: EnvDep, inbox_id: UUID, reader: ReaderDep, caller: Annotated[Caller, may(Operation.INBOX_REPLAY)]
) -> InboxItem:
    return InboxItem.of(await replay_item(env, inbox_id, actor=caller.actor), reader)


class ApplyIn(BaseModel):
    """An admin's word for what a partner said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "their SDR met the person"}]})

    reason: ReasonText


@router.post(
    "/v1/inbox/{inbox_id}/apply",
    summary="Apply what a partner said of a person who is not theirs",
    description="The refused item is taken in as what its sender says: its fields, its evidence under its own name, its external "
    "id. What a partner may not say stays unsaid. The lead stays where it is.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def apply(
    env: EnvDep,
    inbox_id: UUID,
    given: ApplyIn,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.INBOX_APPLY)],
) -> InboxItem:
    async def read(tx: Tx, item: InboxRow, sender: Actor) -> LeadInput:
        body = LeadIn.model_validate_json(item.body)
        return (await read_lead(env, tx, body, sender, at=item.received_at)).lead_input

    async def attempt(calendars: Mapping[str, CalendarState]) -> InboxItem:
        async def work(tx: Tx) -> InboxItem:
            item, _ = await apply_refused(
                env, tx, inbox_id, read, reason=given.reason, actor=caller.actor, calendars=calendars
            )
            return InboxItem.of(item, reader)

        return await run_in_transaction(env, work)

    return await with_closer_calendars(env, attempt)
