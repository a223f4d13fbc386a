"""What overlaps in the domain overlaps in PostgreSQL, to the microsecond: the check of a booking and the constraint behind it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.domain.booking.availability import Interval, Reservation, with_buffers, with_gaps
from pointsman.domain.policy.parsing import BookingRules
from support.hypothesis_profiles import examples

NOON = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # half past two in Berlin, the first time
TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)

_PAIRS = (
    "select tstzrange(a, b, '[)') && tstzrange(c, d, '[)'), tstzrange(a, b, '[)') @> tstzrange(c, d, '[)')"
    " from unnest(%s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
    " with ordinality as t(a, b, c, d, n) order by n"
)
#: An appointment and its buffers on one side, the taken time on the other.
_BUFFERED = (
    "select tstzrange(a - %s::interval, b + %s::interval, '[)') && tstzrange(c, d, '[)')"
    " from unnest(%s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
    " with ordinality as t(a, b, c, d, n) order by n"
)

#: Two reservations of one rep, each with its buffers; as the guard `pointsman_reservation_gap` asks.
_TOO_CLOSE = (
    "select lower(there) < upper(here) + greatest(%s::interval, %s::interval)"
    " and lower(here) < upper(there) + greatest(%s::interval, %s::interval) from (select tstzrange(a, b, '[)') as here,"
    " tstzrange(c, d, '[)') as there, n from unnest(%s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
    " with ordinality as t(a, b, c, d, n)) x order by n"
)

zones = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")])
#: Few instants, so that many touch; and any at all.
instants = st.one_of(
    st.integers(-6, 6).map(lambda n: NOON + n * 15 * MINUTE),
    st.integers(-3, 3).map(lambda n: NOON + n * TICK),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # the bounds want none
)
intervals = st.builds(
    lambda ends, zone: Interval(min(ends).astimezone(zone), max(ends).astimezone(zone)),
    st.tuples(instants, instants).filter(lambda ends: ends[0] != ends[1]),
    zones,
)
pairs = st.lists(st.tuples(intervals, intervals), min_size=1, max_size=40)
buffers = st.sampled_from([timedelta(0), TICK, 15 * MINUTE, 45 * MINUTE])


@pytest.fixture(scope="module")
def connection(shared_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_database_url.replace("postgresql+psycopg:", "postgresql:", 1)) as opened:
        yield opened


def columns(found: list[tuple[Interval, Interval]]) -> list[list[datetime]]:
    return [
        [a.start for a, _ in found],
        [a.end for a, _ in found],
        [b.start for _, b in found],
        [b.end for _, b in found],
    ]


TOUCHING = [(Interval(NOON, NOON + TICK), Interval(NOON + TICK, NOON + 2 * TICK))]


@examples(300, fixture_serves_all=True)
@given(pairs)
@example(TOUCHING)
def test_overlapping_and_containing_mean_the_same_here_and_there(
    connection: psycopg.Connection, found: list[tuple[Interval, Interval]]
) -> None:
    there = connection.execute(_PAIRS, columns(found)).fetchall()
    assert there == [(a.overlaps(b), a.contains(b)) for a, b in found]


@examples(300, fixture_serves_all=True)
@given(pairs, buffers, buffers)
@example(TOUCHING, timedelta(0), timedelta(0))
@example(TOUCHING, TICK, timedelta(0))
@example(TOUCHING, timedelta(0), TICK)
def test_buffers_mean_the_same_around_what_is_wanted_as_around_what_is_taken(
    connection: psycopg.Connection, found: list[tuple[Interval, Interval]], before: timedelta, after: timedelta
) -> None:
    rules = BookingRules(buffer_before=before, buffer_after=after)
    there = connection.execute(_BUFFERED, [before, after, *columns(found)]).fetchall()
    assert there == [(wanted.overlaps(with_buffers([taken], rules)[0]),) for wanted, taken in found]


@examples(300, fixture_serves_all=True)
@given(pairs, buffers, buffers, buffers, buffers)
@example(TOUCHING, timedelta(0), timedelta(0), timedelta(0), timedelta(0))
@example(TOUCHING, timedelta(0), timedelta(0), TICK, timedelta(0))
@example(TOUCHING, TICK, TICK, timedelta(0), timedelta(0))
def test_the_gap_between_two_reservations_is_the_same_here_and_there(
    connection: psycopg.Connection,
    found: list[tuple[Interval, Interval]],
    before: timedelta,
    after: timedelta,
    their_before: timedelta,
    their_after: timedelta,
) -> None:
    rules = BookingRules(buffer_before=before, buffer_after=after)
    there = connection.execute(_TOO_CLOSE, [after, their_before, their_after, before, *columns(found)]).fetchall()
    here = [wanted.overlaps(with_gaps([Reservation(t, their_before, their_after)], rules)[0]) for wanted, t in found]
    assert there == [(close,) for close in here]
