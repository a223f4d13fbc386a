"""A worker that is told to stop stops, though a task lost its cancellation."""

import asyncio
from contextlib import suppress

import pytest

from pointsman.worker.ending import end_tasks

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_a_task_that_loses_cancellations_is_cancelled_again(lost: int) -> None:
    async def going_on() -> None:
        for _ in range(lost):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(going_on()), asyncio.create_task(asyncio.sleep(0))]
    await asyncio.sleep(0)
    await end_tasks(tasks, within=0.01)
    assert [task.done() for task in tasks] == [True, True]
    assert tasks[0].cancelled()


async def test_nothing_to_end_is_no_fault() -> None:
    await end_tasks([], within=1.0)
