"""The calendars of every rep who may close, read before a transaction that routes to closing."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.roster.roles import Work
from pointsman.services.calendars.readings import MAX_AGE_FOR_SLOTS, read_calendar_states
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env

_AHEAD = timedelta(days=14)


async def read_closer_calendars(env: Env) -> Mapping[str, CalendarState]:
    """Whether each active member of a closing pool has calendars that can be read. Conflict "no-policy"."""
    async with env.uow() as tx:
        known = await load_routing_config(env, tx)
    pools = [pool for pool in known.policy.policy.pools.values() if pool.work is Work.CLOSING]
    members = {member.rep for pool in pools for member in pool.members}
    active = sorted(key for key in members if (rep := known.roster.reps.get(key)) is not None and rep.active)
    if not active:
        return {}
    now = env.clock()
    ahead = max((pool.booking.horizon for pool in pools), default=_AHEAD)
    return await read_calendar_states(env, active, now, now + ahead, max_age=MAX_AGE_FOR_SLOTS, deadline=READ_DEADLINE)
