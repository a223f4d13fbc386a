"""Trying a mapping: what each event of a body would become."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.intake.intakes import IntakeKeyPath, WarningDoc, warning_of
from pointsman.api.intake.webhooks import EXAMPLE
from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.text.marked_json import MarkedJson
from pointsman.services.intake.mapping.event_json import read_marked_event_form
from pointsman.services.intake.mapping.map_event import MappedEvent
from pointsman.services.intake.mapping_trials import try_intake
from pointsman.services.leads.lead_input import phone_of

router = APIRouter(tags=["Intakes"])

MAX_FORM = 100_000


class MappingTrialIn(BaseModel):
    """A body to try a mapping on."""

    model_config = ConfigDict(extra="forbid")

    body: Any = Field(default=None, description="What the sender would post, as JSON.", examples=[EXAMPLE])
    form: Annotated[str, StringConstraints(max_length=MAX_FORM)] | None = Field(
        default=None,
        description="In place of `body`: what a form would post, as a browser sends it (`a=1&b%5Bc%5D=2`).",
    )
    mapping: dict[str, Any] | None = Field(
        default=None, description="Another mapping to try in place of the stored one."
    )


class MappedEvidenceDoc(BaseModel):
    """A piece of evidence."""

    kind: str
    name: str
    value: str
    affirmed: bool
    source: str


class MappedEventDoc(BaseModel):
    """What one event of the body would become."""

    email: str | None
    external_id: str | None
    source_system: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    occurred_at: datetime | None
    fields: dict[str, FactValue]
    evidence: list[MappedEvidenceDoc]
    setter: str | None
    usable: bool = Field(
        description="False: it would be refused, or, without an email, a phone number and an external id, a dead letter."
    )
    warnings: list[WarningDoc]


class MappingTrialDoc(BaseModel):
    """One entry for each of the first 100 events."""

    events: list[MappedEventDoc]
    left_out: int = Field(description="How many events of the body were not tried.")


@router.post(
    "/v1/intakes/{key}/try",
    summary="Try a mapping on a body",
    description="Shows what each event would become. Nothing is written.",
    responses=problem_responses(401, 403, 404, 413, 422),
)
async def try_mapping(
    env: EnvDep, key: IntakeKeyPath, body: MappingTrialIn, _caller: Annotated[Caller, may(Operation.INTAKE_CHANGE)]
) -> MappingTrialDoc:
    if (body.form is None) is not ("body" in body.model_fields_set):
        fault = Fault(path="body", code="body-or-form", message="give either `body` or `form`")
        raise Invalid("A trial is of a body or of a form.", faults=[fault])
    given = MarkedJson(body.body) if body.form is None else await read_marked_event_form(env, body.form.encode())
    trial = await try_intake(env, key, given, body.mapping)
    return MappingTrialDoc(events=[_tried(mapped) for mapped in trial.events], left_out=trial.left_out)


def _tried(mapped: MappedEvent | Fault) -> MappedEventDoc:
    if isinstance(mapped, Fault):
        return _untried(mapped)
    given = mapped.lead_input
    return MappedEventDoc(
        email=given.email,
        external_id=given.external_id,
        source_system=given.source_system if given.external_id else None,
        first_name=given.first_name,
        last_name=given.last_name,
        phone=phone.key if (phone := phone_of(given)) else given.phone,
        occurred_at=given.occurred_at,
        fields=dict(given.facts),
        evidence=[
            MappedEvidenceDoc(kind=e.kind.value, name=e.name, value=e.value, affirmed=e.affirmed, source=e.source)
            for e in given.evidence
        ],
        setter=mapped.setter,
        usable=mapped.is_usable,
        warnings=list(map(warning_of, mapped.warnings)),
    )


def _untried(refused: Fault) -> MappedEventDoc:
    return MappedEventDoc(
        email=None,
        external_id=None,
        source_system=None,
        first_name=None,
        last_name=None,
        phone=None,
        occurred_at=None,
        fields={},
        evidence=[],
        setter=None,
        usable=False,
        warnings=[warning_of(refused)],
    )
