"""Reading a policy: what is accepted, and what each fault says."""

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given

from pointsman.domain.dates.durations import format_duration, parse_duration
from pointsman.domain.errors import Fault, PolicyInvalid
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.roles import Work
from support.strategies.routing import policies

RULE = {"name": "a", "work": "nurture"}
POOL = {"work": "closing", "members": ["carl"]}
ASKS = {"field": "a.b", "present": True}


def faults(document: object) -> list[Fault]:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(document)
    return list(caught.value.faults)


def rule(**over: Any) -> dict[str, Any]:
    return {"rules": [{**RULE, **over}]}


def supplier(**over: Any) -> dict[str, Any]:
    return {"suppliers": {"acme": over}}


def score(**over: Any) -> dict[str, Any]:
    return {"scores": {"score.fit": {"owner": "Board", "points": [{"when": ASKS, "points": 5}], **over}}}


def pool(**over: Any) -> dict[str, Any]:
    return {"pools": {"p": {**POOL, **over}}}


@pytest.mark.parametrize(
    ("document", "path", "code", "words"),
    [
        (rule(pol="x"), "rules[0].pol", "unknown-key", "did you mean 'pool'?"),
        ({"poools": {}}, "poools", "unknown-key", "did you mean 'pools'?"),
        (rule(work="qualifcation"), "rules[0].work", "unknown-value", "did you mean 'qualification'?"),
        (rule(work="closing"), "rules[0]", "pool-missing", "add 'pool: NAME'"),
        (rule(pool="p"), "rules[0]", "pool-of-nurture", "remove 'pool'"),
        (rule(**{"else": "nex"}), "rules[0].else", "malformed", "hold, next, nurture or pool:NAME"),
        ({"rules": [{"work": "nurture"}]}, "rules[0].name", "missing", "add it"),
        ({"rules": {}}, "rules", "not-a-list", "write [...]"),
        ([], "", "not-an-object", "write keys"),
        (None, "", "not-an-object", "the document is empty"),
        (
            rule(when={"all": [RULE, {"field": "lead.score", "gtee": 5}]}),
            "rules[0].when.all[0]",
            "condition-shape",
            "{all: [...]}",
        ),
        (
            rule(when={"all": [{"field": "lead.score", "gtee": 5}]}),
            "rules[0].when.all[0].gtee",
            "unknown-key",
            "did you mean 'gte'?",
        ),
        (rule(when={"field": "lead.score"}), "rules[0].when", "one-operator", "found none"),
        (rule(when={"field": "a.b", "gt": 1, "lt": 5}), "rules[0].when", "one-operator", "found gt, lt"),
        (rule(when={"not": {"any": []}}), "rules[0].when.not.any", "too-few", "at least 1"),
        (rule(when={"field": "a.b", "gte": "high"}), "rules[0].when.gte", "bound", "with its offset"),
        (rule(when={"field": "a.b", "gte": "2026-01-01T09:00"}), "rules[0].when.gte", "bound", "with its offset"),
        (rule(when={"field": "a.b", "gte": "50"}), "rules[0].when.gte", "bound", "write 50 without quotes"),
        (rule(when={"all": []}), "rules[0].when.all", "too-few", "write at least 1"),
        (pool(booking={"buffer_after": "2d"}), "pools.p.booking", "out-of-range", "between 0m and 1d"),
        (pool(booking={"buffer_after": "15min"}), "pools.p.booking.buffer_after", "duration", "as in '15m'"),
        (pool(booking={"buffer_after": "2 Std."}), "pools.p.booking.buffer_after", "duration", "as in '2h'"),
        (pool(booking={"buffer_after": 0}), "pools.p.booking.buffer_after", "duration", "as in '0m'"),
        (pool(booking={"buffer": "15m"}), "pools.p.booking.buffer", "unknown-key", "'buffer_after' or 'buffer_before'"),
        ({"evidence": {"names": {}}}, "evidence.names", "too-few", "write at least 1"),
        (
            {"matching": {"free_mail_domains_extra": ["müller.de"]}},
            "matching.free_mail_domains_extra[0]",
            "malformed",
            "xn--",
        ),
        (rule(when={"field": "a.b", "gte": "2026-02-30"}), "rules[0].when.gte", "bound", "neither a number nor a date"),
        (rule(when={"field": "a.b", "gte": {"feld": "a.c"}}), "rules[0].when.gte.feld", "unknown-key", "'field'"),
        (rule(when={"icp": "core", "icpp": 1}), "rules[0].when.icpp", "unknown-key", "'icp'"),
        (rule(when={"field": "a.b", "older_than": "1y"}), "rules[0].when.older_than", "duration", "as in '30d'"),
        (rule(when={"field": "a.b", "between": [1, "2026-01-01T00:00:00Z"]}), "rules[0].when", "bound", "one of each"),
        (rule(when={"field": "a.b", "in": [None]}), "rules[0].when.in[0]", "scalar", "write a text"),
        (rule(when={"field": "a.b", "equals": float("nan")}), "rules[0].when.equals", "scalar", "number up to"),
        (rule(when={"field": "a.b", "equals": 10**17}), "rules[0].when.equals", "scalar", "number up to"),
        (pool(method="sonest"), "pools.p.method", "unknown-value", "did you mean 'soonest'?"),
        (pool(ranking={"maxturnsahead": 2}), "pools.p.ranking.maxturnsahead", "unknown-key", "'max_turns_ahead'"),
        (
            pool(ranking={"prefer": [{"lead": "lead.language", "reps": "languages"}]}),
            "pools.p.ranking.prefer[0].reps",
            "unknown-key",
            "'rep'",
        ),
        (pool(ramp_up=[{"afer": "1d", "percent": 5}]), "pools.p.ramp_up[0].afer", "unknown-key", "'after'"),
        (pool(ramp_up=[{"after": "1d", "percent": 101}]), "pools.p.ramp_up[0].percent", "less-than-equal", "100"),
        (
            pool(ramp_up=[{"after": "2d", "percent": 5}, {"after": "1d", "percent": 50}]),
            "pools.p",
            "ramp-order",
            "by time",
        ),
        (pool(shares={"in-house": 60, "acme": 30}), "pools.p", "shares", "not 90"),
        (supplier(per_day=1), "suppliers.acme.per_day", "unknown-key", "capacity"),
        (supplier(capacity=[{"form": "2026-01-01"}]), "suppliers.acme.capacity[0].form", "unknown-key", "'from'"),
        (supplier(capacity=[{"from": "2026-02-01"}] * 2), "suppliers.acme", "capacity-order", "each date once"),
        ({"ownership": {"ordr": []}}, "ownership.ordr", "unknown-key", "'order'"),
        ({"holds": {"alert": "1h"}}, "holds.alert", "unknown-key", "'alert_after'"),
        ({"matching": {"names": {"link": 95}}}, "matching.names.link", "unknown-key", "'link_at'"),
        (score(point=[]), "scores.score.fit.point", "unknown-key", "'points'"),
        (
            score(points=[{"when": ASKS, "points": 5, "pints": 1}]),
            "scores.score.fit.points[0].pints",
            "unknown-key",
            "'",
        ),
        (score(lowest=5, highest=5), "scores.score.fit", "score-bounds", "below"),
        ({"icps": {"core": {"ownr": "x", "when": ASKS}}}, "icps.core.ownr", "unknown-key", "'owner'"),
        ({"personas": {"cfo": {"owner": "x", "whn": 1}}}, "personas.cfo.whn", "unknown-key", "'when'"),
        ({"country_groups": {"dach": ["de"]}}, "country_groups.dach[0]", "malformed", "two capitals"),
        (pool(members=["carl", "carl"]), "pools.p", "duplicate-member", "keep one"),
        (pool(members=[{"rep": "carl", "wight": 2}]), "pools.p.members[0].wight", "unknown-key", "'weight'"),
        (pool(members=[{"rep": "carl", "weight": 0}]), "pools.p.members[0].weight", "greater-than-equal", "1"),
        (pool(time_zone="Europe/Berln"), "pools.p.time_zone", "time-zone", "Europe/Berlin"),
        (pool(booking={"duration": "half an hour"}), "pools.p.booking.duration", "duration", "as in '30d'"),
        (pool(booking={"horizon": "1h", "minimum_notice": "4h"}), "pools.p.booking", "out-of-range", "shorter"),
        (
            pool(booking={"conference": "http://meet.example"}),
            "pools.p.booking.conference",
            "conference-link",
            "https://",
        ),
        (
            pool(booking={"conference": "https://a@b.example/x"}),
            "pools.p.booking.conference",
            "conference-link",
            "https://",
        ),
        (
            pool(booking={"conference": "https://meet.example/a b"}),
            "pools.p.booking.conference",
            "conference-link",
            "https://",
        ),
        (pool(booking={"purpose": " "}), "pools.p.booking.purpose", "purpose", "or leave it out"),
        (pool(booking={"purpose": {"de": ""}}), "pools.p.booking.purpose.de", "purpose", "1 to 200"),
        (pool(booking={"purpose": 5}), "pools.p.booking.purpose", "not-an-object", "5 is not"),
        (pool(booking={"purpose": {"fr": "Démo"}}), "pools.p.booking.purpose.fr", "unknown-value", "de, en"),
        (pool(booking={"purpose": "x" * 201}), "pools.p.booking.purpose", "purpose", "1 to 200"),
        ({"gates": {"closing": {"require": ["need"]}}}, "gates.closing.require[0]", "requirement", "'qualified.need'"),
        (
            {"gates": {"closing": {"require": ["qualified.intent"]}}},
            "gates.closing.require[0]",
            "requirement",
            "'motivated.intent'",
        ),
        (
            {"gates": {"closing": {"on_fail": {"missing": "closing"}}}},
            "gates.closing.on_fail.missing",
            "unknown-value",
            "nurture",
        ),
        ({"segments": {"s": {"when": {"field": "a.b", "present": True}}}}, "segments.s.owner", "missing", "add it"),
        ({"fields": {"vip": "boolean"}}, "fields.vip", "malformed", "custom"),
        (rule(name=16**9_000), "", "too-large", "more than 64 bits"),
        (rule(name="a\x00b"), "", "malformed", "NUL"),
        (rule(when={"field": "a.b", "equals": "\ud800"}), "", "malformed", "surrogate"),
        ({"pools": {"\x00all": POOL}}, "", "malformed", "NUL"),
        ({"rules": [object()]}, "", "not-json", "not a JSON value"),
    ],
)
def test_a_fault_is_named_with_its_path_and_what_to_do(document: object, path: str, code: str, words: str) -> None:
    found = [fault for fault in faults(document) if (fault.path, fault.code) == (path, code)]
    assert found, faults(document)
    assert words in found[0].message


