"""An appointment in the calendar of a rep who takes part."""

from pointsman.services.deliveries.calendar_event import build_event
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.told import CALLED_OFF
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
    return lambda: calendars.put_event(ref, event)
