"""What events are about is fetched in the worker: together, once, and for as long as the vendor has to be waited for."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import say
from pointsman.services.connections.connections import check_connection, save_connection
from pointsman.services.intake.hooks.catch_up import catch_up
from pointsman.services.intake.hooks.fetch import BATCH, fetch_events
from pointsman.services.intake.receive import process_item, sweep_inbox
from pointsman.services.intake.replay import replay_item
from pointsman.services.ports.intake.event_store import FetchedEvent
from pointsman_sdk import Arrival, Event, ReauthRequired, Reply, Retryable
from support.floors.hook_floor import MAPPING, HookFloor
from support.floors.use_case_env import ADMIN, Ticking

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def told(floor: HookFloor, *events: Event) -> UUID:
    """The vendor has told these events; the intake's id."""
    if not await floor.world.rows("select id from intakes where key = 'form'"):
        await floor.intake("form")
    floor.script.answer = lambda _: Reply(events=events)
    assert (await floor.post()).status_code == 200
    found: UUID = await floor.world.value("select id from intakes where key = 'form'")
    return found


def person(number: int, **over: Any) -> Arrival:
    fields = {"id": f"p-{number}", "email": f"p{number}@nordlicht.example", "name": "Ada"}
    return Arrival(fields=fields, **over)


async def work_off(floor: HookFloor) -> None:
    for item in await floor.items():
        await process_item(floor.env, item.id)


def later(floor: HookFloor, by: timedelta) -> None:
    clock: Any = floor.env.clock
    assert isinstance(clock, Ticking)
    clock.advance(by)


async def test_many_events_are_read_in_one_call_and_become_leads_by_the_mapping(floor: HookFloor) -> None:
    intake = await told(floor, *(Event(key=f"e-{n}", about=f"p-{n}") for n in range(5)))
    floor.script.arrivals = {f"e-{n}": person(n) for n in range(5)}
    assert await fetch_events(floor.env, intake) == 5
    assert [sorted(keys) for keys in floor.script.fetched] == [[f"e-{n}" for n in range(5)]]
    assert await floor.jobs("pointsman") == ["inbox.process"] * 5
    await work_off(floor)
    leads = await floor.world.rows("select email from leads order by email")
    assert [lead.email for lead in leads] == [f"p{n}@nordlicht.example" for n in range(5)]
    assert {item.status for item in await floor.items()} == {"done"}


@pytest.mark.parametrize(
    ("events", "wanted", "status"),
    [
        ("[@][?name != 'Cold']", ["p1@nordlicht.example"], {"done"}),
        ("[@, @]", [], {"dead"}),  # one that was fetched is one
        ("[@]", ["p0@nordlicht.example", "p1@nordlicht.example"], {"done"}),
    ],
)
async def test_the_mapping_says_which_of_what_was_fetched_is_meant(
    floor: HookFloor, events: str, wanted: list[str], status: set[str]
) -> None:
    await floor.intake("form", mapping=MAPPING | {"events": events})
    intake = await told(floor, Event(key="e-0", about="p-0"), Event(key="e-1", about="p-1"))
    cold = Arrival(fields={"id": "p-0", "email": "p0@nordlicht.example", "name": "Cold"})
    floor.script.arrivals = {"e-0": cold, "e-1": person(1)}
    await fetch_events(floor.env, intake)
    await work_off(floor)
    leads = await floor.world.rows("select email from leads order by email")
    assert [lead.email for lead in leads] == wanted
    assert {item.status for item in await floor.items()} == status


async def test_what_the_memory_vendor_tells_becomes_a_lead(floor: HookFloor) -> None:
    await floor.intake("crm", "memory")
    floor.vendor.crm.add("person", email="ada@nordlicht.example", last_name="Ada")
    answer = await floor.send("crm", floor.vendor.hooks.hook(floor.vendor.hooks.events))
    assert answer.status_code == 202
    intake = await floor.world.value("select id from intakes where key = 'crm'")
    assert await fetch_events(floor.env, intake) == 1
    await work_off(floor)
    (lead,) = await floor.world.rows("select email from leads")
    assert lead.email == "ada@nordlicht.example"


