"""Leads that wait: what do many roster changes cost, and is a due lead tried in time behind thousands of others?

    python benchmarks/waiting_leads.py [--waiting 600] [--changes 30] [--behind 5000]

Real processes: an API, a worker, a durable PostgreSQL. Every SDR is away, so every lead waits. While the worker rests, the
roster is changed one request after another: the bound is one drain. Then more leads come, and the last of them falls due
alone (its moment and what it is about are set in the database): the bound is two seconds from its moment to its decision.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta

import floors
import psycopg
import uvloop
from http_load import closed_loop
from rich.console import Console
from seeding import seed
from service import Api, Service

SDRS = 3
BOUND_S = 2.0
PATIENCE_S = 120.0

JOBS = "select count(*) from procrastinate_jobs where task_name = 'holds.drain' and id > %s"
IDLE = "select count(*) = 0 from procrastinate_jobs where status in ('todo', 'doing') and task_name like 'holds.%'"
#: The lead that came last becomes one for nurture, and its hold falls due in a moment.
FALLS_DUE = """
with last as (select id, lead_id from holds where released_at is null order by held_at desc limit 1),
changed as (update leads set facts = facts || '{"lead.source": "newsletter"}' from last where leads.id = last.lead_id)
update holds set next_try_at = clock_timestamp() + interval '1 second' from last where holds.id = last.id
returning last.lead_id, holds.next_try_at
"""
DECIDED = "select at from decisions where lead_id = %s and outcome = 'nurture'"


def floor() -> floors.Floor:
    found = floors.of_sdrs(SDRS)
    news = {"name": "News only", "when": {"field": "lead.source", "equals": "newsletter"}, "work": "nurture"}
    found.policy["rules"].insert(0, news)
    return found


def wait(service: Service, first: int, count: int) -> None:
    """So many leads come, and all of them wait."""
    requests = [floors.lead_request(service.key, str(first + number)) for number in range(count)]
    load = uvloop.run(closed_loop(service.ports, requests, connections=4, seconds=900))
    if not load.only(201):
        raise SystemExit(f"not every lead was taken: {load}")


def drained(database: psycopg.Connection) -> float:
    """Seconds until no drain waits or runs."""
    started = time.monotonic()
    while not database.execute(IDLE).fetchone()[0]:  # type: ignore[index]  # a count is always a row
        if time.monotonic() - started > PATIENCE_S:
            raise SystemExit("the drains did not end in time")
        time.sleep(0.05)
    return time.monotonic() - started


def change_roster(service: Service, api: Api, database: psycopg.Connection, changes: int) -> tuple[int, float]:
    """How many drains so many changes of the roster led to, and how long they took."""
    drained(database)
    service.pause_workers()
    newest = database.execute("select coalesce(max(id), 0) from procrastinate_jobs").fetchone()
    for number in range(changes):
        member = {**floors.rep("sdr-1", "SDR"), "name": f"Sdr {number}"}
        del member["key"]
        api.call("PUT", "/v1/reps/sdr-1", member)
    jobs = database.execute(JOBS, newest).fetchone()
    service.resume_workers()
    assert jobs is not None
    return jobs[0], drained(database)


def due_after(database: psycopg.Connection) -> float:
    """Seconds from the moment of the last lead to its decision."""
    drained(database)
    row = database.execute(FALLS_DUE).fetchone()
    assert row is not None, "a lead waits"
    lead_id, moment = row
    started = time.monotonic()
    while (found := database.execute(DECIDED, [lead_id]).fetchone()) is None:
        if time.monotonic() - started > PATIENCE_S:
            raise SystemExit("the due lead was not tried in time")
        time.sleep(0.05)
    late: timedelta = found[0] - moment
    return late.total_seconds()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=600, help="leads that wait while the roster is changed")
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--behind", type=int, default=5_000, help="leads that wait when one falls due")
    given = parser.parse_args()
    console = Console()
    with Service(apis=1, workers=1) as service, psycopg.connect(service.libpq_url, autocommit=True) as database:
        seed(service, floor())
        api = Api(service.url, service.key)
        away = {
            "starts_at": datetime.now(UTC).isoformat(),
            "ends_at": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
        }
        for number in range(1, SDRS + 1):
            api.call("POST", f"/v1/reps/sdr-{number}/time-off", {**away, "reason": "holidays"})
        wait(service, 0, given.waiting)
        jobs, seconds = change_roster(service, api, database, given.changes)
        console.print(
            f"{given.changes} changes, {given.waiting} leads wait: {jobs} drain(s), {seconds:.2f} s (bound: 1)"
        )
        wait(service, given.waiting, given.behind - given.waiting)
        late = [due_after(database) for _ in range(3)]
        said = ", ".join(f"{one:.2f}" for one in late)
        console.print(f"due alone behind {given.behind}: tried after {said} s (bound {BOUND_S:g} s)")
        api.close()
    return 0 if jobs == 1 and max(late) <= BOUND_S else 1


if __name__ == "__main__":
    sys.exit(main())