def test_all_faults_are_named_at_once() -> None:
    assert len(faults({"rules": [{"name": "a", "work": "x"}, {"name": "b", "work": "y"}], "pols": {}})) == 3


def test_segments_that_refer_to_each_other_in_a_circle_are_refused() -> None:
    circle = {n: {"owner": "Board", "when": {"not": {"segment": m}}} for n, m in (("a", "b"), ("b", "c"), ("c", "a"))}
    (fault,) = faults({"segments": circle})
    assert (fault.path, fault.code) == ("segments.a.when", "segment-cycle")
    assert "a -> b -> c -> a" in fault.message


def test_definitions_of_several_kinds_that_refer_to_each_other_in_a_circle_are_refused() -> None:
    (fault,) = faults(
        {
            "segments": {"hot": {"owner": "Board", "when": {"field": "score.fit", "gte": 50}}},
            "icps": {"core": {"owner": "Board", "when": {"segment": "hot"}}},
            **score(points=[{"when": {"not": {"icp": "core"}}, "points": 5}]),
        }
    )
    assert fault.code == "definition-cycle"
    assert "segment:hot -> score.fit -> icp:core -> segment:hot" in fault.message


def test_a_score_that_compares_with_itself_is_refused() -> None:
    compares = {"field": "lead.score", "gte": {"field": "score.fit"}}
    (fault,) = faults(score(points=[{"when": compares, "points": 5}]))
    assert (fault.path, fault.code) == ("scores.score.fit.points[0].when", "definition-cycle")


