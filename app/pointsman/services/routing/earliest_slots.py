"""The first bookable slot of everybody in the `soonest` pools of a plan. No vendor is asked: calendars as last read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval, bookable_window
from pointsman.domain.booking.caps import COUNTED_AROUND, Meeting
from pointsman.domain.booking.earliest import Diary, earliest_starts
from pointsman.domain.policy.document import Method, Pool
from pointsman.domain.roster.reps import Rep
from pointsman.domain.routing.decide import World
from pointsman.domain.routing.plan import Plan
from pointsman.services.calendars.readings import last_readings
from pointsman.services.ports import Tx
from pointsman.services.ports.meeting import Taken

#: A calendar that nobody could read for so long is unknown; the worker reads each every five minutes.
KNOWN_FOR = timedelta(minutes=10)


async def fetch_earliest(tx: Tx, plan: Plan, world: World) -> Mapping[str, Mapping[str, datetime]]:
    """By pool, then rep, by two statements; by none when no pool that the plan may reach is `soonest`."""
    policy, now = plan.compiled.policy, world.now
    pools = {name: policy.pools[name] for name in plan.pools if policy.pools[name].method is Method.SOONEST}
    if not pools:
        return {}
    members = {name: _bookable(pool, world) for name, pool in pools.items()}
    reps = {rep.key: rep for found in members.values() for rep in found}
    asked = Interval(now, max(bookable_window(pool.booking, now).end for pool in pools.values()))
    readings = await last_readings(tx, [*reps], asked, oldest=now - KNOWN_FOR)
    wide = Interval(asked.start - COUNTED_AROUND, asked.end + COUNTED_AROUND)
    taken: dict[UUID, list[Taken]] = {}
    for item in await tx.appointments.taken([rep.id for rep in reps.values()], wide):
        taken.setdefault(item.rep_id, []).append(item)
    diaries: dict[str, Diary] = {}
    for key, reading in readings.items():
        if reading.state.readable and reading.asked is not None:
            times = taken.get(reps[key].id, ())
            diaries[key] = Diary(
                rep=reps[key],
                busy=reading.busy,
                reservations=[time.interval for time in times],
                meetings=[Meeting(start=t.interval.start, category=t.category) for t in times if t.appointment_id],
                known=reading.asked,
            )
    return {
        name: earliest_starts(
            [diaries[rep.key] for rep in members[name] if rep.key in diaries],
            pool.booking,
            now,
            categories={route.category for route in plan.routes if route.pool == name},
        )
        for name, pool in pools.items()
    }


def _bookable(pool: Pool, world: World) -> list[Rep]:
    """The members who might take it: the others' calendars are not worth looking at."""
    found = (world.roster.reps.get(member.rep) for member in pool.members)
    return [
        rep
        for rep in found
        if rep is not None
        and rep.active
        and rep.key not in world.past_holders
        and (rep.role.allows(pool.work) or (rep.key, pool.work) in world.overrides)
        and ((state := world.calendars.get(rep.key)) is None or state.readable)
    ]
