"""Deliveries that wait for their connection, for a user there, or for their turn: no call was made, or none that counts."""

from datetime import datetime, timedelta

from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.records.missing_users import missing_user_alert
from pointsman.services.deliveries.results.give_up import give_up
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.deliveries.results.put_off import put_off
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryError
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

SHORTEST_WAIT = timedelta(seconds=1)
USER_WAIT = timedelta(minutes=10)
REAUTH_WAIT = timedelta(minutes=30)


async def wait_for_turn(env: Env, job: LeasedDelivery, error: Message, wait: timedelta) -> None:
    """The connection has to wait and no call was made: this is no attempt."""
    now = env.clock()
    if job.is_too_old(now):
        await give_up(env, job, CodedMessage(DeliveryError.GAVE_UP, error))
        return
    waiting, turn = CodedMessage(DeliveryError.WAITING, error), max(wait, SHORTEST_WAIT)
    await run_in_transaction(env, lambda tx: put_off(tx, job, waiting, now, turn, counted=False))


async def put_off_until(env: Env, job: LeasedDelivery, error: CodedMessage, until: datetime) -> None:
    """What may not be said before then: no call was made, and this is no attempt."""
    now = env.clock()
    await run_in_transaction(
        env, lambda tx: put_off(tx, job, error, now, max(until - now, SHORTEST_WAIT), counted=False)
    )


async def wait_for_connection(env: Env, job: LeasedDelivery, error: CodedMessage) -> None:
    """Take the connection out of use and tell a human; the delivery waits, and this does not count as an attempt."""

    async def work(tx: Tx) -> None:
        await put_out_of_use(env, tx, job.connection, error.message)
        await put_off(tx, job, error, env.clock(), REAUTH_WAIT, counted=False)

    await run_in_transaction(env, work)


async def wait_until_in_use(env: Env, job: LeasedDelivery, error: CodedMessage) -> None:
    """The connection was switched off, or out of use, when the delivery was claimed; no call was made. It waits until that ends.

    Under the lock of the connection's row: who puts it back into use finds either this one waiting, or is found here.
    """

    async def work(tx: Tx) -> None:
        used = await tx.connections.get(job.connection.key, lock=True)
        is_back = used is not None and used.active and used.fault is None
        await put_off(tx, job, error, env.clock(), SHORTEST_WAIT if is_back else REAUTH_WAIT, counted=False)

    await run_in_transaction(env, work)


async def wait_for_user(env: Env, job: LeasedDelivery, error: Message) -> None:
    """The CRM has no such user: a human is told once, and the delivery is tried for as long as it takes. This is no attempt."""

    async def work(tx: Tx) -> None:
        told = CodedMessage(DeliveryError.UNKNOWN_OWNER, error)
        if await put_off(tx, job, told, env.clock(), USER_WAIT, counted=False):
            subject, message = missing_user_alert(job.connection.key, error)
            code = AlertCode.CRM_USER_MISSING
            await tx.alerts.put(id=env.new_id(), at=env.clock(), code=code, subject=subject, message=message)

    await run_in_transaction(env, work)
