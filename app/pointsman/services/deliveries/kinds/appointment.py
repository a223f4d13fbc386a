"""An appointment in the calendar of a rep who takes part.

Where the vendor of the leader's calendar invites, what it writes to the buyer is mail as ours is: it counts for the buyer's
mailbox, and above the bound the event is put without the buyer, who is told another way (`uninvited`).
"""

from dataclasses import replace

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.deliveries.calendar_event import build_event
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.mail.bound import take_turn
from pointsman.services.deliveries.told import CALLED_OFF, mailbox_of, told_state
from pointsman.services.deliveries.vendor_error_text import PutOffError
from pointsman.services.ports import CalendarEvent, VendorEvent
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import Wanted


async def render(claimed: Claimed) -> Call | None:
    """Take the event out, or bring it to what the appointment is now; of one that was called off nothing is put."""
    calendars, ref, delivery = claimed.env.calendars, claimed.connection, claimed.delivery
    if delivery.wanted == Wanted.DROP:
        return lambda: calendars.drop_event(ref, delivery.calendar, delivery.key)
    if claimed.appointment.status in CALLED_OFF:
        return None
    event = build_event(
        claimed.appointment,
        claimed.lead,
        delivery,
        title=claimed.title,
        shared=claimed.shared,
        reader=claimed.reader,
    )
    over = await _over_the_bound(claimed, event)
    if over is None:
        return lambda: calendars.put_event(ref, event)
    uninvited, why = replace(event, invites=False), over

    async def put() -> VendorEvent:
        return replace(await calendars.put_event(ref, uninvited), invites_nobody=why)

    return put


async def _over_the_bound(claimed: Claimed, event: CalendarEvent) -> Message | None:
    """Count what the vendor writes to the buyer. Why it may not, where their mailbox has had enough for the day."""
    to = mailbox_of(claimed.lead.email)
    if to is None or not event.invites or not event.guests or not claimed.is_in_use or _knows(claimed, to):
        return None
    try:
        await take_turn(claimed, BuyerMessage.CHANGE, to, sender=None)
    except PutOffError:
        return say("vendor.guest-bound")
    return None


def _knows(claimed: Claimed, to: Mailbox) -> bool:
    """Whether the event that stands there told this mailbox the same: then the vendor writes nothing.

    One that was taken out since then, or may have been, stands there no more: put again, it is an invitation again.
    """
    past = [one for one in claimed.owed if one.id != claimed.delivery.id and (one.status == "done" or one.unsure > 0)]
    if not past or past[-1].status != "done" or past[-1].wanted != Wanted.PUT:
        return False
    return (past[-1].told, past[-1].mailed_key) == (told_state(claimed.appointment), to.key)
