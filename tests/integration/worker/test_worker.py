"""Jobs run after their transaction, whatever happens to jobs, workers and the database."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import procrastinate.worker
import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text

from pointsman.db.engine.engine import time_outs
from pointsman.db.revision import HEAD_REVISION
from pointsman.main import Wired, wire
from pointsman.services.holds.drain import drain_due_holds
from pointsman.services.ports import DatabaseUnavailable, Env, StatementTimedOut
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.change_roster import add_time_off
from pointsman.settings import load_settings
from pointsman.worker.queue import DEAD_AFTER_S, HEARTBEAT_S, POLL_S, RESCUE_EVERY_S
from pointsman.worker.sweeping import keep_sweeping
from pointsman.worker.tasks import JOBS, PERIODIC_TASKS, Job, PeriodicTask
from support.databases.roles import as_owner, for_libpq
from support.floors.use_case_env import ADMIN, absence, open_world
from support.http.keys import SECRET
from support.waiting import PATIENCE_S, until
from support.wording import english

pytestmark = [pytest.mark.anyio, pytest.mark.own_database]


async def defer(wired: Wired, name: str, args: Mapping[str, Any] | None = None, **options: Any) -> None:
    async with wired.env.uow() as tx:
        await tx.jobs.defer(name, args or {}, **options)


def noting(seen: list[Any]) -> Callable[[Env, Mapping[str, Any]], Awaitable[None]]:
    async def job(_env: Env, args: Mapping[str, Any]) -> None:
        seen.append(args.get("n"))

    return job


async def test_a_job_runs_after_its_transaction_and_not_before(wired: Wired, working: Any) -> None:
    seen: list[Any] = []
    async with working({"note": noting(seen)}):
        async with wired.env.uow() as tx:
            await tx.jobs.defer("note", {"n": 1})
            await defer(wired, "note", {"n": 2})  # the later one is committed: the worker has looked when it ran
            await until(lambda: 2 in seen)
            assert seen == [2]
        await until(lambda: seen == [2, 1])


async def test_a_job_that_calls_no_vendor_does_not_wait_for_vendors_that_hang(wired: Wired, working: Any) -> None:
    hanging: list[Any] = []
    seen: list[Any] = []
    answered = asyncio.Event()

    async def ask_vendor(_env: Env, args: Mapping[str, Any]) -> None:
        hanging.append(args.get("n"))
        await answered.wait()

    async with working({"ask": ask_vendor, "note": noting(seen)}, concurrency=2):
        for n in range(3):  # more than there are places
            await defer(wired, "ask", {"n": n}, calls_vendor=True)
        await until(lambda: len(hanging) == 2)
        await defer(wired, "note", {"n": 1})
        await until(lambda: seen == [1])
        assert len(hanging) == 2
        answered.set()
        await until(lambda: len(hanging) == 3)


async def test_a_job_of_a_transaction_that_failed_never_runs(wired: Wired, working: Any) -> None:
    seen: list[Any] = []
    async with working({"note": noting(seen)}):
        with pytest.raises(RuntimeError):
            await failing(wired)
        await defer(wired, "note", {"n": 2})
        await until(lambda: 2 in seen)
        assert seen == [2]


async def failing(wired: Wired) -> None:
    async with wired.env.uow() as tx:
        await tx.jobs.defer("note", {"n": 1})
        raise RuntimeError("after the job, before the commit")


async def test_jobs_with_one_lock_run_one_after_another_in_order(wired: Wired, working: Any) -> None:
    running, together = 0, 0
    order: list[int] = []
    beside: list[Any] = []

    async def job(_env: Env, args: Mapping[str, Any]) -> None:
        nonlocal running, together
        running += 1
        together = max(together, running)
        await defer(wired, "beside", {"n": args["n"]})  # the worker looks for more while this one runs
        await until(lambda: args["n"] in beside)
        order.append(args["n"])
        running -= 1

    for n in range(5):
        await defer(wired, "job", {"n": n}, lock="anna")
    async with working({"job": job, "beside": noting(beside)}, deadline=PATIENCE_S):
        await until(lambda: len(order) == 5)
    assert (order, together) == ([0, 1, 2, 3, 4], 1)


async def test_a_job_for_later_waits_until_then(wired: Wired, working: Any, database_url: str) -> None:
    seen: list[Any] = []
    await defer(wired, "note", {"n": 1}, at=datetime.now(UTC) + timedelta(hours=1))
    async with working({"note": noting(seen)}):
        await defer(wired, "note", {"n": 2})  # the worker has looked when it ran
        await until(lambda: seen == [2])
        with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
            connection.execute("update procrastinate_jobs set scheduled_at = now() where status = 'todo'")
        await defer(wired, "note", {"n": 3})
        await until(lambda: sorted(seen) == [1, 2, 3])


async def test_a_failing_job_fails_alone_and_says_nothing_about_its_lead(
    wired: Wired, working: Any, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []

    async def poison(_env: Env, _args: Mapping[str, Any]) -> None:
        raise ValueError("mara@example.com")

    await defer(wired, "poison")
    await defer(wired, "note", {"n": 1})
    async with working({"poison": poison, "note": noting(seen)}):
        await until(lambda: seen == [1] and statuses(database_url) == [("poison", "failed")])
    told = capsys.readouterr()
    assert "ValueError" in told.out
    assert "mara" not in told.out + told.err


async def test_a_job_that_hangs_is_ended_at_its_deadline_and_others_go_on(
    wired: Wired, working: Any, database_url: str
) -> None:
    seen: list[Any] = []

    async def hang(_env: Env, _args: Mapping[str, Any]) -> None:
        await asyncio.Event().wait()

    await defer(wired, "hang")
    async with working({"hang": hang, "note": noting(seen)}, deadline=1.0, concurrency=1):
        await defer(wired, "note", {"n": 1})
        await until(lambda: seen == [1] and statuses(database_url) == [("hang", "failed")])


async def test_a_job_unknown_to_this_release_fails_and_the_worker_goes_on(
    wired: Wired, working: Any, database_url: str
) -> None:
    seen: list[Any] = []
    await defer(wired, "of.tomorrow")
    await defer(wired, "note", {"n": 1})
    async with working({"note": noting(seen)}):
        await until(lambda: seen == [1] and statuses(database_url) == [("of.tomorrow", "failed")])


async def test_a_stopping_worker_finishes_what_it_runs(wired: Wired, working: Any, database_url: str) -> None:
    started, seen = asyncio.Event(), []

    async def slow(env: Env, _args: Mapping[str, Any]) -> None:
        started.set()
        await stopping.wait()
        async with env.uow() as tx:  # it still has the database, and time for a round trip
            await tx.system.state()
        seen.append("done")

    await defer(wired, "slow")
    async with working({"slow": slow}) as stopping:
        await asyncio.wait_for(started.wait(), PATIENCE_S)
        stopping.set()
    assert seen == ["done"]
    assert statuses(database_url) == []


async def test_a_worker_goes_on_by_itself_after_the_server_ended_all_its_sessions(
    wired: Wired, working: Any, database_url: str
) -> None:
    seen: list[Any] = []
    with leaving_the_queues_own_tasks_alone():
        async with working({"note": noting(seen)}):
            await defer(wired, "note", {"n": 1})
            await until(lambda: seen == [1])
            for n in (2, 3):
                end_sessions(database_url)
                await defer_patiently(wired, n)
                await until(lambda n=n: n in seen)


async def test_a_worker_whose_queue_is_locked_says_so_and_goes_on_afterwards(
    wired: Wired, working: Any, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []
    said: list[str] = []

    def noticed() -> bool:
        said.append(capsys.readouterr().out)
        return "worker interrupted" in "".join(said)

    await defer(wired, "note", {"n": 1})
    with leaving_the_queues_own_tasks_alone(), psycopg.connect(database_url.replace("+psycopg", "")) as other:
        other.execute("lock table procrastinate_jobs")
        async with working({"note": noting(seen)}, options=time_outs(600)):
            await until(noticed)
            assert seen == []
            other.rollback()
            await until(lambda: seen == [1])


async def test_a_worker_without_its_schema_says_once_what_to_do_and_begins_when_it_is_there(
    wired: Wired, working: Any, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    said: list[str] = []

    async def sweep(_env: Env) -> int:
        seen.append("swept")
        return 0

    def heard(words: str) -> bool:
        said.append(capsys.readouterr().out)
        return words in "".join(said)

    def set_revision(revision: str) -> None:
        with psycopg.connect(for_libpq(as_owner(database_url))) as connection:
            connection.execute("update alembic_version set version_num = %s", [revision])

    set_revision("0101")
    async with working({}, periodic=[PeriodicTask(name="holds.due", every=timedelta(milliseconds=50), run=sweep)]):
        await until(lambda: heard("Run `pointsman migrate`"))
        set_revision(HEAD_REVISION)
        await until(lambda: bool(seen) and heard("worker started"))
    text = "".join(said)
    assert (text.count("waiting for the database"), "sweep failed" in text, "interrupted" in text) == (1, False, False)


@contextmanager
def leaving_the_queues_own_tasks_alone() -> Iterator[None]:
    """A job's task inside procrastinate that cannot record its end is dropped unasked, and the job is rescued later.

    pytest's loop would fail the test for it. Any other dropped task, above all one of ours, still does.
    """
    loop = asyncio.get_running_loop()
    strict = loop.get_exception_handler()
    assert strict is not None, "pytest's loop notices dropped tasks"

    def handle(the_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        code = getattr(getattr(context.get("future"), "get_coro", lambda: None)(), "cr_code", None)
        theirs = code is not None and Path(code.co_filename) == Path(procrastinate.worker.__file__)
        if theirs and isinstance(context.get("exception"), ConnectorException):
            return
        strict(the_loop, context)

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        gc.collect()  # a dropped task speaks when it is collected
        loop.set_exception_handler(strict)


async def defer_patiently(wired: Wired, n: int) -> None:
    """As a client would that gets 503 and tries again."""

    async def taken() -> bool:
        try:
            await defer(wired, "note", {"n": n})
        except DatabaseUnavailable:
            return False
        return True

    await until(taken)


async def test_periodic_work_is_done_by_one_worker_of_two(wired: Wired, working: Any) -> None:
    done: Counter[str] = Counter()

    def sweep(name: str, every: timedelta) -> PeriodicTask:
        async def note(_env: Env) -> int:
            done[name] += 1
            return 0

        return PeriodicTask(name=name, every=every, run=note)

    shared, often = sweep("shared", timedelta(hours=1)), timedelta(seconds=0.1)
    one, other = [shared, sweep("one", often)], [shared, sweep("other", often)]
    async with working({}, periodic=one), working({}, periodic=other):
        await until(lambda: min(done["one"], done["other"]) >= 5)  # both have long asked for the shared one
    assert done["shared"] == 1


async def test_a_failing_sweep_is_tried_again(wired: Wired, working: Any) -> None:
    tries = 0

    async def sweep(_env: Env) -> int:
        nonlocal tries
        tries += 1
        raise RuntimeError("not today")

    async with working({}, periodic=[PeriodicTask(name="odd", every=timedelta(seconds=0.2), run=sweep)]):
        await until(lambda: tries >= 3)


async def test_a_sweep_that_fails_three_times_in_a_row_is_logged_counted_and_alerted_about_until_it_succeeds(
    wired: Wired, working: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = True

    async def sweep(_env: Env) -> int:
        if failing:
            raise StatementTimedOut("mara@example.com")
        return 0

    async def alerts() -> list[str]:
        async with wired.env.uow() as tx:
            return [
                english(row["message"]) for row in await tx.alerts.list_open() if row["code"] == AlertCode.SWEEP_FAILING
            ]

    odd = PeriodicTask(name="odd", every=timedelta(milliseconds=20), run=sweep)
    async with working({}, periodic=[odd]):
        await until(alerts)
        (message,) = await alerts()
        assert "odd failed 3 times in a row" in message
        assert "statement-timeout" in message
        async with wired.env.uow() as tx:
            counts = await tx.system.counts(at=wired.env.clock())
        assert counts["sweep_failures"]["odd"] >= 3
        assert counts["sweep_age_seconds"]["odd"] >= 0
        failing = False
        await until(no(alerts))
    told = capsys.readouterr().out
    for said in ("sweep failed", "seconds", "statement-timeout", "StatementTimedOut"):
        assert said in told
    assert "mara" not in told


def no(question: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[bool]]:
    async def opposite() -> bool:
        return not await question()

    return opposite


async def test_a_failed_run_waits_twice_as_long_each_time_and_one_that_came_to_its_end_does_not(wired: Wired) -> None:
    minute, cap = timedelta(minutes=1), timedelta(minutes=3)

    async def claim(task: str) -> bool:
        async with wired.env.uow.autocommit() as tx:
            return await tx.system.claim_run(task, every=timedelta(0))

    for task, longest in (("whole", cap), ("parts", timedelta(0))):
        assert await claim(task)
        waits = []
        for _ in range(4):
            async with wired.env.uow() as tx:
                await tx.system.run_failed(task, error="x", wait=minute, longest_wait=longest)
                query = text("select not_before - clock_timestamp() from periodic_runs where task = :task")
                found = await tx.connection.execute(query, {"task": task})  # type: ignore[attr-defined]  # ours has it
                waits.append(round(found.scalar_one() / minute))
        assert waits == ([1, 2, 3, 3] if longest else [0, 0, 0, 0])
        assert await claim(task) is (not longest)


async def test_a_run_that_cannot_be_recorded_is_logged_all_the_same(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(database_url=database_url, secret_keys=SECRET, statement_timeout_ms=400)
    wired, stop, told = wire(settings, name="test", pool_size=1), asyncio.Event(), ""
    with psycopg.connect(database_url.replace("+psycopg", "")) as holder:

        async def sweep(_env: Env) -> int:
            await asyncio.to_thread(holder.execute, "lock table periodic_runs in access exclusive mode")
            raise RuntimeError("not today")

        def logged() -> bool:
            nonlocal told
            told += capsys.readouterr().out
            return "sweep failed" in told

        task = PeriodicTask(name="odd", every=timedelta(seconds=1), run=sweep)
        sweeping = asyncio.create_task(keep_sweeping(wired.env, task, stop))
        await until(logged)
        stop.set()
        await sweeping
    await wired.aclose()
    assert "not recorded" in told
    assert "lock-timeout" in told
    assert "RuntimeError" in told


def test_the_worker_knows_the_jobs_and_the_sweeps_that_the_use_cases_count_on() -> None:
    assert set(JOBS) == {
        "appointments.reminders",
        "calendars.outdated",
        "calendars.renew_watches",
        "crm_owners.look",
        "crm.take_in",
        "delivery.run",
        "delivery.slot_taken",
        "holds.drain",
        "inbox.process",
        "intake.catch_up",
        "intake.fetch",
    }
    assert {task.name for task in PERIODIC_TASKS} == {
        "inbox.sweep",
        "deliveries.sweep",
        "deliveries.late",
        "holds.drain",
        "holds.due",
        "calendars.poll",
        "connections.existing_leads",
        "connections.probe",
        "connections.users",
        "crm_owners.look",
        "connections.fields",
        "crm.records",
        "intake.feeds",
        "calendars.reconcile",
        "calendars.watches",
        "slot_holds.expire",
        "appointments.lapse",
        "appointments.links",
        "appointments.reminders",
        "appointments.untold",
        "leads.return_from_nurture",
        "appointments.overdue_results",
    }


KILLED = """
import asyncio, os, sys
from datetime import timedelta
from pointsman.main import wire
from pointsman.settings import load_settings
from pointsman.worker.queue import QueueSettings
from pointsman.db.revision import HEAD_REVISION
from pointsman.worker.run import run_worker

