"""From what senders write ("120", "true", 1764000000000) to a field's declared type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pointsman.domain.leads.facts import STANDARD_FIELDS, FactValue, FieldType
from pointsman.domain.leads.normalise import bare_address, clean_text
from pointsman.domain.leads.values.iso_codes import CodeNames, country_code, language_code
from pointsman.domain.leads.values.numbers import COUNTED, Counted, read_number, within_bounds
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.text.visible import is_drawn

MAX_TEXT = 2_000
MAX_MESSAGE = 10_000
MAX_ITEMS = 200
MAX_LIST = 40_000  # characters of all its texts
#: So many signs as are sent may make one that is kept: letters in pieces, and signs that show nothing. Beyond it a text is
#: refused unread, since to look at each sign of a large one keeps everybody else waiting.
_SIGNS_EACH = 4

#: Kept as written: a message has lines, and where two numbers stand in two lines its reader must see the break.
_AS_WRITTEN = frozenset({"lead.message", "lead.phone"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: "202611220930": as milliseconds, a time in 1976.
_DATE_IN_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d", re.ASCII)
#: Seconds of 1970 to 1973: what is smaller is a count of days (45990, of a spreadsheet), a date in digits (20261129) or a blank.
_FEWEST_SECONDS = 10**8
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # beyond them no span can be counted, and a count is of another unit


@dataclass(frozen=True, slots=True)
class Coerced:
    """A value in its field's type, None when nothing is said; `note` tells by which rule a number was read in part."""

    value: FactValue | None
    note: str | None = None


def coerce(field: str, value: object, kind: FieldType | None = None, *, names: CodeNames) -> FactValue | None:
    """`value` in the type of `field` (or `kind`); None when it says nothing. ValueError says why it does not fit."""
    return coerce_with_note(field, value, kind, names=names).value


def coerce_with_note(field: str, value: object, kind: FieldType | None = None, *, names: CodeNames) -> Coerced:
    """The same, and by which rule a number was read, for a warning to its sender."""
    kind = kind or STANDARD_FIELDS[field]
    if value is None or (isinstance(value, str) and _is_blank(field, value, kind)):
        return Coerced(None)
    match kind:
        case FieldType.TEXT:
            return Coerced(_text(field, value, names))
        case FieldType.NUMBER:
            return _number(field, value)
        case FieldType.BOOLEAN:
            return Coerced(_boolean(value))
        case FieldType.INSTANT:
            return Coerced(parse_instant(value))
        case FieldType.LIST:
            return Coerced(_list(value))


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
    """ISO 8601 (without offset: UTC), or seconds, milliseconds or microseconds since 1970; of the years 1900 to 2199."""
    found = _instant(value)
    if isinstance(value, int | str) and _DATE_IN_DIGITS.fullmatch(str(value).strip()):
        raise ValueError(
            "could be two times, a date in digits or milliseconds: write ISO 8601 such as 2026-11-22T09:30:00Z"
        )
    if found is None or (isinstance(value, int | float) and abs(value) < _FEWEST_SECONDS):
        raise ValueError("is not a time: write ISO 8601 such as 2026-11-22T09:30:00Z")
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError(f"is not a time between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return found


def _instant(value: object) -> datetime | None:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str) and re.fullmatch(r"\d{9,17}", value.strip(), re.ASCII):
        value = int(value)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / _parts_of_a_second(value), UTC)
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.strip())
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _parts_of_a_second(count: float) -> int:
    """Of one count's size, no two units say a time of our years that is near today."""
    if abs(count) >= 10**14:
        return 1_000_000
    return 1_000 if abs(count) >= 10**11 else 1


def _text(field: str, value: object, names: CodeNames | None = None) -> str:
    match value:
        case bool():
            text = "true" if value else "false"
        case int() | float():
            text = str(whole(value))
        case str():
            _refuse_large(value, _limit(field))
            text = _UNSTORABLE.sub("", value).strip() if field in _AS_WRITTEN else clean_text(value)
        case _:
            raise ValueError("is not a text")
    if len(text) > _limit(field):
        raise _too_long(_limit(field))
    if field == "lead.email":
        return bare_address(text)
    if names is not None and field in {"lead.country", "company.country"}:
        return country_code(text, names.country)
    if names is not None and field == "lead.language":
        return language_code(text, names.language)
    if field == "account.status":
        return _status(text)
    return text


def whole(number: float) -> int | float:
    """The number as an integer where it is one and exact: JSON's 7.0 is 7."""
    return int(number) if abs(number) < 2**53 and number == int(number) else number


def _limit(field: str) -> int:
    return MAX_MESSAGE if field == "lead.message" else MAX_TEXT


def _refuse_large(text: str, limit: int) -> None:
    if len(text) > _SIGNS_EACH * limit:
        raise _too_long(limit)


def _too_long(limit: int) -> ValueError:
    return ValueError(f"is longer than {limit} characters")


def _status(text: str) -> str:
    if text.casefold() not in {"prospect", "customer"}:
        raise ValueError("is neither prospect nor customer")
    return text.casefold()


def _number(field: str, value: object) -> Coerced:
    counted = COUNTED.get(field, Counted.ANYTHING)
    match value:
        case bool():
            raise ValueError("is not a number: write digits such as 120 or 1.5")
        case int() | float():
            return Coerced(within_bounds(value, counted))
        case str():
            reading = read_number(value, counted)
            return Coerced(reading.value, reading.note)
        case _:
            raise ValueError("is not a number: write digits such as 120 or 1.5")


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
