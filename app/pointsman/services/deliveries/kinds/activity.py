"""A meeting on the record of a lead in a CRM, which follows every act on the appointment."""

from collections.abc import Mapping

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.messages.message import say
from pointsman.services.deliveries.calendar_event import describe_appointment
from pointsman.services.deliveries.kinds.person import crm_person
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.records.owners import record_owner
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError
from pointsman.services.ports import VendorReceipt
from pointsman.services.ports.vendors.crm import CrmMeeting, CrmMeetingStatus

_STATUS: Mapping[str, CrmMeetingStatus] = {
    AppointmentStatus.CONFIRMED: CrmMeetingStatus.PLANNED,
    AppointmentStatus.ATTENDED: CrmMeetingStatus.ATTENDED,
    AppointmentStatus.NO_SHOW: CrmMeetingStatus.NO_SHOW,
    AppointmentStatus.CANCELLED: CrmMeetingStatus.CANCELLED,
    AppointmentStatus.REJECTED: CrmMeetingStatus.CANCELLED,
}


async def render(claimed: Claimed) -> Call | None:
    """What became of the meeting; nothing of a request, nor of one that was called off before the CRM heard of it."""
    status = _STATUS.get(claimed.appointment.status)
    if status is None or (status is CrmMeetingStatus.CANCELLED and not _was_told(claimed)):
        return None
    row, delivery = claimed.appointment, claimed.delivery
    owner = await record_owner(claimed, row.rep_key) if row.rep_key in claimed.config.roster.reps else None
    meeting = CrmMeeting(
        key=delivery.key,
        sequence=delivery.sequence,
        start=row.starts_at,
        end=row.ends_at,
        status=status,
        title=claimed.title,
        shared=claimed.shared,
        private=describe_appointment(row, claimed.lead, claimed.reader),
        join_url=row.join_url,
        owner=owner.asked if owner else None,
    )
    crm, ref, person = claimed.env.crm, claimed.connection, await crm_person(claimed)

    async def put() -> VendorReceipt:
        if person is None:
            raise OwnRefusalError(say("vendor.no-address"))
        return await crm.put_meeting(ref, person, meeting)

    return put


def _was_told(claimed: Claimed) -> bool:
    """Whether the CRM may have heard of the meeting; the claim counted an attempt of its own."""
    here = claimed.delivery.id
    return any(other.attempts > (other.id == here) for other in claimed.owed)
