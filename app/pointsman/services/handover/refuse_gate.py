"""A gate that is not passed: every earlier pass ends, and the lead stays, goes back to qualification, or to nurture."""

from collections.abc import Mapping
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureCause, NurtureStay
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.roster.roles import SETTING_WORKS, Work, work_name
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.handover.gate_check import GateAttempt, record_gate_check
from pointsman.services.handover.handover_result import STAGE_AFTER, HandoverResult, handover_result
from pointsman.services.holds.close_lead import move_to_nurture
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.gates import CurrentAssignment
from pointsman.services.routing.nurture import nurture_of
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest


async def refuse_gate_in_tx(
    env: Env, tx: Tx, case: GateAttempt, calendars: Mapping[str, CalendarState]
) -> HandoverResult:
    """The gate stays shut, or shuts again: on record, and the lead goes where the table above says. Raises as `route_lead`."""
    check_id = await record_gate_check(env, tx, case)
    current = case.assignment
    await tx.gates.revoke_passes(
        case.lead.id, Work.CLOSING, at=case.now
    )  # also of a lead that waits, or has an appointment
    await owe_lead_record(env, tx, case.lead.id)
    if await tx.appointments.active_for_lead(case.lead.id) is not None:
        said = say("handing-over.appointment-stands")
        return handover_result(case, check_id, stage=case.lead.stage, what=said)
    if current is not None and current.has_override:
        said = say("handing-over.stays-by-override", **_holder(current))
        return handover_result(case, check_id, stage=case.lead.stage, what=said)
    if case.gate.send_to is Work.NURTURE:
        return await _to_nurture(env, tx, case, check_id)
    if (running := _running_cool_off(case)) is not None:
        said = say("handing-over.stays-in-nurture", cool_off=running.cool_off)
        return _unchanged(case, check_id, said)
    if current is not None and Work(current.work) in SETTING_WORKS:
        said = say("handing-over.stays", **_holder(current))
        return handover_result(case, check_id, stage=case.lead.stage, what=said)
    request = RoutingRequest(
        lead=case.lead, purpose=Work.QUALIFICATION, trigger="gate-failed", actor=case.actor, calendars=calendars
    )
    routed = await route_lead(env, tx, request)
    stage = STAGE_AFTER[routed.decision.outcome]
    return handover_result(case, check_id, stage=stage.value, what=routed.decision.summary, routed=routed)


def _holder(current: CurrentAssignment) -> dict[str, Arg]:
    return {"rep": rep_name(current.rep_key), "work": work_name(Work(current.work))}


def _running_cool_off(case: GateAttempt) -> NurtureStay | None:
    nurture = nurture_of(case.lead)
    return nurture if nurture is not None and nurture.cools_off_at(case.now) else None


def _unchanged(case: GateAttempt, check_id: UUID, said: Message) -> HandoverResult:
    return handover_result(case, check_id, stage=case.lead.stage, what=said, nurture_until=case.lead.nurture_until)


async def _to_nurture(env: Env, tx: Tx, case: GateAttempt, check_id: UUID) -> HandoverResult:
    until = case.now + case.config.policy.policy.nurture.cool_off
    running = _running_cool_off(case)
    if running is not None and running.until is not None and running.until >= until:
        said = say("handing-over.stays-in-nurture", cool_off=running.cool_off)
        return _unchanged(case, check_id, said)
    await move_to_nurture(
        env,
        tx,
        case.lead,
        cause=NurtureCause.REFUSED,
        until=until,
        end_reason="gate-refused",
        actor=case.actor,
        detail={"gate_check": str(check_id)},
    )
    said = say("handing-over.to-nurture", until=until)
    return handover_result(case, check_id, stage=LeadStage.NURTURE.value, what=said, nurture_until=until)