def test_what_a_score_or_a_pool_asks_counts_as_written_out() -> None:
    big = {"owner": "x", "when": {"any": [{"field": "a.b", "equals": i} for i in range(1_000)]}}
    points = [{"when": {"segment": "big"}, "points": 1}] * 11
    asks = {"field": "score.fit", "gte": 1}
    found = faults({"segments": {"big": big}, **score(points=points), **pool(requires=asks), **rule(when=asks)})
    assert {(fault.path, fault.code) for fault in found} == {
        ("pools.p.requires", "too-large"),
        ("rules[0].when", "too-large"),
    }


def test_a_long_chain_of_segments_is_refused_before_anything_walks_down_it() -> None:
    chain = {f"s{i}": {"owner": "x", "when": {"not": {"segment": f"s{i + 1}"}}} for i in range(499)}
    found = faults({"segments": {**chain, "s499": {"owner": "x", "when": ASKS}}})
    assert ("segments.s0.when", "too-large") in {(fault.path, fault.code) for fault in found}
    assert "100 levels" in found[0].message


def test_hostile_documents_are_refused_quickly() -> None:
    deep: dict[str, Any] = {"field": "a.b", "present": True}
    for _ in range(50_000):
        deep = {"not": deep}
    assert faults(rule(when=deep))[0].code == "too-large"
    assert faults({"rules": [RULE] * 300_000})[0].code == "too-large"
    assert {fault.code for fault in faults({"rules": [RULE] * 10_001})} == {"too-many"}
    (many,) = faults({"rules": [{**RULE, "when": {"any": [ASKS] * 100}}] * 1_000})
    assert (many.code, "100,000 objects" in many.message) == ("too-large", True)
    doubling = {f"s{i}": {"owner": "x", "when": {"all": [{"segment": f"s{i + 1}"}] * 2}} for i in range(40)}
    bottom = {"s40": {"owner": "x", "when": {"field": "a.b", "present": True}}}
    assert {fault.code for fault in faults({"segments": {**doubling, **bottom}})} == {"too-large"}


