"""The credit ledger: exact, fair at every prefix, and taken back without a trace."""

import json
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.ledger import (
    MAX_DENOMINATOR_BITS,
    Adjustment,
    Ledger,
    LedgerEntry,
    RestoredTurn,
    ReversedTurn,
    Turn,
    _reduced,
    apply_entry,
    assign_turn,
    next_due,
    reverse_turn,
    spread_adjustment,
)
from pointsman.domain.errors import Invalid
from support.hypothesis_profiles import examples
from support.roster import NOW
from support.turns import assign_next_turn

weights = st.lists(st.integers(1, 1000), min_size=1, max_size=50).map(lambda ws: {f"r{i}": w for i, w in enumerate(ws)})
few = st.lists(st.integers(1, 9), min_size=2, max_size=6).map(lambda ws: {f"r{i}": w for i, w in enumerate(ws)})


def farthest_from_ideal(shares: dict[str, int], turns: int) -> Fraction:
    ledger, counts, total, worst = Ledger(), dict.fromkeys(shares, 0), sum(shares.values()), Fraction(0)
    for turn in range(1, turns + 1):
        choice = assign_next_turn(ledger, shares, {}, str(turn))
        ledger = choice.after
        counts[choice.rep] += 1
        worst = max(worst, *(abs(Fraction(w * turn, total) - counts[rep]) for rep, w in shares.items()))
    return worst


@examples(40)
@given(weights)
def test_with_constant_eligibility_every_prefix_is_within_one_of_ideal(shares: dict[str, int]) -> None:
    n = len(shares)
    bound = Fraction(0) if n == 1 else 1 - Fraction(1, 2 * n - 2)
    assert farthest_from_ideal(shares, 150) <= bound < 1


def test_the_plain_largest_balance_would_break_the_promise() -> None:
    shares = {f"r{i}": w for i, w in enumerate([3, 99, 1, 3, 3, 30, 10, 3, 3, 1, 3, 10, 99, 2, 99, 99, 3, 1, 30, 2])}
    total, balances, worst = sum(shares.values()), dict.fromkeys(shares, 0), 0
    for _ in range(400):
        for rep, weight in shares.items():
            balances[rep] += weight
        balances[max(balances, key=lambda rep: balances[rep])] -= total
        worst = max(worst, *(abs(balance) for balance in balances.values()))
    assert worst > total  # more than one turn off
    assert farthest_from_ideal(shares, 400) < 1


def test_a_balance_beyond_the_bound_is_paid_first_even_if_a_small_weight_falls_due_sooner() -> None:
    ledger = Ledger(denominator=10, balances={"anna": 15, "ben": 11, "carl": -26})
    assert assign_next_turn(ledger, {"anna": 10, "ben": 1, "carl": 5}, {}, "s").rep == "anna"


def test_of_those_who_would_pass_the_bound_with_this_turn_the_largest_balance_is_served() -> None:
    """Ben's share carries him far past it; Anna, who is nearer to it for her share, would be only just past it."""
    ledger = Ledger(denominator=100, balances={"anna": 49, "ben": 0, "away": -49})
    assert assign_next_turn(ledger, {"anna": 1, "ben": 9}, {}, "s").rep == "ben"


@given(st.integers(2, 8))
def test_equal_weights_take_turns_in_rounds(n: int) -> None:
    shares = {f"r{i}": 7 for i in range(n)}
    ledger, order = Ledger(), []
    for turn in range(3 * n):
        choice = assign_next_turn(ledger, shares, {}, str(turn))
        ledger = choice.after
        order.append(choice.rep)
    assert all(set(order[i * n : (i + 1) * n]) == set(shares) for i in range(3))


