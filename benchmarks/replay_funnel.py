"""Send a whole marketing funnel of real leads through a running Pointsman, and check what became of every one.

    python benchmarks/replay_funnel.py --data DIR                           on a private service
    python benchmarks/replay_funnel.py --data DIR --api 2 --workers 2 --kills 5
    python benchmarks/replay_funnel.py --data DIR --url http://127.0.0.1:8000 --key pm_... --database-url postgresql://...

DIR holds the two files of Olist's "Marketing Funnel" (Kaggle, CC BY-NC-SA 4.0), which are not part of this project.
8,000 marketing-qualified leads and the 842 hand-offs of their SDRs go in as signed webhooks, in order of time. Names
and addresses are made up from the ids; evidence is what the data knows, so a hand-off without it must be refused.
Exit status 1 means that a check failed, 2 that the counts differ from --expect.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import floors
import replay_checks as checks
import uvloop
from funnel import Funnel, read
from replay_checks import Check, Counts, Records, backlog
from replay_report import show
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from seeding import seed
from service import Elsewhere, Service, Target, events_of
from webhooks import Hook, Queue, Sent, send_all

SEED = 11
STALLED = 300.0  # seconds without any progress after which the replay is given up


@dataclass(slots=True, kw_only=True)
class Replay:
    """One run: what was sent, what the service still owes, when it was killed."""

    service: Target
    funnel: Funnel
    hooks: dict[str, Hook]
    connections: int
    kills: list[float] = field(default_factory=list)  # at these shares of the whole work
    killed: list[str] = field(default_factory=list)
    sent: Sent = field(default_factory=Sent)
    drained: float = 0.0

    async def run(self, progress: Progress) -> None:
        total = len(self.funnel.events)
        sending = progress.add_task("acknowledged", total=total)
        working = progress.add_task("worked through", total=total)
        queue = Queue(self.funnel.events)
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(
                send_all(
                    queue,
                    self.hooks,
                    self.service.ports,
                    connections=self.connections,
                    sent=self.sent,
                    progress=lambda: progress.advance(sending),
                )
            )
            group.create_task(self._watch(progress, working, queue, start))

    async def _watch(self, progress: Progress, task: Any, queue: Queue, start: float) -> None:
        """Follow the work to its end, and kill the service at the chosen moments."""
        records = Records(self.service.libpq_url)
        total = len(self.funnel.events)
        last, since = (-1, -1), time.monotonic()
        known: set[str] = set()
        try:
            while True:
                owed = await asyncio.to_thread(backlog, records)
                worked = await asyncio.to_thread(checks.worked_through, records)
                done = len(worked)
                await queue.decided(key.removeprefix("mql_") for key in worked - known)
                known = worked
                progress.update(task, completed=done, description=f"worked through ({owed['deliveries']} to deliver)")
                share = (len(self.sent.acknowledged) + done) / (2 * total)
                while self.kills and share >= self.kills[0]:
                    await self._kill(self.kills.pop(0), done)
                if done + len(self.sent.given_up) >= total and not owed["deliveries"]:
                    self.drained = time.perf_counter() - start
                    return
                if (done, owed["deliveries"]) != last:
                    last, since = (done, owed["deliveries"]), time.monotonic()
                if time.monotonic() - since > STALLED:
                    return  # the checks say what is missing
                await asyncio.sleep(0.2)
        finally:
            records.close()

    async def _kill(self, share: float, done: int) -> None:
        self.killed.append(f"at {share:.0%} ({len(self.sent.acknowledged)} acknowledged, {done} worked through)")
        assert isinstance(self.service, Service), "only processes of our own are killed"
        await asyncio.to_thread(self.service.kill)
        await asyncio.to_thread(self.service.restart)


def verdict(service: Target, funnel: Funnel, sent: Sent) -> tuple[list[Check], Counts, dict[str, list[float]]]:
    """All checks, the counts that two runs have in common, and latencies as the database has them."""
    records = Records(service.libpq_url)
    try:
        found = checks.handovers(records, funnel, floors.SOURCE)
        events = events_of(service.calendars, floors.calendar_owners(funnel))
        made = [
            checks.all_sent(funnel, sent.acknowledged),
            checks.nothing_lost(records, sent.acknowledged),
            checks.every_lead_once(records, funnel, floors.SOURCE),
            checks.each_handover_answered(funnel, found),
            *checks.absolute(records),
            checks.ledgers_balance(records),
            checks.calendars_agree(records, events),
        ]
        waits = records.rows(
            """select n.kind, extract(epoch from i.done_at - i.received_at)::float as seconds
               from inbox i join intakes n on n.id = i.intake_id where i.done_at is not null"""
        )
        latencies = {
            "acknowledged": sorted(sent.seconds),
            "lead decided": sorted(row["seconds"] for row in waits if row["kind"] == "lead"),
            "hand-off decided": sorted(row["seconds"] for row in waits if row["kind"] == "handover"),
        }
        return made, checks.counts(records, found), latencies
    finally:
        records.close()


def moments(kills: int, chance: random.Random) -> list[float]:
    return sorted(chance.uniform(0.03, 0.97) for _ in range(kills))


def main() -> int:
    given = _arguments()
    console = Console()
    chance = random.Random(SEED)
    funnel = read(given.data, limit=given.limit)
    console.print(
        f"{len(funnel.leads)} leads and {len(funnel.handovers)} hand-offs by {len(funnel.setters)} SDRs "
        f"to {len(funnel.closers)} closers. Names and addresses are made up: <mql_id>@example.com."
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    elsewhere = Elsewhere(given.url, key=given.key, database_url=given.database_url) if given.url else None
    with elsewhere or Service(apis=given.api, workers=given.workers) as service:
        hooks = seed(service, floors.of_funnel(funnel))
        hooks = {"lead": hooks["olist-leads"], "handover": hooks["olist-handovers"]}
        replay = Replay(
            service=service,
            funnel=funnel,
            hooks=hooks,
            connections=given.connections,
            kills=moments(given.kills, chance),
        )
        with Progress(*columns, console=Console(stderr=True)) as progress:
            uvloop.run(replay.run(progress))
        cpu = service.cpu() if isinstance(service, Service) and not replay.killed else {}
        made, counts, latencies = verdict(service, funnel, replay.sent)
        if given.keep_logs and isinstance(service, Service):
            service.keep_logs(given.keep_logs)
    show(console, counts, latencies, events=len(funnel.events), sending=replay.sent.elapsed, drained=replay.drained)
    for name, seconds in cpu.items():
        console.print(f"processor time, {name}: {seconds * 1000 / len(funnel.events):.1f} ms per event")
    console.print(f"sent again after a lost answer or a 5xx: {replay.sent.retries}; SIGKILLs: {len(replay.killed)}")
    for killed in replay.killed:
        console.print(f"  killed every API and worker process {killed}")
    for check in made:
        console.print(str(check), markup=False, highlight=False)
    if given.write_counts:
        given.write_counts.write_text(json.dumps(counts, indent=2) + "\n")
    if any(check.found for check in made):
        return 1
    return _compare(console, counts, given.expect) if given.expect else 0


def _compare(console: Console, counts: Counts, expected: Path) -> int:
    wanted = json.loads(expected.read_text())
    differing = [name for name in sorted({*wanted, *counts}) if wanted.get(name) != counts.get(name)]
    for name in differing:
        console.print(f"FAIL {name}: {counts.get(name)} here, {wanted.get(name)} in {expected}", markup=False)
    if not differing:
        console.print(f"ok   the counts are those of {expected}")
    return 2 if differing else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the two CSV files")
    parser.add_argument("--api", type=int, default=1, help="API processes")
    parser.add_argument("--workers", type=int, default=1, help="worker processes")
    parser.add_argument("--kills", type=int, default=0, help="SIGKILL all of them so many times on the way")
    parser.add_argument("--limit", type=int, help="only the first so many leads, with their hand-offs")
    parser.add_argument("--connections", type=int, default=32, help="webhooks in flight at once")
    parser.add_argument("--expect", type=Path, help="counts of another run, which must be the same")
    parser.add_argument("--write-counts", type=Path, help="where to put the counts of this run")
    parser.add_argument("--keep-logs", type=Path, help="folder for the logs of the processes")
    parser.add_argument("--url", help="a service that runs already, on this machine, without a policy")
    parser.add_argument("--key", help="its admin key")
    parser.add_argument("--database-url", help="its database, which the checks read")
    given = parser.parse_args()
    if given.url and not (given.key and given.database_url and not given.kills):
        parser.error("--url needs --key and --database-url, and is never killed")
    return given


if __name__ == "__main__":
    sys.exit(main())
