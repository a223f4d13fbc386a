"""A dry run of "this rep is away" beside 50 leads a second: what do the leads' senders notice?

    python benchmarks/dry_run_beside.py [--rounds 3] [--seconds 60] [--rate 50] [--api 2]

Each round sends leads on a timetable for so many seconds, once alone and once while dry runs over 100 leads of one rep are
asked for, one after another. A latency counts from the planned moment. The bound: p99 beside at most 1.2 times p99 alone,
in every round. It says nothing on a machine that cannot keep the rate alone. Each load begins with a checkpoint: PostgreSQL
makes one every five minutes, after which writing is slower for a while, and it would fall into one load of a pair.
"""

import argparse
import asyncio
import json
import random
import sys
from dataclasses import dataclass

import floors
import psycopg
import uvloop
from http_load import Connection, Load, closed_loop, open_loop, request
from rich.console import Console
from seeding import seed
from service import Service

BOUND = 1.2
REPS = 5
AWAY = "sdr-1"
LEADS_BEFORE = 100 * REPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A load, and the dry runs that were answered meanwhile."""

    load: Load
    dry_runs: int
    leads_tried: int


def leads(service: Service, count: int, chance: random.Random) -> list[bytes]:
    return [floors.lead_request(service.key, f"{chance.getrandbits(60):015x}") for _ in range(count)]


async def beside_dry_runs(service: Service, requests: list[bytes], rate: float) -> Beside:
    """Send the leads, and ask for dry runs of the absence over a connection of its own until all are answered."""
    body = json.dumps({"reason": "ill", "dry_run": True, "limit": 100}).encode()
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    raw = request("POST", f"/v1/reps/{AWAY}/reassign", headers=headers, body=body)
    asking, done, tried, connection = True, 0, 0, Connection(service.ports[0])

    async def ask() -> None:
        nonlocal done, tried
        while asking:
            answer = await connection.send(raw)
            if answer.status != 200:
                raise SystemExit(f"a dry run was answered with {answer.status}: {answer.body.decode()[:300]}")
            done += 1
            tried += len(json.loads(answer.body)["items"])

    dry_runs = asyncio.create_task(ask())
    load = await open_loop(service.ports, requests, rate=rate, connections=100)
    asking = False
    await dry_runs
    connection.close()
    return Beside(load=load, dry_runs=done, leads_tried=tried)


def make_checkpoint(service: Service) -> None:
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        connection.execute("checkpoint")


def measure(service: Service, *, rounds: int, seconds: int, rate: float, console: Console) -> bool:
    """Print what happened; whether every round stayed within the bound."""
    seed(service, floors.of_sdrs(REPS))
    chance = random.Random(41)
    uvloop.run(closed_loop(service.ports, leads(service, LEADS_BEFORE, chance), connections=8, seconds=300))
    within = True
    for number in range(1, rounds + 1):
        count = int(seconds * rate)
        make_checkpoint(service)
        alone = uvloop.run(open_loop(service.ports, leads(service, count, chance), rate=rate, connections=100))
        make_checkpoint(service)
        beside = uvloop.run(beside_dry_runs(service, leads(service, count, chance), rate))
        ratio = beside.load.ms(0.99) / alone.ms(0.99)
        console.print(f"round {number} alone:  {alone}")
        console.print(
            f"round {number} beside: {beside.load}; {beside.dry_runs} dry runs, {beside.leads_tried} leads tried"
        )
        console.print(f"round {number}: p99 {ratio:.2f} of the same alone (bound {BOUND})")
        within &= ratio <= BOUND and all(
            status in {200, 201} for load in (alone, beside.load) for status in load.statuses
        )
    return within


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--api", type=int, default=2, help="API processes")
    given = parser.parse_args()
    console = Console()
    with Service(apis=given.api, workers=0) as service:
        kept = measure(service, rounds=given.rounds, seconds=given.seconds, rate=given.rate, console=console)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
