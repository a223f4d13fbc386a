"""Calls without an answer, and calls of a lost lease: whether they may still be carried out, and what is done again then."""

from datetime import datetime, timedelta

from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryKind, DeliveryRow, Wanted

LATE_CALL_WINDOW = timedelta(minutes=15)  # a call that was given up on may be carried out so late


async def may_be_undone_late(tx: Tx, delivery: DeliveryRow, *, now: datetime) -> bool:
    """Whether a call that this one overtook was never answered, so that it may still be carried out.

    A late event is told from the one that was put by its sequence; a late removal has none, and takes out what stands. A
    record that is told again stays as it is. Mail that comes late is told from the newer by its sequence.
    """
    if delivery.kind == DeliveryKind.NOTICE or delivery.error_code in (
        DeliveryError.REMOVED_ONCE_MORE,
        DeliveryError.SENT_ONCE_MORE,
    ):
        return False
    undoes = Wanted.DROP if (delivery.kind, delivery.wanted) == (DeliveryKind.APPOINTMENT, Wanted.PUT) else Wanted.PUT
    owed = await tx.deliveries.of_thing(*delivery.thing)
    return owed[-1].id == delivery.id and any(
        _was_unanswered(other) and other.done_at and other.done_at > now - LATE_CALL_WINDOW
        for other in owed[:-1]
        if other.wanted == undoes and not (delivery.kind == DeliveryKind.PERSON and other.told == owed[-1].told)
    )


def _was_unanswered(delivery: DeliveryRow) -> bool:
    """Whether an attempt may be under way still: the last one of what is done was answered, and those before it were not."""
    return delivery.attempts > (delivery.status == "done")


async def follow(tx: Tx, job: LeasedDelivery, *, kept: bool, now: datetime) -> None:
    """Start what waited for this call. Of a lost lease, what was done since is done again, since the call may have undone it."""
    last = (await tx.deliveries.of_thing(*job.delivery.thing))[-1]
    if last.id == job.delivery.id:
        return
    if kept:
        if last.status == "pending":
            await defer_delivery(tx, last)
    elif last.kind == DeliveryKind.NOTICE or last.wanted == job.delivery.wanted == Wanted.DROP:
        pass  # gone is gone, and mail is not sent twice on purpose
    elif await tx.deliveries.reopen(last.id, status="done", at=now):
        await defer_delivery(tx, last)
