"""Waits: growing, spread, bounded, and never shorter than the vendor asks."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.backoff import FIRST_WAIT, LONGEST_WAIT, wait_after

attempts = st.integers(min_value=1, max_value=10_000)


@given(attempts, st.uuids())
def test_a_wait_is_the_same_for_the_same_attempt_and_never_longer_than_the_longest(n: int, effect: UUID) -> None:
    wait = wait_after(n, effect, None)
    assert wait == wait_after(n, effect, None)
    assert 0.75 * FIRST_WAIT <= wait <= 1.25 * LONGEST_WAIT


@given(attempts, st.uuids(), st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=400)))
def test_the_vendors_own_wait_is_kept_up_to_the_longest(n: int, effect: UUID, asked: timedelta) -> None:
    assert wait_after(n, effect, asked) >= min(asked, LONGEST_WAIT)
    assert wait_after(n, effect, asked) <= 1.25 * LONGEST_WAIT


def test_waits_double_and_effects_spread() -> None:
    effects = [UUID(int=i) for i in range(200)]
    means = [sum((wait_after(n, e, None) for e in effects), timedelta()) / len(effects) for n in (1, 2, 3)]
    assert 1.9 < means[1] / means[0] < 2.1
    assert 1.9 < means[2] / means[1] < 2.1
    assert len({wait_after(1, e, None) for e in effects}) > 150
