"""Meetings and tasks: one for each key, on the contact's record, whatever is lost, late or refused."""

import asyncio
from datetime import timedelta

import pytest

from contract.hubspot.world import ANNA, BRUNO, World, meeting, person, task
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.ours import DOMAIN, KEY
from pointsman_sdk import AccountState, ActivityStatus, AmbiguousOutcome, Rejected, Retryable, Standing
from pointsman_sdk.testing import at

pytestmark = pytest.mark.anyio
LAG = timedelta(seconds=30)
NOTES = "Evidence: <b>need</b>\nand budget & time"


def refuse_unique(world: World) -> None:
    world.vendor.properties.refuse_unique |= {"meetings", "tasks"}
    world.vendor.records.lag = LAG


async def test_the_meeting_is_the_closers_and_on_the_contacts_record(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact()
    account = await hubspot.accounts.put(AccountState(key="account-1", domain="acme.example"))
    made = await hubspot.activities.put(
        meeting(known, account=account.id, join_url="https://meet.example/1", shared="Demo", private=NOTES)
    )
    row = world.vendor.records.require("meetings", made.id)
    assert row.links == {"contacts": [known], "companies": [account.id]}
    assert row.values["hubspot_owner_id"] == ANNA
    assert row.values["hs_meeting_external_url"] == row.values["hs_meeting_location"] == "https://meet.example/1"
    assert row.values["hs_meeting_body"] == "Demo"
    assert row.values["hs_internal_meeting_notes"] == "Evidence: &lt;b&gt;need&lt;/b&gt;<br>and budget &amp; time"
    assert (made.slot, made.owner, made.join_url) == (at(9).utc(), ANNA, "https://meet.example/1")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (ActivityStatus.PLANNED, "SCHEDULED"),
        (ActivityStatus.ATTENDED, "COMPLETED"),
        (ActivityStatus.NO_SHOW, "NO_SHOW"),
        (ActivityStatus.CANCELLED, "CANCELED"),
    ],
)
async def test_what_became_of_the_meeting_is_its_outcome(
    world: World, hubspot: HubSpotConnector, status: ActivityStatus, outcome: str
) -> None:
    made = await hubspot.activities.put(meeting(world.contact(), status=status))
    assert world.values("meetings")[0]["hs_meeting_outcome"] == outcome
    assert (made.standing is Standing.CANCELLED) is (status is ActivityStatus.CANCELLED)


