"""Appointments live and their buyers are told, while everything fails: what do mailboxes and calendars hold at the end?

    python benchmarks/mailbox_run.py [--appointments 300] [--minutes 60] [--kill-every 10] [--freeze-every 45]
                                     [--switch-every 20] [--longest-wait 20] [--seed 1]

Closers have their calendars at Google and at Microsoft 365, and each has a stand-in, at the other vendor or at the same. Buyers
of half of them are invited by our mail, of the other half by the vendor of the calendar; half of each meet in a room of the
house's own, the others in one that the vendor makes. Appointments are booked, moved, given to
the stand-in, called off and not turned up to, and the addresses of some buyers are corrected, also back again, while of the
vendors' answers 20 % are lost after the act, 10 % are 5xx, 10 % are
429 with a Retry-After in either form and 5 % break off, the mail server fails as often, and a worker is killed every 10 s, or
one of two APIs. The database stands still for 10 to 20 s, and a worker for longer than its leases, in turn; the connection
that sends mail is switched off and on; and a policy that reminds buyers, and has half of the pools send over another
connection, is published by two callers within a second.
What must hold is read at the end from the books of the vendors and of the mailbox.
Exit status 1: a line was missed.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from calendar_fakes import Google, Microsoft
from callers import Caller
from hardships import Hardships
from mailbox_books import NAME, SECOND, Mailbox
from mailbox_letters import calendars_disagree, letters_wrong
from mailbox_lives import Lives, has_leads, is_still, pool_rules, stand_in
from mailbox_truth import (
    addresses_wrong,
    change_links_wrong,
    inboxes_wrong,
    mail_wrong,
    reminders_wrong,
)
from memory_vendor import LOST, Temper, faults_of
from rich.console import Console
from service import Api
from under_faults import Lines, Run, events_wrong, exit_status_of, parser_of, quick_service, say_dead
from vendor_floor import Floor

from pointsman.services.ports.booking.appointments import AppointmentRow

TOKEN_S = 60.0
CLOSERS_EACH = 16  # at each vendor: eight with leads, of odd numbers, and their stand-ins
PUBLISHED_AFTER = 0.2  # of the time over which lives are spread


async def measure(given: argparse.Namespace, console: Console, stack: ExitStack) -> bool:
    service = quick_service(stack, given, apis=2)
    temper = Temper(rates=LOST, seed=given.seed, token_s=TOKEN_S, waits=tuple(given.waits))
    google = stack.enter_context(Google("google", temper, directory=service.directory))
    microsoft = stack.enter_context(
        Microsoft("microsoft", replace(temper, seed=given.seed + 1), directory=service.directory)
    )
    vendors, mailbox = (google, microsoft), stack.enter_context(Mailbox(directory=service.directory))
    urls = [f"http://127.0.0.1:{port}" for port in service.ports]
    callers = [Caller(urls, service.key), Caller([*reversed(urls)], service.key)]
    api = Api(service.url, service.key)
    for name in (NAME, SECOND):
        api.call("PUT", f"/v1/connections/{name}", {"connector": "smtp", "config": mailbox.config(name)})
    floor = Floor.make(service, {google: True, microsoft: False}, closers_each=CLOSERS_EACH, pool_rules=pool_rules)
    names = [closer for closer in floor.closers if has_leads(closer)]
    floor.with_time_of = {stand_in(closer): closer for closer in names}
    await floor.read_all()
    service.pause_workers()
    began = time.monotonic()
    rows = await floor.book(await floor.hand_over(given.appointments, names))
    console.print(f"{len(rows)} appointments booked in {time.monotonic() - began:.0f} s")
    chance, run = random.Random(given.seed), Run(service=service, floor=floor)
    lives = Lives(floor=floor, caller=callers[1], chance=random.Random(given.seed))
    hard = Hardships(run=run, floor=floor, callers=callers, mailbox=mailbox, chance=chance)
    await lives.begin(rows)
    for vendor in vendors:
        vendor.set(on=True)
    mailbox.fail(LOST, given.seed + 2)
    began = time.monotonic()
    service.resume_workers()
    befalls = [run.kill(given.kill_every), hard.freeze(given.freeze_every), hard.switch(given.switch_every)]
    seconds = len(rows) * given.seconds_each
    async with asyncio.TaskGroup() as group:
        for one in befalls:
            group.create_task(one)
        publishing = group.create_task(_publish(hard, rows, seconds * PUBLISHED_AFTER))
        missed = await lives.live(rows, seconds)
        await publishing
        console.print(f"lived for {time.monotonic() - began:.0f} s, asked again: {dict(lives.again)}")
        until, connections = began + given.minutes * 60, [google.name, microsoft.name, NAME, SECOND]
        settled = await run.until_settled(connections, until, console)
        for row in missed:
            await floor.miss(row)
        settled = settled and await run.until_settled(connections, until, console)
        took = time.monotonic() - began
        run.end()
    # What was under way when the last process was thawed or mail was switched on again ends, too.
    settled = settled and await run.until_settled(connections, until, console)
    lines = Lines(console)
    lines.say("all settled", f"{took:.0f} s, {len(run.kills)} kills", holds=settled)
    say_dead(service, lines)
    wrong, told = mail_wrong(service, mailbox, run.kills, hard.database)
    for what, count in {
        **events_wrong(service, vendors),
        "calendars that seem to say otherwise": calendars_disagree(service),
        **wrong,
        **inboxes_wrong(service, mailbox),
        **change_links_wrong(service, mailbox, floor.wired.env.secrets),
        **addresses_wrong(service, lives.said),
        **reminders_wrong(service, mailbox, hard.reminded),
        **letters_wrong(service, vendors, lives.said.keys()),
    }.items():
        lines.say(f"0 {what}", str(count), holds=not count)
    lines.note(f"mail: {told}, {dict(sorted(mailbox.faults().items()))}")
    lines.note(
        f"stood still: the database {len(hard.database)} times, a worker {hard.workers_frozen} times; switched off: "
        f"{hard.switched} times; corrected: {len(lives.said)} addresses; to remind: {len(hard.reminded)}"
    )
    for vendor in vendors:
        calls = faults_of(vendor.ledger())
        lines.note(f"{vendor.name}: {sum(calls.values())} calls: {dict(sorted(calls.items()))}")
    lines.end()
    await asyncio.gather(floor.aclose(), *(caller.aclose() for caller in callers))
    if given.logs:
        service.keep_logs(given.logs)
    return lines.kept


async def _publish(hard: Hardships, rows: Sequence[AppointmentRow], after: float) -> None:
    await asyncio.sleep(after)
    await hard.publish([row for number, row in enumerate(rows) if is_still(number)])


def main() -> int:
    parser = parser_of(__doc__, appointments=300, minutes=60)
    parser.add_argument(
        "--seconds-each", type=float, default=2.0, help="over which lives are spread, for each appointment"
    )
    parser.add_argument("--freeze-every", type=float, default=45)
    parser.add_argument("--switch-every", type=float, default=20)
    return exit_status_of(measure, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
