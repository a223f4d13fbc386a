"""Route one lead: fetch, then decide, then write, inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.distribution.inputs import AskedTime
from pointsman.domain.errors import RoleProtected
from pointsman.domain.leads.facts import Stage
from pointsman.domain.replay.inputs import Inputs
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.decide import World, decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome, canonical
from pointsman.domain.routing.hold_releases import next_try
from pointsman.domain.routing.plan import Plan, plan_routes
from pointsman.services.policies.cache import Current, at_versions, current
from pointsman.services.ports import Actor, Env, LostRace, Refused, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.routing import GatePass, LedgerRow, OverrideRow, RoutingContext, RoutingWrite
from pointsman.services.routing.fetch_inputs import counter_of, counters_of, fetch_world
from pointsman.services.routing.hold_releases import expect, make_room, overdue_at, releases_of, waits_on
from pointsman.services.routing.lead_inputs import gate_state, lead_facts, passes_of, waits_for
from pointsman.services.routing.ledger import credit
from pointsman.services.routing.owners import owners_of

__all__ = ["Current", "Routed", "TurnBack", "current", "route_lead"]

#: Triggers that ask again without news: the same answer is not written twice.
QUIET = frozenset({"drain", "retry"})

_NO_CALENDARS: Mapping[str, CalendarState] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What became of a lead; `changed` is False when it waits on, for the same reason as before."""

    decision_id: UUID
    decision: Decision
    assignment_id: UUID | None
    rep: Rep | None
    changed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnBack:
    """The turn of this decision is to be taken back before a new one is given."""

    decision_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """All that one decision is taken from."""

    context: RoutingContext
    known: Current
    passes: Mapping[Work, GatePass]
    plan: Plan
    world: World
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
    turn_back: TurnBack | None = None,
    asked: AskedTime | None = None,
) -> Routed:
    """Decide where `lead` goes and write what follows from it. The lead's row must be locked.

    `purpose` None is intake: every rule may match, unless the lead waits for gated work that it has passed for. Else only
    rules for that work may. A given `gate_check_id` is the only check that counts; without one the latest pass does.
    With `asked`, who gets the lead is free for an appointment then.
    A given `context` is what this transaction knows of the lead already; without one it is read.
    Raises domain errors, and LostRace when the roster changed under the decision: then the transaction is run again.
    """
    decision_id, now = env.new_id(), env.clock()
    if context is None:
        context = await tx.decisions.context(lead.id, at=now)
    known = await at_versions(env, tx, context.versions)
    passes = passes_of(context, gate_check_id)
    purpose = purpose or waits_for(context, passes)
    overrides = {(row.rep, Work(row.work)): row for row in context.overrides}
    facts = lead_facts(lead, context, known.policy, now)
    plan = plan_routes(
        known.policy,
        facts,
        purpose=purpose,
        gates_open={work: gate_state(work, passes) for work in known.policy.gated_works},
        now=now,
        overridden=frozenset(work for _, work in overrides),
    )
    if turn_back is not None:
        await _take_back(env, tx, plan, turn_back, actor)
    world, counters = await fetch_world(
        tx,
        plan,
        World(
            roster=known.roster,
            now=now,
            seed=str(decision_id),
            calendars=calendars,
            past_holders=past_holders,
            overrides=frozenset(overrides),
            owners=await owners_of(tx, known.policy.policy, known.roster, facts, lead),
            asked=asked,
        ),
        lock=True,
        leaving=context.assignment.id if context.assignment else None,
    )
    decision = decide(plan, world)
    found = releases_of(decision, known.policy, world, facts, context)
    if trigger in QUIET and waits_on(context.hold, decision, found):
        assert context.hold is not None
        if context.hold.next_try_at != next_try(found):  # it was woken, in vain
            await expect(tx, lead.id, found)
        return Routed(
            decision_id=context.hold.decision_id, decision=decision, assignment_id=None, rep=None, changed=False
        )
    fetched = _Fetched(context=context, known=known, passes=passes, plan=plan, world=world, counters=counters)
    routed = await _write(env, tx, lead, decision_id, decision, fetched, overrides, trigger=trigger, actor=actor)
    if found:
        await expect(tx, lead.id, found)
    return routed


async def _take_back(env: Env, tx: Tx, plan: Plan, turn: TurnBack, actor: Actor) -> None:
    """Locks the turn's counter together with the plan's: one after another, two leads could wait for each other."""
    booked = await tx.ledgers.turn_of(turn.decision_id)
    if booked is not None:
        await tx.ledgers.lock([booked.pool, *counters_of(plan).values()])
        await credit(env, tx, turn.decision_id, turn.reason, actor=actor)


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
) -> Routed:
    context, now = fetched.context, fetched.world.now
    rep = fetched.known.roster.reps[decision.rep] if decision.rep else None
    override = _override(rep, decision.work, fetched.passes, overrides)
    gate = fetched.passes.get(decision.work) if decision.work in GATED_WORKS and decision.work else None
    held = decision.outcome is DecisionOutcome.HELD
    nurtured = decision.outcome is DecisionOutcome.NURTURE
    policy = fetched.known.policy.policy
    before = fetched.counters.get(counter_of(policy, decision.pool)) if decision.pool else None
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
        inputs=Inputs.of(fetched.plan, fetched.world).to_json(),
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
        entry=canonical(decision.turn.as_json()) if decision.turn and before else None,
        audit_id=env.new_id(),
        actor=actor.name,
        action=f"lead.{decision.outcome.value}",
        before=_before(context),
        after=json.dumps(_after(decision_id, decision)),
        reason=trigger,
        category=decision.category if rep else None,
        skips_used=[UUID(before.skips[key]) for key in decision.skipped] if before else (),
    )
    if context.assignment is not None:
        # Not in the same statement: the unique index on active assignments must see the end before the beginning.
        await tx.decisions.end_assignment(context.assignment.id, at=now, reason=trigger)
        await make_room(tx, fetched.known, context.assignment.rep, at=now)
    try:
        await tx.decisions.write(write)
    except Refused as refused:
        raise _said_no(refused) from refused
    return Routed(decision_id=decision_id, decision=decision, assignment_id=write.assignment_id, rep=rep)


def _override(
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


def _stage(decision: Decision) -> Stage:
    if decision.outcome is DecisionOutcome.ASSIGNED:
        return Stage.CLOSING if decision.work is Work.CLOSING else Stage.WORKING
    return Stage.HELD if decision.outcome is DecisionOutcome.HELD else Stage.NURTURE


def _before(context: RoutingContext) -> str | None:
    if context.assignment is not None:
        return json.dumps({"rep": context.assignment.rep, "work": context.assignment.work})
    return json.dumps({"held": context.hold.reason, "work": context.hold.work}) if context.hold else None


def _after(decision_id: UUID, decision: Decision) -> dict[str, Any]:
    names = ("outcome", "work", "rule", "pool", "rep", "hold_reason")
    skipped = {"skipped": list(decision.skipped)} if decision.skipped else {}
    return {"decision": str(decision_id)} | {name: getattr(decision, name) for name in names} | skipped


def _said_no(refused: Refused) -> Exception:
    """What the database's refusal means, after the domain allowed it: the world changed under the decision."""
    if refused.constraint == "PM001" and refused.detail == "gate":
        return RoleProtected("The lead's pass of the gate has just expired or been revoked.", code="gate-closed")
    if refused.constraint in ("PM001", "assignments_one_active", "holds_one_open"):
        return LostRace(str(refused))
    return refused
