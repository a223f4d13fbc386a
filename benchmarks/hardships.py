"""What befalls the service while appointments live: what is frozen, switched off and published meanwhile."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from callers import Caller
from mailbox_books import NAME, SECOND, Mailbox
from mailbox_lives import number_of, pool_rules
from under_faults import Run
from vendor_floor import Floor, vendor_floor

from pointsman.domain.dates.durations import format_duration
from pointsman.main import utc_now
from pointsman.services.deliveries.run import LEASE
from pointsman.services.ports.booking.appointments import AppointmentRow

DATABASE_S = (10.0, 20.0)  # how long it stands still
WORKER_S = LEASE.total_seconds() + 15
OFF_S = (2.0, 6.0)  # how long mail is switched off
#: How long before a reminder is due the policy lists it, at least.
AHEAD = timedelta(seconds=75)
MOST_SPANS = 3


@dataclass(slots=True, kw_only=True)
class Hardships:
    """`database` are the times in which it stood still; `reminded` is what the new reminders are due for."""

    run: Run
    floor: Floor
    callers: Sequence[Caller]
    mailbox: Mailbox
    chance: random.Random
    database: list[tuple[datetime, datetime]] = field(default_factory=list)
    workers_frozen: int = 0
    switched: int = 0
    reminded: dict[UUID, tuple[timedelta, datetime]] = field(default_factory=dict)

    async def freeze(self, every: float) -> None:
        """The database and a worker, in turn, until the run is over."""
        turn = 0
        while await self.run.goes_on(every):
            await (self._freeze_worker(turn // 2) if turn % 2 else self._freeze_database())
            turn += 1

    async def _freeze_database(self) -> None:
        began = utc_now()
        with stopped(self.run.service.database_processes):
            await asyncio.sleep(self.chance.uniform(*DATABASE_S))
        self.database.append((began, utc_now()))

    async def _freeze_worker(self, turn: int) -> None:
        """For longer than its leases; it is not killed meanwhile. What it was told just before, it hears too late."""
        service = self.run.service
        async with self.run.turn:
            worker = service.workers[turn % len(service.workers)]
            self.run.frozen = worker
        with stopped(lambda: [worker.pid]):
            self.run.kills.append(utc_now())
            await asyncio.sleep(WORKER_S)
        self.workers_frozen += 1
        self.run.frozen = None

    async def switch(self, every: float) -> None:
        """Mail is switched off and on again, until the run is over."""
        while await self.run.goes_on(every):
            await self.put_mail(NAME, active=False)
            try:
                await asyncio.sleep(self.chance.uniform(*OFF_S))
            finally:
                await self.put_mail(NAME, active=True)
            self.switched += 1

    async def put_mail(self, connection: str, *, active: bool) -> None:
        body = {"connector": "smtp", "config": self.mailbox.config(connection), "active": active}
        await self.callers[0].call("PUT", f"/v1/connections/{connection}", body)

    async def publish(self, still: Sequence[AppointmentRow]) -> None:
        """Two callers publish, within a second, reminders of some of these that are due soon; half of the pools name another
        connection from now on.
        """
        now = utc_now()
        spans: dict[str, set[timedelta]] = {}
        for row in still:
            due = (now + AHEAD + timedelta(seconds=self.chance.uniform(60, 120))).replace(second=0, microsecond=0)
            listed = spans.setdefault(row.rep_key, set())
            if len(listed) < MOST_SPANS:
                listed.add(row.starts_at - due)
                self.reminded[row.id] = row.starts_at - due, row.starts_at
        rules = _with_reminders(spans)
        policy = vendor_floor(list(self.floor.closers), rules).policy
        await asyncio.gather(*(_publish(caller, policy, number) for number, caller in enumerate(self.callers)))


#: What a caller is answered whose earlier attempt published the draft, and its answer was lost.
WAS_PUBLISHED = frozenset({"already-published", "use-rollback"})


@contextlib.contextmanager
def stopped(processes: Callable[[], Sequence[int]]) -> Iterator[None]:
    """They stand still as long as its block lasts. Asked until no more are found: those that make others come first."""
    found: set[int] = set()
    try:
        while more := set(processes()) - found:
            found |= more
            _signal(more, signal.SIGSTOP)
        yield
    finally:
        _signal(found, signal.SIGCONT)


def _signal(processes: set[int], number: signal.Signals) -> None:
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, number)


def _with_reminders(spans: Mapping[str, set[timedelta]]) -> Callable[[str], Mapping[str, Any]]:
    def rules(closer: str) -> Mapping[str, Any]:
        before = pool_rules(closer)
        over = SECOND if number_of(closer) // 2 % 2 == 0 else NAME
        added = {"connection": over, "reminders": [format_duration(one) for one in sorted(spans.get(closer, ()))]}
        return {**before, "invitations": {**before["invitations"], **added}}

    return rules


async def _publish(caller: Caller, policy: Mapping[str, Any], number: int) -> None:
    draft = (await caller.call("POST", f"/v1/policies?note=reminders-{number}", policy)).json()
    path, live = f"/v1/policies/{draft['version']}/publish", 1
    while True:
        body = {"note": "reminders", "expected_current": live}
        answer = await caller.call("POST", path, body, may=(409,))
        if answer.is_success:
            return
        refused = answer.json()
        if refused["code"] in WAS_PUBLISHED or refused["current"] == draft["version"]:
            return
        live = refused["current"]  # the other caller was first
