"""Instants as callers write them: with an offset, and near enough to compute with."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: A "+" of an address that was not encoded comes as a blank.
_BLANK_OFFSET = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? \d\d:?\d\d", re.ASCII)
_FIRST, _FIRST_DAY, _LAST = 2000, 1900, 2200  # people may have started before there was anything to count


def _written_out(given: object) -> object:
    """Numbers, also as text, are seconds to some senders and milliseconds to others."""
    if isinstance(given, str) and given[4:5] != "-":
        raise ValueError("write it as in 2026-11-22T09:00:00Z")
    if isinstance(given, str) and _BLANK_OFFSET.fullmatch(given[11:]):
        raise ValueError("a blank stands where + should: in an address, + is written %2B")
    if isinstance(given, int | float):
        raise PydanticCustomError("text_type", "Write it as text, as in 2026-11-22T09:00:00Z.")
    return given


def _day_written_out(given: object) -> object:
    if isinstance(given, int | float) or (isinstance(given, str) and not _DAY.fullmatch(given)):
        raise PydanticCustomError("date_type", "Write a day, as in 2026-12-24.")
    return given


def _in_reach(at: datetime) -> datetime:
    if not _FIRST <= at.year < _LAST:
        raise ValueError(f"give a time between the years {_FIRST} and {_LAST}")
    return at.astimezone(UTC)


def _day_in_reach(day: date) -> date:
    if not _FIRST_DAY <= day.year < _LAST:
        raise ValueError(f"give a date between the years {_FIRST_DAY} and {_LAST}")
    return day


#: An aware instant, in UTC once read; a time that no calendar can hold is refused with the path to it.
Timestamp = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_reach)]

#: A date from which months can be counted, and which is an instant in every time zone.
CalendarDate = Annotated[date, BeforeValidator(_day_written_out), AfterValidator(_day_in_reach)]
