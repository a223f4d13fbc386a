"""Who comes next under each method, whose turn is skipped, and what is said to those who do not get the lead."""

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.roster.reps import Rep, TimeOff
from pointsman.domain.routing.decide import Owner, PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, HoldReason, StepResult
from pointsman.domain.routing.plan import plan_routes
from support.hypothesis_profiles import examples
from support.roster import NOW, compiled, pool_state, rep, roster, world
from support.wording import english

RULE = {"name": "all", "work": "qualification", "pool": "sdr"}
ANNA, BEN, CARL = rep("anna"), rep("ben"), rep("carl")
HOUR = timedelta(hours=1)
SOON = {"anna": NOW + timedelta(hours=6), "ben": NOW + timedelta(hours=5), "carl": NOW + timedelta(hours=5)}


def taken(here: RoutingInputs, *, known: Facts | None = None, **pool: Any) -> Decision:
    members = pool.pop("members", ["anna", "ben", "carl"])
    ready = compiled([RULE], {"sdr": {"work": "qualification", "members": members, **pool}})
    return decide(plan_routes(ready, known or {}, purpose=None, gates={}, now=here.now), here)


def floor(*reps: Rep, **over: Any) -> RoutingInputs:
    return world(roster(*(reps or (ANNA, BEN, CARL))), **over)


def sentences(decision: Decision) -> dict[str, str]:
    return {candidate.rep: english(candidate.sentence) for candidate in decision.candidates}


def said(decision: Decision, result: StepResult) -> list[str]:
    return [english(step.sentence) for step in decision.steps if step.result is result]


def test_fair_tells_each_other_one_whose_turn_falls_due_first_with_both_balances() -> None:
    state = PoolState(ledger=Ledger(denominator=2, balances={"anna": 1, "ben": -1}))
    decision = taken(floor(ANNA, BEN, pools={"sdr": state}), members=["anna", "ben"])
    assert sentences(decision) == {
        "anna": "Anna may take it",
        "ben": "Ben may take it; Anna is due first (balance +1 against 0)",
    }


def test_level_reps_are_told_what_settled_it() -> None:
    waiting = {"anna": NOW, "ben": NOW - timedelta(hours=1), "carl": NOW}
    decision = taken(floor(pools={"sdr": PoolState(waiting_since=waiting)}))
    assert decision.rep == "ben"
    assert sentences(decision)["anna"] == "Anna may take it; Ben, who is level, has waited longer"
    drawn = taken(floor())
    assert drawn.tie_break == "seeded-hash"
    assert sum("who is level, was drawn" in sentence for sentence in sentences(drawn).values()) == 2


def test_a_rep_who_is_away_now_can_be_booked_for_their_return_unless_it_is_for_now() -> None:
    away = rep("ben", time_off=(TimeOff(start=NOW - HOUR, end=NOW + 4 * HOUR),))
    here = floor(ANNA, away, earliest_starts={"sdr": SOON})
    assert taken(here, method="soonest").rep == "ben"
    for over in ({"method": "soonest", "immediate": True}, {"method": "fair"}):
        codes = {candidate.rep: candidate.code for candidate in taken(here, **over).candidates}
        assert codes["ben"] == "time-off"


def test_least_loaded_compares_open_leads_by_weight() -> None:
    decision = taken(
        floor(loads={"anna": RepLoad(open=2), "ben": RepLoad(open=5), "carl": RepLoad(open=3)}),
        method="least_loaded",
        members=["anna", {"rep": "ben", "weight": 3}, "carl"],
    )
    assert decision.rep == "ben"
    assert sentences(decision)["anna"].endswith(
        "Ben has fewer open leads for the weight (5 by weight 3 against 2 by weight 1)"
    )


def test_soonest_takes_the_earliest_slot_and_says_it() -> None:
    decision = taken(floor(earliest_starts={"sdr": {**SOON, "carl": NOW + timedelta(hours=7)}}), method="soonest")
    assert decision.rep == "ben"
    assert english(decision.summary).endswith("Ben has the earliest slot (Wed 4 Mar 2026, 14:30 (UTC))")
    assert (
        "Ben has an earlier slot, Wed 4 Mar 2026, 14:30 (UTC) against Wed 4 Mar 2026, 15:30 (UTC)"
        in (sentences(decision)["anna"])
    )


def test_soonest_says_the_slot_in_the_pools_own_time() -> None:
    decision = taken(floor(earliest_starts={"sdr": SOON}), method="soonest", time_zone="Europe/Berlin")
    assert "Wed 4 Mar 2026, 15:30 (CET)" in english(decision.summary)


def test_of_those_with_the_same_slot_the_ledger_decides() -> None:
    here = floor(earliest_starts={"sdr": SOON}, pools={"sdr": pool_state(ben=-1, carl=0, anna=1)})
    decision = taken(here, method="soonest")
    assert decision.rep == "carl"
    assert "and comes first of those level" in english(decision.summary)
    assert "Carl is due first" in sentences(decision)["ben"]


def test_a_rep_who_has_no_slot_is_not_eligible_for_soonest() -> None:
    decision = taken(floor(earliest_starts={"sdr": {"anna": SOON["anna"]}}), method="soonest")
    assert decision.rep == "anna"
    assert english(decision.summary).endswith("Anna is the only one, with a slot at Wed 4 Mar 2026, 15:30 (UTC)")
    assert [c.code for c in decision.candidates] == [None, "no-slot", "no-slot"]
    assert sentences(decision)["ben"] == "Ben has no slot within 14 days that is known to be free"
    assert taken(floor(), method="soonest").hold_reason is HoldReason.NOBODY_ELIGIBLE


