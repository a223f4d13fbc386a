"""Invitations that could never arrive are told of before a policy is live, each with its place and what to do."""

from typing import Any

import pytest

from pointsman.domain.policy_check.bookings import RepCalendar
from pointsman.domain.policy_check.findings import Severity
from pointsman.services.policies.checking import PolicySurroundings, check_offline
from support.roster import CLOSER, rep, roster
from support.wording import english

AROUND = PolicySurroundings(sends_mail=lambda: {"post": True, "calendars": False})


def found(invitations: dict[str, Any], around: PolicySurroundings = AROUND, **pool: Any) -> list[tuple[str, str, str]]:
    document = {"pools": {"closers": {"work": "closing", "members": ["anna"], "invitations": invitations, **pool}}}
    begin = "pools.closers.invitations"
    return [
        (one.path.removeprefix(begin), one.code, english(one.message))
        for one in check_offline(document, around)
        if one.path.startswith(begin)
    ]


def test_sound_invitations_have_no_finding() -> None:
    assert found({"by": "mail", "connection": "post", "reminders": ["1d"], "sender": "{{ rep }}"}) == []
    assert found({"by": "calendar", "connection": "post"}) == []
    assert found({}) == found({"by": "nobody"}) == []


@pytest.mark.parametrize(
    ("invitations", "path", "code", "words"),
    [
        ({"by": "mail", "connection": "psot"}, ".connection", "unknown-connection", "did you mean 'post'?"),
        ({"by": "mail", "connection": "calendars"}, ".connection", "connection-sends-no-mail", "sends no mail"),
        ({"connection": "post"}, "", "invitations-without-effect", "without 'by', nothing is sent"),
        ({"by": "calendar"}, "", "invitations-without-fallback", "add a connection"),
    ],
)
def test_a_way_that_leads_to_no_buyer_is_told(invitations: dict[str, Any], path: str, code: str, words: str) -> None:
    ((where, what, said),) = found(invitations)
    assert (where, what) == (path, code)
    assert words in said


def test_without_a_connection_that_sends_mail_the_way_to_one_is_said() -> None:
    ((_, _, said),) = found({"by": "mail", "connection": "post"}, PolicySurroundings(sends_mail=dict))
    assert said.endswith("add one: PUT /v1/connections/post")


def of_calendars(able: bool, pool: dict[str, Any]) -> list[tuple[str, str, str]]:
    calendars = {
        "anna": RepCalendar(invites=True, meets=True),
        "ben": RepCalendar(invites=able, meets=able),
        "lena": RepCalendar(invites=False, meets=False),  # of a role that may not close
    }
    around = PolicySurroundings(
        roster=roster(rep("anna", CLOSER), rep("ben", CLOSER), rep("clara", CLOSER), rep("lena")),
        calendars=lambda: calendars,
    )
    members = ["anna", "ben", "clara", "lena"]
    document = {"pools": {"closers": {"work": "closing", "members": members, **pool}}}
    codes = ("invitations-without-fallback", "conference-without-meeting")
    found = [one for one in check_offline(document, around) if one.code in codes]
    return [(one.path, one.code, english(one.message)) for one in found]


def test_the_reps_whose_calendars_cannot_invite_are_named_where_no_mail_takes_over() -> None:
    ((path, code, said),) = of_calendars(False, {"invitations": {"by": "calendar"}})
    assert (path, code) == ("pools.closers.invitations", "invitations-without-fallback")
    assert said.startswith("the calendars of Ben invite no guests")
    assert of_calendars(True, {"invitations": {"by": "calendar"}}) == []
    assert of_calendars(False, {"invitations": {"by": "calendar", "connection": "post"}}) == []


def test_the_reps_whose_calendars_make_no_meeting_are_named_where_one_is_to_be_made() -> None:
    ((path, code, said),) = of_calendars(False, {"booking": {"conference": "create"}})
    assert (path, code) == ("pools.closers.booking.conference", "conference-without-meeting")
    assert said.startswith("the calendars of Ben make no meetings")
    assert of_calendars(True, {"booking": {"conference": "create"}}) == []
    assert of_calendars(False, {"booking": {"conference": "https://meet.example/room"}}) == []


