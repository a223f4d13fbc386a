"""Decisions over HTTP: who got this lead, and why; and moving a lead by a human's word."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath, LeadQuery
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import (
    FilterText,
    QueryInt,
    SinceQuery,
    UntilQuery,
    asks_of_others,
    explain_nothing,
    require_period,
    require_readable,
)
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.intake.decision_doc import DecisionDoc
from pointsman.api.routing.decision_schemas import DecisionHead, WholeDecisionDoc
from pointsman.api.routing.explanation_schemas import ExplainedDecisionDoc
from pointsman.api.routing.replay_schemas import MOST_REPLAYS_SHOWN, ReplayDoc, ReplayIn, ReplaysDoc
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import DecisionOutcome, HoldReason
from pointsman.services.explain.explain import decision_page, explain_stored, get_decision
from pointsman.services.explain.replays import replay_decision, replay_many
from pointsman.services.ports import Env
from pointsman.services.ports.routing.decisions import DecisionFilter
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.wording.rendering import MessageReader

router = APIRouter(tags=["Decisions"])


class AssignIn(BaseModel):
    """A manual assignment: the rep, the work, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rep": "jonas", "work": "qualification", "reason": "speaks Danish"}]},
    )

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    work: Work
    reason: ReasonText
    override_id: UUID | None = None


