"""Webhooks: arrays of ids alone, doubled, late, out of order, read many together, and what a mapping finds in them."""

import random
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from contract.hubspot.bench_vendor import BY_TOKEN
from contract.hubspot.world import ANNA, World, person, task
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.fake import Subscription
from pointsman_hubspot.fake.hooks import SUBSCRIPTIONS
from pointsman_sdk import Arrival, Event, Rejected, Retryable

pytestmark = pytest.mark.anyio


def told(world: World, hubspot: HubSpotConnector) -> list[Event]:
    """The events of what waits at the fake, as the host would get them."""
    return [event for hook in world.vendor.hooks.send() for event in hubspot.intake.answer(hook).events]


async def read(hubspot: HubSpotConnector, event: Event) -> Arrival | None:
    return (await hubspot.intake.fetch([event]))[event.key]


async def test_what_a_mapping_reads_is_one_flat_object(world: World) -> None:
    hubspot = world.connect(BY_TOKEN.model_copy(update={"properties": "city"}))
    known = world.contact(firstname="Ada", city="London", hubspot_owner_id=ANNA)
    world.vendor.hooks.waiting.clear()
    world.vendor.edit("contacts", known, lifecyclestage="salesqualifiedlead")
    (event,) = told(world, hubspot)
    arrival = await read(hubspot, event)
    assert arrival is not None
    fields = dict(arrival.fields)
    row = world.vendor.records.require("contacts", known)
    assert fields.pop("created_at") < fields.pop("updated_at")
    assert fields == {
        "id": known,
        "object": "contact",
        "event": "contact.propertyChange",
        "changed": ["lifecyclestage"],
        "email": "ada@example.com",
        "firstname": "Ada",
        "city": "London",
        "lifecyclestage": "salesqualifiedlead",
        "hubspot_owner_id": ANNA,
        "owner_email": "anna@example.com",
    }
    assert (arrival.occurred_at, event.about) == (row.updated, known)


