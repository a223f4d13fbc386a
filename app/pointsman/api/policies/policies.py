"""Policies over HTTP: draft, check, explain, publish, roll back, compare, look back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, needs
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.in_house_only import in_house_only
from pointsman.api.http.problems import problem_responses
from pointsman.api.policies.request_bodies import (
    REQUEST_BODY,
    YAML_RESPONSE,
    AcceptHeader,
    FormatQuery,
    VersionPath,
    read_policy_body,
    wants_yaml,
    yaml_response,
)
from pointsman.api.policies.schemas import (
    CheckResultDoc,
    DefinitionDoc,
    DefinitionsDoc,
    DiffDoc,
    DraftDoc,
    FindingDoc,
    PolicyDoc,
    PolicyHead,
    PolicyPage,
    PublicationDoc,
    PublicationPage,
)
from pointsman.api.routing.explanation_schemas import ExplainedDecisionDoc
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.domain.policy_check.run import is_publishable
from pointsman.domain.roster.roles import Work
from pointsman.services.explain.explain import ExplainRequest, explain
from pointsman.services.policies import history as policy_history
from pointsman.services.policies import lifecycle as policies

router = APIRouter(tags=["Policy"])

PublicationNote = Annotated[str, StringConstraints(max_length=1_000, strip_whitespace=True)]


class PublishIn(BaseModel):
    """Why a draft goes live, and which version you expect to replace: a publication in between is not lost."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "AT leads to Lisbon", "expected_current": 1}]}
    )

    note: Annotated[PublicationNote, Field(min_length=1)]
    expected_current: Annotated[
        int | None, Field(ge=1, le=2**62, description="The version you saw live; null when none was.")
    ]


class RollbackIn(BaseModel):
    """Why, and to which version; without one, to the version that was live before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "Lisbon was flooded"}]})

    note: Annotated[PublicationNote, Field(min_length=1)]
    to: Annotated[int | None, Field(ge=1, le=2**62)] = None
    expected_current: Annotated[
        int | None, Field(ge=1, le=2**62, description="Only if this version is still live; null: whichever is.")
    ] = None


class ExplainIn(BaseModel):
    """A lead, or facts (or both: the facts then win), under the live policy, a stored version, or a document."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"facts": {"lead.country": "DE", "lead.source": "demo_form", "company.employees": 120}}]
        },
    )

    lead_id: UUID | None = None
    facts: Annotated[
        dict[str, bool | int | float | str | list[str]],
        Field(max_length=200, description="Read as a sender's fields are; an empty text makes a lead's fact unknown."),
    ] = Field(default_factory=dict)
    version: Annotated[int | None, Field(ge=1, le=2**62)] = None
    document: dict[str, Any] | None = None
    purpose: Annotated[Work | None, Field(description="Null: what a waiting lead waits for, else every rule.")] = None
    gate_open: Annotated[bool | None, Field(description="Suppose the gate open or shut.")] = None


@router.post(
    "/v1/policies",
    status_code=201,
    summary="Store a draft",
    description="YAML (`Content-Type: text/yaml`) or JSON. A document that cannot be read is refused with the path to each "
    "fault; what the check finds beyond that is in the answer. YAML is kept as it was sent, with order and comments.",
    responses=problem_responses(401, 403, 413, 422),
    openapi_extra=REQUEST_BODY,
)
async def draft(
    request: Request,
    env: EnvDep,
    caller: Annotated[Caller, needs("admin")],
    note: Annotated[str, Query(max_length=1_000)] = "",
) -> DraftDoc:
    given = await read_policy_body(request)
    made = await policies.add_draft(env, given.document, source=given.source, note=note, actor=caller.actor)
    return DraftDoc(
        **PolicyHead.of(made.policy).model_dump(),
        publishable=is_publishable(made.findings),
        findings=[FindingDoc.of(finding) for finding in made.findings],
    )


@router.post(
    "/v1/policies/check",
    summary="Check a document",
    description="Against the roster as it is now. Nothing is stored. Every fault has its path and says what to do.",
    responses=problem_responses(401, 403, 413, 422),
    openapi_extra=REQUEST_BODY,
)
async def check(
    request: Request, env: EnvDep, _caller: Annotated[Caller, in_house_only("admin", "read")]
) -> CheckResultDoc:
    findings = await policies.check_document(env, (await read_policy_body(request)).document)
    return CheckResultDoc(
        publishable=is_publishable(findings), findings=[FindingDoc.of(finding) for finding in findings]
    )


