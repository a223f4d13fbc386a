"""What buyers are told: the author's words, ours where there are none, and the time on the buyer's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from pointsman.domain.policy.invitations import BuyerMessage, InvitationRules, TextLanguage, TextName
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.wording.message_texts import purpose_of, sender_of, text_of, time_values
from pointsman.services.wording.texts import check_text, render_html, render_text

LANGUAGES: tuple[TextLanguage, ...] = ("de", "en")
START = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", BuyerMessage)
def test_our_own_texts_are_sound_with_and_without_values(message: BuyerMessage, language: TextLanguage) -> None:
    ours = text_of(InvitationRules(), message, language)
    assert check_text(ours.subject) == check_text(ours.body) == []
    full = {name: f"<{name}>" for name in TextName}
    for given in (
        full,
        {**full, TextName.NAME: "", TextName.JOIN_URL: "", TextName.CHANGE_URL: "", TextName.ORGANISATION: ""},
    ):
        shown = render_text(ours.body, given)
        assert not {"{", "}"} & set(shown)
        assert "\n\n\n" not in shown
        assert all(line == line.strip() and not line.endswith(": ") for line in shown.split("\n"))
        assert render_html(ours.body, given).startswith("<p>")


@pytest.mark.parametrize("message", BuyerMessage)
def test_the_author_s_words_come_before_ours_part_by_part_and_in_their_language_alone(message: BuyerMessage) -> None:
    given = InvitationRules.model_validate({"texts": {message: {"de": {"subject": "Hallo"}}}})
    ours = {language: text_of(InvitationRules(), message, language) for language in LANGUAGES}
    assert text_of(given, message, "de").subject == "Hallo"
    assert text_of(given, message, "de").body == ours["de"].body
    assert text_of(given, message, "en") == ours["en"]
    assert ours["de"] != ours["en"]


def test_mail_comes_from_the_rep_unless_the_policy_says_otherwise() -> None:
    values = {TextName.REP: "Anna\nWeber", TextName.ORGANISATION: "Firma"}
    assert sender_of(InvitationRules(), values) == "Anna Weber"
    assert sender_of(InvitationRules(sender="{{ rep }}, {{ organisation }}"), values) == "Anna Weber, Firma"
    values[TextName.ORGANISATION] = ""
    for joined in ("{{ rep }}, {{ organisation }}", "{{ organisation }} \N{EN DASH} {{ rep }}", "{{ rep }}"):
        assert sender_of(InvitationRules(sender=joined), values) == "Anna Weber"


def test_times_are_on_the_buyer_s_clock_in_the_buyer_s_language() -> None:
    german = time_values(START, timedelta(minutes=45), zone="Europe/Berlin", language="de")
    assert list(german.values()) == ["Mittwoch, 25. November 2026", "10:00 Uhr", "MEZ", "45 Minuten"]
    english = time_values(START, timedelta(hours=1), zone="America/New_York", language="en")
    assert english[TextName.TIME] == "04:00"
    assert english[TextName.DURATION] == "1 hour"


def test_a_purpose_is_the_policy_s_or_a_plain_word() -> None:
    assert purpose_of(BookingRules.model_validate({"purpose": "Demo"}), "de") == "Demo"
    assert [purpose_of(BookingRules(), language) for language in LANGUAGES] == ["Termin", "Meeting"]
