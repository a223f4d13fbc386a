"""Recurrence rules against an independent library, and what a rule may cost."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.recurrence.occurrences import StepCount, occurrences
from pointsman_sdk.readers.recurrence.rule import read_rule
from support.hypothesis_profiles import examples

LOW, HIGH = datetime(2031, 3, 1), datetime(2031, 4, 15)  # noqa: DTZ001  # wall clocks
FIRST, LATEST = datetime(2027, 1, 1), datetime(2031, 4, 1)  # noqa: DTZ001  # wall clocks
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def some(values: Any, most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(lambda found: ",".join(map(str, found)))


def either_way(most: int) -> st.SearchStrategy[int]:
    return st.integers(-most, most).filter(bool)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]))
    # The library takes a weekday with a number and one without as both at once, where RFC 5545 takes either.
    nth = draw(st.sampled_from([[""], ["1", "2", "-1", "5", "-5"]])) if frequency in ("YEARLY", "MONTHLY") else [""]
    parts = {
        "INTERVAL": st.integers(1, 5) if frequency != "MINUTELY" else st.sampled_from([30, 45, 600]),
        "COUNT": st.integers(1, 200),
        "WKST": st.sampled_from(DAYS),
        "BYMONTH": some(st.integers(1, 12)),
        "BYMONTHDAY": some(either_way(31)),
        "BYDAY": some(st.builds(str.__add__, st.sampled_from(nth), st.sampled_from(DAYS))),
        "BYYEARDAY": some(either_way(366)),
        "BYWEEKNO": some(either_way(53)),
        "BYHOUR": some(st.integers(0, 23)),
        "BYMINUTE": some(st.integers(0, 59), 2),
        "BYSETPOS": some(either_way(4), 2),
    }
    if frequency != "YEARLY":
        del parts["BYWEEKNO"]
    if frequency in ("HOURLY", "MINUTELY"):  # the library takes long, or sees another period
        parts = {name: parts[name] for name in ("INTERVAL", "COUNT", "BYDAY", "BYHOUR")}
    chosen = draw(st.lists(st.sampled_from(sorted(parts)), unique=True, max_size=4))
    # Of a rule that never comes true, the library takes seconds to find it out.
    days = [name for name in ("BYYEARDAY", "BYWEEKNO", "BYMONTHDAY", "BYMONTH") if name in chosen]
    seldom = days[1:] if days and days[0] in ("BYYEARDAY", "BYWEEKNO") else []
    if "BYDAY" not in chosen or frequency not in ("YEARLY", "MONTHLY"):
        seldom.append("BYSETPOS")
    if frequency == "DAILY":
        seldom.append("BYYEARDAY")
    chosen = [name for name in chosen if name not in seldom]
    if frequency == "MINUTELY" and "INTERVAL" not in chosen:
        chosen.append("INTERVAL")
    if "BYWEEKNO" in chosen and "BYDAY" not in chosen:
        chosen.append("BYDAY")  # the library takes every day of the week, RFC 5545 that of the start
    return ";".join([f"FREQ={frequency}", *(f"{name}={draw(parts[name])}" for name in chosen)])


@examples(200)
@given(
    text=rules(),
    start=st.datetimes(FIRST, LATEST).map(lambda at: at.replace(microsecond=0)),
)
def test_a_rule_means_what_another_library_says(text: str, start: datetime) -> None:
    if any(part in text for part in ("MINUTELY", "HOURLY")):
        start = max(start, LOW - timedelta(days=20))
    if "BYWEEKNO" in text:
        text = ";".join(part.lstrip("+-") if part.startswith("BYDAY") else part for part in text.split(";"))
        assume(not any(digit in text.partition("BYDAY=")[2].partition(";")[0] for digit in "0123456789"))
    try:
        library = rrulestr(f"{text};UNTIL=20310501T000000" if "COUNT" not in text else text, dtstart=start)
        expected = list(takewhile(lambda moment: moment <= HIGH, library.xafter(LOW, inc=True)))
    except ValueError:  # it refuses some of the rules that never come true, when they are read or later
        reject()
    found = list(occurrences(read_rule(text), start, low=LOW, high=HIGH, spend=StepCount()))
    assert found == expected


@pytest.mark.parametrize("frequency", ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"])
def test_a_rule_that_never_comes_true_costs_no_more_than_the_window_is_long(frequency: str) -> None:
    steps, start = StepCount(), datetime(1900, 1, 1)  # noqa: DTZ001  # a wall clock
    rule = read_rule(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30")
    assert list(occurrences(rule, start, low=LOW, high=HIGH, spend=steps)) == []
    assert steps.taken <= 366


def test_the_steps_of_all_series_together_have_an_end() -> None:
    steps, rule = StepCount(most=1_000), read_rule("FREQ=DAILY")
    for _ in range(10):
        list(occurrences(rule, LOW, low=LOW, high=HIGH, spend=steps))
    with pytest.raises(Unreadable, match="recur more often") as caught:
        list(occurrences(rule, LOW, low=LOW, high=HIGH, spend=steps))
    assert caught.value.reason is Reason.TOO_LARGE


def test_what_recurs_by_the_second_is_refused_before_any_of_it_is_made() -> None:
    steps, rule = StepCount(), read_rule("FREQ=SECONDLY")
    with pytest.raises(Unreadable, match="recur more often"):
        next(occurrences(rule, LOW, low=LOW, high=HIGH, spend=steps))
