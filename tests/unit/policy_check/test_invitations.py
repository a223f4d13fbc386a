"""Invitations that could never arrive are told of before a policy is live, each with its place and what to do."""

from typing import Any

import pytest

from pointsman.domain.policy_check.findings import Severity
from pointsman.services.policies.checking import PolicySurroundings, check_offline
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
