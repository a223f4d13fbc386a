"""A connector on the fake of Graph, with all that a host lends, and every request that it made."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from contract.microsoft.bench_vendor import APPLICATION, DELEGATED, answers_trials
from pointsman_microsoft import MicrosoftConfig, MicrosoftConnector, connector
from pointsman_microsoft.fake import GraphVendor
from pointsman_sdk import BusyTimes, CalendarRef, Context, NoMemory, Slot, Token, Unreadable
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import NOW
from pointsman_sdk.testing.bench import reader_processes
from pointsman_sdk.testing.lent import BenchTokens
from pointsman_sdk.testing.vendors import Issued
from support.sign_in.issued import issued_token

ANNA = "anna@example.com"


@dataclass
class Clock:
    """A clock that a test moves on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """`seen` are the requests; `answer`, where it is set, answers in the vendor's place unless it gives None."""

    vendor: GraphVendor
    connector: MicrosoftConnector
    clock: Clock
    seen: list[httpx.Request] = field(default_factory=list)
    answer: Callable[[httpx.Request], httpx.Response | None] | None = None

    def events(self, place: str = ANNA) -> list[dict[str, Any]]:
        """As they stand."""
        found: list[dict[str, Any]] = self.vendor.standing()["events"][place]
        return found

    def asked(self, method: str, ends: str = "") -> list[Any]:
        """The bodies of the requests of a method, the last part of whose path is this."""
        return [
            json.loads(one.content or b"null")
            for one in self.seen
            if one.method == method and one.url.path.endswith(ends)
        ]

    async def read(self, *places: str, window: Slot, zone: str = "Europe/Berlin") -> list[BusyTimes | Unreadable]:
        """What each of the calendars was found to be."""
        asked = [CalendarRef(id=place, zone=zone, owner=place.partition("/")[0]) for place in places]
        found = await self.connector.busy.read(asked, window)
        return [found[place] for place in places]

    async def slots(self, *places: str, window: Slot, zone: str = "Europe/Berlin") -> list[Slot]:
        """When the owner of the last calendar is busy."""
        found = (await self.read(*places, window=window, zone=zone))[-1]
        assert isinstance(found, BusyTimes), found
        return sorted((one.slot for one in found.times), key=lambda slot: slot.utc().start)


class _SignIn:
    """A person's sign-in, for the bench's tokens."""

    transport: httpx.AsyncBaseTransport

    def __init__(self, vendor: GraphVendor) -> None:
        self._oauth, self.issued, self.transport = vendor.oauth, Issued(), vendor.transport

    def issue(self) -> Token:
        return issued_token(self._oauth)

    def expire(self) -> None:
        self._oauth.expire()


@asynccontextmanager
async def world(
    *,
    app: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
    vendor: GraphVendor | None = None,
    **config: Any,
) -> AsyncIterator[World]:
    """One connector. `config` are fields of its configuration."""
    clock = Clock()
    vendor = vendor or GraphVendor(clock=clock, post=answers_trials)
    if app:
        vendor.directory.mailbox("bert@example.com")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            found.seen.append(request)
            await asyncio.sleep(
                0
            )  # as on a network: others act before a request arrives, and before its answer is back
            said = found.answer(request) if found.answer else None
            answer = said or await (transport or vendor.transport).handle_async_request(request)
            await asyncio.sleep(0)
            return answer

    base: MicrosoftConfig = APPLICATION if app else DELEGATED
    async with make_client(Wire()) as http:
        context = Context(
            http=http,
            clock=clock,
            tokens=BenchTokens(_SignIn(vendor)),
            memory=NoMemory(),
            readers=reader_processes(),
            log=logging.getLogger("microsoft"),
        )
        made = connector(base.model_copy(update=config), context)
        found = World(vendor=vendor, connector=made, clock=clock)
        yield found


def utc(year: int, month: int, day: int, hour: int, *, minutes: int = 30) -> Slot:
    """A slot that begins at this hour in UTC."""
    start = datetime(year, month, day, hour, tzinfo=UTC)
    return Slot(start, start + timedelta(minutes=minutes))
