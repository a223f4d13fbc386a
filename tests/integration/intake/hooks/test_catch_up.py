"""What webhooks did not tell is asked for: now and then, after an outage, and when a webhook says no more than "look"."""

import asyncio
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from pointsman.services.intake.hooks.catch_up import ASK_EVERY, SHORTEST_WAIT, catch_up, sweep_feeds
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.intakes import IntakeInput, deactivate_intake, replace_intake
from pointsman.services.intake.receive import process_item
from pointsman_sdk import Event, Missed, Reply, Retryable
from support.floors.hook_floor import MAPPING, SAMPLE, HookFloor
from support.floors.use_case_env import ADMIN, Ticking

pytestmark = pytest.mark.anyio

SEVEN = timedelta(seconds=7)
OPEN_ALERTS = "select count(*) from alerts where code = 'intake-missed' and resolved_at is null"


async def begun(floor: HookFloor, key: str = "form", connector: str = "scripted") -> UUID:
    """The id of an intake whose feed was asked for the first time."""
    await floor.intake(key, connector)
    found: UUID = await floor.world.value("select id from intakes where key = :key", key=key)
    await catch_up(floor.env, found)
    return found


def later(floor: HookFloor, by: timedelta = ASK_EVERY) -> None:
    clock: Any = floor.env.clock
    assert isinstance(clock, Ticking)
    clock.advance(by + timedelta(seconds=1))


def feed(*pages: list[Event]) -> Any:
    """A vendor whose cursor is the number of the page that comes next; the last one is empty."""

    def missed(cursor: str | None) -> Missed:
        if cursor is None:
            return Missed(events=(), cursor="0")
        page = int(cursor)
        events = pages[page] if page < len(pages) else []
        return Missed(events=events, cursor=str(min(page + 1, len(pages))))

    return missed


async def test_what_happened_before_the_intake_was_made_is_not_asked_for(floor: HookFloor) -> None:
    intake = await begun(floor)
    assert floor.script.asked == [None]
    assert await catch_up(floor.env, intake) == 0  # it is not due
    later(floor)
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start"]


async def test_missed_events_come_in_page_by_page_and_none_twice(floor: HookFloor) -> None:
    intake = await begun(floor)
    floor.script.answer = lambda _: Reply(events=[Event(key="e-1", about="p-1")])
    await floor.post()
    pages = [[Event(key="e-1", about="p-1"), Event(key="e-2", about="p-2")], [Event(key="e-3", about="p-3")]]
    floor.script.missed = feed(*pages)
    await floor.world.rows("update intake_feeds set cursor = '0'")
    later(floor)
    assert await catch_up(floor.env, intake) == 2
    assert [item.dedupe_key for item in await floor.items()] == ["event:e-1", "event:e-2", "event:e-3"]
    assert await floor.world.value("select cursor from intake_feeds") == "2"


def _in_no_calendar() -> datetime:
    return datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))


@pytest.mark.parametrize(
    "odd",
    [
        Event(key="", about="p-2"),
        Event(key="x" * 501, about="p-2"),
        Event(key="e-2", about="p-2", origin=""),
        Event(key="e-2", about="p-2", version="9" * 501),
        Event(key="e-2", about="p-2", occurred_at=datetime(2031, 1, 1)),  # noqa: DTZ001  # without a zone
        Event(key="e-2", about="p-2", occurred_at=_in_no_calendar()),
        Event(key="e-2", body={"score": float("nan")}),
        None,
    ],
)
async def test_an_event_that_cannot_be_kept_keeps_no_other_waiting_and_is_told(floor: HookFloor, odd: Any) -> None:
    intake = await begun(floor)
    floor.script.missed = feed([Event(key="e-1", about="p-1"), odd, Event(key="e-3", about="p-3")], [Event(key="e-4")])
    await floor.world.rows("update intake_feeds set cursor = '0'")
    later(floor)
    assert await catch_up(floor.env, intake) == 3
    assert [item.dedupe_key for item in await floor.items()] == ["event:e-1", "event:e-3", "event:e-4"]
    assert await floor.world.value("select cursor from intake_feeds") == "2"
    assert await floor.world.value(OPEN_ALERTS) == 1
    assert len(floor.bugs) == 1


