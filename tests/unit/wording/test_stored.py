"""Messages as a table holds them: what a later release or a hand wrote closes no list, and is shown with what can be shown."""

from typing import Any

import pytest
from hypothesis import example, given

from pointsman.domain.messages.message import message_from_json, say
from pointsman.services.appointments.conflict_words import conflict_text
from pointsman.services.lead_pages.journey_texts import stored_words
from pointsman.services.wording.rendering import MessageReader, render, render_sentence
from pointsman.services.wording.stored import reason_text, render_error, render_stored
from support.hypothesis_profiles import examples
from support.strategies.stored_messages import EARLIEST, LATEST, STORED

READERS = [
    MessageReader(),
    MessageReader(language="de", zone="Pacific/Kiritimati", hides_others=True),
    MessageReader(language="de", zone="Pacific/Pago_Pago"),
]


@examples(200)
@given(stored=STORED)
@example({"key": "text.as-written", "args": {"text": {"at": LATEST}}})
@example({"key": "text.as-written", "args": {"text": {"at": LATEST, "zone": "Asia/Tokyo"}}})
@example({"key": "text.as-written", "args": {"text": {"at": EARLIEST}}})
@example({"key": "text.as-written", "args": {"text": {"on": "9999-12-31"}}})
@example({"key": "text.as-written", "args": {"text": {"number": "NaN"}}})
@example({"key": "text.as-written", "args": {"text": {"balance": f"{10**200}/{10**99 + 7}"}}})
@example({"key": "text.and-more", "args": {"items": 3, "count": {"number": "NaN"}}})
def test_whatever_is_stored_is_read_and_told(stored: Any) -> None:
    message = message_from_json(stored)
    for reader in READERS:
        assert isinstance(render(message, reader), str)
        assert isinstance(render_sentence(message, reader), str)
        assert isinstance(render_sentence(stored_words(stored), reader), str)
        render_stored(stored, reader)
        reason_text(stored, reader)
        render_error(stored, reader)
        conflict_text({"anna": stored}, reader)
    assert message_from_json(message.as_json()).key == message.key


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ({"key": "text.another-rep"}, "another rep"),
        ({"key": "text.another-rep", "args": None}, "another rep"),
        ({"key": "later.thing", "args": ["a", 2]}, "later.thing (args a and 2)"),
        ({"key": 7, "args": {"rep": "lena"}}, "{'key': 7, 'args': {'rep': 'lena'}}"),
        ("as text", "as text"),
        ({}, "{}"),
        ({"key": "text.as-written", "args": {"text": {"number": "NaN"}}}, "{'number': 'NaN'}"),
        ({"key": "text.as-written", "args": {"text": {"at": "2026-11-25T09:00"}}}, "{'at': '2026-11-25T09:00'}"),
        ({"key": "text.as-written", "args": {"text": {"number": "1e-999999"}}}, "1E-999999"),
        ({"key": "text.as-written", "args": {"text": {"at": LATEST}}}, "Fri 31 Dec 9999, 23:59 (UTC)"),
    ],
)
def test_what_can_be_shown_of_it_is_shown(stored: Any, shown: str) -> None:
    assert render(message_from_json(stored), READERS[0]).replace("\xa0", " ") == shown


def test_lists_in_lists_without_end_are_cut_off() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    for stored in ({"key": "text.as-written", "args": {"text": deep}}, deep):
        assert "x" not in render(message_from_json(stored), READERS[0])[:40]


def test_a_message_that_we_wrote_is_the_same_when_it_is_read() -> None:
    told = say("text.and-more", items=("a", say("text.another-rep")), count=2)
    assert message_from_json(told.as_json()) == told
