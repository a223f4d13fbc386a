"""Series that owners make of our events: where they stand, and what a put makes of one without its first time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pointsman_caldav.events import Stored, placed, written
from pointsman_caldav.objects import master, rewritten
from pointsman_caldav.reading import busy_by_events, one_event
from pointsman_sdk import Slot
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.calendar_times import iana_zone
from pointsman_sdk.readers.recurrence.occurrences import StepCount
from pointsman_sdk.readers.series import standing_instances
from pointsman_sdk.testing import NOW, appointment, at
from pointsman_sdk.testing.samples import SPRING

ASKED = appointment("/rep1/leads/")
START = at(9).utc().start
WEEK = timedelta(weeks=1)


def stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def series(*lines: str, changed: tuple[str, ...] = ()) -> bytes:
    """Ours, into which its owner's program wrote these lines; `changed` is one time of it by itself."""
    text = written(ASKED, now=NOW).decode().replace("END:VEVENT", "\r\n".join([*lines, "END:VEVENT"]))
    uid = next(line for line in text.split("\r\n") if line.startswith("UID:"))
    beside = "\r\n".join(["END:VEVENT", "BEGIN:VEVENT", uid, *changed, "END:VEVENT"]) if changed else "END:VEVENT"
    return text.replace("END:VEVENT", beside).encode()


def read(body: bytes) -> Stored:
    return Stored.of(one_event(body, zone="UTC"))


def weeks_later(number: int) -> Slot:
    slot = at(9).utc()
    return Slot(slot.start + number * WEEK, slot.end + number * WEEK)


FIRST_GONE = f"EXDATE:{stamp(START)}"
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=5"
MOVED = Slot(START + timedelta(days=1), START + timedelta(days=1, minutes=30))


def test_an_event_of_ours_by_itself_is_no_series() -> None:
    found = read(written(ASKED, now=NOW))
    assert (found.repeats, found.broken, found.cancelled) == (False, False, False)


@pytest.mark.parametrize(
    ("lines", "changed", "stands"),
    [
        ((WEEKLY,), (), weeks_later(0)),
        ((WEEKLY, "TRANSP:TRANSPARENT"), (), weeks_later(0)),
        ((WEEKLY, FIRST_GONE), (), weeks_later(1)),
        ((WEEKLY, f"EXDATE:{stamp(START)},{stamp(START + WEEK)}"), (), weeks_later(2)),
        (("RRULE:FREQ=YEARLY", FIRST_GONE), (), at(9, day=SPRING.replace(year=2032))),
        ((f"RDATE:{stamp(START + WEEK)}", FIRST_GONE), (), weeks_later(1)),
        (
            (WEEKLY,),
            (f"RECURRENCE-ID:{stamp(START)}", f"DTSTART:{stamp(MOVED.start)}", f"DTEND:{stamp(MOVED.end)}"),
            MOVED,
        ),
        (
            (WEEKLY,),
            (f"RECURRENCE-ID:{stamp(START)}", f"DTSTART:{stamp(START)}", "DURATION:PT30M", "STATUS:CANCELLED"),
            weeks_later(1),
        ),
    ],
)  # fmt: skip
def test_a_series_stands_at_the_first_of_its_times_that_is_left(
    lines: tuple[str, ...], changed: tuple[str, ...], stands: Slot
) -> None:
    found = read(series(*lines, changed=changed))
    assert (found.repeats, found.cancelled, found.slot) == (True, False, stands.utc())
    assert found.broken is (stands != at(9))
    assert found.agrees_with(ASKED) is not found.broken


def test_a_series_of_which_no_time_is_left_stands_nowhere() -> None:
    found = read(series("RRULE:FREQ=WEEKLY;COUNT=2", f"EXDATE:{stamp(START)},{stamp(START + WEEK)}"))
    assert (found.repeats, found.cancelled, found.slot) == (True, True, at(9))


def test_a_series_that_cannot_be_worked_out_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="EXRULE"):
        read(series(WEEKLY, "EXRULE:FREQ=WEEKLY;COUNT=1"))


def put(body: bytes, **values: Any) -> bytes:
    """What is written there for a newer state."""
    asked = replace(ASKED, sequence=1, **values)
    return rewritten(body, values=placed(asked, sequence=1, now=NOW), alone=read(body).broken).encode()


def test_a_state_that_is_put_again_brings_the_first_time_of_a_series_back() -> None:
    moved = (f"RECURRENCE-ID:{stamp(START + WEEK)}", f"DTSTART:{stamp(MOVED.start)}", f"DTEND:{stamp(MOVED.end)}")
    body = put(series(WEEKLY, FIRST_GONE, "X-OWN:stays", changed=moved))
    found = read(body)
    assert (found.repeats, found.slot, found.cancelled) == (False, at(9), False)
    assert b"X-OWN:stays" in body
    assert body.count(b"BEGIN:VEVENT") == 1


def test_a_series_whose_first_time_stands_is_the_owners_to_keep() -> None:
    body = put(series(WEEKLY, f"EXDATE:{stamp(START + WEEK)}"), slot=at(11))
    found = read(body)
    assert (found.repeats, found.broken, found.slot) == (True, False, at(11))
    assert WEEKLY.encode() in body


def in_berlin(body: bytes) -> bytes:
    """As its owner's program writes a series: on the clock of a zone."""
    for name, moment in (("DTSTART", at(9).start), ("DTEND", at(9).end)):
        written_so = f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}"
        body = body.replace(f"{name}:{stamp(moment)}".encode(), written_so.encode())
    return body


@pytest.mark.parametrize("hour", [9, 11])
def test_a_series_keeps_its_clock_through_the_year(hour: int) -> None:
    """Written in UTC, its later times would be an hour off once the clocks change."""
    body = put(in_berlin(series("RRULE:FREQ=WEEKLY")), slot=at(hour))
    calendar, _ = master(body)
    within = [int((START + number * WEEK).timestamp()) for number in (0, 40)]
    times = standing_instances(calendar, within=within, zone=UTC, otherwise=iana_zone, spend=StepCount())
    assert {datetime.fromtimestamp(start, at(9).start.tzinfo).hour for start, _ in times} == {hour}
    assert read(body).slot == at(hour)


def test_a_series_whose_first_time_is_put_on_another_day_is_a_single_event_again() -> None:
    """Its rule has none on that day, or none any more."""
    slot = at(9, day=SPRING + timedelta(days=30))
    found = read(put(in_berlin(series("RRULE:FREQ=WEEKLY;BYDAY=SU;UNTIL=20310420T000000Z")), slot=slot))
    assert (found.repeats, found.broken, found.slot) == (False, False, slot)


def test_busy_times_have_every_time_of_a_series_that_is_left() -> None:
    text = series(WEEKLY, FIRST_GONE).decode()
    answer = (
        '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/x.ics</D:href>'
        f"<D:propstat><D:prop><C:calendar-data>{text}</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status>"
        "</D:propstat></D:response></D:multistatus>"
    )
    within = [int((START + days).timestamp()) for days in (timedelta(), 4 * WEEK)]
    own = busy_by_events(answer.encode(), within=within, zone="UTC")["own"]
    assert [start for start, _, _ in own] == [int((START + number * WEEK).timestamp()) for number in (1, 2, 3)]
