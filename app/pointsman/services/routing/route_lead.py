"""Route one lead: fetch, then decide, then write, inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.errors import RoleProtected
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.decide import RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome, canonical_json
from pointsman.domain.routing.hold_releases import next_release_at
from pointsman.domain.routing.plan import RoutingPlan, plan_routes
from pointsman.services.policies.cache import RoutingConfig, load_routing_config, load_routing_config_at
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import GatePass, RoutingContext, RoutingWrite
from pointsman.services.ports.routing.ledgers import LedgerRow
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.routing.fetch_inputs import counter_name, counters_by_pool, fetch_routing_inputs
from pointsman.services.routing.hold_releases import (
    find_hold_releases,
    is_unchanged_hold,
    overdue_at,
    retry_capped_holds,
    save_hold_releases,
)
from pointsman.services.routing.lead_inputs import awaited_gated_work, gate_passes, gate_state, routing_facts
from pointsman.services.routing.ledger import reverse_turn_of
from pointsman.services.routing.owners import find_owners

__all__ = ["RoutingConfig", "RoutingResult", "TurnReversal", "load_routing_config", "route_lead"]

#: Triggers that ask again without news: the same answer is not written twice.
RETRY_TRIGGERS = frozenset({"drain", "retry"})

_NO_CALENDARS: Mapping[str, CalendarState] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingResult:
    """What became of a lead; `changed` is False when it waits on, for the same reason as before."""

    decision_id: UUID
    decision: Decision
    assignment_id: UUID | None
    rep: Rep | None
    changed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReversal:
    """The turn of this decision is to be taken back before a new one is given."""

    decision_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """All that one decision is taken from."""

    context: RoutingContext
    known: RoutingConfig
    passes: Mapping[Work, GatePass]
    plan: RoutingPlan
    world: RoutingInputs
    counters: Mapping[str, LedgerRow]


async def route_lead(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    *,
    purpose: Work | None,
    trigger: str,
    actor: Actor,
    gate_check_id: UUID | None = None,
    calendars: Mapping[str, CalendarState] = _NO_CALENDARS,
    past_holders: frozenset[str] = frozenset(),
    context: RoutingContext | None = None,
    turn_reversal: TurnReversal | None = None,
    requested_time: RequestedTime | None = None,
) -> RoutingResult:
    """Decide where `lead` goes and write what follows from it. The lead's row must be locked.

    `purpose` None is intake: every rule may match, unless the lead waits for gated work that it has passed for. Else only
    rules for that work may. A given `gate_check_id` is the only check that counts; without one the latest pass does.
    With `asked`, who gets the lead is free for an appointment then.
    A given `context` is what this transaction knows of the lead already; without one it is read.
    Raises domain errors, and LostRace when the roster changed under the decision: then the transaction is run again.
    """
    decision_id, now = env.new_id(), env.clock()
    if context is None:
        context = await tx.decisions.routing_context(lead.id, at=now)
    known = await load_routing_config_at(env, tx, context.versions)
    passes = gate_passes(context, gate_check_id)
    purpose = purpose or awaited_gated_work(context, passes)
    overrides = {(row.rep, Work(row.work)): row for row in context.overrides}
    facts = routing_facts(lead, context, known.policy, now)
    plan = plan_routes(
        known.policy,
        facts,
        purpose=purpose,
        gates={work: gate_state(work, passes) for work in known.policy.gated_works},
        now=now,
        overridden=frozenset(work for _, work in overrides),
    )
    if turn_reversal is not None:
        await _reverse_turn(env, tx, plan, turn_reversal, actor)
    world, counters = await fetch_routing_inputs(
        tx,
        plan,
        RoutingInputs(
            roster=known.roster,
            now=now,
            seed=str(decision_id),
            calendars=calendars,
            past_holders=past_holders,
            overrides=frozenset(overrides),
            owners=await find_owners(tx, known.policy.policy, known.roster, facts, lead),
            requested_time=requested_time,
        ),
        lock=True,
        ending_assignment=context.current_assignment.id if context.current_assignment else None,
    )
    decision = decide(plan, world)
    found = find_hold_releases(decision, known.policy, world, facts, context)
    if trigger in RETRY_TRIGGERS and is_unchanged_hold(context.hold, decision, found):
        assert context.hold is not None
        if context.hold.next_try_at != next_release_at(found):  # it was woken, in vain
            await save_hold_releases(tx, lead.id, found)
        return RoutingResult(
            decision_id=context.hold.decision_id, decision=decision, assignment_id=None, rep=None, changed=False
        )
    fetched = _Fetched(context=context, known=known, passes=passes, plan=plan, world=world, counters=counters)
    routed = await _write(env, tx, lead, decision_id, decision, fetched, overrides, trigger=trigger, actor=actor)
    if found:
        await save_hold_releases(tx, lead.id, found)
    return routed


async def _reverse_turn(env: Env, tx: Tx, plan: RoutingPlan, turn: TurnReversal, actor: Actor) -> None:
    """Locks the turn's counter together with the plan's: one after another, two leads could wait for each other."""
    booked = await tx.ledgers.turn_entry(turn.decision_id)
    if booked is not None:
        await tx.ledgers.lock([booked.pool, *counters_by_pool(plan).values()])
        await reverse_turn_of(env, tx, turn.decision_id, turn.reason, actor=actor)


async def _write(
    env: Env,
    tx: Tx,
    lead: LeadRow,
    decision_id: UUID,
    decision: Decision,
    fetched: _Fetched,
    overrides: Mapping[tuple[str, Work], OverrideRow],
    *,
    trigger: str,
    actor: Actor,
) -> RoutingResult:
    context, now = fetched.context, fetched.world.now
    rep = fetched.known.roster.reps[decision.rep] if decision.rep else None
    override = _needed_override(rep, decision.work, fetched.passes, overrides)
    gate = fetched.passes.get(decision.work) if decision.work in GATED_WORKS and decision.work else None
    held = decision.outcome is DecisionOutcome.HELD
    nurtured = decision.outcome is DecisionOutcome.NURTURE
    policy = fetched.known.policy.policy
    before = fetched.counters.get(counter_name(policy, decision.pool)) if decision.pool else None
    write = RoutingWrite(
        decision_id=decision_id,
        lead_id=lead.id,
        at=now,
        outcome=decision.outcome.value,
        work=decision.work.value if decision.work else None,
        rule=decision.rule,
        pool=decision.pool,
        rep_id=rep.id if rep else None,
        hold_reason=decision.hold_reason.value if decision.hold_reason else None,
        summary=decision.summary,
        policy_version=decision.policy_version,
        roster_version=decision.roster_version,
        record=decision.to_json(),
        inputs=RecordedInputs.of(fetched.plan, fetched.world).to_json(),
        stage=_stage(decision).value,
        nurture_until=now + policy.nurture.cool_off if nurtured else None,
        nurture_reason=f"rule '{decision.rule}'" if nurtured else None,
        assignment_id=env.new_id() if rep else None,
        gate_check_id=gate.id if gate and rep else None,
        override_id=override.id if override else None,
        hold_id=env.new_id() if held and context.hold is None else None,
        open_hold_id=context.hold.id if context.hold else None,
        hold_sentence=decision.hold_sentence,
        hold_due_at=overdue_at(decision, fetched.known.policy),
        release=None if held or context.hold is None else decision.outcome.value,
        ledger=_ledger_after(decision, before, now) if before else None,
        entry=canonical_json(decision.turn.as_json()) if decision.turn and before else None,
        audit_id=env.new_id(),
        actor=actor.name,
        action=f"lead.{decision.outcome.value}",
        before=_audit_before(context),
        after=json.dumps(_audit_after(decision_id, decision)),
        reason=trigger,
        category=decision.category if rep else None,
        skips_used=[UUID(before.skips[key]) for key in decision.skipped] if before else (),
    )
    if context.current_assignment is not None:
        # Not in the same statement: the unique index on active assignments must see the end before the beginning.
        await tx.decisions.end_assignment(context.current_assignment.id, at=now, reason=trigger)
        await retry_capped_holds(tx, fetched.known, context.current_assignment.rep, at=now)
    try:
        await tx.decisions.write(write)
    except ConstraintRefused as refused:
        raise _refusal_error(refused) from refused
    return RoutingResult(decision_id=decision_id, decision=decision, assignment_id=write.assignment_id, rep=rep)


def _needed_override(
    rep: Rep | None,
    work: Work | None,
    passes: Mapping[Work, GatePass],
    overrides: Mapping[tuple[str, Work], OverrideRow],
) -> OverrideRow | None:
    """The override that this assignment needs, if it does: one that is not needed is not counted as used."""
    if rep is None or work is None or (rep.role.allows(work) and (work not in GATED_WORKS or work in passes)):
        return None
    return overrides.get((rep.key, work))


def _ledger_after(decision: Decision, before: LedgerRow, now: datetime) -> LedgerRow | None:
    """The counter's row as the decision leaves it; None where it neither gave a turn nor passed one over."""
    if not decision.skipped and (decision.ledger_after is None or decision.rep is None):
        return None
    row = replace(before, skips={key: skip for key, skip in before.skips.items() if key not in decision.skipped})
    if decision.ledger_after is None or decision.rep is None:
        return row
    return replace(
        row,
        seq=row.seq + 1,
        ledger=decision.ledger_after.as_json(),
        waiting_since={**row.waiting_since, decision.rep: now.isoformat()},
    )


