"""A mail to the buyer: an appointment that stands, is another, or is called off, with a calendar file; or a reminder."""

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import say
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.deliveries.ics_invitation import build_invitation
from pointsman.services.deliveries.kinds.notice_message import build_notice, change_url, lead_reader_language
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.notices import invitation_rules
from pointsman.services.deliveries.told import CALLED_OFF, TELLABLE, knows, may_have_heard, reminder_span, told_state
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError
from pointsman.services.ports import VendorReceipt


async def render(claimed: Claimed) -> Call | None:
    """What the buyer does not know yet, under a key that no other message has; nothing of what they know, or what is over.

    Raises OwnRefusalError where the appointment is over by now, and the buyer was never told what they should have known.
    """
    message = which_message(claimed)
    if message is None and _is_too_late(claimed):
        raise OwnRefusalError(say("vendor.too-late-for-mail"))
    if message is None or not claimed.lead.email:
        return None
    env, row, ref = claimed.env, claimed.appointment, claimed.connection
    await claimed.tx.deliveries.note_said(claimed.delivery.id, message)
    url = await change_url(claimed)
    content: bytes | None = None
    if message is not BuyerMessage.REMINDER:
        language = lead_reader_language(claimed.lead)
        organizer = env.notices.sends_from(ref)
        try:
            content = await build_invitation(env, claimed.tx, row, url=url, language=language, organizer=organizer)
        except Conflict:
            return _refuse
    notice = build_notice(claimed, message, url=url, invitation=content)
    return lambda: env.notices.send(ref, notice)


def which_message(claimed: Claimed) -> BuyerMessage | None:
    """What is said now; None: nothing. A lead who is not to be contacted is not reminded."""
    row, delivery, now = claimed.appointment, claimed.delivery, claimed.env.clock()
    span = reminder_span(delivery.key)
    if span is not None:
        listed = invitation_rules(claimed.config.policy.policy, row.invitation_pool).reminders
        is_due = delivery.created_at < row.starts_at - span <= now < row.starts_at
        stands = row.status == AppointmentStatus.CONFIRMED and not claimed.lead.do_not_contact
        return BuyerMessage.REMINDER if stands and is_due and span in listed else None
    if row.status not in TELLABLE or row.ends_at <= now or _is_known(claimed):
        return None
    heard = may_have_heard(claimed.owed, besides=delivery.id)
    if row.status in CALLED_OFF:
        return BuyerMessage.CANCELLATION if heard else None
    return BuyerMessage.CHANGE if heard else BuyerMessage.CONFIRMATION


def _is_too_late(claimed: Claimed) -> bool:
    """Whether an appointment passed before its buyer heard of it, or of what became of it. A reminder is no news."""
    row, delivery = claimed.appointment, claimed.delivery
    is_news = row.status in TELLABLE | {AppointmentStatus.NO_SHOW} and reminder_span(delivery.key) is None
    if not is_news or row.ends_at > claimed.env.clock() or _is_known(claimed) or not claimed.lead.email:
        return False
    return row.status not in CALLED_OFF or may_have_heard(claimed.owed, besides=delivery.id)


def _is_known(claimed: Claimed) -> bool:
    return knows(claimed.owed, told_state(claimed.appointment), besides=claimed.delivery.id)


async def _refuse() -> VendorReceipt:
    raise OwnRefusalError(say("vendor.no-mail-address"))
