"""Simulations over HTTP: what a policy would have done with the leads of a past period. Nothing is written."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.policies.request_bodies import EXAMPLE_POLICY, VersionPath
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.replay.preference_shares import PreferenceShare
from pointsman.domain.replay.simulation import DecisionCounts, SimulationExample
from pointsman.services.explain.simulate import MAX_DECISIONS, SimulationPeriod, SimulationResult, simulate
from pointsman.services.wording.rendering import MessageReader, render, render_all

router = APIRouter(tags=["Policy"])


class SimulateIn(BaseModel):
    """Which period: the first `limit` decisions from `since` on."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[Timestamp, Field(examples=["2026-01-01T00:00:00Z"])]
    until: Annotated[Timestamp | None, Field(description="Before this moment; null is now.")] = None
    limit: Annotated[int, Field(strict=True, ge=1, le=MAX_DECISIONS)] = 1_000
    ledgers_from_zero: Annotated[
        StrictBool, Field(description="Start all ledgers at zero, not as they stood when the period began.")
    ] = False

    def period(self) -> SimulationPeriod:
        return SimulationPeriod(
            since=self.since, until=self.until, limit=self.limit, ledgers_from_zero=self.ledgers_from_zero
        )


class SimulateDocumentIn(SimulateIn):
    """A policy that is not stored, and a period."""

    document: Annotated[dict[str, Any], Field(examples=[EXAMPLE_POLICY])]


class CountsDoc(BaseModel):
    """How many decisions, by name; the most frequent names, the rest together as "(others)"."""

    outcome: dict[str, int]
    work: dict[str, int]
    rule: dict[str, int]
    pool: dict[str, int]
    rep: dict[str, int]
    supplier: dict[str, int]
    hold_reason: dict[str, int] = Field(description="Why leads wait.")

    @staticmethod
    def of(counts: DecisionCounts) -> "CountsDoc":
        return CountsDoc.model_validate({name: dict(found) for name, found in counts.by_dimension.items()})


class ReroutedLeadDoc(BaseModel):
    """One lead that goes elsewhere, in the words of both policies."""

    decision_id: UUID
    lead_id: UUID
    at: datetime
    before: str
    after: str

    @staticmethod
    def of(one: SimulationExample, reader: MessageReader) -> "ReroutedLeadDoc":
        before, after = render(one.before, reader), render(one.after, reader)
        return ReroutedLeadDoc(decision_id=one.decision_id, lead_id=one.lead_id, at=one.at, before=before, after=after)


class PreferenceShareDoc(BaseModel):
    """How the leads of a ranked pool with one preferred value went: by tier, and as `fair` would have shared them."""

    pool: str
    lead: str | None = Field(examples=["custom.segment"], description="The field; null: all other leads of the pool.")
    value: str | None = Field(examples=["enterprise"])
    leads: int
    by_tier: dict[str, int] = Field(examples=[{"1": 281, "2": 19}])
    fair_by_tier: dict[str, int] = Field(examples=[{"1": 100, "2": 200}])
    preferred: int = Field(description="Went to a rep who has the value.")
    fair_preferred: int
    missed: dict[str, int] = Field(
        examples=[{"too-far-ahead": 19}],
        description="Why the others did not: too-far-ahead, too-far-behind, owner, skipped, not-eligible (no such rep was).",
    )

    @staticmethod
    def of(share: PreferenceShare) -> "PreferenceShareDoc":
        return PreferenceShareDoc(
            pool=share.of.pool,
            lead=share.of.lead,
            value=share.of.value,
            leads=share.leads,
            by_tier={str(tier): count for tier, count in share.by_tier.items()},
            fair_by_tier={str(tier): count for tier, count in share.fair_by_tier.items()},
            preferred=share.preferred,
            fair_preferred=share.fair_preferred,
            missed=dict(share.missed),
        )


class SimulationDoc(BaseModel):
    """What the policy would have done, beside what was done."""

    simulated: int
    complete: bool = Field(description="False: the period holds more decisions than were simulated.")
    first_at: datetime | None
    last_at: datetime | None
    left_out: dict[str, int] = Field(examples=[{"manual": 2}], description="Not simulated, by reason.")
    same: int
    rerouted: int = Field(description="Another outcome, work or pool.")
    other_rep: int = Field(description="The same pool, another rep.")
    before: CountsDoc
    after: CountsDoc
    examples: list[ReroutedLeadDoc] = Field(description="Up to 50; those that go elsewhere first.")
    never_matched: list[str] = Field(description="Rules that matched no lead of the period.")
    never_matched_more: int
    ledgers: dict[str, str] = Field(
        examples=[{"sdr-dach": "history"}], description="How each credit ledger began: history or zero."
    )
    preferences: list[PreferenceShareDoc] = Field(
        description="Of ranked pools: which tier got how much of what it is preferred for; up to 100."
    )
    crm: dict[str, int] = Field(
        examples=[{"tasks": 40}],
        description="What the policy would have had the CRM do beside the owner: fields set, tasks, places on lists.",
    )
    facts_as_stored: int
    facts_filled_in: int = Field(description="For so many, facts that were not kept are the lead's present ones.")
    roster_version: int
    assumptions: list[str]

    @staticmethod
    def of(found: SimulationResult, reader: MessageReader) -> "SimulationDoc":
        report = found.report
        return SimulationDoc(
            simulated=report.simulated,
            complete=found.complete,
            first_at=report.first_at,
            last_at=report.last_at,
            left_out=dict(report.left_out),
            same=report.same,
            rerouted=report.rerouted,
            other_rep=report.other_rep,
            before=CountsDoc.of(report.before),
            after=CountsDoc.of(report.after),
            examples=[ReroutedLeadDoc.of(one, reader) for one in report.examples],
            never_matched=list(report.never_matched),
            never_matched_more=report.never_matched_more,
            ledgers=dict(report.ledgers),
            preferences=[PreferenceShareDoc.of(share) for share in report.preferences],
            crm=dict(report.crm),
            facts_as_stored=found.facts_as_stored,
            facts_filled_in=found.facts_filled_in,
            roster_version=found.roster_version,
            assumptions=render_all(found.assumptions, reader),
        )


_HOW = (
    "Takes the decisions of a past period again, in order, by the policy: with the facts of then, the present roster, and "
    "ledgers of its own that start as they stood. Nothing is written. The answer counts both, shows who goes elsewhere, "
    "and says what was assumed."
)


@router.post(
    "/v1/policies/simulate",
    summary="Simulate a document",
    description=_HOW,
    responses=problem_responses(401, 403, 404, 413, 422, 503),
)
async def of_document(
    given: SimulateDocumentIn, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.POLICY_TRY)]
) -> SimulationDoc:
    return SimulationDoc.of(await simulate(env, given.period(), document=given.document), reader)


@router.post(
    "/v1/policies/{version}/simulate",
    summary="Simulate a stored policy",
    description=_HOW,
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def of_version(
    version: VersionPath,
    given: SimulateIn,
    env: EnvDep,
    reader: ReaderDep,
    _caller: Annotated[Caller, may(Operation.POLICY_TRY)],
) -> SimulationDoc:
    return SimulationDoc.of(await simulate(env, given.period(), version=version), reader)
