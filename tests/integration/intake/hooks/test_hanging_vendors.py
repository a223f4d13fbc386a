"""A worker whose vendors take calls and say nothing goes on deciding about leads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from pointsman.db.revision import HEAD_REVISION
from pointsman.worker.queue import QueueSettings
from pointsman.worker.run import run_worker
from pointsman_sdk import Arrival, Event, Reply
from support.floors.hook_floor import HookFloor
from support.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.anyio, pytest.mark.own_database]

CONCURRENCY = 2


@asynccontextmanager
async def working(floor: HookFloor, database_url: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    settings = QueueSettings(
        conninfo=database_url.replace("+psycopg", ""),
        concurrency=CONCURRENCY,
        job_deadline=timedelta(seconds=60),
        grace=timedelta(seconds=5),
    )
    worker = asyncio.create_task(run_worker(floor.env, settings, needs_revision=HEAD_REVISION, stop=stop, periodic=()))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(worker, PATIENCE_S)


def decided(floor: HookFloor, leads: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many leads have their decision."""

    async def ask() -> bool:
        return await floor.world.value("select count(distinct lead_id) from decisions") == leads

    return ask


async def test_a_lead_is_decided_while_more_vendors_hang_than_there_are_places(
    floor: HookFloor, database_url: str
) -> None:
    script = floor.script
    script.hangs = asyncio.Event()
    keys = [f"crm-{n}" for n in range(CONCURRENCY + 1)]
    for key in (*keys, "form"):
        await floor.intake(key)
    async with working(floor, database_url):
        for key in keys:
            event = Event(key=key, about="p-1")
            script.answer = lambda _, event=event: Reply(events=[event])
            await floor.post(key)
        await until(lambda: len(script.fetched) == CONCURRENCY)
        person = {"email": "ada@nordlicht.example", "name": "Ada", "id": "1"}
        script.answer = lambda _: Reply(events=[Event(key="e-1", body=person)])
        await floor.post("form")
        await until(decided(floor, 1))
        assert len(script.fetched) == CONCURRENCY
        script.arrivals = {key: Arrival(fields={**person, "email": f"{key}@nordlicht.example"}) for key in keys}
        script.hangs.set()
        await until(decided(floor, 2 + CONCURRENCY))
