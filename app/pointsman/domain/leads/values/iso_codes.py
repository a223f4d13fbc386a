"""Codes of countries (ISO 3166-1 alpha-2) and languages (ISO 639-1), and what stands for one of them in other words."""

from collections.abc import Callable
from dataclasses import dataclass

#: As of 1 January 2026, and XK, by which Kosovo goes.
_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRY_CODES = frozenset(_COUNTRIES.split())
_LANGUAGES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki
kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
tg th ti tk tl tn to tr ts tt ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGE_CODES = frozenset(_LANGUAGES.split())
#: Codes that are in use and not in the standard: the EU's own for Greece, withdrawn ones.
_OTHER_COUNTRIES = {"UK": "GB", "EL": "GR"}
_OTHER_LANGUAGES = {"iw": "he", "in": "id", "ji": "yi", "mo": "ro"}
#: What is sent for a country and is none, and what is meant.
_NO_COUNTRIES = {
    "EN": "it is a language: write GB, US or another country",
    "EU": "it is a group of countries: write one of them",
    "ZZ": "it stands for an unknown country: leave the field out",
    "XX": "it stands for an unknown country: leave the field out",
    "JA": "for Japan write JP",
    "CS": "for Czechia write CZ",
    "DA": "for Denmark write DK",
}
_NO_LANGUAGES = {
    "gb": "for English write en",
    "us": "for English write en",
    "at": "for German write de",
    "cz": "for Czech write cs",
    "dk": "for Danish write da",
    "jp": "for Japanese write ja",
    "cn": "for Chinese write zh",
}

#: In capitals, as countries are written, a country that speaks another language than the one of this code.
_COUNTRIES_RATHER = {
    "BE": "for Dutch or French write nl or fr, for Belarusian be",
    "BR": "for Portuguese write pt, for Breton br",
    "CH": "for German or French write de or fr, for Chamorro ch",
    "EE": "for Estonian write et, for Ewe ee",
    "IE": "for English write en, for Interlingue ie",
    "KR": "for Korean write ko, for Kanuri kr",
    "LI": "for German write de, for Limburgish li",
    "LU": "for French or German write fr or de, for Luba-Katanga lu",
    "SE": "for Swedish write sv, for Northern Sami se",
    "SI": "for Slovenian write sl, for Sinhala si",
    "UK": "for English write en, for Ukrainian uk",
}

#: A code by its name in words, or by another code of it; ValueError says which name may be meant.
CodeOfName = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class CodeNames:
    """How countries and languages are found by their names; given from outside, since it needs tables."""

    country: CodeOfName
    language: CodeOfName


def _no_names(name: str) -> str:
    raise ValueError(f"is not a code, {name[:40]!r}: write an ISO code such as DE or de")


#: Where only codes are known.
NO_NAMES = CodeNames(country=_no_names, language=_no_names)


def country_code(text: str, of_name: CodeOfName) -> str:
    """The country's code, upper case; ValueError for what is none."""
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        return of_name(text)
    code = text.upper()
    code = _OTHER_COUNTRIES.get(code, code)
    if code not in COUNTRY_CODES:
        hint = _NO_COUNTRIES.get(code, "write one such as DE, or the country's name")
        raise ValueError(f"is not an ISO 3166 country code, {text!r}: {hint}")
    return code


def language_code(text: str, of_name: CodeOfName) -> str:
    """The language's code, lower case, also of "de-AT"; ValueError for what is none."""
    first, *_ = text.replace("_", "-").split("-", 1)
    if len(first) != 2 or not first.isascii() or not first.isalpha():
        return of_name(text)
    if hint := _COUNTRIES_RATHER.get(text):
        raise ValueError(f"is a country rather than a language, {text!r}: {hint}")
    code = first.lower()
    code = _OTHER_LANGUAGES.get(code, code)
    if code not in LANGUAGE_CODES:
        hint = _NO_LANGUAGES.get(code, "write one such as de, or the language's name")
        raise ValueError(f"is not an ISO 639-1 language code, {text[:40]!r}: {hint}")
    return code
