"""A calendar says that an appointment's time is gone: another rep of the pool takes it, or a human settles it."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from pointsman.domain.booking.calendar_diff import TIME_REFUSED, update_conflict
from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES, ConflictAct
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.conflict_record import write_conflict
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryRow
from pointsman.services.reassignment.appointment_transfer import prepare_transfer
from pointsman.services.reassignment.by_rules import reassign_in_tx
from pointsman.services.roster.names import roster_names
from pointsman.services.transactions import run_in_transaction

REASON = "the calendar says that this time is taken"


async def give_to_another_rep(env: Env, delivery_id: UUID) -> None:
    """Another rep who is free then takes the appointment, and the credit moves; else it is a conflict, and stands as it was.

    The time is tried in the old calendar now and then for as long as that is so. What changed meanwhile is left alone.
    """
    async with env.uow() as tx:
        delivery = await tx.deliveries.get(delivery_id)
        row = await tx.appointments.get(delivery.of_appointment) if delivery else None
        if delivery is None or row is None or not await _is_open(env, tx, delivery, row):
            return
    if delivery.rep_id == row.rep_id:
        try:
            await _reassign(env, delivery, row)
        except PointsmanError as error:  # none is free, its gate is shut, a calendar is unreadable: nothing has changed
            if error.code == "holder-changed":
                return
        else:
            return
    await _record(env, delivery)


async def _is_open(env: Env, tx: Tx, delivery: DeliveryRow, row: AppointmentRow) -> bool:
    owed = await tx.deliveries.of_thing(*delivery.thing)
    return (
        owed[-1].id == delivery.id
        and (delivery.status, delivery.error_code) == ("pending", DeliveryError.SLOT_TAKEN)
        and row.status in ACTIVE_STATUSES
        and row.starts_at > env.clock()
    )


async def _reassign(env: Env, delivery: DeliveryRow, row: AppointmentRow) -> None:
    transfer = await prepare_transfer(env, row.lead_id)

    async def attempt(calendars: Mapping[str, CalendarState]) -> None:
        async def work(tx: Tx) -> None:
            # The buyer may have moved it, or called it off, while the calendars were read.
            _, now_there = await lock_appointment(tx, row.id, WORKER)
            current = await tx.deliveries.get(delivery.id)
            if current is None or not await _is_open(env, tx, current, now_there):
                raise Conflict("The appointment was changed meanwhile.", code="holder-changed")
            await reassign_in_tx(
                env,
                tx,
                row.lead_id,
                reason=REASON,
                actor=WORKER,
                calendars=calendars,
                holder=row.rep_key,
                transfer=transfer,
            )

        await run_in_transaction(env, work)

    await with_closer_calendars(env, attempt)


async def _record(env: Env, delivery: DeliveryRow) -> None:
    known = await roster_names(env)

    async def work(tx: Tx) -> None:
        _, row = await lock_appointment(tx, delivery.of_appointment, WORKER)
        reps = {row.rep_id: row.rep_key} | {one.rep_id: one.rep_key for one in row.companions}
        current = await tx.deliveries.get(delivery.id)
        if delivery.rep_id not in reps or current is None or not await _is_open(env, tx, current, row):
            return
        rep = reps[delivery.rep_id]
        conflict = update_conflict(row.conflict, rep, TIME_REFUSED)
        if conflict != row.conflict:
            after = replace(row, conflict=conflict)
            await write_conflict(
                env, tx, row, after, act=ConflictAct.DISAGREES, by=ActorRole.CALENDAR, actor=WORKER, known=known
            )

    await run_in_transaction(env, work)
