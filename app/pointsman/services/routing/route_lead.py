"""Route one lead: fetch, then decide, then write, inside the caller's transaction."""

from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decide import RoutingInputs, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.hold_releases import next_release_at
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.services.calendars.closer_calendars import CalendarsUnread
from pointsman.services.policies.cache import load_routing_config_at
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.routing.fetch_inputs import fetch_routing_inputs, ledgers_by_pool
from pointsman.services.routing.hold_releases import find_hold_releases, is_unchanged_hold, save_hold_releases
from pointsman.services.routing.lead_inputs import awaited_gated_work, gate_passes, plan_for_lead, routing_facts
from pointsman.services.routing.ledger import reverse_turn_of
from pointsman.services.routing.owners import find_owners
from pointsman.services.routing.routing_request import RoutingRequest, RoutingResult, TurnReversal
from pointsman.services.routing.write_decision import UnwrittenDecision, write_decision

#: Triggers that ask again without news: the same answer is not written twice.
RETRY_TRIGGERS = frozenset({"drain", "retry"})


async def route_lead(env: Env, tx: Tx, request: RoutingRequest) -> RoutingResult:
    """Decide where the lead goes, and write what follows from it.

    Without a purpose every rule may match, unless the lead waits for gated work that it has passed for: then only rules for
    that work may. Raises domain errors; LostRace when the roster changed under the decision: then the transaction is run
    again; CalendarsUnread where it depends on a closer whose calendar is not among those that the caller read.
    """
    lead, decision_id, now = request.lead, env.new_id(), env.clock()
    context = request.context or await tx.decisions.routing_context(lead.id, at=now)
    config = await load_routing_config_at(env, tx, context.versions)
    passes = gate_passes(context, request.gate_check_id)
    overrides = {(row.rep, Work(row.work)): row for row in context.overrides}
    facts = routing_facts(lead, context, config.policy, now)
    purpose = request.purpose or awaited_gated_work(context, passes)
    plan = plan_for_lead(config.policy, facts, purpose=purpose, passes=passes, overrides=overrides, now=now)
    if request.turn_reversal is not None:
        await _reverse_turn(env, tx, plan, request.turn_reversal, request.actor)
    inputs, ledgers = await fetch_routing_inputs(
        tx,
        plan,
        RoutingInputs(
            roster=config.roster,
            now=now,
            seed=str(decision_id),
            calendars=request.calendars,
            past_holders=request.past_holders,
            overrides=frozenset(overrides),
            owners=await find_owners(tx, config.policy.policy, config.roster, facts, lead),
            requested_time=request.requested_time,
        ),
        lock_at=env.clock,
        ending_assignment=context.current_assignment.id if context.current_assignment else None,
    )
    decision = decide(plan, inputs)
    _require_calendars_read(decision, request)
    releases = find_hold_releases(decision, config.policy, inputs, facts, context)
    if request.trigger in RETRY_TRIGGERS and is_unchanged_hold(context.hold, decision, releases):
        assert context.hold is not None
        if context.hold.next_try_at != next_release_at(releases):  # it was woken, in vain
            await save_hold_releases(tx, lead.id, releases)
        return RoutingResult(
            decision_id=context.hold.decision_id, decision=decision, assignment_id=None, rep=None, changed=False
        )
    decided = UnwrittenDecision(
        decision_id=decision_id,
        decision=decision,
        plan=plan,
        inputs=inputs,
        config=config,
        context=context,
        passes=passes,
        overrides=overrides,
        ledgers=ledgers,
    )
    result = await write_decision(env, tx, request, decided)
    if releases:
        await save_hold_releases(tx, lead.id, releases)
    return result


def _require_calendars_read(decision: Decision, request: RoutingRequest) -> None:
    """Unknown is not free, but what can be read must not be called unknown."""
    dropped = {c.rep for c in decision.candidates if c.code == DropReason.CALENDAR}
    if unread := dropped - request.calendars.keys():
        raise CalendarsUnread(", ".join(sorted(unread)))


async def _reverse_turn(env: Env, tx: Tx, plan: RoutingPlan, turn: TurnReversal, actor: Actor) -> None:
    """Locks the turn's ledger together with the plan's: one after another, two leads could wait for each other."""
    booked = await tx.ledgers.turn_entry(turn.decision_id)
    if booked is not None:
        await tx.ledgers.lock([booked.pool, *ledgers_by_pool(plan).values()])
        await reverse_turn_of(env, tx, turn.decision_id, turn.reason, actor=actor)