@pytest.mark.parametrize("version", ["9" * 5_000, "\u0665"])
async def test_one_version_that_is_no_count_keeps_no_other_of_the_memory_vendors_waiting(
    floor: HookFloor, version: str
) -> None:
    await floor.intake("crm", "memory")
    for name in ("ada", "ben"):
        floor.vendor.crm.add("person", email=f"{name}@nordlicht.example", last_name=name)
    events = floor.vendor.hooks.events
    await floor.send("crm", floor.vendor.hooks.hook(events))
    intake = await floor.world.value("select id from intakes where key = 'crm'")
    told = [{"id": one["about"], "version": "1", "changed": one["at"], "fields": {"id": one["id"]}} for one in events]
    told[0]["version"] = version
    floor.wire.say(json.dumps({"items": told, "gone": []}).encode())
    assert await fetch_events(floor.env, intake) >= 1
    assert "unread" not in {item.status for item in await floor.items() if item.about == events[1]["about"]}


async def test_an_answer_of_the_memory_vendor_in_another_shape_is_refused(floor: HookFloor) -> None:
    await floor.intake("crm", "memory")
    floor.vendor.crm.add("person", email="ada@nordlicht.example", last_name="Ada")
    await floor.send("crm", floor.vendor.hooks.hook(floor.vendor.hooks.events))
    intake = await floor.world.value("select id from intakes where key = 'crm'")
    floor.wire.say(b'{"items": [], "gone": [[1]]}')
    assert await fetch_events(floor.env, intake) == 0
    assert floor.bugs == []


async def test_more_events_than_one_call_takes_are_read_in_several(floor: HookFloor) -> None:
    count = 2 * BATCH + 1
    intake = await told(floor, *(Event(key=f"e-{n}", about=f"p-{n}") for n in range(count)))
    floor.script.arrivals = {f"e-{n}": person(n) for n in range(count)}
    assert await fetch_events(floor.env, intake) == count
    assert [len(keys) for keys in floor.script.fetched] == [BATCH, BATCH, 1]


async def test_two_workers_read_each_event_once(floor: HookFloor) -> None:
    intake = await told(floor, *(Event(key=f"e-{n}", about=f"p-{n}") for n in range(30)))
    floor.script.arrivals = {f"e-{n}": person(n) for n in range(30)}
    read = await asyncio.gather(*(fetch_events(floor.env, intake) for _ in range(4)))
    assert sum(read) == 30
    assert sorted(key for keys in floor.script.fetched for key in keys) == sorted(f"e-{n}" for n in range(30))


async def test_what_is_gone_at_the_vendor_is_done_and_says_so(floor: HookFloor) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"))
    floor.script.arrivals = {"e-1": None}
    await fetch_events(floor.env, intake)
    (item,) = await floor.items()
    assert (item.status, item.result["note"]["key"], item.lead_id) == ("done", "arrival.gone", None)
    assert await floor.jobs("pointsman") == []


async def test_what_is_left_out_is_read_again_later(floor: HookFloor) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"), Event(key="e-2", about="p-2"))
    floor.script.arrivals = {"e-1": person(1)}
    assert await fetch_events(floor.env, intake) == 1
    assert await fetch_events(floor.env, intake) == 0  # it waits
    (waiting,) = [item for item in await floor.items() if item.status == "unread"]
    assert (waiting.dedupe_key, waiting.error_code) == ("event:e-2", "not-told")
    floor.script.arrivals = {"e-2": person(2)}
    later(floor, timedelta(minutes=1))
    await floor.world.rows("delete from procrastinate_jobs where task_name = 'intake.fetch'")
    await sweep_inbox(floor.env)
    assert await floor.jobs("pointsman-vendors") == ["intake.fetch"]
    assert await fetch_events(floor.env, intake) == 1


