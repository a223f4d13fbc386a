"""A vendor is away for ten minutes while 1,000 deliveries are due: how many calls does it get then, and after?

    python benchmarks/vendor_outage.py [--deliveries 1000] [--minutes 10] [--after 15] [--virtual]

Whole processes: PostgreSQL, an API, two workers, and the vendor, which answers each call with 503 while it is away. Appointments
are booked beforehand, so that everything is due when the workers start. Held to: 30 calls during the outage, 1.1 a delivery
after it, where a delivery is a look-up and a write, which the vendor counts as two requests. `--virtual` asks the gate alone
instead, on a clock that does not wait, for the three ways in which a vendor is away, each three times with other chances.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg
from memory_vendor import Temper, Vendor
from rich.console import Console
from rich.table import Table
from service import Service
from vendor_floor import Floor

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the tests are no package that is installed

from pointsman.db.engine.engine import make_engine
from pointsman.db.migrations import upgrade_schema
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.main import utc_now
from pointsman_sdk import Limits
from support.floors.outage import WAYS_OF_BEING_AWAY, OutageFigures, outage
from support.floors.paced_world import START, paced_world

MOST_CALLS_DURING = 30
MOST_CALLS_AFTER = 1.1  # a delivery
REQUESTS = 2  # of a delivery
ROUNDS = 3
COLUMNS = ("vendor", "calls during", "calls after, each", "attempts, at most", "looked at, each", "last done, s after")


async def measure(given: argparse.Namespace, console: Console, stack: ExitStack) -> bool:
    """Whether the bounds were kept by whole processes."""
    service = stack.enter_context(Service(apis=1, workers=2))
    vendor = stack.enter_context(Vendor("away", Temper(), directory=service.directory))
    service.pause_workers()
    floor = Floor.make(service, {vendor: False}, closers_each=max(2, given.deliveries // 500))
    await floor.book(await floor.hand_over(given.deliveries, floor.at(vendor)))
    vendor.set(down=True)
    left = utc_now()
    service.resume_workers()
    console.print(f"{given.deliveries} deliveries are due, and the vendor is away")
    await asyncio.sleep(given.minutes * 60)
    vendor.set(down=False)
    back = utc_now()
    done_s = await _until_done(service, given.after * 60, console)
    calls = [call for call in vendor.ledger().calls if call.at >= left]
    during = sum(call.at < back for call in calls)
    after = (len(calls) - during) / REQUESTS / given.deliveries
    writes = sum(call.at >= back and call.method == "PUT" for call in calls)
    with psycopg.connect(service.libpq_url) as database:
        row = database.execute("select max(attempts) from deliveries").fetchone()
    standing = len(vendor.standing())
    table = Table("calls during", "calls after, each", "writes after, each", "attempts, at most", "last done, s after")
    last = "not all" if done_s is None else f"{done_s:.0f}"
    table.add_row(str(during), f"{after:.3f}", f"{writes / given.deliveries:.3f}", str(row[0] if row else 0), last)
    console.print(table)
    await floor.aclose()
    whole = done_s is not None and standing == given.deliveries
    return whole and during <= MOST_CALLS_DURING and after <= MOST_CALLS_AFTER


async def _until_done(service: Service, seconds: float, console: Console) -> float | None:
    began = told = time.monotonic()
    async with await psycopg.AsyncConnection.connect(service.libpq_url, autocommit=True) as database:
        while time.monotonic() - began < seconds:
            found = await database.execute("select count(*) from deliveries where status = 'pending'")
            row = await found.fetchone()
            if row is not None and not row[0]:
                return time.monotonic() - began
            if time.monotonic() - told > 20:
                told = time.monotonic()
                console.print(f"{told - began:5.0f} s after it came back: {row[0] if row else 0} are owed")
            await asyncio.sleep(0.5)
    return None


# ── the gate alone ───────────────────────────────────────────────────────────────────────────────


async def one_outage(url: str, way: str, deliveries: int, lasts: timedelta, seed: int) -> OutageFigures:
    """One outage over a connection of its own."""
    engine = make_engine(url, pool_size=5)
    try:
        world = await paced_world(engine, Limits(at_once=4), number=100 * seed + list(WAYS_OF_BEING_AWAY).index(way))
        world.chance = Random(seed).random
        world.clock.now = START
        found = await outage(world, way, deliveries=deliveries, lasts=lasts)
        await world.aclose()
        return found
    finally:
        await engine.dispose()


def virtual(given: argparse.Namespace, console: Console) -> bool:
    """Whether the gate kept the bounds; of the rounds, the worst figure counts."""
    table, kept = Table(*COLUMNS), True
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder) / "database", durable=False, connections=20)
        url = postgres.start()
        try:
            upgrade_schema(url)
            for way in WAYS_OF_BEING_AWAY:
                lasts = timedelta(minutes=given.minutes)
                rounds = [
                    asyncio.run(one_outage(url, way, given.deliveries, lasts, seed)) for seed in range(1, ROUNDS + 1)
                ]
                during = max(one.calls_during for one in rounds)
                after = max(one.calls_after for one in rounds) / given.deliveries
                kept = kept and during <= MOST_CALLS_DURING and after <= MOST_CALLS_AFTER
                table.add_row(
                    way,
                    str(during),
                    f"{after:.3f}",
                    str(max(one.attempts for one in rounds)),
                    f"{max(one.asked for one in rounds) / given.deliveries:.1f}",
                    f"{max(one.done_s for one in rounds):.0f}",
                )
        finally:
            postgres.remove()
    console.print(table)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=1_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--after", type=float, default=15, help="minutes until everything has to be done")
    parser.add_argument("--virtual", action="store_true", help="the gate alone, without waiting")
    given = parser.parse_args()
    console = Console(width=140)
    with ExitStack() as stack:
        kept = virtual(given, console) if given.virtual else asyncio.run(measure(given, console, stack))
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
