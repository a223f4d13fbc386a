"""Sweeps: many due things tried one after another, bounded in time, fair in order.

One that fails keeps no other one waiting: the rest is tried, and the run says at its end what failed. A run that has no
time left keeps its place, so that the next one goes on there and not at the same few again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.services.ports import DatabaseUnavailable, Env

SweepPosition = tuple[datetime, UUID]
FetchPage = Callable[[SweepPosition | None], Awaitable[Sequence[SweepPosition]]]
TryOne = Callable[[UUID], Awaitable[bool]]
DoBatch = Callable[[Sequence[UUID]], Awaitable[int]]

#: One run takes no longer than this, and a little; the next one goes on where it stopped.
SWEEP_TIME_BUDGET = timedelta(seconds=20)


class ItemsFailed(Exception):
    """A sweep came to its end, but some things could not be done; `__cause__` is the first one's error.

    The text has ids alone.
    """

    def __init__(self, failed: Sequence[str], *, tried: int) -> None:
        super().__init__(f"{len(failed)} of {tried} failed, the first: {failed[0]}")
        self.failed = tuple(failed)


@dataclass(slots=True)
class FailedItems:
    """What failed in one run so far."""

    tried: int = 0
    subjects: list[str] = field(default_factory=list)
    first_error: Exception | None = None

    def add(self, subject: str, error: Exception) -> None:
        self.subjects.append(subject)
        self.first_error = self.first_error or error

    def raise_if_any(self) -> None:
        """Raises ItemsFailed, so that the caller reports it."""
        if self.subjects:
            raise ItemsFailed(self.subjects, tried=self.tried) from self.first_error


@dataclass(slots=True)
class SweepPlaces:
    """After which thing each sweep of this process goes on, by name; at the head where there is none."""

    after: dict[str, SweepPosition | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SweptBatches:
    """How many were done, and whether the run ended for want of time."""

    done: int
    has_more: bool


async def sweep_in_order(env: Env, kind: str, fetch: FetchPage, try_one: TryOne, *, page_size: int) -> int:
    """Try what `fetch` finds, oldest first, up to `page_size` at a time; how many `try_one` said True of.

    `fetch` answers with positions after the one given, in order. Raises ItemsFailed at the end of the run, and
    DatabaseUnavailable at once.
    """
    places, started, failures, done = env.cache.of(SweepPlaces), env.clock(), FailedItems(), 0
    more = True
    while more:
        page = await fetch(places.after.get(kind))
        more = len(page) >= page_size
        for position in page:
            places.after[kind] = position
            failures.tried += 1
            try:
                done += await try_one(position[1])
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # one that cannot be done keeps no other one waiting
                failures.add(f"{kind}:{position[1]}", error)
            if env.clock() - started > SWEEP_TIME_BUDGET:
                failures.raise_if_any()
                return done
    places.after[kind] = None
    failures.raise_if_any()
    return done


async def sweep_in_batches(env: Env, kind: str, fetch: FetchPage, do_batch: DoBatch, *, size: int) -> SweptBatches:
    """Do what `fetch` finds, `size` at a time, each batch at once; of one that fails each thing is tried alone.

    Raises as `sweep_in_order`, which it is otherwise like.
    """
    places, started, failures, done = env.cache.of(SweepPlaces), env.clock(), FailedItems(), 0
    while page := await fetch(places.after.get(kind)):
        places.after[kind] = page[-1]
        failures.tried += len(page)
        try:
            done += await do_batch([one for _, one in page])
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001  # one that cannot be done keeps no other one waiting
            done += await _do_each(kind, do_batch, [one for _, one in page], failures)
        if len(page) < size:
            break
        if env.clock() - started > SWEEP_TIME_BUDGET:
            failures.raise_if_any()
            return SweptBatches(done, has_more=True)
    places.after[kind] = None
    failures.raise_if_any()
    return SweptBatches(done, has_more=False)


async def _do_each(kind: str, do_batch: DoBatch, things: Sequence[UUID], failures: FailedItems) -> int:
    done = 0
    for one in things:
        try:
            done += await do_batch([one])
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # see above
            failures.add(f"{kind}:{one}", error)
    return done
