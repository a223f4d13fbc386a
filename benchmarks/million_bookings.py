"""A million attempts to book 20 reps over 200 connections of the database: does any time overlap, is any error unexplained?

    python benchmarks/million_bookings.py [--attempts 1000000] [--connections 200] [--processes 4] [--reps 20] [--unchecked]

Every attempt goes through the use case, with calendars that were read beforehand: nine in ten try to book, the others keep
a slot, call an appointment off or move one. More leads than there is time want the same few days, at any quarter of an
hour, so that most attempts meet somebody who was there before. With `--unchecked` the application looks at nobody's time
and the database's constraint has the only word. Afterwards the database is asked by SQL what must not be.
"""

import argparse
import asyncio
import base64
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import floors
import psycopg
import uvloop
from http_load import percentile
from machine import measure as measure_machine
from rich.console import Console
from rich.table import Table
from seeding import seed
from service import Service

from pointsman.domain.appointments import By
from pointsman.domain.availability import Interval
from pointsman.domain.errors import PointsmanError
from pointsman.domain.ids import uuid7
from pointsman.domain.qualification import EVIDENCE_NAMES, Evidence
from pointsman.main import utc_now, wire
from pointsman.services import booking, parties
from pointsman.services.appointment_acts import cancel
from pointsman.services.bookable import Bookable, bookable
from pointsman.services.booking import Prepared, book_prepared, in_words
from pointsman.services.calendars import Reading
from pointsman.services.handover import hand_over
from pointsman.services.parties import Asking
from pointsman.services.parties_calendars import read_party_calendars
from pointsman.services.ports import Actor, Env, Refused
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.reschedule import Rescheduling, reschedule_in
from pointsman.services.slot_holds import Holding, hold_in
from pointsman.services.transactions import in_transaction
from pointsman.settings import load_settings

ACTOR = Actor(name="benchmark")
LENGTH, GRID = timedelta(minutes=30), timedelta(minutes=15)
FIRST_HOUR, HOURS = 9, 9
LEADS = (
    "insert into leads (id, email, email_key, facts, stage, match, version, created_at, updated_at)"
    " select id, id || '@lead.example', id || '@lead.example', '{}', 'new', '{}', 1, now(), now()"
    " from unnest(%s::uuid[]) id"
)
ACTS = ("book", "hold", "cancel", "reschedule")
SHARES = (90, 4, 3, 3)
PATIENCE_MS = 60_000
BLIND = 0.05  # of the bookings are of a lead that has an appointment already

