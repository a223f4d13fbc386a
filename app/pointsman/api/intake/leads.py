"""Leads over HTTP: one call takes a lead in and answers with the decision."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.warnings import WarningDoc
from pointsman.api.intake.lead_schemas import DecisionDoc, FullLeadDoc, LeadDoc, LeadIn, LeadSubmissionDoc
from pointsman.domain.errors import Forbidden, NotFound
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.services.idempotency import IdempotentResponse, run_once
from pointsman.services.intake.api_lead import load_surroundings, parse_lead_input
from pointsman.services.intake.submit_lead import submit_lead_in_tx
from pointsman.services.leads.fields import known_fields
from pointsman.services.ports import Env, Tx

router = APIRouter(tags=["Lead intake"])

_ROUTE = "POST /v1/leads"


@router.post(
    "/v1/leads",
    status_code=201,
    response_model=LeadSubmissionDoc,
    summary="Send a lead and get the decision",
    description=(
        "For forms and marketing automation that want the answer at once. 201 for a new lead, 200 for a known one. With "
        "an `Idempotency-Key`, the same answer comes back for a day, whatever happens on the way."
    ),
    responses={
        200: {"model": LeadSubmissionDoc, "description": "The lead was known"},
        **problem_responses(401, 403, 409, 413, 422, 503),
    },
)
async def submit(
    env: EnvDep,
    request: Request,
    body: LeadIn,
    caller: Annotated[Caller, may(Operation.LEAD_SUBMIT)],
    idempotency_key: Annotated[str | None, Header(description="Yours, at most 255 characters; kept for a day.")] = None,
) -> Response:
    async def work(tx: Tx) -> IdempotentResponse:
        return await _submitted(env, tx, body, caller)

    answer = await run_once(
        env, caller=caller.key_id, route=_ROUTE, key=idempotency_key, body=await request.body(), work=work
    )
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, status_code=answer.status, media_type="application/json", headers=headers)


async def _submitted(env: Env, tx: Tx, body: LeadIn, caller: Caller) -> IdempotentResponse:
    parsed = parse_lead_input(
        actor=caller.actor,
        around=await load_surroundings(env, tx, names_a_system=body.source_system is not None),
        person={
            "email": body.email,
            "first_name": body.first_name,
            "last_name": body.last_name,
            "phone": body.phone,
        },
        external_id=body.external_id,
        source_system=body.source_system,
        fields=body.fields,
        evidence=[item.given() for item in body.evidence],
        occurred_at=body.occurred_at,
        known=await known_fields(env, tx),
        now=env.clock(),
    )
    submitted = await submit_lead_in_tx(env, tx, parsed.lead_input, actor=caller.actor)
    lead, routed = submitted.lead, submitted.routed
    if caller.actor.sees.is_limited and not submitted.created and not await _sees(tx, caller, lead.id):
        raise Forbidden("This lead is known already, and is not with your reps.", code="not-your-lead")
    stage = None
    if routed is not None:
        stage = {"assigned": "closing" if routed.decision.work == "closing" else "working"}.get(
            routed.decision.outcome.value, routed.decision.outcome.value
        )
    document = LeadSubmissionDoc(
        lead=LeadDoc.of(lead, stage, partner=not caller.may_read(Reading.REASONS)),
        created=submitted.created,
        decision=DecisionDoc.of(routed, partner=not caller.may_read(Reading.REASONS)) if routed else None,
        note=submitted.note,
        warnings=[WarningDoc.of(fault) for fault in (*parsed.warnings, *submitted.warnings)],
    )
    return IdempotentResponse(status=201 if submitted.created else 200, body=document.model_dump_json().encode())


@router.get(
    "/v1/leads",
    summary="List the leads",
    description="Newest first. A partner's key sees the leads that its reps hold or held.",
    responses=problem_responses(401, 403, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    caller: Annotated[Caller, may(Operation.LEAD_READ)],
    stage: Annotated[LeadStage | None, Query(description="Only these.")] = None,
) -> Page[LeadDoc]:
    async with env.uow() as tx:
        rows = await tx.leads.page(sees=caller.actor.sees, stage=stage, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[LeadDoc](
        items=[LeadDoc.of(row, partner=not caller.may_read(Reading.REASONS)) for row in items], next=following
    )


@router.get(
    "/v1/leads/{lead_id}",
    summary="Read a lead",
    description="A lead that was merged stays readable and says `merged_into`.",
    responses=problem_responses(401, 403, 404, 422),
)
async def show(env: EnvDep, lead_id: UUID, caller: Annotated[Caller, may(Operation.LEAD_READ)]) -> FullLeadDoc:
    async with env.uow() as tx:
        row = await tx.leads.get(lead_id)
        if row is None or not await _sees(tx, caller, lead_id):
            raise NotFound("There is no lead with this id.")
        merged = [one for one in await tx.merges.merged_leads(lead_id) if await _sees(tx, caller, one)]
        holder, identities = await tx.leads.holder(lead_id), await tx.leads.identities(lead_id)
    return FullLeadDoc.full(row, holder, identities, merged, partner=not caller.may_read(Reading.REASONS))


async def _sees(tx: Tx, caller: Caller, lead_id: UUID) -> bool:
    return await tx.leads.is_visible(lead_id, sees=caller.actor.sees)
