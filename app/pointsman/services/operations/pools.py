"""The pools of the live policy: who is in them, how they share, how the members stand, and what waits for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.errors import NotFound
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.pools import DistributionMethod, Member
from pointsman.domain.roster.roles import Work
from pointsman.services.policies.cache import RoutingConfig, load_routing_config
from pointsman.services.ports import Env
from pointsman.services.ports.routing.holds import HoldCount
from pointsman.services.ports.routing.ledgers import LedgerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMember:
    """One member: `name` is None where the roster has no such rep. `balance` is above 0 for who is owed turns."""

    rep: str
    name: str | None
    active: bool
    weight: int
    balance: Fraction
    last_turn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOverview:
    """A pool as it stands now. `rules` are those that lead to it; of the leads that wait, `oldest` waits longest."""

    pool: str
    work: Work
    method: DistributionMethod
    description: str | None
    rules: tuple[str, ...]
    ledger: str  # its name
    shared_with: tuple[str, ...]  # the other pools of that ledger
    members: tuple[PoolMember, ...]
    waiting: int
    overdue: int
    oldest: datetime | None


async def pool_overviews(env: Env) -> Sequence[PoolOverview]:
    """Every pool, in the policy's order. Raises Conflict "no-policy" or "no-roster" where nothing is in force."""
    now = env.clock()
    async with env.uow() as tx:
        config = await load_routing_config(env, tx)
        pools = config.policy.policy.pools
        ledgers = await tx.ledgers.get_existing(sorted({pool.ledger_of(key) for key, pool in pools.items()}))
        counts = await tx.holds.counts(at=now)
    return [_overview(key, config, ledgers.get(pool.ledger_of(key)), counts) for key, pool in pools.items()]


async def pool_overview(env: Env, key: str) -> PoolOverview:
    """One pool. Raises NotFound, and as `pool_overviews`."""
    found = next((pool for pool in await pool_overviews(env) if pool.pool == key), None)
    if found is None:
        raise NotFound(f"The live policy has no pool '{key}'.")
    return found


def _overview(key: str, config: RoutingConfig, row: LedgerRow | None, counts: Sequence[HoldCount]) -> PoolOverview:
    policy = config.policy.policy
    pool = policy.pools[key]
    name = pool.ledger_of(key)
    waiting = [count for count in counts if count.pool == key]
    return PoolOverview(
        pool=key,
        work=pool.work,
        method=pool.method,
        description=pool.description,
        rules=_rules_to(policy, key),
        ledger=name,
        shared_with=tuple(
            other for other, known in policy.pools.items() if other != key and known.ledger_of(other) == name
        ),
        members=tuple(_member(member, config, row) for member in pool.members),
        waiting=sum(count.waiting for count in waiting),
        overdue=sum(count.overdue for count in waiting),
        oldest=min((count.oldest for count in waiting), default=None),
    )


def _member(member: Member, config: RoutingConfig, row: LedgerRow | None) -> PoolMember:
    rep = config.roster.reps.get(member.rep)
    last = row.waiting_since.get(member.rep) if row else None
    return PoolMember(
        rep=member.rep,
        name=rep.name if rep else None,
        active=rep is not None and rep.active,
        weight=member.weight or (rep.weight if rep else 1),
        balance=Ledger.from_json(row.ledger).balance(member.rep) if row else Fraction(0),
        last_turn_at=datetime.fromisoformat(last) if last else None,
    )


def _rules_to(policy: Policy, key: str) -> tuple[str, ...]:
    return tuple(rule.name for rule in policy.rules if key in {rule.pool, rule.fallback_pool})
