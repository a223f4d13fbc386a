"""Leads over HTTP: one call takes a lead in and answers with the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.idempotency import as_sent
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.partner_redaction import PARTNER_SUBMISSION
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import asks_of_others, explain_nothing, require_readable
from pointsman.api.http.warnings import FieldWarningDoc
from pointsman.api.intake.decision_doc import DecisionDoc
from pointsman.api.intake.lead_filters import asked_leads
from pointsman.api.intake.lead_schemas import (
    FullLeadDoc,
    HolderDoc,
    LeadDoc,
    LeadIn,
    LeadSubmissionDoc,
    PartnerSubmissionDoc,
)
from pointsman.api.intake.reading import read_lead
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import NotFound
from pointsman.domain.leads.senders import sender_of
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.idempotency import IdempotentResponse, run_once
from pointsman.services.intake.api_lead import ParsedLead
from pointsman.services.intake.refused_news import keep_refused
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead_in_tx
from pointsman.services.leads.evidence_intake import warn_of_evidence
from pointsman.services.leads.stand_ins import KnownElsewhere
from pointsman.services.operations.lead_lists import LeadQuestion, lead_page
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.routing.write_decision import stage_after
from pointsman.services.wording.rendering import MessageReader, render_sentence

router = APIRouter(tags=["Lead intake"])

_ROUTE = "POST /v1/leads"


@router.post(
    "/v1/leads",
    status_code=201,
    response_model=LeadSubmissionDoc,
    summary="Send a lead and get the decision",
    description=(
        "For forms and marketing automation that want the answer at once. 201 for a new lead, 200 for a known one. With "
        "an `Idempotency-Key`, the same answer comes back for a day, whatever happens on the way. A partner's key gets 202 and "
        "one answer for known and unknown people, with the lead where the partner's own rep has it."
    ),
    responses={
        200: {"model": LeadSubmissionDoc, "description": "The lead was known"},
        202: {
            "model": PartnerSubmissionDoc,
            "description": "To a partner's or a rep's key, be the person known or not",
        },
        **problem_responses(401, 403, 409, 413, 422, 503),
    },
)
async def submit(
    env: EnvDep,
    request: Request,
    body: LeadIn,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.LEAD_SUBMIT)],
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", description="Yours, at most 255 characters; kept for a day.")
    ] = None,
) -> Response:
    raw = await request.body()

    async def attempt(calendars: Mapping[str, CalendarState]) -> IdempotentResponse:
        async def work(tx: Tx) -> IdempotentResponse:
            return await _submitted(env, tx, body, raw, caller, calendars, reader)

        return await run_once(env, caller=caller.key_id, route=_ROUTE, key=idempotency_key, body=raw, work=work)

    answer = await with_closer_calendars(env, attempt)
    return as_sent(answer)


async def _submitted(
    env: Env,
    tx: Tx,
    body: LeadIn,
    raw: bytes,
    caller: Caller,
    calendars: Mapping[str, CalendarState],
    reader: MessageReader,
) -> IdempotentResponse:
    parsed = await read_lead(env, tx, body, caller.actor)
    if caller.actor.sees.is_limited:
        return await _submitted_by_partner(env, tx, parsed, raw, caller, calendars, reader)
    submitted = await submit_lead_in_tx(env, tx, parsed.lead_input, actor=caller.actor, calendars=calendars)
    lead, holder = await _as_it_is_now(tx, submitted)
    document = LeadSubmissionDoc(
        lead=LeadDoc.of(lead, reader),
        created=submitted.created,
        holder=HolderDoc.of(holder, reader),
        decision=DecisionDoc.of(submitted.routed, reader) if submitted.routed else None,
        note=render_sentence(submitted.note, reader) if submitted.note else None,
        warnings=[FieldWarningDoc.of(fault) for fault in (*parsed.warnings, *submitted.warnings)],
    )
    return IdempotentResponse(
        status=201 if submitted.created else 200, body=document.model_dump_json().encode(), language=reader.language
    )


async def _submitted_by_partner(
    env: Env,
    tx: Tx,
    parsed: ParsedLead,
    raw: bytes,
    caller: Caller,
    calendars: Mapping[str, CalendarState],
    reader: MessageReader,
) -> IdempotentResponse:
    """One answer for known and unknown people; the lead is in it where the caller's own rep has it."""
    warnings = [*parsed.warnings, *await warn_of_evidence(env, tx, parsed.lead_input.evidence, caller.actor)]
    lead = holder = decision = None
    try:
        submitted = await submit_lead_in_tx(env, tx, parsed.lead_input, actor=caller.actor, calendars=calendars)
    except KnownElsewhere as refused:
        await keep_refused(env, tx, raw, parsed.lead_input, known=refused.known, actor=caller.actor)
    else:
        row, has_it = await _as_it_is_now(tx, submitted)
        if has_it is not None and await tx.leads.is_with(row.id, caller.actor.sees):
            lead, holder = LeadDoc.of(row, reader, partner=True), HolderDoc.of(has_it, reader)
            decision = DecisionDoc.of(submitted.routed, reader, partner=True) if submitted.routed else None
    document = PartnerSubmissionDoc(
        note=render_sentence(PARTNER_SUBMISSION, reader),
        lead=lead,
        holder=holder,
        decision=decision,
        warnings=[FieldWarningDoc.of(fault) for fault in warnings],
    )
    return IdempotentResponse(status=202, body=document.model_dump_json().encode(), language=reader.language)


