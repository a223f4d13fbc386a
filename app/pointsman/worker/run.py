"""The worker process: the queue and the sweeps, through outages, until told to stop."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from pointsman.domain.errors import Unavailable
from pointsman.logs import safe_traceback
from pointsman.services.operations.monitoring import readiness
from pointsman.services.ports import Env
from pointsman.worker.queue import QueueSettings, database_answers, work_queue
from pointsman.worker.sweeping import keep_sweeping, pause
from pointsman.worker.tasks import JOBS, PERIODIC_TASKS, Job, PeriodicTask

_log = structlog.get_logger("pointsman.worker")

_PAUSE_S = 0.5  # between attempts to reach a database that is away
_LONGEST_PAUSE_S = 8.0  # between attempts that fail for another reason


async def run_worker(
    env: Env,
    settings: QueueSettings,
    *,
    needs_revision: str,
    stop: asyncio.Event | None = None,
    jobs: Mapping[str, Job] = JOBS,
    periodic: Sequence[PeriodicTask] = PERIODIC_TASKS,
) -> None:
    """Work until `stop` is set; without one, until SIGTERM or SIGINT. Running jobs are finished first.

    Begins when the database has the schema `needs_revision`, or a newer one, and says meanwhile what is missing.
    """
    stop = stop or _on_signals()
    await _wait_for_schema(env, needs_revision, stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep_working(env, jobs, settings, stop))
        for task in periodic:
            group.create_task(keep_sweeping(env, task, stop))
    _log.info("worker stopped")


def _on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _wait_for_schema(env: Env, needs_revision: str, stop: asyncio.Event) -> None:
    """Before, every sweep and the queue would fail at once, again and again, and none would say what to do."""
    said = ""
    while not stop.is_set():
        try:
            await readiness(env, needs_revision=needs_revision)
        except Unavailable as error:
            if str(error) != said:
                said = str(error)
                _log.warning("waiting for the database", reason=said)
            await pause(stop, timedelta(seconds=_PAUSE_S))
        else:
            return


async def _keep_working(env: Env, jobs: Mapping[str, Job], settings: QueueSettings, stop: asyncio.Event) -> None:
    away = False
    pause_s = _PAUSE_S
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
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
            # One that fails as soon as it starts would fill the log.
            lasted = asyncio.get_running_loop().time() - began > _LONGEST_PAUSE_S
            pause_s = _PAUSE_S if lasted else min(pause_s * 2, _LONGEST_PAUSE_S)
        else:
            pause_s = _PAUSE_S
        await pause(stop, timedelta(seconds=pause_s))
