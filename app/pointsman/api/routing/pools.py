"""Pools over HTTP: members, how they stand, corrections and skips by hand, and whether history and balances agree."""

from dataclasses import fields
from datetime import datetime
from fractions import Fraction
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText
from pointsman.api.http.reason_text import ReasonText
from pointsman.api.routing.decision_schemas import BalanceDoc
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.pools import DistributionMethod
from pointsman.domain.roster.roles import Work
from pointsman.services.operations.pools import PoolOverview, pool_overview, pool_overviews
from pointsman.services.ports.routing.ledgers import SkipRow
from pointsman.services.routing.ledger import PoolLedger, adjust_balance, pool_ledger
from pointsman.services.routing.ledger_audit import LedgerVerification, rebuild_ledger, verify_ledger
from pointsman.services.routing.skips import cancel_skip, skip_next_turn

router = APIRouter(tags=["Roster"])

PoolPath = Annotated[str, Path(max_length=100, examples=["sdr-dach"])]


class MemberBalanceDoc(BaseModel):
    """How one member stands: above 0 is owed turns, below 0 has had more than their share."""

    rep: str
    balance: BalanceDoc
    turns: int
    credits: int
    waiting_since: datetime | None = Field(description="The last turn; null means never had one.")


class SkipDoc(BaseModel):
    """A turn that is to be passed over, once."""

    id: UUID
    rep: str
    reason: str
    costs_turn: bool
    asked_by: str
    created_at: datetime
    used_at: datetime | None
    decision_id: UUID | None = Field(description="The decision that used it.")
    cancelled_at: datetime | None

    @staticmethod
    def of(skip: SkipRow) -> "SkipDoc":
        return SkipDoc(
            id=skip.id,
            rep=skip.rep,
            reason=skip.reason,
            costs_turn=skip.costs_turn,
            asked_by=skip.asked_by,
            created_at=skip.created_at,
            used_at=skip.used_at,
            decision_id=skip.decision_id,
            cancelled_at=skip.cancelled_at,
        )


class LedgerDoc(BaseModel):
    """A pool's balances; they sum to 0. Pools that share a ledger share the balances."""

    pool: str
    ledger: str = Field(description="The name of the ledger: that of the pool, unless several pools share it.")
    shared_with: list[str] = Field(description="The other pools of this ledger.")
    entries: int
    members: list[MemberBalanceDoc]
    skips: list[SkipDoc] = Field(description="Reps whose next turn is passed over.")

    @staticmethod
    def of(ledger: PoolLedger) -> "LedgerDoc":
        return LedgerDoc(
            pool=ledger.pool,
            ledger=ledger.ledger,
            shared_with=list(ledger.shared_with),
            entries=ledger.seq,
            members=[
                MemberBalanceDoc(
                    rep=m.rep,
                    balance=BalanceDoc.of(m.balance),
                    turns=m.turns,
                    credits=m.credits,
                    waiting_since=m.waiting_since,
                )
                for m in ledger.members
            ],
            skips=[SkipDoc.of(skip) for skip in ledger.skips],
        )


class AdjustmentIn(BaseModel):
    """A correction of one balance: "1", "-2", "1/2" or "0.5" turns; the other members bear it evenly."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rep": "lena", "amount": "1", "reason": "two duplicates in one day"}]},
    )

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    amount: Annotated[str, StringConstraints(pattern=r"^[+-]?[0-9]{1,7}(/[1-9][0-9]{0,6}|\.[0-9]{1,6})?$")]
    reason: ReasonText


class SkipIn(BaseModel):
    """Pass over a rep's next turn once, and say why. With `costs_turn` the turn counts as taken."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rep": "lena", "reason": "took a walk-in by hand", "costs_turn": True}]},
    )

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: ReasonText
    costs_turn: StrictBool = False


