"""How many turns each rep waits, if the same reps stay eligible: the pool's method asked again and again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import PoolState, RoutingInputs
from pointsman.domain.distribution.ledger import assign_turn
from pointsman.domain.distribution.methods import Selection, choose_rep
from pointsman.domain.policy.document import DistributionMethod, Pool
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import RoutingPlan

#: So many comparisons of one rep are made: a later rep is "more than N turns away".
_BUDGET = 20_000
_MOST = 200
_MOMENT = timedelta(microseconds=1)


def forecast_turns(plan: RoutingPlan, inputs: RoutingInputs, decision: Decision) -> tuple[Mapping[str, int], int]:
    """After the decision, in how many turns each other eligible rep has one (1: the very next), and how far was looked.

    The next leads are taken to be like this one: in a ranked pool, others are preferred for other leads.
    Ties fall as the decision's own seed has them, which the next lead's need not.
    """
    turn, after = decision.turn, decision.ledger_after
    pool = plan.compiled.policy.pools.get(decision.pool or "")
    if turn is None or after is None or pool is None or decision.pool is None or not _takes_turns(pool.method):
        return {}, 0
    waiting = {**inputs.pool_state(decision.pool).waiting_since, turn.rep: inputs.now}
    skips = inputs.pool_state(decision.pool).pending_skips - set(decision.skipped)
    state, loads = (
        PoolState(ledger=after, waiting_since=waiting, pending_skips=skips),
        _one_more(inputs.loads, turn.rep),
    )
    wanted, found = set(turn.weights) - {turn.rep}, dict[str, int]()
    most = min(_MOST, _BUDGET // len(turn.weights))
    looked = 0
    while wanted and looked < most:
        looked += 1
        imagined = replace(inputs, owners=(), loads=loads, pools={decision.pool: state}, requested_time=None)
        selection = Selection(name=decision.pool, pool=pool, eligible=turn.weights, facts=plan.facts, inputs=imagined)
        chosen = choose_rep(selection)
        if chosen.rep in wanted:
            wanted.remove(chosen.rep)
            found[chosen.rep] = looked
        state = PoolState(
            ledger=assign_turn(state.ledger, turn.weights, chosen.rep).after,
            waiting_since={**state.waiting_since, chosen.rep: inputs.now + looked * _MOMENT},
            pending_skips=state.pending_skips - set(chosen.skipped),
        )
        loads = _one_more(loads, chosen.rep)
    return found, looked


def goes_by_likeness(pool: Pool | None) -> bool:
    """Whether the next rep depends on what the next lead is like, so that a forecast has to say so."""
    return pool is not None and pool.method is DistributionMethod.RANKED and bool(pool.ranking.prefer)


def _takes_turns(method: DistributionMethod) -> bool:
    """Whether the next leads of the pool go round among the same reps: each lead of an `owner` pool has owners of its own."""
    match method:  # without `case _`: the type checker names a method that is not looked at
        case DistributionMethod.OWNER:
            return False
        case (
            DistributionMethod.FAIR | DistributionMethod.LEAST_LOADED
            | DistributionMethod.SOONEST | DistributionMethod.RANKED
        ):  # fmt: skip
            return True


def _one_more(loads: Mapping[str, RepLoad], rep: str) -> dict[str, RepLoad]:
    had = loads.get(rep, RepLoad())
    return {**loads, rep: replace(had, open=had.open + 1)}
