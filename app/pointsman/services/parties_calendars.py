"""The calendars of everybody who might take part in an appointment, read before the transaction that books it."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.availability import Interval
from pointsman.services.bookable import Bookable
from pointsman.services.calendars import DEADLINE, Reading, read_calendars
from pointsman.services.ports import Env


async def read_party_calendars(
    env: Env,
    what: Bookable,
    *,
    max_age: timedelta,
    deadline: timedelta = DEADLINE,
    window: Interval | None = None,
    anybody: bool = False,
) -> Mapping[str, Reading]:
    """By rep: the holder alone for `strict`, everybody in the pool for the other offers, and the companions' pools.

    `window` None is all that can be booked: from now to the horizon. `anybody`: everybody in the pool even for `strict`,
    since an appointment that is moved may go to any of them.
    """
    reach = window or what.reach(env.clock())
    return await read_calendars(env, [what.rep.key], reach.start, reach.end, max_age=max_age, deadline=deadline)