async def test_markup_that_hubspot_writes_its_own_way_is_no_difference(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact()
    made = await hubspot.activities.put(meeting(known, private=NOTES))
    told = "<div><p>Evidence: &lt;b&gt;need&lt;/b&gt;</p><p>and budget &amp; time</p></div>"
    world.vendor.edit("meetings", made.id, hs_internal_meeting_notes=told)
    world.wire.seen = []
    await hubspot.activities.put(meeting(known, private=NOTES))
    assert world.written() == []


async def test_a_meeting_whose_association_was_not_made_has_it_at_the_next_put(
    world: World, hubspot: HubSpotConnector
) -> None:
    known = world.contact()
    await hubspot.activities.put(meeting(known, key="meeting-0"))
    world.wire.seen = []
    world.wire.answer(503, skip=2)
    with pytest.raises(Retryable):
        await hubspot.activities.put(meeting(known))
    await hubspot.activities.put(meeting(known))
    rows = world.vendor.records.rows["meetings"].values()
    assert [(row.values[KEY], row.links) for row in rows] == [
        ("meeting-0", {"contacts": [known]}),
        ("meeting-1", {"contacts": [known]}),
    ]


async def test_two_workers_at_one_meeting_take_turns(world: World) -> None:
    known = world.contact()
    first, second = world.connect(), world.connect()
    await first.activities.put(meeting(known))
    acts = [first.activities.put(meeting(known, sequence=2, slot=at(14)))]
    acts.append(second.activities.put(meeting(known, sequence=1, slot=at(11))))
    answers = await asyncio.gather(*acts, return_exceptions=True)
    assert isinstance(answers[1], Retryable)
    late = await second.activities.put(meeting(known, sequence=1, slot=at(11)))
    assert (late.sequence, late.slot) == (2, at(14).utc())


async def test_a_worker_that_was_killed_holds_a_key_for_a_minute(world: World, hubspot: HubSpotConnector) -> None:
    known, killed = world.contact(), world.connect()
    assert await killed.activities._desk.turns._notes.claim("meetings:meeting-1", lasts=timedelta(seconds=60))
    with pytest.raises(Retryable):
        await hubspot.activities.put(meeting(known))
    world.later(seconds=61)
    await hubspot.activities.put(meeting(known))
    assert len(world.values("meetings")) == 1


# -- accounts that take no unique property of meetings


async def test_a_lost_answer_leaves_one_meeting_though_keys_are_not_unique_and_the_index_lags(world: World) -> None:
    refuse_unique(world)
    known, hubspot = world.contact(), world.connect()
    await hubspot.activities.put(meeting(known, key="meeting-0", slot=at(16)))
    world.wire.lose_answer()
    with pytest.raises(AmbiguousOutcome):
        await hubspot.activities.put(meeting(known))
    again = await world.connect().activities.put(meeting(known))
    assert [one[KEY] for one in world.values("meetings")] == ["meeting-0", "meeting-1"]
    assert world.vendor.records.require("meetings", again.id).links == {"contacts": [known]}


async def test_a_meeting_is_found_before_the_index_has_it(world: World) -> None:
    refuse_unique(world)
    known, hubspot = world.contact(), world.connect()
    made = await hubspot.activities.put(meeting(known))
    assert await world.connect().activities.get("", "meeting-1") == made
    await world.connect().activities.drop("", "meeting-1")
    assert world.values("meetings") == []


async def test_a_meeting_of_long_ago_is_found_by_search(world: World) -> None:
    refuse_unique(world)
    known, hubspot = world.contact(), world.connect()
    made = await hubspot.activities.put(meeting(known))
    world.later(hours=2)
    assert await hubspot.activities.get("", "meeting-1") == made
    await hubspot.activities.put(meeting(known, sequence=1, owner=BRUNO))
    assert [one["hubspot_owner_id"] for one in world.values("meetings")] == [BRUNO]


async def test_keys_that_are_not_unique_any_more_are_looked_at_anew(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact()
    made = await hubspot.activities.put(meeting(known))
    world.vendor.records.properties["meetings"][KEY].unique = False
    moved = await world.connect().activities.put(meeting(known, sequence=1, slot=at(11)))
    assert (moved.id, moved.slot) == (made.id, at(11).utc())
    assert len(world.values("meetings")) == 1


@pytest.mark.parametrize("kind", ["contacts", "companies", "meetings"])
async def test_a_property_that_an_admin_deleted_is_made_again(
    world: World, hubspot: HubSpotConnector, kind: str
) -> None:
    known = world.contact(email="known@example.com")
    await hubspot.people.put(person())
    await hubspot.accounts.put(AccountState(key="account-1", domain="acme.example"))
    await hubspot.activities.put(meeting(known))
    world.vendor.records.properties[kind].pop(KEY)
    keepers = {"contacts": hubspot.people, "companies": hubspot.accounts, "meetings": hubspot.activities}
    assert await keepers[kind].get("", "never-seen") is None
    assert world.vendor.records.properties[kind][KEY].unique


# -- what an admin has to make


async def test_what_an_admin_has_to_make_is_said_by_prepare_and_by_the_first_put(world: World) -> None:
    world.vendor.properties.closed |= {"contacts", "companies"}
    hubspot = world.connect()
    missing = (await hubspot.fields.prepare([])).missing
    assert [one.partition("(")[2].partition(",")[0] for one in missing] == [
        KEY,
        "pointsman_sequence",
        KEY,
        "pointsman_sequence",
        DOMAIN,
    ]
    assert all("contacts" in one or "companies" in one for one in missing)
    with pytest.raises(Rejected, match="pointsman_key"):
        await hubspot.people.put(person())
    assert world.values("contacts") == []


async def test_properties_are_made_once_by_many_workers(world: World) -> None:
    workers = [world.connect() for _ in range(3)]
    await asyncio.gather(
        *(one.people.put(person(key=f"lead-{n}", email=f"a{n}@example.com")) for n, one in enumerate(workers))
    )
    known = world.vendor.records.properties["contacts"]
    assert known[KEY].unique
    assert len(world.values("contacts")) == 3


# -- tasks


async def test_a_task_that_is_done_stays_done(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact()
    made = await hubspot.tasks.put(task(known))
    assert world.values("tasks")[0]["hs_task_status"] == "NOT_STARTED"
    world.vendor.edit("tasks", made.id, hs_task_status="COMPLETED")
    await hubspot.tasks.put(task(known, sequence=1, title="Call again", owner=BRUNO))
    (values,) = world.values("tasks")
    assert (values["hs_task_status"], values["hs_task_subject"]) == ("COMPLETED", "Call again")
    assert values["hubspot_owner_id"] == BRUNO
