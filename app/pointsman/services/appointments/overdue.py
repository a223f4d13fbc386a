"""Overdue appointments: requests without a confirmation, and past appointments without a result."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.services.appointments.actions import lapse_request
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.names import roster_names
from pointsman.services.sweeps import SweepPosition, sweep_in_order
from pointsman.services.transactions import run_in_transaction

#: How long after its end an appointment may stand without a result.
RESULT_DEADLINE = timedelta(hours=24)
BATCH_SIZE = 200


async def lapse_requests(env: Env) -> int:
    """Cancel every request that was not confirmed in time, and alert the admin. Returns how many."""

    async def late(after: SweepPosition | None) -> Sequence[SweepPosition]:
        async with env.uow() as tx:
            return await tx.appointments.unconfirmed(before=env.clock(), after=after, limit=BATCH_SIZE)

    async def lapse(appointment_id: UUID) -> bool:
        return await lapse_request(env, appointment_id, actor=WORKER) is not None

    return await sweep_in_order(env, "appointment", late, lapse, page_size=BATCH_SIZE)


async def alert_missing_results(env: Env) -> int:
    """Raise an alert about every appointment that ended a day ago and still stands; it ends with the result."""
    known = await roster_names(env)

    async def work(tx: Tx) -> int:
        now = env.clock()
        found = await tx.appointments.without_result(
            ended_by=now - RESULT_DEADLINE, code=AlertCode.RESULT_OVERDUE, limit=BATCH_SIZE
        )
        for row in found:
            subject = f"appointment:{row.id}"
            message = _question(row, known.zones.get(row.rep_key, "UTC"))
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.RESULT_OVERDUE, subject=subject, message=message
            )
        return len(found)

    return await run_in_transaction(env, work)


def _question(row: AppointmentRow, zone: str) -> Message:
    starts = to_local_time(row.starts_at, zone)
    return say("alerts.result-overdue", rep=rep_name(row.rep_key), at=starts, appointment=str(row.id))
