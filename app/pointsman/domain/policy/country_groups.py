"""Groups of countries that a condition may name: ISO 3166-1 alpha-2 codes, as of 1 January 2026.

Sources: the member lists that the EU, EFTA, the Council of the EU (Schengen, euro area), ASEAN, the GCC and the Nordic
Council publish; Latin America after the UN's M49 regions (sovereign states). Commercial terms (DACH, NORTH_AMERICA, ANZ)
have no official list: what is written here is what they mean. A policy's own group of the same name wins.
"""

from collections.abc import Mapping
from types import MappingProxyType

_EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"

_LISTED = {
    "EU": _EU,
    "EEA": f"{_EU} IS LI NO",
    "EFTA": "CH IS LI NO",
    "EURO": "AT BE BG HR CY EE FI FR DE GR IE IT LV LT LU MT NL PT SK SI ES",  # Bulgaria since 1 January 2026
    "SCHENGEN": "AT BE BG HR CZ DK EE FI FR DE GR HU IS IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE CH",
    "DACH": "DE AT CH",
    "NORDICS": "DK FI IS NO SE",
    "BALTICS": "EE LV LT",
    "BENELUX": "BE NL LU",
    "UK_IE": "GB IE",
    "IBERIA": "ES PT",
    "VISEGRAD": "CZ HU PL SK",
    "NORTH_AMERICA": "US CA MX",
    "LATIN_AMERICA": (
        "AG AR BS BB BZ BO BR CL CO CR CU DM DO EC SV GD GT GY HT HN JM MX NI PA PY PE KN LC VC SR TT UY VE"
    ),
    "ANZ": "AU NZ",
    "ASEAN": "BN KH ID LA MM MY PH SG TH TL VN",  # Timor-Leste since 26 October 2025
    "GCC": "AE BH KW OM QA SA",
    "G7": "CA DE FR GB IT JP US",
}

COUNTRY_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(codes.split()) for name, codes in _LISTED.items()}
)
