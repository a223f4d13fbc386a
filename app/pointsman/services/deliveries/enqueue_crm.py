"""Owing to CRMs: writing down who owns a lead and which meeting there is, in the transaction of the act itself.

Every connection with `keeps_owners` is owed one delivery of each. What `own` says is looked up when it runs, so that the
last act wins however late the CRM hears of it; the ops of one lead run in the order in which they are owed.
"""

from uuid import UUID

from pointsman.services.deliveries.jobs import defer_run
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.meeting import AppointmentRow, DeliveryRow

OWN, LOG = "own", "log"
#: Ops on a CRM; all others are on events in calendars.
CRM_OPS = frozenset({OWN, LOG})


def person_key(lead_id: UUID) -> str:
    """The lead's name in a CRM that does not know the person yet; its `own` ops wait for each other under it."""
    return f"pm-lead-{lead_id}"


def meeting_key(appointment_id: UUID) -> str:
    """The meeting's name in a CRM, for good."""
    return f"pm-{appointment_id}"


async def owe_crm(env: Env, tx: Tx, row: AppointmentRow, op: str) -> None:
    """Owe `own` (the lead is `row.rep_id`'s now) or `log` (there is this meeting) to every CRM that hears of it.

    The lead's row is locked.
    """
    for connection in await tx.connections.keeping_owners():
        key, sequence = meeting_key(row.id), row.sequence
        if op == OWN:
            key = person_key(row.lead_id)
            sequence = await _next_of_lead(env, tx, row.lead_id, connection.id)
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
            last_error=None,
            vendor_id=None,
            vendor_version=None,
            created_at=env.clock(),
            done_at=None,
        )
        await tx.deliveries.add(delivery)
        await defer_run(tx, delivery)


async def _next_of_lead(env: Env, tx: Tx, lead_id: UUID, connection_id: UUID) -> int:
    """The place of a new `own`; those before it run now, not after their next wait, since it runs behind them."""
    past = await tx.deliveries.owners_of(lead_id, connection_id)
    for other in past:
        if other.status == "pending" and await tx.deliveries.reopen(other.id, status="pending", at=env.clock()):
            await defer_run(tx, other)
    return past[-1].sequence + 1 if past else 0
