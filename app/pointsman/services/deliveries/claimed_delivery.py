"""A delivery that this worker has claimed, with all that its call to the vendor needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.leads.placeholders import company_named
from pointsman.domain.policy.document import Policy
from pointsman.services.codes.registered_domains import matching_lists
from pointsman.services.deliveries.calendar_event import (
    build_event,
    event_reader,
    lead_language,
    meeting_title,
    shared_text,
)
from pointsman.services.deliveries.crm import (
    CrmUpdate,
    build_crm_update,
    owner_ops,
)
from pointsman.services.deliveries.enqueue import participants_of
from pointsman.services.deliveries.enqueue_crm import SET_OWNER_OP
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import (
    CalendarEvent,
    Env,
    Tx,
)
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.texts import SharedText
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.rendering import MessageReader

_CALLED_OFF = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED})
LEASE = timedelta(seconds=90)  # longer than a connector may take over one call


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A claimed delivery with all that its call needs."""

    delivery: DeliveryRow
    appointment: AppointmentRow
    lead: LeadRow
    connection: ConnectionRow
    lease: UUID
    event_ops: Sequence[DeliveryRow]  # all on the same event, in the order in which they are owed
    title: SharedText
    reader: MessageReader  # the rep who reads the event
    shared: SharedText
    crm_update: CrmUpdate | None  # what a CRM is told; None for a calendar

    @property
    def is_obsolete(self) -> bool:
        """Whether the event is to go, so that nothing is to be created or moved any more."""
        if self.crm_update is not None:
            return self.crm_update.is_obsolete
        if self.delivery.op == "cancel":
            return False
        return self.appointment.status in _CALLED_OFF or any(
            other.op == "cancel" and other.sequence > self.delivery.sequence for other in self.event_ops
        )

    @property
    def is_event_recreated(self) -> bool:
        """Whether the rep had this event before, and lost it."""
        return any(other.op == "cancel" and other.sequence < self.delivery.sequence for other in self.event_ops)

    def event(self) -> CalendarEvent:
        return build_event(
            self.appointment,
            self.lead,
            self.delivery,
            title=self.title,
            shared=self.shared,
            reader=self.reader,
        )


async def claim_delivery(env: Env, delivery_id: UUID) -> ClaimedDelivery | None:
    """Take the lease of a delivery that is due, and read what its call needs; None when there is nothing to do."""
    lease = env.new_id()

    async def work(tx: Tx) -> ClaimedDelivery | None:
        delivery = await tx.deliveries.claim(delivery_id, lease=lease, span=LEASE, at=env.clock())
        if delivery is None:
            return None
        appointment = await tx.appointments.get(delivery.appointment_id)
        lead = await tx.leads.get(appointment.lead_id) if appointment else None
        assert appointment is not None
        assert lead is not None
        connection = await tx.deliveries.connection(delivery.connection_id)
        known = await load_routing_config(env, tx)
        reader = event_reader(known.roster, delivery.rep_id, language=env.language)
        title = meeting_title(_company(lead, known.policy.policy), reader)
        names = [known.roster.reps[key].name for _, key in participants_of(appointment)]
        shared = shared_text(names, MessageReader(language=lead_language(lead)))
        return ClaimedDelivery(
            delivery=delivery,
            appointment=appointment,
            lead=lead,
            connection=connection,
            lease=lease,
            event_ops=await event_ops(tx, delivery),
            title=title,
            reader=reader,
            shared=shared,
            crm_update=await build_crm_update(env, tx, delivery, appointment, lead, title, shared, reader),
        )

    return await run_in_transaction(env, work)


def _company(lead: LeadRow, policy: Policy) -> str | None:
    """The company that the lead itself gives; None for "privat" and the like."""
    name = lead.facts.get("company.name")
    return str(name) if company_named(name, matching_lists(policy.matching).placeholder_keys) else None


async def event_ops(tx: Tx, delivery: DeliveryRow) -> Sequence[DeliveryRow]:
    """All that was ever owed to the event (or about the owner) that this delivery is about, as of now."""
    if delivery.op == SET_OWNER_OP:
        return await owner_ops(tx, delivery)
    where = (delivery.connection_id, delivery.calendar, delivery.key)
    past = await tx.deliveries.of_appointment(delivery.appointment_id)
    found = [other for other in past if (other.connection_id, other.calendar, other.key) == where]
    return sorted(found, key=lambda other: other.sequence)
