"""Whether a lead is to be contacted, as callers say it. Again changes nothing."""

from uuid import UUID

from pointsman.domain.permissions.operations import Operation
from pointsman.services.availability.booking_context import visible_lead
from pointsman.services.contact_record import write_contact
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.transactions import run_in_transaction


async def end_contact(env: Env, lead_id: UUID, *, reason: str | None, actor: Actor) -> LeadRow:
    """The lead is not to be contacted from now on. Raises Forbidden, NotFound, Conflict "lead-merged"."""
    actor.require(Operation.LEAD_CONTACT_END)

    async def work(tx: Tx) -> LeadRow:
        lead = await visible_lead(tx, lead_id, actor, lock=True)
        return await write_contact(env, tx, lead, ended=True, reason=reason, actor=actor)

    return await run_in_transaction(env, work)


async def allow_contact(env: Env, lead_id: UUID, *, actor: Actor) -> LeadRow:
    """The lead may be contacted again. Raises Forbidden, NotFound, Conflict "lead-merged"."""
    actor.require(Operation.LEAD_CONTACT_ALLOW)

    async def work(tx: Tx) -> LeadRow:
        return await write_contact(env, tx, await visible_lead(tx, lead_id, actor, lock=True), ended=False, actor=actor)

    return await run_in_transaction(env, work)