async def job(env, args):
    print("started", flush=True)
    await asyncio.sleep(600)

async def main():
    settings = load_settings()
    wired = wire(settings, name="victim")
    queue = QueueSettings(conninfo=settings.conninfo, concurrency=1, job_deadline=timedelta(seconds=900))
    await run_worker(wired.env, queue, needs_revision=HEAD_REVISION, jobs={"note": job}, periodic=())

asyncio.run(main())
"""


@pytest.mark.slow
async def test_the_job_of_a_killed_worker_is_taken_over_within_thirty_seconds(
    wired: Wired, working: Any, database_url: str
) -> None:
    environment = {**os.environ, "POINTSMAN_DATABASE_URL": database_url, "POINTSMAN_SECRET_KEYS": SECRET}
    victim = subprocess.Popen(  # noqa: ASYNC220  # it returns at once
        [sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert victim.stdout is not None
    with victim.stdout:
        await defer(wired, "note", {"n": 1})
        lines = asyncio.to_thread(lambda: next(line for line in victim.stdout if line.strip() == "started"))
        await asyncio.wait_for(lines, PATIENCE_S)
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
    seen: list[Any] = []
    jobs: Mapping[str, Job] = {"note": noting(seen)}
    async with working(jobs):
        await until(lambda: seen == [1])
    assert HEARTBEAT_S + DEAD_AFTER_S + RESCUE_EVERY_S + POLL_S < 30  # all that is waited for on the way


async def test_a_drain_that_waits_for_the_drain_of_a_dead_worker_runs(
    wired: Wired, working: Any, database_url: str
) -> None:
    async def ask(status: str) -> None:
        async with wired.env.uow() as tx:
            await tx.jobs.defer_once("note")
        with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
            connection.execute("update procrastinate_jobs set status = %s::procrastinate_job_status", [status])

    await ask("doing")
    async with wired.env.uow() as tx:
        await tx.jobs.defer_once("note")
    seen: list[Any] = []
    async with working({"note": noting(seen)}):
        await until(lambda: len(seen) == 1 and statuses(database_url) == [])


def statuses(database_url: str) -> list[tuple[str, str]]:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        return connection.execute("select task_name, status::text from procrastinate_jobs order by id").fetchall()


def end_sessions(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"  # waits until they have ended
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


async def test_a_waiting_lead_moves_on_at_the_moment_its_rep_is_back(
    wired: Wired, working: Any, database_url: str
) -> None:
    async with open_world(database_url) as world:
        world.clock.advance(timedelta(hours=-1))  # the worker's clock is the machine's: for it they are back
        back = world.clock() + timedelta(minutes=5)
        for rep in ("lena", "jonas", "sofia"):
            await add_time_off(world.env, rep, absence(back - timedelta(hours=1), back), actor=ADMIN)
        lead = await world.lead(lead__country="DE")
        assert (await world.route(lead)).rep is None
        assert await drain_due_holds(world.env) == 0
        only = [task for task in PERIODIC_TASKS if task.name == "holds.due"]
        assert [task.every for task in only] == [timedelta(seconds=1)]
        async with working({}, periodic=only):
            await until(lambda: world.value("select count(*) from assignments"))