def _stage(decision: Decision) -> LeadStage:
    if decision.outcome is DecisionOutcome.ASSIGNED:
        return LeadStage.CLOSING if decision.work is Work.CLOSING else LeadStage.WORKING
    return LeadStage.HELD if decision.outcome is DecisionOutcome.HELD else LeadStage.NURTURE


def _audit_before(context: RoutingContext) -> str | None:
    if context.current_assignment is not None:
        return json.dumps({"rep": context.current_assignment.rep, "work": context.current_assignment.work})
    return json.dumps({"held": context.hold.reason, "work": context.hold.work}) if context.hold else None


def _audit_after(decision_id: UUID, decision: Decision) -> dict[str, Any]:
    names = ("outcome", "work", "rule", "pool", "rep", "hold_reason")
    skipped = {"skipped": list(decision.skipped)} if decision.skipped else {}
    return {"decision": str(decision_id)} | {name: getattr(decision, name) for name in names} | skipped


def _refusal_error(refused: ConstraintRefused) -> Exception:
    """What the database's refusal means, after the domain allowed it: the world changed under the decision."""
    if refused.constraint == "PM001" and refused.detail == "gate":
        return RoleProtected("The lead's pass of the gate has just expired or been revoked.", code="gate-closed")
    if refused.constraint in ("PM001", "assignments_one_active", "holds_one_open"):
        return LostRace(str(refused))
    return refused
