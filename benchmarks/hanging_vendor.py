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
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import floors
import psycopg
from http_load import Connection, percentile
from memory_vendor import Temper, Vendor
from rich.console import Console
from rich.table import Table
from seeding import make_intakes
from service import Service
from vendor_floor import Floor
from webhooks import Hook

MOST_MORE, MOST_MORE_S = 1.1, 0.020
HANGS_S = 600.0
WARM_UP = 10  # webhooks and bookings before
DRAIN_S = 20.0

DECISIONS = "select extract(epoch from done_at - received_at)::float from inbox where received_at >= %s"
DELIVERIES = """
    select extract(epoch from d.done_at - d.created_at)::float
    from deliveries d join connections k on k.id = d.connection_id where k.key = 'other' and d.created_at >= %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Seconds in ascending order; what had not ended when the round did took for ever."""

    decisions: list[float]
    other: list[float]


async def one_round(given: argparse.Namespace, *, hangs: bool) -> Seen:
    count = int(given.seconds * given.rate)
    with (
        Service(apis=1, workers=1) as service,
        Vendor("hanging", Temper(), directory=service.directory) as hanging,
        Vendor("other", Temper(), directory=service.directory) as other,
    ):
        floor = Floor.make(service, {hanging: False, other: False}, closers_each=2)
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
            seen = Seen(
                decisions=sorted(ended(database.execute(DECISIONS, begun).fetchall())),
                other=sorted(ended(database.execute(DELIVERIES, begun).fetchall())),
            )
        await floor.aclose()
    assert (len(seen.decisions), len(seen.other)) == (count, count), "all that was sent is looked at"
    return seen


def ended(rows: list[tuple[float | None]]) -> Iterator[float]:
    for (seconds,) in rows:
        yield float("inf") if seconds is None else seconds


async def send(service: Service, hook: Hook, name: str) -> None:
    line = Connection(service.ports[0])
    answer = await line.send(hook.signed(name, floors.form(name)))
    line.close()
    assert answer.status == 202, answer.body


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--rate", type=float, default=4, help="of each kind, a second")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    console = Console(width=140)
    found: dict[bool, list[Seen]] = {False: [], True: []}
    for turn in range(2 * given.rounds):
        hangs = turn % 2 == 1
        seen = asyncio.run(one_round(given, hangs=hangs))
        found[hangs].append(seen)
        figures = (1_000 * percentile(values, 0.99) for values in (seen.decisions, seen.other))
        console.print(
            f"{'one hangs' if hangs else 'both answer'}: p99 of decisions {next(figures):.0f} ms, other {next(figures):.0f} ms"
        )
    table, kept = Table("p99, ms", "both answer", "one hangs", "held to"), True
    for name in ("decisions", "other"):
        calm, hung = (median(percentile(getattr(one, name), 0.99) for one in found[hangs]) for hangs in (False, True))
        most = max(calm * MOST_MORE, calm + MOST_MORE_S)
        kept = kept and hung <= most
        table.add_row(name, f"{1000 * calm:.1f}", f"{1000 * hung:.1f}", f"{1000 * most:.1f}")
    console.print(table)
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
