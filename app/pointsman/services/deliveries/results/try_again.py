"""A delivery that is tried again: by the same rep, or by another."""

from datetime import timedelta

from pointsman.domain.backoff import retry_delay
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message, say
from pointsman.services.deliveries.jobs import defer_slot_taken
from pointsman.services.deliveries.results.give_up import give_up
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.deliveries.results.put_off import put_off
from pointsman.services.deliveries.results.settle import settle_delivery
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryError
from pointsman.services.transactions import run_in_transaction

SLOT_TAKEN_WAIT = timedelta(hours=1)


async def retry_later(
    env: Env, job: LeasedDelivery, error: Message, retry_after: timedelta | None, *, unsure: bool
) -> None:
    """Put the delivery off, longer each time, until it is too old; `unsure`: it may have been carried out."""
    delivery, now = job.delivery, env.clock()
    if job.is_too_old(now):
        gave_up = say("vendor.gave-up", count=delivery.attempts, error=error)
        await give_up(env, job, CodedMessage(DeliveryError.GAVE_UP, gave_up), unsure=unsure)
        return
    wait, told = retry_delay(delivery.attempts, delivery.id, retry_after), CodedMessage(DeliveryError.UNANSWERED, error)
    await run_in_transaction(env, lambda tx: put_off(tx, job, told, now, wait, unsure=unsure))


async def ask_for_another_rep(env: Env, job: LeasedDelivery, error: Message) -> None:
    """The calendar says that the time is gone: another rep is looked for, and until it is over it is tried again now and then."""
    if job.is_past_use(env.clock()):
        await settle_delivery(env, job, "superseded")
        return

    async def work(tx: Tx) -> None:
        taken = CodedMessage(DeliveryError.SLOT_TAKEN, error)
        if await put_off(tx, job, taken, env.clock(), SLOT_TAKEN_WAIT, counted=False):
            await defer_slot_taken(tx, job.delivery)

    await run_in_transaction(env, work)
