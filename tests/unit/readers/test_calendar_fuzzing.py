"""Whatever a calendar holds, its readers say what it means or that it cannot be read."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.calendar_times import Zones, iana_zone, read_length, read_period, read_time
from pointsman_sdk.readers.calendar_zones import zones_of
from pointsman_sdk.readers.icalendar import ICalendarLimits, Property, parse_icalendar
from pointsman_sdk.readers.recurrence.occurrences import StepCount
from pointsman_sdk.readers.series import busy_instances
from support.corpus.notation import OWNER, WITHIN
from support.hostile.fuzzing import fuzz
from support.hypothesis_profiles import examples

SMALL = ICalendarLimits(size=100_000, lines=1_000, line_length=2_000, components=50, dates=50, periods=100)
BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*lines: str, end: str = "\r\n") -> bytes:
    return end.join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", "")).encode()


def change(kind: str, start: str, before: str, after: str, *rules: str) -> list[str]:
    return [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", *rules, f"END:{kind}"]


NAMES = [
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "TRANSP",
    "ATTENDEE;PARTSTAT=DECLINED",
    "FREEBUSY",
    "TZID",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "X",
    "",
]
PARAMETERS = [
    "",
    ";TZID=Here",
    ";TZID=Europe/Berlin",
    ";VALUE=DATE",
    ";VALUE=PERIOD",
    ';X="a:b"',
    ";X=",
    ";",
    '"',
    ";=",
]
VALUES = [
    "20310330T080000Z", "20310330T080000", "20310330", "00010101", "99991231T235959Z", "PT1H", "-P1D", "+0100", "-2359", "Here",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2", "FREQ=YEARLY;UNTIL=99991231T235959Z",
    "FREQ=SECONDLY", "20310330T080000Z/PT1H", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,2TU;UNTIL=20310401", "FREQ=HOURLY;INTERVAL=7",
    "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1;COUNT=9", "FREQ=YEARLY;BYWEEKNO=1;WKST=SU", "FREQ=DAILY;UNTIL=00010101T000000",
    "20310330T080000Z/20310330T080000Z", "99991231T000000Z/PT999999999S", ",", "\r\n ", "\x00", "ä",
]  # fmt: skip
LINES = st.sampled_from(
    [
        f"{edge}:{name}"
        for edge in ("BEGIN", "END")
        for name in ("VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT")
    ]
) | st.builds(
    lambda name, parameter, values: f"{name}{parameter}:{values}",
    st.sampled_from(NAMES),
    st.sampled_from(PARAMETERS) | st.text(max_size=5),
    st.lists(st.sampled_from(VALUES), max_size=3).map(",".join) | st.text(max_size=20),
)


def exhaust(body: bytes) -> None:
    """Read everything that can be read in a calendar."""
    for calendar_ in parse_icalendar(body, SMALL):
        zones = zones_of(calendar_)
        instances = busy_instances(
            calendar_, within=WITHIN, zone=BERLIN, otherwise=iana_zone, spend=StepCount(most=20_000), owner=OWNER
        )
        with suppress(Unreadable):
            assert all(start < end for start, end in instances)
        for name in ("VEVENT", "VTIMEZONE", "STANDARD"):
            for found in (one for component in calendar_.walk(name) for one in component.properties):
                for read in readings(found, zones):
                    try:
                        read()
                    except Unreadable:
                        continue


def readings(found: Property, zones: Zones) -> list[Callable[[], object]]:
    periods = found.value.split(",")
    return [
        partial(read_time, found, zones=zones, default=BERLIN),
        partial(read_length, found.value),
        *(partial(read_period, period) for period in periods),
        lambda: found.text,
    ]


def test_no_calendar_does_more_than_be_unreadable() -> None:
    changes = [
        *change("STANDARD", "19961027T030000", "+0200", "+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        *change("DAYLIGHT", "19810329T020000", "+0100", "+0200"),
    ]
    here = ["BEGIN:VTIMEZONE", "TZID:Here", *changes, "END:VTIMEZONE"]

    @examples(300)
    @given(lines=st.lists(LINES, max_size=15), whole=st.booleans(), end=st.sampled_from(["\r\n", "\n"]))
    def attempt(lines: list[str], *, whole: bool, end: str) -> None:
        text = end.join(lines)
        body = calendar(*here, "BEGIN:VEVENT", text, "END:VEVENT") if whole else text.encode()
        try:
            exhaust(body)
        except Unreadable:
            return

    @examples(100)
    @given(body=st.binary(max_size=80), at=st.integers(0, 400))
    def damaged(body: bytes, at: int) -> None:
        sound = calendar(*here, "BEGIN:VEVENT", "DTSTART;TZID=Here:20310330T080000", "END:VEVENT")
        try:
            exhaust(sound[:at] + body + sound[at + len(body) :])
        except Unreadable:
            return

    fuzz(attempt, damaged)
