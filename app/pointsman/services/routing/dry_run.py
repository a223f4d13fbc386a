"""What routing would decide for an appointment's time; nothing is locked and nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.distribution.inputs import AskedTime
from pointsman.domain.distribution.ledger import Ledger, Turn, reverse
from pointsman.domain.leads.facts import Facts
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decide import PoolState, World, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import Plan, plan_routes
from pointsman.services.policies.cache import at_versions
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.routing.fetch_inputs import counter_of, fetch_world
from pointsman.services.routing.lead_inputs import gate_state, lead_facts, passes_of
from pointsman.services.routing.owners import owners_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A lead with all that a decision about it is taken from, but for the time that is asked for."""

    plan: Plan
    world: World
    counters: tuple[str, ...]  # every ledger that the real decision would lock

    def decided(self, asked: AskedTime) -> Decision:
        """Whom the lead would go to, were it booked at the time asked for."""
        return decide(self.plan, replace(self.world, asked=asked))

    @property
    def facts(self) -> Facts:
        """What the rules may ask about the lead."""
        return self.plan.facts


async def foresee(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    *,
    purpose: Work,
    calendars: Mapping[str, CalendarState],
    past_holders: frozenset[str] = frozenset(),
    turn: UUID | None = None,
) -> Foreseen:
    """As `route_lead` would fetch it; the turn of the decision `turn` counts as taken back. Ties fall by the lead's id."""
    now = env.clock()
    context = await tx.decisions.context(lead.id, at=now)
    known = await at_versions(env, tx, context.versions)
    passes = passes_of(context)
    overrides = frozenset((row.rep, Work(row.work)) for row in context.overrides)
    facts = lead_facts(lead, context, known.policy, now)
    plan = plan_routes(
        known.policy,
        facts,
        purpose=purpose,
        gates_open={work: gate_state(work, passes) for work in known.policy.gated_works},
        now=now,
        overridden=frozenset(work for _, work in overrides),
    )
    world, _ = await fetch_world(
        tx,
        plan,
        World(
            roster=known.roster,
            now=now,
            seed=str(lead.id),
            calendars=calendars,
            past_holders=past_holders,
            overrides=overrides,
            owners=await owners_of(tx, known.policy.policy, known.roster, facts, lead),
        ),
        lock=False,
        leaving=context.assignment.id if context.assignment else None,
    )
    policy = known.policy.policy
    counters = {counter_of(policy, pool) for pool in plan.pools}
    booked = await tx.ledgers.turn_of(turn) if turn else None
    if turn is not None and booked is not None:
        counters.add(booked.pool)
        if not await tx.ledgers.credited(turn):
            given = Turn.from_json(booked.entry)
            pools = {
                pool: _without(state, given) if counter_of(policy, pool) == booked.pool else state
                for pool, state in world.pools.items()
            }
            world = replace(world, pools=pools)
    return Foreseen(plan=plan, world=world, counters=tuple(sorted(counters)))


def _without(state: PoolState, turn: Turn) -> PoolState:
    ledger: Ledger = reverse(state.ledger, turn)
    return replace(state, ledger=ledger)
