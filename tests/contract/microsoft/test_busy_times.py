"""Busy times: twenty mailboxes in one question, each error by itself, and the events where a schedule does not tell enough."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract.microsoft.world import ANNA, World, utc, world
from pointsman_microsoft.graph.places import Place, subject_in
from pointsman_microsoft.graph.times import instant, zone_named
from pointsman_sdk import BusyTimes, CalendarRef, Capability, Retryable, Scope, Slot, Unreadable
from pointsman_sdk.testing import at
from pointsman_sdk.testing.busytimes import DAY
from pointsman_sdk.testing.samples import AUTUMN

pytestmark = pytest.mark.anyio
BERT = "bert@example.com"
BOTH = [(ANNA,), (BERT, ANNA)]  # the last one by its events, and by its schedule
by_events_and_by_schedule = pytest.mark.parametrize("places", BOTH, ids=["by events", "by schedule"])


def questions(here: World) -> int:
    return len([one for one in here.seen if "/oauth2/" not in one.url.path])


async def test_five_hundred_mailboxes_are_read_by_twenty_five_questions() -> None:
    async with world(app=True) as here:
        places = [f"rep{number}@example.com" for number in range(500)]
        for number, place in enumerate(places):
            here.vendor.directory.mailbox(place)
            here.vendor.directory.block(place, at(8 + number % 8))
        size = here.connector.manifest.limits.busy_batch
        for first in range(0, 500, size):
            found = await here.read(*places[first : first + size], window=DAY)
            slots = [one.times[0].slot for one in found if isinstance(one, BusyTimes)]
            assert slots == [at(8 + number % 8) for number in range(first, first + size)]
        assert questions(here) == 25


async def test_a_calendar_that_is_asked_for_alone_is_read_by_its_events_and_others_by_their_schedules() -> None:
    async with world(app=True) as here:
        (alone,) = await here.read(ANNA, window=DAY)
        together = await here.read(ANNA, BERT, window=DAY)
        assert [one.keyed for one in (alone, *together) if isinstance(one, BusyTimes)] == [True, False, False]
        assert questions(here) == 2


async def test_calendars_beside_the_default_one_are_read_by_their_events() -> None:
    async with world(app=True) as here:
        other = here.vendor.directory.add_calendar(ANNA, "Other")
        here.vendor.directory.block(other, at(10))
        first, second, third = await here.read(ANNA, other, BERT, window=DAY)
        assert isinstance(second, BusyTimes)
        assert [one.slot for one in second.times] == [at(10)]
        assert [one.times for one in (first, third) if isinstance(one, BusyTimes)] == [[], []]
        assert questions(here) == 2


@pytest.mark.parametrize(
    ("fault", "lasting"),
    [
        ((404, "MailboxNotEnabledForRESTAPI"), True),
        ((403, "ErrorAccessDenied"), True),
        ((503, "ErrorMailboxMoveInProgress"), False),
    ],
)
async def test_a_mailbox_with_an_error_under_200_is_unreadable_and_the_others_are_read(
    fault: tuple[int, str], *, lasting: bool
) -> None:
    async with world(app=True, mailbox=BERT) as here:
        here.vendor.directory.mailbox(ANNA).fault = fault
        first, second = await here.read(ANNA, BERT, window=DAY)
        assert isinstance(first, Unreadable)
        assert first.lasting is lasting
        assert isinstance(second, BusyTimes)
        assert questions(here) == 1


async def test_a_mailbox_that_cannot_be_asked_over_is_unreadable_and_the_question_is_asked_over_another() -> None:
    async with world(app=True) as here:
        here.vendor.scope = {BERT}
        first, second, third = await here.read(ANNA, BERT, "carl@example.com", window=DAY)
        assert [isinstance(one, Unreadable) and one.lasting for one in (first, second, third)] == [True, False, True]


async def test_a_schedule_that_hides_when_it_is_busy_is_unreadable() -> None:
    async with world(app=True) as here:
        here.vendor.schedules.merged_only = {ANNA}
        assert isinstance((await here.read(ANNA, BERT, window=DAY))[0], BusyTimes)
        here.vendor.directory.block(ANNA, at(10))
        assert isinstance((await here.read(ANNA, BERT, window=DAY))[0], Unreadable)


async def test_a_mailbox_with_more_than_a_thousand_entries_is_read_by_its_events() -> None:
    async with world(app=True) as here:
        for minute in range(1_001):
            start = DAY.utc().start + timedelta(minutes=minute)
            here.vendor.directory.block(ANNA, Slot(start, start + timedelta(minutes=1)))
        assert len(await here.slots(BERT, ANNA, window=DAY)) == 1_001


@by_events_and_by_schedule
async def test_a_window_of_half_a_year_is_read_whole(places: Sequence[str]) -> None:
    async with world(app=True) as here:
        days = [utc(2031, month, 1, 9) for month in range(2, 8)]
        long = Slot(utc(2031, 3, 20, 9).start, utc(2031, 4, 20, 9).start)
        for slot in (*days, long):
            here.vendor.directory.block(ANNA, slot)
        window = Slot(datetime(2031, 1, 20, tzinfo=UTC), datetime(2031, 7, 20, tzinfo=UTC))
        assert set(await here.slots(*places, window=window)) == {*days, long}
        assert len(here.asked("POST", "/getSchedule")) == (3 if len(places) == 2 else 0)


@by_events_and_by_schedule
@pytest.mark.parametrize("length", [timedelta(seconds=90), timedelta(minutes=30), timedelta(days=62, minutes=1)])
async def test_a_window_of_any_length_is_asked_about_as_graph_takes_it(
    places: Sequence[str], length: timedelta
) -> None:
    async with world(app=True) as here:
        inside, after = (
            Slot(DAY.utc().start + one, DAY.utc().start + one + length / 9) for one in (length / 3, length)
        )
        for slot in (inside, after):
            here.vendor.directory.block(ANNA, slot)
        (found,) = await here.slots(*places, window=Slot(DAY.utc().start, DAY.utc().start + length))
        assert abs(found.start - inside.start) < timedelta(seconds=2)


@by_events_and_by_schedule
@pytest.mark.parametrize("blocks", [False, True])
async def test_working_elsewhere_is_free_unless_the_connection_says_otherwise(
    places: Sequence[str], *, blocks: bool
) -> None:
    async with world(app=True, working_elsewhere_blocks=blocks) as here:
        shown = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown")
        for hour, one in enumerate(shown, 8):
            here.vendor.directory.block(ANNA, at(hour), showAs=one)
        wanted = [at(9), at(10), at(11), *([at(12)] if blocks else []), at(13)]
        assert await here.slots(*places, window=DAY) == wanted


@by_events_and_by_schedule
async def test_both_hours_of_the_night_in_which_clocks_go_back_are_told_apart(places: Sequence[str]) -> None:
    async with world(app=True) as here:
        first = at(2, 30, day=AUTUMN)
        second = Slot(*(one + timedelta(hours=1) for one in (first.utc().start, first.utc().end)))
        night = Slot(AUTUMN, AUTUMN + timedelta(days=1))
        for slot in (first, second):
            here.vendor.directory.block(ANNA, slot)
        assert await here.slots(*places, window=night) == [first, second]


@pytest.mark.parametrize(("zone", "start", "end"), [("Pacific/Auckland", 11, 11), ("America/Los_Angeles", 7, 7)])
async def test_a_whole_day_is_its_owner_s_however_far_away(zone: str, start: int, end: int) -> None:
    async with world() as here:
        here.vendor.directory.block(ANNA, DAY, days=(date(2031, 3, 30), date(2031, 3, 30)))
        window = Slot(datetime(2031, 3, 28, tzinfo=UTC), datetime(2031, 4, 2, tzinfo=UTC))
        (found,) = await here.slots(ANNA, window=window, zone=zone)
        assert (found.utc().start.hour, found.utc().end.hour) == (start, end)
        assert found.length == timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("UTC", 9),
        ("tzone://Microsoft/Utc", 9),
        ("W. Europe Standard Time", 7),
        ("w. europe standard time", 7),
        ("Europe/Berlin", 7),
        ("Pacific Standard Time", 16),
        ("India Standard Time", 3),
    ],
)
def test_a_wall_clock_is_read_in_the_zone_that_stands_beside_it(name: str, hour: int) -> None:
    found = instant({"dateTime": "2031-03-30T09:00:00.0000000", "timeZone": name})
    assert (found.hour, found.tzinfo) == (hour, UTC)


@pytest.mark.parametrize("name", ["Customized Time Zone", "", "../../etc/passwd", "Berlin"])
def test_a_zone_that_is_not_known_is_never_utc(name: str) -> None:
    assert zone_named(name) is None
    with pytest.raises(ValueError, match="zone"):
        instant({"dateTime": "2031-03-30T09:00:00.0000000", "timeZone": name})


async def test_an_event_in_an_unknown_zone_makes_its_calendar_unreadable() -> None:
    async with world() as here:
        here.vendor.directory.block(ANNA, at(9))
        inner = here.vendor.transport

        def other_zone(request: Any) -> Any:
            answer = inner.handler(request)
            return type(answer)(200, content=answer.content.replace(b'"UTC"', b'"Customized Time Zone"'))

        here.answer = other_zone
        (found,) = await here.read(ANNA, window=DAY)
        assert isinstance(found, Unreadable)
        assert found.lasting


async def test_a_moment_is_not_nothing() -> None:
    async with world() as here:
        asked = [CalendarRef(id=ANNA, zone="Europe/Berlin")]
        here.vendor.directory.block(ANNA, Slot(at(9).start, at(9).start + timedelta(minutes=1)))
        found = (await here.connector.busy.read(asked, DAY))[ANNA]
        assert isinstance(found, BusyTimes)
        assert len(found.times) == 1


def throttles(*places: str) -> Callable[[httpx.Request], httpx.Response | None]:
    """Graph answers 429 for these mailboxes."""
    said = {"error": {"code": "ApplicationThrottled", "message": "x"}}

    def answer(request: httpx.Request) -> httpx.Response | None:
        if any(f"/users/{place}/" in request.url.path for place in places):
            return httpx.Response(429, headers={"Retry-After": "9"}, json=said)
        return None

    return answer


async def test_a_mailbox_that_is_throttled_is_read_later_and_the_others_over_another_one() -> None:
    async with world(app=True) as here:
        here.answer = throttles(ANNA)
        first, second = await here.read(ANNA, BERT, window=DAY)
        assert isinstance(first, Unreadable)
        assert (first.subject, first.retry_after) == (ANNA, timedelta(seconds=9))
        assert isinstance(second, BusyTimes)
        (alone,) = await here.read(ANNA, window=DAY)
        assert isinstance(alone, Unreadable)
        assert alone.subject == ANNA


async def test_where_many_are_throttled_few_are_tried() -> None:
    async with world(app=True) as here:
        places = [f"rep{number}@example.com" for number in range(20)]
        for place in places:
            here.vendor.directory.mailbox(place)
        here.answer = throttles(*places)
        found = await here.read(*places, window=DAY)
        assert [one.subject for one in found if isinstance(one, Unreadable)] == [*places[:3], *[None] * 17]
        assert questions(here) == 3


async def test_the_mailbox_of_the_connection_that_is_throttled_is_the_subject_of_all() -> None:
    async with world(app=True, mailbox=BERT) as here:
        here.answer = throttles(BERT)
        with pytest.raises(Retryable) as caught:
            await here.read(ANNA, "rep1@example.com", window=DAY)
        assert (caught.value.scope, caught.value.subject) == (Scope.SUBJECT, BERT)
        assert here.connector.subject_of(Capability.BUSY, None) == BERT


def test_the_mailbox_is_the_subject_of_a_call_in_any_spelling() -> None:
    assert subject_in("/users/Anna@Example.com/calendar/events") == Place.of("ANNA@example.com/AQ=").subject == ANNA
    assert subject_in(Place.of(ANNA).event("1/2")) == ANNA
    assert [subject_in(path) for path in ("/users?$top=1", "/me/calendars", "/subscriptions/1")] == [None] * 3
