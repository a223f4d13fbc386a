"""The link to a meeting that a vendor makes: kept as soon as it is told, and asked for while it is not.

A vendor may answer that a meeting is pending: its link comes seconds later, and the event says it then.
"""

from dataclasses import replace
from datetime import timedelta

from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES, MeetingAct
from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointment_history import add_to_history
from pointsman.services.audit import audit
from pointsman.services.deliveries.enqueue import enqueue_link
from pointsman.services.deliveries.notices import enqueue_notices
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.ports import WORKER, Env, Tx, VendorError, VendorEvent
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

ASK_EVERY = timedelta(seconds=30)
#: So long after the event was put, which makes twenty questions at most; then a human is told, and for a day it is asked for
#: once in so long, so that the alert ends where the link comes after all.
ASK_FOR = 20 * ASK_EVERY
_ASK_SELDOM_FOR = timedelta(days=1)
_MOST_ASKED = 50
#: Of the alert that a vendor makes no meeting, by which `unheard.without_meeting` knows it.
NO_MEETING = "alerts.no-meeting-made"


async def note_link(env: Env, delivery: DeliveryRow, seen: VendorEvent) -> None:
    """Keep where the leader's event says that the appointment takes place, and owe what follows from that.

    Of a meeting that we asked the vendor for alone. What was kept is not told twice.
    """
    if seen.join_url is None and seen.makes_no_meeting is None:
        return

    async def work(tx: Tx) -> None:
        _, row = await lock_appointment(tx, delivery.of_appointment, WORKER)
        if not row.vendor_meeting or row.rep_id != delivery.rep_id or row.status not in ACTIVE_STATUSES:
            return
        if seen.makes_no_meeting is not None:
            await _do_without(env, tx, row, delivery, seen.makes_no_meeting)
        elif seen.join_url != row.join_url:
            await _keep(env, tx, row, seen.join_url)

    await run_in_transaction(env, work)


async def ask_for_links(env: Env) -> int:
    """Ask the vendors again for links that were pending. Returns how many were asked for."""
    async with env.uow() as tx:
        now = env.clock()
        asked = await tx.deliveries.unlinked(
            since=now - ASK_FOR, seldom_since=now - _ASK_SELDOM_FOR, every=ASK_EVERY, at=now, limit=_MOST_ASKED
        )
        rows = [(one, await tx.deliveries.connection(one.connection_id)) for one in asked]
    usable = [(one, connection) for one, connection in rows if connection.active and connection.fault is None]
    for one, connection in usable:
        try:
            seen = await env.calendars.get_event(connection.ref(), one.calendar, one.key)
        except (VendorError, TimeoutError):
            continue  # the next round asks again
        if seen is not None:
            await note_link(env, one, seen)
    return len(usable)


async def _do_without(env: Env, tx: Tx, row: AppointmentRow, delivery: DeliveryRow, why: Message) -> None:
    """No link will come: mail waits for it no longer, and a human hears of it at once."""
    after = replace(row, vendor_meeting=False)
    await tx.appointments.save(after)
    await enqueue_notices(env, tx, after, await tx.deliveries.of_appointment(row.id))
    said = say(
        NO_MEETING,
        rep=rep_name(row.rep_key),
        connection=connection_name((await tx.deliveries.connection(delivery.connection_id)).key),
        at=row.starts_at,
        appointment=str(row.id),
        error=why,
    )
    subject = f"appointment:{row.id}"
    await tx.alerts.put(
        id=env.new_id(), at=env.clock(), code=AlertCode.MEETING_LINK_MISSING, subject=subject, message=said
    )


async def _keep(env: Env, tx: Tx, row: AppointmentRow, link: str | None) -> None:
    after = replace(row, join_url=link, sequence=row.sequence + 1)
    was, now = {"join_url": row.join_url}, {"join_url": link}
    await tx.appointments.save(after)
    act, by, about = MeetingAct.LINKED.value, ActorRole.CALENDAR, {"appointment": str(row.id)}
    await add_to_history(env, tx, after, act, by=by, actor=WORKER, was=was, is_now=now)
    await audit(env, tx, WORKER, f"appointment.{act}", f"lead:{row.lead_id}", before=about | was, after=about | now)
    await enqueue_link(env, tx, after)
