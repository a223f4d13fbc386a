"""Owing: what calendars, CRMs and buyers have yet to hear, written down in the act's own transaction, with the jobs that tell.

A delivery says which thing is to stand or to go, and not what it is: that is looked up when it runs. So the last act wins
however late a vendor hears of it, and what is owed later about a thing overtakes what was owed before.
An appointment is one event in the calendar of each participant. `row.sequence` counts its changes: every change grows it
before anything is owed.
"""

from collections.abc import Sequence
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.calendar_event import event_key
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.notices import enqueue_notices
from pointsman.services.deliveries.owe import next_sequence, owe
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted
from pointsman.services.wording.english import english_error

SWEEP_BATCH_SIZE = 200


def meeting_key(appointment_id: UUID) -> str:
    """The meeting's name in a CRM, for good."""
    return f"pm-{appointment_id}"


async def enqueue_deliveries(
    env: Env, tx: Tx, row: AppointmentRow, wanted: Wanted, *, informed_rep_id: UUID | None = None
) -> None:
    """Owe the event, or its removal, to the calendars of all participants, but not to that of `informed_rep_id`.

    One whose event is gone is not told again. CRMs hear of the meeting, and the buyer of what is new to them; the lead's
    owner is told by what gives the lead away (`lead_record`).
    Raises Conflict "no-calendar".
    """
    past = await tx.deliveries.of_appointment(row.id)
    for rep_id, rep_key in participants_of(row):
        if rep_id != informed_rep_id:
            await _owe_event(env, tx, row, rep_id, rep_key, wanted, past)
    await enqueue_meeting(env, tx, row)
    await enqueue_notices(env, tx, row, past)


async def enqueue_changes(
    env: Env, tx: Tx, before: AppointmentRow, after: AppointmentRow, *, informed_rep_id: UUID | None = None
) -> None:
    """Owe what a change of who takes part calls for: a removal with who left, the event with who came or stays.

    Raises Conflict "no-calendar".
    """
    past = await tx.deliveries.of_appointment(after.id)
    now_there = dict(participants_of(after))
    for rep_id, rep_key in participants_of(before):
        if rep_id not in now_there:
            await _owe_event(env, tx, after, rep_id, rep_key, Wanted.DROP, past)
    for rep_id, rep_key in now_there.items():
        if rep_id != informed_rep_id:
            await _owe_event(env, tx, after, rep_id, rep_key, Wanted.PUT, past)
    await enqueue_meeting(env, tx, after)
    await enqueue_notices(env, tx, after, past, moved=before.starts_at != after.starts_at)


async def enqueue_link(env: Env, tx: Tx, row: AppointmentRow) -> None:
    """Owe what another place calls for: the leader's calendar, which made it, has it."""
    await enqueue_deliveries(env, tx, row, Wanted.PUT, informed_rep_id=row.rep_id)


async def enqueue_meeting(env: Env, tx: Tx, row: AppointmentRow) -> None:
    """Owe the meeting as it is now to every CRM that hears of it: from when it is agreed, on every act."""
    for connection in await tx.connections.owner_keeping_crms():
        past = await tx.deliveries.of_thing(connection.id, "", DeliveryKind.ACTIVITY, meeting_key(row.id))
        if past or row.status == AppointmentStatus.CONFIRMED:
            await owe(env, tx, row, connection.id, DeliveryKind.ACTIVITY, meeting_key(row.id), next_sequence(past))


def participants_of(row: AppointmentRow) -> Sequence[tuple[UUID, str]]:
    """Id and key of every participant, the leader first."""
    return [(row.rep_id, row.rep_key), *((item.rep_id, item.rep_key) for item in row.companions)]


async def _owe_event(
    env: Env, tx: Tx, row: AppointmentRow, rep_id: UUID, rep_key: str, wanted: Wanted, past: Sequence[DeliveryRow]
) -> None:
    mine = [item for item in past if item.rep_id == rep_id and item.kind == DeliveryKind.APPOINTMENT]
    last = max(mine, key=lambda delivery: delivery.sequence, default=None)
    if last is not None and last.wanted == Wanted.PUT:
        # What was put into one calendar has to be changed there, even if the rep uses another one by now.
        connection_id, calendar = last.connection_id, last.calendar
    elif wanted is Wanted.DROP:
        return
    else:
        target = await tx.calendars.write_target(rep_id)
        if target is None:
            said = say("refusal.no-calendar", rep=rep_name(rep_key))
            reps = (await load_routing_config(env, tx)).roster.reps
            raise english_error(Conflict, said, reps, code="no-calendar")
        connection_id, calendar = target.connection.id, target.calendar
    key, kind = event_key(row.id, rep_id), DeliveryKind.APPOINTMENT
    await owe(env, tx, row, connection_id, kind, key, row.sequence, wanted, rep_id=rep_id, calendar=calendar)


async def resume_connection(env: Env, tx: Tx, connection_id: UUID) -> None:
    """Run now what waited for this connection to work again, and ask it what it could not tell meanwhile.

    The oldest have jobs at once; the sweep defers one after another of the others.
    """
    await tx.events.resume(connection_id, at=env.clock())
    await tx.deliveries.renew(connection_id, at=env.clock())
    for delivery in await tx.deliveries.pending_of_connection(connection_id, limit=SWEEP_BATCH_SIZE):
        if await tx.deliveries.reopen(delivery.id, status="pending", at=env.clock()):
            await defer_delivery(tx, delivery)
