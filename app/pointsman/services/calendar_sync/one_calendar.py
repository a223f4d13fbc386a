"""One look at one calendar: read it, compare it with what we left there, and act on what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pointsman.domain.booking.calendar_diff import (
    BETWEEN_LOOKS,
    EventComparison,
    EventState,
    ExpectedEvent,
    SeenEvent,
    compare_events,
    has_any,
    has_emptied,
)
from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import say
from pointsman.services.calendar_sync.apply_findings import apply_comparison, remove_orphan_events
from pointsman.services.calendar_sync.compared_calendars import ComparedCalendar
from pointsman.services.calendar_sync.moved_back import find_moved_back, is_put_back
from pointsman.services.calendar_sync.read_back import is_wholly_empty, read_back
from pointsman.services.calendars.unreadable_alerts import raise_unreadable_alert, resolve_unreadable_alert
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import Env, VendorError, VendorRejectedError
from pointsman.services.ports.booking.calendars import MissingEvent
from pointsman.services.ports.booking.deliveries import PlacedEvent
from pointsman.services.roster.names import roster_names


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one reading found. `wanted` is what we left there and is settled; `is_empty`: nothing at all is left."""

    began: datetime
    wanted: Sequence[PlacedEvent]
    seen: Mapping[str, Sequence[SeenEvent]]
    is_empty: bool


async def look_at_calendar(env: Env, calendar: ComparedCalendar, deadline: timedelta) -> bool:
    """Read it, and act on what differs. False when it could not be read: a human is told, and nothing else is done."""
    try:
        look = await _read(env, calendar, deadline)
    except (VendorError, TimeoutError) as fault:
        await _tell_unreadable(env, calendar, fault, deadline)
        return False
    run = calendar.connection_run
    run.consecutive_failures = 0
    await resolve_unreadable_alert(env, run.connection, calendar.name)
    skipped = await _act_on(env, calendar, look, await _compare(env, calendar, look))
    # A doubt stays until what it kept from being called off was told to a human.
    if calendar.doubted_at is not None and EventState.CALENDAR_EMPTIED not in skipped:
        async with env.uow() as tx:
            await tx.calendars.clear_doubt(*calendar.key, since=calendar.doubted_at)
    owned = {item.key for item in calendar.placed_events if item.is_wanted}
    strangers = sorted(key for key, events in look.seen.items() if key not in owned and has_any({key: events}))
    await remove_orphan_events(env, run.connection, calendar.name, strangers, read_at=look.began)
    return True


async def _read(env: Env, calendar: ComparedCalendar, deadline: timedelta) -> _Look:
    """Raises VendorError and TimeoutError."""
    began = env.clock()
    wanted = [item for item in calendar.placed_events if item.is_wanted and item.settled_at and item.settled_at < began]
    seen = await read_back(env, calendar, wanted, began, deadline)
    is_empty = bool(wanted) and not has_any(seen) and await is_wholly_empty(env, calendar, began, deadline)
    return _Look(began=began, wanted=wanted, seen=seen, is_empty=is_empty)


async def _tell_unreadable(
    env: Env, calendar: ComparedCalendar, fault: VendorError | TimeoutError, deadline: timedelta
) -> None:
    run = calendar.connection_run
    # An answer that cannot be read says something of this calendar, and nothing of its server.
    if not isinstance(fault, VendorRejectedError):
        run.consecutive_failures += 1
    error = (
        failure_message(fault)
        if isinstance(fault, VendorError)
        else say("alerts.no-answer-in-time", seconds=deadline.total_seconds())
    )
    reps = {item.rep_key for item in calendar.placed_events}
    await raise_unreadable_alert(env, run.connection, calendar.name, calendar.bindings, reps, error)


async def _compare(env: Env, calendar: ComparedCalendar, look: _Look) -> Mapping[str, EventComparison]:
    """By key, for each that we left there."""
    zones = (await roster_names(env)).zones
    expected = [
        ExpectedEvent(
            key=item.key,
            time=item.interval,
            zone=zones.get(item.rep_key, "UTC"),
            was_emptied=has_emptied(item.conflict, item.rep_key),
        )
        for item in look.wanted
    ]
    doubted = _is_doubted(calendar, look.wanted) and not has_any(look.seen)
    is_lost = look.is_empty or calendar.connection_run.lost_much or doubted
    return {result.key: result for result in compare_events(expected, look.seen, is_empty=is_lost)}


async def _act_on(
    env: Env, calendar: ComparedCalendar, look: _Look, found: Mapping[str, EventComparison]
) -> set[EventState]:
    """Remember what is missing, and do what is certain; the states of what could not be done this time."""
    back = await find_moved_back(env, look.wanted, found)
    missing = [
        _missing(calendar, item, look.began)
        for item in look.wanted
        if found[item.key].state is EventState.DELETED or item.key in back
    ]
    if missing or calendar.missing:
        async with env.uow() as tx:
            await tx.calendars.keep_missing(*calendar.key, missing)
    once = {one.key for one in missing if look.began - one.since < BETWEEN_LOOKS}
    skipped = set()
    for item in look.wanted:
        if item.key in back and (calendar.connection_run.lost_much or is_put_back(item)):
            await _apply_or_skip(env, item, replace(found[item.key], state=EventState.PUT_BACK))
        elif item.key not in once and not await _apply_or_skip(env, item, found[item.key]):
            skipped.add(found[item.key].state)
    return skipped


def _missing(calendar: ComparedCalendar, item: PlacedEvent, now: datetime) -> MissingEvent:
    """Since the look at which it was first not found, unless it was put there again after that."""
    before = calendar.missing.get(item.key)
    since = before.since if before is not None and before.settled_at == item.settled_at else now
    connection_id, name = calendar.key
    return MissingEvent(
        connection_id=connection_id, calendar=name, key=item.key, since=since, settled_at=item.settled_at
    )


def _is_doubted(calendar: ComparedCalendar, wanted: Sequence[PlacedEvent]) -> bool:
    """Whether an event that we put there belongs to the account of before, for all that we know."""
    since = calendar.doubted_at
    return since is not None and any(item.settled_at is not None and item.settled_at <= since for item in wanted)


async def _apply_or_skip(env: Env, item: PlacedEvent, compared: EventComparison) -> bool:
    """Whether it was done."""
    try:
        await apply_comparison(env, item, compared)
    except PointsmanError:
        return False  # it changed meanwhile, or too many asked for the same: the next look sees it as it is then
    return True
