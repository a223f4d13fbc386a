"""What changed in a pool's invitations, in words."""

from typing import Any

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_diff.documents import diff_policies
from pointsman.services.wording.rendering import MessageReader, render

MAIL = {"by": "mail", "connection": "post"}
LONG = "Dear buyer,\n\n" + "we look forward to it. " * 10


def said(before: dict[str, Any], after: dict[str, Any], language: str) -> list[str]:
    one, other = (
        parse_policy({"pools": {"closers": {"work": "closing", "members": ["anna"], "invitations": given}}})
        for given in (before, after)
    )
    return [render(change.sentence, MessageReader(language=language)) for change in diff_policies(one, other)]


def test_that_buyers_are_invited_is_told_in_both_languages() -> None:
    assert said({}, MAIL, "en") == [
        "pool 'closers' now has mail as way of invitations, was none",
        "pool 'closers' now has post as connection that sends mail, was not set",
    ]
    assert said({}, MAIL, "de")[0] == "Pool „closers“: der Weg der Einladungen ist jetzt die Mail, bisher keiner"


def test_a_reminder_more_is_told() -> None:
    before, after = {**MAIL, "reminders": ["1d"]}, {**MAIL, "reminders": ["1h", "1d"]}
    assert said(before, after, "en") == ["pool 'closers' now also has 1 hour as reminders"]


def test_each_text_is_told_by_its_name() -> None:
    after = {**MAIL, "texts": {"confirmation": {"de": {"subject": "Hallo {{ name }}"}, "en": {"body": "Hi"}}}}
    assert said(MAIL, after, "en") == [
        "pool 'closers' now has “Hallo {{ name }}” as subject of the German confirmation, was not set",
        "pool 'closers' now has Hi as text of the English confirmation, was not set",
    ]
    assert "no longer has Hi as text of the English confirmation" in said(after, MAIL, "en")[1]


@pytest.mark.parametrize("language", ["de", "en"])
def test_long_texts_are_told_from_where_they_differ(language: str) -> None:
    before, after = ({**MAIL, "texts": {"change": {"en": {"body": LONG + end}}}} for end in ("Anna", "Carl"))
    (only,) = said(before, after, language)
    assert "Anna" in only
    assert "Carl" in only
    assert "Dear buyer" not in only


def test_a_default_that_is_written_out_is_no_change() -> None:
    assert said({}, {"by": "nobody", "reminders": [], "texts": {"change": {"de": {}}}}, "en") == []
