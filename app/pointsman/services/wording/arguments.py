"""Numbers, times and lists inside a message, as readers of a language write them.

Babel is imported where it is used: a command that tells one sentence without a time starts in half the time.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from pointsman.domain.dates.local_time import to_local_time, zone_name
from pointsman.domain.messages.message import Arg
from pointsman.domain.text.formatting import format_signed

#: English as most of its readers outside the United States write it: days before months, clocks to 24.
_LOCALES: Mapping[str, str] = {"en": "en_GB", "de": "de_DE"}
_DAYS: Mapping[str, str] = {"en": "EEE d MMM y", "de": "EEE, d. MMM y"}
_YES_NO: Mapping[str, tuple[str, str]] = {"en": ("yes", "no"), "de": ("ja", "nein")}
#: Between clauses, each of which may hold a list of its own.
_BETWEEN: Mapping[tuple[str, str], str] = {
    ("all", "en"): " and ",
    ("any", "en"): " or ",
    ("all", "de"): " und ",
    ("any", "de"): " oder ",
}
_LESS_THAN_A_MINUTE: Mapping[str, str] = {"en": "less than a minute", "de": "weniger als eine Minute"}
_LONGEST_FRACTION = 999
_SMALLEST_GROUPED = 1_000
_LARGEST_GROUPED = 10**15  # larger ones are as they are: formatting them has bounds of its own
_MOST_PLACES = 30
_JOINTS: Mapping[str, str] = {"comma": ", ", "semicolon": "; "}
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def locale_tag(language: str) -> str:
    """As whose readers times inside messages are written: "en-GB"."""
    return _LOCALES[language].replace("_", "-")


def write_argument(arg: Arg, how: str, language: str, zone: str | None) -> str:
    """One argument; `how` is the catalogue's word for it.

    Times: none (day and time), `day`, `clock`. Numbers: none (grouped), `plain`. Lengths: none, `dative`.
    A time is shown in `zone`, else in its own.
    """
    match arg:
        case str():
            written = arg
        case None:
            written = ""
        case bool():
            written = _YES_NO[language][not arg]
        case datetime():
            written = _write_time(arg, how, language, zone)
        case date():
            written = _write_day(arg, language)
        case timedelta():
            written = _write_length(arg, language, how)
        case Fraction():
            written = _write_balance(arg, language)
        case int() | float() | Decimal() if how != "plain":
            written = _write_number(arg, language)
        case _:
            written = str(arg)
    return written


def write_list(items: Sequence[str], how: str, language: str) -> str:
    """Several arguments: "a, b and c", or with `or`, `comma` or `semicolon`; clauses with `all` or `any`: "a and b and c"."""
    if how in {"all", "any"}:
        return _BETWEEN[how, language].join(items)
    if how in _JOINTS or len(items) < 2:
        return _JOINTS.get(how, "").join(items)
    from babel.lists import format_list  # noqa: PLC0415  # see above

    # Babel copies all that it has for each item; of thousands it need not.
    return format_list(
        [", ".join(items[:-1]), items[-1]], style="or" if how == "or" else "standard", locale=_LOCALES[language]
    )


def _write_day(day: date, language: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415  # see above

    return format_date(day, _DAYS[language], locale=_LOCALES[language])


def _write_time(at: datetime, how: str, language: str, zone: str | None) -> str:
    from pointsman.services.wording.locale_formats import format_clock, format_time_of_day  # noqa: PLC0415  # see above

    shown_in = zone or zone_name(at) or "UTC"
    locale = locale_tag(language)
    if how == "clock":
        return format_clock(at, zone=shown_in, language=locale)
    day = _write_day(to_local_time(at, shown_in).date(), language)
    return day if how == "day" else f"{day}, {format_time_of_day(at, zone=shown_in, language=locale)}"


def _write_length(length: timedelta, language: str, how: str) -> str:
    """By its two largest units, as "1 day 3 hours"; `dative` after a German preposition: "in 3 Tagen"."""
    from babel.units import format_unit  # noqa: PLC0415  # see above

    left, parts = max(int(length.total_seconds()), 0), []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(format_unit(count, f"duration-{unit}", locale=_LOCALES[language]))
    less = _LESS_THAN_A_MINUTE[language]
    if language == "de" and how == "dative":
        parts, less = [part.replace("Tage", "Tagen") for part in parts], less.replace("eine ", "einer ")
    return " ".join(parts[:2]) or less


def _write_number(number: float | Decimal, language: str) -> str:
    if not -_LARGEST_GROUPED < number < _LARGEST_GROUPED or _is_tiny(number):
        return str(number)
    if isinstance(number, int) and -_SMALLEST_GROUPED < number < _SMALLEST_GROUPED:
        return str(number)
    from babel.numbers import format_decimal  # noqa: PLC0415  # see above

    return format_decimal(number, locale=_LOCALES[language], decimal_quantization=False)


def _is_tiny(number: float | Decimal) -> bool:
    """Whether its places would fill lines."""
    return isinstance(number, Decimal) and number.adjusted() < -_MOST_PLACES


def _write_balance(amount: Fraction, language: str) -> str:
    if amount.denominator <= _LONGEST_FRACTION:
        return format_signed(amount)
    from babel.numbers import format_decimal  # noqa: PLC0415  # see above

    return format_decimal(float(amount), format="+0.000;-0.000", locale=_LOCALES[language])
