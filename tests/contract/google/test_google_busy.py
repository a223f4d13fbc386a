"""Busy times of Google calendars: fifty in a question, and each with errors of its own beside the status 200."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from contract.google.corpus_events import events_of
from contract.google.world import ANNA, BEN, World
from pointsman_google import GoogleConnector
from pointsman_google.connector import MANIFEST
from pointsman_sdk import BusyTimes, CalendarRef, Rejected, Slot, Unreadable
from pointsman_sdk.readers.strict_json import parse_json
from pointsman_sdk.testing.samples import SPRING, at
from support.corpus import CORPUS
from support.corpus.notation import OWNERS, WITHIN

pytestmark = pytest.mark.anyio
DAY = Slot(SPRING, SPRING + timedelta(days=1))


def ref(name: str, zone: str = "Europe/Berlin") -> CalendarRef:
    return CalendarRef(id=name, zone=zone)


async def test_five_hundred_calendars_take_ten_questions(world: World, google: GoogleConnector) -> None:
    names = [f"rep{number}@example.com" for number in range(500)]
    for name in names:
        world.vendor.block(name, at(10))
    batch = MANIFEST.limits.busy_batch
    for start in range(0, len(names), batch):
        asked = [ref(name) for name in names[start : start + batch]]
        found = await google.busy.read(asked, DAY)
        assert [one.times[0].slot for one in found.values() if isinstance(one, BusyTimes)] == [at(10)] * batch
    assert len(world.asked("freeBusy")) == 10


async def test_more_than_fifty_are_unreadable_and_not_free(world: World, google: GoogleConnector) -> None:
    names = [f"rep{number}@example.com" for number in range(51)]
    for name in names:
        world.vendor.calendar(name)
    found = await google.busy.read([ref(name) for name in names], DAY)
    assert {type(one) for one in found.values()} == {Unreadable}


async def test_each_calendar_has_its_own_errors(world: World, google: GoogleConnector) -> None:
    world.vendor.block(ANNA, at(9))
    world.vendor.broken.add(BEN)
    found = await google.busy.read([ref(ANNA), ref(BEN), ref("nobody@example.com")], DAY)
    anna, ben, nobody = (found[name] for name in (ANNA, BEN, "nobody@example.com"))
    assert isinstance(anna, BusyTimes)
    assert (len(anna.times), anna.keyed) == (1, False)
    assert isinstance(ben, Unreadable)
    assert (ben.lasting, ben.retry_after) == (False, timedelta(seconds=30))
    assert isinstance(nobody, Unreadable)
    assert nobody.lasting


async def test_a_calendar_with_errors_and_busy_times_is_unreadable(world: World, google: GoogleConnector) -> None:
    said = b'{"calendars": {"anna@example.com": {"errors": [{"reason": "odd"}], "busy": []}, "ben@example.com": {}}}'
    world.wire.say(said)
    found = await google.busy.read([ref(ANNA), ref(BEN)], DAY)
    assert {type(one) for one in found.values()} == {Unreadable}


async def test_an_answer_that_leaves_a_calendar_out_says_nothing_of_it(world: World, google: GoogleConnector) -> None:
    world.wire.say(b'{"kind": "calendar#freeBusy", "calendars": {}}')
    assert isinstance((await google.busy.read([ref(ANNA)], DAY))[ANNA], Unreadable)


@pytest.mark.parametrize("said", [b'{"kind": "calendar#freeBusy"}', b'{"calendars": []}', b"[]"])
async def test_an_answer_without_calendars_is_an_error(world: World, google: GoogleConnector, said: bytes) -> None:
    world.wire.say(said)
    with pytest.raises(Rejected):
        await google.busy.read([ref(ANNA)], DAY)


@pytest.mark.parametrize(
    "row", [{"busy": {}}, {"busy": ""}, {"busy": None}, {}, {"errors": [{"reason": []}]}, {"errors": [{"reason": {}}]}]
)
async def test_a_calendar_answered_in_another_shape_is_unreadable_and_the_others_are_read(
    world: World, google: GoogleConnector, row: dict[str, object]
) -> None:
    times = [{"start": at(9).start.isoformat(), "end": at(9).end.isoformat()}]
    said = {"kind": "calendar#freeBusy", "calendars": {ANNA: row, BEN: {"busy": times}}}
    world.answers = lambda _: httpx.Response(200, json=said)
    found = await google.busy.read([ref(ANNA), ref(BEN)], DAY)
    assert (type(found[ANNA]), type(found[BEN])) == (Unreadable, BusyTimes)


async def test_a_long_time_is_asked_for_in_parts(world: World, google: GoogleConnector) -> None:
    days = [0, 59, 60, 130, 199]
    slots = [Slot(at(10).start + timedelta(days=day), at(11).start + timedelta(days=day)) for day in days]
    for slot in slots:
        world.vendor.block(ANNA, slot)
    found = (await google.busy.read([ref(ANNA)], Slot(SPRING, SPRING + timedelta(days=200))))[ANNA]
    assert isinstance(found, BusyTimes)
    assert [time.slot for time in found.times] == slots
    assert len(world.asked("freeBusy")) == 4


@pytest.mark.parametrize(("zones", "asked"), [(["Europe/Berlin"] * 2, "Europe/Berlin"), (["Asia/Tokyo", "UTC"], "UTC")])
async def test_google_is_asked_in_the_zone_that_all_have(
    world: World, google: GoogleConnector, zones: list[str], asked: str
) -> None:
    world.vendor.block(ANNA, at(10))
    found = await google.busy.read([ref(name, zone) for name, zone in zip((ANNA, BEN), zones, strict=True)], DAY)
    assert isinstance(found[ANNA], BusyTimes)
    assert parse_json(world.asked("freeBusy")[0].content)["timeZone"] == asked


async def test_a_whole_day_is_one_of_the_calendars_own_zone(world: World, google: GoogleConnector) -> None:
    world.vendor.calendar(BEN).zone = "America/New_York"
    for name in (ANNA, BEN):
        world.vendor.block(name, at(10), start={"date": "2031-03-31"}, end={"date": "2031-04-01"})
    found = await google.busy.read([ref(ANNA), ref(BEN, "America/New_York")], Slot(SPRING, SPRING + timedelta(days=3)))
    starts = [one.times[0].slot.utc().start.hour for one in found.values() if isinstance(one, BusyTimes)]
    assert starts == [22, 4]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2031-03-30", 23),
        ("Europe/Berlin", "2031-10-26", 25),
        ("America/New_York", "2031-03-09", 23),
        ("America/New_York", "2031-11-02", 25),
        ("Australia/Lord_Howe", "2031-10-05", 23.5),
        ("Asia/Kathmandu", "2031-03-30", 24),
    ],
)
async def test_a_whole_day_lasts_as_long_as_the_clocks_say(
    world: World, google: GoogleConnector, zone: str, day: str, hours: float
) -> None:
    world.vendor.calendar(ANNA).zone = zone
    first = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    world.vendor.block(ANNA, at(10), start={"date": day}, end={"date": following})
    window = Slot(first - timedelta(days=2), first + timedelta(days=3))
    for asked_in in (zone, "UTC", "Pacific/Chatham"):
        found = (await google.busy.read([ref(ANNA, asked_in)], window))[ANNA]
        assert isinstance(found, BusyTimes)
        (time,) = found.times
        assert (time.slot.start, time.slot.length) == (first, timedelta(hours=hours))


async def test_a_weekly_event_keeps_its_wall_clock_over_the_change(world: World, google: GoogleConnector) -> None:
    wall = {"timeZone": "Europe/Berlin"}
    start = {"dateTime": "2031-03-24T09:00:00+01:00", **wall}
    end = {"dateTime": "2031-03-24T09:30:00+01:00", **wall}
    world.vendor.block(ANNA, at(9), start=start, end=end, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    found = (await google.busy.read([ref(ANNA)], Slot(SPRING - timedelta(days=9), SPRING + timedelta(days=9))))[ANNA]
    assert isinstance(found, BusyTimes)
    assert [time.slot.utc().start.hour for time in found.times] == [8, 7]


EXPRESSED = {name: events for name, one in CORPUS.items() if (events := events_of(one)) is not None}


@pytest.mark.parametrize(
    "zones", [pytest.param(OWNERS[:1], id="one"), pytest.param(OWNERS, id="all", marks=pytest.mark.deep)]
)
async def test_the_calendar_corpus_is_read_as_it_is_meant(
    world: World, google: GoogleConnector, zones: Sequence[str]
) -> None:
    """Those of its cases that Google can express: whole days, series, changed instances, answers, over all changes of clocks."""
    window = Slot(*(datetime.fromtimestamp(second, UTC) for second in WITHIN))
    for number, (name, events) in enumerate(EXPRESSED.items()):
        for zone in zones if len(zones) > 1 else (OWNERS[number % len(OWNERS)],):
            calendar = world.vendor.calendar(f"{number}-{zone.rpartition('/')[2].lower()}@example.com")
            calendar.zone = zone
            for event in events:
                world.vendor.events.insert(calendar, {**event, "status": "confirmed"})
                calendar.events[event["id"]]["status"] = event.get("status", "confirmed")
            found = (await google.busy.read([ref(calendar.id, zone)], window))[calendar.id]
            assert isinstance(found, BusyTimes), name
            spans = [(int(time.slot.start.timestamp()), int(time.slot.end.timestamp())) for time in found.times]
            wanted = [(max(start, WITHIN[0]), min(end, WITHIN[1])) for start, end in CORPUS[name].spans(zone)]
            assert spans == wanted, (name, zone)
    assert len(EXPRESSED) >= 165
