"""A key of a policy or a lead is never read as such: it has words in each language, or stands in quotes as a name."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.leads.facts import STANDARD_FIELDS
from pointsman.domain.messages.message import Arg, rep_name, say
from pointsman.domain.policy.document import Policy
from pointsman.domain.roster.rep_facts import REP_FIELDS
from pointsman.services.wording.catalogue import LANGUAGES, load_catalogue
from pointsman.services.wording.rendering import MessageReader, render
from pointsman.services.wording.terms import SETTINGS, write_term

#: The placeholders that hold keys, and of which kind.
KEYS = {"field": "fact", "other_field": "fact", "skill": "skill", "evidence": "evidence"}
#: What the check of a policy says stands beside the path to the fault, and names what is to be written there.
WITH_KEYS = ("finding.", "hint.")
#: Parts of a policy's document that no sentence calls by a label: whole sections, conditions, and what has words of its own.
UNLABELLED = frozenset(
    {
        *Policy.model_json_schema(by_alias=True)["properties"],
        *("all", "any", "not", "segment", "icp", "persona", "field", "ranking", "on_fail", "missing", "refused"),
        *("lead", "rep", "kind", "labels", "de", "en", "link_at", "suggest_at", "max_turns_ahead", "max_turns_behind"),
    }
)


@pytest.mark.parametrize(
    ("kind", "key", "english", "german"),
    [
        ("fact", "lead.language", "the lead's language", "die Sprache des Leads"),
        ("fact bare", "lead.language", "the lead's language", "Sprache des Leads"),
        ("fact", "custom.budget", "the field 'budget'", "das Feld „budget“"),
        ("fact", "qualification.need", "the evidence need", "der Nachweis Bedarf"),
        ("fact", "qualification.demo_seen", "the evidence 'demo_seen'", "der Nachweis „demo_seen“"),
        ("fact", "rep.languages", "the rep's list of languages", "die Liste Sprachen der Person"),
        ("fact", "rep.certificates", "the rep's list of 'certificates'", "die Liste „certificates“ der Person"),
        ("fact", "score.fit", "the score 'fit'", "die Punktzahl „fit“"),
        ("requirement", "motivated", "that the lead is motivated", "die Motivation"),
        ("requirement", "qualified.need", "need", "der Bedarf"),
        ("setting", "weight", "weight", "das Gewicht"),
        ("setting", "shares.callwerk", "share 'callwerk'", "der Anteil „callwerk“"),
        ("setting bare", "booking.duration", "length of appointments", "Dauer der Termine"),
        ("plain", "lead.language", "lead.language", "lead.language"),
    ],
)
def test_a_key_is_read_by_its_words(kind: str, key: str, english: str, german: str) -> None:
    assert (write_term(key, kind, "en"), write_term(key, kind, "de")) == (english, german)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_facts_have_the_same_words_and_no_words_are_a_single_text(language: str) -> None:
    words = [write_term(key, "fact bare", language) for key in (*STANDARD_FIELDS, *REP_FIELDS, "custom.a", "score.a")]
    assert len(set(words)) == len(words)
    assert [word for word in words if " " not in word] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_placeholder_that_holds_a_key_says_of_which_kind(language: str) -> None:
    found = [
        (key, name, how)
        for key, forms in load_catalogue(language).texts.items()
        for parts in forms
        for _, name, how in parts
        if not key.startswith(WITH_KEYS) and name in KEYS and not how.startswith(KEYS[name])
    ]
    assert found == []


def labels_of(schema: Mapping[str, Any]) -> Iterator[str]:
    for definition in schema["$defs"].values():
        if "field" not in definition.get("properties", {}):  # conditions have words of their own
            yield from definition.get("properties", {})


def test_each_setting_of_a_policy_has_words() -> None:
    known = {step for setting in SETTINGS for step in setting.split(".")}
    assert sorted(set(labels_of(Policy.model_json_schema(by_alias=True))) - known - UNLABELLED) == []


@pytest.mark.parametrize(
    ("key", "args", "english", "german"),
    [
        (
            "eligibility.no-skill",
            {
                "rep": rep_name("lena"),
                "skill": "languages",
                "field": "lead.language",
                "value": "fr",
                "has": ("de", "en"),
            },
            "the lead's language (fr) is not among Lena Vogt's languages (de and en)",
            "die Sprache des Leads (fr) fehlt bei Lena Vogt unter „Sprachen“ (dort steht: de und en)",
        ),
        (
            "diff.ramp-up",
            {"percent": 50, "span": timedelta(days=14)},
            "50 % of the weight after 14 days",
            "50 % des Gewichts nach 14 Tagen",
        ),
        (
            "diff.expires",
            {"now": timedelta(days=30), "was": say("diff.not-set")},
            "now expires after 30 days, was not set",
            "läuft jetzt ab nach 30 Tagen, bisher nicht gesetzt",
        ),
        (
            "diff.set",
            {"label": "weight", "now": 5},
            "now has 5 as weight, was not set",
            "das Gewicht ist jetzt 5, bisher nicht gesetzt",
        ),
        (
            "readiness.missing",
            {"what": "qualified.need", "why": say("readiness.not-recorded", names=("need", "own"))},
            "need is not shown (nobody has recorded need or 'own')",
            "der Bedarf ist nicht belegt (niemand hat Bedarf oder „own“ erfasst)",
        ),
        (
            "explanation.if-facts",
            {
                "rule": "Customers",
                "facts": say("goal.change", field="account.status", goal=say("goal.has", operand="customer")),
            },
            "If the company's status with us were customer, rule 'Customers' would match",
            "Regel „Customers“ träfe zu, wenn der Status der Firma bei uns den Wert customer hätte",
        ),
        (
            "routing.with-tie",
            {
                "reason": say("routing.balance-highest", rep=rep_name("lena"), balance=2),
                "tie": say("routing.tie-waited"),
            },
            "Lena Vogt had the highest balance (2), and has waited longest of those level",
            "Lena Vogt hatte das höchste Guthaben (2) und wartet unter den Gleichen am längsten",
        ),
    ],
)
def test_a_sentence_has_words_for_keys_and_names_for_people(
    key: str, args: dict[str, Arg], english: str, german: str
) -> None:
    names = {rep_name("lena"): "Lena Vogt"}
    assert render(say(key, **args), MessageReader(language="en", names=names)) == english
    assert render(say(key, **args), MessageReader(language="de", names=names)) == german