@pytest.mark.parametrize("fault", [Retryable("away"), ReauthRequired("who are you?"), KeyError("a bug")])
async def test_a_vendor_that_is_away_is_waited_for_75_hours(floor: HookFloor, fault: Exception) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"))
    floor.script.fault = fault
    for _ in range(80):
        await fetch_events(floor.env, intake)
        later(floor, timedelta(minutes=55))
    (item,) = await floor.items()
    assert (item.status, item.error_code) == ("unread", "vendor")
    later(floor, timedelta(hours=3))
    await fetch_events(floor.env, intake)
    (item,) = await floor.items()
    assert item.status == "dead"
    assert await floor.world.value("select count(*) from alerts where code = 'inbox-dead' and resolved_at is null") == 1
    floor.script.fault, floor.script.arrivals = None, {"e-1": person(1)}
    await replay_item(floor.env, item.id, actor=ADMIN)
    assert await fetch_events(floor.env, intake) == 1
    await work_off(floor)
    assert await floor.world.value("select count(*) from leads") == 1


async def test_one_event_that_the_vendor_refuses_keeps_no_other_waiting(floor: HookFloor) -> None:
    intake = await told(floor, *(Event(key=f"e-{n}", about=f"p-{n}") for n in range(20)))
    floor.script.arrivals = {f"e-{n}": person(n) for n in range(20)}
    floor.script.refused = "e-13"
    assert await fetch_events(floor.env, intake) == 19
    (item,) = [item for item in await floor.items() if item.status == "unread"]
    assert item.dedupe_key == "event:e-13"
    assert len(floor.script.fetched) <= 11


async def test_a_vendor_that_takes_long_over_each_refusal_is_asked_to_the_end_and_not_from_the_start(
    floor: HookFloor,
) -> None:
    class Slow(list[list[str]]):
        def append(self, keys: list[str]) -> None:
            later(floor, timedelta(seconds=25))
            super().append(keys)

    intake = await told(floor, *(Event(key=f"e-{n}", about=f"p-{n}") for n in range(8)))
    floor.script.arrivals = {f"e-{n}": person(n) for n in range(8)}
    floor.script.refused, floor.script.fetched = "e-5", Slow()
    assert await fetch_events(floor.env, intake) == 7
    assert [item.dedupe_key for item in await floor.items() if item.status == "unread"] == ["event:e-5"]


async def test_an_event_is_not_read_from_another_account_than_told_of_it(floor: HookFloor) -> None:
    await floor.intake("crm", "memory")
    floor.vendor.crm.add("person", email="ada@nordlicht.example", last_name="Ada")
    await floor.send("crm", floor.vendor.hooks.hook(floor.vendor.hooks.events))
    intake = await floor.world.value("select id from intakes where key = 'crm'")
    config = await floor.world.value("select config from connections where key = 'crm'")

    async def configure(url: str) -> None:
        settings = {**config, "url": url}
        await save_connection(floor.env, "crm", connector="memory", config=settings, active=True, actor=ADMIN)

    await configure(config["url"])
    assert [item.status for item in await floor.items()] == ["unread"]
    await configure("https://another.example")
    (item,) = await floor.items()
    assert (item.status, item.error_code, await fetch_events(floor.env, intake)) == ("dead", "settings-changed", 0)
    assert await floor.world.value("select count(*) from alerts where code = 'inbox-dead'") == 1
    await replay_item(floor.env, item.id, actor=ADMIN)  # somebody says that it is the same account
    assert await fetch_events(floor.env, intake) == 1


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        (Arrival(fields={"what": object()}), "TypeError"),
        (Arrival(fields={}, occurred_at=datetime.min.replace(tzinfo=timezone(HOUR))), "ValueError"),
        (Arrival(fields={}, occurred_at=datetime.max.replace(tzinfo=timezone(-HOUR))), "ValueError"),
    ],
)
async def test_one_event_that_cannot_be_kept_keeps_no_other_waiting(floor: HookFloor, odd: Arrival, kind: str) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"), Event(key="e-2", about="p-2"))
    floor.script.arrivals = {"e-1": odd, "e-2": person(2)}
    assert await fetch_events(floor.env, intake) == 1
    assert floor.bugs == [kind]


