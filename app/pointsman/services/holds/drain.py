"""Leads that wait: tried again in order of arrival, each in a transaction of its own; one that waits too long raises an alert.

One lead is tried at a time, however many workers drain: a later lead is not tried before an earlier one. Of leads that must
get the same answer the first is tried, and the rest is passed over when it waits on.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, NotFound
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.holds.drain_run import DrainRun
from pointsman.services.holds.due import drain_due_holds
from pointsman.services.holds.retry import retry_waiting_lead
from pointsman.services.holds.twins import find_twins
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.routing.holds import HoldCount, HoldFilter, HoldRow
from pointsman.services.routing.routing_request import RoutingResult

__all__ = ["drain_due_holds", "drain_holds", "hold_counts", "hold_page", "retry_hold"]

_ALL_HOLDS = HoldFilter()
_Position = tuple[datetime, UUID]


@dataclass(slots=True)
class _DrainCursor:
    """After which hold this process's next run goes on; None at the head."""

    position: _Position | None = None


async def drain_holds(env: Env, *, limit: int = 100) -> int:
    """Try the waiting leads again, `limit` at a time, and announce those that wait too long; how many moved on.

    Nothing is written for a lead that waits on for the same reason and the same things to happen. A run that has no time left
    keeps its place for the next one.
    """
    cursor, run = env.cache.of(_DrainCursor), DrainRun(env)
    stuck: set[Hashable] = set()
    more = True
    while more and not run.is_over:
        async with env.uow() as tx:
            page = await tx.holds.page(_ALL_HOLDS, after=cursor.position, limit=limit)
            twins = await find_twins(env, tx, page)
        more = len(page) >= limit
        for hold in page:
            same = twins[hold.id]
            if same.key is None or same.key not in stuck:
                moved = run.moved
                if await run.try_lead(hold):
                    stuck.add(same.key)  # None is never asked for
                elif run.moved > moved and same.frees_rep:
                    stuck.clear()
            cursor.position = (hold.held_at, hold.id)
            if run.is_over:
                break
    if not run.is_over:
        cursor.position = None
    return await run.end()


async def retry_hold(env: Env, hold_id: UUID, *, actor: Actor) -> RoutingResult:
    """Try one waiting lead now. NotFound; Conflict when it waits no longer or is being worked on."""
    async with env.uow() as tx:
        hold = await tx.holds.get(hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    if hold.released_at is not None:
        raise Conflict(f"This lead waits no longer: {hold.release}.", code="hold-released")

    async def attempt(calendars: Mapping[str, CalendarState]) -> RoutingResult | None:
        return await retry_waiting_lead(env, hold_id, trigger="retry", actor=actor, calendars=calendars)

    routed = await with_closer_calendars(env, attempt)
    if routed is None:
        raise Conflict("Another request is working on this lead. Try again in a second.", code="lead-busy")
    return routed


async def hold_page(env: Env, which: HoldFilter, *, after: _Position | None, limit: int) -> Sequence[HoldRow]:
    """In order of arrival."""
    async with env.uow() as tx:
        return await tx.holds.page(which, after=after, limit=limit)


async def hold_counts(env: Env) -> tuple[datetime, Sequence[HoldCount]]:
    """When they were counted, and the open holds by reason, work and pool."""
    now = env.clock()
    async with env.uow() as tx:
        return now, await tx.holds.counts(at=now)
