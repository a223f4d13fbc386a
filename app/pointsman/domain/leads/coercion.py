"""From what senders write ("120", "true", 1764000000000) to a field's declared type."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite

from pointsman.domain.leads.facts import STANDARD_FIELDS, FactValue, FieldType
from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.text.visible import is_drawn

MAX_TEXT = 2_000
MAX_MESSAGE = 10_000
MAX_ITEMS = 200
MAX_LIST = 40_000  # characters of all its texts
MAX_NUMBER = 10**15
#: So many signs as are sent may make one that is kept: letters in pieces, and signs that show nothing. Beyond it a text is
#: refused unread, since to look at each sign of a large one keeps everybody else waiting.
_SIGNS_EACH = 4

_NUMBER = re.compile(r"[+-]?\d{1,16}(\.\d{1,16})?", re.ASCII)

#: Country names that forms of our markets send where a code belongs.
_COUNTRIES = {
    "germany": "DE", "deutschland": "DE", "allemagne": "DE", "austria": "AT", "österreich": "AT", "oesterreich": "AT",
    "switzerland": "CH", "schweiz": "CH", "suisse": "CH", "svizzera": "CH", "liechtenstein": "LI", "france": "FR",
    "frankreich": "FR", "italy": "IT", "italien": "IT", "italia": "IT", "spain": "ES", "spanien": "ES", "españa": "ES",
    "portugal": "PT", "netherlands": "NL", "niederlande": "NL", "belgium": "BE", "belgien": "BE", "luxembourg": "LU",
    "luxemburg": "LU", "poland": "PL", "polen": "PL", "czech republic": "CZ", "czechia": "CZ", "tschechien": "CZ",
    "denmark": "DK", "dänemark": "DK", "sweden": "SE", "schweden": "SE", "norway": "NO", "norwegen": "NO",
    "finland": "FI", "finnland": "FI", "ireland": "IE", "irland": "IE", "united kingdom": "GB", "great britain": "GB",
    "uk": "GB", "england": "GB", "grossbritannien": "GB", "großbritannien": "GB", "united states": "US", "usa": "US",
    "united states of america": "US", "vereinigte staaten": "US", "brazil": "BR", "brasil": "BR", "brasilien": "BR",
    "canada": "CA", "kanada": "CA", "hungary": "HU", "ungarn": "HU", "slovakia": "SK", "slowakei": "SK",
    "slovenia": "SI", "slowenien": "SI", "croatia": "HR", "kroatien": "HR", "romania": "RO", "rumänien": "RO",
}  # fmt: skip


def coerce(field: str, value: object, kind: FieldType | None = None) -> FactValue | None:
    """`value` in the type of `field` (or `kind`); None when it says nothing. ValueError says why it does not fit."""
    kind = kind or STANDARD_FIELDS[field]
    if value is None or (isinstance(value, str) and _is_blank(field, value, kind)):
        return None
    match kind:
        case FieldType.TEXT:
            return _text(field, value)
        case FieldType.NUMBER:
            return _number(value)
        case FieldType.BOOLEAN:
            return _boolean(value)
        case FieldType.INSTANT:
            return parse_instant(value)
        case FieldType.LIST:
            return _list(value)


def _is_blank(field: str, text: str, kind: FieldType) -> bool:
    """ValueError for a text too large to be looked at."""
    if kind is FieldType.LIST:
        _refuse_long_list([text])
    else:
        _refuse_large(text, _limit(field))
    return not is_drawn(text)


def infer_type(value: object) -> FieldType:
    """The type of a field that is not declared, from one of its values."""
    match value:
        case bool():
            return FieldType.BOOLEAN
        case int() | float():
            return FieldType.NUMBER
        case list() | tuple():
            return FieldType.LIST
        case _:
            return FieldType.TEXT


def parse_instant(value: object) -> datetime:
    """ISO 8601 (without offset: UTC), or seconds or milliseconds since 1970."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str) and re.fullmatch(r"\d{9,14}", value.strip(), re.ASCII):
        value = int(value)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= 10**11 else value, UTC)
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.strip())
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise ValueError("is not a time: write ISO 8601 such as 2026-11-22T09:30:00Z")


def _text(field: str, value: object) -> str:
    match value:
        case bool():
            text = "true" if value else "false"
        case int() | float():
            text = str(value)
        case str():
            _refuse_large(value, _limit(field))
            text = clean_text(value) if field != "lead.message" else value.replace("\x00", "").strip()
        case _:
            raise ValueError("is not a text")
    if len(text) > _limit(field):
        raise _too_long(_limit(field))
    if field in {"lead.country", "company.country"}:
        return _country(text)
    if field == "lead.language":
        return _language(text)
    if field == "account.status":
        return _status(text)
    return text


def _limit(field: str) -> int:
    return MAX_MESSAGE if field == "lead.message" else MAX_TEXT


def _refuse_large(text: str, limit: int) -> None:
    if len(text) > _SIGNS_EACH * limit:
        raise _too_long(limit)


def _too_long(limit: int) -> ValueError:
    return ValueError(f"is longer than {limit} characters")


def _country(text: str) -> str:
    if re.fullmatch(r"[A-Za-z]{2}", text):
        code = text.upper()
        return "GB" if code == "UK" else code
    try:
        return _COUNTRIES[text.casefold()]
    except KeyError:
        raise ValueError("is not an ISO 3166 country code such as DE") from None


def _language(text: str) -> str:
    matched = re.match(r"([A-Za-z]{2})(?:[-_].*)?$", text)
    if matched is None:
        raise ValueError("is not an ISO 639-1 language code such as de")
    return matched.group(1).lower()


def _status(text: str) -> str:
    if text.casefold() not in {"prospect", "customer"}:
        raise ValueError("is neither prospect nor customer")
    return text.casefold()


def _number(value: object) -> int | float:
    number: int | float | None = None
    match value:
        case bool():
            pass
        case int() | float():
            number = value
        case str() if _NUMBER.fullmatch(value.strip()):
            number = float(value) if "." in value else int(value)
        case _:
            pass
    if number is None or not isfinite(number):
        raise ValueError("is not a number: write digits such as 120 or 1.5")
    if abs(number) > MAX_NUMBER:
        raise ValueError("is too large a number")
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _boolean(value: object) -> bool:
    answer = known_answer(value)
    if answer is None:
        raise ValueError("is neither true nor false")
    return answer


def _list(value: object) -> tuple[str, ...]:
    items = value.split(";") if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or len(items) > MAX_ITEMS:
        raise ValueError(f"is not a list of at most {MAX_ITEMS} texts")
    _refuse_long_list(items)
    return tuple(text for item in items if is_drawn(text := _text("", item)))


def _refuse_long_list(items: Sequence[object]) -> None:
    if sum(len(item) for item in items if isinstance(item, str)) > MAX_LIST:
        raise ValueError(f"has more than {MAX_LIST} characters in all")
