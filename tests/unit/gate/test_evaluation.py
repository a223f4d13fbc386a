"""The gate: what passes it, what keeps it shut, and until when a pass lasts."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.domain.gate.evaluation import evaluate_gate, facts_with_evidence
from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy.parsing import Gate
from pointsman.domain.roster.roles import Work
from support.roster import NOW, evidence
from support.wording import english

DAY = timedelta(days=1)
GATE = Gate.model_validate(
    {
        "require": ["qualified", "motivated.intent", "educated"],
        "when": {"all": [{"field": "qualification.need", "present": True}, {"field": "company.employees", "gte": 50}]},
    }
)
READY = [evidence("need"), evidence("intent"), evidence("offer_known")]
BIG = {"company.employees": 80}


def test_full_evidence_passes_and_is_kept_for_the_closer() -> None:
    result = evaluate_gate(GATE, READY, BIG, NOW, sources=EvidenceRules())
    assert result.passed
    assert result.send_to is None
    assert [finding.name for finding in result.snapshot] == ["need", "intent", "offer_known"]
    assert result.state().is_open_at(NOW)


def test_missing_evidence_is_named_with_what_to_send_and_the_lead_returns_to_qualification() -> None:
    result = evaluate_gate(GATE, READY[:1], BIG, NOW, sources=EvidenceRules())
    assert [(m.what, english(m.how)) for m in result.missing] == [
        ("motivated.intent", "send evidence that the lead is motivated: intent to buy"),
        ("educated", "send evidence that the lead is educated: knowledge of the offer"),
    ]
    assert (result.passed, result.send_to) == (False, Work.QUALIFICATION)


def test_a_refusal_sends_the_lead_to_nurture_and_says_who_denied_it() -> None:
    result = evaluate_gate(
        GATE, [*READY, evidence("intent", affirmed=False, at=NOW)], BIG, NOW, sources=EvidenceRules()
    )
    assert [m.what for m in result.refused] == ["motivated.intent"]
    assert "denied by Lena" in english(result.refused[0].why)
    assert result.send_to is Work.NURTURE


def test_a_later_yes_outweighs_an_earlier_no() -> None:
    no = evidence("intent", affirmed=False, at=NOW - DAY)
    assert evaluate_gate(GATE, [no, *READY], BIG, NOW, sources=EvidenceRules()).passed


def test_an_expired_no_still_outweighs_the_yes_before_it() -> None:
    yes = evidence("intent", at=NOW - 2 * DAY)
    no = evidence("intent", affirmed=False, at=NOW - DAY, expires_at=NOW)
    result = evaluate_gate(GATE, [READY[0], READY[2], yes, no], BIG, NOW, sources=EvidenceRules())
    assert ([m.what for m in result.missing], result.refused) == (["motivated.intent"], ())


@pytest.mark.parametrize(("employees", "send_to"), [(10, Work.NURTURE), (None, Work.QUALIFICATION)])
def test_a_condition_that_fails_is_explained_and_an_unknown_one_counts_as_missing(
    employees: int | None, send_to: Work
) -> None:
    facts = {} if employees is None else {"company.employees": employees}
    result = evaluate_gate(GATE, READY, facts, NOW, sources=EvidenceRules())
    said = (
        "the company's number of employees (10) is below 50"
        if employees
        else "the company's number of employees is not known"
    )
    assert [english(leaf.words) for leaf in result.failed_conditions] == [said]
    assert result.send_to is send_to
    assert said in english(result.summary)


def test_a_pass_lasts_until_the_first_evidence_it_rests_on_expires() -> None:
    soon = evidence("need", expires_at=NOW + DAY)
    later = evidence("fit", at=NOW - DAY)
    by_kind = Gate.model_validate({"require": ["qualified"]})
    assert evaluate_gate(by_kind, [soon, later], {}, NOW, sources=EvidenceRules()).expires_at == NOW + 29 * DAY
    assert evaluate_gate(GATE, [soon, later, *READY[1:]], BIG, NOW, sources=EvidenceRules()).expires_at == NOW + DAY


def test_a_later_yes_that_expires_sooner_does_not_shorten_a_pass_but_is_what_the_closer_reads() -> None:
    gate = Gate.model_validate({"require": ["motivated.intent"]})
    before = evidence("intent", at=NOW - DAY, value="asked for a quote")
    now = evidence("intent", expires_at=NOW + DAY, value="wants to start tomorrow")
    for said in ([before, now], [now, before]):
        result = evaluate_gate(gate, said, {}, NOW, sources=EvidenceRules())
        assert result.expires_at == NOW + 29 * DAY
        assert [finding.value for finding in result.snapshot] == ["wants to start tomorrow"]


def test_what_the_gates_own_condition_asks_ends_the_pass_with_the_value_that_answered_it() -> None:
    gate = Gate.model_validate({"when": {"field": "qualification.need", "equals": "now"}})
    said = [evidence("need", at=NOW - DAY, value="later"), evidence("need", expires_at=NOW + DAY, value="now")]
    assert evaluate_gate(gate, said, {}, NOW, sources=EvidenceRules()).expires_at == NOW + DAY
    assert not evaluate_gate(gate, said, {}, NOW + DAY, sources=EvidenceRules()).passed


def test_a_gate_that_asks_for_nothing_lets_nobody_through() -> None:
    result = evaluate_gate(Gate(), READY, BIG, NOW, sources=EvidenceRules())
    assert (result.passed, result.send_to) == (False, Work.QUALIFICATION)
    assert "asks for nothing" in english(result.summary)


def test_expired_evidence_does_not_count_and_the_answer_says_when_it_expired() -> None:
    old = evidence("intent", at=NOW - 30 * DAY)
    result = evaluate_gate(GATE, [READY[0], old, READY[2]], BIG, NOW, sources=EvidenceRules())
    assert "intent to buy expired on Wed 4 Mar 2026" in english(result.missing[0].why)


def test_a_clock_that_runs_ahead_does_not_stretch_the_life_of_evidence() -> None:
    future = evidence("need", at=NOW + 400 * DAY)
    gate = Gate.model_validate({"require": ["qualified.need"]})
    assert evaluate_gate(gate, [future], {}, NOW, sources=EvidenceRules()).expires_at == NOW + 30 * DAY


def test_the_closer_reads_no_longer_life_than_evidence_from_a_clock_that_runs_ahead_has() -> None:
    (read,) = evaluate_gate(GATE, [evidence("need", at=NOW + 400 * DAY)], {}, NOW, sources=EvidenceRules()).snapshot
    assert read.expires_at == NOW + 30 * DAY


def test_the_latest_of_several_denials_counts_wherever_it_stands() -> None:
    gate = Gate.model_validate({"require": ["motivated"]})
    said = [evidence("intent", affirmed=affirmed, at=NOW - days * DAY) for days, affirmed in ((3, 0), (2, 1), (1, 0))]
    for order in permutations(said):
        assert not evaluate_gate(gate, order, {}, NOW, sources=EvidenceRules()).passed


def test_a_denial_that_was_taken_back_is_no_refusal_once_the_later_yes_has_expired() -> None:
    gate = Gate.model_validate({"require": ["motivated.intent"]})
    no = evidence("intent", affirmed=False, at=NOW - 2 * DAY)
    result = evaluate_gate(
        gate, [no, evidence("intent", at=NOW - DAY, expires_at=NOW)], {}, NOW, sources=EvidenceRules()
    )
    assert ([m.what for m in result.missing], result.refused) == (["motivated.intent"], ())
    assert result.send_to is Work.QUALIFICATION


def test_what_is_missing_is_said_of_the_evidence_that_lasted_longest() -> None:
    gate = Gate.model_validate({"require": ["qualified"]})
    old = [evidence("fit", expires_at=NOW - 9 * DAY), evidence("need", expires_at=NOW - DAY)]
    for order in permutations(old):
        assert (
            english(evaluate_gate(gate, order, {}, NOW, sources=EvidenceRules()).missing[0].why)
            == "need expired on Tue 3 Mar 2026"
        )


def test_a_gates_condition_may_count_from_the_moment_of_asking() -> None:
    gate = Gate.model_validate({"when": {"field": "lead.created_at", "older_than": "30d"}})
    facts = {"lead.created_at": NOW - 29 * DAY}
    assert not evaluate_gate(gate, [], facts, NOW, sources=EvidenceRules()).passed
    assert evaluate_gate(gate, [], facts, NOW + 2 * DAY, sources=EvidenceRules()).passed


def test_qualification_facts_come_from_evidence_and_from_nowhere_else() -> None:
    smuggled = {"qualification.need": "yes", "lead.score": 3}
    assert facts_with_evidence(smuggled, [], NOW, 30 * DAY, EvidenceRules()) == {"lead.score": 3}
    assert not evaluate_gate(GATE, READY[1:], {**BIG, "qualification.need": "yes"}, NOW, sources=EvidenceRules()).passed


items = st.builds(
    evidence,
    st.sampled_from(sorted(EVIDENCE_NAMES)),
    affirmed=st.booleans(),
    at=st.integers(-40, 2).map(lambda days: NOW + days * DAY),
    expires_at=st.sampled_from([None, NOW - DAY, NOW, NOW + DAY]),
)
requirements = st.lists(
    st.sampled_from(["qualified", "motivated", "educated", "qualified.need", "motivated.intent"]),
    max_size=3,
    unique=True,
)


def stands(item: Evidence, all_items: list[Evidence], now: datetime) -> bool:
    """By the words of the contract: affirmed, unexpired, and no "no" of that name at the same time or later."""
    seen = min(item.observed_at, NOW)
    expires = item.expires_at or seen + 30 * DAY
    denied = any(not e.affirmed and e.name == item.name and min(e.observed_at, NOW) >= seen for e in all_items)
    return item.affirmed and expires > now and not denied


@given(st.lists(items, max_size=8), requirements)
def test_the_gate_opens_exactly_when_each_requirement_has_evidence_that_stands(
    all_items: list[Evidence], require: list[str]
) -> None:
    standing = [e for e in all_items if stands(e, all_items, NOW)]
    met = bool(require) and all(any(r in (e.kind.value, f"{e.kind.value}.{e.name}") for e in standing) for r in require)
    result = evaluate_gate(Gate.model_validate({"require": require}), all_items, {}, NOW, sources=EvidenceRules())
    assert result.passed is met
    assert (result.missing == result.refused == ()) is met


@example([evidence("intent"), evidence("intent", expires_at=NOW + 3 * DAY)], ["motivated"])
@example([evidence("intent", at=NOW - DAY), evidence("intent", expires_at=NOW + DAY)], ["motivated.intent"])
@given(st.lists(items.filter(lambda item: item.observed_at <= NOW), max_size=8), requirements)
def test_a_pass_lasts_exactly_as_long_as_its_evidence(all_items: list[Evidence], require: list[str]) -> None:
    gate = Gate.model_validate({"require": require})
    result = evaluate_gate(gate, all_items, {}, NOW, sources=EvidenceRules())
    if result.passed and result.expires_at:
        just_before: datetime = result.expires_at - timedelta(microseconds=1)
        assert evaluate_gate(gate, all_items, {}, just_before, sources=EvidenceRules()).passed
        assert not evaluate_gate(gate, all_items, {}, result.expires_at, sources=EvidenceRules()).passed
        assert not result.state().is_open_at(result.expires_at)
