"""Time zones that a calendar brings along."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman_sdk.readers.calendar_zones import WrittenZone, zones_of
from pointsman_sdk.readers.icalendar import Component, parse_icalendar

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime(1997, 1, 1, tzinfo=BERLIN)


def calendar(*lines: str, end: str = "\r\n") -> bytes:
    return end.join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", "")).encode()


def change(kind: str, start: str, before: str, after: str, *rules: str) -> list[str]:
    return [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", *rules, f"END:{kind}"]


def zone(*changes: list[str], name: str = "Here") -> Component:
    lines = [line for one in changes for line in one]
    (found,) = parse_icalendar(calendar("BEGIN:VTIMEZONE", f"TZID:{name}", *lines, "END:VTIMEZONE"))
    return found


WINTER, SUMMER = ("+0200", "+0100"), ("+0100", "+0200")
EUROPE = [
    ("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3;INTERVAL=1;WKST=MO"),
    (
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=SU",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=SU",
    ),
    (
        "RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=3;BYDAY=-1SU;BYMONTH=10",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;BYHOUR=2;BYMINUTE=0;BYSECOND=0",
    ),
]


@pytest.mark.parametrize(("autumn", "spring"), EUROPE)
@given(minutes=st.integers(0, 40 * 366 * 24 * 60), fold=st.integers(0, 1))
@example(minutes=(datetime(2031, 10, 26, 2, 30, tzinfo=BERLIN) - FIRST) // timedelta(minutes=1), fold=1)
@example(minutes=(datetime(2031, 3, 30, 2, 30, tzinfo=BERLIN) - FIRST) // timedelta(minutes=1), fold=1)
def test_a_written_zone_agrees_with_the_one_that_it_describes(
    autumn: str, spring: str, minutes: int, fold: int
) -> None:
    written = zone(
        change("STANDARD", "19961027T030000", *WINTER, autumn), change("DAYLIGHT", "19810329T020000", *SUMMER, spring)
    )
    found = zones_of(written, lambda _: None)("Here")
    assert found is not None
    wall = FIRST + timedelta(minutes=minutes)  # of the wall clock, gaps and all
    wall = wall.replace(fold=fold)
    assert wall.replace(tzinfo=found).astimezone(UTC) == wall.astimezone(UTC)


@pytest.mark.parametrize(
    ("rule", "wall", "hours"),
    [
        ("RRULE:FREQ=YEARLY;UNTIL=20310101T000000Z", datetime(2031, 8, 1, tzinfo=UTC), 1),
        ("RRULE:FREQ=YEARLY;UNTIL=20310801", datetime(2031, 8, 1, tzinfo=UTC), 1),
        ("RRULE:FREQ=YEARLY;COUNT=2", datetime(2090, 8, 1, tzinfo=UTC), 1),
        ("RDATE:20310401T000000", datetime(2031, 8, 1, tzinfo=UTC), 1),
        ("X:1", datetime(2031, 8, 1, tzinfo=UTC), 1),
        ("X:1", datetime(2029, 8, 1, tzinfo=UTC), 3),
        ("X:1", datetime(1, 1, 1, tzinfo=UTC), 3),
        ("RRULE:FREQ=YEARLY", datetime(9999, 12, 31, tzinfo=UTC), 1),
    ],
)
def test_a_zone_that_once_changed_stays_so_and_was_otherwise_before(rule: str, wall: datetime, hours: int) -> None:
    found = WrittenZone(zone(change("STANDARD", "20300501T000000", "+0300", "+0100", rule)).components[0])
    assert found.utcoffset(wall) == timedelta(hours=hours)


#: What programs write of a zone around one event (DAVx5, Apple's, a winter alone, a summer alone), and what they call it.
EXTRACTS = [
    ("Europe/Paris", ["STANDARD", "20241027T010000", *WINTER], ["DAYLIGHT", "20240331T010000", *SUMMER]),
    ("/mozilla.org/20070129_1/Europe/Paris", ["DAYLIGHT", "20180325T030000", *SUMMER]),
    (
        "America/New_York",
        ["DAYLIGHT", "20250309T070000", "-0500", "-0400"],
        ["STANDARD", "20251102T060000", "-0400", "-0500"],
    ),
    ("America/Chicago", ["STANDARD", "19700101T000000", "-0600", "-0600"]),
    ("America/Chicago", ["STANDARD", "19700101T000000", "-0500", "-0500"]),
    ("Europe/Berlin", ["STANDARD", "20201025T030000", *WINTER, "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;COUNT=2"]),
    ("Europe/Berlin", ["DAYLIGHT", "20200329T020000", *SUMMER, "RDATE:20210328T020000"]),
]


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name, *changes in EXTRACTS])
@pytest.mark.parametrize("month", [1, 7])
def test_a_definition_that_ends_stands_for_the_zone_of_its_name(
    name: str, changes: list[list[str]], month: int
) -> None:
    found = zones_of(zone(*(change(*one) for one in changes), name=name))(name)
    named = ZoneInfo("/".join(name.split("/")[-2:]))
    assert (
        datetime(2031, month, 5, 12, tzinfo=found).utcoffset() == datetime(2031, month, 5, 12, tzinfo=named).utcoffset()
    )


@pytest.mark.parametrize(
    ("name", "changes", "hours"),
    [
        ("Europe/Berlin", [["STANDARD", "19700101T000000", "+0500", "+0500"]], 5),
        ("Etc/GMT-3", [["STANDARD", "19700101T000000", "-0300", "-0300"]], -3),  # whose sign many programs turn round
        ("Office", [["STANDARD", "19700101T000000", "+0100", "+0100"]], 1),
        # Clocks that never change any more, told before IANA's list that is here knows.
        ("Europe/Berlin", [["DAYLIGHT", "20200329T020000", *SUMMER, "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"]], 2),
    ],
)
def test_a_definition_that_goes_on_or_is_of_another_clock_is_believed(
    name: str, changes: list[list[str]], hours: int
) -> None:
    found = zones_of(zone(*(change(*one) for one in changes), name=name))(name)
    assert {datetime(2031, month, 5, 12, tzinfo=found).utcoffset() for month in (1, 7)} == {timedelta(hours=hours)}


ODD_RULES = [
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=YEARLY;BYSECOND=1,2",
    "RRULE:FREQ=YEARLY;BYHOUR=23",
    "RRULE:FREQ=YEARLY;BYHOUR=",
    "RRULE:FREQ=YEARLY;BYDAY=MO,TU",
    "RRULE:FREQ=YEARLY;INTERVAL=1000000",
    "RRULE:FREQ=YEARLY;BYMONTH=13",
    "RRULE:FREQ=YEARLY;COUNT=99999999999",
    "RRULE:RRULE=RRULE",
    "RRULE:FREQ=YEARLY\r\nRRULE:FREQ=YEARLY",
    "TZOFFSETTO:+9900",
    "RDATE:soon",
]


@pytest.mark.parametrize("rule", ODD_RULES)
def test_a_zone_whose_rules_cannot_be_read_is_taken_from_its_name_or_is_unknown(rule: str) -> None:
    lines = [change("STANDARD", "20300501T000000", "+0300", "+0100")]
    lines[0][3:4] = rule.split("\r\n") if rule.startswith("TZ") else [lines[0][3], *rule.split("\r\n")]
    assert zones_of(zone(*lines))("Here") is None
    assert zones_of(zone(*lines, name="Europe/Berlin"))("Europe/Berlin") == BERLIN


def test_a_zone_with_many_changes_is_unknown_and_none_outlives_its_calendar() -> None:
    one = change("STANDARD", "20300501T000000", "+0300", "+0100")
    assert zones_of(zone(*[one] * 61))("Here") is None
    assert zones_of(zone(one))("Here") is not None
    (other,) = parse_icalendar(calendar("X:1"))
    assert zones_of(other)("Here") is None
