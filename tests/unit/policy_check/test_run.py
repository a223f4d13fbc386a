"""The check of a policy: each finding has a code, a path and a sentence that says what to do."""

from typing import Any

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.run import check_policy, is_publishable
from support.roster import CLOSER, rep, roster
from support.wording import english

FLOOR = roster(rep("lena"), rep("max"), rep("idle", active=False), rep("carl", CLOSER))
GOOD: dict[str, Any] = {
    "gates": {"closing": {"require": ["qualified"]}},
    "pools": {
        "sdr": {"work": "qualification", "members": ["lena"]},
        "closers": {"work": "closing", "members": ["carl"]},
    },
    "rules": [
        {
            "name": "buyers",
            "when": {"field": "lead.score", "gte": 90},
            "work": "closing",
            "pool": "closers",
            "else": "next",
        },
        {"name": "everyone", "work": "qualification", "pool": "sdr"},
    ],
}


def find(code: str, *, people: bool = True, **over: Any) -> Finding:
    found = check_policy(parse_policy({**GOOD, **over}), FLOOR if people else None)
    matching = [finding for finding in found if finding.code == code]
    assert matching, found
    return matching[0]


def with_rule(**over: Any) -> dict[str, Any]:
    return {"rules": [{**GOOD["rules"][1], **over}, GOOD["rules"][0]]}


def with_pool(**over: Any) -> dict[str, Any]:
    return {"pools": {**GOOD["pools"], "sdr": {**GOOD["pools"]["sdr"], **over}}}


def test_a_sound_policy_has_no_findings() -> None:
    assert check_policy(parse_policy(GOOD), FLOOR) == ()


