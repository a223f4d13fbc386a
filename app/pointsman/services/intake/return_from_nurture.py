"""Leads that were put off (outcome "later"): on their day they come back by themselves, as news would bring them back."""

from uuid import UUID

from pointsman.domain.booking.lifecycle import MeetingOutcome
from pointsman.domain.leads.facts import LeadStage
from pointsman.services.intake.submit_lead import re_entry_trigger
from pointsman.services.ports import WORKER, DatabaseUnavailable, Env, Tx
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import NOT_READ, RoutingRequest
from pointsman.services.transactions import run_in_transaction

BATCH_SIZE = 200
#: Why a lead stays whose day has come; from then on news alone bring it back.
RE_ENTRY_NOT_MET = f"{MeetingOutcome.LATER}, but it does not meet nurture.re_enter"


async def return_nurtured_leads(env: Env) -> int:
    """Route every lead that was put off until now; how many came back."""
    async with env.uow() as tx:
        due = await tx.leads.due_from_nurture(until=env.clock(), limit=BATCH_SIZE)
    back = 0
    failed: Exception | None = None
    for lead_id in due:
        try:
            back += await _return_lead(env, lead_id)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # one that cannot be routed keeps no other one waiting
            failed = failed or error
    if failed is not None:
        raise failed  # so that the caller reports it
    return back


async def _return_lead(env: Env, lead_id: UUID) -> bool:
    async def work(tx: Tx) -> bool:
        lead = await tx.leads.get(lead_id, lock=True)
        now = env.clock()
        if lead is None or (lead.stage, lead.nurture_reason) != (LeadStage.NURTURE, MeetingOutcome.LATER):
            return False
        if lead.nurture_until is None or now < lead.nurture_until:
            return False
        trigger, _ = await re_entry_trigger(env, tx, lead)
        if trigger is None:
            until, stage = lead.nurture_until, LeadStage.NURTURE.value
            await tx.leads.set_stage(lead_id, stage, at=now, nurture_until=until, nurture_reason=RE_ENTRY_NOT_MET)
            return False
        request = RoutingRequest(lead=lead, purpose=None, trigger=trigger, actor=WORKER, calendars=NOT_READ)
        await route_lead(env, tx, request)
        return True

    return await run_in_transaction(env, work)
