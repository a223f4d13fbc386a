"""Evidence in a webhook: only a known yes affirms, and what says nothing is left out with a warning that names it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid
from pointsman.domain.leads.facts import STANDARD_FIELDS
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.policy.parsing import parse_policy
from pointsman.services.codes.registered_domains import NO_LISTS
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.made_answers import advice_on_affirming
from pointsman.services.intake.mapping.map_event import MappedEvent, map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.leads.fields import KnownFields

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KNOWN = KnownFields(types=STANDARD_FIELDS, lists=NO_LISTS, accepts_any_custom=False)
OWN = KnownFields(
    types=STANDARD_FIELDS,
    lists=NO_LISTS,
    accepts_any_custom=False,
    evidence=parse_policy(
        {"evidence": {"names": {"budget": {"kind": "qualified"}}, "empty_words": ["siehe CRM"]}}
    ).evidence,
)
SHIPPED = yaml.safe_load((Path(__file__).parents[3] / "examples/demo/intakes.yaml").read_text())
(HANDOVER,) = [intake["mapping"] for intake in SHIPPED if intake["key"] == "crm-handover"]


def mapped(evidence: list[dict[str, Any]], event: dict[str, Any], known: KnownFields = KNOWN) -> MappedEvent:
    mapping = parse_mapping({"fields": {"lead.email": "email"}, "evidence": evidence}, kind="lead", known=known)
    return map_event({"email": "a@b.example", **event}, mapping, known, intake="crm", at=NOW, evaluation=Evaluation(0))


def answer(event: dict[str, Any], affirmed_if: str | None = None) -> tuple[bool | None, list[str]]:
    part = {"name": "need", "value": "need"} | ({"affirmed_if": affirmed_if} if affirmed_if else {})
    found = mapped([part], event)
    (item,) = found.lead_input.evidence or (None,)
    return item and item.affirmed, [fault.code for fault in found.warnings]


YES = ["yes", "Ja", "JA ", "true", True, 1, "1", "x", "checked", "\u2713", ["1"], ["0", "1"]]
NO = ["No", "no", "nein", "NEIN ", "n\u00f6", "false", False, 0, "0", "unchecked"]
NEITHER = ["vielleicht", "maybe", "", " ", "\u2800", "2", [], {}, ["ja", "vielleicht"], ["1", "0"], None]


@pytest.mark.parametrize("asked", ["yes(ok)", "ok", "yes(not_null(ok, other))", "yes([ok][?@ != 'n'] | [0])"])
@pytest.mark.parametrize("value", YES, ids=repr)
def test_a_known_yes_affirms(asked: str, value: Any) -> None:
    assert answer({"need": "spreadsheets", "ok": value}, asked) == (True, [])


@pytest.mark.parametrize("asked", ["yes(ok)", "ok"])
@pytest.mark.parametrize("value", NO, ids=repr)
def test_a_known_no_is_recorded_as_one(asked: str, value: Any) -> None:
    assert answer({"need": "spreadsheets", "ok": value}, asked) == (False, [])


@pytest.mark.parametrize("asked", ["yes(ok)", "ok"])
@pytest.mark.parametrize("value", NEITHER, ids=repr)
def test_what_is_neither_affirms_nothing_and_denies_nothing(asked: str, value: Any) -> None:
    assert answer({"need": "spreadsheets", "ok": value}, asked) == (None, ["neither-yes-nor-no"])


MADE = [
    "!no(ok)",
    "ok == 'ja'",
    "ok != 'nein'",
    "yes(!no(ok))",
    "yes(ok) || `true`",
    "yes(ok) || 'ja'",
    "contains(ok, 'a')",
    "length(ok)",
]


@pytest.mark.parametrize("asked", MADE)
@pytest.mark.parametrize("event", [{}, {"ok": ""}, {"ok": "vielleicht"}, {"ok": "nein"}, {"ok": "Ja"}], ids=repr)
def test_an_answer_that_the_expression_makes_itself_affirms_and_denies_nothing(
    asked: str, event: dict[str, Any]
) -> None:
    part = {"name": "need", "value": "need", "affirmed_if": asked}
    with pytest.raises(Invalid) as refused:
        mapped([part], event)
    (fault,) = refused.value.faults
    assert (fault.path, fault.code) == ("mapping.evidence[0].affirmed_if", "makes-its-answer")
    assert "write yes(ok)" in fault.message
    stored = {"fields": {"lead.email": "email"}, "evidence": [part]}
    mapping = parse_mapping(stored, kind="lead", known=KNOWN, stored=stored)
    found = map_event(
        {"email": "a@b.example", "need": "x"} | event, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0)
    )
    assert found.lead_input.evidence == ()
    (warning,) = found.warnings
    assert (warning.code, "write yes(ok)" in warning.message) == ("neither-yes-nor-no", True)


def test_the_advice_names_the_path_that_is_asked_for() -> None:
    for asked, path in [("!no(a.b.ok)", "a.b.ok"), ("a[0].ok == 'ja'", "a[0].ok"), ("\"k-o\" != 'x'", '"k-o"')]:
        assert f"write yes({path})" in str(advice_on_affirming(asked))


@pytest.mark.parametrize("made", ["!no(ok)", "ok != 'nein'"])
def test_a_value_that_the_expression_makes_itself_is_no_evidence(made: str) -> None:
    found = mapped([{"name": "need", "value": made}], {})
    assert found.lead_input.evidence == ()
    assert [fault.code for fault in found.warnings] == ["neither-yes-nor-no"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["CRM", "ERP"], "CRM, ERP"),
        (["CRM", "", None, "ERP"], "CRM, ERP"),
        ([None, "Excel"], "Excel"),
        (["", "yes"], "yes"),
        (["Excel", "Excel"], "Excel"),
        ([3, "ERP"], "3, ERP"),
        (["0", "1"], "true"),
    ],
    ids=repr,
)
def test_several_choices_are_one_text(value: Any, text: str) -> None:
    (item,) = mapped([{"name": "need", "value": "need"}], {"need": value}).lead_input.evidence
    assert (item.value, item.affirmed) == (text, True)


@pytest.mark.parametrize("value", [["CRM", "nein"], ["1", "0"], ["n/a", "-"], [["a", "b"], "c"], [{"a": 1}]], ids=repr)
def test_choices_with_a_no_among_them_or_that_say_nothing_are_no_evidence(value: Any) -> None:
    found = mapped([{"name": "need", "value": "need"}], {"need": value})
    assert found.lead_input.evidence == ()
    assert len(found.warnings) == 1


@pytest.mark.parametrize("value", ["No", "nein", False, 0, "0", "NEIN ", "\u274c"], ids=repr)
def test_a_value_that_says_no_is_never_a_yes(value: Any) -> None:
    assert answer({"need": value}) == (False, [])
    assert answer({"need": [value]}) == (False, [])


@pytest.mark.parametrize("value", ["No", "nein" + " " * 60, 0, "nein" + "." * 3_000], ids=ascii)
def test_a_value_that_says_no_beside_a_yes_is_neither(value: Any) -> None:
    assert answer({"need": value, "ok": "ja"}, "yes(ok)") == (None, ["neither-yes-nor-no"])
    assert answer({"need": value, "ok": "nein"}, "yes(ok)") == (False, [])


def test_a_no_in_padding_is_a_no_however_long_it_is() -> None:
    for padding in (" ", ".", "\u200b", "\u25a0", "\u3000"):
        assert answer({"need": "nein" + padding * 3_000}) == (False, [])


@pytest.mark.parametrize(
    "value", ["<p></p>", "&nbsp;", "{{contact.need}}", "-- Please select --", "[object Object]", "\\n"]
)
def test_what_forms_and_templates_leave_behind_is_no_evidence(value: str) -> None:
    assert answer({"need": value}) == (None, ["says-nothing"])


@pytest.mark.parametrize(
    "value", [" ", "\u00a0", "\u200b", "\n", "\u2800", "\u3164", "-", "n/a", "?", "tbd", "keine", "k.A."], ids=ascii
)
def test_a_value_that_says_nothing_is_left_out_with_a_warning_that_names_it(value: str) -> None:
    found = mapped(
        [{"name": "need", "value": "need"}, {"name": "intent", "value": "intent"}], {"need": value, "intent": "now"}
    )
    assert [item.name for item in found.lead_input.evidence] == ["intent"]
    assert [(fault.path, fault.code) for fault in found.warnings] == [("evidence[0]", "says-nothing")]
    assert "need" in found.warnings[0].message


@given(st.text(st.characters(), max_size=20), st.one_of(st.booleans(), st.none(), st.text(st.characters(), max_size=6)))
def test_no_text_of_unicode_becomes_a_yes_without_a_known_yes_and_something_said(value: str, ok: Any) -> None:
    found = mapped([{"name": "need", "value": "need", "affirmed_if": "yes(ok)"}], {"need": value, "ok": ok})
    for item in found.lead_input.evidence:
        assert item.affirmed is (known_answer(ok) is True)
        assert not item.affirmed or known_answer(value) is not False
        assert not item.affirmed or KNOWN.evidence.affirms(item.value)
    assert value == "" or found.lead_input.evidence or found.warnings


def test_an_empty_word_beside_a_clear_no_is_still_a_no() -> None:
    assert answer({"need": "keine", "ok": "nein"}, "yes(ok)") == (False, [])
    assert answer({"need": "\u2800", "ok": "nein"}, "yes(ok)") == (None, ["says-nothing"])


def test_yes_and_no_find_null_for_what_is_neither() -> None:
    evaluation = Evaluation(0)
    asked = "[yes(a), yes(b), yes(c), no(a), no(b), no(c)]"
    found = evaluation.search(asked, {"a": "Ja", "b": "nein", "c": "vielleicht"})
    assert found == [True, False, None, False, True, None]


@pytest.mark.parametrize("value", [*NO, *NEITHER], ids=repr)
def test_the_shipped_handover_takes_only_a_known_yes_for_one(value: Any) -> None:
    mapping = parse_mapping(HANDOVER, kind="handover", known=KNOWN)
    said = {"email": "a@b.example", "sdr_need": "Quotes are slow", "sdr_need_confirmed": value}
    event = {"properties": {name: {"value": given} for name, given in said.items()}}
    found = map_event(event, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0)).lead_input.evidence
    assert [item for item in found if item.affirmed] == []
    assert [item.affirmed for item in found] == ([False] if value in NO and value not in NEITHER else [])


def test_an_own_name_is_mapped_and_a_dropped_one_left_out_with_a_warning() -> None:
    part = [{"name": "need", "value": "need"}]
    mapping = parse_mapping({"fields": {"lead.email": "email"}, "evidence": part}, kind="lead", known=KNOWN)
    event = {"email": "a@b.example", "need": "spreadsheets"}
    found = map_event(event, mapping, OWN, intake="crm", at=NOW, evaluation=Evaluation(0))
    assert found.lead_input.evidence == ()
    assert [(fault.path, fault.code) for fault in found.warnings] == [("evidence[0]", "unknown-evidence")]
    (item,) = mapped([{"name": "budget", "value": "b"}], {"b": "50k"}, OWN).lead_input.evidence
    assert (item.name, item.kind) == ("budget", "qualified")
    assert mapped([{"name": "budget", "value": "b"}], {"b": "Siehe CRM."}, OWN).lead_input.evidence == ()


@pytest.mark.parametrize(
    ("part", "path", "says"),
    [
        ({"name": "budgte", "value": "b"}, "mapping.evidence[0]", "'budget'"),
        ({"name": "need", "value": "b"}, "mapping.evidence[0]", "budget"),
        ({"name": "budget", "kind": "educated", "value": "b"}, "mapping.evidence[0]", "qualified"),
        ({"name": "budget", "value": "b", "source": "\u2800"}, "mapping.evidence[0].source", "shows nothing"),
        ({"name": "budget", "value": "b", "source": "--"}, "mapping.evidence[0].source", "shows nothing"),
    ],
)
def test_a_mapping_is_checked_against_the_names_of_the_policy(part: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        mapped([part], {}, OWN)
    (fault,) = refused.value.faults
    assert fault.path == path
    assert says in fault.message


def test_a_list_of_one_is_its_one_value_as_forms_send_it() -> None:
    mapping = parse_mapping(
        {"fields": {"lead.email": "email", "lead.phone": "phone"}, "evidence": [{"name": "need", "value": "need"}]},
        kind="lead",
        known=KNOWN,
    )
    event = {"email": ["a@b.example"], "phone": ["+491711234567"], "need": ["Excel"]}
    found = map_event(event, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0))
    given = found.lead_input
    assert (given.email, given.phone, given.evidence[0].value) == ("a@b.example", "+491711234567", "Excel")
    assert found.warnings == ()
