"""Normal forms are those of Unicode, whatever marks a text heaps up."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.domain.leads.normalise import clean_text, email_key
from pointsman.domain.text.composition import MOST_MARKS, compose
from pointsman.domain.text.hosts import host_in
from pointsman.domain.text.phrases import fold_text

MARKS = "\u0301\u0316"
FORMS = ("NFC", "NFKC", "NFKD")


@given(st.text(st.sampled_from("aeo\u00e9\u1ec7 \u0301\u0316\u0344\uac01"), max_size=60), st.sampled_from(FORMS))
@example("a" + MARKS * (MOST_MARKS // 2), "NFC")
def test_a_text_with_few_marks_in_a_row_is_composed_as_unicode_says(text: str, form: str) -> None:
    runs = "".join("m" if unicodedata.combining(c) else " " for c in text).split()
    if all(len(run) <= MOST_MARKS for run in runs):
        assert compose(text, form) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("read", [compose, clean_text, fold_text], ids=lambda read: read.__name__)
def test_marks_without_end_are_left_out_before_they_are_sorted(read: object) -> None:
    # The standard library sorts them by insertion: these would take it an hour.
    found = read("caf" + "e" + MARKS * 300_000 + " noir")  # type: ignore[operator]  # each takes a text
    assert found.endswith(" noir")
    assert len(found) < 60


def test_no_address_or_host_is_encoded_before_its_length_is_known() -> None:
    # Punycode takes time that grows with the square of a label.
    label = "".join(chr(0x4E00 + n % 20_000) for n in range(400_000))
    assert host_in(f"https://{label}.example/") is None
    assert email_key(f"a@{label}.example", lambda host: host) is None
    assert host_in("https://b\u00fccher.example/") == "xn--bcher-kva.example"
