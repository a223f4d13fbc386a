"""Waits: growing, spread, bounded, and never shorter than the vendor asks."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.backoff import INITIAL_DELAY, MAX_DELAY, retry_delay

attempts = st.integers(min_value=1, max_value=10_000)


@given(attempts, st.uuids())
def test_a_wait_is_the_same_for_the_same_attempt_and_never_longer_than_the_longest(n: int, effect: UUID) -> None:
    wait = retry_delay(n, effect, None)
    assert wait == retry_delay(n, effect, None)
    assert 0.75 * INITIAL_DELAY <= wait <= 1.25 * MAX_DELAY


@given(attempts, st.uuids(), st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=400)))
def test_the_vendors_own_wait_is_kept_up_to_the_longest(n: int, effect: UUID, asked: timedelta) -> None:
    assert retry_delay(n, effect, asked) >= min(asked, MAX_DELAY)
    assert retry_delay(n, effect, asked) <= 1.25 * MAX_DELAY


def test_waits_double_and_effects_spread() -> None:
    effects = [UUID(int=i) for i in range(200)]
    means = [sum((retry_delay(n, e, None) for e in effects), timedelta()) / len(effects) for n in (1, 2, 3)]
    assert 1.9 < means[1] / means[0] < 2.1
    assert 1.9 < means[2] / means[1] < 2.1
    assert len({retry_delay(1, e, None) for e in effects}) > 150
