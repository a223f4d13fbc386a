"""A million attempts to book 20 reps over 200 connections of the database: does any time overlap, is any error unexplained?

    python benchmarks/million_bookings.py [--attempts 1000000] [--minutes N] [--connections 200] [--processes 2]
                                          [--reps 20] [--unchecked] [--buffers]

Every attempt goes through the use case, with calendars that were read beforehand: 39 in 40 try to book, the others keep
a slot, call an appointment off or move one. Two reps in five are booked strictly (the holder of the lead, or nobody), the
others in pairs (`flexible`: the free one). More leads than there is time want the same few days, at any quarter of an
hour, so that most attempts meet somebody who was there before. With `--unchecked` the application looks at nobody's time
and the database has the only word: every attempt is a whole transaction then, and takes far longer.
With `--buffers` each rep is in two pools whose buffers differ, and time changes hands more often: two in five attempts
keep a slot, call off or move.
`--minutes` ends the run early and states how many attempts were made. Afterwards the database is asked by SQL what must
not be.
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any
from uuid import UUID

import floors
import psycopg
import uvloop
from booking_crowd import ACTOR, FIRST_HOUR, HOURS, LIVELY, SHARES, Found, Share, wired, work
from http_load import percentile
from machine import measure as measure_machine
from rich.console import Console
from rich.table import Table
from seeding import seed
from service import Service

from pointsman.domain.ids import uuid7
from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.main import utc_now
from pointsman.services.handover.handover import hand_over

LEADS = (
    "insert into leads (id, email, email_key, facts, stage, match, version, created_at, updated_at)"
    " select id, id || '@lead.example', id || '@lead.example', jsonb_build_object('lead.source', pool), 'new', '{}', 1,"
    " now(), now() from unnest(%s::uuid[], %s::text[]) as given (id, pool)"
)
STRICT, PAIR = "strict", 2
#: Before and after, of one pool after another.
BUFFERS = (("0m", "15m"), ("15m", "0m"), ("5m", "10m"), ("0m", "0m"), ("30m", "5m"))
PROGRESS_S = 30

#: What must never be found.
NEVER = {
    "times that overlap": "select count(*) from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id"
    " and a.active and b.active and a.during && b.during",
    "pairs closer than the longer of their buffers": "select count(*) from reservations a join reservations b"
    " on a.rep_id = b.rep_id and a.active and b.active and upper(a.during) <= lower(b.during)"
    " and lower(b.during) < upper(a.during) + greatest(a.buffer_after, b.buffer_before)",
    "standing appointments without exactly their time": "select count(*) from appointments p"
    " where p.status in ('requested','confirmed') and (select array_agg(r.during) from reservations r"
    " where r.appointment_id = p.id and r.active) is distinct from array[tstzrange(p.starts_at, p.ends_at, '[)')]",
    "time of what is over": "select count(*) from reservations r join appointments p on p.id = r.appointment_id"
    " where r.active and p.status in ('cancelled','rejected','no_show')",
    "leads with two appointments": "select count(*) from (select lead_id from appointments"
    " where status in ('requested','confirmed') group by 1 having count(*) > 1) x",
    "slot holds that are over and keep time": "select count(*) from reservations r join slot_holds h"
    " on h.id = r.slot_hold_id where r.active and h.released_at is not null",
    "appointments whose holder is another rep": "select count(*) from appointments p join assignments a"
    " on a.id = p.assignment_id where p.status in ('requested','confirmed')"
    " and (a.ended_at is not null or a.rep_id <> p.rep_id)",
}


async def hand_all_over(url: str, keys: str, leads: Sequence[UUID]) -> None:
    """Every lead through the gate to its closer, as SDRs do."""
    this, left = wired(url, keys, 8), iter(leads)
    names = [name.rsplit(".", 1)[-1] for name in floors.ONE_SLOT_EVIDENCE]

    async def one_by_one() -> None:
        for lead_id in left:
            now = utc_now()
            evidence = [
                Evidence(kind=EVIDENCE_NAMES[name], name=name, value="yes", affirmed=True, source="x", observed_at=now)
                for name in names
            ]
            handed = await hand_over(this.env, lead_id, evidence=evidence, setter="sdr-1", actor=ACTOR)
            assert handed.closer is not None, handed.what_happens

    try:
        await asyncio.gather(*(one_by_one() for _ in range(8)))
    finally:
        await this.aclose()


def pools_of(reps: int, *, twice: bool) -> dict[str, list[str]]:
    """Two reps in five in a strict pool, the others in flexible pools of two; `twice`: each pool has a twin of the same reps."""
    closers = [f"closer-{number}" for number in range(1, reps + 1)]
    strict, others = closers[: max(1, reps * 2 // 5)], closers[max(1, reps * 2 // 5) :]
    pairs = [others[begin : begin + PAIR] for begin in range(0, len(others), PAIR)]
    pools = {STRICT: strict} | {f"flexible-{number}": pair for number, pair in enumerate(pairs, start=1)}
    return pools | ({f"{name}-twin": members for name, members in pools.items()} if twice else {})


def booking_of(name: str, number: int, *, buffers: bool) -> floors.Data:
    """The booking rules of the pool `name`, the `number`-th."""
    before, after = BUFFERS[number % len(BUFFERS)] if buffers else ("0m", "0m")
    offer = STRICT if name.startswith(STRICT) else "flexible"
    times = {"slot_grid": "15m", "slot_hold_for": "1m", "buffer_before": before, "buffer_after": after}
    return {**floors.BOOKING, **times, "offer": offer}


def floor_of(reps: int, *, buffers: bool) -> floors.Floor:
    """So many closers who work every day, and a setter; a lead's source says which pool it is for."""
    hours = [{"weekday": day, "start": f"{FIRST_HOUR:02}:00", "end": f"{FIRST_HOUR + HOURS:02}:00"} for day in range(7)]
    like, members = floors.of_sdrs(1), pools_of(reps, twice=buffers)
    pools = {
        name: {
            "work": "closing",
            "members": closers,
            "booking": booking_of(name, number, buffers=buffers),
        }
        for number, (name, closers) in enumerate(members.items())
    }
    routes = [
        {
            "name": f"Ready to buy: {name}",
            "when": {"field": "lead.source", "in": [name]},
            "work": "closing",
            "pool": name,
            "else": "next",
        }
        for name in pools
    ]
    closers = sorted({key for keys in members.values() for key in keys})
    return floors.Floor(
        reps=[
            *(rep for rep in like.reps if rep["role"] == "SDR"),
            *(floors.rep(key, "Closer", "UTC", hours) for key in closers),
        ],
        policy={
            **like.policy,
            "rules": [*routes, like.policy["rules"][-1]],
            "pools": {"sdrs": like.policy["pools"]["sdrs"], **pools},
        },
        intakes=[],
        calendars=closers,
    )


