"""The calendars of everybody who might take part in an appointment, read before the transaction that books it."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.booking.availability import Interval
from pointsman.domain.policy.pools import Offer
from pointsman.services.availability.at_time import leaders_of
from pointsman.services.availability.booking_context import Bookable
from pointsman.services.calendars.readings import DEADLINE, Reading, read_calendars
from pointsman.services.ports import Env


def who_might(what: Bookable, *, anybody: bool | None = None) -> frozenset[str]:
    """The holder; where the offer, or `anybody`, says so the pool; and the members of the pools that send somebody along."""
    if anybody is None:
        anybody = what.rules.offer is not Offer.STRICT
    pools, reps = what.known.policy.policy.pools, what.known.roster.reps
    keys = {what.rep.key} | (leaders_of(what) if anybody else frozenset())
    keys |= {member.rep for name in what.rules.together if name in pools for member in pools[name].members}
    return frozenset(key for key in keys if key in reps and reps[key].active)


async def read_party_calendars(
    env: Env,
    what: Bookable,
    *,
    max_age: timedelta,
    deadline: timedelta = DEADLINE,
    window: Interval | None = None,
    anybody: bool | None = None,
) -> Mapping[str, Reading]:
    """By rep: the holder alone for `strict`, everybody in the pool for the other offers, and the companions' pools.

    `window` None is all that can be booked: from now to the horizon. `anybody` overrules the offer. The holder comes first.
    """
    reach = window or what.reach(env.clock())
    keys = sorted(who_might(what, anybody=anybody), key=lambda key: (key != what.rep.key, key))
    return await read_calendars(env, keys, reach.start, reach.end, max_age=max_age, deadline=deadline)
