"""Leads that were put off (outcome "later"): on their day they come back by themselves, as news would bring them back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureCause
from pointsman.domain.messages.message import say
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.audit import audit
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.intake.submit_lead import re_entry_trigger
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.routing.nurture import nurture_of
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest
from pointsman.services.sweeps import SweepPosition, sweep_in_order
from pointsman.services.transactions import run_in_transaction

BATCH_SIZE = 200


async def return_nurtured_leads(env: Env) -> int:
    """Route every lead that was put off until now; how many came back."""

    async def due(after: SweepPosition | None) -> Sequence[SweepPosition]:
        async with env.uow() as tx:
            return await tx.leads.due_from_nurture(until=env.clock(), after=after, limit=BATCH_SIZE)

    async def bring_back(lead_id: UUID) -> bool:
        return await _return_lead(env, lead_id)

    return await sweep_in_order(env, "lead", due, bring_back, page_size=BATCH_SIZE)


async def _return_lead(env: Env, lead_id: UUID) -> bool:
    async def attempt(calendars: Mapping[str, CalendarState]) -> bool:
        return await run_in_transaction(env, lambda tx: _return_in_tx(env, tx, lead_id, calendars))

    return await with_closer_calendars(env, attempt)


async def _return_in_tx(env: Env, tx: Tx, lead_id: UUID, calendars: Mapping[str, CalendarState]) -> bool:
    lead = await tx.leads.get(lead_id, lock=True)
    now = env.clock()
    if lead is None or (lead.stage, lead.nurture_cause) != (LeadStage.NURTURE, NurtureCause.LATER):
        return False
    nurture = nurture_of(lead)
    if nurture is None or nurture.until is None or nurture.cools_off_at(now):
        return False
    trigger, why = await re_entry_trigger(env, tx, lead)
    if trigger is None:
        stays = replace(nurture, cause=NurtureCause.DAY_PASSED)
        reason = say("nurture.day-passed", why=why)
        await tx.leads.set_stage(lead_id, lead.stage, at=now, nurture=stays, nurture_reason=reason)
        await owe_lead_record(env, tx, lead_id)
        was, stands = {"cause": nurture.cause.value}, {"stage": lead.stage, "cause": stays.cause.value}
        await audit(env, tx, WORKER, "lead.nurture", f"lead:{lead_id}", before=was, after=stands, reason=reason)
        return False
    request = RoutingRequest(lead=lead, purpose=None, trigger=trigger, actor=WORKER, calendars=calendars, why=why)
    routed = await route_lead(env, tx, request)
    return routed.decision.outcome is not DecisionOutcome.NURTURE
