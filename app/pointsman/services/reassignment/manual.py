"""Giving a lead to a named rep by a human's word. Roles and gates hold all the same; it takes no turn in any pool."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound, RoleProtected
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import Message, as_written, connection_name, rep_name, say
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work, work_name
from pointsman.domain.routing.decision import canonical_json
from pointsman.domain.routing.manual_assignment import ManualAssignment
from pointsman.domain.routing.role_guard import guard_assignment
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.policies.cache import RoutingConfig, load_routing_config_at
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, RosterOutdated, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import RoutingContext, RoutingWrite
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.reassignment.appointment_transfer import (
    AppointmentTransfer,
    check_transfer_to,
    complete_transfer,
    lock_appointment_of_lead,
    prepare_transfer,
)
from pointsman.services.reassignment.by_rules import credit_turn, lock_lead, resolve_absence_alert
from pointsman.services.roster.names import appointment_words
from pointsman.services.routing.hold_releases import retry_capped_holds
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.english import english_error

MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmWord:
    """What a human said in the CRM of this connection: `check` and `keep` run in the transaction, first and last in it."""

    connection: str
    check: Callable[[Tx], Awaitable[None]]
    keep: Callable[[Tx, RoutingResult], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ManualAssignment:
    """A lead, what it has, and what is asked for."""

    lead: LeadRow
    context: RoutingContext
    known: RoutingConfig
    rep: Rep
    work: Work
    gate_check_id: UUID | None
    override: OverrideRow | None


async def assign_manually(
    env: Env,
    lead_id: UUID,
    *,
    rep: str,
    work: Work,
    override_id: UUID | None,
    reason: str,
    actor: Actor,
    crm: CrmWord | None = None,
) -> RoutingResult:
    """Give the lead to this rep for this work, with its appointment if it has one. It takes no turn in any pool.

    With `crm` it is a human's word in a CRM, which is the reason then: `reason` is not asked for.

    NotFound; Invalid; Conflict; RoleProtected, which says what is missing, unless an override in force allows exactly this.
    """
    transfer = await prepare_transfer(env, lead_id, to=rep)

    why = as_written(reason) if crm is None else say("reason.owner-in-crm", connection=connection_name(crm.connection))

    async def inside(tx: Tx) -> RoutingResult:
        if crm is not None:
            await crm.check(tx)
        case = await _prepare_assignment(env, tx, await lock_lead(tx, lead_id), rep, work, override_id)
        current = case.context.current_assignment
        if current is not None and (current.rep, current.work) == (rep, work.value):
            raise Conflict(f"{rep} holds this lead for {work} already.", code="already-assigned")
        meeting = await _meeting(tx, case, transfer)
        participants = (
            await check_transfer_to(env, tx, case.lead, meeting, transfer, rep) if meeting and transfer else None
        )
        if current is not None:
            if current.work == work.value:  # the turn was not used up: the lead moves on within the same work
                await credit_turn(env, tx, current, say("reason.by-hand", why=why), actor)
            await tx.decisions.end_assignment(current.id, at=env.clock(), reason=MANUAL)
            await retry_capped_holds(tx, case.known, current.rep, at=env.clock())
        routed = await _write(env, tx, case, reason, why, actor, crm)
        if meeting is not None and participants is not None:
            await complete_transfer(env, tx, meeting, *participants, reason=why, actor=actor)
        await resolve_absence_alert(env, tx, current)
        if crm is not None:
            await crm.keep(tx, routed)
        return routed

    return await run_in_transaction(env, inside)


async def _meeting(tx: Tx, case: _ManualAssignment, transfer: AppointmentTransfer | None) -> AppointmentRow | None:
    """The lead's appointment, locked. Conflict when it is for other work than the lead is given away for."""
    meeting = await lock_appointment_of_lead(tx, case.lead, transfer)
    if meeting is not None and meeting.work != case.work:
        told, reps = await appointment_words(tx, meeting)
        said = say("refusal.appointment-for-work", work=work_name(Work(meeting.work)), **told)
        raise english_error(Conflict, said, reps, code="has-appointment")
    return meeting


