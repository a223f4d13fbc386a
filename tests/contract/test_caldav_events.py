"""What the CalDAV connector makes of one event as a server has it: when it is, and whether it still says what we wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pointsman_caldav.busytimes import from_events
from pointsman_caldav.dav import Found
from pointsman_caldav.events import Stored, stored, written
from pointsman_sdk import Rejected, Slot
from pointsman_sdk.testing import NOW, request

DAY = Slot(datetime(2031, 3, 30, tzinfo=UTC), datetime(2031, 3, 31, tzinfo=UTC))


def found(*lines: str) -> Found:
    event = ("BEGIN:VEVENT", "UID:x", "DTSTAMP:20310101T000000Z", "DTSTART:20310330T080000Z", "DURATION:PT1H", *lines)
    text = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *event, "END:VEVENT", "END:VCALENDAR", ""))
    return Found(etag='"1"', data=text)


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=DAILY",
        "RDATE:20310330T100000Z",
        "RDATE;VALUE=DATE-TIME;TZID=Europe/Berlin:20310330T100000",
        "RDATE;VALUE=DATE:20310331",
        "RDATE;VALUE=PERIOD:20310330T100000Z/PT1H",
    ],
)
def test_an_event_that_recurs_by_rule_or_by_single_times_is_never_read_as_one_time_alone(line: str) -> None:
    with pytest.raises(Rejected, match="recurring"):
        from_events([found(line)], DAY, zone=UTC)
    for free in ("TRANSP:TRANSPARENT", "STATUS:CANCELLED"):
        assert from_events([found(line, free)], DAY, zone=UTC) == []
    assert len(from_events([found()], DAY, zone=UTC)) == 1


def test_an_event_in_a_zone_whose_name_no_file_can_have_is_rejected() -> None:
    """A zone's rules lie in a file of its name; whoever invites the rep may write 5,000 letters there."""
    text = found().data.replace("DTSTART:20310330T080000Z", f"DTSTART;TZID={'x' * 5_000}:20310330T080000")
    with pytest.raises(Rejected):
        from_events([Found(etag='"1"', data=text)], DAY, zone=UTC)


def edited(*, dropped: str = "") -> Stored:
    """Our own event at the server, once somebody's editor has dropped a property of it."""
    text = written(replace(request("/rep1/leads/"), sequence=3), now=NOW).decode()
    return stored("\r\n".join(line for line in text.split("\r\n") if not dropped or dropped not in line), zone=UTC)


@pytest.mark.parametrize(("dropped", "generation"), [("", 3), ("X-POINTSMAN-SEQUENCE", None)])
def test_our_event_agrees_while_nothing_moved_whether_an_editor_kept_our_count_of_changes_or_not(
    dropped: str, generation: int | None
) -> None:
    event, wanted = edited(dropped=dropped), replace(request("/rep1/leads/"), sequence=3)
    assert event.generation == generation
    assert event.agrees_with(wanted)
    elsewhere = Slot(wanted.slot.start + timedelta(hours=1), wanted.slot.end + timedelta(hours=1))
    assert not event.agrees_with(replace(wanted, slot=elsewhere))
    assert not event.agrees_with(replace(wanted, tentative=True))
    assert event.agrees_with(replace(wanted, sequence=4)) is (generation is None)


def test_a_moved_event_has_our_count_of_changes_again() -> None:
    moved = edited(dropped="X-POINTSMAN-SEQUENCE").moved(replace(request("/rep1/leads/"), sequence=4), now=NOW)
    assert stored(moved, zone=UTC).generation == 4
