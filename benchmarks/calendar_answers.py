"""How long does a calendar's answer of 50, 2,000 or 50,000 events take, and how long does nothing else run meanwhile?

    python benchmarks/calendar_answers.py [--rounds 5]

It starts nothing but the reader processes. The answers come from memory through the whole way of a connector: gateway, client,
CalDAV, readers. Something beside it wants a turn each millisecond; the longest that it waited is what another request would wait.
Hostile answers follow, of sizes that once stopped the service for 22 to 79 seconds. Medians of the rounds, longest wait of all.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID

import httpx
from hostile import hostile_calendars
from rich.console import Console
from rich.table import Table

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.ports import VendorError
from pointsman.services.ports.vendors.calendars import BusyCalendar, CalendarAsked, CalendarOwner
from pointsman.services.ports.vendors.connections import ConnectionRef

START = datetime(2031, 3, 1, tzinfo=UTC)
END = START + timedelta(days=31)
OWNER = CalendarOwner(zone="Europe/Berlin", email="anna@example.com")
#: The question, free-busy times or events, and its answer.
ANSWERS: dict[str, tuple[bool, Callable[[], bytes]]] = {
    "50 busy times": (True, lambda: hostile_calendars.free_busy(50)),
    "2,000 busy times": (True, lambda: hostile_calendars.free_busy(2_000)),
    "50 events": (False, lambda: hostile_calendars.events(50)),
    "500 events": (False, lambda: hostile_calendars.events(500)),
    "2,000 events": (False, lambda: hostile_calendars.events(2_000)),
    "50,000 events": (False, lambda: hostile_calendars.events(50_000)),
    "50,000 events in one object": (False, hostile_calendars.EVENTS["50,000 events in one object"]),
    "230,000 FREEBUSY lines": (True, lambda: hostile_calendars.free_busy(230_000)),
    "59,000 FREEBUSY lines": (True, lambda: hostile_calendars.free_busy(59_000)),
    "20,000 resources": (False, lambda: hostile_calendars.multistatus([""] * 20_000)),
    "400,000 attributes": (False, lambda: hostile_calendars.attributes(400_000)),
    "300,000 attributes": (False, lambda: hostile_calendars.attributes(300_000)),
    "3 MB of namespaces": (False, hostile_calendars.EVENTS["namespaces"]),
}


class Server:
    def __init__(self) -> None:
        self.reports, self.body = True, b""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PROPFIND":
            # What a calendar is, a server hides that shares the busy times alone.
            return httpx.Response(403) if self.reports else httpx.Response(207, content=hostile_calendars.KIND)
        return httpx.Response(200 if self.reports else 207, content=self.body)


class Beside:
    """Whatever else the process has to do."""

    longest = 0.0

    async def run(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.longest, before = max(self.longest, now - before), now


@asynccontextmanager
async def beside() -> AsyncIterator[Beside]:
    other = Beside()
    task = asyncio.create_task(other.run())
    await asyncio.sleep(0.01)
    other.longest = 0.0
    yield other
    await asyncio.sleep(0.005)
    task.cancel()


async def main(rounds: int) -> None:
    server = Server()
    contexts = ContextFactory(clock=lambda: datetime.now(UTC), transport=httpx.MockTransport(server))
    gateway = ConnectorGateway(registry=ConnectorRegistry.discover(), vault=Vault([new_key()]), contexts=contexts)
    public, sealed = gateway.seal("caldav", {"base_url": "https://dav.example/", "trust_free_busy": True})
    connection = ConnectionRef(id=UUID(int=1), connector="caldav", config=public, sealed=sealed)

    async def read() -> str:
        try:
            found = await gateway.busy_times(
                connection, [CalendarAsked(calendar="/anna/", owner=OWNER)], START, END, deadline=timedelta(seconds=60)
            )
        except VendorError as error:
            return f"refused: {str(error).partition(' read: ')[2].partition(';')[0] or error}"
        busy = found["/anna/"]
        assert isinstance(busy, BusyCalendar), busy
        return f"read: {len(busy.times)} times apart from one another"

    table = Table("answer", "kB", "ms", "nothing else for, ms", "outcome")
    server.reports, server.body = False, hostile_calendars.events(1)
    await read()  # the reader process starts, once in a service's life
    for name, (server.reports, make) in ANSWERS.items():
        server.body = make()
        took: list[float] = []
        waits: list[float] = []
        outcome = ""
        for _ in range(rounds):
            async with beside() as other:
                begun = time.perf_counter()
                outcome = await read()
                took.append(time.perf_counter() - begun)
            waits.append(other.longest)
        figures = (len(server.body) / 1024, 1_000 * median(took), 1_000 * max(waits))
        table.add_row(name, f"{figures[0]:,.0f}", f"{figures[1]:,.1f}", f"{figures[2]:,.1f}", outcome)
    await contexts.aclose()
    Console(width=150).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))
