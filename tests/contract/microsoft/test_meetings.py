"""Meetings of Teams: their link comes back, and what Teams wrote into the event stays there."""

from dataclasses import replace

import pytest

from contract.microsoft.world import ANNA, world
from pointsman_sdk import CREATE_MEETING, Invites, Rejected
from pointsman_sdk.testing import appointment, at

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("invites", [Invites.HOST, Invites.VENDOR])
async def test_a_meeting_keeps_its_link_through_every_change(invites: Invites) -> None:
    async with world() as here:
        asked = appointment(ANNA, meeting=CREATE_MEETING, invites=invites)
        made = await here.connector.appointments.put(asked)
        assert (made.join_url or "").startswith("https://teams.microsoft.com/l/meetup-join/")
        for sequence, act in enumerate(
            (replace(asked, slot=at(11)), replace(asked, shared="Other words <b>"), asked), 1
        ):
            record = await here.connector.appointments.put(replace(act, sequence=sequence))
            assert record.join_url == made.join_url
            (event,) = here.events()
            assert event["onlineMeeting"] == {"joinUrl": made.join_url}
            assert made.join_url in event["body"]["content"]
        assert await here.connector.appointments.get(ANNA, asked.key) == record


async def test_new_words_stand_above_the_part_of_teams_as_text() -> None:
    async with world() as here:
        asked = appointment(ANNA, meeting=CREATE_MEETING)
        await here.connector.appointments.put(asked)
        await here.connector.appointments.put(replace(asked, sequence=1, shared="Now <b>this</b>", private=""))
        (event,) = here.events()
        assert "Now &lt;b&gt;this&lt;/b&gt;" in event["body"]["content"]
        assert "What the buyer" not in event["body"]["content"]


async def test_where_the_part_of_teams_cannot_be_told_the_text_stays() -> None:
    async with world() as here:
        asked = appointment(ANNA, meeting=CREATE_MEETING)
        made = await here.connector.appointments.put(asked)
        (event,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        event.fields["body"]["content"] = event.fields["body"]["content"].replace("<div", "<p").replace("_" * 60, "")
        again = await here.connector.appointments.put(replace(asked, sequence=1, slot=at(11), shared="Other words"))
        assert (again.join_url, again.slot) == (made.join_url, at(11))


@pytest.mark.parametrize("is_there", [False, True])
async def test_a_mailbox_without_teams_says_so_at_once_and_has_the_event_without(*, is_there: bool) -> None:
    async with world() as here:
        here.vendor.directory.mailbox(ANNA).teams = False
        if is_there:
            await here.connector.appointments.put(appointment(ANNA))
        asked = appointment(ANNA, sequence=1, slot=at(11), meeting=CREATE_MEETING)
        with pytest.raises(Rejected, match="with Teams"):
            await here.connector.appointments.put(asked)
        without = await here.connector.appointments.put(replace(asked, meeting=None))
        assert (without.join_url, without.slot) == (None, at(11))
        assert len(here.events()) == 1


async def test_a_meeting_that_is_being_made_is_no_refusal() -> None:
    async with world() as here:
        here.vendor.directory.mailbox(ANNA).meets_late = True
        made = await here.connector.appointments.put(appointment(ANNA, meeting=CREATE_MEETING))
        assert (made.join_url, made.slot) == (None, at(9))


async def test_a_long_link_comes_back_whole_and_one_that_cannot_be_kept_is_refused() -> None:
    link = "https://meet.example/" + "x" * 470
    async with world() as here:
        made = await here.connector.appointments.put(appointment(ANNA, meeting=link))
        assert (made.join_url, await here.connector.appointments.get(ANNA, made.key)) == (link, made)
        other = await here.connector.appointments.put(appointment(ANNA, sequence=1, meeting="https://meet.example/"))
        assert (other.join_url, await here.connector.appointments.get(ANNA, made.key)) == (
            "https://meet.example/",
            other,
        )
        with pytest.raises(Rejected, match="500"):
            await here.connector.appointments.put(appointment(ANNA, key="other", meeting=link + "x" * 10))


async def test_the_host_s_own_link_stands_in_the_place_and_in_the_text() -> None:
    link, other = "https://meet.example/room-1", "https://meet.example/room-2"
    async with world() as here:
        asked = appointment(ANNA, meeting=link)
        for sequence, meeting in enumerate((link, other)):
            record = await here.connector.appointments.put(replace(asked, sequence=sequence, meeting=meeting))
            (event,) = here.events()
            assert (record.join_url, event["location"]["displayName"]) == (meeting, meeting)
            assert meeting in event["body"]["content"]
        bare = await here.connector.appointments.put(replace(asked, sequence=2, meeting=None))
        assert (bare.join_url, here.events()[0]["location"]["displayName"]) == (None, "")
        await here.connector.appointments.put(replace(asked, sequence=3, meeting=other))
        here.vendor.directory.edit(ANNA, event["id"], location={"displayName": "Room 4"})
        record = await here.connector.appointments.put(replace(asked, sequence=4, meeting=link, slot=at(11)))
        assert (record.join_url, here.events()[0]["location"]["displayName"]) == (link, "Room 4")
