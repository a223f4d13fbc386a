"""Give a delivery back until later."""

from datetime import datetime, timedelta

from pointsman.domain.messages.coded import CodedMessage
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.results.late_calls import follow
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.ports import Tx


async def put_off(
    tx: Tx,
    job: LeasedDelivery,
    error: CodedMessage,
    now: datetime,
    wait: timedelta,
    *,
    counted: bool = True,
    sequence: int | None = None,
    unsure: bool = False,
) -> bool:
    """Try it again after the wait, which is no attempt where it is not `counted`; False where the lease was lost."""
    until = now + wait
    kept = await tx.deliveries.postpone(
        job.delivery.id,
        lease=job.lease,
        until=until,
        error=error,
        counted=counted,
        sequence=sequence,
        unsure=unsure,
        said=job.delivery.said,
        mailed_from=job.delivery.mailed_from,
    )
    if kept:
        await defer_delivery(tx, job.delivery, at=until)
    await follow(tx, job, kept=kept, now=now)
    return kept
