"""Owing: writing down what a calendar has yet to hear of, and the job that tells it."""

from datetime import datetime
from uuid import UUID

from pointsman.domain.errors import Conflict
from pointsman.services.event import event_key
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.meeting import AppointmentRow, DeliveryRow

TASK = "delivery.run"
SWEPT_AT_ONCE = 200


async def owe(env: Env, tx: Tx, row: AppointmentRow, op: str, *, sequence: int) -> None:
    """Write the delivery that an appointment's change calls for, and its job. Raises Conflict "no-calendar"."""
    now = env.clock()
    past = await tx.deliveries.of_appointment(row.id)
    if past:  # what was put into one calendar has to be changed there, even if the rep uses another one by now
        connection_id, calendar = past[0].connection_id, past[0].calendar
    else:
        target = await tx.calendars.write_target(row.rep_id)
        if target is None:
            raise Conflict(
                f"{row.rep_key} has no calendar to write appointments to. PUT /v1/reps/{row.rep_key}/calendars.",
                code="no-calendar",
            )
        connection_id, calendar = target.connection.id, target.calendar
    delivery = DeliveryRow(
        id=env.new_id(),
        appointment_id=row.id,
        rep_id=row.rep_id,
        connection_id=connection_id,
        calendar=calendar,
        op=op,
        key=event_key(row.id, row.rep_id),
        sequence=sequence,
        status="pending",
        attempts=0,
        next_attempt_at=now,
        last_error=None,
        vendor_id=None,
        vendor_version=None,
        created_at=now,
        done_at=None,
    )
    await tx.deliveries.add(delivery)
    await defer_run(tx, delivery)


async def hasten(env: Env, tx: Tx, appointment_id: UUID) -> None:
    """Run what an appointment's calendars are still owed now, not after its next wait."""
    now = env.clock()
    for delivery in await tx.deliveries.of_appointment(appointment_id):
        if delivery.status == "pending" and await tx.deliveries.reopen(delivery.id, status="pending", at=now):
            await defer_run(tx, delivery)


async def wake(env: Env, tx: Tx, connection_id: UUID) -> None:
    """Run now what waited for this connection to work again."""
    for delivery in await tx.deliveries.waiting(connection_id, limit=SWEPT_AT_ONCE):
        if await tx.deliveries.reopen(delivery.id, status="pending", at=env.clock()):
            await defer_run(tx, delivery)


async def follow(tx: Tx, ended: DeliveryRow) -> None:
    """Start what had to wait for this op."""
    for other in await tx.deliveries.of_appointment(ended.appointment_id):
        if other.status == "pending" and other.id != ended.id:
            await defer_run(tx, other)
            return


async def defer_run(tx: Tx, delivery: DeliveryRow, *, at: datetime | None = None) -> None:
    lock = f"appointment:{delivery.appointment_id}"
    await tx.jobs.defer(TASK, {"delivery_id": str(delivery.id)}, lock=lock, at=at)
