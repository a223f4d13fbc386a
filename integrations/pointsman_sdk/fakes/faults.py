"""Faults by a plan: how often a vendor fails, and how. The same seed fails in the same order."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

import httpx


class Fault(StrEnum):
    """One way in which a call goes wrong."""

    NONE = "none"
    LOST = "lost"  # the vendor acts, and its answer never comes
    FAILED = "failed"  # 500, 502, 503 or 504; the vendor may have acted
    THROTTLED = "throttled"  # 429 with Retry-After, in seconds or as a date; the vendor did not act
    RESET = "reset"  # the connection breaks within the answer; the vendor may have acted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The share of calls that each fault befalls; what is left goes well."""

    lost: float = 0.0
    failed: float = 0.0
    throttled: float = 0.0
    reset: float = 0.0

    def of(self) -> dict[Fault, float]:
        return {
            Fault.LOST: self.lost,
            Fault.FAILED: self.failed,
            Fault.THROTTLED: self.throttled,
            Fault.RESET: self.reset,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What befalls one call. `acts`: the vendor does first what it was asked for."""

    fault: Fault
    acts: bool = True
    status: int = 200
    retry_after: timedelta | None = None
    as_date: bool = False


@dataclass(slots=True, kw_only=True)
class FaultPlan:
    """Draws a turn for each call. `throttle_waits` are what a throttled caller is told to wait, in seconds."""

    rates: Rates = Rates()
    seed: int = 0
    throttle_waits: tuple[int, ...] = (1, 2, 3)
    throttle_statuses: tuple[int, ...] = (429,)  # 403 and 200 are the vendor's own way to say it
    on: bool = True
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def turn(self) -> Turn:
        """What befalls the next call. A call takes the same draws whatever befalls it."""
        share, acts = self.dice.random(), self.dice.random() < 0.5
        status, wait = self.dice.choice((500, 502, 503, 504)), self.dice.choice(self.throttle_waits)
        throttled = self.dice.choice(self.throttle_statuses)
        if not self.on:
            return Turn(fault=Fault.NONE)
        fault = Fault.NONE
        for one, rate in self.rates.of().items():
            if 0 <= share < rate:
                fault = one
            share -= rate
        match fault:
            case Fault.NONE | Fault.LOST:
                return Turn(fault=fault)
            case Fault.FAILED:
                return Turn(fault=fault, acts=acts and status != 503, status=status)
            case Fault.THROTTLED:
                return Turn(
                    fault=fault, acts=False, status=throttled, retry_after=timedelta(seconds=wait), as_date=acts
                )
            case Fault.RESET:
                return Turn(fault=fault, acts=acts)


def too_many_calls(wait: timedelta, *, now: datetime, as_date: bool = False, status: int = 429) -> httpx.Response:
    """The vendor asks for fewer calls: by 429, or in a way of its own, a 403 or a 200 with a code."""
    seconds = max(0, int(wait.total_seconds()))
    # A date has no fractions: rounded up, so that a caller who keeps to it is never too early.
    moment = (now.astimezone(UTC) + timedelta(seconds=seconds + 1)).replace(microsecond=0)
    told = format_datetime(moment, usegmt=True) if as_date else str(seconds)
    return httpx.Response(status, headers={"Retry-After": told}, json={"code": "too-many-calls"})


def promised(response: httpx.Response, *, now: datetime) -> datetime:
    """The moment before which a throttled caller must not call again."""
    text = response.headers["Retry-After"]
    if text.isdigit():
        return now + timedelta(seconds=int(text))
    return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
