"""A condition says what its author wrote and what the evaluator asks, in the readout, in a comparison and in an answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import explain_condition
from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_diff.documents import diff_policies
from pointsman.domain.policy_words.conditions import condition_message
from pointsman.domain.policy_words.document import read_policy
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.rendering import MessageReader, render

RENEWAL = "custom.renewal"
LISTS = Definitions(word_lists={"pains": ("price",)})


def read(condition: dict[str, Any], language: str) -> str:
    return render(condition_message(condition), MessageReader(language=language))


def answered(condition: dict[str, Any], facts: dict[str, Any], language: str) -> tuple[bool | None, str]:
    parsed: Condition = TypeAdapter(Condition).validate_python(condition)
    (result,) = explain_condition(parsed, facts, LISTS)
    return result.outcome, render(result.words, MessageReader(language=language))


def policy_asking(condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "fields": {RENEWAL: "instant", "custom.tags": "list"},
        "word_lists": {"pains": ["price"]},
        "rules": [{"name": "a", "when": condition, "work": "nurture"}],
    }


def compared(before: dict[str, Any], after: dict[str, Any], language: str) -> str:
    (change,) = diff_policies(parse_policy(policy_asking(before)), parse_policy(policy_asking(after)))
    return render(change.sentence, MessageReader(language=language))


@pytest.mark.parametrize(
    ("operator", "bound", "english", "german"),
    [
        ("gte", "2026-02-01", "is not before Sun 1 Feb 2026, 00:00 UTC", "ist nicht früher als So., 1. Feb. 2026, 00:00 Uhr UTC"),
        ("gt", "2026-02-01", "is after Sun 1 Feb 2026, 00:00 UTC", "ist später als So., 1. Feb. 2026, 00:00 Uhr UTC"),
        ("lte", "2026-02-01", "is not after Sun 1 Feb 2026, 00:00 UTC", "ist nicht später als So., 1. Feb. 2026, 00:00 Uhr UTC"),
        ("lt", "2026-02-01", "is before Sun 1 Feb 2026, 00:00 UTC", "ist früher als So., 1. Feb. 2026, 00:00 Uhr UTC"),
        (
            "lt",
            "2026-02-01T10:00:00Z",
            "is before Sun 1 Feb 2026, 10:00 (UTC)",
            "ist früher als So., 1. Feb. 2026, 10:00 Uhr (UTC)",
        ),
        (
            "between",
            ["2026-01-31", "2026-02-01"],
            "is between Sat 31 Jan 2026, 00:00 UTC and Sun 1 Feb 2026, 00:00 UTC",
            "liegt zwischen Sa., 31. Jan. 2026, 00:00 Uhr UTC und So., 1. Feb. 2026, 00:00 Uhr UTC",
        ),
    ],
)  # fmt: skip
def test_a_day_as_bound_is_the_instant_at_which_it_begins_in_every_sentence(
    operator: str, bound: Any, english: str, german: str
) -> None:
    condition, noon = {"field": RENEWAL, operator: bound}, datetime(2026, 2, 1, 12, tzinfo=UTC)
    other = {"field": RENEWAL, operator: ["2026-01-01", "2026-01-02"] if operator == "between" else "2026-01-01"}
    for language, words in zip(("en", "de"), (english, german), strict=True):
        assert read(condition, language).endswith(words)
        assert words in compared(other, condition, language)
        shown = (
            words.removeprefix("is between ").removeprefix("liegt zwischen ") if operator == "between" else words[-24:]
        )
        assert shown in answered(condition, {RENEWAL: noon}, language)[1]
        assert shown in compared(condition, other, language)


@pytest.mark.parametrize(
    ("operator", "outcome", "english", "german"),
    [
        ("gte", True, "is not before", "ist nicht früher als"),
        ("gt", True, "is after", "ist später als"),
        ("lte", False, "is after", "ist später als"),
        ("lt", False, "is not before", "ist nicht früher als"),
    ],
)
def test_an_answer_about_a_time_uses_the_words_of_the_question(
    operator: str, outcome: bool, english: str, german: str
) -> None:
    facts = {RENEWAL: datetime(2026, 2, 1, 12, tzinfo=UTC)}
    condition = {"field": RENEWAL, operator: "2026-02-01"}
    said = (outcome, f"the field 'renewal' (Sun 1 Feb 2026, 12:00 (UTC)) {english} Sun 1 Feb 2026, 00:00 UTC")
    assert answered(condition, facts, "en") == said
    found, words = answered(condition, facts, "de")
    assert (found, words.endswith(f"{german} So., 1. Feb. 2026, 00:00 Uhr UTC")) == (outcome, True)


@pytest.mark.parametrize("pattern", [r"^\d{3}\.x$", r'^"\w+"$', "„A“", "a”b", r"\\", '„A" b“'])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pattern_stands_as_it_is_written_wherever_it_is_told(pattern: str, language: str) -> None:
    condition, other = {"field": "lead.title", "matches": pattern}, {"field": "lead.title", "matches": "b+"}
    assert pattern in read(condition, language)
    assert pattern in compared(other, condition, language)
    assert pattern in compared(condition, other, language)
    assert pattern in answered(condition, {"lead.title": "x"}, language)[1]


COUNTRY, EMPLOYEES = {"field": "company.country"}, {"field": "company.employees"}


@pytest.mark.parametrize(
    ("condition", "english", "german"),
    [
        (
            {"field": "lead.country", "equals": COUNTRY},
            "the lead's country is the same as the company's country",
            "das Land des Leads ist dasselbe wie das Land der Firma",
        ),
        (
            {"field": "lead.country", "not_equals": COUNTRY},
            "the lead's country is other than the company's country (and both are known)",
            "das Land des Leads ist etwas anderes als das Land der Firma (und beides ist bekannt)",
        ),
        (
            {"field": "lead.score", "gt": EMPLOYEES},
            "the lead's score is above the company's number of employees",
            "die Punktzahl des Leads ist größer als die Mitarbeiterzahl der Firma",
        ),
        (
            {"field": "lead.created_at", "lt": {"field": "clock.now"}},
            "the arrival of the lead is before the time of the decision",
            "der Eingang des Leads ist früher als der Zeitpunkt der Entscheidung",
        ),
        (
            {"field": "lead.message", "mentions": ["list:pains", "open source"]},
            "the lead's message mentions a word of the word list 'pains' or “open source”",
            "die Mitteilung des Leads erwähnt ein Wort der Wortliste „pains“ oder „open source“",
        ),
        ({"field": "lead.country", "in": ["DE"]}, "the lead's country is DE", "das Land des Leads ist DE"),
        (
            {"field": "lead.country", "not_in": ["DE"]},
            "the lead's country is other than DE (and is known)",
            "das Land des Leads ist etwas anderes als DE (und ist bekannt)",
        ),
        ({"field": "custom.tags", "contains_all": ["x"]}, "the field 'tags' contains x", "das Feld „tags“ enthält x"),
        (
            {"field": "custom.tags", "contains_none": ["x"]},
            "the field 'tags' does not contain x (and is known)",
            "das Feld „tags“ enthält x nicht (und ist bekannt)",
        ),
        (
            {"not": {"not": {"field": "lead.country", "equals": "DE"}}},
            "the lead's country is DE",
            "das Land des Leads ist DE",
        ),
        (
            {"not": {"field": "lead.country", "not_equals": "DE"}},
            "not (the lead's country is other than DE)",
            "nicht (das Land des Leads ist etwas anderes als DE)",
        ),
    ],
)
def test_a_condition_reads_as_people_say_it(condition: dict[str, Any], english: str, german: str) -> None:
    assert (read(condition, "en"), read(condition, "de")) == (english, german)


@pytest.mark.parametrize("operator", ["not_equals", "not_in", "contains_none"])
def test_what_reads_as_known_is_not_passed_by_what_is_unknown(operator: str) -> None:
    condition = {"field": "lead.country", operator: "DE" if operator == "not_equals" else ["DE"]}
    assert read(condition, "en").endswith("(and is known)")
    assert answered(condition, {}, "en") == (None, "the lead's country is not known")
    assert "known" not in read({"not": condition}, "en")


@pytest.mark.parametrize(
    ("condition", "facts", "english", "german"),
    [
        (
            {"field": "lead.country", "equals": COUNTRY},
            {"lead.country": "DE", "company.country": "AT"},
            "the lead's country (DE) is other than the company's country (AT)",
            "das Land des Leads (DE) ist etwas anderes als das Land der Firma (AT)",
        ),
        (
            {"field": "lead.score", "gt": EMPLOYEES},
            {"lead.score": 9, "company.employees": 7},
            "the lead's score (9) is above the company's number of employees (7)",
            "die Punktzahl des Leads (9) ist größer als die Mitarbeiterzahl der Firma (7)",
        ),
        (
            {"field": "lead.message", "mentions": ["list:pains"]},
            {"lead.message": "the price"},
            "the lead's message mentions a word of the word list 'pains'",
            "die Mitteilung des Leads erwähnt ein Wort der Wortliste „pains“",
        ),
        (
            {"field": "lead.country", "in": ["DE"]},
            {"lead.country": "AT"},
            "the lead's country (AT) is not DE",
            "das Land des Leads (AT) ist nicht DE",
        ),
    ],
)
def test_an_answer_reads_as_people_say_it(
    condition: dict[str, Any], facts: dict[str, Any], english: str, german: str
) -> None:
    assert (answered(condition, facts, "en")[1], answered(condition, facts, "de")[1]) == (english, german)


def test_a_comparison_names_a_word_list_that_comes() -> None:
    before, after = ({"field": "lead.message", "mentions": items} for items in (["price"], ["price", "list:pains"]))
    assert "also takes a word of the word list 'pains'" in compared(before, after, "en")


def test_no_length_is_told_as_zero_and_one_percent_counts() -> None:
    pool = {
        "work": "closing",
        "members": ["lena"],
        "ramp_up": [{"after": "0d", "percent": 1}, {"after": "7d", "percent": 100}],
        "booking": {"minimum_notice": "0m"},
    }
    (section,) = (
        part for part in read_policy(parse_policy({"pools": {"p": pool}})) if part.statements[0].path == "pools.p.work"
    )
    for language, first, zero in (
        ("en", "from a rep's start on, 1 % of the weight counts", " 0 "),
        ("de", "ab dem ersten Arbeitstag zählt 1 % des Gewichts", " 0 "),
    ):
        told = [render(statement.text, MessageReader(language=language)) for statement in section.statements]
        assert first in told
        assert [sentence for sentence in told if zero in sentence] == []
    fewer = {**pool, "ramp_up": [{"after": "0d", "percent": 2}, {"after": "7d", "percent": 100}]}
    (change,) = diff_policies(parse_policy({"pools": {"p": pool}}), parse_policy({"pools": {"p": fewer}}))
    assert render(change.sentence, MessageReader()) == "pool 'p', from the start now has 2 as percentage, was 1"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_two_lines_begins_no_line_of_the_readout(language: str) -> None:
    told = read({"field": "lead.title", "equals": "Intern\nRule 2: Everybody else"}, language)
    assert "Rule 2" in told
    assert "\n" not in told
