"""Webhooks as a sender makes them: signed as Standard Webhooks, sent again under the same id until accepted."""

import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from funnel import Event
from http_load import Connection, request

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
PATIENCE = 180.0  # seconds that a sender keeps trying; real ones try for days


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where a sender sends, and the secret that it signs with (`whsec_…`)."""

    path: str
    secret: str

    def signed(self, event_id: str, body: bytes) -> bytes:
        now = str(int(time.time()))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, b".".join((event_id.encode(), now.encode(), body)), hashlib.sha256).digest()
        return request(
            "POST",
            self.path,
            headers={
                "Content-Type": "application/json",
                "webhook-id": event_id,
                "webhook-timestamp": now,
                "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
            },
            body=body,
        )


def new_secret(chance: random.Random) -> str:
    return "whsec_" + base64.b64encode(chance.randbytes(32)).decode()


class RefusedError(Exception):
    """A webhook was answered with a status that sending again would not mend."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """What the senders know: the ids that were acknowledged, and how long each acknowledgement took."""

    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    retries: int = 0
    given_up: list[str] = field(default_factory=list)
    elapsed: float = 0.0


class Queue:
    """Events in order of time, but no hand-off before its lead was decided: an SDR hands over what an SDR has.

    That also makes the outcome one and the same however many processes share the work.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._left = deque(events)
        self._ready: deque[Event] = deque()
        self._parked: dict[str, Event] = {}
        self._undecided = {event.mql_id for event in events if event.intake == "lead"}
        self._changed = asyncio.Condition()

    async def decided(self, mql_ids: Iterable[str]) -> None:
        """These leads have been worked through: their hand-offs may go."""
        async with self._changed:
            for mql_id in mql_ids:
                self._undecided.discard(mql_id)
                if (event := self._parked.pop(mql_id, None)) is not None:
                    self._ready.append(event)
            self._changed.notify_all()

    async def take(self) -> Event | None:
        """The next event; None when there will be none."""
        async with self._changed:
            while True:
                if self._ready:
                    return self._ready.popleft()
                while self._left:
                    event = self._left.popleft()
                    if event.intake == "lead" or event.mql_id not in self._undecided:
                        return event
                    self._parked[event.mql_id] = event
                if not self._parked:
                    return None
                await self._changed.wait()


async def send_all(
    queue: Queue,
    hooks: Mapping[str, Hook],
    ports: Sequence[int],
    *,
    connections: int,
    sent: Sent,
    progress: Callable[[], None],
) -> None:
    """Send what the queue gives, `connections` at a time, each until a 2xx answers it; `sent` grows meanwhile."""

    async def one(number: int) -> None:
        lines = [Connection(port) for port in ports]
        while (event := await queue.take()) is not None:
            await _until_accepted(event, hooks[event.intake], lines[number % len(lines) :] + lines, sent)
            progress()
        for line in lines:
            line.close()

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(one(number))
    sent.elapsed = time.perf_counter() - start


async def _until_accepted(event: Event, hook: Hook, lines: Sequence[Connection], sent: Sent) -> None:
    pause, turn, end = FIRST_PAUSE, 0, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = await lines[turn % len(lines)].send(hook.signed(event.id, event.body))
        if 200 <= answer.status < 300:
            sent.acknowledged.append(event.id)
            sent.seconds.append(answer.seconds)
            return
        if answer.status not in {0, 429} and answer.status < 500:
            raise RefusedError(f"{event.id} was answered {answer.status}: {answer.body[:400]!r}")
        sent.retries += 1
        turn += 1
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    sent.given_up.append(event.id)
