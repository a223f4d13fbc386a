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
from datetime import UTC, datetime
from typing import Any

import floors
import psycopg
from alternating import compare, ended, parser_of, send
from http_load import Connection, request
from memory_vendor import Temper, Vendor
from seeding import make_intakes
from service import Api, Service
from vendor_floor import vendor_floor

from pointsman_memory.signature import SIGNATURE
from pointsman_sdk import WebhookRequest

HANGS_S = 600.0
WARM_UP = 10  # of each kind before
DRAIN_S = 10.0
SECRET = "memory-webhook-secret"  # of a vendor in memory
INTAKES = ("crm-1", "crm-2", "crm-3")

DECISIONS = """
    select extract(epoch from i.done_at - i.received_at)::float from inbox i join intakes n on n.id = i.intake_id
    where n.connection is null and i.received_at >= %s
"""


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


async def one_round(given: argparse.Namespace, *, hangs: bool) -> dict[str, Any]:
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
    note = "" if hangs else f" ({fetches} fetches for {len(answers)} events)"
    return {"decisions": decisions, "answers": sorted(answers), "note": note}


async def tell(service: Service, key: str, name: str, answers: list[float]) -> None:
    line, begun = Connection(service.ports[0]), time.perf_counter()
    answer = await line.send(told(key, name))
    answers.append(time.perf_counter() - begun)
    line.close()
    assert answer.status == 202, answer.body


def main() -> int:
    given = parser_of(__doc__, seconds=15, rate=10).parse_args()
    return compare(
        lambda hangs: one_round(given, hangs=hangs),
        rounds=given.rounds,
        names=("decisions", "answers"),
        said=("it answers", "it hangs"),
    )


if __name__ == "__main__":
    sys.exit(main())
