"""A mail to the buyer: an appointment that stands, is another, or is called off, with a calendar file; or a reminder."""

from collections.abc import Sequence

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import say
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.deliveries.ics_invitation import build_invitation
from pointsman.services.deliveries.kinds.notice_message import build_notice, change_url, lead_reader_language
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.mail.bound import take_turn
from pointsman.services.deliveries.mail.connection import begin_anew, move_mail, other_connection
from pointsman.services.deliveries.notices import invitation_rules
from pointsman.services.deliveries.owe import owe
from pointsman.services.deliveries.told import (
    CALLED_OFF,
    TELLABLE,
    MailHistory,
    farewell_key,
    farewell_sequence,
    invitation_key,
    is_farewell,
    mailbox_of,
    reminder_span,
    told_state,
)
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError
from pointsman.services.ports import VendorReceipt
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow


async def render(claimed: Claimed) -> Call | None:
    """What the buyer does not know yet, under a key that no other message has; nothing of what they know, or what is over.

    Raises OwnRefusalError where the appointment is over by now, and the buyer was never told what they should have known;
    PutOffError where their mailbox has had enough for the day.
    """
    past = await claimed.tx.deliveries.of_appointment(claimed.appointment.id)
    if await _goes_another_way(claimed, past):
        return None
    heard = MailHistory.of(claimed.appointment.id, past, besides=claimed.delivery.id)
    to = addressee(claimed, heard)
    message = which_message(claimed, heard, to)
    await take_leave(claimed, heard, to)
    if message is None and _is_too_late(claimed, heard, to):
        raise OwnRefusalError(say("vendor.too-late-for-mail"))
    if message is None or to is None:
        return None
    if message is BuyerMessage.REMINDER and _may_lie_elsewhere(claimed, to):
        await begin_anew(claimed.env, claimed.tx, claimed.delivery, past)
        return None
    return await _message(claimed, message, to, heard)


def addressee(claimed: Claimed, heard: MailHistory) -> Mailbox | None:
    """The buyer's mailbox; of what is called off the one that was invited, and of a farewell the one that they left."""
    own, delivery = mailbox_of(claimed.lead.email), claimed.delivery
    if is_farewell(delivery.key):
        return Mailbox(delivery.mailed_to or "", delivery.mailed_key or "")
    if reminder_span(delivery.key) is not None or claimed.appointment.status not in CALLED_OFF:
        return own
    return own if own is not None and heard.has_heard(own) else next(iter(heard.invited()), None)


def which_message(claimed: Claimed, heard: MailHistory, to: Mailbox | None) -> BuyerMessage | None:
    """What is said now; None: nothing. A lead who is not to be contacted is not reminded."""
    row, delivery, now = claimed.appointment, claimed.delivery, claimed.env.clock()
    span = reminder_span(delivery.key)
    if span is not None:
        listed = invitation_rules(claimed.config.policy.policy, row.invitation_pool).reminders
        is_due = delivery.created_at < row.starts_at - span <= now < row.starts_at
        stands = row.status == AppointmentStatus.CONFIRMED and not claimed.lead.do_not_contact
        return BuyerMessage.REMINDER if stands and is_due and span in listed else None
    if to is None or row.status not in TELLABLE or row.ends_at <= now or heard.knows(to, told_state(row)):
        return None
    if is_farewell(delivery.key):
        own = mailbox_of(claimed.lead.email)
        is_left = own is None or own.key != to.key or row.status in CALLED_OFF
        return BuyerMessage.CANCELLATION if is_left else None
    if row.status in CALLED_OFF:
        return BuyerMessage.CANCELLATION if heard.has_heard(to) else None
    return BuyerMessage.CHANGE if heard.has_heard(to) else BuyerMessage.CONFIRMATION


def _may_lie_elsewhere(claimed: Claimed, to: Mailbox) -> bool:
    """Whether this message may have come to a mailbox that the buyer has left since: that one's is no message to the new one."""
    delivery = claimed.delivery
    return delivery.unsure > 1 and delivery.mailed_key not in {None, to.key}


async def _goes_another_way(claimed: Claimed, past: Sequence[DeliveryRow]) -> bool:
    """Whether the same is owed over another connection, by now or since the one of this delivery was switched off."""
    delivery = claimed.delivery
    if any(item.key == delivery.key and item.sequence > delivery.sequence for item in past):
        return True
    if claimed.is_switched_on:
        return False
    rules = invitation_rules(claimed.config.policy.policy, claimed.appointment.invitation_pool)
    other = await other_connection(claimed.tx, rules, delivery.connection_id)
    if other is not None:
        await move_mail(claimed.env, claimed.tx, delivery, other, past)
    return other is not None


async def take_leave(claimed: Claimed, heard: MailHistory, to: Mailbox | None) -> None:
    """Owe a farewell to each mailbox that holds the appointment and is not the buyer's any more, once the buyer has another."""
    row, delivery = claimed.appointment, claimed.delivery
    if to is None or delivery.key != invitation_key(row.id) or row.ends_at <= claimed.env.clock():
        return
    for number, left in enumerate(heard.mailboxes(), start=len(heard.farewells)):
        if left.key != to.key:
            key = farewell_key(row.id, number, sequence=max(row.sequence - 1, 0))
            over = delivery.connection_id
            await owe(claimed.env, claimed.tx, row, over, DeliveryKind.NOTICE, key, delivery.sequence, to=left)


def _is_too_late(claimed: Claimed, heard: MailHistory, to: Mailbox | None) -> bool:
    """Whether an appointment passed before its buyer heard of it, or of what became of it. A reminder is no news."""
    row, delivery = claimed.appointment, claimed.delivery
    is_news = row.status in TELLABLE | {AppointmentStatus.NO_SHOW} and delivery.key == invitation_key(row.id)
    if not is_news or row.ends_at > claimed.env.clock() or to is None or heard.knows(to, told_state(row)):
        return False
    return row.status not in CALLED_OFF or heard.has_heard(to)


async def _message(claimed: Claimed, message: BuyerMessage, to: Mailbox, heard: MailHistory) -> Call:
    env, row, ref = claimed.env, claimed.appointment, claimed.connection
    calls_off = message is BuyerMessage.CANCELLATION
    url = None if calls_off else await change_url(claimed, to)
    content: bytes | None = None
    sender, delivery = env.notices.sends_from(ref), claimed.delivery
    if message is not BuyerMessage.REMINDER:
        language = lead_reader_language(claimed.lead)
        organizer = heard.first_sender() or sender
        try:
            content = await build_invitation(
                env,
                claimed.tx,
                row,
                url=url,
                language=language,
                organizer=organizer,
                sent_by=sender if sender != organizer else None,
                to=to.address,
                calls_off=calls_off,
                sequence=_sequence(claimed),
            )
        except Conflict:
            return _refuse
    notice = build_notice(claimed, message, to=to.address, url=url, invitation=content)
    if claimed.is_in_use:  # what is only rendered is no attempt
        await take_turn(claimed, message, to, sender=notice.named_by or sender)
        await claimed.tx.deliveries.note_said(delivery.id, message)
    return lambda: env.notices.send(ref, notice)


def _sequence(claimed: Claimed) -> int | None:
    """The SEQUENCE of a farewell from an appointment that stands: below that of the invitation. None: the appointment's."""
    key = claimed.delivery.key
    return farewell_sequence(key) if is_farewell(key) and claimed.appointment.status not in CALLED_OFF else None


async def _refuse() -> VendorReceipt:
    raise OwnRefusalError(say("vendor.no-mail-address"))
