"""Policies to read: one, the live one, all of them, their history, and what differs between two."""

from asyncio import to_thread
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import QueryInt
from pointsman.api.policies.request_bodies import (
    YAML_RESPONSE,
    AcceptHeader,
    FormatQuery,
    VersionPath,
    wants_yaml,
    yaml_response,
)
from pointsman.api.policies.schemas import (
    DefinitionDoc,
    DefinitionsDoc,
    DiffDoc,
    PolicyDoc,
    PolicyHead,
    PolicyPage,
    PublicationDoc,
    PublicationPage,
)
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.services.policies import history as policy_history
from pointsman.services.policies import lifecycle as policies

router = APIRouter(tags=["Policy"])


@router.get("/v1/policies", summary="List policies", responses=problem_responses(401, 403, 422))
async def index(
    env: EnvDep,
    _caller: Annotated[Caller, may(Operation.POLICY_READ)],
    limit: Annotated[QueryInt, Query(ge=1, le=200)] = 50,
    cursor: Annotated[QueryInt | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
) -> PolicyPage:
    rows = await policies.policy_page(env, before=cursor, limit=limit + 1)
    following = rows[limit - 1].version if len(rows) > limit else None
    return PolicyPage(items=[PolicyHead.of(row) for row in rows[:limit]], next=following)


@router.get(
    "/v1/policies/current",
    summary="Read the live policy",
    description="As JSON, or as YAML (`?format=yaml`): the author's own text, with order and comments, if it came as YAML.",
    response_model=PolicyDoc,
    responses={**problem_responses(401, 403, 404, 422), **YAML_RESPONSE},
)
async def live(
    env: EnvDep,
    _caller: Annotated[Caller, may(Operation.POLICY_READ)],
    written: FormatQuery = None,
    accept: AcceptHeader = "",
) -> PolicyDoc | Response:
    row = await policies.published_policy(env)
    return await yaml_response(row) if wants_yaml(written, accept) else PolicyDoc.whole(row)


@router.get(
    "/v1/policies/schema",
    summary="Read the document's JSON Schema",
    description="For editors and forms (JSON Schema 2020-12): they check and complete a policy while it is written.",
    responses=problem_responses(401, 403),
)
async def schema(_caller: Annotated[Caller, may(Operation.POLICY_READ)]) -> dict[str, Any]:
    return policy_json_schema()


@router.get(
    "/v1/policies/history",
    summary="See what was live when",
    description="Each time that a version went live: when, who did it, why, and what it replaced. Newest first.",
    responses=problem_responses(401, 403, 422),
)
async def history(
    env: EnvDep,
    _caller: Annotated[Caller, may(Operation.POLICY_READ)],
    limit: Annotated[QueryInt, Query(ge=1, le=200)] = 50,
    cursor: Annotated[QueryInt | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
) -> PublicationPage:
    rows = await policy_history.publication_history(env, before=cursor, limit=limit + 1)
    following = rows[limit - 1].seq if len(rows) > limit else None
    shown = [PublicationDoc.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return PublicationPage(items=shown, next=following)


@router.get(
    "/v1/policies/{version}",
    summary="Read one policy",
    description="As JSON, or as YAML (`?format=yaml`): the author's own text, with order and comments, if it came as YAML.",
    response_model=PolicyDoc,
    responses={**problem_responses(401, 403, 404, 422), **YAML_RESPONSE},
)
async def one(
    version: VersionPath,
    env: EnvDep,
    _caller: Annotated[Caller, may(Operation.POLICY_READ)],
    written: FormatQuery = None,
    accept: AcceptHeader = "",
) -> PolicyDoc | Response:
    row = await policies.get_policy(env, version)
    return await yaml_response(row) if wants_yaml(written, accept) else PolicyDoc.whole(row)


@router.get(
    "/v1/policies/{version}/definitions",
    summary="See since when each definition reads as it does",
    description="Segments, ideal customer profiles, personas, scores, country groups and word lists, each with the first "
    "version of those on end that say the same, and who made that one live.",
    responses=problem_responses(401, 403, 404, 422),
)
async def definitions(
    version: VersionPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.POLICY_READ)]
) -> DefinitionsDoc:
    found = await policy_history.definition_origins(env, version)
    shown = [DefinitionDoc.model_validate(since, from_attributes=True) for since in found]
    return DefinitionsDoc(version=version, definitions=shown)


@router.get(
    "/v1/policies/{version}/diff/{other}",
    summary="Compare two policies",
    description="What the second says otherwise than the first, in words and as data, part by part. Rules go by their "
    "names, so that a rule put in between is one change; a default that is written out is none. "
    "In German with `Accept-Language: de`.",
    responses=problem_responses(401, 403, 404, 422),
)
async def diff(
    version: VersionPath,
    other: VersionPath,
    env: EnvDep,
    reader: ReaderDep,
    _caller: Annotated[Caller, may(Operation.POLICY_READ)],
) -> DiffDoc:
    changes = await policies.diff_policies(env, version, other)
    return await to_thread(DiffDoc.of, version, other, changes, reader)
