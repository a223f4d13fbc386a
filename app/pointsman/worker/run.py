"""The worker process: the queue and the sweeps, through outages, until told to stop."""

import asyncio
import random
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from pointsman.logs import safe_traceback
from pointsman.services.ports import DatabaseUnavailable, Env
from pointsman.worker.queue import QueueSettings, database_answers, work_queue
from pointsman.worker.tasks import JOBS, PERIODIC_TASKS, Job, PeriodicTask

_log = structlog.get_logger("pointsman.worker")

_PAUSE_S = 0.5  # between attempts to reach a database that is away
_SWEEP_DEADLINE_S = 90.0


async def run_worker(
    env: Env,
    settings: QueueSettings,
    *,
    stop: asyncio.Event | None = None,
    jobs: Mapping[str, Job] = JOBS,
    periodic: Sequence[PeriodicTask] = PERIODIC_TASKS,
) -> None:
    """Work until `stop` is set; without one, until SIGTERM or SIGINT. Running jobs are finished first."""
    stop = stop or _on_signals()
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep_working(env, jobs, settings, stop))
        for task in periodic:
            group.create_task(_keep_sweeping(env, task, stop))
    _log.info("worker stopped")


def _on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _keep_working(env: Env, jobs: Mapping[str, Job], settings: QueueSettings, stop: asyncio.Event) -> None:
    away = False
    while not stop.is_set():
        try:
            if await database_answers(settings.conninfo):
                _log.info("worker started", concurrency=settings.concurrency, after_outage=away)
                away = False
                await work_queue(env, jobs, settings, stop)
            elif not away:
                away = True
                _log.warning("the database does not answer; waiting for it")
        except Exception as error:  # noqa: BLE001  # the top of the worker's loop
            _log.warning("worker interrupted; starting again", **safe_traceback(error))
        await _pause(stop, timedelta(seconds=_PAUSE_S))


async def _keep_sweeping(env: Env, task: PeriodicTask, stop: asyncio.Event) -> None:
    away = False
    while not stop.is_set():
        try:
            async with asyncio.timeout(_SWEEP_DEADLINE_S):
                await _sweep(env, task)
            away = False
        except DatabaseUnavailable:
            away = True  # the queue's loop says so in the log
        except Exception as error:  # noqa: BLE001  # the top of the sweep's loop
            _log.error("sweep failed", task=task.name, **safe_traceback(error))
        # Every worker asks; the database gives the run to one of them. Chance keeps them from asking at once.
        wait = timedelta(seconds=_PAUSE_S) if away else task.every * random.uniform(0.9, 1.1)
        await _pause(stop, wait)


async def _sweep(env: Env, task: PeriodicTask) -> None:
    async with env.uow.autocommit() as tx:
        mine = await tx.system.claim_run(task.name, every=task.every * 0.8)
    if mine and (found := await task.run(env)):
        _log.info("sweep", task=task.name, found=found)


async def _pause(stop: asyncio.Event, duration: timedelta) -> None:
    try:
        async with asyncio.timeout(duration.total_seconds()):
            await stop.wait()
    except TimeoutError:
        return
