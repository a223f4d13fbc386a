"""Our own events in calendars that have been read: which of them keep a rep busy."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.own_events import counts_as_busy
from pointsman.domain.roster.reps import Rep
from pointsman.services.calendars.readings import OwnTime, RepCalendarReading
from pointsman.services.deliveries.calendar_event import appointment_id_of_event
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import AppointmentRow, BusyReservation


async def load_busy_times(
    tx: Tx,
    reps: Collection[Rep],
    readings: Mapping[str, RepCalendarReading],
    reserved: Mapping[UUID, Collection[BusyReservation]],
    *,
    moving: AppointmentRow | None = None,
) -> Mapping[str, Sequence[Interval]]:
    """The busy times of each rep's calendars, by one statement at most; `reserved` is what we gave away, by the rep's id."""
    busy = {rep.key: list(readings[rep.key].busy) for rep in reps}
    doubtful: list[tuple[str, UUID, OwnTime]] = []
    for rep in (rep for rep in reps if readings[rep.key].own):
        standing = {(item.appointment_id, item.interval) for item in reserved.get(rep.id, ())}
        is_moving = moving is not None and rep.id in participant_ids(moving)
        for shown in readings[rep.key].own:
            appointment_id = appointment_id_of_event(shown.key)
            if is_moving and moving is not None and appointment_id == moving.id:
                continue
            if appointment_id is None or (appointment_id, shown.time) in standing:
                busy[rep.key].append(shown.time)
            else:
                doubtful.append((rep.key, appointment_id, shown))
    if doubtful:
        placed = await tx.calendars.placed_keys({appointment_id for _, appointment_id, _ in doubtful})
        known = {(item.binding_id, item.key): item.event for item in placed}
        for key, _, shown in doubtful:
            event = known.get((shown.binding_id, shown.key))
            if counts_as_busy(shown.time, event, read_at=shown.read_at):
                busy[key].append(shown.time)
    return busy


def participant_ids(row: AppointmentRow) -> frozenset[UUID]:
    """Everybody on our side of an appointment."""
    return frozenset({row.rep_id, *(companion.rep_id for companion in row.companions)})
