"""Merging leads over HTTP: two records of one person become one, and nothing of their history is lost."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath, LeadReference, meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.intake.decision_doc import DecisionDoc
from pointsman.api.intake.lead_schemas import LeadDoc
from pointsman.domain.permissions.operations import Operation
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.wording.rendering import render_sentence

router = APIRouter(tags=["Lead intake"])


class MergeIn(BaseModel):
    """Which lead survives, and why they are one person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"into": "019ab000-0000-7000-8000-000000000001", "reason": "same person, private address"}]
        },
    )

    into: LeadReference
    reason: ReasonText


class MergedLeadDoc(BaseModel):
    """The lead that survives; `decision` is set where it had to be decided anew."""

    survivor: LeadDoc
    merged: LeadDoc
    holder: str | None = Field(description="The rep who has the survivor now.")
    decision: DecisionDoc | None
    what_happens: str


@router.post(
    "/v1/leads/{lead_id}/merge",
    summary="Make one lead of two",
    description=(
        "`into` survives, with its id; this lead stays readable and says `merged_into`. Its email and external ids lead to "
        "the survivor from then on, its evidence is copied there, and each field keeps what was true last. What this lead "
        "passed opens no gate for the survivor. The survivor keeps its holder; where nobody has it, this lead's holder "
        "goes on with it. 409 says what to do where an appointment or a closer's work stands in the way, and "
        "`lead-merged` for a lead that was merged before. There is no way back."
    ),
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def merge(
    env: EnvDep,
    lead_id: LeadPath,
    body: MergeIn,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_MERGE)],
) -> MergedLeadDoc:
    into = await meant_lead(env, body.into, caller, "body.into")
    done = await merge_leads(env, lead_id, into=into, reason=body.reason, actor=caller.actor)
    return MergedLeadDoc(
        survivor=LeadDoc.of(done.survivor, reader),
        merged=LeadDoc.of(done.merged, reader),
        holder=done.holder,
        decision=DecisionDoc.of(done.routed, reader) if done.routed else None,
        what_happens=render_sentence(done.what_happens, reader),
    )
