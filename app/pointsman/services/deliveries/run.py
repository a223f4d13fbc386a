"""Deliveries: effects owed to calendars and CRMs, until each is done or a visible dead letter.

One live event per appointment and calendar, also after retries, lost answers and replays:
- The event's key is the appointment's, the same for every op, so that a vendor can see a repetition.
- A run takes a lease. What a worker does after its lease has run out is not written, and what it may have left at
  the vendor is put right: the last op that had been done is done again.
- An attempt is counted before it starts. Any attempt but the first asks `find(key)` before it creates anything.
- Ops on one event are run in the order in which they are owed. Each participant has an event of
  their own. A rep who leaves and comes back gets a new event under the same key, whatever is left of the old one.
"""

from datetime import timedelta
from uuid import UUID

from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import say
from pointsman.services.audit import audit
from pointsman.services.deliveries.claimed_delivery import ClaimedDelivery, claim_delivery
from pointsman.services.deliveries.crm import (
    send_crm_update,
)
from pointsman.services.deliveries.enqueue import SWEEP_BATCH_SIZE
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.record_result import (
    give_up,
    retry_later,
    settle_delivery,
    wait_for_connection,
    wait_for_turn,
)
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import (
    Actor,
    Env,
    Tx,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorWaitError,
)
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryError, ListedDelivery
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

SWEEP_GRACE = timedelta(seconds=30)  # a delivery's own job comes first


async def run_delivery(env: Env, delivery_id: UUID) -> None:
    """Try a delivery once. Nothing happens when it is done, not due, held by another worker, or behind another op."""
    job = await claim_delivery(env, delivery_id)
    if job is None:
        return
    if job.is_obsolete:
        # Perhaps an earlier attempt did reach the vendor: the `cancel` that is owed after it removes the event.
        await settle_delivery(env, job, "superseded")
        return
    if job.connection.fault or not job.connection.active:
        await wait_for_connection(env, job, _out_of_use(job.connection))
        return
    try:
        receipt = await _call(env, job)
    except VendorReauthError as fault:
        await wait_for_connection(env, job, CodedMessage(DeliveryError.REAUTH, failure_message(fault)))
    except VendorRejectedError as fault:
        await give_up(env, job, CodedMessage(DeliveryError.REJECTED, failure_message(fault)))
    except VendorWaitError as fault:
        await wait_for_turn(env, job, failure_message(fault), fault.retry_after or timedelta())
    except VendorRetryableError as fault:
        await retry_later(env, job, failure_message(fault), fault.retry_after)
    except (VendorError, TimeoutError) as fault:
        await retry_later(env, job, failure_message(fault), None)
    else:
        await settle_delivery(env, job, "done", receipt)


def _out_of_use(connection: ConnectionRow) -> CodedMessage:
    if connection.fault is not None:
        return CodedMessage(DeliveryError.REAUTH, connection.fault)
    return CodedMessage(DeliveryError.SWITCHED_OFF, say("vendor.switched-off"))


async def sweep_deliveries(env: Env) -> int:
    """Defer a job again for every overdue delivery that no worker has claimed. Returns how many."""
    async with env.uow() as tx:
        now = env.clock()
        overdue = await tx.deliveries.claim_overdue(before=now - SWEEP_GRACE, at=now, limit=SWEEP_BATCH_SIZE)
        for delivery in overdue:
            await defer_delivery(tx, delivery)
    return len(overdue)


async def replay_delivery(env: Env, delivery_id: UUID, *, actor: Actor) -> ListedDelivery:
    """Try a dead delivery again, now. Raises NotFound, and Conflict for one that is not dead."""

    async def work(tx: Tx) -> ListedDelivery:
        now = env.clock()
        if not await tx.deliveries.reopen(delivery_id, status="dead", at=now):
            there = await tx.deliveries.get(delivery_id)
            if there is None:
                raise NotFound("There is no delivery with this id.")
            raise Conflict(f"This delivery is {there.status}; only a dead one can be replayed.", code="not-dead")
        delivery = await tx.deliveries.listed(delivery_id)
        assert delivery is not None
        await defer_delivery(tx, delivery)
        await tx.alerts.resolve(at=now, code=AlertCode.DELIVERY_DEAD, subject=f"delivery:{delivery_id}")
        await audit(env, tx, actor, "delivery.replayed", f"delivery:{delivery_id}")
        return delivery

    return await run_in_transaction(env, work)


async def _call(env: Env, job: ClaimedDelivery) -> VendorEvent | None:
    """The vendor call; no transaction is open."""
    delivery, ref = job.delivery, job.connection.ref()
    if job.crm_update is not None:
        await send_crm_update(env, ref, job.crm_update)
        return None
    if delivery.op == "cancel":
        await env.calendars.drop_event(ref, delivery.calendar, delivery.key)
        return None
    return await env.calendars.put_event(ref, job.event())


async def get_delivery(env: Env, delivery_id: UUID) -> ListedDelivery:
    """Raises NotFound."""
    async with env.uow() as tx:
        row = await tx.deliveries.listed(delivery_id)
    if row is None:
        raise NotFound("There is no delivery with this id.")
    return row