@router.post(
    "/v1/policies/explain",
    summary="Explain where a lead would go",
    description="The decision that would be taken now with its whole trace; why this rep, why not each other one, which rules "
    "nearly matched, and what would change it. Nothing is stored, and no rep gets anything.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def explained(
    given: ExplainIn, env: EnvDep, _caller: Annotated[Caller, in_house_only("read")]
) -> ExplainedDecisionDoc:
    facts = {name: tuple(value) if isinstance(value, list) else value for name, value in given.facts.items()}
    question = ExplainRequest(
        lead_id=given.lead_id,
        facts=facts,
        version=given.version,
        document=given.document,
        purpose=given.purpose,
        gate_open=given.gate_open,
    )
    return ExplainedDecisionDoc.of_explained(await explain(env, question))


@router.post(
    "/v1/policies/rollback",
    summary="Roll back",
    description="Makes an archived version live again in one call, after the same check as any other: `to`, or the one "
    "that the live version took over from. Rolling back again goes one further back, never forward to what was rolled "
    "back; `GET /v1/policies/history` shows where it leads (`rollback_to`).",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def rollback(given: RollbackIn, env: EnvDep, caller: Annotated[Caller, needs("admin")]) -> PolicyHead:
    row = await policies.rollback_policy(
        env,
        to=given.to,
        note=given.note,
        actor=caller.actor,
        expected=given.expected_current,
        check_expected=given.expected_current is not None,
    )
    return PolicyHead.of(row)


@router.get("/v1/policies", summary="List policies", responses=problem_responses(401, 403, 422))
async def index(
    env: EnvDep,
    _caller: Annotated[Caller, in_house_only("read")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
) -> PolicyPage:
    rows = await policies.policy_page(env, before=before, limit=limit + 1)
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
    _caller: Annotated[Caller, in_house_only("read")],
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
async def schema(_caller: Annotated[Caller, in_house_only("read")]) -> dict[str, Any]:
    return policy_json_schema()


@router.get(
    "/v1/policies/history",
    summary="See what was live when",
    description="Each time that a version went live: when, who did it, why, and what it replaced. Newest first.",
    responses=problem_responses(401, 403, 422),
)
async def history(
    env: EnvDep,
    _caller: Annotated[Caller, in_house_only("read")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
) -> PublicationPage:
    rows = await policy_history.publication_history(env, before=before, limit=limit + 1)
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
    _caller: Annotated[Caller, in_house_only("read")],
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
    version: VersionPath, env: EnvDep, _caller: Annotated[Caller, in_house_only("read")]
) -> DefinitionsDoc:
    found = await policy_history.definition_origins(env, version)
    shown = [DefinitionDoc.model_validate(since, from_attributes=True) for since in found]
    return DefinitionsDoc(version=version, definitions=shown)


@router.post(
    "/v1/policies/{version}/publish",
    summary="Publish a draft",
    description="Refused while its check finds errors against the present roster (422), and when another version went live "
    "than you expect (409). Waiting leads are looked at again.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def publish(
    version: VersionPath, given: PublishIn, env: EnvDep, caller: Annotated[Caller, needs("admin")]
) -> PolicyHead:
    row = await policies.publish_policy(
        env, version, note=given.note, actor=caller.actor, expected=given.expected_current, check_expected=True
    )
    return PolicyHead.of(row)


@router.get(
    "/v1/policies/{version}/diff/{other}",
    summary="Compare two policies",
    description="What the second says otherwise than the first, in words and as data, part by part. Rules go by their "
    "names, so that a rule put in between is one change; a default that is written out is none.",
    responses=problem_responses(401, 403, 404, 422),
)
async def diff(
    version: VersionPath, other: VersionPath, env: EnvDep, _caller: Annotated[Caller, in_house_only("read")]
) -> DiffDoc:
    return DiffDoc.of(version, other, await policies.diff_policies(env, version, other))
