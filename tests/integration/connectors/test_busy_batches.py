"""One question about the busy times of many calendars: what an answer leaves out is not free."""

from collections.abc import AsyncIterator, Mapping, Sequence
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
from pointsman.services.ports.vendors.calendars import BusyCalendar, BusyLimits, BusyTime, CalendarAsked, CalendarOwner
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.errors import VendorRetryableError
from pointsman_memory import MANIFEST
from pointsman_sdk import BusyTime as SdkBusyTime
from pointsman_sdk import BusyTimes, CalendarRef, Limits, Retryable, Slot, Unreadable

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONFIG: dict[str, object] = {"url": "https://memory.example", "token": "s3cret-token"}
OWNER = CalendarOwner(zone="Europe/Berlin", email="anna@example.com")


class Batches:
    """`bad` fails its whole question, `odd` cannot be read, `gone` is left out, and in `full` stands an event of ours."""

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        names = {one.id for one in asked}
        if "bad" in names:
            raise Retryable("503")
        found: dict[str, BusyTimes | Unreadable] = {name: BusyTimes() for name in names if name != "gone"}
        if "odd" in names:
            found["odd"] = Unreadable(reason="private")
        if "lying" in names:
            slots = [Slot(NINE + n * HOUR, NINE + (n + 1) * HOUR) for n in range(3)]
            keys: list[Any] = ["a\0b", "x" * 1_000_000, 7]
            found["lying"] = BusyTimes(
                times=[SdkBusyTime(slot=slot, key=key) for slot, key in zip(slots, keys, strict=True)], keyed=True
            )
        if "telling" in names:
            found["telling"] = Unreadable(reason="refused s3cret-token", retry_after=timedelta.max)
        if "full" in names:
            first, second = Slot(NINE, NINE + HOUR), Slot(NINE + HOUR, NINE + 2 * HOUR)
            times = [SdkBusyTime(slot=second, key="pm-1"), SdkBusyTime(slot=first)]
            found["full"] = BusyTimes(times=times, keyed=True)
        return found


class Registry(ConnectorRegistry):
    def __init__(self, busy: Batches) -> None:
        super().__init__({})
        self._busy = busy

    def manifest(self, name: str) -> Any:
        return replace(MANIFEST, limits=Limits(busy_batch=20, at_once=4))

    def parse_config(self, name: str, values: Mapping[str, object]) -> Any:
        return MANIFEST.config.model_validate(values)

    def build(self, name: str, values: Mapping[str, object], context: Any) -> Any:
        return SimpleNamespace(busy=self._busy, manifest=self.manifest(name))


@pytest.fixture
async def gateway() -> AsyncIterator[ConnectorGateway]:
    vault, contexts = Vault([new_key()]), ContextFactory(clock=lambda: NINE)
    made = ConnectorGateway(registry=Registry(Batches()), vault=vault, contexts=contexts)
    yield made
    await made.aclose()


async def ask(gateway: ConnectorGateway, *names: str) -> Mapping[str, object]:
    public, sealed = gateway.seal("memory", CONFIG)
    connection = ConnectionRef(id=UUID(int=1), connector="memory", config=public, sealed=sealed)
    asked = [CalendarAsked(calendar=name, owner=OWNER) for name in names]
    return await gateway.busy_times(connection, asked, NINE, NINE + timedelta(days=1), deadline=timedelta(seconds=3))


async def test_what_an_answer_leaves_out_is_not_free(gateway: ConnectorGateway) -> None:
    found = await ask(gateway, "anna", "odd", "gone", "ben")
    failed = {name for name, one in found.items() if isinstance(one, VendorRetryableError)}
    assert failed == {"odd", "gone"}
    assert found["anna"] == found["ben"] == BusyCalendar()


async def test_our_events_keep_their_keys(gateway: ConnectorGateway) -> None:
    theirs, ours = BusyTime(start=NINE, end=NINE + HOUR), BusyTime(start=NINE + HOUR, end=NINE + 2 * HOUR, key="pm-1")
    assert await ask(gateway, "full") == {"full": BusyCalendar(times=(theirs, ours), keyed=True)}


async def test_what_is_no_key_of_ours_is_a_strangers_event(gateway: ConnectorGateway) -> None:
    found = (await ask(gateway, "lying"))["lying"]
    assert isinstance(found, BusyCalendar)
    assert [one.key for one in found.times] == [None, None, None]


async def test_what_stops_all_of_a_question_is_raised(gateway: ConnectorGateway) -> None:
    with pytest.raises(VendorRetryableError, match="503"):
        await ask(gateway, "anna", "bad")


async def test_the_manifest_says_how_many_go_into_a_question(gateway: ConnectorGateway) -> None:
    assert gateway.busy_limits("memory") == BusyLimits(batch=20, at_once=4)


async def test_why_one_calendar_of_many_cannot_be_read_says_no_secret(gateway: ConnectorGateway) -> None:
    fault = (await ask(gateway, "full", "telling"))["telling"]
    assert isinstance(fault, VendorRetryableError)
    assert (str(fault), fault.retry_after) == ("refused (secret)", timedelta(days=1))
