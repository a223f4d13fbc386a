"""Buckets of requests by source: what is let through in any minute, and how much is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.api.front.source_limits import SourceLimiter, source_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    per_minute=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=200),
)
def test_no_minute_lets_through_more_than_a_bucket_and_what_flows_in(per_minute: int, pauses: list[float]) -> None:
    clock = Clock()
    limiter = SourceLimiter(per_minute, monotonic=clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        if limiter.take("a") == 0:
            taken.append(clock.now)
    for at in taken:
        assert sum(at <= other < at + 60 for other in taken) <= 2 * per_minute
    assert len(taken) <= per_minute * (1 + clock.now / 60) + 1e-6


@given(st.integers(1, 600), st.integers(1, 700))
def test_after_the_seconds_that_were_said_there_is_room_for_one(per_minute: int, asked: int) -> None:
    clock = Clock()
    limiter = SourceLimiter(per_minute, monotonic=clock)
    waits = [limiter.take("a") for _ in range(asked)]
    assert sum(wait == 0 for wait in waits) == min(asked, per_minute)
    clock.now += limiter.wait_s("a")
    assert limiter.take("a") == 0
    assert limiter.take("b") == 0


def test_zero_limits_nothing_and_remembers_nothing() -> None:
    limiter = SourceLimiter(0, monotonic=Clock())
    assert {limiter.take("a") for _ in range(1_000)} == {0}
    assert len(limiter) == 0


def test_many_sources_take_no_more_memory_than_some() -> None:
    limiter = SourceLimiter(1, monotonic=Clock(), max_sources=100)
    for n in range(10_000):
        assert limiter.take(str(n)) == 0
    assert len(limiter) == 100
    assert limiter.take("9999") > 0
    assert limiter.take("0") == 0, "the longest unused was forgotten"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "no address"),  # as proxies write that they do not say it: one source for all of these
        ("192.0.2.7, evil", "no address"),
        ("", None),
    ],
)
def test_a_source_is_an_ipv4_address_or_a_64_of_ipv6(address: str, source: str | None) -> None:
    assert source_of({"type": "http", "client": (address, 1)}) == source


def test_what_comes_without_an_address_has_no_source() -> None:
    assert source_of({"type": "http", "client": None}) is None
