"""Endpoints: intakes, which say how a sender of webhooks signs and how its payload is read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictBool, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.errors import Fault
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.text.lines import refuse_acting
from pointsman.services.intake.intakes import (
    IntakeInput,
    create_intake,
    deactivate_intake,
    get_intake,
    list_intakes,
    replace_intake,
)
from pointsman.services.ports.intake.intakes import IntakeRow

router = APIRouter(tags=["Intakes"])

IntakeKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
IntakeKeyPath = Annotated[
    str, Path(description="The intake's key, as in its webhook address.", examples=["website-form"])
]
CreatedIntakeKeyPath = Annotated[str, Path(description="The intake's key.", examples=["webinar-signup"])]

_SAMPLE = {"email": "mara.vogel@nordlicht.example", "name": "Mara", "company": "Nordlicht GmbH", "employees": "120"}
_MAPPING = {
    "fields": {
        "lead.email": "email",
        "lead.first_name": "name",
        "company.name": "company",
        "company.employees": "employees",
    },
    "constants": {"lead.source": "webinar"},
}


class Verifier(BaseModel):
    """The name of a scheme, and what its sender chooses: the API's description lists them."""

    model_config = ConfigDict(extra="allow")

    scheme: str


class IntakeIn(BaseModel):
    """An intake without its key."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(refuse_acting)] = Field(
        examples=["Webinar sign-up"]
    )
    kind: Literal["lead", "handover"] = Field(
        default="lead", description="`handover`: the sender says that an SDR qualified a lead."
    )
    connection: IntakeKey | None = Field(
        default=None,
        description="The key of a connection whose connector proves the sender, answers its webhooks and fetches what they are "
        "about: then there are no `verifier` and no `secrets`. It stays as the intake was made.",
    )
    verifier: Verifier | None = Field(
        default=None,
        description="How the sender proves itself, without a `connection`. "
        "`bearer` is weaker than a signature: a token can be replayed.",
        examples=[{"scheme": "hmac", "header": "x-signature-256", "encoding": "hex", "prefix": "sha256="}],
    )
    secrets: list[SecretStr] | None = Field(
        default=None,
        description="All active secrets, so that one can be rotated; never shown again. On PUT, leave out to keep them.",
        examples=[["a-secret-of-at-least-16-characters"]],
    )
    mapping: dict[str, Any] = Field(
        description="JMESPath from the payload to fields; checked, and tried on `sample`.", examples=[_MAPPING]
    )
    sample: Any = Field(description="A typical body of this sender, with a made-up person.", examples=[_SAMPLE])
    active: StrictBool = True

    def given(self) -> IntakeInput:
        return IntakeInput(
            title=self.title,
            kind=self.kind,
            connection=self.connection,
            verifier={} if self.verifier is None else self.verifier.model_dump(),
            secrets=None if self.secrets is None else [secret.get_secret_value() for secret in self.secrets],
            mapping=self.mapping,
            sample=self.sample,
            active=self.active,
        )


class NewIntakeIn(IntakeIn):
    """An intake to be made."""

    key: IntakeKey = Field(description="Part of the webhook's address.", examples=["webinar-signup"])


class WarningDoc(BaseModel):
    """A field that could not be used."""

    path: str
    code: str
    message: str


class IntakeDoc(BaseModel):
    """An intake as stored; its secrets are not shown."""

    id: UUID
    key: str
    title: str
    kind: Literal["lead", "handover"]
    address: str = Field(
        description="Where the sender posts.", examples=["http://127.0.0.1:8000/v1/hooks/website-form"]
    )
    connection: str | None = Field(description="Whose connector proves the sender and reads for it.")
    verifier: dict[str, Any] = Field(description="Empty with a `connection`.")
    mapping: dict[str, Any]
    sample: Any
    active: bool
    version: int
    created_at: datetime
    warnings: list[WarningDoc] = Field(
        default=[], description="After a PUT: what of a mapping that stays as it was the policy has dropped since."
    )


@router.post(
    "/v1/intakes",
    status_code=201,
    summary="Make an intake",
    description="The mapping is compiled, its fields are checked, and it is tried on the sample before it is stored.",
    responses=problem_responses(401, 403, 409, 413, 422),
)
async def create(env: EnvDep, body: NewIntakeIn, caller: Annotated[Caller, may(Operation.INTAKE_CHANGE)]) -> IntakeDoc:
    return _doc(await create_intake(env, body.key, body.given(), actor=caller.actor), env.public_url)


@router.get("/v1/intakes", summary="List the intakes", responses=problem_responses(401, 403))
async def index(env: EnvDep, _caller: Annotated[Caller, may(Operation.INTAKE_READ)]) -> list[IntakeDoc]:
    return [_doc(row, env.public_url) for row in await list_intakes(env)]


@router.get("/v1/intakes/{key}", summary="Read an intake", responses=problem_responses(401, 403, 404))
async def show(env: EnvDep, key: IntakeKeyPath, _caller: Annotated[Caller, may(Operation.INTAKE_READ)]) -> IntakeDoc:
    return _doc(await get_intake(env, key), env.public_url)


@router.put(
    "/v1/intakes/{key}",
    summary="Replace an intake",
    description="Without `secrets` the stored ones stay. To rotate: send old and new, then only the new.",
    responses=problem_responses(401, 403, 404, 413, 422),
)
async def replace(
    env: EnvDep, key: CreatedIntakeKeyPath, body: IntakeIn, caller: Annotated[Caller, may(Operation.INTAKE_CHANGE)]
) -> IntakeDoc:
    row, warnings = await replace_intake(env, key, body.given(), actor=caller.actor)
    return _doc(row, env.public_url, warnings)


@router.post(
    "/v1/intakes/{key}/deactivate",
    summary="Close an intake",
    description="Its sender gets 410 from now on; what was accepted is still worked off.",
    responses=problem_responses(401, 403, 404),
)
async def deactivate(
    env: EnvDep, key: CreatedIntakeKeyPath, caller: Annotated[Caller, may(Operation.INTAKE_CHANGE)]
) -> IntakeDoc:
    return _doc(await deactivate_intake(env, key, actor=caller.actor), env.public_url)


def _doc(row: IntakeRow, public_url: str, warnings: Sequence[Fault] = ()) -> IntakeDoc:
    return IntakeDoc(
        id=row.id,
        key=row.key,
        title=row.title,
        kind=row.kind,
        address=f"{public_url}/v1/hooks/{row.key}",
        connection=row.connection,
        verifier=dict(row.verifier),
        mapping=dict(row.mapping),
        sample=row.sample,
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        warnings=list(map(warning_of, warnings)),
    )


def warning_of(fault: Fault) -> WarningDoc:
    return WarningDoc(path=fault.path, code=fault.code, message=fault.message)
