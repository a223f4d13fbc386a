"""The first bookable slot of every member of the plan's pools that compare slots. No vendor is asked: calendars as last read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.appointment_caps import CAP_LOOKAROUND, CountedAppointment
from pointsman.domain.booking.availability import Interval, bookable_window
from pointsman.domain.booking.earliest_starts import RepSchedule, earliest_starts
from pointsman.domain.policy.document import Pool
from pointsman.domain.roster.reps import Rep
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.services.calendars.own_events import load_busy_times
from pointsman.services.calendars.readings import recorded_readings
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import BusyReservation

#: A calendar that could not be read for so long is unknown; the worker reads each every five minutes.
MAX_READING_AGE = timedelta(minutes=10)


async def fetch_earliest_slots(
    tx: Tx, plan: RoutingPlan, inputs: RoutingInputs
) -> Mapping[str, Mapping[str, datetime]]:
    """By pool, then rep, by three statements; by none when no pool that the plan may reach compares slots."""
    policy, now = plan.compiled.policy, inputs.now
    pools = {name: policy.pools[name] for name in plan.pools if policy.pools[name].method.compares_slots}
    if not pools:
        return {}
    members = {name: _bookable(pool, inputs) for name, pool in pools.items()}
    reps = {rep.key: rep for found in members.values() for rep in found}
    asked = Interval(now, max(bookable_window(pool.booking, now).end for pool in pools.values()))
    readings = await recorded_readings(tx, [*reps], asked, oldest=now - MAX_READING_AGE)
    wide = Interval(asked.start - CAP_LOOKAROUND, asked.end + CAP_LOOKAROUND)
    taken: dict[UUID, list[BusyReservation]] = {}
    for item in await tx.appointments.busy_reservations([rep.id for rep in reps.values()], wide):
        taken.setdefault(item.rep_id, []).append(item)
    schedules: dict[str, RepSchedule] = {}
    readable = [reps[key] for key, reading in readings.items() if reading.state.readable and reading.known_window]
    busy = await load_busy_times(tx, readable, readings, taken)
    for key in (rep.key for rep in readable):
        if (known := readings[key].known_window) is not None:
            times = taken.get(reps[key].id, ())
            schedules[key] = RepSchedule(
                rep=reps[key],
                busy=busy[key],
                reservations=[time.reservation for time in times],
                appointments=[
                    CountedAppointment(start=t.interval.start, category=t.category) for t in times if t.appointment_id
                ],
                known=known,
            )
    return {
        name: earliest_starts(
            [schedules[rep.key] for rep in members[name] if rep.key in schedules],
            pool.booking,
            now,
            categories={route.category for route in plan.routes if route.pool == name},
        )
        for name, pool in pools.items()
    }


def _bookable(pool: Pool, inputs: RoutingInputs) -> list[Rep]:
    """The members who might take it: the others' calendars are not worth looking at."""
    found = (inputs.roster.reps.get(member.rep) for member in pool.members)
    return [
        rep
        for rep in found
        if rep is not None
        and rep.active
        and rep.key not in inputs.past_holders
        and (rep.role.allows(pool.work) or (rep.key, pool.work) in inputs.overrides)
        and ((state := inputs.calendars.get(rep.key)) is None or state.readable)
    ]