async def test_leads_that_came_while_we_were_away_are_there_afterwards(floor: HookFloor) -> None:
    intake = await begun(floor, "crm", "memory")
    for number in range(120):  # several pages, and no webhook arrived
        floor.vendor.crm.add("person", email=f"p{number}@nordlicht.example", last_name=f"P{number}")
    later(floor, timedelta(hours=2))
    assert await sweep_feeds(floor.env) == 1
    assert await catch_up(floor.env, intake) == 120
    assert await fetch_events(floor.env, intake) == 120
    for item in (await floor.items())[:3]:
        await process_item(floor.env, item.id)
    assert await floor.world.value("select count(*) from leads") == 3


@pytest.mark.parametrize(
    ("told", "asked_in"), [(None, ASK_EVERY), (timedelta(0), SHORTEST_WAIT), (SEVEN, SEVEN), (2 * ASK_EVERY, ASK_EVERY)]
)
async def test_a_vendor_that_says_when_to_come_back_is_asked_then(
    floor: HookFloor, told: timedelta | None, asked_in: timedelta
) -> None:
    """A busy connection says so at every question: five minutes later it may be as busy again."""
    intake = await begun(floor)
    floor.script.fault = Retryable("busy", retry_after=told)
    later(floor)
    await catch_up(floor.env, intake)
    floor.script.fault = None
    floor.world.clock.advance(asked_in - timedelta(milliseconds=500))
    assert await sweep_feeds(floor.env) == 0
    floor.world.clock.advance(timedelta(seconds=1))
    assert await sweep_feeds(floor.env) == 1


async def test_two_workers_ask_once(floor: HookFloor) -> None:
    intake = await begun(floor)
    later(floor)
    await asyncio.gather(*(catch_up(floor.env, intake) for _ in range(4)))
    assert floor.script.asked == [None, "start"]


async def test_a_cursor_that_the_vendor_no_longer_knows_begins_anew_and_tells_what_may_be_missing(
    floor: HookFloor,
) -> None:
    intake = await begun(floor)
    floor.script.missed = lambda cursor: (
        Missed(events=(), cursor=None, complete=False) if cursor == "start" else Missed(events=(), cursor="anew")
    )
    later(floor)
    await catch_up(floor.env, intake)
    later(floor)
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start", None, "anew"]
    assert await floor.world.value(OPEN_ALERTS) == 1
    same = {"title": "form", "kind": "lead", "verifier": {}, "secrets": None, "mapping": MAPPING, "sample": SAMPLE}
    await replace_intake(floor.env, "form", IntakeInput(**same, active=True, connection="form"), actor=ADMIN)  # type: ignore[arg-type]  # as given
    assert await floor.world.value(OPEN_ALERTS) == 0


@pytest.mark.parametrize(
    "missed",
    [
        Missed(events=(), cursor=None, complete=False),
        Missed(events=[Event(key="e-1", about="p-1")], cursor="start"),
    ],
)
async def test_a_vendor_that_leads_in_a_circle_is_asked_a_few_times_and_then_later(
    floor: HookFloor, missed: Missed
) -> None:
    intake = await begun(floor)
    floor.script.missed = lambda _: missed
    later(floor)
    for _ in range(5):
        await catch_up(floor.env, intake)
    assert len(floor.script.asked) <= 4


async def test_a_long_feed_is_read_in_turns(floor: HookFloor) -> None:
    intake = await begun(floor)
    floor.script.missed = feed(*([Event(key=f"e-{n}", about=f"p-{n}")] for n in range(45)))
    await floor.world.rows("update intake_feeds set cursor = '0'")
    later(floor)
    found = [await catch_up(floor.env, intake) for _ in range(4)]
    assert found == [20, 20, 5, 0]


async def test_a_vendor_that_is_away_is_asked_again_from_the_same_place(floor: HookFloor) -> None:
    intake = await begun(floor)
    floor.script.fault = Retryable("away")
    later(floor)
    assert await catch_up(floor.env, intake) == 0
    floor.script.fault = None
    later(floor)
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start", "start"]