def test_dates_and_keys_that_a_yaml_reader_has_converted_are_read_as_written() -> None:
    moment = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    policy = parse_policy(
        rule(
            when={
                "any": [
                    {"field": "lead.created_at", "gte": moment},
                    {"field": "lead.source", "equals": date(2026, 1, 1)},
                ]
            }
        )
    )
    when = policy.document()["rules"][0]["when"]  # type: ignore[index]  # the test's own data
    assert [part.get("gte") or part.get("equals") for part in when["any"]] == [
        "2026-01-01T09:00:00+01:00",
        "2026-01-01",
    ]


def test_defaults_are_those_of_the_contract() -> None:
    policy = parse_policy({**pool(), "gates": {"closing": {}}})
    gate, booking = policy.gates[Work.CLOSING], policy.pools["p"].booking
    assert (gate.expires_after, gate.on_fail.missing, gate.on_fail.refused) == (
        timedelta(days=30),
        Work.QUALIFICATION,
        Work.NURTURE,
    )
    assert (booking.duration, booking.slots_shown) == (timedelta(minutes=30), 6)
    assert parse_policy(rule()).rules[0].else_ == "hold"


@given(policies())
def test_a_document_survives_the_round_trip_through_json(document: dict[str, Any]) -> None:
    policy = parse_policy(document)
    assert parse_policy(json.loads(json.dumps(policy.document()))) == policy


@pytest.mark.parametrize(
    ("text", "span"), [("30d", timedelta(days=30)), ("4h", timedelta(hours=4)), ("15m", timedelta(minutes=15))]
)
def test_durations_read_back_as_they_were_written(text: str, span: timedelta) -> None:
    assert (parse_duration(text), format_duration(span)) == (span, text)


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5h", "30 d", "٣d", "999999d", "1y"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("purpose", "german", "english"),
    [
        ("Demo", "Demo", "Demo"),
        ({"de": "Erstberatung", "en": "First consultation"}, "Erstberatung", "First consultation"),
        ({"de": "Erstberatung"}, "Erstberatung", "Erstberatung"),
        ({}, None, None),
    ],
)
def test_the_purpose_of_an_appointment_is_said_in_each_language(
    purpose: object, german: str | None, english: str | None
) -> None:
    rules = parse_policy(pool(booking={"purpose": purpose})).pools["p"].booking
    assert (rules.purpose_in("de"), rules.purpose_in("en")) == (german, english)
