"""An appointment as its caller may see it, and as a change of it needs it: locked, after its lead."""

from uuid import UUID

from pointsman.domain.errors import NotFound
from pointsman.services.ports import Actor, LostRace, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.leads.leads import LeadRow


async def visible_appointment(tx: Tx, appointment_id: UUID, actor: Actor) -> AppointmentRow:
    """NotFound, also for what the caller does not see."""
    row = await tx.appointments.get(appointment_id, sees=actor.sees)
    if row is None:
        raise NotFound("There is no appointment with this id.")
    return row


async def lock_appointment(tx: Tx, appointment_id: UUID, actor: Actor) -> tuple[LeadRow, AppointmentRow]:
    """The lead first, as every other path does, so that no two wait for each other. NotFound.

    The lead is the survivor where the appointment's own lead was merged.
    """
    seen = await visible_appointment(tx, appointment_id, actor)
    known = await tx.leads.get(seen.lead_id)
    lead = await tx.leads.get(known.merged_into or known.id, lock=True) if known else None
    row = await tx.appointments.get(appointment_id, lock=True)
    if lead is None or row is None:
        raise LostRace("the lead or its appointment went away")
    return lead, row
