"""API keys: make, list, revoke."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.callers import Scope
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.text.lines import refuse_acting
from pointsman.services.operations.api_keys import create_key, list_keys, revoke_key
from pointsman.services.ports.operations.api_keys import ApiKeyRow

router = APIRouter(tags=["Operations"])


class NewKeyIn(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "callwerk dialler", "scopes": ["handover", "booking"], "supplier": "callwerk"},
                {"name": "Mia's calendar app", "scopes": ["booking", "read"], "rep": "mia"},
            ]
        },
    )

    name: Annotated[
        str, Field(min_length=1, max_length=100, description="What the key is for."), AfterValidator(refuse_acting)
    ]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=6)]
    supplier: Annotated[str | None, Field(max_length=100, description="Limits the key to this partner's leads.")] = None
    rep: Annotated[
        str | None,
        Field(
            max_length=100,
            description="Binds the key to this rep of the roster: it acts in the rep's name, and sees the rep's leads "
            "alone. With `supplier`, the rep must belong to that supplier.",
        ),
    ] = None
    expires_in_days: Annotated[int | None, Field(strict=True, ge=1, le=3650)] = None


class KeyOut(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[str]
    supplier: str | None = Field(description="The partner that the key belongs to; of a rep's key, the rep's.")
    rep: str | None = Field(description="The rep in whose name the key acts.")
    rep_active: bool | None = Field(description="A key is refused as long as its rep is not active.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key just made."""

    token: str = Field(description="Shown this once: keep it now.", examples=["pm_0f3a9c1b2d4e_…"])


class KeysOut(BaseModel):
    """All keys, newest first."""

    items: list[KeyOut]


@router.post(
    "/v1/keys",
    status_code=201,
    summary="Make an API key",
    description="The answer holds the secret; it is stored only as a hash and cannot be shown again. "
    "A key with `supplier` sees that partner's leads alone; one with `rep` "
    "acts in that rep's name, on that rep's leads alone, and is refused while the rep is not active.",
    responses=problem_responses(401, 403, 422),
)
async def create(given: NewKeyIn, env: EnvDep, caller: Annotated[Caller, may(Operation.API_KEY)]) -> NewKeyOut:
    made = await create_key(
        env,
        name=given.name,
        scopes=given.scopes,
        supplier=given.supplier,
        rep=given.rep,
        valid_for=None if given.expires_in_days is None else timedelta(days=given.expires_in_days),
        actor=caller.actor,
    )
    return NewKeyOut(**_shown(made.row).model_dump(), token=made.token)


@router.get("/v1/keys", summary="List the API keys", responses=problem_responses(401, 403))
async def index(env: EnvDep, _caller: Annotated[Caller, may(Operation.API_KEY)]) -> KeysOut:
    return KeysOut(items=[_shown(row) for row in await list_keys(env)])


@router.delete(
    "/v1/keys/{key_id}",
    status_code=204,
    summary="Revoke an API key",
    description="Every process refuses the key within five seconds.",
    responses=problem_responses(401, 403, 404),
)
async def revoke(key_id: str, env: EnvDep, caller: Annotated[Caller, may(Operation.API_KEY)]) -> None:
    await revoke_key(env, key_id, actor=caller.actor)


def _shown(row: ApiKeyRow) -> KeyOut:
    return KeyOut(
        id=row.id,
        name=row.name,
        scopes=sorted(row.scopes),
        supplier=row.supplier,
        rep=row.rep,
        rep_active=None if row.rep is None else row.rep_active,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
