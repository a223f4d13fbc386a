"""500 reps have their calendars over one connection: how long until all of them have been read?

    python benchmarks/busy_batches.py [--reps 500] [--each 0.3] [--rounds 3] [--held 6]

The whole way that slots go: the line of readers, the gate and its table on a real PostgreSQL, the memory connector with its
manifest (20 calendars a question, 4 questions at once), readings kept. The vendor is in memory, and takes 0.3 s for an answer.
Each round reads all afresh. Held to: every rep readable within 6 s, and never more than 4 questions at once.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import httpx
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the tests are no package that is installed

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.db.migrations import upgrade_schema
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.services.calendars.readings import read_calendars
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports import Env
from pointsman.services.roster.change_roster import put_roster
from pointsman_memory import MANIFEST, MemoryVendor
from support.floors.use_case_env import ADMIN, floor_given, make_env, rep_given

AHEAD = timedelta(days=14)
CONFIG = {"url": "https://memory.example", "token": "s3cret-token"}


class SlowVendor(httpx.AsyncBaseTransport):
    """Takes its time for each answer, and counts how many calls wait for one."""

    def __init__(self, vendor: MemoryVendor, each: float) -> None:
        self._vendor, self._each = vendor, each
        self.calls = self.in_flight = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(self._each)
            return await self._vendor.transport.handle_async_request(request)
        finally:
            self.in_flight -= 1


async def furnish(env: Env, names: list[str]) -> None:
    """Reps of these names, each with a calendar over the one connection."""
    await put_roster(env, floor_given(reps=tuple(rep_given(name, "Closer") for name in names)), actor=ADMIN)
    await save_connection(env, "cal", connector="memory", config=CONFIG, active=True, actor=ADMIN)


async def measure(url: str, reps: int, each: float, rounds: int) -> tuple[list[tuple[float, int]], SlowVendor]:
    bare, engine = make_env(url, clock=lambda: datetime.now(UTC), pool_size=10)
    vendor = MemoryVendor(token=CONFIG["token"])
    names = [f"rep-{number:03}" for number in range(reps)]
    start = datetime.now(UTC)
    for name in names:
        vendor.diary.calendar(name)
    wire = SlowVendor(vendor, each)
    gateway = ConnectorGateway(
        registry=ConnectorRegistry.discover(),
        vault=Vault([new_key()]),
        contexts=ContextFactory(clock=bare.clock, transport=wire),
        gate=PaceGate(uow=bare.uow, clock=bare.clock),
    )
    env, found = replace(bare, calendars=gateway), []
    try:
        await furnish(env, names)
        async with engine.begin() as connection:
            await connection.exec_driver_sql(
                "insert into rep_calendars (id, rep_id, connection_id, calendar, writes)"
                " select gen_random_uuid(), r.id, c.id, r.key, true from reps r, connections c"
            )
        wire.calls = wire.most = 0
        for _ in range(rounds):
            began = perf_counter()
            readings = await read_calendars(
                env, names, start, start + AHEAD, max_age=timedelta(0), deadline=READ_DEADLINE
            )
            found.append((perf_counter() - began, sum(one.state.readable for one in readings.values())))
    finally:
        await gateway.aclose()
        await engine.dispose()
    return found, wire


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--reps", type=int, default=500)
    arguments.add_argument("--each", type=float, default=0.3)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--held", type=float, default=6.0)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder) / "database", durable=True, connections=20)
        url = postgres.start()
        try:
            upgrade_schema(url)
            found, wire = asyncio.run(measure(url, given.reps, given.each, given.rounds))
        finally:
            postgres.remove()
    table = Table("round", "readable", "s")
    for number, (seconds, readable) in enumerate(found, 1):
        table.add_row(str(number), f"{readable} of {given.reps}", f"{seconds:.2f}")
    console = Console()
    console.print(table)
    console.print(f"{wire.calls / given.rounds:.0f} calls a round, at most {wire.most} at once")
    kept = all(readable == given.reps and seconds <= given.held for seconds, readable in found)
    kept = kept and wire.most <= MANIFEST.limits.at_once
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