#: What must never be found.
NEVER = {
    "times that overlap": "select count(*) from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id"
    " and a.active and b.active and a.during && b.during",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one process does."""

    url: str
    leads: Sequence[UUID]
    attempts: int
    connections: int
    days: int
    start_at: float
    number: int
    unchecked: bool


@dataclass(slots=True, kw_only=True)
class Found:
    """What one process saw; seconds of all attempts, and of bookings that were made."""

    begin: float = 0.0
    end: float = 0.0
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    made: list[float] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


class Crowd:
    """The leads of one process and what they have; several connections act for them at once."""

    def __init__(self, env: Env, share: Share, seen: dict[UUID, Bookable], readings: Mapping[str, Reading]) -> None:
        self._env, self._seen, self._readings = env, seen, readings
        self._chance = random.Random(share.number)
        self._leads = list(share.leads)
        self._booked: dict[UUID, AppointmentRow] = {}
        midnight = utc_now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        steps = HOURS * 4 - 1
        opens = [midnight + timedelta(days=day, hours=FIRST_HOUR) for day in range(share.days)]
        self._starts = [begin + GRID * step for begin in opens for step in range(steps)]

    async def attempt(self) -> tuple[str, str]:
        """One act, and what became of it."""
        act = self._chance.choices(ACTS, SHARES)[0]
        begin = self._chance.choice(self._starts)
        wanted = Interval(begin, begin + LENGTH)
        lead = self._chance.choice(self._leads)
        if act in ("cancel", "reschedule"):
            if not self._booked:
                return act, "nothing there"
            lead = self._chance.choice(list(self._booked))
        elif lead in self._booked and self._chance.random() >= BLIND:
            free = (one for one in self._chance.sample(self._leads, 20) if one not in self._booked)
            lead = next(free, lead)
        try:
            await getattr(self, f"_{act}")(lead, wanted)
        except PointsmanError as error:
            if error.code == "holder-changed":
                self._seen[lead] = await seen_for(self._env, lead)
            reason = error.extra.get("reason")
            return act, f"{error.code} ({reason})" if reason else error.code
        except Refused as refused:
            words = in_words(refused)
            if words is refused:
                raise
            return act, f"{getattr(words, 'code', '')} (constraint)"
        return act, "done"

    def _asking(self, wanted: Interval) -> Asking:
        return Asking(wanted=wanted, readings=self._readings)

    async def _book(self, lead: UUID, wanted: Interval) -> None:
        given = Prepared(lead_id=lead, seen=self._seen[lead], asking=self._asking(wanted), actor=ACTOR, by=By.SETTER)
        self._booked[lead] = await book_prepared(self._env, given)

    async def _hold(self, lead: UUID, wanted: Interval) -> None:
        given = Holding(lead_id=lead, asking=self._asking(wanted), actor=ACTOR)
        await in_transaction(self._env, lambda tx: hold_in(self._env, tx, given))

    async def _cancel(self, lead: UUID, _wanted: Interval) -> None:
        by = self._chance.choice([By.PROSPECT, By.OPERATOR, By.CLOSER, By.OPERATOR])
        await cancel(self._env, self._booked.pop(lead).id, by=by, reason="another day", actor=ACTOR)

    async def _reschedule(self, lead: UUID, wanted: Interval) -> None:
        given = Rescheduling(
            appointment_id=self._booked[lead].id,
            rep_id=self._booked[lead].rep_id,
            wanted=wanted,
            readings=self._readings,
            keep_rep=self._chance.random() < 0.5,
            by=By.SETTER,
            reason=None,
            actor=ACTOR,
        )
        moved = await in_transaction(self._env, lambda tx: reschedule_in(self._env, tx, given))
        if lead in self._booked:
            self._booked[lead] = moved


def _wired(url: str, connections: int) -> Any:
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    # Two hundred at once on a small or busy machine wait longer than any sender does: p99 says how long, no timeout hides it.
    settings = load_settings(
        database_url=url, secret_keys=key, private_networks="127.0.0.0/8", statement_timeout_ms=PATIENCE_MS
    )
    return wire(settings, name="million", pool_size=connections)


def _look_at_nobodys_time() -> None:
    """Switch the application's own check off: whoever asks is told that nothing is in the way."""

    def nothing(*_given: Any) -> None:
        return None

    for module in (booking, parties):
        assert hasattr(module, "hindrance"), f"{module.__name__} has another check by now"
        setattr(module, "hindrance", nothing)  # noqa: B010  # mypy knows that it is none of ours to set


async def _work(share: Share) -> Found:
    if share.unchecked:
        _look_at_nobodys_time()
    wired, found = _wired(share.url, share.connections), Found()
    try:
        seen, readings = await _prepared(wired.env, share.leads)
        crowd = Crowd(wired.env, share, seen, readings)
        left = iter(range(share.attempts))

        async def one_after_another() -> None:
            for _ in left:
                began = time.perf_counter()
                try:
                    act, result = await crowd.attempt()
                except Exception as error:  # noqa: BLE001  # what this is here to find
                    act, result = "", f"{type(error).__name__}: {error}"
                    found.unexplained.append(result)
                took = time.perf_counter() - began
                found.seconds.append(took)
                found.results[act, result] += 1
                if (act, result) == ("book", "done"):
                    found.made.append(took)

        await asyncio.sleep(max(0.0, share.start_at - time.time()))
        found.begin = time.time()
        await asyncio.gather(*(one_after_another() for _ in range(share.connections)))
        found.end = time.time()
        return found
    finally:
        await wired.aclose()


async def seen_for(env: Env, lead_id: UUID) -> Bookable:
    """Who may be booked for the lead."""
    async with env.uow() as tx:
        lead = await tx.leads.get(lead_id)
        assert lead is not None, "it was put there"
        return await bookable(env, tx, lead, now=env.clock())


async def _prepared(env: Env, leads: Sequence[UUID]) -> tuple[dict[UUID, Bookable], Mapping[str, Reading]]:
    """Who may be booked for each lead, and what is known of everybody's calendar."""
    seen = {lead_id: await seen_for(env, lead_id) for lead_id in leads}
    readings: dict[str, Reading] = {}
    for what in {what.rep.key: what for what in seen.values()}.values():
        readings |= await read_party_calendars(env, what, max_age=timedelta(hours=1), deadline=timedelta(seconds=20))
    return seen, readings


def _work_alone(share: Share) -> Found:
    return uvloop.run(_work(share))


async def hand_all_over(url: str, leads: Sequence[UUID]) -> None:
    """Every lead through the gate to its closer, as SDRs do."""
    wired, left = _wired(url, 8), iter(leads)
    names = [name.rsplit(".", 1)[-1] for name in floors.ONE_SLOT_EVIDENCE]

    async def one_by_one() -> None:
        for lead_id in left:
            now = utc_now()
            evidence = [
                Evidence(kind=EVIDENCE_NAMES[name], name=name, value="yes", affirmed=True, source="x", observed_at=now)
                for name in names
            ]
            handed = await hand_over(wired.env, lead_id, evidence=evidence, setter="sdr-1", actor=ACTOR)
            assert handed.closer is not None, handed.what_happens

    try:
        await asyncio.gather(*(one_by_one() for _ in range(8)))
    finally:
        await wired.aclose()


def floor_of(reps: int) -> floors.Floor:
    """So many closers who work every day, and a setter."""
    closers = [f"closer-{number}" for number in range(1, reps + 1)]
    hours = [{"weekday": day, "start": f"{FIRST_HOUR:02}:00", "end": f"{FIRST_HOUR + HOURS:02}:00"} for day in range(7)]
    like = floors.of_sdrs(1)
    rules = {**floors.BOOKING, "slot_grid": "15m", "hold_for": "1m"}
    pools = like.policy["pools"] | {"closers": {"work": "closing", "members": closers, "booking": rules}}
    setters = [rep for rep in like.reps if rep["role"] == "SDR"]
    return floors.Floor(
        reps=[*setters, *(floors.rep(key, "Closer", "UTC", hours) for key in closers)],
        policy={**like.policy, "pools": pools},
        intakes=[],
        calendars=closers,
    )


def measure(service: Service, given: argparse.Namespace, console: Console) -> bool:
    """Whether nothing overlaps and nothing is unexplained."""
    seed(service, floor_of(given.reps))
    for api in service.apis:
        api.stop()
    leads = [uuid7(utc_now(), os.urandom(10)) for _ in range(given.leads)]
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        connection.execute(LEADS, [leads])
    began = time.time()
    uvloop.run(hand_all_over(service.database_url, leads))
    console.print(f"{given.leads} leads handed over to {given.reps} closers in {time.time() - began:.0f} s")
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    start_at = time.time() + 5 + given.leads / 100
    shares = [
        Share(
            url=service.database_url,
            leads=leads[number :: given.processes],
            attempts=given.attempts // given.processes,
            connections=given.connections // given.processes,
            days=given.days,
            start_at=start_at,
            number=number,
            unchecked=given.unchecked,
        )
        for number in range(given.processes)
    ]
    with ProcessPoolExecutor(given.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(_work_alone, shares))
    good = _report(found, given, console)
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        for what, statement in NEVER.items():
            row = connection.execute(statement).fetchone()
            count = row[0] if row else -1
            console.print(f"{'ok  ' if count == 0 else 'FAIL'} {what}: {count}")
            good = good and count == 0
    return good


def _report(found: Sequence[Found], given: argparse.Namespace, console: Console) -> bool:
    results = sum((part.results for part in found), Counter[tuple[str, str]]())
    table = Table("act", "result", "attempts")
    for (act, result), count in sorted(results.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(act, result, f"{count:,}")
    console.print(table)
    seconds = sorted(second for part in found for second in part.seconds)
    made = sorted(second for part in found for second in part.made)
    took = max(part.end for part in found) - min(part.begin for part in found)
    way = "the constraint alone" if given.unchecked else "checked"
    console.print(
        f"{len(seconds):,} attempts ({way}) over {given.connections} connections from {given.processes} processes"
        f" in {took:.0f} s: {len(seconds) / took:,.0f} a second"
    )
    for what, times in (("attempts", seconds), ("bookings made", made)):
        if times:
            console.print(
                f"{what}: p50 {1000 * percentile(times, 0.5):.0f} ms, p99 {1000 * percentile(times, 0.99):.0f} ms,"
                f" longest {1000 * times[-1]:.0f} ms"
            )
    unexplained = [text for part in found for text in part.unexplained]
    console.print(f"{'FAIL' if unexplained else 'ok  '} unexplained errors: {len(unexplained)}")
    for text, count in Counter(unexplained).most_common(5):
        console.print(f"     {count} x {text[:300]}")
    return not unexplained


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=200, help="over all processes")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--reps", type=int, default=20)
    parser.add_argument("--leads", type=int, default=600)
    parser.add_argument("--days", type=int, default=1, help="days that everybody wants")
    parser.add_argument("--unchecked", action="store_true", help="without the application's own check")
    given = parser.parse_args()
    console = Console(soft_wrap=True)
    with Service(apis=1, workers=0, connections=given.connections + 40) as service:
        console.print(str(measure_machine(Path(service.directory))))
        return 0 if measure(service, given, console) else 1


if __name__ == "__main__":
    sys.exit(main())
