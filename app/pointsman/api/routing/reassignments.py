"""Moving many leads over HTTP: a rep is ill, or a human chose a list."""

from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadReference, meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import decode_cursor, encode_cursor
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.roster.roster import RosterKeyPath
from pointsman.api.roster.time_off import Day, Moment, day_or_today
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.roster.days_off import DaysOff
from pointsman.domain.roster.roles import Work
from pointsman.services.reassignment.bulk import (
    BulkOutcome,
    BulkRequest,
    BulkResult,
    LeadResult,
    reassign_leads,
    reassign_rep,
)
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

router = APIRouter(tags=["Decisions"])

_DRY = Field(default=False, description="Only say what would happen; nothing is written.")


class ReassignRepIn(BaseModel):
    """Why a rep's leads move, which ones, and until when the rep is away."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Lena is ill", "last_day": "today", "dry_run": True}]},
    )

    reason: ReasonText
    last_day: Day | None = Field(
        default=None,
        description="Also enters time off from now to the end of that day in the rep's zone, so that nothing new comes.",
    )
    until: Moment | None = Field(default=None, description="The same, up to an instant: give one of the two.")
    works: Annotated[set[Work], Field(min_length=1)] | None = Field(
        default=None, description="Only leads held for these works; without it, all."
    )
    dry_run: StrictBool = _DRY
    limit: Annotated[int, Field(strict=True, ge=1, le=100, description="How many leads at most.")] = 50
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="`next` of the answer before."
    )

    @model_validator(mode="after")
    def _ends_once(self) -> Self:
        if self.until and self.last_day:
            raise ValueError("give either `last_day` or `until`")
        return self


class ReassignLeadsIn(BaseModel):
    """Which leads move, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"lead_ids": ["01999999-0000-7000-8000-000000000000"], "reason": "a new territory"}]
        },
    )

    lead_ids: Annotated[list[LeadReference], Field(min_length=1, max_length=100)]
    reason: ReasonText
    dry_run: StrictBool = _DRY


class LeadResultDoc(BaseModel):
    """What became of one lead."""

    lead_id: UUID
    outcome: Literal["reassigned", "held", "nurture", "unchanged"]
    work: str | None
    rep: str | None = Field(description="The rep who has it now.")
    decision_id: UUID | None
    code: str | None = Field(description="Why it was left where it is.", examples=["no-rep-free"])
    sentence: str

    @staticmethod
    def of(result: LeadResult, reader: MessageReader) -> "LeadResultDoc":
        return LeadResultDoc(
            lead_id=result.lead_id,
            outcome=result.outcome.value,
            work=result.work,
            rep=result.rep,
            decision_id=result.decision_id,
            code=result.code,
            sentence=render(result.sentence, reader),
        )


class BulkResultDoc(BaseModel):
    """What became of each lead; ask again with `cursor` = `next` for the following ones, null means there are none."""

    items: list[LeadResultDoc]
    counts: dict[str, int] = Field(examples=[{"reassigned": 12, "held": 1, "nurture": 0, "unchanged": 2}])
    remaining: int | None = Field(description="How many leads the rep still holds; null for a chosen list.")
    next: str | None
    dry_run: bool
    note: str | None

    @staticmethod
    def of(moved: BulkResult, reader: MessageReader, *, dry_run: bool) -> "BulkResultDoc":
        outcomes = [result.outcome for result in moved.results]
        return BulkResultDoc(
            items=[LeadResultDoc.of(result, reader) for result in moved.results],
            counts={outcome.value: outcomes.count(outcome) for outcome in BulkOutcome},
            remaining=moved.remaining,
            next=encode_cursor(moved.next_position) if moved.next_position else None,
            dry_run=dry_run,
            note=render_sentence(moved.note, reader) if moved.note else None,
        )


@router.post(
    "/v1/reps/{key}/reassign",
    summary="Give everything that a rep holds to others",
    description="For the day a rep is ill: by the rules, the oldest lead first, never to a past holder. Old turns are taken "
    "back, new ones booked. A lead is held when no rep is eligible. An appointment goes along at its time, to a rep who is "
    "free then; when no rep is, or when it is after the time off, the lead stays, with the reason. Each lead moves by itself, so "
    "the same call again moves only the rest.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def of_rep(
    key: RosterKeyPath,
    given: ReassignRepIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_ASSIGN)],
) -> BulkResultDoc:
    asked = BulkRequest(
        reason=given.reason,
        away_until=given.until,
        away_days=DaysOff(first=None, last=day_or_today(given.last_day)) if given.last_day else None,
        works=frozenset(given.works) if given.works else None,
        dry_run=given.dry_run,
        after_position=decode_cursor(given.cursor, path="body.cursor") if given.cursor else None,
        limit=given.limit,
    )
    moved = await reassign_rep(env, key, asked, actor=caller.actor)
    return BulkResultDoc.of(moved, reader, dry_run=given.dry_run)


@router.post(
    "/v1/leads/reassign",
    summary="Give chosen leads to other reps",
    description="Each as `POST /v1/leads/{lead_id}/reassign` does, in the order given; one that cannot be moved is left, "
    "and said so.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def of_leads(
    given: ReassignLeadsIn, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.LEAD_ASSIGN)]
) -> BulkResultDoc:
    asked = BulkRequest(reason=given.reason, dry_run=given.dry_run)
    leads = [await meant_lead(env, one, caller, f"body.lead_ids[{at}]") for at, one in enumerate(given.lead_ids)]
    moved = await reassign_leads(env, leads, asked, actor=caller.actor)
    return BulkResultDoc.of(moved, reader, dry_run=given.dry_run)
