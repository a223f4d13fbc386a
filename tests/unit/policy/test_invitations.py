"""What a policy may say of invitations, and the words for what it may not."""

from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.messages.form_faults import fault_words
from pointsman.domain.policy.invitations import BuyerMessage, Inviter, TextName
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.domain.policy.parsing import parse_policy
from pointsman.services.wording.rendering import MessageReader, render

MAIL = {"by": "mail", "connection": "post"}


def document(**invitations: Any) -> dict[str, Any]:
    return {"pools": {"closers": {"work": "closing", "members": ["anna"], "invitations": invitations}}}


def test_nothing_is_sent_unless_the_policy_says_so() -> None:
    pool = parse_policy({"pools": {"closers": {"work": "closing", "members": ["anna"]}}}).pools["closers"]
    assert pool.invitations.by is Inviter.NOBODY
    assert not pool.invitations.mails


def test_reminders_are_kept_with_the_longest_first() -> None:
    reminders = parse_policy(document(**MAIL, reminders=["1h", "10m", "14d"])).pools["closers"].invitations.reminders
    assert reminders == (timedelta(days=14), timedelta(hours=1), timedelta(minutes=10))


def test_a_text_that_says_nothing_is_none_and_line_breaks_are_newlines() -> None:
    texts = {
        "change": {},
        "reminder": {"de": {}},
        "confirmation": {"en": {"body": "a\r\nb\rc"}, "de": {"subject": None}},
    }
    given = parse_policy(document(**MAIL, texts=texts)).pools["closers"].invitations.texts
    assert {message: set(words) for message, words in given.items()} == {"confirmation": {"en"}}
    assert given[BuyerMessage.CONFIRMATION]["en"].body == "a\nb\nc"


@pytest.mark.parametrize(
    ("given", "path", "code", "words"),
    [
        ({"by": "mail"}, "", "mail-without-connection", "für Mails braucht es eine Verbindung"),
        (
            {"by": "calendar", "reminders": ["1h"]},
            "",
            "mail-without-connection",
            "für Mails braucht es eine Verbindung",
        ),
        ({"by": "post"}, ".by", "unknown-value", "„post“"),
        ({**MAIL, "reminders": ["1d", "24h"]}, ".reminders", "reminder-twice", "steht zweimal da"),
        ({**MAIL, "reminders": ["5m"]}, ".reminders", "reminder-range", "10m bis 14d"),
        ({**MAIL, "reminders": ["15d"]}, ".reminders", "reminder-range", "10m bis 14d"),
        ({**MAIL, "reminders": ["1d", "2d", "3d", "4d"]}, ".reminders", "too-many", "3"),
        ({**MAIL, "reply_to": "Anna <a@b.example>"}, ".reply_to", "malformed", "keine Mailadresse"),
        ({**MAIL, "sender": "x" * 201}, ".sender", "string-too-long", "200"),
        ({**MAIL, "sender": "a\nb"}, ".sender", "second-line", "zweite Zeile"),
        ({**MAIL, "sender": "a\x07b"}, ".sender", "acting-text", "Steuerzeichen"),
        ({**MAIL, "sender": "An\u200bna"}, ".sender", "hidden-sign", "nicht zu sehen (U+200B)"),
        ({**MAIL, "sender": "Anna\u3164"}, ".sender", "hidden-sign", "nicht zu sehen (U+3164)"),
        (
            {**MAIL, "texts": {"reminder": {"de": {"subject": "Ter\u00admin"}}}},
            ".texts.reminder.de.subject",
            "hidden-sign",
            "nicht zu sehen (U+00AD)",
        ),
        *(
            ({**MAIL, "reply_to": address}, ".reply_to", "hidden-address", "tippen Sie sie von Hand ein")
            for address in (
                "a\u200b@b.example",
                "a@b.exa\u00admple",
                "a\u3164@b.example",
                "=?a@b.example",
                "a\\b@b.example",
            )
        ),
        *(
            ({**MAIL, "reply_to": address}, ".reply_to", "reply-address", "manche Mailserver nehmen sie nicht an")
            for address in ("müller@b.example", "a..b@b.example")
        ),
        ({**MAIL, "texts": {"remindr": {}}}, ".texts.remindr", "unknown-value", "reminder"),
        ({**MAIL, "texts": {"reminder": {"fr": {}}}}, ".texts.reminder.fr", "unknown-value", "„fr“"),
        (
            {**MAIL, "texts": {"reminder": {"de": {"subjct": "x"}}}},
            ".texts.reminder.de.subjct",
            "unknown-key",
            "subject",
        ),
        (
            {**MAIL, "texts": {"reminder": {"de": {"body": " \n"}}}},
            ".texts.reminder.de.body",
            "blank-text",
            "sagt nichts",
        ),
        (
            {**MAIL, "texts": {"reminder": {"de": {"body": "a\u202eb"}}}},
            ".texts.reminder.de.body",
            "acting-text",
            "Steuerzeichen",
        ),
        (
            {**MAIL, "texts": {"reminder": {"de": {"body": "x" * 4_001}}}},
            ".texts.reminder.de.body",
            "string-too-long",
            "4000",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_in_german_too(given: dict[str, Any], path: str, code: str, words: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(document(**given))
    fault = refused.value.faults[0]
    assert (fault.path, fault.code) == (f"pools.closers.invitations{path}", code)
    assert words in render(fault_words(fault), MessageReader(language="de")).replace(".", "")


def test_pictures_and_umlauts_are_sent_as_they_are() -> None:
    subject = "Termin \U0001f469\u200d\U0001f4bc \u2709\ufe0f für Sie"
    given = document(
        **MAIL, sender="Jörg", reply_to="a@münchen.example", texts={"change": {"de": {"subject": subject}}}
    )
    kept = parse_policy(given).pools["closers"].invitations
    assert kept.texts[BuyerMessage.CHANGE]["de"].subject == subject


def test_the_schema_lists_the_names_where_they_are_written() -> None:
    schema = policy_json_schema()["$defs"]
    for part in (schema["MessageWords"]["properties"]["subject"], schema["MessageWords"]["properties"]["body"]):
        assert all(f"{{{{ {name} }}}}" in part["description"] for name in TextName)
    assert all(f"{name}: " in schema["InvitationRules"]["properties"]["texts"]["description"] for name in TextName)
