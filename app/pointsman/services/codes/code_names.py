"""Countries and languages by their names: English, German, French, Italian and their own, and by their other ISO codes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pointsman.domain.leads.values.iso_codes import COUNTRY_CODES, LANGUAGE_CODES, CodeNames
from pointsman.domain.text.composition import compose
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.codes.native_names import native_country_names, native_language_names

_LONGEST = 100
#: Of two countries or languages with one name, the first of these languages decides; then what each calls itself.
_TOLD_IN = ("en", "de", "fr", "it")
_VARIETY = re.compile(r" *\([^)]*\)$|(?<=^[A-Za-z]{3})[-_].*$")  # "English (US)", "deu-DE"
#: "Deutschland (DE)", "DE - Germany": one country, said twice.
_TWICE = re.compile(r"([^()\[\]]+?) *(?:\(([^()]+)\)|\[([^\[\]]+)\]| [-\u2013] ([^()\[\]]+))")
#: What no likeness of letters finds: the code that is meant, or None where any is far-fetched.
_MEANT = {
    "ger": "DE", "sui": "CH", "ned": "NL", "den": "DK", "gre": "GR", "por": "PT", "cro": "HR", "amerika": "US", "america": "US",
    "bayern": "DE", "bavaria": "DE", "tirol": "AT", "tyrol": "AT", "suedtirol": "IT", "california": "US", "kalifornien": "US",
}  # fmt: skip
_CLOSE = 0.8
_SPELLED = re.compile(r"\b\w(?: \w\b)+")  # "u s a"
_LEFT_OUT = frozenset({"the", "die", "der"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "\u0131": "i"})

#: Names in use that CLDR does not list: parts that stand for the whole, former names, and those of ISO's own list.
_COUNTRIES = """
DE=Bundesrepublik Deutschland; DE=Federal Republic of Germany; DE=BRD; DE=FRG; DE=D; AT=Republik Österreich; AT=A;
AT=Republic of Austria; CH=Schweizerische Eidgenossenschaft; CH=Swiss Confederation; LI=Fürstentum Liechtenstein;
GB=Great Britain; GB=Britain; GB=Großbritannien; GB=England; GB=Scotland; GB=Schottland; GB=Wales; GB=Northern Ireland;
GB=Nordirland; GB=U.K.; GB=Grande-Bretagne; GB=Angleterre; GB=Gran Bretagna; GB=Inghilterra; IE=Republic of Ireland;
GB=United Kingdom of Great Britain and Northern Ireland; US=USA; US=U.S.; US=United States of America; US=Estados Unidos;
US=Vereinigte Staaten von Amerika; US=États-Unis d'Amérique; NL=Holland; NL=Hollande; NL=Olanda; NL=Königreich der Niederlande;
CZ=Czech Republic; CZ=Tschechische Republik; CZ=Tschechei; CZ=Czech; CZ=Česká republika; SK=Slovak Republic;
SK=Slowakische Republik; MK=Macedonia; MK=Mazedonien; TR=Turkey; TR=Turkiye; RU=Russian Federation;
RU=Russische Föderation; BY=Weißrussland; BY=Belorussia; MD=Republic of Moldova; MD=Moldawien; KR=Korea;
KR=Republic of Korea; KR=Korea, Republic of; KP=Democratic People's Republic of Korea; IR=Islamic Republic of Iran;
KP=Korea, Democratic People's Republic of; VN=Viet Nam; LA=Lao People's Democratic Republic; SY=Syrian Arab Republic;
IR=Iran, Islamic Republic of; TZ=Tanzania, United Republic of; MD=Moldova, Republic of; TW=Taiwan, Province of China;
BO=Bolivia, Plurinational State of; BO=Plurinational State of Bolivia; VE=Venezuela, Bolivarian Republic of;
VE=Bolivarian Republic of Venezuela; PS=State of Palestine; PS=Palestine; PS=Palestine, State of; PS=Palästina; HK=Hong Kong;
HK=Hongkong; MO=Macao; MO=Macau; CI=Ivory Coast; CI=Elfenbeinküste; CI=Cote dIvoire; CV=Cape Verde; SZ=Swaziland;
SZ=Swasiland; MM=Burma; MM=Birma; TL=East Timor; TL=Osttimor; BN=Brunei Darussalam; VA=Vatican; VA=Vatikan; VA=Holy See;
CD=DR Congo; CD=DRC; CD=Democratic Republic of the Congo; CD=Demokratische Republik Kongo; CG=Republic of the Congo;
CD=Congo, Democratic Republic of the; CG=Republik Kongo; CN=PR China; CN=People's Republic of China; CN=Volksrepublik China;
AE=UAE; AE=VAE; AE=Emirates; AE=Dubai; AE=Abu Dhabi; SA=KSA; FM=Micronesia; FM=Micronesia, Federated States of; RE=Reunion;
CD=Congo (DRC); RO=ROM;
ES=Kingdom of Spain; FR=French Republic; FR=Französische Republik; IT=Italian Republic; IT=Italienische Republik;
PL=Republic of Poland; ZA=RSA; NZ=New Zealand Aotearoa; BA=Bosnia; BA=Bosnien; XK=Republic of Kosovo; KG=Kirgisien
"""
_LANGUAGES = """
de=Hochdeutsch; de=Standarddeutsch; zh=Mandarin; zh=Mandarin Chinese; zh=Simplified Chinese; zh=Traditional Chinese;
en=British English; en=American English; en=US English; es=Castellano; es=Castilian; nl=Flemish; nl=Flämisch; nl=Vlaams;
el=Hellenic; fa=Farsi; he=Ivrit; pt=Brazilian Portuguese; ro=Moldovan; my=Myanmar; sr=srpski
"""


def country_by_name(name: str) -> str:
    """ISO 3166-1 alpha-2, from a name or from alpha-3 or numeric; ValueError says which country may be meant."""
    codes = _countries()
    if _folded(name[:_LONGEST]) not in codes and len(name) <= _LONGEST and (said := _TWICE.fullmatch(name.strip())):
        one, other = (_code_in(part, codes) for part in said.groups() if part)
        if one is not None and one == other:
            return one
    return _find(name, codes, "is not a country", "write its ISO 3166 code such as DE")


def language_by_name(name: str) -> str:
    """ISO 639-1, from a name, from ISO 639-2 or 639-3, or from such a code with a region; ValueError as for countries."""
    codes = _languages()
    plain = _VARIETY.sub("", name[:_LONGEST])
    known = name if _folded(name[:_LONGEST]) in codes else plain
    return _find(known, codes, "is not a language", "write its ISO 639-1 code such as de")


def _code_in(part: str, codes: Mapping[str, str]) -> str | None:
    """A code or name among others; upper case as ISO 3166 writes it."""
    code = part.strip().upper()
    return code if code in COUNTRY_CODES else codes.get(_folded(part))


CODE_NAMES = CodeNames(country=country_by_name, language=language_by_name)


def _find(name: str, codes: Mapping[str, str], what: str, advice: str) -> str:
    key = _folded(name[:_LONGEST])
    found = codes.get(key)
    if found is None or len(name) > _LONGEST:
        meant = _MEANT.get(key) if what == "is not a country" else None
        likely = (known for known in codes if len(known) > 3)
        hint = f"did you mean '{meant}'?" if meant else did_you_mean(key, likely, least_alike=_CLOSE)
        raise ValueError(f"{what} that is known, {name[:40]!r}: {hint or advice}")
    return found


def _folded(name: str) -> str:
    """A name without case, accents, punctuation and article: "U.S.A." is "usa"."""
    plain = compose(name, "NFKD").casefold().translate(_PLAIN)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub("[.'\u2019\u02bb`]", "", plain).replace("&", " and ")
    words = " ".join(word for word in re.sub(r"[\W_]+", " ", plain).split() if word not in _LEFT_OUT)
    return _SPELLED.sub(lambda found: found[0].replace(" ", ""), words)


def _keys(name: str) -> set[str]:
    """A name with its accents left out, and with its umlauts written in two letters."""
    return {_folded(name), _folded(compose(name).casefold().translate(_UMLAUTS))}


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    """Built at the first name of a process: 20 ms and 3 MB, which a lead with a code never costs."""
    from babel import Locale  # noqa: PLC0415  # its tables are read at the first name
    from babel.core import get_global  # noqa: PLC0415  # its tables are read at the first name

    told = [(code, name) for tongue in _TOLD_IN for code, name in Locale(tongue).territories.items()]
    aliases = [(codes[0], alias) for alias, codes in get_global("territory_aliases").items() if len(codes) == 1]
    other_codes = [(code, alias) for code, alias in aliases if len(alias) == 3]
    return _table([*other_codes, *_pairs(_COUNTRIES), *told, *native_country_names()], COUNTRY_CODES)


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    from babel import Locale  # noqa: PLC0415  # its tables are read at the first name
    from babel.core import get_global  # noqa: PLC0415  # its tables are read at the first name

    told = [(code, name) for tongue in _TOLD_IN for code, name in Locale(tongue).languages.items()]
    aliases = [(code, alias) for alias, code in get_global("language_aliases").items() if len(alias) == 3]
    return _table([*aliases, *_pairs(_LANGUAGES), *told, *native_language_names()], LANGUAGE_CODES)


def _table(named: Iterable[tuple[str, str]], codes: frozenset[str]) -> Mapping[str, str]:
    table: dict[str, str] = {}
    for code, name in named:
        if code in codes:
            for key in _keys(name):
                table.setdefault(key, code)
    table.pop("", None)
    return table


def _pairs(listed: str) -> list[tuple[str, str]]:
    pairs = (pair.strip().partition("=") for pair in listed.replace("\n", " ").split(";"))
    return [(code, name) for code, _, name in pairs]
