"""The queue keeps its pace: what a job costs does not grow with what waits, whatever the statistics say.

The plans are those inside procrastinate's functions, kept by a session since the table was empty, as a worker's are.
"""

from collections.abc import Callable, Iterator, Mapping

import psycopg
import pytest
from procrastinate.sql import queries

from pointsman.worker.queue import FORGET_ENDED, KEEP_FAILED
from support.databases.plans import Plans, explained, watching

pytestmark = pytest.mark.own_database

WAITING = 20_000
#: Blocks that one statement may look at: the heights of a few indexes, and one row.
BOUND = 40
FILL = f"""
    insert into procrastinate_jobs (queue_name, task_name, scheduled_at)
    select 'pointsman', 'inbox.process', {{at}} from generate_series(1, {WAITING})
"""
TODO, LATER = FILL.format(at="null"), FILL.format(at="now() + interval '1 hour'")
OVERDUE = FILL.format(at="now() - interval '1 hour'")
ONE = """
    select procrastinate_defer_jobs_v1(
        array[row('pointsman', 'note', 0, null, null, '{}', null)::procrastinate_job_to_defer_v1])
"""
FETCH = "select id, task_name from procrastinate_fetch_job_v2(array['pointsman'], %s)"
FINISH = "select procrastinate_finish_job_v1(%s, 'succeeded', true)"

#: What autovacuum may have seen before the jobs came.
STATISTICS: Mapping[str, str] = {
    "never analysed": "",
    "analysed empty": "vacuum analyze procrastinate_jobs; analyze procrastinate_events",
    "analysed full": f"{TODO}; analyze procrastinate_jobs; delete from procrastinate_jobs; vacuum procrastinate_jobs",
}
WAITING_JOBS: Mapping[str, str] = {
    "todo": TODO,
    "later": LATER,
    "overdue": OVERDUE,
    "todo and later": f"{TODO}; {LATER}",
    "calls to vendors": f"{TODO}; {OVERDUE}".replace("'pointsman'", "'pointsman-vendors'"),
    "failed": TODO.replace("scheduled_at", "status").replace("null", "'failed'")
    + "; insert into procrastinate_events (job_id, type) select id, 'failed' from procrastinate_jobs",
    "each with a lock": TODO.replace("scheduled_at", "lock").replace("null", "'appointment:' || generate_series"),
}


@pytest.fixture
def connection(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as opened:
        opened.execute("alter table procrastinate_jobs set (autovacuum_enabled = off)")
        opened.execute("set statement_timeout = '10s'")
        yield opened


@pytest.fixture
def plans(connection: psycopg.Connection) -> Iterator[Plans]:
    with watching(connection) as seen:
        yield seen


@pytest.fixture
def run(connection: psycopg.Connection, owner_url: str) -> Iterator[Callable[[str], None]]:
    """Runs statements on a connection that is not watched, and without triggers."""
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("set session_replication_role = replica")

        def each(statements: str) -> None:
            for statement in filter(str.strip, statements.split(";")):
                other.execute(statement.encode())

        yield each


def work_one(connection: psycopg.Connection, worker: int) -> str | None:
    """Fetch a job and finish it, as a worker does; its task."""
    job, task = connection.execute(FETCH, (worker,)).fetchone() or (None, None)
    if job is not None:
        connection.execute(FINISH, (job,))
    return task


def started(connection: psycopg.Connection) -> int:
    """A worker that has looked at the empty queue, and worked off a few jobs, long enough to keep its plans."""
    found = connection.execute("select worker_id from procrastinate_register_worker_v1()").fetchone()
    assert found is not None
    for _ in range(7):
        connection.execute(ONE)
        work_one(connection, found[0])
        work_one(connection, found[0])
    connection.execute("vacuum procrastinate_jobs")
    for _ in range(7):
        work_one(connection, found[0])
    return int(found[0])


@pytest.mark.parametrize(
    ("statistics", "waiting"),
    [("never analysed", "todo"), ("analysed full", "todo"), *(("analysed empty", waiting) for waiting in WAITING_JOBS)],
)
def test_a_job_costs_the_same_whatever_waits_and_whatever_was_analysed(
    connection: psycopg.Connection, plans: Plans, run: Callable[[str], None], statistics: str, waiting: str
) -> None:
    run(STATISTICS[statistics])
    worker = started(connection)
    run(WAITING_JOBS[waiting])
    # The first job may read the catalogue anew: a session that was idle loses what it knew of it where databases come and go.
    for _ in range(2):
        plans.forget()
        connection.execute(ONE)
        work_one(connection, worker)
    dear = [plan for plan in plans.seen if plan.blocks > BOUND or plan.is_sweeping]
    assert dear == []
    assert len(plans.of("procrastinate_jobs")) >= 3


def test_what_a_worker_asks_every_few_seconds_costs_the_same_whatever_waits(
    connection: psycopg.Connection, run: Callable[[str], None]
) -> None:
    run(STATISTICS["analysed empty"])
    run(f"{TODO}; {LATER}; {WAITING_JOBS['failed']}")
    stalled = queries["select_stalled_jobs_by_heartbeat"]
    asked = [
        stalled.replace("%(seconds_since_heartbeat)s", "'10'")
        .replace("%(queue)s", "null")
        .replace("%(task_name)s", "null"),
        queries["list_jobs_to_abort"].replace("%(queue_name)s", "null"),
        FORGET_ENDED.replace("%(keep)s", "interval '7 days'"),
    ]
    costs = [explained(connection, statement) for statement in asked]
    assert [plan for plan in costs if plan.blocks > 10 * BOUND] == []


def test_a_job_that_ended_is_forgotten_after_a_while_and_no_other_is(
    connection: psycopg.Connection, run: Callable[[str], None]
) -> None:
    run(
        "insert into procrastinate_jobs (queue_name, task_name, status) values"
        " ('q', 'old', 'failed'), ('q', 'new', 'failed'), ('q', 'waiting', 'todo'), ('q', 'running', 'doing')"
    )
    run(
        "insert into procrastinate_events (job_id, type, at)"
        " select id, 'failed', case when task_name = 'old' then now() - interval '8 days' else now() end"
        " from procrastinate_jobs"
    )
    connection.execute(FORGET_ENDED.encode(), {"keep": KEEP_FAILED})
    left = connection.execute("select task_name from procrastinate_jobs order by id").fetchall()
    assert left == [("new",), ("waiting",), ("running",)]
