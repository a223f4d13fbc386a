"""Conflicts: a calendar says otherwise than an appointment, and a human has to settle it.

The appointment stands as it was. Its conflict goes when the calendar agrees again, or when an act settles it: moving the
appointment, calling it off, or keeping it, which puts our time into the calendars once more.
"""

from dataclasses import replace
from uuid import UUID

from pointsman.domain.booking.calendar_diff import has_emptied, update_conflict
from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES, AppointmentAction, ConflictAct
from pointsman.domain.messages.message import Message
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.acting_side import find_acting_side
from pointsman.services.appointments.conflict_record import write_conflict
from pointsman.services.appointments.transitions import require_action_allowed
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.ports import WORKER, Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import PlacedEvent, Wanted
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.names import roster_names
from pointsman.services.transactions import run_in_transaction


async def dismiss_conflict(env: Env, appointment_id: UUID, *, actor: Actor) -> AppointmentRow:
    """Say that the appointment stands as agreed: its event is owed to the calendars again. Without a conflict nothing is done.

    Raises NotFound, Forbidden, and Conflict "action-not-allowed" for one that has begun or does not stand.
    """
    known = await roster_names(env)

    async def work(tx: Tx) -> AppointmentRow:
        _, row = await lock_appointment(tx, appointment_id, actor)
        side = await find_acting_side(
            env, tx, actor, Operation.APPOINTMENT_MOVE, leader=row.rep_key, setter=row.setter_key
        )
        require_action_allowed(row, AppointmentAction.RESCHEDULE, env.clock())
        if row.conflict is None:
            return row
        kept = replace(row, conflict=None, sequence=row.sequence + 1)
        await enqueue_deliveries(env, tx, kept, Wanted.PUT)
        await write_conflict(env, tx, row, kept, act=ConflictAct.DISMISSED, by=side, actor=actor, known=known)
        return kept

    return await run_in_transaction(env, work)


async def record_conflict(env: Env, seen: PlacedEvent, said: Message | None) -> None:
    """Put on record what a calendar says otherwise about an appointment, or, with None, that it agrees."""
    known = await roster_names(env)

    async def work(tx: Tx) -> None:
        _, row = await lock_appointment(tx, seen.appointment_id, WORKER)
        conflict = update_conflict(row.conflict, seen.rep_key, said)
        if conflict != row.conflict and await is_unchanged(env, tx, row, seen):
            act = ConflictAct.DISAGREES if said else ConflictAct.AGREES
            after = replace(row, conflict=conflict)
            await write_conflict(env, tx, row, after, act=act, by=ActorRole.CALENDAR, actor=WORKER, known=known)

    await run_in_transaction(env, work)


async def is_unchanged(env: Env, tx: Tx, row: AppointmentRow, seen: PlacedEvent) -> bool:
    """Whether the appointment, whose row is locked, still is what was compared with the calendar."""
    if row.status not in ACTIVE_STATUSES or row.sequence != seen.sequence or row.starts_at <= env.clock():
        return False
    where = (seen.connection_id, seen.calendar, seen.key)
    past = await tx.deliveries.of_appointment(row.id)
    ours = [delivery for delivery in past if (delivery.connection_id, delivery.calendar, delivery.key) == where]
    settled = max((delivery.done_at for delivery in ours if delivery.done_at), default=None)
    last = max(ours, key=lambda delivery: delivery.sequence, default=None)
    return last is not None and last.status in ("done", "superseded") and settled == seen.settled_at


async def resolve_settled_alerts(env: Env) -> None:
    """Close the alerts whose conflict is settled."""
    async with env.uow.autocommit() as tx:
        told = [
            alert
            for alert in await tx.alerts.list_open()
            if alert["code"] in (AlertCode.CALENDAR_CONFLICT, AlertCode.CALENDAR_EMPTIED)
        ]
        if not told:
            return
        now = env.clock()
        placed = [item for item in await tx.deliveries.placed_events(after=now) if item.is_wanted and item.conflict]
        open_still = {(AlertCode.CALENDAR_CONFLICT, f"appointment:{item.appointment_id}") for item in placed}
        open_still |= {
            (AlertCode.CALENDAR_EMPTIED, f"rep:{i.rep_key}") for i in placed if has_emptied(i.conflict, i.rep_key)
        }
        for alert in told:
            if (alert["code"], alert["subject"]) not in open_still:
                await tx.alerts.resolve(at=now, code=alert["code"], subject=alert["subject"])
