"""Meetings in events: Meet makes one after it has answered, and the host's own link stands where everybody looks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from contract.google.world import ANNA, World
from pointsman_google import GoogleConnector
from pointsman_google.ids import event_id
from pointsman_sdk import CREATE_MEETING, Appointment, Rejected
from pointsman_sdk.testing import appointment

pytestmark = pytest.mark.anyio
NAME = event_id(ANNA, "check-g1")


def wanted(meeting: str | None, sequence: int = 0) -> Appointment:
    return replace(appointment(ANNA, sequence=sequence), meeting=meeting)


def event(world: World) -> Mapping[str, Any]:
    return world.vendor.calendar(ANNA).events[NAME]


async def test_a_link_that_is_pending_comes_with_a_short_look(world: World, google: GoogleConnector) -> None:
    made = await google.appointments.put(wanted(CREATE_MEETING))
    assert made.join_url is not None
    assert made.join_url.startswith("https://meet.google.com/")
    assert (await google.appointments.put(wanted(CREATE_MEETING))).join_url == made.join_url
    assert len([one for one in world.wire.seen if one.method in ("POST", "PATCH")]) == 2, "asks for one meeting"


async def test_a_link_that_takes_longer_comes_with_a_later_reading(world: World, google: GoogleConnector) -> None:
    world.vendor.events.meets_after = 5
    made = await google.appointments.put(wanted(CREATE_MEETING))
    assert made.join_url is None
    for _ in range(2):
        found = await google.appointments.get(ANNA, "check-g1")
        assert found is not None
    assert found.join_url is not None


async def test_a_look_that_fails_leaves_what_was_done(world: World, google: GoogleConnector) -> None:
    world.wire.answer(500, skip=1, times=9)
    made = await google.appointments.put(wanted(CREATE_MEETING))
    assert (made.id, made.join_url) == (NAME, None)


async def test_a_meeting_that_google_cannot_make_is_asked_for_again_by_a_newer_state(
    world: World, google: GoogleConnector
) -> None:
    world.vendor.events.meeting_fails = True
    for _ in range(2):
        assert (await google.appointments.put(wanted(CREATE_MEETING))).join_url is None
    world.vendor.events.meeting_fails = False
    assert (await google.appointments.put(wanted(CREATE_MEETING, 1))).join_url is not None


async def test_a_calendar_without_meetings_refuses_one(world: World, google: GoogleConnector) -> None:
    world.vendor.calendar(ANNA).meets = False
    with pytest.raises(Rejected):
        await google.appointments.put(wanted(CREATE_MEETING))
    assert (await google.appointments.put(wanted(None))).join_url is None


async def test_our_meeting_goes_with_the_wish_for_it_and_the_owners_stays(
    world: World, google: GoogleConnector
) -> None:
    await google.appointments.put(wanted(CREATE_MEETING))
    link = "https://meet.example/room"
    changed = await google.appointments.put(wanted(link, 1))
    assert (changed.join_url, event(world)["location"]) == (link, link)
    assert "conferenceData" not in event(world)
    own = {"conferenceId": "abc", "entryPoints": [{"entryPointType": "video", "uri": "https://own.example/1"}]}
    world.vendor.edit(ANNA, NAME, conferenceData=own)
    assert (await google.appointments.put(wanted(None, 2))).join_url == "https://own.example/1"
    assert event(world)["location"] == ""
    assert (await google.appointments.put(wanted(CREATE_MEETING, 3))).join_url == "https://own.example/1"
