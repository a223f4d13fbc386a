"""The inputs of one decision: ledgers, loads and first slots, fetched in a fixed small number of statements.

| what                          | statements                                                         |
|-------------------------------|--------------------------------------------------------------------|
| the ledgers of all pools      | 1, which locks them; 2 more the first time that a ledger is used   |
| a supplier's capacity applies | 1, which locks the suppliers                                       |
| a capped rep of several pools | 1, which locks those reps                                          |
| any load at all               | 1, for reps, categories and suppliers together                     |
| a pool that compares slots    | 2: calendars as last read; appointments and slot holds             |

However many rules, routes, pools and members the plan has; a plan without a pool needs none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.policy.document import Policy
from pointsman.domain.routing.decide import PoolState, RoutingInputs
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.services.ports import Tx
from pointsman.services.ports.routing.ledgers import LedgerRow
from pointsman.services.routing.earliest_slots import fetch_earliest_slots
from pointsman.services.routing.loads import fetch_loads, lock_loads

#: How far the clocks of two machines may be apart, for their decisions to be in the order of the turns all the same.
_CLOCKS_APART = timedelta(seconds=1)


async def fetch_routing_inputs(
    tx: Tx,
    plan: RoutingPlan,
    known: RoutingInputs,
    *,
    lock_at: Callable[[], datetime] | None,
    ending_assignment: UUID | None = None,
) -> tuple[RoutingInputs, Mapping[str, LedgerRow]]:
    """`known` with everything else that deciding `plan` needs, and the ledgers' rows by name.

    With `lock_at`, what is read stays true until the transaction ends, and `now` is when the last lock was got: decisions
    are in the order in which the ledgers, the caps and the capacities took them. Without it nothing is locked or written.
    `ending_assignment` is the assignment that the decision ends, if the lead has one.
    """
    ledgers = ledgers_by_pool(plan)
    if not ledgers:
        return known, {}
    if lock_at is None:
        rows = await tx.ledgers.get_existing([*ledgers.values()])
    else:
        rows = await tx.ledgers.lock(sorted(set(ledgers.values())))
        await lock_loads(tx, plan, known.roster, now=known.now)
    states = {name: pool_state(row) for name, row in rows.items()}
    if lock_at is not None:
        known = replace(known, now=_after_turns(lock_at(), states))
    loads = await fetch_loads(tx, plan, known.roster, now=known.now, ending_assignment=ending_assignment)
    inputs = replace(
        known,
        pools={pool: states[name] for pool, name in ledgers.items() if name in states},
        loads=loads.reps,
        category_loads=loads.categories,
        supplier_loads=loads.suppliers,
        earliest_starts=await fetch_earliest_slots(tx, plan, known),
    )
    return inputs, rows


def _after_turns(now: datetime, states: Mapping[str, PoolState]) -> datetime:
    """`now`, or the moment after the latest turn of these ledgers, where another machine's clock is a little ahead."""
    turns = [since for state in states.values() for since in state.waiting_since.values() if since is not None]
    latest = max(turns, default=now)
    return latest + timedelta(microseconds=1) if now < latest < now + _CLOCKS_APART else now


def ledger_name(policy: Policy, pool: str) -> str:
    """The name of a pool's ledger; a pool that the policy does not know (any more) has one of its own name."""
    known = policy.pools.get(pool)
    return known.ledger_of(pool) if known else pool


def pool_state(row: LedgerRow) -> PoolState:
    waiting = {rep: datetime.fromisoformat(since) for rep, since in row.waiting_since.items()}
    return PoolState(ledger=Ledger.from_json(row.ledger), waiting_since=waiting, pending_skips=frozenset(row.skips))


def ledgers_by_pool(plan: RoutingPlan) -> dict[str, str]:
    """The ledger's name for each pool that the plan may reach."""
    return {pool: ledger_name(plan.compiled.policy, pool) for pool in plan.pools}
