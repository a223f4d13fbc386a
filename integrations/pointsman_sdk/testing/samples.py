"""The data that the checks send: ordinary, awkward, and hostile."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pointsman_sdk import Appointment, Contact, Invites, Slot, Standing

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2031, 1, 15, 12, 0, tzinfo=UTC)
"""What the context's clock says in every check."""

ADA = Contact(email="ada@example.com", name="Ada Lovelace", phone="+49 30 1234567")

HOSTILE = Contact(
    email="o'brien+sales@sub.example.com",
    name='Zoë "Zed" O\'Brien; \\, 🚂 \u202e\u05e9\u05dc\u05d5\u05dd\u202c <b>&amp;</b>'
    "\r\nATTENDEE:mailto:mallory@example.com\x00\x07" + "é" * 300,
)

SHARED = "What the buyer may read"
PRIVATE = "Evidence-7f3a: what the closer alone may read"

# On this day Berlin's clocks go from 02:00 to 03:00.
SPRING = datetime(2031, 3, 30, tzinfo=BERLIN)
# On this day they go back from 03:00 to 02:00, so that 02:30 comes twice.
AUTUMN = datetime(2031, 10, 26, tzinfo=BERLIN)


def at(hour: int, minute: int = 0, *, minutes: int = 30, day: datetime = SPRING) -> Slot:
    """A slot that starts at this wall-clock time in Berlin and lasts so many real minutes."""
    start = day.replace(hour=hour, minute=minute)
    return Slot(start, (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(BERLIN))


def appointment(
    place: str,
    *,
    key: str = "check-g1",
    sequence: int = 0,
    slot: Slot | None = None,
    contact: Contact | None = ADA,
    invites: Invites = Invites.NOBODY,
    standing: Standing = Standing.CONFIRMED,
    meeting: str | None = None,
) -> Appointment:
    """An appointment at 9:00 in Berlin, on the morning after the clocks changed."""
    name = contact.name if contact else "somebody"
    return Appointment(
        key=key,
        sequence=sequence,
        place=place,
        slot=slot or at(9),
        title=f"Demo with {name}",
        shared=SHARED,
        private=PRIVATE,
        guests=(contact,) if contact else (),
        invites=invites,
        standing=standing,
        meeting=meeting,
    )
