"""A worker over a database of its own, in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from pointsman.db.revision import HEAD_REVISION
from pointsman.main import Wired, wire
from pointsman.settings import load_settings
from pointsman.worker.queue import QueueSettings
from pointsman.worker.run import run_worker
from pointsman.worker.tasks import Job, PeriodicTask
from support.http.keys import SECRET
from support.waiting import PATIENCE_S


@pytest.fixture
async def wired(database_url: str) -> AsyncIterator[Wired]:
    made = wire(load_settings(database_url=database_url, secret_keys=SECRET), name="test", pool_size=6)
    yield made
    await made.aclose()


Working = Callable[..., AbstractAsyncContextManager[asyncio.Event]]


@pytest.fixture
def working(wired: Wired, database_url: str) -> Working:
    """`async with working({"job": function}):` is a worker that ends with the block."""

    @asynccontextmanager
    async def start(
        jobs: Mapping[str, Job],
        *,
        periodic: Sequence[PeriodicTask] = (),
        deadline: float = 30.0,
        concurrency: int = 3,
        options: str = "",
    ) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        queue = QueueSettings(
            conninfo=database_url.replace("+psycopg", ""),
            concurrency=concurrency,
            job_deadline=timedelta(seconds=deadline),
            options=options,
            grace=timedelta(seconds=5),
        )
        worker = asyncio.create_task(
            run_worker(wired.env, queue, needs_revision=HEAD_REVISION, stop=stop, jobs=jobs, periodic=periodic)
        )
        try:
            yield stop
        finally:
            stop.set()
            await asyncio.wait_for(worker, PATIENCE_S)

    return start
