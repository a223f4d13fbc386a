"""A bad day under load: is anything acknowledged lost, is anything answered 500, and how soon does it go on?

    python benchmarks/rough_day.py [--seconds 300] [--rate 20] [--locked 30]

Leads, webhooks and hand-overs arrive on a timetable, from senders that repeat what was not acknowledged. Meanwhile PostgreSQL is
restarted twice with `pg_ctl restart -m immediate`, and an API process and a worker are killed with SIGKILL and started
again. After that, the table of leads is locked for a while: what callers hear then is counted too.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import floors
import psycopg
from http_load import Connection, percentile, request
from rich.console import Console
from seeding import SEED, seed
from service import Service
from webhooks import Hook

from pointsman.local.postgres_home import PostgresHome

PAUSE = 0.2  # seconds before a sender repeats
PATIENCE = 120.0
DRAINED = 120.0
PROBE = 0.05


@dataclass(slots=True, kw_only=True)
class Day:
    """What the senders saw."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # the lead's number -> how it came
    given_up: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    leads: dict[str, str] = field(default_factory=dict)  # number -> id, of those that were answered with one
    handed: int = 0
    recoveries: list[tuple[str, float]] = field(default_factory=list)

    def note(self, what: str, status: int, body: bytes) -> None:
        code = ""
        if status >= 400 and body[:1] == b"{":
            code = f" {json.loads(body).get('code', '')}"
        self.answers[f"{what} {status or 'broken'}{code}"] += 1


class Senders:
    """Send on a timetable; each repeats over the other port until it is answered for good."""

    def __init__(self, service: Service, hook: Hook, day: Day) -> None:
        self._service = service
        self._hook = hook
        self._day = day

    async def run(self, *, seconds: float, rate: float) -> None:
        began = time.monotonic()
        chance = random.Random(SEED)
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * rate)):
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                group.create_task(self._one(number, chance.random()))

    async def _one(self, number: int, draw: float) -> None:
        name = f"d{number}"
        if draw < 0.1 and self._day.leads:
            await self._hand_over(name, next(iter(self._day.leads)))
        elif draw < 0.5:
            body = floors.form(name)
            if await self._until_taken("webhook", lambda: self._hook.signed(name, body)):
                self._day.acknowledged[name] = "webhook"
        else:
            answer = await self._until_taken("lead", lambda: floors.lead_request(self._service.key, name))
            if answer is not None:
                self._day.acknowledged[name] = "lead"
                self._day.leads[name] = json.loads(answer)["lead"]["id"]

    async def _hand_over(self, name: str, lead: str) -> None:
        path = f"/v1/leads/{self._day.leads.pop(lead)}/handovers"
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._service.key}",
            "Idempotency-Key": f"handover-{name}",
        }
        raw = request("POST", path, headers=headers, body=json.dumps(floors.qualification()).encode())
        if await self._until_taken("hand-over", lambda: raw) is not None:
            self._day.handed += 1

    async def _until_taken(self, what: str, raw: Callable[[], bytes]) -> bytes | None:
        ports = self._service.ports
        turn, end, began = 0, time.monotonic() + PATIENCE, time.perf_counter()
        while time.monotonic() < end:
            line = Connection(ports[turn % len(ports)])
            answer = await line.send(raw())
            line.close()
            self._day.note(what, answer.status, answer.body)
            if 200 <= answer.status < 300:
                self._day.seconds.append(time.perf_counter() - began)
                return answer.body
            if answer.status not in {0, 409, 429} and answer.status < 500:
                return None
            turn += 1
            await asyncio.sleep(PAUSE)
        self._day.given_up.append(what)
        return None


async def recovery(service: Service, what: str, happen: Callable[[], Awaitable[None]], day: Day) -> None:
    """Let it happen, and take the time from its beginning until every API process takes a lead in again."""
    began = time.monotonic()
    task = asyncio.create_task(happen())
    await asyncio.sleep(PROBE)
    for port in service.ports:
        turn = 0
        while time.monotonic() - began < PATIENCE:
            line = Connection(port)
            name = f"probe-{len(day.recoveries)}-{port}-{turn}"
            answer = await line.send(floors.lead_request(service.key, name))
            line.close()
            day.note("probe", answer.status, answer.body)
            if 200 <= answer.status < 300:
                day.acknowledged[name] = "probe"
                break
            turn += 1
            await asyncio.sleep(PROBE)
    await task
    day.recoveries.append((what, time.monotonic() - began))


async def restart_postgres(service: Service) -> None:
    await asyncio.to_thread(_restart_postgres, service)


def _restart_postgres(service: Service) -> None:
    home = PostgresHome(service.directory / "database").kept()
    if home is None:
        raise SystemExit("the benchmark's PostgreSQL was not found")
    data = home / "data"
    pid = (data / "postmaster.pid").read_text().split()[0]
    program = Path(f"/proc/{pid}/exe").resolve().with_name("pg_ctl")
    owner = data.stat()
    account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [program, "-D", data, "restart", "-m", "immediate", "-w", "-l", data / "restarted.log"],
        capture_output=True, text=True, check=False, cwd=data, stdin=subprocess.DEVNULL, **account,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"pg_ctl restart failed: {done.stderr}{done.stdout}")


