"""iCalendar from outside: lines and components, counted before they are taken apart."""

import pytest

from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.icalendar import Component, ICalendarLimits, parse_icalendar

SMALL = ICalendarLimits(size=100_000, lines=1_000, line_length=2_000, components=50, dates=50, periods=100)


def calendar(*lines: str, end: str = "\r\n") -> bytes:
    return end.join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", "")).encode()


def event(*lines: str) -> bytes:
    return calendar("BEGIN:VEVENT", *lines, "END:VEVENT")


def only(body: bytes, name: str = "VEVENT") -> Component:
    (calendar_,) = parse_icalendar(body, SMALL)
    (found,) = calendar_.walk(name)
    return found


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_are_read_whatever_ends_them(end: str) -> None:
    body = calendar("begin:vevent", "summary;X=1:a", "END:VEVENT", end=end)
    assert only(body).text("SUMMARY") == "a"


def test_a_fold_may_lie_within_a_character_and_a_separator_within_quotes() -> None:
    body = event('ATTENDEE;CN="a;b:c";X=1:mailto:a@example.com', "SUMMARY:caf-\\, \\\\\\n\\;")
    body = body.replace(b"caf-", b"caf\xc3\r\n \xa9\n\t!")
    found = only(body)
    attendee = found.get("ATTENDEE")
    assert attendee is not None
    assert (attendee.parameters, attendee.value) == ({"CN": "a;b:c", "X": "1"}, "mailto:a@example.com")
    assert found.text("SUMMARY") == "café!, \\\n;"


def test_only_line_breaks_of_the_format_end_a_line() -> None:
    assert only(event("SUMMARY:a\u2028END:VEVENT\x0b\x85b")).text("SUMMARY") == "a\u2028END:VEVENT\x0b\x85b"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"X:1\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\n",
        b"END:VCALENDAR\r\n",
        calendar("BEGIN:VEVENT", "END:VTODO"),
        calendar("BEGIN:VEVENT", "END:VEVENT", "END:VEVENT"),
        event("no content line"),
        event('X;A="open:value'),
        event(":value"),
        event("SUMMARY:\x00"),
        calendar().decode().encode("utf-16"),
        calendar().decode().encode("utf-32-le"),
        calendar().replace(b"BEGIN:", b"+AEI-EGIN:"),
        event("SUMMARY:ä").decode().encode("latin-1"),
    ],
)
def test_what_is_no_whole_calendar_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_icalendar(body, SMALL)
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"BEGIN:VCALENDAR\r\n" * 900, Reason.TOO_DEEP),
        (calendar(*["BEGIN:VEVENT"] * 10, *["END:VEVENT"] * 10), Reason.TOO_DEEP),
        (calendar(*["BEGIN:VEVENT", "END:VEVENT"] * 51), Reason.TOO_LARGE),
        (event(*["X:1"] * 1_000), Reason.TOO_LARGE),
        (event("X:" + "a\r\n " * 3_000), Reason.TOO_LARGE),
        (event("X:" + "a" * 3_000), Reason.TOO_LARGE),
        (event("X" + ";A=1" * 33 + ":1"), Reason.TOO_LARGE),
        (event("DTSTART;TZID=" + "x" * 3_000 + ":20310330T080000"), Reason.TOO_LARGE),
        (event(*["RRULE:FREQ=DAILY"] * 5), Reason.TOO_LARGE),
        (event("RDATE:" + ",".join(["20310330"] * 51)), Reason.TOO_LARGE),
        (event(*["EXDATE:20310330"] * 51), Reason.TOO_LARGE),
        (calendar("BEGIN:VFREEBUSY", *["FREEBUSY:a/b,c/d"] * 51, "END:VFREEBUSY"), Reason.TOO_LARGE),
        (event("X:" + "\r\n".join(["1" * 1_000] * 100)), Reason.TOO_LARGE),
    ],
    ids="calendars events components lines fold line parameters zone rules rdate exdate freebusy size".split(),  # noqa: SIM905  # fits a line
)
def test_a_flood_of_one_kind_is_refused_by_its_count(body: bytes, reason: Reason) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_icalendar(body, SMALL)
    assert caught.value.reason is reason
