"""A CRM told of records that changed: those of leads whose fields are mapped are to be read."""

from collections.abc import Sequence
from datetime import datetime

from pointsman.services.deliveries.fields.outward import defer_reading
from pointsman.services.ports import Env
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.intake.inbox import InboxRow

_MOST_DUE = 500


async def note_told(env: Env, connection: ConnectionRow, items: Sequence[InboxRow]) -> None:
    """Have the records read that these events are about. Committed when it returns; costs nothing where no field comes in.

    Also where the event may tell of our own write: a human's change just before it came to the same version.
    """
    about = {item.about for item in items if item.about is not None}
    if not about or not any(row.goes_in for row in connection.mapped):
        return
    changed_at: dict[str, datetime] = {}
    for item in items:
        if item.about is not None and item.occurred_at is not None:
            changed_at[item.about] = max(item.occurred_at, changed_at.get(item.about, item.occurred_at))
    async with env.uow() as tx:
        for record_id in await tx.crm_records.told(connection.id, sorted(about), changed_at=changed_at, at=env.clock()):
            await defer_reading(tx, connection.id, record_id)


async def sweep_records(env: Env) -> int:
    """Give a job to every record that is to be read. Returns how many."""
    async with env.uow() as tx:
        due = await tx.crm_records.due(at=env.clock(), limit=_MOST_DUE)
        for connection_id, record_id in due:
            await defer_reading(tx, connection_id, record_id)
    return len(due)
