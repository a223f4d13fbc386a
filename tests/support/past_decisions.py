"""History as it would have been stored: decisions of a policy, one after another, on ledgers that go on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from pointsman.domain.leads.facts import Facts
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.replay.simulation import PastDecision
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import plan_routes
from support.roster import NOW, SPACE


def lived(policy: CompiledPolicy, leads: list[Facts], here: RoutingInputs, gates_open: Any) -> list[PastDecision]:
    """The decisions as they would have been stored, on ledgers that go on from one to the next."""
    pools = policy.policy.pools
    told, states = [], {pools[name].ledger_of(name): state for name, state in here.pools.items() if name in pools}
    for number, known in enumerate(leads):
        at = NOW + timedelta(minutes=number)
        now = replace(here, now=at, seed=f"seed{number}")
        now = replace(now, pools={name: states.get(pool.ledger_of(name), PoolState()) for name, pool in pools.items()})
        overridden = frozenset(work for _, work in here.overrides)
        plan = plan_routes(policy, known, purpose=None, gates=gates_open, now=at, overridden=overridden)
        decision = decide(plan, now)
        if decision.rep and decision.pool and decision.ledger_after:
            had = now.pool_state(decision.pool)
            waiting = {**had.waiting_since, decision.rep: at}
            states[pools[decision.pool].ledger_of(decision.pool)] = PoolState(
                ledger=decision.ledger_after,
                waiting_since=waiting,
                pending_skips=had.pending_skips - set(decision.skipped),
            )
        told.append(past(number, at, decision, RecordedInputs.of(plan, now)))
    return told


def past(number: int, at: datetime, decision: Decision, inputs: RecordedInputs) -> PastDecision:
    return PastDecision(
        decision_id=uuid5(SPACE, f"decision {number}"),
        lead_id=lead(number),
        at=at,
        outcome=decision.outcome.value,
        work=decision.work,
        rule=decision.rule,
        pool=decision.pool,
        rep=decision.rep,
        hold_reason=decision.hold_reason,
        summary=decision.summary,
        category=decision.category,
        inputs=inputs,
        facts=inputs.facts,
    )


def lead(number: int) -> UUID:
    return uuid5(SPACE, f"lead {number}")
