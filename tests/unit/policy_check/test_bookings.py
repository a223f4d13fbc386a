"""Groups that could never meet are refused, each with the path to the pool that is named in vain."""

from typing import Any

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.run import check_policy

POOLS: dict[str, Any] = {
    "closers": {"work": "closing", "members": ["anna"]},
    "solutions": {"work": "solution_design", "members": ["tom"]},
    "care": {"work": "customer_service", "members": ["eva"]},
    "others": {"work": "closing", "members": ["ben"]},
}


def found(companion_pools: list[str], **pools: Any) -> list[tuple[str, str]]:
    closers = {**POOLS["closers"], "booking": {"companion_pools": companion_pools}}
    document = {
        "gates": {"closing": {"require": ["qualified"]}},
        "rules": [{"name": "all", "work": "closing", "pool": "closers"}],
        "pools": {**POOLS, "closers": closers, **pools},
    }
    codes = ("companion-pool-misfit", "unknown-pool", "booking-without-effect")
    return [
        (finding.path, finding.code) for finding in check_policy(parse_policy(document), None) if finding.code in codes
    ]


def test_a_solution_designer_and_a_customer_manager_may_come_along() -> None:
    assert found(["solutions", "care"]) == []


@pytest.mark.parametrize(
    ("companion_pools", "path", "code"),
    [
        (["closers"], "pools.closers.booking.companion_pools[0]", "companion-pool-misfit"),
        (["solutions", "solutions"], "pools.closers.booking.companion_pools[1]", "companion-pool-misfit"),
        (["others"], "pools.closers.booking.companion_pools[0]", "companion-pool-misfit"),
        (["solution"], "pools.closers.booking.companion_pools[0]", "unknown-pool"),
    ],
)
def test_what_cannot_come_along_is_refused(companion_pools: list[str], path: str, code: str) -> None:
    assert found(companion_pools) == [(path, code)]


def test_a_companion_brings_no_companion() -> None:
    chain = {**POOLS["solutions"], "booking": {"companion_pools": ["care"]}}
    assert found(["solutions"], solutions=chain) == [
        ("pools.closers.booking.companion_pools[0]", "companion-pool-misfit")
    ]


def test_an_offer_without_appointments_is_told_of() -> None:
    cold = {"work": "prospecting", "members": ["mia"], "booking": {"offer": "balanced"}}
    assert found([], cold=cold) == [("pools.cold.booking.offer", "booking-without-effect")]
