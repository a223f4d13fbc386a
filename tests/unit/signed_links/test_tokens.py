"""A signed link is the one that was signed, or none."""

import random
import string
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.connectors.vault import Vault
from pointsman.domain.errors import NotFound
from pointsman.services.signed_links.lead_page import SEAL_CONTEXT as LEAD_PAGE
from pointsman.services.signed_links.tokens import SEAL_CONTEXT, SignedLink, read_link, sign_link, without_end
from support.http.keys import SECRET

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LINK = SignedLink(
    id=UUID("0198c0de-0000-7000-8000-000000000001"), expires_at=NOW + timedelta(days=1), language="de", time_zone=None
)
LETTERS = string.ascii_letters + string.digits + "-_"


@pytest.mark.parametrize("context", [SEAL_CONTEXT, LEAD_PAGE])
def test_no_letter_at_any_place_can_be_another(context: str) -> None:
    vault, chance = Vault([SECRET]), random.Random(12)
    token = sign_link(vault, LINK, context=context)
    assert read_link(vault, token, now=NOW, context=context) == LINK
    for place, letter in enumerate(token):
        next_to_it = LETTERS[LETTERS.index(letter) ^ 1]  # one bit
        for other in {next_to_it, *chance.sample(LETTERS, 5)} - {letter}:
            with pytest.raises(NotFound) as refused:
                read_link(vault, token[:place] + other + token[place + 1 :], now=NOW, context=context)
            assert refused.value.code == "no-such-link"


@pytest.mark.parametrize(("signed", "read"), [(SEAL_CONTEXT, LEAD_PAGE), (LEAD_PAGE, SEAL_CONTEXT)])
def test_a_link_to_one_kind_of_page_opens_no_other(signed: str, read: str) -> None:
    vault = Vault([SECRET])
    with pytest.raises(NotFound, match="not valid"):
        read_link(vault, sign_link(vault, LINK, context=signed), now=NOW, context=read)


@given(st.text(alphabet=" \t\r\n.,;:!?)>]}'\"*/»”…", max_size=20))
def test_marks_and_spaces_behind_a_token_are_cut_off(behind: str) -> None:
    token = sign_link(Vault([SECRET]), LINK)
    assert without_end(token + behind) == token


@given(st.text(max_size=80))
def test_what_is_cut_off_holds_no_letter_and_nothing_else_is_changed(text: str) -> None:
    left = without_end(text)
    assert text.startswith(left)
    assert not set(text[len(left) :]) & {*LETTERS, "="}
