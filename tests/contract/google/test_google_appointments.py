"""Appointments in Google Calendar: ids that stay reserved, guests, texts, and what owners do to events."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.google.world import ANNA, BEN, World
from pointsman_google import GoogleConnector
from pointsman_google.ids import event_id
from pointsman_sdk import (
    Appointment,
    Contact,
    GuestsRefused,
    Invites,
    PlaceGone,
    Rejected,
    Retryable,
    Scope,
    Slot,
    Standing,
)
from pointsman_sdk.testing.samples import ADA, PRIVATE, SHARED, SPRING, appointment, at

pytestmark = pytest.mark.anyio
NAME = event_id(ANNA, "check-g1")
WEEK = Slot(SPRING, SPRING + timedelta(days=7))


def event(world: World, name: str = NAME) -> Mapping[str, Any]:
    return world.vendor.calendar(ANNA).events[name]


def silent(**values: Any) -> Appointment:
    return replace(appointment(ANNA), **values)


def invited(**values: Any) -> Appointment:
    return replace(appointment(ANNA, invites=Invites.VENDOR), **values)


# -- ids


async def test_an_event_that_its_owner_deleted_is_made_anew_under_its_id(world: World, google: GoogleConnector) -> None:
    made = await google.appointments.put(silent())
    world.vendor.erase(ANNA, NAME)
    assert await google.appointments.get(ANNA, "check-g1") is None
    again = await google.appointments.put(silent())
    assert (again.id, event(world)["status"], again.slot) == (made.id, "confirmed", made.slot)
    assert await google.appointments.ours(ANNA, WEEK) == [again]


async def test_an_event_of_which_google_keeps_no_more_than_the_id_is_made_anew(
    world: World, google: GoogleConnector
) -> None:
    world.vendor.calendar(ANNA).bare = True
    await google.appointments.put(silent())
    await google.appointments.drop(ANNA, "check-g1")
    assert set(event(world)) >= {"id", "status"}
    assert "start" not in event(world)
    made = await google.appointments.put(silent(sequence=3))
    assert (made.slot, made.sequence) == (at(9), 3)


@pytest.mark.parametrize("sequence", [0, 2])
async def test_an_id_that_is_reserved_for_good_gives_way_to_the_next(
    world: World, google: GoogleConnector, sequence: int
) -> None:
    await google.appointments.put(silent())
    await google.appointments.drop(ANNA, "check-g1")
    world.vendor.events.purge(world.vendor.calendar(ANNA), NAME)
    made = await google.appointments.put(silent(sequence=sequence))
    assert made.id == event_id(ANNA, "check-g1", 1)
    assert await google.appointments.put(silent(sequence=sequence)) == made
    assert await google.appointments.get(ANNA, "check-g1") == made
    assert await google.appointments.ours(ANNA, WEEK) == [made]
    moved = await google.appointments.put(silent(sequence=sequence + 1, slot=at(11)))
    assert (moved.id, moved.slot) == (made.id, at(11))
    await google.appointments.drop(ANNA, "check-g1")
    assert await google.appointments.ours(ANNA, WEEK) == []


async def test_a_second_drop_meets_a_410_and_is_fine(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent())
    for _ in range(2):
        await google.appointments.drop(ANNA, "check-g1")
    assert event(world)["status"] == "cancelled"


async def test_one_key_has_another_id_in_each_calendar(google: GoogleConnector) -> None:
    first = await google.appointments.put(silent())
    second = await google.appointments.put(silent(place=BEN))
    assert first.id != second.id


async def test_a_calendar_that_may_be_read_alone_is_no_place(world: World, google: GoogleConnector) -> None:
    world.vendor.calendar(BEN).roles[ANNA] = "reader"
    with pytest.raises(PlaceGone):
        await google.appointments.put(silent(place=BEN))
    assert await google.appointments.get(BEN, "check-g1") is None


@pytest.mark.parametrize("place", ["", ".", "..", "x" * 2_000])
async def test_what_is_no_calendars_name_is_refused(google: GoogleConnector, place: str) -> None:
    with pytest.raises(PlaceGone):
        await google.appointments.get(place, "check-g1")


# -- guests


@pytest.mark.parametrize("invites", [Invites.HOST, Invites.NOBODY])
async def test_guests_stand_there_only_where_google_invites_them(
    world: World, google: GoogleConnector, invites: Invites
) -> None:
    await google.appointments.put(silent(invites=invites))
    assert "attendees" not in event(world)
    assert PRIVATE in event(world)["description"]
    assert world.vendor.events.mailed == []


async def test_google_writes_to_the_guests_once_for_each_change_that_they_see(
    world: World, google: GoogleConnector
) -> None:
    mailed = world.vendor.events.mailed
    for state in (invited(), invited(), invited(sequence=1), invited(sequence=2, slot=at(14)), invited(sequence=2)):
        await google.appointments.put(state)
    await google.appointments.drop(ANNA, "check-g1")
    assert [(to, seen["status"], seen["start"]["dateTime"][11:16]) for to, seen in mailed] == [
        (ADA.email, "confirmed", "07:00"),
        (ADA.email, "confirmed", "12:00"),
        (ADA.email, "confirmed", "07:00"),
        (ADA.email, "cancelled", "07:00"),
    ]


async def test_the_private_text_is_gone_before_a_guest_comes(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent())
    world.vendor.edit(ANNA, NAME, description=f"Mine: {PRIVATE}")
    await google.appointments.put(invited(sequence=1))
    assert (event(world)["description"], [one["email"] for one in event(world)["attendees"]]) == (SHARED, [ADA.email])
    assert [PRIVATE in str(seen) for _, seen in world.vendor.events.mailed] == [False]


async def test_a_colleague_whom_the_owner_adds_stays_and_reads_nothing_private_after_the_next_change(
    world: World, google: GoogleConnector
) -> None:
    await google.appointments.put(silent())
    world.vendor.edit(ANNA, NAME, attendees=[{"email": BEN, "responseStatus": "accepted"}])
    await google.appointments.put(silent(sequence=1, slot=at(10)))
    assert event(world)["attendees"] == [{"email": BEN, "responseStatus": "accepted"}]
    assert event(world)["description"] == SHARED


async def test_a_guest_in_place_of_another_leaves_the_others_and_their_answers(
    world: World, google: GoogleConnector
) -> None:
    await google.appointments.put(invited())
    others = [{"email": BEN, "displayName": "Ben", "self": False, "responseStatus": "tentative"}]
    world.vendor.edit(ANNA, NAME, attendees=[*event(world)["attendees"], *others])
    charles = Contact(email="charles@example.com", name="Charles")
    await google.appointments.put(invited(sequence=1, guests=(charles,)))
    assert [(one["email"], one.get("responseStatus")) for one in event(world)["attendees"]] == [
        (BEN, "tentative"),
        (charles.email, None),
    ]
    await google.appointments.put(silent(sequence=2, invites=Invites.HOST))
    assert [one["email"] for one in event(world)["attendees"]] == [BEN]


async def test_a_guest_who_is_taken_out_is_told(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(invited())
    await google.appointments.put(invited(sequence=1, guests=()))
    assert [(to, seen.get("attendees")) for to, seen in world.vendor.events.mailed][1:] == [(ADA.email, [])]
    assert PRIVATE not in str(world.vendor.events.mailed), "nor do they read what is private now"


@pytest.mark.parametrize("first", [100, 101, 250])
async def test_of_many_guests_only_those_who_are_still_asked_stay(
    world: World, google: GoogleConnector, first: int
) -> None:
    crowd = tuple(Contact(email=f"guest-{one}@example.com", name=f"Guest {one}") for one in range(first))
    await google.appointments.put(invited(guests=crowd))
    theirs = {"email": BEN, "responseStatus": "accepted"}
    world.vendor.edit(ANNA, NAME, attendees=[theirs, *event(world)["attendees"]])
    await google.appointments.put(invited(sequence=1, guests=crowd[-2:]))
    assert [one["email"] for one in event(world)["attendees"]] == [BEN, *(one.email for one in crowd[-2:])]
    left = [name for name in event(world)["extendedProperties"]["private"] if name.startswith("pointsman_guests")]
    assert left == ["pointsman_guests"], "no mark of who is no guest any more"
    await google.appointments.put(silent(sequence=2))
    assert [one["email"] for one in event(world)["attendees"]] == [BEN]


# -- what owners do


async def test_the_owners_words_and_place_stay(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent(meeting="https://meet.example/1"))
    world.vendor.edit(ANNA, NAME, summary="Ada, at last", location="Room 4", colorId="5")
    moved = await google.appointments.put(
        silent(sequence=1, slot=at(10), title="Other", meeting="https://meet.example/2")
    )
    there = event(world)
    assert (there["summary"], there["location"], there["colorId"]) == ("Ada, at last", "Room 4", "5")
    assert (moved.slot, moved.title, moved.join_url) == (at(10), "Ada, at last", None)


async def test_words_that_google_tidied_up_are_still_ours(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent(shared="One\n\nTwo  &  three"))
    world.vendor.edit(ANNA, NAME, description=event(world)["description"].replace("\n", " ").replace("&amp;", "&"))
    await google.appointments.put(silent(sequence=1, title="New title", shared="Four"))
    assert (event(world)["summary"], event(world)["description"]) == ("New title", f"Four\n\n{PRIVATE}")


async def test_a_whole_day_that_its_owner_made_of_it_is_not_certain(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent())
    whole = {"date": "2031-03-31", "dateTime": None}
    world.vendor.edit(ANNA, NAME, start=whole, end={**whole, "date": "2031-04-01"})
    found = await google.appointments.get(ANNA, "check-g1")
    assert found is not None
    assert not found.certain
    again = await google.appointments.put(silent())
    assert (again.certain, again.slot) == (True, at(9))
    assert "date" not in event(world)["start"]


async def test_an_owner_who_declines_calls_it_off(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent())
    world.vendor.edit(ANNA, NAME, attendees=[{"email": ANNA, "self": True, "responseStatus": "declined"}])
    found = await google.appointments.get(ANNA, "check-g1")
    assert found is not None
    assert found.standing is Standing.CANCELLED


async def test_a_copy_that_its_owner_made_is_not_ours(world: World, google: GoogleConnector) -> None:
    made = await google.appointments.put(silent())
    copy = {name: event(world)[name] for name in ("summary", "start", "end", "extendedProperties")}
    world.vendor.events.insert(world.vendor.calendar(ANNA), copy)
    assert await google.appointments.ours(ANNA, WEEK) == [made]


async def test_an_event_that_vanishes_between_reading_and_writing_is_made_anew(
    world: World, google: GoogleConnector
) -> None:
    await google.appointments.put(silent())
    world.wire.before_write(lambda: world.vendor.events.purge(world.vendor.calendar(ANNA), NAME))
    made = await google.appointments.put(silent(sequence=1, slot=at(10)))
    assert (made.slot, await google.appointments.ours(ANNA, WEEK)) == (at(10), [made])


# -- texts


async def test_strangers_markup_is_shown_and_not_obeyed(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent(shared='<a href="https://evil.example">win</a> & more', private=""))
    assert event(world)["description"] == '&lt;a href="https://evil.example"&gt;win&lt;/a&gt; &amp; more'


async def test_long_texts_are_cut(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent(title="t" * 5_000, shared="s" * 50_000, private=""))
    assert (len(event(world)["summary"]), len(event(world)["description"])) == (1_000, 8_000)
    await google.appointments.put(silent(sequence=1, shared="<" * 9_000, private=""))
    assert event(world)["description"] == "&lt;" * 2_000


async def test_a_part_of_a_second_is_no_change(world: World, google: GoogleConnector) -> None:
    exact = Slot(at(9).start + timedelta(microseconds=5), at(9).end)
    made = await google.appointments.put(silent(slot=exact))
    assert await google.appointments.put(silent(slot=exact)) == made


async def test_a_place_of_the_owners_is_no_link_of_ours(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent(meeting="https://meet.example/1"))
    world.vendor.edit(ANNA, NAME, location="https://maps.example/office")
    found = await google.appointments.get(ANNA, "check-g1")
    assert found is not None
    assert found.join_url is None


async def test_times_are_written_in_utc(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent(slot=at(9)))
    wanted = datetime(2031, 3, 30, 7, tzinfo=UTC).isoformat()
    assert event(world)["start"] == {"dateTime": wanted}


# -- an answer that says nothing


async def test_another_event_under_our_id_is_left_alone(world: World, google: GoogleConnector) -> None:
    world.vendor.block(ANNA, at(9), id=NAME, extendedProperties={"private": {"pointsman_key": "another"}})
    with pytest.raises(Rejected):
        await google.appointments.put(silent())
    assert event(world)["summary"] == "Private"


async def test_an_owners_own_title_leaves_nothing_private_in_a_text_that_a_colleague_reads(
    world: World, google: GoogleConnector
) -> None:
    await google.appointments.put(silent())
    world.vendor.edit(ANNA, NAME, summary="Ada, at last", attendees=[{"email": BEN}])
    await google.appointments.put(silent(sequence=1))
    assert (event(world)["summary"], event(world)["description"]) == ("Ada, at last", SHARED)
    world.vendor.edit(ANNA, NAME, description="Bring the contract")
    await google.appointments.put(silent(sequence=2, shared="Other"))
    assert event(world)["description"] == "Bring the contract"


async def test_an_id_in_place_of_a_reserved_one_is_used_again(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(silent())
    await google.appointments.drop(ANNA, "check-g1")
    world.vendor.events.purge(world.vendor.calendar(ANNA), NAME)
    for sequence in range(1, 7):
        made = await google.appointments.put(silent(sequence=sequence))
        assert made.id == event_id(ANNA, "check-g1", 1)
        await google.appointments.drop(ANNA, "check-g1")


async def test_an_attendee_without_an_address_stands_in_no_change_s_way(world: World, google: GoogleConnector) -> None:
    asked = appointment(ANNA, invites=Invites.VENDOR)
    await google.appointments.put(asked)
    world.vendor.calendar(ANNA).events[NAME]["attendees"].append(
        {"displayName": "Room 4", "responseStatus": "accepted"}
    )
    await google.appointments.put(replace(asked, sequence=1, slot=at(11)))
    await google.appointments.put(replace(asked, sequence=2, slot=at(11), guests=()))
    assert event(world)["attendees"] == []


@pytest.mark.parametrize("left", [None, {"private": {"X-MOZ-LASTACK": "2031-01-15"}}])
@pytest.mark.parametrize("invites", [Invites.HOST, Invites.VENDOR])
async def test_an_event_that_lost_our_properties_is_found_by_its_id_and_changed(
    world: World, google: GoogleConnector, left: dict[str, Any] | None, invites: Invites
) -> None:
    """As a program did that wrote events whole (kewisch/gdata-provider#747)."""
    asked = appointment(ANNA, invites=invites)
    made = await google.appointments.put(asked)
    world.vendor.edit(ANNA, NAME, extendedProperties=None)
    world.vendor.edit(ANNA, NAME, extendedProperties=left)
    found = await google.appointments.get(ANNA, asked.key)
    assert found is not None
    assert (found.key, found.slot, found.sequence) == (asked.key, made.slot, None)
    moved = await google.appointments.put(replace(asked, sequence=1, slot=at(11), invites=Invites.VENDOR))
    assert (moved.slot, moved.sequence) == (at(11), 1)
    assert [one.key for one in await google.appointments.ours(ANNA, WEEK)] == [asked.key]
    assert [one["email"] for one in event(world)["attendees"]] == [ADA.email]
    assert PRIVATE not in str(world.vendor.events.mailed)
    await google.appointments.drop(ANNA, asked.key)
    assert await google.appointments.ours(ANNA, WEEK) == []


async def test_a_text_that_quotes_googles_own_block_stays_whole_and_ours(world: World, google: GoogleConnector) -> None:
    edge = "-::~:~::~:~:~:~:~:~:~:~:~:~:~:~:~:~::~:~::-"
    await google.appointments.put(silent(private=f"Evidence: {edge} budget 50,000 {edge} of May"))
    assert "budget 50,000" in event(world)["description"]
    await google.appointments.put(silent(sequence=1, shared="Other words"))
    assert "Other words" in event(world)["description"]


async def test_an_event_beyond_the_limits_of_use_stands_without_its_guests_until_they_are_over(
    world: World, google: GoogleConnector
) -> None:
    world.vendor.calendar(ANNA).invites = False
    asked = replace(appointment(ANNA), invites=Invites.VENDOR)
    with pytest.raises(GuestsRefused) as caught:
        await google.appointments.put(asked)
    assert (caught.value.scope, caught.value.retry_after) == (Scope.CALL, timedelta(minutes=1))
    made = await google.appointments.put(replace(asked, invites=Invites.HOST))
    (event,) = world.vendor.calendar(ANNA).events.values()
    assert (made.slot, event.get("attendees", []), world.vendor.events.mailed) == (asked.slot, [], [])
    world.vendor.calendar(ANNA).invites = True
    await google.appointments.put(replace(asked, sequence=1))
    assert [to for to, _ in world.vendor.events.mailed] == [asked.guests[0].email]


async def test_a_limit_of_use_without_guests_keeps_that_write_waiting_alone(
    world: World, google: GoogleConnector
) -> None:
    world.vendor.throttles, world.vendor.throttles_by = 1, "quotaExceeded"
    with pytest.raises(Retryable) as caught:
        await google.appointments.put(replace(appointment(ANNA), guests=()))
    assert (type(caught.value) is GuestsRefused, caught.value.scope) == (False, Scope.CALL)
