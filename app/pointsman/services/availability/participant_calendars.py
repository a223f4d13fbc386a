"""The calendars of every rep who might take part in an appointment, read before the transaction that books it."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.booking.availability import Interval
from pointsman.domain.policy.pools import OfferMode
from pointsman.services.availability.at_time import possible_leaders
from pointsman.services.availability.booking_context import BookingContext
from pointsman.services.calendars.readings import RepCalendarReading, read_calendars
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.ports import Env


def possible_participants(what: BookingContext, *, whole_pool: bool | None = None) -> frozenset[str]:
    """The holder; where the offer, or `whole_pool`, says so the pool; and the members of the pools that send a companion."""
    if whole_pool is None:
        whole_pool = what.rules.offer is not OfferMode.STRICT
    pools, reps = what.config.policy.policy.pools, what.config.roster.reps
    keys = {what.rep.key} | (possible_leaders(what) if whole_pool else frozenset())
    keys |= {member.rep for name in what.rules.companion_pools if name in pools for member in pools[name].members}
    return frozenset(key for key in keys if key in reps and reps[key].active)


async def read_participant_calendars(
    env: Env,
    what: BookingContext,
    *,
    max_age: timedelta,
    deadline: timedelta = READ_DEADLINE,
    window: Interval | None = None,
    whole_pool: bool | None = None,
) -> Mapping[str, RepCalendarReading]:
    """By rep: the holder alone for `strict`, every member of the pool for the other offers, and the companions' pools.

    `window` None is all that can be booked: from now to the horizon. `whole_pool` overrules the offer. The holder comes first.
    """
    reach = window or what.lookahead_window(env.clock())
    keys = sorted(possible_participants(what, whole_pool=whole_pool), key=lambda key: (key != what.rep.key, key))
    return await read_calendars(env, keys, reach.start, reach.end, max_age=max_age, deadline=deadline)
