"""Assignments per second for one pool, beside what one row of PostgreSQL allows: its ceiling.

    python benchmarks/ledger_ceiling.py [--leads 2000] [--processes 2] [--connections 1 4 8]

Turns of one pool are booked one after another, since each depends on the balances that the last one left: the pool's
ledger row is locked from reading it to the commit. So the pace of a pool is bounded by that of a bare
`UPDATE ... SET n = n + 1 ... RETURNING n` of one row, each in its own durable transaction, by as many connections from as
many processes on the same machine. Both are measured here, by turns; assignments go through the services, without HTTP.
"""

import argparse
import asyncio
import base64
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import floors
import psycopg
import uvloop
from machine import measure as measure_machine
from rich.console import Console
from rich.table import Table
from seeding import seed
from service import Service

from pointsman.domain.ids import uuid7
from pointsman.domain.permissions.callers import CallerKind
from pointsman.main import utc_now, wire
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest
from pointsman.services.transactions import run_in_transaction
from pointsman.settings import load_settings

SENDER = Actor(name="benchmark", kind=CallerKind.ADMIN)
LEADS = (
    "insert into leads (id, email, email_key, facts, stage, match, version, created_at, updated_at)"
    " select id, id || '@lead.example', id || '@lead.example', '{\"lead.country\": \"DE\"}', 'new', '{}', 1, now(), now()"
    " from unnest(%s::uuid[]) id"
)
BUMP = "update bare_counter set n = n + 1 where id = 1 returning n"
GET_READY = 5.0  # seconds until every process has connected and warmed up


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When one process did so much work, by the machine's clock."""

    begin: float
    end: float
    count: int


def per_second(spans: Sequence[Span]) -> float:
    return sum(span.count for span in spans) / (max(span.end for span in spans) - min(span.begin for span in spans))


async def assign(url: str, leads: Sequence[UUID], connections: int, start_at: float) -> Span:
    """Route these leads over so many connections."""
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    wired = wire(load_settings(database_url=url, secret_keys=key), name="ceiling", pool_size=connections)
    left = iter(leads)

    async def one_by_one() -> None:
        for lead_id in left:
            await run_in_transaction(wired.env, lambda tx, lead_id=lead_id: _route(wired.env, tx, lead_id))

    try:
        for _ in range(2 * connections):  # caches filled, statements prepared
            await run_in_transaction(wired.env, lambda tx: _route(wired.env, tx, next(left)))
        return await _together(one_by_one, connections, len(leads) - 2 * connections, start_at)
    finally:
        await wired.aclose()


async def _route(env: Env, tx: Tx, lead_id: UUID) -> None:
    lead = await tx.leads.get(lead_id, lock=True)
    assert lead is not None, "the lead was just put there"
    request = RoutingRequest(lead=lead, purpose=None, trigger="intake", actor=SENDER, calendars={})
    routed = await route_lead(env, tx, request)
    assert routed.rep is not None, "somebody is always eligible"


async def bump(url: str, count: int, connections: int, start_at: float) -> Span:
    """Raise one row's number so many times, each in a transaction of its own."""
    left = iter(range(count))
    opened = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(connections)]
    free = list(opened)

    async def one_by_one() -> None:
        connection = free.pop()
        for _ in left:
            await connection.execute(BUMP)

    try:
        return await _together(one_by_one, connections, count, start_at)
    finally:
        for connection in opened:
            await connection.close()


async def _together(work: Callable[[], Coroutine[Any, Any, None]], hands: int, count: int, start_at: float) -> Span:
    await asyncio.sleep(max(0.0, start_at - time.time()))
    begin = time.time()
    await asyncio.gather(*(work() for _ in range(hands)))
    return Span(begin=begin, end=time.time(), count=count)


def _assign(url: str, leads: Sequence[UUID], connections: int, start_at: float) -> Span:
    return uvloop.run(assign(url, leads, connections, start_at))


def _bump(url: str, count: int, connections: int, start_at: float) -> Span:
    return uvloop.run(bump(url, count, connections, start_at))


def measure(service: Service, *, leads: int, processes: int, connections: int) -> tuple[float, float]:
    """Assignments and bare updates per second, over so many connections in all."""
    each, share = max(connections // processes, 1), leads // processes
    made = [[uuid7(utc_now(), os.urandom(10)) for _ in range(share)] for _ in range(processes)]
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        for ids in made:
            connection.execute(LEADS, [ids])
        connection.execute("vacuum analyze leads, bare_counter, pool_ledgers")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        begin = time.time() + GET_READY
        assigned = [pool.submit(_assign, service.database_url, ids, each, begin) for ids in made]
        ours = per_second([future.result() for future in assigned])
        begin = time.time() + GET_READY / 2
        bumped = [pool.submit(_bump, service.libpq_url, share, each, begin) for _ in made]
        bare = per_second([future.result() for future in bumped])
    return ours, bare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=2000, help="for each line of the table")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 4, 8], help="over all processes")
    given = parser.parse_args()
    console = Console(soft_wrap=True)
    table = Table("connections", "processes", "assignments/s", "bare UPDATE/s", "share of the ceiling")
    with Service(apis=1, workers=0) as service:
        seed(service, floors.of_sdrs(4, weights=[3, 2, 1, 1]))
        for api in service.apis:
            api.stop()
        console.print(str(measure_machine(Path(service.directory))))
        with psycopg.connect(service.libpq_url, autocommit=True) as connection:
            connection.execute("create table bare_counter (id int primary key, n bigint not null)")
            connection.execute("insert into bare_counter values (1, 0)")
        for number in given.connections:
            processes = min(given.processes, number)
            ours, bare = measure(service, leads=given.leads, processes=processes, connections=number)
            table.add_row(str(number), str(processes), f"{ours:,.0f}", f"{bare:,.0f}", f"{ours / bare:.0%}")
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
