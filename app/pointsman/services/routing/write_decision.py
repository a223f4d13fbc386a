"""Write a decision and what follows from it: assignment or hold, ledger, audit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.errors import RoleProtected
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureCause
from pointsman.domain.messages.message import say
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.decision import Decision, DecisionOutcome, canonical_json
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.deliveries.records.rule_actions import owe_rule_actions
from pointsman.services.policies.cache import RoutingConfig
from pointsman.services.ports import ConstraintRefused, Env, LostRace, RosterOutdated, Tx
from pointsman.services.ports.routing.decisions import GatePass, RoutingContext, RoutingWrite
from pointsman.services.ports.routing.ledgers import LedgerRow
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.routing.fetch_inputs import ledger_name
from pointsman.services.routing.hold_releases import overdue_at, retry_capped_holds
from pointsman.services.routing.routing_request import RE_ENTRY, RoutingRequest, RoutingResult, trigger_words


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwrittenDecision:
    """A decision, and all that it was taken from."""

    decision_id: UUID
    decision: Decision
    plan: RoutingPlan
    inputs: RoutingInputs
    config: RoutingConfig
    context: RoutingContext
    passes: Mapping[Work, GatePass]
    overrides: Mapping[tuple[str, Work], OverrideRow]
    ledgers: Mapping[str, LedgerRow]


async def write_decision(env: Env, tx: Tx, request: RoutingRequest, decided: UnwrittenDecision) -> RoutingResult:
    """End the lead's current assignment, and write the decision in one statement.

    Raises RoleProtected when the gate's pass has just ended, LostRace when something else changed under the decision.
    """
    config, current, now = decided.config, decided.context.current_assignment, decided.inputs.now
    rep = config.roster.reps[decided.decision.rep] if decided.decision.rep else None
    write = _routing_write(env, request, decided, rep)
    if current is not None:
        # Not in the same statement: the unique index on active assignments must see the end before the beginning.
        await tx.decisions.end_assignment(current.id, at=now, reason=request.trigger)
        await retry_capped_holds(tx, config, current.rep, at=now)
    try:
        await tx.decisions.write(write)
    except ConstraintRefused as refused:
        raise _refusal_error(refused) from refused
    await owe_lead_record(env, tx, request.lead.id)
    if rep is not None:
        given, decision_id = config.policy.crm_actions.get(decided.decision.rule or ""), decided.decision_id
        await owe_rule_actions(env, tx, given, decision_id=decision_id, at=now, lead_id=request.lead.id, rep_id=rep.id)
    return RoutingResult(
        decision_id=decided.decision_id, decision=decided.decision, assignment_id=write.assignment_id, rep=rep
    )


def _routing_write(env: Env, request: RoutingRequest, decided: UnwrittenDecision, rep: Rep | None) -> RoutingWrite:
    decision, context, now = decided.decision, decided.context, decided.inputs.now
    policy = decided.config.policy.policy
    override = _needed_override(rep, decision.work, decided.passes, decided.overrides)
    gate = decided.passes.get(decision.work) if decision.work in GATED_WORKS and decision.work else None
    held = decision.outcome is DecisionOutcome.HELD
    nurtured = decision.outcome is DecisionOutcome.NURTURE
    before = decided.ledgers.get(ledger_name(policy, decision.pool)) if decision.pool else None
    return RoutingWrite(
        decision_id=decided.decision_id,
        lead_id=request.lead.id,
        at=now,
        outcome=decision.outcome.value,
        work=decision.work.value if decision.work else None,
        rule=decision.rule,
        pool=decision.pool,
        rep_id=rep.id if rep else None,
        hold_reason=decision.hold_reason.value if decision.hold_reason else None,
        summary=canonical_json(decision.summary.as_json()),
        policy_version=decision.policy_version,
        roster_version=decision.roster_version,
        record=decision.to_json(),
        inputs=RecordedInputs.of(decided.plan, decided.inputs).to_json(),
        stage=stage_after(decision).value,
        nurture_cause=NurtureCause.RULE.value if nurtured else None,
        nurture_reason=canonical_json(say("nurture.by-rule", rule=decision.rule).as_json()) if nurtured else None,
        assignment_id=env.new_id() if rep else None,
        gate_check_id=gate.id if gate and rep else None,
        override_id=override.id if override else None,
        hold_id=env.new_id() if held and context.hold is None else None,
        open_hold_id=context.hold.id if context.hold else None,
        hold_sentence=canonical_json(decision.hold_sentence.as_json()) if decision.hold_sentence else None,
        hold_due_at=overdue_at(decision, decided.config.policy),
        release=None if held or context.hold is None else decision.outcome.value,
        ledger=ledger_row_after(decision, before, now) if before else None,
        entry=canonical_json(decision.turn.as_json()) if decision.turn and before else None,
        audit_id=env.new_id(),
        actor=request.actor.name,
        action=f"lead.{decision.outcome.value}",
        before=_audit_before(context),
        after=json.dumps(_audit_after(decided.decision_id, decision) | _why(request, decision)),
        reason=canonical_json(trigger_words(request.trigger).as_json()),
        category=decision.category if rep else None,
        skips_used=[UUID(before.skips[key]) for key in decision.skipped] if before else (),
    )


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


def ledger_row_after(decision: Decision, before: LedgerRow, now: datetime) -> LedgerRow | None:
    """The ledger's row as the decision leaves it; None where it neither gave a turn nor passed one over."""
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


def stage_after(decision: Decision) -> LeadStage:
    """Where the lead stands once the decision is written."""
    if decision.outcome is DecisionOutcome.ASSIGNED:
        return LeadStage.CLOSING if decision.work is Work.CLOSING else LeadStage.WORKING
    return LeadStage.HELD if decision.outcome is DecisionOutcome.HELD else LeadStage.NURTURE


def _audit_before(context: RoutingContext) -> str | None:
    if context.current_assignment is not None:
        return json.dumps({"rep": context.current_assignment.rep, "work": context.current_assignment.work})
    return json.dumps({"held": context.hold.reason, "work": context.hold.work}) if context.hold else None


def _why(request: RoutingRequest, decision: Decision) -> dict[str, Any]:
    """What brought the lead here; not that it came back from nurture, where it stays there."""
    stays = request.trigger == RE_ENTRY and decision.outcome is DecisionOutcome.NURTURE
    return {"why": request.why.as_json()} if request.why and not stays else {}


def _audit_after(decision_id: UUID, decision: Decision) -> dict[str, Any]:
    names = ("outcome", "work", "rule", "pool", "rep", "hold_reason")
    skipped = {"skipped": list(decision.skipped)} if decision.skipped else {}
    return {"decision": str(decision_id)} | {name: getattr(decision, name) for name in names} | skipped


def _refusal_error(refused: ConstraintRefused) -> Exception:
    """What the database's refusal means, after the domain allowed it: something changed under the decision."""
    if refused.constraint == "PM001" and refused.detail == "gate":
        return RoleProtected("The lead's pass of the gate has just expired or been revoked.", code="gate-closed")
    if refused.constraint == "PM001" and refused.detail in ("role", "rep-inactive"):
        return RosterOutdated(str(refused))
    if refused.constraint in ("PM001", "assignments_one_active", "holds_one_open"):
        return LostRace(str(refused))
    return refused
