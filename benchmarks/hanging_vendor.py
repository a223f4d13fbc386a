"""One vendor takes calls and says nothing: how much later do leads get their decisions, and another vendor its events?

    python benchmarks/hanging_vendor.py [--seconds 40] [--rate 4] [--rounds 3]

Whole processes: PostgreSQL, an API, one worker, and two vendors. Each second, `--rate` signed webhooks arrive, and as many
appointments are booked at each vendor. Rounds alternate: both answer, or one of them never does, so that each of its calls
lasts until its deadline. Each round has a service of its own, so that no backlog of one is felt in the next. Compared are medians
of the rounds' p99: from a webhook's 202 to its decision, and from a booking to its event at the other vendor. Held to: at most
a tenth or 20 ms more.
"""

import argparse
import asyncio
import sys
import time

import floors
import psycopg
from alternating import compare, ended, parser_of, send
from memory_vendor import Temper, Vendor
from seeding import make_intakes
from service import Service
from vendor_floor import Floor

HANGS_S = 600.0
WARM_UP = 10  # webhooks and bookings before
DRAIN_S = 20.0

DECISIONS = "select extract(epoch from done_at - received_at)::float from inbox where received_at >= %s"
DELIVERIES = """
    select extract(epoch from d.done_at - d.created_at)::float
    from deliveries d join connections k on k.id = d.connection_id where k.key = 'other' and d.created_at >= %s
"""


async def one_round(given: argparse.Namespace, *, hangs: bool) -> dict[str, list[float]]:
    count = int(given.seconds * given.rate)
    with (
        Service(apis=1, workers=1) as service,
        Vendor("hanging", Temper(), directory=service.directory) as hanging,
        Vendor("other", Temper(), directory=service.directory) as other,
    ):
        floor = Floor.make(service, {hanging: False, other: False}, closers_each=max(2, count // 400))
        hook = next(iter(make_intakes(floor.api, floors.of_sdrs(1).intakes).values()))
        at_one = await floor.hand_over(count + WARM_UP, floor.at(hanging))
        at_other = await floor.hand_over(count + WARM_UP, floor.at(other))
        for number in range(WARM_UP):
            await floor.book([at_one.pop(), at_other.pop()])
            await send(service, hook, f"warm-{number}")
        await asyncio.sleep(2)
        if hangs:
            hanging.set(slow_s=HANGS_S)
        with psycopg.connect(service.libpq_url, autocommit=True) as database:
            begun = database.execute("select clock_timestamp()").fetchone()
            assert begun is not None
            async with asyncio.TaskGroup() as group:
                start = time.monotonic()
                for number, (one, another) in enumerate(zip(at_one, at_other, strict=True)):
                    await asyncio.sleep(max(0.0, start + number / given.rate - time.monotonic()))
                    group.create_task(send(service, hook, f"lead-{number}"))
                    group.create_task(floor.book([one]))
                    group.create_task(floor.book([another]))
            await asyncio.sleep(DRAIN_S)
            decisions = sorted(ended(database.execute(DECISIONS, begun).fetchall()))
            other_s = sorted(ended(database.execute(DELIVERIES, begun).fetchall()))
        await floor.aclose()
    assert (len(decisions), len(other_s)) == (count, count), "all that was sent is looked at"
    return {"decisions": decisions, "other": other_s}


def main() -> int:
    given = parser_of(__doc__, seconds=40, rate=4).parse_args()
    return compare(
        lambda hangs: one_round(given, hangs=hangs),
        rounds=given.rounds,
        names=("decisions", "other"),
        said=("both answer", "one hangs"),
    )


if __name__ == "__main__":
    sys.exit(main())
