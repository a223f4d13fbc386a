"""What a buyer was told by mail: the state that an appointment has for them, and which of their mailboxes knows it.

An attempt whose end is not known (`DeliveryRow.unsure`) may have told them what it said. A buyer whose address changed has
several mailboxes: the one before is told that the appointment is called off, by a farewell of its own. One that the vendor of a
calendar invited, and then took out of the event without a word, holds an invitation that mail alone can call off.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from hashlib import sha256
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.leads.normalise import email_key
from pointsman.services.codes.registered_domains import host_to_ascii
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted

CALLED_OFF = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED})
#: What is only requested is no invitation yet, and what became of a meeting is no news to who was there.
TELLABLE = CALLED_OFF | {AppointmentStatus.CONFIRMED}
_REMINDER, _FAREWELL = "-reminder-", "-farewell-"
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


def farewell_key(appointment_id: UUID, number: int, *, sequence: int) -> str:
    """The name of what a mailbox is told that the buyer has left: that the appointment is called off, by this SEQUENCE."""
    return f"pm-{appointment_id}{_FAREWELL}{number}-{sequence}"


def farewell_sequence(key: str) -> int:
    """The SEQUENCE in the key of a farewell."""
    return int(key.rpartition("-")[2])


def is_farewell(key: str) -> bool:
    """Whether this is the key of a farewell."""
    return _FAREWELL in key


def mailbox_of(email: str | None) -> Mailbox | None:
    """The mailbox of a lead's address; None without one."""
    return Mailbox(email, email_key(email, host_to_ascii) or email.casefold()) if email else None


def told_state(row: AppointmentRow) -> str:
    """A digest of all that counts for the buyer: whether it stands, when, where, and who comes. No name is read from it."""
    comes = [row.rep_key, *sorted(item.rep_key for item in row.companions)]
    times = [at.astimezone(UTC).isoformat() for at in (row.starts_at, row.ends_at)]
    known = [row.status in CALLED_OFF, *times, comes, row.join_url]
    return sha256(json.dumps(known).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class MailHistory:
    """What mailboxes know of one appointment, from all mail that was ever owed about it.

    Of the delivery `besides` one attempt is under way. `taken_out` hold an invitation of a calendar's vendor, whose event they
    stand in no more.
    """

    invitations: Sequence[DeliveryRow]  # in order
    farewells: Sequence[DeliveryRow]
    besides: UUID | None = None
    taken_out: Sequence[Mailbox] = ()

    @classmethod
    def of(cls, appointment_id: UUID, owed: Iterable[DeliveryRow], *, besides: UUID | None = None) -> "MailHistory":
        every = sorted(owed, key=lambda one: one.sequence)
        mail = [one for one in every if one.kind == DeliveryKind.NOTICE]
        key = invitation_key(appointment_id)
        this = next((one.mailed_as for one in mail if one.id == besides), None)
        # The same message over another connection, where it may have arrived, is the one that is under way.
        told = [one for one in mail if one.key == key and (one.id == besides or one.message_key != this)]
        return cls(told, [one for one in mail if is_farewell(one.key)], besides, _taken_out(every))

    def first_sender(self) -> str | None:
        """The address that the first invitation which may have arrived went out from; None: there is none, or it has none."""
        sent = (one for one in self.invitations if one.told is not None or one.unsure > (one.id == self.besides))
        return next((one.mailed_from for one in sent), None)

    def knows(self, mailbox: Mailbox, state: str) -> bool:
        """Whether the last that the mailbox was told is this state. False where that is not known."""
        for one in reversed(self._to(mailbox)):
            if one.status != "done" and one.unsure > (one.id == self.besides):
                return False
            if one.told is not None:
                return one.told == state and not self._is_called_off(one)
        return False

    def has_heard(self, mailbox: Mailbox) -> bool:
        """Whether the mailbox may hold the appointment, by a delivery other than `besides`."""
        by_mail = any(self._may_have_told(one) and not self._is_called_off(one) for one in self._to(mailbox))
        return by_mail or any(one.key == mailbox.key for one in self.taken_out)

    def invited(self) -> Sequence[Mailbox]:
        """The mailboxes that a cancellation concerns: mail told them, or the vendor of a calendar did at last."""
        return [*self.mailboxes(), *self.taken_out]

    def mailboxes(self) -> Sequence[Mailbox]:
        """Those that may hold the appointment and are owed no farewell, the last told first."""
        found: dict[str, Mailbox] = {}
        for one in reversed(self.invitations):
            if one.mailed_to is None or one.mailed_key is None or not self._may_have_told(one):
                continue
            if not any(_is_after(left, one) for left in self.farewells):
                found.setdefault(one.mailed_key, Mailbox(one.mailed_to, one.mailed_key))
        return list(found.values())

    def _to(self, mailbox: Mailbox) -> Sequence[DeliveryRow]:
        return [one for one in self.invitations if one.mailed_key in (None, mailbox.key)]

    def _may_have_told(self, one: DeliveryRow) -> bool:
        return one.id != self.besides and (one.told is not None or one.unsure > 0)

    def _is_called_off(self, one: DeliveryRow) -> bool:
        """Whether the mailbox may have been told since then that the appointment is not theirs any more."""
        return any(_is_after(left, one) and (left.status == "done" or left.unsure > 0) for left in self.farewells)


def _taken_out(owed: Iterable[DeliveryRow]) -> Sequence[Mailbox]:
    """The mailboxes that an event invited and that it left out when it was put again: its removal tells them nothing."""
    holds: dict[tuple[UUID, str, DeliveryKind, str], Mailbox] = {}
    left: dict[str, Mailbox] = {}
    for one in owed:
        if one.kind != DeliveryKind.APPOINTMENT:
            continue
        if one.wanted == Wanted.DROP:
            holds.pop(one.thing, None)
        elif one.mailed_to is not None and one.mailed_key is not None and (one.told is not None or one.unsure > 0):
            holds[one.thing] = Mailbox(one.mailed_to, one.mailed_key)
            left.pop(one.mailed_key, None)
        elif one.status == "done" and one.told is None and (former := holds.pop(one.thing, None)) is not None:
            left[former.key] = former
    return list(left.values())


def _is_after(farewell: DeliveryRow, invitation: DeliveryRow) -> bool:
    """A farewell has the sequence of the invitation that went to another mailbox in its place."""
    is_its_own = farewell.mailed_key == invitation.mailed_key and farewell.status != "superseded"
    return is_its_own and farewell.sequence > invitation.sequence