async def _prepare_assignment(
    env: Env, tx: Tx, lead: LeadRow, key: str, work: Work, override_id: UUID | None
) -> _ManualAssignment:
    context = await tx.decisions.routing_context(lead.id, at=env.clock())
    known = await load_routing_config_at(env, tx, context.versions)
    rep = known.roster.reps.get(key)
    if rep is None:
        raise NotFound(f"There is no rep '{key}'.")
    if not rep.active:
        said = say("refusal.gets-none", rep=rep_name(key))
        raise english_error(Conflict, said, known.roster.reps, code="rep-inactive")
    override = _override(context, rep, work, override_id)
    gate = next((p for p in context.gate_passes if p.work == work.value), None)
    try:
        guard_assignment(rep, work, gate is not None, override is not None)
    except RoleProtected as protected:
        raise _with_override_hint(protected, rep, work, gate_open=gate is not None) from protected
    needed = not rep.role.allows(work) or (work in GATED_WORKS and gate is None)
    return _ManualAssignment(
        lead=lead,
        context=context,
        known=known,
        rep=rep,
        work=work,
        gate_check_id=gate.id if gate else None,
        override=override if needed else None,
    )


def _override(context: RoutingContext, rep: Rep, work: Work, override_id: UUID | None) -> OverrideRow | None:
    """The override in force for exactly this; Invalid when a given one is not."""
    found = [o for o in context.overrides if (o.rep, o.work) == (rep.key, work.value)]
    if override_id is not None:
        found = [o for o in found if o.id == override_id]
        if not found:
            message = f"This override is not in force for {rep.key}, {work} and this lead."
            raise Invalid(message, faults=[Fault(path="override_id", code="override-does-not-fit", message=message)])
    return found[-1] if found else None


def _with_override_hint(protected: RoleProtected, rep: Rep, work: Work, *, gate_open: bool) -> RoleProtected:
    if work is Work.NURTURE:
        return protected
    missing = [] if rep.role.allows(work) else ["role"]
    if work in GATED_WORKS and not gate_open:
        missing.append("gate")
    return RoleProtected(
        f"{protected}. The only way around is an override (POST /v1/overrides) for this rep, lead and work.",
        code=protected.code,
        extra={"missing": missing, "rep": rep.key, "work": work.value},
    )


async def _write(
    env: Env, tx: Tx, case: _ManualAssignment, reason: str, why: Message, actor: Actor, crm: CrmWord | None
) -> RoutingResult:
    now, decision_id = env.clock(), env.new_id()
    said = ManualAssignment(
        rep=case.rep.key,
        work=case.work,
        reason=reason,
        approver=case.override.approver if case.override else None,
        seed=str(decision_id),
        now=now,
        policy_version=case.known.policy.version,
        roster_version=case.known.roster.version,
        connection=crm.connection if crm is not None else None,
    )
    decision = said.to_decision(case.rep)
    hold = case.context.hold
    before = case.context.current_assignment
    write = RoutingWrite(
        decision_id=decision_id,
        lead_id=case.lead.id,
        at=now,
        outcome=decision.outcome.value,
        work=case.work.value,
        rule=None,
        pool=None,
        rep_id=case.rep.id,
        hold_reason=None,
        summary=canonical_json(decision.summary.as_json()),
        policy_version=decision.policy_version,
        roster_version=decision.roster_version,
        record=decision.to_json(),
        inputs=said.to_json(),
        stage=(LeadStage.CLOSING if case.work is Work.CLOSING else LeadStage.WORKING).value,
        nurture_cause=None,
        nurture_reason=None,
        assignment_id=env.new_id(),
        gate_check_id=case.gate_check_id,
        override_id=case.override.id if case.override else None,
        hold_id=None,
        open_hold_id=hold.id if hold else None,
        hold_sentence=None,
        hold_due_at=None,
        release=MANUAL if hold else None,
        ledger=None,
        entry=None,
        audit_id=env.new_id(),
        actor=actor.name,
        action="lead.assigned",
        before=json.dumps({"rep": before.rep, "work": before.work}) if before else None,
        after=json.dumps(_after(case, decision_id) | ({} if crm is None else {"by": f"connection:{crm.connection}"})),
        reason=canonical_json(why.as_json()),
    )
    try:
        await tx.decisions.write(write)
    except ConstraintRefused as refused:
        if refused.constraint == "PM001":  # the world changed after we looked: look again
            lasting = refused.detail in ("role", "rep-inactive")
            raise (RosterOutdated if lasting else LostRace)(str(refused)) from refused
        raise
    await owe_lead_record(env, tx, case.lead.id)
    return RoutingResult(decision_id=decision_id, decision=decision, assignment_id=write.assignment_id, rep=case.rep)


def _after(case: _ManualAssignment, decision_id: UUID) -> dict[str, str | None]:
    return {
        "decision": str(decision_id),
        "rep": case.rep.key,
        "work": case.work.value,
        "by": MANUAL,
        "override": str(case.override.id) if case.override else None,
    }
