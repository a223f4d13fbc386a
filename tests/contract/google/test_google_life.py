"""Owners and hosts act upon an event in any order: the last state stands once, and guests read nothing private."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.google.world import ANNA, BEN, World
from pointsman_google import GoogleConnector
from pointsman_google.events import KEY, private
from pointsman_google.ids import event_ids
from pointsman_sdk import CREATE_MEETING, Appointment, Contact, Invites, Retryable, Standing
from pointsman_sdk.testing import ADA, appointment, at
from pointsman_sdk.testing.samples import PRIVATE
from support.hypothesis_profiles import examples

pytestmark = pytest.mark.anyio
CHARLES = Contact(email="charles@example.com", name="Charles")
IDS = event_ids(ANNA, "check-g1")

states = st.builds(
    lambda hour, title, invites, guests, meeting, standing: replace(
        appointment(ANNA),
        slot=at(hour),
        title=title,
        invites=invites,
        guests=guests,
        meeting=meeting,
        standing=standing,
    ),
    st.integers(8, 17),
    st.sampled_from(["Demo", "Second demo"]),
    st.sampled_from(list(Invites)),
    st.sampled_from([(), (ADA,), (CHARLES,), (ADA, CHARLES)]),
    st.sampled_from([None, "https://meet.example/1", CREATE_MEETING]),
    st.sampled_from([Standing.TENTATIVE, Standing.CONFIRMED]),
)


def own(world: World) -> list[dict[str, Any]]:
    return [one for one in world.vendor.calendar(ANNA).events.values() if one["id"] in IDS]


def edit(**values: Any) -> Callable[[World], None]:
    def act(world: World) -> None:
        for event in own(world):
            if event["status"] != "cancelled":
                world.vendor.edit(ANNA, event["id"], **values)

    return act


def erase(world: World) -> None:
    for event in own(world):
        if event["status"] != "cancelled":
            world.vendor.erase(ANNA, event["id"])


def purge(world: World) -> None:
    """Google throws away what was deleted; once, for there are few ids."""
    calendar = world.vendor.calendar(ANNA)
    for event in own(world):
        if event["status"] == "cancelled" and not calendar.purged:
            world.vendor.events.purge(calendar, event["id"])


def forget(world: World) -> None:
    world.vendor.calendar(ANNA).bare = True


WHOLE = {"date": "2031-03-31", "dateTime": None}
acts = st.sampled_from(
    [
        erase,
        purge,
        forget,
        edit(summary="As I call it"),
        edit(description="What I wrote"),
        edit(location="Room 4"),
        edit(colorId="5"),
        edit(attendees=[{"email": BEN, "responseStatus": "accepted"}]),
        edit(attendees=None),
        edit(conferenceData=None),
        edit(start=WHOLE, end={**WHOLE, "date": "2031-04-01"}),
        edit(status="tentative"),
    ]
)


@examples(150)
@given(st.lists(st.one_of(states, acts, st.just("drop")), max_size=8), states)
def test_the_last_state_stands_once_and_guests_read_nothing_private(steps: list[Any], last: Appointment) -> None:
    async def story() -> None:
        world = World()
        world.vendor.events.meets_after = 0
        google, sequence = world.connect(), 0
        async with world.http:
            for step in steps:
                if isinstance(step, Appointment):
                    await google.appointments.put(replace(step, sequence=sequence))
                    sequence += 1
                elif step == "drop":
                    await google.appointments.drop(ANNA, "check-g1")
                else:
                    step(world)
                check_guests(world)
            made = await google.appointments.put(replace(last, sequence=sequence))
            again = await google.appointments.put(replace(last, sequence=sequence))
            check_guests(world)
            check_standing(world, replace(last, sequence=sequence))
            assert (made.slot, made.standing, made.certain) == (last.slot, last.standing, True)
            assert (again.id, again.version) == (made.id, made.version)
            assert await google.appointments.get(ANNA, "check-g1") == again
        assert world.vendor.faults == []

    anyio.run(story)


def check_guests(world: World) -> None:
    """No guest of ours is written to with the private text, or stands in an event that has it. Ben the owner showed it to."""
    assert PRIVATE not in json.dumps([seen for to, seen in world.vendor.events.mailed if to != BEN])
    for event in own(world):
        people = {one["email"] for one in event.get("attendees", [])}
        if people & {ADA.email, CHARLES.email}:
            assert PRIVATE not in json.dumps(world.vendor.events.seen_by_guests(event))


def check_standing(world: World, last: Appointment) -> None:
    (event,) = [one for one in own(world) if one["status"] != "cancelled"]
    assert private(event)[KEY] == last.key
    people = {one["email"] for one in event.get("attendees", [])} - {BEN}
    wanted = {guest.email for guest in last.guests} if last.invites is Invites.VENDOR else set[str]()
    assert people == wanted
    if people or BEN in {one["email"] for one in event.get("attendees", [])}:
        assert PRIVATE not in event["description"]


async def test_two_workers_and_an_owner_at_one_event_end_in_the_newest_state(
    world: World, google: GoogleConnector
) -> None:
    await google.appointments.put(appointment(ANNA))

    async def until_done(sequence: int) -> None:
        for _ in range(5):
            try:
                await google.appointments.put(appointment(ANNA, sequence=sequence, slot=at(9 + sequence)))
            except Retryable:
                continue
            return

    async with anyio.create_task_group() as group:
        for sequence in (3, 1, 2):
            group.start_soon(until_done, sequence)
        edit(location="Room 4")(world)
    (event,) = own(world)
    assert event["start"]["dateTime"] == at(12).utc().start.isoformat()
