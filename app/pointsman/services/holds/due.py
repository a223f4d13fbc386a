"""Leads whose known moment of release has come: tried at that moment, and their pool with them, in order of arrival.

Each pool in which a lead is due is worked on for a slice of time, one pool after another, until all are through. In a slice its
queue is walked in order of arrival; of leads that wait for the same the first is tried, and the rest is passed over when it
waits on. Due leads that a slice did not reach, as thousands wait before them, are tried next all the same: a known moment
is kept, before the order is.
"""

import asyncio
from collections import deque
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.services.holds.drain_run import DrainRun
from pointsman.services.ports import Env

#: A moment that comes sooner than this is waited for, so that the drain runs at that moment and not some time later.
DUE_LOOKAHEAD = timedelta(seconds=1)
SLICE = timedelta(seconds=0.5)
#: A run ends then, so that the next one sees what fell due meanwhile; who is not due any more is left to the full drain.
DUE_BUDGET = timedelta(seconds=2)
#: A timer of the event loop may fire so much before its time, when the rep would still be away.
_TIMER_RESOLUTION_S = 0.002


async def drain_due_holds(env: Env, *, limit: int = 100) -> int:
    """Try the leads of every pool in which a known moment of release has come, or comes within a second; how many moved on."""
    async with env.uow.autocommit() as tx:
        due = await tx.holds.next_due()
    if due is None or due - env.clock() > DUE_LOOKAHEAD:
        return 0
    await asyncio.sleep(max(0.0, (due - env.clock()).total_seconds()) + _TIMER_RESOLUTION_S)
    at = env.clock()
    async with env.uow.autocommit() as tx:
        pools = await tx.holds.due_pools(at=at)
    run = DrainRun(env, budget=DUE_BUDGET)
    queues = deque(_PoolQueue(env, pool, at, run, limit) for pool in pools)
    while queues and not run.is_over:
        queue = queues.popleft()
        if not await queue.walk():
            await queue.try_due()
            queues.append(queue)
    return await run.end()


class _PoolQueue:
    """How far the leads that wait in one pool were tried."""

    def __init__(self, env: Env, pool: str, at: datetime, run: DrainRun, limit: int) -> None:
        self._env, self._pool, self._at, self._run, self._limit = env, pool, at, run, limit
        self._walked_to: tuple[datetime, UUID] | None = None
        self._tried_due_to: tuple[datetime, UUID] | None = None
        self._stuck_groups: set[str] = set()

    async def walk(self) -> bool:
        """A slice of the queue in order of arrival; True at its end."""
        ends = self._env.clock() + SLICE
        while True:
            async with self._env.uow.autocommit() as tx:
                page = await tx.holds.queue(
                    self._pool,
                    at=self._at,
                    skipped_groups=self._stuck_groups,
                    after=self._walked_to,
                    limit=self._limit,
                )
            for hold in page:
                self._walked_to = (hold.held_at, hold.id)
                is_due = hold.next_try_at is not None and hold.next_try_at <= self._at
                if hold.group in self._stuck_groups and not is_due:
                    continue
                if await self._run.try_lead(hold):
                    self._stuck_groups.add(hold.group)
                if self._env.clock() > ends:
                    return False
            if len(page) < self._limit:
                return True

    async def try_due(self) -> None:
        """A slice of the due leads that the walk did not reach."""
        ends = self._env.clock() + SLICE
        reached = [place for place in (self._walked_to, self._tried_due_to) if place is not None]
        async with self._env.uow.autocommit() as tx:
            page = await tx.holds.queue(
                self._pool, at=self._at, only_due=True, after=max(reached, default=None), limit=self._limit
            )
        for hold in page:
            self._tried_due_to = (hold.held_at, hold.id)
            await self._run.try_lead(hold)
            if self._env.clock() > ends:
                return
