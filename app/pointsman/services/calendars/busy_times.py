"""What is known of reps' time: calendars as read, and what Pointsman itself has given away, by one statement for all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.booking.appointment_caps import CAP_LOOKAROUND, CountedAppointment
from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.earliest_starts import RepSchedule
from pointsman.domain.messages.message import Message, say
from pointsman.domain.roster.reps import Rep
from pointsman.services.calendars.own_events import load_busy_times
from pointsman.services.calendars.readings import NOT_CONNECTED, RepCalendarReading
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import AppointmentRow, BusyReservation

_UNREAD = RepCalendarReading(state=replace(NOT_CONNECTED, reason=say("eligibility.calendar-not-read")))


async def fetch_schedules(
    tx: Tx,
    reps: Collection[Rep],
    readings: Mapping[str, RepCalendarReading],
    window: Interval,
    *,
    moving: AppointmentRow | None = None,
    hold: UUID | None = None,
) -> Mapping[str, RepSchedule]:
    """Schedules by rep; without a readable calendar none. The appointment `moving` and the slot hold `hold` do not count.

    Nor does the event of `moving` in calendars that tell our events by their keys; from times that come merged nothing is
    ever taken out.
    """
    readable = [rep for rep in reps if (found := readings.get(rep.key)) and found.state.readable and found.known_window]
    if not readable:
        return {}
    wide = Interval(window.start - CAP_LOOKAROUND, window.end + CAP_LOOKAROUND)
    gone: dict[UUID, list[BusyReservation]] = {}
    for item in await tx.appointments.busy_reservations([rep.id for rep in readable], wide):
        own = (moving is not None and item.appointment_id == moving.id) or (
            hold is not None and item.slot_hold_id == hold
        )
        if not own:
            gone.setdefault(item.rep_id, []).append(item)
    busy = await load_busy_times(tx, readable, readings, gone, moving=moving)
    return {rep.key: _schedule_of(rep, readings[rep.key], busy[rep.key], gone.get(rep.id, ())) for rep in readable}


def unreadable_reason(readings: Mapping[str, RepCalendarReading], key: str, wanted: Interval) -> Message | None:
    """Why nothing is known of a rep's calendar at `wanted`; None when all of it was read."""
    reading = readings.get(key, _UNREAD)
    if reading.state.readable and reading.known_in(wanted) == wanted:
        return None
    return reading.state.reason or say("eligibility.time-not-read")


def _schedule_of(
    rep: Rep, reading: RepCalendarReading, busy: Sequence[Interval], gone: Collection[BusyReservation]
) -> RepSchedule:
    assert reading.known_window is not None, "only readable calendars come here"
    return RepSchedule(
        rep=rep,
        busy=busy,
        reservations=[item.reservation for item in gone],
        appointments=[
            CountedAppointment(start=t.interval.start, category=t.category) for t in gone if t.appointment_id
        ],
        known=reading.known_window,
    )
