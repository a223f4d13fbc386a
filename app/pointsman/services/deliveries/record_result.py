"""Write down how a call to a vendor ended. What a worker writes after its lease ran out does not count."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.backoff import retry_delay
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.services.audit import audit
from pointsman.services.deliveries.claimed_delivery import ClaimedDelivery, event_ops
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.crm import (
    LATE_CALL_WINDOW,
    SENT_ONCE_MORE,
    may_be_overwritten,
)
from pointsman.services.deliveries.enqueue import start_next_delivery
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.outdated_readings import outdate_readings
from pointsman.services.ports import (
    WORKER,
    Env,
    Tx,
    VendorEvent,
)
from pointsman.services.ports.booking.deliveries import DeliveryError
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

LONGEST_WAIT = timedelta(hours=75)  # a weekend and a day
SHORTEST_WAIT = timedelta(seconds=1)
MAX_ATTEMPTS = 12
REAUTH_WAIT = timedelta(minutes=30)
_EFFECTS: Mapping[str, Message] = {
    "book": say("alerts.effect-book"),
    "move": say("alerts.effect-move"),
    "cancel": say("alerts.effect-cancel"),
    "set_owner": say("alerts.effect-set-owner"),
    "log_meeting": say("alerts.effect-log-meeting"),
}
_REMOVED_ONCE_MORE = CodedMessage(DeliveryError.REMOVED_ONCE_MORE, say("vendor.removed-once-more"))


async def settle_delivery(env: Env, job: ClaimedDelivery, status: str, receipt: VendorEvent | None = None) -> None:
    """Record that the delivery is done or superseded, and start what waits behind it."""

    async def work(tx: Tx) -> None:
        once_more = await _repeat_reason(env, tx, job) if status == "done" else None
        if once_more is not None:
            until = env.clock() + LATE_CALL_WINDOW
            if await tx.deliveries.postpone(job.delivery.id, lease=job.lease, until=until, error=once_more):
                await defer_delivery(tx, job.delivery, at=until)
            return
        kept = await tx.deliveries.settle(
            job.delivery.id,
            lease=job.lease,
            status=status,
            at=env.clock(),
            vendor_id=receipt.vendor_id if receipt else None,
            vendor_version=receipt.version if receipt else None,
        )
        if not kept:
            await _redo_last_op(env, tx, job)
        else:
            if status == "done":
                await outdate_readings(env, tx, job.delivery)
            await start_next_delivery(tx, job.delivery)

    await run_in_transaction(env, work)


async def _repeat_reason(env: Env, tx: Tx, job: ClaimedDelivery) -> CodedMessage | None:
    """Why what was carried out has to be done once more in a while, or None."""
    if job.crm_update is not None:
        return SENT_ONCE_MORE if await may_be_overwritten(tx, job.delivery, now=env.clock()) else None
    return _REMOVED_ONCE_MORE if await _may_arrive_late(tx, job) else None


async def _may_arrive_late(tx: Tx, job: ClaimedDelivery) -> bool:
    """Whether this first `cancel` that was carried out follows a `book` that was sent and never answered."""
    if job.delivery.op != "cancel" or job.delivery.error_code == DeliveryError.REMOVED_ONCE_MORE:
        return False
    ops = await event_ops(tx, job.delivery)
    if ops[-1].id != job.delivery.id:  # what comes after it puts the event right
        return False
    return any(other.op == "book" and other.status == "superseded" and other.attempts > 1 for other in ops)


async def _redo_last_op(env: Env, tx: Tx, job: ClaimedDelivery) -> None:
    """The lease was lost during the call: what was done since then is done again, since the call may have undone it."""
    last = (await event_ops(tx, job.delivery))[-1]
    if last.id == job.delivery.id or last.op == job.delivery.op == "cancel":
        return
    if await tx.deliveries.reopen(last.id, status="done", at=env.clock()):
        await defer_delivery(tx, last)


async def retry_later(env: Env, job: ClaimedDelivery, error: Message, retry_after: timedelta | None) -> None:
    """Put the delivery off, longer each time; after the last attempt it is given up."""
    if job.delivery.attempts >= MAX_ATTEMPTS:
        told = say("vendor.gave-up", count=job.delivery.attempts, error=error)
        await give_up(env, job, CodedMessage(DeliveryError.GAVE_UP, told))
        return
    await _postpone(
        env,
        job,
        CodedMessage(DeliveryError.UNANSWERED, error),
        retry_delay(job.delivery.attempts, job.delivery.id, retry_after),
    )


async def wait_for_turn(env: Env, job: ClaimedDelivery, error: Message, wait: timedelta) -> None:
    """The connection has to wait and nothing was done: this is no attempt, and is given up by its age alone."""
    if env.clock() - job.delivery.created_at > LONGEST_WAIT:
        await give_up(env, job, CodedMessage(DeliveryError.GAVE_UP, error))
        return
    until = max(wait, SHORTEST_WAIT)
    await _postpone(env, job, CodedMessage(DeliveryError.UNANSWERED, error), until, counted=False)


async def _postpone(
    env: Env, job: ClaimedDelivery, error: CodedMessage, wait: timedelta, *, counted: bool = True
) -> None:
    async def work(tx: Tx) -> None:
        until = env.clock() + wait
        if await tx.deliveries.postpone(job.delivery.id, lease=job.lease, until=until, error=error, counted=counted):
            await defer_delivery(tx, job.delivery, at=until)
        else:
            await _redo_last_op(env, tx, job)

    await run_in_transaction(env, work)


async def wait_for_connection(env: Env, job: ClaimedDelivery, error: CodedMessage) -> None:
    """Take the connection out of use and tell a human; the delivery waits, and this does not count as an attempt."""

    async def work(tx: Tx) -> None:
        now = env.clock()
        await put_out_of_use(env, tx, job.connection, error.message)
        until = now + REAUTH_WAIT
        lease, delivery = job.lease, job.delivery
        if await tx.deliveries.postpone(delivery.id, lease=lease, until=until, error=error, counted=False):
            await defer_delivery(tx, delivery, at=until)
        else:
            await _redo_last_op(env, tx, job)

    await run_in_transaction(env, work)


async def give_up(env: Env, job: ClaimedDelivery, error: CodedMessage) -> None:
    """Make the delivery a dead letter, with an alert."""

    async def work(tx: Tx) -> None:
        now = env.clock()
        if not await tx.deliveries.settle(job.delivery.id, lease=job.lease, status="dead", at=now, error=error):
            await _redo_last_op(env, tx, job)
            return
        await start_next_delivery(tx, job.delivery)
        await tx.alerts.put(
            id=env.new_id(),
            at=now,
            code=AlertCode.DELIVERY_DEAD,
            subject=f"delivery:{job.delivery.id}",
            message=say(
                "alerts.delivery-dead",
                effect=_EFFECTS[job.delivery.op],
                connection=connection_name(job.connection.key),
                error=error.message,
                delivery=str(job.delivery.id),
            ),
        )
        told = {"code": error.code, "error": error.message.as_json()}
        await audit(env, tx, WORKER, "delivery.dead", f"delivery:{job.delivery.id}", after=told)

    await run_in_transaction(env, work)
