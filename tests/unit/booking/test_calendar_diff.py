"""What a calendar says of our appointments, set against what we agreed."""

from datetime import UTC, datetime, timedelta

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.calendar_diff import (
    CALENDAR_EMPTIED,
    LOST_WITHIN,
    EventState,
    ExpectedEvent,
    Loss,
    SeenEvent,
    compare_events,
    has_any,
    has_emptied,
    is_accident,
    update_conflict,
)
from pointsman.domain.messages.message import as_written

NINE = datetime(2031, 3, 30, 9, tzinfo=UTC)


def hour(number: int, **more: int) -> Interval:
    start = NINE + timedelta(hours=number, **more)
    return Interval(start, start + timedelta(minutes=30))


def shown(seen: dict[str, list[Interval]], *, certain: bool = True) -> dict[str, list[SeenEvent]]:
    return {key: [SeenEvent(time, certain=certain) for time in times] for key, times in seen.items()}


def findings(
    expected: list[ExpectedEvent], seen: dict[str, list[Interval]], *, is_empty: bool = False, certain: bool = True
) -> dict[str, EventState]:
    found = compare_events(expected, shown(seen, certain=certain), is_empty=is_empty)
    return {item.key: item.state for item in found}


def of(*keys: str, emptied: bool = False) -> list[ExpectedEvent]:
    return [ExpectedEvent(key=key, time=hour(int(key)), was_emptied=emptied) for key in keys]


def test_an_event_where_it_should_be_agrees_to_the_second() -> None:
    expected = [ExpectedEvent(key="1", time=hour(1, microseconds=500))]
    assert findings(expected, {"1": [hour(1)]}) == {"1": EventState.UNCHANGED}
    assert findings(expected, {"1": [hour(1, seconds=1)]}) == {"1": EventState.MOVED}


def test_a_moved_event_says_where_it_went_and_a_longer_one_is_moved_too() -> None:
    (moved,) = compare_events(of("1"), shown({"1": [hour(5)]}))
    assert (moved.state, moved.moved_to) == (EventState.MOVED, hour(5))
    longer = Interval(hour(1).start, hour(1).end + timedelta(minutes=15))
    assert findings(of("1"), {"1": [longer]}) == {"1": EventState.MOVED}


def test_of_two_copies_the_right_one_counts() -> None:
    assert findings(of("1"), {"1": [hour(5), hour(1)]}) == {"1": EventState.UNCHANGED}


@pytest.mark.parametrize("copies", [[5, 3], [3, 5], [3, 9, 5]])
def test_of_copies_that_were_all_moved_the_earliest_counts_in_whatever_order_they_are_read(copies: list[int]) -> None:
    (moved,) = compare_events(of("1"), shown({"1": [hour(number) for number in copies]}))
    assert (moved.state, moved.moved_to) == (EventState.MOVED, hour(3))


@pytest.mark.parametrize(
    ("keys", "left", "finding"),
    [
        ("1", {}, EventState.DELETED),
        ("12", {}, EventState.DELETED),
        ("123", {}, EventState.CALENDAR_EMPTIED),
        ("123", {"4": [hour(4)]}, EventState.DELETED),  # one of ours is left, be it one that nobody compared
        ("123", {"1": [hour(1)]}, EventState.DELETED),
    ],
)
def test_more_than_two_gone_at_once_and_none_left_is_an_accident(
    keys: str, left: dict[str, list[Interval]], finding: EventState
) -> None:
    found = findings(of(*keys), left)
    assert {found[key] for key in keys if key not in left} == {finding}


def test_a_calendar_without_anything_is_an_accident_whatever_the_number() -> None:
    assert findings(of("1"), {}, is_empty=True) == {"1": EventState.CALENDAR_EMPTIED}
    assert findings(of("1", "2"), {}, is_empty=True) == dict.fromkeys("12", EventState.CALENDAR_EMPTIED)


def test_an_event_that_is_there_and_marked_as_cancelled_is_called_off_and_no_accident() -> None:
    marked = {"1": [SeenEvent(hour(1), called_off=True)]}
    (found,) = compare_events(of("1"), marked, is_empty=True)
    assert found.state is EventState.CALLED_OFF
    assert not has_any(marked)


