"""What a CRM is told: looked up when the delivery is claimed, said while no transaction is open.

Saying it again is harmless: an owner is set to who it is, and a meeting has its key. So nothing is looked up first, and what
an earlier attempt left behind is put right by the next.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.calendar_event import describe_appointment, lead_name
from pointsman.services.deliveries.enqueue_crm import CRM_OPS, LOG_MEETING_OP, SET_OWNER_OP, meeting_key, person_key
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import ConnectionRef, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.crm import CrmMeeting, CrmOwner, CrmPerson, UnknownCrmOwnerError
from pointsman.services.ports.vendors.texts import SharedText
from pointsman.services.wording.rendering import MessageReader

LATE_CALL_WINDOW = timedelta(minutes=15)  # as for calendars: a call that was given up on may be carried out so late
SENT_ONCE_MORE = CodedMessage(DeliveryError.SENT_ONCE_MORE, say("vendor.sent-once-more"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmUpdate:
    """What one delivery is to say; None is what need not be said any more."""

    person: CrmPerson | None
    owner_key: str | None  # key of a rep
    owner_email: str
    meeting: CrmMeeting | None

    @property
    def is_obsolete(self) -> bool:
        return self.owner_key is None and self.meeting is None


async def build_crm_update(
    env: Env,
    tx: Tx,
    delivery: DeliveryRow,
    row: AppointmentRow,
    lead: LeadRow,
    title: SharedText,
    shared: SharedText,
    reader: MessageReader,
) -> CrmUpdate | None:
    """What the delivery has to say now, a meeting's words for `reader`; None for what is owed to a calendar."""
    if delivery.op not in CRM_OPS:
        return None
    person = CrmPerson(key=person_key(lead.id), email=lead.email, name=lead_name(lead, reader)) if lead.email else None
    owner = await _owner(env, tx, row) if delivery.op == SET_OWNER_OP else None
    rep = (await load_routing_config(env, tx)).roster.reps.get(owner) if owner else None
    return CrmUpdate(
        person=person,
        owner_key=owner,
        owner_email=rep.email if rep else "",
        meeting=_meeting(row, lead, title, shared, reader) if delivery.op == LOG_MEETING_OP else None,
    )


async def send_crm_update(env: Env, connection: ConnectionRef, update: CrmUpdate) -> None:
    """Say it. Raises a `VendorError`."""
    if update.person is None:
        raise OwnRefusalError(say("vendor.no-address"))
    if update.meeting is not None:
        await env.crm.put_meeting(connection, update.person, update.meeting)
        return
    try:
        await env.crm.put_person(connection, replace(update.person, owner=CrmOwner(email=update.owner_email)))
    except UnknownCrmOwnerError as fault:
        raise OwnRefusalError(say("vendor.unknown-owner", rep=rep_name(update.owner_key or ""))) from fault


async def may_be_overwritten(tx: Tx, delivery: DeliveryRow, *, now: datetime) -> bool:
    """Whether a call for another owner that was never answered may still be carried out, after this one."""
    if delivery.op != SET_OWNER_OP or delivery.error_code == DeliveryError.SENT_ONCE_MORE:
        return False
    ops = await owner_ops(tx, delivery)
    late = [op for op in ops if op.rep_id != delivery.rep_id and op.attempts > 1]
    return ops[-1].id == delivery.id and any(op.done_at and op.done_at > now - LATE_CALL_WINDOW for op in late)


async def owner_ops(tx: Tx, delivery: DeliveryRow) -> list[DeliveryRow]:
    """All `set_owner` ops of the lead at this CRM, in order."""
    row = await tx.appointments.get(delivery.appointment_id)
    assert row is not None
    return list(await tx.deliveries.owner_ops_of_lead(row.lead_id, delivery.connection_id))


async def _owner(env: Env, tx: Tx, row: AppointmentRow) -> str | None:
    """The key of the lead's owner: the rep who leads its appointment, or else the one who has it for the same work."""
    booked = await tx.appointments.active_for_lead(row.lead_id)
    if booked is not None:
        return booked.rep_key
    current = await tx.gates.current_assignment(row.lead_id, at=env.clock())
    return current.rep_key if current is not None and current.work == row.work else None


def _meeting(
    row: AppointmentRow, lead: LeadRow, title: SharedText, shared: SharedText, reader: MessageReader
) -> CrmMeeting | None:
    if row.status in {"cancelled", "rejected"}:
        return None
    return CrmMeeting(
        key=meeting_key(row.id),
        start=row.starts_at,
        end=row.ends_at,
        title=title,
        shared=shared,
        private=describe_appointment(row, lead, reader),
        owner=None,
    )
