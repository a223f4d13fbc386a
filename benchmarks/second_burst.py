"""Does the queue keep its pace after a quiet time? A burst of webhooks, a pause, and the same burst again.

    python benchmarks/second_burst.py [--webhooks 2000] [--pause 90]

In the pause autovacuum looks at the empty queue. Real processes, one API and one worker unless told otherwise, and a
durable PostgreSQL. A second burst that is slower than 0.9 of the first is a failure.
"""

import argparse
import asyncio
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import floors
import psycopg
import uvloop
from http_load import percentile
from programs import cpu_seconds
from rich.console import Console
from rich.table import Table
from seeding import seed
from service import Service
from webhooks import Event, Hook, Queue, Sent, send_all

LEAST = 0.9
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What one burst took, from its first webhook to its last lead decided."""

    leads: int
    seconds: float
    postgres_ms: float  # processor time of PostgreSQL per lead
    waits: list[float]  # seconds from accepted to decided, sorted

    @property
    def per_second(self) -> float:
        return self.leads / self.seconds


async def burst(service: Service, hook: Hook, name: str, webhooks: int, connections: int) -> Burst:
    events = [
        Event(id=f"{name}-{n}", intake="lead", mql_id=f"{name}-{n}", body=floors.form(f"{name}-{n}"))
        for n in range(webhooks)
    ]
    with psycopg.connect(service.libpq_url, autocommit=True) as database:
        begun = database.execute("select clock_timestamp()").fetchone()
        server = _postmaster(database)
        used, start = _cpu_of_server(server), time.perf_counter()
        sent = Sent()
        await send_all(
            Queue(events), {"lead": hook}, service.ports, connections=connections, sent=sent, progress=lambda: None
        )
        assert not sent.given_up, "every webhook is accepted"
        await _until_worked_off(database)
        seconds = time.perf_counter() - start
        rows = database.execute(
            "select extract(epoch from done_at - received_at)::float from inbox where received_at >= %s", begun
        ).fetchall()
        assert len(rows) == webhooks, f"{len(rows)} of {webhooks} were decided"
        return Burst(
            leads=webhooks,
            seconds=seconds,
            postgres_ms=(_cpu_of_server(server) - used) * 1000 / webhooks,
            waits=sorted(row[0] for row in rows),
        )


async def _until_worked_off(database: psycopg.Connection) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while database.execute("select 1 from inbox where status <> 'done' limit 1").fetchone():
        if time.monotonic() > deadline:
            raise SystemExit("the burst was not worked off in time")
        await asyncio.sleep(0.1)


def _postmaster(database: psycopg.Connection) -> int:
    stat = Path(f"/proc/{database.info.backend_pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def _cpu_of_server(postmaster: int) -> float:
    """Processor time of the server and of all its processes, also of those that have ended."""
    total = cpu_seconds(postmaster) or 0.0
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    total += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(place.read_text().rpartition(")")[2].split()[1]) == postmaster:
                total += cpu_seconds(int(place.parent.name)) or 0.0
    return total


def show(console: Console, bursts: dict[str, Burst]) -> None:
    table = Table("burst", "leads/s", "PostgreSQL ms/lead", "median wait s", "p99 wait s")
    for name, found in bursts.items():
        half, most = percentile(found.waits, 0.5), percentile(found.waits, 0.99)
        table.add_row(name, f"{found.per_second:.1f}", f"{found.postgres_ms:.1f}", f"{half:.1f}", f"{most:.1f}")
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webhooks", type=int, default=2_000, help="in each burst")
    parser.add_argument("--pause", type=float, default=90.0, help="seconds between them")
    parser.add_argument("--api", type=int, default=1, help="API processes")
    parser.add_argument("--workers", type=int, default=1, help="worker processes")
    parser.add_argument("--connections", type=int, default=32, help="webhooks in flight at once")
    given = parser.parse_args()
    console = Console()
    with Service(apis=given.api, workers=given.workers) as service:
        hook = seed(service, floors.of_sdrs(10))["form"]

        def run(name: str) -> Burst:
            return uvloop.run(burst(service, hook, name, given.webhooks, given.connections))

        first = run("a")
        console.print(f"first burst: {first.per_second:.1f} leads/s; a pause of {given.pause:g} s")
        time.sleep(given.pause)
        second = run("b")
    show(console, {"first": first, "after the pause": second})
    ratio = second.per_second / first.per_second
    console.print(f"the second burst at {ratio:.2f} of the first (at least {LEAST})")
    return 0 if ratio >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
