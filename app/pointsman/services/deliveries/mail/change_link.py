"""The link in a buyer's mail, by which they move the appointment or call it off: it leads there until the appointment ends.

Each mailbox has its own, which ends once the buyer has another address: the one before may be a stranger's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from pointsman.services.deliveries.told import CALLED_OFF, invitation_key
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.booking_links import BookingLinkRow
from pointsman.services.ports.booking.buyer_mail import Mailbox

#: How long after the appointment's end a token could be used: its link's row ends it before, and follows each move. So the
#: link in a mail of before leads to an appointment that was moved far away.
TOKEN_OUTLIVES = timedelta(days=3_653)


def change_link_id(appointment_id: UUID, mailbox: Mailbox) -> UUID:
    """The booking link that mail about the appointment leads to, where it goes to this mailbox."""
    return uuid5(NAMESPACE_URL, f"{invitation_key(appointment_id)}@pointsman {mailbox.key}")


async def make_change_link(env: Env, tx: Tx, row: AppointmentRow, to: Mailbox) -> None:
    """Once, so that one that was revoked stays so."""
    if row.status not in CALLED_OFF:
        await make_change_links(env, tx, [change_link(env, row.id, row.lead_id, to, row.ends_at)])


async def make_change_links(env: Env, tx: Tx, links: Sequence[BookingLinkRow]) -> None:
    """The same for many, as `change_link` makes them."""
    known = await tx.booking_links.known_among([one.id for one in links])
    new = [one for one in links if one.id not in known]
    await tx.booking_links.add_each(new)
    lines = [
        (env.new_id(), f"lead:{one.lead_id}", {"link": str(one.id), "expires_at": one.expires_at.isoformat()})
        for one in new
    ]
    await tx.audit.add_each(lines, at=env.clock(), actor=WORKER.name, action="booking-link.made")


def change_link(env: Env, appointment_id: UUID, lead_id: UUID, to: Mailbox, ends_at: datetime) -> BookingLinkRow:
    """The link of this mailbox to an appointment that ends then; nothing is written."""
    return BookingLinkRow(
        id=change_link_id(appointment_id, to),
        lead_id=lead_id,
        made_by=WORKER.name,
        created_at=env.clock(),
        expires_at=ends_at,
    )


async def keep_change_link(tx: Tx, row: AppointmentRow, to: Mailbox) -> None:
    """The link, where there is one, ends when the appointment does: also once it is at another time."""
    if row.status not in CALLED_OFF:
        await tx.booking_links.end_at(change_link_id(row.id, to), row.ends_at)


async def end_change_links(env: Env, tx: Tx, lead_id: UUID) -> None:
    """The links of a mailbox that is not the buyer's any more lead nowhere, until it is theirs again.

    Also the one in mail about an appointment that was called off: it would lead to the next.
    """
    await tx.booking_links.end_all(lead_id, made_by=WORKER.name, at=env.clock())


async def keep_revoked(tx: Tx, row: AppointmentRow, left: Mailbox, *, heir: Mailbox) -> None:
    """Where the link of the mailbox that the buyer left was revoked, the next one has none either."""
    old, heir_id = await tx.booking_links.get(change_link_id(row.id, left)), change_link_id(row.id, heir)
    if old is None or old.revoked_at is None:
        return
    if await tx.booking_links.get(heir_id) is None:
        await tx.booking_links.add(replace(old, id=heir_id))
    else:
        await tx.booking_links.revoke(heir_id, at=old.revoked_at)
