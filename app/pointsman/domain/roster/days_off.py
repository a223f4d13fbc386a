"""Absences by date: whole days of a rep's own calendar, as people say them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsman.domain.dates.local_time import local_date, start_of_day
from pointsman.domain.roster.reps import TimeOff

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOff:
    """Whole days in the rep's zone, the last one included. A day that is None is today, by the rep's calendar."""

    first: date | None
    last: date | None


def days_as_dates(days: DaysOff, zone: str, now: datetime) -> tuple[date, date] | None:
    """The first and the last of these days in `zone` (an IANA name); None where the last lies before the first."""
    today = local_date(now, zone)
    first, last = days.first or today, days.last or today
    return (first, last) if first <= last else None


def dates_as_span(first: date, last: date, zone: str) -> TimeOff:
    """The instants that the days from `first` to `last`, included, last from and to in `zone`."""
    return TimeOff(start=start_of_day(first, zone), end=start_of_day(last + _DAY, zone))


def span_as_days(span: TimeOff, zone: str) -> tuple[date, date] | None:
    """The first and the last day of an absence that lasts whole days in `zone`; None of any other."""
    first, after = local_date(span.start, zone), local_date(span.end, zone)
    whole = start_of_day(first, zone) == span.start and start_of_day(after, zone) == span.end
    return (first, after - _DAY) if whole and first < after else None
