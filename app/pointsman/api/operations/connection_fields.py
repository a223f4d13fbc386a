"""The fields that a CRM has for people, and what the mapped ones would do with a real record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadReference, meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.operations.connections import ConnectionKeyPath
from pointsman.domain.field_mapping.choosing import Act, Why
from pointsman.domain.field_mapping.mapped import CrmFieldType, Direction, Winner
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.field_preview import FieldPreview, PreviewedField, list_crm_fields, preview_fields
from pointsman.services.connections.mapped_fields import MOST_FIELDS, MappedFieldIn
from pointsman.services.wording.rendering import MessageReader, render

router = APIRouter(tags=["Connections"])
_LONGEST = 2_000
_SENTENCES: Mapping[Why, Message] = {
    Why.SAME: say("crm-field.same"),
    Why.NO_CHANGE: say("crm-field.no-change"),
    Why.OURS_CHANGED: say("crm-field.ours-changed"),
    Why.THEIRS_CHANGED: say("crm-field.theirs-changed"),
    Why.CRM_WINS: say("crm-field.crm-wins"),
    Why.POINTSMAN_WINS: say("crm-field.pointsman-wins"),
    Why.CRM_NEWER: say("crm-field.crm-newer"),
    Why.OURS_NEWER: say("crm-field.ours-newer"),
    Why.ONE_WAY: say("crm-field.one-way"),
    Why.EMPTY: say("crm-field.empty"),
    Why.UNREADABLE: say("crm-field.unreadable"),
    Why.UNSAYABLE: say("crm-field.unsayable"),
    Why.TOO_OFTEN: say("crm-field.too-often"),
    Why.LEFT_OUT: say("crm-field.left-out"),
}


class CrmFieldDoc(BaseModel):
    """A field of people in the CRM."""

    name: str = Field(description="Write it as `field` into `PUT /v1/connections/{key}`.")
    label: str
    type: CrmFieldType
    options: list[str] = Field(description="The codes of a choice.")
    writable: bool = Field(description="Values can go out to it.")
    facts: list[str] = Field(description="The facts of leads that are mapped to it.")


class CrmFieldsDoc(BaseModel):
    """All fields of people, as the CRM lists them."""

    items: list[CrmFieldDoc]


class PreviewIn(BaseModel):
    """The lead, or the record in the CRM, that is looked at."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"lead": "nadine.schulz@schulz-medizintechnik.example"}]}
    )

    lead: LeadReference | None = None
    record: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None, description="The CRM's id of the record of a lead."
    )
    fields: Annotated[tuple[MappedFieldIn, ...], Field(max_length=MOST_FIELDS)] | None = Field(
        default=None, description="To be tried in the place of those that are saved. Only for an admin."
    )

    @model_validator(mode="after")
    def _names_one(self) -> "PreviewIn":
        if (self.lead is None) == (self.record is None):
            raise ValueError("give `lead` or `record`")
        return self


class PreviewedFieldDoc(BaseModel):
    """One mapped field: both values, and what would be done now."""

    fact: str
    field: str
    direction: Direction
    wins: Winner
    ours: Any = Field(description="The lead's fact; null: it is not known.")
    ours_there: Any = Field(description="How the CRM would have it; null where it cannot say it.")
    theirs: Any = Field(description="What stands in the CRM; null: nothing.")
    theirs_here: Any = Field(description="What it says of the fact; null where it says nothing, or cannot be read.")
    act: Act = Field(description="`write` it there, `take` it in, or `nothing`.")
    why: Why
    sentence: str = Field(description="The reason in words.")

    @staticmethod
    def of(one: PreviewedField, reader: MessageReader) -> "PreviewedFieldDoc":
        return PreviewedFieldDoc(
            fact=one.row.fact,
            field=one.row.field,
            direction=one.row.direction,
            wins=one.row.wins,
            ours=_shown(one.ours),
            ours_there=_shown(one.ours_there),
            theirs=_shown(one.theirs),
            theirs_here=_shown(one.theirs_here),
            act=one.act,
            why=one.why,
            sentence=render(_SENTENCES[one.why], reader),
        )


class PreviewDoc(BaseModel):
    """What the mapped fields would do with this lead's record. Nothing was written."""

    lead_id: str
    record: str | None = Field(description="The CRM's id of the record; null: it has none of this lead.")
    url: str | None = Field(description="Where a person opens the record.")
    items: list[PreviewedFieldDoc]

    @staticmethod
    def of(found: FieldPreview, reader: MessageReader) -> "PreviewDoc":
        return PreviewDoc(
            lead_id=str(found.lead_id),
            record=found.record_id,
            url=found.url,
            items=[PreviewedFieldDoc.of(one, reader) for one in found.fields],
        )


@router.get(
    "/v1/connections/{key}/fields",
    summary="Which fields does this CRM have?",
    description="Those of people, as the vendor answers now. 422 `no-field-list` where the connection is no CRM or lists none, "
    "`credentials-refused` where the vendor refuses it, `not-signed-in` before a first sign-in; 503 when it does not answer.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def index(
    key: ConnectionKeyPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> CrmFieldsDoc:
    connection, listed = await list_crm_fields(env, key)
    facts: dict[str, list[str]] = {}
    for row in connection.fields:
        facts.setdefault(row.field, []).append(row.fact)
    return CrmFieldsDoc(
        items=[
            CrmFieldDoc(
                name=one.name,
                label=one.label,
                type=one.type,
                options=list(one.options),
                writable=one.writable,
                facts=facts.get(one.name, []),
            )
            for one in listed
        ]
    )


@router.post(
    "/v1/connections/{key}/fields/preview",
    summary="What would the mapped fields do with this lead?",
    description="Reads the lead's record in the CRM, and says field by field what would be written where, and why; writes "
    "nothing. For who reads leads; `fields` that are not saved yet are tried by an admin alone.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def preview(
    key: ConnectionKeyPath,
    given: PreviewIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_READ)],
) -> PreviewDoc:
    lead_id = None if given.lead is None else await meant_lead(env, given.lead, caller, "body.lead")
    found = await preview_fields(
        env, key, lead_id=lead_id, record_id=given.record, fields=given.fields, actor=caller.actor
    )
    return PreviewDoc.of(found, reader)


def _shown(value: object) -> object:
    """A value as JSON has it, not longer than a preview needs."""
    match value:
        case datetime():
            return value.isoformat()
        case str():
            return value[:_LONGEST]
        case tuple() | list():
            return [_shown(one) for one in value[:100]]
        case bool() | int() | float() | None:
            return value
        case _:
            return str(value)[:_LONGEST]
