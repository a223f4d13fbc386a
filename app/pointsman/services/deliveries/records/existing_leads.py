"""A CRM that is connected later, or is to be told more, hears of the leads that reps have already.

In batches, the newest leads first, at the pace of its connection: the next batch is owed once the one before is told, so that
what happens meanwhile waits behind no more than one. What the CRM knows by then is not told again.
"""

from dataclasses import replace
from uuid import UUID

from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.existing_leads import ExistingLeads
from pointsman.services.transactions import run_in_transaction

EXISTING_TASK = "connections.existing_leads"
BATCH_SIZE = 200
_CONNECTIONS_AT_ONCE = 20


async def begin_or_stop(
    env: Env, tx: Tx, before: ConnectionRow | None, row: ConnectionRow, *, existing_leads: bool
) -> None:
    """In the transaction that saves `row`: it is told of the leads that stand, where it did not hear of them as it should now.

    Without `existing_leads` it is not, and one that was being told is told no more.
    """
    if not (existing_leads and row.sync_owners):
        await tx.existing_leads.stop(row.id)
    elif before is None or not before.sync_owners or _says(before) != _says(row):
        await tx.existing_leads.begin(row.id, at=env.clock())


async def existing_leads_of(env: Env, connection_id: UUID) -> ExistingLeads | None:
    """How far it was told; None: it never was to be."""
    async with env.uow.autocommit() as tx:
        return await tx.existing_leads.of(connection_id)


async def tell_existing_leads(env: Env, *, batch_size: int = BATCH_SIZE) -> int:
    """Owe each such connection its next batch, unless it has yet to hear of as much; how many records are owed now."""
    async with env.uow.autocommit() as tx:
        found = await tx.existing_leads.open(limit=_CONNECTIONS_AT_ONCE)
    return sum([await _next_batch(env, one, batch_size) for one in found])


async def _next_batch(env: Env, connection_id: UUID, size: int) -> int:
    async def work(tx: Tx) -> int:
        now = env.clock()
        row = await tx.existing_leads.lock(connection_id)
        if row is None or await tx.existing_leads.waiting(connection_id, at=now) >= size:
            return 0
        leads = await tx.existing_leads.next_leads(below=row.told_to, limit=size)
        owed = await tx.existing_leads.owe(connection_id, leads, first_id=env.new_id(), at=now)
        await tx.existing_leads.advance(
            replace(
                row,
                owed=row.owed + owed.records,
                meetings=row.meetings + owed.meetings,
                told_to=leads[-1] if leads else row.told_to,
                done_at=now if len(leads) < size else None,
            )
        )
        return owed.records

    return await run_in_transaction(env, work)


def _says(row: ConnectionRow) -> tuple[object, ...]:
    """What each lead's record there depends on, besides the lead."""
    return row.record, row.fields, row.config
