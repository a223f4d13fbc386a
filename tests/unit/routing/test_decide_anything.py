"""Whatever the policy, the roster and the world: nobody gets what they may not have, and every decision can be retraced."""

from fractions import Fraction

from hypothesis import given

from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.replay.recorded_inputs import replay
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult
from support.hypothesis_profiles import examples
from support.roster import NOW
from support.strategies.routing import Situation, situations
from support.wording import english

anything = examples(120)


@anything
@given(situations())
def test_no_policy_gives_anybody_work_outside_their_role_or_behind_a_shut_gate(case: Situation) -> None:
    decision = case.taken()[1]
    if decision.rep is None:
        assert decision.outcome is not DecisionOutcome.ASSIGNED
        return
    assert decision.work is not None
    chosen: Rep = case.world.roster.reps[decision.rep]
    if (chosen.key, decision.work) not in case.world.overrides:
        assert decision.work in chosen.role.works
        if decision.work in GATED_WORKS or decision.work in case.ready.policy.gates:
            state = case.gates[decision.work]
            assert state.is_open
            assert state.expires_at is None or state.expires_at > NOW
    assert chosen.active
    assert chosen.key not in case.world.past_holders


@anything
@given(situations())
def test_every_decision_gives_its_reasons_and_replays_from_its_stored_inputs_to_the_same_bytes(case: Situation) -> None:
    inputs, decision = case.taken()
    again = replay(inputs.to_json(), case.ready, case.world.roster)
    assert again.to_json() == decision.to_json()
    assert Decision.from_json(decision.to_json()) == decision
    assert english(decision.summary)
    assert (decision.outcome is DecisionOutcome.HELD) == (decision.hold_reason is not None)
    assert (decision.outcome is DecisionOutcome.ASSIGNED) == (decision.turn is not None)
    assert all(english(c.sentence) and c.eligible == (c.code is None) for c in decision.candidates)


@anything
@given(situations())
def test_every_member_of_a_pool_that_was_asked_is_told_of_exactly_once(case: Situation) -> None:
    decision = case.taken()[1]
    asked = dict.fromkeys(candidate.pool for candidate in decision.candidates)
    for pool in asked:
        told = [candidate.rep for candidate in decision.candidates if candidate.pool == pool]
        assert told == [member.rep for member in case.ready.policy.pools[pool].members]
    codes = {candidate.code for candidate in decision.candidates}
    assert codes <= {None, *(drop.value for drop in DropReason)}
    if decision.rep is not None and decision.turn is not None:
        able = {c.rep for c in decision.candidates if c.pool == decision.pool and c.eligible}
        assert decision.rep in able
        assert set(decision.turn.weights) == able
    else:
        assert not any(candidate.eligible for candidate in decision.candidates)


@anything
@given(situations())
def test_every_turn_is_booked_exactly_whatever_method_chose(case: Situation) -> None:
    decision = case.taken()[1]
    if decision.turn is None or decision.ledger_before is None or decision.ledger_after is None or not decision.pool:
        return
    assert decision.ledger_before == case.world.pool_state(decision.pool).ledger
    assert sum(decision.ledger_after.balances.values()) == 0
    assert sum(decision.entitlements.values()) == 1
    assert all(share > 0 for share in decision.entitlements.values())
    for rep in case.world.roster.reps:
        change = decision.entitlements.get(rep, Fraction(0)) - (rep == decision.rep)
        assert decision.ledger_after.balance(rep) == decision.ledger_before.balance(rep) + change
    pool = case.ready.policy.pools[decision.pool]
    assert decision.ledger == pool.ledger_of(decision.pool)
    rule = next(rule for rule in case.ready.policy.rules if rule.name == decision.rule)
    assert decision.category == rule.category


@anything
@given(situations())
def test_a_skip_is_used_up_by_exactly_one_turn_that_would_have_come_and_never_holds_a_lead(case: Situation) -> None:
    decision = case.taken()[1]
    results = [step.result for step in decision.steps]
    assert len(decision.skipped) == results.count(StepResult.SKIPPED)
    if decision.turn is None or decision.pool is None:
        assert decision.skipped == ()
        return
    skips, able = case.world.pool_state(decision.pool).pending_skips, set(decision.turn.weights)
    assert set(decision.skipped) <= skips & able
    owned = any(owner.rep in able for owner in case.world.owners)
    if owned or able <= skips:
        assert decision.skipped == ()
    else:
        assert decision.rep not in skips
    assert (decision.rep in skips) == (StepResult.SKIP_KEPT in results)


@anything
@given(situations())
def test_the_first_eligible_owner_has_the_lead_under_every_method(case: Situation) -> None:
    decision = case.taken()[1]
    if decision.turn is None or decision.pool is None:
        return
    first = next((owner.rep for owner in case.world.owners if owner.rep in decision.turn.weights), None)
    assert first in (None, decision.rep)
    if case.ready.policy.pools[decision.pool].method is DistributionMethod.OWNER:
        assert first == decision.rep
