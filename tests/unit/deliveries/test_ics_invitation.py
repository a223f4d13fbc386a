"""The file that a prospect gets: whatever strangers wrote into it, one event that says what was meant."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]  # it has no annotations
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar.cal.component import Component

from pointsman.connectors.mail.invitations import IcalendarInvitations, ical_line, ical_name, ical_text
from pointsman.services.ports.vendors.invitations import CalendarUser, Invitation, InvitationMethod
from pointsman.services.ports.vendors.texts import SharedText

START = datetime(2026, 3, 29, 9, 30, tzinfo=timezone(timedelta(hours=2)))
PLAIN = Invitation(
    uid="pm-0193@pointsman",
    sequence=3,
    method=InvitationMethod.REQUEST,
    start=START,
    end=START + timedelta(minutes=30),
    summary=SharedText("Meeting with Anna"),
    description=SharedText("With: Anna"),
    organizer=CalendarUser(name="Anna", email="anna@example.com"),
    attendee=CalendarUser(name="Ada Weber", email="ada@lead.example"),
    companions=(CalendarUser(name="Dora", email="dora@example.com"),),
    tentative=False,
    url="https://pointsman.example/book/abc",
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
    stamped_at=datetime(2026, 3, 2, tzinfo=UTC),
)
HOSTILE = [
    "",
    "Ada\r\nATTENDEE:mailto:eve@evil.example",
    "Ada\nEND:VEVENT\nBEGIN:VEVENT\nUID:evil",
    "Ada\rMETHOD:CANCEL",
    "Ada\u2028STATUS:CANCELLED\u2029X:1\x85Y:2\x0bZ:3\x0cW:4",
    "Ada\x00\x07\x1b[31m\x7f",
    'a;b,c:d"e\\n\\;\\,\\\\^n^^^\'',
    'Ada";ROLE=CHAIR;X="',
    "\\", "\\\\n", ";", ",", ":", '"', "^", "=",
    *("x" * pad + "😀" * 40 for pad in range(8)),
    *("x" * pad + "👩‍👩‍👧‍👦ü漢" * 9 for pad in range(8)),
    "Zoë " * 2_560,
    " leading and trailing ",
    "\t tab\t",
    "\ud800 half \udfff",
    "עברית العربية\u202e",
]  # fmt: skip
NAMES = {
    *("UID", "SEQUENCE", "DTSTAMP", "CREATED", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP"),
    *("ORGANIZER", "ATTENDEE", "URL"),
}
any_text = st.text(max_size=300) | st.text(alphabet='ab \r\n\t\\;,:"^=\x00\u2028😀', max_size=120)


def written(invitation: Invitation) -> bytes:
    return IcalendarInvitations().write(invitation)


def event_in(content: bytes) -> Component:
    """The one event of a file that keeps every rule about octets."""
    assert content.endswith(b"\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        assert len(line.decode().splitlines()) <= 1  # no character is cut in two, no reader sees two lines
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line)
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert [part.name for part in calendar.walk()] == ["VCALENDAR", "VEVENT"]
    assert event.errors == []
    return event


def people(event: Component) -> list[tuple[str, str]]:
    entries: Any = event["ATTENDEE"]
    listed = entries if isinstance(entries, list) else [entries]
    return [(str(entry.params.get("CN", "")), str(entry)) for entry in listed]


def check(given: Invitation) -> None:
    """Nothing is lost but what the writer says that it takes out, and nothing is there that was not meant."""
    content = written(given)
    event = event_in(content)
    assert set(event.keys()) <= NAMES
    assert str(event["SUMMARY"]) == ical_line(given.summary.text)
    assert str(event.get("DESCRIPTION", "")) == ical_text(given.description.text)
    everybody = [given.attendee, *given.companions]
    assert people(event) == [(ical_name(party.name), f"mailto:{party.email}") for party in everybody]
    organizer: Any = event["ORGANIZER"]
    assert (str(organizer.params.get("CN", "")), str(organizer)) == (
        ical_name(given.organizer.name),
        "mailto:anna@example.com",
    )
    assert str(event["STATUS"]) == "CONFIRMED"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_nothing_but_itself(text: str) -> None:
    check(stuffed(text, text, text))


@given(summary=any_text, description=any_text, name=any_text)
@example(summary="a" * 67, description="a" * 63 + "\n" + "b" * 75, name="a" * 61)
def test_any_text_is_read_again_as_it_was_meant(summary: str, description: str, name: str) -> None:
    check(stuffed(summary, description, name))


@pytest.mark.parametrize("text", HOSTILE)
def test_another_reader_finds_the_same_event(text: str) -> None:
    """vobject shares no code with what writes; it folds and unescapes by its own reading of the RFC."""
    content = written(stuffed(text, text, text)).decode()
    (calendar,) = vobject.readComponents(content)
    (event,) = calendar.components()
    assert {child.name for child in event.getChildren()} <= NAMES
    assert event.summary.value == ical_line(text)
    if ical_text(text):
        assert event.description.value == ical_text(text)
    assert [line.value for line in event.attendee_list] == ["mailto:ada@lead.example", "mailto:dora@example.com"]
    assert calendar.method.value == "REQUEST"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc\n\nd\u2028e\x85f", "a\nb\nc\n\nd\ne\nf"),
        ("a\x00b\x1b[31m\x7fc\x9f", "ab[31mc"),
        ("a\tb  c\\n;,", "a\tb  c\\n;,"),
        ("\ud83d half", " half"),
    ],
)
def test_what_is_taken_out_of_a_text_is_this(text: str, kept: str) -> None:
    assert str(event_in(written(stuffed("x", text, "x")))["DESCRIPTION"]) == kept


def test_a_name_is_one_line_without_what_readers_disagree_on() -> None:
    event = event_in(written(stuffed("x", "x", ' Ada "the\r\ncount"  O\\Weber; a^b ')))
    assert people(event)[0][0] == "Ada 'the count' O/Weber; a^b"


def stuffed(summary: str, description: str, name: str) -> Invitation:
    return replace(
        PLAIN,
        summary=SharedText(summary),
        description=SharedText(description),
        organizer=replace(PLAIN.organizer, name=name),
        attendee=replace(PLAIN.attendee, name=name),
        companions=(CalendarUser(name=name, email="dora@example.com"),),
    )


def test_it_names_the_organizer_the_attendees_and_the_time_in_utc() -> None:
    lines = written(PLAIN).decode().replace("\r\n ", "").split("\r\n")
    for line in (
        "METHOD:REQUEST",
        "VERSION:2.0",
        "UID:pm-0193@pointsman",
        "SEQUENCE:3",
        "DTSTAMP:20260302T000000Z",
        "CREATED:20260301T000000Z",
        "DTSTART:20260329T073000Z",
        "DTEND:20260329T080000Z",
        "STATUS:CONFIRMED",
        "ORGANIZER;CN=Anna:mailto:anna@example.com",
        "URL:https://pointsman.example/book/abc",
    ):
        assert line in lines
    (prospect, companion) = [line for line in lines if line.startswith("ATTENDEE")]
    assert prospect.endswith(":mailto:ada@lead.example")
    assert {"PARTSTAT=NEEDS-ACTION", "RSVP=TRUE", "ROLE=REQ-PARTICIPANT"} <= set(prospect.partition(":")[0].split(";"))
    assert "PARTSTAT=ACCEPTED" in companion


@pytest.mark.parametrize(
    ("method", "tentative", "status"),
    [
        (InvitationMethod.REQUEST, False, "CONFIRMED"),
        (InvitationMethod.REQUEST, True, "TENTATIVE"),
        (InvitationMethod.CANCEL, False, "CANCELLED"),
        (InvitationMethod.CANCEL, True, "CANCELLED"),
    ],
)
def test_its_status_is_what_the_appointment_is(method: InvitationMethod, tentative: bool, status: str) -> None:
    content = written(replace(PLAIN, method=method, tentative=tentative))
    assert str(event_in(content)["STATUS"]) == status
    assert f"METHOD:{method.upper()}\r\n".encode() in content


@pytest.mark.parametrize(
    "email",
    ["", "nobody", "a b@c.de", "a@b\r\nATTENDEE:mailto:eve@evil.example", 'a"@b.de', "a@b;x", "<a@b.de>", "a@b,c"],
)
def test_an_address_that_could_break_out_is_refused(email: str) -> None:
    wrong = CalendarUser(name="Ada", email=email)
    for broken in (
        replace(PLAIN, organizer=wrong),
        replace(PLAIN, attendee=wrong),
        replace(PLAIN, companions=(wrong,)),
    ):
        with pytest.raises(ValueError, match="email"):
            written(broken)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "mailto:a@b.de", "https://", "https://a/ b", "https://a/\r\nX:1", "https://a/\u2028x"],
)
def test_a_url_that_is_no_page_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="page"):
        written(replace(PLAIN, url=url))
