"""The credit ledger when attendance changes: how far anybody strays, and what a newcomer or a returner gets at first."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.ledger import Ledger, reverse_turn
from support.hypothesis_profiles import examples
from support.turns import assign_next_turn

Attendance = Callable[[], list[str]]


def coins(chance: Random, reps: Sequence[str]) -> Attendance:
    """Everybody is there by their own coin, at every turn anew."""
    odds = {rep: chance.choice([0.1, 0.3, 0.5, 0.8, 0.95]) for rep in reps}
    return lambda: [rep for rep in reps if chance.random() < odds[rep]]


def shifts(chance: Random, reps: Sequence[str]) -> Attendance:
    """Everybody stays, or stays away, for some while."""
    here, leaving = {rep: chance.random() < 0.5 for rep in reps}, chance.choice([0.01, 0.05, 0.2])

    def there() -> list[str]:
        for rep in reps:
            here[rep] ^= chance.random() < leaving
        return [rep for rep in reps if here[rep]]

    return there


def few_at_a_time(chance: Random, reps: Sequence[str]) -> Attendance:
    """Every lead suits only two or three, drawn anew: the hardest of these."""
    return lambda: chance.sample(reps, min(len(reps), chance.randint(2, 3)))


def everybody(_chance: Random, reps: Sequence[str]) -> Attendance:
    return lambda: list(reps)


RANDOM = [coins, shifts, few_at_a_time]
WEIGHTS: dict[str, Callable[[Random], int]] = {
    "equal": lambda _: 1,
    "1 to 1000": lambda chance: chance.randint(1, 1000),
    "a few heavy ones": lambda chance: chance.choice([1, 1, 3, 1000]),
}
seeds = st.integers(0, 2**32)


def floor(chance: Random, kind: str, most: int = 20) -> dict[str, int]:
    return {f"r{i}": WEIGHTS[kind](chance) for i in range(chance.randint(2, most))}


def of(weights: dict[str, int], here: list[str]) -> dict[str, int]:
    return {rep: weights[rep] for rep in here}


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("attendance", RANDOM)
@examples(4)
@given(seed=seeds)
def test_under_random_attendance_every_balance_stays_within_two(
    kind: str, attendance: Callable[[Random, Sequence[str]], Attendance], seed: int
) -> None:
    chance = Random(seed)
    weights, ledger = floor(chance, kind), Ledger()
    there = attendance(chance, list(weights))
    for turn in range(2_000):
        if here := there():
            ledger = assign_next_turn(ledger, of(weights, here), {}, str(turn)).after
        assert all(abs(parts) <= 2 * ledger.denominator for parts in ledger.balances.values())
        assert sum(ledger.balances.values()) == 0


def test_against_an_opponent_who_watches_the_balances_nothing_bounded_by_a_constant_holds() -> None:
    """Two reps of equal balance, again and again: each choice parts them. So the promise speaks of random attendance."""
    reps, ledger, turn = [f"r{i}" for i in range(20)], Ledger(), 0
    while (pair := two_alike(ledger, reps)) is not None and turn < 2_000:
        ledger, turn = assign_next_turn(ledger, dict.fromkeys(pair, 1), {}, str(turn)).after, turn + 1
    worst = max(abs(ledger.balance(rep)) for rep in reps)
    assert 2 < worst <= Fraction(len(reps), 2)


def two_alike(ledger: Ledger, reps: list[str]) -> tuple[str, str] | None:
    seen: dict[int, str] = {}
    for rep in reps:
        parts = ledger.balances.get(rep, 0)
        if parts in seen:
            return seen[parts], rep
        seen[parts] = rep
    return None


def first_round(ledger: Ledger, weights: dict[str, int], joins: str) -> tuple[int, Fraction]:
    """The turns that `joins` gets until everybody else has had one, and the share of those leads that is theirs."""
    waiting, turns, leads = set(weights) - {joins}, 0, 0
    while waiting:
        choice = assign_next_turn(ledger, weights, {}, str(leads))
        ledger, leads = choice.after, leads + 1
        turns += choice.rep == joins
        waiting.discard(choice.rep)
    return turns, Fraction(weights[joins] * leads, sum(weights.values()))


@st.composite
def joined(draw: st.DrawFn, *, new: bool) -> tuple[Ledger, dict[str, int], str]:
    """A floor that somebody joins, for the first time or after an absence of any length."""
    chance = Random(draw(seeds))
    weights = floor(chance, draw(st.sampled_from(sorted(WEIGHTS))), most=10)
    if max(weights.values()) == 1000:  # a round of which would take thousands of leads
        weights = {rep: min(weight, 20) for rep, weight in weights.items()}
    there = draw(st.sampled_from([*RANDOM, everybody]))(chance, list(weights))
    ledger, before, away = Ledger(), draw(st.integers(0, 80)), draw(st.integers(0, 80))
    for turn in range(before + away):
        absent = new or turn >= before
        if here := [rep for rep in there() if not (absent and rep == "r0")]:
            ledger = assign_next_turn(ledger, of(weights, here), {}, str(turn)).after
    return ledger, weights, "r0"


@examples(150)
@given(joined(new=True))
def test_a_newcomer_gets_no_more_than_their_share_of_the_first_round_rounded_up(
    case: tuple[Ledger, dict[str, int], str],
) -> None:
    ledger, weights, newcomer = case
    assert ledger.balance(newcomer) == 0
    turns, share = first_round(ledger, weights, newcomer)
    assert turns <= ceil(share)


@examples(150)
@given(joined(new=False))
def test_a_returner_gets_at_most_one_turn_beyond_their_share_of_the_first_round(
    case: tuple[Ledger, dict[str, int], str],
) -> None:
    turns, share = first_round(*case)
    assert turns <= ceil(share) + 1


@examples(100)
@given(st.integers(2, 12), st.integers(0, 60), st.integers(0, 60), seeds)
def test_with_equal_weights_nobody_gets_a_third_turn_before_a_newcomer_or_a_returner_is_level(
    n: int, before: int, away: int, seed: int
) -> None:
    """Away from a floor that was whole: one extra at most, counted in turns, since no two balances differ by two."""
    weights, ledger = {f"r{i}": 1 for i in range(n)}, Ledger()
    for turn in range(before + away):
        here = weights if turn < before else {rep: 1 for rep in weights if rep != "r0"}
        ledger = assign_next_turn(ledger, here, {}, f"{seed}{turn}").after
    assert first_round(ledger, weights, "r0")[0] <= 2


def test_leave_costs_nothing_and_earns_nothing() -> None:
    weights, ledger = {"anna": 3, "ben": 2, "carl": 1}, Ledger()
    for turn in range(7):
        ledger = assign_next_turn(ledger, weights, {}, str(turn)).after
    kept = ledger.balance("carl")
    for turn in range(100):
        ledger = assign_next_turn(ledger, of(weights, ["anna", "ben"]), {}, str(turn)).after
        assert ledger.balance("carl") == kept


def test_what_credits_give_back_is_owed_and_paid_at_once() -> None:
    """Not an extra: three of Anna's appointments turned out to be nobody's."""
    weights, ledger = {"anna": 1, "ben": 1, "carl": 1}, Ledger()
    turns = []
    for turn in range(9):
        choice = assign_next_turn(ledger, weights, {}, str(turn))
        ledger, turns = choice.after, [*turns, choice.turn]
    for turn in [turn for turn in turns if turn.rep == "anna"]:
        ledger = reverse_turn(ledger, turn)
    paid = []
    for i in range(6):
        choice = assign_next_turn(ledger, weights, {}, str(i))
        ledger = choice.after
        paid.append(choice.rep)
    assert paid.count("anna") == 4
    assert abs(ledger.balance("anna")) < 1
