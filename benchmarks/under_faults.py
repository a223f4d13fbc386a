"""What the runs share in which everything fails: workers that are killed, options, and what must hold of every calendar."""

import argparse
import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from memory_vendor import Standing, Vendor
from programs import PYTHON, Program
from rich.console import Console
from rich.table import Table
from service import Service
from vendor_floor import Floor

from pointsman.main import utc_now
from pointsman.services.deliveries.calendar_event import event_key
from pointsman.services.ports.booking.appointments import AppointmentRow

MOVED, CALLED_OFF = 0.10, 0.05
PROGRESS_S = 20.0
QUICK_WORKER = str(Path(__file__).with_name("quick_worker.py"))
Measure = Callable[[argparse.Namespace, Console, ExitStack], Coroutine[Any, Any, bool]]


def parser_of(what: str | None, *, appointments: int | None, minutes: float) -> argparse.ArgumentParser:
    """The options that each has, with these defaults; None: it counts something else."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    if appointments is not None:
        parser.add_argument("--appointments", type=int, default=appointments)
    parser.add_argument("--minutes", type=float, default=minutes, help="and no longer")
    parser.add_argument("--kill-every", type=float, default=10)
    parser.add_argument("--longest-wait", type=float, default=20)
    parser.add_argument("--waits", type=int, nargs="+", default=[1, 2, 3], help="seconds of Retry-After")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="keep the processes' logs in this folder")
    return parser


def exit_status_of(measure: Measure, given: argparse.Namespace) -> int:
    """Of the run: 1 where a line was missed."""
    with ExitStack() as stack:
        return 0 if asyncio.run(measure(given, Console(width=140), stack)) else 1


def quick_service(stack: ExitStack, given: argparse.Namespace, *, apis: int = 1) -> Service:
    """So many APIs and two workers, in which a delivery waits no longer than `--longest-wait` for its next try."""
    return stack.enter_context(Service(apis=apis, workers=2, worker=(PYTHON, QUICK_WORKER, str(given.longest_wait))))


@dataclass(slots=True, kw_only=True)
class Run:
    """What is known while it runs. `kills` are the moments at which a worker was killed, or stopped.

    `turn` is held while a process is killed and started; the one that is `frozen` is not.
    """

    service: Service
    floor: Floor
    kills: list[datetime] = field(default_factory=list)
    frozen: Program | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Nothing befalls the service from now on but what has begun."""
        self._over.set()

    async def goes_on(self, seconds: float) -> bool:
        """Whether it still does after so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return not self._over.is_set()

    async def kill(self, every: float) -> None:
        """Kill one worker after another, and start it again; of several APIs one, too, every fourth time."""
        for turn in itertools.count():
            if not await self.goes_on(every):
                return
            apis = self.service.apis if len(self.service.apis) > 1 and turn % 4 == 3 else []
            async with self.turn:
                for program in (self.service.workers[turn % len(self.service.workers)], *apis[turn // 4 % 2 :][:1]):
                    if program is not self.frozen:
                        await asyncio.to_thread(program.kill)
                        self.kills.append(utc_now())
                        program.start()

    async def change(self, rows: Sequence[AppointmentRow], seed: int, seconds: float) -> None:
        """Move some and call some off while their events are on the way."""
        chance = random.Random(seed)
        chosen = [(row, chance.random()) for row in rows]
        acts = [(row, draw) for row, draw in chosen if draw < MOVED + CALLED_OFF]
        chance.shuffle(acts)
        for row, draw in acts:
            await asyncio.sleep(seconds / len(acts))
            await (self.floor.move(row) if draw < MOVED else self.floor.call_off(row))

    async def until_settled(self, connections: Sequence[str], until: float, console: Console) -> bool:
        """Whether these are owed nothing any more before the moment `until` (monotonic)."""
        began = last = time.monotonic()
        # What was done is done once more after a while, where a call may still be on its way; reminders have their time, and as
        # one is due every few minutes, each has four to go out; and a link that a vendor has not told yet is asked for.
        query = """
            select d.status, count(*) from deliveries d join connections k on k.id = d.connection_id
            where k.key = any(%s) and (d.error_code is null or d.error_code not like '%%-once-more')
              and not (d.status = 'pending' and d.error_code is null and d.next_attempt_at > now() + interval '4 minutes')
              and not (d.status = 'pending' and d.key like '%%-reminder-%%' and d.owed_at > now() - interval '4 minutes')
            group by 1
            union all select 'linkless', count(*) from appointments
            where vendor_meeting and join_url is null and status in ('requested', 'confirmed') having count(*) > 0
            order by 1
        """
        async with await psycopg.AsyncConnection.connect(self.service.libpq_url, autocommit=True) as database:
            while time.monotonic() < until:
                await asyncio.sleep(1)
                found = await database.execute(query, [list(connections)])
                counts: dict[str, int] = dict(await found.fetchall())
                if not counts.keys() & {"pending", "linkless"}:
                    return True
                if time.monotonic() - last > PROGRESS_S:
                    last = time.monotonic()
                    console.print(f"{last - began:6.0f} s: {counts}, {len(self.kills)} kills")
        return False


def wanted(service: Service) -> Mapping[str, tuple[Standing, int]]:
    """Each event that has to stand, by its key, and the sequence that it has at least: a link that its vendor told grows the
    appointment's, and the event has it already. What is over stays in its calendar.
    """
    query = """
        select a.id, a.rep_id, r.key, a.sequence, a.starts_at, a.join_url, (
            select max(d.sequence) from deliveries d where (d.appointment_id, d.rep_id, d.kind) = (a.id, a.rep_id, 'appointment')
        )
        from appointments a join reps r on r.id = a.rep_id where a.status in ('requested', 'confirmed', 'attended', 'no_show')
    """
    with psycopg.connect(service.libpq_url) as database:
        rows = database.execute(query).fetchall()
    found = {}
    for one, rep, closer, sequence, start, link, owed in rows:
        key = event_key(one, rep)
        found[key] = Standing(key=key, calendar=closer, sequence=sequence, start=start, link=link), owed
    return found


def events_wrong(service: Service, vendors: Sequence[Vendor]) -> dict[str, int]:
    """How many appointments lack their event, have several, or an old one; and events that are nobody's."""
    standing: defaultdict[str, list[Standing]] = defaultdict(list)
    for one in (event for vendor in vendors for event in vendor.standing()):
        standing[one.key].append(one)
    found = Counter[str]()
    for key, (due, owed) in wanted(service).items():
        there = standing.pop(key, [])
        found["appointments without their event"] += not there
        found["appointments with several events"] += len(there) > 1
        found["events of an old state"] += any(
            replace(one, sequence=due.sequence) != due or not owed <= one.sequence <= due.sequence for one in there
        )
    found["orphans"] += sum(map(len, standing.values()))
    return dict(found)


class Lines:
    """What must hold, and whether it did."""

    def __init__(self, console: Console) -> None:
        self._console, self._table, self.kept = console, Table("", "must hold", "found"), True

    def say(self, what: str, found: str, *, holds: bool) -> None:
        self.kept = self.kept and holds
        self._table.add_row("ok" if holds else "MISSED", what, found)

    def note(self, what: str) -> None:
        self._console.print(what)

    def end(self) -> None:
        self._console.print(self._table)
        self._console.print("kept" if self.kept else "NOT KEPT")


def say_dead(service: Service, lines: Lines) -> None:
    """How all deliveries ended."""
    with psycopg.connect(service.libpq_url) as database:
        ended = database.execute(
            "select status, count(*), max(attempts) from deliveries group by 1 order by 1"
        ).fetchall()
    dead = sum(count for status, count, _ in ended if status == "dead")
    told = ", ".join(f"{count} {status} after at most {attempts} attempts" for status, count, attempts in ended)
    lines.say("no dead letter", told, holds=not dead)