@pytest.mark.parametrize(
    ("condition", "code", "below", "words"),
    [
        ({"field": "lead.contry", "equals": "DE"}, "unknown-field", ".field", "did you mean 'lead.country'?"),
        ({"field": "custom.vpi", "equals": True}, "unknown-field", ".field", "did you mean 'custom.vip'?"),
        ({"field": "lead.country", "gte": 5}, "operator-misfit", ".gte", "use one of equals"),
        ({"field": "custom.vip", "in": [True]}, "operator-misfit", ".in", "boolean"),
        ({"field": "lead.score", "equals": "high"}, "wrong-type", ".equals", "needs a number"),
        ({"field": "lead.score", "gte": "2026-01-01T00:00:00Z"}, "wrong-type", ".gte", "needs a number"),
        ({"field": "lead.created_at", "gte": 5}, "wrong-type", ".gte", "needs an instant"),
        ({"field": "lead.country", "in": ["SE", False]}, "wrong-type", ".in[1]", "write a text, in quotes"),
        ({"field": "lead.country", "equals": "de"}, "never-equal", ".equals", "write 'DE'"),
        ({"field": "lead.score", "between": [9, 5]}, "empty-range", ".between", "swap them"),
        ({"field": "lead.country", "in": ["DE", "DE"]}, "repeated-value", ".in", "remove one"),
        ({"field": "lead.created_at", "lte": "2026-02-28"}, "whole-day-as-bound", ".lte", "lt '2026-03-01'"),
        ({"field": "lead.created_at", "gt": "2026-02-28"}, "whole-day-as-bound", ".gt", "gte '2026-03-01'"),
        (
            {"field": "lead.created_at", "between": ["2026-02-01", "2026-02-28"]},
            "whole-day-as-bound",
            ".between[1]",
            "write gte and lt '2026-03-01' in place of between",
        ),
        ({"segment": "dahc"}, "unknown-segment", ".segment", "did you mean 'dach'?"),
    ],
)
def test_a_test_that_does_not_fit_its_field_is_found(
    condition: dict[str, Any], code: str, below: str, words: str
) -> None:
    over = {
        "fields": {"custom.vip": "boolean"},
        "segments": {"dach": {"owner": "Board", "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]}}},
    }
    finding = find(code, **with_rule(when={"any": [{"not": condition}]}), **over)
    assert finding.path == f"rules[0].when.any[0].not{below}"
    assert words in english(finding.message)


@pytest.mark.parametrize(
    ("over", "code", "path", "words"),
    [
        (with_rule(pool="sdrs"), "unknown-pool", "rules[0].pool", "did you mean 'sdr'?"),
        (with_rule(pool="closers"), "work-mismatch", "rules[0].pool", "pool closers is for closing"),
        (with_rule(name="buyers"), "duplicate-rule", "rules[1].name", "rename one"),
        (with_rule(**{"else": "pool:sdr"}), "fallback-cycle", "rules[0].else", "its own pool"),
        (with_rule(**{"else": "pool:closers"}), "fallback-gated", "rules[0].else", "behind a gate"),
        (with_rule(**{"else": "pool:nobody"}), "unknown-pool", "rules[0].else", "known are closers, sdr"),
        ({"gates": {}}, "gate-missing", "rules[0].work", "add gates.closing"),
        (
            {"gates": {**GOOD["gates"], "qualification": {"require": ["qualified"]}}},
            "gate-never-opens",
            "gates.qualification",
            "hold every lead",
        ),
        ({"gates": {"closing": {}}}, "gate-asks-nothing", "gates.closing", "add 'require' or 'when'"),
        (with_pool(members=[]), "pool-empty", "pools.sdr.members", "add one"),
        (with_pool(members=["lena", "maxx"]), "unknown-rep", "pools.sdr.members[1]", "did you mean 'max'?"),
        (
            with_pool(members=["lena", "carl"]),
            "role-forbids",
            "pools.sdr.members[1]",
            "role Closer does not include qualification",
        ),
        (with_pool(members=["idle"]), "nobody-eligible", "pools.sdr.members", "add one who can"),
        (
            with_pool(match=[{"lead": "lead.langage", "rep": "languages"}]),
            "unknown-field",
            "pools.sdr.match[0].lead",
            "lead.language",
        ),
    ],
)
def test_what_would_break_or_leave_leads_waiting_is_an_error(
    over: dict[str, Any], code: str, path: str, words: str
) -> None:
    finding = find(code, **over)
    assert (finding.path, finding.severity) == (path, Severity.ERROR)
    assert words in english(finding.message)
    assert not is_publishable((finding,))


@pytest.mark.parametrize(
    ("over", "code", "path"),
    [
        ({"rules": []}, "no-rules", "rules"),
        ({"rules": GOOD["rules"][1:]}, "unused-pool", "pools.closers"),
        ({"rules": [{**GOOD["rules"][0], "else": "hold"}, GOOD["rules"][1]]}, "gate-holds", "rules[0].else"),
        (with_pool(members=["lena", "idle"]), "inactive-rep", "pools.sdr.members[1]"),
        (with_pool(match=[{"lead": "lead.language", "rep": "languages"}]), "no-skill", "pools.sdr.members[0]"),
    ],
)
def test_what_an_admin_may_want_is_a_warning(over: dict[str, Any], code: str, path: str) -> None:
    finding = find(code, **over)
    assert (finding.path, finding.severity) == (path, Severity.WARNING)
    assert is_publishable((finding,))


def test_a_pool_is_used_where_a_used_one_names_it_for_company() -> None:
    pools = {**GOOD["pools"], "designers": {"work": "solution_design", "members": ["carl"]}}
    pools["closers"] = {**pools["closers"], "booking": {"companion_pools": ["designers"]}}
    unused = [
        [finding.path for finding in check_policy(parse_policy({**GOOD, "pools": pools, **over}), None)
         if finding.code == "unused-pool"]
        for over in ({}, {"rules": GOOD["rules"][1:]})
    ]  # fmt: skip
    assert unused == [[], ["pools.closers", "pools.designers"]]


def test_rules_that_no_lead_can_reach_are_found_with_the_rule_that_hides_them() -> None:
    everyone = GOOD["rules"][1]
    hidden = find("unreachable", rules=[everyone, {**everyone, "name": "late"}, GOOD["rules"][0]])
    assert (hidden.path, "'everyone' takes every lead" in english(hidden.message)) == ("rules[1]", True)
    asks = {"when": {"field": "lead.score", "gte": 5}}
    twin = find("unreachable", rules=[{**everyone, **asks}, {**everyone, **asks, "name": "twin"}, GOOD["rules"][0]])
    assert (twin.path, "asks the same" in english(twin.message)) == ("rules[1]", True)


def test_a_rule_after_one_that_goes_on_to_the_next_is_reachable_and_so_is_closing_at_hand_over() -> None:
    everyone = GOOD["rules"][1]
    rules = [{**everyone, "else": "next"}, {**everyone, "name": "late"}, GOOD["rules"][0]]
    assert check_policy(parse_policy({**GOOD, "rules": rules}), FLOOR) == ()


def test_without_a_roster_nothing_is_said_about_people() -> None:
    policy = parse_policy({**GOOD, **with_pool(members=["nobody-knows"])})
    assert check_policy(policy, None) == ()


def test_no_number_of_warnings_hides_an_error() -> None:
    asked = [{"field": "lead.campaign", "equals": f"c{i}"} for i in range(300)]
    rules = [{"name": f"r{i}", "when": one, "work": "nurture", "category": "big"} for i, one in enumerate(asked)]
    document = {**GOOD, "rules": [*rules, *GOOD["rules"]], **with_pool(members=[])}
    found = check_policy(parse_policy(document), FLOOR)
    assert len(found) == 200
    assert found[0].code == "pool-empty"
    assert not is_publishable(found)


def test_findings_are_bounded_and_errors_come_first() -> None:
    rules = [{"name": f"r{i}", "when": {"field": "x.y", "equals": i}, "work": "nurture"} for i in range(500)]
    found = check_policy(parse_policy({"rules": rules, "pools": GOOD["pools"]}), FLOOR)
    assert len(found) == 200
    assert [f.severity for f in found] == sorted(f.severity for f in found)


def test_a_day_in_a_bound_of_the_first_day_of_work_is_what_it_reads() -> None:
    over = with_pool(requires={"field": "rep.started_on", "lte": "2026-01-31"})
    findings = check_policy(parse_policy({**GOOD, **over}), FLOOR)
    assert "whole-day-as-bound" not in {one.code for one in findings}
