"""The most mail that a mailbox gets within a day: moving an appointment again and again floods no buyer.

A mailbox is counted, and not a lead, a link or a key: several leads may show one address, or some that lead to one mailbox.
It is counted from the deliveries in the database, under a lock, however many processes send.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pointsman.domain.messages.message import say
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.deliveries.kinds.rendering import Claimed
from pointsman.services.deliveries.vendor_error_text import PutOffError
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import DeliveryError

DAY = timedelta(days=1)
#: Nobody in earnest changes an appointment more often: a booking, its reminders and some moves are six. It is as often as
#: the buyers of a lead may act through their links.
MOST_A_DAY = 10
#: Of what cannot wait: a cancellation, and what would come after the appointment has begun. A cancellation that would come
#: so late always goes: nobody can fill a mailbox so that its owner goes to a meeting which is off. Each follows an invitation
#: that was counted.
MOST_URGENT_A_DAY = 2 * MOST_A_DAY


async def take_turn(claimed: Claimed, message: BuyerMessage, to: Mailbox, *, sender: str | None) -> None:
    """Write down that the message goes from `sender` to the mailbox now; None: the vendor of a calendar writes it.

    Raises PutOffError where that has had enough for the day.

    What is put off is made anew when it goes: the buyer is told how it stands then.
    """
    tx, delivery, now = claimed.tx, claimed.delivery, claimed.env.clock()
    await tx.buyer_mail.lock(to)
    sent = await tx.buyer_mail.sent(to, since=now - DAY, besides=delivery.id)
    until = _free_at(sent, MOST_A_DAY)
    is_urgent = message is BuyerMessage.CANCELLATION or (until is not None and until >= claimed.appointment.starts_at)
    if until is not None and is_urgent and message is not BuyerMessage.REMINDER:
        until = _free_at(sent, MOST_URGENT_A_DAY)
        if until is not None and until >= claimed.appointment.starts_at and message is BuyerMessage.CANCELLATION:
            until = None
    if until is not None:
        raise PutOffError(say("vendor.mail-bound", count=len(sent)), until=until, code=DeliveryError.MAIL_BOUND)
    await tx.buyer_mail.address(delivery.id, lease=claimed.lease, to=to, sender=sender, at=now)


def _free_at(sent: Sequence[datetime], most: int) -> datetime | None:
    """When so many of them are old that another may go; None: now."""
    return sent[len(sent) - most] + DAY if len(sent) >= most else None
