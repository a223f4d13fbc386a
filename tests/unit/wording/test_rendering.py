"""Messages are read in the reader's language and zone, with people by name."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from pointsman.domain.messages.message import (
    Arg,
    Message,
    as_written,
    connection_name,
    message_from_json,
    rep_name,
    say,
    supplier_name,
)
from pointsman.services.wording.catalogue import LANGUAGES, catalogue_language, parse_text
from pointsman.services.wording.locale_formats import best_language
from pointsman.services.wording.rendering import MessageReader, render, render_sentence, supported

NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)
ENGLISH, GERMAN = MessageReader(language="en"), MessageReader(language="de", zone="Europe/Berlin")


def written(arg: Arg, reader: MessageReader) -> str:
    return render(say("text.as-written", text=arg), reader).replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("arg", "english", "german"),
    [
        ("as it is", "as it is", "as it is"),
        (None, "", ""),
        (True, "yes", "ja"),
        (1234, "1,234", "1.234"),
        (Decimal("0.125"), "0.125", "0,125"),
        (Fraction(1, 2), "+1/2", "+1/2"),
        (Fraction(0), "0", "0"),
        (Fraction(-1001, 3003001), "-0.000", "-0,000"),
        (date(2026, 3, 6), "Fri 6 Mar 2026", "Fr., 6. März 2026"),
        (NINE, "Wed 25 Nov 2026, 09:00 (UTC)", "Mi., 25. Nov. 2026, 10:00 Uhr (MEZ)"),
        (NINE.astimezone(ZoneInfo("Asia/Tokyo")), "Wed 25 Nov 2026, 18:00 (JST)", "Mi., 25. Nov. 2026, 10:00 Uhr (MEZ)"),
        (timedelta(days=1, hours=3, minutes=4), "1 day 3 hours", "1 Tag 3 Stunden"),
        (timedelta(seconds=59), "less than a minute", "weniger als eine Minute"),
        (("a", "b", "c"), "a, b and c", "a, b und c"),
        ((), "", ""),
        (rep_name("r1"), "r1", "r1"),
        (say("text.and-more", items=("a", 5000), count=1), "a, 5,000 and 1 more", "a, 5.000 und 1 weitere"),
        (say("text.and-more", items=("a",), count=2), "a and 2 more", "a und 2 weitere"),
    ],
)  # fmt: skip
def test_each_kind_of_argument_is_written_as_readers_write_it(arg: Arg, english: str, german: str) -> None:
    assert (written(arg, ENGLISH), written(arg, GERMAN)) == (english, german)


def test_people_are_read_by_their_names() -> None:
    reader = MessageReader(names={rep_name("r1"): "Lena", rep_name("r2"): "Jonas"})
    assert written((rep_name("r1"), rep_name("r2")), reader) == "Lena and Jonas"


@pytest.mark.parametrize(("language", "other"), [("en", "another rep"), ("de", "jemand anders")])
def test_a_partner_reads_its_own_people_alone(language: str, other: str) -> None:
    reader = MessageReader(language=language, names={rep_name("r1"): "Lena"}, hides_others=True)
    assert [written(rep_name(key), reader) for key in ("r1", "r2")] == ["Lena", other]
    assert "acme" not in written(supplier_name("acme"), reader)


@pytest.mark.parametrize(("language", "told"), [("en", "The house knows why."), ("de", "Das Haus weiß, warum.")])
def test_a_partner_reads_nothing_of_what_connected_systems_said(language: str, told: str) -> None:
    reader = MessageReader(language=language, names={rep_name("r1"): "Lena"}, hides_others=True)
    said = say("vendor.said", said="no access to /dav/eva.endres/")
    assert render_sentence(said, reader) == told
    out_of_use = say("calendar-reading.out-of-use", connection=connection_name("team-eva"), error=said)
    assert "eva" not in render(out_of_use, reader)
    assert "eva.endres" in render(out_of_use, replace(reader, hides_others=False))


def test_what_somebody_wrote_is_never_read_for_a_placeholder() -> None:
    assert render(as_written("{rep} {0.__class__} %s {"), ENGLISH) == "{rep} {0.__class__} %s {"


def test_a_key_of_a_later_release_is_shown_with_its_arguments() -> None:
    assert render(say("later.thing", rep=rep_name("r1"), count=2), ENGLISH) == "later.thing (count 2, rep r1)"


def test_a_sentence_has_a_capital_and_one_full_stop() -> None:
    assert render_sentence(say("text.another-rep"), ENGLISH) == "Another rep."
    assert render_sentence(as_written("Lena waits."), ENGLISH) == "Lena waits."
    assert render_sentence(say("text.and-more", items=(say("text.another-rep"),), count=2), ENGLISH).startswith(
        "Another rep"
    )
    assert render_sentence(as_written(True), GERMAN) == "Ja."


@pytest.mark.parametrize(
    "message",
    [
        say("init.half-there", file="one/roster.yaml"),
        say("init.calendar-server", url="one/roster.yaml"),
        say("init.calendar-login", url="one/roster.yaml", user="x"),
        say("cli-local.foreign-state", state="one/roster.yaml"),
        as_written("one/roster.yaml"),
        as_written(("one/roster.yaml", "b")),
        as_written(say("text.and-more", items=("one/roster.yaml",), count=2)),
        as_written(rep_name("one/roster.yaml")),
        say("one/roster.yaml.of-a-later-release"),
    ],
)
def test_a_path_a_key_and_what_somebody_wrote_begin_a_sentence_as_they_are(message: Message) -> None:
    for reader in (ENGLISH, GERMAN):
        assert render_sentence(message, reader).startswith("one/roster.yaml")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *((tag, "de") for tag in ("de", "de-CH", "DE", "de_AT", " De-at ", "deu", "GER-at", "de-Latn-DE-1996")),
        *((tag, None) for tag in ("fr", "", None, "*", "-", "d\u0435")),
    ],
)
def test_a_tag_alone_is_read_as_in_accept_language_and_other_languages_in_english(
    tag: str | None, language: str | None
) -> None:
    assert catalogue_language(tag) == language
    assert supported(tag) == (language or "en")
    if tag and "*" not in tag:
        assert best_language(tag, among=LANGUAGES).partition("-")[0] == (language or "en")


def test_a_text_knows_its_placeholders() -> None:
    assert [(name, how) for _, name, how in parse_text("{rep} waits until {at:day}, {{as written}}") if name] == [
        ("rep", ""),
        ("at", "day"),
    ]
    assert set(LANGUAGES) == {"en", "de"}


@pytest.mark.parametrize(
    "arg",
    [
        {"pool": {"pool": "x"}}, {"rep": "a", "team": "b"}, {}, {"at": "2026-11-25T09:00:00+00:00", "zone": "Mars/Olympus"},
        {"at": 3}, {"on": "soon"}, {"seconds": "x"}, {"balance": "1/0"}, {"number": "x"}, {"key": 1, "args": []}, {"rep": None},
    ],
)  # fmt: skip
def test_an_argument_that_a_later_release_wrote_is_shown_as_it_is_stored(arg: dict[str, object]) -> None:
    message = message_from_json({"key": "text.as-written", "args": {"text": arg}})
    assert render(message, ENGLISH) != ""


def test_a_number_of_any_size_picks_a_form() -> None:
    for count in (10**30, -(10**30), 0):
        assert "more" in render(say("text.and-more", items=("a",), count=count), ENGLISH)