async def _as_it_is_now(tx: Tx, submitted: SubmitResult) -> tuple[LeadRow, Mapping[str, Any] | None]:
    """The lead after its routing, and its holder. Of a new lead the decision says both, which saves two statements."""
    lead, routed = submitted.lead, submitted.routed
    if routed is None or not submitted.created or routed.decision.outcome is DecisionOutcome.NURTURE:
        lead = (await tx.leads.get(lead.id) or lead) if routed else lead
        return lead, await tx.leads.holder(lead.id)
    decision = routed.decision
    lead = replace(lead, stage=stage_after(decision), updated_at=decision.now)
    if decision.rep is None:
        return lead, None
    given = {"rep": decision.rep, "work": decision.work, "pool": decision.pool}
    return lead, {**given, "assigned_at": decision.now, "decision_id": routed.decision_id}


@router.get(
    "/v1/leads",
    summary="List the leads",
    description="Newest first, without those that were merged into another: what names one of these finds the lead that it is "
    "now. Filters narrow together. A partner's key sees the leads that its reps hold or held, and does not filter by `account` "
    "or `rule`, which it does not read.",
    responses=problem_responses(401, 403, 404, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    asked: Annotated[LeadQuestion, Depends(asked_leads)],
    caller: Annotated[Caller, may(Operation.LEAD_READ)],
) -> Page[LeadDoc]:
    for name in ("account", "rule"):
        if getattr(asked, name) is not None:
            require_readable(caller, Reading.REASONS, name)
    rows: Sequence[LeadRow] = ()
    if not asks_of_others(reader, asked.rep):
        rows = await lead_page(env, asked, actor=caller.actor, after=page.after, limit=page.fetch_limit)
    if not rows and page.is_first:
        await explain_nothing(env, caller, rep=asked.rep, pool=asked.pool, rule=asked.rule)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[LeadDoc](
        items=[LeadDoc.of(row, reader, partner=not caller.may_read(Reading.REASONS)) for row in items], next=following
    )


@router.get(
    "/v1/leads/{lead_id}",
    summary="Read a lead",
    description="A lead that was merged stays readable and says `merged_into`.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def show(
    env: EnvDep, lead_id: LeadPath, reader: ReaderDep, caller: Annotated[Caller, may(Operation.LEAD_READ)]
) -> FullLeadDoc:
    async with env.uow() as tx:
        row = await tx.leads.get(lead_id)
        if row is None or not await _sees(tx, caller, lead_id):
            raise NotFound("There is no lead with this id.")
        merged = [one for one in await tx.merges.merged_leads(lead_id) if await _sees(tx, caller, one)]
        holder, identities = await tx.leads.holder(lead_id), await tx.leads.identities(lead_id)
        if caller.actor.sees.is_limited:
            own = sender_of(caller.supplier)
            identities = [one for one in identities if one.sender == own]
            if row.merged_into is not None and not await _sees(tx, caller, row.merged_into):
                row = replace(row, merged_into=None)
    holder_doc = HolderDoc.of(holder, reader)
    return FullLeadDoc.full(row, reader, holder_doc, identities, merged, partner=not caller.may_read(Reading.REASONS))


async def _sees(tx: Tx, caller: Caller, lead_id: UUID) -> bool:
    return await tx.leads.is_visible(lead_id, sees=caller.actor.sees)
