"""Leads that were put off (outcome "later"): on their day they come back by themselves, as news would bring them back."""

from uuid import UUID

from pointsman.domain.booking.lifecycle import Outcome
from pointsman.domain.leads.facts import Stage
from pointsman.services.intake.submit_lead import from_nurture
from pointsman.services.ports import Actor, Env, Tx, Unreachable
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.transactions import in_transaction

WORKER = Actor(name="worker")
AT_ONCE = 200
#: Why a lead stays whose day has come; from then on news alone bring it back.
NOT_YET = f"{Outcome.LATER}, but it does not meet nurture.re_enter"


async def bring_back(env: Env) -> int:
    """Route every lead that was put off until now; how many came back."""
    async with env.uow() as tx:
        due = await tx.leads.put_off(until=env.clock(), limit=AT_ONCE)
    back = 0
    failed: Exception | None = None
    for lead_id in due:
        try:
            back += await _bring_back(env, lead_id)
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001  # one that cannot be routed keeps no other one waiting
            failed = failed or error
    if failed is not None:
        raise failed  # so that whoever runs this says so
    return back


async def _bring_back(env: Env, lead_id: UUID) -> bool:
    async def work(tx: Tx) -> bool:
        lead = await tx.leads.get(lead_id, lock=True)
        now = env.clock()
        if lead is None or (lead.stage, lead.nurture_reason) != (Stage.NURTURE, Outcome.LATER):
            return False
        if lead.nurture_until is None or now < lead.nurture_until:
            return False
        trigger, _ = await from_nurture(env, tx, lead)
        if trigger is None:
            until, stage = lead.nurture_until, Stage.NURTURE.value
            await tx.leads.set_stage(lead_id, stage, at=now, nurture_until=until, nurture_reason=NOT_YET)
            return False
        await route_lead(env, tx, lead, purpose=None, trigger=trigger, actor=WORKER)
        return True

    return await in_transaction(env, work)
