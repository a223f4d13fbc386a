"""Telephone numbers in E.164, by the numbering plans of libphonenumber, and the only module that knows it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.phones import Phone, WrittenPhone, find_phones, is_placeholder

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def country_of(facts: Mapping[str, FactValue]) -> str | None:
    """By whose rules a number without a country code is read: the lead's country, else the company's, in ISO 3166-1 alpha-2."""
    found = facts.get("lead.country") or facts.get("company.country")
    return found if isinstance(found, str) else None


@lru_cache(maxsize=16)  # as long as one lead is looked at: numbers are not to be kept
def read_phone(text: str, country: str | None) -> Phone | None:
    """The first number in `text` that can be called, or None. Placeholders such as 0000000 are none.

    Without a country, only a number with its country code can be read. Bounded: `MAX_PHONE_TEXT`.
    """
    for written in find_phones(text):
        number = _parsed(written.number, country)
        if number is not None and not is_placeholder(str(number.national_number)):
            return _phone(number, written)
    return None


def _phone(number: "PhoneNumber", written: WrittenPhone) -> Phone:
    import phonenumbers  # noqa: PLC0415  # 20 ms, and 1 ms for each country's numbering plan: not to start with

    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if written.extension is not None:
        return Phone(key=f"{e164};ext={written.extension}", is_mobile=False)
    return Phone(key=e164, is_mobile=phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE)


def _parsed(number: str, country: str | None) -> "PhoneNumber | None":
    import phonenumbers  # noqa: PLC0415  # as above

    for text in _readings(number, country):
        try:
            parsed = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) not in _dear_types():
            return parsed
    return None


def _dear_types() -> tuple[int, ...]:
    """Kinds of numbers that cost their caller money by the minute and reach no person."""
    import phonenumbers  # noqa: PLC0415  # as above

    return (phonenumbers.PhoneNumberType.PREMIUM_RATE,)


def _readings(number: str, country: str | None) -> list[str]:
    """The ways to read a number, the likeliest first.

    "49171…" of a German lead is +49171…, although 0491 is a place: the zero before an area code is seldom left out. So is a
    neighbour's mobile number "41791234567", unless it is a mobile number of the lead's country too.
    "0049…" is read so without a country, too.
    """
    import phonenumbers  # noqa: PLC0415  # as above

    country_code = phonenumbers.country_code_for_region(country) if country else 0
    digits = re.sub(r"\D", "", number)
    if number.startswith("+"):
        return [number]
    if country_code and digits.startswith(str(country_code)):
        return [f"+{digits}", number]
    if digits.startswith("00"):
        return [number, f"+{digits[2:]}"]
    if country_code and not digits.startswith("0") and _is_mobile(f"+{digits}", None):
        return [number] if _is_mobile(number, country) else [f"+{digits}"]
    return [number]


def _is_mobile(number: str, country: str | None) -> bool:
    import phonenumbers  # noqa: PLC0415  # as above

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
