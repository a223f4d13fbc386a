"""A pool's balances over HTTP: corrections and skips by hand, and whether history and balances agree."""

from fractions import Fraction
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.routing.ledger_schemas import (
    AdjustmentIn,
    LedgerDoc,
    LedgerVerificationDoc,
    RebuildIn,
    SkipDoc,
    SkipIn,
)
from pointsman.api.routing.pools import PoolPath
from pointsman.domain.permissions.operations import Operation
from pointsman.services.routing.ledger import adjust_balance, pool_ledger
from pointsman.services.routing.ledger_audit import rebuild_ledger, verify_ledger
from pointsman.services.routing.skips import cancel_skip, skip_next_turn

router = APIRouter(tags=["Roster"])


@router.get(
    "/v1/pools/{pool}/ledger", summary="Read a pool's balances", responses=problem_responses(401, 403, 404, 409)
)
async def ledger(pool: PoolPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.LEDGER_READ)]) -> LedgerDoc:
    return LedgerDoc.of(await pool_ledger(env, pool))


@router.post(
    "/v1/pools/{pool}/adjustments",
    status_code=201,
    summary="Correct a balance",
    description="With a reason, which stays in the history. The sum of all balances remains 0.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def adjust(
    pool: PoolPath, given: AdjustmentIn, env: EnvDep, caller: Annotated[Caller, may(Operation.LEDGER_CHANGE)]
) -> LedgerDoc:
    amount = Fraction(given.amount)
    return LedgerDoc.of(await adjust_balance(env, pool, given.rep, amount, reason=given.reason, actor=caller.actor))


@router.post(
    "/v1/pools/{pool}/verify",
    summary="Check balances against history",
    description="Rebuilds the balances from every turn, credit and correction, and compares. Nothing is written.",
    responses=problem_responses(401, 403, 404),
)
async def verify(
    pool: PoolPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.LEDGER_CHANGE)]
) -> LedgerVerificationDoc:
    return LedgerVerificationDoc.of(await verify_ledger(env, pool))


@router.post(
    "/v1/pools/{pool}/rebuild",
    summary="Rebuild balances from history",
    description="Puts the balances that the history leads to in the place of the stored ones, and answers what was found."
    " 409 when nothing differs.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def rebuild(
    pool: PoolPath, given: RebuildIn, env: EnvDep, caller: Annotated[Caller, may(Operation.LEDGER_CHANGE)]
) -> LedgerVerificationDoc:
    return LedgerVerificationDoc.of(await rebuild_ledger(env, pool, reason=given.reason, actor=caller.actor))


@router.post(
    "/v1/pools/{pool}/skips",
    status_code=201,
    summary="Skip a rep's next turn",
    description="Once, with a reason. With `costs_turn` the turn counts as taken: the balance falls by 1 at once, and the"
    " others gain it evenly.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def skip(
    pool: PoolPath, given: SkipIn, env: EnvDep, caller: Annotated[Caller, may(Operation.LEDGER_CHANGE)]
) -> SkipDoc:
    asked = await skip_next_turn(
        env, pool, given.rep, reason=given.reason, costs_turn=given.costs_turn, actor=caller.actor
    )
    return SkipDoc.of(asked)


@router.delete(
    "/v1/pools/{pool}/skips/{skip_id}",
    summary="Cancel a skip",
    description="While no decision has used it. A turn that it cost is given back.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def cancel(
    pool: PoolPath,
    skip_id: UUID,
    env: EnvDep,
    caller: Annotated[Caller, may(Operation.LEDGER_CHANGE)],
    reason: Annotated[ReasonText | None, Query()] = None,
) -> SkipDoc:
    return SkipDoc.of(await cancel_skip(env, pool, skip_id, reason=reason, actor=caller.actor))
