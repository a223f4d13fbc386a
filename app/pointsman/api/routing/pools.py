"""Pools over HTTP: their members, how these stand, and what waits."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, explain_nothing
from pointsman.api.routing.decision_schemas import BalanceDoc
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.pools import DistributionMethod
from pointsman.domain.roster.roles import Work
from pointsman.services.operations.pools import PoolOverview, pool_overview, pool_overviews

router = APIRouter(tags=["Roster"])

PoolPath = Annotated[str, Path(max_length=100, examples=["sdr-dach"])]


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
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(
    env: EnvDep,
    caller: Annotated[Caller, may(Operation.LEDGER_READ)],
    rep: Annotated[FilterText | None, Query(description="Only those with this member (key).")] = None,
    work: Annotated[Work | None, Query(description="Only those that do this work.")] = None,
) -> PoolsDoc:
    found = [
        pool
        for pool in await pool_overviews(env)
        if (rep is None or rep in {member.rep for member in pool.members}) and work in {None, pool.work}
    ]
    if not found:
        await explain_nothing(env, caller, rep=rep)
    return PoolsDoc(items=[PoolDoc.of(pool) for pool in found])


@router.get("/v1/pools/{pool}", summary="Read a pool", responses=problem_responses(401, 403, 404, 409))
async def one(pool: PoolPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.LEDGER_READ)]) -> PoolDoc:
    return PoolDoc.of(await pool_overview(env, pool))
