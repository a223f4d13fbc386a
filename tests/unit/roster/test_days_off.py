"""Time off by date: whole days of the rep's own calendar, whatever its clocks do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.roster.days_off import DaysOff, dates_as_span, days_as_dates, span_as_days
from pointsman.domain.roster.reps import TimeOff

ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo", "UTC")
NOW = datetime(2026, 12, 23, 23, 30, tzinfo=UTC)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "zone", "start", "end"),
    [
        (date(2026, 12, 24), date(2026, 12, 26), "Europe/Berlin", at(23, 23), at(26, 23)),
        (date(2026, 12, 24), date(2026, 12, 24), "UTC", at(24, 0), at(25, 0)),
        (None, None, "Europe/Berlin", at(23, 23), at(24, 23)),  # it is the 24th there already
        (None, None, "UTC", at(23, 0), at(24, 0)),
        (None, date(2026, 12, 24), "Europe/Berlin", at(23, 23), at(24, 23)),
    ],
)
def test_days_off_are_days_in_the_reps_zone(
    first: date | None, last: date | None, zone: str, start: datetime, end: datetime
) -> None:
    days = days_as_dates(DaysOff(first=first, last=last), zone, NOW)
    assert days is not None
    assert dates_as_span(*days, zone) == TimeOff(start=start, end=end)


def test_days_that_end_before_they_begin_are_none() -> None:
    assert days_as_dates(DaysOff(first=None, last=date(2026, 12, 23)), "Europe/Berlin", NOW) is None


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 40), st.sampled_from(ZONES))
def test_days_come_back_as_they_were_given(first: date, more: int, zone: str) -> None:
    last = first + timedelta(days=more)
    span = dates_as_span(first, last, zone)
    if zone == "Pacific/Apia" and date(2011, 12, 30) in (first, last):  # a day that Samoa left out
        return
    assert span_as_days(span, zone) == (first, last)
    assert to_local_time(span.start, zone).date() == first
    assert to_local_time(span.end - timedelta(seconds=1), zone).date() == last


def test_an_absence_of_hours_is_no_whole_day() -> None:
    assert span_as_days(TimeOff(start=at(24, 0), end=at(24, 12)), "UTC") is None
    assert span_as_days(TimeOff(start=at(24, 0), end=at(25, 0)), "Europe/Berlin") is None
