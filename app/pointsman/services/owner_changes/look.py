"""A look at the owner of a lead's record in a CRM, once an event told of the record: what stands there counts, not the event.

So an event that comes twice, late or out of order makes nothing more of it, and our own writes are no change.
"""

from asyncio import gather
from datetime import timedelta
from uuid import UUID

from pointsman.domain.backoff import retry_delay
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.owner_changes.accept import accept
from pointsman.services.owner_changes.judge import AGAIN_AFTER, Users, judge
from pointsman.services.ports import Env, VendorError, VendorReauthError, VendorRejectedError, VendorRetryableError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.crm_owners import LOOK_TASK, KnownOwner
from pointsman.services.ports.vendors.crm import OwnerThere
from pointsman.services.transactions import run_in_transaction

LEASE = timedelta(seconds=90)  # longer than a call, and what follows from it, may take
#: What is owed by then is waited for: it may write the owner.
SOON = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
_AT_ONCE = 10
_BATCHES = 20  # of one job; then others have their turn


async def sweep_looks(env: Env) -> int:
    """Give a job to what is to be looked at; how much there is, up to a batch."""
    async with env.uow() as tx:
        due = await tx.crm_owners.due(at=env.clock(), limit=_AT_ONCE)
        if due:
            await tx.jobs.defer_once(LOOK_TASK, calls_vendor=True)
    return len(due)


async def look_at_owners(env: Env) -> int:
    """Look at all that is due; how many there were."""
    looked = 0
    for _ in range(_BATCHES):
        async with env.uow.autocommit() as tx:
            due = await tx.crm_owners.due(at=env.clock(), limit=_AT_ONCE)
        await gather(*(look_at_owner(env, *one) for one in due))
        looked += len(due)
        if len(due) < _AT_ONCE:
            return looked
    async with env.uow() as tx:
        await tx.jobs.defer_once(LOOK_TASK, calls_vendor=True)
    return looked


async def look_at_owner(env: Env, connection_id: UUID, lead_id: UUID) -> None:
    """Look who owns the record, and do what the policy says. Nothing where another worker does, or it is not due."""
    claimed = await _claim(env, connection_id, lead_id)
    if claimed is None:
        return
    connection, known, users = claimed
    try:
        there = await env.crm.record_owner(connection.ref(), known.record_id, known={known.owner, *users})
    except (VendorError, TimeoutError) as fault:
        await _not_read(env, connection, known, fault)
        return
    await _follow(env, connection, known, there, users)


async def _claim(env: Env, connection_id: UUID, lead_id: UUID) -> tuple[ConnectionRow, KnownOwner, Users] | None:
    now = env.clock()
    async with env.uow() as tx:
        known = await tx.crm_owners.claim(connection_id, lead_id, at=now, until=now + LEASE)
        if known is None:
            return None
        connection = await tx.deliveries.connection(connection_id)
        if not connection.sync_owners:
            await tx.crm_owners.looked(known)
        elif not connection.active or connection.pending or connection.fault is not None:
            await tx.crm_owners.put_off(known, until=now + retry_delay(known.tries, lead_id, longest=LONGEST_WAIT))
        elif await tx.crm_owners.is_being_told(connection_id, lead_id, soon=now + SOON):
            await tx.crm_owners.put_off(known, until=now + AGAIN_AFTER)
        else:
            users = await tx.rep_users.of_connection(connection_id)
            return connection, known, {one.user_id: one.rep_key for one in users if one.user_id is not None}
    return None


async def _follow(
    env: Env, connection: ConnectionRow, known: KnownOwner, there: OwnerThere | None, users: Users
) -> None:
    accepting = await run_in_transaction(env, lambda tx: judge(env, tx, connection, known, there, users))
    if accepting is not None:
        await accept(env, accepting)


async def _not_read(env: Env, connection: ConnectionRow, known: KnownOwner, fault: VendorError | TimeoutError) -> None:
    """Asked again later, for as long as it takes; what the vendor refuses to say is not asked for again."""
    now = env.clock()
    wait = fault.retry_after if isinstance(fault, VendorRetryableError) else None
    async with env.uow() as tx:
        if isinstance(fault, VendorReauthError):
            await put_out_of_use(env, tx, connection, failure_message(fault))
        if isinstance(fault, VendorRejectedError):
            await tx.crm_owners.looked(known)
        else:
            again = now + retry_delay(known.tries, known.lead_id, wait, longest=LONGEST_WAIT)
            await tx.crm_owners.put_off(known, until=again)
