"""What follows from a difference between a calendar and our appointments. Each is looked at again under the row's lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.calendar_diff import CALENDAR_EMPTIED, EventComparison, EventState
from pointsman.domain.booking.lifecycle import AppointmentAction, transition_for
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.message import Arg, connection_name, first_of, rep_name, say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.transition_effects import TransitionRequest, apply_transition
from pointsman.services.appointments.transitions import require_action_allowed
from pointsman.services.audit import audit
from pointsman.services.booking.refusal_words import refusal_words
from pointsman.services.booking.reschedule import reschedule_from_calendar
from pointsman.services.calendar_sync.conflicts import (
    is_unchanged,
    record_conflict,
)
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.calendars.unreadable_alerts import alert_subject
from pointsman.services.deliveries.calendar_event import appointment_id_of_event
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryRow, PlacedEvent, Wanted
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.names import roster_names
from pointsman.services.transactions import run_in_transaction

_TAKEN_AWAY = frozenset({EventState.DELETED, EventState.CALLED_OFF})


async def apply_comparison(env: Env, seen: PlacedEvent, compared: EventComparison) -> None:
    """Make the appointment agree, or put on record that it does not. PointsmanError when it is too late for either."""
    finding, to = compared.state, compared.moved_to
    if finding is EventState.UNCHANGED and seen.conflict is not None:
        await record_conflict(env, seen, None)
    elif finding is EventState.CALENDAR_EMPTIED:
        await _report_emptied_calendar(env, seen)
    elif finding in _TAKEN_AWAY and seen.is_leader:
        await with_closer_calendars(env, lambda calendars: _cancel(env, seen, calendars))
    elif finding in _TAKEN_AWAY:
        await record_conflict(env, seen, say("calendar.deleted-by-companion", rep=rep_name(seen.rep_key)))
    elif finding is EventState.SERIES:
        said = (
            say("calendar.series-is-empty") if to is None else say("calendar.series", **await _told_time(env, seen, to))
        )
        await record_conflict(env, seen, said)
    elif finding is EventState.PUT_BACK and to is not None:
        await record_conflict(env, seen, say("calendar.put-back", **await _told_time(env, seen, to)))
    elif finding is EventState.UNCERTAIN and to is not None:
        await record_conflict(env, seen, say("calendar.uncertain", **await _told_time(env, seen, to)))
    elif to is not None and seen.is_leader:
        await _move(env, seen, to)
    elif to is not None:
        told = say("calendar.moved-by-companion", rep=rep_name(seen.rep_key), **await _told_time(env, seen, to))
        await record_conflict(env, seen, told)


async def _move(env: Env, seen: PlacedEvent, to: Interval) -> None:
    try:
        why = await reschedule_from_calendar(
            env, seen.appointment_id, to.start, to.end, actor=WORKER, sequence=seen.sequence
        )
    except Unavailable as unknown:
        # Not known to be free: a calendar cannot be read, or the time is past, or later than all that was read.
        if unknown.code != "calendar-unreadable":
            raise
        why = refusal_words(unknown)
    if why is not None:
        await record_conflict(env, seen, say("calendar.moved", why=why, **await _told_time(env, seen, to)))


async def _cancel(env: Env, seen: PlacedEvent, calendars: Mapping[str, CalendarState]) -> None:
    await run_in_transaction(env, lambda tx: _cancel_in_tx(env, tx, seen, calendars))


async def _cancel_in_tx(env: Env, tx: Tx, seen: PlacedEvent, calendars: Mapping[str, CalendarState]) -> None:
    lead, row = await lock_appointment(tx, seen.appointment_id, WORKER)
    if not await is_unchanged(env, tx, row, seen):
        return
    require_action_allowed(row, AppointmentAction.CANCEL, env.clock())
    removed = say("reason.removed-from-calendar")
    request = TransitionRequest(
        action=AppointmentAction.CANCEL,
        transition=transition_for(AppointmentAction.CANCEL, ActorRole.CALENDAR),
        by=ActorRole.CALENDAR,
        actor=WORKER,
        reason=removed,
        column_changes={
            "cancelled_at": env.clock(),
            "cancelled_by": ActorRole.CALENDAR.value,
            "cancel_reason": removed.as_json(),
            "conflict": None,
        },
    )
    await apply_transition(env, tx, lead, row, request, calendars)


async def _report_emptied_calendar(env: Env, seen: PlacedEvent) -> None:
    await record_conflict(env, seen, CALENDAR_EMPTIED)
    subject = f"rep:{seen.rep_key}"
    async with env.uow() as tx:
        if await tx.alerts.is_open(code=AlertCode.CALENDAR_EMPTIED, subject=subject):
            return
        message = say("alerts.calendar-emptied", rep=rep_name(seen.rep_key))
        await tx.alerts.put(
            id=env.new_id(), at=env.clock(), code=AlertCode.CALENDAR_EMPTIED, subject=subject, message=message
        )


async def remove_orphan_events(
    env: Env, connection: ConnectionRow, calendar: str, keys: Sequence[str], *, read_at: datetime
) -> None:
    """Events of ours that no appointment wants there: one that we took out before is taken out again, the others are an alert.

    A rep's calendar program may restore an event that was cancelled; there must be none.
    """

    async def work(tx: Tx) -> list[str]:
        known = [await _owned_or_taken_out(env, tx, connection, calendar, key, read_at) for key in keys]
        return [key for key, is_known in zip(keys, known, strict=True) if not is_known]

    unknown = await run_in_transaction(env, work) if keys else []
    subject = alert_subject(connection, calendar)
    async with env.uow() as tx:
        there = await tx.alerts.is_open(code=AlertCode.CALENDAR_ORPHAN, subject=subject)
        if unknown and not there:
            message = say(
                "alerts.calendar-orphan", connection=connection_name(connection.key), events=first_of(unknown, 5)
            )
            await tx.alerts.put(
                id=env.new_id(), at=env.clock(), code=AlertCode.CALENDAR_ORPHAN, subject=subject, message=message
            )
        elif there and not unknown:
            await tx.alerts.resolve(at=env.clock(), code=AlertCode.CALENDAR_ORPHAN, subject=subject)


async def _owned_or_taken_out(
    env: Env, tx: Tx, connection: ConnectionRow, calendar: str, key: str, read_at: datetime
) -> bool:
    """False for an event that no appointment explains."""
    appointment_id = appointment_id_of_event(key)
    past = await tx.deliveries.of_appointment(appointment_id) if appointment_id else ()
    ours = [item for item in past if (item.connection_id, item.calendar, item.key) == (connection.id, calendar, key)]
    if not ours:
        return False
    last = max(ours, key=lambda item: item.sequence)
    if last.wanted != Wanted.DROP:
        row = await tx.appointments.get(last.of_appointment)
        return row is not None and row.status not in ("cancelled", "rejected")
    if last.done_at and last.done_at < read_at and await _remove_again(env, tx, last):
        await audit(env, tx, WORKER, "delivery.reopened", f"delivery:{last.id}", reason=say("reason.event-is-back"))
    return True  # still owed, or dead, which has an alert of its own


async def _remove_again(env: Env, tx: Tx, last: DeliveryRow) -> bool:
    if not await tx.deliveries.reopen(last.id, status="done", at=env.clock()):
        return False
    await defer_delivery(tx, last)
    return True


async def _told_time(env: Env, seen: PlacedEvent, to: Interval) -> dict[str, Arg]:
    """On the clock of the rep whose calendar it is, where a reader has none."""
    zone = (await roster_names(env)).zones.get(seen.rep_key, "UTC")
    return {"start": to_local_time(to.start, zone), "end": to_local_time(to.end, zone)}
