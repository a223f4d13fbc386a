"""The life of a policy: draft, check, try it on a lead, publish, roll back."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.lead_reference import LeadReference, meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import refuse_unseen
from pointsman.api.policies.previews import PoolPreviewDoc, PreviewedCheckDoc
from pointsman.api.policies.request_bodies import REQUEST_BODY, VersionPath, read_policy_body
from pointsman.api.policies.schemas import DraftDoc, FindingDoc, PolicyHead
from pointsman.api.routing.explanation_schemas import ExplainedDecisionDoc
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy_check.run import is_publishable
from pointsman.domain.roster.roles import Work
from pointsman.services.explain.explain import ExplainRequest, explain
from pointsman.services.policies import lifecycle as policies
from pointsman.services.policies.checking import check_and_preview

router = APIRouter(tags=["Policy"])

PublicationNote = Annotated[
    str, StringConstraints(max_length=1_000, strip_whitespace=True), AfterValidator(refuse_unseen)
]


class PublishIn(BaseModel):
    """Why a draft goes live, and which version you expect to replace: a publication in between is not lost."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "AT leads to Lisbon", "expected_current": 1}]}
    )

    note: Annotated[PublicationNote, Field(min_length=1)]
    expected_current: Annotated[
        int | None,
        Field(strict=True, ge=1, le=2**62, description="The version you saw live; null or left out when none was."),
    ] = None


class RollbackIn(BaseModel):
    """Why, and to which version; without one, to the version that was live before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "Lisbon was flooded"}]})

    note: Annotated[PublicationNote, Field(min_length=1)]
    version: Annotated[int | None, Field(strict=True, ge=1, le=2**62)] = None
    expected_current: Annotated[
        int | None,
        Field(strict=True, ge=1, le=2**62, description="Only if this version is still live; null: whichever is."),
    ] = None


class ExplainIn(BaseModel):
    """A lead, or facts (or both: the facts then win), under the live policy, a stored version, or a document."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"facts": {"lead.country": "DE", "lead.source": "demo_form", "company.employees": 120}}]
        },
    )

    lead_id: LeadReference | None = None
    facts: Annotated[
        dict[str, bool | int | float | str | list[str]],
        Field(max_length=200, description="Read as a sender's fields are; an empty text makes a lead's fact unknown."),
    ] = Field(default_factory=dict)
    version: Annotated[int | None, Field(strict=True, ge=1, le=2**62)] = None
    document: dict[str, Any] | None = None
    purpose: Annotated[Work | None, Field(description="Null: what a waiting lead waits for, else every rule.")] = None
    gate_open: Annotated[StrictBool | None, Field(description="Suppose the gate open or shut.")] = None


@router.post(
    "/v1/policies",
    status_code=201,
    summary="Store a draft",
    description="YAML (`Content-Type: text/yaml`) or JSON. A document that cannot be read is refused with the path to each "
    "fault; what the check finds beyond that is in the answer. YAML is kept as it was sent, with order and comments. "
    "The very text of the live version makes no draft: the answer is the live version, with 200.",
    responses=problem_responses(401, 403, 413, 422),
    openapi_extra=REQUEST_BODY,
)
async def draft(
    request: Request,
    response: Response,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.POLICY_CHANGE)],
    note: Annotated[str, Query(max_length=1_000)] = "",
) -> DraftDoc:
    given = await read_policy_body(request, env)
    made = await policies.add_draft(env, given.document, source=given.source, note=note, actor=caller.actor)
    if made.is_live:
        response.status_code = 200
    return DraftDoc(
        **PolicyHead.of(made.policy).model_dump(),
        publishable=is_publishable(made.findings),
        findings=[FindingDoc.of(finding, reader) for finding in made.findings],
    )


@router.post(
    "/v1/policies/check",
    summary="Check a document",
    description="Against the roster as it is now. Nothing is stored. Every fault has its path and says what to do. What buyers "
    "would be sent by mail is in `previews`, in both languages, with made-up values.",
    responses=problem_responses(401, 403, 413, 422),
    openapi_extra=REQUEST_BODY,
)
async def check(
    request: Request, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.POLICY_TRY)]
) -> PreviewedCheckDoc:
    findings, preview = await check_and_preview(env, (await read_policy_body(request, env)).document)
    return PreviewedCheckDoc(
        publishable=is_publishable(findings),
        findings=[FindingDoc.of(finding, reader) for finding in findings],
        previews=[PoolPreviewDoc.of(pool) for pool in preview.pools],
        previews_left_out=preview.left_out,
    )


@router.post(
    "/v1/policies/explain",
    summary="Explain where a lead would go",
    description="The decision that would be taken now with its whole trace; why this rep, why not each other one, which rules "
    "nearly matched, and what would change it. Nothing is stored, and no rep gets anything.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def explained(
    given: ExplainIn, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.POLICY_TRY)]
) -> ExplainedDecisionDoc:
    facts = {name: tuple(value) if isinstance(value, list) else value for name, value in given.facts.items()}
    question = ExplainRequest(
        lead_id=None if given.lead_id is None else await meant_lead(env, given.lead_id, caller, "body.lead_id"),
        facts=facts,
        version=given.version,
        document=given.document,
        purpose=given.purpose,
        gate_open=given.gate_open,
    )
    return ExplainedDecisionDoc.of_explained(await explain(env, question), reader)


@router.post(
    "/v1/policies/rollback",
    summary="Roll back",
    description="Makes an archived version live again in one call, after the same check as any other: `version`, or the one "
    "that the live version took over from. Rolling back again goes one further back, never forward to what was rolled "
    "back; `GET /v1/policies/history` shows where it leads (`rollback_to`).",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def rollback(
    given: RollbackIn, env: EnvDep, caller: Annotated[Caller, may(Operation.POLICY_CHANGE)]
) -> PolicyHead:
    row = await policies.rollback_policy(
        env,
        to=given.version,
        note=given.note,
        actor=caller.actor,
        expected=given.expected_current,
        check_expected=given.expected_current is not None,
    )
    return PolicyHead.of(row)


@router.post(
    "/v1/policies/{version}/publish",
    summary="Publish a draft",
    description="Refused while its check finds errors against the present roster (422), and when another version went live "
    "than you expect (409). Waiting leads are looked at again.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def publish(
    version: VersionPath, given: PublishIn, env: EnvDep, caller: Annotated[Caller, may(Operation.POLICY_CHANGE)]
) -> PolicyHead:
    row = await policies.publish_policy(
        env, version, note=given.note, actor=caller.actor, expected=given.expected_current, check_expected=True
    )
    return PolicyHead.of(row)
