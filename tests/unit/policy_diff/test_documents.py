"""What changed between two policies, in words that an admin can approve."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_diff.documents import diff_policies
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.rendering import MessageReader, render
from support.hypothesis_profiles import examples
from support.strategies.policies import policies

DACH = {
    "name": "DACH",
    "when": {"all": [{"field": "lead.country", "in": ["DE", "AT"]}, {"field": "lead.score", "gte": 70}]},
    "work": "qualification",
    "pool": "sdr",
}
SOURCES = [
    {"from": "intake:crm", "names": ["intent"], "kinds": ["qualified"]},
    *({"from": word} for word in ("reps", "partners", "webhooks")),
]
REST = {"name": "rest", "work": "nurture"}
MIDDLE = {**DACH, "name": "middle", "when": {"field": "lead.source", "equals": "ad"}}
OLD: dict[str, Any] = {
    "rules": [DACH, MIDDLE, REST],
    "pools": {
        "sdr": {
            "work": "qualification",
            "members": ["lena", "max"],
            "ramp_up": [{"after": "4w", "percent": 50}],
            "shares": {"callwerk": 40, "in-house": 60},
        }
    },
    "gates": {"closing": {"require": ["qualified"], "expires_after": "30d"}},
    "segments": {"dach": {"owner": "Board", "when": {"field": "lead.created_at", "within_last": "30d"}}},
    "icps": {"core": {"owner": "Board", "when": {"not": {"field": "lead.country", "equals": "FR"}}}},
    "scores": {"score.fit": {"owner": "Board", "points": [{"when": {"segment": "dach"}, "points": 5}]}},
    "country_groups": {"eu": ["DE", "FR"]},
    "word_lists": {"rude": ["damn"]},
    "suppliers": {"callwerk": {"capacity": [{"from": "2026-01-01", "per_day": 4}], "barred_domains": ["a.example"]}},
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(OLD)
    change(document)
    return document


def changes(new: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (change.path, render(change.sentence, MessageReader()))
        for change in diff_policies(parse_policy(OLD), parse_policy(new))
    ]


SAID: list[tuple[Callable[[dict[str, Any]], object], str, str]] = [
    (
        lambda d: d.update(evidence={"sources": [{"from": f"scope:{s}"} for s in ("handover", "admin")] + SOURCES}),
        "evidence.sources[2]",
        "evidence now also has a source (by the webhook 'crm') for intent to buy and whatever shows that a lead is qualified",
    ),
    (
        lambda d: d["rules"][0]["when"]["all"][0]["in"].append("CH"),
        "rules[0].when.all[0].in",
        "rule 1 'DACH' now also takes CH as the lead's country",
    ),
    (
        lambda d: d["rules"][0]["when"]["all"][0].update({"in": ["AT", "CH"]}),
        "rules[0].when.all[0].in",
        "rule 1 'DACH' now also takes CH and no longer takes DE as the lead's country",
    ),
    (
        lambda d: d["rules"][0]["when"]["all"][1].update(gte=60),
        "rules[0].when.all[1].gte",
        "rule 1 'DACH' now asks that the lead's score is at least 60, was 70",
    ),
    (
        lambda d: d["rules"][0]["when"]["all"].__setitem__(1, {"field": "lead.score", "gt": 70}),
        "rules[0].when.all[1]",
        "rule 1 'DACH' now asks that the lead's score is above 70, no longer that the lead's score is at least 70",
    ),
    (
        lambda d: d["rules"][0]["when"]["all"].append({"field": "lead.language", "in": {"field": "rep.languages"}}),
        "rules[0].when.all[2]",
        "rule 1 'DACH' now also demands that the lead's language is in the rep's list of languages",
    ),
    (
        lambda d: d["rules"][0]["when"]["all"].pop(),
        "rules[0].when.all[1]",
        "rule 1 'DACH' no longer demands that the lead's score is at least 70",
    ),
    (
        lambda d: d["rules"][1].update(when={"any": [MIDDLE["when"], {"segment": "dach"}]}),
        "rules[1].when.any[1]",
        "rule 2 'middle' now also accepts leads where the lead is of segment 'dach'",
    ),
    (
        lambda d: d["rules"][1].pop("when"),
        "rules[1].when",
        "rule 2 'middle' asks nothing any more; before, it asked that the lead's source is ad",
    ),
    (
        lambda d: d["rules"][2].update(when={"field": "lead.email", "present": False}),
        "rules[2].when",
        "rule 3 'rest' now asks that the lead's email address is unknown; before, it asked nothing",
    ),
    (
        lambda d: d["icps"]["core"]["when"]["not"].update(equals="IT"),
        "icps.core.when.not.equals",
        "ideal customer profile 'core' inside its 'not', now asks that the lead's country is IT, was FR",
    ),
    (
        lambda d: d["segments"]["dach"]["when"].update(within_last="60d"),
        "segments.dach.when.within_last",
        "segment 'dach' now asks that the arrival of the lead is within the last 60 days, was 30 days",
    ),
    (
        lambda d: d["rules"][0].update({"else": "next"}),
        "rules[0].else",
        "rule 1 'DACH' when nobody is eligible, now does this: the next rules are asked; was: the lead waits",
    ),
    (
        lambda d: d["rules"][0].update(category="demo"),
        "rules[0].category",
        "rule 1 'DACH' now has demo as category, was not set",
    ),
    (lambda d: d["rules"].pop(), "rules[2]", "rule 3 'rest' is gone: it took every lead, for nurture"),
    (
        lambda d: d["rules"].insert(1, {**MIDDLE, "name": "new", "when": {"field": "lead.score", "lt": 3}}),
        "rules[1]",
        "rule 2 'new' is new: it takes leads where the lead's score is below 3, for qualification by pool sdr",
    ),
    (
        lambda d: d["rules"].insert(0, d["rules"].pop()),
        "rules[0]",
        "rule 1 'rest' moved from place 3 to 1, before others",
    ),
    (lambda d: d["rules"][1].update(name="ads"), "rules[1].name", "rule 2 'ads' was called 'middle'"),
    (
        lambda d: d["pools"]["sdr"]["members"].append({"rep": "mia", "weight": 2}),
        "pools.sdr.members[2]",
        "pool 'sdr' now also has mia with weight 2",
    ),
    (lambda d: d["pools"]["sdr"]["members"].pop(0), "pools.sdr.members[0]", "pool 'sdr' no longer has lena"),
    (
        lambda d: d["pools"]["sdr"].update(members=[{"rep": "lena", "weight": 2}, "max"]),
        "pools.sdr.members[0].weight",
        "pool 'sdr', lena now has 2 as weight, was not set",
    ),
    (
        lambda d: d["pools"]["sdr"].update(method="ranked"),
        "pools.sdr.method",
        "pool 'sdr' now shares by rank, was fair turns by weight",
    ),
    (
        lambda d: d["pools"]["sdr"].update(shares={"callwerk": 50, "in-house": 50}),
        "pools.sdr.shares.callwerk",
        "pool 'sdr' now has 50 as share 'callwerk', was 40",
    ),
    (
        lambda d: d["pools"]["sdr"]["ramp_up"].insert(0, {"after": "2w", "percent": 25}),
        "pools.sdr.ramp_up[0]",
        "pool 'sdr' now also has 25 % of the weight after 14 days",
    ),
    (
        lambda d: d["pools"]["sdr"]["ramp_up"][0].update(percent=60),
        "pools.sdr.ramp_up[0].percent",
        "pool 'sdr', after 28 days now has 60 as percentage, was 50",
    ),
    (
        lambda d: d["pools"]["sdr"].update(booking={"duration": "45m"}),
        "pools.sdr.booking.duration",
        "pool 'sdr' now has 45 minutes as length of appointments, was 30 minutes",
    ),
    (
        lambda d: d["suppliers"]["callwerk"]["capacity"][0].update(per_day=10),
        "suppliers.callwerk.capacity[0].per_day",
        "supplier 'callwerk', Thu 1 Jan 2026 now has 10 as limit per day, was 4",
    ),
    (
        lambda d: d["suppliers"]["callwerk"]["capacity"].append({"from": "2026-03-01", "open_load": 9}),
        "suppliers.callwerk.capacity[1]",
        "supplier 'callwerk' now also has beginning Sun 1 Mar 2026 and limit of open leads 9",
    ),
    (
        lambda d: d["suppliers"]["callwerk"]["barred_domains"].append("b.example"),
        "suppliers.callwerk.barred_domains",
        "supplier 'callwerk' now also bars “b.example”",
    ),
    (
        lambda d: d["gates"]["closing"]["require"].append("educated"),
        "gates.closing.require",
        "gate for closing now also requires that the lead is educated",
    ),
    (
        lambda d: d["gates"]["closing"].update(expires_after="2w"),
        "gates.closing.expires_after",
        "gate for closing now expires after 14 days, was 30 days",
    ),
    (
        lambda d: d["scores"]["score.fit"]["points"][0].update(points=7),
        "scores.score.fit.points[0].points",
        "the score 'fit', when the lead is of segment 'dach' now has 7 as points, was 5",
    ),
    (
        lambda d: d["scores"]["score.fit"]["points"].append({"when": {"icp": "core"}, "points": 2}),
        "scores.score.fit.points[1]",
        "the score 'fit' now also has 2 points when the lead is of the ideal customer profile 'core'",
    ),
    (lambda d: d["country_groups"]["eu"].append("AT"), "country_groups.eu", "country group 'eu' now also takes AT"),
    (lambda d: d["word_lists"]["rude"].append("hell"), "word_lists.rude", "word list 'rude' now also has hell"),
    (
        lambda d: d.update(personas={"buyer": {"owner": "Board", "when": {"field": "lead.title", "contains": "VP"}}}),
        "personas.buyer",
        "persona 'buyer' is new: the lead's job title contains VP",
    ),
    (lambda d: d.pop("suppliers"), "suppliers.callwerk", "supplier 'callwerk' is gone"),
    (lambda d: d.update(fields={"custom.vip": "boolean"}), "fields.custom.vip", "the field 'vip' is new: yes or no"),
    (
        lambda d: d.update(ownership={"order": ["account"]}),
        "ownership.order",
        (
            "ownership now has the owner of the company as order, was the lead's own owner, "
            "the owner of the company and the owner of the parent company"
        ),
    ),
    (
        lambda d: d.update(holds={"alert_after": "1h"}),
        "holds.alert_after",
        "holds now has 1 hour as wait before an alert, was 4 hours",
    ),
    (
        lambda d: d.update(nurture={"cool_off": "60d"}),
        "nurture.cool_off",
        "nurture now has 60 days as cool-off, was 30 days",
    ),
    (lambda d: d.update(description="Ours"), "description", "description now is Ours, was not set"),
]


@pytest.mark.parametrize(("change", "path", "sentence"), SAID, ids=[sentence for _, _, sentence in SAID])
def test_a_change_is_said_in_words(change: Callable[[dict[str, Any]], object], path: str, sentence: str) -> None:
    assert (path, sentence) in changes(changed(change))


def test_an_added_rule_does_not_make_the_others_look_moved() -> None:
    assert len(changes(changed(lambda d: d["rules"].insert(0, {**REST, "name": "first"})))) == 1


def test_only_the_rule_that_was_taken_elsewhere_has_moved() -> None:
    many = [{**REST, "name": str(i)} for i in range(100)]
    before, after = {**OLD, "rules": many}, {**OLD, "rules": [many[90], *many[:90], *many[91:]]}
    found = diff_policies(parse_policy(before), parse_policy(after))
    assert [(change.kind, change.path) for change in found] == [("moved", "rules[0]")]


def test_writing_out_a_default_is_no_change() -> None:
    assert changes(changed(lambda d: d["rules"][0].update({"else": "hold"}))) == []
    assert changes(changed(lambda d: d["pools"]["sdr"].update(booking={"duration": "30m"}, ledger=None))) == []
    assert changes(changed(lambda d: d["pools"]["sdr"].update(members=[{"rep": "lena"}, {"rep": "max"}]))) == []


def test_true_is_not_one() -> None:
    def asking(value: object) -> Policy:
        return parse_policy({"rules": [{**REST, "when": {"field": "lead.source", "equals": value}}]})

    assert [change.path for change in diff_policies(asking(True), asking(1))] == ["rules[0].when.equals"]
    assert diff_policies(asking(1), asking(1.0)) == ()


def test_a_change_carries_what_was_and_what_is() -> None:
    (change,) = diff_policies(
        parse_policy(OLD), parse_policy(changed(lambda d: d["rules"][0]["when"]["all"][1].update(gte=60)))
    )
    assert (change.group, change.kind, change.before, change.after) == ("rules", "changed", 70, 60)


def test_the_largest_policies_are_compared_within_seconds() -> None:
    when = {"field": "lead.country", "in": ["DE", "AT", "CH"]}
    many = [{**DACH, "name": f"rule {i}", "when": when} for i in range(10_000)]
    fewer = [{**one, "when": {**when, "in": ["DE", "AT"]}} for one in reversed(many)]
    found = diff_policies(parse_policy({**OLD, "rules": many}), parse_policy({**OLD, "rules": fewer}))
    assert len(found) == 2 * 10_000 - 1


@examples(150)
@given(policies, policies)
def test_there_are_changes_exactly_when_the_policies_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = parse_policy(one), parse_policy(other)
    found = diff_policies(before, after)
    assert bool(found) == (meaning(before) != meaning(after))
    assert all(change.path for change in found)
    for language in LANGUAGES:
        said = [render(change.sentence, MessageReader(language=language)) for change in found]
        assert all("None" not in sentence and "{" not in sentence and "  " not in sentence for sentence in said)


@examples(150)
@given(policies, st.data())
def test_one_change_anywhere_is_found_there(document: dict[str, Any], data: st.DataObject) -> None:
    other = {**document, **data.draw(st.sampled_from(sorted(document)).flatmap(replaced))}
    before, after = parse_policy(document), parse_policy(other)
    groups = {change.group for change in diff_policies(before, after)}
    assert groups == {key for key, value in meaning(after).items() if value != meaning(before)[key]}


def replaced(key: str) -> st.SearchStrategy[dict[str, Any]]:
    return policies.filter(lambda other: key in other).map(lambda other: {key: other[key]})


def meaning(policy: Policy) -> dict[str, Any]:
    """A policy's parts as plain text, every default written out; `diff` has its own way to compare."""
    return {key: text_of(value) for key, value in policy.model_dump(mode="json", by_alias=True).items()}


def text_of(value: Any) -> str:
    match value:
        case dict():
            return "{" + ",".join(sorted(f"{key!r}:{text_of(part)}" for key, part in value.items())) + "}"
        case list():
            return "[" + ",".join(text_of(part) for part in value) + "]"
        case bool() | str() | None:
            return repr(value)
        case _:
            return repr(float(value))
