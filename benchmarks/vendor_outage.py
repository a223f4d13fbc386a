"""A vendor is away for ten minutes while 1,000 deliveries are due: how many calls does it get, then and after?

    python benchmarks/vendor_outage.py [--deliveries 1000] [--minutes 10] [--rounds 3]

The gate and its table are real, the clock goes from one due moment to the next, and so does not wait. The vendor is away in
three ways: it cannot be reached; it answers with failures; it says nothing until the call's deadline. Of the rounds, which
differ in the chance that spreads waits, the worst figure counts. Held to: 30 calls during the outage, 1.1 a delivery after it.
"""

import argparse
import asyncio
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the tests are no package that is installed

from pointsman.db.engine.engine import make_engine
from pointsman.db.migrations import upgrade_schema
from pointsman.local.postgres import EmbeddedPostgres
from pointsman_sdk import Limits
from support.floors.outage import WAYS_OF_BEING_AWAY, OutageFigures, outage
from support.floors.paced_world import START, paced_world

MOST_CALLS_DURING = 30
MOST_CALLS_AFTER = 1.1  # a delivery
COLUMNS = ("vendor", "calls during", "calls after, each", "attempts, at most", "looked at, each", "last done, s after")


async def measure(url: str, way: str, deliveries: int, lasts: timedelta, seed: int) -> OutageFigures:
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


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--deliveries", type=int, default=1_000)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    console, kept = Console(), True
    table = Table(*COLUMNS)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder) / "database", durable=False, connections=20)
        url = postgres.start()
        try:
            upgrade_schema(url)
            for way in WAYS_OF_BEING_AWAY:
                lasts = timedelta(minutes=given.minutes)
                rounds = [
                    asyncio.run(measure(url, way, given.deliveries, lasts, seed)) for seed in range(1, given.rounds + 1)
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
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
