"""An event is written for the rep in whose calendar it stands."""

from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest

from pointsman.domain.messages.message import rep_name
from pointsman.domain.policy.pools import BookingRules
from pointsman.domain.roster.reps import Rep, Roster
from pointsman.domain.roster.roles import Role
from pointsman.services.deliveries.calendar_event import event_reader, guest_name, invitation_title, meeting_title
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.wording.rendering import MessageReader

ID = UUID(int=1)


def roster(*languages: str) -> Roster:
    rep = Rep(
        id=ID,
        key="r-anna",
        name="Anna Beck",
        email="anna@example.com",
        role=Role(name="Closer", works=frozenset()),
        role_id=ID,
        time_zone="Europe/Berlin",
        skills={"languages": frozenset(languages)} if languages else {},
    )
    return Roster(version=1, reps={rep.key: rep})


@pytest.mark.parametrize(
    ("languages", "of_the_house", "read_in"),
    [
        ((), "en", "en"),
        ((), "de", "de"),
        (("de",), "en", "de"),
        (("de-AT",), "en", "de"),
        (("DE", "fr"), "en", "de"),
        (("en", "de"), "de", "de"),
        (("en", "de"), "en", "en"),
        (("en",), "de", "en"),
        (("fr",), "de", "de"),
    ],
)
def test_a_rep_reads_the_language_of_the_house_if_it_is_theirs_and_else_their_own(
    languages: tuple[str, ...], of_the_house: str, read_in: str
) -> None:
    reader = event_reader(roster(*languages), ID, language=of_the_house)
    assert (reader.language, reader.zone, reader.names[rep_name("r-anna")]) == (read_in, "Europe/Berlin", "Anna Beck")


def test_a_rep_whom_the_roster_does_not_know_reads_the_language_of_the_house() -> None:
    assert event_reader(roster("de"), UUID(int=2), language="en").language == "en"


def test_a_title_is_in_the_readers_language_and_one_line() -> None:
    reader = event_reader(roster("de"), ID, language="en")
    assert meeting_title("Nord\nlicht {rep}", reader).text == "Gespräch mit Nord licht {rep}"
    assert meeting_title(None, reader).text == "Verkaufsgespräch"


@pytest.mark.parametrize(
    ("company", "title"),
    [
        ("You won: https://evil.example/prize", "Sales meeting"),
        ("See evil.example/prize", "Meeting with See evil. example/prize"),
        ("monday.example", "Meeting with monday.example"),
    ],
)
def test_the_vendor_of_a_calendar_mails_no_page_of_a_stranger_s(company: str, title: str) -> None:
    assert meeting_title(company, MessageReader(language="en")).text == title


def test_nor_does_a_guest_s_name_lead_to_one() -> None:
    lead = cast("LeadRow", SimpleNamespace(first_name="Win at\nevil.example/prize", last_name=None))
    assert guest_name(lead) == "Win at evil. example/prize"
    assert guest_name(cast("LeadRow", SimpleNamespace(first_name="https://evil.example", last_name="Weber"))) == ""


@pytest.mark.parametrize(
    ("language", "organisation", "company", "title"),
    [
        ("de", "Nordwerk", "Berg\nGmbH", "Kennenlernen mit Ben Roth (Nordwerk): Berg GmbH"),
        ("de", "", None, "Kennenlernen mit Ben Roth"),
        ("en", "Nordwerk", "You won: https://evil.example/prize", "First meeting with Ben Roth (Nordwerk)"),
    ],
)
def test_a_title_that_the_buyer_reads_says_in_their_language_what_for_and_with_whom(
    language: str, organisation: str, company: str | None, title: str
) -> None:
    rules = BookingRules.model_validate({"purpose": {"de": "Kennenlernen", "en": "First meeting"}})
    assert invitation_title(rules, "Ben Roth", organisation, language=language, company=company).text == title
