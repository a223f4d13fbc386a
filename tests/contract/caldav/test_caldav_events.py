"""What the CalDAV connector makes of one event as a server has it: when it is, and whether it still says what we wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pointsman_caldav.events import Stored, placed, written
from pointsman_caldav.objects import rewritten
from pointsman_caldav.reading import busy_by_events, one_event, our_events
from pointsman_sdk import Slot, Standing
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.testing import NOW, appointment

DAY = Slot(datetime(2031, 3, 30, tzinfo=UTC), datetime(2031, 3, 31, tzinfo=UTC))
WITHIN = [int(DAY.start.timestamp()), int(DAY.end.timestamp())]


def found(*lines: str) -> str:
    event = ("BEGIN:VEVENT", "UID:x", "DTSTAMP:20310101T000000Z", "DTSTART:20310330T080000Z", "DURATION:PT1H", *lines)
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *event, "END:VEVENT", "END:VCALENDAR", ""))


def busy(event: str, *, zone: str = "UTC") -> list[tuple[int, int]]:
    answer = (
        '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:propstat><D:prop>'
        f"<C:calendar-data>{event}</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        "</D:multistatus>"
    )
    times: list[tuple[int, int]] = busy_by_events(answer.encode(), within=WITHIN, zone=zone)["others"]
    return times


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("RRULE:FREQ=DAILY", 1),
        ("RDATE:20310330T100000Z", 1),
        ("RDATE;VALUE=DATE-TIME;TZID=Europe/Berlin:20310330T100000", 1),
        ("RDATE;VALUE=DATE:20310331", 0),
        ("RDATE;VALUE=PERIOD:20310330T100000Z/PT1H", 1),
        ("EXRULE:FREQ=DAILY", 0),
    ],
)
def test_an_event_that_recurs_by_rule_or_by_single_times_is_never_read_as_one_time_alone(line: str, more: int) -> None:
    if more:
        assert len(busy(found(line).replace("20310330T080000Z", "20310329T080000Z", 1))) == more
    else:
        with pytest.raises(Unreadable, match="series"):
            busy(found(line))
    for free in ("TRANSP:transparent", "STATUS:CANCELLED"):
        assert busy(found(line, free)) == []
    assert len(busy(found())) == 1


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("Europe/Berlin", 6),
        ('"W. Europe Standard Time"', 6),
        ("/freeassociation.sourceforge.net/Europe/Berlin", 6),
        ("x" * 5_000, None),
        ("Nowhere Standard Time", None),
        ("Here", None),
    ],
)
def test_an_event_lies_in_the_zone_that_it_names_and_a_name_that_means_none_is_never_another_zone(
    name: str, hour: int | None
) -> None:
    """A zone's rules lie in a file of its name; whoever invites the rep may write 5,000 letters there."""
    text = found().replace("DTSTART:20310330T080000Z", f"DTSTART;TZID={name}:20310330T080000")
    if hour is None:
        with pytest.raises(Unreadable, match="time zone"):
            busy(text)
    else:
        assert [start % 86_400 // 3_600 for start, _ in busy(text)] == [hour]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Here"])
def test_an_event_may_end_in_the_hour_that_the_clocks_show_a_second_time(zone: str) -> None:
    event = found(
        f"DTEND;TZID={zone}:20311026T021000",
        "END:VEVENT",
        *("BEGIN:VTIMEZONE", "TZID:Here"),
        *("BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100"),
        *("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD"),
        *("BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"),
        *("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT"),
        *("END:VTIMEZONE", "BEGIN:VEVENT", "TRANSP:TRANSPARENT"),
    )
    event = event.replace("DTSTART:20310330T080000Z", f"DTSTART;TZID={zone}:20311026T023000").replace(
        "DURATION:PT1H\r\n", ""
    )
    read = one_event(event.encode(), zone="UTC")
    assert read["end"] - read["start"] == 40 * 60


def test_a_zone_that_one_calendar_defines_means_nothing_in_the_next() -> None:
    change = ("BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0500", "TZOFFSETTO:+0500", "END:STANDARD")
    zone = "\r\n".join(("BEGIN:VTIMEZONE", "TZID:Here", *change, "END:VTIMEZONE", "BEGIN:VEVENT"))
    here = found().replace("DTSTART:20310330T080000Z", "DTSTART;TZID=Here:20310330T080000")
    assert [start % 86_400 // 3_600 for start, _ in busy(here.replace("BEGIN:VEVENT", zone))] == [3]
    with pytest.raises(Unreadable, match=r"not known: Here \(event x of 20310330T080000\)\."):
        busy(here)


def test_a_whole_day_that_ends_where_it_starts_is_a_day_of_its_owner() -> None:
    text = found().replace("DTSTART:20310330T080000Z\r\nDURATION:PT1H", "DTSTART:20310330\r\nDTEND:20310330")
    ((start, end),) = busy(text, zone="Europe/Berlin")
    assert (start - WITHIN[0], end - start) == (-3_600, 23 * 3_600)


@pytest.mark.parametrize(
    "uid", ["../x@pointsman", "a b@pointsman", "@pointsman", "ä@pointsman", f"{'x' * 200}@pointsman"]
)
def test_a_uid_that_ends_like_ours_and_holds_no_key_is_not_ours(uid: str) -> None:
    """Anybody may invite a rep with such a UID."""
    event = found().replace("UID:x", f"UID:{uid}").encode()
    assert one_event(event, zone="UTC")["key"] is None
    answer = b'<D:multistatus xmlns:D="DAV:"/>'
    assert our_events(answer, within=WITHIN, zone="UTC") == []


def edited(*, dropped: str = "") -> Stored:
    """Our own event at the server, once somebody's editor has dropped a property of it."""
    text = written(replace(appointment("/rep1/leads/"), sequence=3), now=NOW).decode()
    kept = "\r\n".join(line for line in text.split("\r\n") if not dropped or dropped not in line)
    return Stored.of(one_event(kept.encode(), zone="UTC"))


@pytest.mark.parametrize(("dropped", "generation"), [("", 3), ("X-POINTSMAN-SEQUENCE", None)])
def test_our_event_agrees_while_nothing_moved_whether_an_editor_kept_our_count_of_changes_or_not(
    dropped: str, generation: int | None
) -> None:
    event, wanted = edited(dropped=dropped), replace(appointment("/rep1/leads/"), sequence=3)
    assert event.generation == generation
    assert event.agrees_with(wanted)
    elsewhere = Slot(wanted.slot.start + timedelta(hours=1), wanted.slot.end + timedelta(hours=1))
    assert not event.agrees_with(replace(wanted, slot=elsewhere))
    assert not event.agrees_with(replace(wanted, standing=Standing.TENTATIVE))
    assert event.agrees_with(replace(wanted, sequence=4)) is (generation is None)


def test_a_moved_event_has_our_count_of_changes_again_and_keeps_what_its_owner_added() -> None:
    text = written(replace(appointment("/rep1/leads/"), sequence=3), now=NOW).decode()
    note = 'X-NOTE;X="a;b":' + "ä🚂" * 60
    alarm = ("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT")
    theirs = text.replace("X-POINTSMAN-SEQUENCE:3\r\n", f"{note}\r\n").replace(*alarm)
    moved = rewritten(
        theirs.encode(), values=placed(replace(appointment("/rep1/leads/"), sequence=4), sequence=9, now=NOW)
    )
    event = Stored.of(one_event(moved.encode(), zone="UTC"))
    assert (event.generation, event.sequence, event.slot) == (4, 9, appointment("/rep1/leads/").slot)
    assert max(len(line.encode()) for line in moved.split("\r\n")) <= 75
    assert note in moved.replace("\r\n ", "")
    assert "BEGIN:VALARM" in moved
    assert moved.count("DTSTART") == moved.count("\nSEQUENCE") == 1


@pytest.mark.parametrize(
    ("start", "end", "certain"),
    [
        ("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z", True),
        ("DTSTART;TZID=Europe/Berlin:20310330T100000", "DURATION:PT1H", True),
        ("DTSTART:20310330T100000", "DURATION:PT1H", False),
        ("DTSTART:20310330T080000Z", "DTEND:20310330T110000", False),
        ("DTSTART;TZID=Nowhere Time:20310330T100000", "DURATION:PT1H", False),
        ("DTSTART:20310330T080000Z", "DTEND;TZID=Nowhere Time:20310330T110000", False),
    ],
)
def test_our_event_is_read_whatever_zone_its_owner_s_program_writes_and_it_says_what_is_not_certain(
    start: str, end: str, certain: bool
) -> None:
    """What cannot be read could be neither moved nor put right."""
    text = found().replace("DTSTART:20310330T080000Z\r\nDURATION:PT1H", f"{start}\r\n{end}")
    read = one_event(text.encode(), zone="Europe/Berlin")
    assert (read["start"] - WITHIN[0], read["certain"]) == (8 * 3_600, certain)
