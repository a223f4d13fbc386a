"""500 reps have their calendars over one connection to Google, or to Microsoft 365: how long until a buyer sees their slots?

    python benchmarks/busy_vendors.py [--reps 500] [--each 0.3] [--rounds 3]

The API as a process of its own on a real PostgreSQL, without a worker, and the fake of the vendor as another, which takes 0.3 s
for each answer. The pool offers the slots of all its reps. Before each round all readings are thrown away, so that the answer to
`GET /v1/leads/{id}/slots` waits for all calendars; asked again at once, it waits for none. Held to: at Google 10 requests and
2 s, at Microsoft 365 25 requests and 3 s. Exit status 1: a line was missed.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import floors
import psycopg
from calendar_fakes import Google, Microsoft
from memory_vendor import Temper
from rich.console import Console
from rich.table import Table
from service import Api, Service
from vendor_floor import connect

_TOKENS = ("/token",)  # asked for once an hour, and no question about calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is held to with all 500 reps; `signs_in`: a person does, by OAuth 2."""

    vendor: type[Google] | type[Microsoft]
    signs_in: bool
    batch: int
    seconds: float


AIMS = (
    Aim(vendor=Google, signs_in=True, batch=50, seconds=2.0),
    Aim(vendor=Microsoft, signs_in=False, batch=20, seconds=3.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How long the answer took, how often the vendor was asked meanwhile, and whether it named slots; and asked once more."""

    seconds: float
    requests: int
    again_s: float
    again: int
    slots: int


def pool_of(names: list[str]) -> tuple[list[Mapping[str, Any]], dict[str, Any]]:
    """The reps, and the policy: one pool that offers what any of them has free."""
    like = floors.of_sdrs(1)
    reps = [rep for rep in like.reps if rep["role"] == "SDR"]
    reps += [floors.rep(name, "Closer", "Europe/Berlin") for name in names]
    booking = {**floors.BOOKING, "offer": "flexible"}
    closers = {"work": "closing", "members": names, "booking": booking}
    return reps, {**like.policy, "pools": {**like.policy["pools"], "closers": closers}}


def seed(api: Api, vendor: Google | Microsoft, aim: Aim, names: list[str]) -> str:
    """A lead who may be booked with any of the reps."""
    reps, policy = pool_of(names)
    suppliers = [{"key": "in-house", "name": "Seller", "kind": "in-house"}]
    api.call("PUT", "/v1/roster", {"roles": floors.ROLES, "suppliers": suppliers, "reps": reps})
    draft = api.call("POST", "/v1/policies", policy, note="benchmark")
    api.call("POST", f"/v1/policies/{draft['version']}/publish", {"note": "benchmark", "expected_current": None})
    connect(api, vendor, signs_in=aim.signs_in)
    for name in names:
        bound = {"connection": vendor.name, "calendar": vendor.calendar(name), "writes": True}
        api.call("PUT", f"/v1/reps/{name}/calendars", {"calendars": [bound]})
    lead_id: str = api.call("POST", "/v1/leads", floors.lead("1"))["lead"]["id"]
    api.call("POST", f"/v1/leads/{lead_id}/handovers", floors.qualification())
    return lead_id


def rounds(service: Service, api: Api, vendor: Google | Microsoft, lead_id: str, count: int) -> Iterator[Round]:
    def ask() -> tuple[float, int, int]:
        before, began = asked(vendor), perf_counter()
        found = api.call("GET", f"/v1/leads/{lead_id}/slots")
        return perf_counter() - began, asked(vendor) - before, len(found["slots"])

    for _ in range(count):
        with psycopg.connect(service.libpq_url, autocommit=True) as database:
            database.execute("delete from calendar_reads")
        seconds, requests, slots = ask()
        again_s, again, _ = ask()
        yield Round(seconds=seconds, requests=requests, again_s=again_s, again=again, slots=slots)


def asked(vendor: Google | Microsoft) -> int:
    return sum(not call.path.endswith(_TOKENS) for call in vendor.ledger().calls)


def measure(given: argparse.Namespace, aim: Aim, console: Console) -> bool:
    names = [f"rep-{number:03}" for number in range(given.reps)]
    questions = -(-given.reps // aim.batch)
    with ExitStack() as stack:
        service = stack.enter_context(Service(workers=0))
        vendor = stack.enter_context(aim.vendor(aim.vendor.connector, Temper(), directory=service.directory))
        api = Api(service.url, service.key)
        stack.callback(api.close)
        lead_id = seed(api, vendor, aim, names)
        vendor.set(slow_s=given.each)
        found = list(rounds(service, api, vendor, lead_id, given.rounds))
    table = Table("round", "s", "requests", "slots", "again: s", "requests", title=f"{aim.vendor.connector}")
    for number, one in enumerate(found, 1):
        row = (number, f"{one.seconds:.2f}", one.requests, one.slots, f"{one.again_s:.2f}", one.again)
        table.add_row(*map(str, row))
    console.print(table)
    lines = {
        f"{questions} requests for a fresh pool of {given.reps}, and none for one just read": all(
            (one.requests, one.again) == (questions, 0) for one in found
        ),
        f"slots within {aim.seconds:g} s": all(one.slots and one.seconds <= aim.seconds for one in found),
    }
    for line, holds in lines.items():
        console.print(f"{'KEPT  ' if holds else 'MISSED'} {aim.vendor.connector}: {line}")
    return all(lines.values())


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reps", type=int, default=500)
    arguments.add_argument("--each", type=float, default=0.3)
    arguments.add_argument("--rounds", type=int, default=3)
    given, console = arguments.parse_args(), Console()
    kept = [measure(given, aim, console) for aim in AIMS]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
