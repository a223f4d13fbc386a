"""Times in iCalendar: what is read, in which zone, and what is never guessed."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.calendar_times import iana_zone, read_length, read_offset, read_period, read_time
from pointsman_sdk.readers.icalendar import parse_icalendar

BERLIN = ZoneInfo("Europe/Berlin")
ARABIC = str.maketrans(
    "0123456789", "".join(map(chr, range(0x660, 0x66A)))
)  # digits to a regular expression, not to us


def moment(line: str, *, otherwise: tzinfo = BERLIN) -> date | datetime:
    (found,) = parse_icalendar(f"BEGIN:VCALENDAR\n{line}\nEND:VCALENDAR".encode())[0].properties
    return read_time(found, zones=iana_zone, default=otherwise)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DTSTART:20310330T080000Z", datetime(2031, 3, 30, 8, tzinfo=UTC)),
        ("DTSTART;TZID=America/New_York:20310330T080000Z", datetime(2031, 3, 30, 8, tzinfo=UTC)),
        ("DTSTART:20310330T080000", datetime(2031, 3, 30, 8, tzinfo=BERLIN)),
        ('DTSTART;TZID="America/New_York":20310330T080000', datetime(2031, 3, 30, 12, tzinfo=UTC)),
        ("DTSTART;VALUE=DATE:20310330", date(2031, 3, 30)),
        ("DTSTART;value=date:20310330", date(2031, 3, 30)),
        ("DTSTART;VALUE=DATE:20310330T000000", date(2031, 3, 30)),
        ("DTSTART:20310330", date(2031, 3, 30)),
        ("DTSTART:20310630T235960Z", datetime(2031, 6, 30, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_a_date_or_a_moment_in_the_zone_that_it_names(line: str, expected: date | datetime) -> None:
    found = moment(line)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "line",
    [
        "DTSTART:tomorrow",
        "DTSTART:20310230",
        "DTSTART:20310330T250000Z",
        "DTSTART:00010101T000000",
        "DTSTART:99991231T235959",
        "DTSTART:99999999999999999999",
        "DTSTART:" + "20310330".translate(ARABIC),
        "DTSTART;TZID=No/Where:20310330T080000",
        "DTSTART;TZID=localtime:20310330T080000",
        "DTSTART;TZID=../../etc/passwd:20310330T080000",
        "DTSTART;TZID=/etc/localtime:20310330T080000",
        "DTSTART;TZID=Europe:20310330T080000",
        "DTSTART;TZID=tzdata.zi:20310330T080000",
        f"DTSTART;TZID={'x' * 1_000}:20310330T080000",
        "DTSTART;VALUE=DATE:20310330T080000Z",
    ],
)
def test_a_time_that_is_none_or_lies_in_an_unknown_zone_is_unreadable(line: str) -> None:
    zone = ZoneInfo("America/New_York") if "9999" in line else BERLIN
    with pytest.raises(Unreadable):
        moment(line, otherwise=zone)


def test_an_unknown_zone_is_named_unless_its_name_is_odd() -> None:
    with pytest.raises(Unreadable, match=r"not known: Customized Time Zone 1\.$"):
        moment("DTSTART;TZID=Customized Time Zone 1:20310330T080000")
    with pytest.raises(Unreadable, match="one with an odd name"):
        moment("DTSTART;TZID=<script>:20310330T080000")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT15M", timedelta(minutes=15)),
        ("P1DT2H3M4S", timedelta(1, 7_384)),
        ("-P2W", timedelta(-14)),
        ("+pt0s", timedelta()),
    ],
)
def test_a_length_is_read(text: str, length: timedelta) -> None:
    assert read_length(text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "PT1H1H", "1H", "PT99999999999S", "P999999W" * 9, "PT-1H", "P1M"]
)
def test_a_length_that_is_none_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_length(text)


@pytest.mark.parametrize(
    "text", ["", "a/b", "20310330T080000Z", "20310330T080000Z/", "20310330T080000Z/20310330T070000Z", "20310330T080000Z/-PT1H",
             "20310330T080000Z/P99999D" * 1_000, "99991231T000000Z/P9D", "20310330/20310331"]
)  # fmt: skip
def test_a_period_that_is_none_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_period(text)


@pytest.mark.parametrize("text", ["", "0100", "+1", "+2400", "+9999", "-01:00:99:99", "+0100".translate(ARABIC)])
def test_an_offset_that_is_none_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_offset(text)
