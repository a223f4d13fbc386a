"""The journey of a lead over HTTP: one answer that says all that happened to it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.lead_pages.journey import MOST_ENTRIES, Journey, JourneyEntry, load_journey
from pointsman.services.ports.leads.journeys import JourneyKind
from pointsman.services.wording.rendering import MessageReader, render_sentence

router = APIRouter(tags=["Lead intake"])


class JourneyEntryDoc(BaseModel):
    """One thing that happened to the lead."""

    at: datetime
    kind: JourneyKind
    id: UUID = Field(description="Of the row that holds it: a decision, a hold, a gate check, an inbox item, …")
    lead_id: UUID = Field(
        description="The record that it happened to: the lead itself, or one that was merged into it."
    )
    text: str = Field(examples=["Lena Vogt has the lead for qualification."])
    details: dict[str, Any] = Field(
        description="The same in keys and codes: `rep`, `work`, `rule`, `outcome`, `missing`, …",
        examples=[{"outcome": "assigned", "work": "qualification", "pool": "sdr-dach", "rep": "lena"}],
    )
    links: dict[str, str] = Field(
        description="Paths of this API where more of it stands, of those that the key may read.",
        examples=[{"decision": "/v1/decisions/0198c0de-0000-7000-8000-000000000000"}],
    )

    @staticmethod
    def of(entry: JourneyEntry, reader: MessageReader) -> "JourneyEntryDoc":
        return JourneyEntryDoc(
            at=entry.at,
            kind=entry.kind,
            id=entry.id,
            lead_id=entry.lead_id,
            text=render_sentence(entry.text, reader),
            details=dict(entry.details),
            links=dict(entry.links),
        )


class JourneyDoc(BaseModel):
    """A lead's journey, the oldest entry first."""

    lead_id: UUID
    stage: str
    merged_into: UUID | None
    entries: list[JourneyEntryDoc]
    is_cut: bool = Field(description=f"True where there are more than {MOST_ENTRIES} entries: the oldest are left out.")

    @staticmethod
    def of(journey: Journey, reader: MessageReader) -> "JourneyDoc":
        return JourneyDoc(
            lead_id=journey.lead.id,
            stage=journey.lead.stage,
            merged_into=journey.merged_into,
            entries=[JourneyEntryDoc.of(entry, reader) for entry in journey.entries],
            is_cut=journey.is_cut,
        )


@router.get(
    "/v1/leads/{lead_id}/journey",
    summary="Read all that happened to a lead",
    description="In order of time: how it came in and was matched, what was decided and why, when it waited, who handed it "
    "over, what the gate said, its appointments, who was told, and what became of it; with what happened to the records that "
    "were merged into it. It holds no names or messages of the buyer. A partner's key reads where the lead was, not our rules.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def journey(
    lead_id: LeadPath, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.LEAD_READ)]
) -> JourneyDoc:
    found = await load_journey(env, lead_id, actor=caller.actor)
    return JourneyDoc.of(found, reader)
