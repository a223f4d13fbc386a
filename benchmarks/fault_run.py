"""Vendors fail in every way and workers are killed: has each appointment one event, the newest, and are there no others?

    python benchmarks/fault_run.py [--appointments 10000] [--minutes 240] [--kill-every 10] [--longest-wait 20] [--seed 1]

Two vendors as processes, to one of which we sign in by OAuth 2 with tokens that live for 30 s and refresh tokens that rotate.
Of their answers, 20 % are lost after the vendor acted, 10 % are 5xx, 10 % are 429 with a Retry-After (seconds or a date) and 5 %
break off; the token endpoint fails as often. One appointment in ten is moved meanwhile, and one in twenty called off. A third
vendor takes a refresh token that was used as theft. What must hold is read from the vendors' own books at the end.
`--longest-wait` is the most that a delivery waits for its next try, in seconds: in earnest it is hours.
It takes as long as the vendors ask for: a delivery needs some four calls, and one in ten keeps its whole connection waiting for
1 to 4 s, so that 1,000 take a quarter of an hour and 10,000 two hours. `--waits 0 1` makes it a third.
Exit status 1: a line was missed.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from memory_vendor import LOST, Temper, Vendor, faults_of
from rich.console import Console
from under_faults import Lines, Run, events_wrong, exit_status_of, parser_of, quick_service, say_dead
from vendor_floor import Floor, sign_in

from pointsman_sdk.fakes import Call, Fault, Rotation

TOKEN_S = 30.0
EARLIEST_RENEWAL = timedelta(seconds=TOKEN_S * 0.7)  # a token that lives so shortly is renewed in its last quarter
IN_THE_MIDDLE = timedelta(seconds=1)
STRICT_APPOINTMENTS = 10
ASKED_AGAIN_S = 300.0  # a vendor that refused to renew a sign-in is asked again


# ── what must hold ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class EarlyCall:
    """A call begun more than a second after a Retry-After was received, and before it was over.

    `unheard`: the worker that had received it was killed within that second, and could tell no other.
    """

    call: Call
    told: Sequence[
        tuple[datetime, datetime]
    ]  # each Retry-After that held then: when it was received, until when it holds
    unheard: bool

    def __str__(self) -> str:
        late = ", ".join(
            f"{(self.call.at - at).total_seconds():.2f} of {(until - at).total_seconds():.2f} s"
            for at, until in self.told
        )
        return f"{self.call.method} {self.call.path} at {self.call.at.isoformat()}, after {late}"


def calls_too_early(vendor: Vendor, kills: Sequence[datetime]) -> list[EarlyCall]:
    ledger = vendor.ledger()
    waits = [(call.at, call.not_before) for call in ledger.calls if call.not_before is not None]

    def early(call: Call) -> EarlyCall:
        told = [(at, until) for at, until in waits if at + IN_THE_MIDDLE < call.at < until]
        unheard = all(any(at <= kill <= at + IN_THE_MIDDLE for kill in kills) for at, _ in told)
        return EarlyCall(call, told, unheard)

    return list(map(early, ledger.too_early()))


def renewals(vendor: Vendor, kills: Sequence[datetime]) -> dict[str, int]:
    """Renewals that were asked for, those that came before their time, and what explains the latter."""
    asked = [call for call in vendor.ledger().calls if call.path == "/oauth/token"]
    found = Counter({"asked": len(asked), "answered": sum(call.fault is Fault.NONE for call in asked)})
    for before, call in pairwise(asked):
        if before.fault is not Fault.NONE:
            found["asked again after a fault"] += 1
        elif call.at - before.at < EARLIEST_RENEWAL:
            killed = any(before.at - IN_THE_MIDDLE <= kill <= before.at + IN_THE_MIDDLE for kill in kills)
            found["asked again after a kill" if killed else "too many"] += 1
    return dict(found)


def tokens_asked(vendor: Vendor) -> int:
    return sum(call.path == "/oauth/token" for call in vendor.ledger().calls)


async def theft(run: Run, strict: Vendor, asked_before: int, seconds: float, console: Console) -> tuple[bool, int, int]:
    """(whether an alert asks to sign in again, requests for a token meanwhile, the most that are no loop); then sign in again."""
    alerts = run.floor.api.every("/v1/alerts")
    alarmed = any(one["code"] == "connection-reauth" and one["subject"].endswith(strict.name) for one in alerts)
    asked = tokens_asked(strict) - asked_before
    sign_in(run.floor.api, strict.name)
    await run.until_settled([strict.name], time.monotonic() + 120, console)
    return alarmed, asked, 2 + int(seconds / ASKED_AGAIN_S)


async def measure(given: argparse.Namespace, console: Console, stack: ExitStack) -> bool:
    service = quick_service(stack, given)
    tempers = {
        "first": Temper(rates=LOST, seed=given.seed, token_s=TOKEN_S, waits=tuple(given.waits)),
        "second": Temper(rates=LOST, seed=given.seed + 1, waits=tuple(given.waits)),
        "strict": Temper(token_s=TOKEN_S, rotation=Rotation.STRICT),
    }
    first, second, strict = vendors = [
        stack.enter_context(Vendor(name, temper, directory=service.directory)) for name, temper in tempers.items()
    ]
    service.pause_workers()
    began = time.monotonic()
    floor = Floor.make(
        service, {first: True, second: False, strict: True}, closers_each=max(2, given.appointments // 800)
    )
    rows = await floor.book(await floor.hand_over(given.appointments, floor.at(first) + floor.at(second)))
    await floor.book(await floor.hand_over(STRICT_APPOINTMENTS, floor.at(strict)))
    console.print(f"{len(rows)} appointments booked in {time.monotonic() - began:.0f} s")
    run = Run(service=service, floor=floor)
    first.set(on=True)
    second.set(on=True)
    strict.spend_refresh_tokens()
    asked_before, began = tokens_asked(strict), time.monotonic()
    service.resume_workers()
    killing = asyncio.create_task(run.kill(given.kill_every))
    await run.change(rows, given.seed, len(rows) / 20)
    settled = await run.until_settled([first.name, second.name], began + given.minutes * 60, console)
    took = time.monotonic() - began
    run.end()
    await killing
    alarmed, asked, most = await theft(run, strict, asked_before, took, console)
    lines = Lines(console)
    lines.say("all settled", f"{took:.0f} s, {len(run.kills)} kills", holds=settled)
    say_dead(service, lines)
    for what, count in events_wrong(service, vendors).items():
        lines.say(f"0 {what}", str(count), holds=not count)
    for vendor in (first, second):
        early = calls_too_early(vendor, run.kills)
        unheard = sum(one.unheard for one in early)
        said = f"{len(early)}, of these {unheard} when a killed worker had heard it"
        lines.say(f"{vendor.name}: 0 calls before a Retry-After was over", said, holds=len(early) <= unheard)
        for one in early:
            lines.note(f"{vendor.name}: early, {one}")
        calls = faults_of(vendor.ledger())
        lines.note(f"{vendor.name}: {sum(calls.values())} calls: {dict(sorted(calls.items()))}")
    found = renewals(first, run.kills)
    lines.say("one renewal per expiry, one more per kill in the middle", str(found), holds=not found.get("too many"))
    lines.say("a stolen sign-in raises an alert", "raised" if alarmed else "none", holds=alarmed)
    lines.say(f"and makes no loop: at most {most} requests for a token", str(asked), holds=asked <= most)
    lines.end()
    await floor.aclose()
    if given.logs:
        service.keep_logs(given.logs)
    return lines.kept


if __name__ == "__main__":
    sys.exit(exit_status_of(measure, parser_of(__doc__, appointments=10_000, minutes=240).parse_args()))
