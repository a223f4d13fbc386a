"""Read every calendar in use again before its reading is too old, and alert for reps that cannot be booked."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.domain.roster.roles import Work
from pointsman.services.calendars.news import confirm_or_cursor, is_asked_for_news
from pointsman.services.calendars.readings import read_calendars, widened_window
from pointsman.services.calendars.refresh import READ_DEADLINE, out_of_use_reason, unreadable_message
from pointsman.services.calendars.shared_reads import refresh_shared
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import DatabaseUnavailable, Env, Tx
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.sweeps import FailedItems

#: A run begins no reading later than this; what it did not come to is the first of the next one.
POLL_BUDGET = timedelta(seconds=50)
_FORTNIGHT = timedelta(days=14)
_BETWEEN_LOOKS = timedelta(seconds=10)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Looks:
    """When this process began to read each calendar that was out of date, by its binding."""

    began: dict[UUID, datetime] = field(default_factory=dict)


async def poll_calendars(env: Env, *, older_than: timedelta = timedelta(minutes=5)) -> int:
    """Read every calendar of an active rep whose last reading has aged, the longest ago first; how many those are.

    Where a vendor tells what changed, and many are not read as cheaply in one question (`is_asked_for_news`), only a calendar
    in which something did is read.

    Also raises an alert for each member of a pool that books (closing, or `soonest`) who has no connected calendar, or
    whose connection is switched off or waits for a first sign-in.
    """
    oldest = env.clock() - older_than
    return await _read_those(
        env, lambda last: last is None or last.error is not None or last.outdated or last.read_at < oldest
    )


async def read_outdated(env: Env) -> int:
    """Read at once what is known to have changed, by our own doing or by its vendor's word; how many calendars those are.

    A calendar that was read here moments ago is left to the next poll: a vendor may call without end, and for nothing.
    """
    looked, now = env.cache.of(_Looks).began, env.clock()
    for old in [one for one, began in looked.items() if not now - _BETWEEN_LOOKS < began <= now]:
        del looked[old]

    def is_due(last: CalendarReading | None) -> bool:
        if last is None or not last.outdated or last.binding_id in looked:
            return False
        looked[last.binding_id] = now
        return True

    return await _read_those(env, is_due)


async def _read_those(env: Env, is_due: Callable[[CalendarReading | None], bool]) -> int:
    now = env.clock()
    async with env.uow() as tx:
        bound = await tx.calendars.bindings(None)
        horizon = await _alert_unconnected(env, tx, [binding for binding, _ in bound], now)
    window = widened_window(now, now + horizon)
    aged = [(binding, last) for binding, last in bound if out_of_use_reason(binding) is None and is_due(last)]
    aged.sort(key=lambda pair: pair[1].read_at if pair[1] else _NEVER)  # each connection lets them in, in this order
    turns: dict[UUID, asyncio.Semaphore] = {}
    due = Counter(binding.connection.id for binding, _ in aged)
    needed = Interval(now, now + horizon)

    async def bring_up_to_date(binding: CalendarBinding, last: CalendarReading | None) -> None:
        connection, cursor, began = binding.connection, None, asyncio.get_running_loop().time()
        limits = env.calendars.busy_limits(connection.connector)
        if env.calendars.tells_news(connection.connector) and is_asked_for_news(due[connection.id], limits):
            async with turns.setdefault(connection.id, asyncio.Semaphore(limits.at_once)):
                is_true, cursor = await confirm_or_cursor(env, binding, last, needed, deadline=READ_DEADLINE)
            if is_true:
                return
        wait = POLL_BUDGET.total_seconds() + began - asyncio.get_running_loop().time()
        await refresh_shared(env, binding, last, window, READ_DEADLINE, wait=wait, cursor=cursor)

    results = await asyncio.gather(*(bring_up_to_date(binding, last) for binding, last in aged), return_exceptions=True)
    failures = FailedItems(tried=len(aged))
    for (binding, _), result in zip(aged, results, strict=True):
        if isinstance(result, DatabaseUnavailable):
            raise result
        if isinstance(result, Exception):
            failures.add(f"calendar:{binding.id}", result)
    failures.raise_if_any()
    return len(aged)


async def _alert_unconnected(env: Env, tx: Tx, bound: Collection[CalendarBinding], now: datetime) -> timedelta:
    """Alert for members of pools that book, without a calendar that is asked; how far ahead any of those pools books."""
    if (await tx.policies.live_versions()).policy is None:
        return _FORTNIGHT
    known = await load_routing_config(env, tx)
    every = known.policy.policy.pools.values()
    pools = [pool for pool in every if pool.work is Work.CLOSING or pool.method.compares_slots]
    members = {member.rep for pool in pools for member in pool.members}
    told = {row["subject"] for row in await tx.alerts.list_open() if row["code"] == AlertCode.CALENDAR_UNREADABLE}
    connected = {binding.rep_key for binding in bound}
    off: dict[str, list[CalendarBinding]] = {}
    for one in bound:
        if not one.connection.active or one.connection.pending:
            off.setdefault(one.rep_key, []).append(one)
    for key in sorted((members - connected) | (members & off.keys())):
        rep = known.roster.reps.get(key)
        if rep is not None and rep.active and f"rep:{key}" not in told:
            message = say("alerts.calendar-missing", rep=rep_name(key))
            if key in off:
                message = _why_not_asked(off[key])
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.CALENDAR_UNREADABLE, subject=f"rep:{key}", message=message
            )
    return max((pool.booking.horizon for pool in pools), default=_FORTNIGHT)


def _why_not_asked(bindings: Sequence[CalendarBinding]) -> Message:
    """Of one rep's calendars that are not asked, which are named each where they are several."""
    if len(bindings) > 1:
        not_yet = say("calendar-reading.not-signed-in")
        return unreadable_message([(one, out_of_use_reason(one) or not_yet) for one in bindings])
    (binding,) = bindings
    rep, connection = rep_name(binding.rep_key), connection_name(binding.connection.key)
    if not binding.connection.active:
        return say("alerts.calendar-off", rep=rep, connection=connection)
    return say("alerts.calendar-not-signed-in", rep=rep, connection=connection)


async def poll_rep(env: Env, rep_key: str) -> None:
    """Read one rep's calendars now."""
    now = env.clock()
    await read_calendars(env, [rep_key], now, now + _FORTNIGHT, max_age=timedelta(0), deadline=READ_DEADLINE)
