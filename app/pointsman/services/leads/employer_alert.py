"""The question to an admin whether a customer's contact works for another company now."""

from pointsman.domain.messages.message import as_written, say
from pointsman.services.leads.employer import ASKS_FOR
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.operations.alerts import AlertCode


async def ask_for_employer(env: Env, tx: Tx, lead: LeadRow) -> None:
    """Raise the alert `employer-change` for a lead that waits for an admin's word; end it for one that does not."""
    subject = f"lead:{lead.id}"
    if ASKS_FOR not in lead.match:
        await tx.alerts.resolve(at=env.clock(), code=AlertCode.EMPLOYER_CHANGE, subject=subject)
        return
    message = say("alerts.employer-change", lead=str(lead.id), company=as_written(lead.match[ASKS_FOR]))
    await tx.alerts.put(
        id=env.new_id(), at=env.clock(), code=AlertCode.EMPLOYER_CHANGE, subject=subject, message=message
    )
