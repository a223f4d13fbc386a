"""How values, people and balances are written in sentences that people read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

_SHOWN = 6
_LONGEST = 80


def format_value(value: object, joined: str = ", ") -> str:
    """A fact or an operand as a reader would write it, shortened when long."""
    match value:
        case tuple():
            shown = joined.join(format_value(item) for item in value[:_SHOWN])
            return shown + (f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else "")
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="minutes")
        case str() if len(value) > _LONGEST:
            return value[: _LONGEST - 1] + "…"
        case _:
            return str(value)


def format_signed(amount: Fraction) -> str:
    """ "+2/3", "-1", "0"; long fractions are rounded, since the exact figure is stored beside."""
    if amount.denominator > 999:
        return f"{float(amount):+.3f}"
    return f"{'+' if amount.numerator > 0 else ''}{amount}"


def length_in_words(length: timedelta) -> str:
    """ "1 day 3 hours", "12 minutes": a length of time by its two largest units."""
    minutes = max(int(length.total_seconds()), 0) // 60
    counts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    parts = [f"{count} {unit}{'' if count == 1 else 's'}" for unit, count in counts.items() if count]
    return " ".join(parts[:2]) or "less than a minute"


def join_with_and(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def dotted_path(location: Sequence[int | str]) -> str:
    """("body", "items", 3, "x") is `body.items[3].x`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
