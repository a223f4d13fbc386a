"""One fake of HubSpot, connectors that are signed in to it, and a clock for both."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from contract.hubspot.bench_vendor import BY_TOKEN, writes
from pointsman_hubspot import HubSpotConfig, HubSpotConnector
from pointsman_hubspot.fake import Description, HubSpotVendor
from pointsman_sdk import Activity, Context, NoTokens, PersonState, Quota, Task
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import NOW, at
from pointsman_sdk.testing.bench import reader_processes
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.lent import BenchMemory

ANNA, BRUNO, CARLA = "71", "72", "73"


@dataclass(slots=True, kw_only=True)
class World:
    """`now` is the time of the fake and of the host; every connector of it is a worker with the same memory.

    `instead` answers a request in the place of the fake, where it answers at all.
    """

    now: datetime = NOW
    vendor: HubSpotVendor = field(init=False)
    wire: FaultyTransport = field(init=False)
    http: httpx.AsyncClient = field(init=False)
    memory: BenchMemory = field(default_factory=BenchMemory)
    quotas: list[Quota] = field(default_factory=list)
    instead: Callable[[httpx.Request], httpx.Response | None] | None = None

    def __post_init__(self) -> None:
        self.vendor = HubSpotVendor(
            token="pat-na1-s3cret-token",
            app_secret="s3cret-app-secret",
            clock=lambda: self.now,
            description=Description.from_environment(),
        )
        self.wire = FaultyTransport(httpx.MockTransport(self._answer), is_write=writes)
        self.http = make_client(self.wire)

    def connect(self, config: HubSpotConfig = BY_TOKEN) -> HubSpotConnector:
        """A connector as a host builds it."""
        context = Context(
            http=self.http,
            clock=lambda: self.now,
            tokens=NoTokens(),
            memory=self.memory,
            readers=reader_processes(),
            log=logging.getLogger("test"),
            quota=self.quotas.append,
        )
        return HubSpotConnector(config, context)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        answered = self.instead(request) if self.instead is not None else None
        return answered or self.vendor.handle(request)

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    def asked(self, method: str = "", part: str = "") -> list[httpx.Request]:
        """The requests of a method whose path has this part."""
        return [one for one in self.wire.seen if one.method.startswith(method) and part in one.url.path]

    def written(self, part: str = "") -> list[Any]:
        """The bodies of what was written there."""
        return [
            json.loads(one.content) for one in self.wire.seen if writes(one) and part in one.url.path and one.content
        ]

    def values(self, kind: str) -> list[dict[str, str]]:
        """The values of each record of the kind that stands."""
        return [row.values for row in self.vendor.records.rows[kind].values() if not row.archived]

    def contact(self, **values: str) -> str:
        """The id of a contact that a person made."""
        return self.vendor.add("contacts", **{"email": "ada@example.com", **values}).id


def person(**state: Any) -> PersonState:
    return PersonState(**{"key": "lead-1", "email": "ada@example.com", "last_name": "Lovelace", **state})


def meeting(contact: str, **state: Any) -> Activity:
    return Activity(**{"key": "meeting-1", "person": contact, "owner": ANNA, "slot": at(9), "title": "Demo", **state})


def task(contact: str, **state: Any) -> Task:
    due = NOW + timedelta(days=1)
    return Task(**{"key": "task-1", "person": contact, "owner": ANNA, "due": due, "title": "Call", **state})
