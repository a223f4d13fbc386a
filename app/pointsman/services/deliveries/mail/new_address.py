"""Another address of a buyer: where the appointment was told it is called off, and the new mailbox is invited."""

from dataclasses import replace

from pointsman.services.deliveries.alerts.untold import note_no_address
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.deliveries.mail.change_link import end_change_links, keep_revoked
from pointsman.services.deliveries.told import mailbox_of
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.deliveries import Wanted
from pointsman.services.ports.leads.leads import LeadRow


async def follow_address(env: Env, tx: Tx, before: LeadRow, after: LeadRow) -> None:
    """Owe what a change of the lead's address calls for, where it has an appointment ahead. The lead's row is locked.

    Calendars have the new guest, and the link in mail to the address before ends. Where the vendor of a calendar invites, it
    tells both; else mail does. Another spelling is no change. Of a buyer who has no address any more a human hears.
    """
    was, now = mailbox_of(before.email), mailbox_of(after.email)
    if (was.key if was is not None else None) == (now.key if now is not None else None):
        return
    await end_change_links(env, tx, after.id)
    seen = await tx.appointments.active_for_lead(after.id)
    row = await tx.appointments.get(seen.id, lock=True) if seen is not None else None
    if row is None or row.ends_at <= env.clock():
        return
    if now is None:
        await note_no_address(env, tx, row)
    elif was is not None:
        await keep_revoked(tx, row, was, heir=now)
    # The one in between is the farewell's: both addresses may lead to one mailbox, where the invitation has to be the newer.
    changed = replace(row, sequence=row.sequence + 2)
    await tx.appointments.save(changed)
    await enqueue_deliveries(env, tx, changed, Wanted.PUT)
