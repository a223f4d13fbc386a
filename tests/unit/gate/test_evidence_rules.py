"""What a policy says of evidence: which names there are, and that what says nothing counts for nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid, PolicyInvalid
from pointsman.domain.gate.evaluation import evaluate_gate, facts_with_evidence
from pointsman.domain.leads.evidence import Evidence, EvidenceKind
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.parsing import Gate, parse_policy
from pointsman.domain.policy_check.run import check_policy
from pointsman.domain.policy_diff.documents import diff_policies
from pointsman.services.explain.hypothetical_facts import apply_hypothetical_facts
from support.roster import NOW, evidence
from support.wording import english

DAY = timedelta(days=1)
ALL = ("need", "authority", "fit", "intent", "urgency", "offer_known")
GATE = Gate.model_validate({"require": ["qualified", "motivated", "educated"]})
PRESENT = Gate.model_validate({"when": {"all": [{"field": f"qualification.{name}", "present": True} for name in ALL]}})
DEFAULT = parse_policy({}).evidence
OWN: dict[str, Any] = {
    "names": {
        "budget": {"kind": "qualified", "labels": {"de": "Budget", "en": "Budget"}},
        "decision_date": {"kind": "motivated", "labels": {"de": "Entscheidungstermin"}},
        "tour_seen": {"kind": "educated"},
    }
}
NOTHING = [
    " ", "\u00a0", "\u200b", "\n", "\ufeff", "\u2800", "\u3164", "\uffa0", "\u115f", "\u1160", "\u034f", "\u00ad",
    "\ufe0f", "\U000e0041", "\u0301", "\u0378", "\ue000", "\u2028", "\x07", "-", "--", "\u2026", "?", ".", "/", "()",
    "n/a", "tbd", "keine", "k. A.", "unbekannt", "test", "nein", "No", "false", "0",
]  # fmt: skip


def said(value: str, *names: str) -> list[Evidence]:
    return [replace(evidence(name), value=value) for name in names or ALL]


def own(name: str, kind: str, value: str = "Signed off") -> Evidence:
    return replace(evidence("need"), name=name, kind=EvidenceKind(kind), value=value)


@pytest.mark.parametrize("value", NOTHING, ids=ascii)
def test_values_that_say_nothing_pass_no_gate_and_are_no_facts(value: str) -> None:
    for gate in (GATE, PRESENT):
        result = evaluate_gate(gate, said(value), {}, NOW, sources=DEFAULT)
        assert not result.passed
        assert result.snapshot == ()
    assert facts_with_evidence({}, said(value), NOW, 30 * DAY, DEFAULT) == {}


@pytest.mark.parametrize("value", NOTHING, ids=ascii)
def test_supposed_evidence_that_says_nothing_is_unknown_in_a_what_if(value: str) -> None:
    given = {"qualification.need": value, "qualification.intent": "wants it"}
    known = {"qualification.need": "spreadsheets"}
    assert apply_hypothetical_facts(known, given, parse_policy({})) == {"qualification.intent": "wants it"}


@given(st.text(st.characters(whitelist_categories=["Z", "C", "M", "P"]), max_size=30))
def test_no_text_of_white_controls_marks_and_punctuation_passes_a_gate(value: str) -> None:
    assert not evaluate_gate(GATE, said(value), {}, NOW, sources=DEFAULT).passed


def test_an_empty_yes_does_not_hide_the_full_one_before_it() -> None:
    full = [replace(item, observed_at=NOW - DAY) for item in said("found out")]
    result = evaluate_gate(GATE, [*full, *said("\u2800")], {}, NOW, sources=DEFAULT)
    assert result.passed
    assert {finding.value for finding in result.snapshot} == {"found out"}


def test_a_no_counts_whatever_its_value_says() -> None:
    for value in ("-", "nein", "keine"):
        no = replace(evidence("need", affirmed=False, at=NOW), value=value)
        gate = Gate.model_validate({"require": ["qualified.need"]})
        assert [m.what for m in evaluate_gate(gate, [*said("ok then"), no], {}, NOW, sources=DEFAULT).refused] == [
            "qualified.need"
        ]


def test_what_is_missing_says_that_the_evidence_on_record_says_nothing() -> None:
    gate = Gate.model_validate({"require": ["qualified.need"]})
    (missing,) = evaluate_gate(gate, said("n/a", "need"), {}, NOW, sources=DEFAULT).missing
    assert english(missing.why) == "what Lena wrote as need says nothing"


def test_a_policy_adds_empty_words_of_its_own() -> None:
    rules = parse_policy({"evidence": {"empty_words": ["Siehe CRM", "\u2014"]}}).evidence
    assert not evaluate_gate(GATE, said("siehe  CRM!"), {}, NOW, sources=rules).passed
    assert evaluate_gate(GATE, said("siehe CRM-Notiz"), {}, NOW, sources=rules).passed
    assert evaluate_gate(GATE, said("siehe CRM"), {}, NOW, sources=DEFAULT).passed


def test_own_names_open_the_gate_become_facts_and_are_called_by_their_labels() -> None:
    rules = parse_policy({"evidence": OWN}).evidence
    items = [own("tour_seen", "educated"), own("budget", "qualified"), own("decision_date", "motivated")]
    result = evaluate_gate(GATE, items, {}, NOW, sources=rules)
    assert result.passed
    assert [(f.name, f.labels["de"], f.labels["en"]) for f in result.snapshot] == [
        ("budget", "Budget", "Budget"),
        ("decision_date", "Entscheidungstermin", "Entscheidungstermin"),
        ("tour_seen", "Tour seen", "Tour seen"),
    ]
    assert facts_with_evidence({}, items, NOW, 30 * DAY, rules)["qualification.budget"] == "Signed off"
    (missing, *_) = evaluate_gate(GATE, [], {}, NOW, sources=rules).missing
    assert english(missing.how) == "send evidence that the lead is qualified: 'budget'"


def test_names_that_are_dropped_or_have_another_kind_now_count_for_nothing() -> None:
    rules = parse_policy({"evidence": OWN}).evidence
    old = said("found out")
    assert not evaluate_gate(GATE, old, {}, NOW, sources=rules).passed
    assert facts_with_evidence({}, old, NOW, 30 * DAY, rules) == {}
    turned = own("budget", "motivated")
    (missing,) = evaluate_gate(
        Gate.model_validate({"require": ["motivated"]}), [turned], {}, NOW, sources=rules
    ).missing
    assert english(missing.why) == "the policy no longer declares 'budget' as evidence that the lead is motivated"


def test_without_own_names_there_are_the_six_with_labels_in_both_languages() -> None:
    assert tuple(DEFAULT.names) == ALL
    assert DEFAULT.labels("offer_known") == {"de": "Kennt das Angebot", "en": "Knows the offer"}
    assert not diff_policies(parse_policy({}), Policy.model_validate({"evidence": DEFAULT.model_dump(by_alias=True)}))


RULE = {"name": "r", "work": "closing", "pool": "p", "when": {"field": "qualification.need", "present": True}}


@pytest.mark.parametrize(
    ("document", "path", "code", "says"),
    [
        (
            {"gates": {"closing": {"require": ["qualified.need"]}}},
            "gates.closing.require[0]",
            "requirement",
            "evidence.names declares no need; known are budget",
        ),
        (
            {"gates": {"closing": {"require": ["qualified.budgt"]}}},
            "gates.closing.require[0]",
            "requirement",
            "'qualified.budget'?",
        ),
        (
            {"gates": {"closing": {"require": ["budget"]}}},
            "gates.closing.require[0]",
            "requirement",
            "'qualified.budget'",
        ),
        (
            {"gates": {"closing": {"require": ["motivated.budget"]}}},
            "gates.closing.require[0]",
            "requirement",
            "'qualified.budget'",
        ),
        (
            {"evidence": OWN | {"sources": [{"from": "reps", "names": ["budgte"]}]}},
            "evidence.sources[0].names[0]",
            "unknown-evidence",
            "'budget'",
        ),
        (
            {
                "evidence": {
                    "names": {"budget": {"kind": "qualified"}},
                    "sources": [{"from": "reps", "kinds": ["educated"]}],
                }
            },
            "evidence.sources[0].kinds[0]",
            "kind-without-name",
            "educated",
        ),
        (
            {"evidence": {"names": {"budget": {"kind": "qualified"}}}, "gates": {"closing": {"require": ["educated"]}}},
            "gates.closing.require[0]",
            "requirement",
            "no name under evidence.names is of kind educated",
        ),
        (
            {"evidence": {"names": {"Budget": {"kind": "qualified"}}}},
            "evidence.names.Budget",
            "malformed",
            "small letters",
        ),
        (
            {"evidence": {"names": {"budget": {"kind": "nice"}}}},
            "evidence.names.budget.kind",
            "unknown-value",
            "qualified",
        ),
        (
            {"evidence": {"names": {"b": {"kind": "qualified", "labels": {"de": "\u2800"}}}}},
            "evidence.names.b.labels.de",
            "shows-nothing",
            "shows nothing",
        ),
        (
            {"evidence": {"names": {"b": {"kind": "qualified", "label": "B"}}}},
            "evidence.names.b.label",
            "unknown-key",
            "'labels'",
        ),
        ({"evidence": {"names": {}}}, "evidence.names", "too-few", ""),
    ],
)
def test_a_name_or_kind_that_the_policy_does_not_have_is_refused_with_what_to_write(
    document: dict[str, Any], path: str, code: str, says: str
) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy({"evidence": OWN} | document)
    fault = refused.value.faults[0]
    assert (fault.path.removesuffix(".[key]"), fault.code) == (path, code)
    assert says in fault.message


def test_rules_may_ask_for_declared_facts_and_hear_of_misspelt_ones() -> None:
    pools = {"p": {"work": "closing", "members": ["a"]}}
    document = {"evidence": OWN, "rules": [RULE], "pools": pools, "gates": {"closing": {"require": ["qualified"]}}}
    found = [f for f in check_policy(parse_policy(document), None) if f.code == "unknown-field"]
    assert [f.path for f in found] == ["rules[0].when.field"]
    assert "evidence.names declares no need; known are budget, decision_date, tour_seen" in english(found[0].message)
    near = {**RULE, "when": {"field": "qualification.budgt", "equals": "yes"}}
    (fault,) = [f for f in check_policy(parse_policy({**document, "rules": [near]}), None) if f.code == "unknown-field"]
    assert "did you mean 'budget'?" in english(fault.message)
    good = {**RULE, "when": {"field": "qualification.budget", "equals": "yes"}}
    assert not [f for f in check_policy(parse_policy({**document, "rules": [good]}), None) if f.code == "unknown-field"]


def test_a_policy_that_drops_a_name_that_an_intake_maps_is_warned_of() -> None:
    found = check_policy(parse_policy({"evidence": OWN}), None, {"crm": ["budget", "urgency"]})
    (warned,) = [f for f in found if f.code == "intake-evidence"]
    assert english(warned.message).startswith("intake 'crm' maps evidence 'urgency', which is not declared")


def test_a_what_if_may_suppose_declared_evidence_and_no_other() -> None:
    policy = parse_policy({"evidence": OWN})
    assert apply_hypothetical_facts({}, {"qualification.budget": "50k"}, policy) == {"qualification.budget": "50k"}
    with pytest.raises(Invalid):
        apply_hypothetical_facts({}, {"qualification.need": "x"}, policy)


def test_a_diff_tells_of_names_and_empty_words() -> None:
    new = parse_policy({"evidence": {**OWN, "empty_words": ["siehe CRM"]}})
    assert {change.path for change in diff_policies(parse_policy({}), new)} >= {"evidence.empty_words"}
    assert any(change.path.startswith("evidence.names") for change in diff_policies(parse_policy({}), new))
