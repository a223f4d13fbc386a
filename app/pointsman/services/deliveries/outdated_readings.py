"""Readings that an event of ours made out of date, where a vendor merges busy times and ours cannot be told from others."""

from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryRow

_FREES_TIME = frozenset({"move", "cancel"})


async def outdate_readings(env: Env, tx: Tx, done: DeliveryRow) -> None:
    """After an event was moved or taken out: the calendar is read again at once, before the freed time is offered."""
    if done.op not in _FREES_TIME:
        return
    if await tx.calendars.outdate_readings(done.connection_id, done.calendar, at=env.clock()):
        await tx.jobs.defer_once("calendars.poll")
