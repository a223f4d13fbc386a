"""Text is found in each spelling that people take for the same, and in no other."""

import psycopg
import pytest

from support.databases.roles import for_libpq

_FINDS = "select searched_text(%(stored)s) like any(search_patterns(%(asked)s, null))"


def finds(url: str, stored: str, asked: str) -> bool:
    with psycopg.connect(for_libpq(url)) as connection:
        row = connection.execute(_FINDS, {"stored": stored, "asked": asked}).fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize(
    "spellings",
    [
        ("Müller", "Mu\u0308ller", "MÜLLER", "mueller", "Mueller", "muller"),
        ("Köhler", "Ko\u0308hler", "KOEHLER", "kohler"),
        ("Straße", "STRASSE", "strasse", "STRAẞE"),
        ("D\u2019Arcy", "d'arcy", "D\u00b4Arcy", "D`Arcy", "D\u02bcarcy", "Darcy"),
        ("Ångström", "A\u030angstro\u0308m", "angstrom", "ANGSTROEM"),
        ("Łukasz", "lukasz"),
        ("Đorđe", "dorde"),
        ("Ørsted", "ØRSTED", "Oersted", "orsted"),
        ("Æsir", "aesir", "asir"),
        ("İstanbul", "istanbul", "ISTANBUL", "\u0131stanbul"),
        ("Żółć", "zolc"),
        ("Nguyễn", "nguyen"),
        ("ЖУКОВ", "жуков", "Жуков"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος", "σισυφοσ"),
        ("김민수", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e"),
        ("ガガガ", "カ\u3099カ\u3099カ\u3099", "ｶﾞｶﾞｶﾞ"),
        ("\uff2d\uff49\uff41", "mia"),
        ("Anna\u2010Lena", "anna-lena"),
        ("Au\u00adgust", "august"),
    ],
    ids=lambda spellings: spellings[0],
)
def test_each_spelling_finds_each_other(shared_database_url: str, spellings: tuple[str, ...]) -> None:
    missed = [
        (stored, asked)
        for stored in spellings
        for asked in spellings
        if not finds(shared_database_url, f"vor {stored} nach", asked)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Mueller", "ell"),
        ("Samuel", "uel"),
        ("Muehlaer", "ehlaer"),
        ("Bauer", "bau"),
        ("100%_\\x", "100%_\\"),
        ("O'Brien-Smith", "rien-sm"),
        ("Müllermann", "muell"),
        ("Großmüller", "MUELLER"),
        ("Neubauer", "Auer"),
    ],
)
def test_a_part_of_a_word_is_found_wherever_it_is_cut(shared_database_url: str, stored: str, asked: str) -> None:
    assert finds(shared_database_url, stored, asked)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Müller", "Möller"),
        ("Bau", "ue"),
        ("Anna Lena", "annalena"),
        ("abc", "a%c"),
        ("abc", "a_c"),
        ("ガガガ", "カカカ"),
        *((name, "Auer") for name in ("Aurich", "Maurice", "Maurer", "Laura")),
        ("Barth", "Baer"),
        ("Barbara", "Baer"),
        ("Arnold", "Noel"),
        ("Neumann", "Neue"),
        ("Potenz", "Poet"),
        ("13 Mann", "3M"),
        ("Jumbo Polizei", "bo"),
        ("王小明华", "小明"),
        ("Anna", "-"),
        ("Anna", "\u02bc\u02bc\u02bc"),
    ],
)
def test_another_word_is_not_found(shared_database_url: str, stored: str, asked: str) -> None:
    assert not finds(shared_database_url, stored, asked)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("3M Deutschland GmbH", "3m"),
        ("Firma 3M", "3M"),
        ("E.ON SE", "eon"),
        ("E.ON SE", "E.ON"),
        ("EON", "eon"),
        ("AT&T Inc.", "at&t"),
        ("H&M", "hm"),
        ("J.R.R. Tolkien", "JRR"),
        ("Bo Li bo.li@firma.example", "Bo"),
        ("Bo Li bo.li@firma.example", "li"),
        ("李明", "李明"),
        ("王明华", "明华"),
        ("王明华 wang@firma.example", "王明"),
        ("田中さくら", "くら"),
        ("김민수", "민수"),
        ("Uğur Öz", "öz"),
        ("สวัสดี", "สวัสดี"),
        ("مُحَمَّد", "مُحَمَّد"),
        ("Sean O\u2019Neill", "O\u2019Ne"),
        ("Straßer", "aß"),
        ("Mueller, Jörg", "jörg"),
        ("Muller", "Mueller"),
        ("(Mueller)", "müller"),
    ],
)
def test_short_words_initials_and_vowel_signs_are_found(shared_database_url: str, stored: str, asked: str) -> None:
    assert finds(shared_database_url, stored, asked)


def test_no_trigger_has_the_folded_text_made_anew_at_each_update(shared_database_url: str) -> None:
    """PostgreSQL computes generated columns again where any trigger of rows runs before an update, whatever it changes."""
    with psycopg.connect(for_libpq(shared_database_url)) as connection:
        found = connection.execute("""
            select t.tgname from pg_trigger t
            where t.tgtype & 19 = 19 and exists (
                select from pg_attribute a where a.attrelid = t.tgrelid and a.attgenerated <> '')
        """).fetchall()
    assert found == []
