"""1,000 leads at the same moment over a pool of seven: may any two reps differ by more than one?

    python benchmarks/spread.py [--leads 1000] [--reps 7] [--api 2]

Every lead comes over a connection of its own; a caller that is told to wait (503, with Retry-After) asks again with
the same idempotency key, as a careful caller does. The counts are read back from the API.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter

import floors
import uvloop
from http_load import Connection, closed_loop, percentile, request
from rich.console import Console
from seeding import seed
from service import Api, Service

PAUSE = 0.5
PATIENCE = 120.0


async def rush(ports: list[int], requests: list[bytes]) -> tuple[Counter[int], list[float]]:
    """Send all at once, each until it is answered for good; the statuses seen, and seconds to the last answer."""
    statuses: Counter[int] = Counter()
    seconds: list[float] = []
    crowd = [Connection(ports[number % len(ports)]) for number in range(len(requests))]
    gate = asyncio.Event()

    async def one(connection: Connection, raw: bytes) -> None:
        await gate.wait()
        start = time.perf_counter()
        while time.perf_counter() - start < PATIENCE:
            answer = await connection.send(raw)
            statuses[answer.status] += 1
            if answer.status not in {0, 409, 429, 503}:
                break
            await asyncio.sleep(PAUSE)
        seconds.append(time.perf_counter() - start)
        connection.close()

    tasks = [asyncio.create_task(one(*pair)) for pair in zip(crowd, requests, strict=True)]
    for connection in crowd:
        await connection.open()
    gate.set()
    await asyncio.gather(*tasks)
    return statuses, sorted(seconds)


def shares(service: Service) -> Counter[str]:
    """How many leads each rep holds, as the API tells it of every lead."""
    api = Api(service.url, service.key)
    ids = [item["id"] for item in api.every("/v1/leads")]
    api.close()
    headers = {"Authorization": f"Bearer {service.key}"}
    asked = [request("GET", f"/v1/leads/{lead_id}", headers=headers) for lead_id in ids]
    load = uvloop.run(closed_loop(service.ports, asked, connections=8, seconds=120))
    return Counter(json.loads(answer.body)["holder"]["rep"] for answer in load.answers)


def measure(service: Service, *, leads: int, reps: int, console: Console) -> bool:
    """Print what happened; whether it was fair."""
    seed(service, floors.of_sdrs(reps))
    chance = random.Random(23)
    requests = [floors.lead_request(service.key, f"{chance.getrandbits(60):015x}") for _ in range(leads)]
    start = time.perf_counter()
    statuses, seconds = uvloop.run(rush(service.ports, requests))
    elapsed = time.perf_counter() - start
    counts = shares(service)
    console.print(
        f"{leads} leads at once over {reps} reps: {elapsed:.1f} s, p50 {percentile(seconds, 0.5):.2f} s, "
        f"slowest {seconds[-1]:.2f} s; answers {dict(sorted(statuses.items()))}"
    )
    console.print(f"shares: {', '.join(f'{rep} {number}' for rep, number in sorted(counts.items()))}")
    spread = max(counts.values(), default=0) - min(counts.values(), default=0)
    fair = sum(counts.values()) == leads and len(counts) == reps and spread <= 1
    console.print(f"{'ok  ' if fair else 'FAIL'} all {leads} are held, and counts differ by at most 1: by {spread}")
    return fair


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--reps", type=int, default=7)
    parser.add_argument("--api", type=int, default=2, help="API processes")
    given = parser.parse_args()
    with Service(apis=given.api, workers=0) as service:
        return 0 if measure(service, leads=given.leads, reps=given.reps, console=Console()) else 1


if __name__ == "__main__":
    sys.exit(main())
