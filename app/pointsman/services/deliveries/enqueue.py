"""Owing: writing down what calendars have yet to hear of, and the jobs that tell them.

An appointment is one event in the calendar of each who takes part. `row.sequence` counts its changes: every change grows it
before anything is owed, so that no two ops of one rep ever have the same.
"""

from collections.abc import Sequence
from uuid import UUID

from pointsman.domain.booking.lifecycle import Status
from pointsman.domain.errors import Conflict
from pointsman.services.deliveries.calendar_event import event_key
from pointsman.services.deliveries.enqueue_crm import LOG, OWN, owe_crm
from pointsman.services.deliveries.jobs import defer_run
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.meeting import AppointmentRow, DeliveryRow

SWEPT_AT_ONCE = 200
#: Ops on events in calendars; all others are a CRM's.
EVENT_OPS = frozenset({"book", "move", "cancel"})


async def owe(env: Env, tx: Tx, row: AppointmentRow, op: str, *, known_to: UUID | None = None) -> None:
    """Owe `op` (book, move or cancel) to the calendars of all who take part, but not to that of `known_to`.

    Who has no event yet gets one, and who has none any more is not told again. Raises Conflict "no-calendar".
    """
    past = await tx.deliveries.of_appointment(row.id)
    for rep_id, rep_key in taking_part(row):
        if rep_id != known_to:
            await _owe_to(env, tx, row, rep_id, rep_key, op, past)
    if op == "book":
        await owe_crm(env, tx, row, OWN)
    # A CRM cannot be told that a request came to nothing, so that it hears of the meeting once it is agreed.
    if row.status == Status.CONFIRMED and not any(delivery.op == LOG for delivery in past):
        await owe_crm(env, tx, row, LOG)


async def hand_on(
    env: Env, tx: Tx, before: AppointmentRow, after: AppointmentRow, *, known_to: UUID | None = None
) -> None:
    """Owe what a change of who takes part calls for: `cancel` with who left, `book` with who came, `move` with who stays.

    Raises Conflict "no-calendar".
    """
    past = await tx.deliveries.of_appointment(after.id)
    now_there = dict(taking_part(after))
    for rep_id, rep_key in taking_part(before):
        if rep_id not in now_there:
            await _owe_to(env, tx, after, rep_id, rep_key, "cancel", past)
    were_there = dict(taking_part(before))
    for rep_id, rep_key in now_there.items():
        if rep_id != known_to:
            await _owe_to(env, tx, after, rep_id, rep_key, "move" if rep_id in were_there else "book", past)
    if before.rep_id != after.rep_id:
        await owe_crm(env, tx, after, OWN)
    await hasten(env, tx, after.id)  # a `book` that waits for its next try would keep the `cancel` waiting


def taking_part(row: AppointmentRow) -> Sequence[tuple[UUID, str]]:
    """Id and key of everybody who takes part, the one who leads first."""
    return [(row.rep_id, row.rep_key), *((item.rep_id, item.rep_key) for item in row.companions)]


async def _owe_to(
    env: Env, tx: Tx, row: AppointmentRow, rep_id: UUID, rep_key: str, op: str, past: Sequence[DeliveryRow]
) -> None:
    now = env.clock()
    mine = [delivery for delivery in past if delivery.rep_id == rep_id and delivery.op in EVENT_OPS]
    last = max(mine, key=lambda delivery: delivery.sequence, default=None)
    if last is not None and last.op != "cancel":
        # What was put into one calendar has to be changed there, even if the rep uses another one by now.
        connection_id, calendar = last.connection_id, last.calendar
        op = "move" if op == "book" else op
    elif op == "cancel":
        return
    else:
        target = await tx.calendars.write_target(rep_id)
        if target is None:
            raise Conflict(
                f"{rep_key} has no calendar to write appointments to. PUT /v1/reps/{rep_key}/calendars.",
                code="no-calendar",
            )
        connection_id, calendar, op = target.connection.id, target.calendar, "book"
    delivery = DeliveryRow(
        id=env.new_id(),
        appointment_id=row.id,
        rep_id=rep_id,
        connection_id=connection_id,
        calendar=calendar,
        op=op,
        key=event_key(row.id, rep_id),
        sequence=row.sequence,
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
    """Start what had to wait for this op on the same event."""
    for other in await tx.deliveries.of_appointment(ended.appointment_id):
        if other.status == "pending" and other.id != ended.id and other.key == ended.key:
            await defer_run(tx, other)
            return
