"""What a buyer was told by mail: the state that an appointment has for them, and whether they know it.

An attempt whose end is not known (`DeliveryRow.unsure`) may have told them what it said.
"""

import json
from collections.abc import Sequence
from datetime import UTC, timedelta
from hashlib import sha256
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow

CALLED_OFF = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED})
#: What is only requested is no invitation yet, and what became of a meeting is no news to who was there.
TELLABLE = CALLED_OFF | {AppointmentStatus.CONFIRMED}
_REMINDER = "-reminder-"
_MINUTE = timedelta(minutes=1)


def invitation_key(appointment_id: UUID) -> str:
    """The name of what a buyer is told of an appointment: that it stands, is another, or is called off."""
    return f"pm-{appointment_id}-invitation"


def reminder_key(appointment_id: UUID, span: timedelta) -> str:
    """The name of the reminder that goes out so long before, in minutes."""
    return f"pm-{appointment_id}{_REMINDER}{span // _MINUTE}"


def reminder_span(key: str) -> timedelta | None:
    """How long before the appointment the reminder with this key goes out; None: it is the key of none."""
    _, found, minutes = key.partition(_REMINDER)
    return int(minutes) * _MINUTE if found and minutes.isdecimal() else None


def told_state(row: AppointmentRow) -> str:
    """A digest of all that counts for the buyer: whether it stands, when, where, and who comes. No name is read from it."""
    comes = [row.rep_key, *sorted(item.rep_key for item in row.companions)]
    times = [at.astimezone(UTC).isoformat() for at in (row.starts_at, row.ends_at)]
    known = [row.status in CALLED_OFF, *times, comes, row.join_url]
    return sha256(json.dumps(known).encode()).hexdigest()[:32]


def knows(owed: Sequence[DeliveryRow], state: str, *, besides: UUID | None = None) -> bool:
    """Whether the last that the buyer was told is this state. False where that is not known.

    `owed` is all that was owed about the invitation, in order; of the delivery `besides` one attempt is under way.
    """
    for delivery in reversed(owed):
        if delivery.status != "done" and delivery.unsure > (delivery.id == besides):
            return False
        if delivery.told is not None:
            return delivery.told == state
    return False


def may_have_heard(owed: Sequence[DeliveryRow], *, besides: UUID | None = None) -> bool:
    """Whether the buyer was told anything, as far as is known, by a delivery other than `besides`."""
    return any(delivery.told is not None or delivery.unsure > 0 for delivery in owed if delivery.id != besides)