class RebuildIn(BaseModel):
    """Why the stored balances are replaced by those that the history leads to."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "restored from a backup of last night"}]}
    )

    reason: ReasonText


class LedgerVerificationDoc(BaseModel):
    """Whether the stored balances are those that the history leads to; `faults` say what is not."""

    pool: str
    ledger: str
    agrees: bool
    faults: list[str]
    entries: int
    stored: dict[str, str]
    rebuilt: dict[str, str]

    @staticmethod
    def of(found: LedgerVerification) -> "LedgerVerificationDoc":
        return LedgerVerificationDoc(
            pool=found.pool,
            ledger=found.ledger,
            agrees=found.agrees,
            faults=list(found.faults),
            entries=found.entries,
            stored={rep: str(found.stored.balance(rep)) for rep in sorted(found.stored.balances)},
            rebuilt={rep: str(found.rebuilt.balance(rep)) for rep in sorted(found.rebuilt.balances)},
        )


class MemberDoc(BaseModel):
    """One member of a pool, and how they stand: above 0 is owed turns, below 0 has had more than their share."""

    rep: str = Field(examples=["lena"])
    name: str | None = Field(description="Null where the roster has no such rep.", examples=["Lena Brandt"])
    active: bool
    weight: int = Field(description="The member's own in this pool, else the rep's.")
    balance: BalanceDoc
    last_turn_at: datetime | None = Field(description="Null means never had one.")


class PoolDoc(BaseModel):
    """A pool of the live policy as it stands now."""

    pool: str = Field(examples=["sdr-dach"])
    work: Work
    method: DistributionMethod
    description: str | None
    rules: list[str] = Field(description="The rules that lead to it, at once or as their `else`.")
    ledger: str = Field(description="The name of its ledger: that of the pool, unless several pools share it.")
    shared_with: list[str] = Field(description="The other pools of this ledger.")
    members: list[MemberDoc]
    waiting: int = Field(description="How many leads wait for it: GET /v1/holds with `pool`.")
    overdue: int = Field(description="How many of them wait longer than promised.")
    oldest: datetime | None = Field(description="Since when the first of them waits.")

    @staticmethod
    def of(pool: PoolOverview) -> "PoolDoc":
        members = [
            MemberDoc(
                rep=member.rep,
                name=member.name,
                active=member.active,
                weight=member.weight,
                balance=BalanceDoc.of(member.balance),
                last_turn_at=member.last_turn_at,
            )
            for member in pool.members
        ]
        stored = {f.name: getattr(pool, f.name) for f in fields(pool) if f.name != "members"}
        return PoolDoc(**stored, members=members)


class PoolsDoc(BaseModel):
    """All pools, in the order of the policy."""

    items: list[PoolDoc]


@router.get(
    "/v1/pools",
    summary="List the pools",
    description="Those of the live policy, all at once: who is in them, how they share, how the members stand, what waits.",
    responses=problem_responses(401, 403, 409, 422),
)
async def index(
    env: EnvDep,
    _caller: Annotated[Caller, may(Operation.LEDGER_READ)],
    rep: Annotated[FilterText | None, Query(description="Only those with this member (key).")] = None,
    work: Annotated[Work | None, Query(description="Only those that do this work.")] = None,
) -> PoolsDoc:
    found = [
        pool
        for pool in await pool_overviews(env)
        if (rep is None or rep in {member.rep for member in pool.members}) and work in {None, pool.work}
    ]
    return PoolsDoc(items=[PoolDoc.of(pool) for pool in found])


@router.get("/v1/pools/{pool}", summary="Read a pool", responses=problem_responses(401, 403, 404, 409))
async def one(pool: PoolPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.LEDGER_READ)]) -> PoolDoc:
    return PoolDoc.of(await pool_overview(env, pool))


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
    reason: Annotated[ReasonText, Query()] = "taken back",
) -> SkipDoc:
    return SkipDoc.of(await cancel_skip(env, pool, skip_id, reason=reason, actor=caller.actor))