class ReassignIn(BaseModel):
    """Why the lead moves."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Lena is on parental leave"}]})

    reason: ReasonText


def _asked(
    *,
    lead: LeadQuery,
    rep: Annotated[FilterText | None, Query(description="Only those for this rep (key).")] = None,
    rule: Annotated[FilterText | None, Query(description="Only those by this rule.")] = None,
    pool: Annotated[FilterText | None, Query(description="Only those for this pool.")] = None,
    work: Annotated[Work | None, Query(description="Only those about this work.")] = None,
    outcome: Annotated[DecisionOutcome | None, Query(description="Only those that ended so.")] = None,
    reason: Annotated[HoldReason | None, Query(description="Only those held for this reason.")] = None,
    version: Annotated[QueryInt | None, Query(ge=1, le=2**53, description="Only those by this policy version.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> DecisionFilter:
    require_period(since=since, until=until)
    return DecisionFilter(
        lead_id=lead,
        rep=rep,
        rule=rule,
        pool=pool,
        work=work,
        outcome=outcome,
        hold_reason=reason,
        policy_version=version,
        since=since,
        until=until,
    )


@router.get(
    "/v1/decisions",
    summary="List decisions",
    description="Newest first. Filters narrow together; a partner's key does not filter by `rule`, which it does not read.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    asked: Annotated[DecisionFilter, Depends(_asked)],
    caller: Annotated[Caller, may(Operation.DECISION_LIST)],
) -> Page[DecisionHead]:
    if asked.rule is not None:
        require_readable(caller, Reading.REASONS, "rule")
    found = Page[DecisionHead](items=[], next=None)
    if not asks_of_others(reader, asked.rep):
        found = await _page(env, page, caller, asked, reader)
    if not found.items and page.is_first:
        names = {"rep": asked.rep, "rule": asked.rule, "pool": asked.pool, "version": asked.policy_version}
        await explain_nothing(env, caller, **names)
    return found


@router.get(
    "/v1/leads/{lead_id}/decisions",
    summary="List a lead's decisions",
    description="Newest first. Those of leads that were merged into this one are among them: `lead_id` says which.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def of_lead(
    lead_id: LeadPath,
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.DECISION_READ)],
) -> Page[DecisionHead]:
    return await _page(env, page, caller, DecisionFilter(lead_id=lead_id), reader)


@router.get(
    "/v1/decisions/{decision_id}",
    summary="Read a decision with its whole trace",
    description="Every rule that was looked at, every rep with the reason they were dropped, and the ledger before and "
    "after. A partner's key sees where its lead went, not our rules or who else was looked at.",
    responses=problem_responses(401, 403, 404, 422),
)
async def one(
    decision_id: UUID, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.DECISION_READ)]
) -> WholeDecisionDoc:
    row = await get_decision(env, decision_id, sees=caller.actor.sees)
    return WholeDecisionDoc.of(row, reader, partner=not caller.may_read(Reading.REASONS))


@router.get(
    "/v1/decisions/{decision_id}/explanation",
    summary="Explain a decision",
    description="From its stored inputs, with the policy and the roster of that time: why this rep, why not each other one and "
    "when their turn comes, which rules nearly matched, and what would have changed it.",
    responses=problem_responses(401, 403, 404, 422),
)
async def explanation(
    decision_id: UUID, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.DECISION_EXPLAIN)]
) -> ExplainedDecisionDoc:
    return ExplainedDecisionDoc.of_explained(await explain_stored(env, decision_id), reader)


@router.post(
    "/v1/decisions/replay",
    summary="Take the latest decisions again",
    description="As many as are asked for, the newest first. Says how many come out the same to the byte, and of the first "
    "that do not, where they differ. Nothing is written.",
    responses=problem_responses(401, 403, 422),
)
async def replays(
    given: ReplayIn, env: EnvDep, _caller: Annotated[Caller, may(Operation.DECISION_REPLAY)]
) -> ReplaysDoc:
    total, differing = 0, []
    async for found in replay_many(env, since=given.since, last=given.last):
        total += 1
        if not found.same:
            differing.append(found)
    shown = [ReplayDoc.of(found) for found in differing[:MOST_REPLAYS_SHOWN]]
    return ReplaysDoc(replayed=total, same=total - len(differing), different=shown)


@router.post(
    "/v1/decisions/{decision_id}/replay",
    summary="Take a decision again",
    description="From its stored inputs, with the policy and the roster of that time. Nothing is written. The answer says "
    "whether the same bytes come out, the first byte that differs, and every place where they do.",
    responses=problem_responses(401, 403, 404, 422),
)
async def replay(
    decision_id: UUID, env: EnvDep, _caller: Annotated[Caller, may(Operation.DECISION_REPLAY)]
) -> ReplayDoc:
    return ReplayDoc.of(await replay_decision(env, decision_id))


@router.post(
    "/v1/leads/{lead_id}/assign",
    summary="Give a lead to a named rep",
    description="Roles and gates hold here too: without them the answer is 409 `role-protected` or `gate-closed`, with what "
    "is missing. An override (POST /v1/overrides) is the only way around, and is counted. The rep's caps, absence, skills and "
    "supplier capacity do not hold: you say who. It takes no turn in a pool, and counts in the rep's load from then on.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def assigned(
    lead_id: LeadPath,
    given: AssignIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_ASSIGN)],
) -> DecisionDoc:
    routed = await assign_manually(
        env,
        lead_id,
        rep=given.rep,
        work=given.work,
        override_id=given.override_id,
        reason=given.reason,
        actor=caller.actor,
    )
    return DecisionDoc.of(routed, reader)


@router.post(
    "/v1/leads/{lead_id}/reassign",
    summary="Give a lead to another rep",
    description="By the rules, for the same work, never to a past holder. The old turn is taken back and a new one is "
    "booked. The lead is held when no rep is eligible. An appointment goes along: 409 `no-rep-free` when no rep is free then.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def reassigned(
    lead_id: LeadPath,
    given: ReassignIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_ASSIGN)],
) -> DecisionDoc:
    return DecisionDoc.of(await reassign(env, lead_id, reason=given.reason, actor=caller.actor), reader)


async def _page(
    env: Env, page: PageDep, caller: Caller, which: DecisionFilter, reader: MessageReader
) -> Page[DecisionHead]:
    seen = replace(which, sees=caller.actor.sees)
    rows = await decision_page(env, seen, before=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.at, row.id))
    return Page[DecisionHead](
        items=[DecisionHead.head_of(row, reader, partner=not caller.may_read(Reading.REASONS)) for row in items],
        next=following,
    )
