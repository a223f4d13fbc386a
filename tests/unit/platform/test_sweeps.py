"""A sweep reaches everything that is due, whatever fails on the way and however little time one run has."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.services.ports import DatabaseUnavailable, Env
from pointsman.services.ports.process_cache import ProcessCache
from pointsman.services.sweeps import SWEEP_TIME_BUDGET, ItemsFailed, SweepPosition, sweep_in_order

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Queue:
    """Things that are due; each takes `cost` to try. What could be done is due no more."""

    waiting: list[SweepPosition]
    poisoned: frozenset[int] = frozenset()
    cost: timedelta = timedelta(0)
    now: datetime = START
    cache: ProcessCache = field(default_factory=ProcessCache)
    tried: list[int] = field(default_factory=list)
    error: Exception = field(default_factory=lambda: RuntimeError("mara@example.com"))

    def clock(self) -> datetime:
        return self.now

    async def sweep(self, page_size: int = 2) -> int:
        async def fetch(after: SweepPosition | None) -> Sequence[SweepPosition]:
            return [position for position in self.waiting if after is None or position > after][:page_size]

        return await sweep_in_order(cast("Env", self), "thing", fetch, self.try_one, page_size=page_size)

    async def try_one(self, thing: UUID) -> bool:
        self.now += self.cost
        self.tried.append(thing.int)
        if thing.int in self.poisoned:
            raise self.error
        self.waiting = [position for position in self.waiting if position[1] != thing]
        return True


def queue(count: int, **more: Any) -> Queue:
    return Queue(waiting=[(START + timedelta(seconds=n), UUID(int=n)) for n in range(count)], **more)


async def test_what_fails_keeps_no_other_waiting_and_the_run_says_what_failed() -> None:
    due = queue(5, poisoned=frozenset({0, 3}))
    with pytest.raises(ItemsFailed, match=r"2 of 5 failed, the first: thing:0000") as failed:
        await due.sweep()
    assert "mara" not in str(failed.value)
    assert failed.value.__cause__ is due.error
    assert due.tried == [0, 1, 2, 3, 4]


@given(st.integers(1, 8), st.sets(st.integers(0, 7)), st.integers(1, 3), st.integers(1, 4))
async def test_runs_without_time_reach_everything_in_order_however_many_at_the_head_fail(
    count: int, poisoned: set[int], page_size: int, tries_per_run: int
) -> None:
    due = queue(count, poisoned=frozenset(poisoned), cost=SWEEP_TIME_BUDGET / tries_per_run + timedelta(seconds=0.001))
    while len(due.tried) < count:
        with contextlib.suppress(ItemsFailed):
            await due.sweep(page_size)
    assert due.tried[:count] == list(range(count))


async def test_a_database_that_is_away_ends_the_run_at_once() -> None:
    due = queue(3, poisoned=frozenset({0}), error=DatabaseUnavailable("away"))
    with pytest.raises(DatabaseUnavailable):
        await due.sweep()
    assert due.tried == [0]
