"""Owing to CRMs: writing down who owns a lead and which meeting there is, in the transaction of the act itself.

Every connection with `sync_owners` is owed one delivery of each. What `set_owner` says is looked up when it runs, so that the
last act wins however late the CRM hears of it; the ops of one lead run in the order in which they are owed.
"""

from uuid import UUID

from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow

SET_OWNER_OP, LOG_MEETING_OP = "set_owner", "log_meeting"
#: Ops on a CRM; all others are on events in calendars.
CRM_OPS = frozenset({SET_OWNER_OP, LOG_MEETING_OP})


def person_key(lead_id: UUID) -> str:
    """The lead's name in a CRM that does not know the person yet; its `set_owner` ops wait for each other under it."""
    return f"pm-lead-{lead_id}"


def meeting_key(appointment_id: UUID) -> str:
    """The meeting's name in a CRM, for good."""
    return f"pm-{appointment_id}"


async def enqueue_crm_deliveries(env: Env, tx: Tx, row: AppointmentRow, op: str) -> None:
    """Owe `set_owner` (the lead is `row.rep_id`'s now) or `log_meeting` (there is this meeting) to every CRM that hears of it.

    The lead's row is locked.
    """
    for connection in await tx.connections.owner_keeping_crms():
        key, sequence = meeting_key(row.id), row.sequence
        if op == SET_OWNER_OP:
            key = person_key(row.lead_id)
            sequence = await _next_owner_sequence(env, tx, row.lead_id, connection.id)
        delivery = DeliveryRow(
            id=env.new_id(),
            appointment_id=row.id,
            rep_id=row.rep_id,
            connection_id=connection.id,
            calendar="",
            op=op,
            key=key,
            sequence=sequence,
            status="pending",
            attempts=0,
            next_attempt_at=env.clock(),
            error_code=None,
            last_error=None,
            vendor_id=None,
            vendor_version=None,
            created_at=env.clock(),
            done_at=None,
        )
        await tx.deliveries.add(delivery)
        await defer_delivery(tx, delivery)


async def _next_owner_sequence(env: Env, tx: Tx, lead_id: UUID, connection_id: UUID) -> int:
    """The place of a new `set_owner`; those before it run now, not after their next wait, since it runs behind them."""
    past = await tx.deliveries.owner_ops_of_lead(lead_id, connection_id)
    for other in past:
        if other.status == "pending" and await tx.deliveries.reopen(other.id, status="pending", at=env.clock()):
            await defer_delivery(tx, other)
    return past[-1].sequence + 1 if past else 0