def test_a_file_alone_is_not_held_against_connections() -> None:
    assert found({"by": "mail", "connection": "psot"}, PolicySurroundings()) == []


def test_connections_are_looked_up_only_where_a_pool_names_one() -> None:
    def forbidden() -> dict[str, bool]:
        raise AssertionError("no pool names a connection")

    assert found({"by": "calendar"}, PolicySurroundings(sends_mail=forbidden))


def test_work_without_appointments_invites_no_buyer() -> None:
    ((_, code, _),) = found({"by": "mail", "connection": "post"}, work="qualification")
    assert code == "invitations-without-effect"


def test_each_text_is_read_and_its_faults_have_path_and_line() -> None:
    texts = {
        "confirmation": {"de": {"subject": "{{ nmae }}", "body": "a\n{% for x %}\n{{ rep"}},
        "reminder": {"en": {"subject": "{{ name }}"}},
    }
    told = found({"by": "mail", "connection": "post", "sender": "{{ first_name }}", "texts": texts})
    errors = [(path, code) for path, code, _ in told if code != "invitations-without-effect"]
    assert errors == [
        (".sender", "unknown-text-name"),
        (".texts.confirmation.de.subject", "unknown-text-name"),
        (".texts.confirmation.de.body", "text-malformed"),
        (".texts.confirmation.de.body", "text-malformed"),
    ]
    said = [words for path, _, words in told if path.startswith(".texts.confirmation")]
    assert said[0] == "line 1: there is no name 'nmae'; did you mean 'name'?"
    assert said[1].startswith("line 2: '{% for x %}' is not taken")
    assert said[2].startswith("line 3: '{{ rep' has no end")
    assert (".texts.reminder", "invitations-without-effect") in [(path, code) for path, code, _ in told]


def test_a_fault_of_a_text_keeps_the_policy_from_being_published() -> None:
    texts = {"change": {"en": {"body": "{{ name | upper }}"}}}
    invitations = {"by": "mail", "connection": "post", "texts": texts}
    document = {"pools": {"closers": {"work": "closing", "members": ["anna"], "invitations": invitations}}}
    (fault,) = [one for one in check_offline(document, AROUND) if one.code == "text-malformed"]
    assert fault.severity is Severity.ERROR


@pytest.mark.parametrize("address", ["a@\u2603.example", "a@-x.example"])
def test_an_address_for_replies_whose_host_is_none_is_told(address: str) -> None:
    ((path, code, said),) = found({"by": "mail", "connection": "post", "reply_to": address})
    assert (path, code) == (".reply_to", "not-an-address")
    assert said == f"mail does not go to '{address}': correct what stands behind the @"
    assert found({"by": "mail", "connection": "post", "reply_to": "a@münchen.example"}) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{vorname}", "did you mean 'first_name'?"),
        ("{ frist_name }", "did you mean 'first_name'?"),
        ("[First_Name]", "did you mean 'first_name'?"),
        ("%company%", "did you mean 'company'?"),
        ("<rep>", "did you mean 'rep'?"),
        ("{Ihre Anrede}", "known are change_url, company, day"),
    ],
)
def test_what_a_buyer_would_read_as_a_name_in_brackets_is_told_and_forbids_nothing(written: str, meant: str) -> None:
    texts = {"change": {"en": {"body": f"Hello,\n{written}"}}}
    ((path, code, said),) = found({"by": "mail", "connection": "post", "texts": texts})
    assert (path, code) == (".texts.change.en.body", "text-literal")
    assert said.startswith(f"line 2: '{written}' is sent to the buyer as it stands")
    assert meant in said


@pytest.mark.parametrize(
    ("written", "meant"), [("Vorname", "first_name"), ("First_Name", "first_name"), ("first-name", "first_name")]
)
def test_a_name_in_other_letters_or_in_german_leads_to_ours(written: str, meant: str) -> None:
    texts = {"change": {"en": {"body": f"{{{{ {written} }}}}"}}}
    ((_, code, said),) = found({"by": "mail", "connection": "post", "texts": texts})
    assert (code, said) == ("unknown-text-name", f"line 1: there is no name '{written}'; did you mean '{meant}'?")