@st.composite
def histories(draw: st.DrawFn) -> list[LedgerEntry]:
    shares, ledger, entries = draw(few), Ledger(), list[LedgerEntry]()
    for i in range(draw(st.integers(1, 25))):
        here = {rep: w for rep, w in shares.items() if draw(st.booleans())}
        turns = [entry for entry in entries if isinstance(entry, Turn)]
        entry: LedgerEntry
        if turns and draw(st.integers(0, 4)) == 0:
            chosen = draw(st.sampled_from(turns))
            entry = draw(st.sampled_from([ReversedTurn(turn=chosen), RestoredTurn(turn=chosen)]))
        elif draw(st.integers(0, 9)) == 0:
            amount = draw(st.fractions(-2, 2, max_denominator=7))
            entry = Adjustment(rep="r0", amount=amount, others=tuple(shares))
        elif here and draw(st.integers(0, 4)) == 0:  # an owner's turn, or a turn after another rep was skipped
            entry = assign_turn(ledger, here, draw(st.sampled_from(sorted(here)))).turn
        elif here:
            entry = assign_next_turn(ledger, here, {}, str(i)).turn
        else:
            continue
        ledger = apply_entry(ledger, entry)
        entries.append(entry)
    return entries


@given(histories())
def test_balances_always_sum_to_zero_and_can_be_rebuilt_from_the_history(entries: list[LedgerEntry]) -> None:
    ledger = Ledger()
    for entry in entries:
        ledger = apply_entry(ledger, entry)
        assert sum(ledger.balances.values()) == 0
    assert reduce(apply_entry, entries, Ledger()) == ledger
    assert Ledger.from_json(json.loads(json.dumps(ledger.as_json()))) == ledger


@given(histories(), few)
def test_a_credit_takes_back_exactly_what_the_turn_gave(entries: list[LedgerEntry], here: dict[str, int]) -> None:
    before = reduce(apply_entry, entries, Ledger())
    choice = assign_next_turn(before, here, {}, "seed")
    undone = reverse_turn(choice.after, Turn.from_json(json.loads(json.dumps(choice.turn.as_json()))))
    assert {rep: undone.balance(rep) for rep in here} == {rep: before.balance(rep) for rep in here}


@given(histories(), few, st.integers(1, 9))
def test_a_turn_taken_back_and_restored_any_number_of_times_counts_once(
    entries: list[LedgerEntry], here: dict[str, int], times: int
) -> None:
    """Balances are compared, since a ledger that stands the same may be written over another denominator."""
    choice = assign_next_turn(reduce(apply_entry, entries, Ledger()), here, {}, "seed")
    ledger = choice.after
    for _ in range(times):
        ledger = apply_entry(apply_entry(ledger, ReversedTurn(turn=choice.turn)), RestoredTurn(turn=choice.turn))
        assert sum(ledger.balances.values()) == 0
    members = {*ledger.balances, *choice.after.balances}
    assert {rep: ledger.balance(rep) for rep in members} == {rep: choice.after.balance(rep) for rep in members}


def test_a_newcomer_starts_level_and_is_not_flooded() -> None:
    ledger, old = Ledger(), {"anna": 1, "ben": 1}
    for turn in range(101):
        ledger = assign_next_turn(ledger, old, {}, str(turn)).after
    first_round = []
    for turn in range(6):
        choice = assign_next_turn(ledger, {**old, "new": 1}, {}, str(turn))
        ledger = choice.after
        first_round.append(choice.rep)
    assert first_round.count("new") == 2


def test_a_rep_who_was_away_is_neither_owed_nor_owes() -> None:
    ledger = Ledger()
    for turn in range(50):
        ledger = assign_next_turn(ledger, {"anna": 1, "ben": 1}, {}, str(turn)).after
    assert ledger.balance("carl") == 0


