"""The job queue, kept at arm's length: everything that knows procrastinate is here.

What is to be done, and how often it was tried, stands in our own rows; a job only says "look at this row".
So a job is never retried by the queue: it fails, and a sweep defers a new one when its row is due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job as StoredJob
from procrastinate.jobs import Status
from psycopg_pool import AsyncConnectionPool

from pointsman.logs import safe_traceback
from pointsman.postgres_connection import PostgresConnection
from pointsman.services.ports import Env
from pointsman.services.ports.operations.jobs import QUEUE, VENDOR_QUEUE
from pointsman.worker.ending import end_tasks
from pointsman.worker.tasks import Job

_log = structlog.get_logger("pointsman.worker")

POLL_S = 0.2  # new jobs do not notify (migration 0102): that would make the commits of all senders queue up
HEARTBEAT_S = 2.0
DEAD_AFTER_S = 10.0  # a worker without a sign of life for this long is dead: its jobs are taken over
RESCUE_EVERY_S = 5.0
KEEP_FAILED = timedelta(days=7)
_SIDE_ENDS_S = 2.0
MAX_RESCUES = 20  # a job that outlived this many workers is what kills them

#: The oldest ones are looked at, however many there are; procrastinate's own way sorts all jobs with all that they did.
FORGET_ENDED: LiteralString = """
    delete from procrastinate_jobs where id in (
        select job.id from (
            select id from procrastinate_jobs where status not in ('todo', 'doing') order by id limit 100) job
        where not exists (
            select from procrastinate_events event where event.job_id = job.id and event.at > now() - %(keep)s))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How this worker works the queue."""

    conninfo: str
    concurrency: int  # jobs at once, in each of the two queues
    job_deadline: timedelta
    options: str = ""  # libpq's, of each session
    life_signs: Mapping[str, int] = field(default_factory=dict)  # libpq's: when a silent server counts as gone
    patience_s: float | None = None  # how long the database may be silent in one
    grace: timedelta = timedelta(seconds=8)  # to finish running jobs after being told to stop


async def work_queue(env: Env, jobs: Mapping[str, Job], settings: QueueSettings, stop: asyncio.Event) -> None:
    """Run jobs until `stop`. Raises when the database goes away: the caller starts it again."""
    app = _app(env, jobs, settings)
    async with app.open_async():
        side = asyncio.create_task(_rescue(app))
        told = asyncio.create_task(stop.wait())
        workers = [asyncio.create_task(_work(app, queue, settings)) for queue in (QUEUE, VENDOR_QUEUE)]
        try:
            await asyncio.wait({*workers, told, side}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # A worker takes it as a request to finish what it runs; a second one would break that off.
            await asyncio.gather(
                end_tasks((side, told), within=_SIDE_ENDS_S), end_tasks(workers, within=_ends_within(settings))
            )
        results = await asyncio.gather(*workers, side, told, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


def _ends_within(settings: QueueSettings) -> float:
    return settings.grace.total_seconds() + _SIDE_ENDS_S


async def _work(app: App, queue: str, settings: QueueSettings) -> None:
    """Run the jobs of one queue, at most `concurrency` at once: what hangs in one takes no place in the other."""
    await app.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=settings.concurrency,
        install_signal_handlers=False,
        fetch_job_polling_interval=POLL_S,
        listen_notify=False,
        update_heartbeat_interval=HEARTBEAT_S,
        stalled_worker_timeout=DEAD_AFTER_S,
        delete_jobs="successful",
        shutdown_graceful_timeout=settings.grace.total_seconds(),
    )


async def database_answers(conninfo: str) -> bool:
    """Whether the database takes a connection right now; asked before the pool, which would wait much longer."""
    try:
        async with await PostgresConnection.connect(conninfo, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def queue_connector(settings: QueueSettings) -> PsycopgConnector:
    """The queue's way to the database, not yet open."""
    return PsycopgConnector(
        pool_factory=open_pool,
        conninfo=settings.conninfo,
        min_size=1,
        max_size=min(settings.concurrency, 8) + 2,
        timeout=5.0,
        # Each statement is planned when it runs: a plan that was kept since the queue was empty would read all of it.
        kwargs={
            "connect_timeout": 2,
            "application_name": "pointsman-queue",
            "prepare_threshold": None,
            "options": settings.options,
            **settings.life_signs,
            "patience_s": settings.patience_s,
        },
    )


def _app(env: Env, jobs: Mapping[str, Job], settings: QueueSettings) -> App:
    app = App(connector=queue_connector(settings))
    for name, job in jobs.items():
        app.task(name=name, pass_context=True)(_guarded(env, name, job, settings.job_deadline))
    return app


def open_pool(**given: Any) -> AsyncConnectionPool:
    """Without the round trip that checks each connection before use: after an outage everything is opened anew."""
    return AsyncConnectionPool(**{**given, "check": None, "connection_class": PostgresConnection})


def _guarded(env: Env, name: str, job: Job, deadline: timedelta) -> Callable[..., Awaitable[None]]:
    """The job with a deadline, and a log line that tells what failed without personal data."""

    async def run(context: JobContext, **args: Any) -> None:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await job(env, args)
        except Exception as error:  # noqa: BLE001  # the top of the job's loop
            _log.error("job failed", job=name, id=context.job.id, **safe_traceback(error))
            raise JobFailedError(name) from None  # the queue logs what it gets: give it nothing personal

    return run


class JobFailedError(Exception):
    """A job failed; why is in the log line before."""


async def _rescue(app: App) -> None:
    """Take over the jobs of dead workers, and forget failed jobs after a while."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
                await _take_over(app, job)
            await app.connector.execute_query_async(FORGET_ENDED, keep=KEEP_FAILED)
        except ConnectorException as error:
            _log.warning("rescue", **safe_traceback(error))  # another worker was faster, or the database is away
        await asyncio.sleep(RESCUE_EVERY_S)


async def _take_over(app: App, job: StoredJob) -> None:
    if job.attempts >= MAX_RESCUES:
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        _log.error("job given up: its workers keep dying", job=job.task_name, id=job.id)
        return
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:  # the same is waiting, and cannot begin before this one is out of its way
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    _log.warning("job taken over from a dead worker", job=job.task_name, id=job.id)
