"""The job that runs one delivery."""

from datetime import datetime

from pointsman.services.ports import Tx
from pointsman.services.ports.meeting import DeliveryRow

TASK = "delivery.run"


async def defer_run(tx: Tx, delivery: DeliveryRow, *, at: datetime | None = None) -> None:
    """Run the delivery, now or at `at`; jobs of one appointment run one after another."""
    lock = f"appointment:{delivery.appointment_id}"
    await tx.jobs.defer(TASK, {"delivery_id": str(delivery.id)}, lock=lock, at=at)
