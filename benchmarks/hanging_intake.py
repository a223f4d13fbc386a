"""A CRM sends ids and then says nothing when it is asked for them: how much later do other leads get their decisions?

    python benchmarks/hanging_intake.py [--seconds 15] [--rate 10] [--rounds 3]

Whole processes: PostgreSQL, an API, one worker, and a vendor. Each second, `--rate` leads come by a form, and as many events by
webhooks of each of three intakes over connections to the vendor. Rounds alternate: it answers what it is asked, or each fetch
lasts until its deadline. Each round has a service of its own. Compared are medians of the rounds' p99: from the form's 202 to the
decision, and of the answers that the vendor's webhooks get. Held to: at most a tenth or 20 ms more.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

import floors
import psycopg
from http_load import Connection, percentile, request
from memory_vendor import Temper, Vendor
from rich.console import Console
from rich.table import Table
from seeding import make_intakes
from service import Api, Service
from vendor_floor import vendor_floor
from webhooks import Hook

from pointsman_memory.signature import SIGNATURE
from pointsman_sdk import WebhookRequest

MOST_MORE, MOST_MORE_S = 1.1, 0.020
HANGS_S = 600.0
WARM_UP = 10  # of each kind before
DRAIN_S = 10.0
SECRET = "memory-webhook-secret"  # of a vendor in memory
INTAKES = ("crm-1", "crm-2", "crm-3")

DECISIONS = """
    select extract(epoch from i.done_at - i.received_at)::float from inbox i join intakes n on n.id = i.intake_id
    where n.connection is null and i.received_at >= %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Seconds in ascending order; what had not ended when the round did took for ever."""

    decisions: list[float]
    answers: list[float]
    fetches: int


def over_connections(api: Api, vendor: Vendor) -> None:
    for key in INTAKES:
        api.call("PUT", f"/v1/connections/{key}", {"connector": "memory", "config": {"url": vendor.url}})
        mapping, sample = {"fields": {"lead.email": "email"}}, {"email": "sam@sample.example"}
        intake = {"key": key, "title": key, "connection": key, "mapping": mapping, "sample": sample}
        api.call("POST", "/v1/intakes", intake)


def told(key: str, name: str) -> bytes:
    """A webhook with one event, as the vendor signs it."""
    event = {"id": name, "about": f"gone-{name}", "origin": None, "version": "1", "at": datetime.now(UTC).isoformat()}
    body = json.dumps({"events": [event]}).encode()
    hook = WebhookRequest(method="POST", url="", headers={}, body=body)
    signed = SIGNATURE.sign(hook, SECRET, now=datetime.now(UTC), event_id=name)
    return request("POST", f"/v1/hooks/{key}", headers={"content-type": "application/json", **signed}, body=body)


async def one_round(given: argparse.Namespace, *, hangs: bool) -> Seen:
    count = int(given.seconds * given.rate)
    with Service(apis=1, workers=1) as service, Vendor("crm", Temper(), directory=service.directory) as vendor:
        api, floor = Api(service.url, service.key), vendor_floor(["crm-closer"])
        suppliers = [{"key": "in-house", "name": "Seller", "kind": "in-house"}]
        api.call("PUT", "/v1/roster", {"roles": floors.ROLES, "suppliers": suppliers, "reps": list(floor.reps)})
        draft = api.call("POST", "/v1/policies", floor.policy, note="benchmark")
        api.call("POST", f"/v1/policies/{draft['version']}/publish", {"note": "benchmark", "expected_current": None})
        form = next(iter(make_intakes(api, floors.of_sdrs(1).intakes).values()))
        over_connections(api, vendor)
        for number in range(WARM_UP):
            await send(service, form, f"warm-{number}")
            await asyncio.gather(*(tell(service, key, f"warm-{number}", []) for key in INTAKES))
        await asyncio.sleep(2)
        if hangs:
            vendor.set(slow_s=HANGS_S)
        answers: list[float] = []
        with psycopg.connect(service.libpq_url, autocommit=True) as database:
            begun = database.execute("select clock_timestamp()").fetchone()
            assert begun is not None
            async with asyncio.TaskGroup() as group:
                start = time.monotonic()
                for number in range(count):
                    await asyncio.sleep(max(0.0, start + number / given.rate - time.monotonic()))
                    group.create_task(send(service, form, f"lead-{number}"))
                    for key in INTAKES:
                        group.create_task(tell(service, key, f"{key}-{number}", answers))
            await asyncio.sleep(DRAIN_S)
            decisions = sorted(ended(database.execute(DECISIONS, begun).fetchall()))
        fetches = 0 if hangs else sum(call.path == "/fetch" for call in vendor.ledger().calls)
        api.close()
    assert len(decisions) == count, "all that was sent is looked at"
    return Seen(decisions=decisions, answers=sorted(answers), fetches=fetches)


def ended(rows: list[tuple[float | None]]) -> Iterator[float]:
    for (seconds,) in rows:
        yield float("inf") if seconds is None else seconds


async def send(service: Service, hook: Hook, name: str) -> None:
    line = Connection(service.ports[0])
    answer = await line.send(hook.signed(name, floors.form(name)))
    line.close()
    assert answer.status == 202, answer.body


async def tell(service: Service, key: str, name: str, answers: list[float]) -> None:
    line, begun = Connection(service.ports[0]), time.perf_counter()
    answer = await line.send(told(key, name))
    answers.append(time.perf_counter() - begun)
    line.close()
    assert answer.status == 202, answer.body


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rate", type=float, default=10, help="of each kind, a second")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    console = Console(width=140)
    found: dict[bool, list[Seen]] = {False: [], True: []}
    for turn in range(2 * given.rounds):
        hangs = turn % 2 == 1
        seen = asyncio.run(one_round(given, hangs=hangs))
        found[hangs].append(seen)
        figures = (1_000 * percentile(values, 0.99) for values in (seen.decisions, seen.answers))
        console.print(
            f"{'it hangs' if hangs else f'it answers ({seen.fetches} fetches for {len(seen.answers)} events)'}: "
            f"p99 of decisions {next(figures):.0f} ms, of answers {next(figures):.0f} ms"
        )
    table, kept = Table("p99, ms", "it answers", "it hangs", "held to"), True
    for name in ("decisions", "answers"):
        calm, hung = (median(percentile(getattr(one, name), 0.99) for one in found[hangs]) for hangs in (False, True))
        most = max(calm * MOST_MORE, calm + MOST_MORE_S)
        kept = kept and hung <= most
        table.add_row(name, f"{1000 * calm:.1f}", f"{1000 * hung:.1f}", f"{1000 * most:.1f}")
    console.print(table)
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
