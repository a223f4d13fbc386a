"""A vendor that is away for a while, and what is owed to it meanwhile, on a clock that goes from one due moment to the next."""

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from pointsman.domain.backoff import retry_delay
from pointsman.services.ports import VendorRetryableError, VendorWaitError
from pointsman_sdk import Context, Retryable, Scope
from support.floors.paced_world import PacedWorld

CALL_TAKES_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class BeingAway:
    """Whether the vendor is away as a whole, how many seconds a call takes to find that out, and which gateway answers for it."""

    scope: Scope
    takes: float
    status: int | None = None
    retry_after: timedelta | None = None


WAYS_OF_BEING_AWAY = {
    "unreachable": BeingAway(scope=Scope.CONNECTION, takes=0.01),
    "failing": BeingAway(scope=Scope.CALL, takes=0.1),
    "silent": BeingAway(scope=Scope.CALL, takes=30.0),
    "behind a gateway": BeingAway(scope=Scope.CALL, takes=0.1, status=502, retry_after=timedelta(seconds=5)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageFigures:
    """What was seen. `attempts` are the most of one delivery, `done_s` is how long after the outage the last was done."""

    calls_during: int
    calls_after: int
    attempts: int
    asked: int  # how often a delivery was looked at
    done_s: float


async def outage(
    world: PacedWorld, way: str, *, deliveries: int, lasts: timedelta, processes: int = 2
) -> OutageFigures:
    """`deliveries` are due when the vendor goes away; each is tried when it is due, one after another."""
    away = WAYS_OF_BEING_AWAY[way]
    clock, begun = world.clock, world.clock()
    back = begun + lasts

    async def act(context: Context) -> object:
        if clock() < back:
            if away.status is not None:
                world.vendor.status = away.status
                await context.http.get("https://vendor.example/event")
            clock.advance(away.takes)
            raise Retryable("away", scope=away.scope, retry_after=away.retry_after)
        clock.advance(CALL_TAKES_S)
        return None

    world.vendor.act = act
    workers = [world.process() for _ in range(processes)]
    order = count()
    due: list[tuple[datetime, int, int, int]] = [(begun, next(order), number, 0) for number in range(deliveries)]
    asked = most = 0
    while due:
        at, _, number, attempts = heapq.heappop(due)
        clock.now = max(clock.now, at)
        asked += 1
        try:
            await workers[number % processes].call()
        except VendorWaitError as wait:
            heapq.heappush(due, (max(wait.until, clock() + timedelta(milliseconds=1)), next(order), number, attempts))
        except VendorRetryableError:
            delay = retry_delay(attempts + 1, UUID(int=number), away.retry_after)
            heapq.heappush(due, (clock() + delay, next(order), number, attempts + 1))
            most = max(most, attempts + 1)
    during = sum(at < back for at in world.vendor.begun)
    return OutageFigures(
        calls_during=during,
        calls_after=len(world.vendor.begun) - during,
        attempts=most,
        asked=asked,
        done_s=(clock() - back) / timedelta(seconds=1),
    )