async def test_events_doubled_and_shuffled_count_once(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.hooks.doubled = world.vendor.hooks.shuffled = True
    for number in range(150):
        world.contact(email=f"a{number}@example.com", lifecyclestage="lead")
    hooks = world.vendor.hooks.send()
    assert [len(hubspot.intake.answer(hook).events) for hook in hooks] == [100, 100, 100] * 2
    keys = [event.key for hook in hooks for event in hubspot.intake.answer(hook).events]
    assert len(keys) == 2 * len(set(keys)) == 600


async def test_events_come_late_and_are_told_all_the_same(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.hooks.late = timedelta(hours=1)
    world.contact()
    assert told(world, hubspot) == []
    world.later(hours=1)
    (event,) = told(world, hubspot)
    assert await read(hubspot, event) is not None


async def test_contacts_are_read_a_hundred_at_a_time(world: World, hubspot: HubSpotConnector) -> None:
    for number in range(250):
        world.contact(email=f"a{number}@example.com")
    events = told(world, hubspot)
    random.Random(1).shuffle(events)
    world.wire.seen = []
    found = await hubspot.intake.fetch(events)
    assert len(found) == 250
    assert len(world.wire.seen) == 3


async def test_the_same_change_told_by_two_subscriptions_is_one(world: World, hubspot: HubSpotConnector) -> None:
    twice = replace(SUBSCRIPTIONS[0], id=999)
    world.vendor.hooks.subscriptions = [*SUBSCRIPTIONS, twice]
    world.contact()
    (hook,) = world.vendor.hooks.send()
    assert len(hubspot.intake.answer(hook).events) == 1


async def test_a_deleted_contact_is_nothing_and_a_merged_one_is_the_other(
    world: World, hubspot: HubSpotConnector
) -> None:
    gone, first, other = world.contact(), world.contact(email="b@example.com"), world.contact(email="c@example.com")
    creations = {event.about: event for event in told(world, hubspot)}
    world.vendor.archive("contacts", gone)
    world.vendor.merge("contacts", first, other)
    deleted, merged = told(world, hubspot)
    found = await hubspot.intake.fetch([*creations.values(), deleted, merged])
    assert found[deleted.key] is found[creations[gone].key] is None
    assert [found[one.key].fields["id"] for one in (merged, creations[other])] == [first, first]


async def test_a_change_whose_copy_lags_is_left_out_until_it_is_there(world: World, hubspot: HubSpotConnector) -> None:
    world.contact()
    (event,) = told(world, hubspot)
    ahead = replace(event, occurred_at=world.now + timedelta(seconds=30))
    assert await hubspot.intake.fetch([ahead]) == {}
    world.later(minutes=11)  # by then the copy is believed: clocks may differ
    assert (await hubspot.intake.fetch([ahead]))[event.key] is not None


async def test_a_change_whose_own_event_is_still_on_its_way_is_told_with_an_earlier_one(
    world: World, hubspot: HubSpotConnector
) -> None:
    """The host keeps one event for each state: the later one would be no news any more."""
    known = world.contact()
    (creation,) = told(world, hubspot)
    world.later(seconds=5)
    world.vendor.edit("contacts", known, lifecyclestage="salesqualifiedlead")
    world.vendor.edit("contacts", known, jobtitle="Countess")
    arrival = await read(hubspot, creation)
    assert arrival is not None
    assert (arrival.fields["event"], arrival.fields["changed"]) == ("contact.creation", ["lifecyclestage"])
    (stage,) = told(world, hubspot)
    later = await read(hubspot, stage)
    assert later is not None
    assert (later.version, later.fields["changed"]) == (arrival.version, ["lifecyclestage"])


async def test_what_we_wrote_is_told_by_its_key_and_by_its_version(world: World, hubspot: HubSpotConnector) -> None:
    own = Subscription(id=900, kind="contacts", what="propertyChange", name="pointsman_key")
    world.vendor.hooks.subscriptions = [*SUBSCRIPTIONS, own]
    made = await hubspot.people.put(person(owner=ANNA))
    events = told(world, hubspot)
    assert [event.origin for event in events] == [None, None, "lead-1"]
    assert {event.about for event in events} == {made.id}
    arrivals = (await hubspot.intake.fetch(events)).values()
    assert {one.version for one in arrivals if one is not None} == {made.version}


async def test_the_outcome_of_a_task_is_told_with_its_contact(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact(lastname="Lovelace")
    made = await hubspot.tasks.put(task(known, owner=ANNA))
    told(world, hubspot)
    world.vendor.edit("tasks", made.id, hs_task_status="COMPLETED")
    (event,) = told(world, hubspot)
    arrival = await read(hubspot, event)
    assert arrival is not None
    fields = arrival.fields
    assert (fields["object"], fields["event"], fields["changed"]) == ("task", "task.propertyChange", ["hs_task_status"])
    assert (fields["id"], fields["lastname"]) == (known, "Lovelace")
    assert (fields["task_id"], fields["task_status"], fields["task_subject"]) == (made.id, "COMPLETED", "Call")


async def test_a_task_of_no_contact_says_nothing(world: World, hubspot: HubSpotConnector) -> None:
    alone = world.vendor.add("tasks", hs_task_subject="Tidy up")
    world.vendor.edit("tasks", alone.id, hs_task_status="COMPLETED")
    (event,) = told(world, hubspot)
    assert await read(hubspot, event) is None


async def test_the_lists_that_the_connection_names_are_told(world: World) -> None:
    hubspot = world.connect(BY_TOKEN.model_copy(update={"lists": "17,18"}))
    for name in ("17", "18", "19"):
        world.vendor.add_list(name)
    first, other = world.contact(), world.contact(email="b@example.com")
    for name in ("17", "19"):
        world.vendor.join(name, first)
    events = told(world, hubspot)
    found = await hubspot.intake.fetch(events)
    assert {event.about: found[event.key].fields["lists"] for event in events} == {first: ["17"], other: []}


async def test_owners_are_read_once_for_many_events(world: World, hubspot: HubSpotConnector) -> None:
    world.contact(hubspot_owner_id=ANNA)
    events = told(world, hubspot)
    for _ in range(3):
        await hubspot.intake.fetch(events)
    assert len(world.asked("GET", "/owners/")) == 2  # those who may own, and those who did


async def test_events_about_other_kinds_are_acknowledged_and_no_news(world: World, hubspot: HubSpotConnector) -> None:
    world.vendor.hooks.subscriptions = [Subscription(id=1, kind="companies", what="creation")]
    world.vendor.add("companies", domain="acme.example")
    (hook,) = world.vendor.hooks.send()
    reply = hubspot.intake.answer(hook)
    assert (reply.status, reply.events, reply.body) == (200, (), b"no news")


async def test_without_a_secret_no_webhook_is_taken(world: World) -> None:
    hubspot = world.connect(BY_TOKEN.model_copy(update={"webhook_secret": None}))
    world.contact()
    (hook,) = world.vendor.hooks.send()
    with pytest.raises(Rejected, match="no secret"):
        hubspot.intake.answer(hook)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"subscriptionType": "contact.creation", "objectId": "1", "occurredAt": 1},
        {"subscriptionType": "contact.creation", "objectId": 1, "occurredAt": True},
        {"subscriptionType": "contact.creation", "objectId": -1, "occurredAt": 1},
        "contact.creation",
    ],
)
async def test_a_signed_body_that_is_not_of_hubspots_format_is_refused(
    world: World, hubspot: HubSpotConnector, event: object
) -> None:
    hook = world.vendor.hooks.hook([event])
    with pytest.raises(Rejected):
        hubspot.intake.answer(hook)


@pytest.mark.parametrize(("category", "error"), [("INTERNAL_ERROR", Retryable), ("VALIDATION_ERROR", Rejected)])
async def test_a_batch_that_says_more_than_missing_is_an_error(
    world: World, hubspot: HubSpotConnector, category: str, error: type[Exception]
) -> None:
    world.contact()
    events = told(world, hubspot)
    fault = {"status": "error", "category": category, "message": "oops", "context": {}, "errors": []}
    body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [fault]}
    world.instead = lambda request: httpx.Response(207, json=body) if request.url.path.endswith("batch/read") else None
    with pytest.raises(error):
        await hubspot.intake.fetch(events)
