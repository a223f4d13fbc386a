"""Weights of a turn: ramp-up of newcomers and shares of suppliers, exact, and taken back exactly."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import gcd
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.ledger import Ledger, reverse_turn
from pointsman.domain.distribution.weights import ramp_state, turn_weights
from pointsman.domain.policy.document import Pool
from pointsman.domain.roster.reps import Rep
from pointsman.domain.routing.decide import RoutingInputs, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import plan_routes
from support.hypothesis_profiles import examples
from support.roster import NOW, compiled, rep, roster, world
from support.turns import assign_next_turn
from support.wording import english

RULE = {"name": "all", "work": "qualification", "pool": "sdr"}
RAMP = [{"after": "1w", "percent": 25}, {"after": "4w", "percent": 50}, {"after": "8w", "percent": 100}]
SHARES = {"in-house": 60, "acme": 30, "bolt": 10}


def taken(*reps: Rep, at: datetime = NOW, **pool: Any) -> Decision:
    members = pool.pop("members", [each.key for each in reps])
    ready = compiled([RULE], {"sdr": {"work": "qualification", "members": members, **pool}})
    here: RoutingInputs = world(roster(*reps), now=at)
    return decide(plan_routes(ready, {}, purpose=None, gates={}, now=at), here)


def weights(decision: Decision) -> dict[str, int]:
    assert decision.turn is not None
    return dict(decision.turn.weights)


def codes(decision: Decision) -> dict[str, str | None]:
    return {candidate.rep: candidate.code for candidate in decision.candidates}


@pytest.mark.parametrize(
    ("started_on", "new", "old"),
    [
        (None, 1, 1),
        (date(2026, 3, 1), 1, 1),  # before the first step all of the weight counts
        (date(2026, 2, 20), 1, 4),
        (date(2026, 2, 1), 1, 2),
        (date(2025, 1, 1), 1, 1),
    ],
)
def test_a_newcomers_weight_grows_by_the_steps_of_the_ramp_up(started_on: date | None, new: int, old: int) -> None:
    decision = taken(rep("nora", started_on=started_on), rep("olga"), ramp_up=RAMP)
    assert weights(decision) == {"nora": new, "olga": old}


def test_ramp_up_scales_the_weight_in_the_pool_and_the_reps_own() -> None:
    reps = rep("nora", started_on=date(2026, 2, 20), weight=8), rep("olga", weight=3), rep("pia", weight=5)
    decision = taken(*reps, ramp_up=RAMP, members=["nora", "olga", {"rep": "pia", "weight": 2}])
    assert weights(decision) == {"nora": 2, "olga": 3, "pia": 2}


def test_weights_that_nothing_scales_stay_as_the_admin_wrote_them() -> None:
    assert weights(taken(rep("nora", weight=100), rep("olga", weight=50), ramp_up=RAMP)) == {"nora": 100, "olga": 50}


def test_a_step_of_zero_percent_takes_no_turns_and_says_from_when() -> None:
    steps = [{"after": "0d", "percent": 0}, {"after": "10d", "percent": 40}]
    decision = taken(rep("nora", started_on=date(2026, 3, 1)), rep("olga"), ramp_up=steps, time_zone="Europe/Berlin")
    assert codes(decision) == {"nora": "ramp-up", "olga": None}
    assert english(decision.candidates[0].sentence) == (
        "Nora started on Sun 1 Mar 2026 and takes no turns yet: turns begin on Wed 11 Mar 2026, 00:00 (CET)"
    )


def test_turns_begin_with_the_first_step_that_gives_any_be_it_after_hours_and_minutes() -> None:
    steps = [
        {"after": "0d", "percent": 0},
        {"after": "90m", "percent": 0},
        {"after": "1590m", "percent": 1},  # a day, two hours and a half
        {"after": "3d", "percent": 100},
    ]
    pool = Pool.model_validate({"work": "qualification", "members": [], "ramp_up": steps, "time_zone": "Europe/Berlin"})
    nora = rep("nora", started_on=date(2026, 3, 1))
    begins = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    for at in (datetime(2026, 3, 1, 0, 0, tzinfo=UTC), begins - timedelta(seconds=1)):
        assert (ramp_state(pool, nora, at).percent, ramp_state(pool, nora, at).rises_at) == (0, begins)
    assert (ramp_state(pool, nora, begins).percent, ramp_state(pool, nora, begins).rises_at) == (1, None)


def test_a_small_part_of_the_weight_takes_turns_too() -> None:
    steps = [{"after": "0d", "percent": 1}]
    assert weights(taken(rep("nora", started_on=date(2026, 3, 1)), rep("olga"), ramp_up=steps)) == {
        "nora": 1,
        "olga": 100,
    }


def test_a_rep_who_has_not_started_yet_has_the_weight_of_the_first_day() -> None:
    steps = [{"after": "0d", "percent": 25}]
    assert weights(taken(rep("nora", started_on=date(2026, 4, 1)), rep("olga"), ramp_up=steps)) == {
        "nora": 1,
        "olga": 4,
    }


def test_a_step_begins_at_midnight_in_the_pools_time_zone_also_over_a_clock_change() -> None:
    pool = Pool.model_validate(
        {
            "work": "qualification",
            "members": [],
            "ramp_up": [{"after": "30d", "percent": 50}],
            "time_zone": "Europe/Berlin",
        }
    )
    nora = rep("nora", started_on=date(2026, 3, 10))
    begins = datetime(2026, 4, 8, 22, tzinfo=UTC)  # midnight of 9 April in Berlin, in summer time
    assert ramp_state(pool, nora, begins - timedelta(seconds=1)).percent == 100
    assert ramp_state(pool, nora, begins).percent == 50


def test_a_supplier_has_its_share_of_the_turns_split_by_weight() -> None:
    decision = taken(
        rep("anna"),
        rep("ben", supplier="acme", weight=2),
        rep("carl", supplier="acme"),
        rep("dora", supplier="bolt"),
        shares=SHARES,
    )
    assert weights(decision) == {"anna": 6, "ben": 2, "carl": 1, "dora": 1}


def test_a_supplier_without_anybody_eligible_leaves_its_part_to_the_others_in_proportion() -> None:
    decision = taken(
        rep("anna"), rep("ben", supplier="acme", active=False), rep("dora", supplier="bolt"), shares=SHARES
    )
    assert weights(decision) == {"anna": 6, "dora": 1}


@pytest.mark.parametrize("shares", [{"in-house": 100}, {"in-house": 100, "acme": 0}])
def test_a_supplier_without_a_share_is_dropped(shares: dict[str, int]) -> None:
    decision = taken(rep("anna"), rep("ben", supplier="acme"), shares=shares)
    assert codes(decision) == {"anna": None, "ben": "supplier"}
    assert english(decision.candidates[1].sentence) == "Ben's supplier acme has no share of pool sdr"


def test_ramp_up_moves_turns_within_a_supplier_not_between_suppliers() -> None:
    decision = taken(
        rep("anna"),
        rep("ben", supplier="acme", started_on=date(2026, 2, 20)),
        rep("carl", supplier="acme"),
        shares={"in-house": 50, "acme": 50},
        ramp_up=RAMP,
    )
    assert weights(decision) == {"anna": 5, "ben": 1, "carl": 4}


@st.composite
def shared_out(draw: st.DrawFn) -> tuple[Pool, dict[str, Rep], dict[str, int], dict[str, int]]:
    suppliers = draw(st.integers(1, 4))
    cuts = sorted(draw(st.lists(st.integers(1, 99), min_size=suppliers - 1, max_size=suppliers - 1, unique=True)))
    shares = {f"s{i}": high - low for i, (low, high) in enumerate(zip([0, *cuts], [*cuts, 100], strict=True))}
    count = draw(st.integers(1, 50))
    reps = {f"r{i}": rep(f"r{i}", supplier=f"s{draw(st.integers(0, suppliers - 1))}") for i in range(count)}
    base = {key: draw(st.integers(1, 1000)) for key in reps}
    percents = {key: draw(st.sampled_from([100, 100, 75, 33, 1])) for key in reps}
    given_shares = draw(st.sampled_from([shares, shares, {}]))
    pool = Pool.model_validate({"work": "qualification", "members": list(reps), "shares": given_shares})
    return pool, reps, base, percents


@examples(80)
@given(shared_out())
def test_weights_are_whole_small_and_in_exact_proportion(
    case: tuple[Pool, dict[str, Rep], dict[str, int], dict[str, int]],
) -> None:
    pool, reps, base, percents = case
    found = turn_weights(pool, roster(*reps.values()), base, percents)
    total = sum(found.values())
    assert all(weight >= 1 for weight in found.values())
    if pool.shares:
        assert gcd(*found.values()) == 1
        present = {each.supplier for each in reps.values()}
        whole = sum(pool.shares[name] for name in present)
        for name in present:
            theirs = sum(weight for key, weight in found.items() if reps[key].supplier == name)
            assert Fraction(theirs, total) == Fraction(pool.shares[name], whole)
    for one in found:
        for other in found:
            if not pool.shares or reps[one].supplier == reps[other].supplier:
                assert found[one] * base[other] * percents[other] == found[other] * base[one] * percents[one]


@examples(25)
@given(shared_out())
def test_with_shares_and_ramp_up_every_prefix_is_within_one_of_ideal_and_credits_take_back_exactly(
    case: tuple[Pool, dict[str, Rep], dict[str, int], dict[str, int]],
) -> None:
    pool, reps, base, percents = case
    found = turn_weights(pool, roster(*reps.values()), base, percents)
    ledger, counts, total = Ledger(), dict.fromkeys(found, 0), sum(found.values())
    for turn in range(1, 101):
        choice = assign_next_turn(ledger, found, {}, str(turn))
        assert reverse_turn(choice.after, choice.turn) == Ledger(
            denominator=choice.before.denominator, balances={**dict.fromkeys(found, 0), **choice.before.balances}
        )
        ledger = choice.after
        counts[choice.rep] += 1
        assert all(abs(weight * turn - counts[key] * total) < total for key, weight in found.items())
