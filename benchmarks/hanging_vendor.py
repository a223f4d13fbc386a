"""One vendor takes calls and says nothing: how much later do another vendor's deliveries arrive, and do decisions come?

    python benchmarks/hanging_vendor.py [--seconds 15] [--rounds 3] [--ungated]

One process with the places of a worker (10) carries out deliveries of two connections, 20 a second each, through the gate and
its table on a real PostgreSQL. Beside them, in places of their own as intake has, small transactions run that stand for
decisions. Rounds alternate: both vendors answer after 50 ms, or one of them never does, so that its calls end by their
deadline (here 3 s). Medians of the rounds are compared. `--ungated` shows the same without the gate.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the tests are no package that is installed

from pointsman.connectors.pace.gate import Patience
from pointsman.db.engine.engine import make_engine
from pointsman.db.migrations import upgrade_schema
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.services.ports import VendorError, VendorWaitError
from pointsman_sdk import Context, Limits
from support.floors.paced_world import PacedWorld, Process, paced_world

PLACES = 10
EACH_S = 0.05
DEADLINE = timedelta(seconds=3)
DRAIN_S = 10.0  # after the last delivery became due
MOST_MORE, MOST_MORE_S = 1.1, 0.020


@dataclass(slots=True)
class Seen:
    """Seconds from when something was due until it was done."""

    other: list[float] = field(default_factory=list)
    decisions: list[float] = field(default_factory=list)
    owed: int = 0


async def answer(_context: Context) -> object:
    await asyncio.sleep(EACH_S)
    return None


async def hang(_context: Context) -> object:
    await asyncio.sleep(3_600)
    return None


async def deliver(
    process: Process, places: asyncio.Semaphore, patience: Patience, done: Callable[[float], None]
) -> None:
    """Until it is done, as the engine does: who has to wait gives its place back."""
    due, attempts = perf_counter(), 0
    while True:
        wait = 5.0 * 2**attempts
        async with places:
            try:
                await process.call(deadline=DEADLINE, patience=patience)
            except VendorWaitError as fault:
                wait = max(fault.retry_after.total_seconds(), 0.01) if fault.retry_after is not None else 0.01
            except VendorError:
                attempts += 1
            else:
                done(perf_counter() - due)
                return
        await asyncio.sleep(wait)


async def decide(world: PacedWorld, done: Callable[[float], None]) -> None:
    due = perf_counter()
    async with world.uow() as tx:
        await tx.system.state()
    done(perf_counter() - due)


async def one_round(url: str, number: int, *, hangs: bool, seconds: float, gated: bool) -> Seen:
    engine = make_engine(url, pool_size=10)
    worlds = [await paced_world(engine, Limits(at_once=4), number=number + side) for side in range(2)]
    for world in worlds:
        world.chance = lambda: 0.5
        world.use_clock(lambda: datetime.now(UTC))
        world.vendor.act = answer
    if hangs:
        worlds[0].vendor.act = hang
    one, other = (world.process() for world in worlds)
    places, patience, seen = asyncio.Semaphore(PLACES), Patience.COMES_BACK if gated else Patience.UNPACED, Seen()
    tasks: list[asyncio.Task[None]] = []

    def start(work: Awaitable[None]) -> None:
        tasks.append(asyncio.ensure_future(work))  # type: ignore[arg-type]  # a coroutine

    for _ in range(int(seconds / EACH_S)):
        start(deliver(one, places, patience, lambda _: None))
        start(deliver(other, places, patience, seen.other.append))
        start(decide(worlds[1], seen.decisions.append))
        seen.owed += 1
        await asyncio.sleep(EACH_S)
    await asyncio.sleep(DRAIN_S / 5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for world in worlds:
        await world.aclose()
    await engine.dispose()
    return seen


def p99(values: list[float], owed: int) -> float:
    """What was never done took for ever."""
    ordered = sorted(values) + [float("inf")] * (owed - len(values))
    return ordered[int(len(ordered) * 0.99)]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=15)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--ungated", action="store_true")
    given = arguments.parse_args()
    found: dict[bool, list[Seen]] = {False: [], True: []}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder) / "database", durable=True, connections=30)
        url = postgres.start()
        try:
            upgrade_schema(url)
            for turn in range(2 * given.rounds):
                hangs = turn % 2 == 1
                seen = asyncio.run(
                    one_round(url, 10 * turn + 1, hangs=hangs, seconds=given.seconds, gated=not given.ungated)
                )
                found[hangs].append(seen)
        finally:
            postgres.remove()
    table, kept = Table("p99, ms", "both answer", "one hangs", "held to"), True
    for name in ("other", "decisions"):
        calm, hung = (median(p99(getattr(seen, name), seen.owed) for seen in found[hangs]) for hangs in (False, True))
        most = max(calm * MOST_MORE, calm + MOST_MORE_S)
        kept = kept and hung <= most
        table.add_row(name, f"{1000 * calm:.1f}", f"{1000 * hung:.1f}", f"{1000 * most:.1f}")
    Console().print(table)
    Console().print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
