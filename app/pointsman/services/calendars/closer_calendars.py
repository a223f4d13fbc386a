"""The calendars of every rep who may close, read before a transaction that routes to closing."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.message import say
from pointsman.domain.roster.roles import Work
from pointsman.services.calendars.readings import MAX_AGE_FOR_SLOTS, read_calendar_states
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env

_AHEAD = timedelta(days=14)
_MAX_READINGS = 3  # the roster may change between a reading and the decision

T = TypeVar("T")


class CalendarsUnread(Exception):
    """The decision depends on calendars that the caller did not read: nothing is decided, its transaction must be undone."""


async def with_closer_calendars(
    env: Env,
    attempt: Callable[[Mapping[str, CalendarState]], Awaitable[T]],
    *,
    known: Mapping[str, CalendarState] = MappingProxyType({}),
) -> T:
    """Run `attempt`, one whole transaction, with what is `known`; when its decision needs more, read it and run it again.

    Most leads have nothing to do with closing, and wait for no vendor. What `attempt` raises is raised; Unavailable when
    the closers change each time that they were read.
    """
    calendars = known
    for _ in range(_MAX_READINGS):
        try:
            return await attempt(calendars)
        except CalendarsUnread:
            calendars = await read_closer_calendars(env)
    try:
        return await attempt(calendars)
    except CalendarsUnread as unread:
        raise Unavailable(
            "The reps who may close are changing. Try again in a second.", told=say("refusal.closers-change")
        ) from unread


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
