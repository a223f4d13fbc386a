"""Ranked pools: who is preferred for a lead gets it, while the turns of each rep stay near their share."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.distribution.ledger import Ledger, ReversedTurn, Turn, apply_entry, spread_adjustment
from pointsman.domain.distribution.methods import Selection, choose_rep
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import Owner, PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, StepResult
from pointsman.domain.routing.plan import plan_routes
from support.hypothesis_profiles import examples
from support.roster import CLOSER, NOW, OPEN, compiled, pool_state, rep, roster, world
from support.wording import english

PAGE = Path(__file__).parents[3] / "docs" / "policy.md"
RULE = {"name": "all", "work": "qualification", "pool": "sdr"}
HOUR = timedelta(hours=1)
PREFER = {"prefer": [{"lead": "lead.language", "rep": "languages", "points": 3}], "max_turns_ahead": 2}
GERMAN, FRENCH = {"languages": frozenset({"de"})}, {"languages": frozenset({"fr"})}
BEST = rep("anna", tier=1, skills=FRENCH)
FITS = rep("ben", tier=2, skills=GERMAN)
LAST = rep("carl", tier=3)


def taken(here: RoutingInputs, *, known: Facts | None = None, **pool: Any) -> Decision:
    pool = {"members": list(here.roster.reps), "method": "ranked", "ranking": PREFER, **pool}
    ready = compiled([RULE], {"sdr": {"work": "qualification", **pool}})
    return decide(plan_routes(ready, known or {}, purpose=None, gates={}, now=here.now), here)


def floor(*reps: Rep, **over: Any) -> RoutingInputs:
    return world(roster(*(reps or (BEST, FITS, LAST))), **over)


def sentences(decision: Decision) -> dict[str, str]:
    return {candidate.rep: english(candidate.sentence) for candidate in decision.candidates}


def said(decision: Decision, result: StepResult) -> list[str]:
    return [english(step.sentence) for step in decision.steps if step.result is result]


def test_a_lower_tier_that_is_preferred_comes_before_an_upper_one_that_is_not() -> None:
    german = taken(floor(), known={"lead.language": "de"})
    assert german.rep == "ben"
    assert english(german.summary).endswith("Ben ranks highest (3 points for languages de, tier 2)")
    assert sentences(german)["carl"] == (
        "Carl may take it; Ben ranks higher (3 points for languages de, tier 2, against no points)"
    )
    last = rep("carl", tier=3, skills={"languages": frozenset({"it"})})
    one_point = {"prefer": [{"lead": "lead.language", "rep": "languages"}]}
    assert taken(floor(BEST, FITS, last), known={"lead.language": "it"}, ranking=one_point).rep == "carl"


def test_of_those_preferred_the_upper_tier_comes_first_and_more_points_weigh_against_it() -> None:
    second = rep("ben", tier=2, skills={"languages": frozenset({"fr"}), "products": frozenset({"crm"})})
    prefer = [*PREFER["prefer"], {"lead": "lead.product", "rep": "products", "points": 4}]
    known = {"lead.language": "fr", "lead.product": "crm"}
    assert taken(floor(BEST, second), known={"lead.language": "fr"}, ranking={"prefer": prefer}).rep == "anna"
    both = taken(floor(BEST, second), known=known, ranking={"prefer": prefer})
    assert both.rep == "ben"
    assert "Ben ranks highest (7 points for languages fr and products crm, tier 2)" in english(both.summary)


@pytest.mark.parametrize("known", [{}, {"lead.language": "it"}])
def test_a_lead_that_no_rep_is_preferred_for_goes_as_in_a_fair_pool(known: Facts) -> None:
    state = {"sdr": pool_state(anna=-1, ben=0, carl=1)}
    plain = taken(floor(pools=state), known=known)
    assert plain.rep == taken(floor(pools=state), known=known, method="fair").rep == "carl"
    assert english(plain.summary).endswith(
        "no eligible rep is preferred for this lead; Carl had the highest balance (+4/3)"
    )
    assert sentences(plain)["anna"] == "Anna may take it; Carl is due first (balance +4/3 against -2/3)"


def test_a_rep_who_is_too_many_turns_ahead_is_passed_over_and_that_is_said() -> None:
    decision = taken(floor(pools={"sdr": pool_state(anna=-2, ben=1, carl=1)}), known={"lead.language": "fr"})
    assert decision.rep in ("ben", "carl")
    far = "is as far ahead as the ranking allows (balance -2, limit 2)"
    assert said(decision, StepResult.TOO_FAR_AHEAD) == [
        f"Anna ranks no lower (3 points for languages fr, tier 1), but {far}"
    ]
    assert sentences(decision)["anna"] == f"Anna may take it; {far}"
    assert "all who are preferred for this lead are as far ahead as the ranking allows; " in english(decision.summary)


def test_a_rep_who_is_too_many_turns_behind_comes_before_those_preferred_and_that_is_said() -> None:
    decision = taken(floor(pools={"sdr": pool_state(anna=-1, ben=-2, carl=3)}), known={"lead.language": "fr"})
    assert decision.rep == "carl"
    behind = "Carl is so far behind that the turn comes before the ranking (balance +3, limit 3)"
    assert said(decision, StepResult.TOO_FAR_BEHIND) == [behind]
    assert sentences(decision)["anna"] == f"Anna may take it; {behind}"
    assert english(decision.summary).endswith(f"{behind}; Carl had the highest balance (+10/3)")
    owned = floor(pools={"sdr": pool_state(anna=-1, ben=-2, carl=3)}, owners=(Owner(rep="anna", by="account"),))
    assert (taken(owned).rep, said(taken(owned), StepResult.TOO_FAR_BEHIND)) == ("anna", [])


def test_a_lower_tier_is_told_that_the_upper_one_was_passed_over() -> None:
    upper = [rep(key, tier=1, skills=FRENCH) for key in ("anna", "bea", "cleo", "doro")]
    state = pool_state(anna=-2, bea=-2, cleo=-2, doro=-2, emil=2, finn=2, gina=2, hans=2)
    lower = [rep(key, tier=2, skills=FRENCH) for key in ("emil", "finn", "gina", "hans")]
    many = taken(floor(*upper, *lower, pools={"sdr": state}), known={"lead.language": "fr"})
    said_of_all = "; Anna, Bea, Cleo and 1 more rank no lower, but are as far ahead as the ranking allows"
    assert english(many.summary).endswith(
        f"ranks highest (3 points for languages fr, tier 2), and was drawn among those level{said_of_all}"
    )
    one = taken(floor(upper[0], lower[0], pools={"sdr": pool_state(anna=-2, emil=2)}), known={"lead.language": "fr"})
    assert english(one.summary).endswith("tier 2); Anna ranks no lower, but is as far ahead as the ranking allows")


def test_where_all_are_ahead_the_ledger_decides() -> None:
    state = pool_state(anna=-3, ben=-2, carl=0, away=5)
    ahead = taken(floor(BEST, FITS, pools={"sdr": state}), known={"lead.language": "fr"})
    assert ahead.rep == "ben"
    assert "all are as far ahead as the ranking allows" in english(ahead.summary)


def test_a_skip_leaves_the_lead_to_the_next_in_rank() -> None:
    state = PoolState(pending_skips=frozenset({"anna"}))
    decision = taken(floor(pools={"sdr": state}), known={"lead.language": "fr"})
    assert decision.skipped == ("anna",)
    assert "Anna's turn is skipped as asked; no other eligible rep is preferred for this lead" in english(
        decision.summary
    )


def test_no_rep_is_passed_over_where_appointments_are_balanced() -> None:
    pool = {"work": "closing", "members": ["anna", "ben"], "method": "ranked", "ranking": PREFER}
    state = {"sdr": pool_state(anna=-2, ben=2)}

    def passed_over(offer: str, **over: Any) -> tuple[str, tuple[str, ...]]:
        ready = compiled([RULE], {"sdr": {**pool, "booking": {"offer": offer}}})
        here = floor(BEST, rep("ben", tier=2, skills=FRENCH), pools=state, **over)
        known = {"lead.language": "fr"}
        pools = ready.policy.pools
        found = choose_rep(
            Selection(name="sdr", pool=pools["sdr"], eligible={"anna": 1, "ben": 1}, facts=known, inputs=here)
        )
        return found.rep, found.passed_over

    asked = RequestedTime(start=NOW, end=NOW + HOUR, obstacles={}, appointments={"anna": 1, "ben": 0})
    assert passed_over("flexible") == ("ben", ("anna",))
    assert passed_over("flexible", requested_time=asked) == ("ben", ("anna",))
    assert passed_over("balanced", requested_time=asked) == ("ben", ())


@pytest.mark.parametrize(
    ("value", "listed"), [(True, "true"), (False, "false"), (12.0, "12"), (2.5, "2.5"), (("x", "de"), "de")]
)
def test_a_preference_compares_truth_values_and_numbers_as_lists_write_them(value: Any, listed: str) -> None:
    fits = rep("ben", tier=2, skills={"kinds": frozenset({listed})})
    ranking = {"prefer": [{"lead": "lead.kind", "rep": "kinds"}]}
    assert taken(floor(BEST, fits), known={"lead.kind": value}, ranking=ranking).rep == "ben"


def test_an_address_is_not_quoted_where_a_preference_asks_for_it() -> None:
    fits = rep("ben", tier=2, skills={"friends": frozenset({"eva@acme.example"})})
    ranking = {"prefer": [{"lead": "lead.email", "rep": "friends"}]}
    decision = taken(floor(BEST, fits), known={"lead.email": "eva@acme.example"}, ranking=ranking)
    assert decision.rep == "ben"
    assert "1 point for 'friends', tier 2" in english(decision.summary)
    assert "eva@acme" not in decision.to_json()


class Line:
    """One ranked pool that goes on from lead to lead: what each rep got of each class, and the ledger."""

    def __init__(self, reps: Sequence[Rep], pool: Mapping[str, Any], field: str = "lead.product") -> None:
        self.reps, self.field, self.ledger = {one.key: one for one in reps}, field, Ledger()
        self.pool = compiled(
            [RULE], {"sdr": {"work": "qualification", "members": list(self.reps), **pool}}
        ).policy.pools["sdr"]
        self.got: dict[str, Counter[str]] = defaultdict(Counter)
        self.extremes = [Fraction(0), Fraction(0)]

    def take(self, kind: str, seed: str, away: frozenset[str] = frozenset()) -> str:
        eligible = {key: one.weight for key, one in self.reps.items() if key not in away}
        inputs = world(roster(*self.reps.values()), pools={"sdr": PoolState(ledger=self.ledger)}, seed=seed)
        selection = Selection(name="sdr", pool=self.pool, eligible=eligible, facts={self.field: kind}, inputs=inputs)
        chosen = choose_rep(selection).rep
        self.last = Turn(rep=chosen, weights=eligible)
        self.ledger = apply_entry(self.ledger, self.last)
        self.got[kind][chosen] += 1
        balances = [self.ledger.balance(key) for key in self.reps]
        self.extremes = [min(self.extremes[0], *balances), max(self.extremes[1], *balances)]
        assert sum(self.ledger.balances.values()) == 0
        return chosen

    def share(self, kind: str, tier: int) -> float:
        """Which part of a class a tier got."""
        return sum(n for key, n in self.got[kind].items() if self.reps[key].tier == tier) / max(
            self.got[kind].total(), 1
        )


def pages_example() -> tuple[dict[str, Any], list[Rep]]:
    """The policy and the reps that the documentation shows."""
    blocks = PAGE.read_text().split("### Ranked\n")[1].split("```yaml\n")
    policy, people = (yaml.safe_load(block.split("```")[0]) for block in blocks[1:3])
    return policy, [
        rep(
            one["key"],
            CLOSER,
            tier=one["tier"],
            skills={"segments": frozenset(one["skills"]["segments"])},
            caps=Caps(per_day=20),
        )
        for one in people["reps"]
    ]


def test_the_pages_example_gives_each_tier_its_own_class_and_keeps_caps_and_turns() -> None:
    """3,000 leads, 100 a day: each rep may have 20 a day, and 16 or 17 are their share."""
    document, people = pages_example()
    rule = {"name": "all", "work": "closing", "pool": "closers"}
    parts = {**document, "rules": [rule], "gates": {"closing": {"require": ["qualified"]}}}
    ready = CompiledPolicy(parse_policy(parts), version=1)
    floor_, ledger, got = roster(*people), Ledger(), defaultdict[str, Counter[int]](Counter)
    turns, random = Counter[str](), Random(7)
    for day in range(30):
        today = Counter[str]()
        for number in range(100):
            segment = random.choice(["enterprise", "mid-market", "small"])
            plan = plan_routes(ready, {"custom.segment": segment}, purpose=None, gates=OPEN, now=NOW)
            loads = {key: RepLoad(day=today[key]) for key in floor_.reps}
            here = world(floor_, pools={"closers": PoolState(ledger=ledger)}, loads=loads, seed=f"{day} {number}")
            decision = decide(plan, here)
            assert decision.rep is not None
            assert decision.ledger_after is not None
            ledger = decision.ledger_after
            today[decision.rep] += 1
            got[segment][floor_.reps[decision.rep].tier] += 1
        assert max(today.values()) <= 20
        turns += today
    for segment, tier in (("enterprise", 1), ("mid-market", 2), ("small", 3)):
        assert got[segment][tier] >= 0.8 * got[segment].total(), (segment, got[segment])
    assert all(abs(count - 500) <= 5 for count in turns.values()), turns
    for one, other in (("anna", "ben"), ("carla", "dario"), ("ella", "finn")):
        assert abs(turns[one] - turns[other]) <= 2


def tiers_of(reps: int, tiers: int, own: bool) -> list[Rep]:
    """Tiers of the same size; each prefers a class of its own, or the first alone prefers one."""
    found = []
    for i in range(reps):
        tier = 1 + i * tiers // reps
        skills = {"products": frozenset({f"class{tier}"})} if own or tier == 1 else {}
        found.append(rep(f"r{i:02}", tier=tier, skills=skills))
    return found


PRODUCTS = {"method": "ranked", "ranking": {"prefer": [{"lead": "lead.product", "rep": "products"}]}}


@pytest.mark.parametrize(("reps", "tiers", "least"), [(3, 3, 0.8), (10, 2, 0.9), (30, 3, 0.9)])
@pytest.mark.parametrize("own", [True, False])
def test_the_upper_tier_gets_the_class_that_it_is_preferred_for(reps: int, tiers: int, own: bool, least: float) -> None:
    """As many leads of each class as there are tiers: also where the upper tier alone is preferred for anything."""
    line, random = Line(tiers_of(reps, tiers, own), PRODUCTS), Random(3)
    for number in range(600):
        line.take(f"class{random.randint(1, tiers)}", str(number))
    assert line.share("class1", 1) >= least, line.got


_CLASSES = ["a", "b", "c"]
_skills = st.frozensets(st.sampled_from(_CLASSES), max_size=2)
_streams = st.lists(st.tuples(st.sampled_from(_CLASSES), st.sampled_from([1, 1, 4, 25])), max_size=12).map(
    lambda runs: [kind for kind, length in runs for _ in range(length)]
)


@st.composite
def lines(draw: st.DrawFn, heaviest: int = 12) -> Line:
    count = draw(st.integers(2, 7))
    people = [
        rep(
            f"r{i}",
            tier=draw(st.integers(1, 3)),
            weight=draw(st.integers(1, heaviest)),
            skills={"products": draw(_skills)},
        )
        for i in range(count)
    ]
    limits = {"max_turns_ahead": draw(st.integers(1, 4)), "max_turns_behind": draw(st.integers(1, 4))}
    return Line(people, {"method": "ranked", "ranking": {**PRODUCTS["ranking"], **limits}})


@examples(60)
@given(lines(), _streams)
def test_while_the_same_reps_are_eligible_each_stays_less_than_one_turn_beyond_the_limits(
    line: Line, stream: list[str]
) -> None:
    for number, kind in enumerate(stream):
        line.take(kind, str(number))
    ranking = line.pool.ranking
    assert line.extremes[0] > -ranking.max_turns_ahead - 1
    assert line.extremes[1] < ranking.max_turns_behind + 1


@examples(40)
@given(lines(heaviest=1), _streams)
def test_reps_of_one_tier_and_list_stay_within_one_turn_of_each_other(line: Line, stream: list[str]) -> None:
    for number, kind in enumerate(stream):
        line.take(kind, str(number))
        by_kind = defaultdict[Any, list[Fraction]](list)
        for key, one in line.reps.items():
            by_kind[one.tier, one.skills["products"]].append(line.ledger.balance(key))
        assert all(max(balances) - min(balances) <= 1 for balances in by_kind.values())


@examples(40)
@given(lines(heaviest=3), _streams, st.randoms(use_true_random=False))
def test_who_comes_and_goes_strays_at_most_two_turns_beyond_the_limits(
    line: Line, stream: list[str], random: Random
) -> None:
    for number, kind in enumerate(stream):
        away = frozenset(key for key in line.reps if random.random() < 0.4)
        line.take(kind, str(number), away if len(away) < len(line.reps) else frozenset())
    ranking = line.pool.ranking
    assert -ranking.max_turns_ahead - 2 < line.extremes[0]
    assert line.extremes[1] < ranking.max_turns_behind + 2


@examples(40)
@given(lines(), st.sampled_from(_CLASSES), st.integers(0, 5), _streams)
def test_a_preference_more_never_takes_the_lead_away(line: Line, kind: str, seed: int, stream: list[str]) -> None:
    for number, one in enumerate(stream):
        line.take(one, str(number))
    before, seeds = line.ledger, str(seed)
    chosen = line.take(kind, seeds)
    line.ledger = before
    had = line.reps[chosen]
    line.reps[chosen] = replace(had, skills={"products": had.skills["products"] | {kind}})
    assert line.take(kind, seeds) == chosen


@examples(40)
@given(lines(heaviest=1), st.sampled_from(_CLASSES), _streams)
def test_a_preference_more_gives_no_smaller_part_of_its_class_but_for_one_lead(
    line: Line, kind: str, stream: list[str]
) -> None:
    first, *others = line.reps.values()
    had = first.skills["products"]
    got = []
    for skills in (had - {kind}, had | {kind}):
        again = Line([replace(first, skills={"products": skills}), *others], {})
        again.pool = line.pool
        for number, one in enumerate(stream):
            again.take(one, str(number))
        got.append(again.got[kind][first.key])
    assert got[1] >= got[0] - 1


def test_a_sentence_names_three_of_many_preferences() -> None:
    prefer = [{"lead": "lead.product", "rep": f"list{i}"} for i in range(5)]
    fits = rep("ben", tier=2, skills={f"list{i}": frozenset({"crm"}) for i in range(5)})
    decision = taken(floor(BEST, fits), known={"lead.product": "crm"}, ranking={"prefer": prefer})
    assert "5 points for 'list0' crm, 'list1' crm, 'list2' crm and 2 more, tier 2" in english(decision.summary)


def test_a_tier_that_was_away_neither_owes_nor_is_owed_and_others_get_its_class_meanwhile() -> None:
    line, random = Line(tiers_of(6, 3, own=True), PRODUCTS), Random(5)
    upper = frozenset({"r00", "r01"})
    for number in range(60):
        line.take(f"class{random.randint(1, 3)}", str(number))
    left = {key: line.ledger.balance(key) for key in upper}
    for number in range(60):
        line.take(f"class{random.randint(1, 3)}", f"away {number}", upper)
    assert {key: line.ledger.balance(key) for key in upper} == left
    line.got.clear()
    for number in range(60):
        line.take(f"class{random.randint(1, 3)}", f"back {number}")
    assert line.share("class1", 1) >= 0.8


def test_a_turn_taken_back_is_owed_exactly_and_an_adjustment_is_paid_before_the_ranking() -> None:
    line = Line(tiers_of(3, 3, own=True), PRODUCTS)
    for number in range(9):
        line.take("class1", str(number))
    before = line.ledger
    line.take("class1", "rejected")
    assert apply_entry(line.ledger, ReversedTurn(turn=line.last)) == before
    line.ledger = spread_adjustment(Ledger(), "r02", Fraction(4), ["r00", "r01"])
    assert [line.take("class1", str(n)) for n in range(2)] == ["r02", "r02"]
    assert line.take("class1", "then") == "r00"
