"""Waiting leads over HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadQuery
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.partner_redaction import partner_sentence
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, QueryBool, SinceQuery, UntilQuery, explain_nothing, require_period
from pointsman.api.intake.decision_doc import DecisionDoc
from pointsman.domain.messages.message import message_from_json
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import HoldReason
from pointsman.services.holds.drain import hold_counts, hold_page, retry_hold
from pointsman.services.ports.routing.holds import HoldCount, HoldFilter, HoldRow
from pointsman.services.wording.rendering import MessageReader, length_as_read, render

router = APIRouter(tags=["Decisions"])


class ReleaseDoc(BaseModel):
    """One thing that would release a held lead. Without `at`, its time cannot be known."""

    code: str = Field(examples=["time-off"])
    rep: str | None = Field(examples=["lena"])
    pool: str | None = Field(examples=["sdr-dach"])
    at: datetime | None
    sentence: str = Field(examples=["Lena is back on Wed 2026-11-25 08:00 (Europe/Berlin)"])
    needs: list[str] = Field(description="The evidence that the gate still asks for.")

    @staticmethod
    def of(stored: Mapping[str, Any], reader: MessageReader) -> "ReleaseDoc":
        sentence = render(message_from_json(stored.get("sentence")), reader)
        return ReleaseDoc.model_validate({**stored, "sentence": sentence})


class HoldDoc(BaseModel):
    """A lead that waits, since no rep is eligible for it yet; or that waited, where it was released."""

    id: UUID
    lead_id: UUID
    decision_id: UUID
    work: str | None
    pool: str | None
    reason: str = Field(examples=["nobody-eligible"])
    sentence: str
    held_at: datetime
    released_at: datetime | None = Field(description="Null while it waits.")
    release: str | None = Field(description="What ended the wait.", examples=["assigned"])
    age_s: int = Field(description="How long it waits, or waited, in seconds.")
    age: str = Field(examples=["1 day 3 hours"])
    due_at: datetime = Field(description="After this an alert is raised: the rule's `alert_after`, else the policy's.")
    overdue: bool
    releases: list[ReleaseDoc] = Field(description="What would release it, the earliest first.")
    next_try_at: datetime | None = Field(
        description="The first known moment of release; it is tried at that moment, and whenever something changes."
    )

    @staticmethod
    def of(row: HoldRow, now: datetime, reader: MessageReader, *, partner: bool) -> "HoldDoc":
        stored: dict[str, Any] = {
            name: getattr(row, name)
            for name in (
                "id",
                "lead_id",
                "decision_id",
                "work",
                "pool",
                "reason",
                "held_at",
                "due_at",
                "released_at",
                "release",
            )
        }
        age = max((row.released_at or now) - row.held_at, timedelta(0))
        told = (
            partner_sentence("held", reader, rep=None, work=row.work)
            if partner
            else render(message_from_json(row.sentence), reader)
        )
        return HoldDoc(
            **stored,
            sentence=told,
            age_s=int(age.total_seconds()),
            age=length_as_read(age, reader),
            overdue=row.released_at is None and row.due_at <= now,
            releases=[] if partner else [ReleaseDoc.of(release, reader) for release in row.releases],
            next_try_at=None if partner else row.next_try_at,
        )


class HoldCountDoc(BaseModel):
    """How many leads wait in one pool for one reason."""

    reason: str = Field(examples=["nobody-eligible"])
    work: str | None
    pool: str | None
    waiting: int
    overdue: int
    oldest: datetime
    oldest_age: str = Field(examples=["1 day 3 hours"])
    next_try_at: datetime | None

    @staticmethod
    def of(row: HoldCount, now: datetime, reader: MessageReader) -> "HoldCountDoc":
        return HoldCountDoc(
            reason=row.reason,
            work=row.work,
            pool=row.pool,
            waiting=row.waiting,
            overdue=row.overdue,
            oldest=row.oldest,
            oldest_age=length_as_read(now - row.oldest, reader),
            next_try_at=row.next_try_at,
        )


class HoldSummaryDoc(BaseModel):
    """What waits, counted; the group that waits longest comes first."""

    at: datetime
    waiting: int
    overdue: int
    oldest: datetime | None
    groups: list[HoldCountDoc]


def _asked(
    *,
    status: Annotated[
        Literal["open", "all"], Query(description="Those that wait, or also those that wait no longer.")
    ] = "open",
    lead: LeadQuery,
    pool: Annotated[FilterText | None, Query(description="Only what waits for this pool.")] = None,
    work: Annotated[Work | None, Query(description="Only what waits for this work.")] = None,
    reason: Annotated[HoldReason | None, Query(description="Only this reason.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> HoldFilter:
    require_period(since=since, until=until)
    return HoldFilter(
        released=status == "all", lead_id=lead, pool=pool, work=work, reason=reason, since=since, until=until
    )


@router.get(
    "/v1/holds",
    summary="List waiting leads",
    description="In order of arrival, with what would release each. They are tried again at the moment that may release "
    "them, when the roster or the policy changes, and every half minute. `status=all` has those that wait no longer, too.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    asked: Annotated[HoldFilter, Depends(_asked)],
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.HOLD_READ)],
    *,
    overdue: Annotated[QueryBool, Query(description="Only what waits longer than promised.")] = False,
) -> Page[HoldDoc]:
    now = env.clock()
    which = replace(asked, sees=caller.actor.sees, due_before=now if overdue else None)
    rows = await hold_page(env, which, after=page.after, limit=page.fetch_limit)
    if not rows and page.is_first:
        await explain_nothing(env, caller, pool=asked.pool)
    items, following = page.split(rows, lambda row: (row.held_at, row.id))
    partner = not caller.may_read(Reading.REASONS)
    return Page[HoldDoc](items=[HoldDoc.of(row, now, reader, partner=partner) for row in items], next=following)


@router.get(
    "/v1/holds/summary",
    summary="Count the waiting leads",
    description="By reason, work and pool, with the oldest and the next moment that may release one.",
    responses=problem_responses(401, 403),
)
async def summary(
    env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.HOLD_SUMMARY)]
) -> HoldSummaryDoc:
    now, groups = await hold_counts(env)
    return HoldSummaryDoc(
        at=now,
        waiting=sum(group.waiting for group in groups),
        overdue=sum(group.overdue for group in groups),
        oldest=min((group.oldest for group in groups), default=None),
        groups=[HoldCountDoc.of(group, now, reader) for group in groups],
    )


@router.post(
    "/v1/holds/{hold_id}/retry",
    summary="Try a waiting lead now",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def retry(
    hold_id: UUID, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.HOLD_RETRY)]
) -> DecisionDoc:
    return DecisionDoc.of(await retry_hold(env, hold_id, actor=caller.actor), reader)
