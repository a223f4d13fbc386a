"""Appointments live and their buyers are told, while everything fails: what do mailboxes and calendars hold at the end?

    python benchmarks/mailbox_run.py [--appointments 300] [--minutes 60] [--kill-every 10] [--longest-wait 20] [--seed 1]

Closers have their calendars at Google and at Microsoft 365, and each has a stand-in, at the other vendor or at the same. Buyers
of half of them are invited by our mail, of the other half by the vendor of the calendar; half of each meet in a room of the
house's own, the others in one that the vendor makes. Appointments are booked, moved, given to
the stand-in, called off and not turned up to, while of the vendors' answers 20 % are lost after the act, 10 % are 5xx, 10 % are
429 with a Retry-After in either form and 5 % break off, the mail server fails as often, and a worker is killed every 10 s.
What must hold is read at the end from the books of the vendors and of the mailbox.
Exit status 1: a line was missed.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import floors
import psycopg
from calendar_fakes import Google, Letter, Microsoft
from mailbox_truth import NAME, Mailbox, appointments, inboxes_wrong, mail_wrong, meeting_links
from memory_vendor import LOST, Temper, faults_of
from rich.console import Console
from service import Api, Service
from under_faults import Lines, Run, events_wrong, exit_status_of, parser_of, quick_service, say_dead
from vendor_floor import Floor

from pointsman.domain.errors import Conflict, Unavailable
from pointsman.services.ports.booking.appointments import AppointmentRow

TOKEN_S = 60.0
CLOSERS_EACH = 16  # at each vendor: eight with leads, of odd numbers, and their stand-ins
#: What happens to an appointment after it was booked, and to how many of twenty.
LIVES: Mapping[tuple[str, ...], int] = {
    (): 5,
    ("move",): 3,
    ("give",): 3,
    ("call_off",): 2,
    ("move", "give", "call_off"): 3,
    ("give", "move", "miss"): 2,
    ("miss",): 2,
}
_AGAIN_S, _MOST_TRIES = 2.0, 60


def has_leads(closer: str) -> bool:
    return _number(closer) % 2 == 1


def stand_in(closer: str) -> str:
    """Whose calendar is free whenever this closer has an appointment."""
    vendor, number = closer.rsplit("-", 1)
    other = {"google": "microsoft", "microsoft": "google"}[vendor] if int(number) % 4 == 1 else vendor
    return f"{other}-{int(number) + 1}"


def pool_rules(closer: str) -> Mapping[str, Any]:
    """Where its appointments take place, and which way their buyers are told: all four of both, with stand-ins of both kinds."""
    row = (_number(closer) - 1) // 4
    by = "mail" if row % 2 == 0 else "calendar"
    conference = f"https://meet.example/{closer}" if row // 2 % 2 == 0 else "create"
    booking = {**floors.BOOKING, "slots_shown": 1, "conference": conference}
    return {"booking": booking, "invitations": {"by": by, "connection": NAME}}


def _number(closer: str) -> int:
    return int(closer.rsplit("-", 1)[1])


@dataclass(slots=True, kw_only=True)
class Lives:
    """What happens to each appointment, by its turn: every act is tried until the calendars that it asks can be read."""

    floor: Floor
    chance: random.Random
    again: Counter[str]

    async def live(self, rows: Sequence[AppointmentRow], seconds: float) -> list[AppointmentRow]:
        """All lives up to their last act but a no-show, spread over so many seconds; the appointments that are missed."""
        kinds = [life for life, count in LIVES.items() for _ in range(count)]
        turns = asyncio.Semaphore(4)
        missed: list[AppointmentRow] = []

        async def one(row: AppointmentRow, life: tuple[str, ...], pauses: Sequence[float]) -> None:
            for act, pause in zip(life, pauses, strict=True):
                await asyncio.sleep(pause)
                if act == "miss":
                    missed.append(row)
                    continue
                async with turns:
                    row = await self._done(act, row)

        lives = [(row, kinds[number % len(kinds)]) for number, row in enumerate(rows)]
        pauses = [[self.chance.random() * seconds / max(1, len(life)) for _ in life] for _, life in lives]
        await asyncio.gather(*(one(row, life, pause) for (row, life), pause in zip(lives, pauses, strict=True)))
        return missed

    async def _done(self, act: str, row: AppointmentRow) -> AppointmentRow:
        for _ in range(_MOST_TRIES):
            try:
                match act:
                    case "move":
                        return await self.floor.move(row)
                    case "give":
                        return await self.floor.give(row, stand_in(row.rep_key))
                    case _:
                        return await self.floor.call_off(row)
            except (Conflict, Unavailable) as error:
                self.again[f"{act}: {error.code} {error.extra.get('reason', '')}".rstrip()] += 1
                refused = error
            await asyncio.sleep(_AGAIN_S)
        raise SystemExit(f"{act} was refused {_MOST_TRIES} times, at last with: {refused}")


# ── what must hold ───────────────────────────────────────────────────────────────────────────────


def letters_wrong(service: Service, vendors: Sequence[Google | Microsoft]) -> dict[str, int]:
    """How many buyers a vendor told the same twice, or something else at last than what stands."""
    told: defaultdict[str, dict[str, list[Letter]]] = defaultdict(dict)
    for vendor in vendors:
        for letter in vendor.letters():
            told[letter.to].setdefault(vendor.name, []).append(letter)
    found = Counter[str]()
    for one in appointments(service):
        letters = told.pop(one.email, {})
        if one.invited_by != "calendar":
            found["buyers whom a vendor writes to beside us"] += bool(letters)
            continue
        here = one.closer.rsplit("-", 1)[0]
        # Of two closers at one vendor the first one's event is called off, before or after the second one's is made.
        standing = [letter for letter in letters.get(here, []) if one.called_off or not letter.calls_off]
        last = {name: written[-1] for name, written in {**letters, here: standing}.items() if written}
        found["buyers whom their vendor did not tell that it stands"] += not one.called_off and here not in last
        for name, letter in last.items():
            stands = not one.called_off and name == here
            right = (letter.calls_off, letter.start) == (False, one.start) if stands else letter.calls_off
            found["buyers whom a vendor told an old state last"] += not right
            # Google makes a meeting after it has written.
            found["buyers whom a vendor told another link last"] += stands and not meeting_links(letter.text) <= {
                one.link
            }
        texts = [letter.text for written in letters.values() for letter in written]
        links = frozenset[str]().union(*map(meeting_links, texts))
        found["appointments with more links than they had calendars"] += len(links) > one.most_links
        found["letters that came twice"] += len(texts) - len(set(texts))
    found["letters to others"] += len(told)
    return dict(found)


def calendars_disagree(service: Service) -> int:
    """Appointments of which the service thinks that their calendar says otherwise."""
    with psycopg.connect(service.libpq_url) as database:
        found = database.execute("select count(*) from appointments where conflict is not null").fetchone()
    return int(found[0]) if found else 0


async def measure(given: argparse.Namespace, console: Console, stack: ExitStack) -> bool:
    service = quick_service(stack, given)
    temper = Temper(rates=LOST, seed=given.seed, token_s=TOKEN_S, waits=tuple(given.waits))
    google = stack.enter_context(Google("google", temper, directory=service.directory))
    microsoft = stack.enter_context(
        Microsoft("microsoft", replace(temper, seed=given.seed + 1), directory=service.directory)
    )
    mailbox = stack.enter_context(Mailbox(directory=service.directory))
    api = Api(service.url, service.key)
    api.call("PUT", f"/v1/connections/{NAME}", {"connector": "smtp", "config": mailbox.config()})
    floor = Floor.make(service, {google: True, microsoft: False}, closers_each=CLOSERS_EACH, pool_rules=pool_rules)
    names = [closer for closer in floor.closers if has_leads(closer)]
    floor.with_time_of = {stand_in(closer): closer for closer in names}
    await floor.read_all()
    service.pause_workers()
    began = time.monotonic()
    rows = await floor.book(await floor.hand_over(given.appointments, names))
    console.print(f"{len(rows)} appointments booked in {time.monotonic() - began:.0f} s")
    run, lives = (
        Run(service=service, floor=floor),
        Lives(floor=floor, chance=random.Random(given.seed), again=Counter()),
    )
    for vendor in (google, microsoft):
        vendor.set(on=True)
    mailbox.fail(LOST, given.seed + 2)
    began = time.monotonic()
    service.resume_workers()
    killing = asyncio.create_task(run.kill(given.kill_every))
    missed = await lives.live(rows, len(rows) * given.seconds_each)
    console.print(f"lived for {time.monotonic() - began:.0f} s, asked again: {dict(lives.again)}")
    until, connections = began + given.minutes * 60, [google.name, microsoft.name, NAME]
    settled = await run.until_settled(connections, until, console)
    for row in missed:
        await floor.miss(row)
    settled = settled and await run.until_settled(connections, until, console)
    took = time.monotonic() - began
    run.over = True
    await killing
    lines = Lines(console)
    lines.say("all settled", f"{took:.0f} s, {len(run.kills)} kills", holds=settled)
    say_dead(service, lines)
    for what, count in events_wrong(service, (google, microsoft)).items():
        lines.say(f"0 {what}", str(count), holds=not count)
    count = calendars_disagree(service)
    lines.say("0 calendars that seem to say otherwise", str(count), holds=not count)
    wrong, told = mail_wrong(service, mailbox, run.kills)
    for what, count in {
        **wrong,
        **inboxes_wrong(service, mailbox),
        **letters_wrong(service, (google, microsoft)),
    }.items():
        lines.say(f"0 {what}", str(count), holds=not count)
    lines.note(f"mail: {told}, {dict(sorted(mailbox.faults().items()))}")
    for vendor in (google, microsoft):
        calls = faults_of(vendor.ledger())
        lines.note(f"{vendor.name}: {sum(calls.values())} calls: {dict(sorted(calls.items()))}")
    lines.end()
    await floor.aclose()
    if given.logs:
        service.keep_logs(given.logs)
    return lines.kept


def main() -> int:
    parser = parser_of(__doc__, appointments=300, minutes=60)
    parser.add_argument(
        "--seconds-each", type=float, default=2.0, help="over which lives are spread, for each appointment"
    )
    return exit_status_of(measure, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
