"""What no webhook told is found by search, which lags and ends: nothing is lost, and nothing told again and again."""

import json
from datetime import timedelta

import pytest

from contract.hubspot.bench_vendor import BY_TOKEN
from contract.hubspot.world import ANNA, World, task
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.fake.records import Source
from pointsman_sdk import Event

pytestmark = pytest.mark.anyio
EVERY = timedelta(minutes=5)


async def caught_up(hubspot: HubSpotConnector, cursor: str | None) -> tuple[list[Event], str | None]:
    """All that is told until nothing more is, as the host asks."""
    found: list[Event] = []
    for _ in range(50):
        page = await hubspot.intake.since(cursor)
        assert page.complete
        cursor, found = page.cursor, [*found, *page.events]
        if not page.events:
            return found, cursor
    raise AssertionError("it is told on and on")


async def test_an_outage_is_caught_up_with_under_the_keys_of_the_webhooks(
    world: World, hubspot: HubSpotConnector
) -> None:
    _, cursor = await caught_up(hubspot, None)
    world.later(minutes=1)
    ids = [world.contact(email=f"a{number}@example.com") for number in range(120)]
    world.later(hours=3)
    for one in ids[::2]:
        world.vendor.edit("contacts", one, lifecyclestage="salesqualifiedlead", hubspot_owner_id=ANNA)
    world.later(minutes=1)
    told = {event.key for hook in world.vendor.hooks.send() for event in hubspot.intake.answer(hook).events}
    found, _ = await caught_up(hubspot, cursor)
    assert {event.key for event in found} == told
    assert len(found) == len(told) == 120 + 60 * 2


async def test_nothing_is_lost_by_an_index_that_lags_and_nothing_is_told_twice(
    world: World, hubspot: HubSpotConnector
) -> None:
    world.vendor.records.lag = timedelta(seconds=30)
    _, cursor = await caught_up(hubspot, None)
    found: list[Event] = []
    for number in range(60):
        world.contact(email=f"a{number}@example.com")
        world.later(seconds=7)
        events, cursor = await caught_up(hubspot, cursor)
        found += events
    world.later(minutes=1)
    events, _ = await caught_up(hubspot, cursor)
    keys = [event.key for event in [*found, *events]]
    assert len(keys) == len(set(keys)) == 60


async def test_an_idle_account_is_asked_one_question(world: World) -> None:
    hubspot = world.connect(BY_TOKEN.model_copy(update={"tasks": False}))
    for number in range(60):
        world.contact(email=f"a{number}@example.com")
    world.later(hours=1)
    _, cursor = await caught_up(hubspot, None)
    for _ in range(3):
        world.later(minutes=5)
        world.wire.seen = []
        events, cursor = await caught_up(hubspot, cursor)
        assert (events, len(world.wire.seen)) == ([], 1)


async def test_a_search_never_comes_near_its_end(world: World, hubspot: HubSpotConnector) -> None:
    _, cursor = await caught_up(hubspot, None)
    for number in range(300):
        world.contact(email=f"a{number}@example.com")
    world.later(hours=1)
    found, _ = await caught_up(hubspot, cursor)
    assert len(found) == 300
    asked = [int(body["after"]) for body in world.written() if "after" in body]
    searches = [json.loads(one.content) for one in world.asked("POST", "/search")]
    assert (asked, {int(body["after"]) for body in searches}) == ([], {0})


async def test_changes_of_one_moment_are_counted_through(world: World, hubspot: HubSpotConnector) -> None:
    """An import changes many records at once, as HubSpot's times go."""
    _, cursor = await caught_up(hubspot, None)
    records = world.vendor.records
    for number in range(130):
        row = records.make("contacts", {"email": f"a{number}@example.com"}, Source())
        row.created = row.updated = records.last = world.now
        row.versions = [(world.now, dict(row.values))]
    world.later(hours=1)
    found, _ = await caught_up(hubspot, cursor)
    assert len({event.about for event in found}) == 130


async def test_more_changes_of_one_moment_than_a_search_has_are_said_to_be_missing(
    world: World, hubspot: HubSpotConnector
) -> None:
    begun = json.loads((await hubspot.intake.since(None)).cursor or "")
    moment = begun["places"]["contact"][1]
    records = world.vendor.records
    for number in range(10_050):
        row = records.make("contacts", {"lastname": str(number)}, Source())
        row.updated = records.last = world.now
        row.versions = [(world.now, dict(row.values))]
    page = await hubspot.intake.since(
        json.dumps({**begun, "places": {**begun["places"], "contact": [moment, moment, 9_950]}})
    )
    assert not page.complete
    assert json.loads(page.cursor or "")["places"]["contact"] == [moment, moment + 1, 0]


async def test_the_outcome_of_a_task_is_found_too(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact()
    made = await hubspot.tasks.put(task(known))
    world.vendor.hooks.send()
    world.later(hours=1)
    _, cursor = await caught_up(hubspot, None)
    world.later(minutes=1)
    world.vendor.edit("tasks", made.id, hs_task_status="COMPLETED")
    (hook,) = world.vendor.hooks.send()
    world.later(minutes=1)
    found, _ = await caught_up(hubspot, cursor)
    assert [event.key for event in found] == [event.key for event in hubspot.intake.answer(hook).events]


async def test_new_members_of_a_list_are_news(world: World) -> None:
    hubspot = world.connect(BY_TOKEN.model_copy(update={"lists": "17"}))
    world.vendor.add_list("17")
    world.vendor.join("17", world.contact())
    world.later(hours=1)
    _, cursor = await caught_up(hubspot, None)
    joins = world.contact(email="b@example.com")
    world.later(hours=1)
    _, cursor = await caught_up(hubspot, cursor)
    world.vendor.join("17", joins)
    world.later(minutes=1)
    (event,), cursor = await caught_up(hubspot, cursor)
    arrival = (await hubspot.intake.fetch([event]))[event.key]
    assert arrival is not None
    assert (arrival.fields["event"], arrival.fields["joined"]) == ("contact.listMembership", "17")
    assert (arrival.fields["id"], arrival.fields["lists"], arrival.fields["changed"]) == (joins, ["17"], [])
    world.later(minutes=30)
    assert (await caught_up(hubspot, cursor))[0] == []


async def test_a_long_list_is_read_on_where_it_was_left(world: World) -> None:
    world.vendor.lists.page_size = 3
    hubspot = world.connect(BY_TOKEN.model_copy(update={"lists": "17"}))
    listed = world.vendor.add_list("17")
    for number in range(100):
        listed.members[world.contact(email=f"a{number}@example.com")] = world.vendor.records.tick()
    world.later(hours=1)
    cursor = (await hubspot.intake.since(None)).cursor
    for _ in range(5):
        world.later(minutes=5)
        cursor = (await hubspot.intake.since(cursor)).cursor
    world.vendor.join("17", joins := world.contact(email="b@example.com"))
    world.later(minutes=5)
    world.wire.seen = []
    found = (await hubspot.intake.since(cursor)).events
    assert [event.about for event in found if "listMembership" in event.key] == [joins]
    assert len(world.asked("GET", "join-order")) <= 2


async def test_what_the_configuration_names_since_begins_now(world: World, hubspot: HubSpotConnector) -> None:
    cursor = (await hubspot.intake.since(None)).cursor
    world.vendor.add_list("17")
    world.vendor.join("17", world.contact())
    world.later(hours=1)
    named = world.connect(BY_TOKEN.model_copy(update={"lists": "17"}))
    page = await named.intake.since(cursor)
    assert page.complete
    assert not [event for event in page.events if "listMembership" in event.key]
