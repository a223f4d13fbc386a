"""Readings that an event of ours made out of date, where a vendor merges busy times and ours cannot be told from others."""

from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted

#: The job that reads every calendar again whose reading is out of date.
OUTDATED_TASK = "calendars.outdated"


async def outdate_readings(env: Env, tx: Tx, done: DeliveryRow) -> None:
    """After an event was changed or taken out: the calendar is read again at once, before the freed time is offered."""
    if done.kind != DeliveryKind.APPOINTMENT or not await _frees_time(tx, done):
        return
    if await tx.calendars.outdate_readings(done.connection_id, done.calendar, at=env.clock()):
        await tx.jobs.defer_once(OUTDATED_TASK, calls_vendor=True)


async def _frees_time(tx: Tx, done: DeliveryRow) -> bool:
    """Whether the event stood there before, so that a time that it had may be free now."""
    if done.wanted == Wanted.DROP:
        return True
    return any(other.attempts for other in await tx.deliveries.of_thing(*done.thing) if other.id != done.id)
