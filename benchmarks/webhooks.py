"""Webhooks as a sender makes them: signed as Standard Webhooks, sent again under the same id until accepted."""

import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections.abc import Callable, Mapping, Sequence
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


async def send_all(
    events: Sequence[Event],
    hooks: Mapping[str, Hook],
    ports: Sequence[int],
    *,
    connections: int,
    sent: Sent,
    progress: Callable[[], None],
) -> None:
    """Send in order, `connections` at a time, each until a 2xx answers it; `sent` grows meanwhile.

    A hand-off leaves only once its lead was acknowledged: the setter found it in the CRM.
    """
    left = iter(events)
    known = {event.mql_id: asyncio.Event() for event in events if event.intake == "lead"}

    async def one(number: int) -> None:
        lines = [Connection(port) for port in ports]
        for event in left:
            if event.intake == "handover":
                await known[event.mql_id].wait()
            await _until_accepted(event, hooks[event.intake], lines[number % len(lines) :] + lines, sent)
            if event.intake == "lead":
                known[event.mql_id].set()
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