def test_what_has_no_zone_any_more_is_uncertain_unless_its_clock_is_the_owners() -> None:
    berlin = [ExpectedEvent(key="1", time=hour(1), zone="Europe/Berlin")]  # 12:00 there: summer time began that day
    assert findings(berlin, {"1": [hour(3)]}, certain=False) == {"1": EventState.UNCHANGED}
    assert findings(berlin, {"1": [hour(1)]}, certain=False) == {"1": EventState.UNCHANGED}
    assert findings(berlin, {"1": [hour(2)]}, certain=False) == {"1": EventState.UNCERTAIN}
    assert findings(berlin, {"1": [hour(3)]}) == {"1": EventState.MOVED}


@pytest.mark.parametrize("certain", [True, False])
def test_of_a_series_that_was_made_of_an_event_only_a_human_knows_what_is_meant(*, certain: bool) -> None:
    berlin = [ExpectedEvent(key="1", time=hour(1), zone="Europe/Berlin")]
    for at, state in ((1, EventState.UNCHANGED), (2, EventState.SERIES), (3, EventState.SERIES)):
        # Two hours on, on the clock that Berlin had, it is another time all the same: it was not read without a zone.
        (found,) = compare_events(berlin, {"1": [SeenEvent(hour(at), certain=certain, repeats=True)]})
        assert (found.state, found.moved_to) == (state, hour(at) if state is EventState.SERIES else None)


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_series_of_which_no_time_is_left_calls_nothing_off(*, is_empty: bool) -> None:
    left = {"1": [SeenEvent(hour(1), called_off=True, repeats=True)]}
    (found,) = compare_events(of("1"), left, is_empty=is_empty)
    assert (found.state, found.moved_to) == (EventState.SERIES, None)


def test_an_accident_stays_one_when_fewer_are_left_of_it() -> None:
    assert findings(of("1", emptied=True), {}) == {"1": EventState.CALENDAR_EMPTIED}
    assert findings(of("1", emptied=True), {"2": [hour(2)]}) == {"1": EventState.CALENDAR_EMPTIED}
    assert findings(of("1", emptied=True), {"1": [hour(1)]}) == {"1": EventState.UNCHANGED}


def test_each_calendar_speaks_for_itself_in_a_conflict() -> None:
    moved, deleted = as_written("moved"), as_written("deleted")
    both = update_conflict(update_conflict(None, "ben", moved), "anna", deleted)
    assert both == {"anna": deleted.as_json(), "ben": moved.as_json()}
    assert update_conflict(both, "ben", deleted) == {"anna": deleted.as_json(), "ben": deleted.as_json()}
    assert update_conflict(update_conflict(both, "ben", None), "anna", None) is None
    assert update_conflict(both, "an", None) == both


def test_a_calendar_is_on_record_as_emptied_by_its_own_message_alone() -> None:
    conflict = update_conflict({"anna": as_written("calendar.emptied").as_json()}, "ben", CALENDAR_EMPTIED)
    assert [has_emptied(conflict, rep) for rep in ("anna", "ben", "clara")] == [False, True, False]
    assert not any(has_emptied(what, "ben") for what in (None, "x", [1], 3, {"ben": 3}))  # type: ignore[arg-type]  # by hand
    assert update_conflict("x", "ben", None) is None  # type: ignore[arg-type]  # likewise
    assert has_emptied({"ben": CALENDAR_EMPTIED.as_json() | {"args": {"since": {"on": "2026-11-30"}}}}, "ben")


@pytest.mark.parametrize(
    ("calendars", "expected", "accident"),
    [
        ("abc", 3, True),
        ("aab", 30, True),
        ("aab", 31, False),  # a large house, in which three reps tidy up
        ("ab", 2, False),
        ("aaa", 3, False),  # one calendar is judged by what is left in it
        ("", 0, False),
    ],
)
def test_much_lost_at_once_in_several_calendars_is_an_accident(calendars: str, expected: int, accident: bool) -> None:
    losses = [Loss(calendar, NINE) for calendar in calendars]
    assert is_accident(losses, expected=expected, now=NINE + LOST_WITHIN) is accident


def test_what_was_lost_over_a_longer_time_is_no_accident() -> None:
    losses = [Loss(calendar, NINE) for calendar in "abc"]
    assert not is_accident(losses, expected=3, now=NINE + LOST_WITHIN + timedelta(seconds=1))