async def test_events_that_lead_to_the_same_version_are_worked_off_once(floor: HookFloor) -> None:
    intake = await told(
        floor,
        Event(key="e-1", about="p-1", version="1"),
        Event(key="e-2", about="p-1", version="2"),
        Event(key="e-3", about="p-2"),
        Event(key="e-4", about="p-2"),
    )
    floor.script.arrivals = {
        "e-1": person(1, version="2"),
        "e-2": person(1, version="2"),
        "e-3": person(2, version="9"),
        "e-4": person(2, version="9"),
    }
    await fetch_events(floor.env, intake)
    assert await floor.jobs("pointsman") == ["inbox.process"] * 2
    done = [item for item in await floor.items() if item.status == "done"]
    assert {item.result["note"]["key"] for item in done} == {"arrival.same-version"}
    assert [item.about for item in await floor.items() if item.status == "received"] == ["p-1", "p-2"]


async def test_a_lead_says_when_it_happened(floor: HookFloor) -> None:
    happened = datetime(2025, 5, 1, 12, tzinfo=UTC)
    intake = await told(floor, Event(key="e-1", about="p-1"))
    floor.script.arrivals = {"e-1": person(1, occurred_at=happened)}
    await fetch_events(floor.env, intake)
    assert await floor.world.value("select occurred_at from inbox") == happened


async def test_what_cannot_be_read_is_a_dead_letter_of_its_own(floor: HookFloor) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"), Event(key="e-2", about="p-2"))
    deep: Any = {}
    for _ in range(100):
        deep = {"in": deep}
    floor.script.arrivals = {"e-1": Arrival(fields={"deep": deep}), "e-2": person(2)}
    await fetch_events(floor.env, intake)
    await work_off(floor)
    assert [(item.status, item.error_code) for item in await floor.items()] == [("dead", "too-deep"), ("done", None)]


async def test_a_connection_that_is_switched_off_is_not_asked(floor: HookFloor) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"))
    await floor.world.rows("update connections set active = false")
    await fetch_events(floor.env, intake)
    (item,) = await floor.items()
    assert (item.status, item.error_code, floor.script.fetched) == ("unread", "connection-not-in-use", [])


async def test_a_worker_that_was_overtaken_changes_nothing(floor: HookFloor) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"))
    floor.script.arrivals = {"e-1": person(1)}
    now = floor.env.clock()
    lease = now + timedelta(seconds=60)
    async with floor.env.uow() as tx:
        (item,) = await tx.events.claim_unread(intake, at=now, lease_until=lease, limit=5)
    assert await fetch_events(floor.env, intake) == 0  # another worker has it
    later(floor, timedelta(minutes=2))
    assert await fetch_events(floor.env, intake) == 1  # ... and died
    late = FetchedEvent(id=item.id, body=b'{"id": "late"}')
    error = CodedMessage("not-told", say("arrival.not-told"))
    async with floor.env.uow() as tx:
        assert await tx.events.keep_fetched([late], leased_until=lease, at=now, same={}, ours={}) == 0
        assert not await tx.events.put_off(item.id, leased_until=lease, error=error, retry_at=None)
    (kept,) = await floor.items()
    assert (kept.status, b"late" in bytes(kept.body)) == ("received", False)
    assert await floor.jobs("pointsman") == ["inbox.process"]


async def test_a_connection_that_works_again_is_asked_at_once_for_what_waited(floor: HookFloor) -> None:
    intake = await told(floor, Event(key="e-1", about="p-1"))
    await catch_up(floor.env, intake)
    floor.script.arrivals, floor.script.fault = {"e-1": person(1)}, ReauthRequired("who are you?")
    await fetch_events(floor.env, intake)
    assert await floor.world.value("select fault is not null from connections")
    floor.script.fault = None
    assert await fetch_events(floor.env, intake) == 0  # it waits
    await check_connection(floor.env, "form", actor=ADMIN)
    assert await fetch_events(floor.env, intake) == 1
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start"]