async def test_a_page_and_its_cursor_are_kept_together_or_not_at_all(floor: HookFloor) -> None:
    intake = await begun(floor)
    floor.script.missed = feed([Event(key="e-1", about="p-1")])
    await floor.world.rows("update intake_feeds set cursor = '0'")
    later(floor)

    async def overtake() -> None:
        await floor.world.rows("update intake_feeds set lease = gen_random_uuid()")

    floor.script.meanwhile = overtake
    assert await catch_up(floor.env, intake) == 0
    assert await floor.items() == []
    assert await floor.world.value("select cursor from intake_feeds") == "0"


@pytest.mark.parametrize("status", [200, 204])
async def test_an_empty_push_makes_it_look_at_once_but_not_all_the_time(floor: HookFloor, status: int) -> None:
    intake = await begun(floor)
    floor.script.answer = lambda _: Reply(status=status)
    await floor.world.rows("delete from procrastinate_jobs")
    later(floor, timedelta(seconds=30))
    for _ in range(5):
        await floor.post()
    assert await floor.jobs("pointsman-vendors") == ["intake.catch_up"]
    await catch_up(floor.env, intake)
    await floor.post()
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start"]
    later(floor, timedelta(seconds=10))  # what it said is not forgotten
    assert await sweep_feeds(floor.env) == 1
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start", "start"]


async def test_a_handshake_that_anyone_may_try_has_no_vendor_asked(floor: HookFloor) -> None:
    await floor.intake("crm", "memory", handshake="graph")
    intake = await floor.world.value("select id from intakes")
    await catch_up(floor.env, intake)
    await floor.world.rows("delete from procrastinate_jobs")
    later(floor, timedelta(seconds=30))
    assert (await floor.client.post("/v1/hooks/crm?validationToken=tried")).content == b"tried"
    assert await floor.jobs("pointsman-vendors") == []
    assert (await floor.send("crm", floor.vendor.hooks.signed(b""))).status_code == 204
    assert await floor.jobs("pointsman-vendors") == ["intake.catch_up"]


async def test_a_push_that_comes_while_it_looks_makes_it_look_once_more(floor: HookFloor) -> None:
    intake = await begun(floor)
    floor.script.answer = lambda _: Reply(status=204)

    async def push() -> None:
        floor.script.meanwhile = None
        later(floor, timedelta(seconds=1))
        await floor.post()

    floor.script.meanwhile = push
    later(floor)
    await catch_up(floor.env, intake)
    later(floor, timedelta(seconds=10))
    assert await sweep_feeds(floor.env) == 1
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None, "start", "start"]


async def test_a_webhook_that_could_not_be_answered_is_asked_for(floor: HookFloor) -> None:
    await begun(floor)
    floor.script.answer = lambda _: None
    await floor.world.rows("delete from procrastinate_jobs")
    later(floor, timedelta(seconds=30))
    assert (await floor.post()).status_code == 502
    assert await floor.jobs("pointsman-vendors") == ["intake.catch_up"]


async def test_a_page_without_end_is_no_page(floor: HookFloor) -> None:
    intake = await begun(floor)
    endless: Any = (Event(key=f"e-{n}", about=f"p-{n}") for n in count())
    floor.script.missed = lambda _: Missed(events=endless, cursor="far")
    later(floor)
    assert await catch_up(floor.env, intake) == 0
    assert (await floor.items(), floor.bugs) == ([], ["ValueError"])


@pytest.mark.parametrize("cursor", ["a\0b", "\ud800", "x" * 10_001], ids=["nul", "surrogate", "long"])
async def test_a_place_that_cannot_be_kept_is_no_place(floor: HookFloor, cursor: str) -> None:
    intake = await begun(floor)
    floor.script.missed = lambda _: Missed(events=(Event(key="e-1", about="p-1"),), cursor=cursor)
    later(floor)
    assert await catch_up(floor.env, intake) == 0
    assert (await floor.items(), floor.bugs) == ([], ["ValueError"])
    floor.script.missed = lambda _: Missed(events=(Event(key="e-1", about="p-1"),), cursor=None)
    later(floor)
    assert await catch_up(floor.env, intake) == 1


async def test_a_closed_intake_asks_nothing(floor: HookFloor) -> None:
    intake = await begun(floor)
    await deactivate_intake(floor.env, "form", actor=ADMIN)
    later(floor)
    assert await sweep_feeds(floor.env) == 0
    await catch_up(floor.env, intake)
    assert floor.script.asked == [None]