def test_ties_go_to_the_rep_who_waits_longest_and_then_to_a_seeded_hash() -> None:
    shares = {"anna": 1, "ben": 1, "carl": 1}
    since = {"anna": NOW, "ben": NOW - timedelta(hours=1), "carl": NOW}
    waited = assign_next_turn(Ledger(), shares, since, "s")
    assert (waited.rep, waited.tie_break) == ("ben", "longest-waiting")
    never = assign_next_turn(Ledger(), shares, {"anna": NOW, "ben": NOW}, "s")
    assert (never.rep, never.tie_break) == ("carl", "longest-waiting")
    drawn = {assign_next_turn(Ledger(), shares, {}, str(seed)).rep for seed in range(50)}
    assert drawn == set(shares)
    assert assign_next_turn(Ledger(), shares, {}, "s") == assign_next_turn(
        Ledger(), dict(reversed(shares.items())), {}, "s"
    )


def test_an_owner_who_takes_the_turn_pays_for_it() -> None:
    choice = assign_turn(Ledger(), {"anna": 1, "ben": 1}, "ben")
    assert choice.after.balance("ben") == Fraction(-1, 2)
    assert assign_next_turn(choice.after, {"anna": 1, "ben": 1}, {}, "s").rep == "anna"


def test_an_adjustment_is_borne_by_the_others() -> None:
    ledger = spread_adjustment(Ledger(), "anna", Fraction(1), ("anna", "ben", "carl", "dora"))
    assert [ledger.balance(rep) for rep in ("anna", "ben")] == [1, Fraction(-1, 3)]
    with pytest.raises(Invalid, match="no other rep"):
        spread_adjustment(ledger, "anna", Fraction(1), ("anna",))


def test_nobody_or_a_weight_of_zero_is_refused() -> None:
    for nobody in ({}, {"anna": 0}):
        with pytest.raises(Invalid):
            assign_next_turn(Ledger(), nobody, {}, "s")


def test_a_ledger_that_does_not_sum_to_zero_is_refused() -> None:
    with pytest.raises(Invalid):
        Ledger(denominator=2, balances={"anna": 1})


@examples(5)
@given(st.randoms(use_true_random=False))
def test_the_denominator_stays_bounded_however_the_weights_change(chance: Random) -> None:
    ledger = Ledger()
    turns = []
    for turn in range(400):
        here = {f"r{i}": chance.randint(1, 1000) for i in range(5)}
        choice = assign_next_turn(ledger, here, {}, str(turn))
        ledger = choice.after
        turns.append(choice.turn)
        assert ledger.denominator.bit_length() <= MAX_DENOMINATOR_BITS
        assert sum(ledger.balances.values()) == 0
    assert reduce(apply_entry, turns, Ledger()) == ledger


def test_a_rep_who_is_owed_exactly_enough_may_have_the_turn() -> None:
    ledger = Ledger(denominator=4, balances={"a": -2, "b": 1, "c": 1})  # a's share of 3/4 brings it to 1/4, 1/(2n-2)
    assert next_due(ledger, {"a": 6, "b": 1, "c": 1}) == ["a"]


def test_equal_ledgers_look_equal_in_lowest_terms() -> None:
    assert _reduced(2, {"a": 2, "b": -2}) == Ledger(denominator=1, balances={"a": 1, "b": -1})
    assert _reduced(6, {"a": 3, "b": -3}) == Ledger(denominator=2, balances={"a": 1, "b": -1})


def test_a_denominator_of_the_greatest_size_is_kept_and_a_greater_one_is_not() -> None:
    greatest = 1 << (MAX_DENOMINATOR_BITS - 1)
    assert _reduced(greatest, {"a": 1, "b": -1}).denominator == greatest
    assert _reduced(2 * greatest, {"a": 1, "b": -1}).denominator < greatest


def test_on_a_smaller_denominator_the_rep_who_lost_most_by_rounding_gets_the_part_left_over() -> None:
    third = 3**1_300  # about 2,060 bits
    made = _reduced(third, {"a": third // 3, "b": -third // 3, "c": 1, "d": -1})
    parts = made.denominator // 3  # a third of a credit has 1/3 of a part more than this
    assert made.balances == {"a": parts, "b": -parts, "c": 0, "d": 0}
