"""The live checks tell a vendor that keeps its connector's promises from one that does not, and leave nothing behind."""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from contract.memory_vendor import CONFIG, BenchVendor
from pointsman_memory import connector
from pointsman_sdk import (
    BusyTimes,
    Capability,
    Connector,
    Context,
    Manifest,
    NoMemory,
    NoTokens,
    Page,
    RemoteRecord,
    implemented,
)
from pointsman_sdk.http import make_client
from pointsman_sdk.live import NotAsPromised, Sandbox, live_checks
from pointsman_sdk.testing import NOW
from pointsman_sdk.testing.bench import reader_processes

pytestmark = pytest.mark.anyio
KEPT = (Capability.APPOINTMENTS, Capability.ACTIVITIES, Capability.TASKS, Capability.PROGRAMMES)


@pytest.fixture
def vendor() -> BenchVendor:
    return BenchVendor()


@pytest.fixture
async def memory(anyio_backend: object, vendor: BenchVendor) -> AsyncIterator[Connector]:
    async with make_client(vendor.transport) as http:
        lent = {
            "tokens": NoTokens(),
            "memory": NoMemory(),
            "readers": reader_processes(),
            "log": logging.getLogger("x"),
        }
        yield connector(CONFIG, Context(http=http, clock=lambda: NOW, **lent))


@pytest.fixture
def sandbox(vendor: BenchVendor) -> Sandbox:
    vendor.person()
    return Sandbox(
        key="pm-check-1",
        now=NOW,
        calendar=vendor.calendar,
        zone="Europe/Berlin",
        person="known@example.com",
        programme=vendor.programme,
    )


async def findings(tried: Connector, sandbox: Sandbox) -> dict[str, str]:
    """What each check found, "" for a promise that was kept."""
    found = {}
    for check in live_checks(tried, sandbox):
        if check.lacks:
            found[check.name] = f"lacks {check.lacks}"
            continue
        try:
            await check.run(tried)
        except (NotAsPromised, LookupError) as fault:
            found[check.name] = str(fault)
        else:
            found[check.name] = ""
    return found


async def test_a_connector_that_keeps_its_promises_passes_and_nothing_is_left(
    memory: Connector, vendor: BenchVendor, sandbox: Sandbox
) -> None:
    found = await findings(memory, sandbox)
    assert set(found.values()) == {""}
    assert {name.partition(":")[0] for name in found} >= {
        "sign-in",
        "busy",
        "calendars",
        "owners",
        "fields",
        "intake",
        *KEPT,
    }
    assert [row for kind in KEPT for row in vendor.rows(kind)] == []


async def test_what_the_sandbox_does_not_name_is_left_out_and_said(memory: Connector) -> None:
    found = await findings(memory, Sandbox(key="pm-check-1", now=NOW))
    assert {word for word in found.values() if word} == {"lacks calendar", "lacks person", "lacks programme"}
    assert {name.partition(":")[0] for name, word in found.items() if word} == {"busy", *KEPT}


def with_part(memory: Connector, capability: Capability, **methods: Any) -> Connector:
    """The connector, of which one capability does something else."""
    parts = {one: getattr(memory, one) for one in implemented(memory)}
    there = parts[capability]
    named = {name: getattr(there, name) for name in dir(there) if not name.startswith("_")}
    parts[capability] = SimpleNamespace(**(named | methods))
    manifest: Manifest = memory.manifest
    broken: Any = SimpleNamespace(manifest=manifest, check=memory.check, aclose=memory.aclose, **parts)
    return broken


def ignores_the_key(memory: Connector) -> Connector:
    made = iter(range(100))

    async def put(thing: Any) -> RemoteRecord:
        record: RemoteRecord = await memory.tasks.put(replace(thing, key=f"{thing.key}-{next(made)}"))  # type: ignore[attr-defined]  # a capability of this connector
        return record

    return with_part(memory, Capability.TASKS, put=put)


def takes_late_states(memory: Connector) -> Connector:
    sequences = iter(range(100))

    async def put(thing: Any) -> RemoteRecord:
        record: RemoteRecord = await memory.activities.put(replace(thing, sequence=next(sequences)))  # type: ignore[attr-defined]  # a capability of this connector
        return record

    return with_part(memory, Capability.ACTIVITIES, put=put)


def never_takes_away(memory: Connector) -> Connector:
    async def drop(_place: str, _key: str) -> None:
        return None

    return with_part(memory, Capability.PROGRAMMES, drop=drop)


def reads_all_as_free(memory: Connector) -> Connector:
    async def read(asked: Any, _window: object) -> dict[str, BusyTimes]:
        return {one.id: BusyTimes() for one in asked}

    return with_part(memory, Capability.BUSY, read=read)


def leaves_calendars_out(memory: Connector) -> Connector:
    async def read(_asked: object, _window: object) -> dict[str, BusyTimes]:
        return {}

    return with_part(memory, Capability.BUSY, read=read)


def lists_nothing_of_ours(memory: Connector) -> Connector:
    async def ours(_place: str, _window: object) -> list[RemoteRecord]:
        return []

    return with_part(memory, Capability.APPOINTMENTS, ours=ours)


def lists_no_calendar(memory: Connector) -> Connector:
    async def page(_cursor: str | None = None) -> Page[Any]:
        return Page(items=())

    return with_part(memory, Capability.CALENDARS, page=page)


@pytest.mark.parametrize(
    ("broken", "check", "said"),
    [
        (ignores_the_key, "tasks: is put and found", "what was put is not found under its key"),
        (takes_late_states, "activities: a state that comes late changes nothing", "a state that came late changed it"),
        (never_takes_away, "programmes: is taken away, twice", "taken away, it is still found"),
        (leaves_calendars_out, "busy: busy times are read", "the calendar cannot be read: the answer leaves it out"),
        (reads_all_as_free, "appointments: its time is busy", "its time reads as free"),
        (
            lists_nothing_of_ours,
            "appointments: is among the host's own, once",
            "it is listed 0 times among the host's own",
        ),
        (lists_no_calendar, "calendars: calendars are listed", "no calendar is listed"),
    ],
)
async def test_a_promise_that_is_broken_is_told_by_the_check_of_its_name(
    memory: Connector, sandbox: Sandbox, broken: Callable[[Connector], Connector], check: str, said: str
) -> None:
    assert (await findings(broken(memory), sandbox))[check] == said
