"""What is known of reps' time: calendars as read, and what Pointsman itself has given away, by one statement for all."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

from pointsman.domain.booking.availability import Interval, less
from pointsman.domain.booking.caps import COUNTED_AROUND, Meeting
from pointsman.domain.booking.earliest import Diary
from pointsman.domain.roster.reps import Rep
from pointsman.services.calendars.readings import NOT_CONNECTED, Reading
from pointsman.services.ports import Tx
from pointsman.services.ports.meeting import AppointmentRow, Taken

UNREAD = Reading(state=replace(NOT_CONNECTED, reason="it was not read for this"))


async def fetch_diaries(
    tx: Tx,
    reps: Collection[Rep],
    readings: Mapping[str, Reading],
    window: Interval,
    *,
    moving: AppointmentRow | None = None,
    hold: UUID | None = None,
) -> Mapping[str, Diary]:
    """By rep; whoever has no readable calendar is left out. Neither the appointment `moving` nor the slot hold `hold` counts.

    The appointment's own event is taken out of the calendars of those who take part, by its time alone.
    """
    readable = [rep for rep in reps if (found := readings.get(rep.key)) and found.state.readable and found.asked]
    if not readable:
        return {}
    wide = Interval(window.start - COUNTED_AROUND, window.end + COUNTED_AROUND)
    gone: dict[UUID, list[Taken]] = {}
    for item in await tx.appointments.taken([rep.id for rep in readable], wide):
        own = (moving is not None and item.appointment_id == moving.id) or (
            hold is not None and item.slot_hold_id == hold
        )
        if not own:
            gone.setdefault(item.rep_id, []).append(item)
    return {rep.key: _diary(rep, readings[rep.key], gone.get(rep.id, ()), moving) for rep in readable}


def why_unknown(readings: Mapping[str, Reading], key: str, wanted: Interval) -> str | None:
    """Why nothing is known of somebody's calendar at `wanted`; None when all of it was read."""
    reading = readings.get(key, UNREAD)
    if reading.state.readable and reading.known_in(wanted) == wanted:
        return None
    return reading.state.reason or "that time was not read"


def takes_part(row: AppointmentRow) -> frozenset[UUID]:
    """Everybody on our side of an appointment."""
    return frozenset({row.rep_id, *(companion.rep_id for companion in row.companions)})


def _diary(rep: Rep, reading: Reading, gone: Collection[Taken], moving: AppointmentRow | None) -> Diary:
    assert reading.asked is not None, "only readable calendars come here"
    busy = reading.busy
    if moving is not None and rep.id in takes_part(moving):
        busy = tuple(less(busy, [moving.interval]))
    return Diary(
        rep=rep,
        busy=busy,
        reservations=[item.interval for item in gone],
        meetings=[Meeting(start=t.interval.start, category=t.category) for t in gone if t.appointment_id],
        known=reading.asked,
    )
