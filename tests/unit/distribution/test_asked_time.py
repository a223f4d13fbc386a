"""A decision for an appointment's time: only a rep who is free then, and, in balanced pools, the one with the fewest."""

import json
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.distribution.ledger import next_due
from pointsman.domain.explain.explanation import explain_decision
from pointsman.domain.messages.message import as_written
from pointsman.domain.replay.recorded_inputs import RecordedInputs, replay
from pointsman.domain.routing.decide import Owner, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, HoldReason
from pointsman.domain.routing.plan import RoutingPlan, plan_routes
from support.roster import CLOSER, NOW, OPEN, compiled, pool_state, rep, roster, world
from support.wording import english

RULE = {"name": "all", "work": "closing", "pool": "closers"}
KEYS = ("anna", "ben", "carl")
FLOOR = roster(*(rep(key, CLOSER) for key in KEYS))


def asked(obstacles: Mapping[str, str] | None = None, **appointments: int) -> RequestedTime:
    start = NOW + timedelta(days=1)
    span = {"start": start, "end": start + timedelta(minutes=30)}
    return RequestedTime(
        **span, obstacles={rep: as_written(why) for rep, why in (obstacles or {}).items()}, appointments=appointments
    )


def planned(offer: str = "flexible", weights: Mapping[str, int] | None = None, **pool: Any) -> RoutingPlan:
    members = [{"rep": key, "weight": (weights or {}).get(key, 1)} for key in KEYS]
    given = {"work": "closing", "members": members, "booking": {"offer": offer}, **pool}
    return plan_routes(compiled([RULE], {"closers": given}), {}, purpose=None, gates=OPEN, now=NOW)


def taken(here: RoutingInputs, offer: str = "flexible", **pool: Any) -> Decision:
    return decide(planned(offer, **pool), here)


def test_a_rep_who_is_not_free_then_is_dropped_with_the_reason() -> None:
    here = world(
        FLOOR, requested_time=asked({"anna": "Anna is away then", "carl": "Another appointment has this time"})
    )
    decision = taken(here)
    assert decision.rep == "ben"
    dropped = {c.rep: (c.code, english(c.sentence)) for c in decision.candidates if not c.eligible}
    assert dropped == {
        "anna": ("not-free", "Anna cannot be booked at the time that is asked for: Anna is away then"),
        "carl": (
            "not-free",
            "Carl cannot be booked at the time that is asked for: Another appointment has this time",
        ),
    }


def test_a_turn_is_shared_among_those_free_then_alone() -> None:
    decision = taken(world(FLOOR, requested_time=asked({"anna": "Anna is away then"})))
    assert decision.turn is not None
    assert set(decision.turn.weights) == {"ben", "carl"}


def test_nobody_free_then_holds_the_lead() -> None:
    decision = taken(world(FLOOR, requested_time=asked(dict.fromkeys(KEYS, "Busy."))))
    assert decision.hold_reason is HoldReason.NOBODY_ELIGIBLE


def test_balanced_takes_who_has_the_fewest_appointments_for_the_weight_and_says_so() -> None:
    here = world(
        FLOOR, requested_time=asked(anna=2, ben=5, carl=2), pools={"closers": pool_state(anna=2, ben=-2, carl=0)}
    )
    decision = taken(here, "balanced", weights={"ben": 3})
    assert decision.rep == "ben"
    assert english(decision.summary).endswith("Ben has the fewest appointments for the weight (5 by weight 3)")
    said = {c.rep: english(c.sentence) for c in decision.candidates}
    assert said["anna"].endswith("Ben has fewer appointments for the weight (5 by weight 3 against 2 by weight 1)")


def test_of_those_with_as_few_the_ledger_decides() -> None:
    here = world(
        FLOOR, requested_time=asked(anna=1, ben=1, carl=2), pools={"closers": pool_state(anna=-1, ben=1, carl=0)}
    )
    decision = taken(here, "balanced")
    assert decision.rep == "ben"
    assert "and comes first of those level" in english(decision.summary)
    assert "Ben is due first" in {c.rep: english(c.sentence) for c in decision.candidates}["anna"]


def test_balanced_is_for_appointments_alone_and_an_owner_comes_first_all_the_same() -> None:
    state = {"closers": pool_state(anna=-1, ben=1, carl=0)}
    assert taken(world(FLOOR, pools=state), "balanced").rep == "ben"  # no time is asked for: the pool's own method
    here = world(FLOOR, requested_time=asked(anna=0, ben=0, carl=9), owners=(Owner(rep="carl", by="account"),))
    assert taken(here, "balanced").rep == "carl"


def test_the_explanation_names_the_measure() -> None:
    plan, here = planned("balanced"), world(FLOOR, requested_time=asked(anna=1, ben=0, carl=2))
    told = explain_decision(plan, here, decide(plan, here))
    assert told.why_rep is not None
    assert told.why_rep.code == "balanced"


@given(
    st.fixed_dictionaries({key: st.integers(0, 6) for key in KEYS}),
    st.fixed_dictionaries({key: st.integers(1, 4) for key in KEYS}),
    st.sets(st.sampled_from(KEYS), max_size=2),
)
def test_the_pick_is_always_among_the_least_booked_who_are_free(
    counts: dict[str, int], weights: dict[str, int], busy: set[str]
) -> None:
    here = world(FLOOR, requested_time=asked(dict.fromkeys(busy, "Busy."), **counts))
    decision = taken(here, "balanced", weights=weights)
    free = [key for key in KEYS if key not in busy]
    fewest = min(Fraction(counts[key], weights[key]) for key in free)
    level = {key: weights[key] for key in free if Fraction(counts[key], weights[key]) == fewest}
    assert decision.rep in next_due(here.pool_state("closers").ledger, level)
    assert decision.turn is not None
    assert dict(decision.turn.weights) == {key: weights[key] for key in free}


def test_a_decision_for_a_time_can_be_taken_again_from_what_was_kept() -> None:
    plan = planned("balanced")
    here = world(FLOOR, requested_time=asked({"anna": "Anna is away then"}, ben=3, carl=1))
    kept = RecordedInputs.of(plan, here).to_json()
    assert replay(kept, plan.compiled, FLOOR) == decide(plan, here)
    assert RecordedInputs.from_json(kept, FLOOR).to_json() == kept


def test_inputs_from_before_there_were_times_to_ask_for_still_load() -> None:
    plan, here = planned(), world(FLOOR)
    kept = RecordedInputs.of(plan, here).to_json()
    assert "asked" not in json.loads(kept)
    assert RecordedInputs.from_json(kept, FLOOR).routing_inputs.requested_time is None
    assert replay(kept, plan.compiled, FLOOR) == decide(plan, here)
