"""The jobs that deliveries bring."""

from collections.abc import Sequence
from datetime import datetime

from pointsman.services.ports import Tx
from pointsman.services.ports.booking.deliveries import DeliveryRow

DELIVERY_TASK = "delivery.run"
SLOT_TAKEN_TASK = "delivery.slot_taken"


async def defer_delivery(tx: Tx, delivery: DeliveryRow, *, at: datetime | None = None) -> None:
    """Run the delivery, now or at `at`. What is owed before it is left to its claim, which waits for no other job."""
    await tx.jobs.defer(DELIVERY_TASK, {"delivery_id": str(delivery.id)}, at=at, calls_vendor=True)


async def defer_deliveries(tx: Tx, deliveries: Sequence[DeliveryRow]) -> None:
    """Run each when it is due."""
    jobs = [({"delivery_id": str(one.id)}, one.next_attempt_at) for one in deliveries]
    await tx.jobs.defer_each(DELIVERY_TASK, jobs, calls_vendor=True)


async def defer_slot_taken(tx: Tx, delivery: DeliveryRow) -> None:
    """Look for another rep for the appointment, whose time the delivery's calendar calls taken."""
    await tx.jobs.defer(SLOT_TAKEN_TASK, {"delivery_id": str(delivery.id)}, at=None, calls_vendor=True)
