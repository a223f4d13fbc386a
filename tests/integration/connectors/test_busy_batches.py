"""Busy times are asked in batches: side by side, one deadline for all, and what an answer leaves out is not free."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.ports.vendors.calendars import CalendarAsked, CalendarOwner, ConnectionRef, VendorRetryableError
from pointsman_memory import MANIFEST
from pointsman_sdk import BusyTimes, CalendarRef, Limits, Retryable, Slot, Unreadable

pytestmark = pytest.mark.anyio

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONFIG: dict[str, object] = {"url": "https://memory.example", "token": "s3cret-token"}
OWNER = CalendarOwner(zone="Europe/Berlin", email="anna@example.com")


class Batches:
    """Answers twenty calendars a question; `bad` fails its whole batch, `odd` cannot be read, `gone` is left out."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.in_flight = self.most = 0

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        self.sizes.append(len(asked))
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        names = {one.id for one in asked}
        if "bad" in names:
            raise Retryable("503")
        return {
            name: Unreadable(reason="private") if name == "odd" else BusyTimes(times=())
            for name in names
            if name != "gone"
        }


class Registry(ConnectorRegistry):
    def __init__(self, busy: Batches) -> None:
        super().__init__({})
        self._busy = busy

    def manifest(self, name: str) -> Any:
        return replace(MANIFEST, limits=Limits(busy_batch=20, at_once=4))

    def parse_config(self, name: str, values: Mapping[str, object]) -> Any:
        return MANIFEST.config.model_validate(values)

    def build(self, name: str, values: Mapping[str, object], context: Any) -> Any:
        return SimpleNamespace(busy=self._busy)


async def test_calendars_are_asked_in_batches_and_one_that_fails_leaves_the_others() -> None:
    busy = Batches()
    vault = Vault([new_key()])
    gateway = ConnectorGateway(registry=Registry(busy), vault=vault, contexts=ContextFactory(clock=lambda: NINE))
    public, sealed = gateway.seal("memory", CONFIG)
    connection = ConnectionRef(id=UUID(int=1), connector="memory", config=public, sealed=sealed)
    names = [f"c{n}" for n in range(97)]
    names[5], names[6], names[25] = "odd", "gone", "bad"
    asked = [CalendarAsked(calendar=name, owner=OWNER) for name in names]
    found = await gateway.busy_times(connection, asked, NINE, NINE + timedelta(days=1), deadline=timedelta(seconds=3))
    await gateway.aclose()
    assert sorted(busy.sizes) == [17, 20, 20, 20, 20]
    assert 1 < busy.most <= 4
    failed = {name for name, one in found.items() if isinstance(one, VendorRetryableError)}
    assert failed == {"odd", "gone", *names[20:40]}
    assert all(found[name] == [] for name in names if name not in failed)