async def kill_api(service: Service) -> None:
    service.apis[0].kill()
    service.apis[0].start()
    await asyncio.to_thread(service.apis[0].wait_ready)


async def kill_worker(service: Service) -> None:
    service.workers[0].kill()
    service.workers[0].start()


async def rough(service: Service, seconds: float, day: Day) -> None:
    """The four blows, spread over the day."""
    blows: list[tuple[float, str, Callable[[], Awaitable[None]]]] = [
        (0.15, "first restart of PostgreSQL", lambda: restart_postgres(service)),
        (0.35, "SIGKILL of an API process", lambda: kill_api(service)),
        (0.55, "SIGKILL of a worker", lambda: kill_worker(service)),
        (0.75, "second restart of PostgreSQL", lambda: restart_postgres(service)),
    ]
    began = time.monotonic()
    for share, what, happen in blows:
        await asyncio.sleep(max(0.0, began + share * seconds - time.monotonic()))
        await recovery(service, what, happen, day)


async def locked(service: Service, seconds: float) -> Counter[str]:
    """What callers hear while the table of leads is locked."""
    day = Day()
    hold = await psycopg.AsyncConnection.connect(service.libpq_url)
    async with hold:
        await hold.execute("lock table leads in access exclusive mode")
        end = time.monotonic() + seconds

        async def one(number: int) -> None:
            line = Connection(service.ports[number % len(service.ports)])
            answer = await line.send(floors.lead_request(service.key, f"locked-{number}"))
            line.close()
            day.note("lead", answer.status, answer.body)

        async with asyncio.TaskGroup() as group:
            number = 0
            while time.monotonic() < end:
                group.create_task(one(number))
                number += 1
                await asyncio.sleep(1)
        await hold.rollback()
    return day.answers


BY_LEAD = """
    select split_part(l.email_key, '@', 1), count(d.id) from leads l left join decisions d on d.lead_id = l.id group by l.id
"""
FIRST_DECIDED_TWICE = """
    select count(*) from (
        select subject from audit where reason = 'intake' group by subject having count(*) > 1) as twice
"""


def missing(service: Service, day: Day) -> tuple[list[str], int, int]:
    """(acknowledged leads that are not there once, or undecided; leads decided twice as new ones; items left) in the end."""
    end = time.monotonic() + DRAINED
    with psycopg.connect(service.libpq_url, autocommit=True) as database:

        def count(query: LiteralString) -> int:
            row = database.execute(query).fetchone()
            return int(row[0]) if row else -1

        while (left := count("select count(*) from inbox where status <> 'done'")) and time.monotonic() < end:
            time.sleep(0.5)
        rows = database.execute(BY_LEAD).fetchall()
        twice = count(FIRST_DECIDED_TWICE)
    found = Counter(name for name, _ in rows)
    decided = {name for name, decisions in rows if decisions}
    return [name for name in day.acknowledged if found[name] != 1 or name not in decided], twice, left


def report(console: Console, day: Day) -> None:
    day.seconds.sort()
    p50, p99, longest = (percentile(day.seconds, quantile) * 1000 for quantile in (0.5, 0.99, 1))
    console.print(
        f"{len(day.acknowledged)} leads acknowledged, {day.handed} handed over; "
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {longest:.0f} ms until acknowledged"
    )
    for what, took in day.recoveries:
        console.print(f"  {what}: every API process took a lead in again after {took:.1f} s")
    console.print(f"  answers: {dict(sorted(day.answers.items()))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument(
        "--locked", type=float, default=30, help="seconds for which the table of leads is locked; 0: not"
    )
    parser.add_argument("--logs", type=Path, help="keep the processes' logs in this folder")
    options = parser.parse_args()
    console = Console(width=140)
    day = Day()
    with Service(apis=2, workers=2) as service:
        hook = next(iter(seed(service, floors.of_sdrs(7)).values()))

        async def whole() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(Senders(service, hook, day).run(seconds=options.seconds, rate=options.rate))
                group.create_task(rough(service, options.seconds, day))

        asyncio.run(whole())
        lost, twice, left = missing(service, day)
        heard = asyncio.run(locked(service, options.locked)) if options.locked else Counter()
        if options.logs:
            service.keep_logs(options.logs)
    report(console, day)
    console.print(
        f"  lost: {lost[:10] or 0}; decided twice: {twice}; not worked off: {left}; given up: {day.given_up or 0}"
    )
    if heard:
        console.print(f"  while the table was locked: {dict(sorted(heard.items()))}")
    wrong = [what for what in (*day.answers, *heard) if " 500" in what]
    if lost or twice or left or day.given_up or wrong:
        raise SystemExit(f"FAILED {wrong}")


if __name__ == "__main__":
    sys.exit(main())
