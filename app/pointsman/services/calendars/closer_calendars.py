"""The calendars of everybody who may close, read before a transaction that routes to closing."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.roster.roles import Work
from pointsman.services.calendars.readings import DEADLINE, FOR_SLOTS, read_states
from pointsman.services.policies.cache import current
from pointsman.services.ports import Env

_AHEAD = timedelta(days=14)


async def closers_calendars(env: Env) -> Mapping[str, CalendarState]:
    """Whether each active member of a closing pool has calendars that can be read. Conflict "no-policy"."""
    async with env.uow() as tx:
        known = await current(env, tx)
    pools = [pool for pool in known.policy.policy.pools.values() if pool.work is Work.CLOSING]
    members = {member.rep for pool in pools for member in pool.members}
    active = sorted(key for key in members if (rep := known.roster.reps.get(key)) is not None and rep.active)
    if not active:
        return {}
    now = env.clock()
    ahead = max((pool.booking.horizon for pool in pools), default=_AHEAD)
    return await read_states(env, active, now, now + ahead, max_age=FOR_SLOTS, deadline=DEADLINE)
