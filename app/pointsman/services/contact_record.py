"""Leads that are not to be contacted, on record: they get what an appointment of their own calls for, and nothing else."""

from dataclasses import replace

from pointsman.services.audit import audit
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow

#: In the audit; the journey is told from these lines.
CONTACT_ENDED, CONTACT_ALLOWED = "lead.contact-ended", "lead.contact-allowed"


async def write_contact(
    env: Env, tx: Tx, lead: LeadRow, *, ended: bool, reason: str | None = None, actor: Actor
) -> LeadRow:
    """The lead, whose row is locked, is not to be contacted from now on, or may be again; what holds already stays as it is."""
    if lead.do_not_contact == ended:
        return lead
    now = env.clock()
    at, by = (now, actor.name) if ended else (None, None)
    await tx.leads.set_contact(lead.id, ended_at=at, by=by, at=now)
    await audit(
        env,
        tx,
        actor,
        CONTACT_ENDED if ended else CONTACT_ALLOWED,
        f"lead:{lead.id}",
        before={"do_not_contact": lead.do_not_contact},
        after={"do_not_contact": ended},
        reason=reason,
    )
    return replace(lead, do_not_contact_at=at, do_not_contact_by=by, version=lead.version + 1, updated_at=now)
