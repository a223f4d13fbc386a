"""What routing would decide; nothing is locked and nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.distribution.ledger import Ledger, Turn, reverse_turn
from pointsman.domain.leads.facts import Facts
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decide import PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.services.policies.cache import load_routing_config_at
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.routing.fetch_inputs import fetch_routing_inputs, ledger_name
from pointsman.services.routing.lead_inputs import gate_passes, plan_for_lead, routing_facts
from pointsman.services.routing.owners import find_owners


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """A lead with all inputs of a decision about it, except the time that is asked for."""

    plan: RoutingPlan
    inputs: RoutingInputs
    ledgers: tuple[str, ...]  # every ledger that the real decision would lock

    def decide(self, asked: RequestedTime | None) -> Decision:
        """Decide which rep the lead would go to, for an appointment at the requested time if there is one."""
        return decide(self.plan, replace(self.inputs, requested_time=asked))

    @property
    def facts(self) -> Facts:
        """What the rules may ask about the lead."""
        return self.plan.facts


async def dry_run(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    *,
    purpose: Work,
    calendars: Mapping[str, CalendarState],
    past_holders: frozenset[str] = frozenset(),
    reversed_turn: UUID | None = None,
) -> DryRun:
    """As `route_lead` would fetch it; ties fall by the lead's id.

    The turn of the decision `reversed_turn` counts as taken back.
    """
    now = env.clock()
    context = await tx.decisions.routing_context(lead.id, at=now)
    known = await load_routing_config_at(env, tx, context.versions)
    passes = gate_passes(context)
    overrides = frozenset((row.rep, Work(row.work)) for row in context.overrides)
    facts = routing_facts(lead, context, known.policy, now)
    plan = plan_for_lead(known.policy, facts, purpose=purpose, passes=passes, overrides=overrides, now=now)
    inputs, _ = await fetch_routing_inputs(
        tx,
        plan,
        RoutingInputs(
            roster=known.roster,
            now=now,
            seed=str(lead.id),
            calendars=calendars,
            past_holders=past_holders,
            overrides=overrides,
            owners=await find_owners(tx, known.policy.policy, known.roster, facts, lead),
        ),
        lock_at=None,
        ending_assignment=context.current_assignment.id if context.current_assignment else None,
    )
    policy = known.policy.policy
    ledgers = {ledger_name(policy, pool) for pool in plan.pools}
    booked = await tx.ledgers.turn_entry(reversed_turn) if reversed_turn else None
    if reversed_turn is not None and booked is not None:
        ledgers.add(booked.pool)
        if not await tx.ledgers.is_credited(reversed_turn):
            given = Turn.from_json(booked.entry)
            pools = {
                pool: _without_turn(state, given) if ledger_name(policy, pool) == booked.pool else state
                for pool, state in inputs.pools.items()
            }
            inputs = replace(inputs, pools=pools)
    return DryRun(plan=plan, inputs=inputs, ledgers=tuple(sorted(ledgers)))


def _without_turn(state: PoolState, turn: Turn) -> PoolState:
    ledger: Ledger = reverse_turn(state.ledger, turn)
    return replace(state, ledger=ledger)
