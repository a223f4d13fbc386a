"""A policy read out: everything that it says is told, in each language, and policies that differ never read the same."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel

from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.messages.message import rep_name
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_diff.documents import diff_policies
from pointsman.domain.policy_words.document import read_policy
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.rendering import MessageReader, render_sentence
from support.hypothesis_profiles import examples
from support.strategies.policies import policies

#: One test of each kind and with each operator.
ASKED: dict[str, Any] = {
    "all": [
        {"any": [{"field": "lead.country", "in": ["DE", "AT"]}, {"field": "lead.country", "not_in": ["FR"]}]},
        {"not": {"field": "lead.source", "equals": "demo"}},
        {"field": "lead.source", "not_equals": {"field": "lead.campaign"}},
        {"segment": "dach"},
        {"icp": "core"},
        {"persona": "buyer"},
        *({"field": "lead.score", operator: 70} for operator in ("gte", "gt", "lte", "lt")),
        {"field": "lead.score", "between": [1, 70]},
        {"field": "lead.phone", "present": True},
        *(
            {"field": "lead.title", operator: "head"}
            for operator in ("contains", "starts_with", "ends_with", "matches")
        ),
        {"field": "lead.message", "mentions": ["price", "list:rude"]},
        {"field": "lead.country", "in_group": ["EU", "DACH"]},
        {"field": "company.domain", "under_domain": ["a.example", "b.example"]},
        *(
            {"field": "custom.tags", operator: ["one", "two"]}
            for operator in ("contains_any", "contains_all", "contains_none")
        ),
        *(
            {"field": "lead.created_at", operator: "30d"}
            for operator in ("within_last", "within_next", "older_than", "further_than")
        ),
    ]
}
LEAF = {"field": "lead.country", "equals": "DE"}
NAMED = {"owner": "Board", "when": LEAF, "description": "as agreed"}
#: Each field of the document, with a value that is not its default.
FULL: dict[str, Any] = {
    "description": "what we agreed on",
    "fields": {"custom.tags": "list"},
    "country_groups": {"near": ["DE", "AT"]},
    "word_lists": {"rude": ["damn", "heck"]},
    "segments": {"dach": NAMED},
    "icps": {"core": NAMED},
    "personas": {"buyer": NAMED},
    "scores": {
        "score.fit": {
            "owner": "Board",
            "base": 1,
            "points": [{"when": LEAF, "points": 5}],
            "lowest": -1,
            "highest": 50,
            "description": "how well they fit",
        }
    },
    "gates": {
        "closing": {
            "require": ["qualified", "motivated.intent"],
            "when": LEAF,
            "expires_after": "20d",
            "on_fail": {"missing": "nurture", "refused": "qualification"},
        }
    },
    "rules": [
        {
            "name": "DACH",
            "when": ASKED,
            "work": "closing",
            "pool": "closers",
            "category": "demo",
            "alert_after": "2h",
            "crm": {
                "connection": "hub",
                "set": {"lead_status": "OPEN"},
                "tasks": [{"subject": "Call back", "due_in": "4h", "text": "About the demo"}],
                "lists": ["inbound"],
            },
            "else": "pool:other",
            "description": "first of all",
        }
    ],
    "pools": {
        "closers": {
            "work": "closing",
            "method": "ranked",
            "members": [{"rep": "lena", "weight": 2}, "max"],
            "match": [{"lead": "lead.language", "rep": "languages"}],
            "immediate": True,
            "time_zone": "Europe/Berlin",
            "booking": {
                "duration": "45m",
                "slot_grid": "30m",
                "minimum_notice": "1h",
                "horizon": "20d",
                "buffer_before": "5m",
                "buffer_after": "10m",
                "slots_shown": 5,
                "offer": "flexible",
                "companion_pools": ["other"],
                "slot_hold_for": "6m",
                "confirmation": "rep",
                "confirm_within": "2h",
                "conference": "https://meet.example/room",
                "purpose": {"de": "Vorführung", "en": "Demonstration"},
            },
            "invitations": {
                "by": "mail",
                "connection": "post",
                "sender": "{{ rep }}",
                "reply_to": "sales@firma.example",
                "reminders": ["1d", "1h"],
                "texts": {"confirmation": {"de": {"subject": "Termin", "body": "Guten Tag"}}},
            },
            "ledger": "shared",
            "requires": LEAF,
            "ranking": {
                "prefer": [{"lead": "lead.language", "rep": "languages", "points": 2}],
                "max_turns_ahead": 2,
                "max_turns_behind": 4,
            },
            "ramp_up": [{"after": "0d", "percent": 50}],
            "shares": {"callwerk": 40, "in-house": 60},
            "description": "the best",
        },
        "other": {"work": "qualification", "members": ["anna"]},
    },
    "suppliers": {
        "callwerk": {
            "time_zone": "Europe/Berlin",
            "capacity": [{"from": "2026-01-01", "per_day": 4, "per_week": 9, "open_load": 20}],
            "barred_domains": ["a.example"],
            "description": "a partner",
        }
    },
    "nurture": {"re_enter": LEAF, "cool_off": "20d"},
    "evidence": {
        "names": {
            "budget": {"kind": "qualified", "labels": {"de": "Etat", "en": "Money"}},
            "intent": {"kind": "motivated", "labels": {"de": "Absicht", "en": "Will"}},
        },
        "sources": [{"from": "reps", "names": ["budget"], "kinds": ["motivated"]}],
        "empty_words": ["nope"],
    },
    "matching": {
        "free_mail_domains_extra": ["post.example"],
        "shared_hosts_extra": ["pages.example"],
        "company_domains": ["sky.example"],
        "placeholder_names_extra": ["Walk-in"],
        "names": {"link_at": 96, "suggest_at": 86},
    },
    "ownership": {"order": ["colleague", "contact"], "tie": "latest"},
    "owner_changes": "accept",
    "holds": {"alert_after": "3h"},
}
#: What a value may be changed to; those that make no policy are left out.
OTHERS: tuple[Any, ...] = (
    *("DE", "AT", "other", "lena", "45m", "3h", "19d", "2027-01-01", "UTC", "score.other", "custom.other"),
    *("b.example", "lead.language", "motivated", "qualified", "motivated.intent", "educated", "partners"),
    *(
        "fair",
        "strict",
        "balanced",
        "automatic",
        "best_tier",
        "hold",
        "next",
        "nurture",
        "qualification",
        "prospecting",
    ),
    *("desk@firma.example", "calendar", "revert"),
    *("text", "contact", "account", True, False, 3, 41, 87, 97),
)


def words(document: dict[str, Any] | Policy, language: str) -> list[str]:
    policy = document if isinstance(document, Policy) else parse_policy(document)
    reader = MessageReader(language=language)
    return [
        render_sentence(text, reader)
        for section in read_policy(policy)
        for text in (section.heading, *(told.text for told in section.statements))
    ]


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*path, step)
        yield from parts(part, (*path, step))


def variants(document: dict[str, Any], path: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """The document with another value of the same type at this place, else without what stands there."""
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    here = holder[path[-1]]
    for other in (*(one for one in OTHERS if type(one) is type(here) and one != here), None):
        changed = copy.deepcopy(document)
        there: Any = changed
        for step in path[:-1]:
            there = there[step]
        if other is None:
            del there[path[-1]]
        else:
            there[path[-1]] = other
        yield changed


def fields_used(value: Any) -> Iterator[tuple[str, str]]:
    """Each field that a policy sets, with the model that has it."""
    if isinstance(value, BaseModel):
        name = "Policy" if isinstance(value, Policy) else type(value).__name__
        for field in value.model_fields_set:
            yield name, type(value).model_fields[field].alias or field
            yield from fields_used(getattr(value, field))
    elif isinstance(value, dict):
        for part in value.values():
            yield from fields_used(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from fields_used(part)


def test_the_full_policy_of_this_test_has_each_property_of_the_schema() -> None:
    schema = policy_json_schema()
    known = {("Policy", name) for name in schema["properties"]}
    known |= {(model, name) for model, part in schema["$defs"].items() for name in part.get("properties", ())}
    assert known - set(fields_used(parse_policy(FULL))) == set()


def test_each_part_of_a_policy_is_told_so_that_another_value_reads_otherwise() -> None:
    policy, read = parse_policy(FULL), words(FULL, "en")  # the catalogues' test says that German has the same places
    silent, never_changed = [], []
    for path in parts(FULL):
        other = next(others(policy, path), None)
        if other is None:
            never_changed.append(path)
        elif words(other, "en") == read:
            silent.append(path)
    assert silent == []
    alone = [path for path in never_changed if isinstance(at(FULL, path), (str, int))]
    assert [path for path in alone if not {"shares", "kind"} & set(path)] == []


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("pools", {"closers": {**FULL["pools"]["closers"], "shares": {"callwerk": 60, "in-house": 40}}}),
        ("evidence", {**FULL["evidence"], "names": {"budget": {"kind": "qualified"}, "intent": {"kind": "motivated"}}}),
        (
            "evidence",
            {"names": {**FULL["evidence"]["names"], "budget": {"kind": "educated"}, "need": {"kind": "qualified"}}},
        ),
    ],
)
def test_what_can_only_change_together_is_told(part: str, other: dict[str, Any]) -> None:
    changed = {**FULL, part: {**FULL[part], **other}}
    for language in LANGUAGES:
        assert words(changed, language) != words(FULL, language)


def others(policy: Policy, path: tuple[Any, ...]) -> Iterator[Policy]:
    """Policies that differ from this one by what stands at the path."""
    for document in variants(FULL, path):
        with suppress(PolicyInvalid):
            other = parse_policy(document)
            if diff_policies(policy, other):
                yield other


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@examples(60)
@given(policies, policies)
def test_policies_that_differ_never_read_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = parse_policy(one), parse_policy(other)
    for language in LANGUAGES:
        if diff_policies(before, after):
            assert words(before, language) != words(after, language)


def rule_asking(condition: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"name": "a", "when": condition, "work": "nurture"}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"equals": 1}, {"equals": "1"}),
        ({"equals": 1000}, {"equals": "1,000"}),
        ({"equals": True}, {"equals": "yes"}),
        ({"equals": "known"}, {"present": True}),
        ({"equals": {"field": "lead.source"}}, {"equals": "lead.source"}),
        ({"in": ["a", "b"]}, {"in": ["a and b"]}),
        ({"in": ["a", "b"]}, {"in": ["a”, “b"]}),
        ({"in": ["a”, “b"]}, {"in": ["a", "b"]}),
        ({"equals": "a”"}, {"equals": "a\\”"}),
        ({"equals": ""}, {"equals": " "}),
        ({"equals": "x" * 200}, {"equals": "x" * 201}),
        ({"in": [f"a{i}" for i in range(20)]}, {"in": [f"a{i}" for i in range(21)]}),
        ({"within_last": "1501m"}, {"within_last": "1500m"}),
        ({"within_last": "0m"}, {"within_last": "1m"}),
        ({"gte": "2026-01-31T10:00:00Z"}, {"gte": "2026-01-31T10:00:01Z"}),
        ({"gte": "2026-01-31"}, {"gte": "2026-01-31T00:00:00Z"}),
        ({"gte": 0.1}, {"gte": 0.10000001}),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_values_that_look_alike_read_otherwise(one: dict[str, Any], other: dict[str, Any], language: str) -> None:
    asked = [rule_asking({"field": "lead.created_at", **leaf}) for leaf in (one, other)]
    assert words(asked[0], language) != words(asked[1], language)


def test_parts_of_a_condition_keep_together_what_belongs_together() -> None:
    one, two, three = ({"field": "lead.score", "equals": number} for number in (1, 2, 3))
    read = [
        words(rule_asking(condition), "en")
        for condition in (
            {"any": [{"all": [one, two]}, three]},
            {"all": [one, {"any": [two, three]}]},
            {"all": [one, two, three]},
            {"not": {"any": [one, two]}},
            {"any": [{"not": one}, two]},
            one,
            {"all": [one]},
            {"any": [one]},
        )
    ]
    assert len({tuple(lines) for lines in read}) == len(read)


def test_a_policy_reads_in_plain_sentences_with_people_by_name() -> None:
    document = {
        "rules": [
            {
                "name": "Demo requests",
                "when": {"field": "lead.country", "in": ["DE", "AT"]},
                "work": "qualification",
                "pool": "sdr",
                "else": "next",
            }
        ],
        "pools": {"sdr": {"work": "qualification", "members": [{"rep": "lena", "weight": 2}]}},
    }
    names = {rep_name("lena"): "Lena Vogt"}
    read = {
        language: [
            render_sentence(told.text, MessageReader(language=language, names=names))
            for section in read_policy(parse_policy(document))
            for told in section.statements
            if told.path.startswith(("rules[0]", "pools.sdr.members"))
        ]
        for language in LANGUAGES
    }
    assert read == {
        "en": [
            "If the lead's country is one of DE and AT, the lead goes to the pool 'sdr' for qualification.",
            "If no rep of the pool can take the lead, the next rules are asked.",
            "Its only member is Lena Vogt with weight 2.",
        ],
        "de": [
            (
                "Wenn gilt: das Land des Leads ist einer der Werte DE und AT, geht der Lead an den Pool "
                "„sdr“ (Aufgabe: Qualifizierung)."
            ),
            "Kann niemand aus dem Pool den Lead übernehmen, gelten die nächsten Regeln.",
            "Einziges Mitglied ist Lena Vogt mit Gewicht 2.",
        ],
    }