_counter: Any = None


def _counting_in(counter: Any) -> None:
    global _counter  # noqa: PLW0603  # one for each process, given when it starts
    _counter = counter


def _attempted() -> None:
    with _counter.get_lock():
        _counter.value += 1


def _work_alone(share: Share) -> Found:
    return uvloop.run(work(share, _attempted))


def measure(service: Service, given: argparse.Namespace, console: Console) -> bool:
    """Whether nothing overlaps and nothing is unexplained."""
    seed(service, floor_of(given.reps, buffers=given.buffers))
    for api in service.apis:
        api.stop()
    leads = [uuid7(utc_now(), os.urandom(10)) for _ in range(given.leads)]
    # As many for each pool as it has reps, in turns, so that every process has leads of all pools.
    order = [name for name, closers in pools_of(given.reps, twice=given.buffers).items() for _ in closers]
    wants = [order[number // given.processes % len(order)] for number in range(given.leads)]
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        connection.execute(LEADS, [leads, wants])
    began = time.time()
    uvloop.run(hand_all_over(service.database_url, service.secret_keys, leads))
    console.print(f"{given.leads} leads handed over to {given.reps} closers in {time.time() - began:.0f} s")
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    good = _report(_attempts(service, leads, given, console), given, console)
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        for what, statement in NEVER.items():
            row = connection.execute(statement).fetchone()
            count = row[0] if row else -1
            console.print(f"{'ok  ' if count == 0 else 'FAIL'} {what}: {count}")
            good = good and count == 0
    return good


def _attempts(service: Service, leads: Sequence[UUID], given: argparse.Namespace, console: Console) -> Sequence[Found]:
    """What every process saw; how far they are is told now and then."""
    start_at = time.time() + 5 + given.leads / 100
    shares = [
        Share(
            url=service.database_url,
            keys=service.secret_keys,
            leads=leads[number :: given.processes],
            attempts=given.attempts // given.processes,
            connections=given.connections // given.processes,
            days=given.days,
            start_at=start_at,
            number=number,
            unchecked=given.unchecked,
            shares=LIVELY if given.buffers else SHARES,
            seconds=given.minutes * 60,
        )
        for number in range(given.processes)
    ]
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(given.processes, context, initializer=_counting_in, initargs=(counter,)) as pool:
        running = [pool.submit(_work_alone, share) for share in shares]
        for _ in _until_done(running):
            passed = time.time() - start_at
            if passed > 0:
                console.print(f"{counter.value:,} attempts in {passed:.0f} s: {counter.value / passed:,.0f} a second")
        return [future.result() for future in running]


def _until_done(running: Sequence[Future[Found]]) -> Iterator[None]:
    while wait(running, timeout=PROGRESS_S).not_done:
        yield


def _report(found: Sequence[Found], given: argparse.Namespace, console: Console) -> bool:
    results = sum((part.results for part in found), Counter[tuple[str, str]]())
    table = Table("act", "result", "attempts")
    for (act, result), count in sorted(results.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(act, result, f"{count:,}")
    console.print(table)
    seconds = sorted(second for part in found for second in part.seconds)
    made = sorted(second for part in found for second in part.made)
    took = max(part.end for part in found) - min(part.begin for part in found)
    way = "by the database alone" if given.unchecked else "checked"
    console.print(
        f"{len(seconds):,} attempts ({way}) over {given.connections} connections from {given.processes} processes"
        f" in {took:.0f} s: {len(seconds) / took:,.0f} a second,"
        f" {1000 * sum(part.cpu for part in found) / len(seconds):.2f} ms of the processor each besides PostgreSQL's"
    )
    for what, times in (("attempts", seconds), ("bookings made", made)):
        if times:
            console.print(
                f"{len(times):,} {what}: p50 {1000 * percentile(times, 0.5):.0f} ms, p99 {1000 * percentile(times, 0.99):.0f} ms,"
                f" longest {1000 * times[-1]:.0f} ms"
            )
    if len(seconds) < given.attempts // given.processes * given.processes:
        console.print(
            f"stopped after {given.minutes:g} minutes with {len(seconds):,} of {given.attempts:,} attempts made"
        )
    unexplained = [text for part in found for text in part.unexplained]
    console.print(f"{'FAIL' if unexplained else 'ok  '} unexplained errors: {len(unexplained)}")
    for text, count in Counter(unexplained).most_common(5):
        console.print(f"     {count} x {text[:300]}")
    return not unexplained


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument(
        "--minutes", type=float, default=24 * 60, help="stop then, and state how many attempts were made"
    )
    parser.add_argument("--connections", type=int, default=200, help="over all processes")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--reps", type=int, default=20)
    parser.add_argument("--leads", type=int, default=640)
    parser.add_argument("--days", type=int, default=1, help="days that everybody wants")
    parser.add_argument("--unchecked", action="store_true", help="without the application's own check")
    parser.add_argument("--buffers", action="store_true", help="pools with unequal buffers that share their reps")
    given = parser.parse_args()
    console = Console(soft_wrap=True)
    with Service(apis=1, workers=0, connections=given.connections + 40) as service:
        console.print(str(measure_machine(Path(service.directory))))
        return 0 if measure(service, given, console) else 1


if __name__ == "__main__":
    sys.exit(main())
