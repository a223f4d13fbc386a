"""A recurrence rule as it is written (RFC 5545, section 3.3.10)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pointsman_sdk.readers.unreadable import Reason, Unreadable

SMALL = ("HOURLY", "MINUTELY", "SECONDLY")
_LONGEST = 2_000  # characters of a rule
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_LARGE = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
#: The least and the most of each list of numbers; where the least is negative, 0 is none of them.
_RANGES = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (-53, 53),
    "BYYEARDAY": (-366, 366),
    "BYMONTHDAY": (-31, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
    "BYSETPOS": (-366, 366),
}
_OTHERS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One RRULE. `until` is as it was written, empty where there is none. Weekdays count from Monday, 0.

    `by_day` has for each weekday which one of its period it is, from the end where negative, and 0 for all of them.
    """

    frequency: str
    interval: int
    count: int | None
    until: str
    by: Mapping[str, frozenset[int]]
    by_day: frozenset[tuple[int, int]]
    week_start: int

    @property
    def within_days(self) -> bool:
        """Whether it recurs by the hour or more often."""
        return self.frequency in SMALL


def read_rule(text: str) -> Rule:
    """The rule. Unreadable for one that is not whole, has a part that is not known, or counts in another calendar."""
    if len(text) > _LONGEST:
        raise Unreadable(Reason.TOO_LARGE, f"A rule of the calendar is longer than {_LONGEST} characters.")
    pairs = [part.strip().partition("=")[::2] for part in text.upper().split(";") if part.strip()]
    parts = {name.strip(): value.strip() for name, value in pairs}
    if len(parts) != len(pairs) or not parts.keys() <= _OTHERS | _RANGES.keys():
        raise _unclear()
    if parts.get("FREQ") not in _LARGE + SMALL or ("COUNT" in parts and "UNTIL" in parts):
        raise _unclear()
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.get("SKIP", "OMIT") != "OMIT":
        raise _unclear()
    if parts.get("WKST", "MO") not in _DAYS or parts.get("UNTIL") == "":
        raise _unclear()
    return Rule(
        frequency=parts["FREQ"],
        interval=_one(parts.get("INTERVAL", "1")),
        count=_one(parts["COUNT"]) if "COUNT" in parts else None,
        until=parts.get("UNTIL", ""),
        by={name: _numbers(parts[name], *_RANGES[name]) for name in _RANGES if name in parts},
        by_day=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else frozenset(),
        week_start=_DAYS.index(parts.get("WKST", "MO")),
    )


def _one(text: str) -> int:
    return min(_numbers(text, 1, 10**9))


def _numbers(text: str, least: int, most: int) -> frozenset[int]:
    texts = [one.strip() for one in text.split(",")]
    if not all(_NUMBER.fullmatch(one) for one in texts):
        raise _unclear()
    found = frozenset(map(int, texts))
    if not all(least <= number <= most and (number or least == 0) for number in found):
        raise _unclear()
    return found


def _weekdays(text: str) -> frozenset[tuple[int, int]]:
    found = [_BY_DAY.fullmatch(one.strip()) for one in text.split(",")]
    pairs = [(int(one[1] or 0), _DAYS.index(one[2])) for one in found if one is not None]
    if len(pairs) != len(found) or any(one is not None and one[1] is not None and not int(one[1]) for one in found):
        raise _unclear()
    return frozenset(pairs)


def _unclear() -> Unreadable:
    return Unreadable(Reason.MALFORMED, "The rule of a series in the calendar cannot be read.")