def test_an_owner_pool_gives_the_lead_to_its_first_eligible_owner_alone() -> None:
    here = floor(
        owners=(Owner(rep="zoe", by="contact"), Owner(rep="carl", by="account"), Owner(rep="ben", by="parent"))
    )
    decision = taken(here, method="owner")
    assert decision.rep == "carl"
    assert [c.code for c in decision.candidates] == ["not-the-owner", None, None]
    assert sentences(decision)["anna"] == "Anna owns neither this contact nor the account"
    assert sentences(decision)["ben"] == "Ben may take it; Carl owns the account"
    assert len(said(decision, StepResult.OWNER_NOT_ELIGIBLE)) == 1
    nobody = taken(floor(), method="owner")
    assert nobody.hold_reason is HoldReason.NOBODY_ELIGIBLE


def test_a_skipped_turn_goes_to_the_next_and_the_place_in_the_queue_stays() -> None:
    ledger = Ledger(denominator=1, balances={"anna": 1, "ben": 0, "carl": -1})
    decision = taken(floor(pools={"sdr": PoolState(ledger=ledger, pending_skips=frozenset({"anna"}))}))
    assert (decision.rep, decision.skipped) == ("ben", ("anna",))
    assert decision.turn is not None
    assert set(decision.turn.weights) == {"anna", "ben", "carl"}
    assert said(decision, StepResult.SKIPPED) == ["Anna comes next, but the turn is skipped as asked, this once"]
    assert "Anna's turn is skipped as asked; Ben had the highest balance" in english(decision.summary)
    assert sentences(decision)["anna"].endswith("the turn is skipped as asked, and the place in the queue stays")
    after = decision.ledger_after
    assert taken(floor(pools={"sdr": PoolState(ledger=after or Ledger())})).rep == "anna"


def test_a_skip_of_somebody_whose_turn_it_is_not_waits() -> None:
    state = PoolState(ledger=Ledger(balances={"anna": 1, "ben": -1}), pending_skips=frozenset({"ben"}))
    decision = taken(floor(pools={"sdr": state}))
    assert (decision.rep, decision.skipped) == ("anna", ())


def test_no_lead_waits_for_a_skip() -> None:
    alone = taken(floor(ANNA, pools={"sdr": PoolState(pending_skips=frozenset({"anna"}))}), members=["anna"])
    assert (alone.rep, alone.skipped) == ("anna", ())
    assert said(alone, StepResult.SKIP_KEPT) == [
        "Anna's next turn is to be skipped, but nobody else is eligible: no lead waits for a skip, and the skip stays"
    ]
    both = taken(
        floor(ANNA, BEN, pools={"sdr": PoolState(pending_skips=frozenset({"anna", "ben"}))}), members=["anna", "ben"]
    )
    assert both.rep is not None
    assert both.skipped == ()
    assert "so are those of all who are eligible (Anna and Ben)" in said(both, StepResult.SKIP_KEPT)[0]


def test_an_owner_outranks_a_skip() -> None:
    here = floor(owners=(Owner(rep="anna", by="account"),), pools={"sdr": PoolState(pending_skips=frozenset({"anna"}))})
    decision = taken(here)
    assert (decision.rep, decision.skipped) == ("anna", ())
    assert "this lead is Anna's own: the skip stays" in said(decision, StepResult.SKIP_KEPT)[0]


@pytest.mark.parametrize("method", [m.value for m in DistributionMethod if m is not DistributionMethod.OWNER])
def test_every_method_books_the_turn_over_all_who_were_eligible(method: str) -> None:
    decision = taken(floor(earliest_starts={"sdr": SOON}), method=method)
    assert decision.entitlements == dict.fromkeys(["anna", "ben", "carl"], Fraction(1, 3))
    assert decision.ledger_after is not None
    assert decision.ledger_after.balance(decision.rep or "") == Fraction(-2, 3)


@examples(15)
@given(st.lists(st.booleans(), max_size=120))
def test_pools_of_one_ledger_say_so_and_stay_fair_together(forms: list[bool]) -> None:
    """Carl serves one pool alone, Anna and Ben both: what they get in one counts in the other."""
    pools = {
        "web": {"work": "qualification", "members": ["anna", "ben"], "ledger": "inbound"},
        "phone": {"work": "qualification", "members": ["anna", "ben", "carl"], "ledger": "inbound"},
    }
    rules = [
        {"name": "web", "when": {"field": "lead.source", "equals": "form"}, "work": "qualification", "pool": "web"},
        {"name": "phone", "work": "qualification", "pool": "phone"},
    ]
    ready, ledger, counts = compiled(rules, pools), Ledger(), Counter[str]()
    ideal = dict.fromkeys(["anna", "ben", "carl"], Fraction(0))
    for turn, form in enumerate(forms):
        known: Facts = {"lead.source": "form" if form else "phone"}
        state = PoolState(ledger=ledger)
        here = floor(pools={"web": state, "phone": state}, seed=str(turn))
        decision = decide(plan_routes(ready, known, purpose=None, gates={}, now=NOW), here)
        assert decision.ledger == "inbound"
        assert decision.ledger_after is not None
        ledger = decision.ledger_after
        counts[decision.rep or ""] += 1
        for member, share in decision.entitlements.items():
            ideal[member] += share
        assert all(abs(ideal[member] - counts[member]) < 2 for member in ideal)
    assert abs(counts["anna"] - counts["ben"]) < 2
