"""Countries and languages in words: names in the languages of our markets and their own, and every ISO code of them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from babel import Locale, localedata
from babel.core import get_global
from babel.languages import get_official_languages
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.coercion import coerce
from pointsman.domain.leads.values.iso_codes import COUNTRY_CODES, LANGUAGE_CODES
from pointsman.services.codes.code_names import CODE_NAMES, country_by_name, language_by_name

COUNTRIES = {
    "DE": "Deutschland (DE), Germany [DE], DE - Deutschland, DE (Germany), Deutschland (DEU), "
    "de, DE, De, DEU, deu, 276, D, Germany, GERMANY, germany, Deutschland, DEUTSCHLAND, Allemagne, Germania, BRD, "
    "Bundesrepublik Deutschland, Federal Republic of Germany,  Germany ",
    "AT": "AT, AUT, 040, Austria, Österreich, O\u0308sterreich, Oesterreich, OESTERREICH, osterreich, Autriche, A, "
    "Republik Österreich",
    "CH": "CH, CHE, 756, Switzerland, Schweiz, Die Schweiz, Suisse, Svizzera, Schweizerische Eidgenossenschaft",
    "LI": "LI, LIE, Liechtenstein, Fürstentum Liechtenstein",
    "FR": "fr, FRA, France, Frankreich, Francia",
    "IT": "IT, ITA, Italy, Italien, Italia, Italie",
    "ES": "ES, ESP, Spain, Spanien, España, Espana, Espagne",
    "PT": "PT, PRT, Portugal, Portogallo",
    "NL": "NL, NLD, Netherlands, The Netherlands, Netherlands (the), Niederlande, Die Niederlande, Holland, Nederland",
    "BE": "BEL, Belgium, Belgien, België, Belgique",
    "LU": "LUX, Luxembourg, Luxemburg, Lëtzebuerg",
    "GB": "GB, UK, uk, GBR, U.K., United Kingdom, Great Britain, Britain, England, Scotland, Wales, Northern Ireland, "
    "Großbritannien, Grossbritannien, GROSSBRITANNIEN, Vereinigtes Königreich, Vereinigtes Koenigreich",
    "IE": "IRL, Ireland, Irland, Republic of Ireland, Éire",
    "US": "US, USA, U.S.A., U. S. A., u.s., United States, United States of America, Vereinigte Staaten, Estados Unidos, "
    "Vereinigte Staaten von Amerika",
    "CA": "CAN, Canada, Kanada",
    "TR": "TR, TUR, Turkey, Türkei, Tuerkei, TÜRKEI, Türkiye, Turkiye",
    "PL": "POL, Poland, Polen, Polska",
    "CZ": "CZE, Czech Republic, Czechia, Tschechien, Tschechische Republik, Česko, Cesko",
    "SK": "SVK, Slovakia, Slowakei, Slovensko",
    "DK": "DNK, Denmark, Dänemark, Daenemark, Danmark",
    "SE": "SWE, Sweden, Schweden, Sverige",
    "NO": "NOR, Norway, Norwegen, Norge",
    "FI": "FIN, Finland, Finnland, Suomi",
    "HU": "HUN, Hungary, Ungarn, Magyarország",
    "CD": "COD, Congo (DRC), DR Congo, DRC, Kongo - Kinshasa",
    "RO": "ROU, ROM, Romania, Rumänien, Rumaenien, România",
    "GR": "GR, EL, GRC, Greece, Griechenland, Ελλάδα",
    "HR": "HRV, Croatia, Kroatien, Hrvatska",
    "BR": "BRA, Brazil, Brasilien, Brasil",
    "IN": "IND, India, Indien, भारत",
    "CN": "CHN, China, 中国, People's Republic of China, Volksrepublik China",
    "JP": "JPN, Japan, 日本",
    "KR": "KOR, Korea, South Korea, Südkorea, Suedkorea, Republic of Korea, 'Korea; Republic of', 대한민국",
    "RU": "RUS, Russia, Russland, Rußland, Russian Federation, Россия",
    "UA": "UKR, Ukraine, Україна",
    "AE": "ARE, UAE, United Arab Emirates, Vereinigte Arabische Emirate, VAE",
    "CI": "CIV, Côte d'Ivoire, Cote d'Ivoire, Côte d\u2019Ivoire, Ivory Coast, Elfenbeinküste",
    "BA": "BIH, Bosnia and Herzegovina, Bosnia & Herzegovina, Bosnien und Herzegowina",
    "HK": "HKG, Hong Kong, Hongkong",
    "XK": "XK, Kosovo",
}
NO_COUNTRIES = (
    "ZZ", "XX", "EN", "EU", "JA", "CS", "QQ", "AN", "ZZZ", "XXX", "EUR", "999", "49", "+49", "Atlantis", "Europa",
    "Europe",
    "Asia",     "DACH", "Bayern",
    "California", "Congo", "America", "Amerika", "Germny", "Deutsch", "german", "DE/AT", "DE, AT", "DE-BY",
    "Deutschland (AT)", "DE - AT", "Germany (Bavaria)", "Korea (North)", "(DE)", "GER",
    "n/a", "-", "unknown", "x", "Korea (North) or South", "1", "д", "D E X",
)  # fmt: skip
LANGUAGES = {
    "de": "de, DE, deu, ger, GER, de-DE, de_AT, de-CH-1996, deu-DE, German, Deutsch, DEUTSCH, deutsch, Allemand, Tedesco, "
    "Hochdeutsch",
    "en": "en, EN, eng, en-GB, en_US, English, Englisch, Anglais, Inglese, English (US), British English",
    "fr": "fr, fra, fre, French, Französisch, Franzoesisch, Français, francais, fr-CH",
    "it": "ita, Italian, Italienisch, italiano",
    "es": "spa, Spanish, Spanisch, español, Espanol, Castellano",
    "nl": "nld, dut, Dutch, Niederländisch, Nederlands, Flemish, Flämisch",
    "pt": "por, pt-BR, Portuguese, Portugiesisch, português",
    "pl": "pol, Polish, Polnisch, polski",
    "cs": "ces, cze, Czech, Tschechisch, čeština, cestina",
    "tr": "tur, Turkish, Türkisch, Tuerkisch, Türkçe",
    "ru": "rus, Russian, Russisch, русский",
    "uk": "uk, ukr, Ukrainian, Ukrainisch, українська",
    "zh": "zho, chi, zh-Hans-CN, Chinese, Chinesisch, Mandarin, 中文",
    "ja": "jpn, Japanese, Japanisch, 日本語",
    "da": "dan, Danish, Dänisch, dansk",
    "sv": "swe, Swedish, Schwedisch, svenska",
    "no": "no, nor, Norwegian, Norwegisch, norsk",
    "nb": "nb, nob",
    "he": "he, iw, heb, Hebrew, Hebräisch",
    "ar": "ara, Arabic, Arabisch, العربية",
    "hu": "hun, Hungarian, Ungarisch, magyar",
}
NO_LANGUAGES = (
    "xx",
    "zz",
    "gb",
    "us",
    "at",
    "cz",
    "jp",
    "zzz",
    "xxx",
    "tlh",
    "klingon",
    "Deutschland",
    "German/English",
)


def spellings(listed: str) -> list[str]:
    return [one.strip(" ").strip("'").replace(";", ",") if "'K" in one else one[1:] for one in f" {listed}".split(",")]


def code(field: str, text: str) -> object:
    try:
        return coerce(field, text, names=CODE_NAMES)
    except ValueError:
        return None


def test_the_tables_hold_a_hundred_and_fifty_spellings() -> None:
    counted = [one for told in (*COUNTRIES.values(), *LANGUAGES.values()) for one in spellings(told)]
    assert len(counted) + len(NO_COUNTRIES) + len(NO_LANGUAGES) >= 150


@pytest.mark.parametrize("field", ["lead.country", "company.country"])
def test_a_country_is_known_by_its_codes_and_names(field: str) -> None:
    found = {wanted: {text: code(field, text) for text in spellings(told)} for wanted, told in COUNTRIES.items()}
    assert found == {wanted: dict.fromkeys(spellings(told), wanted) for wanted, told in COUNTRIES.items()}


def test_a_language_is_known_by_its_codes_and_names() -> None:
    found = {
        wanted: {text: code("lead.language", text) for text in spellings(told)} for wanted, told in LANGUAGES.items()
    }
    assert found == {wanted: dict.fromkeys(spellings(told), wanted) for wanted, told in LANGUAGES.items()}


def test_what_is_no_country_or_language_is_refused() -> None:
    assert {text: code("lead.country", text) for text in NO_COUNTRIES} == dict.fromkeys(NO_COUNTRIES)
    assert {text: code("lead.language", text) for text in NO_LANGUAGES} == dict.fromkeys(NO_LANGUAGES)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("lead.country", "EN", "it is a language: write GB"),
        ("lead.country", "EU", "it is a group of countries"),
        ("lead.country", "Germny", "did you mean 'germany'"),
        ("lead.country", "GER", "did you mean 'DE'"),
        ("lead.country", "Amerika", "did you mean 'US'"),
        ("lead.country", "Bayern", "did you mean 'DE'"),
        ("lead.country", "Europa", "'Europa': write its ISO 3166 code"),
        ("lead.country", "Atlantis", "'Atlantis': write its ISO 3166 code"),
        ("lead.country", "QQ", "write one such as DE"),
        ("lead.language", "gb", "for English write en"),
        ("lead.language", "CH", "a country rather than a language, 'CH': for German"),
        ("lead.language", "UK", "for English write en, for Ukrainian uk"),
        ("lead.language", "SE", "for Swedish write sv"),
        ("lead.language", "Germann", "did you mean 'german'"),
        ("lead.language", "xx", "write one such as de"),
    ],
)
def test_a_refusal_says_what_may_be_meant(field: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        coerce(field, text, names=CODE_NAMES)


@pytest.mark.parametrize("text", ["uk", "se", "ch", "DE", "FR", "IT", "de-CH", "uk-UA"])
def test_a_language_in_small_letters_or_with_its_country_is_one(text: str) -> None:
    assert coerce("lead.language", text, names=CODE_NAMES) == text[:2].lower()


@given(st.text(max_size=120) | st.text(alphabet="aBüß.-_() 1", max_size=120), st.sampled_from(["country", "language"]))
def test_any_text_is_a_code_or_refused(text: str, field: str) -> None:
    found = code(f"lead.{field}", text)
    assert found is None or found in (COUNTRY_CODES if field == "country" else LANGUAGE_CODES)


def test_every_country_is_known_by_what_it_calls_itself() -> None:
    known = {code: names for code in COUNTRY_CODES if (names := _own_names(code))}
    wrong = {name: code for code, names in known.items() for name in names if country_by_name(name) != code}
    assert wrong == {}
    assert len(known) > 200


def test_every_language_is_known_in_english_and_german() -> None:
    for tongue in ("en", "de"):
        told = {code: name for code, name in Locale(tongue).languages.items() if code in LANGUAGE_CODES}
        assert {code: language_by_name(name) for code, name in told.items()} == {code: code for code in told}


def test_the_codes_are_those_of_the_library_that_knows_their_names() -> None:
    aliases = get_global("territory_aliases")
    listed = {code for code in Locale("en").territories if len(code) == 2 and code.isalpha() and code not in aliases}
    reserved = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
    assert listed - reserved == COUNTRY_CODES


def _own_names(country: str) -> list[str]:
    names = (_territories(tongue).get(country) for tongue in get_official_languages(country, de_facto=True))
    return [name for name in names if name]


def _territories(tongue: str) -> Mapping[str, str]:
    """What the locale itself says, without what it inherits; read past Babel's cache, which would keep it for the whole."""
    if not localedata.exists(tongue):
        return {}
    data: dict[str, Any] = pickle.loads(Path(localedata.resolve_locale_filename(tongue)).read_bytes())  # noqa: S301  # Babel's own file
    told: Mapping[str, str] = data.get("territories", {})
    return told
