"""Numbers as people and forms write them: each spelling is the number that it says, a stated least, or unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.coercion import coerce, coerce_with_note
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.leads.values.numbers import Counted, read_number
from pointsman.services.codes.code_names import CODE_NAMES

#: What is read the same in every field, and says no more than the number.
PLAIN = {
    "0": 0, "7": 7, "120": 120, " 120 ": 120, "\t120\n": 120, "120\u200b": 120, "007": 7, "+5": 5,
    "1000000": 1_000_000, "1.5": 1.5, "1,5": 1.5, "12.34": 12.34, "12,34": 12.34, "0.5": 0.5, "0,5": 0.5,
    ".5": 0.5, ",5": 0.5, "1.0": 1, "1,0": 1, "1200.50": 1200.5, "1200,50": 1200.5, "1234,5678": 1234.5678,
    "0.500": 0.5, "0,125": 0.125, "1234.567": 1234.567, "99.9999": 99.9999,
    "1'200": 1200, "1\u2019200": 1200, "1\u2018200": 1200, "1\u00b4200": 1200, "1`200": 1200, "1 200": 1200,
    "1\u00a0200": 1200, "1\u202f200": 1200, "1\u2009200": 1200, "12 000": 12_000, "1 200 000": 1_200_000,
    "1.200.000": 1_200_000, "1,200,000": 1_200_000, "1'200'000": 1_200_000, "1\u2019200\u2019000": 1_200_000,
    "1\u00a0200\u00a0000": 1_200_000, "1.200,50": 1200.5, "1,200.50": 1200.5, "1'200.50": 1200.5, "1'200,50": 1200.5,
    "1 200,50": 1200.5, "1 200.50": 1200.5, "1\u202f200,50": 1200.5, "1.234.567,89": 1234567.89, "1,234,567.89": 1234567.89,
    "1.200,500": 1200.5, "12,34,567": 1_234_567, "1,20,000": 120_000, "+1.200,50": 1200.5,
    "10k": 10_000, "10 k": 10_000, "10K": 10_000, "1.5k": 1500, "1,5k": 1500, "2 Tsd": 2000, "2 Tsd.": 2000,
    "2 tausend": 2000, "2 Thousand": 2000, "1,2 Mio": 1_200_000, "1,2 Mio.": 1_200_000, "1.2 Mio.": 1_200_000, "5Mio": 5_000_000,
    "3 Millionen": 3_000_000, "1 Million": 1_000_000, "2 mln": 2_000_000, "2 Mrd.": 2_000_000_000,
    "1,5 Milliarden": 1_500_000_000, "1.5bn": 1_500_000_000, "120 Mitarbeiter": 120, "120 Mitarbeitende": 120,
    "120 MA": 120, "120MA": 120, "Mitarbeiter: 120": 120, "120 Angestellte": 120, "120 Beschäftigte": 120,
    "120 BESCHÄFTIGTE": 120, "120 employees": 120, "120 Employees": 120, "120 people": 120, "120 staff": 120, "120 FTE": 120,
    "120 Mitarbeiter:innen": 120, "120 Mitarbeiter*innen": 120, "120 Mitarbeiter_innen": 120, "120 Mitarbeiter/-innen": 120,
    "120 Mitarbeiter(innen)": 120, "Mitarbeiter:innen: 120": 120, "120 Pers.": 120, "120 Mitarb.": 120,
    "120\nMitarbeiter": 120, "120 Mit\u00adarbeiter": 120, "\u202a120\u202c": 120,
    "120 Personen": 120, "120 users": 120, "85 points": 85, "85 Punkte": 85, "1 Person": 1, "1'200 Mitarbeiter": 1200,
}  # fmt: skip

#: A score may be below zero; a count of people or of money may not.
NEGATIVE = {"-5": -5, "\u22125": -5, "-1,5": -1.5, "-1.200.000": -1_200_000, "\u2013120": -120}

#: What says less than one number: the least that it can be, by a rule that the sender is told.
LEAST = {
    "51-200": 51, "51 - 200": 51, "51\u2013200": 51, "51 \u2013 200": 51, "51\u2014200": 51, "51\u2011200": 51,
    "51\u2212200": 51, "51 bis 200": 51, "51 to 200": 51, "51 BIS 200": 51, "51-200 Mitarbeiter": 51, "51-200 employees": 51,
    "zwischen 51 und 200": 51, "between 51 and 200": 51, "von 51 bis 200": 51, "from 51 to 200": 51, "1-10": 1, "0-9": 0,
    "50-50": 50, "1'001-5'000": 1001, "ca. 50-100": 50, "1k-5k": 1000, "1-5 Mio.": 1_000_000, "1 bis 5 Millionen": 1_000_000,
    "500 Tsd. - 1 Mio.": 500_000, "100+": 100, "100 +": 100, "100+ Mitarbeiter": 100, "100 Mitarbeiter+": 100,
    "100 oder mehr": 100, "100 und mehr": 100, "100 or more": 100, "100 employees or more": 100, "10k+": 10_000,
    "ab 250": 250, "mind. 250": 250, "mindestens 250": 250, "min. 250": 250, "at least 250": 250, "\u2265250": 250, ">=250": 250,
    ">= 250": 250, "<10": 0, "< 10": 0, "unter 10": 0, "weniger als 10": 0, "less than 10": 0, "fewer than 10": 0,
    "under 10": 0, "bis 10": 0, "bis zu 10": 0, "up to 10": 0, "max. 10": 0, "maximal 10": 0, "höchstens 10": 0,
    "at most 10": 0, "\u226410": 0, "<=10": 0, "ca. 120": 120, "ca.120": 120, "ca 120": 120, "circa 120": 120,
    "etwa 120": 120, "rund 120": 120, "ungefähr 120": 120, "about 120": 120, "approx. 120": 120, "~120": 120, "~ 120": 120,
    "10 bis unter 50": 10, "10 bis unter 50 Mitarbeiter": 10, "10 to less than 50": 10, "bis unter 50": 0,
    "knapp 120": 0, "fast 50": 0, "nearly 120": 0, "51-\n200": 51,
    "\u2248120": 120, "ca. 120 Mitarbeiter": 120, "ca. 1'200": 1200,
}  # fmt: skip

#: What is above a number: one more where things are counted.
MORE = (">250", "> 250", "über 250", "ueber 250", "mehr als 250", "more than 250", "over 250", "größer als 250")

#: A mark with three digits after it: thousands of things and of money, unknown elsewhere.
ONE_MARK = {
    "1.200": 1200,
    "1,200": 1200,
    "12.000": 12_000,
    "120.000": 120_000,
    "1.000": 1000,
    "1,000": 1000,
    "1.200 MA": 1200,
}

MONEY = {
    "€ 1.200.000": 1_200_000, "1.200.000 €": 1_200_000, "1.200.000 EUR": 1_200_000, "EUR 1.200.000": 1_200_000,
    "1.200.000 Euro": 1_200_000, "1.200.000,00 €": 1_200_000, "$1,200,000": 1_200_000, "US$ 5 million": 5_000_000,
    "$1,200.50": 1200.5, "CHF 1'200": 1200, "CHF 1'200.-": 1200, "CHF 1'200.\u2013": 1200, "1'200.-- Fr": 1200,
    "250 TCHF": 250_000, "Fr. 1'200'000": 1_200_000, "250 T EUR": 250_000, "£5m": 5_000_000,
    "500.000": 500_000, "500.000 €": 500_000, "1,2 Mio. €": 1_200_000, "500 T€": 500_000, "500 TEUR": 500_000,
    "1,2 Mio. EUR p.a.": 1_200_000, "Umsatz: 5 Mio. p. a.": 5_000_000, "1-5 Mio. €": 1_000_000, "> 5 Mio. €": 5_000_000,
    "10m": 10_000_000, "1.200 Mio": None, "1,200k": None, "2 billion": None, "1-10k": None,
}  # fmt: skip

UNKNOWN = (
    "", "-", "--", "n/a", "keine Angabe", "unbekannt", "viele", "Mitarbeiter", "€", "k", "+", ">", "~", "0x10", "1e9", "1E9",
    "1_200", "١٢٠", "\uff11\uff12\uff10", "१२०", "一百", "½", "1½", "12²", "12O", "l20", "1..2", "1,,2", "1,2,3", "1.2.3",
    "1.20.300", "1,200,00", "1.200.00", "1.200,000.5", "1.200 000", "1'20", "12 34", "1 2", "--5", "- 5", "+-5", "5-",
    "5--6", "NaN", "nan", "inf", "Infinity", "∞", "-∞", "200-51", "51-200-300", "01-05", "-5-10", "2026-11-22",
    "22.11.2026", "12:30", "0176 1234567",
    "+49 176 1234567", "80%", "80 %", "85/100", "(5)", "#5", "5;6", "5, 6", "5 Hunde", "null", "true",
    "zwischen 51", "between 51", "mehr als", ">>5", "> <5", "<0", "<-5", "10'000'00", "5 5 Mio", "9" * 17, "1" * 90, "1" * 8_000,
    "50\n200", "50 \r\n 200", "50" + 20 * " " + "\n200",
    "10\n49", "51\u00ad200", "51\u200b200", "1\t200", "1\u2028200", "1.\u00ad200", "1\u00ad.200",
    "8\t5", "1,5\n2 Mio.", "50\x00200", "10\n-5", "01.2024", "10.2024", "1.2024", "12.1999", "01,5",
    "0.200.300", "50 bis", "bis", "1200 €€ 5",
)  # fmt: skip


def read(text: str, counted: Counted = Counted.THINGS) -> tuple[int | float, bool]:
    """The number in a field of this kind, and whether the sender is told by which rule."""
    field = {Counted.THINGS: "company.employees", Counted.MONEY: "company.revenue", Counted.ANYTHING: "lead.score"}[
        counted
    ]
    made = coerce_with_note(field, text, names=CODE_NAMES)
    if made.value is None:
        raise ValueError("says nothing")
    assert isinstance(made.value, int | float)
    return made.value, made.note is not None


def read_or_none(text: str, counted: Counted) -> int | float | None:
    try:
        return read(text, counted)[0]
    except ValueError:
        return None


def test_the_table_holds_two_hundred_spellings() -> None:
    spellings = {*PLAIN, *LEAST, *MORE, *ONE_MARK, *MONEY, *UNKNOWN}
    assert len(spellings) >= 200


@pytest.mark.parametrize("counted", Counted)
def test_a_spelling_of_one_number_is_that_number(counted: Counted) -> None:
    assert {text: read(text, counted) for text in PLAIN} == {text: (number, False) for text, number in PLAIN.items()}


@pytest.mark.parametrize("counted", Counted)
def test_what_says_less_counts_as_its_least_and_says_so(counted: Counted) -> None:
    assert {text: read(text, counted) for text in LEAST} == {text: (number, True) for text, number in LEAST.items()}


def test_more_than_a_number_is_one_more_where_things_are_counted() -> None:
    assert {text: read(text) for text in MORE} == dict.fromkeys(MORE, (251, True))
    assert {text: read(text, Counted.MONEY) for text in MORE} == dict.fromkeys(MORE, (250, True))


def test_three_digits_after_one_mark_are_thousands_where_the_field_decides() -> None:
    for text, number in ONE_MARK.items():
        assert read(text) == (number, False)
        assert read(text, Counted.MONEY) == (number, True)
        with pytest.raises(ValueError, match="could be two numbers"):
            read(text, Counted.ANYTHING)


def test_money_is_read_with_its_currency_and_scale() -> None:
    assert {text: read_or_none(text, Counted.MONEY) for text in MONEY} == MONEY


@pytest.mark.parametrize("counted", Counted)
def test_what_is_no_number_is_unknown_and_never_another_one(counted: Counted) -> None:
    assert {text: read_or_none(text, counted) for text in UNKNOWN} == dict.fromkeys(UNKNOWN)


@pytest.mark.parametrize("value", [1.2, 1200, 0, -0.0, 1.0])
def test_a_number_of_json_stays_the_number(value: float) -> None:
    assert coerce_with_note("company.employees", value, names=CODE_NAMES).value == value


@pytest.mark.parametrize("value", [True, False, float("nan"), float("inf"), 1e300, -(10**16), [120], {"a": 1}])
def test_another_value_of_json_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        coerce_with_note("custom.x", value, FieldType.NUMBER, names=CODE_NAMES)


def test_a_refusal_says_what_was_read_and_how_to_write_it() -> None:
    with pytest.raises(ValueError, match=r"'12O': write digits such as 120 or 1\.5"):
        read("12O")
    with pytest.raises(ValueError, match=r"'1\.200': write 1200, or 1\.2$"):
        read("1.200", Counted.ANYTHING)


@given(st.integers(-(10**15), 10**15), st.sampled_from(Counted))
def test_digits_are_the_number_that_they_write(number: int, counted: Counted) -> None:
    number = number if counted is Counted.ANYTHING else abs(number)
    assert read_number(str(number), counted).value == number


def test_a_score_may_be_below_zero_and_a_count_may_not() -> None:
    assert {text: read_or_none(text, Counted.ANYTHING) for text in NEGATIVE} == NEGATIVE
    for counted in (Counted.THINGS, Counted.MONEY):
        assert {text: read_or_none(text, counted) for text in NEGATIVE} == dict.fromkeys(NEGATIVE)
    assert coerce("lead.score", -3, names=CODE_NAMES) == -3
    with pytest.raises(ValueError, match="a count has no sign"):
        coerce("company.employees", -3, names=CODE_NAMES)


@given(
    st.integers(0, 10**6), st.text("\n\r\t\u00ad\u200b\u2028\ufeff\x00 ", min_size=1, max_size=3), st.integers(0, 10**6)
)
def test_digits_are_never_joined_over_a_break_or_a_sign_that_shows_nothing(one: int, parted: str, other: int) -> None:
    if parted.isspace() and set(parted) == {" "}:
        return
    for counted in Counted:
        assert read_or_none(f"{one}{parted}{other}", counted) is None


@given(st.integers(0, 10**12), st.sampled_from([".", ",", "'", " ", "\u202f"]), st.integers(1, 10**6))
def test_a_range_is_its_lower_end_in_every_writing(low: int, mark: str, more: int) -> None:
    written = f"{low:,}".replace(",", mark)
    assert read_number(f"{written}-{low + more}", Counted.THINGS).value == low


@given(st.text(max_size=90), st.sampled_from(Counted))
def test_any_text_is_a_number_or_refused(text: str, counted: Counted) -> None:
    try:
        value = read_number(text, counted).value
    except ValueError:
        return
    assert isinstance(value, int | float)
    assert abs(value) <= 10**15


@given(st.text(alphabet="0123456789.,' -+<>~kMio€", max_size=20))
def test_no_text_reads_as_more_than_its_digits_in_a_row(text: str) -> None:
    try:
        value = read_number(text.replace("k", "").replace("M", ""), Counted.ANYTHING).value
    except ValueError:
        return
    assert abs(value) <= int("".join(character for character in text if character.isdigit()))
