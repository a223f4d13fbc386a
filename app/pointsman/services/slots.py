"""Slots for a lead: when the rep who holds it can be booked, or why there is none."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pointsman.domain.availability import Interval
from pointsman.domain.slots import Slot
from pointsman.services.bookable import Bookable, bookable, offered, taken, visible_lead
from pointsman.services.calendars import DEADLINE, FOR_SLOTS, Reading, read_calendars
from pointsman.services.ports import Actor, Env, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsAnswer:
    """Slots of one rep; `why_empty` is set exactly when there is none."""

    rep: str
    rep_name: str
    time_zone: str
    slots: tuple[Slot, ...]
    why_empty: str | None


async def slots_for_lead(
    env: Env,
    lead_id: UUID,
    *,
    limit: int | None = None,
    actor: Actor | None = None,
    deadline: timedelta = DEADLINE,
) -> SlotsAnswer:
    """The next bookable slots of the lead's holder; `limit` None is what the pool shows.

    Raises NotFound, Conflict "no-closer", RoleProtected "gate-closed".
    """
    now = env.clock()
    async with env.uow() as tx:
        what = await bookable(env, tx, await visible_lead(tx, lead_id, actor or Actor(name="system")), now=now)
    reach = what.reach(now)
    readings = await read_calendars(env, [what.rep.key], reach.start, reach.end, max_age=FOR_SLOTS, deadline=deadline)
    async with env.uow() as tx:
        return await answer(env, tx, what, readings[what.rep.key], limit=limit)


async def answer(
    env: Env, tx: Tx, what: Bookable, reading: Reading, *, limit: int | None = None, window: Interval | None = None
) -> SlotsAnswer:
    """The slots that a reading leaves, inside `window` if one is given."""
    found: list[Slot] = []
    why: str | None = None
    now = env.clock()
    if reading.state.readable:
        if (reach := reading.known_in(window or what.reach(now))) is not None:
            gone = await taken(tx, what, reach)
            found = offered(what, reading.busy, gone, reach, now, limit=limit or what.rules.slots_shown)
        if not found:
            why = _nothing_free(what)
    else:
        why = f"{what.rep.name}'s calendar cannot be read: {reading.state.reason}. Nothing is offered until it can."
    return SlotsAnswer(
        rep=what.rep.key, rep_name=what.rep.name, time_zone=what.rep.time_zone, slots=tuple(found), why_empty=why
    )


def _nothing_free(what: Bookable) -> str:
    if not what.rep.working_hours:
        return f"{what.rep.name} has no working hours set."
    days = what.rules.horizon.days
    return f"{what.rep.name} has no free time of {what.rules.duration} in the next {days} days."
