"""Telephone numbers: what is read in a text, and whether two who give one are one person."""

from dataclasses import dataclass
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.phones import MAX_PHONE_TEXT, PhoneOwner, find_phones, is_same_owner
from pointsman.services.leads.phone_numbers import read_phone

MARA = "+491711234567"

#: What is written, the country, and the number.
READ = [
    ("0171 1234567", "DE", MARA),
    ("0171/1234567", "DE", MARA),
    ("0171-123 45 67", "DE", MARA),
    ("0171\u20131234567", "DE", MARA),
    ("0171.123.45.67", "DE", MARA),
    ("(0171) 1234567", "DE", MARA),
    ("171 1234567", "DE", MARA),
    ("+49 (0)171 / 123 45 67", None, MARA),
    ("+49 (0)171 / 123 45 67", "US", MARA),
    ("+49 0171 1234567", None, MARA),
    ("(+49) 171 1234567", None, MARA),
    ("+ 49 171 1234567", None, MARA),
    ("0049171 1234567", None, MARA),
    ("0049 (0)171 / 1234567", "DE", MARA),
    ("011 49 171 1234567", "US", MARA),
    ("491711234567", "DE", MARA),  # and not a place near Leer, whose area code is 0491
    ("tel:+49-171-1234567", None, MARA),
    ("Tel.: +49 171 1234567", None, MARA),
    ("Mobil: 0171 1234567 (privat)", "DE", MARA),
    ("+49\u00a0171\u202f1234567", None, MARA),
    ("\u202a+49 171 1234567\u202c", None, MARA),
    ("\uff0b\uff14\uff19\uff11\uff17\uff11\uff11\uff12\uff13\uff14\uff15\uff16\uff17", None, MARA),
    ("\u0660\u0661\u0667\u0661\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "DE", MARA),
    ("030 123456 ext. 5", "DE", "+4930123456;ext=5"),
    ("030 123456, DW 12", "DE", "+4930123456;ext=12"),
    ("030 123456 Durchwahl: 12", "DE", "+4930123456;ext=12"),
    ("+43 1 234567 Klappe 12", None, "+431234567;ext=12"),
    ("+4930123456;ext=12", None, "+4930123456;ext=12"),
    ("030/123456-12", "DE", "+493012345612"),  # dialled through
    ("0171 1234567; 030 123456", "DE", MARA),
    ("0171 1234567, 030 123456", "DE", MARA),
    ("0171 1234567 / 030 123456", "DE", MARA),
    ("0171 1234567\r\n030 123456", "DE", MARA),
    ("0171 1234567 oder 030 123456", "DE", MARA),
    ("+49 171 1234567 - 0171 7654321", "DE", MARA),
    ("keine; 0171 1234567", "DE", MARA),
    ("030 1234567 / 68", "DE", "+49301234567"),
    ("M +41 79 123 45 67, T +41 44 668 18 00", None, "+41791234567"),
    ("079 123 45 67", "CH", "+41791234567"),
    ("0699 12345679", "AT", "+4369912345679"),
    ("+423 232 12 34", None, "+4232321234"),
    ("06 12 34 56 79", "FR", "+33612345679"),
    ("+39 06 1234 5679", None, "+390612345679"),
    ("(415) 555-2671", "US", "+14155552671"),
    ("415-555-2671,12", "US", "+14155552671;ext=12"),
    ("030 123456,,12", "DE", "+4930123456;ext=12"),
    ("+49 30 123456 Durchw. 12", None, "+4930123456;ext=12"),
    ("1711234567.0", "DE", MARA),
    ("491711234567.0", "DE", MARA),
    ("+491711234567.0", None, MARA),
    ("0171\t1234567", "DE", MARA),
    ("0171\u200b123\u00ad4567", "DE", MARA),
    ("030 12345\n030 12346", "DE", "+493012345"),
    ("030 12345\u2028030 12346", "DE", "+493012345"),
    ("030 12345\t030 12346", "DE", "+493012345"),
    ("030 123456\n78", "DE", "+4930123456"),
    ("07400 123456", "GB", "+447400123456"),
    *((f"030 8765431{ending}", "DE", "+49308765431;ext=12") for ending in (
        " (DW 12)", " Durchwahl -12", " ext.: 12", " DW -12", " - DW 12", " int. 12", " Apparat Nr. 12", " [ext 12]",
        "-DW12", "x12",
    )),
    ("030 8765431 (DW 34)", "DE", "+49308765431;ext=34"),
    ("Mo-Fr 8-17 0171 1234567", "DE", MARA),
    ("Mo. - Fr. 8:00 - 17:00: 0171 1234567", "DE", MARA),
    ("werktags 8-17 0171 1234567", "DE", MARA),
    ("9-17 Uhr 0171 1234567", "DE", MARA),
    ("0171 1234567 (9-17 Uhr)", "DE", MARA),
    ("0171 1234567 Mo-Fr 9-17", "DE", MARA),
    ("0171 1234567 bis 18:00", "DE", MARA),
    ("24/7 0171 1234567", "DE", MARA),
    ("29.11.26 0171 1234567", "DE", MARA),
    ("2026-11-29 0171 1234567", "DE", MARA),
    ("06.12.34.56.79", "FR", "+33612345679"),  # no date
    ("Tel 1: 030 1234561, Tel 2: 0171 1234567", "DE", "+49301234561"),
    ("Fax 030 1234561; Tel 030 1234562", "DE", "+49301234562"),
    ("Tel./Fax 030 1234561; 030 1234562", "DE", "+49301234561"),
    ("Fax 030 1234561", "DE", "+49301234561"),
    ("+49 +49 171 1234567", None, MARA),
    ("491711234567,0", "DE", MARA),
    ("41791234567", "DE", "+41791234567"),  # and not a place near Stade
    ("436641234567", "DE", "+436641234567"),
    ("491711234567", "AT", MARA),
    ("30 8765431", "DE", "+49308765431"),
]  # fmt: skip

#: What no number that can be called is read in.
UNREAD = [
    ("0171 1234567", None),
    ("0171 1234567", "ZZ"),
    ("491711234567", None),
    ("+49 123 456 789", "DE"),
    ("+49123456789", None),
    ("0000000", "DE"),
    ("123456", "DE"),
    ("1111111111", "DE"),
    ("0171 9999999", "DE"),
    ("+49 171 0000000", None),
    ("110", "DE"),
    ("0171 12345O7", "DE"),
    ("0800 FLOWERS", "US"),
    ("089,1234567", "DE"),  # two numbers, or one
    ("01.02.2024", "DE"),
    ("2026-11-29 10:00", "DE"),
    ("2026-11-29", "DE"),
    ("29/11/2026", "DE"),
    ("0151 12345678", "DE"),
    ("06 12 34 56 78", "FR"),
    ("0171 87654321", "DE"),
    ("29.11.26", "DE"),
    ("29/11/26 10:00", "DE"),
    ("0171 1234567 29.11.26", "DE"),  # its digits would be joined
    ("030 8765431 DW 12345678", "DE"),
    ("0900 1234567", "DE"),
    ("mara1711234567@x.example", "DE"),
    ("n/a", "DE"),
    ("", "DE"),
    ("+", "DE"),
    ("+49+171+1234567", None),
    (" " * MAX_PHONE_TEXT + MARA, None),
]


@pytest.mark.parametrize(("text", "country", "key"), READ)
def test_a_number_is_one_key_however_it_is_written(text: str, country: str | None, key: str) -> None:
    found = read_phone(text, country)
    assert found is not None
    assert found.key == key
    assert read_phone(key, None) == found, "the key reads as itself"


@pytest.mark.parametrize(("text", "country"), UNREAD)
def test_what_nobody_can_call_is_no_number(text: str, country: str | None) -> None:
    assert read_phone(text, country) is None


@given(
    st.one_of(st.text(max_size=2 * MAX_PHONE_TEXT), st.text("+0123456789 ()/-;,xext.=#\uff11\ufdfa", max_size=120)),
    st.sampled_from([None, "DE", "AT", "US", "IT", "ZZ", "", "\u00e4"]),
)
def test_any_text_is_read_or_not_and_in_few_steps(text: str, country: str | None) -> None:
    assert len(list(find_phones(text))) <= MAX_PHONE_TEXT
    found = read_phone(text, country)
    assert found is None or (len(text) <= MAX_PHONE_TEXT and read_phone(found.key, None) == found)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    assert list(find_phones("/" * 10_000_000)) == []


@dataclass(frozen=True)
class Given:
    """What somebody wrote. `system` and `id` name them in a CRM."""

    phone: str
    first: str | None = None
    last: str | None = None
    email: str | None = None
    country: str | None = "DE"
    id: str | None = None


class Pair(NamedTuple):
    one: Given
    other: Given
    #: "same", "other", or "unsure": perhaps the same, and kept apart, since two people must never become one.
    people: str


def same(one: Given, other: Given) -> Pair:
    return Pair(one, other, "same")


def other(one: Given, two: Given) -> Pair:
    return Pair(one, two, "other")


def unsure(one: Given, two: Given) -> Pair:
    return Pair(one, two, "unsure")


MOBILE, HOME, DESK = "0171 1234567", "030 1234567", "030 1234567 DW 12"
G = Given
PAIRS = [
    # One mobile number, however it is written.
    *(
        same(G(MOBILE), G(text, country=country))
        for text, country, key in READ
        if key == MARA and (text, country) != (MOBILE, "DE")
    ),
    same(G("0664 1234567", country="AT"), G("+43 (0)664 / 123 45 67", country=None)),
    same(G("0664 1234567", country="AT"), G("0043 664 1234567", country="DE")),
    same(G("0664/1234567", country="AT"), G("436641234567", country="AT")),
    same(G("079 123 45 67", country="CH"), G("+41 (0)79 123 45 67", country=None)),
    same(G("079/123'45'67".replace("'", " "), country="CH"), G("0041791234567", country="DE")),
    same(G("06 12 34 56 79", country="FR"), G("+33 6 12345679", country=None)),
    same(G("07400 123456", country="GB"), G("+44 (0)7400 123456", country=None)),
    same(G("320 123 4567", country="IT"), G("+39 320 1234567", country=None)),
    same(G("612 34 56 79", country="ES"), G("0034 612345679", country="DE")),
    # Another number.
    other(G(MOBILE), G("0171 1234568")),
    other(G(MOBILE), G("0172 1234567")),
    other(G(MOBILE), G("0171 12345679")),
    other(G(MOBILE), G(HOME)),
    other(G(MOBILE), G("0664 1234567", country="AT")),
    other(G("0664 1234567", country="AT"), G("0664 1234567", country="DE")),
    other(G("079 123 45 67", country="CH"), G("079 123 45 67", country="DE")),
    other(G("+41 44 668 18 00"), G("+49 44 668 18 00")),
    other(G("+1 415 555 2671"), G("+1 415 555 2672")),
    other(G(DESK, "Mara", "Vogel"), G("030 1234567 DW 13", "Mara", "Vogel")),
    other(G(DESK, "Mara", "Vogel"), G(HOME, "Jan", "Specht")),
    # Numbers that are none.
    *(
        other(G(text, country=country), G(text, country=country))
        for text, country in (
            ("0000000", "DE"), ("123456", "DE"), ("+49123456789", None), ("1111111111", "DE"), ("0171 9999999", "DE"),
            ("0171 0000000", "DE"), ("n/a", "DE"), ("0123456789", "DE"), ("+43 111111111", None), ("00000", "CH"),
        )
    ),
    unsure(G(MOBILE, country=None), G(MOBILE, country=None)),
    unsure(G(MOBILE), G(MOBILE, country=None)),
    # One mobile number: a name, an email or an id says who.
    same(G(MOBILE, "Mara", "Vogel"), G(MOBILE, "Mara", "Vogel")),
    same(G(MOBILE, "Mara", "Vogel"), G(MOBILE, "mara", "VOGEL")),
    same(G(MOBILE, "J\u00f6rg", "M\u00fcller"), G(MOBILE, "Joerg", "Mueller")),
    same(G(MOBILE, "Ren\u00e9", "L\u00fcthi"), G(MOBILE, "Rene", "Luethi")),
    same(G(MOBILE, "Mara", "Stra\u00df"), G(MOBILE, "Mara", "Strass")),
    same(G(MOBILE, "Mara", "Vogel"), G(MOBILE, "M.", "Vogel")),
    same(G(MOBILE, "Mara", "Vogel"), G(MOBILE, None, "Vogel")),
    same(G(MOBILE, None, "Frau Vogel"), G(MOBILE, "Mara", "Vogel")),
    same(G(MOBILE, "Mara", "Dr. Vogel"), G(MOBILE, "Mara", "Vogel")),
    same(G(MOBILE, "Mara", "Vogel"), G(MOBILE)),
    same(G(MOBILE), G(MOBILE, "Mara", "Vogel", "mara@vogel.example")),
    same(G(MOBILE, "Mara", "Vogel", "mara@vogel.example"), G(MOBILE, "Mara")),
    same(G(MOBILE, email="mara@vogel.example"), G(MOBILE, "Mara", "Vogel")),
    same(G(MOBILE, id="7"), G(MOBILE, "Mara")),
    same(G(MOBILE, "Mara"), G(MOBILE, id="7")),
    other(G(MOBILE, "Mara", "Vogel"), G(MOBILE, "Jan", "Vogel")),
    other(G(MOBILE, "Mara", "Vogel"), G(MOBILE, "Mara", "Specht")),
    other(G(MOBILE, "Mara"), G(MOBILE, "Jan")),
    other(G(MOBILE, "Maria", "Vogel"), G(MOBILE, "Mario", "Vogel")),
    other(G(MOBILE, "M.", "Vogel"), G(MOBILE, "Jan", "Vogel")),
    other(G(MOBILE, email="mara@vogel.example"), G(MOBILE, email="jan@vogel.example")),
    other(G(MOBILE, "Mara", "Vogel", "mara@vogel.example"), G(MOBILE, "Jan", "Vogel", "jan@vogel.example")),
    other(G(MOBILE, id="7"), G(MOBILE, id="8")),
    unsure(G(MOBILE, "Mara", "Vogel", "m@work.example"), G(MOBILE, "Mara", "Vogel", "m@home.example")),
    unsure(G(MOBILE, "Mara", "Vogel"), G(MOBILE, "Mara", "Vogel-Specht")),
    unsure(G(MOBILE, "Hans-Peter", "Vogel"), G(MOBILE, "Hans", "Vogel")),
    unsure(G(MOBILE, "Sepp", "Vogel"), G(MOBILE, "Josef", "Vogel")),
    unsure(G(MOBILE, "Vogel", "Mara"), G(MOBILE, "Mara", "Vogel")),
    # Any other number may be a family's or a switchboard.
    same(G(HOME), G("+49 30 1234567")),
    same(G(HOME, "Mara", "Vogel"), G(HOME, "Mara", "Vogel")),
    same(G(HOME, "Mara", "Vogel"), G("030/1234567", "MARA", "V\u00f6gel".replace("\u00f6", "o"))),
    same(G(HOME, "Mara", "Vogel"), G(HOME, "Mara", "Vogel", "mara@vogel.example")),
    same(G(DESK, "Mara", "Vogel"), G("+49 30 1234567 ext 12", "Mara", "Vogel")),
    same(G("(415) 555-2671", "Mara", "Vogel", country="US"), G("+1 415 555 2671", "Mara", "Vogel")),
    other(G(HOME, "Mara", "Vogel"), G(HOME, "Jan", "Vogel")),
    other(G(HOME, "Mara", "Vogel"), G(HOME, "Mara", "Specht")),
    other(G(HOME, email="mara@acme.example"), G(HOME, email="jan@acme.example")),
    other(G(HOME, email="mara@acme.example"), G(HOME)),
    other(G(HOME), G(HOME, "Jan", "Specht")),
    other(G(HOME, None, "Vogel"), G(HOME, "Jan", "Vogel")),
    other(G(HOME, id="7"), G(HOME)),
    other(G(HOME, "Mara", "Vogel", id="7"), G(HOME, "Mara", "Vogel", id="8")),
    other(G("0800 1234567", "Mara", "Vogel"), G("0800 1234567", "Jan", "Vogel")),
    unsure(G(HOME, None, "Vogel"), G(HOME, None, "Vogel")),
    unsure(G(HOME, "Mara", "Vogel"), G(HOME, "M.", "Vogel")),
    unsure(G(HOME, "Mara", "Vogel"), G(HOME)),
    unsure(G("(415) 555-2671", country="US"), G("(415) 555-2671", "Mara", country="US")),
]  # fmt: skip


def matches(known: Given, news: Given) -> bool:
    found, again = read_phone(known.phone, known.country), read_phone(news.phone, news.country)
    if found is None or found != again:
        return False
    owner = PhoneOwner(
        email_key=known.email, first_name=known.first, last_name=known.last, has_external_id=known.id is not None
    )
    sender = PhoneOwner(
        email_key=news.email,
        first_name=news.first,
        last_name=news.last,
        has_external_id=news.id is not None,
        has_other_id=known.id is not None and news.id is not None,
    )
    return is_same_owner(owner, sender, is_mobile=found.is_mobile)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.people}: {pair.one.phone} / {pair.other.phone}")
def test_two_people_never_become_one_and_one_person_is_found_again(pair: Pair) -> None:
    found = {matches(pair.one, pair.other), matches(pair.other, pair.one)}
    assert found == {pair.people == "same"}, "whichever comes first"


def test_the_pairs_are_many_and_of_each_kind() -> None:
    counted = {kind: sum(pair.people == kind for pair in PAIRS) for kind in ("same", "other", "unsure")}
    assert all(count >= least for count, least in zip(counted.values(), (40, 35, 10), strict=True)), counted
