"""A lead's record in a CRM, and its owner there."""

from dataclasses import replace

from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.calendar_event import lead_name
from pointsman.services.deliveries.enqueue import person_key
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError
from pointsman.services.ports import VendorReceipt
from pointsman.services.ports.vendors.crm import CrmOwner, CrmPerson, UnknownCrmOwnerError


async def render(claimed: Claimed) -> Call | None:
    """The owner of the lead now, however late the CRM hears of it; nothing where no rep has it for this work any more."""
    owner = await _owner(claimed)
    if owner is None:
        return None
    rep = claimed.config.roster.reps.get(owner)
    crm, ref = claimed.env.crm, claimed.connection
    person = crm_person(claimed)

    async def put() -> VendorReceipt:
        if person is None:
            raise OwnRefusalError(say("vendor.no-address"))
        try:
            return await crm.put_person(ref, replace(person, owner=CrmOwner(email=rep.email if rep else "")))
        except UnknownCrmOwnerError as fault:
            raise OwnRefusalError(say("vendor.unknown-owner", rep=rep_name(owner))) from fault

    return put


def crm_person(claimed: Claimed) -> CrmPerson | None:
    """The lead as a CRM should know it; None without an address."""
    lead, delivery = claimed.lead, claimed.delivery
    if not lead.email:
        return None
    key = person_key(lead.id)
    sequence = delivery.sequence if delivery.key == key else 0
    return CrmPerson(key=key, sequence=sequence, email=lead.email, name=lead_name(lead, claimed.reader))


async def _owner(claimed: Claimed) -> str | None:
    """The key of the lead's owner: the rep who leads its appointment, or else the one who has it for the same work."""
    lead_id, tx = claimed.lead.id, claimed.tx
    booked = await tx.appointments.active_for_lead(lead_id)
    if booked is not None:
        return booked.rep_key
    current = await tx.gates.current_assignment(lead_id, at=claimed.env.clock())
    return current.rep_key if current is not None and current.work == claimed.appointment.work else None
