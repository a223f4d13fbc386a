"""Owing: writing down what calendars have yet to hear of, and the jobs that tell them.

An appointment is one event in the calendar of each who takes part. `row.sequence` counts its changes: every change grows it
before anything is owed, so that no two ops of one rep ever have the same.
"""

from collections.abc import Sequence
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.calendar_event import event_key
from pointsman.services.deliveries.enqueue_crm import LOG_MEETING_OP, SET_OWNER_OP, enqueue_crm_deliveries
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.wording.english import english_error

SWEEP_BATCH_SIZE = 200
#: Ops on events in calendars; all others are a CRM's.
EVENT_OPS = frozenset({"book", "move", "cancel"})


async def enqueue_deliveries(
    env: Env, tx: Tx, row: AppointmentRow, op: str, *, informed_rep_id: UUID | None = None
) -> None:
    """Owe `op` (book, move or cancel) to the calendars of all participants, but not to that of `informed_rep_id`.

    A participant without an event gets one; one whose event is gone is not told again. Raises Conflict "no-calendar".
    """
    past = await tx.deliveries.of_appointment(row.id)
    for rep_id, rep_key in participants_of(row):
        if rep_id != informed_rep_id:
            await _enqueue_for_rep(env, tx, row, rep_id, rep_key, op, past)
    if op == "book":
        await enqueue_crm_deliveries(env, tx, row, SET_OWNER_OP)
    # A CRM cannot be told that a request came to nothing, so that it hears of the meeting once it is agreed.
    if row.status == AppointmentStatus.CONFIRMED and not any(delivery.op == LOG_MEETING_OP for delivery in past):
        await enqueue_crm_deliveries(env, tx, row, LOG_MEETING_OP)


async def enqueue_changes(
    env: Env, tx: Tx, before: AppointmentRow, after: AppointmentRow, *, informed_rep_id: UUID | None = None
) -> None:
    """Owe what a change of who takes part calls for: `cancel` with who left, `book` with who came, `move` with who stays.

    Raises Conflict "no-calendar".
    """
    past = await tx.deliveries.of_appointment(after.id)
    now_there = dict(participants_of(after))
    for rep_id, rep_key in participants_of(before):
        if rep_id not in now_there:
            await _enqueue_for_rep(env, tx, after, rep_id, rep_key, "cancel", past)
    were_there = dict(participants_of(before))
    for rep_id, rep_key in now_there.items():
        if rep_id != informed_rep_id:
            await _enqueue_for_rep(env, tx, after, rep_id, rep_key, "move" if rep_id in were_there else "book", past)
    if before.rep_id != after.rep_id:
        await enqueue_crm_deliveries(env, tx, after, SET_OWNER_OP)
    await run_pending_now(env, tx, after.id)  # a `book` that waits for its next try would keep the `cancel` waiting


def participants_of(row: AppointmentRow) -> Sequence[tuple[UUID, str]]:
    """Id and key of every participant, the leader first."""
    return [(row.rep_id, row.rep_key), *((item.rep_id, item.rep_key) for item in row.companions)]


async def _enqueue_for_rep(
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
            said = say("refusal.no-calendar", rep=rep_name(rep_key))
            reps = (await load_routing_config(env, tx)).roster.reps
            raise english_error(Conflict, said, reps, code="no-calendar")
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
        error_code=None,
        last_error=None,
        vendor_id=None,
        vendor_version=None,
        created_at=now,
        done_at=None,
    )
    await tx.deliveries.add(delivery)
    await defer_delivery(tx, delivery)


async def run_pending_now(env: Env, tx: Tx, appointment_id: UUID) -> None:
    """Run what an appointment's calendars are still owed now, not after its next wait."""
    now = env.clock()
    for delivery in await tx.deliveries.of_appointment(appointment_id):
        if delivery.status == "pending" and await tx.deliveries.reopen(delivery.id, status="pending", at=now):
            await defer_delivery(tx, delivery)


async def resume_connection(env: Env, tx: Tx, connection_id: UUID) -> None:
    """Run now what waited for this connection to work again."""
    for delivery in await tx.deliveries.pending_of_connection(connection_id, limit=SWEEP_BATCH_SIZE):
        if await tx.deliveries.reopen(delivery.id, status="pending", at=env.clock()):
            await defer_delivery(tx, delivery)


async def start_next_delivery(tx: Tx, ended: DeliveryRow) -> None:
    """Start what had to wait for this op on the same event."""
    for other in await tx.deliveries.of_appointment(ended.appointment_id):
        if other.status == "pending" and other.id != ended.id and other.key == ended.key:
            await defer_delivery(tx, other)
            return
