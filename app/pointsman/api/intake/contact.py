"""Whether a lead is to be contacted, over HTTP."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.intake.lead_schemas import LeadDoc
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.services.do_not_contact import allow_contact, end_contact

router = APIRouter(tags=["Lead intake"])


class DoNotContactIn(BaseModel):
    """Why the lead is not to be contacted, for the audit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "asked on the phone"}]})

    reason: ReasonText | None = None


@router.put(
    "/v1/leads/{lead_id}/do-not-contact",
    summary="Say that a lead is not to be contacted",
    description="From then on it gets what belongs to an appointment of its own (invitation, change, cancellation), and no "
    "reminder. Twice is fine: who said it first, and when, stays. It holds through merges and imports.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def end(
    env: EnvDep,
    lead_id: LeadPath,
    body: DoNotContactIn,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_CONTACT_END)],
) -> LeadDoc:
    row = await end_contact(env, lead_id, reason=body.reason, actor=caller.actor)
    return LeadDoc.of(row, reader, partner=not caller.may_read(Reading.REASONS))


@router.delete(
    "/v1/leads/{lead_id}/do-not-contact",
    summary="Say that a lead may be contacted again",
    description="Twice is fine.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def allow(
    env: EnvDep, lead_id: LeadPath, reader: ReaderDep, caller: Annotated[Caller, may(Operation.LEAD_CONTACT_ALLOW)]
) -> LeadDoc:
    return LeadDoc.of(await allow_contact(env, lead_id, actor=caller.actor), reader)
