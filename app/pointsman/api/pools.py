"""Pools over HTTP: how the members stand, corrections by hand, and whether history and balances agree."""

from datetime import datetime
from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.auth import Caller, needs
from pointsman.api.decision_documents import BalanceDoc
from pointsman.api.deps import EnvDep
from pointsman.api.house import house
from pointsman.api.problems import errors
from pointsman.services.credits import PoolLedger, adjust_balance, pool_ledger, verify_ledger

router = APIRouter(tags=["Roster"])

PoolPath = Annotated[str, Path(max_length=100, examples=["sdr-dach"])]


class StandingDoc(BaseModel):
    """How one member stands: above 0 is owed turns, below 0 has had more than their share."""

    rep: str
    balance: BalanceDoc
    turns: int
    credits: int
    waiting_since: datetime | None = Field(description="The last turn; null means never had one.")


class LedgerDoc(BaseModel):
    """A pool's balances; they sum to 0."""

    pool: str
    entries: int
    members: list[StandingDoc]

    @staticmethod
    def of(ledger: PoolLedger) -> "LedgerDoc":
        return LedgerDoc(
            pool=ledger.pool,
            entries=ledger.seq,
            members=[
                StandingDoc(
                    rep=m.rep,
                    balance=BalanceDoc.of(m.balance),
                    turns=m.turns,
                    credits=m.credits,
                    waiting_since=m.waiting_since,
                )
                for m in ledger.members
            ],
        )


class AdjustmentIn(BaseModel):
    """A correction of one balance: "1", "-2", "1/2" or "0.5" turns; the other members bear it evenly."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rep": "lena", "amount": "1", "reason": "two duplicates in one day"}]},
    )

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    amount: Annotated[str, StringConstraints(pattern=r"^[+-]?[0-9]{1,7}(/[1-9][0-9]{0,6}|\.[0-9]{1,6})?$")]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]


class VerifiedDoc(BaseModel):
    """Whether the stored balances are those that the history leads to."""

    pool: str
    agrees: bool
    entries: int
    stored: dict[str, str]
    rebuilt: dict[str, str]


@router.get("/v1/pools/{name}/ledger", summary="Read a pool's balances", responses=errors(401, 403, 404, 409))
async def ledger(name: PoolPath, env: EnvDep, _caller: Annotated[Caller, house("read")]) -> LedgerDoc:
    return LedgerDoc.of(await pool_ledger(env, name))


@router.post(
    "/v1/pools/{name}/adjustments",
    status_code=201,
    summary="Correct a balance",
    description="With a reason, which stays in the history. The sum of all balances remains 0.",
    responses=errors(401, 403, 404, 409, 422),
)
async def adjust(
    name: PoolPath, given: AdjustmentIn, env: EnvDep, caller: Annotated[Caller, needs("admin")]
) -> LedgerDoc:
    amount = Fraction(given.amount)
    return LedgerDoc.of(await adjust_balance(env, name, given.rep, amount, reason=given.reason, actor=caller.actor))


@router.post(
    "/v1/pools/{name}/verify",
    summary="Check balances against history",
    description="Rebuilds the balances from every turn, credit and correction, and compares. Nothing is written.",
    responses=errors(401, 403, 404),
)
async def verify(name: PoolPath, env: EnvDep, _caller: Annotated[Caller, needs("admin")]) -> VerifiedDoc:
    found = await verify_ledger(env, name)
    return VerifiedDoc(
        pool=found.pool,
        agrees=found.agrees,
        entries=found.entries,
        stored={rep: str(found.stored.balance(rep)) for rep in sorted(found.stored.balances)},
        rebuilt={rep: str(found.rebuilt.balance(rep)) for rep in sorted(found.rebuilt.balances)},
    )
