"""Hand-over: an SDR's evidence opens the gate, or the answer says what is missing."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from pointsman.api.booking.handover_schemas import HandoverIn, HandoverOut
from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.idempotency import IdempotencyKey, run_idempotent
from pointsman.api.http.lead_reference import LeadPath
from pointsman.api.http.message_reader import ReaderDep, language_headers
from pointsman.api.http.problems import problem_responses
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.handover.handover import (
    PreparedHandover,
    dry_run_handover,
    hand_over_in_tx,
    prepare_handover,
)
from pointsman.services.handover.handover_result import HandoverResult
from pointsman.services.idempotency import IdempotentResponse
from pointsman.services.leads.evidence_intake import load_evidence_surroundings
from pointsman.services.ports import Tx

router = APIRouter(tags=["Hand-over and booking"])


@router.post(
    "/v1/leads/{lead_id}/handovers",
    response_model=HandoverOut,
    summary="Hand a qualified lead over",
    description="Records the evidence and runs the gate. Passed: the lead goes to a closer, and the answer has their "
    "next slots (or, with `auto_book`, the appointment). Not passed: the answer says what is missing and where the "
    "lead is now. Both are 200. With `book` the slot is booked in the same call, all of it or nothing; with `dry_run` the "
    "answer is what would happen. With an `Idempotency-Key` the same answer comes back for a day.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def hand_over(
    lead_id: LeadPath,
    given: HandoverIn,
    request: Request,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.HANDOVER)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    now = env.clock()

    async def prepare(calendars: Mapping[str, CalendarState]) -> PreparedHandover:
        async with env.uow() as tx:
            reps, rules = await load_evidence_surroundings(env, tx)
        return await prepare_handover(
            env,
            lead_id,
            evidence=given.findings(caller.actor, reps, rules, now),
            setter=given.setter,
            actor=caller.actor,
            auto_book=given.auto_booking(),
            calendars=calendars,
        )

    async def write(tx: Tx, prepared: PreparedHandover) -> IdempotentResponse:
        handed = await hand_over_in_tx(env, tx, prepared)
        body = shown(handed).model_dump_json().encode()
        return IdempotentResponse(status=200, body=body, language=reader.language)

    def shown(handed: HandoverResult) -> HandoverOut:
        partner = not caller.may_read(Reading.REASONS)
        return HandoverOut.of(handed, env.clock(), reader, partner=partner, dry_run=given.dry_run)

    if given.dry_run:  # under no idempotency key: an answer that is kept would be one that happened

        async def dry_run(calendars: Mapping[str, CalendarState]) -> HandoverResult:
            return await dry_run_handover(env, await prepare(calendars))

        handed = await with_closer_calendars(env, dry_run)
        body, headers = shown(handed).model_dump_json(), language_headers(reader.language)
        return Response(body, media_type="application/json", headers=headers)
    route = f"POST /v1/leads/{lead_id}/handovers"

    async def attempt(calendars: Mapping[str, CalendarState]) -> Response:
        return await run_idempotent(
            env,
            request,
            caller,
            route=route,
            key=idempotency_key,
            prepare=partial(prepare, calendars),
            write=write,
        )

    return await with_closer_calendars(env, attempt)
