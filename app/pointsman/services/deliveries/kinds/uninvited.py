"""A vendor that takes no more guests into its calendars for now: the event stands, and the buyer is told another way.

A vendor may count guests from outside, and its limit may last for days. Where mail goes out for the pool, it invites from then
on; else a human hears of it, and the vendor is asked again now and then (`services/appointments/untold.py`).
"""

from dataclasses import replace

from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES
from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.domain.policy.invitations import Inviter
from pointsman.services.audit import audit
from pointsman.services.deliveries.alerts.untold import untold_subject
from pointsman.services.deliveries.notices import enqueue_notices, invitation_rules
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import WORKER, Env, Tx, VendorEvent
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

GUESTS_REFUSED = "alerts.guests-refused"


async def note_guests_refused(env: Env, job: LeasedDelivery, seen: VendorEvent) -> None:
    """Tell the buyer another way where the leader's event was put without them. What was decided since then stays.

    The vendor wrote nothing, which counts for no mailbox.
    """
    delivery, why = job.delivery, seen.invites_nobody
    if why is None:
        return

    async def work(tx: Tx) -> None:
        await tx.buyer_mail.take_back(delivery.id, lease=job.lease)
        _, row = await lock_appointment(tx, delivery.of_appointment, WORKER)
        if row.invited_by != Inviter.CALENDAR or row.rep_id != delivery.rep_id or row.status not in ACTIVE_STATUSES:
            return
        rules = invitation_rules((await load_routing_config(env, tx)).policy.policy, row.invitation_pool)
        after = replace(row, invited_by=(Inviter.NOBODY if rules.connection is None else Inviter.MAIL).value)
        await tx.appointments.save(after)
        about = {"appointment": str(row.id)}
        before, now = about | {"invited_by": row.invited_by}, about | {"invited_by": after.invited_by}
        await audit(env, tx, WORKER, "appointment.uninvited", f"lead:{row.lead_id}", before=before, after=now)
        await enqueue_notices(env, tx, after, await tx.deliveries.of_appointment(row.id))
        if after.invited_by == Inviter.NOBODY:
            await _alert(env, tx, row, delivery, why)

    await run_in_transaction(env, work)


async def _alert(env: Env, tx: Tx, row: AppointmentRow, delivery: DeliveryRow, why: Message) -> None:
    said = say(
        GUESTS_REFUSED,
        rep=rep_name(row.rep_key),
        connection=connection_name((await tx.deliveries.connection(delivery.connection_id)).key),
        at=row.starts_at,
        appointment=str(row.id),
        error=why,
    )
    subject = untold_subject(row.id)
    await tx.alerts.put(id=env.new_id(), at=env.clock(), code=AlertCode.BUYER_UNTOLD, subject=subject, message=said)
