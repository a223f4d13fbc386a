"""The job that runs one delivery."""

from datetime import datetime

from pointsman.services.ports import Tx
from pointsman.services.ports.booking.deliveries import DeliveryRow

DELIVERY_TASK = "delivery.run"


async def defer_delivery(tx: Tx, delivery: DeliveryRow, *, at: datetime | None = None) -> None:
    """Run the delivery, now or at `at`. What is owed before it is left to its claim, which waits for no other job."""
    await tx.jobs.defer(DELIVERY_TASK, {"delivery_id": str(delivery.id)}, at=at, calls_vendor=True)
