"""A vendor answers with 8 MB of what hurts a reader most: does the service live on meanwhile, and does each call end in time?

    python benchmarks/hostile_answers.py [--megabytes 8] [--only NAME]

PostgreSQL, an API process, and the vendor as a process of its own. For each answer an admin has the connection checked, and the
slots of a lead are asked for whose closer's calendar lies there and was not read for a day; the endless ones come all at once, at
the end. Meanwhile /health/live is asked all the time. An answer of more than 4 MB is refused unread: `--megabytes 3.9` are those
that a reader sees. Held to: /health/live within 100 ms, no call longer than its deadline, no 500 of the service, and the same
process at the end.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import floors
import httpx
import psycopg
import uvloop
from hostile_vendor import BOMBS
from http_load import Answer, Connection, percentile, request
from programs import PYTHON, Program, free_port
from rich.console import Console
from rich.table import Table
from service import Api, Service
from vendor_floor import vendor_floor

HEALTH_S = 0.1
DEADLINE_S = 31.0  # of a call, with what it takes to say so
SERVER = str(Path(__file__).with_name("hostile_vendor.py"))


@dataclass(slots=True)
class Seen:
    """How long each answer took, and what was under way when /health/live was late."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    health: list[float] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    late: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Trial:
    """A service, a vendor, and a lead of each closer, who has the calendar of one bomb."""

    service: Service
    api: Api
    vendor_url: str
    seen: Seen = field(default_factory=Seen)

    def prepare(self, names: list[str]) -> dict[str, str]:
        """A lead of each bomb, in whose pool is a closer with a calendar there."""
        closers = [f"closer-{number}" for number in range(len(names))]
        floor = vendor_floor(closers)
        suppliers = [{"key": "in-house", "name": "Seller", "kind": "in-house"}]
        self.api.call("PUT", "/v1/roster", {"roles": floors.ROLES, "suppliers": suppliers, "reps": list(floor.reps)})
        draft = self.api.call("POST", "/v1/policies", floor.policy, note="benchmark")
        publish = {"note": "benchmark", "expected_current": None}
        self.api.call("POST", f"/v1/policies/{draft['version']}/publish", publish)
        leads: dict[str, str] = {}
        for name, closer in zip(names, closers, strict=True):
            number, bomb = list(BOMBS).index(name), BOMBS[name]
            url = f"{self.vendor_url}/{number}"
            config = {"base_url": f"{url}/", "username": "u", "password": "a password"}
            made = {"connector": bomb.connector, "config": {"url": url} if bomb.connector == "memory" else config}
            self.api.call("PUT", f"/v1/connections/{closer}", made)
            bound = {"connection": closer, "calendar": f"/{number}/work/", "writes": True}
            self.api.call("PUT", f"/v1/reps/{closer}/calendars", {"calendars": [bound]})
            lead = {**floors.lead(closer), "fields": {"lead.source": closer}}
            leads[name] = self.api.call("POST", "/v1/leads", lead)["lead"]["id"]
            self.api.call("POST", f"/v1/leads/{leads[name]}/handovers", floors.qualification())
        return leads

    async def set_off(self, name: str, closer: str, lead_id: str) -> None:
        """Check the connection, and ask for slots, once each."""
        number = list(BOMBS).index(name)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            (await client.get(f"{self.vendor_url}/{number}/_arm")).raise_for_status()
        headers = {"Authorization": f"Bearer {self.service.key}", "Content-Type": "application/json"}
        self.seen.under_way.add(name)
        for what, method, path in (
            ("check", "POST", f"/v1/connections/{closer}/check"),
            ("slots", "GET", f"/v1/leads/{lead_id}/slots"),
        ):
            line = Connection(self.service.ports[0])
            await asyncio.to_thread(self._forget_readings)
            self.seen.answers[name, what] = await line.send(request(method, path, headers=headers))
            line.close()
        self.seen.under_way.discard(name)

    def _forget_readings(self) -> None:
        with psycopg.connect(self.service.libpq_url, autocommit=True) as database:
            database.execute("update calendar_reads set read_at = read_at - interval '1 day'")

    async def watch(self, every: Callable[[], Awaitable[None]]) -> None:
        """Ask whether the service lives, until the work is done."""
        line, raw = Connection(self.service.ports[0]), request("GET", "/health/live", headers={})
        for _ in range(20):
            await line.send(raw)
        work = asyncio.ensure_future(every())
        while not work.done():
            beside = set(self.seen.under_way)
            answer = await line.send(raw)
            assert answer.status == 200, answer.body
            self.seen.health.append(answer.seconds)
            for name in beside | self.seen.under_way:
                self.seen.slowest[name] = max(self.seen.slowest.get(name, 0.0), answer.seconds)
            if answer.seconds > HEALTH_S:
                self.seen.late.update(beside | self.seen.under_way)
            await asyncio.sleep(0.01)
        line.close()
        await work

    async def run(self, leads: dict[str, str]) -> None:
        async def every() -> None:
            closers = {name: f"closer-{number}" for number, name in enumerate(leads)}
            endless = [name for name in leads if BOMBS[name].endless]
            for name, lead_id in leads.items():
                if name not in endless:
                    await self.set_off(name, closers[name], lead_id)
            await asyncio.gather(*(self.set_off(name, closers[name], leads[name]) for name in endless))

        await self.watch(every)


def report(seen: Seen, console: Console) -> bool:
    table, kept = Table("answer", "check", "slots", "/health/live, at most"), True
    for name in dict.fromkeys(name for name, _ in seen.answers):
        cells = []
        for what in ("check", "slots"):
            answer = seen.answers[name, what]
            in_time = answer.seconds <= DEADLINE_S and answer.status not in {0, 500}
            kept = kept and in_time
            cells.append(f"{answer.status} after {answer.seconds:.2f} s{'' if in_time else ' MISSED'}")
        table.add_row(name, *cells, f"{1000 * seen.slowest.get(name, 0):.0f} ms")
    console.print(table)
    health = sorted(seen.health)
    console.print(
        f"/health/live asked {len(health)} times: p50 {1000 * percentile(health, 0.5):.1f},"
        f" p99 {1000 * percentile(health, 0.99):.1f}, longest {1000 * health[-1]:.1f} ms; late beside {dict(seen.late)}"
    )
    return kept and health[-1] <= HEALTH_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--only", choices=list(BOMBS), help="this answer alone")
    given = parser.parse_args()
    console = Console(width=140)
    with Service(apis=1, workers=0) as service:
        port = free_port()
        vendor = Program(
            "vendor", [PYTHON, SERVER, str(port), str(given.megabytes)], env={}, directory=service.directory
        )
        vendor.start()
        try:
            time.sleep(1)
            api = Api(service.url, service.key)
            trial = Trial(service=service, api=api, vendor_url=f"http://127.0.0.1:{port}")
            leads = trial.prepare([given.only] if given.only else list(BOMBS))
            pid = service.apis[0].pid
            uvloop.run(trial.run(leads))
            kept = report(trial.seen, console)
            with httpx.Client(trust_env=False) as client:
                kept = kept and service.apis[0].pid == pid and client.get(f"{service.url}/health/live").is_success
            api.close()
        finally:
            vendor.kill()
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
